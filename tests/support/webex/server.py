"""A server that tests can stop whatever its connections do, with TLS where it has a certificate."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from datetime import datetime

from wtr_tui.sandbox import http
from wtr_tui.sandbox.http import HttpRequest, ServedConnection

# The second is for datagrams: socketserver has one signature for both.
_Received = socket.socket | tuple[bytes, socket.socket]


class Server(http.Server):
    def __init__(
        self,
        port: int,
        respond: Callable[[HttpRequest, ServedConnection], None],
        clock: Callable[[], datetime],
        tls: ssl.SSLContext | None,
    ) -> None:
        self._tls = tls
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(port, respond, clock)

    def stop(self) -> None:
        """Ends every connection, those that hang too, and frees the port."""
        self.stopping.set()
        super().stop()
        with self._open_lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        if self._tls is not None:
            # The connection's own thread shakes hands, at its first read.
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        with self._open_lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: _Received) -> None:
        assert isinstance(request, socket.socket)
        with self._open_lock:
            self._open.discard(request)
        # Closing alone: shutting down first would turn a reset into an orderly end.
        request.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is its own business; anything else is a fault of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super(http.Server, self).handle_error(request, client_address)  # type: ignore[arg-type]  # any will do


def stopping(connection: ServedConnection) -> threading.Event:
    """Set once the connection's server is to stop."""
    assert isinstance(connection.server, Server)
    return connection.server.stopping
