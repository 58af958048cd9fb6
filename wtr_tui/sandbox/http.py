"""HTTP as the sandbox speaks it: requests, answers, Webex's two shapes of errors, a server."""

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
    """Name to value; of a repeated parameter the first value. ``pairs`` has them all."""

    def __init__(self, encoded: str = "") -> None:
        """Raises ValueError where the text is not UTF-8 once decoded, or has over 100 fields."""
        self.pairs = parse_qsl(encoded, keep_blank_values=True, errors="strict", max_num_fields=100)
        super().__init__(reversed(self.pairs))

    def text(self, name: str) -> str:
        """A parameter without a value means the same as none (RFC 6749 §3.1): both give ""."""
        return self.get(name, "")


@dataclass(frozen=True)
class HttpRequest:
    """``headers`` has lower-case names. Nothing is hidden: tests look for what was sent."""

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
        """Raises ValueError where the query or the form cannot be decoded."""
        parts = urlsplit(target)
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        is_form = kind == "application/x-www-form-urlencoded"
        form = Parameters(body.decode("ascii")) if is_form else Parameters()
        return cls(method, parts.path, Parameters(parts.query), form, headers, body, at)

    @property
    def endpoint(self) -> str:
        """``access_token``, ``people/me`` …: the path below ``/v1/``; else the whole path."""
        return self.path.removeprefix("/v1/")

    @property
    def members(self) -> dict[str, str]:
        """The texts in a JSON object; empty for any other body."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        pairs = found.items() if isinstance(found, dict) else ()
        return {name: value for name, value in pairs if isinstance(value, str)}


@dataclass(frozen=True)
class Answer:
    """Date and length are added when it is sent."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Refusal(Exception):
    """A request that is not carried out; :attr:`answer` says why, in Webex's shape.

    In OAuth's, where that has an error code for it (RFC 6749 §5.2, RFC 8628 §3.5).
    """

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
        # Webex spells it trackingID with OAuth's errors, and trackingId in the rest of its API.
        name = "trackingID" if error else "trackingId"
        tracking_id = new_tracking_id()
        self.answer = json_answer(status, {**content, name: tracking_id}, tracking_id, headers)


def oauth_refusal(error: str, description: str, status: int = 400) -> Refusal:
    challenge = {"WWW-Authenticate": 'Basic realm="sandbox"'} if status == 401 else None
    return Refusal(status, description, challenge, error=error)


def new_tracking_id() -> str:
    return f"ROUTER_{str(uuid.uuid4()).upper()}"


def json_answer(
    status: int,
    content: Mapping[str, object],
    tracking_id: str = "",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    own = {
        "Content-Type": "application/json;charset=UTF-8",
        "Cache-Control": "no-store",
        "trackingid": tracking_id or new_tracking_id(),
    }
    return Answer(status, {**own, **(headers or {})}, json.dumps(content).encode())


class Server(ThreadingMixIn, TCPServer):
    """Listens on 127.0.0.1 from construction; answers from :meth:`start` to :meth:`stop`."""

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
        """``respond`` sends the answer through the connection it is given."""
        self.respond = respond
        self.clock = clock
        super().__init__(("127.0.0.1", port), ServedConnection)
        self.port: int = self.socket.getsockname()[1]

    def start(self) -> None:
        threading.Thread(
            target=self.serve_forever, args=(0.05,), name=f"sandbox-{self.port}", daemon=True
        ).start()

    def stop(self) -> None:
        """Frees the port. A connection that is open ends with its client, or with this process."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: the terminal belongs to the program, and a client may go away."""


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
        except ValueError:
            self.close_connection = True
            self.send(Refusal(400, "The request cannot be decoded.").answer)
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
        phrase = http.client.responses.get(answer.status, "Unknown")
        lines = [f"HTTP/1.1 {answer.status} {phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        return head, b"" if self.command == "HEAD" else answer.body

    def _body(self) -> bytes:
        length = int(self.headers.get("content-length", "0"))
        if not 0 <= length <= _LARGEST_BODY or "transfer-encoding" in self.headers:
            raise ValueError("a body of unknown or great length")
        return self.rfile.read(length)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: the terminal belongs to the program."""

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve
