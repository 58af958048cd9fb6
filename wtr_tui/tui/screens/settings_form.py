"""What the form over the settings shows, takes in and saves (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from wtr_tui.addresses import port_of
from wtr_tui.errors import SettingsError
from wtr_tui.storage.settings import Origin, Settings
from wtr_tui.storage.settings_file import read_mapping
from wtr_tui.storage.settings_table import SETTINGS, Setting
from wtr_tui.storage.settings_values import (
    Given,
    PortalUrl,
    check_secret,
    parse_flag,
    parse_port,
    parse_scopes,
)

Check: TypeAlias = "Callable[[str], str | None]"
BY_KEY: Mapping[str, Setting[Any]] = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True)
class Shown:
    """A setting as its field shows it. A ``fixed`` one is set elsewhere and not edited here."""

    value: str
    source: str
    fixed: bool


def shown(settings: Settings, key: str, written: str = "") -> Shown:
    """The value, also a wrong one, and where it comes from in words.

    ``written`` is the text as it is written, for a setting whose value is not one.
    """
    right = {
        "appid": settings.app_id,
        "secret": settings.secret.known(),
        "scopes": " ".join(settings.scopes),
        "redirectPort": str(settings.redirect_port),
    }
    source = settings.sources[key]
    value = settings.wrong.get(key) or right.get(key, written)
    words = source.words() if value or source.kind != "default" else "not set"
    if key not in right and not value and source.kind == "default":
        words = "default" if BY_KEY[key].default_text else "not set"
    line = next((problem.where for problem in settings.problems if problem.key == key), "")
    if source.kind == "file" and " line " in line:
        words += f", line {line.rpartition(' line ')[2]}"
    fixed = source.kind in ("environment", "elsewhere")
    if key == "redirectPort" and settings.sources["redirectUri"].kind != "default":
        fixed = key not in settings.wrong
        words = "as in redirectUri" if fixed else words
    if source.kind == "file" and key not in right and not value:
        return Shown("", "a list: edit it in the file", fixed=True)
    return Shown(value, words, fixed)


def written_texts(path: Path, settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Every setting as its text is written, in the file or the environment; "" where it is not."""
    try:
        entries = read_mapping(path).entries
    except SettingsError:
        return {}
    texts = {}
    for setting in SETTINGS:
        source = settings.source(setting)
        if source.kind == "environment":
            texts[setting.name] = environ.get(source.name, "")
        found = [entries[name].value for name in setting.names if name in entries]
        if source.kind == "file" and found:
            value = found[0]
            texts[setting.name] = value if isinstance(value, str) else _joined(value)
    return texts


def _joined(value: object) -> str:
    """A list of words as one text; "" for what no field can show."""
    plain = isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value)
    return " ".join(value) if plain else ""  # type: ignore[arg-type]  # a list of texts


def check(setting: Setting[Any], given: Given) -> str | None:
    """A sentence on what is wrong with a text for this setting, or None; empty is its default."""
    if not given.text.strip():
        return None
    try:
        setting.parse(given)
    except ValueError as error:
        return str(error)
    return None


def check_typed_secret(text: str) -> str | None:
    """As :func:`check_secret`; a blank inside is reported, too: nothing of Webex's has one."""
    refusal = check_secret(text)
    if refusal is None and " " in text:
        return "The secret holds a space: was something else copied along with it?"
    return refusal


def is_first(settings: Settings) -> bool:
    """Whether the user still needs guidance: there is no App ID or no secret."""
    return not (shown(settings, "appid").value and settings.secret)


def environment_of(settings: Settings, key: str) -> Origin | None:
    """The variable a value comes from; the port may come with the whole redirect URI."""
    names = ("redirectUri", key) if key == "redirectPort" else (key,)
    sources = (settings.sources[name] for name in names)
    return next((source for source in sources if source.kind == "environment"), None)


@dataclass(frozen=True)
class Filled:
    """What a pasted OAuth URL puts into the fields, and what stays as the environment says.

    ``redirect_uri`` is as the URL spells it, "" where it is of no use or not to be changed.
    """

    values: Mapping[str, str]
    kept: tuple[Origin, ...]
    redirect_uri: str


def filled(portal: PortalUrl, settings: Settings, now: Mapping[str, str]) -> Filled:
    """``now`` are the texts of the fields, by key."""
    found = {"appid": portal.app_id, "scopes": " ".join(portal.scopes)}
    if portal.port is not None:
        found["redirectPort"] = str(portal.port)
    values: dict[str, str] = {}
    kept = []
    for key, value in found.items():
        source = environment_of(settings, key)
        if source is not None and now[key] != value:
            kept.append(source)
        elif value:
            values[key] = value
    ours = portal.port is not None and environment_of(settings, "redirectPort") is None
    return Filled(values, tuple(kept), portal.redirect_uri if ours else "")


def redirect_uri(settings: Settings, port: str, pasted: str) -> str:
    """What is to be registered, with the port as it stands in the form; "" for a wrong one.

    ``pasted`` is the redirect URI as a pasted OAuth URL spells it, if one was: Webex compares it
    byte for byte.
    """
    if check_port(port) is not None:
        return ""
    # Whoever edits the port after pasting means another address than the portal's.
    if pasted and port_of(pasted) == int(port.strip()):
        return pasted
    return settings.redirect_uri_for(port.strip())


def changes(
    settings: Settings, before: Mapping[str, str], now: Mapping[str, str], pasted: str
) -> dict[str, object]:
    """What saving writes, by key: the texts that are others than before, as the file keeps them.

    None takes the key out of the file.
    """
    changed = {key: _kept(key, text) for key, text in now.items() if text != before[key]}
    uri, port = redirect_uri(settings, now["redirectPort"], pasted), now["redirectPort"].strip()
    if "redirectUri" not in changed and uri and uri != settings.redirect_uri_for(port):
        changed |= {"redirectUri": uri, "redirectPort": parse_port(port)}
    return changed


def check_scopes(text: str) -> str | None:
    """A sentence on what is wrong with the scopes, or None."""
    try:
        parse_scopes(text)
    except ValueError as error:
        return str(error)
    return None


def check_port(text: str) -> str | None:
    """A sentence on what is wrong with the port, or None."""
    try:
        parse_port(text)
    except ValueError as error:
        return str(error)
    return None


def scopes_in(text: str) -> tuple[str, ...]:
    """The scopes of a text that may still be wrong."""
    return tuple(text.replace(",", " ").split())


def _kept(key: str, text: str) -> object:
    text = text.strip()
    if not text:
        return None
    if key == "scopes":
        return " ".join(parse_scopes(text))
    if isinstance(BY_KEY[key].default, bool):
        return parse_flag(text)
    if isinstance(BY_KEY[key].default, int) and text.isdigit():
        return int(text)
    return text
