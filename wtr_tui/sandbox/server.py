"""The sockets of the stand-in: HTTP/1.1 with connections kept alive, a thread for each."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn

from wtr_tui.sandbox.answer import Answer, ApiRefusal, api_error
from wtr_tui.sandbox.delivery import fall_silent, send, wire
from wtr_tui.sandbox.faults import Fault
from wtr_tui.sandbox.request import Request, received

Outcome = tuple[Answer | None, Fault | None, float]
"""The answer (None: there will be none), what goes wrong with it, and its delay in seconds."""

_Received = socket.socket | tuple[bytes, socket.socket]
# The second is for datagrams: socketserver has one signature for both.

_LARGEST_BODY = 64 * 1024
_IDLE = 60.0


class Server(ThreadingMixIn, TCPServer):
    """Listens on 127.0.0.1 from construction; answers from :meth:`start` to :meth:`stop`."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        answer: Callable[[Request], Outcome],
        clock: Callable[[], datetime],
        tls: ssl.SSLContext | None,
    ) -> None:
        self.tls = tls
        self.answer = answer
        self.clock = clock
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self._accepting: threading.Thread | None = None
        super().__init__(("127.0.0.1", port), _Connection)
        self.port: int = self.socket.getsockname()[1]

    def start(self) -> None:
        self._accepting = threading.Thread(
            target=self._accept, name=f"sandbox-{self.port}", daemon=True
        )
        self._accepting.start()

    def stop(self) -> None:
        """Ends every connection, those that hang too, and frees the port."""
        self.stopping.set()
        if self._accepting is not None:
            # One last connection wakes the accepting thread: no polling while it waits.
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            self._accepting.join(timeout=5)
        self.server_close()
        with self._open_lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self.stopping.is_set():
            self.handle_request()

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        if self.tls is not None:
            # The connection's own thread shakes hands, at its first read.
            connection = self.tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def process_request(self, request: _Received, client_address: object) -> None:
        assert isinstance(request, socket.socket)
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Received) -> None:
        assert isinstance(request, socket.socket)
        with self._open_lock:
            self._open.discard(request)
        # Closing alone: shutting down first would turn a reset into an orderly end.
        request.close()

    def handle_error(self, request: _Received, client_address: object) -> None:
        """A client that goes away is its own business; anything else is a fault of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _IDLE
    server: Server

    def _serve(self) -> None:
        now = self.server.clock()
        try:
            request = received(
                self.command,
                self.path,
                {name.lower(): value for name, value in self.headers.items()},
                self._body(),
                now,
            )
        except ApiRefusal as refusal:
            self.close_connection = True
            self._send(api_error(refusal), None, now)
            return
        except ValueError:
            self.close_connection = True
            self._send(api_error(ApiRefusal(400, "The request cannot be decoded.")), None, now)
            return
        answer, fault, delay = self.server.answer(request)
        if delay:
            self.server.stopping.wait(delay)
        if answer is None:
            assert fault is not None
            self.close_connection = True
            fall_silent(self.connection, fault, self.server.stopping)
        else:
            self._send(answer, fault, now)

    def _body(self) -> bytes:
        if "transfer-encoding" in self.headers:
            raise ApiRefusal(411, "A Content-Length is required.")
        length = self.headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            raise ApiRefusal(400, "The Content-Length is no number.")
        if int(length) > _LARGEST_BODY:
            raise ApiRefusal(413, "The body is too large.")
        return self.rfile.read(int(length))

    def _send(self, answer: Answer, fault: Fault | None, now: datetime) -> None:
        head, body = wire(answer, now, closes=self.close_connection)
        if self.command == "HEAD":
            body = b""
        send(self.connection, head, body, fault, self.server.stopping)

    def log_message(self, format: str, *arguments: object) -> None:
        """The sandbox keeps its own log of requests; the terminal belongs to the program."""

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve
