"""What happened to a profile's token, when and by whom: ``PROFILE.history.jsonl``.

Every process appends; the file holds at most 1,000 events and 1 MiB and no secret. A history that
cannot be written harms nothing.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from datetime import datetime
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from wtr_tui import clock, text
from wtr_tui.errors import StorageError
from wtr_tui.storage import private_file
from wtr_tui.storage.paths import history_path
from wtr_tui.storage.private_file import LARGEST, read_private, try_claim, write_private

if TYPE_CHECKING:
    from wtr_tui.errors import WtrError
    from wtr_tui.model import Token
    from wtr_tui.storage.profiles import Profile

MOST_ENTRIES = 1_000
# What is kept of a full file: fewer, so that it is not rewritten at every event from then on.
_KEPT_ENTRIES, _KEPT_SIZE = 800, LARGEST * 3 // 4
_LOCK_TIMEOUT = 1.0  # seconds: appending takes no time, so a process that takes longer is stopped
_LONGEST_MESSAGE = 400


class Event(Enum):
    """What happened to a token; the value is its name in the history and in $WTR_EVENT."""

    RETRIEVED = "retrieved"
    """A user has signed in, or a token was imported."""
    REFRESHED = "refreshed"
    SAME_TOKEN = "same-token"  # noqa: S105 - a word, not a secret
    """A refresh gave the same access token again."""
    FAILED = "failed"
    """A refresh failed, and may work later or once something is mended."""
    REFUSED = "refused"
    """Webex did not accept the access token."""
    NEEDS_SIGN_IN = "needs-sign-in"
    """Webex no longer accepts the refresh token, or it has expired."""
    SIGN_IN_SOON = "sign-in-soon"
    """The refresh token ends within one of the limits of ``warnBefore``."""
    SIGNED_OUT = "signed-out"


LABELS = {
    Event.RETRIEVED: "signed in",
    Event.REFRESHED: "refreshed",
    Event.SAME_TOKEN: "same token",
    Event.FAILED: "failed",
    Event.REFUSED: "refused by Webex",
    Event.NEEDS_SIGN_IN: "sign-in needed",
    Event.SIGN_IN_SOON: "sign-in soon",
    Event.SIGNED_OUT: "signed out",
}
"""The events as users see them."""


class Entry(NamedTuple):
    """One event.

    ``by`` is what caused it: ``screen``, ``wtr refresh``, or a program that imports the package;
    ``place`` what that was started by: ``terminal``, ``cron``, ``launchd``, ``systemd``,
    ``background``. ``expires_at`` and ``refresh_expires_at`` are those of the token afterwards.
    ``kind`` and ``message`` are those of an error, else ``""``. ``tracking_id`` is Webex's name
    for the request.
    """

    at: datetime
    event: Event
    by: str = ""
    pid: int = 0
    place: str = ""
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    kind: str = ""
    message: str = ""
    tracking_id: str = ""

    def members(self) -> dict[str, object]:
        """Return the members of the JSON object, without those that are not known."""
        found: dict[str, object] = {
            "at": clock.iso(self.at),
            "event": self.event.value,
            "by": self.by,
            "pid": self.pid,
            "place": self.place,
            "expires_at": clock.iso_if_known(self.expires_at),
            "refresh_token_expires_at": clock.iso_if_known(self.refresh_expires_at),
            "error": self.kind,
            "message": self.message,
            "tracking_id": self.tracking_id,
        }
        return {name: value for name, value in found.items() if value}


def new_entry(event: Event, token: Token | None = None, error: WtrError | None = None) -> Entry:
    """Return the entry for an event of this process, now."""
    details = error.details if error is not None else None
    return Entry(
        at=clock.now(),
        event=event,
        by=_caused_by(),
        pid=os.getpid(),
        place=_started_by(),
        expires_at=None if token is None else token.expires_at,
        refresh_expires_at=None if token is None else token.refresh_expires_at,
        kind="" if error is None else error.kind,
        message="" if error is None else text.cleaned(error.message, _LONGEST_MESSAGE),
        tracking_id=details.tracking_id if details else token.tracking_id if token else "",
    )


def append(profile: Profile, happened: Entry) -> bool:
    """Append an event and return whether that was possible. Never raises."""
    path = history_path(profile.token_path)
    line = json.dumps(happened.members(), ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    descriptor = try_claim(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, wait=_LOCK_TIMEOUT)
    if descriptor is None:
        return False
    try:
        content = os.pread(descriptor, LARGEST, 0)
        if content and not content.endswith(b"\n"):  # the disk was full
            line = b"\n" + line
        if len(content) + len(line) > LARGEST or content.count(b"\n") >= MOST_ENTRIES:
            kept = content[-_KEPT_SIZE:].splitlines(keepends=True)[-_KEPT_ENTRIES:]
            write_private(path, b"".join([*kept, line]))
        elif os.write(descriptor, line) < len(line):
            os.ftruncate(descriptor, len(content))
            return False
    except (OSError, StorageError):
        return False
    finally:
        os.close(descriptor)
    return True


def read(profile: Profile, most: int = MOST_ENTRIES) -> list[Entry]:
    """Return the latest ``most`` events, the latest last, without lines that cannot be parsed.

    Read a file of at most 1 MiB and parse ``most`` of its lines. Raise StorageError where the
    file cannot be read.
    """
    path = history_path(profile.token_path)
    try:
        content, _ = read_private(path)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageError(f"The history {path} cannot be read: {text.cause(error)}.") from error
    parsed = (entry for line in reversed(content.splitlines()) if (entry := _parse(line)))
    return list(islice(parsed, most))[::-1]


def fingerprint(profile: Profile) -> tuple[int, ...] | None:
    """Return what changes with each event, without reading the file; None without a file."""
    return private_file.fingerprint(history_path(profile.token_path))


def _parse(line: bytes) -> Entry | None:
    """Parse a line; None where it holds no event of this version."""
    try:
        members = json.loads(line.decode("utf-8"))
        return Entry(
            at=clock.from_iso(members["at"]),
            event=Event(members["event"]),
            by=_clean(members.get("by")),
            pid=pid if isinstance(pid := members.get("pid"), int) else 0,
            place=_clean(members.get("place")),
            expires_at=clock.from_iso_if_known(members.get("expires_at")),
            refresh_expires_at=clock.from_iso_if_known(members.get("refresh_token_expires_at")),
            kind=_clean(members.get("error")),
            message=_clean(members.get("message")),
            tracking_id=_clean(members.get("tracking_id")),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def _clean(found: object) -> str:
    # The file may have been edited: nothing in it may control the terminal.
    return text.cleaned(found, _LONGEST_MESSAGE) if isinstance(found, str) else ""


def _caused_by() -> str:
    if text.command:
        return text.command
    program = os.path.basename(sys.argv[0]) if sys.argv and sys.argv[0] else ""  # noqa: PTH119 - a name
    return text.cleaned(program, 60) or "python"


_SCHEDULERS = ("cron", "crond", "CRON", "anacron", "fcron", "launchd")
"""The names of processes that start others at a set time."""


def _started_by() -> str:
    if any(os.isatty(number) for number in (0, 1, 2)):
        return "terminal"
    for name in _SCHEDULERS:
        if name in _parents(os.getppid()):
            return "launchd" if name == "launchd" else "cron"
    # systemd sets this for its units; terminals of a user manager inherit it, too.
    return "systemd" if "INVOCATION_ID" in os.environ else "background"


@functools.cache
def _parents(pid: int) -> tuple[str, ...]:
    """Return the names of the parent processes; read once, as wtr refresh --all asks often."""
    from wtr_tui.environment.surroundings import parent_processes

    return parent_processes(pid).names
