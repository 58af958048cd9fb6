"""What the form over the settings shows, says, takes in and saves (pure)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from textual.content import Content

from wtr_tui.addresses import port_of
from wtr_tui.errors import SettingsError
from wtr_tui.storage.settings import Origin, Problem, Settings
from wtr_tui.storage.settings_table import (
    APP_ID,
    REDIRECT_PORT,
    SCOPES,
    SECRET,
    SETTINGS,
    Setting,
    Shape,
)
from wtr_tui.storage.settings_values import (
    PortalUrl,
    RawValue,
    parse_flag,
    parse_oauth_url,
    parse_port,
    parse_scopes,
)
from wtr_tui.tui.keys import key, with_keys
from wtr_tui.tui.screens import hanging_indent
from wtr_tui.tui.themes import Tone

BASICS = (APP_ID, SECRET, SCOPES, REDIRECT_PORT)
"""The settings that everybody needs."""
_BY_NAME: Mapping[str, Setting[Any]] = {setting.name: setting for setting in SETTINGS}

HELP = (
    "You make an integration at developer.webex.com/my-apps: Create a New App, then Integration."
    " Its page shows the Client ID (here: App ID), the Client Secret (once) and the OAuth"
    " Authorization URL, which fills in everything here but the secret. It must have exactly"
    " this redirect URI.\n"
    "A scope names one thing that a token may do: meeting:schedules_read, to see (write: change)"
    " the schedules of meetings. Ask for few: whoever has the"
    " token can do all that they allow. Webex refuses the sign-in when the integration lacks one."
    " After a change, sign in again: a token keeps the scopes that it was made with.\n"
    "The environment wins over the file, and the file over the default. Saving keeps the comments,"
    " the order and the unknown keys of the file; a field that is emptied takes its key out of it."
)
LEAD = (
    "To get a token you need an integration: what Webex calls a program that may act for you."
    " You make it once, in five steps:"
)
STEPS = (
    "1. At developer.webex.com/my-apps: Create a New App, then Integration.",
    "2. Give it this redirect URI, exactly as it stands ({copy-uri:^y} copies it):",
    "3. Tick scopes, add it, and paste here the OAuth URL its page shows:",
    "4. Paste the Client Secret from there. It is shown only once.",
    "5. {save:^s} saves. Then {go-sign-in:F3} signs in.",
)
PORTAL = "Paste it from the integration's page: it fills in all but the secret."
UNSAVED = "What you changed in the settings is not saved."
_MEANINGS = {
    "appid": "It names the integration, whose page calls it Client ID.",
    "secret": "Its page shows it once, as Client Secret. {reveal:^r} reveals it.",
    "scopes": "What a token may do. {scopes:^o} picks them from a list.",
    "redirectPort": "Where your browser comes back to, after you agreed.",
}


def meaning(setting: Setting[Any]) -> str:
    """What a setting is for, as a sentence, and its key in the file where its label is another."""
    text = setting.help.replace(", see below", "")
    listed = " Enter or Space lists its values." if setting.choices else ""
    said = with_keys(_MEANINGS.get(setting.name, f"{text[:1].upper()}{text[1:]}.{listed}"))
    return said if setting in BASICS else f"{said} ({setting.name})"


def portal_form(uri: str, scopes: Iterable[str], known: Mapping[str, str]) -> Content:
    """What Webex's page asks for when an integration is made, and what to answer."""
    rows = [
        ("Name", "yours; shown when you sign in"),
        ("Icon", "any of the defaults"),
        ("Description", "yours; it stays with you"),
        ("Redirect URI(s)", uri),
        ("Scopes", "these, or those that you need:"),
    ]
    texts = [hanging_indent(f"{name:<17}{said}", _ASIDE_TEXT, at=17) for name, said in rows]
    lines = [Content(text).stylize("$muted", 0, 17) for text in texts]
    for scope in scopes:
        allows = hanging_indent(f"    {known.get(scope, '').partition(' (')[0]}", _ASIDE_TEXT, at=4)
        lines += [Content(f"  {scope}"), Content.styled(allows, "$muted")]
    return Content("\n").join(lines)


ASIDE = 59
"""Columns of its frame: at 160 those of an App ID are left beside it."""
_ASIDE_TEXT = ASIDE - 6


def to_register(uri: str) -> Content:
    """The redirect URI that the integration must have, in the columns of the fields."""
    return Content.assemble(("To register there".ljust(20), "$muted"), (uri, "bold"))


# What the fields show.


class Shown(NamedTuple):
    """A setting as its field shows it. A ``fixed`` one is set elsewhere and not edited here."""

    value: str
    source: str
    fixed: bool


def shown(settings: Settings, name: str) -> Shown:
    """The value, also a wrong one, and where it comes from in words."""
    right = {
        "appid": settings.app_id,
        "secret": settings.secret.peek(),
        "scopes": " ".join(settings.scopes),
        "redirectPort": str(settings.redirect_port),
    }
    source, written = settings.sources[name], settings.texts.get(name, "")
    line = next((each.where for each in settings.problems if each.key == name), "")
    value = written if line and written else right.get(name, written)
    words = source.describe()
    if not value and source.kind == "default":
        words = "default" if name not in right and _BY_NAME[name].default_text else "not set"
    if source.kind == "file" and " line " in line:
        words += f", line {line.rpartition(' line ')[2]}"
    fixed = source.kind in ("environment", "elsewhere")
    if name == "redirectPort" and settings.sources["redirectUri"].kind != "default":
        fixed = not line
        words = "as in redirectUri" if fixed else words
    if not value and name not in right:  # no line holds it
        if source.kind == "file":
            return Shown("", "a list in the file", fixed=True)
        if _BY_NAME[name].shape is Shape.NESTED:
            return Shown("", "edit it in the file", fixed=True)
    return Shown(value, words, fixed)


def check(setting: Setting[Any], given: RawValue) -> str | None:
    """A sentence on what is wrong with a text for this setting, or None.

    Only what everybody needs may not be empty.
    """
    if not given.text.strip() and setting not in BASICS:
        return None
    try:
        setting.parse(given)
    except ValueError as error:
        return str(error)
    if setting is SECRET and " " in given.text:  # nothing of Webex's has one
        return "The secret holds a space: was something else copied along with it?"
    return None


def is_first(settings: Settings) -> bool:
    """Whether the user still needs guidance: there is no App ID or no secret."""
    return not (shown(settings, "appid").value and settings.secret)


def counted(source: str, scopes: int) -> str:
    """``default · 7 scopes``."""
    return f"{source} · {scopes} scope{'' if scopes == 1 else 's'}"


def scopes_in(text: str) -> tuple[str, ...]:
    """The scopes of a text that may still be wrong."""
    return tuple(text.replace(",", " ").split())


def redirect_uri(settings: Settings, port: str, pasted: str) -> str:
    """What is to be registered, with the port as it stands in the form; "" for a wrong one.

    ``pasted`` is the redirect URI as a pasted OAuth URL spells it, if one was: Webex compares it
    byte for byte.
    """
    try:
        number = parse_port(port)
    except ValueError:
        return ""
    # Whoever edits the port after pasting means another address than the portal's.
    return pasted if port_of(pasted) == number else settings.redirect_uri_for(str(number))


# The pasted OAuth URL.


def portal_problem(text: str) -> str | None:
    """What is wrong with a text in the field for the OAuth URL, unless it is being typed."""
    if _ADDRESS.startswith(text.strip().lower()):
        return None
    try:
        parse_oauth_url(text)
    except ValueError as error:
        return str(error)
    return None


_ADDRESS = "https://webexapis.com/v1/authorize?client_id="


def filled(
    portal: PortalUrl, settings: Settings, now: Mapping[str, str]
) -> tuple[dict[str, str], list[Origin]]:
    """What a pasted OAuth URL puts into the fields, and the variables that it does not change.

    ``now`` are the texts of the fields, by key.
    """
    found = {"appid": portal.app_id, "scopes": " ".join(portal.scopes)}
    if portal.port is not None:
        found["redirectPort"] = str(portal.port)
    values, kept = {}, []
    for name, value in found.items():
        source = settings.sources[name]
        if name == "redirectPort" and settings.sources["redirectUri"].kind == "environment":
            source = settings.sources["redirectUri"]
        if source.kind != "environment":
            values.update({name: value} if value else {})
        elif now[name] != value:
            kept.append(source)
    return values, kept


def said_of_filled(
    kept: Sequence[Origin], portal: PortalUrl, *, secretless: bool
) -> tuple[str, Tone]:
    """What became of a pasted OAuth URL; ``secretless``: the secret is still to be entered."""
    then = f"{'now the secret, then ' if secretless else ''}{key('save', '^s')} saves."
    said = f"Filled in from the OAuth URL; {then}"
    if kept:
        said += f" What is {', '.join(source.describe() for source in kept)} was not changed."
    if portal.redirect_uri and portal.port is None:
        elsewhere = "Its redirect URI leads elsewhere: register the one below as well."
        return f"{said} {elsewhere}", Tone.WARN
    return said, Tone.GOOD


# Saving.


def changes(
    settings: Settings, before: Mapping[str, str], now: Mapping[str, str], pasted: str
) -> dict[str, str | int | None]:
    """What saving writes, by key: the texts that are others than before, as the file keeps them.

    None takes the key out of the file.
    """
    changed = {name: _kept(name, text) for name, text in now.items() if text != before[name]}
    uri, port = redirect_uri(settings, now["redirectPort"], pasted), now["redirectPort"].strip()
    if "redirectUri" not in changed and uri and uri != settings.redirect_uri_for(port):
        changed |= {"redirectUri": uri, "redirectPort": parse_port(port)}
    return changed


def _kept(name: str, text: str) -> str | int | None:
    text = text.strip()
    if not text:
        return None
    if name == "scopes":
        return " ".join(parse_scopes(text))
    if isinstance(_BY_NAME[name].default, bool):
        return parse_flag(text)
    if isinstance(_BY_NAME[name].default, int) and text.isdigit():
        return int(text)
    return text


def said_of_saved(problems: Sequence[Problem], place: str) -> tuple[str, Tone]:
    """After saving: what is still to be done, or where it leads."""
    if not problems:
        return f"Saved to {place}. {key('go-sign-in', 'F3')} signs in.", Tone.GOOD
    named = [_BY_NAME[each.key].title if each.key in _BY_NAME else each.key for each in problems]
    return f"Saved. Still missing or wrong: {', '.join(named)}.", Tone.WARN


# What stands around the fields.


def trouble(
    problems: Sequence[Problem], beside: Collection[str], error: SettingsError | None
) -> str:
    """What no field can tell: a file that cannot be read, a wrong value without a field.

    ``beside`` are the keys whose fields tell their problem themselves.
    """
    if error is not None:
        return f"✗ {error}\n{key('reload', '^l')} reads it again."
    return "\n".join(f"✗ {problem}" for problem in problems if problem.key not in beside)


def file_line(place: str, changed: int) -> str:
    """Which file it is, and how many changes are unsaved."""
    if not changed:
        return f"File: {place}"
    count = f"{changed} change{'' if changed == 1 else 's'}"
    return f"File: {place} · {count} not saved: {key('save', '^s')} saves"
