"""The settings of one profile: each value, where it comes from, and what is wrong with it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from wtr_tui.errors import SettingsError
from wtr_tui.model import Account, Secret, StoredToken, Token
from wtr_tui.redirect_uri import check as check_redirect_uri
from wtr_tui.redirect_uri import port_of
from wtr_tui.storage import ca_file, settings_record
from wtr_tui.storage import settings_keys as keys
from wtr_tui.storage.settings_file import SettingsFile, read_mapping
from wtr_tui.storage.settings_keys import SettingKey
from wtr_tui.storage.settings_values import (
    DEFAULT_BASE_URL,
    DEFAULT_PORT,
    DEFAULT_SCOPES,
    DEFAULT_TIMEOUT,
    check_app_id,
    check_base_url,
    check_secret,
    parse_choice,
    parse_flag,
    parse_login_hint,
    parse_port,
    parse_scopes,
    parse_timeout,
)
from wtr_tui.storage.settings_warnings import changed_by_others, warnings_about
from wtr_tui.storage.stated import Problem, Source, Stated, stated
from wtr_tui.text import cleaned

__all__ = [
    "DEFAULT_BASE_URL",
    "DEFAULT_PORT",
    "DEFAULT_SCOPES",
    "DEFAULT_TIMEOUT",
    "Problem",
    "Settings",
    "Source",
    "load",
    "without_file",
]

_Value = TypeVar("_Value")
_BROWSER = ("auto", "never", "always")
_PROMPT = ("select_account", "none")
THEMES = (
    *("auto", "dark", "light", "ansi", "wtr-dark", "wtr-light", "wtr-ansi", "ansi-dark"),
    *("ansi-light", "atom-one-dark", "atom-one-light", "catppuccin-frappe", "catppuccin-latte"),
    *("catppuccin-macchiato", "catppuccin-mocha", "dracula", "flexoki", "gruvbox", "monokai"),
    *("nord", "rose-pine", "rose-pine-dawn", "rose-pine-moon", "solarized-dark"),
    *("solarized-light", "textual-dark", "textual-light", "tokyo-night"),
)
TRUST_VARIABLE = "WTR_TRUST_SETTINGS"
"""Set to 1 where a settings file belongs to somebody else by intent, as in a container."""
_CLIPBOARD = ("auto", "local", "terminal", "tmux")


@dataclass(frozen=True)
class Settings:
    """What the program runs with. Where ``problems`` names a key, its value is the default.

    ``sources``, ``problems`` and ``wrong`` go by the keys of the file: ``appid``,
    ``redirectPort``. ``timeout`` is in seconds and limits a sign-in. ``on_token`` is a command,
    "" for none. ``redirect_uri`` is the exact text that is registered.
    """

    app_id: str = ""
    secret: Secret = field(default_factory=lambda: Secret(""))
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    redirect_port: int = DEFAULT_PORT
    redirect_uri: str = f"http://localhost:{DEFAULT_PORT}"
    base_url: str = DEFAULT_BASE_URL
    file_base_url: str = ""
    """What the base URL is without the environment; "" for the same."""
    auto_refresh: bool = True
    ca_file: Path | None = None
    on_token: str = ""
    login_hint: str = ""
    """The e-mail address that Webex's page is to propose; "" for none."""
    prompt: str = ""
    timeout: int = DEFAULT_TIMEOUT
    browser: str = "auto"
    clipboard: str = "auto"
    theme: str = "auto"
    sources: Mapping[str, Source] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    wrong: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The text of each value that is wrong, so that a form can show and correct it. A wrong
    secret is not here but in ``secret``."""
    record: Mapping[str, object] | None = field(default=None, repr=False)
    """Of the bytes that were read, for the file of a token that is saved under them."""
    text: str | None = field(default=None, repr=False)
    """The file as it was read, None without one: what saving compares with."""

    @property
    def base_url_place(self) -> str:
        """What names the base URL: ``$WEBEX_BASEURL``, or a setting."""
        source = self.sources.get(keys.BASE_URL.name, Source("default"))
        return f"${source.name}" if source.kind == "environment" else "the setting baseUrl"

    def redirect_uri_for(self, port: str) -> str:
        """The redirect URI as it would be with another port, as typed; one that is set stays."""
        fixed = self.sources.get(keys.REDIRECT_URI.name, Source("default")).kind != "default"
        return self.redirect_uri if fixed else f"http://localhost:{port}"

    def stored(self, token: Token, before: StoredToken | None = None) -> StoredToken:
        """The token as it is to be saved under these settings; ``before`` is what it replaces."""
        account = Account() if before is None else before.account
        return StoredToken(self.app_id, token, self.base_url, account, settings=self.record)

    def require(self) -> Settings:
        """These settings, where they are enough to talk to Webex.

        Raises SettingsError with a sentence for everything that is missing or wrong.
        """
        if self.problems:
            raise SettingsError(
                "\n".join(problem.message for problem in self.problems),
                "wtr-tui shows the settings and helps to complete them.",
            )
        return self


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """Reads the file, which need not exist, and the environment, which wins.

    A variable or key that is set to nothing counts as not set. Wrong values become
    ``problems``. Raises SettingsFileError where the file cannot be read or understood.
    """
    return _Reading(path, read_mapping(path), environ).settings()


def without_file(environ: Mapping[str, str]) -> Settings:
    """What the environment alone says: for a form beside a file that cannot be read."""
    return _Reading(None, SettingsFile(), environ).settings()


class _Reading:
    """One pass over all settings, which gathers the sources and the problems."""

    def __init__(self, path: Path | None, file: SettingsFile, environ: Mapping[str, str]) -> None:
        self.path = path
        self.file = file
        self.environ = environ
        self.sources: dict[str, Source] = {}
        self.problems: list[Problem] = []
        self.wrong: dict[str, str] = {}
        self.notes: list[str] = []

    def settings(self) -> Settings:
        app_id = self.value(keys.APP_ID, _checked(check_app_id), "", required=check_app_id)
        secret = self.secret()
        scopes = self.value(keys.SCOPES, parse_scopes, DEFAULT_SCOPES)
        port = self.value(keys.REDIRECT_PORT, parse_port, DEFAULT_PORT)
        uri = self.value(keys.REDIRECT_URI, _checked(check_redirect_uri), "")
        base_url = self.value(keys.BASE_URL, _base_url, DEFAULT_BASE_URL)
        self.note_secret_sent_elsewhere(base_url)
        return Settings(
            app_id=app_id,
            secret=secret,
            scopes=scopes,
            redirect_port=self.agreed_port(port, uri),
            redirect_uri=uri or f"http://localhost:{port}",
            base_url=base_url,
            file_base_url=self.file_base_url(),
            auto_refresh=self.value(keys.AUTO_REFRESH, parse_flag, True),
            ca_file=self.value(keys.CA_FILE, self.ca_file, None),
            on_token=self.value(keys.ON_TOKEN, str, ""),
            login_hint=self.value(keys.LOGIN_HINT, parse_login_hint, ""),
            prompt=self.value(keys.PROMPT, _choice(_PROMPT), ""),
            timeout=self.value(keys.TIMEOUT, parse_timeout, DEFAULT_TIMEOUT),
            browser=self.value(keys.BROWSER, _choice(_BROWSER), "auto"),
            clipboard=self.value(keys.CLIPBOARD, _choice(_CLIPBOARD), "auto"),
            theme=self.theme(),
            sources=self.sources,
            problems=tuple(self.problems),
            warnings=(*self.notes, *warnings_about(self.path, self.file)),
            wrong=self.wrong,
            text=self.file.text,
            record=self.record(),
        )

    def record(self) -> Mapping[str, object] | None:
        """None where the file by itself names an App ID wrongly, or is not there to be asked."""
        if self.path is None:
            return None
        named = stated(keys.APP_ID, self.path, self.file.entries, {})
        if named.fault:
            return None
        app_id = (named.text or "").strip()
        return settings_record.record(self.file.content, app_id, self.file_base_url())

    def value(
        self,
        key: SettingKey,
        parse: Callable[[str], _Value],
        default: _Value,
        required: Callable[[str], str | None] | None = None,
    ) -> _Value:
        found = self.find(key)
        if found.fault:
            self.wrong[key.name] = found.text or ""
            return default
        if found.text is None:
            missing = required("") if required else None
            if missing:
                self.tell_missing(key, missing, found)
            return default
        try:
            return parse(found.text)
        except ValueError as error:
            self.tell(key, str(error), found)
            self.wrong[key.name] = found.text
            return default

    def secret(self) -> Secret:
        found = self.find(keys.SECRET)
        refusal = "" if found.fault else check_secret(found.text or "")
        if refusal and found.text is None:
            self.tell_missing(keys.SECRET, refusal, found)
        elif refusal:
            self.tell(keys.SECRET, refusal, found)
        return Secret(found.text or "")

    def note_secret_sent_elsewhere(self, base_url: str) -> None:
        """Whoever can set a variable shall not have the file's secret sent anywhere unseen."""
        source, secret = self.sources[keys.BASE_URL.name], self.sources[keys.SECRET.name]
        if (source.kind, secret.kind) == ("environment", "file"):
            named = self.file_base_url()
            if base_url.lower() != named.lower():
                self.notes.append(
                    f"The secret of {self.path} is sent to {cleaned(base_url, 100)}, which"
                    f" ${source.name} names; the file means {cleaned(named, 100)}."
                )

    def find(self, key: SettingKey) -> Stated:
        found = stated(key, self.path, self.file.entries, self.environ)
        self.sources[key.name] = found.source
        self.notes += found.notes
        if not found.fault and key.is_guarded and found.source.kind == "file":
            found = self.guarded(key, found)
        if found.fault:
            self.tell(key, found.fault, found)
        return found

    def guarded(self, key: SettingKey, found: Stated) -> Stated:
        """The value, refused where somebody else may have written it."""
        others = changed_by_others(self.path, self.file) if self.path else ""
        if not others:
            return found
        if self.environ.get(TRUST_VARIABLE) == "1":
            self.notes.append(f"{key.name} is used as ${TRUST_VARIABLE} says, though: {others}")
            return found
        what = "what it runs" if key is keys.ON_TOKEN else "where secrets are sent"
        fault = f"This says {what}, so it is not taken from a file that others can change. {others}"
        return replace(found, text=None, fault=fault)

    def theme(self) -> str:
        """A theme that is not known stops nothing: the usual one is shown, and it is told."""
        theme = self.value(keys.THEME, str.strip, "auto") or "auto"
        if theme in THEMES:
            return theme
        like = difflib.get_close_matches(theme, THEMES, 1)
        meant = f"Did you mean {like[0]}?" if like else f"There are {', '.join(THEMES)}."
        self.notes.append(f"{self.path}: the theme {cleaned(theme, 40)} is not known. {meant}")
        return "auto"

    def file_base_url(self) -> str:
        found = stated(keys.BASE_URL, self.path, self.file.entries, {})
        try:
            return _base_url(found.text or DEFAULT_BASE_URL)
        except ValueError:
            return DEFAULT_BASE_URL

    def agreed_port(self, port: int, uri: str) -> int:
        """A redirect URI that is set has the port in it; another one beside it is a mistake."""
        inside = port_of(uri) if uri else None
        if inside is None:
            return port
        source = self.sources[keys.REDIRECT_PORT.name]
        if source.kind != "default" and port != inside and not self.is_wrong(keys.REDIRECT_PORT):
            found = stated(keys.REDIRECT_PORT, self.path, self.file.entries, self.environ)
            fault = f"The port {port} is not the one in redirectUri, {inside}: remove one of them."
            self.tell(keys.REDIRECT_PORT, fault, found)
            self.wrong[keys.REDIRECT_PORT.name] = str(port)
        else:
            self.sources[keys.REDIRECT_PORT.name] = self.sources[keys.REDIRECT_URI.name]
        return inside

    def ca_file(self, text: str) -> Path:
        return ca_file.found(text, self.path, self.environ)

    def is_wrong(self, key: SettingKey) -> bool:
        return any(problem.key == key.name for problem in self.problems)

    def tell(self, key: SettingKey, fault: str, found: Stated) -> None:
        self.problems.append(Problem(key.name, f"{found.place}: {fault}", found.where, fault))

    def tell_missing(self, key: SettingKey, fault: str, found: Stated) -> None:
        if found.place:
            self.tell(key, fault, found)
            return
        where = self.path or "the settings file"
        how = f"Set {key.name} in {where}, or ${key.variables[0]}."
        self.problems.append(Problem(key.name, f"{fault} {how}", "", fault))


def _checked(check: Callable[[str], str | None]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        refusal = check(text.strip())
        if refusal is not None:
            raise ValueError(refusal)
        return text.strip()

    return parse


def _base_url(text: str) -> str:
    return _checked(check_base_url)(text).rstrip("/")


def _choice(choices: tuple[str, ...]) -> Callable[[str], str]:
    return lambda text: parse_choice(text, choices)
