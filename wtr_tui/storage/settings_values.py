"""What each setting may be. Pure: used by the file, the environment and the form alike.

``check_…`` gives a sentence for a wrong text, or None; ``parse_…`` gives the value, or raises
ValueError with the sentence. None of them repeats the secret.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from wtr_tui.text import plain

DEFAULT_SCOPES = (
    "meeting:recordings_read",
    "spark:kms",
    "meeting:schedules_read",
    "meeting:preferences_write",
    "meeting:recordings_write",
    "meeting:preferences_read",
    "meeting:schedules_write",
)
DEFAULT_PORT = 6855
DEFAULT_BASE_URL = "https://webexapis.com/v1"
DEFAULT_TIMEOUT = 300

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# RFC 6749 §3.3: scope-token is printable ASCII without space, quote and backslash.
_NOT_IN_SCOPES = frozenset('"\\')


def check_app_id(text: str) -> str | None:
    if not text.strip():
        return "The App ID is missing: the portal calls it Client ID."
    if not _is_one_word(text.strip()):
        return "The App ID is one word of letters and digits, without spaces or quotes."
    return None


def check_secret(text: str) -> str | None:
    if not text.strip():
        return "The secret is missing: the portal shows it once, as Client Secret."
    if not text.strip().isascii() or not text.strip().isprintable() or " " in text.strip():
        return "The secret is one word; something else was copied along with it."
    return None


def parse_port(value: object) -> int:
    """A port number; digits as a text are fine."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError("The redirect port is a number from 1 to 65535.")
    text = str(value).strip()
    if not text:
        raise ValueError("The redirect port is missing: a number from 1 to 65535.")
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= 65_535):
        shown = plain(text, 20)
        raise ValueError(f"The redirect port {shown} is not a number from 1 to 65535.")
    return int(text)


def parse_scopes(value: object) -> tuple[str, ...]:
    """Scopes in their order, each once; a list, or a text separated by blanks."""
    if isinstance(value, str):
        given: list[object] = list(value.split())
    elif isinstance(value, (list, tuple)):
        given = list(value)
    else:
        raise ValueError("Scopes are a list, or words separated by blanks.")
    scopes: list[str] = []
    for scope in given:
        if not isinstance(scope, str) or not scope:
            raise ValueError("Each scope is a text like spark:kms.")
        if "," in scope or ";" in scope:
            raise ValueError("Scopes are separated by blanks, not by commas.")
        if set(scope) & (_NOT_IN_SCOPES | {"'"}):
            raise ValueError("Scopes have no quotes around or in them.")
        if not _is_one_word(scope):
            raise ValueError(f"The scope {plain(scope, 40)} holds a character no scope may hold.")
        if scope not in scopes:
            scopes.append(scope)
    if not scopes:
        raise ValueError("At least one scope is needed, for example spark:kms.")
    return tuple(scopes)


def check_base_url(text: str) -> str | None:
    """https, or http on this machine (RFC 6749 §3.1: the endpoints are https)."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or parts.scheme not in {"https", "http"} or not text.isascii() or " " in text:
        return "The base URL has to look like https://webexapis.com/v1."
    if parts.scheme == "http" and host not in _LOOPBACK:
        return "The base URL has to begin with https: the secret must not travel in clear."
    if parts.query or parts.fragment or parts.username:
        return "The base URL has no user, query or fragment."
    return None


def parse_flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _FLAGS:
        return _FLAGS[value.strip().lower()]
    raise ValueError("It is either true or false.")


_FLAGS = {"true": True, "yes": True, "on": True, "1": True} | {
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


def parse_seconds(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError("It is a number of seconds from 10 to 3600.")
    text = str(value).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 10 <= int(text) <= 3600):
        raise ValueError("It is a number of seconds from 10 to 3600.")
    return int(text)


def _is_one_word(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text and '"' not in text
