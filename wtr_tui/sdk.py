"""Authentication with always valid tokens, for httpx, wxc_sdk and webexpythonsdk.

Both SDKs are optional: each is imported only where it is used.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
from anyio import to_thread

from wtr_tui import api
from wtr_tui.addresses import is_encrypted
from wtr_tui.errors import UsageError, WtrError

if TYPE_CHECKING:
    from datetime import datetime

    from requests import PreparedRequest, Response
    from webexpythonsdk import WebexAPI
    from wxc_sdk.tokens import Tokens as _Tokens
else:
    # Only type checkers see a subclass of the SDK's pydantic model, which would treat the property
    # access_token as a field.
    _Tokens = object

_LARGEST_REPEATED = 16 * 1024 * 1024
"""The largest request body, in bytes, that is kept to repeat the request with a new token."""

_log = logging.getLogger("wtr_tui")


class WebexAuth(httpx.Auth):
    """Authentication of an httpx client with a valid access token, sync and async.

    If Webex answers 401 nevertheless, the token is refreshed once and the request repeated,
    provided its body has a known length up to 16 MiB. Otherwise, and where there is no other token,
    the 401 itself is the response.

    ::

        with httpx.Client(auth=wtr_tui.WebexAuth(), base_url=…) as client:
            client.get("people/me").raise_for_status()

    Sending raises what :func:`wtr_tui.access_token` raises, and UsageError for plain http to
    another machine, which would transmit the token unencrypted.
    """

    def __init__(self, profile: str | None = None) -> None:
        self._source = api.source(profile)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        _require_encryption(request.url)
        token = self._source.access_token()
        repeatable = _is_repeatable(request)
        if repeatable:
            request.read()
        response = yield _signed(request, token)
        if response.status_code == httpx.codes.UNAUTHORIZED and repeatable:
            replacement = self._source.replacement(token)
            if replacement is not None:
                response.read()
                yield _signed(request, replacement)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        _require_encryption(request.url)
        token = await self._source.access_token_async()
        repeatable = _is_repeatable(request)
        if repeatable:
            await request.aread()
        response = yield _signed(request, token)
        if response.status_code == httpx.codes.UNAUTHORIZED and repeatable:
            replacement = await to_thread.run_sync(self._source.replacement, token)
            if replacement is not None:
                await response.aread()
                yield _signed(request, replacement)


class WxcTokens(_Tokens):
    """Tokens for wxc_sdk with an access token that is valid at each access: :func:`wxc_tokens`."""

    token_type = "Bearer"  # noqa: S105 - a kind of token, not one
    refresh_token = None
    """Never exposed, because wtr-tui itself refreshes."""

    def __init__(self, profile: str | None = None) -> None:
        self._source = api.source(profile)

    @property
    def access_token(self) -> str:
        """A token valid now; blocks while it is refreshed."""
        return self._source.access_token()

    @property
    def expires_at(self) -> datetime | None:
        return self._source.expires_at()

    @property
    def remaining(self) -> int:
        """Seconds left of the access token; 0 if unknown."""
        from wtr_tui import clock

        end = self._source.expires_at()
        return 0 if end is None else max(0, int((end - clock.now()).total_seconds()))

    async def prefetch(self, min_left: int = 3600) -> None:
        """Refresh the token in a thread, so that no request has to do so on the event loop.

        ``min_left`` is how many seconds must be left of the token.
        """
        try:
            await self._source.access_token_async(min_left)
        except WtrError as error:
            _log.warning("The access token was not refreshed ahead of time: %s", error)


def wxc_tokens(profile: str | None = None) -> WxcTokens:
    """Return tokens for wxc_sdk with an access token that is valid whenever the SDK reads it.

    ::

        with WebexSimpleApi(tokens=wtr_tui.wxc_tokens()) as api:
            print(api.people.me().display_name)

    The asynchronous ``AsWebexSimpleApi`` reads it on the event loop, which a refresh would block
    for about a second. Before a batch of requests, refresh in a thread::

        tokens = wtr_tui.wxc_tokens()
        async with AsWebexSimpleApi(tokens=tokens) as api:
            await tokens.prefetch()
            …

    The SDK's requests then raise what :func:`wtr_tui.access_token` raises.
    """
    return WxcTokens(profile)


def webex_api(profile: str | None = None, **options: Any) -> WebexAPI:
    """Return webexpythonsdk's ``WebexAPI`` with an access token that is valid at each request.

    ``options`` are those of ``WebexAPI``; ``base_url`` is by default that of the profile. After a
    401 the token is refreshed once and the request repeated, if its body is not a stream. The
    SDK's own property ``access_token`` keeps its first value.

    ::

        api = wtr_tui.webex_api()
        print(api.people.me().displayName)

    This and each request raise what :func:`wtr_tui.access_token` raises.
    """
    from webexpythonsdk import WebexAPI

    source = api.source(profile)
    if "base_url" not in options:
        options["base_url"] = f"{source.base_url()}/"
    client = WebexAPI(access_token=source.access_token(), **options)
    # The SDK fixes the header when it is built, and has no public access to its session.
    client._session._req_session.auth = _RequestsAuth(source)
    return client


class _RequestsAuth:
    """Authentication of a requests session, as :class:`WebexAuth` for httpx."""

    def __init__(self, source: api.Source) -> None:
        self._source = source

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        token = self._source.access_token()
        request.headers["Authorization"] = f"Bearer {token}"

        def repeat(response: Response, **options: Any) -> Response:
            return self._repeated(token, response, options)

        request.register_hook("response", repeat)
        return request

    def _repeated(self, rejected: str, response: Response, options: dict[str, Any]) -> Response:
        request = response.request
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return response
        if not isinstance(request.body, (bytes, str, type(None))):
            return response  # a stream, which has been read
        replacement = self._source.replacement(rejected)
        if replacement is None:
            return response
        _ = response.content  # otherwise the connection is not reused
        response.close()
        again = request.copy()
        again.headers["Authorization"] = f"Bearer {replacement}"
        repeated: Response = response.connection.send(again, **options)
        repeated.history.append(response)
        repeated.request = again
        return repeated


def _signed(request: httpx.Request, token: str) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token}"
    return request


def _is_repeatable(request: httpx.Request) -> bool:
    if "Transfer-Encoding" in request.headers:
        return False
    return int(request.headers.get("Content-Length", 0)) <= _LARGEST_REPEATED


def _require_encryption(url: httpx.URL) -> None:
    if is_encrypted(urlsplit(str(url))):
        return
    raise UsageError(
        f"The access token is not sent to {url.host} over plain http.", "Use an https:// address."
    )
