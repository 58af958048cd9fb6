"""One HTTP request and its answer, within limits. The only module that knows httpx.

It knows nothing of OAuth: what an answer means, and what to say when there is none, is for
``client``.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx
import truststore

from wtr_tui import __version__
from wtr_tui.errors import SettingsError
from wtr_tui.oauth.answer import Answer
from wtr_tui.oauth.deadline import DeadlinePassed, Line, within
from wtr_tui.oauth.outages import untrusted, why
from wtr_tui.oauth.proxies import LOOPBACK_HOSTS, proxy_for, proxy_variables
from wtr_tui.text import cleaned

HttpClient: TypeAlias = httpx.Client

LARGEST_ANSWER = 1024 * 1024
"""Bytes. A real answer has a few hundred."""

CONNECT_TIMEOUT = 10.0
"""Seconds, for each address of the server."""


class Unanswered(Exception):
    """No whole answer came: ``reason`` in half a sentence.

    ``sent`` says that the server may have received the request.
    """

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


class Untrusted(Exception):
    """The server's certificate was not accepted: ``problem`` in the words of the TLS library."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class Oversized(Exception):
    """The answer is larger than LARGEST_ANSWER; the rest of it was not read."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


def http(ca_file: Path | None = None) -> HttpClient:
    """What connects to Webex; may be shared by many clients.

    It trusts the authorities the system trusts, and the ones in ``ca_file``; nothing turns the
    check of certificates off. It goes through the proxies of the environment, but never to
    this machine itself. Each request has its own connection, so that every one of them can be
    cut (see ``deadline``) and a code is never sent into a connection the server has just
    closed. Raises SettingsError where the CA file or a proxy variable cannot be used.
    """
    context = _tls(ca_file)
    try:
        return httpx.Client(
            verify=context,
            mounts={
                f"all://[{host}]" if ":" in host else f"all://{host}": None
                for host in LOOPBACK_HOSTS
            },
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            # One client serves many profiles: what a server sets for one is never kept.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            headers={
                "Accept": "application/json",
                # What is not compressed cannot grow past the limit while it is unpacked.
                "Accept-Encoding": "identity",
                "User-Agent": f"wtr-tui/{__version__}",
            },
        )
    except (ValueError, ImportError, httpx.InvalidURL):
        # Not chained: its message repeats the variable, with the password in it.
        names = ", ".join(f"${name}" for name in (*proxy_variables(os.environ), "NO_PROXY"))
        raise SettingsError(
            f"The environment names a proxy in a way that cannot be used ({names}).",
            "A proxy has to look like http://proxy.example.com:3128.",
        ) from None


def host_of(url: str) -> str:
    """The host of a base URL. Raises SettingsError unless it is https, or http to this machine.

    The settings check the same for the person; here it keeps a secret from ever leaving in
    the clear (RFC 6749 §3.2).
    """
    try:
        parts = httpx.URL(url)
        host = parts.host  # an "xn--" name is decoded here, and may be none
        urlsplit(url).port  # noqa: B018 - httpx takes a port that no computer has
    except (httpx.InvalidURL, ValueError) as error:
        raise SettingsError(f"The base URL is none: {cleaned(str(error), 100)}.") from error
    if host and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK_HOSTS)):
        return host
    raise SettingsError(
        "The base URL has to begin with https://.",
        "Webex's own is https://webexapis.com/v1.",
    )


def fetch(
    client: HttpClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    content: bytes | None = None,
    seconds: float,
) -> Answer:
    """The answer to one request, all of it within ``seconds``; redirects are not followed.

    Raises Unanswered, Untrusted (nothing was sent) or Oversized.
    """
    line = Line()
    request = client.build_request(
        method,
        url,
        headers=dict(headers),
        content=content,
        timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_TIMEOUT)),
        extensions={"trace": line.trace},
    )
    try:
        return within(seconds, line, lambda: _read(client, request), _is_whole)
    except DeadlinePassed as error:
        reason = f"no answer from {_peer(url, line)} within {round(seconds, 1):g} s"
        raise Unanswered(reason, sent=line.sent) from error
    except httpx.ProxyError as error:
        reason = f"{_peer(url, line)} says “{cleaned(str(error), 100)}”"
        raise Unanswered(reason, sent=line.sent) from error
    except httpx.TransportError as error:
        if (problem := untrusted(error)) is not None:
            raise Untrusted(problem) from error
        reason = why(error, _peer(url, line))
        raise Unanswered(reason, sent=line.sent) from error


def _read(client: HttpClient, request: httpx.Request) -> Answer:
    response = client.send(request, stream=True)
    try:
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > LARGEST_ANSWER:
                raise Oversized(response.status_code)
    finally:
        response.close()
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, bytes(body))


def _is_whole(answer: Answer) -> bool:
    # Half an object is no JSON; without a Content-Length nothing else tells.
    return answer.members is not None


def _peer(url: str, line: Line) -> str:
    """Whom the request was talking to: as long as nothing was sent, that is the proxy."""
    host = httpx.URL(url).host
    proxy = proxy_for(url, os.environ)
    if proxy is None:
        return host
    return f"{host} (through {proxy.words()})" if line.sent else proxy.words()


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    named = os.environ.get("SSL_CERT_FILE")
    if named and not Path(named).is_file():
        # OpenSSL would go on without it, and then trust nobody.
        raise SettingsError(
            f"$SSL_CERT_FILE names {cleaned(named)}, which is not a file.",
            "Unset it, or name a file of CA certificates.",
        )
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=str(ca_file))
        except ssl.SSLError as error:
            raise SettingsError(
                f"The CA file {cleaned(str(ca_file))} holds no certificate in PEM form.",
                "It begins with -----BEGIN CERTIFICATE-----.",
            ) from error
        except OSError as error:
            raise SettingsError(
                f"The CA file {cleaned(str(ca_file))} cannot be read: {error.strerror}.",
                "Correct caFile in the settings.",
            ) from error
    return context
