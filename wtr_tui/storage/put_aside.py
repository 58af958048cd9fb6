"""Tokens of a sign-in whose account has to be asked about before they replace another's.

Each lies in a file of its own beside the token file, from before the question until the answer:
whatever ends the program in between, the token is there at the next start.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from wtr_tui.errors import StorageError, TokenNotSaved
from wtr_tui.model import Account, StoredToken
from wtr_tui.storage.token_file import TokenFile
from wtr_tui.text import cause


def put_aside(file: TokenFile, stored: StoredToken) -> Path:
    """Writes the token beside the file, which stays as it is. Raises TokenNotSaved."""
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    first = f"{_prefix(file)}{moment}"
    try:
        for number in range(1, 100):
            path = Path(first if number == 1 else f"{first}-{number}")
            if not path.exists():
                TokenFile(path).save(stored)
                return path
    except OSError as error:
        raise TokenNotSaved(str(file.path), f"{cause(error)}.") from error
    raise TokenNotSaved(str(file.path), "there are too many copies beside it.")


def waiting(file: TokenFile) -> list[tuple[Path, StoredToken]]:
    """What was put aside for this token file and not decided about, the newest first.

    One that is in place already is deleted. Never raises: what cannot be read is left alone.
    """
    found = []
    with suppress(OSError, StorageError):
        _take_up_leftovers(file)
        held = file.read()
        for path in sorted(file.path.parent.glob(f"{Path(_prefix(file)).name}*"), reverse=True):
            stored = TokenFile(path).read()
            if stored is None:
                continue
            if held is not None and held.token.same_access(stored.token):
                path.unlink()
            else:
                found.append((path, stored))
    return found


def _take_up_leftovers(file: TokenFile) -> None:
    """Ends what was killed while it put a token aside, where that was written whole."""
    for temporary in file.path.parent.glob(f".{Path(_prefix(file)).name}*.*.tmp"):
        name = temporary.name[1:].rsplit(".", 2)[0]
        TokenFile(temporary.with_name(name)).take_up_leftover()


def is_put_aside(file: TokenFile, path: Path) -> bool:
    """Whether this is one of the files that were put aside for the token file."""
    return str(path.absolute()).startswith(_prefix(file))


def question(account: Account, before: Account, expected: str) -> str:
    """Why a sign-in has to be asked about before it replaces the stored token, in a sentence; ""
    where it does not.

    ``account`` is who was signed in, ``before`` the stored token's owner, ``expected`` the
    setting ``account``: an e-mail address, or "". Where Webex does not name the e-mail address,
    a sign-in cannot be shown to be the expected one, and is asked about.
    """
    if expected and account.email.lower() != expected.lower():
        cure = "" if account.email else " (Webex names it with the scope spark:people_read)"
        return (
            f"This sign-in is that of {account.named}{cure}; the setting account expects"
            f" {expected}."
        )
    if account.differs(before):
        return (
            f"This sign-in is that of {account.named}; the stored token is that of {before.named}."
        )
    return ""


def reason(account: Account, before: Account, expected: str) -> str:
    """Why a token lies put aside, in a sentence: the :func:`question`, or nobody answered it."""
    return question(account, before, expected) or (
        f"This sign-in is that of {account.named}, and was not finished."
    )


def take(file: TokenFile, path: Path) -> str:
    """Puts the token in place, and gives where the one before it is kept ("" for nowhere).

    Raises a StorageError, with the token still put aside.
    """
    stored = TokenFile(path).read()
    if stored is None:
        raise StorageError(f"{path} is not there any more.")
    with file.lock():
        kept_as = file.keep_account_aside(stored)
        file.save(stored)
    with suppress(OSError):
        path.unlink()
    return kept_as


def _prefix(file: TokenFile) -> str:
    # Not the token file's whole name: what begins with that is the token file's own.
    return f"{str(file.path).removesuffix('.json')}.put-aside-"
