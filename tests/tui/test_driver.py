"""The private names used of Textual are still there; the output sends no colour twice."""

from __future__ import annotations

import errno
import inspect
import os
import selectors
import termios
import threading
from collections.abc import Callable
from types import SimpleNamespace

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.drivers.linux_driver import LinuxDriver
from textual.filter import ANSIToTruecolor
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from tests.support.stage import until
from tests.support.waiting import PATIENCE, wait_until
from wtr_tui.tui import driver
from wtr_tui.tui.driver import FaultApp, compact


async def test_an_app_that_runs_has_what_is_used_of_it() -> None:
    app: App[int] = App()
    async with app.run_test(size=(20, 5)):
        assert app._driver is not None
        assert callable(app._driver.write)
        assert app._exception is None
        assert isinstance(app._exit_renderables, list)
        assert callable(app._close_messages_no_wait)
        assert callable(app._fatal_error)


class Faulty(FaultApp):
    """Fails as soon as it runs."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
        self.reported: list[BaseException] = []

    def on_mount(self) -> None:
        raise self.error

    def report_fault(self, error: BaseException) -> str:
        self.reported.append(error)
        return "sentence"


@pytest.mark.parametrize(
    ("error", "is_gone", "is_reported"),
    [
        (termios.error(errno.EIO, "Input/output error"), True, False),
        (OSError(errno.EIO, "Input/output error"), True, False),
        (OSError(errno.EIO, "Input/output error"), False, True),
        (RuntimeError("a defect"), True, True),
    ],
)
async def test_what_a_terminal_refuses_that_is_gone_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, error: Exception, is_gone: bool, is_reported: bool
) -> None:
    monkeypatch.setattr(driver, "terminal_is_gone", lambda: is_gone)
    app = Faulty(error)
    with pytest.raises(type(error)):
        async with app.run_test():
            pass
    assert bool(app.reported) is is_reported


@pytest.mark.parametrize("name", ["ansi-dark", "textual-dark"])
def test_an_app_may_begin_with_a_theme_of_the_terminals_own_colours(name: str) -> None:
    app: App[int] = App()
    driver.start_with_theme(app, name)
    (converts,) = [each for each in app._filters if isinstance(each, ANSIToTruecolor)]
    assert converts.enabled is (name == "textual-dark")


def test_a_screen_takes_a_callback_of_whoever_waits_for_it() -> None:
    parameters = list(inspect.signature(Screen._push_result_callback).parameters)
    assert parameters[1:3] == ["requester", "callback"]


@pytest.mark.parametrize("handler", ["_sigtstp_application", "_sigcont_application"])
def test_a_signal_that_comes_while_something_is_written_waits_for_its_end(
    monkeypatch: pytest.MonkeyPatch, handler: str
) -> None:
    happened: list[str] = []

    def write(terminal: driver.TerminalDriver, _: str) -> None:
        happened.append("begun")
        getattr(terminal, handler)()
        happened.append("written")

    def acted() -> bool:
        happened.append("acted")
        return handler == "_sigcont_application"  # either way it has nothing more to do

    monkeypatch.setattr(LinuxDriver, "__init__", lambda *_, **__: None)
    monkeypatch.setattr(LinuxDriver, "write", write)
    monkeypatch.setattr(driver, "can_be_resumed", acted)
    monkeypatch.setattr(driver, "terminal_is_gone", acted)
    terminal = driver.TerminalDriver(App())
    later: list[Callable[[], None]] = []
    monkeypatch.setattr(terminal, "_app", SimpleNamespace(call_later=later.append), raising=False)
    monkeypatch.setattr(terminal, "exit_event", threading.Event(), raising=False)
    monkeypatch.setattr(terminal, "_key_thread", None, raising=False)
    monkeypatch.setattr(terminal, "_auto_restart", True, raising=False)
    monkeypatch.setattr(terminal, "_must_signal_resume", True, raising=False)
    terminal.write("a picture")
    assert happened == ["begun", "written"]
    for each in later:
        each()
    assert happened == ["begun", "written", "acted"]


def test_the_thread_that_reads_sleeps_until_there_is_input_or_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float | None] = []

    class Selector(selectors.SelectSelector):
        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            waits.append(timeout)
            return super().select(timeout)

    monkeypatch.setattr(selectors, "SelectSelector", Selector)
    monkeypatch.setattr(LinuxDriver, "__init__", lambda *_, **__: None)
    terminal = driver.TerminalDriver(App())
    read, write = os.pipe()
    monkeypatch.setattr(terminal, "fileno", read, raising=False)
    monkeypatch.setattr(terminal, "_debug", False, raising=False)
    monkeypatch.setattr(terminal, "_mouse", False, raising=False)
    monkeypatch.setattr(terminal, "_app", None, raising=False)
    taken: list[object] = []
    monkeypatch.setattr(terminal, "process_message", taken.append)
    for _ in range(2):  # it is begun again after the screens were left for a while
        thread = threading.Thread(target=terminal.run_input_thread, daemon=True)
        thread.start()
        os.write(write, b"a")
        wait_until(lambda: taken, "a key")
        terminal.exit_event.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        terminal.exit_event.clear()
        taken.clear()
    assert set(waits) == {None}
    os.close(read)
    os.close(write)


class Noting(Widget):
    """Notes which of its rows it was asked for."""

    def __init__(self, *children: Widget) -> None:
        super().__init__(*children)
        self.asked: set[int] = set()

    def render_lines(self, crop: Region) -> list[Strip]:
        self.asked |= set(crop.line_range)
        return super().render_lines(crop)


class Letters(Noting):
    """Ten rows."""

    DEFAULT_CSS = "Letters { height: 10; }"
    letter = "a"

    def render_line(self, y: int) -> Strip:
        return Strip([Segment(self.letter * self.size.width)])


class Narrow(Letters):
    DEFAULT_CSS = "Narrow { width: 30; }"


class TwoInOne(App[None]):
    def compose(self) -> ComposeResult:
        yield Noting(Letters(), Narrow())

    def get_default_screen(self) -> Screen[None]:
        screen: Screen[None] = Screen()
        driver.render_visible_rows(screen)
        return screen


async def test_widgets_make_the_rows_alone_that_are_seen_and_painted() -> None:
    app = TwoInOne()
    async with app.run_test(size=(40, 15)) as pilot:
        both, wide, narrow = app.query(Noting)
        compositor = app.screen._compositor
        await until(pilot, lambda: len(compositor.visible_widgets) == 4)
        shown = [strip.text.rstrip() for strip in compositor.render_strips()]
        assert shown == ["a" * 40] * 10 + ["a" * 30] * 5
        assert (wide.asked, narrow.asked) == ({*range(10)}, {*range(5)})
        assert both.asked == {*range(10, 15)}  # what is seen beside the narrow one
        for each in (both, wide, narrow):
            each.asked.clear()
        compositor._dirty_regions = {Region(0, 2, 40, 1), Region(0, 4, 3, 1)}
        assert compositor.render_partial_update() is not None
        assert (both.asked, wide.asked, narrow.asked) == (set(), {2, 3, 4}, set())


async def test_only_widgets_that_have_changed_are_rendered_for_another_picture() -> None:
    app = TwoInOne()
    async with app.run_test(size=(40, 15)) as pilot:
        both, wide, narrow = app.query(Noting)
        compositor = app.screen._compositor
        await until(pilot, lambda: len(compositor.visible_widgets) == 4)

        def rendered() -> tuple[set[int], ...]:
            asked = tuple(each.asked for each in (both, wide, narrow))
            for each in (both, wide, narrow):
                each.asked = set()
            return asked

        compositor.render_strips()
        rendered()
        before = [strip.text for strip in compositor.render_strips()]
        assert rendered() == (set(), set(), set())
        assert isinstance(wide, Letters)
        wide.letter = "b"
        wide.refresh(Region(0, 3, 1, 1))
        after = [strip.text for strip in compositor.render_strips()]
        assert rendered() == (set(), {*range(10)}, set())
        assert [y for y in range(15) if before[y] != after[y]] == [3]
        assert isinstance(narrow, Letters)
        narrow.letter = "c"
        narrow.refresh()
        narrow.render_lines(narrow.size.region)  # as for the style of what the mouse is over
        assert compositor.render_strips()[12].text.startswith("c")
        rendered()
        narrow.styles.background = "red"
        compositor.render_strips()
        assert rendered() == (set(), set(), {*range(5)})
        app.theme = "ansi-dark"  # its colours are left as they are
        compositor.render_strips()
        assert rendered() == ({*range(10, 15)}, {*range(10)}, {*range(5)})


GREEN = "\x1b[38;2;1;2;3;48;2;9;9;9m"
RED = "\x1b[38;2;7;2;3;48;2;9;9;9m"
END = "\x1b[0m"


@pytest.mark.parametrize(
    ("sent", "needed"),
    [
        ("no style at all", "no style at all"),
        (f"{GREEN}a{END}", f"{GREEN}a{END}"),
        (f"{GREEN}a{END}{GREEN}b{END}", f"{GREEN}ab{END}"),
        (f"{GREEN}a{END}\n\x1b[2;3H{GREEN}b{END}", f"{GREEN}a\x1b[2;3Hb{END}"),
        (f"{GREEN}a{END}{RED}b{END}", f"{GREEN}a{END}{RED}b{END}"),
        (f"{GREEN}a{END}{RED}b{END}{RED}c{END}", f"{GREEN}a{END}{RED}bc{END}"),
        (f"{GREEN}a{END} plain", f"{GREEN}a{END} plain"),
        (f"{GREEN}a{END}\x1b[K{GREEN}b{END}", f"{GREEN}a{END}\x1b[K{GREEN}b{END}"),
        (f"\x1b[1;1H\n\x1b[5;6H{GREEN}a{END}", f"\x1b[5;6H{GREEN}a{END}"),
        ("\x1b[1m\x1b[32ma\x1b[0m", "\x1b[1m\x1b[32ma\x1b[0m"),
    ],
)
def test_what_holds_already_is_not_sent_again(sent: str, needed: str) -> None:
    assert compact(sent) == needed


COLOURS = st.sampled_from(["31", "97", "38;5;9", "38;2;1;2;3", "38;2;200;2;3"])
GROUNDS = st.sampled_from(["", "41", "49", "48;5;7", "48;2;9;9;9"])
ATTRIBUTES = st.sampled_from(["", "1", "3", "4", "7", "1;4"])
RUNS = st.tuples(
    ATTRIBUTES, COLOURS, GROUNDS, st.sampled_from(["", "a", "bc", " "]),
    st.sampled_from(["", "\n\x1b[2;2H", "\x1b[1;1H", "\x1b[3;7H", "plain", "\x1b[K"]),
)  # fmt: skip


@given(st.lists(RUNS, min_size=1, max_size=12))
def test_the_picture_is_the_same(runs: list[tuple[str, str, str, str, str]]) -> None:
    data = "".join(
        f"\x1b[{';'.join(filter(None, (attributes, colour, ground)))}m{text}\x1b[0m{after}"
        for attributes, colour, ground, text, after in runs
    )
    assert picture(compact(data)) == picture(data)


def picture(data: str) -> object:
    screen = pyte.Screen(20, 5)
    pyte.Stream(screen).feed(data)
    cells = [[screen.buffer[y][x] for x in range(20)] for y in range(5)]
    # Where it goes on from, and in which style.
    return cells, screen.cursor.attrs
