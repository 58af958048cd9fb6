"""The parsers of the command line, one a command, so that only the chosen one is built."""

from __future__ import annotations

import argparse
import importlib
import os

from wtr_tui import __version__
from wtr_tui.commands import COMMANDS

TYPE_CHECKING = False  # as in typing, which takes longer to import than a token to print
if TYPE_CHECKING:
    from types import ModuleType

_EXIT_CODES = """\
exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 a sign-in is needed,
            4 temporary, try again, 130 interrupted
"""

_EPILOG = """\
commands (wtr COMMAND --help tells more):
{commands}

Without a command the full-screen program opens.

in a script:
  WEBEX_ACCESS_TOKEN=$(wtr token)         a token that is valid now
  wtr token --header | curl -H @- URL     and never in the list of processes
  wtr exec -- ./report.py                 the same in its environment
  wtr refresh --all --within 3d           hourly, so that no token ever runs out

Settings: $XDG_CONFIG_HOME/wtr-tui/PROFILE.yaml (usually ~/.config/wtr-tui/default.yaml), and the
environment: WEBEX_APPID, WEBEX_SECRET, WEBEX_SCOPES, WEBEX_REDIRECTPORT, which wins.
Tokens: $XDG_STATE_HOME/wtr-tui/PROFILE.json (usually ~/.local/state/wtr-tui/default.json).
Data goes to standard output, everything else to standard error.

"""


class _Help(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        # argparse itself would import shutil for this, at each option that is declared.
        try:
            columns = int(os.environ.get("COLUMNS") or os.get_terminal_size().columns)
        except (OSError, ValueError):
            columns = 80
        super().__init__(prog, width=max(columns - 2, 20))


def of_the_screens() -> argparse.ArgumentParser:
    """``wtr-tui [OPTION]…``, and the help that lists the commands."""
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:{width}}  {words}" for name, (_, words) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="wtr-tui",
        usage="wtr-tui [option …] [COMMAND …]",
        description="Gets a Webex integration's OAuth token, keeps it alive and hands it over.",
        epilog=_EPILOG.format(commands=listed) + _EXIT_CODES,
        formatter_class=_Help,
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
        "--mouse",
        action="store_true",
        help="give the mouse to the program; without it the terminal's own selection works",
    )
    return parser


def of_command(name: str) -> tuple[argparse.ArgumentParser, ModuleType]:
    """The parser of one command, and its module, the only one that is imported."""
    module_name, _ = COMMANDS[name]
    module = importlib.import_module(f"wtr_tui.commands.{module_name}")
    parser = argparse.ArgumentParser(
        prog=f"wtr {name}",
        description=module.__doc__,
        epilog=_EXIT_CODES,
        formatter_class=_Help,
        allow_abbrev=False,
    )
    module.arguments(parser)
    _add_profile(parser)
    parser.add_argument(
        "-d", "--debug", action="store_true", help="tell each step on stderr, without secrets"
    )
    return parser, module


def _add_profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", metavar="NAME", help="the integration to use ($WTR_PROFILE)")
    parser.add_argument("--config", metavar="FILE", help="another settings file ($WTR_CONFIG)")
