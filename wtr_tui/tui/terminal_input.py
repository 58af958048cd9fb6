"""What a terminal sends, cut into whole keys, pastes and reports; everything else is taken out.

A terminal answers queries on the same line as it sends keys, and an answer to a query of another
program may arrive here, late and in pieces. Textual's parser reads what it does not know, or what
stays incomplete for 100 ms, as keys that were pressed one by one: a ``c`` in it copies the token.
So nothing but what is known to be whole reaches that parser.

The grammar is that of ECMA-48 §5 and xterm's "Control Sequences", with the kitty keyboard protocol
and the odd keys of rxvt and the Linux console.
"""

from __future__ import annotations

import codecs
import re
from enum import Enum, auto

SEQUENCE_SECONDS = 1.0
"""For so long after its introducer, at least, whatever arrives belongs to a sequence."""

# Bytes that come faster than anybody types go on belonging to it (a clipboard of 100 kB).
_GAP_SECONDS = 0.1
# A terminal may be slow in the middle of a paste; that its end never comes is an accident.
_PASTE_SECONDS = 10.0
_LONGEST_PASTE = 1 << 20
_LONGEST_PARAMETERS = 64

_ESC, _BEL = "\x1b", "\a"
_PASTE_END = "\x1b[201~"
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# What follows ESC to begin a sequence: CSI, SS3, OSC, DCS, SOS, PM, APC. The value is the same as
# one character, of the C1 set.
_INTRODUCERS = {
    "[": "\x9b",
    "O": "\x8f",
    "]": "\x9d",
    "P": "\x90",
    "X": "\x98",
    "^": "\x9e",
    "_": "\x9f",
}
_BY_C1 = {c1: letter for letter, c1 in _INTRODUCERS.items()}
_ST = "\x9c"
_C1 = frozenset({*_BY_C1, _ST})

_SS3_KEYS = frozenset("ABCDFHPQRSMabcdjkmnopqrstuvwxy")
_LINUX_CONSOLE_KEYS = frozenset("ABCDE")
_RXVT_SHIFTED = re.compile(r"\d{1,2}\$", re.ASCII)
_RXVT_CONTROL = re.compile(r"\d{1,2}", re.ASCII)
# Key, modifiers, text (kitty). A colon before the text belongs to modes that Textual never asks
# for, event types and alternate keys: such a key was meant for another program.
_KEY = re.compile(r"(\d{0,6})(?:;(\d{0,3})(?:;((?:\d{1,7}(?::\d{1,7}){0,31})?))?)?", re.ASCII)
_MOUSE = re.compile(r"<\d{1,3};-?\d{1,5};-?\d{1,5}", re.ASCII)
_MODE_REPORT = re.compile(r"\?(?:2026|2048);[0-4]\$")
_IN_BAND_SIZE = re.compile(
    r"48;(\d{1,4})[:\d]*;(\d{1,4})[:\d]*;(\d{1,5})[:\d]*;(\d{1,5})[:\d]*", re.ASCII
)
_MOST_ROWS, _MOST_COLUMNS = 1000, 2000  # of 8K displays in the smallest type

_ARROWS = "ABCDFH"
_LETTER_KEYS = frozenset("ABCDEFHPQS")
_TILDE_KEYS = frozenset([*range(1, 9), *range(11, 16), *range(17, 22), 23, 24, 57427])
_CONTROL_KEYS = frozenset([9, 13, 27, 127])
_PRIVATE_USE = range(0xE000, 0xF900)
_KITTY_FUNCTIONAL = range(57358, 57455)


class _State(Enum):
    GROUND = auto()
    ESCAPE = auto()  # after ESC: the key, Alt and another key, or an introducer
    CSI = auto()
    LINUX = auto()  # after ESC [ [
    X10 = auto()  # in the three characters after ESC [ M
    SS3 = auto()
    STRING = auto()  # OSC, DCS, APC, PM, SOS: until ST
    STRING_ESCAPE = auto()  # after an ESC in one, which is the first half of ST
    PASTE = auto()


class TerminalInput:
    """Gives whole pieces: one character, ESC, ESC and a key (Alt), a key's sequence, a paste.

    ``escape_seconds`` is how long ESC waits for what may belong to it. Mouse reports are passed
    on only with ``mouse``: without, they answer a mode of another program. Times are seconds of a
    clock that never goes back.
    """

    def __init__(self, *, mouse: bool, escape_seconds: float = 0.1) -> None:
        self._mouse = mouse
        self._escape_seconds = escape_seconds
        # The bytes that are not UTF-8 come as surrogates, so that 8-bit controls can be recognised.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._state = _State.GROUND
        self._pieces: list[str] = []
        self._began = 0.0
        self._latest = 0.0
        self._held = ""  # parameters of a CSI, text of a paste
        self._alone = ""  # ESC and an introducer, while it may still be Alt and that key
        self._is_osc = False
        self._ground = ""
        self._x10_left = 0
        self._string_is_open = False
        self._escaped_at: float | None = None

    def feed(self, data: bytes, now: float) -> list[str]:
        """The pieces that became whole with ``data``, which was read at ``now``."""
        text = self._decoder.decode(data)
        self._latest = now
        if text:
            text = self._with_late_escape(text, now)
        self._take(text, now)
        return self._given()

    def take_ground(self) -> str:
        """What the terminal has answered about the colour of its ground since the last call."""
        ground, self._ground = self._ground, ""
        return ground

    def expire(self, now: float) -> list[str]:
        """To be called when nothing was read until ``deadline``: what no longer waits."""
        deadline = self.deadline
        if deadline is None or now < deadline:
            return []
        if self._waits_for_character:
            self._take(self._decoder.decode(b"", final=True), now)
            return self._given()
        state, self._state = self._state, _State.GROUND
        if state is _State.ESCAPE:
            self._escaped_at = self._began
            self._pieces.append(_ESC)
        elif self._alone:
            self._pieces.append(self._alone)
        elif state is _State.CSI and _RXVT_SHIFTED.fullmatch(self._held):
            self._pieces.append(f"{_ESC}[{self._held}")
        elif state in (_State.STRING, _State.STRING_ESCAPE):
            self._string_is_open = True
        self._held = self._alone = ""
        return self._given()

    @property
    def deadline(self) -> float | None:
        """Until when to wait for more before :meth:`expire`; None: as long as it takes."""
        if self._waits_for_character:
            return self._latest + SEQUENCE_SECONDS
        if self._state is _State.GROUND:
            return None
        if self._state is _State.ESCAPE:
            return self._began + self._escape_seconds
        if self._state is _State.PASTE:
            return self._latest + _PASTE_SECONDS
        if self._state is _State.CSI and _RXVT_SHIFTED.fullmatch(self._held):
            return self._latest + self._escape_seconds
        return max(self._began + SEQUENCE_SECONDS, self._latest + _GAP_SECONDS)

    @property
    def _waits_for_character(self) -> bool:
        """Whether the first bytes of a character have come that is a key, or Alt and a key."""
        may_act = self._state in (_State.GROUND, _State.ESCAPE)
        return may_act and bool(self._decoder.getstate()[0])

    def _given(self) -> list[str]:
        pieces, self._pieces = self._pieces, []
        return pieces

    def _with_late_escape(self, text: str, now: float) -> str:
        """With ESC again where the line was so slow that ESC alone was taken for the key."""
        escaped_at, self._escaped_at = self._escaped_at, None
        if escaped_at is None or now - escaped_at > SEQUENCE_SECONDS:
            return text
        # Somebody may type a letter soon after Escape, but one at a time.
        begins = text[0] in "[]^_" or (len(text) > 1 and text[0] in _INTRODUCERS)
        return _ESC + text if begins else text

    def _take(self, text: str, now: float) -> None:
        at = 0
        broken = False
        while at < len(text):
            if self._state is _State.PASTE:
                at = self._take_paste(text, at)
                broken = False
                continue
            character = text[at]
            # A byte that stands after one of a broken character is no 8-bit control.
            control = "" if broken and _is_byte(character) else _c1(character)
            broken = self._state is _State.GROUND and _is_byte(character) and control not in _C1
            at += 1
            if self._state is _State.GROUND:
                self._on_ground(character, control, now)
            elif self._state in (_State.ESCAPE, _State.STRING_ESCAPE):
                self._after_escape(character, control, now)
            else:
                self._in_sequence(character, control, now)

    def _take_paste(self, text: str, start: int) -> int:
        """Takes what belongs to the paste, gives where the rest begins."""
        joined = self._held + text[start:]
        end = joined.find(_PASTE_END, max(0, len(self._held) - len(_PASTE_END)))
        if end < 0:
            # Its end may have begun, so the last characters always stay.
            self._held = joined[:_LONGEST_PASTE] + joined[_LONGEST_PASTE:][-len(_PASTE_END) :]
            return len(text)
        after = start + end + len(_PASTE_END) - len(self._held)
        self._state, self._held = _State.GROUND, ""
        clean = "".join(_shown(character) for character in joined[:end])
        self._pieces.append(f"{_ESC}[200~{clean}{_PASTE_END}")
        return after

    def _on_ground(self, character: str, control: str, now: float) -> None:
        if character == _ESC:
            self._begin_escape(now)
        elif control in _BY_C1:
            self._introduce(_BY_C1[control], now)
            self._alone = ""
        elif _is_byte(character):
            if control != _ST:
                self._pieces.append(_REPLACEMENT)
        elif not control:
            self._pieces.append(character)

    def _begin_escape(self, now: float) -> None:
        self._state, self._began = _State.ESCAPE, now
        self._held = self._alone = ""

    def _after_escape(self, character: str, control: str, now: float) -> None:
        in_string = self._state is _State.STRING_ESCAPE
        if character in _INTRODUCERS:
            self._string_is_open |= in_string
            self._introduce(character, now)
        elif character == "\\" and (in_string or self._string_is_open):
            self._end_string()
        elif in_string:
            if character != _ESC:
                self._state = _State.STRING
                self._in_sequence(character, control, now)
        elif character == _ESC:
            self._pieces.append(_ESC)
            self._began = now
        else:
            self._state = _State.GROUND
            self._pieces.append(_ESC + (_REPLACEMENT if _is_byte(character) else character))

    def _introduce(self, introducer: str, now: float) -> None:
        self._state = {"[": _State.CSI, "O": _State.SS3}.get(introducer, _State.STRING)
        self._is_osc = introducer == "]"
        self._began = now
        self._held = ""
        self._alone = _ESC + introducer

    def _in_sequence(self, character: str, control: str, now: float) -> None:
        self._alone = ""
        if self._state is _State.STRING:
            if character == _ESC:
                self._state = _State.STRING_ESCAPE
            elif control == _ST or (character == _BEL and self._is_osc):
                self._end_string()
            elif self._is_osc and len(self._held) <= _LONGEST_PARAMETERS:
                self._held += character
        elif character == _ESC:
            self._begin_escape(now)
        elif self._state is _State.X10:
            self._x10_left -= 1
            if not self._x10_left:
                self._state = _State.GROUND
        elif "@" <= character <= "~":
            self._end(character)
        elif len(self._held) <= _LONGEST_PARAMETERS:  # a longer one is none that is known
            self._held += character  # also what makes it none, such as a control

    def _end_string(self) -> None:
        if self._state in (_State.STRING, _State.STRING_ESCAPE) and self._is_osc:
            number, _, text = self._held.partition(";")
            self._ground = text if number == "11" else self._ground
        self._state, self._string_is_open = _State.GROUND, False

    def _end(self, final: str) -> None:
        """The last character of a CSI or SS3 sequence, or one that only looks like it."""
        state, self._state = self._state, _State.GROUND
        held, self._held = self._held, ""
        piece = ""
        if state is _State.SS3:
            piece = f"{_ESC}O{final}" if not held and final in _SS3_KEYS else ""
        elif state is _State.LINUX:
            piece = f"{_ESC}[[{final}" if not held and final in _LINUX_CONSOLE_KEYS else ""
        elif final == "[" and not held:
            self._state = _State.LINUX
        elif final == "M" and not held:
            self._state, self._x10_left = _State.X10, 3
        elif final == "~" and held == "200":
            self._state = _State.PASTE
        else:
            piece = self._control_sequence(held, final)
        if piece:
            self._pieces.append(piece)

    def _control_sequence(self, parameters: str, final: str) -> str:
        if final in "mM" and _MOUSE.fullmatch(parameters):
            return f"{_ESC}[{parameters}{final}" if self._mouse else ""
        if final == "y" and _MODE_REPORT.fullmatch(parameters):
            return f"{_ESC}[{parameters}{final}"
        if final == "t":
            return _in_band_size(parameters)
        return _key(parameters, final)


def _key(parameters: str, final: str) -> str:
    """The sequence of a key in the one form that Textual reads aright; empty: it is none."""
    # Focus, Shift+Tab, rxvt's arrows with Shift. F3 as kitty once sent it: with parameters it is
    # a report of the cursor's position.
    if not parameters and final in "IOZabcdR":
        return f"{_ESC}[{final}"
    if final in "^@" and _RXVT_CONTROL.fullmatch(parameters):
        return f"{_ESC}[{parameters}{final}"
    match = _KEY.fullmatch(parameters)
    if match is None:
        return ""
    code, modifiers = (int(number or "1") for number in match.group(1, 2))
    text = match[3] or ""
    if final == "~" and code == 27 and text.isdecimal():  # xterm's modifyOtherKeys
        code, text, final = int(text), "", "u"
    elif final in _ARROWS and not match[2] and code > 1:  # Control with an arrow, from tmux
        code, modifiers = 1, code
    if final != "u":
        text = ""  # only a letter types one
    if not 1 <= modifiers <= 256 or not all(_is_text(part) for part in text.split(":") if part):
        return ""
    if final == "u":
        known = _is_kitty_key(code, bool(text))
    elif final == "~":
        known = code in _TILDE_KEYS
    else:
        known = final in _LETTER_KEYS and code == 1
    if not known:
        return ""
    plain = modifiers == 1 and not text
    number = "" if final in _LETTER_KEYS and plain else str(code)
    pressed = "" if plain else f";{modifiers if modifiers > 1 else ''}"
    return f"{_ESC}[{number}{pressed}{f';{text}' if text else ''}{final}"


def _is_kitty_key(code: int, has_text: bool) -> bool:
    if code in _PRIVATE_USE:
        return code in _KITTY_FUNCTIONAL
    # Zero is what an input method sends: a text without a key.
    return code in _CONTROL_KEYS or _is_text(str(code)) or (code == 0 and has_text)


def _is_text(code: str) -> bool:
    """Whether it is the number of a character that can be typed."""
    number = int(code)
    if number > 0x10FFFF or 0xD800 <= number < 0xE000:
        return False
    return number >= 0x20 and not 0x7F <= number < 0xA0


def _in_band_size(parameters: str) -> str:
    """The terminal's size (mode 2048), where it can be one."""
    match = _IN_BAND_SIZE.fullmatch(parameters)
    if match is None:
        return ""
    rows, columns, height, width = map(int, match.groups())
    if not (0 < rows <= _MOST_ROWS and 0 < columns <= _MOST_COLUMNS):
        return ""
    # Textual divides by what a terminal that knows no pixels states as nought.
    return f"{_ESC}[48;{rows};{columns};{height or rows};{width or columns}t"


def _is_byte(character: str) -> bool:
    """Whether it stands for a byte that is not UTF-8."""
    return "\udc80" <= character <= "\udcff"


def _c1(character: str) -> str:
    """The C1 control that it is, as a character or as a byte; empty: none."""
    if "\x80" <= character <= "\x9f" or "\udc80" <= character <= "\udc9f":
        return chr(ord(character) & 0xFF)
    return ""


def _shown(character: str) -> str:
    """A character of a paste: no control that Textual or a field would act upon."""
    if _is_byte(character):
        return _REPLACEMENT
    if character in "\t\n\r" or not (character < " " or "\x7f" <= character <= "\x9f"):
        return character
    return ""
