"""The requests to Webex's endpoints.

The client is synchronous: a refresh runs on a thread, under a file lock, and a command that makes
one request should not have to load an event loop.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote, urlencode

from wtr_tui import clock, errors
from wtr_tui.addresses import DEFAULT_BASE_URL, check_base_url
from wtr_tui.model import Account, Secret, Token
from wtr_tui.oauth import responses
from wtr_tui.oauth.proxies import proxy_for
from wtr_tui.oauth.responses import START_AGAIN, Purpose, error_from
from wtr_tui.oauth.transport import HttpClient, fetch, http_client
from wtr_tui.text import is_visible_ascii

if TYPE_CHECKING:
    from wtr_tui.oauth.authorization import AuthorizationRequest

OPENID_SCOPES = frozenset({"openid", "email", "profile", "phone", "address"})
"""The scopes of OpenID Connect (Core §5.4). They need not be registered with the integration.

Only the authorization code grant can request them.
"""

_Sent: TypeAlias = tuple[datetime, Mapping[str, object]]
"""When a request was sent, and the JSON object in its response."""


class WebexClient:
    """A client of Webex for one integration. Its requests raise a ``WtrError`` on failure.

    ``total_timeout`` (seconds) limits each request, from the name lookup to the last byte.
    ``http`` replaces a connection of its own, so that ``ca_file`` is ignored, and is not closed.
    ``clock_offset`` is the server's clock minus this machine's, by the last response.
    """

    def __init__(
        self,
        base_url: str,
        app_id: str,
        secret: Secret,
        *,
        ca_file: Path | None = None,
        http: HttpClient | None = None,
        total_timeout: float = 30.0,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        # The settings have checked it for the user; here it ensures that no secret is ever sent
        # unencrypted.
        refusal = check_base_url(self._base_url)
        if refusal is not None:
            raise errors.SettingsError(refusal, f"Webex's own is {DEFAULT_BASE_URL}.")
        self.app_id = app_id
        self._secret = secret
        self._ca_file = ca_file
        self._http = http
        self._owns_http = http is None
        self._total_timeout = total_timeout
        self._now = now
        self.clock_offset: timedelta | None = None

    def __enter__(self) -> WebexClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._owns_http and self._http is not None:
            self._http.close()
            self._http = None

    def check_route(self) -> None:
        """Raise SettingsError where the environment names a proxy that cannot be used."""
        proxy_for(self._base_url, os.environ)

    def warm(self) -> None:
        """Load libraries and certificates ahead of the first request, without network access."""
        self._connecting()

    def exchange(self, code: Secret, request: AuthorizationRequest) -> Token:
        """Exchange an authorization code for a token (RFC 6749 §4.1.3, RFC 7636 §4.5).

        The code is sent once. Raise OutcomeUnknown where it may have arrived without a response.
        """
        fields = {
            "grant_type": "authorization_code",
            "code": code.reveal(),
            "redirect_uri": request.redirect_uri,
            "code_verifier": request.code_verifier.reveal(),
        }
        hidden = (code, request.code_verifier)
        sent_at, members = self._post(
            Purpose.EXCHANGE, "/access_token", fields, hidden, client_auth="form"
        )
        if request.nonce is not None:
            _check_nonce(members, request.nonce)
        return responses.token_from(members, now=sent_at)

    def refresh(self, token: Token) -> Token:
        """Refresh a token (RFC 6749 §6); what the response omits is kept from ``token``.

        The refresh token is sent once. Webex does not rotate refresh tokens, but a server that
        does takes a second use for theft and revokes everything (RFC 9700 §4.14.2).
        """
        if token.refresh_token is None:
            raise errors.GrantRejected("This token has no refresh token.", "Sign in again.")
        fields = {
            "grant_type": "refresh_token",
            "refresh_token": token.refresh_token.reveal(),
        }
        hidden = (token.refresh_token, token.access_token)
        sent_at, members = self._post(
            Purpose.REFRESH, "/access_token", fields, hidden, client_auth="form"
        )
        return responses.token_from(members, now=sent_at, previous=token)

    def device_authorize(self, scopes: Sequence[str]) -> responses.DeviceAuthorization:
        """Request a code to enter on another machine (RFC 8628 §3.1).

        Raise DeviceNotSetUp where the integration lacks the redirect URIs for it.
        """
        # This grant does not support the scopes of OpenID Connect.
        possible = (scope for scope in scopes if scope not in OPENID_SCOPES)
        fields = {"client_id": self.app_id, "scope": " ".join(possible)}
        sent_at, members = self._post(Purpose.DEVICE_CODE, "/device/authorize", fields)
        return responses.device_code_from(members, now=sent_at)

    def device_token(self, authorization: responses.DeviceAuthorization) -> Token:
        """Return the token once the device code has been entered (RFC 8628 §3.4).

        Raise DevicePending until then, DeviceDenied or DeviceExpired where polling is over.
        """
        fields = {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "device_code": authorization.device_code.reveal(),
            "client_id": self.app_id,
        }
        hidden = (authorization.device_code,)
        sent_at, members = self._post(
            Purpose.DEVICE_TOKEN, "/device/token", fields, hidden, client_auth="header"
        )
        return responses.token_from(members, now=sent_at)

    def account(
        self,
        access_token: Secret,
        *,
        scopes: Sequence[str] = (),
        seconds: float | None = None,
    ) -> Account | None:
        """Return the account a token belongs to; None where it lacks the scopes to ask.

        Where people/me is refused, userinfo is asked if ``scopes`` include ``openid``.
        ``seconds`` limits each request instead of ``total_timeout``.
        Raise AccessTokenRejected where Webex does not accept the token.
        """
        try:
            return responses.account_from(
                self._get(Purpose.ACCOUNT, "/people/me", access_token, seconds=seconds)
            )
        except errors.WtrError as failure:
            if failure.status != 403 or isinstance(failure, errors.NotWebex):
                raise
        if "openid" in scopes:
            with suppress(errors.WtrError):  # OpenID Connect Core §5.3
                members = self._get(Purpose.ACCOUNT, "/userinfo", access_token, seconds=seconds)
                return Account(
                    display_name=responses.displayable(members.get("name")),
                    email=responses.displayable(members.get("email")),
                )
        return None

    def expiry(self, access_token: Secret) -> datetime | None:
        """Return when the token expires according to Webex; None where it does not say."""
        try:
            members = self._get(Purpose.EXPIRY, "/authorizations/tokenExpiry", access_token)
        except errors.WtrError as failure:
            # Which scope this takes is not documented, so "no" means "unknown".
            if failure.status in {401, 403, 404}:
                return None
            raise
        return responses.instant(members, "exp")

    def mint(self, application_id: str, target_org_id: str, through: Secret) -> Token:
        """Request a token of a service app, whose id and secret are this client's.

        ``through`` is the access token of an integration with the scope
        ``spark:applications_token``. Raise AccessTokenRejected where it is not accepted,
        RequestRefused where it lacks the scope or no administrator of the organisation has
        authorised the service app. Source: developer.webex.com, Service Apps.
        """
        members = {
            "clientId": self.app_id,
            "clientSecret": self._secret.reveal(),
            "targetOrgId": target_org_id,
        }
        path = f"/applications/{quote(application_id, safe='')}/token"
        headers = {**_bearer(through), "Content-Type": "application/json"}
        body = json.dumps(members).encode("ascii")
        sent_at, found = self._request(Purpose.MINT, "POST", path, headers, body, (through,))
        return responses.token_from(found, now=sent_at)

    def revoke(self, access_token: Secret, organization: str) -> None:
        """Revoke the authorization of this App ID in one organisation.

        ``organization`` is its id, "" if unknown. Only administrators with the scope
        ``identity:tokens_write`` may do so, with their own token. Raise RequestRefused where this
        user may not, AccessTokenRejected where the token is not accepted (any more),
        TemporaryError where it may work later; until then the token stays valid.
        Source: developer.webex.com, Authorizations.
        """
        of = {"orgId": organization} if organization else {}
        query = urlencode({"clientId": self.app_id, **of})
        headers, path = _bearer(access_token), f"/authorizations?{query}"
        self._request(Purpose.REVOKE, "DELETE", path, headers, None, (access_token,))

    def revoke_token(self, token: Token) -> None:
        """Request the revocation of both tokens (RFC 7009) at the base URL itself.

        Webex's JavaScript SDK does so for access tokens; for other clients, and for refresh
        tokens, it is undocumented. So success only means that the request was accepted.
        Raise WrongClient, RequestRefused or TemporaryError.
        """
        kinds = ((token.refresh_token, "refresh_token"), (token.access_token, "access_token"))
        for secret, hint in kinds:
            if secret is not None:
                fields = {"token": secret.reveal(), "token_type_hint": hint}
                self._post(Purpose.REVOKE_TOKEN, "", fields, (secret,), client_auth="header")

    def _connecting(self) -> HttpClient:
        if self._http is None:
            self._http = http_client(self._base_url, self._ca_file)
        return self._http

    def _post(
        self,
        purpose: Purpose,
        path: str,
        fields: Mapping[str, str],
        hidden: Sequence[Secret] = (),
        *,
        client_auth: Literal["form", "header"] | None = None,
    ) -> _Sent:
        """Post a form, with client id and secret in it or in the header (RFC 6749 §2.3.1, Basic).

        Repeat it once where the secret was refused, and has changed where it is stored.
        """
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if client_auth == "form":
            fields = {**fields, "client_id": self.app_id, "client_secret": self._secret.reveal()}
        elif client_auth == "header":
            pair = f"{self.app_id}:{self._secret.reveal()}".encode("utf-8", "replace")
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
        # A surrogate (from a broken environment) is replaced, and refused by Webex as any wrong
        # character; an exception here would hold the whole form.
        form = urlencode(fields, errors="replace").encode("ascii")
        try:
            return self._request(purpose, "POST", path, headers, form, hidden)
        except errors.WrongClient:
            if client_auth is None or not self._secret.refetch():  # True at most once
                raise
        return self._post(purpose, path, fields, hidden, client_auth=client_auth)

    def _get(
        self, purpose: Purpose, path: str, access_token: Secret, *, seconds: float | None = None
    ) -> Mapping[str, object]:
        """Get the JSON object at ``path`` with an access token (RFC 6750 §2.1)."""
        headers = _bearer(access_token)
        return self._request(purpose, "GET", path, headers, None, (access_token,), seconds)[1]

    def _request(
        self,
        purpose: Purpose,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        hidden: Sequence[Secret],
        seconds: float | None = None,
    ) -> _Sent:
        sent_at = self._now()
        response = fetch(
            self._connecting(),
            purpose,
            method,
            self._base_url + path,
            headers=headers,
            content=body,
            seconds=seconds or self._total_timeout,
        )
        now = self._now()
        if response.date is not None:
            self.clock_offset = response.date - now
        members = response.members
        may_be_empty = purpose in {Purpose.REVOKE, Purpose.REVOKE_TOKEN}
        if response.succeeded and may_be_empty and not response.body.strip():
            members = {}
        # Some servers report an error with a successful status.
        if not response.succeeded or members is None or members.get("error"):
            raise error_from(response, purpose, now=now, hidden=(self._secret, *hidden))
        # Webex gives its id in the body of a refusal, and in the header of a success.
        return sent_at, {responses.TRACKING_ID: response.tracking_id, **members}


def _check_nonce(members: Mapping[str, object], nonce: Secret) -> None:
    """Raise UnusableResponse where an ID token in the response has another nonce.

    As it comes from the token endpoint over TLS, its signature need not be checked (OpenID Connect
    Core §3.1.3.7, 6). A response without an ID token is accepted.
    """
    id_token = members.get("id_token")
    if id_token is None:
        return
    claims = responses.jwt_claims(id_token) if isinstance(id_token, str) else None
    found = (claims or {}).get("nonce")
    given = found if isinstance(found, str) else ""
    from secrets import compare_digest  # imports hashlib, which only a sign-in needs

    # Bytes, because compare_digest raises TypeError on a str that is not ASCII.
    if not compare_digest(given.encode("utf-8", "surrogatepass"), nonce.reveal().encode("ascii")):
        raise errors.UnusableResponse(
            "Webex's response belongs to another sign-in: its ID token has another nonce.",
            START_AGAIN,
        )


def _bearer(access_token: Secret) -> dict[str, str]:
    if not is_visible_ascii(access_token.reveal()):
        raise errors.AccessTokenRejected(
            "The access token holds characters a token cannot have.", "Sign in again."
        )
    return {"Authorization": f"Bearer {access_token.reveal()}"}
