"""An answer on its way to the client, whole or in one of the ways it can fail to arrive."""

from __future__ import annotations

import socket
import struct
import threading
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus

from wtr_tui.instants import UTC
from wtr_tui.sandbox.answer import Answer
from wtr_tui.sandbox.faults import Fault


def wire(answer: Answer, now: datetime, *, closes: bool) -> tuple[bytes, bytes]:
    """Head and body as HTTP/1.1. The answer's own headers win, a wrong Content-Length too."""
    headers = {
        "Date": format_datetime(now.astimezone(UTC), usegmt=True),
        "Content-Length": str(len(answer.body)),
        **({"Connection": "close"} if closes else {}),
        **answer.headers,
    }
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {answer.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), answer.body


def send(
    connection: socket.socket,
    head: bytes,
    body: bytes,
    fault: Fault | None,
    stopping: threading.Event,
) -> None:
    """Sends at once, or drop by drop until the sandbox stops."""
    if fault is None or not fault.drip:
        connection.sendall(head + body)
        return
    at_once, dripping = (b"", head + body) if fault.drip_part == "head" else (head, body)
    connection.sendall(at_once)
    for position in range(len(dripping)):
        if stopping.wait(fault.drip):
            return
        connection.sendall(dripping[position : position + 1])


def fall_silent(connection: socket.socket, fault: Fault, stopping: threading.Event) -> None:
    """Gives no answer: hangs until the sandbox stops, or has the connection end."""
    if fault.hang:
        stopping.wait()
    elif fault.reset:
        # Closing with a linger time of zero sends RST in place of FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
