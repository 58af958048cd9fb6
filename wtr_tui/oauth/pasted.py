"""A pasted address: what the browser ended at, copied by a person, judged like a redirect."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from wtr_tui.oauth.authorization import AuthorizationRequest, CallbackResult, query_parameters
from wtr_tui.redirect_uri import RedirectUri, authority
from wtr_tui.text import cleaned

_LONGEST = 32_768
# What terminals, mails, chats, shells and documents put around or into a copied address:
# the marks of a bracketed paste, white space, invisible characters, backslashes, box lines.
_PASTE_MARKS = re.compile(r"\x1b\[20[01]~")
_NOISE = re.compile(r"[\s\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\\│┃|]+")
_AROUND = "<>\"'`“”‘’„«»(){},;"
_ANSWER_NAMES = frozenset({"code", "error", "state"})
# Something with a dot in it alone is no address: tokens have dots too.
_WITHOUT_SCHEME = re.compile(r"(?:localhost(?![\w.-])|(?:[\w.-]+|\[[\w:.]+\]):\d+|[\w.-]+\.\w+/)")
_QUERY = re.compile(r"[?&]?(?:code|state|error|error_description|error_uri|iss)=")


@dataclass(frozen=True)
class BadPaste:
    """The text cannot be an answer; ``message`` says why and what to paste instead."""

    message: str


def read_pasted(
    text: str, request: AuthorizationRequest, redirect_uri: RedirectUri
) -> CallbackResult | BadPaste:
    """What a pasted text means for this attempt, by the same rules as for a redirect.

    Taken are the whole address and its query alone, however wrapped, quoted or escaped. A code
    alone is not: without the state nobody can say whose it is (RFC 6749 §10.12).
    """
    found = _query_in(text, redirect_uri)
    if isinstance(found, BadPaste):
        return found
    try:
        parameters = query_parameters(found)
    except ValueError:
        return BadPaste("That address holds too many parameters to be Webex's answer.")
    names = {name for name, _ in parameters}
    if names & {"response_type", "client_id", "redirect_uri"}:
        return _BEGINNING
    if not names & _ANSWER_NAMES:
        return BadPaste(
            "That address holds no answer. Paste the one the browser shows after the sign-in:"
            f" it begins with {redirect_uri} and holds code= and state=."
        )
    return request.validate_callback(parameters)


_BEGINNING = BadPaste(
    "That is the address that begins the sign-in. Open it in the browser, sign in, and paste the"
    " address where the browser ends."
)


def _query_in(text: str, redirect_uri: RedirectUri) -> str | BadPaste:
    if len(text) > _LONGEST:
        return BadPaste("That is too long to be the address where the browser ended.")
    address = _cleaned(text)
    if not address:
        return BadPaste("Nothing was pasted.")
    if _QUERY.match(address):
        return address.lstrip("?&").partition("#")[0]
    if address.startswith("/"):
        address = redirect_uri.origin + address
    elif _WITHOUT_SCHEME.match(address):
        # Browsers leave http:// out of the address they show.
        address = "http://" + address
    elif "://" not in address:
        return BadPaste(
            "That is not an address. Paste the whole address where the browser ended, with"
            " code= and state= in it: a code alone cannot be checked against this attempt."
        )
    return _query_of_address(address, redirect_uri)


def _query_of_address(address: str, redirect_uri: RedirectUri) -> str | BadPaste:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return BadPaste("That address is damaged. Copy it again, from its first character on.")
    host = parts.hostname or ""
    # https is what a browser makes of http by itself; the answer in it is the same.
    if parts.scheme not in ("http", "https"):
        return BadPaste(
            "That is not an address of a browser: it begins with neither http nor https."
        )
    here = authority(host, port or 80)
    if here != redirect_uri.authority:
        if parts.path.endswith("/authorize"):
            return _BEGINNING
        return BadPaste(
            f"That address is at {cleaned(here if port else host, 60)}, but the sign-in ends at"
            f" {redirect_uri}. Finish the sign-in, then paste the address where the browser ends."
        )
    if parts.path.startswith("/s/") and not parts.query:
        return _BEGINNING
    if (parts.path or "/") != redirect_uri.request_path:
        return BadPaste(
            f"The path of that address is {cleaned(parts.path, 60) or '/'}, but the redirect URI is"
            f" exactly {redirect_uri}."
        )
    return parts.query


def _cleaned(text: str) -> str:
    joined = _NOISE.sub("", _PASTE_MARKS.sub("", text)).strip(_AROUND)
    return joined.replace("&amp;", "&")
