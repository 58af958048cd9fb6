"""What a settings file that is plainly written says of the App ID, and whether it is complete.

For the commands that are called most. Whatever is not plain, or may be wrong, is None or False
here, and left to the settings proper, which take longer to load.
"""

from __future__ import annotations

import os
import stat

from wtr_tui.storage.plain_yaml import plain_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from wtr_tui.storage.plain_yaml import Value

_APP_ID_VARIABLES = ("WEBEX_APPID", "WEBEX_CLIENTID", "WEBEX_CLIENT_ID")
_OTHER_VARIABLES = (
    *("WEBEX_SECRET", "WEBEX_CLIENT_SECRET", "WEBEX_SCOPES", "WEBEX_REDIRECTPORT"),
    *("WEBEX_REDIRECTURI", "WEBEX_BASEURL"),
)
_APP_ID_KEYS = frozenset(("appid", "clientid"))
_LARGEST = 65_536
_DEFAULT_BASE_URL = "https://webexapis.com/v1"
_SCOPE_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-:")


def app_id(path: str, environ: Mapping[str, str]) -> str | None:
    """The App ID that environment and file name, "" for none."""
    if any(map(environ.get, _APP_ID_VARIABLES)):
        return _named(environ)
    text = _text(path)
    return None if text is None else app_id_in(text)


def app_id_in(text: str) -> str | None:
    """The App ID in the text of a settings file, "" for none."""
    values = plain_values(text)
    return None if values is None else _app_id(values)


def _named(environ: Mapping[str, str]) -> str | None:
    """What the environment names. A variable that is set to nothing counts as not set."""
    return next((_word(environ[name]) for name in _APP_ID_VARIABLES if environ.get(name)), None)


def _app_id(values: Mapping[str, tuple[int, Value, str]]) -> str | None:
    found = [value for key, (_, value, _) in values.items() if key in _APP_ID_KEYS]
    if not found:
        return ""
    return _word(found[0]) if len(found) == 1 and isinstance(found[0], str) else None


def complete_for(path: str, environ: Mapping[str, str]) -> str | None:
    """The App ID, where file and environment surely name it and the file a secret, and nothing
    that is wrong."""
    text = None if any(map(environ.get, _OTHER_VARIABLES)) else _text(path)
    values = None if text is None else plain_values(text)
    if values is None or not values.keys() & _APP_ID_KEYS or "secret" not in values:
        return None
    if not all(_is_surely_right(key, *stated) for key, stated in values.items()):
        return None
    return _named(environ) if any(map(environ.get, _APP_ID_VARIABLES)) else _app_id(values)


def leaves_base_url(path: str, environ: Mapping[str, str], members: Mapping[str, str]) -> bool:
    """Whether the base URL in force is surely the one that the token came from."""
    own = members.get("base_url", "")
    if environ.get("WEBEX_BASEURL"):
        return own == environ["WEBEX_BASEURL"]
    if not own:
        return True  # what the settings file names counts as the token's
    text = _text(path)
    values = None if text is None else plain_values(text)
    if values is None:
        return False
    return values.get("baseUrl", (0, _DEFAULT_BASE_URL, ""))[1] == own


def _text(path: str) -> str | None:
    try:
        # Without O_NONBLOCK opening a FIFO would wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        return None
    with open(descriptor, "rb") as file:  # noqa: PTH123 - pathlib takes long to import
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            text = file.read(_LARGEST + 1).decode("utf-8-sig")
        except (OSError, ValueError):
            return None
    return text if len(text) <= _LARGEST else None


def _word(text: str) -> str | None:
    """What can only be an App ID, else None."""
    word = text.strip()
    return word if word.isascii() and word.isalnum() and word[:1].isalpha() else None


def _is_surely_right(key: str, line: int, value: Value, read_as: str) -> bool:
    if key == "scopes":
        scopes = value.split() if isinstance(value, str) else value or ()
        return scopes != () and all(map(_is_scope, scopes)) and not read_as
    if not isinstance(value, str) or not value.isascii():
        return False
    if key in _APP_ID_KEYS:
        return _word(value) is not None
    if key == "secret":
        return value.isalnum() and not read_as
    if key == "redirectPort":
        return value.isdigit() and len(value) < 6 and 1 <= int(value) <= 65_535
    return False


def _is_scope(scope: str) -> bool:
    return _SCOPE_CHARACTERS.issuperset(scope) and scope[:1].isalpha() and scope[-1].isalpha()
