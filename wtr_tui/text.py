"""Text from elsewhere (a server, a browser, a file) made fit to be shown, and the system's words.

``wtr token`` imports this: what only some functions need they import themselves.
"""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TextIO

MASK = "••••••"
command = ""
"""What runs, as the history names it (``wtr refresh``, ``screen``); set by the command line."""

_ELLIPSIS = "…"


def cleaned(text: str, limit: int = 300) -> str:
    """The text on one line, without control, format or surrogate characters, cut at ``limit``.

    What remains cannot move the cursor, change colours, hide or reorder other text
    (RFC 6749 §10.14 for a terminal). Markup is not touched: whoever shows it turns markup off.
    Only the first ``4 × limit`` characters are looked at: a megabyte of error text costs nothing.
    """
    seen = text[: 4 * limit]
    joined = " ".join(printable(" ".join(seen.split())).split())
    if len(joined) > limit or len(seen) < len(text):
        return joined[: limit - 1].rstrip() + _ELLIPSIS
    return joined


# What is recognised by its look, wherever it came from: Webex's tokens and JWTs, credentials in an
# address, the value behind bearer or basic.
_CREDENTIALS = r"""(?x)
    [\w+/=.-]{8,}_PF84_[0-9a-f-]*
    | eyJ[\w-]+\.[\w.-]+
    | (?<=://)[^/\s@'"]+(?=@)
    | (?i:(?<=bearer\ )|(?<=basic\ ))[^\s'",)]+
    """
# The values of telling names, in a query, a form, JSON or a header.
_SECRET_VALUES = (
    r"""(?ix)
    \b(client_secret|access_token|refresh_token|device_code|code_verifier|(?:proxy-)?authorization)
    (["']?\s*[=:,]\s*b?["']?(?:bearer\ |basic\ )?)
    [^\s"'&,})]+
    """,
    # These are words of every day too: only in a query, a form or JSON are they names.
    r"""(?ix)\b(code|user_?code|state|secret|token)(=|["']\s*:\s*["'])[^\s"'&,})]+""",
    r"""(?i)\b((?:set-)?cookie)(["']?\s*[:,]\s*b?["']?)[^"'\n]+""",
)


def redacted(text: str, *hidden: str) -> str:
    """The text without ``hidden``, and without whatever else looks like a secret."""
    import re

    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = re.sub(_CREDENTIALS, MASK, text)
    for pattern in _SECRET_VALUES:
        text = re.sub(pattern, rf"\1\2{MASK}", text)
    return text


def on_one_line(words: str) -> str:
    """The sentences on one line, without the lines of a file that stand indented among them."""
    kept = (line for line in words.splitlines() if not line.startswith(" "))
    return " ".join(" ".join(kept).split())


def suggest(name: str, known: Iterable[str]) -> str:
    """What may have been meant by a name that is not known: a sentence."""
    import difflib

    names = list(known)
    like = difflib.get_close_matches(name, names, 1)
    return f"Did you mean {like[0]}?" if like else f"There are {', '.join(names)}."


def printable(text: str) -> str:
    """The text with its lines and blanks, but without what :func:`cleaned` takes out of it.

    For whatever is about to be drawn, wherever it came from: a path, a file, another program.
    """
    return _with_unshowable(text.replace("\t", " "), lambda _: "")


def escaped(text: str) -> str:
    """The text with its lines, and what :func:`cleaned` takes out of it spelled: ``\\x1b``.

    For a path or a name that a user has to see as it is, and a terminal must not obey.
    """
    return _with_unshowable(text, lambda sign: sign.encode("unicode_escape").decode("ascii"))


def _with_unshowable(text: str, shown: Callable[[str], str]) -> str:
    # Nearly every text is printable, and looking at each character takes fifty times as long.
    if text.isprintable():
        return text
    import unicodedata

    return "".join(
        shown(sign) if sign != "\n" and unicodedata.category(sign) in _UNSHOWABLE else sign
        for sign in text
    )


def without_invisible(text: str) -> str:
    """The text without what is copied along unseen: soft hyphens, zero-width characters, marks
    of direction, variation selectors."""
    if text.isascii():
        return text
    import unicodedata

    return "".join(
        character
        for character in text
        if unicodedata.category(character) != "Cf"
        and character not in _INVISIBLE
        and not "\ufe00" <= character <= "\ufe0f"
    )


def is_visible_ascii(text: str) -> bool:
    """Whether there is text, all of it ``!`` to ``~``: what an HTTP header carries."""
    return text.isascii() and text.isprintable() and text != "" and " " not in text


def cause(error: OSError) -> str:
    """Why a system call failed: ``No space left on device (ENOSPC)``."""
    if error.errno is None:
        return "the system does not say why"
    return f"{os.strerror(error.errno)} ({errno.errorcode.get(error.errno, error.errno)})"


def user_name(uid: int) -> str:
    """The user's name, or ``user 1234`` where the system has none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def shell_export(name: str, value: str) -> str:
    """``export NAME=value`` for a POSIX shell, quoted so that the value is nothing but a value."""
    import shlex

    return f"export {name}={shlex.quote(value)}"


_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:+/=@%,~")


def is_plain(text: str) -> bool:
    """Whether no shell, dotenv reader or service manager takes any of its signs for its own."""
    return _PLAIN.issuperset(text)


def dotenv_line(name: str, value: str) -> str:
    """``NAME=value`` as readers of ``.env`` files take it, quoted only where it has to be."""
    if is_plain(value):
        return f"{name}={value}"
    if "'" not in value:
        return f"{name}='{value}'"
    escaped = value.translate({ord(sign): f"\\{sign}" for sign in '\\"$`'})
    return f'{name}="{escaped}"'


# Letters and marks that nothing is drawn for.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")


# Cc control, Cf format (bidirectional overrides, zero width), Cs surrogate, Co private use,
# Cn unassigned, Zl/Zp line and paragraph separators.
_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def program_name() -> str:
    """``wtr-tui`` where the program was called by this name, else ``wtr``."""
    called = os.path.basename(sys.argv[0]) if sys.argv else ""  # noqa: PTH119 - without pathlib
    return called if called == "wtr-tui" else "wtr"


def is_terminal(stream: TextIO | None) -> bool:
    """Whether it is one; a stream that is closed is none."""
    return stream is not None and not stream.closed and stream.isatty()
