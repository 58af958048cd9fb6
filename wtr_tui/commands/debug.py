"""``--debug``: each step on standard error, the libraries' own too, with secrets removed.

Costs nothing until it is switched on: not even logging is imported.
"""

from __future__ import annotations

import sys

from wtr_tui.text import redacted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Logger

    from wtr_tui.model import Secret
    from wtr_tui.storage.profiles import Profile
    from wtr_tui.storage.settings import Settings

_log: Logger | None = None
_hidden: set[str] = set()


def enable() -> None:
    """From now on every step and every library's log goes to standard error."""
    global _log
    import logging

    class _Redacted(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return redacted(super().format(record), *_hidden)

    written = logging.StreamHandler(sys.stderr)
    written.setFormatter(_Redacted("%(asctime)s.%(msecs)03d %(name)s: %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=logging.DEBUG, handlers=[written])
    _log = logging.getLogger("wtr")


def enabled() -> bool:
    return _log is not None


def step(words: str) -> None:
    """Tells a step, where debugging is on."""
    if _log is not None:
        _log.debug("%s", words)


def hide(*secrets: Secret | None) -> None:
    """Makes sure that these are never shown, whatever they look like."""
    if _log is not None:
        _hidden.update(secret.known() for secret in secrets if secret and secret.known())


def show_settings(profile: Profile, settings: Settings) -> None:
    """Tells which profile it is, and where each of its settings comes from."""
    if _log is None:
        return
    hide(settings.secret)
    step(f"profile {profile.name}: {profile.settings_path}, {profile.token_path}")
    for key, source in settings.sources.items():
        step(f"{key} is {source.words()}")
