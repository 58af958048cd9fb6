"""Standard output for data, standard error for messages and the debug log; either may be closed.

On a terminal, text for users is wrapped at words and has colours and signs (:class:`Style`). Help
texts are wrapped by :func:`wrap_help`.
"""

from __future__ import annotations

import io
import os
import sys

from wtr_tui.errors import WtrError
from wtr_tui.text import escaped, is_terminal, program_name, redacted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Logger
    from typing import Literal, TextIO, TypeAlias

    from wtr_tui.model import Secret
    from wtr_tui.storage.profiles import Profile
    from wtr_tui.storage.settings import Settings

    Tone: TypeAlias = Literal["", "bold", "dim", "good", "warn", "bad"]


# The standard streams.


def prepare_streams() -> None:
    """Open closed standard streams on /dev/null; let stdout escape what it cannot encode.

    A file that is opened later, such as the token's lock or a connection to Webex, would otherwise
    get the number of a closed stream, and what is meant for standard error would be written to it.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number: this one
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr does by itself


def print_data(text: str) -> None:
    """Write data and a line end to standard output, and flush it.

    Raise WtrError where it cannot be written: a token that did not arrive is no success.
    """
    if sys.stdout is None:
        raise WtrError("Standard output is closed: there is nowhere to write to.")
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise WtrError(f"Standard output cannot be written: {error.strerror}.") from error


def print_message(sentence: str, tone: Tone = "") -> None:
    """Write a sentence for the user to standard error, after the name of the program.

    On a terminal it begins with the sign of its tone.
    """
    shown, head = escaped(sentence), f"{program_name()}: "
    if is_terminal(sys.stderr):
        sign = f"{SIGNS[tone]} " if tone else ""
        shown = Style.of(sys.stderr).wrap(f"{sign}{sentence}", len(head), tone)
    write_stderr(f"{head}{shown}\n")


def write_stderr(text: str) -> None:
    """Write the text to standard error as it is; where that is closed or full, drop it."""
    # Without a standard error print() would write to standard output, between the data.
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def as_json(members: object) -> str:
    """Return JSON indented by two blanks, as the Go tool prints it."""
    import json

    return json.dumps(members, indent=2)


# The debug log (--debug): the program's steps and the log of every library, without secrets.

_debug_log: Logger | None = None
_secrets: set[str] = set()


def enable_debug() -> None:
    """Log every step, and what libraries log, to standard error."""
    global _debug_log
    import logging

    class _Redacted(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return redacted(super().format(record), *_secrets)

    written = logging.StreamHandler(sys.stderr)
    written.setFormatter(_Redacted("%(asctime)s.%(msecs)03d %(name)s: %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=logging.DEBUG, handlers=[written])
    _debug_log = logging.getLogger("wtr")


def log_step(sentence: str) -> None:
    """Log a step, where debugging is on."""
    if _debug_log is not None:
        _debug_log.debug("%s", sentence)


def log_settings(profile: Profile, settings: Settings) -> None:
    """Log the files of the profile, and where each of its settings comes from."""
    if _debug_log is None:
        return
    hide_secrets(settings.secret)
    log_step(f"profile {profile.name}: {profile.settings_path}, {profile.token_path}")
    for key, source in settings.sources.items():
        log_step(f"{key} is {source.describe()}")


def hide_secrets(*secrets: Secret | None) -> None:
    """Keep these out of the debug log, whatever they look like."""
    if _debug_log is not None:
        _secrets.update(secret.peek() for secret in secrets if secret and secret.peek())


# Text for users: width, colours, signs.

_WIDEST = 100
"""Columns; longer lines are hard to read, however wide the terminal is."""

_NARROWEST_COLUMN = 28
"""Columns; where the text beside a term would get fewer, it goes below the term."""

# Of the terminal's own sixteen, so that they fit its background. SGR, ECMA-48 §8.3.117.
_COLOURS = {"bold": "1", "dim": "2", "good": "32", "warn": "33", "bad": "31"}

SIGNS: dict[Tone, str] = {"good": "✓", "warn": "!", "bad": "✗"}


def text_width(descriptor: int = 1) -> int:
    """Return the columns to write text in: ``$COLUMNS``, the terminal's or 80; from 20 to 100."""
    try:
        # argparse itself would import shutil for this, at each option that is declared.
        width = int(os.environ.get("COLUMNS") or os.get_terminal_size(descriptor).columns)
    except (OSError, ValueError):
        width = 80
    return min(max(width, 20), _WIDEST)


class Style:
    """Colours and line width of text for users on one stream.

    Without a terminal nothing is coloured, wrapped or aligned: what is piped is read by a program,
    or pasted into a mail.
    """

    def __init__(self, *, is_terminal: bool, coloured: bool, width: int) -> None:
        self.is_terminal = is_terminal
        self._coloured = coloured
        self._width = width

    @classmethod
    def of(cls, stream: TextIO | None = None) -> Style:
        """Return the style for a stream, by default standard output, as it is now.

        ``$NO_COLOR`` and ``TERM=dumb`` switch the colours off.
        """
        terminal = is_terminal(stream or sys.stdout)
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
        width = text_width(2 if stream is sys.stderr else 1)
        return cls(is_terminal=terminal, coloured=terminal and not plain, width=width)

    def paint(self, text: str, tone: Tone = "") -> str:
        """Return the text in the colour of the tone, its control characters escaped."""
        text = escaped(text)
        if not tone or not self._coloured or not text:
            return text
        return f"\x1b[{_COLOURS[tone]}m{text}\x1b[0m"

    def wrap(self, text: str, column: int, tone: Tone = "") -> str:
        """Return the text in lines that begin at ``column``, where the first one is written."""
        lines = [escaped(line) for line in text.splitlines() or [""]]
        if self.is_terminal and self._width - column >= _NARROWEST_COLUMN:
            lines = [part for line in lines for part in _wrapped(line, self._width - column)]
        return f"\n{' ' * column}".join(self.paint(line, tone) for line in lines)

    def entry(self, term: str, text: str, column: int, tone: Tone = "", sign: str = "") -> str:
        """Return a term, and its text wrapped in lines that begin at ``column``.

        ``sign`` is put before the term and has the tone; without it the text has the tone.
        """
        head = f"{sign} {term}" if sign else term
        gap = " " * max(column - len(head), 1)
        body = self.wrap(text, column, "" if sign else tone)
        if sign:
            return f"{self.paint(sign, tone)} {self.paint(term, 'bold')}{gap}{body}"
        return f"{self.paint(term, 'dim')}{gap}{body}"


# Help texts.

_ENTRY_INDENT = "  "
_CODE_INDENT = "    "


def wrap_help(text: str, width: int) -> str:
    """Return the help text with no line longer than ``width``, but for long words and code.

    Lines without an indent are paragraphs, those in capitals alone are headings. Two blanks begin
    an entry, a term and its text with at least two blanks between them, which goes on in lines that
    are indented deeper. Elsewhere four blanks begin a line of code, which is never broken: it is
    there to be copied.
    """
    blocks = [""]
    for line in text.strip("\n").splitlines():
        if _is_entry(blocks[-1]) and line.startswith(_CODE_INDENT):
            blocks[-1] += f" {line.strip()}"
        elif _is_paragraph(blocks[-1]) and _is_paragraph(line):
            blocks[-1] += f" {line}"
        else:
            blocks.append(line)
    return "\n".join(line for block in blocks[1:] for line in _lines_of(block, width))


def _is_paragraph(line: str) -> bool:
    return bool(line) and not line.startswith(" ") and not line.isupper()


def _is_entry(line: str) -> bool:
    return line.startswith(_ENTRY_INDENT) and not line.startswith(_CODE_INDENT)


def _lines_of(block: str, width: int) -> list[str]:
    if not _is_entry(block):
        return _wrapped(block, width) if _is_paragraph(block) else [block]
    term, _, text = block.strip().partition("  ")
    text = text.lstrip()
    column = len(block) - len(text)
    if not text or width - column >= _NARROWEST_COLUMN:
        return _wrapped(text, width, block[:column], " " * column)
    below = _CODE_INDENT + _ENTRY_INDENT
    return [f"{_ENTRY_INDENT}{term}", *_wrapped(text, width, below, below)]


def _wrapped(text: str, width: int, first_indent: str = "", indent: str = "") -> list[str]:
    import textwrap

    return textwrap.wrap(
        text,
        width,
        initial_indent=first_indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first_indent.rstrip()]
