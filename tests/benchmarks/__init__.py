"""Measures the program against small ones made of the same parts, in one run on one machine."""
