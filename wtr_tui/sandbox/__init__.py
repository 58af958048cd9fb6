"""A stand-in for Webex on loopback: the demo of ``wtr-tui --sandbox``."""
