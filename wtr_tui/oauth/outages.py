"""No answer, or no end of it: which failure that is, and why, in words."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

from wtr_tui.errors import (
    OutcomeUnknown,
    ServerDetails,
    TemporaryError,
    UntrustedServer,
    UnusableResponse,
    WtrError,
)
from wtr_tui.oauth.asking import START_AGAIN, Asking
from wtr_tui.text import cleaned


def outage(reason: str, asking: Asking, *, sent: bool) -> WtrError:
    """The failure that no answer stands for; ``sent``: the request may have arrived."""
    if asking is Asking.EXCHANGE and sent:
        return OutcomeUnknown(
            f"The code was sent to Webex, but whether it took it is unknown: {reason}.",
            START_AGAIN,
        )
    return TemporaryError(f"Webex could not be asked to {asking.value}: {reason}.", asking.what_now)


def untrusted_server(host: str, problem: str, asking: Asking) -> UntrustedServer:
    """The failure that a certificate which was not accepted stands for."""
    return UntrustedServer(
        f"Webex was not asked to {asking.value}: "
        f"{host} shows a certificate that is not to be trusted ({problem}).",
        "If a company's proxy looks into encrypted connections, name a file with its CA "
        "certificate: caFile in the settings, or $SSL_CERT_FILE.",
    )


def oversized(status: int, asking: Asking) -> UnusableResponse:
    """The failure that an endless answer stands for."""
    return UnusableResponse(
        f"Asked to {asking.value}, the server gave more than a megabyte (HTTP {status}).",
        f"Check the base URL and the proxy. {asking.what_now}".rstrip(),
        details=ServerDetails(status),
    )


def untrusted(error: BaseException) -> str | None:
    """What is wrong with the certificate the server presented; None if that is not it."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cleaned(cause.verify_message or cause.reason or "unknown reason")
    return None


def why(error: BaseException, peer: str) -> str:
    """The reason in half a sentence. ``peer`` is whom the request was talking to, in words."""
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return f"there is no address for {peer} (DNS)"
        if isinstance(cause, ssl.SSLError):
            return f"no encrypted connection to {peer} ({cleaned(cause.reason or 'TLS error')})"
        if isinstance(cause, ConnectionRefusedError):
            return f"{peer} refuses the connection"
        if isinstance(cause, ConnectionResetError | BrokenPipeError):
            return f"{peer} broke the connection"
        if isinstance(cause, TimeoutError):
            return f"no answer from {peer} in time"
        if isinstance(cause, OSError) and cause.errno in _NO_NETWORK:
            return f"there is no way to {peer} (is the network or the VPN down?)"
    words = cleaned(str(error), 100).rstrip(".") or type(error).__name__
    return f"{peer} broke the connection, or spoke no HTTP ({words})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


_NO_NETWORK = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})
