"""Streams of bytes as terminals send them, whole, cut, mutated and random, and what they press."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from textual import events

from tests.support.terminal_answers import ANSWERS
from wtr_tui.tui.driver import PieceParser, terminal_input

KEYS: dict[bytes, str] = {
    b"c": "c",
    b"V": "V",
    b"\r": "enter",
    b"\t": "tab",
    b"\x7f": "backspace",
    b"\x03": "ctrl+c",
    b"\xc3\xa9": "é",
    b"\xe9": "replacement_character",
    b"\x1bc": "alt+c",
    b"\x1bC": "alt+shift+c",
    b"\x1bb": "ctrl+left",
    b"\x1b\xc3\xa9": "alt+é",
    b"\x1b[A": "up",
    b"\x1bOA": "up",
    b"\x1b[5A": "ctrl+up",
    b"\x1b[1;5A": "ctrl+up",
    b"\x1b[1;2A": "shift+up",
    b"\x1b[a": "shift+up",
    b"\x1b[Z": "shift+tab",
    b"\x1bOP": "f1",
    b"\x1bOR": "f3",
    b"\x1b[[A": "f1",
    b"\x1b[13~": "f3",
    b"\x1b[15~": "f5",
    b"\x1b[3~": "delete",
    b"\x1b[3^": "ctrl+delete",
    b"\x1b[99u": "c",
    b"\x1b[99;;99u": "c",
    b"\x1b[97;2;65u": "A",
    b"\x1b[99;5u": "ctrl+c",
    b"\x1b[13u": "enter",
    b"\x1b[27u": "escape",
    b"\x1b[27;5;99~": "ctrl+c",
}
# Whole only once nothing has followed: for so many seconds at most.
SLOW_KEYS: dict[bytes, tuple[str, float]] = {
    b"\x1b": ("escape", 0.1),
    b"\x1b[3$": ("shift+delete", 0.1),
    b"\x1bO": ("alt+shift+o", 1.0),
    b"\x1bP": ("alt+shift+p", 1.0),
    b"\x1b[": ("left_square_bracket", 1.0),
}
PASTES: dict[bytes, str] = {
    b"\x1b[200~cvVq\x1b[201~": "cvVq",
    b"\x1b[200~\x1b[201~": "",
    b"\x1b[200~abc\xe9def\x1b[201~": "abc\ufffddef",
    b"\x1b[200~a\x1b[31mb\x1b]52;c;q\ac\x1b[201~": "a[31mb]52;c;qc",
    b"\x1b[200~\x1b[200~caf\xc3\xa9\r\n\x03\x1b[201~": "[200~café\r\n",
    b"\x1b[200~" + b"cvVq" * 300 + b"\x1b[201~": "cvVq" * 300,
}
# What Textual itself has to know; it presses nothing.
REPORTS = (
    b"\x1b[I",
    b"\x1b[O",
    b"\x1b[?2026;2$y",
    b"\x1b[?2048;2$y",
    b"\x1b[48;24;80;480;800t",
    b"\x1b[48;24;80;0;0t",
    b"\x1b[<35;10;10M",
    b"\x1b[<0;10;10M",
    b"\x1b[<0;10;10m",
)


@dataclass(frozen=True)
class Read:
    """Bytes that are read at once, so many seconds after the ones before."""

    data: bytes
    after: float = 0.0


@dataclass(frozen=True)
class Stream:
    reads: tuple[Read, ...]
    presses: tuple[str, ...]
    """The keys and pastes in it, in their order."""


class Keyboard:
    """Textual's parser behind the filter, on a clock of its own, used as the input thread does."""

    def __init__(self, *, mouse: bool = True) -> None:
        self._input = terminal_input(mouse=mouse)
        self._parser = PieceParser()
        self._now = 0.0

    def read(self, read: Read) -> list[object]:
        """The messages that come of it, those that fell due before it included."""
        met = self.wait(read.after)
        return met + self._messages(self._input.feed(read.data, self._now))

    def wait(self, seconds: float) -> list[object]:
        end = self._now + seconds
        met: list[object] = []
        while (deadline := self._input.deadline) is not None and deadline < end:
            self._now = max(self._now, deadline)
            met += self._messages(self._input.expire(self._now))
        self._now = end
        return met

    def _messages(self, pieces: Iterable[str]) -> list[object]:
        return [message for piece in pieces for message in self._parser.messages_of(piece)]


def messages(reads: Iterable[Read], *, mouse: bool = True) -> list[object]:
    """What becomes of the reads, and of a long silence after them."""
    keyboard = Keyboard(mouse=mouse)
    met = [message for read in reads for message in keyboard.read(read)]
    return met + keyboard.wait(60.0)


def presses(met: Iterable[object]) -> tuple[str, ...]:
    """The names of the keys and the texts of the pastes among the messages."""
    named = (
        message.key if isinstance(message, events.Key) else message.text
        for message in met
        if isinstance(message, (events.Key, events.Paste))
    )
    return tuple(named)


def cut(data: bytes, at: int, after: float) -> tuple[Read, Read]:
    return Read(data[:at]), Read(data[at:], after)


def whole_streams(seed: int, count: int) -> Iterator[Stream]:
    """Keys, pastes, reports and answers one after the other, cut anywhere."""
    chance = random.Random(seed)
    fast = [*KEYS.items(), *PASTES.items()]
    silent = [*ANSWERS.values(), *REPORTS]
    for _ in range(count):
        reads: list[Read] = []
        pressed: list[str] = []
        pause = 0.0
        for _ in range(chance.randint(1, 5)):
            kind = chance.random()
            data, press, next_pause = b"", "", 0.0
            if kind < 0.1:
                data, (press, next_pause) = chance.choice([*SLOW_KEYS.items()])
                next_pause += 1.1  # what comes soon after an Escape may belong to it
            elif kind < 0.45:
                data, press = chance.choice(fast)
            else:
                data = chance.choice(silent)
            if kind < 0.45:
                pressed.append(press)
            if reads and reads[-1].data in (b"\xe9", b"\x1b\xe9") and data[:1] >= b"\x80":
                pause += 1.1  # together they would be one broken character
            reads += _cut_anywhere(chance, data, pause)
            pause = next_pause + chance.choice((0.0, 0.0, 0.05, 0.3))
        yield Stream(tuple(reads), tuple(pressed))


def _cut_anywhere(chance: random.Random, data: bytes, pause: float) -> list[Read]:
    if len(data) < 2 or chance.random() < 0.4:
        return [Read(data, pause)]
    at = chance.randrange(1, len(data))
    # ESC alone for a tenth of a second is the key.
    late = (0.0, 0.05) if data[at - 1 : at] == b"\x1b" and at == 1 else (0.0, 0.05, 0.3, 0.95)
    return [Read(data[:at], pause), Read(data[at:], chance.choice(late))]


_BYTES = (
    b"\x1b[]PX^_O\\?<>;:$ ~0123456789cvVqeCuRMmytn\a\r\t\x7f\x00\x18\x9b\x9c\x9d\xc3\xa9\xe2\xff"
)


def spoilt_streams(seed: int, count: int) -> Iterator[tuple[Read, ...]]:
    """Whole ones with bytes changed, lost, doubled or put in, and streams of mere chance."""
    chance = random.Random(seed)
    sources = [*ANSWERS.values(), *KEYS, *PASTES, *REPORTS]
    for _ in range(count):
        if chance.random() < 0.3:
            data = bytearray(chance.choices(_BYTES, k=chance.randint(1, 60)))
        else:
            data = bytearray(b"".join(chance.choices(sources, k=chance.randint(1, 4)))[:600])
            for _ in range(chance.randint(1, 4)):
                _spoil(chance, data)
        at = chance.randint(0, len(data))
        yield cut(bytes(data), at, chance.choice((0.0, 0.05)))


def _spoil(chance: random.Random, data: bytearray) -> None:
    at = chance.randrange(len(data)) if data else 0
    kind = chance.randrange(4)
    if kind == 0:
        del data[at : at + chance.randint(1, 3)]
    elif kind == 1:
        data[at:at] = chance.choices(_BYTES, k=chance.randint(1, 3))
    elif kind == 2 and data:
        data[at] = chance.randrange(256)
    else:
        data[at:at] = data[at : at + chance.randint(1, 8)]


# Another reading of the same grammar, over the whole stream at once: what is no character that
# somebody typed. A CSI that was begun takes whatever comes until its last character.
_NO_TYPED = re.compile(
    r"[\udc80-\udc8e\udc91-\udc97\udc99\udc9a\udca0-\udcff][\udc80-\udcff]*|"
    r"\x1b\[200~.*?(?:\x1b\[201~|\Z)"
    r"|(?:\x1b\[|\x9b|\udc9b)"
    r"(?:M[^\x1b]{3}|\[[^\x1b@-~]*[@-~]|[^\x1b@-~]*(?:[@-~]|(?=\x1b)|\Z))"
    r"|(?:\x1bO|\x8f|\udc8f)[^\x1b@-~]*[@-~]"
    r"|(?:\x1b\]|\x9d|\udc9d).*?(?:\x07|[\x9c\udc9c]|\x1b\\|(?=\x1b+[\[\]PX^_O])|\Z)"
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f]|[\udc90\udc98\udc9e\udc9f])"
    r".*?(?:[\x9c\udc9c]|\x1b\\|(?=\x1b+[\[\]PX^_O])|\Z)"
    r"|\x1b[^\x1b]",
    re.DOTALL,
)


def unasked(reads: Sequence[Read]) -> Counter[str]:
    """The characters that acted as keys, though nobody typed them; empty is well.

    Typed is what stands outside all sequences, or as a number in the form of a kitty key.
    """
    data = b"".join(read.data for read in reads)
    rest = _NO_TYPED.sub("", data.decode("utf-8", "surrogateescape"))
    coded = Counter(chr(int(number)) for number in re.findall(rb"(?<!\d)0*(\d{2,3})", data))
    # Textual leaves the Alt off where a key has a name: ``left_square_bracket``.
    with_alt = Counter(
        match.decode("latin-1") for match in re.findall(rb"\x1b([!-/:-@[-`{-~])", data)
    )
    keypad = Counter(
        "*+,-./0123456789"[byte[0] - ord("j")]
        for byte in re.findall(rb"(?:\x1bO|\x8f)([j-y])", data)
    )
    acted = Counter(
        message.character
        for message in messages(reads)
        if isinstance(message, events.Key)
        and message.character is not None
        and "!" <= message.character <= "~"
        and not message.key.startswith("alt+")
    )
    return acted - Counter(rest) - coded - with_alt - keypad
