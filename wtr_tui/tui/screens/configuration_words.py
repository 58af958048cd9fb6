"""What the settings' screen says (pure)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from wtr_tui.errors import SettingsError
from wtr_tui.storage.portal_url import PortalUrl
from wtr_tui.storage.settings import Problem
from wtr_tui.tui.screens.settings_form import Filled
from wtr_tui.tui.widgets.message_line import Tone

HELP = (
    "An integration is what Webex calls a program that acts for you. Make one at"
    " developer.webex.com/my-apps (Create a New App, Integration); its page shows the Client ID"
    " (here: App ID), the secret (once) and an OAuth URL that you can paste below to fill in"
    " everything but the secret.\n\n"
    "The redirect URI must be registered with the integration exactly as it is shown here: it"
    " is where your browser comes back after signing in.\n\n"
    "Scopes say what the token may do. Each one must be ticked on the integration; ctrl+o"
    " picks from the known ones.\n\n"
    "Saving keeps the comments, the order and the unknown keys of the file. Values set in the"
    " environment win over the file."
)

FIRST_STEPS = (
    "Make an integration at developer.webex.com/my-apps, register the redirect URI below"
    " there, and enter what its page shows. ctrl+s saves, F3 signs in.\n"
)


def trouble(
    problems: Sequence[Problem], beside: Collection[str], error: SettingsError | None
) -> str:
    """What no field can tell: a file that cannot be read, a wrong value without a field.

    ``beside`` are the keys whose fields tell their problem themselves.
    """
    if error is not None:
        return f"✗ {error}\n  ctrl+l reads it again."
    return "\n".join(f"✗ {problem}" for problem in problems if problem.key not in beside)


def counted(source: str, scopes: int) -> str:
    """``default · 7 scopes``."""
    return f"{source} · {scopes} scope{'' if scopes == 1 else 's'}"


def filled(found: Filled, portal: PortalUrl) -> tuple[str, Tone]:
    """What became of a pasted OAuth URL."""
    said = "Filled in from the OAuth URL; ctrl+s saves."
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
    if problems:
        missing = " ".join(problem.sentence for problem in problems)
        return f"Saved. Still missing: {missing}", Tone.WARN
    return f"Saved to {place}. F3 signs in.", Tone.GOOD
