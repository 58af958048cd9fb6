"""Of many ``wtr token`` that find the same token ended, one refreshes it and the others wait.

They wait before anything is loaded: fifty of them at once cost little more than fifty starts.
"""

from __future__ import annotations

import time

from wtr_tui.commands import quick
from wtr_tui.errors import StorageError
from wtr_tui.storage.locations import lock_path
from wtr_tui.storage.lock import LockHeld, exclusive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from wtr_tui.storage.lock import Lock

PATIENCE = 60.0
"""Seconds to wait for whoever refreshes."""

_SHORTEST_PAUSE = 0.02
_LONGEST_PAUSE = 0.1


def taken(
    name: str | None, config: str | None, environ: Mapping[str, str], min_left: int
) -> tuple[dict[str, str] | None, Lock | None]:
    """The token file's members once another process has refreshed; else the lock to do it with.

    The lock is held, or has been waited for in vain. Neither is given where the token has not
    ended, or it takes more than a lock to refresh it.
    """
    files = quick.paths(name, config, environ)
    if files is None or not quick.is_refreshable(files[1]) or not quick.has_ended(files[1]):
        return None, None
    lock = exclusive(lock_path(files[1]), timeout=0.0)
    deadline = time.monotonic() + PATIENCE
    pause = _SHORTEST_PAUSE
    while time.monotonic() < deadline:
        try:
            lock.acquire()
        except LockHeld:
            time.sleep(pause)
            pause = min(1.5 * pause, _LONGEST_PAUSE)
        except StorageError:
            return None, None
        if quick.has_ended(files[1]):
            if lock.is_held:
                return None, lock
            continue
        lock.release()
        return quick.good_token(name, config, environ, min_left), None
    return None, lock
