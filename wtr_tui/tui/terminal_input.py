"""What a terminal sends, cut into whole keys, pastes and reports; everything else is taken out.

A terminal answers queries on the same line as it sends keys, and an answer to a query of another
program may arrive here, late and in pieces. Textual's parser reads what it does not know, or what
stays incomplete for 100 ms, as keys that were pressed one by one: a ``c`` in it copies the token.
So nothing but what is known to be whole reaches that parser.

The grammar is that of ECMA-48 §5 and xterm's "Control Sequences"; which sequences are keys, the
tables of Textual's parser say (:func:`wtr_tui.tui.driver.terminal_input`).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Container

SEQUENCE_SECONDS = 1.0
"""For so long after its introducer, at least, whatever arrives belongs to a sequence."""

# Bytes that come faster than anybody types go on belonging to it (a clipboard of 100 kB).
_GAP_SECONDS = 0.1
# A terminal may be slow in the middle of a paste; that its end never comes is an accident.
_PASTE_SECONDS = 10.0
_LONGEST_PASTE = 1 << 20
_LONGEST_SEQUENCE = 300  # what is longer is none that is known

_ESC = "\x1b"
_PASTE_BEGIN, _PASTE_END = "\x1b[200~", "\x1b[201~"
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# A control of the C1 set is ESC and a letter, one character, or one byte: no UTF-8, so it comes as
# a surrogate. A byte after one of a broken character is no control.
_ST = "(?:\x1b\\\\|[\x9c\udc9c])"
_STRING_END = f"(?:{_ST}|\x1b*(?=\x1b[][OPX^_]))"  # or the next sequence
_TOKEN = re.compile(
    "(?P<broken>[\udc80-\udc8e\udc91-\udc97\udc99\udc9a\udca0-\udcff][\udc80-\udcff]*)"
    "|(?:\x1b\\[|[\x9b\udc9b])(?P<csi>M(?:[^\x1b]{3}|[^\x1b]{0,2}(?=\x1b))"
    "|(?:\\[|(?![M[]))[^\x1b@-~]*(?:[@-~]|(?=\x1b)))"
    "|(?:\x1bO|[\x8f\udc8f])(?P<ss3>[^\x1b@-~]*(?:[@-~]|(?=\x1b)))"
    f"|(?:\x1b]|[\x9d\udc9d])(?P<osc>[^\a]*?)(?:\a|{_STRING_END})"
    f"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f\udc90\udc98\udc9e\udc9f]).*?{_STRING_END}"
    f"|{_ST}|[\x80-\x9a]"
    "|(?P<key>\x1b(?=\x1b)|\x1b[^\x1b[\\]OPX^_]|[^\x1b\x80-\x9f\udc80-\udcff])",
    re.DOTALL,
)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BYTE = re.compile("[\udc80-\udcff]")
_MAY_BE_ALT = re.compile(r"\x1b[][OPX^_]")
_RXVT_SHIFTED = re.compile(r"\x1b\[\d{1,2}\$")

_MOUSE = re.compile(r"<\d{1,3};-?\d{1,5};-?\d{1,5}[Mm]", re.ASCII)
_REPORT = re.compile(r"[IO]|\?(?:2026|2048);[0-4]\$y")  # the focus; modes that Textual asks about
_SIZE = re.compile(r"48;(\d{1,4})[:\d]*;(\d{1,4})[:\d]*;(\d{1,5})[:\d]*;(\d{1,5})[:\d]*t", re.ASCII)
_MOST_ROWS, _MOST_COLUMNS = 1000, 2000  # of 8K displays in the smallest type
_OTHER_KEY = re.compile(r"27;(\d{1,3});(\d{1,7})~", re.ASCII)  # xterm's modifyOtherKeys
_TMUX_CONTROL = re.compile(r"([2-9])([A-DFH])")
# Key, modifiers, text (kitty). A colon before the text belongs to modes that Textual never asks
# for, event types and alternate keys: such a key was meant for another program.
_KEY = re.compile(
    r"(\d{0,6})(?:;\d{0,3})?([~A-FHP-S])"
    r"|(\d{0,6})(?:;\d{0,3}(?:;((?:\d{1,7}(?::\d{1,7}){0,7})?))?)?u",
    re.ASCII,
)


class TerminalInput:
    """Gives whole pieces: one character, ESC, ESC and a key (Alt), a key's sequence, a paste.

    ``sequences`` are those of keys, ``functional`` the keys of kitty's protocol that are no text.
    ``escape_seconds`` is how long ESC waits for what may belong to it. Mouse reports are passed
    on only with ``mouse``: without, they answer a mode of another program. Times are seconds of a
    clock that never goes back.
    """

    def __init__(
        self,
        sequences: Container[str],
        functional: Container[str],
        *,
        mouse: bool,
        escape_seconds: float,
    ) -> None:
        self._sequences, self._functional = sequences, functional
        self._mouse = mouse
        self._escape_seconds = escape_seconds
        # The bytes that are not UTF-8 come as surrogates, so that 8-bit controls can be recognised.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._held = ""  # what is not whole yet
        self._began = 0.0
        self._latest = 0.0
        self._escaped_at: float | None = None
        self._ground = ""

    def feed(self, data: bytes, now: float) -> list[str]:
        """The pieces that became whole with ``data``, which was read at ``now``."""
        self._latest = now
        text = self._decoder.decode(data)
        text = self._with_late_escape(text, now) if text else ""
        if not self._held and _is_unmarked_paste(text):
            text = f"{_PASTE_BEGIN}{text}{_PASTE_END}"
        return self._cut(text, now) if text else []

    def take_ground(self) -> str:
        """What the terminal has answered about the colour of its ground since the last call."""
        ground, self._ground = self._ground, ""
        return ground

    def expire(self, now: float) -> list[str]:
        """To be called when nothing was read until ``deadline``: what no longer waits."""
        deadline = self.deadline
        if deadline is None or now < deadline:
            return []
        cut_short = self._decoder.decode(b"", final=True)
        if cut_short and self._held in ("", _ESC):
            return self._cut(cut_short, now)
        held, self._held = self._held, ""
        if held == _ESC:
            self._escaped_at = self._began
            return [_ESC]
        return [held] if _MAY_BE_ALT.fullmatch(held) or _RXVT_SHIFTED.fullmatch(held) else []

    @property
    def deadline(self) -> float | None:
        """Until when to wait for more before :meth:`expire`; None: as long as it takes."""
        if self._held in ("", _ESC) and self._decoder.getstate()[0]:
            return self._latest + SEQUENCE_SECONDS
        if not self._held:
            return None
        if self._held == _ESC:
            return self._began + self._escape_seconds
        if self._held.startswith(_PASTE_BEGIN):
            return self._latest + _PASTE_SECONDS
        if _RXVT_SHIFTED.fullmatch(self._held):
            return self._latest + self._escape_seconds
        return max(self._began + SEQUENCE_SECONDS, self._latest + _GAP_SECONDS)

    def _with_late_escape(self, text: str, now: float) -> str:
        """With ESC again where the line was so slow that ESC alone was taken for the key."""
        escaped_at, self._escaped_at = self._escaped_at, None
        if escaped_at is None or now - escaped_at > SEQUENCE_SECONDS:
            return text
        # Somebody may type a letter soon after Escape, but one at a time.
        begins = text[0] in "[]^_" or (len(text) > 1 and text[0] in "OPX")
        return _ESC + text if begins else text

    def _cut(self, text: str, now: float) -> list[str]:
        """The whole pieces of what was held and the text; what is left is held."""
        if not self._held:
            self._began = now
        text, pieces, at, most = self._held + text, list[str](), 0, _LONGEST_SEQUENCE
        while at < len(text):
            if text.startswith(_PASTE_BEGIN, at):
                begin = at + len(_PASTE_BEGIN)
                end = text.find(_PASTE_END, begin)
                if end < 0:
                    most = _LONGEST_PASTE
                    break
                shown = _UNPRINTABLE.sub("", _BYTE.sub(_REPLACEMENT, text[begin:end]))
                pieces.append(f"{_PASTE_BEGIN}{shown}{_PASTE_END}")
                at = end + len(_PASTE_END)
            elif token := _TOKEN.match(text, at):
                pieces += self._pieces(token)
                at = token.end()
            else:
                break
            self._began = now
        held = text[at:]
        # The last characters of one that is too long may begin its end.
        self._held = held if len(held) <= most else held[:most] + held[most:][-len(_PASTE_END) :]
        return pieces

    def _pieces(self, token: re.Match[str]) -> list[str]:
        kind = token.lastgroup
        if kind == "broken":
            return [_REPLACEMENT] * len(token[0])
        if kind == "key":
            return [_BYTE.sub(_REPLACEMENT, token[0])]
        if kind == "ss3":
            piece = f"{_ESC}O{token[kind]}"
            return [piece] if piece in self._sequences else []
        if kind == "csi":
            known = self._known(token[kind])
            return [f"{_ESC}[{known}"] if known else []
        if kind == "osc" and token[kind].startswith("11;"):
            self._ground = token[kind][3:]
        return []

    def _known(self, sequence: str) -> str:
        """What follows ESC [, in the form that Textual reads aright; "": it knows none such."""
        if _MOUSE.fullmatch(sequence):
            return sequence if self._mouse else ""
        if size := _SIZE.fullmatch(sequence):
            rows, columns, height, width = map(int, size.groups())
            if not (0 < rows <= _MOST_ROWS and 0 < columns <= _MOST_COLUMNS):
                return ""
            # Textual divides by what a terminal that knows no pixels states as nought.
            return f"48;{rows};{columns};{height or rows};{width or columns}t"
        sequence = _OTHER_KEY.sub(r"\2;\1u", sequence)
        sequence = _TMUX_CONTROL.sub(r"1;\1\2", sequence) if len(sequence) == 2 else sequence
        if key := _KEY.fullmatch(sequence):
            number, final, code, text = key.groups(default="")
            if final:
                return sequence if f"{int(number or 1)}{final}" in self._functional else ""
            return sequence if self._is_kitty_key(int(code or 1), text) else ""
        known = _REPORT.fullmatch(sequence) or f"{_ESC}[{sequence}" in self._sequences
        return sequence if known else ""

    def _is_kitty_key(self, code: int, text: str) -> bool:
        if not all(_is_text(int(part)) for part in text.split(":") if part):
            return False
        # Zero is what an input method sends: a text without a key.
        return f"{code}u" in self._functional or _is_text(code) or (code == 0 and bool(text))


def _is_unmarked_paste(text: str) -> bool:
    """Whether a terminal that does not mark what is pasted has sent an address, a code, a token.

    Nobody types so many different characters between two reads, not even over a slow line; as
    keys they would copy, revoke and quit.
    """
    return bool(_UNMARKED.fullmatch(text)) and len(set(text)) >= _LEAST_DIFFERENT


_UNMARKED = re.compile(r"[!-~]{24,}")
_LEAST_DIFFERENT = 8


def _is_text(code: int) -> bool:
    """Whether it is the number of a character that can be typed."""
    if code > 0x10FFFF or 0xD800 <= code < 0xF900:  # surrogates, and for private use
        return False
    return code >= 0x20 and not 0x7F <= code < 0xA0
