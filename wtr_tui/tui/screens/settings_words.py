"""What the settings' screen says (pure)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from wtr_tui.errors import SettingsError
from wtr_tui.storage.settings import Problem
from wtr_tui.storage.settings_table import APP_ID, REDIRECT_PORT, SCOPES, SECRET, SETTINGS, Setting
from wtr_tui.storage.settings_values import PortalUrl
from wtr_tui.tui.keys import key, with_keys
from wtr_tui.tui.screens.settings_form import Filled
from wtr_tui.tui.widgets.message_line import Tone

FIRST = (APP_ID, SECRET, SCOPES, REDIRECT_PORT)
"""The settings that everybody needs."""
LABELS = {setting.name: setting.title for setting in SETTINGS}
"""The fields of the form, by the keys of the file."""


def meaning(setting: Setting[Any]) -> str:
    """What a setting is for, as a sentence."""
    text = setting.help.replace(", see below", "")
    return with_keys(MEANINGS.get(setting.name, f"{text[:1].upper()}{text[1:]}."))


HELP = (
    "An integration is what Webex calls a program that may act for you. You make one at"
    " developer.webex.com/my-apps: Create a New App, then Integration. Its page shows the Client"
    " ID (here: App ID), the Client Secret (once) and the OAuth Authorization URL, which fills in"
    " everything here but the secret.\n\n"
    "The redirect URI is where your browser comes back to after you have agreed. The integration"
    " must have it exactly as it is shown here, to the last sign.\n\n"
    "Scopes say what a token may do. Each names one thing: in meeting:schedules_read, meeting is"
    " the part of Webex, schedules what is meant in it, and read that it may be seen, not changed"
    " (write: changed). A token has no more rights than you have yourself. Ask for few: whoever"
    " has the token can do all that its scopes allow. Webex refuses the sign-in when the"
    " integration lacks one of them. After a change, sign in again: a token keeps the scopes that"
    " it was made with.\n\n"
    "Where a value comes from stands beside it. The environment wins over the file, and the file"
    " over the default. Saving keeps the comments, the order and the unknown keys of the file; a"
    " field that is emptied takes its key out of the file."
)

LEAD = (
    "To get a token you need an integration: what Webex calls a program that may act for you."
    " You make it once, in five steps:"
)

STEPS = {
    "make": "1 At developer.webex.com/my-apps: Create a New App, then Integration.",
    "uri-lead": "2 Give it this redirect URI, exactly as it stands ({copy-uri:^y} copies it):",
    "portal-lead": "3 Tick scopes, add it, and paste here the OAuth URL its page shows:",
    "enter": "4 Paste the Client Secret from there as Secret. It is shown only once.",
    "save": "5 {save:^s} saves. Then {go-sign-in:F3} signs in.",
}
"""The form's lines, by name, for somebody who has no settings yet."""

USUAL = {
    "uri-lead": "  Register this redirect URI with the integration, exactly as it stands:",
    "portal-lead": "  Paste the integration's OAuth URL to fill in all but the secret:",
}

MEANINGS = {
    "appid": "It names the integration, whose page calls it Client ID.",
    "secret": "Its page shows it once, as Client Secret. {reveal:^r} reveals it.",
    "scopes": "What a token may do. {scopes:^o} picks them from a list.",
    "redirectPort": "Where your browser comes back to, after you agreed.",
}
"""What each field is for, by its key."""

UNSAVED = "What you changed in the settings is not saved."


def trouble(
    problems: Sequence[Problem], beside: Collection[str], error: SettingsError | None
) -> str:
    """What no field can tell: a file that cannot be read, a wrong value without a field.

    ``beside`` are the keys whose fields tell their problem themselves.
    """
    if error is not None:
        return f"✗ {error}\n{key('reload', '^l')} reads it again."
    return "\n".join(f"✗ {problem}" for problem in problems if problem.key not in beside)


def counted(source: str, scopes: int) -> str:
    """``default · 7 scopes``."""
    return f"{source} · {scopes} scope{'' if scopes == 1 else 's'}"


def filled(found: Filled, portal: PortalUrl, *, secretless: bool) -> tuple[str, Tone]:
    """What became of a pasted OAuth URL; ``secretless``: the secret is still to be entered."""
    saves = key("save", "^s")
    said = (
        f"Filled in from the OAuth URL; {'now the secret, then ' if secretless else ''}{saves}"
        f" saves."
    )
    if found.kept:
        kept = ", ".join(source.words() for source in found.kept)
        said += f" What is {kept} was not changed."
    if portal.redirect_uri and portal.port is None:
        return (
            f"{said} Its redirect URI leads elsewhere: register the one below as well.",
            Tone.WARN,
        )
    return said, Tone.GOOD


def saved(problems: Sequence[Problem], place: str) -> tuple[str, Tone]:
    """After saving: what is still to be done, or where it leads."""
    missing = [LABELS.get(problem.key, problem.key) for problem in problems if not problem.where]
    wrong = [LABELS.get(problem.key, problem.key) for problem in problems if problem.where]
    said = ["Saved."]
    if missing:
        said.append(f"Still missing: {', '.join(missing)}.")
    if wrong:
        said.append(f"Still wrong: {', '.join(wrong)}.")
    if problems:
        return " ".join(said), Tone.WARN
    return f"Saved to {place}. {key('go-sign-in', 'F3')} signs in.", Tone.GOOD


def file(place: str, problems: Sequence[Problem], changed: int = 0) -> str:
    """Which file it is, the lines in which a value is wrong, and how many changes are unsaved."""
    unsaved = (
        f" · {changed} change{'' if changed == 1 else 's'} not saved: {key('save', '^s')} saves"
    )
    return f"{_file(place, problems)}{unsaved if changed else ''}"


def _file(place: str, problems: Sequence[Problem]) -> str:
    numbers = {problem.where.rpartition(" line ")[2] for problem in problems}
    lines = sorted(int(number) for number in numbers if number.isdigit())
    if not lines:
        return f"File: {place}"
    word = "line" if len(lines) == 1 else "lines"
    return f"File: {place}, to be mended in {word} {', '.join(map(str, lines))}"
