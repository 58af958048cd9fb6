"""Checks and parsers for the values of settings, and the parser of the portal's OAuth URL.

``check_…`` returns a sentence for an invalid text, else None; ``parse_…`` returns the value or
raises ValueError with the sentence. No sentence repeats a secret or a long text.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from wtr_tui.addresses import check_base_url, check_redirect_uri, is_loopback, port_of
from wtr_tui.clock import parse_duration
from wtr_tui.errors import StorageError, UsageError
from wtr_tui.storage.paths import checked_name, home
from wtr_tui.text import cause, cleaned, is_visible_ascii, suggest, without_invisible

Nested: TypeAlias = "str | Sequence[Nested] | Mapping[str, Nested] | None"
"""A value of the settings file with lists and mappings in it; scalars are their source text."""

_LONGEST_ID = 512
_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_QUOTES = frozenset("\"'`“”‘’«»")
_NOT_IN_SCOPES = _QUOTES | {*"%+&,;\\"}


class RawValue(NamedTuple):
    """A setting's value as written, and what its relative paths are resolved by."""

    value: Nested
    settings_path: Path | None
    environ: Mapping[str, str]

    def __repr__(self) -> str:
        return "RawValue(…)"  # a secret may be in it

    @property
    def text(self) -> str:
        """The value as a string. Raise ValueError for a list or a mapping."""
        if not isinstance(self.value, str):
            raise ValueError("This must be a text.")
        return self.value


def check_app_id(text: str) -> str | None:
    """Check the portal's Client ID: one word of visible ASCII."""
    word = text.strip()
    if not word:
        return "The App ID is missing; the portal calls it Client ID."
    if "://" in word:
        return "This is an address, not an App ID: paste the OAuth URL where it is asked for."
    if refusal := _paste_fault("App ID", word):
        return refusal
    if not is_visible_ascii(word) or {*word} & (_QUOTES | {"<", ">"}) or len(word) > _LONGEST_ID:
        return "The App ID must be one word of letters and digits, as the portal shows it."
    return None


def check_secret(text: str) -> str | None:
    """Check the portal's Client Secret: printable ASCII (RFC 6749 A.2), with nothing around it."""
    if not text.strip():
        return "The secret is missing; the portal shows it once, as Client Secret."
    if "•" in text or not text.strip("*"):
        return "These are the dots that hide a secret, not the secret itself."
    if text != text.strip():
        return "The secret begins or ends with a space: something was copied along with it."
    if refusal := _paste_fault("secret", text):
        return refusal
    if not (text.isascii() and text.isprintable()) or len(text) > _LONGEST_ID:
        return "This cannot be a secret: was it copied completely, and nothing else with it?"
    return None


def is_quoted(text: str) -> bool:
    """Return whether it is in quotation marks, which ``docker --env-file`` makes part of it."""
    return len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES


def _paste_fault(what: str, text: str) -> str:
    if is_quoted(text):
        return f"The {what} must be written without quotation marks."
    if without_invisible(text) != text:
        return f"The {what} holds an invisible character: copy it again, or type it."
    return ""


def parser_of(check: Callable[[str], str | None]) -> Callable[[str], str]:
    """Return a parser that strips the text and raises ValueError where ``check`` objects."""

    def parse(text: str) -> str:
        refusal = check(text.strip())
        if refusal is not None:
            raise ValueError(refusal)
        return text.strip()

    return parse


def _parse_number(text: str, what: str, least: int, most: int) -> int:
    digits = text.strip()
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 5 else None
    if number is None or not least <= number <= most:
        raise ValueError(f"{what} from {least} to {most}{_found_instead(digits)}.")
    if digits.startswith("0"):  # to YAML, 0655 is an octal number
        raise ValueError(f"{what} from {least} to {most}, without a zero before it.")
    return number


def parse_port(text: str) -> int:
    """Parse a port number."""
    return _parse_number(text, "The redirect port must be a number", 1, 65_535)


def parse_timeout(text: str) -> int:
    """Parse the time limit of a sign-in, in seconds."""
    return _parse_number(text, "The timeout must be a number of seconds", 10, 3_600)


def parse_warn_before(text: str) -> tuple[int, ...]:
    """Parse durations, such as ``14d, 3d``, to seconds, the longest first; ``0`` gives ()."""
    words = text.replace(",", " ").split()
    if words == ["0"]:
        return ()
    limits = {parse_duration(word) for word in words}
    if not limits or 0 in limits:
        raise ValueError("These are durations before the end: 14d, 3d, 1d; or 0 for no warning.")
    return tuple(sorted(limits, reverse=True))


def parse_scopes(value: str | Iterable[str]) -> tuple[str, ...]:
    """Parse scopes, separated by white space, keeping their order; duplicates are dropped.

    Raise ValueError where there is none.
    """
    texts = [value] if isinstance(value, str) else list(value)
    scopes = [scope for text in texts for scope in text.split()]
    for scope in scopes:
        # RFC 6749 §3.3 allows more, but no scope of Webex has these: they were pasted along.
        is_one = is_visible_ascii(scope) and _NOT_IN_SCOPES.isdisjoint(scope)
        if not is_one or scope.strip(":") != scope:
            raise ValueError(
                f"“{cleaned(scope, 40)}” is no scope: one is a word like spark:kms, and spaces"
                " separate them."
            )
    if not scopes:
        raise ValueError("At least one scope is needed, for example spark:kms.")
    return tuple(dict.fromkeys(scopes))


@cache
def known_scopes() -> Mapping[str, str]:
    """Return each known scope with a sentence on what it allows, in the order of ``scopes.yaml``.

    Webex may offer others: the list suggests and does not limit. Scopes are case-sensitive.
    """
    lines = Path(__file__).with_name("scopes.yaml").read_text(encoding="utf-8").splitlines()
    members = (line for line in lines if line and not line.startswith("#"))
    # The file is YAML that is valid JSON line by line: a YAML parser takes fifty times as long, and
    # a screen waits for this.
    scopes: dict[str, str] = json.loads("{" + ",".join(members) + "}")
    return MappingProxyType(scopes)


def parse_flag(text: str) -> bool:
    """Parse true or false; also yes, no, on and off."""
    flag = _FLAGS.get(text.strip().lower())
    if flag is None:
        raise ValueError(f"This must be true or false{_found_instead(text)}.")
    return flag


def parse_email(text: str) -> str:
    """Parse the e-mail address of a user."""
    address = text.strip()
    name, _, host = address.partition("@")
    is_one = is_visible_ascii(address) and name and host and "@" not in host
    if not is_one or len(address) > 254:
        raise ValueError("This must be an e-mail address, for example ann@example.com.")
    return address


def parse_choice(text: str, choices: tuple[str, ...]) -> str:
    """Parse one of a few words."""
    if text.strip() not in choices:
        raise ValueError(f"This must be one of {', '.join(choices)}{_found_instead(text)}.")
    return text.strip()


def parse_id(text: str, what: str) -> str:
    """Parse one of Webex's identifiers: one word of visible ASCII."""
    word = text.strip()
    is_word = is_visible_ascii(word) and "://" not in word and not _QUOTES & set(word)
    if not is_word or len(word) > _LONGEST_ID:
        raise ValueError(f"This cannot be the {what}: it is one word of letters and digits.")
    return word


def parse_profile(text: str) -> str:
    """Parse the name of a profile."""
    try:
        return checked_name(text.strip())
    except UsageError as error:
        raise ValueError(str(error)) from None


def _found_instead(text: str) -> str:
    """Return ``, not “TEXT”``; "" for a long text, which may be a misplaced secret."""
    shown = cleaned(text)
    return f", not “{shown}”" if shown and len(text) <= 12 else ""


def resolve_path(given: RawValue, text: str) -> Path:
    """Resolve a path against the settings file's folder, or ``~``."""
    text = text.strip()
    if text.startswith("~/"):
        try:
            text = home(given.environ) + text[1:]
        except StorageError as error:
            raise ValueError(error.message) from None
    folder = given.settings_path.parent if given.settings_path else Path.cwd()
    return Path(os.path.normpath(folder / text))


def parse_file(given: RawValue, what: str) -> Path:
    """Parse the path of a file that this user can read; ``what`` names it: "The CA file"."""
    path = resolve_path(given, given.text)
    try:
        # Not opened: opening a FIFO would wait for its writer.
        regular = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        raise ValueError(f"{what} {path} cannot be read: {cause(error)}.") from None
    if not regular or not os.access(path, os.R_OK):
        raise ValueError(f"{what} {path} is not one that this user can read.")
    return path


DEFAULT_SINK_KEY = "WEBEX_ACCESS_TOKEN"
_SINK_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SINK_SHAPE = "Each entry of deliver is file: PATH, or env: PATH with key: NAME."


class Sink(NamedTuple):
    """A file that always holds the current access token, alone or in its line ``key=…``."""

    path: Path
    key: str = ""

    @property
    def place(self) -> str:
        """``~/app/.env, WEBEX_ACCESS_TOKEN``."""
        return f"{self.path}, {self.key}" if self.key else str(self.path)


def parse_sinks(given: RawValue) -> tuple[Sink, ...]:
    """Parse the setting ``deliver``: one entry, or a list of them."""
    value = given.value
    entries = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    return tuple(_parse_sink(entry, given) for entry in entries)


def _parse_sink(entry: object, given: RawValue) -> Sink:
    if not isinstance(entry, Mapping):
        raise ValueError(_SINK_SHAPE)
    unknown = set(entry) - {"file", "env", "key"}
    named = [kind for kind in ("file", "env") if kind in entry]
    if unknown or len(named) != 1 or ("key" in entry and named == ["file"]):
        raise ValueError(_SINK_SHAPE)
    text = entry[named[0]]
    key = entry.get("key", DEFAULT_SINK_KEY if named == ["env"] else "")
    if not isinstance(text, str) or not text.strip() or not isinstance(key, str):
        raise ValueError(_SINK_SHAPE)
    if key and not _SINK_KEY.fullmatch(key):
        raise ValueError("The key of an env entry is a name of letters, digits and underscores.")
    return Sink(resolve_path(given, text), key)


THEMES = (
    *("auto", "dark", "light", "ansi", "wtr-dark", "wtr-light", "wtr-ansi", "ansi-dark"),
    *("ansi-light", "atom-one-dark", "atom-one-light", "catppuccin-frappe", "catppuccin-latte"),
    *("catppuccin-macchiato", "catppuccin-mocha", "dracula", "flexoki", "gruvbox", "monokai"),
    *("nord", "rose-pine", "rose-pine-dawn", "rose-pine-moon", "solarized-dark"),
    *("solarized-light", "textual-dark", "textual-light", "tokyo-night"),
)


def parse_theme(text: str) -> str:
    """Parse the name of a theme."""
    theme = text.strip() or "auto"
    if theme not in THEMES:
        raise ValueError(f"The theme {cleaned(theme, 40)} is not known. {suggest(theme, THEMES)}")
    return theme


def parse_keys(value: Nested) -> Mapping[str, str]:
    """Parse key bindings: a mapping from actions to keys, several joined by commas."""
    if not value:
        return {}
    if not isinstance(value, Mapping):
        raise ValueError("This must be a group of actions, each with its key, such as save: f9.")
    found = {}
    for action, keys in value.items():
        texts = keys.split(",") if isinstance(keys, str) else keys
        if not isinstance(texts, Sequence) or not all(isinstance(key, str) for key in texts):
            raise ValueError(f"{cleaned(action, 40)} must have a key, or a list of keys.")
        each = [key.strip() for key in texts if isinstance(key, str)]
        if not each or not all(each):
            raise ValueError(f"{cleaned(action, 40)} has no key.")
        found[action] = ",".join(each)
    return found


_WEBEX_DOMAINS = (".webexapis.com", ".webex.com", ".ciscospark.com")
_AUTHORIZE = "/authorize"
_NOT_AN_OAUTH_URL = (
    "This is not an integration's OAuth URL; one begins with"
    " https://webexapis.com/v1/authorize?client_id="
)
_WRAPPING = "<>\"'`“”‘’,;"


class PortalUrl(NamedTuple):
    """The settings in an OAuth URL: ``redirect_uri`` "" and ``scopes`` () where it has none.

    ``port`` is None where the redirect URI does not lead to this machine.
    """

    app_id: str
    redirect_uri: str
    port: int | None
    scopes: tuple[str, ...]
    base_url: str


def parse_oauth_url(text: str) -> PortalUrl:
    """Parse a pasted OAuth URL, which may be wrapped over lines, quoted or follow other words.

    Raise ValueError; its message repeats nothing of the text, which may be a secret.
    """
    address = _unwrapped(text)
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        parameters = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        raise ValueError(_NOT_AN_OAUTH_URL) from None
    given = dict(parameters)
    if "code" in given or "error" in given:
        raise ValueError(
            "This is where a sign-in ended, not the integration's OAuth URL: paste it while"
            " signing in."
        )
    is_http = parts.scheme in ("https", "http") and host
    if not is_http or not parts.path.endswith(_AUTHORIZE) or len(given) < len(parameters):
        raise ValueError(_NOT_AN_OAUTH_URL)
    if not is_loopback(host) and not f".{host}".endswith(_WEBEX_DOMAINS):
        raise ValueError("This address does not lead to Webex, so nothing is taken from it.")
    if given.get("response_type", "code") != "code" or not given.get("client_id"):
        raise ValueError(_NOT_AN_OAUTH_URL)
    base_url = f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix(_AUTHORIZE)}"
    redirect_uri, scope = given.get("redirect_uri", ""), given.get("scope", "")
    return PortalUrl(
        base_url=parser_of(check_base_url)(base_url),
        app_id=parser_of(check_app_id)(given["client_id"]),
        redirect_uri=redirect_uri and parser_of(check_redirect_uri)(redirect_uri),
        port=port_of(redirect_uri),
        scopes=parse_scopes(scope) if scope.strip() else (),
    )


def _unwrapped(text: str) -> str:
    """Return the URL without what mail programs, terminals and shells put into and around it."""
    text = without_invisible(text)
    starts = [at for at in map(text.find, ("https://", "http://")) if at >= 0]
    address = "".join(text[min(starts, default=0) :].split()).strip(_WRAPPING)
    return address.replace("&amp;", "&")
