"""``--debug``: each step on standard error, the libraries' own too, with secrets removed.

Costs nothing until it is switched on: not even logging is imported.
"""

from __future__ import annotations

import re
import sys

from wtr_tui.model import MASK, Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Logger

    from wtr_tui.storage.profile import Profile
    from wtr_tui.storage.settings import Settings

_log: Logger | None = None
_hidden: set[str] = set()

# What can be told by its look, wherever a library got it from: Webex's tokens and JWTs, the
# values of telling names (in a query, a form, JSON, a header), credentials in an address.
_LOOKS_SECRET = re.compile(
    r"""[\w+/=.-]{8,}_PF84_[0-9a-f-]*
    | eyJ[\w-]+\.[\w.-]+
    | (?<=://)[^/\s@'"]+(?=@)
    | (?i:(?<=bearer\ )|(?<=basic\ ))[^\s'",)]+
    """,
    re.VERBOSE,
)
_SECRET_NAMES = re.compile(
    r"""(?ix)
    \b(client_secret|access_token|refresh_token|device_code|code_verifier|(?:proxy-)?authorization)
    (["']?\s*[=:,]\s*b?["']?(?:bearer\ |basic\ )?)
    [^\s"'&,})]+
    """
)
# These are words of every day too: only in a query, a form or JSON are they names.
_EVERYDAY_NAMES = re.compile(
    r"""(?ix)\b(code|user_?code|state|secret|token)(=|["']\s*:\s*["'])[^\s"'&,})]+"""
)
_COOKIES = re.compile(r"""(?i)\b((?:set-)?cookie)(["']?\s*[:,]\s*b?["']?)[^"'\n]+""")


def enable() -> None:
    """From now on every step and every library's log goes to standard error."""
    global _log
    import logging

    class _Redacted(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return redacted(super().format(record))

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
    """Makes sure that these are never told, whatever they look like."""
    if _log is not None:
        _hidden.update(secret.reveal() for secret in secrets if secret)


def redacted(text: str) -> str:
    """The text without what is known, or looks, secret."""
    for secret in sorted(_hidden, key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = _LOOKS_SECRET.sub(MASK, text)
    for names in (_SECRET_NAMES, _EVERYDAY_NAMES, _COOKIES):
        text = names.sub(rf"\1\2{MASK}", text)
    return text


def show_settings(profile: Profile, settings: Settings) -> None:
    """Tells which profile it is, and where each of its settings comes from."""
    if _log is None:
        return
    hide(settings.secret)
    step(f"profile {profile.name}: {profile.settings_path}, {profile.token_path}")
    for key, source in settings.sources.items():
        step(f"{key} is {source.words()}")
    for warning in settings.warnings:
        step(warning)
