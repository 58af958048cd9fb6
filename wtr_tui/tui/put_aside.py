"""A sign-in as somebody else than the stored token's owner: asked about before it counts."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wtr_tui.errors import WtrError
from wtr_tui.model import Account
from wtr_tui.tui.widgets.message_line import Tone

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp


def offer(app: WtrApp) -> None:
    """Asks about what an earlier sign-in left undecided."""
    auto_refresh = app.session.auto_refresh
    for path, stored in app.session.profile.token_file.undecided()[:1]:
        before = auto_refresh.stored.account if auto_refresh.stored is not None else Account()
        ask(app, path, stored.account, before)


def ask(app: WtrApp, path: Path, account: Account, before: Account) -> None:
    """Asks whether the token at ``path``, of another account, replaces the stored one."""
    from wtr_tui.storage.settings_table import ACCOUNT
    from wtr_tui.tui.screens.dialogs import ConfirmScreen

    session = app.session
    why = account.why_put_aside(before, session.settings[ACCOUNT])
    has_token = session.profile.token_path.exists()
    app.push_screen(
        ConfirmScreen(
            f"{why} Nothing was replaced yet.",
            "Replace the stored token?" if has_token else "Keep the new token?",
            (("y", "yes"), ("n", "no, delete the new one"), ("Esc", "later")),
        ),
        lambda answer: _decided(app, path, answer),
    )


def _decided(app: WtrApp, path: Path, answer: bool | None) -> None:
    if answer is None:
        app.tell(f"The new token is kept in {path}, and asked about at the next start.")
        return
    if not answer:
        with suppress(OSError):
            path.unlink()
        app.tell("The new token is deleted; nothing was replaced.")
        return
    try:
        kept_as = app.session.profile.token_file.take(path)
    except WtrError as error:
        app.tell(f"NOT SAVED: {error}", Tone.BAD)
        return
    app.session.auto_refresh.stopped = ""
    app.session.auto_refresh.look(app.session.now())
    app.token_changed()
    app.go("token")
    kept = f" The one before it is kept as {kept_as}." if kept_as else ""
    app.call_after_refresh(app.tell, f"The token is replaced.{kept}", Tone.GOOD)
