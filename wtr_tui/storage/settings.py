"""The settings of one profile: each value, and where it comes from."""

from __future__ import annotations

import difflib
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wtr_tui.errors import SettingsError
from wtr_tui.secret import Secret
from wtr_tui.storage import settings_file
from wtr_tui.storage.settings_values import (
    DEFAULT_BASE_URL,
    DEFAULT_PORT,
    DEFAULT_SCOPES,
    DEFAULT_TIMEOUT,
    check_app_id,
    check_base_url,
    check_secret,
    parse_flag,
    parse_port,
    parse_scopes,
    parse_seconds,
)
from wtr_tui.text import plain


@dataclass(frozen=True)
class Source:
    """``kind`` is environment, file or default; ``name`` the variable or the path."""

    kind: str
    name: str = ""

    def words(self) -> str:
        return {"environment": f"from ${self.name}", "file": "from file"}.get(self.kind, "default")


@dataclass(frozen=True)
class Problem:
    """A value that is missing or wrong: which, why, and where it stands."""

    key: str
    sentence: str
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}" if self.where else self.sentence


@dataclass(frozen=True)
class Settings:
    """What the program runs with. Where ``problems`` names a key, its value is the default."""

    app_id: str = ""
    secret: Secret = field(default_factory=lambda: Secret(""))
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    redirect_port: int = DEFAULT_PORT
    redirect_uri: str = f"http://localhost:{DEFAULT_PORT}"
    base_url: str = DEFAULT_BASE_URL
    auto_refresh: bool = True
    ca_file: Path | None = None
    on_token: str = ""
    timeout: int = DEFAULT_TIMEOUT
    browser: str = "auto"
    clipboard: str = "auto"
    theme: str = "auto"
    sources: Mapping[str, Source] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    wrong: Mapping[str, str] = field(default_factory=dict)
    """The text of the values that are wrong, so that a form can show and mend them."""
    text: str | None = field(default=None, repr=False)
    """The file as it was read; None without one."""

    def redirect_uri_for(self, port: str) -> str:
        """The redirect URI as it would be with another port, as typed; a set one stays."""
        fixed = self.sources.get("redirectUri", Source("default")).kind != "default"
        return self.redirect_uri if fixed else f"http://localhost:{port}"

    def require(self) -> Settings:
        """These settings, where they are enough to talk to Webex; else raises SettingsError."""
        if self.problems:
            raise SettingsError(
                " ".join(str(problem) for problem in self.problems),
                "wtr-tui opens the settings; or set $WEBEX_APPID and $WEBEX_SECRET.",
            )
        return self


@dataclass(frozen=True)
class _Key:
    """One setting: its names, how it is read, what it is without a word of anybody."""

    name: str
    variables: tuple[str, ...]
    parse: Callable[[object], object]
    default: object
    aliases: tuple[str, ...] = ()


def _checked(check: Callable[[str], str | None]) -> Callable[[object], object]:
    def parse(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError("It has to be a text: put it in quotes.")
        sentence = check(value)
        if sentence is not None:
            raise ValueError(sentence)
        return value.strip()

    return parse


def _one_of(*words: str) -> Callable[[object], object]:
    def parse(value: object) -> str:
        if value not in words:
            raise ValueError(f"It is one of {', '.join(words)}.")
        return str(value)

    return parse


def _redirect_uri(value: object) -> str:
    from wtr_tui.oauth.redirect_uri import RedirectUri

    if not isinstance(value, str):
        raise ValueError("It has to be an address like http://localhost:6855.")
    try:
        return RedirectUri.parse(value).text
    except SettingsError as error:
        raise ValueError(str(error)) from None


_KEYS = (
    _Key(
        "appid",
        ("WEBEX_APPID", "WEBEX_CLIENTID", "WEBEX_CLIENT_ID"),
        _checked(check_app_id),
        "",
        ("clientid",),
    ),
    _Key("secret", ("WEBEX_SECRET", "WEBEX_CLIENT_SECRET"), _checked(check_secret), ""),
    _Key("scopes", ("WEBEX_SCOPES",), parse_scopes, DEFAULT_SCOPES),
    _Key("redirectPort", ("WEBEX_REDIRECTPORT",), parse_port, DEFAULT_PORT),
    _Key("redirectUri", ("WEBEX_REDIRECTURI",), _redirect_uri, ""),
    _Key("baseUrl", ("WEBEX_BASEURL",), _checked(check_base_url), DEFAULT_BASE_URL),
    _Key("autoRefresh", (), parse_flag, True),
    _Key("caFile", (), _checked(lambda text: None if text.strip() else "It is empty."), ""),
    _Key("onToken", (), _checked(lambda text: None), ""),
    _Key("timeout", (), parse_seconds, DEFAULT_TIMEOUT),
    _Key("browser", (), _one_of("auto", "never", "always"), "auto"),
    _Key("clipboard", (), _one_of("auto", "local", "terminal", "tmux"), "auto"),
    _Key("theme", (), _checked(lambda text: None if text.strip() else "It is empty."), "auto"),
)


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """Reads the file and the environment, which wins.

    Wrong values become ``problems``. Raises SettingsFileError where the file cannot be read or
    understood.
    """
    mapping, lines, text = settings_file.read(path)
    return _settled(path, mapping, lines, text, environ)


def without_file(environ: Mapping[str, str]) -> Settings:
    """What the environment alone says, for a form over a file that cannot be read."""
    return _settled(Path(), {}, {}, None, environ)


def _settled(
    path: Path,
    mapping: Mapping[str, object],
    lines: Mapping[str, int],
    text: str | None,
    environ: Mapping[str, str],
) -> Settings:
    values: dict[str, object] = {}
    sources: dict[str, Source] = {}
    problems: list[Problem] = []
    wrong: dict[str, str] = {}
    for key in _KEYS:
        stated, source, where = _stated(key, path, mapping, lines, environ)
        sources[key.name] = source
        values[key.name] = key.default
        if source.kind == "default":
            continue
        try:
            values[key.name] = key.parse(stated)
        except ValueError as error:
            problems.append(Problem(key.name, str(error), where))
            wrong[key.name] = stated if isinstance(stated, str) else ""
            if isinstance(stated, (int, float)):
                wrong[key.name] = str(stated)
    told = {problem.key for problem in problems}
    for name, check in (("appid", check_app_id), ("secret", check_secret)):
        sentence = check(str(values[name]))
        if sentence is not None and name not in told:
            problems.append(Problem(name, sentence, ""))
    port = int(str(values["redirectPort"]))
    uri = str(values["redirectUri"])
    ca_file = str(values["caFile"])
    scopes = values["scopes"]
    assert isinstance(scopes, tuple)
    if uri:
        from wtr_tui.oauth.redirect_uri import RedirectUri

        port = RedirectUri.parse(uri).port
    return Settings(
        app_id=str(values["appid"]),
        secret=Secret(str(values["secret"])),
        scopes=scopes,
        redirect_port=port,
        redirect_uri=uri or f"http://localhost:{port}",
        base_url=str(values["baseUrl"]).rstrip("/"),
        auto_refresh=bool(values["autoRefresh"]),
        ca_file=Path(ca_file).expanduser() if ca_file else None,
        on_token=str(values["onToken"]),
        timeout=int(str(values["timeout"])),
        browser=str(values["browser"]),
        clipboard=str(values["clipboard"]),
        theme=str(values["theme"]),
        sources=sources,
        problems=tuple(problems),
        warnings=_warnings(path, mapping, text),
        wrong=wrong,
        text=text,
    )


def _stated(
    key: _Key,
    path: Path,
    mapping: Mapping[str, object],
    lines: Mapping[str, int],
    environ: Mapping[str, str],
) -> tuple[object, Source, str]:
    for variable in key.variables:
        if variable in environ:
            return environ[variable], Source("environment", variable), f"${variable}"
    for name in (key.name, *key.aliases):
        if name in mapping and mapping[name] is not None:
            where = f"{path}, line {lines.get(name, 0)}, {name}"
            return mapping[name], Source("file", str(path)), where
    return None, Source("default"), ""


def _warnings(path: Path, mapping: Mapping[str, object], text: str | None) -> tuple[str, ...]:
    known = [name for key in _KEYS for name in (key.name, *key.aliases)]
    warnings = []
    for name in mapping:
        if name not in known:
            like = difflib.get_close_matches(name.lower(), [key.lower() for key in known], 1)
            meant = next((key for key in known if like and key.lower() == like[0]), "")
            hint = f" Did you mean {meant}?" if meant else ""
            warnings.append(f"The key {plain(name, 40)} in the settings file is not known.{hint}")
    if text is not None and mapping.get("secret"):
        try:
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                warnings.append("Others on this machine can read the settings file: chmod 600 it.")
            if any((folder / ".git").exists() for folder in path.resolve().parents):
                warnings.append(
                    "The settings file lies in a git work tree: do not commit the secret."
                )
        except OSError:
            return tuple(warnings)
    return tuple(warnings)
