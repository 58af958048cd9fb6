"""A sign-in as somebody else than the stored token's owner: asked about on the terminal."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from wtr_tui.commands.output import tell
from wtr_tui.model import Account
from wtr_tui.storage import put_aside
from wtr_tui.storage.profile import Profile


def who(account: Account) -> str:
    """Who was signed in, as a sentence."""
    if account.display_name or account.email:
        return f"The token is that of {account.named}."
    where = f" It belongs to the organisation {account.organization}." if account.known else ""
    return f"Webex does not name its owner; that takes the scope spark:people_read.{where}"


def offer(profile: Profile) -> None:
    """Asks about what an earlier sign-in left undecided, or says that it is there."""
    for path, stored in put_aside.waiting(profile.token_file):
        held = profile.token_file.read()
        decided(profile, path, stored.account, Account() if held is None else held.account)


def decided(profile: Profile, path: Path, account: Account, before: Account) -> bool:
    """Whether the token that was put aside is in place now.

    On a terminal the user is asked; everywhere else, and without an answer, it stays aside.
    """
    owner = before.named if before.known else "somebody else"
    tell(
        f"This sign-in is that of {account.named}, but the token of the profile {profile.name}"
        f" is that of {owner}. Nothing was replaced. The new token is in {path}."
    )
    answer = _asked()
    if answer == "y":
        kept_as = put_aside.take(profile.token_file, path)
        kept = f" The one before it is kept as {kept_as}." if kept_as else ""
        tell(f"The token is in {profile.token_path}.{kept}")
        return True
    if answer == "n":
        with suppress(OSError):
            path.unlink()
        tell("The new token is deleted; the stored one is as it was.")
        return False
    tell(
        f"If that is right, wtr import --replace --profile {profile.name} {path} takes it; if it"
        " is not, delete the file. wtr retrieve on a terminal, and wtr-tui, ask about it."
    )
    return False


def _asked() -> str:
    """``y``, ``n``, or "" for neither, and where nobody can be asked."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        return ""
    print(
        "Replace the stored token? y yes, n delete the new one, Enter later: ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    try:
        return sys.stdin.readline().strip().lower()[:1]
    except KeyboardInterrupt:
        tell("")
        return ""
