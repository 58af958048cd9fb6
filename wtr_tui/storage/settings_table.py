"""Every setting: its key, its variables, what it may be, its default and what it is for.

Reading the settings, the settings screen, ``wtr help settings`` and the warnings about unknown
keys all go by this table: a new setting is one more :class:`Setting` in it, and
``settings[TIMEOUT]`` is its value. ``check_…`` gives a sentence for a wrong text, or None;
``parse_…`` gives the value, or raises ValueError with the sentence. No sentence repeats a secret,
nor any text longer than a few words.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeAlias, TypeVar
from urllib.parse import SplitResult, urlsplit

from wtr_tui import secret_source
from wtr_tui.clock import parse_duration
from wtr_tui.errors import StorageError, UsageError
from wtr_tui.model import Secret
from wtr_tui.redirect_uri import check as check_redirect_uri
from wtr_tui.redirect_uri import is_loopback
from wtr_tui.storage import sinks, state
from wtr_tui.storage.paths import checked_name, home
from wtr_tui.storage.settings_record import APP_ID_VARIABLES, BASE_URL_VARIABLE
from wtr_tui.text import cause, cleaned, is_visible_ascii, without_invisible

Nested: TypeAlias = "str | Sequence[Nested] | Mapping[str, Nested] | None"
"""A value with lists and groups in it; every scalar is the text that is written."""

_Value = TypeVar("_Value")


class Shape(Enum):
    """How a value may be written in the file. In the environment it is always a text."""

    TEXT = "text"
    WORDS = "words"
    """A text, or a list of texts, which counts as one text with blanks between them."""
    NESTED = "nested"
    """A text, a list or a group of keys, with whatever lists and groups in it."""


@dataclass(frozen=True)
class Given:
    """A value as it is written, and by what a path in it is understood."""

    value: Nested = field(repr=False)
    settings_path: Path | None
    environ: Mapping[str, str] = field(repr=False)

    @property
    def text(self) -> str:
        """The value of a setting that is a text. Raises ValueError where it is none."""
        if not isinstance(self.value, str):
            raise ValueError("This must be a text.")
        return self.value


@dataclass(frozen=True)
class Setting(Generic[_Value]):
    """One setting. ``name`` is its key in the file; ``variables`` are in the order they win.

    ``parse`` raises ValueError with a sentence for a wrong value. ``help`` says what it is for
    and begins in lower case; ``label`` is what a form calls it, by default its key.
    """

    name: str
    parse: Callable[[Given], _Value] = field(repr=False)
    default: _Value
    help: str = field(repr=False)
    section: str
    variables: tuple[str, ...] = ()
    alias: str = ""
    """Another name of the key, as other tools call it."""
    label: str = ""
    shape: Shape = Shape.TEXT
    choices: tuple[str, ...] = ()
    """All values there are, where they are few; for a form."""
    missing: str = ""
    """What to say where it is not set; "" where it need not be."""
    is_text: bool = False
    """Any text can be its value, so what YAML takes for a number or a date is a mistake."""
    is_hidden: bool = False
    """A secret may stand in it: its text is never shown, nor the line it is in."""
    is_lenient: bool = False
    """A wrong value is worth a warning only, and the default is taken."""
    shown_default: str = ""
    """The default as the file would have it, where that is another text than its own."""
    guarded: str = ""
    """What it says that nobody else may say ("what is run"): such a setting is not taken from a
    file that somebody else can change. "" for a harmless one."""

    @property
    def names(self) -> tuple[str, ...]:
        """The keys by which the file may name it."""
        return (self.name, self.alias) if self.alias else (self.name,)

    @property
    def title(self) -> str:
        """What a form calls it."""
        return self.label or self.name

    @property
    def default_text(self) -> str:
        """The default as the file would have it; "" where there is none."""
        if self.shown_default:
            return self.shown_default
        if isinstance(self.default, bool):
            return "true" if self.default else "false"
        if isinstance(self.default, tuple):
            return " ".join(map(str, self.default))
        return str(self.default) if isinstance(self.default, (str, int)) else ""


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
WEBEX_BASE_URLS = (DEFAULT_BASE_URL, "https://api-usgov.webex.com/v1")
"""Webex's own servers: the public one, and Webex for Government."""
DEFAULT_TIMEOUT = 300

_LONGEST_ID = 512
_MOST_LIMITS = 10
_LONGEST_HOST = 253
_SHORTEST_TIMEOUT, _LONGEST_TIMEOUT = 10, 3600
_PORT = "The redirect port must be a number from 1 to 65535"
_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
SERVICE_APP = "serviceApp"
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
    if not is_visible_ascii(word) or "<" in word or ">" in word:
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
    if without_invisible(text) != text:
        return "The secret holds an invisible character: copy it again, or type it."
    if text != text.strip():
        return "The secret begins or ends with a space: something was copied along with it."
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


def parse_warn_before(text: str) -> tuple[int, ...]:
    """Durations, separated by blanks or commas, in seconds, the longest first; ``0`` for none."""
    words = text.replace(",", " ").split()
    if words == ["0"]:
        return ()
    limits = {parse_duration(word) for word in words}
    if len(limits) > _MOST_LIMITS:
        raise ValueError(f"More than {_MOST_LIMITS} warnings before the end are no help.")
    if not limits or 0 in limits:
        raise ValueError("These are durations before the end: 14d, 3d, 1d; or 0 for no warning.")
    return tuple(sorted(limits, reverse=True))


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
        if not is_visible_ascii(scope) or "\\" in scope:
            raise ValueError(f"The scope {shown} holds a character that no scope has.")
        if scope.endswith(":") or scope.startswith(":"):
            raise ValueError(f"The scope {shown} is not complete; one looks like spark:kms.")
    if not scopes:
        raise ValueError("At least one scope is needed, for example spark:kms.")
    return tuple(dict.fromkeys(scopes))


def check_base_url(text: str) -> str | None:
    """https, or http on this machine: the secret goes there (RFC 6749 §3.1)."""
    parts = _split(text) if is_visible_ascii(text) else None
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


def parse_email(text: str) -> str:
    """The e-mail address of whoever is to sign in."""
    address = text.strip()
    name, at, host = address.partition("@")
    if not (is_visible_ascii(address) and name and at and host and "@" not in host):
        raise ValueError("This must be an e-mail address, for example ann@example.com.")
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


def parse_id(text: str, what: str) -> str:
    """One of Webex's identifiers: one word of visible ASCII."""
    word = text.strip()
    if (
        not is_visible_ascii(word)
        or "://" in word
        or len(word) > _LONGEST_ID
        or _QUOTES & set(word)
    ):
        raise ValueError(f"This cannot be the {what}: it is one word of letters and digits.")
    return word


def parse_profile(text: str) -> str:
    """The name of a profile."""
    try:
        return checked_name(text.strip())
    except UsageError as error:
        raise ValueError(str(error)) from None


def _instead(text: str) -> str:
    """What was written instead; a long text may be a secret in the wrong place."""
    shown = cleaned(text, 24)
    return f", not “{shown}”" if shown and len(text) <= 12 else ""


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


def parse_file(given: Given, what: str) -> Path:
    """A file that this user can read: relative to the settings file's folder, or to ``~``.

    ``what`` names it in the sentences: "The CA file".
    """
    named = given.text.strip()
    try:
        if named.startswith("~/"):
            named = home(given.environ) + named[1:]
        path = given.settings_path.parent / named if given.settings_path else Path(named)
        # Not opened: a FIFO in its place would wait for its writer.
        regular = stat.S_ISREG(path.stat().st_mode)
    except StorageError as error:
        raise ValueError(error.message) from None
    except OSError as error:
        raise ValueError(f"{what} {path} cannot be read: {cause(error)}.") from None
    if not regular or not os.access(path, os.R_OK):
        raise ValueError(f"{what} {path} is not one that this user can read.")
    return path


def parse_base_url(text: str) -> str:
    """The base URL without a slash at its end."""
    return _checked(check_base_url)(text).rstrip("/")


THEMES = (
    *("auto", "dark", "light", "ansi", "wtr-dark", "wtr-light", "wtr-ansi", "ansi-dark"),
    *("ansi-light", "atom-one-dark", "atom-one-light", "catppuccin-frappe", "catppuccin-latte"),
    *("catppuccin-macchiato", "catppuccin-mocha", "dracula", "flexoki", "gruvbox", "monokai"),
    *("nord", "rose-pine", "rose-pine-dawn", "rose-pine-moon", "solarized-dark"),
    *("solarized-light", "textual-dark", "textual-light", "tokyo-night"),
)


def parse_theme(text: str) -> str:
    """The name of a theme."""
    theme = text.strip() or "auto"
    if theme not in THEMES:
        import difflib

        like = difflib.get_close_matches(theme, THEMES, 1)
        meant = f"Did you mean {like[0]}?" if like else f"There are {', '.join(THEMES)}."
        raise ValueError(f"The theme {cleaned(theme, 40)} is not known. {meant}")
    return theme


def parse_keys(value: Nested) -> Mapping[str, str]:
    """Action by action the key that it has, or more than one with commas between them."""
    if value is None or value == "":
        return {}
    if not isinstance(value, Mapping):
        raise ValueError("This must be a group of actions, each with its key, such as save: f9.")
    found = {}
    for action, keys in value.items():
        each = [keys] if isinstance(keys, str) else keys
        if not isinstance(each, Sequence) or not all(isinstance(key, str) for key in each):
            raise ValueError(f"{cleaned(action, 40)} must have a key, or a list of keys.")
        found[action] = ",".join(key.strip() for key in each if isinstance(key, str))
        if not all(part.strip() for part in found[action].split(",")):
            raise ValueError(f"{cleaned(action, 40)} has no key.")
    return found


def of_text(parse: Callable[[str], _Value]) -> Callable[[Given], _Value]:
    """The parser of a setting that is a text, from one that takes the text alone."""
    return lambda given: parse(given.text)


def _checked(check: Callable[[str], str | None]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        refusal = check(text.strip())
        if refusal is not None:
            raise ValueError(refusal)
        return text.strip()

    return parse


def _secret(text: str) -> Secret:
    refusal = check_secret(text)
    if refusal is not None:
        raise ValueError(refusal)
    return Secret(text)


def _secret_file(given: Given) -> Secret:
    """Variables at the beginning of the path are read as a shell would."""
    named = given.text.strip()
    variable = re.match(r"\$(\w+|\{\w+\})(?=/)", named)
    if variable is not None:
        name = variable[1].strip("{}")
        if not given.environ.get(name):
            raise ValueError(f"This names ${name}, which is not set.")
        named = given.environ[name] + named[variable.end() :]
    path = parse_file(replace(given, value=named), "The secret's file")
    return secret_source.SecretFile(path, check_secret)


def _sinks(given: Given) -> tuple[sinks.Sink, ...]:
    folder = given.settings_path.parent if given.settings_path else None
    try:
        return sinks.parse(given.value, folder, home(given.environ))
    except StorageError as error:
        raise ValueError(error.message) from None


def _choice(
    name: str,
    choices: tuple[str, ...],
    default: str,
    help: str,
    section: str,
    *,
    label: str = "",
    is_text: bool = False,
) -> Setting[str]:
    parse = of_text(lambda text: parse_choice(text, choices))
    return Setting(
        name, parse, default, help, section, label=label, choices=choices, is_text=is_text
    )


INTEGRATION = "Integration"
SIGN_IN = "Sign-in"
WEBEX = "Webex"
KEEPING = "Keeping and handing over"
SCREEN = "Screen"
SECTIONS = (INTEGRATION, SIGN_IN, WEBEX, KEEPING, SCREEN)
"""The sections of the settings, in the order in which they are shown."""

APP_ID = Setting(
    "appid",
    of_text(_checked(check_app_id)),
    "",
    "the Client ID of the integration (also clientid)",
    INTEGRATION,
    APP_ID_VARIABLES,
    alias="clientid",
    label="Client ID (App ID)",
    missing="The App ID is missing; the portal calls it Client ID.",
    is_text=True,
)
SECRET = Setting(
    "secret",
    of_text(_secret),
    Secret(""),
    "its Client Secret",
    INTEGRATION,
    ("WEBEX_SECRET", "WEBEX_CLIENT_SECRET"),
    label="Secret",
    missing="The secret is missing; the portal shows it once, as Client Secret.",
    is_text=True,
    is_hidden=True,
)
SECRET_FILE: Setting[Secret | None] = Setting(
    "secretFile",
    _secret_file,
    None,
    "a file with the secret in its first line, instead of secret; $CREDENTIALS_DIRECTORY and"
    " other variables may begin its path",
    INTEGRATION,
    is_text=True,
    guarded="what is sent to Webex",
)
SECRET_COMMAND: Setting[Secret | None] = Setting(
    "secretCommand",
    lambda given: secret_source.command(given.text, given.environ, check_secret),
    None,
    "a command that prints the secret in its first line, instead of secret: pass show webex/secret."
    " Run without a shell when Webex is to be asked, once in a process",
    INTEGRATION,
    is_text=True,
    is_hidden=True,
    guarded="what it runs",
)
SCOPES = Setting(
    "scopes",
    of_text(parse_scopes),
    DEFAULT_SCOPES,
    "what a token may do, separated by blanks, or a list",
    INTEGRATION,
    ("WEBEX_SCOPES",),
    label="Scopes",
    shape=Shape.WORDS,
    is_text=True,
)
REDIRECT_PORT = Setting(
    "redirectPort",
    of_text(parse_port),
    DEFAULT_PORT,
    "the port of the redirect URI",
    INTEGRATION,
    ("WEBEX_REDIRECTPORT",),
    label="Redirect port",
)
REDIRECT_URI = Setting(
    "redirectUri",
    of_text(_checked(check_redirect_uri)),
    "",
    "only where another one than http://localhost:PORT is registered, with a path, 127.0.0.1"
    " or elsewhere (https://…): nothing is listened for then, and the address where the browser"
    " ends is pasted",
    INTEGRATION,
    ("WEBEX_REDIRECTURI",),
    label="Redirect URI",
)
KIND = _choice(
    "kind",
    ("integration", SERVICE_APP),
    "integration",
    "integration, or serviceApp: a service app, whose appid and secret these are then; its tokens"
    " need no user",
    INTEGRATION,
    label="Kind",
    is_text=True,
)
APPLICATION_ID = Setting(
    "applicationId",
    of_text(lambda text: parse_id(text, "application ID")),
    "",
    "the service app's own ID, not its Client ID",
    INTEGRATION,
    label="Application ID",
    is_text=True,
)
TARGET_ORG_ID = Setting(
    "targetOrgId",
    of_text(lambda text: parse_id(text, "organisation's ID")),
    "",
    "the organisation whose administrator has authorised the service app",
    INTEGRATION,
    label="Target organisation",
    is_text=True,
)
THROUGH = Setting(
    "through",
    of_text(parse_profile),
    "",
    "the profile whose token mints those of the service app; it needs the scope"
    " spark:applications_token",
    INTEGRATION,
    label="Through",
    is_text=True,
)
LOGIN_HINT = Setting(
    "loginHint",
    of_text(parse_email),
    "",
    "the e-mail address that Webex's page proposes",
    SIGN_IN,
    is_text=True,
)
ACCOUNT = Setting(
    "account",
    of_text(parse_email),
    "",
    "the e-mail address of whoever is to sign in: a sign-in by anybody else is asked about before"
    " it replaces the stored token, and refused without a terminal",
    SIGN_IN,
    is_text=True,
)
PROMPT = _choice(
    "prompt",
    ("select_account", "none"),
    "",
    "select_account: Webex asks which account is meant; none: it asks nothing",
    SIGN_IN,
    is_text=True,
)
TIMEOUT = Setting(
    "timeout", of_text(parse_timeout), DEFAULT_TIMEOUT, "seconds that a sign-in waits", SIGN_IN
)
BROWSER = _choice(
    "browser",
    ("auto", "never", "always"),
    "auto",
    "whether a browser is opened here unasked: auto (where you sit at this machine, not over SSH),"
    " never, always",
    SIGN_IN,
)
BASE_URL = Setting(
    "baseUrl",
    of_text(parse_base_url),
    DEFAULT_BASE_URL,
    "the API. Webex for Government: https://api-usgov.webex.com/v1",
    WEBEX,
    (BASE_URL_VARIABLE,),
    guarded="where secrets are sent",
)
CA_FILE: Setting[Path | None] = Setting(
    "caFile",
    lambda given: parse_file(given, "The CA file"),
    None,
    "certificate authorities beside the system's own",
    WEBEX,
    is_text=True,
    guarded="where secrets are sent",
)
REVOKE_URL = Setting(
    "revokeUrl",
    of_text(parse_base_url),
    "",
    "where wtr sign-out asks to revoke a token where Webex's documented request is refused; see"
    " wtr help security. Without it nobody is asked then",
    WEBEX,
    is_text=True,
    guarded="where secrets are sent",
)
AUTO_REFRESH = Setting(
    "autoRefresh",
    of_text(parse_flag),
    True,
    "refresh in time while the screens are open",
    KEEPING,
    choices=("true", "false"),
)
ON_TOKEN = Setting(
    "onToken",
    of_text(str),
    "",
    "a command that gets each new token, see below",
    KEEPING,
    is_text=True,
    is_hidden=True,
    guarded="what it runs",
)
DELIVER: Setting[tuple[sinks.Sink, ...]] = Setting(
    "deliver",
    _sinks,
    (),
    "files that hold each new access token, see below",
    KEEPING,
    shape=Shape.NESTED,
    guarded="what is written",
)
WARN_BEFORE = Setting(
    "warnBefore",
    of_text(parse_warn_before),
    state.WARN_BEFORE,
    "how long before the refresh token ends a sign-in is announced, see below; 0 for never",
    KEEPING,
    shape=Shape.WORDS,
    shown_default="14d 3d 1d",
)
CLIPBOARD = _choice(
    "clipboard",
    ("auto", "local", "terminal", "tmux"),
    "auto",
    "the way to your clipboard: auto (the best one here), local, terminal, tmux",
    SCREEN,
)
THEME = Setting(
    "theme",
    of_text(parse_theme),
    "auto",
    "dark, light, ansi (your terminal's own colours), a Textual theme, or auto (dark or light,"
    " as the ground of your terminal is)",
    SCREEN,
    choices=THEMES,
    is_text=True,
    is_lenient=True,
)
MOUSE = Setting(
    "mouse",
    of_text(parse_flag),
    False,
    "give the mouse to the program, as --mouse does; without it the terminal's own selection works",
    SCREEN,
    choices=("true", "false"),
    is_lenient=True,
)
TITLE = Setting(
    "title",
    of_text(parse_flag),
    True,
    "show the time left and the profile in the terminal's title",
    SCREEN,
    choices=("true", "false"),
    is_lenient=True,
)
NOTIFY = _choice(
    "notify",
    ("bell", "osc9", "osc777", "osc99", "off"),
    "bell",
    "how the screens call you when a sign-in is needed: bell; a notification of your terminal, by"
    " osc9 (iTerm2, Windows Terminal), osc777 (foot, VTE) or osc99 (kitty); or off. tmux passes"
    " the notification on with allow-passthrough alone, the bell always",
    SCREEN,
)
KEYS: Setting[Mapping[str, str]] = Setting(
    "keys",
    lambda given: parse_keys(given.value),
    MappingProxyType({}),
    "other keys for actions, see below",
    SCREEN,
    shape=Shape.NESTED,
    is_lenient=True,
)

SETTINGS: tuple[Setting[Any], ...] = tuple(
    found for found in tuple(globals().values()) if isinstance(found, Setting)
)
"""All settings, in the order in which they are declared."""

NAMES = tuple(name for setting in SETTINGS for name in setting.names)
"""All keys that the file may have."""
