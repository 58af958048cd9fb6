"""The listener with a crowd at its door: the one answer that counts is served as ever."""

from __future__ import annotations

import asyncio
import gc
import socket
import tracemalloc
from contextlib import AsyncExitStack, suppress

import pytest

from tests.oauth.test_listener import Attempt, listening
from tests.support.waiting import PATIENCE
from wtr_tui.oauth.listener import Limits

IDLE = 200
_FOR_EVER = 10_000.0
# What a head may hold while it is read; more than that would be a leak.
_KEPT = 64 * 1024


async def crowd(stack: AsyncExitStack, attempt: Attempt) -> None:
    """Opens idle connections of every kind: silent, half a head, half a line, both families."""
    for number in range(IDLE):
        address = ("127.0.0.1", "::1")[number % 2 if len(attempt.listener.families) > 1 else 0]
        _, writer = await asyncio.open_connection(address, attempt.port)
        stack.callback(writer.transport.abort)
        writer.write((b"", b"GET /", b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"\0")[number % 4])


@pytest.mark.parametrize("kept", [2 * IDLE, IDLE // 4], ids=["all kept", "most dropped"])
async def test_two_hundred_idle_connections_do_not_keep_the_answer_waiting(kept: int) -> None:
    """B23: none of them ends by itself, so whoever waited for one of them would wait for ever."""
    limits = Limits(connections=kept, head_seconds=_FOR_EVER)
    async with AsyncExitStack() as stack:
        attempt = await stack.enter_async_context(listening(limits=limits))
        await crowd(stack, attempt)
        await asyncio.wait_for(attempt.succeeds(), PATIENCE)
        assert (await attempt.ask("/done")).status == 200


async def test_while_a_crowd_comes_and_goes_the_answer_gets_through() -> None:
    """B23: connections that are opened and dropped for as long as the attempt lasts."""
    async with listening() as attempt:
        over = asyncio.Event()

        async def come_and_go() -> None:
            while not over.is_set():
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", attempt.port)
                    writer.write(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    writer.transport.abort()

        comers = [asyncio.ensure_future(come_and_go()) for _ in range(20)]
        try:
            await asyncio.wait_for(attempt.succeeds(), PATIENCE)
        finally:
            over.set()
            await asyncio.gather(*comers)


async def test_requests_without_number_leave_nothing_in_memory() -> None:
    """B23: whatever thousands of strangers ask, and however they leave."""
    async with listening() as attempt:
        tracemalloc.start()
        try:
            held = []
            for _ in range(3):
                await strangers(attempt, 300)
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()
        # What is made once was made in the first round.
        assert held[2] - held[1] < _KEPT, held
        await attempt.succeeds()


async def strangers(attempt: Attempt, number: int) -> None:
    sent = [
        b"GET /x HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % attempt.port,
        b"GET /s/23456789 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /?code=x&state=bad HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % attempt.port,
        b"\x16\x03\x01\x02\x00\x01",
        b"POST / HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: 5\r\n\r\nabcde" % attempt.port,
        b"GET /" + b"a" * 20_000,
        b"",
    ]
    for start in range(0, number, 50):
        await asyncio.gather(
            *(attempt.raw(sent[i % len(sent)], end=True) for i in range(start, start + 50))
        )
        attempt.steps.clear()


async def test_strangers_on_the_other_side_of_a_dead_line_are_forgotten() -> None:
    """B23: no connection outlives its limit, even where its peer neither speaks nor closes."""
    async with listening(limits=Limits(head_seconds=0.2)) as attempt:
        with SilentPeers() as silent:
            for _ in range(IDLE):
                silent.connect(attempt.port)
            for peer in silent.sockets:
                assert await ended(peer)
        await attempt.succeeds()


class SilentPeers:
    """Sockets that are only opened; closed at the end."""

    def __init__(self) -> None:
        self.sockets: list[socket.socket] = []

    def connect(self, port: int) -> None:
        peer = socket.create_connection(("127.0.0.1", port))
        peer.setblocking(False)
        self.sockets.append(peer)

    def __enter__(self) -> SilentPeers:
        return self

    def __exit__(self, *_: object) -> None:
        for peer in self.sockets:
            peer.close()


async def ended(peer: socket.socket) -> bool:
    """Whether the listener ended the connection, without a word."""
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(loop.sock_recv(peer, 1), PATIENCE) == b""
    except ConnectionError:
        return True
