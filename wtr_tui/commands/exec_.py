"""Runs a program with a valid access token in $WEBEX_ACCESS_TOKEN.

Its expiry is in $WEBEX_ACCESS_TOKEN_EXPIRES_AT. The program takes the place of this one: signals,
standard streams and its exit code are its own. Without a valid token it is not started, and the
exit code is one of those below; 126 if it cannot be run, 127 if there is none of that name.
"""

from __future__ import annotations

import argparse
import os
import signal

from wtr_tui.commands.output import print_message
from wtr_tui.commands.parsers import add_min_left
from wtr_tui.commands.token import ready_token
from wtr_tui.crash import restore_core_dumps
from wtr_tui.errors import UsageError

TOKEN = "WEBEX_ACCESS_TOKEN"  # noqa: S105 - the name of a variable
EXPIRES_AT = "WEBEX_ACCESS_TOKEN_EXPIRES_AT"

# The exit codes of a shell.
_NOT_STARTED = 126
_NOT_FOUND = 127


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s [option …] -- CMD [ARGUMENT …]"
    add_min_left(parser)
    parser.add_argument(
        "program", nargs=argparse.REMAINDER, metavar="-- CMD …", help="the program and its options"
    )


def run(options: argparse.Namespace) -> int:
    program = options.program[1:] if options.program[:1] == ["--"] else options.program
    if not program or not program[0]:  # "" is that of an unset variable
        raise UsageError("There is no program to run.", "Write it after --: wtr exec -- CMD …")
    access_token, expires_at = ready_token(options)
    environ = {**os.environ, TOKEN: access_token}
    environ.pop(EXPIRES_AT, None)
    if expires_at is not None:
        environ[EXPIRES_AT] = expires_at
    # Python ignores these two signals, and exec keeps ignored ones ignored.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    restore_core_dumps()
    try:
        os.execvpe(program[0], program, environ)  # noqa: S606 - no shell is what is wanted
    except OSError as error:
        import shutil

        # A folder of $PATH that may not be searched gives the same error as such a program.
        is_there = "/" in program[0] or shutil.which(program[0], os.F_OK, environ.get("PATH"))
        if isinstance(error, FileNotFoundError) or not is_there:
            print_message(f"There is no program {program[0]!a}.")
            return _NOT_FOUND
        print_message(f"The program {program[0]!a} cannot be run: {error.strerror}.")
        return _NOT_STARTED
