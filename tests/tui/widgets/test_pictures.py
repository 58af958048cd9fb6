"""The widgets together, as the screens put them: pictures at the sizes that people have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tests.tui.widgets.stage import Stage
from wtr_tui.tui.screens.sign_in_cards import Card, ShownStep, StepLine, StepState
from wtr_tui.tui.themes import Meaning, Tone
from wtr_tui.tui.widgets import Panel, clickable_key
from wtr_tui.tui.widgets.bars import Header, HeaderState
from wtr_tui.tui.widgets.figures import Figures
from wtr_tui.tui.widgets.lists import (
    ActivityRow,
    ActivityRows,
    Lifetime,
    LifetimeBars,
    ProfileRow,
    ProfileRows,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)

PROFILES = [
    ProfileRow("default", Meaning.CALM, "Ann Example", "13 d 23 h", 0.98, current=True),
    ProfileRow("lab", Meaning.OVER, "needs a sign-in", "expired"),
    ProfileRow("calling-c", Meaning.URGENT, "about to end", "4 min", 0.01),
    ProfileRow("calling-b", Meaning.SOON, "sign in by 29 Nov", "2 d 4 h", 0.15),
    ProfileRow("calling-a", Meaning.CALM, "admin@a.example", "6 d 2 h", 0.44),
]
ACTIVITY = [
    ActivityRow("11:00", Tone.GOOD, "refreshed, 14 d", "this screen"),
    ActivityRow("08:17", Tone.PLAIN, "refreshed, same token", "timer"),
    ActivityRow("07:17", Tone.WARN, "network unreachable, retrying", "timer"),
    ActivityRow("Mon", Tone.BAD, "refused: invalid_grant", "wtr refresh"),
]


class TokenPieces(Stage):
    CSS = """
    Screen { background: $background; color: $foreground; }
    #page { height: 1fr; padding: 1 2; }
    #left { width: 3fr; height: auto; } #right { width: 2fr; height: auto; margin-left: 2; }
    Panel { margin-bottom: 1; } Figures { margin-bottom: 1; }
    """

    def compose(self) -> ComposeResult:
        state = HeaderState(Meaning.CALM, "13 d 22 h", "default", "over SSH from ::1")
        yield Header("token", state)
        calm = Content.styled("● valid", "bold $calm")
        with Horizontal(id="page"):
            with Vertical(id="left"), Panel("Access token", right=calm):
                yield Figures("13d 22:59:41", double=self.size.width >= 180)
                yield LifetimeBars()
            if self.size.width >= 110:
                with Vertical(id="right"):
                    every = clickable_key("F5", "all", "go")
                    more = clickable_key("H", "more", "history")
                    yield Panel("Profiles", ProfileRows(), right=every)
                    yield Panel("Activity", ActivityRows(), right=more)

    def on_mount(self) -> None:
        for profiles in self.query(ProfileRows):
            profiles.show(PROFILES, most=6, spaced=True)
        for history in self.query(ActivityRows):
            history.show(ACTIVITY)
        access = Lifetime("Access", NOW - DAY, NOW + 13 * DAY, "Tue 8 Dec 11:00")
        sign_in = Lifetime("Sign-in", NOW - DAY, NOW + 4 * DAY, "Sat 28 Nov 2026", Meaning.SOON)
        refreshed = Lifetime(
            access.label, access.began, access.ends, access.end_text, next_refresh=NOW + 12 * DAY
        )
        self.query_one(LifetimeBars).show([refreshed, sign_in], NOW)


class Attempt(Screen[None]):
    BINDINGS = [  # noqa: RUF012 - as Textual declares it
        Binding("f", "line", "copy the line"),
        Binding("d", "code", "new code"),
        Binding("Q", "qr", "QR code"),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if action == "qr" else True


class SignInPieces(Stage):
    CSS = """
    Screen { background: $background; color: $foreground; }
    #cards { height: 14; margin: 1 2; } Card { height: 100%; } StepLine { margin: 0 2; }
    """

    def get_default_screen(self) -> Screen[None]:
        return Attempt()

    def compose(self) -> ComposeResult:
        yield Header("sign-in", HeaderState(Meaning.NONE, "no token", "default"))
        with Horizontal(id="cards"):
            with Card(1, "Forward the port", "line", id="first") as likeliest:
                yield Static("ssh -N -L 6855:localhost:6855")
            with Card(2, "Paste", id="paste"):
                yield Static("Open the full address anywhere.")
            with Card(3, "Device code", "code", "qr", id="device"):
                yield Figures("824 078", Meaning.NEXT)
        likeliest.mark_likeliest(True)
        line = StepLine()
        line.show(
            (
                ShownStep("waiting for you", "waiting for you", StepState.DONE),
                ShownStep("browser arrived", "browser arrived", StepState.NOW),
                ShownStep("exchange the code", "exchange the code", StepState.TO_COME),
                ShownStep("save the token", "save the token", StepState.FAILED),
            )
        )
        yield line


@pytest.fixture(autouse=True)
def _unpainted() -> None:
    """A picture is what a terminal would show, after all that it was sent."""


@pytest.mark.parametrize("theme", ["wtr-dark", "wtr-light"])
@pytest.mark.parametrize("size", [(80, 24), (140, 34), (200, 60)])
def test_the_pieces_of_the_token_view(
    snap_compare: Callable[..., bool], size: tuple[int, int], theme: str
) -> None:
    assert snap_compare(TokenPieces(theme=theme), terminal_size=size)


@pytest.mark.parametrize("theme", ["wtr-dark", "nord"])
def test_the_pieces_of_the_sign_in(snap_compare: Callable[..., bool], theme: str) -> None:
    assert snap_compare(SignInPieces(theme=theme), terminal_size=(140, 24))
