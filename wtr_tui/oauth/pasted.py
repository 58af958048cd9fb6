"""A pasted address: what the browser ended at, copied by a user, validated like a redirect.

It arrives wrapped, quoted, escaped, within a sentence, a command or a mail filter's link. So the
text is decoded variously, and the one reading that answers this sign-in is taken: without the
right state none does, which makes a lenient search safe (RFC 6749 §10.12).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from wtr_tui.addresses import DEFAULT_PORTS, RedirectUri, authority
from wtr_tui.oauth.authorization import (
    AuthorizationRequest,
    CallbackResult,
    Granted,
    NotOurs,
    Reason,
    Refused,
    query_parameters,
)
from wtr_tui.text import cleaned, without_invisible

_LONGEST = 32_768
_LONGEST_ADDRESS = 8192
_MOST_STARTS = 30
_SHORTEST_CUT_STATE = 8

# What terminals, mails, chats, shells and documents put around or into a copied address:
# the marks of a bracketed paste, white space, backslashes, box lines.
_PASTE_MARKS = re.compile(r"\x1b\[20[01]~")
_LINE_BREAK = re.compile(
    r"[ \t\xa0]*[\\│┃|]*[ \t\xa0]*[\r\n\v\f\u2028\u2029\x85]\s*(?:[│┃|>][ \t\xa0]*)*"
)
_NOISE = re.compile(r"[\s\x00-\x1f\x7f\\│┃|]+")
_AROUND = "<>\"'`“”‘’„«»(){},;"
_ENDS = (re.compile(r"[\s\"'`“”‘’„«»<>…]"), re.compile(r"[\s\"'`“”‘’„«»<>…)*\]}]|__;"))
_ANSWER_NAMES = frozenset({"code", "error", "state"})
# Something with a dot in it alone is no address: tokens have dots too.
_WITHOUT_SCHEME = re.compile(r"(?:localhost(?![\w.-])|(?:[\w.-]+|\[[\w:.]+\]):\d+|[\w.-]+\.\w+/)")
_QUERY = re.compile(r"[?&]?(?:code|state|error|error_description|error_uri|iss)=")
_BASE64_ADDRESS = re.compile(r"aHR0c[A-Za-z0-9+/_-]{8,}={0,2}")  # "http…", as some filters have it
_DASHED = re.compile(r"(?<=[?&]u=)https?-3A[^&\s]+")  # the second form of urldefense


@dataclass(frozen=True)
class BadPaste:
    """The text cannot be an answer; ``message`` says why and what to paste instead.

    ``rank`` is the lower the more the text looks like an answer.
    """

    message: str
    rank: int = 3


def read_pasted(
    text: str, request: AuthorizationRequest, redirect_uri: RedirectUri
) -> CallbackResult | BadPaste:
    """What a pasted text means for this attempt, by the same rules as for a redirect.

    Taken are the whole address and its query alone. A code alone is not: without the state
    nobody can say whose it is (RFC 6749 §10.12).
    """
    if len(text) > _LONGEST:
        return _NO_ADDRESS
    results = []
    for reading in _readings(_visible(text), redirect_uri):
        result = _read(reading, request, redirect_uri)
        if isinstance(result, (Granted, Refused)):
            return result
        results.append(result)
    # The truest reason: what looks most like an answer says why it is none.
    return min(results, key=_rank)


def _rank(result: CallbackResult | BadPaste) -> int:
    if isinstance(result, BadPaste):
        return result.rank
    return 1 if isinstance(result, NotOurs) and result.reason is Reason.NO_CODE else 0


_CUT_OFF = BadPaste(
    "That address was cut off at its end. Copy the whole of it from the browser, then paste again.",
    rank=0,
)
_BEGINNING = BadPaste(
    "That is the address that begins the sign-in. Open it in the browser, sign in, and paste the"
    " address where the browser ends.",
    rank=2,
)
_NO_ADDRESS = BadPaste(
    "That is not an address. Paste the whole address where the browser ended, with code= and"
    " state= in it: a code alone cannot be checked against this attempt.",
    rank=4,
)


def _read(
    address: str, request: AuthorizationRequest, redirect_uri: RedirectUri
) -> CallbackResult | BadPaste:
    try:
        found = _query_in(address, redirect_uri)
        if isinstance(found, BadPaste):
            return found
        parameters = query_parameters(found)
    except ValueError:
        return _NO_ADDRESS
    names = {name for name, _ in parameters}
    if names & {"response_type", "client_id", "redirect_uri"}:
        return _BEGINNING
    if not names & _ANSWER_NAMES:
        return BadPaste(
            "That address holds no answer. Paste the one the browser shows after the sign-in:"
            f" it begins with {redirect_uri} and holds code= and state=."
        )
    result = request.validate_callback(parameters)
    if isinstance(result, NotOurs) and result.reason is Reason.WRONG_STATE:
        state = dict(parameters).get("state", "")
        if len(state) >= _SHORTEST_CUT_STATE and request.state.reveal().startswith(state):
            return _CUT_OFF
    return result


def _query_in(address: str, redirect_uri: RedirectUri) -> str | BadPaste:
    """The query, where the address is the redirect URI's. Raises ValueError for a damaged one."""
    if _QUERY.match(address):
        return address.lstrip("?&").partition("#")[0]
    if address.startswith("/"):
        address = redirect_uri.origin + address
    elif _WITHOUT_SCHEME.match(address):
        # Browsers leave http:// out of the address they show.
        address = f"{redirect_uri.scheme}://{address}"
    parts = urlsplit(address)
    # https is what a browser makes of http by itself; the answer in it is the same.
    if parts.scheme not in DEFAULT_PORTS:
        return _NO_ADDRESS
    here = authority(parts.hostname or "", parts.port or DEFAULT_PORTS[redirect_uri.scheme])
    is_here = here == redirect_uri.authority
    is_start = parts.path.startswith("/s/") and not parts.query
    if is_start if is_here else parts.path.endswith("/authorize"):
        return _BEGINNING
    if is_here and (parts.path or "/") == redirect_uri.request_path:
        return parts.query
    shown = cleaned(f"{here if parts.port else parts.hostname}{parts.path}", 90)
    return BadPaste(
        f"That address is at {shown}, but the sign-in ends at exactly {redirect_uri}. Paste the"
        " address that the browser shows at the end of the sign-in."
    )


def _readings(text: str, redirect_uri: RedirectUri) -> Iterator[str]:
    """Each address at the redirect URI in the text, then any other; the likeliest end first."""
    here = re.compile(_pattern(redirect_uri), re.IGNORECASE)
    elsewhere = re.compile(r"https?://", re.IGNORECASE)
    decoded = _decodings(text)
    starts = [(one, found) for one in decoded for found in here.finditer(one)]
    # Elsewhere, the innermost address is the one to name in a refusal.
    other = [(one, found) for one in decoded for found in elsewhere.finditer(one)][::-1]
    for one, found in (*starts[:_MOST_STARTS], *other[:_MOST_STARTS]):
        rest = one[found.start() :][:_LONGEST_ADDRESS]
        head = len(found[0])
        for lines in (_LINE_BREAK.sub("", rest), rest):
            yield from (_joined(_until(end, lines, head)) for end in _ENDS)
        yield _joined(rest)
    yield _joined(text)


def _pattern(redirect_uri: RedirectUri) -> str:
    host, port = redirect_uri.host, redirect_uri.port
    named = re.escape(f"[{host}]" if ":" in host else host)
    optional = "?" if port in DEFAULT_PORTS.values() else ""
    path = rf"(?<![\w/.]){re.escape(redirect_uri.request_path)}\?(?=\w+=)"
    return rf"{path}|(?:https?://|(?<![\w.@/-])){named}(?::{port}(?!\d)){optional}(?![\w.:-])"


def _until(end: re.Pattern[str], text: str, head: int) -> str:
    found = end.search(text, head)
    return text[: found.start()] if found else text


def _decodings(text: str) -> list[str]:
    """The text, and what it is when one or two layers of encoding are taken off."""
    found = [text]
    for one in found:
        for decode in _DECODERS:
            decoded = decode(one)
            if decoded not in found and len(found) < 20:
                found.append(decoded)
    return found


def _unescaped(text: str) -> str:
    """Without the escapes of JSON and HTML: ``\\u0026`` and ``&amp;`` are an ampersand."""
    text = text.replace("\\/", "/")
    text = re.sub(r"\\u(00[0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), text)
    return re.sub(r"&(?:amp|#38|#x26);", "&", text, flags=re.IGNORECASE)


def _decoded_base64(text: str) -> str:
    def address(found: re.Match[str]) -> str:
        encoded = found[0].rstrip("=").replace("-", "+").replace("_", "/")
        try:
            return base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode("ascii")
        except (binascii.Error, UnicodeDecodeError):
            return found[0]

    return _BASE64_ADDRESS.sub(address, text)


def _decoded_dashes(text: str) -> str:
    return _DASHED.sub(
        lambda found: unquote(found[0].replace("-", "%").replace("_", "/")) + " ", text
    )


_DECODERS: tuple[Callable[[str], str], ...] = (
    _unescaped,
    unquote,
    # Quoted-printable: the source of a mail.
    lambda text: re.sub(r"=\r?\n", "", text).replace("=3D", "=") if "=3D" in text else text,
    _decoded_base64,
    _decoded_dashes,
)


def _joined(text: str) -> str:
    return _NOISE.sub("", _unescaped(text)).strip(_AROUND)


def _visible(text: str) -> str:
    # A caret and a backtick quote in the shells of Windows.
    return without_invisible(re.sub(r"[\^`](?=[&?=%])", "", _PASTE_MARKS.sub("", text)))
