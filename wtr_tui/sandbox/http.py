"""The sandbox's HTTP: requests, responses, Webex's two formats of errors, and a server."""

from __future__ import annotations

import http.client
import json
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from urllib.parse import parse_qsl, urlsplit

_LARGEST_BODY = 64 * 1024
_IDLE_SECONDS = 60.0


class Parameters(dict[str, str]):
    """The parameters of a query or form by name; a repeated one has its first value.

    ``pairs`` has all of them. Raise ValueError for invalid UTF-8 and for more than 100 fields.
    """

    def __init__(self, encoded: str = "") -> None:
        self.pairs = parse_qsl(encoded, keep_blank_values=True, errors="strict", max_num_fields=100)
        super().__init__(reversed(self.pairs))

    def text(self, name: str) -> str:
        """Return a parameter's value; "" for none, which means the same (RFC 6749 §3.1)."""
        return self.get(name, "")


@dataclass(frozen=True)
class HttpRequest:
    """A request. The names in ``headers`` are lower-case."""

    method: str
    path: str
    query: Parameters
    form: Parameters
    headers: Mapping[str, str]
    body: bytes
    at: datetime

    @classmethod
    def parse(
        cls, method: str, target: str, headers: Mapping[str, str], body: bytes, at: datetime
    ) -> HttpRequest:
        """Parse the query and the form. Raise ValueError where one cannot be decoded."""
        parts = urlsplit(target)
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        is_form = kind == "application/x-www-form-urlencoded"
        form = Parameters(body.decode("ascii")) if is_form else Parameters()
        return cls(method, parts.path, Parameters(parts.query), form, headers, body, at)

    @property
    def members(self) -> dict[str, str]:
        """The strings in a JSON object; empty for any other body."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        pairs = found.items() if isinstance(found, dict) else ()
        return {name: value for name, value in pairs if isinstance(value, str)}


@dataclass(frozen=True)
class HttpResponse:
    """A response. Date and Content-Length are added when it is sent."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class HttpError(Exception):
    """An error response: in OAuth's format with ``error`` (RFC 6749 §5.2), else in Webex's own."""

    def __init__(
        self,
        status: int,
        message: str,
        headers: Mapping[str, str] | None = None,
        *,
        error: str = "",
    ) -> None:
        super().__init__(message)
        content: dict[str, object] = {"message": message, "errors": [{"description": message}]}
        if error:
            content = {"error": error, "error_description": message}
        # Webex spells it trackingID in OAuth errors, and trackingId in the rest of its API.
        name = "trackingID" if error else "trackingId"
        tracking_id = new_tracking_id()
        self.response = json_response(status, {**content, name: tracking_id}, tracking_id, headers)


def oauth_error(error: str, description: str, status: int = 400) -> HttpError:
    challenge = {"WWW-Authenticate": 'Basic realm="sandbox"'} if status == 401 else None
    return HttpError(status, description, challenge, error=error)


def new_tracking_id() -> str:
    return f"ROUTER_{str(uuid.uuid4()).upper()}"


def json_response(
    status: int,
    content: Mapping[str, object],
    tracking_id: str = "",
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    own = {
        "Content-Type": "application/json;charset=UTF-8",
        "Cache-Control": "no-store",
        "trackingid": tracking_id or new_tracking_id(),
    }
    return HttpResponse(status, {**own, **(headers or {})}, json.dumps(content).encode())


class Server(ThreadingMixIn, TCPServer):
    """A server on 127.0.0.1 that listens once constructed and serves from start() to stop().

    ``respond`` sends the response through the connection it is given.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        respond: Callable[[HttpRequest, ServedConnection], None],
        clock: Callable[[], datetime],
    ) -> None:
        self.respond = respond
        self.clock = clock
        super().__init__(("127.0.0.1", port), ServedConnection)
        self.port: int = self.socket.getsockname()[1]

    def start(self) -> None:
        threading.Thread(
            target=self.serve_forever, args=(0.05,), name=f"sandbox-{self.port}", daemon=True
        ).start()

    def stop(self) -> None:
        """Free the port. An open connection ends with its client, or with this process."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore errors: the terminal belongs to the program, and a client may disconnect."""


class ServedConnection(BaseHTTPRequestHandler):
    """A client's connection, on which requests are answered one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS
    server: Server

    def _serve(self) -> None:
        self._now = self.server.clock()
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            request = HttpRequest.parse(self.command, self.path, headers, self._body(), self._now)
        except ValueError:
            self.close_connection = True
            self.send(HttpError(400, "The request cannot be decoded.").response)
        else:
            self.server.respond(request, self)

    def send(self, response: HttpResponse) -> None:
        self.connection.sendall(b"".join(self.encode(response)))

    def encode(self, response: HttpResponse) -> tuple[bytes, bytes]:
        """Return head and body as HTTP/1.1. The response's headers win, even a wrong length."""
        headers = {
            "Date": format_datetime(self._now.astimezone(timezone.utc), usegmt=True),
            "Content-Length": str(len(response.body)),
            **({"Connection": "close"} if self.close_connection else {}),
            **response.headers,
        }
        phrase = http.client.responses.get(response.status, "Unknown")
        lines = [f"HTTP/1.1 {response.status} {phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        return head, b"" if self.command == "HEAD" else response.body

    def _body(self) -> bytes:
        length = int(self.headers.get("content-length", "0"))
        if not 0 <= length <= _LARGEST_BODY or "transfer-encoding" in self.headers:
            raise ValueError("a body of unknown or great length")
        return self.rfile.read(length)

    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing: the terminal belongs to the program."""

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve
