"""Sanitizing, redacting and quoting of text.

``wtr token`` imports this module, so functions import what only they need.
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
"""The running command as the history names it (``wtr refresh``, ``screen``); set by ``cli``."""

_ELLIPSIS = "…"

# Cc control, Cf format (bidirectional overrides, zero width), Cs surrogate, Co private use,
# Cn unassigned, Zl/Zp line and paragraph separators.
_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# Letters and marks that are drawn as nothing.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")


def cleaned(text: str, limit: int = 300) -> str:
    """Return untrusted text on one line, without control characters, cut at ``limit``.

    The result cannot move the cursor, change colours, hide or reorder other text on a terminal
    (RFC 6749 §10.14). It may contain markup, which callers have to turn off. Only the first
    ``4 × limit`` characters are processed, so that a megabyte of error text costs nothing.
    """
    seen = text[: 4 * limit]
    joined = " ".join(printable(" ".join(seen.split())).split())
    if len(joined) > limit or len(seen) < len(text):
        return joined[: limit - 1].rstrip() + _ELLIPSIS
    return joined


# Secrets recognised by their form: Webex's tokens, JWTs, credentials in a URL, and the value after
# Bearer or Basic.
_CREDENTIALS = r"""(?x)
    [\w+/=.-]{8,}_PF84_[0-9a-f-]*
    | eyJ[\w-]+\.[\w.-]+
    | (?<=://)[^/\s@'"]+(?=@)
    | (?i:(?<=bearer\ )|(?<=basic\ ))[^\s'",)]+
    """
# Secrets recognised by the name before them, in a query, a form, JSON or a header.
_SECRET_VALUES = (
    r"""(?ix)
    \b(client_secret|access_token|refresh_token|device_code|code_verifier|(?:proxy-)?authorization)
    (["']?\s*[=:,]\s*b?["']?(?:bearer\ |basic\ )?)
    [^\s"'&,})]+
    """,
    # Everyday words: they are names only in a query, a form or JSON.
    r"""(?ix)\b(code|user_?code|state|secret|token)(=|["']\s*:\s*["'])[^\s"'&,})]+""",
    r"""(?i)\b((?:set-)?cookie)(["']?\s*[:,]\s*b?["']?)[^"'\n]+""",
)


def redacted(text: str, *hidden: str) -> str:
    """Mask the ``hidden`` texts, and everything else that looks like a secret."""
    import re

    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = re.sub(_CREDENTIALS, MASK, text)
    for pattern in _SECRET_VALUES:
        text = re.sub(pattern, rf"\1\2{MASK}", text)
    return text


def on_one_line(words: str) -> str:
    """Join an error message to one line, without the indented excerpt of a file in it."""
    kept = (line for line in words.splitlines() if not line.startswith(" "))
    return " ".join(" ".join(kept).split())


def suggest(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the known name most like an unknown one, or with all of them."""
    import difflib

    names = list(known)
    like = difflib.get_close_matches(name, names, 1)
    return f"Did you mean {like[0]}?" if like else f"There are {', '.join(names)}."


def printable(text: str) -> str:
    """Remove the characters that :func:`cleaned` removes, but keep lines and blanks."""
    return _with_unshowable(text.replace("\t", " "), lambda _: "")


def escaped(text: str) -> str:
    """Replace the characters that :func:`cleaned` removes by escapes like ``\\x1b``; keep lines.

    For a path or a name that a user has to see as it is.
    """
    return _with_unshowable(text, lambda sign: sign.encode("unicode_escape").decode("ascii"))


def _with_unshowable(text: str, shown: Callable[[str], str]) -> str:
    # Nearly every text is printable, and checking each character takes fifty times as long.
    if text.isprintable():
        return text
    import unicodedata

    return "".join(
        shown(sign) if sign != "\n" and unicodedata.category(sign) in _UNSHOWABLE else sign
        for sign in text
    )


def without_invisible(text: str) -> str:
    """Remove invisible characters that get copied along with a text.

    These are soft hyphens, zero-width characters, direction marks and variation selectors.
    """
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
    """Return whether the text is one or more of ``!`` to ``~``, safe in an HTTP header."""
    return text.isascii() and text.isprintable() and text != "" and " " not in text


def cause(error: OSError) -> str:
    """Describe why a system call failed: ``No space left on device (ENOSPC)``."""
    if error.errno is None:
        return "the system does not say why"
    return f"{os.strerror(error.errno)} ({errno.errorcode.get(error.errno, error.errno)})"


def user_name(uid: int) -> str:
    """Return the user's name, or ``user 1234`` where the system has none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def shell_export(name: str, value: str) -> str:
    """Return ``export NAME=value`` for a POSIX shell, safely quoted."""
    import shlex

    return f"export {name}={shlex.quote(value)}"


_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:+/=@%,~")


def is_plain(text: str) -> bool:
    """Return whether no shell, dotenv reader or service manager needs the text quoted."""
    return _PLAIN.issuperset(text)


def dotenv_line(name: str, value: str) -> str:
    """Return ``NAME=value`` for a ``.env`` file, quoted only where necessary."""
    if is_plain(value):
        return f"{name}={value}"
    if "'" not in value:
        return f"{name}='{value}'"
    escaped = value.translate({ord(sign): f"\\{sign}" for sign in '\\"$`'})
    return f'{name}="{escaped}"'


def program_name() -> str:
    """Return ``wtr-tui`` where the program was started by this name, else ``wtr``."""
    called = os.path.basename(sys.argv[0]) if sys.argv else ""
    return called if called == "wtr-tui" else "wtr"


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether the stream is an open terminal."""
    return stream is not None and not stream.closed and stream.isatty()
