"""The machine around the program: SSH session, terminal multiplexer, browser, clipboard."""
