"""The version of the program: what all may import."""

__version__ = "0.2.0"
