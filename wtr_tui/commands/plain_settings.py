"""A settings file that is plainly written, read without YAML, which takes long to import.

Plain is: every line that is not indented is a comment, or ``key: value`` on that line alone.
Whatever is not plain is None here, and left to the settings proper.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_APP_ID_VARIABLES = ("WEBEX_APPID", "WEBEX_CLIENTID", "WEBEX_CLIENT_ID")
_OTHER_VARIABLES = (
    *("WEBEX_SECRET", "WEBEX_CLIENT_SECRET", "WEBEX_SCOPES", "WEBEX_REDIRECTPORT"),
    *("WEBEX_REDIRECTURI", "WEBEX_BASEURL"),
)
_APP_ID_KEYS = ("appid", "clientid")
_LARGEST = 65_536
_NO_TEXTS = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")


def app_id(path: str, environ: Mapping[str, str]) -> str | None:
    """The App ID that environment and file name, "" for none."""
    for variable in _APP_ID_VARIABLES:
        if environ.get(variable):  # set to nothing counts as not set
            return _word(environ[variable])
    text = _text(path)
    return None if text is None else app_id_in(text)


def app_id_in(text: str) -> str | None:
    """The App ID in the text of a settings file, "" for none."""
    keys = keys_in(text)
    if keys is None:
        return None
    found = [value for key, value in keys.items() if key in _APP_ID_KEYS]
    if not found:
        return ""
    return _word(found[0]) if len(found) == 1 else None


def is_complete(path: str, environ: Mapping[str, str]) -> bool:
    """Whether the file alone surely names an App ID and a secret, and nothing that is wrong."""
    text = None if any(map(environ.get, _OTHER_VARIABLES)) else _text(path)
    keys = None if text is None else keys_in(text)
    if keys is None or not any(map(keys.get, _APP_ID_KEYS)) or "secret" not in keys:
        return False
    return all(_is_surely_right(key, value) for key, value in keys.items())


def keys_in(text: str) -> dict[str, str] | None:
    """Each key with what stands behind it; a value that has further lines is "…"."""
    keys: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line.startswith((" ", "- ")):  # belongs to the key above
            if not last:
                return None
            keys[last] = "…"
            continue
        last, colon, value = line.partition(":")
        if not (colon and last.isascii() and last.isalpha()) or not _is_whole(value):
            return None
        if last in keys:
            return None
        keys[last] = value.partition(" #")[0].strip()
    return keys


def _text(path: str) -> str | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib takes long to import
            text = file.read(_LARGEST + 1).decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        return None
    return text if len(text) <= _LARGEST else None


def _is_whole(value: str) -> bool:
    """Whether the value cannot go on in a line that looks like the next key."""
    begins = value[:1] in ("", " ")
    quotes = value.count('"') % 2 == 0 and value.count("'") % 2 == 0
    return begins and quotes and value.count("[") == value.count("]") and "{" not in value


def _word(text: str) -> str | None:
    """A text that YAML can only take as this word, else None."""
    word = text.strip()
    if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'":
        word = word[1:-1]
    plain = word.isascii() and word.isalnum() and word[:1].isalpha()
    return word if plain and word.lower() not in _NO_TEXTS else None


def _is_surely_right(key: str, value: str) -> bool:
    if key in _APP_ID_KEYS:
        return _word(value) is not None
    if key == "secret":
        return value.isascii() and value.isalnum() and value.lower() not in _NO_TEXTS
    if key == "redirectPort":
        return value.isascii() and value.isdigit() and len(value) < 6 and 1 <= int(value) <= 65_535
    if key == "scopes":
        return all(scope.isascii() and _is_scope(scope) for scope in value.split()) and value != ""
    return False


def _is_scope(scope: str) -> bool:
    return (
        scope[0].isalpha()
        and scope[-1].isalpha()
        and set("_-:").issuperset(letter for letter in scope if not letter.isalnum())
    )
