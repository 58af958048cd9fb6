"""The Python API as programs use it: many threads, expiries, and the real SDKs."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import webexpythonsdk

import wtr_tui
from tests.support.home import Home
from tests.support.waiting import PATIENCE
from tests.support.webex import Fault, Rules, Sandbox
from wtr_tui import api
from wtr_tui.commands import help_
from wtr_tui.sandbox.http import HttpRequest

EXPIRED = timedelta(seconds=-60)
UNAUTHORIZED = Fault(status=401)

needs_wxc_sdk = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="this version of wxc_sdk needs Python 3.11"
)


@pytest.fixture
def home(profile_dir: Path) -> Home:
    return Home(profile_dir)


@pytest.fixture(autouse=True)
def new_process() -> Iterator[None]:
    """Nothing is remembered of other tests' profiles."""
    api._sources.clear()
    yield
    api._sources.clear()


@pytest.fixture
def webex(home: Home, sandbox: Sandbox) -> Sandbox:
    """A sandbox that says who signed in, and a profile for it."""
    sandbox.rules = Rules(access_lifetime=timedelta(hours=1), person_visible=True)
    home.configure(sandbox)
    return sandbox


def expire(home: Home, webex: Sandbox) -> None:
    """Both Webex and the file take the access token for expired."""
    fields = home.stored_fields()
    grant = webex.families.of_any_token(str(fields["access_token"]))
    assert grant is not None
    grant.access = replace(grant.access, expires_at=webex.clock() - timedelta(seconds=1))
    home.write_token({**fields, "expires_at": "2020-01-01T00:00:00Z"})


def bearer(request: HttpRequest) -> str:
    return request.headers["authorization"].removeprefix("Bearer ")


def test_importing_it_imports_nothing_else() -> None:
    script = "import sys, wtr_tui; print(*(m for m in sys.modules if m.startswith('wtr_tui')))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(ran.stdout.split()) == {"wtr_tui"}


def test_every_public_name_is_there_and_no_other() -> None:
    for name in wtr_tui.__all__:
        assert getattr(wtr_tui, name) is not None
        assert name in dir(wtr_tui)
    with pytest.raises(AttributeError, match="no attribute 'acess_token'"):
        wtr_tui.acess_token  # type: ignore[attr-defined]  # noqa: B018 - a slip, on purpose


def test_a_good_token_is_read_without_asking_anybody(home: Home, webex: Sandbox) -> None:
    token = home.sign_in(webex)
    assert wtr_tui.access_token() == token
    assert not webex.requests


def test_the_profile_may_be_named(home: Home, webex: Sandbox) -> None:
    home.configure(webex, "work")
    token = home.sign_in(webex, "work")
    assert wtr_tui.access_token("work") == token
    with pytest.raises(wtr_tui.SignInNeeded):
        wtr_tui.access_token()
    with pytest.raises(wtr_tui.UsageError):
        wtr_tui.access_token("../work")


def test_fifty_threads_on_an_expired_token_make_one_request(home: Home, webex: Sandbox) -> None:
    old = home.sign_in(webex, left=EXPIRED)
    webex.faults.next("access_token", Fault(delay=0.5))
    start = threading.Barrier(50)

    def ask(_: int) -> str:
        start.wait(PATIENCE)
        return wtr_tui.access_token()

    with ThreadPoolExecutor(50) as threads:
        given = set(threads.map(ask, range(50)))
    assert given == {home.stored_fields()["access_token"]}
    assert old not in given
    assert len(webex.requests_to("access_token")) == 1


def test_threads_that_waited_share_a_failure(home: Home, webex: Sandbox) -> None:
    home.sign_in(webex, left=EXPIRED)
    webex.faults.always("access_token", Fault(status=400, body='{"error": "invalid_grant"}'))
    source = api.source()
    failures = []

    def ask() -> None:
        try:
            wtr_tui.access_token()
        except wtr_tui.SignInNeeded as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    with source._lock:  # all of them ask before the first of them is served
        for thread in threads:
            thread.start()
        threading.Event().wait(0.2)
    for thread in threads:
        thread.join(PATIENCE)
    assert len(failures) == 20
    assert len(webex.requests_to("access_token")) <= 3  # one, but for a thread that was slow


async def test_the_async_twin_leaves_the_event_loop_running(home: Home, webex: Sandbox) -> None:
    home.sign_in(webex, left=EXPIRED)
    webex.faults.next("access_token", Fault(delay=0.5))
    asked = [asyncio.ensure_future(wtr_tui.access_token_async()) for _ in range(50)]
    turns = 0
    while not asked[0].done():
        await asyncio.sleep(0.01)
        turns += 1
    assert set(await asyncio.gather(*asked)) == {home.stored_fields()["access_token"]}
    assert turns > 5
    assert len(webex.requests_to("access_token")) == 1


def test_while_webex_fails_a_valid_token_is_given_and_webex_is_left_in_peace(
    home: Home, webex: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    token = home.sign_in(webex, left=timedelta(minutes=2))
    webex.faults.always("access_token", Fault(status=503))
    with caplog.at_level(logging.WARNING, "wtr_tui"):
        assert {wtr_tui.access_token() for _ in range(5)} == {token}
    assert "still valid" in caplog.text
    first = len(webex.requests_to("access_token"))
    assert wtr_tui.access_token() == token
    assert len(webex.requests_to("access_token")) == first


def test_a_token_that_could_not_be_saved_is_used_until_it_expires(
    home: Home, webex: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.sign_in(webex, left=EXPIRED)

    def full(*_: object) -> None:
        raise wtr_tui.StorageError("The disk is full.")

    monkeypatch.setattr("wtr_tui.storage.token_file.TokenFile.save", full)
    assert len({wtr_tui.access_token() for _ in range(5)}) == 1
    assert len(webex.requests_to("access_token")) == 1


def test_a_forked_child_is_not_held_up_by_a_lock_of_its_parent(home: Home, webex: Sandbox) -> None:
    home.sign_in(webex, left=EXPIRED)
    script = """
        import os, wtr_tui
        from wtr_tui import api
        with api.source()._lock:
            child = os.fork()
            if child == 0:
                os._exit(0 if wtr_tui.access_token() else 1)
        raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    assert _run(script, home).returncode == 0


def test_nothing_of_the_process_is_changed(home: Home, webex: Sandbox) -> None:
    home.sign_in(webex, left=EXPIRED)
    script = f"""
        import os, resource, signal, httpx, threading
        os.umask(0o027)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        limits = [getattr(resource, name) for name in dir(resource) if name.startswith('RLIMIT_')]
        def state():
            mask = os.umask(0); os.umask(mask)
            return (
                [signal.getsignal(n) for n in signal.valid_signals()],
                signal.pthread_sigmask(signal.SIG_BLOCK, []),
                [resource.getrlimit(limit) for limit in limits],
                mask, dict(os.environ), os.getcwd(), threading.active_count(),
            )
        before = state()
        import wtr_tui
        wtr_tui.access_token()
        with httpx.Client(auth=wtr_tui.WebexAuth()) as client:
            client.get("{webex.base_url}/people/me").raise_for_status()
        after = state()
        assert after == before, [pair for pair in zip(before, after) if pair[0] != pair[1]]
    """
    ran = _run(script, home)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert len(webex.requests_to("access_token")) == 1


def _run(script: str, home: Home) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env=home.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


# httpx


@pytest.fixture
def client(webex: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(auth=wtr_tui.WebexAuth(), base_url=webex.base_url) as client:
        yield client


def test_a_client_of_httpx_outlives_an_expiry(
    home: Home, webex: Sandbox, client: httpx.Client
) -> None:
    home.sign_in(webex)
    assert client.get("/people/me").status_code == 200
    expire(home, webex)
    assert client.get("/people/me").status_code == 200
    assert len(webex.requests_to("access_token")) == 1


def test_a_rejected_token_is_refreshed_once_and_the_request_repeated(
    home: Home, webex: Sandbox, client: httpx.Client
) -> None:
    old = home.sign_in(webex)
    webex.faults.next("people/me", UNAUTHORIZED)
    response = client.request("GET", "/people/me", content=b"body")
    assert response.status_code == 200
    first, second = webex.requests_to("people/me")
    assert bearer(first) == old != bearer(second) == home.stored_fields()["access_token"]
    assert first.body == second.body == b"body"
    assert len(webex.requests_to("access_token")) == 1


async def test_the_same_with_an_async_client(home: Home, webex: Sandbox) -> None:
    home.sign_in(webex)
    async with httpx.AsyncClient(auth=wtr_tui.WebexAuth(), base_url=webex.base_url) as client:
        webex.faults.next("people/me", UNAUTHORIZED)
        assert (await client.get("/people/me")).status_code == 200
        expire(home, webex)
        given = await asyncio.gather(*(client.get("/people/me") for _ in range(20)))
    assert {response.status_code for response in given} == {200}
    assert len(webex.requests_to("access_token")) == 2


def test_a_body_of_unknown_length_is_not_sent_twice(home: Home, webex: Sandbox) -> None:
    home.sign_in(webex)
    received = []

    def reject(request: httpx.Request) -> httpx.Response:
        received.append(request.read())
        return httpx.Response(401)

    transport = httpx.MockTransport(reject)
    with httpx.Client(auth=wtr_tui.WebexAuth(), transport=transport) as client:
        stream = iter([b"bo", b"dy"])
        assert client.post("https://webexapis.com/v1", content=stream).status_code == 401
        assert received == [b"body"]
        assert not webex.requests_to("access_token")
        file = {"file": ("report.txt", b"content")}
        assert client.post("https://webexapis.com/v1", files=file).status_code == 401
        assert received[1] == received[2]
        assert b"content" in received[1]


@pytest.mark.parametrize(
    "token_response",
    [
        Fault(status=400, body='{"error": "invalid_grant"}'),
        Fault(status=503),
        None,  # the same access token again
    ],
    ids=["sign-in needed", "temporary", "same token"],
)
def test_where_there_is_no_other_token_the_401_is_the_response(
    home: Home, webex: Sandbox, client: httpx.Client, token_response: Fault | None
) -> None:
    home.sign_in(webex)
    webex.faults.always("people/me", UNAUTHORIZED)
    if token_response is None:
        webex.rules = replace(webex.rules, same_token=timedelta(hours=1))
    else:
        webex.faults.always("access_token", token_response)
    assert client.get("/people/me").status_code == 401


def test_a_token_that_webex_gives_again_is_asked_for_once(
    home: Home, webex: Sandbox, client: httpx.Client
) -> None:
    home.sign_in(webex)
    webex.rules = replace(webex.rules, same_token=timedelta(hours=1))
    webex.faults.always("people/me", UNAUTHORIZED)
    for _ in range(5):
        assert client.get("/people/me").status_code == 401
    assert len(webex.requests_to("access_token")) == 1


def test_many_threads_whose_token_is_rejected_make_one_request(home: Home, webex: Sandbox) -> None:
    rejected = home.sign_in(webex)
    source = api.source()
    with ThreadPoolExecutor(20) as threads:
        given = set(threads.map(source.replacement, [rejected] * 20))
    assert given == {home.stored_fields()["access_token"]}
    assert len(webex.requests_to("access_token")) == 1


@pytest.mark.parametrize("url", ["http://example.com/v1/people/me", "http://198.51.100.7/"])
def test_plain_http_to_another_machine_is_refused(
    home: Home, webex: Sandbox, client: httpx.Client, url: str
) -> None:
    home.sign_in(webex)
    with pytest.raises(wtr_tui.UsageError, match="not sent to"):
        client.get(url)


# wxc_sdk and webexpythonsdk


@pytest.fixture
def wxc_base(webex: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    from wxc_sdk.as_rest import AsRestSession
    from wxc_sdk.rest import RestSession

    monkeypatch.setattr(RestSession, "BASE", webex.base_url)
    monkeypatch.setattr(AsRestSession, "BASE", webex.base_url)


@needs_wxc_sdk
@pytest.mark.usefixtures("wxc_base")
def test_wxc_sdk_runs_across_an_expiry(home: Home, webex: Sandbox) -> None:
    from wxc_sdk import WebexSimpleApi

    home.sign_in(webex)
    tokens = wtr_tui.wxc_tokens()
    assert 3500 < tokens.remaining <= 3600
    with WebexSimpleApi(tokens=tokens) as api:
        assert api.people.me().display_name
        expire(home, webex)
        assert api.people.me().display_name
        assert api.session.access_token == home.stored_fields()["access_token"]
    assert len(webex.requests_to("access_token")) == 1


@needs_wxc_sdk
@pytest.mark.usefixtures("wxc_base")
async def test_wxc_sdk_asynchronous_with_a_prefetch(home: Home, webex: Sandbox) -> None:
    from wxc_sdk.as_api import AsWebexSimpleApi

    home.sign_in(webex)
    tokens = wtr_tui.wxc_tokens()
    async with AsWebexSimpleApi(tokens=tokens) as api:
        assert (await api.people.me()).display_name
        expire(home, webex)
        await tokens.prefetch(60)
        assert len(webex.requests_to("access_token")) == 1
        assert (await api.people.me()).display_name
    assert len(webex.requests_to("access_token")) == 1


def test_webexpythonsdk_runs_across_an_expiry(home: Home, webex: Sandbox) -> None:
    home.sign_in(webex)
    api = wtr_tui.webex_api()
    assert isinstance(api, webexpythonsdk.WebexAPI)
    assert api.people.me().displayName
    expire(home, webex)
    assert api.people.me().displayName
    assert len(webex.requests_to("access_token")) == 1


def test_webexpythonsdk_gets_a_request_with_a_rejected_token_repeated(
    home: Home, webex: Sandbox
) -> None:
    home.sign_in(webex)
    api = wtr_tui.webex_api(wait_on_rate_limit=False)
    webex.faults.next("people/me", UNAUTHORIZED)
    assert api.people.me().displayName
    webex.faults.next("people/me", UNAUTHORIZED, times=2)
    with pytest.raises(webexpythonsdk.ApiError):
        api.people.me()
    assert len(webex.requests_to("people/me")) == 4


def examples() -> list[str]:
    """The pieces of code in ``wtr help python``, each a whole program."""
    lines = help_.topic_text("python").splitlines()
    code = "".join(f"{line}\n" if line.startswith("    ") or not line else "-\n" for line in lines)
    pieces = (textwrap.dedent(piece).strip() for piece in code.split("-\n"))
    return [piece for piece in pieces if "\n" in piece]


@pytest.mark.parametrize("number", range(7))
def test_each_example_of_the_help_runs(
    home: Home, webex: Sandbox, number: int, request: pytest.FixtureRequest
) -> None:
    assert len(examples()) == 7
    code = examples()[number]
    if "wxc_sdk" in code:
        if sys.version_info < (3, 11):
            pytest.skip("this version of wxc_sdk needs Python 3.11")
        request.getfixturevalue("wxc_base")
    home.sign_in(webex, left=EXPIRED)
    exec(code.replace("https://webexapis.com/v1", webex.base_url), {})
    assert len(webex.requests_to("access_token")) == 1
