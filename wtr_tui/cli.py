"""The command line: which command, on which profile.

Nothing is imported before it is known to be needed: Textual, httpx or YAML alone would make a
command for scripts several times slower.
"""

from __future__ import annotations

import gc
import os
import sys

from wtr_tui import text
from wtr_tui.commands import COMMANDS, FAULT_CODES
from wtr_tui.commands.output import (
    drop_output,
    forbid_core_dumps,
    give_unsaved,
    hold_standard_streams,
    show_any_sign,
    tell,
)
from wtr_tui.errors import FAILED, INTERRUPTED, SIGN_IN_NEEDED, WRONG_USAGE, UsageError, WtrError

TYPE_CHECKING = False  # as in typing, which takes longer to import than a token to print
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn


_WITH_A_VALUE = ("--profile", "--config")
_SCREENS = "the full-screen program"
_FROM_SOCKET = ("token", "exec", "status", _SCREENS)
_WITHOUT_A_TOKEN = ("help", "completion")
_GO_TOOLS_FILE = ".wtr-cli.json"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit code; errors become sentences on stderr."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    hold_standard_streams()
    forbid_core_dumps()
    show_any_sign()
    try:
        exit_code = _run_reporting(arguments)
        if exit_code in (WRONG_USAGE, SIGN_IN_NEEDED):
            _hint_at_go_tool(arguments)
        return exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has gone: nobody is left to tell
        drop_output()
        return FAILED
    except Exception as error:
        return FAULT_CODES.get(text.command, _fault_of_our_own(error))
    finally:
        _finish_token_requests()


def program() -> NoReturn:
    """The program as it is started: :func:`main`, and the end of the process."""
    # Nothing made while starting is garbage, and looking for some takes a tenth of the start. The
    # screens and wtr serve, which live on, switch it on again.
    gc.disable()
    exit_code = main()
    if "wtr_tui.tui.start" in sys.modules:
        # All is saved and told by now. To take the interpreter to pieces beside threads that still
        # wait for somebody ends Python 3.11.2 with a segmentation fault, once in a hundred times.
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (AttributeError, OSError, ValueError):  # closed, or nobody reads it any more
                continue
        os._exit(exit_code)
    sys.exit(exit_code)


def _finish_token_requests() -> None:
    """However the command ends: what Webex grants meanwhile is saved first."""
    in_flight = sys.modules.get("wtr_tui.in_flight")
    if in_flight is not None:  # else nothing can have been asked for
        in_flight.finish()


def _run_reporting(arguments: list[str]) -> int:
    try:
        return _run(arguments)
    except WtrError as error:
        tell(str(error))
        return FAULT_CODES.get(text.command, error.exit_code)


def _run(arguments: list[str]) -> int:
    if not arguments:  # nothing to parse, so no parser to load
        return _screens(None, None)
    if arguments == ["token"]:  # the same, for what scripts call most
        from wtr_tui.commands import NoOptions, token

        text.command = "wtr token"
        return token.run(NoOptions())
    from wtr_tui.commands import parsers

    place = _place_of_command(arguments)
    if place is None:
        options = parsers.of_the_screens().parse_args(arguments)
        return _screens(
            options.profile,
            options.config,
            sandbox=options.sandbox or options.tour,
            mouse=options.mouse,
            tour=options.tour,
        )
    name = arguments[place]
    if name not in COMMANDS:
        hint = f"{text.meant(name, COMMANDS)} Without a command the screens open."
        raise UsageError(f"There is no command {name[:40]!a}.", hint)
    text.command = f"wtr {name}"
    parser, command = parsers.of_command(name)
    # Profile and settings file may stand before the command too.
    options = parser.parse_args(arguments[:place] + arguments[place + 1 :])
    _require_own_files(name, options.profile or options.config)
    if options.debug:
        from wtr_tui.commands.output import enable_debug

        enable_debug()
    return int(command.run(options))


def _require_own_files(name: str, chosen: str | None) -> None:
    """With ``$WTR_SOCKET`` there is a token to read and nothing else: no profile, no file."""
    if not os.environ.get("WTR_SOCKET") or name in _WITHOUT_A_TOKEN:
        return
    if name not in _FROM_SOCKET:
        raise UsageError(
            f"$WTR_SOCKET is set, so the token comes from there: {name} has nothing to work on.",
            "Run it where wtr serve runs, or unset $WTR_SOCKET.",
        )
    if chosen is not None:
        raise UsageError(
            "$WTR_SOCKET is set, so the token comes from there: neither --profile nor --config"
            " changes that.",
            "Leave them away, or unset $WTR_SOCKET.",
        )


def _place_of_command(arguments: list[str]) -> int | None:
    """Where the command's name stands: the first word that is no option and no option's value."""
    is_value = False
    for place, argument in enumerate(arguments):
        if is_value:
            is_value = False
        elif not argument.startswith("-"):
            return place
        else:
            is_value = argument in _WITH_A_VALUE
    return None


def _screens(
    profile: str | None,
    config: str | None,
    *,
    sandbox: bool = False,
    mouse: bool = False,
    tour: bool = False,
) -> int:
    if not sandbox:
        _require_own_files(_SCREENS, profile or config)
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        return _no_screens("this is none")
    if os.environ.get("TERM") == "dumb":
        return _no_screens("this one ($TERM is dumb) cannot draw them")
    from wtr_tui.tui import start

    text.command = "screen"
    if not sandbox:
        return start.start(profile, config, give_unsaved, mouse=mouse)
    from wtr_tui.sandbox.demo import demo

    with demo() as running:
        environ = running.environ(os.environ)
        return start.start(
            None, None, give_unsaved, mouse=mouse, tour=tour, environ=environ, demo=running
        )


def _no_screens(why: str) -> int:
    tell(
        f"The screens need a terminal, and {why}. Without one: wtr token prints a valid access"
        " token, wtr refresh refreshes it, wtr retrieve signs in, wtr status tells how things are"
        " (wtr --help lists all)."
    )
    return WRONG_USAGE


def _fault_of_our_own(error: Exception) -> int:
    import warnings
    from pathlib import Path

    from wtr_tui import clock, crash
    from wtr_tui.storage import paths

    # What was begun and is dropped now (an event loop without descriptors) may print much yet.
    sys.unraisablehook = lambda _: None
    warnings.simplefilter("ignore")
    tell(crash.write(error, Path(paths.state_dir(os.environ)), clock.now()))
    return FAILED


def _hint_at_go_tool(arguments: Sequence[str]) -> None:
    """Tells of the Go tool's file where a command failed for want of what it holds.

    That tool keeps settings and token in the folder where it is started. Such a file is never
    read unasked: a stranger's folder may hold one.
    """
    from wtr_tui.storage import paths

    # Who names a profile or imports knows of more than one place already.
    named = any(word.startswith(("--profile", "--config", "import")) for word in arguments)
    if named or not os.access(_GO_TOOLS_FILE, os.F_OK):
        return
    try:
        name = paths.profile_name(None, os.environ)
        settings = os.environ.get("WTR_CONFIG") or paths.settings_path(name, os.environ)
        files = settings, paths.token_path(name, os.environ)
    except WtrError:
        return
    if not any(os.access(file, os.F_OK) for file in files):
        tell(
            f"The Go tool's {_GO_TOOLS_FILE} is here: wtr import {_GO_TOOLS_FILE} takes over what"
            " it holds."
        )
