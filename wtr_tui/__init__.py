"""WTR²: gets a Webex integration's OAuth token, keeps it alive and hands it over.

For programs in Python (nothing is imported before it is used)::

    import wtr_tui

    token = wtr_tui.access_token()                        # a text that is valid now
    client = httpx.Client(auth=wtr_tui.WebexAuth())       # httpx, sync and async
    api = WebexSimpleApi(tokens=wtr_tui.wxc_tokens())     # wxc_sdk
    api = wtr_tui.webex_api()                             # webexpythonsdk

All of them take the name of a profile, and raise a :class:`WtrError`: SignInNeeded where a user
has to sign in, SettingsError, TemporaryError for what may work later.
"""

__version__ = "0.2.0"

# Shared by the screens and the browser's page.
MARK = "WTR²"
ACCENT_ON_DARK = "#4fb3d9"
ACCENT_ON_LIGHT = "#0b6e99"

TYPE_CHECKING = False  # as in typing, which takes longer to import than a token to print
if TYPE_CHECKING:
    from wtr_tui.api import access_token, access_token_async
    from wtr_tui.errors import (
        GrantRejected,
        NoRefreshToken,
        SettingsError,
        SignInNeeded,
        StorageError,
        TemporaryError,
        UsageError,
        WtrError,
    )
    from wtr_tui.sdk import WebexAuth, webex_api, wxc_tokens

__all__ = [
    "GrantRejected",
    "NoRefreshToken",
    "SettingsError",
    "SignInNeeded",
    "StorageError",
    "TemporaryError",
    "UsageError",
    "WebexAuth",
    "WtrError",
    "__version__",
    "access_token",
    "access_token_async",
    "webex_api",
    "wxc_tokens",
]

_MODULES = {
    "access_token": "api",
    "access_token_async": "api",
    "WebexAuth": "sdk",
    "webex_api": "sdk",
    "wxc_tokens": "sdk",
}
"""The modules of the names that are not errors."""


def _load(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'wtr_tui' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(f"wtr_tui.{_MODULES.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


if not TYPE_CHECKING:  # a type checker would take every misspelled name for an object
    __getattr__ = _load


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
