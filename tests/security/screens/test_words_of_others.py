"""What others say, on our screen: as they said it, as text, and never as an order."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from textual.pilot import Pilot

from tests.support.stage import Stage, seen, shows, told, until
from tests.support.webex import Fault, Sandbox
from wtr_tui.shutdown import in_thread
from wtr_tui.tui.app import WtrApp
from wtr_tui.tui.screens.sign_in import SignInScreen

# Markup of Rich and Textual with an action in it, an end tag of nothing, a title for the terminal,
# a colour, a cursor that moves, what turns the reading direction, and a C1 control.
HOSTILE = (
    "[red]x[/] [@click=app.quit]quit[/] [/b] {0} %s"
    " \x1b]0;evil\x07\x1b[31m\x1b[2J\x1b[H\u202eback\u202c\x9b31m\u200b end"
)
SHOWN = "[red]x[/] [@click=app.quit]quit[/] [/b] {0} %s ]0;evil[31m[2J[Hback31m end"
_CONTROLS = {"Cc", "Cf", "Cs", "Co"}


def assert_only_text(pilot: Pilot[int]) -> None:
    screen = seen(pilot)
    odd = {char for char in screen if char != "\n" and unicodedata.category(char) in _CONTROLS}
    assert odd == set()


def an_error(words: str) -> Fault:
    body = {"error": "invalid_request", "error_description": words, "trackingId": words}
    return Fault(status=400, body=json.dumps(body))


@asynccontextmanager
async def on(stage: Stage, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[int]]:
    async with stage.app().run_test(size=size) as pilot:
        yield pilot


async def test_a_refusal_of_a_refresh_is_shown_literally(
    signed_in: Stage, sandbox: Sandbox
) -> None:
    """F63."""
    sandbox.faults.next("access_token", an_error(HOSTILE))
    async with on(signed_in) as pilot:
        await shows(pilot, "● valid")
        await pilot.press("r")
        await shows(pilot, SHOWN)
        assert_only_text(pilot)


async def test_a_person_and_a_mail_address_are_shown_literally(
    signed_in: Stage, sandbox: Sandbox
) -> None:
    """F63."""
    person = {"displayName": HOSTILE, "emails": [HOSTILE], "orgId": HOSTILE}
    sandbox.faults.always("people/me", Fault(status=200, body=json.dumps(person)))
    async with on(signed_in, (240, 40)) as pilot:
        await until(pilot, lambda: seen(pilot).count(SHOWN) == 2, "name and address")
        assert_only_text(pilot)


async def test_the_title_of_a_portals_page_is_shown_literally(
    signed_in: Stage, sandbox: Sandbox
) -> None:
    """F63."""
    page = f"<html><title>{HOSTILE}</title>"
    sandbox.faults.next("access_token", Fault(status=200, body=page))
    async with on(signed_in) as pilot:
        await shows(pilot, "● valid")
        await pilot.press("r")
        await shows(pilot, SHOWN)
        assert_only_text(pilot)


async def ask_listener(pilot: Pilot[int], query: str, **headers: str) -> None:
    """What a browser, or somebody else, asks the listener of the attempt that runs."""
    app = pilot.app
    assert isinstance(app, WtrApp)
    screen = app.full_screen
    assert isinstance(screen, SignInScreen)
    await shows(pilot, "Listening on port")
    attempt = screen._attempt
    assert attempt is not None
    state = attempt.request.state.reveal()
    address = attempt.redirect_uri.origin + "/" + query.replace("STATE", state)

    def ask() -> None:
        with httpx.Client(trust_env=False) as web:
            web.get(address, headers=headers)

    await in_thread(ask)


def encoded(text: str) -> str:
    return str(httpx.QueryParams({"error_description": text}))


_ERROR = "?error=server_error&" + encoded(HOSTILE)
LISTENED: list[tuple[str, Callable[[Pilot[int]], Awaitable[None]], str]] = [
    ("right state", lambda pilot: ask_listener(pilot, f"{_ERROR}&state=STATE"), SHOWN),
    ("no state", lambda pilot: ask_listener(pilot, _ERROR), SHOWN),
    (
        "declined",
        lambda pilot: ask_listener(
            pilot, f"{_ERROR}&state=STATE".replace("server_error", "access_denied")
        ),
        SHOWN,
    ),
    ("stray path", lambda pilot: ask_listener(pilot, "[red]wp[/]?x=[/b]"), "[red]wp[/]"),
    (
        "stray host",
        lambda pilot: ask_listener(pilot, "", Host="[red]evil[/].example"),
        "[red]evil[/].example",
    ),
]


@pytest.mark.parametrize(
    ("ask", "shown"),
    [pytest.param(ask, shown, id=name) for name, ask, shown in LISTENED],
)
async def test_what_anybody_sends_to_the_listener_is_shown_literally(
    configured: Stage, ask: Callable[[Pilot[int]], Awaitable[None]], shown: str
) -> None:
    """F63, C27, C28."""
    async with on(configured) as pilot:
        await ask(pilot)
        await shows(pilot, shown)
        assert_only_text(pilot)


async def test_a_refused_device_code_is_told_literally(configured: Stage, sandbox: Sandbox) -> None:
    """F63."""
    sandbox.faults.next("device/authorize", an_error(HOSTILE))
    async with on(configured) as pilot:
        await shows(pilot, "Listening on port")
        await pilot.press("d")
        await shows(pilot, "“[red]x[/]")  # the card breaks the rest over lines
        await shows(pilot, "[@click=app.quit]quit[/]")
        assert_only_text(pilot)


async def test_what_a_token_file_says_is_shown_literally(signed_in: Stage) -> None:
    """F63: its scopes were written by any program, or taken over from anybody's file."""
    path = signed_in.profile.token_path
    fields = json.loads(path.read_text())
    fields["scope"] = "spark:kms [red]x[/]"
    path.write_text(json.dumps(fields))
    async with on(signed_in) as pilot:
        await shows(pilot, "spark:kms [red]x[/]")
        assert_only_text(pilot)


async def test_a_token_file_with_orders_to_the_terminal_is_no_token_file(signed_in: Stage) -> None:
    """F63."""
    path = signed_in.profile.token_path
    fields = json.loads(path.read_text())
    fields["scope"] = "spark:kms \x1b]0;evil\x07\u202e\x1b[31m"
    path.write_text(json.dumps(fields))
    async with on(signed_in) as pilot:
        await shows(pilot, "scope holds characters that do not belong there")
        assert_only_text(pilot)


# Long


@pytest.mark.parametrize("letter", ["x", "\x1b[31m", "漢", "e\u0301"], ids=ascii)
async def test_of_a_megabyte_of_words_the_screen_shows_the_beginning(
    signed_in: Stage, sandbox: Sandbox, letter: str
) -> None:
    """F63: just below what is read of an answer at all."""
    words = "Sorry. " + letter * (1_000_000 // len(json.dumps(letter)[1:-1]))
    body = json.dumps({"error": "invalid_request", "error_description": words})
    assert 900_000 < len(body) < 1_048_576
    sandbox.faults.next("access_token", Fault(status=400, body=body))
    async with on(signed_in, (80, 24)) as pilot:
        await shows(pilot, "● valid")
        await pilot.press("r")
        await shows(pilot, "Sorry.")
        assert len(told(pilot)) < 1_000
        await shows(pilot, "● valid")
        await pilot.press("f4")
        await shows(pilot, "App ID")


# Of any width

NAMES = [
    pytest.param("Ann Example", id="latin"),
    pytest.param("Дмитрий Щербаков", id="cyrillic"),
    pytest.param("王小明 田中さくら 김민준", id="wide"),
    pytest.param("محمد عبد الله", id="arabic"),
    pytest.param("יעקב לוי", id="hebrew"),
    pytest.param("สมชาย ใจดี", id="thai"),
    pytest.param("श्रीनिवास रामानुजन्", id="devanagari"),
    pytest.param("e\u0301" * 20 + "z\u0341" * 5, id="combining"),
    pytest.param("Ann 👩‍👩‍👧‍👦🏳️‍🌈👍🏽❤️🇩🇪", id="emoji"),
    pytest.param("ｆｕｌｌｗｉｄｔｈ", id="fullwidth"),
    pytest.param("漢" * 18, id="long and wide"),
    pytest.param("\u3000\u00a0\u2003", id="blanks alone"),
]


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_of_any_script_leaves_everything_in_its_place(
    signed_in: Stage, sandbox: Sandbox, name: str
) -> None:
    """F63: on a narrow screen, each line is as wide as it, and the others are drawn as ever."""
    person = json.dumps({"displayName": name, "emails": ["ann@example.com"]})
    sandbox.faults.always("people/me", Fault(status=200, body=person))
    async with on(signed_in, (48, 20)) as pilot:
        # A name that takes the whole line leaves no room for the address behind it.
        await shows(pilot, "漢漢" if name.startswith("漢漢") else "ann@")
        strips = pilot.app.screen._compositor.render_strips()
        assert {strip.cell_length for strip in strips} == {48}
        assert_only_text(pilot)
        lines = seen(pilot).splitlines()
        assert any(line.rstrip().endswith("● valid") for line in lines)
        assert any(line.split()[:1] == ["Access"] for line in lines)
