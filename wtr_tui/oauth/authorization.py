"""The authorization request (PKCE, state, nonce), and validation of the callback.

The callback arrives at the listener, or the user pastes the URL where the browser ended.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from wtr_tui.addresses import DEFAULT_PORTS, RedirectUri, authority
from wtr_tui.model import Secret
from wtr_tui.text import cleaned, without_invisible

_MOST_PARAMETERS = 100


@dataclass(frozen=True)
class Granted:
    """The user granted access. The code works once."""

    code: Secret


@dataclass(frozen=True)
class Refused:
    """The authorization was refused (RFC 6749 §4.1.2.1). Both texts are safe to display."""

    error: str
    description: str = ""

    @property
    def declined(self) -> bool:
        """Whether the user or an administrator declined, as opposed to a failure."""
        return self.error == "access_denied"


class Reason(Enum):
    """Why a callback does not belong to this attempt."""

    NO_STATE = "It has no state, so nothing shows that it belongs to this attempt."
    WRONG_STATE = "Its state is not this attempt's: it comes from an earlier attempt or elsewhere."
    REPEATED = "It gives one of its parameters twice."
    WRONG_ISSUER = "It names another issuer than the server of this attempt."
    NO_CODE = "It holds neither a code nor an error."
    UNUSABLE_CODE = "Its code holds characters that no code may hold."


@dataclass(frozen=True)
class NotOurs:
    """A callback that does not belong to this attempt, which goes on waiting.

    ``error`` and ``description`` are what it claims went wrong, safe to display; "" if nothing.
    """

    reason: Reason
    error: str = ""
    description: str = ""


CallbackResult = Granted | Refused | NotOurs


def error_text(answer: Refused | NotOurs) -> str:
    """Return what the callback says went wrong: ``error: description``, or either."""
    return ": ".join(filter(None, (answer.error, answer.description)))


def _random() -> Secret:
    """Return 256 random bits as 43 unreserved characters (RFC 7636 §4.1, §7.1)."""
    return Secret(secrets.token_urlsafe(32))


@dataclass(frozen=True)
class AuthorizationRequest:
    """One authorization request, with the secrets of its attempt.

    ``redirect_uri`` is exactly the registered text. ``base_url`` is fixed for the attempt: the
    code must go to the server that issued it (RFC 8252 §8.10). ``issuer`` is the server's
    identifier, if it is known to send one (RFC 9207). ``login_hint`` (an e-mail address) and
    ``prompt`` are passed on to Webex.
    """

    base_url: str
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    issuer: str | None = None
    login_hint: str = ""
    prompt: str = ""
    state: Secret = field(default_factory=_random)
    code_verifier: Secret = field(default_factory=_random)
    _nonce: Secret = field(default_factory=_random)

    @property
    def nonce(self) -> Secret | None:
        """The nonce that the ID token must repeat (OpenID Connect Core §3.1.2.1), if any."""
        return self._nonce if "openid" in self.scopes else None

    @property
    def code_challenge(self) -> str:
        """BASE64URL(SHA256(verifier)) without padding (RFC 7636 §4.2)."""
        digest = hashlib.sha256(self.code_verifier.reveal().encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    @property
    def url(self) -> str:
        """The URL at Webex that starts the sign-in (webex: authorize page).

        It holds the state: it may be shown to the user, but not logged.
        """
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": " ".join(self.scopes),
            "state": self.state.reveal(),
            "code_challenge": self.code_challenge,
            "code_challenge_method": "S256",
            "login_hint": self.login_hint,
            "prompt": self.prompt,
            "nonce": self.nonce.reveal() if self.nonce else "",
        }
        given = {name: value for name, value in parameters.items() if value}
        return f"{self.base_url.rstrip('/')}/authorize?{urlencode(given, quote_via=quote)}"

    def validate_callback(self, parameters: Sequence[tuple[str, str]]) -> CallbackResult:
        """Return what the parameters of a callback mean for this attempt.

        The state is checked first, even for an error: only who knows it can finish or end the
        attempt (RFC 6749 §10.12). Unknown parameters are ignored, empty ones count as absent
        (RFC 6749 §3.1).
        """
        given = {name: value for name, value in parameters if value}
        error = cleaned(given.get("error", ""), 100)
        description = cleaned(given.get("error_description", ""))
        reason = self._objection(parameters, given)
        if reason is not None:
            return NotOurs(reason, error, description)
        if "error" in given:
            return Refused(error, description)
        code = given.get("code")
        if code is None:
            return NotOurs(Reason.NO_CODE)
        if not code.isascii() or not code.isprintable():  # RFC 6749 appendix A.11
            return NotOurs(Reason.UNUSABLE_CODE)
        return Granted(Secret(code))

    def _objection(
        self, parameters: Sequence[tuple[str, str]], given: dict[str, str]
    ) -> Reason | None:
        if len({name for name, _ in parameters}) < len(parameters):
            return Reason.REPEATED
        if "state" not in given:
            return Reason.NO_STATE
        # Bytes, because compare_digest raises TypeError on a str that is not ASCII.
        if not secrets.compare_digest(
            given["state"].encode("utf-8", "surrogatepass"),
            self.state.reveal().encode("utf-8"),
        ):
            return Reason.WRONG_STATE
        if self.issuer is not None and given.get("iss", self.issuer) != self.issuer:
            return Reason.WRONG_ISSUER
        return None


def query_parameters(query: str) -> list[tuple[str, str]]:
    """Return the decoded parameters of a query in their order (RFC 6749 appendix B).

    Invalid UTF-8 becomes U+FFFD, and a stray ``%`` is kept. Raise ValueError for more than a
    hundred parameters.
    """
    return parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)


# A pasted URL. It arrives wrapped, quoted, escaped, within a sentence, a command or the link of a
# mail filter. So the text is decoded in various ways, and the one candidate that is valid for this
# attempt is taken. None is without the right state, so a lenient search is safe (RFC 6749 §10.12).

_LONGEST_PASTE = 32_768
_LONGEST_ADDRESS = 8192
_MOST_STARTS = 30
_SHORTEST_CUT_STATE = 8

# What terminals, mails, chats, shells and documents put around or into a copied URL: the marks of a
# bracketed paste, white space, backslashes, box lines.
_PASTE_MARKS = re.compile(r"\x1b\[20[01]~")
_LINE_BREAK = re.compile(
    r"[ \t\xa0]*[\\│┃|]*[ \t\xa0]*[\r\n\v\f\u2028\u2029\x85]\s*(?:[│┃|>][ \t\xa0]*)*"
)
_NOISE = re.compile(r"[\s\x00-\x1f\x7f\\│┃|]+")
_AROUND = "<>\"'`“”‘’„«»(){},;"
_ENDS = (re.compile(r"[\s\"'`“”‘’„«»<>…]"), re.compile(r"[\s\"'`“”‘’„«»<>…)*\]}]|__;"))
_ANSWER_NAMES = frozenset({"code", "error", "state"})
# A dot alone does not make a URL: tokens have dots, too.
_WITHOUT_SCHEME = re.compile(r"(?:localhost(?![\w.-])|(?:[\w.-]+|\[[\w:.]+\]):\d+|[\w.-]+\.\w+/)")
_ANSWER = re.compile(r"(?:code|state)=", re.IGNORECASE)
_QUERY = re.compile(r"[?&]?(?:code|state|error|error_description|error_uri|iss)=")
_BASE64_ADDRESS = re.compile(r"aHR0c[A-Za-z0-9+/_-]{8,}={0,2}")  # "http…", in links of mail filters
_DASHED = re.compile(r"(?<=[?&]u=)https?-3A[^&\s]+")  # the second form of urldefense


@dataclass(frozen=True)
class BadPaste:
    """A text that is no callback; ``message`` says why, and what to paste instead.

    ``rank`` is lower the more the text resembles a callback.
    """

    message: str
    rank: int = 3


def read_pasted(
    text: str, request: AuthorizationRequest, redirect_uri: RedirectUri
) -> CallbackResult | BadPaste:
    """Validate the URL in a pasted text by the same rules as a redirect.

    The text may be the whole URL or its query. A code alone is rejected: without the state it may
    be anybody's (RFC 6749 §10.12).
    """
    if len(text) > _LONGEST_PASTE:
        return _NO_ADDRESS
    results = []
    for candidate in _candidates(_without_marks(text), redirect_uri):
        result = _validate(candidate, request, redirect_uri)
        if isinstance(result, (Granted, Refused)):
            return result
        results.append(result)
    # The candidate that resembles a callback most has the most helpful reason.
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


def _validate(
    address: str, request: AuthorizationRequest, redirect_uri: RedirectUri
) -> CallbackResult | BadPaste:
    try:
        found = _query_of(address, redirect_uri)
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


def _query_of(address: str, redirect_uri: RedirectUri) -> str | BadPaste:
    """Return the query of the redirect URI. Raise ValueError for a malformed URL."""
    if _QUERY.match(address):
        return address.lstrip("?&").partition("#")[0]
    if address.startswith("/"):
        address = redirect_uri.origin + address
    elif _WITHOUT_SCHEME.match(address):
        # Browsers hide http:// in the address bar.
        address = f"{redirect_uri.scheme}://{address}"
    parts = urlsplit(address)
    # Some browsers change http to https; the query is the same.
    if parts.scheme not in DEFAULT_PORTS:
        return _NO_ADDRESS
    here = authority(parts.hostname or "", parts.port or DEFAULT_PORTS[redirect_uri.scheme])
    is_here = here == redirect_uri.authority
    is_start = parts.path.startswith("/s/") and not parts.query
    if is_start if is_here else parts.path.endswith("/authorize"):
        return _BEGINNING
    if is_here and (parts.path or "/") == redirect_uri.request_path:
        return parts.query
    place = f"{here if parts.port else parts.hostname}{parts.path}"
    # Without its question mark an answer is taken for a path: its code is not repeated.
    shown = cleaned(_ANSWER.split(place, maxsplit=1)[0], 90)
    return BadPaste(
        f"That address is at {shown}, but the sign-in ends at exactly {redirect_uri}. Paste the"
        " address that the browser shows at the end of the sign-in."
    )


def _candidates(text: str, redirect_uri: RedirectUri) -> Iterator[str]:
    """Find the URLs at the redirect URI, then all others, each with its likeliest end first."""
    here = re.compile(_start_pattern(redirect_uri), re.IGNORECASE)
    elsewhere = re.compile(r"https?://", re.IGNORECASE)
    decoded = _decodings(text)
    starts = [(one, found) for one in decoded for found in here.finditer(one)]
    # Of the others, the innermost one is the best to name in an error.
    other = [(one, found) for one in decoded for found in elsewhere.finditer(one)][::-1]
    for one, found in (*starts[:_MOST_STARTS], *other[:_MOST_STARTS]):
        rest = one[found.start() :][:_LONGEST_ADDRESS]
        head = len(found[0])
        for lines in (_LINE_BREAK.sub("", rest), rest):
            yield from (_without_noise(_up_to(end, lines, head)) for end in _ENDS)
        yield _without_noise(rest)
    yield _without_noise(text)


def _start_pattern(redirect_uri: RedirectUri) -> str:
    """Return a pattern for where the redirect URI begins, in full, without scheme or as a path."""
    host, port = redirect_uri.host, redirect_uri.port
    named = re.escape(f"[{host}]" if ":" in host else host)
    optional = "?" if port in DEFAULT_PORTS.values() else ""
    path = rf"(?<![\w/.]){re.escape(redirect_uri.request_path)}\?(?=\w+=)"
    return rf"{path}|(?:https?://|(?<![\w.@/-])){named}(?::{port}(?!\d)){optional}(?![\w.:-])"


def _up_to(end: re.Pattern[str], text: str, head: int) -> str:
    found = end.search(text, head)
    return text[: found.start()] if found else text


def _decodings(text: str) -> list[str]:
    """Return the text, and its decodings by one or two layers."""
    found = [text]
    for one in found:
        for decode in _DECODERS:
            decoded = decode(one)
            if decoded not in found and len(found) < 20:
                found.append(decoded)
    return found


def _unescaped(text: str) -> str:
    """Decode the escapes of JSON and HTML: ``\\u0026`` and ``&amp;`` are an ampersand."""
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


def _without_noise(text: str) -> str:
    return _NOISE.sub("", _unescaped(text)).strip(_AROUND)


def _without_marks(text: str) -> str:
    # Carets and backticks quote in the shells of Windows.
    return without_invisible(re.sub(r"[\^`](?=[&?=%])", "", _PASTE_MARKS.sub("", text)))
