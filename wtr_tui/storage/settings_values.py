"""What each setting may be. Pure: used by the file, the environment and the form alike.

``check_…`` gives a sentence for a wrong text, or None; ``parse_…`` gives the value, or raises
ValueError with the sentence. No sentence repeats a secret, nor any text longer than a few words.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from wtr_tui.redirect_uri import is_loopback
from wtr_tui.text import cleaned, without_invisible

DEFAULT_SCOPES: tuple[str, ...] = (
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

_LONGEST_ID = 512
_LONGEST_HOST = 253
_SHORTEST_TIMEOUT, _LONGEST_TIMEOUT = 10, 3600
_PORT = "The redirect port must be a number from 1 to 65535"
_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_QUOTES = frozenset("\"'`“”‘’«»")


def check_app_id(text: str) -> str | None:
    """The portal's Client ID: one word of visible ASCII."""
    word = text.strip()
    if not word:
        return "The App ID is missing; the portal calls it Client ID."
    if "://" in word:
        return "This is an address, not an App ID: paste the OAuth URL where it is asked for."
    if _QUOTES & set(word):
        return "The App ID must be written without quotation marks."
    if without_invisible(word) != word:
        return "The App ID holds an invisible character: copy it again, or type it."
    if not _is_visible(word) or "<" in word or ">" in word:
        return "The App ID must be one word of letters and digits, as the portal shows it."
    if len(word) > _LONGEST_ID:
        return "This is too long for an App ID: something else was pasted along with it."
    return None


def check_secret(text: str) -> str | None:
    """The portal's Client Secret: printable ASCII (RFC 6749 A.2), with nothing around it."""
    if not text.strip():
        return "The secret is missing; the portal shows it once, as Client Secret."
    if "•" in text or not text.strip("*"):
        return "These are the dots that hide a secret, not the secret itself."
    if len(text) > 2 and text[0] in _QUOTES and text[-1] in _QUOTES:
        return "The secret must be written without quotation marks."
    if text != text.strip():
        return "The secret begins or ends with a space: something was copied along with it."
    if without_invisible(text) != text:
        return "The secret holds an invisible character: copy it again, or type it."
    if not (text.isascii() and text.isprintable()):
        return "The secret holds a character that none can hold: was it copied completely?"
    if len(text) > _LONGEST_ID:
        return "This is too long for a secret: something else was pasted along with it."
    return None


def parse_port(text: str) -> int:
    """A port number from 1 to 65535, in digits."""
    digits = text.strip()
    if not digits:
        raise ValueError(f"{_PORT}.")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 5):
        raise ValueError(f"{_PORT}{_instead(digits)}.")
    port = int(digits)
    # To YAML, 0655 is an octal number.
    if digits.startswith("0") and port:
        raise ValueError(f"{_PORT}, without a zero before it.")
    if not 1 <= port <= 65_535:
        raise ValueError(f"{_PORT}, not {port}.")
    return port


def parse_scopes(value: str | Iterable[str]) -> tuple[str, ...]:
    """The scopes in their order, each once; from one text or several.

    Blanks and line breaks separate. At least one is needed.
    """
    texts = [value] if isinstance(value, str) else list(value)
    scopes = [scope for text in texts for scope in text.split()]
    for scope in scopes:
        shown = cleaned(scope, 60)
        if _QUOTES & set(scope):
            raise ValueError("Scopes must be written without quotation marks.")
        if "%" in scope or "+" in scope or "&" in scope:
            raise ValueError(
                "This is a piece of an address: paste the whole OAuth URL where it is asked for."
            )
        # RFC 6749 §3.3 allows both; no scope of Webex has one, so they are meant to separate.
        if "," in scope or ";" in scope:
            raise ValueError("Scopes are separated by spaces, not by commas or semicolons.")
        if not _is_visible(scope) or "\\" in scope:
            raise ValueError(f"The scope {shown} holds a character that no scope has.")
        if scope.endswith(":") or scope.startswith(":"):
            raise ValueError(f"The scope {shown} is not complete; one looks like spark:kms.")
    if not scopes:
        raise ValueError("At least one scope is needed, for example spark:kms.")
    return tuple(dict.fromkeys(scopes))


def check_base_url(text: str) -> str | None:
    """https, or http on this machine: the secret goes there (RFC 6749 §3.1)."""
    parts = _split(text) if _is_visible(text) else None
    if parts is None or not parts.hostname or parts.scheme not in ("http", "https"):
        return f"The base URL must be an address like {DEFAULT_BASE_URL}."
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return "The base URL must begin with https://, else the secret would travel unencrypted."
    if "@" in parts.netloc or "?" in text or "#" in text or "\\" in text:
        return "The base URL must have no user name, no query (?…) and no fragment (#…)."
    if not _is_host(parts.hostname):
        return "The base URL names a host that cannot exist: check its spelling."
    return None


def parse_flag(text: str) -> bool:
    """true or false; yes, no, on and off as well."""
    flag = _FLAGS.get(text.strip().lower())
    if flag is None:
        raise ValueError(f"This must be true or false{_instead(text)}.")
    return flag


def parse_login_hint(text: str) -> str:
    """The e-mail address of whoever is to sign in (OpenID Connect Core §3.1.2.1)."""
    address = text.strip()
    name, at, host = address.partition("@")
    if not (_is_visible(address) and name and at and host and "@" not in host):
        raise ValueError("The login hint must be an e-mail address, for example ann@example.com.")
    if len(address) > 254:
        raise ValueError("This is too long for an e-mail address.")
    return address


def parse_timeout(text: str) -> int:
    """How long a sign-in may take, in seconds."""
    digits = text.strip()
    known = digits.isascii() and digits.isdigit() and len(digits) <= 5
    if not known or not _SHORTEST_TIMEOUT <= int(digits) <= _LONGEST_TIMEOUT:
        raise ValueError(
            f"The timeout must be a number of seconds from {_SHORTEST_TIMEOUT}"
            f" to {_LONGEST_TIMEOUT}{_instead(digits)}."
        )
    return int(digits)


def parse_choice(text: str, choices: tuple[str, ...]) -> str:
    """One of a few words."""
    if text.strip() not in choices:
        raise ValueError(f"This must be one of {', '.join(choices)}{_instead(text)}.")
    return text.strip()


def _instead(text: str) -> str:
    """What was written instead; a long text may be a secret in the wrong place."""
    shown = cleaned(text, 24)
    return f", not “{shown}”" if shown and len(text) <= 12 else ""


def _is_visible(text: str) -> bool:
    return bool(text) and all("!" <= character <= "~" for character in text)


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises where it is none
    except ValueError:
        return None
    return parts


def _is_host(name: str) -> bool:
    """Whether a resolver and the HTTP library take this host: an address, or labels of a name."""
    from ipaddress import ip_address  # loaded only where there is an address to look at

    if ":" in name or name.rpartition(".")[2].isdigit():
        try:
            ip_address(name)
        except ValueError:
            return False
        return "%" not in name
    labels = name.removesuffix(".").split(".")
    if len(name) > _LONGEST_HOST or not all(0 < len(label) <= 63 for label in labels):
        return False
    if not all(letter.isalnum() or letter in "-_" for label in labels for letter in label):
        return False
    if not any(label.startswith("xn--") for label in labels):
        return True
    import idna  # what httpx reads such a name with; it fails on one that is no encoded name

    try:
        idna.decode(name)
    except UnicodeError:
        return False
    return True
