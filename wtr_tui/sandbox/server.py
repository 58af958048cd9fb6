"""The sockets of the sandbox: HTTP/1.1 with connections kept alive, a thread for each."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn

from wtr_tui.sandbox.messages import Answer, HttpRequest, Refusal

# The second is for datagrams: socketserver has one signature for both.
_Received = socket.socket | tuple[bytes, socket.socket]

_LARGEST_BODY = 64 * 1024
_IDLE_SECONDS = 60.0


class Server(ThreadingMixIn, TCPServer):
    """Listens on 127.0.0.1 from construction; answers from :meth:`start` to :meth:`stop`."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        respond: Callable[[HttpRequest, ServedConnection], None],
        clock: Callable[[], datetime],
    ) -> None:
        """``respond`` sends the answer through the connection it is given."""
        self.respond = respond
        self.clock = clock
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self._accepting: threading.Thread | None = None
        super().__init__(("127.0.0.1", port), ServedConnection)
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


class ServedConnection(BaseHTTPRequestHandler):
    """One client's connection; requests on it are answered one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS
    server: Server

    def _serve(self) -> None:
        self._now = self.server.clock()
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            request = HttpRequest.parse(self.command, self.path, headers, self._body(), self._now)
        except Refusal as refusal:
            self.close_connection = True
            self.send(refusal.answer())
        except ValueError:
            self.close_connection = True
            self.send(Refusal(400, "The request cannot be decoded.").answer())
        else:
            self.server.respond(request, self)

    def send(self, answer: Answer) -> None:
        self.connection.sendall(b"".join(self.encoded(answer)))

    def encoded(self, answer: Answer) -> tuple[bytes, bytes]:
        """Head and body as HTTP/1.1. The answer's own headers win, a wrong Content-Length too."""
        headers = {
            "Date": format_datetime(self._now.astimezone(timezone.utc), usegmt=True),
            "Content-Length": str(len(answer.body)),
            **({"Connection": "close"} if self.close_connection else {}),
            **answer.headers,
        }
        try:
            phrase = HTTPStatus(answer.status).phrase
        except ValueError:
            phrase = "Unknown"
        lines = [f"HTTP/1.1 {answer.status} {phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        return head, b"" if self.command == "HEAD" else answer.body

    def _body(self) -> bytes:
        if "transfer-encoding" in self.headers:
            raise Refusal(411, "A Content-Length is required.")
        length = self.headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            raise Refusal(400, "The Content-Length is no number.")
        if int(length) > _LARGEST_BODY:
            raise Refusal(413, "The body is too large.")
        return self.rfile.read(int(length))

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: the terminal belongs to the program."""

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve
