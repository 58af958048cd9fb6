from __future__ import annotations

import os
import select
import sys
import time
from dataclasses import fields
from pathlib import Path

import pytest

from tests.environment.conftest import Script
from tests.support.programs import required
from tests.support.terminal import python_on_a_terminal
from tests.support.tmux_server import TmuxServer
from tests.support.waiting import PATIENCE
from wtr_tui.environment.clipboard import (
    SEQUENCES,
    CopyResult,
    Route,
    copy,
    length_warning,
    osc52,
    routes,
    through_screen,
    through_tmux,
)
from wtr_tui.environment.surroundings import SshSession, Surroundings

TOKEN = "ZDA4" + "x" * 100
SSH = SshSession("10.0.0.7", "10.0.0.1")
DESK = Surroundings(display=True, terminal=True)
CONSOLE = Surroundings(terminal=True)
REMOTE = Surroundings(ssh=SSH, terminal=True)
IN_TMUX = Surroundings(ssh=SSH, terminal=True, tmux=True, tmux_commands=True)
IN_SCREEN = Surroundings(ssh=SSH, terminal=True, screen=True)

LOCAL = (Route.PYPERCLIP,)
PLAIN = (Route.OSC52,)
SCREEN = (Route.OSC52_SCREEN,)
WRAPPED = (Route.OSC52_TMUX_PASSTHROUGH, Route.OSC52)
TMUX = (Route.TMUX, *WRAPPED)

linux_desktop = pytest.mark.skipif(
    sys.platform != "linux", reason="pyperclip asks xclip on Linux only"
)


@pytest.mark.parametrize(
    ("seen", "setting", "order"),
    [
        (DESK, "auto", LOCAL + PLAIN),
        (CONSOLE, "auto", PLAIN),
        (REMOTE, "auto", PLAIN),
        (Surroundings(ssh=SSH, terminal=True, display=True), "auto", PLAIN),  # X forwarding
        (Surroundings(wsl=True, terminal=True), "auto", LOCAL + PLAIN),
        (Surroundings(vscode_helper=True, display=True, terminal=True), "auto", PLAIN),
        (Surroundings(container=True, terminal=True), "auto", PLAIN),
        (IN_TMUX, "auto", TMUX),
        (
            Surroundings(display=True, terminal=True, tmux=True, tmux_commands=True),
            "auto",
            LOCAL + TMUX,
        ),
        # sudo took $TMUX aroute: its command could reach a stranger's tmux.
        (Surroundings(ssh=SSH, terminal=True, tmux=True), "auto", WRAPPED),
        (IN_SCREEN, "auto", SCREEN),
        (Surroundings(display=True), "auto", LOCAL),
        (Surroundings(), "auto", ()),
        (REMOTE, "local", LOCAL),
        (IN_TMUX, "local", LOCAL),
        (DESK, "terminal", PLAIN),
        (IN_TMUX, "terminal", WRAPPED),
        (IN_SCREEN, "terminal", SCREEN),
        (IN_TMUX, "tmux", TMUX),
        (DESK, "tmux", PLAIN),
    ],
)
def test_the_ways_fit_the_place_and_the_setting(
    seen: Surroundings, setting: str, order: tuple[Route, ...]
) -> None:
    assert routes(seen, setting) == order


def test_each_route_through_the_terminal_has_its_sequence() -> None:
    assert {route: sequence(TOKEN) for route, sequence in SEQUENCES.items()} == {
        Route.OSC52: osc52(TOKEN),
        Route.OSC52_TMUX_PASSTHROUGH: through_tmux(osc52(TOKEN)),
        Route.OSC52_SCREEN: through_screen(osc52(TOKEN)),
    }


class Desk:
    """A desktop whose xclip is a script, and a terminal that keeps what is written to it."""

    def __init__(self, script: Script, programs: Path, folder: Path) -> None:
        self._script = script
        self.folder = folder
        self.clipboard = folder / "clipboard"
        self.written: list[str] = []
        self.environ = {"PATH": f"{programs}:/usr/bin:/bin", "DISPLAY": ":987"}

    def xclip(self, body: str) -> None:
        self._script("xclip", body)

    def copy(self, text: str = TOKEN, seen: Surroundings = DESK, limit: float = 20.0) -> CopyResult:
        return copy(
            text,
            seen,
            self.written.append,
            environ=self.environ,
            limit=limit,
            otherwise="select it with the mouse",
        )


@pytest.fixture
def desk(script: Script, programs: Path, tmp_path: Path) -> Desk:
    return Desk(script, programs, tmp_path)


@linux_desktop
def test_at_the_desk_the_machines_own_clipboard_is_used(desk: Desk) -> None:
    arguments = desk.folder / "arguments"
    desk.xclip(f'echo "$0 $@" > "{arguments}"; cat > "{desk.clipboard}"')

    copied = desk.copy()

    assert copied == CopyResult(Route.PYPERCLIP, "It is in this machine's clipboard.")
    assert desk.clipboard.read_text() == TOKEN
    assert desk.written == []
    assert TOKEN not in arguments.read_text()


@linux_desktop
def test_an_xclip_that_stays_to_serve_the_selection_is_waited_for_no_longer(desk: Desk) -> None:
    gate = desk.folder / "gate"
    os.mkfifo(gate)
    desk.xclip(f'cat > "{desk.clipboard}"; (read line < "{gate}") & exit 0')
    begun = time.monotonic()

    copied = desk.copy(limit=60.0)

    gate.open("w").close()
    assert copied.route is Route.PYPERCLIP
    assert time.monotonic() - begun < 50


@linux_desktop
@pytest.mark.parametrize("body", ["cat > /dev/null; exit 1", "exit 1", "kill -9 $$"])
def test_an_xclip_that_fails_gives_way_to_the_terminal(desk: Desk, body: str) -> None:
    desk.xclip(body)

    assert desk.copy().route is Route.OSC52
    assert desk.written == [osc52(TOKEN)]


@linux_desktop
def test_an_xclip_that_hangs_is_ended_and_gives_way_to_the_terminal(desk: Desk) -> None:
    alive = desk.folder / "alive"
    os.mkfifo(alive)
    # Where it is ended before its first line was read, there is nothing to end.
    watched = os.open(alive, os.O_RDWR)
    desk.xclip(f'exec 3> "{alive}"; exec sleep 600')

    copied = desk.copy(limit=0.5)

    assert copied.route is Route.OSC52
    ended = select.poll()
    reading = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    os.close(watched)
    ended.register(reading, select.POLLHUP)  # comes when the last process holding it has ended
    assert ended.poll(PATIENCE * 1_000)
    os.close(reading)


@linux_desktop
def test_a_real_xclip_without_its_display_gives_way_to_the_terminal(desk: Desk) -> None:
    required("xclip")

    assert desk.copy().route is Route.OSC52


@linux_desktop
def test_nothing_a_clipboard_program_prints_reaches_the_terminal(desk: Desk) -> None:
    noise = "echo printed; echo complained >&2; (echo forced > /dev/tty) 2>&1"
    desk.xclip(f"cat > /dev/null; {noise}; exit 0")
    program = (
        "import os, sys; sys.path[:] = sys.argv[1:]\n"
        "from wtr_tui.environment.clipboard import copy\n"
        "from wtr_tui.environment.surroundings import Surroundings\n"
        "copied = copy('x', Surroundings(display=True), print, limit=20, otherwise='')\n"
        "os.write(1, copied.route.name.encode())\n"
    )
    with python_on_a_terminal(program, desk.environ) as terminal:
        assert terminal.wait_for_output(b"PYPERCLIP") == b"PYPERCLIP"


@linux_desktop
def test_klipper_is_not_used_because_it_takes_the_text_as_an_argument(
    desk: Desk, script: Script, programs: Path
) -> None:
    asked = desk.folder / "asked"
    for name in ("klipper", "qdbus"):
        script(name, f': > "{asked}"')
    desk.environ["PATH"] = str(programs)

    assert desk.copy().route is Route.OSC52
    assert not asked.exists()


@linux_desktop
def test_a_pyperclip_in_the_current_directory_is_given_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.xclip(f'cat > "{desk.clipboard}"')
    stolen = desk.folder / "stolen"
    (desk.folder / "pyperclip.py").write_text(f"open({str(stolen)!r}, 'w').close()")
    monkeypatch.chdir(desk.folder)
    monkeypatch.setattr(sys, "path", ["", *sys.path])

    assert desk.copy().route is Route.PYPERCLIP
    assert not stolen.exists()


def test_over_ssh_this_machines_clipboard_is_left_alone(desk: Desk) -> None:
    desk.xclip(f': > "{desk.clipboard}"')

    copied = desk.copy(seen=REMOTE)

    assert copied.route is Route.OSC52
    assert not desk.clipboard.exists()


def test_what_is_sent_is_not_said_to_be_copied(desk: Desk) -> None:
    assert desk.copy(seen=REMOTE) == CopyResult(
        Route.OSC52,
        "Sent to your terminal's clipboard (OSC 52). If paste gives nothing, "
        "your terminal does not allow it: select it with the mouse.",
    )


def test_a_long_text_is_sent_with_a_warning(desk: Desk) -> None:
    for seen, route in ((REMOTE, Route.OSC52), (IN_SCREEN, Route.OSC52_SCREEN)):
        copied = desk.copy("x" * 4_000, seen)

        assert copied.route is route
        assert copied.warning == length_warning("x" * 4_000) != ""


def test_where_tmux_cannot_be_commanded_both_sequences_are_sent(desk: Desk) -> None:
    desk.environ["PATH"] = ""

    assert desk.copy(seen=IN_TMUX).route is Route.OSC52_TMUX_PASSTHROUGH
    assert desk.written == [through_tmux(osc52(TOKEN)), osc52(TOKEN)]


def test_where_no_way_is_left_it_says_so(desk: Desk) -> None:
    copied = desk.copy(seen=Surroundings())

    assert copied.route is None
    assert copied.message.startswith("Not copied")
    assert "select it with the mouse" in copied.message
    assert desk.written == []


def test_in_a_real_tmux_the_text_reaches_the_terminal_around_it(tmux_server: TmuxServer) -> None:
    written: list[str] = []
    with tmux_server.attach() as terminal:
        environ = tmux_server.pane_environ()

        copied = copy(TOKEN, IN_TMUX, written.append, environ=environ, limit=20.0, otherwise="")

        terminal.wait_for_output(osc52(TOKEN).rpartition(";")[2].encode())
        assert tmux_server.command("list-buffers") == ""
    assert copied.route is Route.TMUX
    assert "through tmux" in copied.message
    assert written == []


def test_the_outcome_does_not_hold_the_text(desk: Desk) -> None:
    copied = desk.copy(seen=REMOTE)

    assert all(TOKEN not in str(getattr(copied, field.name)) for field in fields(copied))
