"""One HTTP request and its response, within limits. The only module of ``oauth`` that knows httpx.

What a response means, and what to say when there is none, is for ``responses``.

The limits a socket knows are for one read: a server that sends a byte now and then is never
late, and a name lookup knows no limit at all. So a request runs on a thread of its own, and
whoever waits for it waits only so long, and then cuts its connection.
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
from wtr_tui.oauth.responses import Purpose, Response, outage
from wtr_tui.text import cause, cleaned

HttpClient: TypeAlias = httpx.Client

LARGEST_RESPONSE = 1024 * 1024
"""Bytes. A real response has a few hundred."""

CONNECT_TIMEOUT = 5.0
"""Seconds, for each address of the server."""

CONNECT_RETRIES = 2
"""How often connecting is tried again where no proxy is in between, at once and half a second
later: a code is good for minutes, once. Nothing is sent twice."""

LAST_LOOK = 2.0
"""Seconds for taking in a response that has arrived when the time is up."""


def http(base_url: str, ca_file: Path | None = None) -> HttpClient:
    """What connects to ``base_url``; may be shared by many clients.

    It trusts the authorities the system trusts, and the ones in ``ca_file``; nothing turns the
    check of certificates off. It goes through the proxy that the environment has for it, but never
    to this machine itself. Each request has its own connection, so that every one of them can be
    cut and a code is never sent into a connection the server has just closed. Raises
    SettingsError where the CA file or the proxy cannot be used.
    """
    tls = _tls(ca_file)
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
        # One client serves many profiles: what a server sets for one is never kept.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        headers={
            "Accept": "application/json",
            # What is not compressed cannot grow past the limit while it is unpacked.
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
    """The response to one request, all of it within ``seconds``; redirects are not followed.

    Raises the errors of :mod:`wtr_tui.oauth.responses` where no whole response came.
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
        response = _within(seconds, line, lambda: _read(client, request, purpose))
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
        raise outage(_why(causes, _peer(url, line)), purpose, sent=line.sent) from error
    if response is None:
        reason = f"no answer from {_peer(url, line)} within {round(seconds, 1):g} s"
        raise outage(reason, purpose, sent=line.sent)
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
    """What a proxy has compressed though nobody asked for it; a bomb is cut at the limit.

    Thrown away, it would take the refresh token with it where the server has replaced that.
    """
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return body
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, LARGEST_RESPONSE)
    except zlib.error:
        return body


def _peer(url: str, line: Line) -> str:
    """Whom the request was talking to: as long as nothing was sent, that is the proxy."""
    host = httpx.URL(url).host
    proxy = proxy_for(url, os.environ)
    if proxy is None:
        return host
    return f"{host} (through {proxy})" if line.sent else str(proxy)


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
                f"The CA file {cleaned(str(ca_file))} cannot be read: {cause(error)}.",
                "Correct caFile in the settings.",
            ) from error
    return context


def _why(causes: Sequence[BaseException], peer: str) -> str:
    """The reason in half a sentence; ``peer`` names the other end."""
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


class Line:
    """The connection of one request, as its trace shows it (httpx: Extensions, "trace").

    ``sent`` says that sending has begun: from then on the server may have received the
    request. Until then it certainly has not.
    """

    def __init__(self) -> None:
        self.sent = False
        self._socket: socket.socket | None = None
        self._is_cut = False
        self._lock = threading.Lock()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by the HTTP library at each step of the request."""
        if event == "http11.send_request_headers.started":
            # The CONNECT to a proxy is not the request: the proxy is not the server.
            self.sent = self.sent or info["request"].method != b"CONNECT"
        # TLS moves the connection into a new socket object and empties the old one.
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
                if self._is_cut:
                    self._shut()

    def cut(self) -> None:
        """Ends the connection now, or as soon as there is one."""
        with self._lock:
            self._is_cut = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            # The plain socket's own shutdown: the TLS one would change what another
            # thread is reading from. It fails where the connection is over already.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _within(seconds: float, line: Line, read: Callable[[], Response]) -> Response | None:
    """What ``read`` gives, or raises; None where it takes longer than ``seconds``.

    What has arrived by then is still taken in. A process that was stopped for longer than its
    time limit (SIGSTOP, a laptop asleep) finds the answer in its socket, and with it, maybe,
    the only refresh token that is still good.
    """
    outcome: Future[Response] = Future()

    def run() -> None:
        try:
            outcome.set_result(read())
        except BaseException as error:  # whatever it is, it belongs to whoever waits
            outcome.set_exception(error)

    # A daemon: a name lookup that hangs does not keep the program from ending.
    threading.Thread(target=run, name="webex request", daemon=True).start()
    until = time.monotonic() + seconds
    try:
        wait([outcome], max(0.0, seconds))
        if not outcome.done():
            if time.monotonic() > until + 1.0:
                # Woken much too late: the process was stopped, and so was the reader.
                wait([outcome], LAST_LOOK)
            line.cut()
            if line.sent:
                # What has arrived is read to its end; where that is not all, the reader fails now.
                wait([outcome], LAST_LOOK)
            # Half an object is no JSON; without a Content-Length nothing else shows it.
            is_read = outcome.done() and outcome.exception() is None
            if not is_read or outcome.result().members is None:
                return None
        return outcome.result()
    finally:
        # Also when the user interrupts the waiting. Harmless where all is over.
        line.cut()
