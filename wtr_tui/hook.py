"""The setting ``onToken``: a command that is run after a new token is saved, or none can be had.

It passes the token on: to Vault, a Kubernetes secret, a password manager, another machine. It
gets the access token on standard input, without a line end, and about it in the environment:
``WTR_EVENT``, ``WTR_PROFILE``, ``WTR_CONFIG``, ``WTR_EXPIRES_AT``, ``WTR_REFRESH_EXPIRES_AT``.
What it prints goes to a log beside the token. Whatever it does, the token is saved already.
"""

from __future__ import annotations

import os
import time
from enum import Enum
from typing import TYPE_CHECKING

from wtr_tui.clock import iso
from wtr_tui.text import cleaned

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

    from wtr_tui.model import Token
    from wtr_tui.storage.profile import Profile
    from wtr_tui.storage.settings import Settings

LIMIT = 15.0
"""Seconds; below the time for which a browser waits for the end of a sign-in."""

_MOST_OUTPUT = 16_384


class Event(Enum):
    """Why the command is run; the value is in ``$WTR_EVENT``."""

    RETRIEVED = "retrieved"
    REFRESHED = "refreshed"
    NEEDS_SIGN_IN = "needs-sign-in"


def run(profile: Profile, settings: Settings, event: Event, token: Token | None) -> None:
    """Runs the command, if one is set, and waits for it up to LIMIT; never raises.

    Not to be called under the token's lock: the command may ask for the token itself. A failure
    is logged as a warning of the logger ``wtr_tui.hook``.
    """
    # A command that refreshes must not run itself for ever.
    if not settings.on_token or "WTR_EVENT" in os.environ:
        return
    from wtr_tui import hook_log

    begun = time.monotonic()
    result, output = _ended(settings.on_token, _environ(profile, event, token), _given(token))
    seconds = f"{time.monotonic() - begun:.1f} s"
    hidden = [secret for secret in (token and token.access_token, settings.secret) if secret]
    if token is not None and token.refresh_token is not None:
        hidden.append(token.refresh_token)
    path = hook_log.path(profile)
    kept = hook_log.add(path, f"{event.value}: {result or 'done'} ({seconds})", output, hidden)
    if result:
        import logging

        where = f"; what it printed is in {path}" if kept else ""
        logging.getLogger("wtr_tui.hook").warning(
            "The onToken command %s%s. The token itself is not affected.", result, where
        )


def _given(token: Token | None) -> bytes:
    return b"" if token is None else token.access_token.reveal().encode("ascii")


def _environ(profile: Profile, event: Event, token: Token | None) -> dict[str, str]:
    about = {
        "WTR_EVENT": event.value,
        "WTR_PROFILE": profile.name,
        "WTR_CONFIG": str(profile.settings_path),
    }
    for name, end in (
        ("WTR_EXPIRES_AT", token.expires_at if token else None),
        ("WTR_REFRESH_EXPIRES_AT", token.refresh_expires_at if token else None),
    ):
        about[name] = "" if end is None else iso(end)
    return {**os.environ, **about}


def _ended(command: str, environ: Mapping[str, str], given: bytes) -> tuple[str, bytes]:
    """How it failed ("" for not at all), and the beginning of what it printed.

    No shell: ``sh -c '…'`` is the way to one.
    """
    import shlex

    from wtr_tui import process

    try:
        words = shlex.split(command)
    except ValueError:
        return "is not written well: a quotation mark is never closed", b""
    if not words:
        return "names no program", b""
    words[0] = _expanded(words[0], environ)
    with _printed() as printed:
        result = process.run(words, limit=LIMIT, environ=environ, stdin=given, log=printed)
        printed.seek(0)
        failure = result.problem
        if not result.started:
            failure += f" ({cleaned(words[0])}; no shell is used)"
        return failure, printed.read(_MOST_OUTPUT)


def _expanded(program: str, environ: Mapping[str, str]) -> str:
    """The program with ``~`` and ``$HOME`` at its beginning as a shell would read them."""
    for variable in ("$HOME/", "${HOME}/"):
        if program.startswith(variable) and environ.get("HOME"):
            return f"{environ['HOME']}/{program[len(variable) :]}"
    return os.path.expanduser(program)  # noqa: PTH111 - a name, not only a path


def _printed() -> IO[bytes]:
    """Where the command prints to: a file, for a child that is left behind holds a pipe open.

    Nowhere, where the machine has no place for temporary files: its root may be read-only.
    """
    import tempfile

    try:
        return tempfile.TemporaryFile()
    except OSError:
        return open(os.devnull, "r+b")  # noqa: PTH123 - closed by the caller, as the other
