"""The commands for scripts and for a terminal without the full screen, one file each.

Each has ``arguments(parser)``, which declares its options, and ``run(options)``, which returns the
exit code; its docstring is its help. Data goes to standard output, everything else to
standard error. They share ``parsers`` (the command line), ``profile`` (what they work on) and
``output`` (what is written).
"""

from __future__ import annotations

COMMANDS = {
    "retrieve": ("retrieve", "sign in without the full screen"),
    "refresh": ("refresh", "refresh the token now, or only when little is left of it"),
    "token": ("token", "print a valid access token, refreshed first when needed"),
    "status": ("status", "say whose token it is, until when, and where the files are"),
    "check": ("check", "one line and an exit code for monitoring"),
    "history": ("history", "say what happened to the token, when, and who did it"),
    "exec": ("exec_", "run a program with a valid token in $WEBEX_ACCESS_TOKEN"),
    "serve": ("serve", "give a valid token to whoever connects to a UNIX socket"),
    "import": ("import_", "take over the token that another tool keeps in a file"),
    "export": ("export", "print the token in a form that other tools read"),
    "install-timer": ("install_timer", "let a timer refresh the tokens while nobody is there"),
    "sign-out": ("sign_out", "revoke the token where Webex lets us, and delete it here"),
    "doctor": ("doctor", "look for what would go wrong here"),
    "help": ("help_", "explain a topic, as ssh, scripts or settings"),
    "completion": ("completion", "print what makes bash, zsh or fish complete all this"),
}
"""The module of each command, and what it does, in the order of ``wtr --help``."""

FAULT_CODES = {"wtr check": 3}
"""The exit code for errors, of commands with exit codes of their own."""


class NoOptions:
    """The options of a bare ``wtr-tui`` or ``wtr token``, for which no parser is loaded."""

    profile = config = None
    sandbox = tour = mouse = debug = header = header_json = json = no_refresh = False
    min_left = None
