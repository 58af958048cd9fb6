"""The command line: which command, on which profile.

Nothing heavy is imported before it is known to be needed: ``--version`` and the commands for
scripts start in a few hundredths of a second, which Textual and httpx alone would triple.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from wtr_tui import __version__
from wtr_tui.errors import INTERRUPTED, WRONG_USAGE, WtrError

_EPILOG = """\
Settings: $XDG_CONFIG_HOME/wtr-tui/PROFILE.yaml (usually ~/.config/wtr-tui/default.yaml), and the
environment: WEBEX_APPID, WEBEX_SECRET, WEBEX_SCOPES, WEBEX_REDIRECTPORT, which wins.

exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 a sign-in is needed,
            4 temporary, try again, 130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit code; errors become sentences on stderr."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        return _screens(_parser().parse_args(arguments))
    except WtrError as error:
        print(f"wtr: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wtr-tui",
        description="Gets a Webex integration's OAuth token, keeps it alive and hands it over.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"wtr-tui {__version__}")
    parser.add_argument("--profile", metavar="NAME", help="the integration to use ($WTR_PROFILE)")
    parser.add_argument("--config", metavar="FILE", help="another settings file ($WTR_CONFIG)")
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


def _screens(options: argparse.Namespace) -> int:
    if not (sys.stdin.isatty() and sys.stderr.isatty()) or os.environ.get("TERM") == "dumb":
        print(
            "wtr-tui: the screens need a terminal, and this is none.",
            file=sys.stderr,
        )
        return WRONG_USAGE
    from wtr_tui.tui import start

    return start.start(
        options.profile, options.config, sandbox=options.sandbox, mouse=options.mouse
    )
