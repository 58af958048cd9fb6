"""The same for many profiles at once: so many at a time, and none is held up by another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from wtr_tui.storage.settings import Settings

if TYPE_CHECKING:
    from wtr_tui.oauth.client import WebexClient
    from wtr_tui.oauth.transport import HttpClient

S = TypeVar("S")
T = TypeVar("T")

AT_ONCE = 8


def for_each(each: Sequence[S], do: Callable[[S], T]) -> list[T]:
    """What ``do`` gives for each, in their order; it must not raise."""
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="profile")
    try:
        return list(pool.map(do, each))
    finally:
        # After Ctrl+C those that have not begun do not begin; a refresh under way is saved.
        pool.shutdown(cancel_futures=True)


class Clients:
    """Clients for many profiles over one connection pool for each CA file, made when needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools: dict[Path | None, HttpClient] = {}

    def client(self, settings: Settings, *, total_timeout: float = 30.0) -> WebexClient:
        """Raises SettingsError where the CA file or a proxy cannot be used."""
        from wtr_tui.oauth.client import WebexClient, http

        with self._lock:
            if settings.ca_file not in self._pools:
                self._pools[settings.ca_file] = http(settings.ca_file)
            pool = self._pools[settings.ca_file]
        return WebexClient(
            settings.base_url,
            settings.app_id,
            settings.secret,
            http=pool,
            total_timeout=total_timeout,
        )

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()
