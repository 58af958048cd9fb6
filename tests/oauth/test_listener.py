"""The listener over real sockets: whatever arrives, the right answer is still received."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import random
import re
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.programs import required
from tests.support.waiting import PATIENCE
from wtr_tui.addresses import RedirectUri
from wtr_tui.model import Secret
from wtr_tui.oauth import listener, pages
from wtr_tui.oauth.authorization import AuthorizationRequest, Granted, Reason, Refused
from wtr_tui.oauth.listener import DEFAULT_LIMITS, GUESSES_ALLOWED, CannotListen, Limits, Listener
from wtr_tui.oauth.steps import BrowserArrived, Noticed

FAMILIES = [
    pytest.param(socket.AF_INET, "127.0.0.1", id="127.0.0.1"),
    pytest.param(socket.AF_INET6, "::1", id="::1"),
]
OnAnswer = Callable[[Granted | Refused], Awaitable[pages.PageContent]]


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as trial:
            trial.bind(("::1", 0))
    except OSError:
        return False
    return True


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def location(self) -> str | None:
        return self.headers.get("location")


@dataclass
class Attempt:
    """A running listener and all its steps."""

    listener: Listener
    request: AuthorizationRequest
    port: int
    answers: list[Granted | Refused] = field(default_factory=list)
    steps: list[BrowserArrived | Noticed] = field(default_factory=list)

    @property
    def callback(self) -> str:
        return f"/?code=the-code&state={self.request.state.reveal()}"

    @property
    def start_path(self) -> str:
        return "/" + self.listener.start_url.split("/", 3)[3]

    async def raw(self, sent: bytes, *, address: str = "127.0.0.1", end: bool = False) -> bytes:
        """Everything that comes back until the listener closes."""
        reader, writer = await asyncio.open_connection(address, self.port)
        received = b""
        try:
            writer.write(sent)
            if end:
                writer.write_eof()
            while chunk := await asyncio.wait_for(reader.read(65_536), PATIENCE):
                received += chunk
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()
        return received

    async def ask(
        self,
        target: str,
        method: str = "GET",
        headers: Sequence[str] = (),
        host: str | None = None,
        address: str = "127.0.0.1",
    ) -> Response:
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host or f'localhost:{self.port}'}"]
        sent = "\r\n".join([*lines, *headers, "", ""]).encode("latin-1")
        return parsed(await self.raw(sent, address=address))

    async def succeeds(self) -> None:
        """The right answer is accepted, for the first time."""
        assert self.answers == []
        assert (await self.ask(self.callback)).status == 303
        assert self.answers == [Granted(Secret("the-code"))]


def parsed(raw: bytes) -> Response:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = [line.split(": ", 1) for line in lines]
    headers = {name.lower(): value for name, value in pairs}
    assert len(headers) == len(pairs)
    return Response(int(first.split()[1]), headers, body.decode("utf-8"))


async def signed_in(answer: Granted | Refused) -> pages.PageContent:
    return pages.SIGNED_IN if isinstance(answer, Granted) else pages.declined(answer)


@asynccontextmanager
async def listening(
    on_answer: OnAnswer = signed_in,
    redirect_uri: str = "http://localhost:{port}",
    limits: Limits = DEFAULT_LIMITS,
    port: int | None = None,
) -> AsyncIterator[Attempt]:
    async with AsyncExitStack() as stack:
        for _ in range(20):
            # Another test may take the port before this one listens on it.
            attempt = new_attempt(on_answer, redirect_uri, limits, port or free_port())
            stack.push_async_callback(attempt.listener.stop, 0)
            try:
                await attempt.listener.start()
                break
            except CannotListen:
                if port is not None:
                    raise
        yield attempt


def new_attempt(on_answer: OnAnswer, redirect_uri: str, limits: Limits, port: int) -> Attempt:
    uri = RedirectUri.parse(redirect_uri.format(port=port))
    request = AuthorizationRequest(
        base_url="https://webexapis.com/v1",
        client_id="C0ffee",
        redirect_uri=uri.text,
        scopes=("spark:kms",),
    )

    async def answered(answer: Granted | Refused) -> pages.PageContent:
        attempt.answers.append(answer)
        return await on_answer(answer)

    def notices(step: BrowserArrived | Noticed) -> None:
        attempt.steps.append(step)

    attempt = Attempt(
        Listener(request, uri, on_answer=answered, on_step=notices, limits=limits), request, port
    )
    return attempt


async def refuses_connections(port: int, address: str = "127.0.0.1") -> bool:
    try:
        _, writer = await asyncio.open_connection(address, port)
    except ConnectionRefusedError:
        return True
    writer.transport.abort()
    return False


# The ordinary way


async def test_a_browser_is_led_to_webex_and_back_and_its_address_holds_no_code() -> None:
    """A2, D40; RFC 8252 §7.3."""
    async with listening() as attempt:
        start = await attempt.ask(attempt.start_path)
        assert (start.status, start.location) == (303, attempt.request.url)
        assert attempt.steps == [BrowserArrived()]
        back = await attempt.ask(attempt.callback)
        assert (back.status, back.location) == (303, "/done")
        done = await attempt.ask("/done")
        assert done.status == 200
        assert "You are signed in" in done.body
        assert attempt.answers == [Granted(Secret("the-code"))]


async def test_a_decline_ends_the_attempt_at_once_and_in_the_servers_words() -> None:
    """C28; RFC 6749 §4.1.2.1."""
    async with listening() as attempt:
        state = attempt.request.state.reveal()
        target = f"/?error=access_denied&error_description=by+%3Cb%3Eyou&state={state}"
        assert (await attempt.ask(target)).location == "/done"
        assert attempt.answers == [Refused("access_denied", "by <b>you")]
        done = await attempt.ask("/done")
        assert "You declined" in done.body
        assert "by &lt;b&gt;you" in done.body


async def test_a_redirect_uri_with_a_path_is_listened_on() -> None:
    """C30."""
    async with listening(redirect_uri="http://127.0.0.1:{port}/o/cb") as attempt:
        host = f"127.0.0.1:{attempt.port}"
        assert attempt.listener.start_url.startswith(f"http://{host}/s/")
        assert (await attempt.ask(attempt.callback, host=host)).status == 404
        assert (await attempt.ask("/o/cb" + attempt.callback[1:])).status == 404
        assert attempt.answers == []
        answer = await attempt.ask("/o/cb" + attempt.callback[1:], host=host)
        assert answer.location == "/done"
        assert len(attempt.answers) == 1


async def test_the_start_address_can_be_reloaded_and_says_the_same() -> None:
    """A6: one state and one challenge within an attempt."""
    async with listening() as attempt:
        locations = [(await attempt.ask(attempt.start_path)).location for _ in range(5)]
        assert locations == [attempt.request.url] * 5
        await attempt.succeeds()


async def test_two_attempts_have_different_start_addresses() -> None:
    async with listening() as first, listening() as second:
        assert first.start_path != second.start_path
        assert len(first.start_path) == len("/s/k7q2mx9d")


async def test_without_a_start_there_is_no_address_to_show() -> None:
    """B19: nobody is sent to a port that is not ours."""
    attempt = new_attempt(signed_in, "http://localhost:{port}", DEFAULT_LIMITS, 6855)
    with pytest.raises(RuntimeError):
        _ = attempt.listener.start_url
    assert attempt.listener.families == ()
    await attempt.listener.stop()


async def test_every_answer_carries_the_protective_headers() -> None:
    """B24, D39, D40, D43, D44."""
    async with listening() as attempt:
        answers = [
            await attempt.ask(target)
            for target in ("/", attempt.start_path, "/?code=a&state=b", attempt.callback, "/done")
        ]
        assert [answer.status for answer in answers] == [404, 303, 400, 303, 200]
        for answer in answers:
            assert answer.headers["connection"] == "close"
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-frame-options"] == "DENY"
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert int(answer.headers["content-length"]) == len(answer.body.encode("utf-8"))
            assert not any(name.startswith("access-control") for name in answer.headers)


# The sockets


@pytest.mark.skipif(not has_ipv6(), reason="the machine has no ::1")
async def test_both_families_answer() -> None:
    """B16."""
    async with listening() as attempt:
        assert attempt.listener.families == ("127.0.0.1", "::1")
        for address in attempt.listener.families:
            assert (await attempt.ask(attempt.start_path, address=address)).status == 303


@pytest.mark.skipif(sys.platform != "linux", reason="all of 127.0.0.0/8 is local on Linux only")
async def test_nothing_but_the_two_loopback_addresses_is_listened_on() -> None:
    """B15; RFC 8252 §8.3. Something bound to every interface would answer on 127.0.0.2 too."""
    async with listening() as attempt:
        assert not await refuses_connections(attempt.port)
        assert await refuses_connections(attempt.port, "127.0.0.2")
        assert set(attempt.listener.families) <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize(("missing", "left"), [("::1", "127.0.0.1"), ("127.0.0.1", "::1")])
@pytest.mark.parametrize("code", [errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT])
@pytest.mark.skipif(not has_ipv6(), reason="the machine has no ::1")
async def test_a_family_the_machine_lacks_is_no_error(
    missing: str, left: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B16."""
    real = socket.create_server

    def without(place: tuple[str, int], *, family: int, backlog: int) -> socket.socket:
        if place[0] == missing:
            raise OSError(code, "not on this machine")
        return real(place, family=family, backlog=backlog)

    monkeypatch.setattr(socket, "create_server", without)
    async with listening() as attempt:
        assert attempt.listener.families == (left,)
        assert (await attempt.ask(attempt.callback, address=left)).status == 303
        assert len(attempt.answers) == 1


@pytest.mark.parametrize("code", [errno.EADDRNOTAVAIL, errno.EACCES, errno.ENOBUFS])
async def test_where_nothing_can_be_listened_on_the_reason_is_said(
    code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> socket.socket:
        raise OSError(code, "for a reason")

    monkeypatch.setattr(socket, "create_server", never)
    attempt = new_attempt(signed_in, "http://localhost:{port}", DEFAULT_LIMITS, 80)
    with pytest.raises(CannotListen) as refused:
        await attempt.listener.start()
    assert "is taken by" not in refused.value.message
    assert "port 80" in refused.value.message.lower()
    assert "paste" in refused.value.hint


@pytest.mark.parametrize(("family", "address"), FAMILIES)
@pytest.mark.skipif(not has_ipv6(), reason="the machine has no ::1")
async def test_one_family_taken_by_another_program_is_a_taken_port(
    family: socket.AddressFamily, address: str
) -> None:
    """B16: half of the answers would go to the other program."""
    with socket.socket(family) as other:
        other.bind((address, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotListen, match="is taken by") as refused:
            async with listening(port=port):
                pytest.fail("it listens")
        assert refused.value.message.startswith(f"Port {port} on {address} is taken by ")
        if sys.platform == "linux":
            assert f"(pid {os.getpid()})" in refused.value.message
        for free in {"127.0.0.1", "::1"} - {address}:
            assert await refuses_connections(port, free)


@pytest.mark.parametrize(("family", "address"), FAMILIES)
@pytest.mark.skipif(not has_ipv6(), reason="the machine has no ::1")
async def test_the_port_cannot_be_shared_while_it_is_listened_on(
    family: socket.AddressFamily, address: str
) -> None:
    """B20: neither with SO_REUSEADDR nor with SO_REUSEPORT."""
    async with listening() as attempt:
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            with socket.socket(family) as other:
                other.setsockopt(socket.SOL_SOCKET, option, 1)
                with pytest.raises(OSError) as refused:
                    bind_and_listen(other, address, attempt.port)
                assert refused.value.errno == errno.EADDRINUSE


def bind_and_listen(other: socket.socket, address: str, port: int) -> None:
    other.bind((address, port))
    other.listen()


async def test_the_port_is_free_as_soon_as_the_attempt_ends() -> None:
    """B17: without an answer, and after one whose last page was fetched."""
    async with listening() as attempt:
        await attempt.listener.stop()
        assert await refuses_connections(attempt.port)
        async with listening(port=attempt.port) as next_attempt:
            await next_attempt.succeeds()
            assert (await next_attempt.ask("/done")).status == 200
            before = time.monotonic()
            await next_attempt.listener.stop(linger=PATIENCE)
            assert time.monotonic() - before < PATIENCE / 2
            assert await refuses_connections(attempt.port)
            await next_attempt.listener.stop()


async def test_the_last_page_can_be_fetched_while_the_listener_stops() -> None:
    """D40: the end of the attempt does not race the browser to its page."""
    async with listening() as attempt:
        await attempt.succeeds()
        stopping = asyncio.ensure_future(attempt.listener.stop(linger=PATIENCE))
        await asyncio.sleep(0)
        assert "You are signed in" in (await attempt.ask("/done")).body
        await asyncio.wait_for(stopping, PATIENCE)
        assert await refuses_connections(attempt.port)


async def test_a_browser_that_never_fetches_its_page_does_not_hold_the_port() -> None:
    """B17."""
    async with listening() as attempt:
        await attempt.succeeds()
        await asyncio.wait_for(attempt.listener.stop(linger=0.01), PATIENCE)
        assert await refuses_connections(attempt.port)


async def test_sockets_of_an_ended_attempt_are_closed() -> None:
    """B24: none of them can carry an answer into the next attempt."""
    async with listening() as attempt:
        silent = await asyncio.open_connection("127.0.0.1", attempt.port)
        halfway = await asyncio.open_connection("127.0.0.1", attempt.port)
        halfway[1].write(b"GET / HTTP/1.1\r\n")
        assert (await attempt.ask("/")).status == 404
        await attempt.listener.stop()
        for reader, writer in (silent, halfway):
            with suppress(ConnectionError):
                assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
            writer.transport.abort()


@pytest.mark.parametrize("turns", range(6))
async def test_a_connection_that_comes_while_it_stops_is_closed_unanswered(turns: int) -> None:
    """B24: one that was accepted and not yet looked at, too."""
    loop = asyncio.get_running_loop()
    async with listening() as attempt:
        with socket.create_connection(("127.0.0.1", attempt.port)) as peer:
            for _ in range(turns):
                await asyncio.sleep(0)
            await attempt.listener.stop()
            # What a server has just accepted that is closed, asyncio drops.
            for _ in range(5):
                await asyncio.sleep(0)
            gc.collect()
            peer.setblocking(False)
            request = f"GET {attempt.callback} HTTP/1.1\r\nHost: localhost:{attempt.port}\r\n\r\n"
            with suppress(ConnectionError):
                await loop.sock_sendall(peer, request.encode())
                assert await asyncio.wait_for(loop.sock_recv(peer, 1), PATIENCE) == b""


async def test_a_connection_carries_one_request() -> None:
    """B24: the second is not read, even where it came along with the first."""
    async with listening() as attempt:
        one = f"GET / HTTP/1.1\r\nHost: localhost:{attempt.port}\r\n\r\n"
        two = one.replace("GET / ", f"GET {attempt.callback} ")
        received = await attempt.raw((one + two).encode())
        assert received.count(b"HTTP/1.1 ") == 1
        assert b"\r\nConnection: close\r\n" in received
        await attempt.succeeds()


# Requests that are refused


@pytest.mark.parametrize(
    ("host_lines", "status"),
    [
        (["Host: evil.example:{port}"], 421),
        (["Host: localhost.evil.example:{port}"], 421),
        (["Host: localhost"], 421),
        (["Host: localhost:{port}", "Host: localhost:{port}"], 400),
        (["Host: localhost:{port}", "Host: evil.example"], 400),
        ([], 400),
    ],
)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_another_host_is_refused(host_lines: list[str], status: int, version: str) -> None:
    """B21."""
    async with listening() as attempt:
        lines = [f"GET {attempt.callback} HTTP/{version}", *host_lines, "", ""]
        answer = parsed(await attempt.raw("\r\n".join(lines).format(port=attempt.port).encode()))
        assert answer.status == status
        assert answer.location is None
        await attempt.succeeds()


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "PUT", "DELETE", "PATCH"])
async def test_other_methods_leave_the_attempt_unharmed(method: str) -> None:
    """B22."""
    async with listening() as attempt:
        answer = await attempt.ask(attempt.callback, method, ["Content-Length: 2"])
        assert answer.status == 405
        assert answer.headers["allow"] == "GET, HEAD"
        await attempt.succeeds()


async def test_a_form_with_the_answer_in_its_body_is_refused() -> None:
    """B22."""
    async with listening() as attempt:
        body = attempt.callback[2:].encode() * 1000
        head = f"POST / HTTP/1.1\r\nHost: localhost:{attempt.port}\r\n"
        sent = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        assert parsed(await attempt.raw(sent)).status == 405
        await attempt.succeeds()


async def test_a_peer_may_finish_talking_after_it_was_refused() -> None:
    """B23: a connection reset in the middle of sending would hide the answer from a browser."""
    loop = asyncio.get_running_loop()
    async with listening(limits=Limits(linger_seconds=PATIENCE)) as attempt:
        with socket.socket() as peer:
            peer.setblocking(False)
            await loop.sock_connect(peer, ("127.0.0.1", attempt.port))
            head = f"POST / HTTP/1.1\r\nHost: localhost:{attempt.port}\r\n"
            sent = f"{head}Content-Length: 200000\r\n\r\n".encode() + b"x" * 100_000
            await asyncio.wait_for(loop.sock_sendall(peer, sent), PATIENCE)
            received = await asyncio.wait_for(loop.sock_recv(peer, 65_536), PATIENCE)
            assert parsed(received).status == 405
            # To a closed socket the first piece can still be sent: only the next one fails.
            for _ in range(5):
                await attempt.ask("/")
                await asyncio.wait_for(loop.sock_sendall(peer, b"x" * 20_000), PATIENCE)


async def test_head_has_no_effect_and_no_body() -> None:
    """B22."""
    async with listening() as attempt:
        for target, status in ((attempt.callback, 200), (attempt.start_path, 200), ("/x", 404)):
            answer = await attempt.ask(target, "HEAD")
            assert (answer.status, answer.body, answer.location) == (status, "", None)
        assert BrowserArrived() not in attempt.steps
        await attempt.succeeds()


@pytest.mark.parametrize("header", ["Sec-Purpose: prefetch;prerender", "Purpose: prefetch"])
async def test_a_prefetch_does_not_use_up_the_code(header: str) -> None:
    """C36."""
    async with listening() as attempt:
        answer = await attempt.ask(attempt.callback, headers=[header])
        assert (answer.status, answer.location) == (503, None)
        await attempt.succeeds()


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        (b"GET /" + b"a" * 1_048_576 + b" HTTP/1.1\r\n\r\n", {431, 414}),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 17_000 + b"\r\n\r\n", {431}),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 101 + b"\r\n", {431}),
        (b"GET\r\n\r\n", {400}),
        (b"GET / HTTP/1.1\r\nHost: x\x00y\r\n\r\n", {400}),
        (b"\x00\x01\x02\r\n\r\n", {400}),
        (b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
        ("GET /ä HTTP/1.1\r\nHost: x\r\n\r\n".encode(), {400}),
        (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", {400, 421}),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", {400}),
        (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: x\r\n\r\n", {400, 501}),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
        (b"GET /%zz HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n", {404}),
        (b"GET /?code=%zz&state=%zz HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n", {400}),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else None,
)
async def test_malformed_and_oversized_requests_leave_the_attempt_unharmed(
    sent: bytes, statuses: set[int]
) -> None:
    """B23, B25."""
    async with listening() as attempt:
        answer = parsed(await attempt.raw(sent.replace(b"PORT", b"%d" % attempt.port)))
        assert answer.status in statuses
        await attempt.succeeds()


@pytest.mark.parametrize("size", [16_000, 16_384])
async def test_a_head_of_the_allowed_size_is_read(size: int) -> None:
    """B23: a long code needs room."""
    async with listening() as attempt:
        head = f"GET {attempt.callback} HTTP/1.1\r\nHost: localhost:{attempt.port}\r\nX: "
        sent = (head + "a" * (size - len(head) - 4) + "\r\n\r\n").encode()
        assert len(sent) == size
        assert parsed(await attempt.raw(sent)).status == 303
        assert len(attempt.answers) == 1


@pytest.mark.parametrize("connections", [1_000, pytest.param(5_000, marks=pytest.mark.slow)])
async def test_thousands_of_random_bytes_leave_the_attempt_unharmed(connections: int) -> None:
    """B25."""
    source = random.Random(6855)
    async with listening() as attempt:
        pieces = [
            b"GET /", b"?code=", b"&state=", b" HTTP/1.1", b"\r\n", b"Host: localhost:", b"\x16",
            b"\x00", b"%", b"/s/", b"Content-Length: ", b"POST ", str(attempt.port).encode(),
        ]  # fmt: skip

        def noise() -> bytes:
            parts = source.choices(pieces, k=source.randrange(8))
            parts += [source.randbytes(source.randrange(40)) for _ in range(3)]
            source.shuffle(parts)
            return b"".join(parts)

        for _ in range(connections // 25):
            await asyncio.gather(*[attempt.raw(noise(), end=True) for _ in range(25)])
        assert attempt.answers == []
        await attempt.succeeds()


# Slow and silent peers


async def test_silent_connections_do_not_delay_the_answer() -> None:
    """B23: browsers open connections ahead of time; others do it on purpose."""
    async with AsyncExitStack() as stack:
        attempt = await stack.enter_async_context(listening())
        for _ in range(200):
            _, writer = await asyncio.open_connection("127.0.0.1", attempt.port)
            stack.callback(writer.transport.abort)
        before = time.monotonic()
        await attempt.succeeds()
        assert time.monotonic() - before < DEFAULT_LIMITS.head_seconds / 2


async def test_over_the_limit_the_oldest_silent_connection_is_dropped() -> None:
    """B23."""
    limits = Limits(connections=3, head_seconds=2 * PATIENCE)
    async with AsyncExitStack() as stack:
        attempt = await stack.enter_async_context(listening(limits=limits))
        readers = []
        for _ in range(4):
            reader, writer = await asyncio.open_connection("127.0.0.1", attempt.port)
            stack.callback(writer.transport.abort)
            readers.append(reader)
        with suppress(ConnectionError):
            assert await asyncio.wait_for(readers[0].read(), PATIENCE) == b""
        assert not readers[-1].at_eof()
        await attempt.succeeds()


async def test_a_connection_that_is_being_answered_is_not_dropped() -> None:
    """B23: the answer of the attempt survives any number of newcomers."""
    go_on = asyncio.Event()
    begun = asyncio.Event()

    async def slowly(answer: Granted | Refused) -> pages.PageContent:
        begun.set()
        await go_on.wait()
        return pages.SIGNED_IN

    async with listening(slowly, limits=Limits(connections=2)) as attempt:
        waiting = asyncio.ensure_future(attempt.ask(attempt.callback))
        await asyncio.wait_for(begun.wait(), PATIENCE)
        for _ in range(5):
            assert (await attempt.ask("/")).status == 404
        go_on.set()
        assert (await waiting).location == "/done"


async def test_a_silent_connection_is_closed_and_a_slow_one_gets_a_reason() -> None:
    """B23."""
    async with listening(limits=Limits(head_seconds=0.2)) as attempt:
        assert await attempt.raw(b"") == b""
        assert parsed(await attempt.raw(b"GET / HTTP/1.1\r\nHost:")).status == 408
        await attempt.succeeds()


def test_the_usual_limits_are_those_promised() -> None:
    """B23."""
    assert DEFAULT_LIMITS.head_seconds <= 10
    assert DEFAULT_LIMITS.head_bytes == 16 * 1024
    assert DEFAULT_LIMITS.headers == 100
    assert DEFAULT_LIMITS.answer_seconds == 20


async def test_a_browser_that_speaks_tls_is_noticed() -> None:
    """B25: HSTS on localhost, or "HTTPS only"."""
    async with listening() as attempt:
        for count in (1, 2):
            hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200
            assert await attempt.raw(hello) == b""
            assert len(noticed(attempt)) == count
            assert "http://" in noticed(attempt)[-1]
        await attempt.succeeds()


# Answers that are not ours


async def test_wrong_answers_leave_the_attempt_waiting() -> None:
    """C26, C31: one exchange, with the right code."""
    async with listening() as attempt:
        state = attempt.request.state.reveal()
        for query in ("code=x", "code=x&state=bad", f"code=a&code=b&state={state}"):
            answer = await attempt.ask(f"/?{query}")
            assert (answer.status, answer.location) == (400, None)
        reasons = (Reason.NO_STATE, Reason.WRONG_STATE, Reason.REPEATED)
        for message, reason in zip(noticed(attempt), reasons, strict=True):
            assert "not this sign-in's" in message
            assert reason.value in message
        await attempt.succeeds()


def noticed(attempt: Attempt) -> list[str]:
    return [step.message for step in attempt.steps if isinstance(step, Noticed)]


async def test_a_forged_error_does_not_end_the_attempt() -> None:
    """C27."""
    async with listening() as attempt:
        answer = await attempt.ask("/?error=access_denied&state=bad")
        assert answer.status == 400
        assert "another sign-in" in answer.body
        (message,) = noticed(attempt)
        assert "access_denied" not in message, "whoever forges it writes it"
        await attempt.succeeds()


async def test_an_error_without_a_state_is_shown_and_waited_past() -> None:
    """C27, D37: Webex was seen to leave the state out."""
    async with listening() as attempt:
        words = "%3Cscript%3Ealert(1)%3C/script%3E"
        answer = await attempt.ask(f"/?error=server_error&error_description={words}")
        assert answer.status == 400
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.body
        assert "<script" not in answer.body
        (message,) = noticed(attempt)
        assert "server_error: <script>alert(1)</script>" in message
        await attempt.succeeds()


async def test_a_flood_of_errors_is_counted_and_told_of_a_few_times_with_short_quotes() -> None:
    async with listening() as attempt:
        for number in range(30):
            await attempt.ask(f"/?error=server_error&error_description={number}{'x' * 2000}")
        counts = [re.findall(r"\((\d+) so far\)$", message) for message in noticed(attempt)]
        assert counts == [[], ["2"], ["3"], ["10"]]
        assert all(len(message) < 300 for message in noticed(attempt))
        await attempt.succeeds()


async def test_an_answer_at_another_path_is_not_here() -> None:
    """C30."""
    async with listening() as attempt:
        answer = await attempt.ask("/other" + attempt.callback[1:])
        assert answer.status == 404
        (message,) = noticed(attempt)
        assert "/other" in message
        assert attempt.request.redirect_uri in message
        assert "the-code" not in message
        await attempt.succeeds()


async def test_strays_are_explained() -> None:
    async with listening() as attempt:
        for target in ("/favicon.ico", "/", "/robots.txt"):
            assert (await attempt.ask(target)).status == 404
        assert len(noticed(attempt)) == 3
        assert all("turned away: Something asked for" in message for message in noticed(attempt))
        await attempt.succeeds()


@pytest.mark.parametrize(
    "target", ["/?next=https://evil.example", "//evil.example", "/start?to=https://evil.example"]
)
async def test_nothing_redirects_elsewhere(target: str) -> None:
    """D41."""
    async with listening() as attempt:
        answer = await attempt.ask(target)
        assert (answer.status, answer.location) == (404, None)


async def test_guessing_closes_the_start_address_and_nothing_else() -> None:
    """B25a: neither the state nor the address at Webex is given to whoever guesses."""
    async with listening() as attempt:
        answers = [await attempt.ask(target) for target in ("/", "/start", "/s")]
        answers += [await attempt.ask(f"/s/guess{n:03}") for n in range(GUESSES_ALLOWED - 1)]
        assert (await attempt.ask(attempt.start_path)).status == 303
        answers.append(await attempt.ask("/s/"))
        answers += [await attempt.ask(path) for path in (attempt.start_path, "/s/guess")]
        state = attempt.request.state.reveal()
        for answer in answers:
            assert answer.status in (403, 404)
            assert answer.location is None
            assert state not in answer.body
        assert sum("start address is closed" in each for each in noticed(attempt)) == 1
        assert "closed" in answers[-1].body
        assert answers[-1].body == answers[-2].body
        await attempt.succeeds()


# Once, and only once


async def test_a_reloaded_callback_gets_the_same_page_and_changes_nothing() -> None:
    """C34; RFC 6749 §4.1.2."""
    async with listening() as attempt:
        await attempt.succeeds()
        first = await attempt.ask("/done")
        assert (await attempt.ask(attempt.callback)).location == "/done"
        assert (await attempt.ask("/done")).body == first.body
        state = attempt.request.state.reveal()
        assert (await attempt.ask(f"/?code=another&state={state}")).location == "/done"
        assert (await attempt.ask(f"/?error=access_denied&state={state}")).location == "/done"
        assert (await attempt.ask("/done")).body == first.body
        assert len(attempt.answers) == 1


async def test_two_callbacks_at_the_same_instant_are_one_answer() -> None:
    """C34."""
    go_on = asyncio.Event()
    begun = asyncio.Event()

    async def slowly(answer: Granted | Refused) -> pages.PageContent:
        begun.set()
        await go_on.wait()
        return pages.SIGNED_IN

    async with listening(slowly) as attempt:
        callbacks = [asyncio.ensure_future(attempt.ask(attempt.callback)) for _ in range(5)]
        await asyncio.wait_for(begun.wait(), PATIENCE)
        # Long enough for all five to have arrived, wherever they are in their way.
        assert (await attempt.ask("/")).status == 404
        assert not any(callback.done() for callback in callbacks)
        go_on.set()
        assert {answer.location for answer in await asyncio.gather(*callbacks)} == {"/done"}
        assert len(attempt.answers) == 1


async def test_before_the_answer_there_is_no_page_after_it() -> None:
    async with listening() as attempt:
        assert (await attempt.ask("/done")).status == 404


async def test_after_the_answer_the_start_address_leads_nowhere() -> None:
    """C34: the state is spent."""
    async with listening() as attempt:
        await attempt.succeeds()
        answer = await attempt.ask(attempt.start_path)
        assert (answer.status, answer.location) == (410, None)


async def test_a_slow_exchange_sends_the_browser_to_the_terminal_and_goes_on() -> None:
    """The page after 20 s; the exchange itself is not cut short, its token would be lost."""
    go_on = asyncio.Event()
    finished = asyncio.Event()

    async def slowly(answer: Granted | Refused) -> pages.PageContent:
        await go_on.wait()
        finished.set()
        return pages.SIGNED_IN

    async with listening(slowly, limits=Limits(answer_seconds=0.05)) as attempt:
        assert (await attempt.ask(attempt.callback)).location == "/done"
        assert "Almost there" in (await attempt.ask("/done")).body
        await attempt.listener.stop(0)
        go_on.set()
        await asyncio.wait_for(finished.wait(), PATIENCE)


async def test_the_page_tells_how_it_ended_once_that_is_known() -> None:
    go_on = asyncio.Event()

    async def slowly(answer: Granted | Refused) -> pages.PageContent:
        await go_on.wait()
        return pages.failed("Webex did not take the code.")

    async with listening(slowly, limits=Limits(answer_seconds=0.05)) as attempt:
        await attempt.ask(attempt.callback)
        assert "Almost there" in (await attempt.ask("/done")).body
        go_on.set()
        await attempt.ask(attempt.callback)
        assert "Webex did not take the code." in (await attempt.ask("/done")).body


async def test_a_failure_that_escapes_is_reported_and_shown_in_the_browser() -> None:
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: reported.append(context.get("exception"))
    )
    failure = ZeroDivisionError("a fault of the program")

    async def broken(answer: Granted | Refused) -> pages.PageContent:
        raise failure

    async with listening(broken) as attempt:
        assert (await attempt.ask(attempt.callback)).location == "/done"
        assert "That did not work" in (await attempt.ask("/done")).body
    assert reported == [failure]


ASKING = r"""
exec 3<>"/dev/tcp/$1/$2"
printf 'GET %s HTTP/1.1\r\nHost: localhost:%s\r\n\r\n' "$3" "$2" >&3
cat <&3
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be another user")
@pytest.mark.parametrize(("family", "address"), FAMILIES)
async def test_the_address_of_a_started_browser_is_not_for_another_user(
    family: socket.AddressFamily, address: str
) -> None:
    if address not in ("127.0.0.1",) and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    own = os.geteuid()
    async with listening() as attempt:
        path = "/" + attempt.listener.launch_url().split("/", 3)[3]
        # This process is the user, the one that asks is root and then somebody else.
        for uid, status in ((65_534, "403"), (65_534, "403"), (own, "303")):
            asked = await asyncio.create_subprocess_exec(
                *(required("bash"), "-c", ASKING, "-", address, str(attempt.port), path),
                stdout=asyncio.subprocess.PIPE,
                user=uid,
            )
            response = (await asked.communicate())[0].decode()
            assert response.split()[1] == status
            assert (attempt.request.state.reveal() in response) == (status == "303")
        assert "A program of nobody opened the address" in noticed(attempt)[0]
        assert sum(isinstance(step, BrowserArrived) for step in attempt.steps) == 1
        # The address that is shown is for any browser: over SSH it may come as anybody.
        assert (await attempt.ask(attempt.start_path)).status == 303
        await attempt.succeeds()


def test_nothing_is_known_of_a_connection_that_the_machine_does_not_list(tmp_path: Path) -> None:
    assert listener.peer_uid(("127.0.0.1", 1), ("127.0.0.1", 2), proc=tmp_path) is None
    assert listener.peer_uid(("127.0.0.1", 1), ("127.0.0.1", 2)) is None
