"""What is written: data to standard output, all else to standard error; both may be gone.

Data for users is wrapped at words and has, on a terminal, colours and signs.
"""

from __future__ import annotations

import io
import os
import sys

from wtr_tui import clock
from wtr_tui.errors import WtrError
from wtr_tui.text import escaped, is_terminal, program_name, redacted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from logging import Logger
    from typing import Literal, TextIO, TypeAlias

    from wtr_tui.model import Secret, Token
    from wtr_tui.storage.profiles import Profile
    from wtr_tui.storage.settings import Settings

    Tone: TypeAlias = Literal["", "bold", "dim", "good", "warn", "bad"]


def show_any_sign() -> None:
    """Lets standard output escape what it cannot encode, as standard error does by itself.

    A terminal that cannot show a sign shall not end the program: not even its help.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def give(text: str) -> None:
    """Writes data to standard output at once, with a line end.

    Raises WtrError where it cannot be written: a token that did not arrive is no success.
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


def tell(sentence: str, tone: Tone = "") -> None:
    """A sentence for the user on standard error; on a terminal with the sign of its tone, and with
    no word broken at its edge."""
    shown, head = escaped(sentence), f"{program_name()}: "
    if is_terminal(sys.stderr):
        sign = f"{SIGNS[tone]} " if tone else ""
        shown = Look.of(sys.stderr).filled(f"{sign}{sentence}", len(head), tone)
    say(f"{head}{shown}\n")


def say(text: str) -> None:
    """Writes the text to standard error as it is. That it is closed, or full, is no failure."""
    # Without a standard error print() would write to standard output, between the data.
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def hold_standard_streams() -> None:
    """Opens a closed standard stream on nothing.

    Otherwise the next file that is opened, the token's lock or a connection to Webex, would get
    its number, and what is meant for standard error would be written into it.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one


_core_limits: list[tuple[int, int]] = []


def forbid_core_dumps() -> None:
    """A core dump of this process would hold the tokens. What it starts inherits that."""
    import resource

    try:
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    except (OSError, ValueError):
        return
    _core_limits.append((soft, hard))


def allow_core_dumps() -> None:
    """As it was before :func:`forbid_core_dumps`: for a program that takes this one's place."""
    import resource

    if _core_limits:
        resource.setrlimit(resource.RLIMIT_CORE, _core_limits.pop())


# ``--debug``: each step, the libraries' own too, with secrets removed.

_debug_log: Logger | None = None
_hidden: set[str] = set()


def enable_debug() -> None:
    """From now on every step and every library's log goes to standard error."""
    global _debug_log
    import logging

    class _Redacted(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return redacted(super().format(record), *_hidden)

    written = logging.StreamHandler(sys.stderr)
    written.setFormatter(_Redacted("%(asctime)s.%(msecs)03d %(name)s: %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=logging.DEBUG, handlers=[written])
    _debug_log = logging.getLogger("wtr")


def log_step(words: str) -> None:
    """Tells a step, where debugging is on."""
    if _debug_log is not None:
        _debug_log.debug("%s", words)


def hide_secrets(*secrets: Secret | None) -> None:
    """Makes sure that these are never shown, whatever they look like."""
    if _debug_log is not None:
        _hidden.update(secret.peek() for secret in secrets if secret and secret.peek())


def show_settings(profile: Profile, settings: Settings) -> None:
    """Tells which profile it is, and where each of its settings comes from."""
    if _debug_log is None:
        return
    hide_secrets(settings.secret)
    log_step(f"profile {profile.name}: {profile.settings_path}, {profile.token_path}")
    for key, source in settings.sources.items():
        log_step(f"{key} is {source.describe()}")


# A token as text and as JSON, in the shapes that users of the Go tool know.


def original_json(token: Token, now: datetime) -> dict[str, object]:
    """The members Webex and the original give (seconds left, from now), and the clock."""
    return {
        "access_token": token.access_token.reveal(),
        "expires_in": _seconds(token.left(now)),
        "expires_at": clock.iso_if_known(token.expires_at),
        "refresh_token": token.refresh_token.reveal() if token.refresh_token else None,
        "refresh_token_expires_in": _seconds(token.refresh_left(now)),
        "refresh_token_expires_at": clock.iso_if_known(token.refresh_expires_at),
        "token_type": token.token_type,
        "scope": " ".join(token.scopes),
    }


def original_text(token: Token, now: datetime) -> str:
    """What the original's ``-o`` prints, line by line, and the clock."""
    members = original_json(token, now)
    lines = (
        ("Token", "access_token"),
        ("ExpiresIn", "expires_in"),
        ("RefreshToken", "refresh_token"),
        ("RefreshTokenExpiresIn", "refresh_token_expires_in"),
        ("ExpiresAt", "expires_at"),
        ("RefreshTokenExpiresAt", "refresh_token_expires_at"),
    )
    shown = ((title, members[name]) for title, name in lines)
    return "\n".join(f"{title}: {'' if value is None else value}" for title, value in shown)


def as_json(members: object) -> str:
    """JSON for people and programs: two blanks deep, as the original indents it."""
    import json

    return json.dumps(members, indent=2)


def _seconds(left: timedelta | None) -> int | None:
    return None if left is None else max(0, int(left.total_seconds()))


def give_unsaved(token: Token, profile: str) -> None:
    """Prints the only copy there is where a user can take it up.

    Anywhere else it would end in a log or a mail, where a token must never be.
    """
    if sys.stdout is None or not sys.stdout.isatty():
        tell("Nothing keeps it now; with -j it would have been printed, for a program to keep.")
        return
    give(as_json(original_json(token, clock.now())))
    tell(
        f"This is the only copy. Once that is mended: wtr import --replace --profile {profile} -"
        " takes it, pasted as it stands here."
    )


# Wrapped at words, and on a terminal with colours and signs.
_WIDEST = 100
"""Columns; longer lines are hard to read, however wide the terminal is."""

_CODE_INDENT = "    "
_ENTRY_INDENT = "  "
_NARROWEST_COLUMN = 28
"""Columns; where the text beside a term would get fewer, it goes below the term."""


def columns(descriptor: int = 1) -> int:
    """The width to write help at: ``$COLUMNS``, the terminal's, or 80 where there is none."""
    try:
        # argparse itself would import shutil for this, at each option that is declared.
        width = int(os.environ.get("COLUMNS") or os.get_terminal_size(descriptor).columns)
    except (OSError, ValueError):
        width = 80
    return min(max(width, 20), _WIDEST)


# Of the terminal's own sixteen, so that they fit its ground. SGR, ECMA-48 §8.3.117.
_COLOURS = {"bold": "1", "dim": "2", "good": "32", "warn": "33", "bad": "31"}


SIGNS: dict[Tone, str] = {"good": "✓", "warn": "!", "bad": "✗"}


class Look:
    """How lines for a user are written to standard output.

    ``is_terminal`` allows signs and alignment. Text is written as it is elsewhere: what is piped
    is read by a program, or pasted into a mail.
    """

    def __init__(self, *, is_terminal: bool, coloured: bool, width: int) -> None:
        self.is_terminal = is_terminal
        self._coloured = coloured
        self._width = width

    @classmethod
    def of(cls, stream: TextIO | None = None) -> Look:
        """For standard output, or another stream, as it is now. ``$NO_COLOR`` and ``TERM=dumb``
        take the colours."""
        terminal = is_terminal(stream or sys.stdout)
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
        width = columns(2 if stream is sys.stderr else 1)
        return cls(is_terminal=terminal, coloured=terminal and not plain, width=width)

    def paint(self, text: str, tone: Tone = "") -> str:
        """The text in its colour; control characters in it are shown and not obeyed."""
        text = escaped(text)
        if not tone or not self._coloured or not text:
            return text
        return f"\x1b[{_COLOURS[tone]}m{text}\x1b[0m"

    def filled(self, text: str, column: int, tone: Tone = "") -> str:
        """The text in lines that begin at ``column``; the first one stands there already."""
        lines = [escaped(line) for line in text.splitlines() or [""]]
        if self.is_terminal and self._width - column >= _NARROWEST_COLUMN:
            lines = [part for line in lines for part in _filled(line, self._width - column)]
        return f"\n{' ' * column}".join(self.paint(line, tone) for line in lines)

    def entry(self, term: str, text: str, column: int, tone: Tone = "", sign: str = "") -> str:
        """A term and its text from ``column`` on, which goes on below itself.

        ``sign`` is put before the term and has the tone; without it the text has it.
        """
        head = f"{sign} {term}" if sign else term
        gap = " " * max(column - len(head), 1)
        body = self.filled(text, column, "" if sign else tone)
        if sign:
            return f"{self.paint(sign, tone)} {self.paint(term, 'bold')}{gap}{body}"
        return f"{self.paint(term, 'dim')}{gap}{body}"


def laid_out(text: str, width: int) -> str:
    """The text with no line longer than ``width``, where words and code allow it.

    Lines without an indent are paragraphs, those in capitals alone are headings. Two blanks begin
    an entry, a term and its text with at least two blanks between them, which goes on in lines that
    are indented deeper. Elsewhere four blanks begin a line of code, which is never broken: it is
    there to be copied.
    """
    blocks = [""]
    for line in text.strip("\n").splitlines():
        if _is_entry(blocks[-1]) and line.startswith(_CODE_INDENT):
            blocks[-1] += f" {line.strip()}"
        elif _is_running(blocks[-1]) and _is_running(line):
            blocks[-1] += f" {line}"
        else:
            blocks.append(line)
    return "\n".join(line for block in blocks[1:] for line in _lines_of(block, width))


def _is_running(line: str) -> bool:
    return bool(line) and not line.startswith(" ") and not line.isupper()


def _is_entry(line: str) -> bool:
    return line.startswith(_ENTRY_INDENT) and not line.startswith(_CODE_INDENT)


def _lines_of(block: str, width: int) -> list[str]:
    if not _is_entry(block):
        return _filled(block, width) if _is_running(block) else [block]
    term, _, text = block.strip().partition("  ")
    text = text.lstrip()
    column = len(block) - len(text)
    if not text or width - column >= _NARROWEST_COLUMN:
        return _filled(text, width, block[:column], " " * column)
    below = _CODE_INDENT + _ENTRY_INDENT
    return [f"{_ENTRY_INDENT}{term}", *_filled(text, width, below, below)]


def _filled(words: str, width: int, first: str = "", other: str = "") -> list[str]:
    import textwrap

    return textwrap.wrap(
        words,
        width,
        initial_indent=first,
        subsequent_indent=other,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]
