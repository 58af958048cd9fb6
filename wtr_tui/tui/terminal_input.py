"""Terminal input, split into complete keys, pastes and reports; everything else is discarded.

A terminal sends its answers to queries among the keys, and an answer to another program's query
may arrive here, late and in pieces. Textual's parser takes an unknown sequence, or one that is
incomplete for 100 ms, for single keys: a ``c`` in it would copy the token. So that parser gets
only sequences that are known and complete.

The grammar is that of ECMA-48 §5 and xterm's "Control Sequences". The sequences of keys are those
in the tables of Textual's parser (:func:`wtr_tui.tui.driver.terminal_input`).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Container

SEQUENCE_SECONDS = 1.0
"""The least time after an introducer in which all input belongs to its sequence."""

# Input that arrives faster than it can be typed still belongs to it (a clipboard of 100 kB).
_GAP_SECONDS = 0.1
# A terminal may pause in the middle of a paste; the end mark is lost only by accident.
_PASTE_SECONDS = 10.0
_LONGEST_PASTE = 1 << 20
_LONGEST_SEQUENCE = 300  # all known ones are shorter

_ESC = "\x1b"
_PASTE_BEGIN, _PASTE_END = "\x1b[200~", "\x1b[201~"
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# A C1 control is ESC and a letter, one character, or one byte, which is not UTF-8 and therefore
# decoded as a surrogate. A byte that follows one of a broken character is no control.
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
    """Splits input into complete pieces: character, ESC, ESC and a key (Alt), sequence, paste.

    ``sequences`` are those of keys, ``functional`` the non-text keys of kitty's protocol.
    ``escape_seconds`` is how long ESC waits for the rest of a sequence. Without ``mouse``, mouse
    reports are discarded: another program enabled them. Times are seconds of a monotonic clock.
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
        # Bytes that are not UTF-8 become surrogates, by which 8-bit controls are recognised.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._held = ""  # an incomplete piece
        self._began = 0.0
        self._latest = 0.0
        self._escaped_at: float | None = None
        self._background = ""

    def feed(self, data: bytes, now: float) -> list[str]:
        """Return the pieces that ``data``, read at ``now``, completes."""
        self._latest = now
        text = self._decoder.decode(data)
        text = self._with_late_escape(text, now) if text else ""
        if not self._held and _is_unmarked_paste(text):
            text = f"{_PASTE_BEGIN}{text}{_PASTE_END}"
        return self._cut(text, now) if text else []

    def take_background(self) -> str:
        """Return the terminal's answer about its background colour since the last call, or ""."""
        background, self._background = self._background, ""
        return background

    def expire(self, now: float) -> list[str]:
        """Return the held input that is a key after all; call it at the ``deadline``."""
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
        """When to call :meth:`expire` unless more arrives; None if nothing is held."""
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
        """Return the text with its ESC, which a slow line had delivered as a key of its own."""
        escaped_at, self._escaped_at = self._escaped_at, None
        if escaped_at is None or now - escaped_at > SEQUENCE_SECONDS:
            return text
        # A user may type a letter soon after Escape, but only one at a time.
        begins = text[0] in "[]^_" or (len(text) > 1 and text[0] in "OPX")
        return _ESC + text if begins else text

    def _cut(self, text: str, now: float) -> list[str]:
        """Return the complete pieces of the held input and the text; hold the rest."""
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
        # Of one that is too long, the last characters may be the beginning of its end mark.
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
            self._background = token[kind][3:]
        return []

    def _known(self, sequence: str) -> str:
        """Return what follows ESC [ in the form Textual understands; "" for an unknown one."""
        if _MOUSE.fullmatch(sequence):
            return sequence if self._mouse else ""
        if size := _SIZE.fullmatch(sequence):
            rows, columns, height, width = map(int, size.groups())
            if not (0 < rows <= _MOST_ROWS and 0 < columns <= _MOST_COLUMNS):
                return ""
            # Textual divides by the pixels, for which a terminal may report 0.
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
        # An input method sends 0: text without a key.
        return f"{code}u" in self._functional or _is_text(code) or (code == 0 and bool(text))


def _is_unmarked_paste(text: str) -> bool:
    """Return whether this is a URL, code or token from a terminal without bracketed paste.

    Even over a slow line, so many different characters are not typed between two reads. As keys
    they would copy, revoke and quit.
    """
    return bool(_UNMARKED.fullmatch(text)) and len(set(text)) >= _LEAST_DIFFERENT


_UNMARKED = re.compile(r"[!-~]{24,}")
_LEAST_DIFFERENT = 8


def _is_text(code: int) -> bool:
    """Return whether a code point is a character that can be typed."""
    if code > 0x10FFFF or 0xD800 <= code < 0xF900:  # surrogates, and for private use
        return False
    return code >= 0x20 and not 0x7F <= code < 0xA0
