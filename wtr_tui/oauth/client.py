"""Webex's endpoints, each as one method that gives what it is called for or raises why not.

It is synchronous: a refresh runs under a file lock, where a thread is the natural place, and
a command that makes one request does not wait for an event loop to be loaded.
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
from wtr_tui.oauth.responses import START_AGAIN, Purpose, refusal
from wtr_tui.oauth.transport import HttpClient, fetch, http
from wtr_tui.text import is_visible_ascii

if TYPE_CHECKING:
    from wtr_tui.oauth.authorization import AuthorizationRequest

OPENID_SCOPES = frozenset({"openid", "email", "profile", "phone", "address"})
"""The scopes of OpenID Connect (Core §5.4), which only the browser's sign-in can request.

They need no registration on the integration.
"""

_Sent: TypeAlias = tuple[datetime, Mapping[str, object]]
"""When a request was sent, and the JSON object in its response."""


class WebexClient:
    """One integration at Webex. Every method raises a ``WtrError`` where it cannot give that.

    ``total_timeout`` (seconds) limits each request from the name lookup to the last byte.
    ``http`` is used, and not closed, where it is given; ``ca_file`` is not looked at then.
    ``clock_offset`` is the server's clock minus this machine's, as the last response showed.
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
        # The settings check the same for the user; here it keeps a secret from ever leaving in
        # the clear.
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
        """Raises SettingsError where the environment names a proxy that cannot be used."""
        proxy_for(self._base_url, os.environ)

    def warm(self) -> None:
        """Prepares beforehand what the first request would have to wait for; no network."""
        self._connecting()

    def exchange(self, code: Secret, request: AuthorizationRequest) -> Token:
        """The token for the code that answers the request (RFC 6749 §4.1.3, RFC 7636 §4.5).

        It is sent once. Raises OutcomeUnknown where it may have arrived and no response came back.
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
        """A fresh token (RFC 6749 §6); what the response leaves out is kept from ``token``.

        It is sent once. Webex does not rotate refresh tokens, but a server that does takes a
        second use of one for theft, and revokes everything (RFC 9700 §4.14.2).
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
        """A code to enter on another machine (RFC 8628 §3.1).

        Raises DeviceNotSetUp where the integration lacks the redirect URIs for it.
        """
        # This grant does not know those of OpenID Connect.
        possible = (scope for scope in scopes if scope not in OPENID_SCOPES)
        fields = {"client_id": self.app_id, "scope": " ".join(possible)}
        sent_at, members = self._post(Purpose.DEVICE_CODE, "/device/authorize", fields)
        return responses.authorized(members, now=sent_at)

    def device_token(self, authorization: responses.DeviceAuthorization) -> Token:
        """The token, once the code was entered (RFC 8628 §3.4).

        Raises DevicePending until then; DeviceDenied or DeviceExpired where it never will be.
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
        """Whose token it is; None where it lacks the scopes to know.

        With ``openid`` among its ``scopes``, userinfo is asked where people/me is refused.
        ``seconds`` limits each request instead of ``total_timeout``.
        Raises AccessTokenRejected where the token does not work.
        """
        try:
            return responses.account_from(
                self._get(Purpose.ACCOUNT, "/people/me", access_token, seconds=seconds)
            )
        except errors.WtrError as failure:
            if failure.status != 403 or isinstance(failure, errors.NotWebex):
                raise
        if "openid" in scopes:
            with suppress(errors.WtrError):
                return self.userinfo(access_token, seconds=seconds)
        return None

    def userinfo(self, access_token: Secret, *, seconds: float | None = None) -> Account:
        """Whose token it is, as ``userinfo`` says (OpenID Connect Core §5.3): name and e-mail.

        It needs the scope ``openid``. Raises a WtrError where Webex does not say.
        """
        members = self._get(Purpose.USERINFO, "/userinfo", access_token, seconds=seconds)
        return Account(
            display_name=responses.shown(members.get("name")),
            email=responses.shown(members.get("email")),
        )

    def expiry(self, access_token: Secret) -> datetime | None:
        """Until when Webex itself holds the token for valid; None where it does not say."""
        try:
            members = self._get(Purpose.EXPIRY, "/authorizations/tokenExpiry", access_token)
        except errors.WtrError as failure:
            # Which scope this takes is not documented, so "no" means "unknown".
            if failure.status in {401, 403, 404}:
                return None
            raise
        return responses.instant(members, "exp")

    def mint(self, application_id: str, target_org_id: str, through: Secret) -> Token:
        """The token of a service app for one organisation; its id and secret are this client's.

        ``through`` is the access token of an integration with the scope
        ``spark:applications_token``. Raises AccessTokenRejected where it is not accepted,
        RequestRefused where it lacks the scope or no administrator of the organisation has
        authorised the service app. Source: developer.webex.com, Service Apps.
        """
        for value, name in ((application_id, "application id"), (target_org_id, "target org id")):
            if not value.strip():
                raise errors.SettingsError(f"The {name} of the service app is missing.")
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
        """Revokes the authorization of this App ID in one organisation.

        ``organization`` is its id, "" where it is not known. Only administrators with the scope
        ``identity:tokens_write`` may, and must revoke their own token with it. Raises
        RequestRefused where Webex does not let this user, AccessTokenRejected where the token is
        not accepted (any more), TemporaryError where it may work later: the token lives on then.
        Source: developer.webex.com, Authorizations.
        """
        of = {"orgId": organization} if organization else {}
        query = urlencode({"clientId": self.app_id, **of})
        headers, path = _bearer(access_token), f"/authorizations?{query}"
        self._request(Purpose.REVOKE, "DELETE", path, headers, None, (access_token,))

    def revoke_token(self, token: Token) -> None:
        """Asks for a revocation as RFC 7009 has it; the base URL is the whole address.

        Webex's JavaScript SDK does that for access tokens; for other clients, and for refresh
        tokens, it is not documented. So success means that the request was accepted, and no more.
        Raises WrongClient, RequestRefused or TemporaryError.
        """
        kinds = ((token.refresh_token, "refresh_token"), (token.access_token, "access_token"))
        for secret, hint in kinds:
            if secret is not None:
                fields = {"token": secret.reveal(), "token_type_hint": hint}
                self._post(Purpose.REVOKE_TOKEN, "", fields, (secret,), client_auth="header")

    def _connecting(self) -> HttpClient:
        if self._http is None:
            self._http = http(self._base_url, self._ca_file)
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
        """A form, with client id and secret in it or in the header (RFC 6749 §2.3.1, Basic).

        It is sent once more where the secret was refused and is another one by now.
        """
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if client_auth == "form":
            fields = {**fields, "client_id": self.app_id, "client_secret": self._secret.reveal()}
        elif client_auth == "header":
            pair = f"{self.app_id}:{self._secret.reveal()}".encode("utf-8", "replace")
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
        # A character that cannot be sent (from a broken environment) is refused by Webex as
        # any wrong character is; an exception here would carry the whole form.
        form = urlencode(fields, errors="replace").encode("ascii")
        try:
            return self._request(purpose, "POST", path, headers, form, hidden)
        except errors.WrongClient:
            if client_auth is None or not self._secret.refetch():  # it gives one only once
                raise
        return self._post(purpose, path, fields, hidden, client_auth=client_auth)

    def _get(
        self, purpose: Purpose, path: str, access_token: Secret, *, seconds: float | None = None
    ) -> Mapping[str, object]:
        """The JSON object at ``path``, fetched with an access token (RFC 6750 §2.1)."""
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
        # Some servers say "error" with a status of success.
        if not response.succeeded or members is None or members.get("error"):
            raise refusal(response, purpose, now=now, hidden=(self._secret, *hidden))
        # In the body of a refusal, in the header of a success.
        return sent_at, {responses.TRACKING_ID: response.tracking_id, **members}


def _check_nonce(members: Mapping[str, object], nonce: Secret) -> None:
    """Raises UnusableResponse where an ID token in the response answers another sign-in.

    It comes from the token endpoint over TLS, so its signature need not be looked at (OpenID
    Connect Core §3.1.3.7, 6); a response without one has nothing to be compared.
    """
    id_token = members.get("id_token")
    if id_token is None:
        return
    found = (responses.claims(id_token) or {}).get("nonce") if isinstance(id_token, str) else None
    given = found if isinstance(found, str) else ""
    from secrets import compare_digest  # with all of hashlib, which only a sign-in needs

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
