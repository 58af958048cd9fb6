"""The authorization request: PKCE, state, nonce, and whether a callback answers it."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import parse_qsl, quote, urlencode

from wtr_tui.model import Secret
from wtr_tui.text import cleaned

_MOST_PARAMETERS = 100


@dataclass(frozen=True)
class Granted:
    """The answer of this attempt: the user agreed. The code works once."""

    code: Secret


@dataclass(frozen=True)
class Refused:
    """The answer of this attempt: no (RFC 6749 §4.1.2.1). Both texts are fit to be shown."""

    error: str
    description: str = ""

    @property
    def declined(self) -> bool:
        """Somebody said no (the user, or an administrator), rather than something failed."""
        return self.error == "access_denied"


class Reason(Enum):
    """Why something that looks like an answer is not the answer of this attempt."""

    NO_STATE = "It has no state, so nothing shows that it belongs to this attempt."
    WRONG_STATE = "Its state is not this attempt's: it comes from an earlier attempt or elsewhere."
    REPEATED = "It gives one of its parameters twice."
    WRONG_ISSUER = "It names another issuer than the server of this attempt."
    NO_CODE = "It holds neither a code nor an error."
    UNUSABLE_CODE = "Its code holds characters that no code may hold."


@dataclass(frozen=True)
class NotOurs:
    """Not the answer of this attempt: nothing is exchanged for it, and the attempt goes on.

    ``error`` and ``description`` are what it claims went wrong, fit to be shown; "" without.
    """

    reason: Reason
    error: str = ""
    description: str = ""


CallbackResult = Granted | Refused | NotOurs


def error_text(answer: Refused | NotOurs) -> str:
    """What went wrong by the answer's own account: ``error: description``, or either."""
    return ": ".join(filter(None, (answer.error, answer.description)))


def _random() -> Secret:
    """256 random bits in 43 characters, all of them unreserved ones (RFC 7636 §4.1, §7.1)."""
    return Secret(secrets.token_urlsafe(32))


@dataclass(frozen=True)
class AuthorizationRequest:
    """The request to the authorize page, and what only this attempt knows.

    ``redirect_uri`` is the exact text that was registered. ``base_url`` stays with the attempt:
    the code goes to the server that issued it (RFC 8252 §8.10). ``issuer`` is the server's name
    for itself, where it is known to send one (RFC 9207). ``login_hint`` (an e-mail address) and
    ``prompt`` go to Webex's page as they are.
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
        """What the ID token has to repeat (OpenID Connect Core §3.1.2.1); None without one."""
        return self._nonce if "openid" in self.scopes else None

    @property
    def code_challenge(self) -> str:
        """BASE64URL(SHA256(verifier)) without padding (RFC 7636 §4.2)."""
        digest = hashlib.sha256(self.code_verifier.reveal().encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    @property
    def url(self) -> str:
        """The address at Webex that starts the sign-in (webex: authorize page).

        It holds the state: it is for the user's own eyes and browser, not for a log.
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
        """Whether these parameters, as they came back, answer this attempt.

        The state comes before everything else, an error too: whoever does not know it can
        neither finish nor end the attempt (RFC 6749 §10.12). Unknown parameters are ignored,
        empty ones count as absent (RFC 6749 §3.1).
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
    """The parameters of a query in their order, decoded (RFC 6749 appendix B).

    Never fails on the bytes: what is no UTF-8 becomes U+FFFD, a stray ``%`` stays as it is.
    Raises ValueError where there are more than a hundred.
    """
    return parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
