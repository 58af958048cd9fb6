"""A server on loopback that answers as it is told, in every wrong way too."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qsl

ENDLESS = 30.0
"""Seconds a misbehaving server goes on at most: far longer than any test waits for."""

Reply = Callable[[socket.socket, threading.Event], None]


@dataclass(frozen=True)
class Received:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("ascii"), keep_blank_values=True))


class Endpoint:
    """A server that gives each request the next of the replies it was told, as they are."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.was_cut = threading.Event()
        self._replies: deque[Reply] = deque()
        self._over = threading.Event()
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))  # taken, and refusing until it listens
        self.port: int = self._socket.getsockname()[1]

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def listen(self) -> None:
        self._socket.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        self._over.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def reply(self, *replies: Reply) -> None:
        self._replies.extend(replies)

    def answer(
        self, body: object, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        self.reply(answering(body, status, headers))

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                self.received.append(received(connection))
                reply = self._replies.popleft() if self._replies else close
                reply(connection, self._over)
            except OSError:
                self.was_cut.set()


def received(connection: socket.socket) -> Received:
    stream = connection.makefile("rb")
    first = stream.readline()
    if not first:  # the client has gone
        raise ConnectionResetError
    method, target, _ = first.decode("ascii").split(" ")
    headers = {}
    while (line := stream.readline().strip()) != b"":
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return Received(method, target, headers, stream.read(int(headers.get("content-length", 0))))


def answering(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """A whole answer; a body that is no text is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode("ascii")
    kind = "text/html" if content.lstrip().startswith(b"<") else "application/json"
    lines = {"Content-Type": kind, "Content-Length": str(len(content)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return raw(f"HTTP/1.1 {status} x\r\n{head}\r\n".encode("latin-1") + content)


def raw(sent: bytes) -> Reply:
    return lambda connection, over: connection.sendall(sent)


def hang(connection: socket.socket, over: threading.Event) -> None:
    connection.settimeout(ENDLESS)
    if connection.recv(1) == b"":  # the client has gone
        raise ConnectionResetError


def reset(connection: socket.socket, over: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(connection: socket.socket, over: threading.Event) -> None:
    """The connection ends in order, without a byte."""


def dripping(before: bytes, drop: bytes) -> Reply:
    """Something now and then, for ever: no single read is ever late."""

    def reply(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(before)
        until = time.monotonic() + ENDLESS
        while not over.wait(0.02) and time.monotonic() < until:
            connection.sendall(drop)

    return reply


def flood(connection: socket.socket, over: threading.Event) -> None:
    """100 MB, whose length is not told beforehand."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    for _ in range(1600):
        connection.sendall(b" " * 65_536)


TRUNCATED = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"{")
DRIPPING_HEAD = dripping(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n")
DRIPPING_BODY = dripping(b"HTTP/1.1 200 OK\r\n\r\n{", b" ")
