"""The sign-in as a stream of steps, against the stand-in: whatever answers, and whatever fails."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from tests.support.ports import free_port
from tests.support.tokens import OTHER_APP_ID, a_token
from tests.support.waiting import PATIENCE
from tests.support.webex import Integration, Sandbox, new_integration
from tests.support.webex.browser import approved_address, denied_address, follow
from tests.support.webex.faults import Fault
from wtr_tui import clock, history, shutdown
from wtr_tui.addresses import port_of
from wtr_tui.errors import FAILED, INTERRUPTED, TEMPORARY, SettingsError
from wtr_tui.model import Account, Secret, StoredToken, Token
from wtr_tui.oauth import steps
from wtr_tui.oauth.authorization import AuthorizationRequest
from wtr_tui.oauth.client import WebexClient
from wtr_tui.oauth.responses import DeviceAuthorization
from wtr_tui.oauth.steps import End, Ended, Method, Step
from wtr_tui.retrieval import Retrieval
from wtr_tui.sandbox.sandbox import EMAIL
from wtr_tui.shutdown import in_thread
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.storage.settings_table import ACCOUNT, LOGIN_HINT, ON_TOKEN, PROMPT, TIMEOUT

S = TypeVar("S", bound=object)


class Watched:
    """An attempt whose steps are taken one after the other, and remembered."""

    def __init__(self, attempt: Retrieval) -> None:
        self.attempt = attempt
        self.taken: list[Step] = []
        self._stream = attempt.run()

    async def until(self, kind: type[S]) -> S:
        """The next step of this kind; fails where the stream ends before."""
        while True:
            step = await asyncio.wait_for(self._stream.__anext__(), PATIENCE)
            self.taken.append(step)
            if isinstance(step, kind):
                return step

    async def rest(self) -> list[Step]:
        """All steps that are still to come, to the end of the attempt."""
        while True:
            try:
                step = await asyncio.wait_for(self._stream.__anext__(), PATIENCE)
            except StopAsyncIteration:
                return self.taken
            self.taken.append(step)

    async def leave(self) -> None:
        await self._stream.aclose()

    def kinds(self) -> list[str]:
        return [type(step).__name__ for step in self.taken]


class GatedClient(WebexClient):
    """Its exchange waits at a gate, so that a test decides what happens meanwhile."""

    gate: threading.Event

    def exchange(self, code: Secret, request: AuthorizationRequest) -> Token:
        assert self.gate.wait(PATIENCE)
        return super().exchange(code, request)


class HeldPolls(WebexClient):
    """Once ``hold`` is set, a token that was granted waits at a gate on its way here."""

    def __init__(self, base_url: str, app_id: str, secret: Secret) -> None:
        super().__init__(base_url, app_id, secret)
        self.hold, self.granted, self.gate = (threading.Event() for _ in range(3))

    def device_token(self, authorization: DeviceAuthorization) -> Token:
        self.hold.wait(PATIENCE)
        token = super().device_token(authorization)
        self.granted.set()
        assert self.gate.wait(PATIENCE)
        return token


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return Profile("default", tmp_path / "default.yaml", tmp_path / "state" / "default.json")


@pytest.fixture
def settings(sandbox: Sandbox, integration: Integration) -> Settings:
    return settings_for(sandbox.base_url, integration)


def settings_for(base_url: str, integration: Integration) -> Settings:
    uri = integration.redirect_uri
    return Settings(
        app_id=integration.client_id,
        secret=integration.secret,
        scopes=("spark:kms", "spark:people_read"),
        redirect_port=port_of(uri) or 6855,
        redirect_uri=uri,
        base_url=base_url,
    )


def client_for(settings: Settings, kind: type[WebexClient] = WebexClient) -> WebexClient:
    return kind(settings.base_url, settings.app_id, settings.secret)


@asynccontextmanager
async def attempting(
    profile: Profile,
    settings: Settings,
    *,
    client: WebexClient | None = None,
    now: Callable[[], datetime] = clock.now,
) -> AsyncIterator[Watched]:
    with client or client_for(settings) as used:
        watched = Watched(Retrieval(profile, settings, used, now=now))
        try:
            yield watched
        finally:
            await watched.leave()


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


async def test_the_browsers_redirect_gets_a_token_and_its_page_says_so(
    profile: Profile, settings: Settings, sandbox: Sandbox
) -> None:
    async with attempting(profile, settings) as watched:
        listening = await watched.until(steps.Listening)
        browser = asyncio.ensure_future(in_thread(lambda: sandbox.approve(listening.start_url)))
        signed_in = (await watched.rest())[-1]
        page = await browser
    assert watched.kinds() == ["Listening", "BrowserArrived", "Exchanging", "SignedIn"]
    assert isinstance(signed_in, steps.SignedIn)
    assert signed_in.method is Method.REDIRECT
    stored = profile.token_file.read()
    assert stored is not None
    assert stored.app_id == settings.app_id
    assert stored.token.same_access(signed_in.token)
    assert page.status == 200
    assert "signed in" in page.text.lower()
    assert is_free(settings.redirect_port)


class AskedClient(WebexClient):
    """Notes whether the process could have ended when it was asked whose a token is."""

    pending: bool | None = None

    def account(
        self,
        access_token: Secret,
        *,
        scopes: Sequence[str] = (),
        seconds: float | None = None,
    ) -> Account | None:
        AskedClient.pending = shutdown.is_deferred()
        return super().account(access_token, scopes=scopes, seconds=seconds)


async def test_whose_token_it_is_is_asked_only_when_nothing_can_be_lost_any_more(
    profile: Profile, settings: Settings, sandbox: Sandbox
) -> None:
    client = client_for(settings, AskedClient)
    async with attempting(profile, settings, client=client) as watched:
        listening = await watched.until(steps.Listening)
        await in_thread(lambda: sandbox.approve(listening.start_url))
        assert isinstance((await watched.rest())[-1], steps.SignedIn)
    assert AskedClient.pending is False


class UnhurriedClient(WebexClient):
    """Does not say whose a token is before the browser has its page."""

    answered = threading.Event()

    def account(self, *_: object, **__: object) -> Account | None:
        assert self.answered.wait(PATIENCE)
        return Account(display_name="Robin")


async def test_the_browser_does_not_wait_for_whose_token_it_is(
    profile: Profile, settings: Settings, sandbox: Sandbox
) -> None:
    client = client_for(settings, UnhurriedClient)
    async with attempting(profile, settings, client=client) as watched:
        listening = await watched.until(steps.Listening)
        page = await in_thread(lambda: sandbox.approve(listening.start_url))
        assert "signed in" in page.text.lower()
        saved = profile.token_file.read()
        assert saved is not None
        assert not saved.account.is_known
        UnhurriedClient.answered.set()
        signed_in = (await watched.rest())[-1]
    assert isinstance(signed_in, steps.SignedIn)
    assert signed_in.account.display_name == "Robin"
    assert signed_in.token.organization
    assert signed_in.account.organization == signed_in.token.organization
    saved = profile.token_file.read()
    assert saved is not None
    assert saved.account.display_name == "Robin"


async def test_the_redirect_address_can_be_pasted_instead(
    profile: Profile, settings: Settings
) -> None:
    async with attempting(profile, settings) as watched:
        await watched.until(steps.Listening)
        address = await in_thread(lambda: approved_address(watched.attempt.authorize_url))
        assert watched.attempt.paste(f"  <{address}>\n") == ""
        assert watched.attempt.paste(address) == "This sign-in has its answer already."
        signed_in = (await watched.rest())[-1]
    assert isinstance(signed_in, steps.SignedIn)
    assert signed_in.method is Method.PASTE


async def test_a_port_that_is_taken_leaves_pasting(profile: Profile, settings: Settings) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", settings.redirect_port))
        taken.listen()
        async with attempting(profile, settings) as watched:
            refusal = await watched.until(steps.NotListening)
            assert str(settings.redirect_port) in refusal.message
            address = await in_thread(lambda: approved_address(watched.attempt.authorize_url))
            assert watched.attempt.paste(address) == ""
            assert isinstance((await watched.rest())[-1], steps.SignedIn)


@pytest.mark.parametrize(
    "text",
    ["", "https://webexapis.com/v1/authorize?client_id=C1&state=x", "a1b2c3", "?code=1&state=no"],
)
async def test_a_paste_that_is_no_answer_is_told_and_the_sign_in_goes_on(
    profile: Profile, settings: Settings, sandbox: Sandbox, text: str
) -> None:
    async with attempting(profile, settings) as watched:
        await watched.until(steps.Listening)
        assert watched.attempt.paste(text)
        address = await in_thread(lambda: approved_address(watched.attempt.authorize_url))
        assert watched.attempt.paste(address) == ""
        assert isinstance((await watched.rest())[-1], steps.SignedIn)
    assert len(sandbox.requests_to("access_token")) == 1


async def test_a_wrong_state_is_told_and_the_right_one_still_wins(
    profile: Profile, settings: Settings, sandbox: Sandbox
) -> None:
    async with attempting(profile, settings) as watched:
        listening = await watched.until(steps.Listening)
        wrong = f"{settings.redirect_uri}/?code=stolen&state=guessed"
        page = await in_thread(lambda: follow(wrong))
        assert page.status == 400
        notice = await watched.until(steps.Noticed)
        assert "not this sign-in's" in notice.message
        browser = asyncio.ensure_future(in_thread(lambda: sandbox.approve(listening.start_url)))
        assert isinstance((await watched.rest())[-1], steps.SignedIn)
        await browser
    (exchange,) = sandbox.requests_to("access_token")
    assert exchange.form.text("code") != "stolen"


async def test_declining_ends_it_without_an_exchange(
    profile: Profile, settings: Settings, sandbox: Sandbox
) -> None:
    async with attempting(profile, settings) as watched:
        listening = await watched.until(steps.Listening)
        browser = asyncio.ensure_future(in_thread(lambda: sandbox.deny(listening.start_url)))
        ended = (await watched.rest())[-1]
        page = await browser
    assert isinstance(ended, Ended)
    assert ended.end is End.DECLINED
    assert ended.exit_code == FAILED
    assert "declined" in ended.message
    assert "declined" in page.text.lower()
    assert sandbox.requests_to("access_token") == ()


async def test_declining_can_be_pasted_too(profile: Profile, settings: Settings) -> None:
    async with attempting(profile, settings) as watched:
        await watched.until(steps.Listening)
        address = await in_thread(lambda: denied_address(watched.attempt.authorize_url))
        assert watched.attempt.paste(address) == ""
        ended = (await watched.rest())[-1]
    assert isinstance(ended, Ended)
    assert ended.end is End.DECLINED


@pytest.mark.parametrize(
    ("error", "end", "exit_code", "said"),
    [
        ("access_denied", End.DECLINED, FAILED, "declined"),
        ("invalid_scope", End.FAILED, FAILED, "scopes"),
        ("server_error", End.FAILED, TEMPORARY, "server_error"),
        ("temporarily_unavailable", End.FAILED, TEMPORARY, "temporarily_unavailable"),
        ("unauthorized_client", End.FAILED, FAILED, "unauthorized_client"),
    ],
)
async def test_each_error_of_webex_has_its_own_words(
    profile: Profile, settings: Settings, error: str, end: End, exit_code: int, said: str
) -> None:
    async with attempting(profile, settings) as watched:
        await watched.until(steps.Listening)
        state = watched.attempt.request.state.reveal()
        answer = f"?error={error}&error_description=as+the+policy+says&state={state}"
        assert watched.attempt.paste(answer) == ""
        ended = (await watched.rest())[-1]
    assert isinstance(ended, Ended)
    assert (ended.end, ended.exit_code) == (end, exit_code)
    assert said in f"{ended.message} {ended.hint}"
    assert "as the policy says" in ended.message


async def test_a_refused_exchange_is_told_here_and_on_the_browsers_page(
    profile: Profile, settings: Settings, sandbox: Sandbox
) -> None:
    body = '{"error":"invalid_grant","error_description":"The code [/b] has expired"}'
    sandbox.faults.next("access_token", Fault(status=400, body=body))
    async with attempting(profile, settings) as watched:
        listening = await watched.until(steps.Listening)
        browser = asyncio.ensure_future(in_thread(lambda: sandbox.approve(listening.start_url)))
        ended = (await watched.rest())[-1]
        page = await browser
    assert isinstance(ended, Ended)
    assert ended.end is End.FAILED
    assert "The code [/b] has expired" in ended.message
    assert "signed in" not in page.text.lower()
    assert profile.token_file.read() is None


async def test_without_a_network_the_exchange_fails_for_now(
    profile: Profile, integration: Integration
) -> None:
    settings = settings_for(f"http://127.0.0.1:{free_port()}/v1", integration)
    async with attempting(profile, settings) as watched:
        await watched.until(steps.Listening)
        state = watched.attempt.request.state.reveal()
        assert watched.attempt.paste(f"?code=a1b2c3&state={state}") == ""
        ended = (await watched.rest())[-1]
    assert isinstance(ended, Ended)
    assert ended.exit_code == TEMPORARY


@pytest.fixture
def _quick_looks_at_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wtr_tui.retrieval._CLOCK_CHECK_SECONDS", 0.02)


@pytest.mark.usefixtures("_quick_looks_at_the_clock")
async def test_time_runs_out(profile: Profile, settings: Settings) -> None:
    moment = clock.now()
    current = [moment]
    async with attempting(profile, settings, now=lambda: current[0]) as watched:
        await watched.until(steps.Listening)
        current[0] = moment + timedelta(seconds=settings[TIMEOUT] + 1)
        ended = (await watched.rest())[-1]
    assert isinstance(ended, Ended)
    assert ended.end is End.TIMED_OUT
    assert settings.redirect_uri in ended.hint
    assert is_free(settings.redirect_port)


@pytest.mark.usefixtures("_quick_looks_at_the_clock")
async def test_a_clock_that_is_set_back_gives_no_more_time(
    profile: Profile, settings: Settings
) -> None:
    moment = clock.now()
    current = [moment]
    async with attempting(profile, settings, now=lambda: current[0]) as watched:
        await watched.until(steps.Listening)
        current[0] = moment - timedelta(hours=8)
        for _ in range(int(PATIENCE / 0.01)):
            if watched.attempt.deadline < moment:
                break
            await asyncio.sleep(0.01)
        current[0] += timedelta(seconds=settings[TIMEOUT] + 1)
        ended = (await watched.rest())[-1]
    assert isinstance(ended, Ended)
    assert ended.end is End.TIMED_OUT


async def test_more_time_can_be_given(profile: Profile, settings: Settings) -> None:
    async with attempting(profile, settings) as watched:
        before = watched.attempt.deadline
        watched.attempt.extend()
        assert watched.attempt.deadline == before + timedelta(minutes=5)


async def test_cancelling_frees_the_port(profile: Profile, settings: Settings) -> None:
    async with attempting(profile, settings) as watched:
        await watched.until(steps.Listening)
        assert not is_free(settings.redirect_port)
        watched.attempt.cancel()
        ended = (await watched.rest())[-1]
        assert isinstance(ended, Ended)
        assert (ended.end, ended.exit_code) == (End.CANCELLED, INTERRUPTED)
        assert is_free(settings.redirect_port)


async def test_leaving_the_stream_frees_the_port(profile: Profile, settings: Settings) -> None:
    async with attempting(profile, settings) as watched:
        await watched.until(steps.Listening)
        await watched.leave()
        assert is_free(settings.redirect_port)


async def test_an_answer_after_cancelling_is_not_exchanged(
    profile: Profile, settings: Settings, sandbox: Sandbox
) -> None:
    async with attempting(profile, settings) as watched:
        listening = await watched.until(steps.Listening)
        watched.attempt.cancel()
        # The port is still open: nobody has taken the last step yet.
        page = await in_thread(lambda: sandbox.approve(listening.start_url))
        address = await in_thread(lambda: approved_address(watched.attempt.authorize_url))
        assert watched.attempt.paste(address)
        ended = (await watched.rest())[-1]
    assert isinstance(ended, Ended)
    assert ended.end is End.CANCELLED
    assert "signed in" not in page.text.lower()
    assert sandbox.requests_to("access_token") == ()
    assert profile.token_file.read() is None


async def test_an_exchange_that_has_begun_cannot_be_cancelled(
    profile: Profile, settings: Settings
) -> None:
    client = client_for(settings, GatedClient)
    assert isinstance(client, GatedClient)
    client.gate = threading.Event()
    async with attempting(profile, settings, client=client) as watched:
        await watched.until(steps.Listening)
        address = await in_thread(lambda: approved_address(watched.attempt.authorize_url))
        assert watched.attempt.paste(address) == ""
        await watched.until(steps.Exchanging)
        watched.attempt.cancel()
        client.gate.set()
        assert isinstance((await watched.rest())[-1], steps.SignedIn)


async def test_an_exchange_that_has_begun_saves_its_token_although_nobody_waits(
    profile: Profile, settings: Settings
) -> None:
    client = client_for(settings, GatedClient)
    assert isinstance(client, GatedClient)
    client.gate = threading.Event()
    async with attempting(profile, settings, client=client) as watched:
        await watched.until(steps.Listening)
        address = await in_thread(lambda: approved_address(watched.attempt.authorize_url))
        assert watched.attempt.paste(address) == ""
        await watched.until(steps.Exchanging)
        await watched.leave()
        assert profile.token_file.read() is None
        client.gate.set()
        pasted = watched.attempt._pasted
        assert pasted is not None
        await asyncio.wait_for(pasted, PATIENCE)
    assert profile.token_file.read() is not None


async def test_only_the_first_of_two_answers_is_exchanged(
    profile: Profile, settings: Settings, sandbox: Sandbox
) -> None:
    client = client_for(settings, GatedClient)
    assert isinstance(client, GatedClient)
    client.gate = threading.Event()
    async with attempting(profile, settings, client=client) as watched:
        listening = await watched.until(steps.Listening)
        address = await in_thread(lambda: approved_address(watched.attempt.authorize_url))
        assert watched.attempt.paste(address) == ""
        await watched.until(steps.Exchanging)
        page = await in_thread(lambda: sandbox.approve(listening.start_url))
        assert "signed in" not in page.text.lower()
        client.gate.set()
        assert isinstance((await watched.rest())[-1], steps.SignedIn)
    assert len(sandbox.requests_to("access_token")) == 1


async def test_a_token_that_cannot_be_written_is_handed_over(
    tmp_path: Path, settings: Settings
) -> None:
    in_the_way = tmp_path / "state"
    in_the_way.write_text("a file where the folder should be")
    profile = Profile("default", tmp_path / "default.yaml", in_the_way / "default.json")
    async with attempting(profile, settings) as watched:
        await watched.until(steps.Listening)
        address = await in_thread(lambda: approved_address(watched.attempt.authorize_url))
        watched.attempt.paste(address)
        last = (await watched.rest())[-1]
    assert isinstance(last, steps.SignedInUnsaved)
    assert str(in_the_way) in last.error.message
    assert last.token.is_valid(clock.now())


async def test_another_app_ids_token_is_kept_aside(profile: Profile, settings: Settings) -> None:
    other = StoredToken(OTHER_APP_ID, a_token())
    profile.token_file.save(other)
    async with attempting(profile, settings) as watched:
        await watched.until(steps.Listening)
        address = await in_thread(lambda: approved_address(watched.attempt.authorize_url))
        watched.attempt.paste(address)
        last = (await watched.rest())[-1]
    assert isinstance(last, steps.SignedIn)
    kept = Profile("kept", profile.settings_path, Path(last.kept_aside)).token_file.read()
    assert kept == other
    stored = profile.token_file.read()
    assert stored is not None
    assert stored.app_id == settings.app_id


async def test_signing_in_again_with_the_same_app_id_keeps_nothing_aside(
    profile: Profile, settings: Settings
) -> None:
    profile.token_file.save(StoredToken(settings.app_id, a_token()))
    async with attempting(profile, settings) as watched:
        await watched.until(steps.Listening)
        address = await in_thread(lambda: approved_address(watched.attempt.authorize_url))
        watched.attempt.paste(address)
        last = (await watched.rest())[-1]
    assert isinstance(last, steps.SignedIn)
    assert last.kept_aside == ""


@pytest.fixture
def quick_device(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    interval = timedelta(milliseconds=20)
    sandbox.rules = replace(sandbox.rules, device_interval=interval)
    monkeypatch.setattr("wtr_tui.oauth.responses.SHORTEST_INTERVAL", interval)
    return sandbox


async def test_a_device_code_needs_no_redirect(
    profile: Profile, settings: Settings, quick_device: Sandbox
) -> None:
    async with attempting(profile, settings) as watched:
        await watched.until(steps.Listening)
        watched.attempt.request_device_code()
        ready = await watched.until(steps.DeviceCodeReady)
        await in_thread(lambda: quick_device.approve_device(ready.authorization.user_code))
        signed_in = (await watched.rest())[-1]
    assert isinstance(signed_in, steps.SignedIn)
    assert signed_in.method is Method.DEVICE
    assert profile.token_file.read() is not None


async def test_a_token_granted_to_a_poll_under_way_is_saved_though_the_attempt_was_cancelled(
    profile: Profile, settings: Settings, quick_device: Sandbox
) -> None:
    client = HeldPolls(settings.base_url, settings.app_id, settings.secret)
    async with attempting(profile, settings, client=client) as watched:
        watched.attempt.request_device_code()
        ready = await watched.until(steps.DeviceCodeReady)
        await in_thread(lambda: quick_device.approve_device(ready.authorization.user_code))
        client.hold.set()
        assert await in_thread(lambda: client.granted.wait(PATIENCE))
        assert shutdown.is_deferred()  # the process does not end before it is saved
        watched.attempt.cancel()
        assert (await watched.until(Ended)).end is End.CANCELLED
        assert profile.token_file.read() is None
        client.gate.set()
        assert isinstance((await watched.rest())[-1], Ended)
        stored = profile.token_file.read()
        assert stored is not None
        assert stored.account.is_known
    assert [entry.event for entry in history.read(profile)] == [history.Event.RETRIEVED]


async def test_the_browser_may_still_be_first_while_a_device_code_waits(
    profile: Profile, settings: Settings, quick_device: Sandbox
) -> None:
    async with attempting(profile, settings) as watched:
        listening = await watched.until(steps.Listening)
        watched.attempt.request_device_code()
        await watched.until(steps.DeviceCodeReady)
        browser = asyncio.ensure_future(
            in_thread(lambda: quick_device.approve(listening.start_url))
        )
        signed_in = (await watched.rest())[-1]
        await browser
    assert isinstance(signed_in, steps.SignedIn)
    assert signed_in.method is Method.REDIRECT


async def test_a_denied_device_code_is_reported_and_the_other_methods_stay_open(
    profile: Profile, settings: Settings, quick_device: Sandbox
) -> None:
    async with attempting(profile, settings) as watched:
        await watched.until(steps.Listening)
        watched.attempt.request_device_code()
        ready = await watched.until(steps.DeviceCodeReady)
        await in_thread(lambda: quick_device.deny_device(ready.authorization.user_code))
        await watched.until(steps.DeviceCodeRefused)
        address = await in_thread(lambda: approved_address(watched.attempt.authorize_url))
        assert watched.attempt.paste(address) == ""
        assert isinstance((await watched.rest())[-1], steps.SignedIn)


async def test_a_device_code_that_ran_out_can_be_asked_for_again(
    profile: Profile, settings: Settings, quick_device: Sandbox
) -> None:
    usual = quick_device.rules
    quick_device.rules = replace(usual, device_lifetime=timedelta(milliseconds=40))
    async with attempting(profile, settings) as watched:
        await watched.until(steps.Listening)
        watched.attempt.request_device_code()
        await watched.until(steps.DeviceCodeOver)
        quick_device.rules = usual
        watched.attempt.request_device_code()
        await watched.until(steps.DeviceCodeReady)


async def test_an_integration_without_the_helpers_addresses_is_told_which_are_missing(
    profile: Profile, sandbox: Sandbox
) -> None:
    without = sandbox.register(new_integration(f"http://localhost:{free_port()}", device=False))
    async with attempting(profile, settings_for(sandbox.base_url, without)) as watched:
        await watched.until(steps.Listening)
        watched.attempt.request_device_code()
        refused = await watched.until(steps.DeviceCodeRefused)
    assert len(refused.redirect_uris) == 4
    assert all(uri.startswith("https://oauth-helper-") for uri in refused.redirect_uris)


async def test_the_command_set_for_new_tokens_hears_of_the_sign_in(
    profile: Profile, settings: Settings, sandbox: Sandbox, tmp_path: Path
) -> None:
    heard = tmp_path / "heard"
    command = f'echo $WTR_EVENT > "{heard}"; cat >> "{heard}"'
    settings = settings.with_value(ON_TOKEN, f"sh -c '{command}'")
    async with attempting(profile, settings) as watched:
        listening = await watched.until(steps.Listening)
        browser = asyncio.ensure_future(in_thread(lambda: sandbox.approve(listening.start_url)))
        signed_in = (await watched.rest())[-1]
        await browser
    assert isinstance(signed_in, steps.SignedIn)
    event, token = heard.read_text().splitlines()
    assert event == "retrieved"
    assert token == signed_in.token.access_token.reveal()


@asynccontextmanager
async def taken(port: int) -> AsyncIterator[None]:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield


async def test_where_no_method_is_left_the_attempt_ends_at_once(
    profile: Profile, sandbox: Sandbox
) -> None:
    """Port taken, nobody to paste, device grant refused."""
    without = sandbox.register(new_integration(f"http://localhost:{free_port()}", device=False))
    settings = settings_for(sandbox.base_url, without)
    async with taken(settings.redirect_port), attempting(profile, settings) as watched:
        watched.attempt.can_paste = False
        last = (await watched.rest())[-1]
    assert watched.kinds() == ["NotListening", "DeviceCodeRefused", "Ended"]
    assert isinstance(last, Ended)
    assert (last.end, last.exit_code) == (End.FAILED, FAILED)
    assert "No method to sign in is left" in last.message


async def test_where_the_device_code_was_refused_first_a_taken_port_ends_it(
    profile: Profile, sandbox: Sandbox
) -> None:
    sandbox.faults.next("device/authorize", Fault(status=503), 99)
    integration = sandbox.register(new_integration(f"http://localhost:{free_port()}"))
    settings = settings_for(sandbox.base_url, integration)
    async with taken(settings.redirect_port), attempting(profile, settings) as watched:
        watched.attempt.can_paste = False
        watched.attempt.request_device_code()
        last = (await watched.rest())[-1]
    assert isinstance(last, Ended)
    assert last.exit_code == TEMPORARY


async def test_a_refused_device_code_ends_nothing_while_there_is_another_method(
    profile: Profile, sandbox: Sandbox
) -> None:
    without = sandbox.register(new_integration(f"http://localhost:{free_port()}", device=False))
    async with attempting(profile, settings_for(sandbox.base_url, without)) as watched:
        watched.attempt.can_paste = False
        await watched.until(steps.Listening)
        watched.attempt.request_device_code()
        await watched.until(steps.DeviceCodeRefused)
        address = await in_thread(lambda: approved_address(watched.attempt.authorize_url))
        await in_thread(lambda: follow(address))
        assert isinstance((await watched.rest())[-1], steps.SignedIn)


async def test_with_a_redirect_uri_elsewhere_nothing_is_listened_for_and_pasting_works(
    profile: Profile, sandbox: Sandbox
) -> None:
    elsewhere = "https://oauth.example/v1/callback"
    integration = sandbox.register(new_integration(elsewhere))
    settings = settings_for(sandbox.base_url, integration).replace(
        redirect_uri=elsewhere, redirect_port=free_port()
    )
    async with attempting(profile, settings) as watched:
        step = await watched.until(steps.NotListening)
        assert step.is_elsewhere
        assert elsewhere in step.message
        assert "paste that address" in step.hint
        assert is_free(settings.redirect_port)
        state = watched.attempt.request.state.reveal()
        assert watched.attempt.paste(f"http://localhost:6855/?code=abc&state={state}")
        address = await in_thread(lambda: approved_address(watched.attempt.authorize_url))
        assert address.startswith(elsewhere)
        assert watched.attempt.paste(address) == ""
        assert isinstance((await watched.rest())[-1], steps.SignedIn)


async def test_a_proxy_that_cannot_be_used_is_reported_before_the_sign_in_begins(
    profile: Profile, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1")
    elsewhere = settings.replace(base_url="https://webexapis.invalid/v1")
    with client_for(elsewhere) as client, pytest.raises(SettingsError, match="SOCKS"):
        Retrieval(profile, elsewhere, client)


async def test_who_is_to_sign_in_is_named_to_webex(profile: Profile, settings: Settings) -> None:
    hinted = settings.with_value(LOGIN_HINT, "ann@example.com").with_value(PROMPT, "select_account")
    with client_for(hinted) as client:
        url = Retrieval(profile, hinted, client).authorize_url
    assert "login_hint=ann%40example.com" in url
    assert "prompt=select_account" in url


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize(
    ("scopes", "expected", "is_asked"),
    [
        ("spark:people_read", EMAIL.upper(), False),
        ("spark:people_read", "ann@example.com", True),
        ("spark:kms", EMAIL, True),  # Webex does not name the account
    ],
)
async def test_a_sign_in_by_another_account_than_the_setting_names_is_put_aside(
    profile: Profile,
    settings: Settings,
    sandbox: Sandbox,
    scopes: str,
    expected: str,
    is_asked: bool,
    held: bool,
) -> None:
    if held:
        profile.token_file.save(settings.stored(a_token()))
    before = profile.token_file.read()
    settings = settings.with_value(ACCOUNT, expected).replace(scopes=tuple(scopes.split()))
    async with attempting(profile, settings) as watched:
        listening = await watched.until(steps.Listening)
        browser = asyncio.ensure_future(in_thread(lambda: sandbox.approve(listening.start_url)))
        last = (await watched.rest())[-1]
        page = await browser
    stored = profile.token_file.read()
    waiting = profile.token_file.list_put_aside()
    if is_asked:
        assert isinstance(last, steps.OtherAccount)
        assert "Is this the right account?" in page.text
        assert stored == before
        assert [path for path, _ in waiting] == [last.put_aside]
        why = last.account.put_aside_reason(last.before, expected)
        assert f"the setting account expects {expected}." in why
        assert ("spark:people_read" in why) is (scopes == "spark:kms")
    else:
        assert isinstance(last, steps.SignedIn)
        assert stored is not None
        assert stored.token.same_access(last.token)
        assert stored.account.email == EMAIL
        assert waiting == []
