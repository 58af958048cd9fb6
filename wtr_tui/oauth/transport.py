"""One HTTP request and its response, within limits of time and size, by httpx.

A socket's time limit is for one read: a server that sends a byte now and then never exceeds it, and
a name lookup has none at all. So each request runs on a thread of its own, and its connection is
shut down when its time is over. What responses mean is in ``responses``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import truststore

from wtr_tui import __version__
from wtr_tui.errors import ServerDetails, SettingsError, UntrustedServer, UnusableResponse
from wtr_tui.oauth.proxies import proxy_for
from wtr_tui.oauth.responses import Purpose, Response, no_response_error
from wtr_tui.text import cause, cleaned

HttpClient: TypeAlias = httpx.Client

LARGEST_RESPONSE = 1024 * 1024
"""Bytes. A real response has a few hundred."""

CONNECT_TIMEOUT = 5.0
"""Seconds, for each address of the server."""

CONNECT_RETRIES = 2
"""How often a failed connection without a proxy is tried again, at once and after half a second: an
authorization code is valid for minutes only. No request is sent twice."""

LAST_LOOK = 2.0
"""Seconds to read a response that has already arrived when the time is over."""


def http_client(base_url: str, ca_file: Path | None = None) -> HttpClient:
    """Return an HTTP client for ``base_url``, which many :class:`WebexClient` may share.

    It trusts the system's certificate authorities and those in ``ca_file``; certificates are
    always verified. It uses the environment's proxy, except for this machine. Each request has its
    own connection, so that it can be shut down, and no code is sent on a connection that the server
    has just closed. Raise SettingsError where the CA file or the proxy is unusable.
    """
    tls = _tls_context(ca_file)
    through = proxy_for(base_url, os.environ)
    proxy = None
    if through is not None:
        is_login = through.user or through.password
        proxy = httpx.Proxy(
            through.address,
            auth=(through.user, through.password.reveal()) if is_login else None,
            ssl_context=tls if through.address.startswith("https:") else None,
        )
    return httpx.Client(
        transport=httpx.HTTPTransport(
            verify=tls,
            limits=httpx.Limits(max_keepalive_connections=0),
            retries=CONNECT_RETRIES,
            proxy=proxy,
        ),
        trust_env=False,
        follow_redirects=False,
        # Many profiles share a client, so no cookie is kept.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        headers={
            "Accept": "application/json",
            # Without compression no response can exceed the limit while it is unpacked.
            "Accept-Encoding": "identity",
            "User-Agent": f"wtr-tui/{__version__}",
        },
    )


def fetch(
    client: HttpClient,
    purpose: Purpose,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    content: bytes | None = None,
    seconds: float,
) -> Response:
    """Return the whole response to one request, or fail within ``seconds``.

    Redirects are not followed. Raise UntrustedServer for the certificate, and without a whole
    response the errors of :func:`no_response_error`.
    """
    connection = RequestConnection()
    request = client.build_request(
        method,
        url,
        headers=dict(headers),
        content=content,
        timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_TIMEOUT)),
        extensions={"trace": connection.trace},
    )
    try:
        response = _read_within(seconds, connection, lambda: _read(client, request, purpose))
    except httpx.TransportError as error:
        causes = list(_causes(error))
        for each in causes:
            if isinstance(each, ssl.SSLCertVerificationError):
                problem = cleaned(each.verify_message or each.reason or "unknown reason")
                raise UntrustedServer(
                    f"Webex was not asked to {purpose.value}: {request.url.host} shows a"
                    f" certificate that is not to be trusted ({problem}).",
                    "If a company's proxy looks into encrypted connections, name a file with its"
                    " CA certificate: caFile in the settings, or $SSL_CERT_FILE.",
                ) from error
        reason = _reason(causes, _peer(url, connection))
        raise no_response_error(reason, purpose, sent=connection.sent) from error
    if response is None:
        reason = f"no answer from {_peer(url, connection)} within {round(seconds, 1):g} s"
        raise no_response_error(reason, purpose, sent=connection.sent)
    return response


def _read(client: HttpClient, request: httpx.Request, purpose: Purpose) -> Response:
    response = client.send(request, stream=True)
    try:
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > LARGEST_RESPONSE:
                raise UnusableResponse(
                    f"Asked to {purpose.value}, the server gave more than a megabyte"
                    f" (HTTP {response.status_code}).",
                    f"Check the base URL and the proxy. {purpose.what_now}",
                    details=ServerDetails(response.status_code),
                )
    finally:
        response.close()
    headers = {name.lower(): value for name, value in response.headers.items()}
    content = _unpacked(bytes(body), headers.get("content-encoding", ""))
    return Response(response.status_code, headers, content)


def _unpacked(body: bytes, encoding: str) -> bytes:
    """Decompress a body that a proxy has compressed unasked, up to the size limit.

    Rejecting it would lose the new refresh token where the server has rotated it.
    """
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return body
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, LARGEST_RESPONSE)
    except zlib.error:
        return body


def _peer(url: str, connection: RequestConnection) -> str:
    """Name the peer of the request: the proxy, as long as nothing was sent."""
    host = httpx.URL(url).host
    proxy = proxy_for(url, os.environ)
    if proxy is None:
        return host
    return f"{host} (through {proxy})" if connection.sent else str(proxy)


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    named = os.environ.get("SSL_CERT_FILE")
    # Path.is_file raises for a name that is too long, and in a folder that may not be searched.
    is_file = named and os.path.isfile(named)  # noqa: PTH113 - a text
    if named and not (is_file and os.access(named, os.R_OK)):
        # OpenSSL would ignore it, and then trust no authority.
        raise SettingsError(
            f"$SSL_CERT_FILE names {cleaned(named)}, which is not a file that can be read.",
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
                f"The CA file {cleaned(str(ca_file))} cannot be read: {cause(error)}.",
                "Correct caFile in the settings.",
            ) from error
    return context


def _reason(causes: Sequence[BaseException], peer: str) -> str:
    """Return the reason as a clause; ``peer`` names the other end."""
    for each in causes:
        if isinstance(each, socket.gaierror):
            return f"there is no address for {peer} (DNS)"
        if isinstance(each, ssl.SSLError):
            return f"no encrypted connection to {peer} ({cleaned(each.reason or 'TLS error')})"
        if isinstance(each, ConnectionRefusedError):
            return f"{peer} refuses the connection"
        if isinstance(each, ConnectionResetError | BrokenPipeError):
            return f"{peer} broke the connection"
        if isinstance(each, TimeoutError):
            return f"no answer from {peer} in time"
        if isinstance(each, OSError) and each.errno in _NO_NETWORK:
            return f"there is no way to {peer} (is the network or the VPN down?)"
    words = cleaned(str(causes[0]), 100).rstrip(".") or type(causes[0]).__name__
    if isinstance(causes[0], httpx.ProxyError):
        return f"{peer} says “{words}”"
    return f"{peer} broke the connection, or spoke no HTTP ({words})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


_NO_NETWORK = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


class RequestConnection:
    """The connection of one request, observed by httpx's extension "trace".

    ``sent`` says that sending has begun, so that the server may have received the request.
    """

    def __init__(self) -> None:
        self.sent = False
        self._socket: socket.socket | None = None
        self._is_cut = False
        self._lock = threading.Lock()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take one event of the request from httpx."""
        if event == "http11.send_request_headers.started":
            # A CONNECT goes to the proxy and is not the request.
            self.sent = self.sent or info["request"].method != b"CONNECT"
        # TLS moves the connection into a new socket object and empties the old one.
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
                if self._is_cut:
                    self._shut()

    def cut(self) -> None:
        """Shut the connection down now, or as soon as there is one."""
        with self._lock:
            self._is_cut = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            # The method of the plain socket: the TLS one would change the state that another
            # thread is reading from. It fails where the connection has ended already.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _read_within(
    seconds: float, connection: RequestConnection, read: Callable[[], Response]
) -> Response | None:
    """Return what ``read`` returns, or raise what it raises; return None after ``seconds``.

    A response that has arrived by then is still read: a process that was suspended for longer
    (SIGSTOP, a laptop's sleep) finds in its socket perhaps the only valid refresh token.
    """
    outcome: Future[Response] = Future()

    def run() -> None:
        try:
            outcome.set_result(read())
        except BaseException as error:  # raised in the waiting thread instead
            outcome.set_exception(error)

    # A daemon, so that a name lookup that hangs does not keep the program from ending.
    threading.Thread(target=run, name="webex request", daemon=True).start()
    until = time.monotonic() + seconds
    try:
        wait([outcome], max(0.0, seconds))
        if not outcome.done():
            if time.monotonic() > until + 1.0:
                # Woken much too late: the process was suspended, and so was the reader.
                wait([outcome], LAST_LOOK)
            connection.cut()
            if connection.sent:
                # The reader gets what has arrived, and fails if that is not the whole response.
                wait([outcome], LAST_LOOK)
            # Without a Content-Length, only invalid JSON shows that a response is incomplete.
            is_read = outcome.done() and outcome.exception() is None
            if not is_read or outcome.result().members is None:
                return None
        return outcome.result()
    finally:
        # Also where the user interrupts the waiting; harmless after the response.
        connection.cut()
