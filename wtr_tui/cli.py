"""The command line: which command, on which profile.

Nothing is imported before it is known to be needed: Textual, httpx or YAML alone would make a
command for scripts several times slower.
"""

from __future__ import annotations

import gc
import os
import sys

from wtr_tui import crash, text
from wtr_tui.commands import COMMANDS, FAULT_CODES, NoOptions, output
from wtr_tui.errors import FAILED, INTERRUPTED, SIGN_IN_NEEDED, WRONG_USAGE, UsageError, WtrError

TYPE_CHECKING = False  # as in typing, which takes longer to import than a token to print
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Mapping, Sequence
    from typing import NoReturn


_SCREENS = "the full-screen program"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors become sentences on standard error."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    output.prepare_streams()
    crash.forbid_core_dumps()
    try:
        try:
            exit_code = _run(arguments)
        except WtrError as error:
            output.print_message(str(error))
            exit_code = FAULT_CODES.get(text.command, error.exit_code)
        if exit_code in (WRONG_USAGE, SIGN_IN_NEEDED):
            _hint_at_go_tool(arguments)
        return exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone: no message would arrive
        return FAILED
    except Exception as error:  # a fault of the program's own: a report and a sentence
        return FAULT_CODES.get(text.command, _report_crash(error))
    finally:
        # However the command ends, a token that Webex grants meanwhile is saved first.
        shutdown = sys.modules.get("wtr_tui.shutdown")
        if shutdown is not None:  # else nothing can have been requested
            shutdown.finish()


def program() -> NoReturn:
    """Run :func:`main` and end the process: the entry point of ``wtr`` and ``wtr-tui``."""
    # Nothing made during the start is garbage, and looking for some takes a tenth of the start. The
    # screens and wtr serve, which keep running, enable it again.
    gc.disable()
    exit_code = main()
    # Everything is saved and written by now. Finalizing the interpreter takes a tenth of wtr status
    # and, while threads still wait, ends Python 3.11.2 with a segmentation fault now and then.
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # closed, or its reader has gone
            continue
    os._exit(exit_code)


def _run(arguments: list[str]) -> int:
    if not arguments:  # nothing to parse, so no parser is loaded
        return _run_screens(NoOptions())
    if arguments == ["token"]:  # likewise, for what scripts call most
        from wtr_tui.commands import token

        text.command = "wtr token"
        return token.run(NoOptions())
    from wtr_tui.commands import parsers

    index = _command_index(arguments)
    if index is None:
        return _run_screens(parsers.screens_parser().parse_args(arguments))
    name = arguments[index]
    if name not in COMMANDS:
        parsers.screens_parser().parse_args(arguments[:index])  # an unknown option is said first
        hint = f"{text.suggest(name, COMMANDS)} Without a command the screens open."
        raise UsageError(f"There is no command {name[:40]!a}.", hint)
    text.command = f"wtr {name}"
    parser, command = parsers.command_parser(name)
    # Profile and settings file may stand before the command too.
    options = parser.parse_args(arguments[:index] + arguments[index + 1 :])
    _require_own_files(name, options.profile or options.config)
    if options.debug:
        output.enable_debug()
    if name == "doctor":
        options.refused_keys = _refused_keys
    return int(command.run(options))


def _refused_keys(wanted: Mapping[str, str]) -> Iterable[str]:
    """Return what is wrong with the setting ``keys``: no command knows the screens' keys."""
    from wtr_tui import tui

    return tui.refused_keys(wanted)


def _require_own_files(name: str, chosen: str | None) -> None:
    """Raise UsageError for what needs a profile's files where ``$WTR_SOCKET`` gives the token."""
    if not os.environ.get("WTR_SOCKET") or name in ("help", "completion"):
        return
    if name not in ("token", "exec", "status", _SCREENS):
        what, cure = f"{name} has nothing to work on", "Run it where wtr serve runs"
    elif chosen is not None:
        what, cure = "neither --profile nor --config changes that", "Leave them away"
    else:
        return
    raise UsageError(
        f"$WTR_SOCKET is set, so the token comes from there: {what}.",
        f"{cure}, or unset $WTR_SOCKET.",
    )


def _command_index(arguments: list[str]) -> int | None:
    """Return the index of the first word that is neither an option nor its value."""
    before = ""
    for index, argument in enumerate(arguments):
        if not argument.startswith("-") and before not in ("--profile", "--config"):
            return index
        before = "" if before in ("--profile", "--config") else argument
    return None


def _run_screens(options: Namespace | NoOptions) -> int:
    is_demo = options.sandbox or options.tour
    if not is_demo:
        _require_own_files(_SCREENS, options.profile or options.config)
    is_one = text.is_terminal(sys.stdin) and text.is_terminal(sys.stderr)
    if not is_one or os.environ.get("TERM") == "dumb":
        why = "this one ($TERM is dumb) cannot draw them" if is_one else "this is none"
        output.print_message(
            f"The screens need a terminal, and {why}. Without one: wtr token prints a valid access"
            " token, wtr refresh refreshes it, wtr retrieve signs in, wtr status tells how things"
            " are (wtr --help lists all)."
        )
        return WRONG_USAGE
    from wtr_tui import tui
    from wtr_tui.commands.token import print_unsaved

    text.command = "screen"
    if not is_demo:
        return tui.run(options.profile, options.config, print_unsaved, mouse=options.mouse)
    from wtr_tui.sandbox.demo import demo

    with demo() as running:
        return tui.run(
            None,
            None,
            print_unsaved,
            mouse=options.mouse,
            tour=options.tour,
            environ=running.environ(os.environ),
            demo=running,
        )


def _report_crash(error: Exception) -> int:
    import warnings
    from pathlib import Path

    from wtr_tui import clock
    from wtr_tui.storage import paths

    # What is dropped half-made now (an event loop without descriptors) would print warnings.
    sys.unraisablehook = lambda _: None
    warnings.simplefilter("ignore")
    output.print_message(crash.write(error, Path(paths.state_dir(os.environ)), clock.now()))
    return FAILED


def _hint_at_go_tool(arguments: Sequence[str]) -> None:
    """Mention the Go tool's file where a command failed for want of what it holds.

    That tool keeps settings and token in the folder where it is started. Such a file is never
    read unasked: another user's folder may hold one.
    """
    from wtr_tui.storage import paths

    file = ".wtr-cli.json"
    # A user who names a profile, or imports, has configured this program already.
    named = any(word.startswith(("--profile", "--config", "import")) for word in arguments)
    if named or not os.access(file, os.F_OK):
        return
    try:
        name = paths.profile_name(None, os.environ)
        settings = os.environ.get("WTR_CONFIG") or paths.settings_path(name, os.environ)
        own = settings, paths.token_path(name, os.environ)
    except WtrError:
        return
    if not any(os.access(each, os.F_OK) for each in own):
        output.print_message(
            f"The Go tool's {file} is here: wtr import {file} takes over what it holds."
        )
