"""The parsers of the command line, one for each command, and the options that several share."""

from __future__ import annotations

import argparse
import importlib
import sys
from argparse import ArgumentParser, Namespace

from wtr_tui import __version__, text
from wtr_tui.clock import parse_duration
from wtr_tui.commands import COMMANDS, FAULT_CODES
from wtr_tui.commands.output import print_data, text_width, wrap_help
from wtr_tui.errors import UsageError
from wtr_tui.text import cleaned, escaped, program_name

TYPE_CHECKING = False  # as in typing, which takes longer to import than a token to print
if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType
    from typing import NoReturn

    from _typeshed import SupportsWrite

_EXIT_CODES = """\
exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 a sign-in is needed, 4 temporary, try
again, 130 interrupted
"""

_EPILOG = """\
commands (%(prog)s COMMAND --help tells more):
{commands}

Without a command the full-screen program opens.

in a script:
  WEBEX_ACCESS_TOKEN=$(wtr token)       a token that is valid now
  wtr token --header | curl -H @- URL   the same, never in the list of processes
  wtr exec -- ./report.py               the same in the environment of a program
  wtr refresh --all --within 3d         hourly, so that no token ever expires

files (wtr help settings and wtr help files tell more):
  settings  ~/.config/wtr-tui/PROFILE.yaml ($XDG_CONFIG_HOME), and the environment, which wins:
    WEBEX_APPID, WEBEX_SECRET, WEBEX_SCOPES, WEBEX_REDIRECTPORT
  token     ~/.local/state/wtr-tui/PROFILE.json ($XDG_STATE_HOME)

Data goes to standard output, everything else to standard error.

"""


class _Formatter(argparse.HelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=text_width())

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return wrap_help(text, width)


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        super().error(escaped(message))  # argparse does not escape what it quotes

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        # argparse does not flush, so an error would only show when the interpreter ends.
        if file is sys.stdout:
            print_data(message)
        else:
            super()._print_message(message, file)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        super().exit(FAULT_CODES.get(text.command, status) if status else status, message)


def screens_parser(name: str | None = None) -> ArgumentParser:
    """Return the parser of ``wtr [OPTION]…``, whose help lists the commands."""
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:{width}}  {words}" for name, (_, words) in COMMANDS.items())
    parser = _Parser(
        prog=name or program_name(),
        usage="%(prog)s [option …] [COMMAND …]",
        description="Gets a Webex integration's OAuth token, keeps it alive and hands it over.",
        epilog=_EPILOG.format(commands=listed) + _EXIT_CODES,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"wtr-tui {__version__}")
    _add_profile(parser)
    parser.add_argument(
        "--sandbox",
        action="store_true",
        help="try everything on a stand-in for Webex on this machine, without an account",
    )
    parser.add_argument(
        "--tour", action="store_true", help="be shown around on that stand-in; any key ends it"
    )
    parser.add_argument(
        "--mouse",
        action="store_true",
        help="give the mouse to the program; without it the terminal's own selection works",
    )
    return parser


def command_parser(name: str) -> tuple[ArgumentParser, ModuleType]:
    """Return the parser of one command, and its module; no other command is imported."""
    module = _module(name)
    parser = _Parser(
        prog=f"{program_name()} {name}",
        description=module.__doc__,
        epilog=None if f"wtr {name}" in FAULT_CODES else _EXIT_CODES,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    _add_arguments(parser, module)
    return parser, module


def full_parser(name: str) -> ArgumentParser:
    """Return the parser of a program called ``name`` with every command as a subparser."""
    parser = screens_parser(name)
    commands = parser.add_subparsers()
    for command, (_, words) in COMMANDS.items():
        _add_arguments(commands.add_parser(command, help=words), _module(command))
    return parser


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"wtr_tui.commands.{COMMANDS[name][0]}")


def _add_arguments(parser: ArgumentParser, module: ModuleType) -> None:
    module.arguments(parser)
    _add_profile(parser)
    parser.add_argument(
        "-d", "--debug", action="store_true", help="tell each step on stderr, without secrets"
    )


def _add_profile(parser: ArgumentParser) -> None:
    parser.add_argument("--profile", metavar="NAME", help="the integration to use ($WTR_PROFILE)")
    parser.add_argument("--config", metavar="FILE", help="another settings file ($WTR_CONFIG)")


# Options that several commands share.


def duration(text: str) -> int:
    """Parse the value of an option, like ``3d``, ``1h30m`` or ``45`` (seconds), to seconds."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_min_left(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--min-left",
        type=duration,
        metavar="DURATION",
        help="refresh when less is left, like 90m or 3d (default: 5m, or half a shorter life)",
    )


def add_outputs(parser: ArgumentParser) -> None:
    parser.add_argument("-o", "--output", action="store_true", help="print the token as text")
    parser.add_argument("-j", "--json", action="store_true", help="print the token as JSON")


def add_timeout(parser: ArgumentParser, text: str) -> None:
    parser.add_argument("-t", "--timeout", type=duration, metavar="SECONDS", help=text)


def timeout(options: Namespace) -> int | None:
    """Return the seconds of ``--timeout``. Raise UsageError where they are out of bounds."""
    seconds: int | None = options.timeout
    if seconds is not None and not 1 <= seconds <= 3_600:
        raise UsageError("The timeout is from 1 second to one hour.")
    return seconds


def expand_path(given: str) -> Path:
    """Return the path that an option names, with ``~`` expanded.

    Raise UsageError where the home folder is that of an unknown user.
    """
    from pathlib import Path

    try:
        return Path(given).expanduser()
    except RuntimeError:
        user = cleaned(given.partition("/")[0], 60)
        raise UsageError(f"The home folder {user} is not known.", "Write the whole path.") from None
