"""Options that several commands take."""

from __future__ import annotations

from wtr_tui.clock import parse_duration
from wtr_tui.errors import UsageError

TYPE_CHECKING = False  # as in typing, which takes longer to import than a token to print
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from pathlib import Path


class NoOptions:
    """What the parser gives for a bare ``wtr token``, without loading a parser."""

    profile = config = None
    debug = header = header_json = json = no_refresh = False
    min_left = None


def duration(text: str) -> int:
    """The type of an option: ``3d``, ``36h``, ``90m``, ``1h30m``, ``45`` (seconds); in seconds."""
    from argparse import ArgumentTypeError

    try:
        return parse_duration(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


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
    """What ``--timeout`` says, in seconds. Raises UsageError where that is out of bounds."""
    seconds: int | None = options.timeout
    if seconds is not None and not 1 <= seconds <= 3_600:
        raise UsageError("The timeout is from 1 second to one hour.")
    return seconds


def refuse_all_of_one(options: Namespace) -> None:
    """Raises UsageError for ``--all`` beside what names one profile."""
    if options.all and (options.profile or options.config):
        raise UsageError("--all is for every profile: it goes with no --profile or --config.")


def named_path(given: str) -> Path:
    """The file that an option names, ``~`` expanded. Raises UsageError for an unknown user's."""
    from pathlib import Path

    from wtr_tui.text import cleaned

    try:
        return Path(given).expanduser()
    except RuntimeError:
        user = cleaned(given.partition("/")[0], 60)
        raise UsageError(f"The home folder {user} is not known.", "Write the whole path.") from None
