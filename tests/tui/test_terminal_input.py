"""What the terminal sends becomes whole keys and pastes, or nothing at all."""

from __future__ import annotations

import pytest
from textual import events, messages
from textual.drivers.linux_driver import LinuxDriver

from tests.support import terminal_streams as streams
from tests.support.terminal_answers import ANSWERS
from tests.support.terminal_streams import KEYS, PASTES, SLOW_KEYS, Keyboard, Read
from wtr_tui.tui.driver import PieceParser, TerminalDriver, terminal_input

_LATE = (0.05, 0.3, 0.95)
_QUICK_STREAMS = 1_000


def pressed(*reads: Read, mouse: bool = True) -> tuple[str, ...]:
    return streams.presses(streams.messages(reads, mouse=mouse))


@pytest.mark.parametrize("name", ANSWERS)
def test_no_byte_of_an_answer_is_a_key(name: str) -> None:
    assert pressed(Read(ANSWERS[name])) == ()
    assert pressed(Read(ANSWERS[name]), Read(b"q")) == ("q",)


@pytest.mark.parametrize("name", [name for name in ANSWERS if not name.endswith("long")])
def test_an_answer_may_come_in_two_reads_and_late(name: str) -> None:
    data = ANSWERS[name]
    for at in range(1, len(data)):
        for after in _LATE:
            got = pressed(*streams.cut(data, at, after), Read(b"q", 1.2))
            # ESC alone for a tenth of a second is the key; what follows is not.
            escape = ("escape",) if data[:at] == b"\x1b" and after > 0.1 else ()
            assert got == (*escape, "q"), (data[:at], after, data[at:])


@pytest.mark.parametrize(
    "begun", [b"\x1b[>41", b"\x1b]52;c;", b"\x1bP>|", b"\x1b_G", b"\x9b", b"\x1bO5"]
)
def test_a_sequence_without_an_end_takes_one_second(begun: bytes) -> None:
    assert pressed(Read(begun), Read(b";", 0.9), Read(b"q", 0.5)) == ("q",)
    assert pressed(Read(begun), Read(b";" * 4_000), Read(b"q", 1.1)) == ("q",)


def test_the_late_end_of_a_string_is_no_key() -> None:
    assert pressed(Read(b"\x1b]52;c;q"), Read(b"\x1b\\", 1.5)) == ()


@pytest.mark.parametrize(("data", "key"), KEYS.items(), ids=map(repr, KEYS))
def test_a_key_is_one_key(data: bytes, key: str) -> None:
    assert pressed(Read(data)) == (key,)
    assert pressed(Read(data * 3)) == (key,) * 3
    assert pressed(Read(data + b"\x1b[A")) == (key, "up")


@pytest.mark.parametrize("data", [data for data in KEYS if len(data) > 1], ids=repr)
def test_a_key_may_come_in_two_reads(data: bytes) -> None:
    for at in range(1, len(data)):
        assert pressed(*streams.cut(data, at, 0.05)) == (KEYS[data],)


@pytest.mark.parametrize("data", SLOW_KEYS, ids=repr)
def test_a_key_that_may_begin_a_sequence_waits_for_it(data: bytes) -> None:
    key, seconds = SLOW_KEYS[data]
    keyboard = Keyboard()
    assert streams.presses(keyboard.read(Read(data))) == ()
    assert streams.presses(keyboard.wait(seconds - 0.01)) == ()
    assert streams.presses(keyboard.wait(0.02)) == (key,)
    assert streams.presses(keyboard.read(Read(b"q", 1.1))) == ("q",)


def test_escape_and_a_letter_soon_after_it_are_two_keys() -> None:
    for letter in ("c", "O", "P", "X"):
        assert pressed(Read(b"\x1b"), Read(letter.encode(), 0.3)) == ("escape", letter)


def test_two_escapes_are_two_keys() -> None:
    assert pressed(Read(b"\x1b\x1b")) == ("escape", "escape")
    assert pressed(Read(b"\x1b\x1b[A")) == ("escape", "up")


@pytest.mark.parametrize(("data", "text"), PASTES.items(), ids=[repr(d)[:40] for d in PASTES])
def test_a_paste_is_one_paste_wherever_it_is_cut(data: bytes, text: str) -> None:
    assert pressed(Read(data), Read(b"q")) == (text, "q")
    for at in range(2, min(len(data), 60)):
        for after in (0.05, 0.95):
            assert pressed(*streams.cut(data, at, after)) == (text,)


@pytest.mark.parametrize(
    ("data", "is_paste"),
    [
        (b"http://localhost:6855/?code=YzAwZGU&state=7f3a", True),
        (b"ZDA4NmM3YTktMzE5PF84_1eb65fdf-9643", True),
        (b"q", False),
        (b"jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj", False),
        (b"switch auto-refresh on or off", False),
    ],
)
def test_what_nobody_types_is_a_paste_without_its_marks(data: bytes, is_paste: bool) -> None:
    assert len(pressed(Read(data))) == (1 if is_paste else len(data))


def test_a_paste_without_an_end_is_no_key_and_is_given_up() -> None:
    assert pressed(Read(b"\x1b[200~cvVq"), Read(b"cvVq", 5.0), Read(b"q", 11.0)) == ("q",)


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"a\xe9b", ("a", "replacement_character", "b")),
        (b"\xc3", ("replacement_character",)),
        (b"\xc3\x1b[A", ("replacement_character", "up")),
        (b"\xe2\x82q", ("replacement_character",) * 2 + ("q",)),
        (b"\xe2\x9bq", ("replacement_character",) * 2 + ("q",)),
        (b"\xc0\xafq", ("replacement_character",) * 2 + ("q",)),
        (b"\xed\xa0\x80q", ("replacement_character",) * 3 + ("q",)),
        (b"\xf4\x90\x80\x80q", ("replacement_character",) * 4 + ("q",)),
        (b"\x1b\xe9q", ("replacement_character", "q")),
    ],
    ids=[
        "latin-1",
        "cut",
        "cut-by-a-key",
        "short",
        "short-like-a-control",
        "overlong",
        "surrogate",
        "beyond",
        "alt",
    ],
)
def test_what_is_not_utf_8_becomes_replacement_characters(
    data: bytes, keys: tuple[str, ...]
) -> None:
    got = pressed(Read(data))
    assert tuple(key.removeprefix("alt+") for key in got) == keys


def test_a_character_may_come_byte_by_byte() -> None:
    euro = "€".encode()
    assert pressed(*(Read(euro[at : at + 1], 0.3) for at in range(3))) == ("euro_sign",)


def test_what_textual_asks_for_is_answered() -> None:
    kinds = [
        type(message) for report in streams.REPORTS for message in streams.messages([Read(report)])
    ]
    assert kinds == [
        events.AppFocus,
        events.AppBlur,
        messages.TerminalSupportsSynchronizedOutput,
        messages.InBandWindowResize,
        events.Resize,
        events.Resize,
        events.MouseMove,
        events.MouseDown,
        events.MouseUp,
    ]


def test_a_size_without_pixels_does_not_make_the_mouse_divide_by_nought() -> None:
    keyboard = Keyboard()
    keyboard.read(Read(b"\x1b[48;24;80;0;0t"))
    (moved,) = keyboard.read(Read(b"\x1b[<35;10;10M"))
    assert isinstance(moved, events.MouseMove)


@pytest.mark.parametrize("size", [b"0;80;0;0", b"24;0;0;0", b"9999;9999;1;1", b"24;80", b":;:;:;:"])
def test_a_size_that_cannot_be_is_left_out(size: bytes) -> None:
    assert not streams.messages([Read(b"\x1b[48;" + size + b"t")])


def test_the_mouse_reports_only_where_it_was_asked_to() -> None:
    assert not streams.messages([Read(b"\x1b[<0;10;10M\x1b[<0;10;10m")], mouse=False)


def test_whole_streams_press_what_is_in_them_and_nothing_else() -> None:
    for stream in streams.whole_streams(seed=11, count=_QUICK_STREAMS):
        assert pressed(*stream.reads) == stream.presses, stream


def test_spoilt_streams_press_no_character_that_stands_in_a_sequence() -> None:
    for reads in streams.spoilt_streams(seed=12, count=_QUICK_STREAMS):
        assert not streams.unasked(reads), reads


def test_textual_has_the_private_names_that_the_driver_stands_on() -> None:
    """Textual calls the overridden methods, and its parser waits where the driver looks."""
    assert LinuxDriver.start_application_mode.__code__.co_names.count("_run_input_thread")
    assert "run_input_thread" in LinuxDriver._run_input_thread.__code__.co_names
    for name in ("_run_input_thread", "run_input_thread"):
        assert name in vars(TerminalDriver)
    parser = PieceParser()
    assert parser._timeout_time is None
    assert not list(parser.feed("\x1b["))
    assert parser._timeout_time is not None
    # Of a sequence that Textual does not know nothing is left behind.
    assert not list(PieceParser().messages_of("\x1b[>41;354;0c"))
    parser = PieceParser()
    assert streams.presses([*parser.messages_of("\x1b[>41;354;0c"), *parser.messages_of("q")]) == (
        "q",
    )


@pytest.mark.parametrize("end", [b"\a", b"\x1b\\", b"\x9c"])
@pytest.mark.parametrize("cut", [1, 4, 12, 23])
def test_the_answer_about_the_ground_is_no_key_and_is_handed_out_once(end: bytes, cut: int) -> None:
    answer = b"\x1b]11;rgb:ffff/eeee/cccc" + end
    terminal = terminal_input(mouse=False)
    assert terminal.feed(answer[:cut], 0.0) + terminal.feed(answer[cut:], 0.5) == []
    assert terminal.take_background() == "rgb:ffff/eeee/cccc"
    assert terminal.take_background() == ""


@pytest.mark.parametrize("other", [b"\x1b]10;rgb:ffff/eeee/cccc\a", b"\x1bP11;rgb:0/0/0\x1b\\"])
def test_an_answer_about_something_else_is_not_taken_for_the_background(other: bytes) -> None:
    terminal = terminal_input(mouse=False)
    assert terminal.feed(other, 0.0) == []
    assert terminal.take_background() == ""
