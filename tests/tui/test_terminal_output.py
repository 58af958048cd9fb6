"""The call when somebody is needed: once, and as the terminal can show it."""

from __future__ import annotations

import pytest

from tests.support.stage import ANN, NoWebex, Stage, until
from tests.support.tokens import a_token
from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.tui import driver
from wtr_tui.tui.terminal_output import notification

PLAIN, TMUX, SCREEN = Surroundings(), Surroundings(tmux=True), Surroundings(screen=True)


@pytest.mark.parametrize(
    ("how", "where", "sequence"),
    [
        ("bell", PLAIN, "\a"),
        ("bell", TMUX, "\a"),
        ("osc9", PLAIN, "\x1b]9;work needs, you\a"),
        ("osc777", PLAIN, "\x1b]777;notify;WTR²;work needs, you\a"),
        ("osc99", PLAIN, "\x1b]99;;work needs, you\x1b\\"),
        ("osc9", TMUX, "\x1bPtmux;\x1b\x1b]9;work needs, you\a\x1b\\\a"),
        ("osc9", SCREEN, "\x1bP\x1b]9;work needs, you\a\x1b\\"),
    ],
)
def test_a_notification_reaches_the_terminal(how: str, where: Surroundings, sequence: str) -> None:
    assert notification(how, "work needs; you", where) == sequence


@pytest.mark.parametrize(("how", "calls"), [("bell", 1), ("osc9", 1), ("off", 0)])
async def test_somebody_is_called_once_when_needed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, how: str, calls: int
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(driver, "write_to_terminal", lambda _, text: sent.append(text))
    stage.configure(notify=how)
    stage.save(a_token(obtained_at=stage.clock()))
    app = stage.app(webex=NoWebex(ANN))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app._ticks > 1)
        assert sent == []
        stage.profile.token_path.write_text("{")
        await until(pilot, lambda: bool(app.session.current.alert(app.session.now())))
        seen = app._ticks
        await until(pilot, lambda: app._ticks > seen + 1)
        assert len(sent) == calls
