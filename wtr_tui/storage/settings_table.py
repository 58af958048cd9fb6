"""The table of settings: each with its key, environment variables, parser and default.

Loading, the settings screen, ``wtr help settings`` and the warnings about unknown keys all use this
table: a new setting is one more :class:`Setting` in it, with its title and help in
``settings.txt``, and ``settings[TIMEOUT]`` is its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from wtr_tui.addresses import DEFAULT_BASE_URL, check_base_url, check_redirect_uri
from wtr_tui.model import Secret
from wtr_tui.storage import secret_source, state
from wtr_tui.storage import settings_values as values
from wtr_tui.storage.token_json import APP_ID_VARIABLES, BASE_URL_VARIABLE

_Value = TypeVar("_Value")


class Shape(Enum):
    """The YAML nodes a value may have in the file. In the environment it is always a text."""

    TEXT = "text"
    WORDS = "words"
    """A text, or a list of texts, which are joined by spaces."""
    NESTED = "nested"
    """A text, a list or a mapping, nested to any depth."""


class Setting(Generic[_Value]):
    """A setting. ``name`` is its key in the file; ``parse`` raises ValueError with a sentence."""

    variables: tuple[str, ...] = ()
    """Its environment variables; the first one that is set wins."""
    alias = ""
    """Another name of the key, as other tools have it."""
    shown_default = ""
    """The default as written in the file, where it is not ``str(default)``."""
    guarded = ""
    """What the setting decides, "what it runs", if that is not to be left to other users: then it
    is not taken from a file that they can change."""
    shape = Shape.TEXT
    choices: tuple[str, ...] = ()
    """All values, where they are few."""
    is_needed = False
    """Whether it has to be set; ``parse`` of "" says that it is missing."""
    is_text = False
    """Whether a value that YAML takes for a number or a date needs quotation marks."""
    is_hidden = False
    """Whether a secret may be in it: then neither its text nor its line is shown."""
    is_lenient = False
    """Whether an invalid value is only warned of, and the default used."""

    def __init__(
        self, name: str, parse: Callable[[values.RawValue], _Value], default: _Value, **more: Any
    ) -> None:
        self.name, self.parse, self.default = name, parse, default
        for what, value in more.items():
            getattr(self, what)  # raises AttributeError for a misspelt one
            setattr(self, what, value)

    @property
    def names(self) -> tuple[str, ...]:
        """The keys it may have in the file."""
        return (self.name, self.alias) if self.alias else (self.name,)

    @property
    def title(self) -> str:
        """Its label in a form."""
        return _texts()[self.name][0]

    @property
    def help(self) -> str:
        """Its description."""
        return _texts()[self.name][1]

    @property
    def default_text(self) -> str:
        """The default as it is written in the file; "" for none."""
        if self.shown_default:
            return self.shown_default
        if isinstance(self.default, bool):
            return "true" if self.default else "false"
        if isinstance(self.default, tuple):
            return " ".join(map(str, self.default))
        return str(self.default) if isinstance(self.default, (str, int)) else ""


@cache
def _texts() -> Mapping[str, tuple[str, str]]:
    """Return title and help by key, read from ``settings.txt`` when first shown."""
    text = Path(__file__).with_name("settings.txt").read_text("utf-8")
    found = re.findall(r"^(\w+): (.+)\n((?:  .+\n)+)", text, re.MULTILINE)
    return {name: (title, " ".join(lines.split())) for name, title, lines in found}


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
WEBEX_BASE_URLS = (DEFAULT_BASE_URL, "https://api-usgov.webex.com/v1")
"""Webex's own base URLs: the public one, and Webex for Government."""
DEFAULT_TIMEOUT = 300
SERVICE_APP = "serviceApp"


def parse_base_url(text: str) -> str:
    """Parse a base URL; a slash at its end is dropped."""
    return values.parser_of(check_base_url)(text).rstrip("/")


def _secret(text: str) -> Secret:
    refusal = values.check_secret(text)
    if refusal is not None:
        raise ValueError(refusal)
    return Secret(text)


def _secret_file(given: values.RawValue) -> Secret:
    """Parse a path that may begin with a variable, as ``$CREDENTIALS_DIRECTORY/webex``."""
    text = given.text.strip()
    variable = re.match(r"\$(\w+|\{\w+\})(?=/)", text)
    if variable is not None:
        name = variable[1].strip("{}")
        if not given.environ.get(name):
            raise ValueError(f"This names ${name}, which is not set.")
        text = given.environ[name] + text[variable.end() :]
    path = values.parse_file(given._replace(value=text), "The secret's file")
    return secret_source.SecretFile(path)


def _plain(
    name: str, parse: Callable[[str], _Value], default: _Value, **more: Any
) -> Setting[_Value]:
    """Return a setting whose value is parsed from a single text."""
    return Setting(name, lambda given: parse(given.text), default, **more)


def _text(name: str, parse: Callable[[str], str], **more: Any) -> Setting[str]:
    return _plain(name, parse, "", **{"is_text": True, **more})


def _choice(
    name: str, choices: tuple[str, ...], default: str | None = None, **more: Any
) -> Setting[str]:
    """Return a setting with one of ``choices``, by default the first."""
    parse = partial(values.parse_choice, choices=choices)
    default = choices[0] if default is None else default
    return _plain(name, parse, default, choices=choices, **more)


def _flag(name: str, default: bool, **more: Any) -> Setting[bool]:
    return _plain(name, values.parse_flag, default, choices=("true", "false"), **more)


APP_ID = _text(
    "appid",
    values.parser_of(values.check_app_id),
    variables=APP_ID_VARIABLES,
    alias="clientid",
    is_needed=True,
)
SECRET = _plain(
    "secret",
    _secret,
    Secret(""),
    variables=("WEBEX_SECRET", "WEBEX_CLIENT_SECRET"),
    is_needed=True,
    is_text=True,
    is_hidden=True,
)
SECRET_FILE: Setting[Secret | None] = Setting(
    "secretFile", _secret_file, None, is_text=True, guarded="what is sent to Webex"
)
SECRET_COMMAND: Setting[Secret | None] = Setting(
    "secretCommand",
    lambda given: secret_source.SecretCommand(given.text, given.environ),
    None,
    is_text=True,
    is_hidden=True,
    guarded="what it runs",
)
SCOPES = _plain(
    "scopes",
    values.parse_scopes,
    DEFAULT_SCOPES,
    variables=("WEBEX_SCOPES",),
    shape=Shape.WORDS,
    is_text=True,
)
REDIRECT_PORT = _plain(
    "redirectPort", values.parse_port, DEFAULT_PORT, variables=("WEBEX_REDIRECTPORT",)
)
REDIRECT_URI = _text(
    "redirectUri",
    values.parser_of(check_redirect_uri),
    variables=("WEBEX_REDIRECTURI",),
    is_text=False,
)
KIND = _choice("kind", ("integration", SERVICE_APP))
APPLICATION_ID = _text("applicationId", partial(values.parse_id, what="application ID"))
TARGET_ORG_ID = _text("targetOrgId", partial(values.parse_id, what="organisation's ID"))
THROUGH = _text("through", values.parse_profile)
LOGIN_HINT = _text("loginHint", values.parse_email)
ACCOUNT = _text("account", values.parse_email)
PROMPT = _choice("prompt", ("select_account", "none"), default="")
TIMEOUT = _plain("timeout", values.parse_timeout, DEFAULT_TIMEOUT)
BROWSER = _choice("browser", ("auto", "never", "always"))
BASE_URL = _plain(
    "baseUrl",
    parse_base_url,
    DEFAULT_BASE_URL,
    variables=(BASE_URL_VARIABLE,),
    guarded="where secrets are sent",
)
CA_FILE: Setting[Path | None] = Setting(
    "caFile",
    lambda given: values.parse_file(given, "The CA file"),
    None,
    is_text=True,
    guarded="where secrets are sent",
)
REVOKE_URL = _text("revokeUrl", parse_base_url, guarded="where secrets are sent")
AUTO_REFRESH = _flag("autoRefresh", True)
ON_TOKEN = _text("onToken", str, is_hidden=True, guarded="what it runs")
DELIVER: Setting[tuple[values.Sink, ...]] = Setting(
    "deliver", values.parse_sinks, (), shape=Shape.NESTED, guarded="what is written"
)
WARN_BEFORE = _plain(
    "warnBefore",
    values.parse_warn_before,
    state.DEFAULT_WARN_BEFORE,
    shape=Shape.WORDS,
    shown_default="14d 3d 1d",
)
CLIPBOARD = _choice("clipboard", ("auto", "local", "terminal", "tmux"))
THEME = _plain(
    "theme", values.parse_theme, "auto", choices=values.THEMES, is_text=True, is_lenient=True
)
MOUSE = _flag("mouse", False, is_lenient=True)
TITLE = _flag("title", True, is_lenient=True)
NOTIFY = _choice("notify", ("bell", "osc9", "osc777", "osc99", "off"))
KEYS: Setting[Mapping[str, str]] = Setting(
    "keys",
    lambda given: values.parse_keys(given.value),
    MappingProxyType({}),
    shape=Shape.NESTED,
    is_lenient=True,
)

INTEGRATION = "Integration"
SECTIONS: Mapping[str, tuple[Setting[Any], ...]] = {
    INTEGRATION: (
        *(APP_ID, SECRET, SECRET_FILE, SECRET_COMMAND, SCOPES, REDIRECT_PORT),
        *(REDIRECT_URI, KIND, APPLICATION_ID, TARGET_ORG_ID, THROUGH),
    ),
    "Sign-in": (LOGIN_HINT, ACCOUNT, PROMPT, TIMEOUT, BROWSER),
    "Webex": (BASE_URL, CA_FILE, REVOKE_URL),
    "Keeping and handing over": (AUTO_REFRESH, ON_TOKEN, DELIVER, WARN_BEFORE),
    "Screen": (CLIPBOARD, THEME, MOUSE, TITLE, NOTIFY, KEYS),
}
"""The settings by section, in the order they are shown in."""

SETTINGS = tuple(setting for section in SECTIONS.values() for setting in section)

NAMES = tuple(name for setting in SETTINGS for name in setting.names)
"""All keys the file may have."""
