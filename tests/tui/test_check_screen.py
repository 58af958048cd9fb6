"""The check screen: the findings of the doctor, and the files of the profile."""

import os
import sys
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from tests.support.stage import Stage, seen, shows, until
from tests.support.webex import Sandbox
from wtr_tui.tui.app import WtrApp
from wtr_tui.tui.display import format_date
from wtr_tui.tui.screens.check import file_facts


@pytest.fixture
def configured(stage: Stage, sandbox: Sandbox) -> Stage:
    """The stage with settings for the sandbox, and a home folder of its own."""
    stage.environ["HOME"] = str(stage.home)
    stage.configure_for(sandbox)
    return stage


async def test_every_finding_is_shown_and_looked_at_again_on_a_key(
    configured: Stage, sandbox: Sandbox
) -> None:
    app: WtrApp = configured.app()
    async with app.run_test(size=(100, 50)) as pilot:
        await shows(pilot, "Listening on port")
        await pilot.press("x")
        await shows(pilot, "The sign-in was cancelled")
        await pilot.press("f6")
        await shows(pilot, "webex        it answers.")
        await until(pilot, lambda: "clock " in seen(pilot) and "Looking" not in seen(pilot))
        assert sandbox.requests
        configured.write("appid: [\n")
        await pilot.press("r")
        await shows(pilot, "✗ settings")
        await pilot.press("escape")
        assert app.full_screen is app.screen


async def test_a_dialog_does_not_have_everything_looked_at_again(
    configured: Stage, sandbox: Sandbox
) -> None:
    app: WtrApp = configured.app()
    async with app.run_test(size=(100, 50)) as pilot:
        await pilot.press("f6")
        await until(pilot, lambda: "clock " in seen(pilot) and "Looking" not in seen(pilot))
        asked = len(sandbox.requests)
        await pilot.press("f1")
        await shows(pilot, "Help · Check")
        await pilot.press("escape")
        await until(pilot, lambda: app.full_screen is app.screen)
        assert "Looking" not in seen(pilot)
        assert len(sandbox.requests) == asked
        await pilot.press("f4", "f6")
        await until(pilot, lambda: len(sandbox.requests) > asked)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, to tell who listens")
async def test_the_port_that_a_sign_in_listens_on_here_is_no_fault(
    configured: Stage, sandbox: Sandbox
) -> None:
    app: WtrApp = configured.app()
    async with app.run_test(size=(100, 50)) as pilot:
        await shows(pilot, "Listening on port")
        await pilot.press("f6")
        await shows(pilot, "is listened on by this sign-in.")
        assert "✓ port" in seen(pilot)


async def test_a_wide_terminal_parts_the_profile_from_the_machine(
    configured: Stage, sandbox: Sandbox
) -> None:
    app: WtrApp = configured.app()
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.press("f6")
        await shows(pilot, "clock        this machine and Webex agree.")
        assert "This machine and Webex" in _title(pilot)
        first = next(line for line in seen(pilot).splitlines() if "✓ settings" in line)
        assert "✓ you are" in first
        await shows(pilot, "Its files")
        await pilot.resize_terminal(100, 45)
        await until(pilot, lambda: "This machine" not in _title(pilot), "one below the other")
        assert "Its files" not in seen(pilot)
        await shows(pilot, "This machine and Webex")
        await shows(pilot, "✓ clock")


def test_each_file_has_its_place_its_size_and_when_it_was_written(stage: Stage) -> None:
    path, now = stage.configure(), stage.clock()
    path.write_bytes(b"appid: C1\n" * 150)
    written = (now - timedelta(days=1)).timestamp()
    os.utime(path, (written, written))
    facts = file_facts(stage.profile, {"HOME": str(path.parent)}, now)
    assert facts["Settings"] == (
        f"~/{path.name} · 1,500 bytes, written {format_date(now - timedelta(days=1), now)}"
    )
    assert facts["Token"] == f"{stage.profile.token_path} · not there"


def _title(pilot: Pilot[int]) -> str:
    return next(line for line in seen(pilot).splitlines() if "This profile" in line)
