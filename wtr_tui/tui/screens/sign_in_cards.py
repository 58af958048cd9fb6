"""A sign-in attempt on the screen: its progress, a card for each method, and the line of steps."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.containers import ItemGrid
from textual.content import Content
from textual.style import Style
from textual.widgets import Input

from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.oauth import steps
from wtr_tui.oauth.responses import DeviceAuthorization
from wtr_tui.oauth.steps import Method
from wtr_tui.text import printable
from wtr_tui.tui.keys import display_key, key, with_keys
from wtr_tui.tui.themes import Meaning
from wtr_tui.tui.widgets import Lines, Panel, StaticText
from wtr_tui.tui.widgets.bars import CardKeys
from wtr_tui.tui.widgets.figures import Figures
from wtr_tui.tui.widgets.inputs import AddressInput

if TYPE_CHECKING:
    from wtr_tui.retrieval import Retrieval

CARDS_MIN_WIDTH = 140
"""Columns for cards side by side, where there are rows enough."""
_DOUBLE_FIGURES_FROM = (190, 50)


@dataclass(frozen=True)
class Progress:
    """What an attempt has come to, and what each method needs to show."""

    listening: steps.Listening | None = None
    not_listening: steps.NotListening | None = None
    arrived: bool = False
    """A browser opened the start address."""
    exchanging: Method | None = None
    device_asked: bool = False
    device: steps.DeviceCodeReady | steps.DeviceCodeOver | steps.DeviceCodeRefused | None = None
    launch: str = ""
    """The outcome of opening a browser here, as a sentence."""
    last: steps.Step | None = None
    """The step that ended the attempt."""

    def after(self, step: steps.Step) -> Progress:
        """Return the progress once this step has happened."""
        match step:
            case steps.Listening():
                return replace(self, listening=step)
            case steps.NotListening():
                return replace(self, not_listening=step)
            case steps.BrowserArrived():
                return replace(self, arrived=True)
            case steps.Exchanging():
                return replace(self, exchanging=step.method)
            case steps.DeviceCodeReady() | steps.DeviceCodeOver() | steps.DeviceCodeRefused():
                return replace(self, device=step, device_asked=False)
            case steps.SignedIn() | steps.SignedInUnsaved() | steps.OtherAccount() | steps.Ended():
                return replace(self, last=step)
        return self

    @property
    def has_begun(self) -> bool:
        """Whether it has got as far as waiting for a response."""
        return self.listening is not None or self.not_listening is not None

    @property
    def failed(self) -> steps.Ended | None:
        """The failure that ended it; None also where the user cancelled it."""
        if isinstance(self.last, steps.Ended) and self.last.end is not steps.End.CANCELLED:
            return self.last
        return None

    @property
    def device_code(self) -> DeviceAuthorization | None:
        """The device code that can be entered now."""
        ready = self.device
        return ready.authorization if isinstance(ready, steps.DeviceCodeReady) else None

    @property
    def qr_address(self) -> str:
        """The address in the device code's QR code; "" where there is none."""
        granted = self.device_code
        return (granted.verification_uri_complete or "") if granted is not None else ""

    @property
    def device_redirect_uris(self) -> tuple[str, ...]:
        """The redirect URIs that the integration lacks for a device code."""
        refused = self.device
        return refused.redirect_uris if isinstance(refused, steps.DeviceCodeRefused) else ()


def headline(progress: Progress) -> str:
    """Return how many methods are open, as a sentence."""
    if progress.not_listening is None:
        return "Three ways to sign in, all open; the first to answer wins."
    return "Two ways to sign in, both open; the first to answer wins."


def progress_sentence(progress: Progress) -> str:
    """Return what is happening now, as a sentence: what the browser did, or what is awaited."""
    if progress.exchanging is not None:
        return f"Exchanging the code that came {progress.exchanging.value}."
    if progress.arrived:
        return "Your browser is at Webex now: sign in there and agree."
    if progress.listening is not None:
        where = " and ".join(progress.listening.addresses)
        return f"Listening on port {progress.listening.port}, this machine only ({where})."
    if progress.not_listening is None:
        return "Starting to listen"
    if progress.not_listening.is_elsewhere:
        return "The redirect URI is elsewhere: paste, or a device code."
    again = f"{key('cancel', 'x')} then {begin_key()} retries."
    return f"Not listening: paste, or a device code; {again}"


def begin_key() -> str:
    """Return the key that begins a sign-in, as spelled in a sentence."""
    found = key("begin", "enter")
    return "Enter" if found == display_key("enter") else found


def forwarding_notes(surroundings: Surroundings, port: int) -> str:
    """Return what to replace in the ssh command, and how to forward from the running session."""
    if not surroundings.remote:
        line = with_keys("{copy-forward:f} copies the line that forwards the port.")
        return f"Is your browser elsewhere? {line}"
    within = surroundings.escape_line(port)
    # What ssh prints stays on the screen until something is painted over it.
    repaint = with_keys("Then {repaint:^l} repaints.") if within else ""
    return " ".join(filter(None, (surroundings.forward_note(), within, repaint)))


# The steps.


class StepState(Enum):
    """The value is the sign and the style of the text."""

    DONE = ("✓", "$calm")
    NOW = ("●", "bold $next")
    TO_COME = ("○", "$muted")
    FAILED = ("✗", "bold $over")


class ShownStep(NamedTuple):
    """``short`` replaces ``text`` where the line is too narrow."""

    text: str
    short: str
    state: StepState


_STEP_WORDS = (
    ("waiting for you", "waiting"),
    ("browser arrived", "browser"),
    ("exchange the code", "exchange"),
    ("save the token", "save"),
)
_ARRIVED_BY = {
    Method.PASTE: ("address pasted", "pasted"),
    Method.DEVICE: ("device code entered", "code entered"),
}


def shown_steps(progress: Progress) -> tuple[ShownStep, ...]:
    """Return the steps of a sign-in, each with its state."""
    method, last = progress.exchanging, progress.last
    reached = 2 if method is not None else int(progress.arrived)
    if isinstance(last, steps.SignedIn | steps.OtherAccount):
        reached = 4
    elif isinstance(last, steps.SignedInUnsaved):
        reached = 3
    failed = isinstance(last, steps.Ended | steps.SignedInUnsaved)
    now = StepState.FAILED if failed else StepState.NOW
    states = [StepState.DONE] * reached + [now] + [StepState.TO_COME] * 4
    words = (
        _STEP_WORDS[0],
        _ARRIVED_BY.get(method or Method.REDIRECT, _STEP_WORDS[1]),
        *_STEP_WORDS[2:],
    )
    return tuple(ShownStep(*each, state) for each, state in zip(words, states, strict=False))


class StepLine(Lines):
    """``✓ waiting for you ── ● browser arrived ── ○ exchange the code``.

    Where that is too wide: short texts, then only that of the current step.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.steps: tuple[ShownStep, ...] = ()

    def show(self, steps: tuple[ShownStep, ...]) -> None:
        self.steps = steps
        self.update_lines()

    def lines(self, width: int) -> list[Content]:
        now = (StepState.NOW, StepState.FAILED)
        forms = (
            _joined([(step.text, step.state) for step in self.steps], " ──── "),
            _joined([(step.short, step.state) for step in self.steps], " ── "),
            _joined([(step.short * (step.state in now), step.state) for step in self.steps], " ─ "),
        )
        fitting = (form for form in forms if form.cell_length <= width)
        return [next(fitting, forms[-1][:width])]


def _joined(shown: Iterable[tuple[str, StepState]], line: str) -> Content:
    parts: list[Content] = []
    joint = ""
    for text, state in shown:
        sign, style = state.value
        if joint:
            parts.append(Content.styled(line, joint))
        parts.append(Content.styled(sign, style))
        words = f" {printable(text)}" if text else ""
        parts.append(Content.styled(words, "$foreground" if state is StepState.DONE else style))
        joint = "$calm" if state is StepState.DONE else "$line"
    return Content.assemble(*parts)


# The cards.


class Card(Panel):
    """A method: ``1  Forward the port ──── likeliest here``; the likeliest one is accented.

    Below are the keys of these ``actions`` of the screen.
    """

    DEFAULT_CSS = "Card { padding: 1 2 0 2; min-height: 10; }"

    def __init__(self, number: int, title: str, *actions: str, id: str) -> None:
        self.keys = CardKeys(*actions)
        super().__init__(f"{number}  {title}", self.keys, id=id)

    def mark_likeliest(self, likeliest: bool) -> None:
        """Mark it as the likeliest method here, or no longer."""
        self.set_class(likeliest, "-accent")
        self.show_right(_LIKELIEST if likeliest else "")


_LIKELIEST = Content.styled("likeliest here", "not bold $next")


class PastedAddress(AddressInput):
    """The field for the address at which the browser ended.

    A complete address that is pasted is submitted at once. One that arrives letter by letter, typed
    or from a terminal without bracketed paste, needs Enter: it may be incomplete.
    """

    def on_mount(self) -> None:
        self.on_blur()

    def on_focus(self) -> None:
        self.placeholder = "paste the address here"

    def on_blur(self) -> None:
        self.placeholder = f"{key('paste-field', 'p')} to paste (its error page is expected)"

    def on_paste(self, event: events.Paste) -> None:
        super().on_paste(event)
        if all(part in self.value for part in ("://", "code=", "state=")):
            self.post_message(Input.Submitted(self, self.value))


class ShellLine(Lines):
    r"""A shell command, wrapped with ``\`` so that it can be selected and pasted."""

    _line = ""

    def show(self, line: str) -> None:
        self._line = line
        self.update_lines()

    def lines(self, width: int) -> list[Content]:
        return [Content(each) for each in wrap_shell_line(self._line, width).split("\n")]


class Cards(ItemGrid):
    """All methods at once, the likeliest first: side by side, or stacked.

    The place for a device code is reserved, so that nothing moves when it appears.
    """

    SCOPED_CSS = False  # it asks how large the screen is
    DEFAULT_CSS = """
    Cards { grid-size: 1; grid-gutter: 0 2; height: auto; }
    Cards Card { padding: 0 1; min-height: 5; }
    Cards StaticText { width: 100%; }
    Cards ShellLine { text-style: bold; }
    Cards.-refused ShellLine, Cards.-refused #then { display: none; }
    Cards #code { color: $next; }
    .-wide Cards.-code #code, .-pair Cards.-code #code {
        dock: right; width: 26; padding: 0 0 0 1;
    }
    .-wide Cards.-code #device CardKeys, .-pair Cards.-code #device CardKeys {
        margin: 0 26 0 0;
    }
    .-pair.-roomy Cards { grid-size: 2; }
    .-pair.-roomy Cards #device { column-span: 2; }
    .-cards.-roomy Cards { grid-size: 3; }
    .-cards.-roomy Cards Card { padding: 1 2 0 2; min-height: 15; }
    .-cards.-roomy Cards #then, .-cards.-roomy Cards #pasted, .-cards.-roomy Cards #code {
        margin: 1 0 0 0;
    }
    """

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(id="cards")
        self._remote = surroundings.remote
        self._surroundings = surroundings
        self._progress = Progress()

    def compose(self) -> ComposeResult:
        line, address = "copy('forward')", "copy('start')"
        title, keys = "Browser here", ["open", address, line]
        if self._remote:
            title, keys = "Forward the port", [line, address]
        with Card(1, title, *keys, id="first"):
            yield StaticText(id="lead")
            if self._remote:
                yield ShellLine()
            yield StaticText(id="then")
        with Card(2, "Paste", "copy('full')", "print_full", id="paste"):
            yield StaticText(id="paste-lead")
            yield PastedAddress(id="pasted")
        with Card(3, "Device code", "device", "copy('device')", "qr", id="device"):
            yield StaticText(id="device-lead")
            yield Figures(id="code", meaning=Meaning.NEXT)

    @property
    def pasted(self) -> PastedAddress:
        return self.query_one(PastedAddress)

    def begin(self, attempt: Retrieval) -> None:
        """Show the methods of a new attempt, before its first step."""
        for line in self.query(ShellLine):
            line.show(self._surroundings.forward_command(attempt.redirect_uri.port))
        full = Content.styled("full address", Style(link=attempt.authorize_url))
        where = "anywhere, agree, paste where the browser ended."
        self._text("paste-lead").reshape(Content.assemble("Open the ", full, f" {where}"))
        self.pasted.value = ""
        self.show(Progress())

    def show(self, progress: Progress) -> None:
        self._progress = progress
        refused = progress.not_listening is not None
        self.set_class(refused, "-refused")
        self._text("lead").reshape(_lead(progress, remote=self._remote))
        if progress.listening is not None:
            then = self._text("then")
            # A link, for terminals that support OSC 8.
            url = progress.listening.start_url
            address = Content.styled(url, Style(link=url, bold=True))
            where = "then open in its browser: " if self._remote else ""
            then.reshape(Content.assemble(where, address))
            # While the screen is first laid out, Textual keeps the old height.
            self.call_after_refresh(then.refresh, repaint=False, layout=True)
        self._text("device-lead").reshape(_device_lead(progress))
        self._show_code()
        self.query_one("#device", Card).keys.words = _device_key_words(progress)
        self.query_one("#first", Card).mark_likeliest(not refused)
        self.query_one("#paste", Card).mark_likeliest(refused)

    def on_resize(self) -> None:
        self._show_code()

    def _show_code(self) -> None:
        granted, size = self._progress.device_code, self.app.size
        self.set_class(granted is not None, "-code")
        code = "" if granted is None else granted.user_code
        half = len(code) // 2
        double = size.width >= _DOUBLE_FIGURES_FROM[0] and size.height >= _DOUBLE_FIGURES_FROM[1]
        figures = self.query_one("#code", Figures)
        figures.show(f"{code[:half]} {code[half:]}".strip(), double=double)
        figures.display = bool(code)
        # An instant, not the time left: a second countdown would send as much as the first.
        until = f"good until {granted.expires_at.astimezone():%H:%M:%S}" if granted else ""
        self.query_one("#device", Card).show_right(until)

    def _text(self, name: str) -> StaticText:
        return self.query_one(f"#{name}", StaticText)


def _lead(progress: Progress, *, remote: bool) -> str | Content:
    refused = progress.not_listening
    if refused is not None and refused.is_elsewhere:
        return refused.message
    if refused is not None:
        return Content.assemble((f"✗ {printable(refused.message)}", "$over"), f" {refused.hint}")
    if remote:
        return "On your own machine, forward the port:"
    if progress.launch:
        return f"Sign in at Webex in your browser and agree. {progress.launch}"
    return "Open this address in your browser and agree:"


def _device_lead(progress: Progress) -> str:
    if progress.device_asked:
        return "Asking Webex for a device code …"
    match progress.device:
        case steps.DeviceCodeReady(authorization):
            uri = authorization.verification_uri
            return f"On any machine, enter {authorization.user_code} at {uri}"
        case steps.DeviceCodeOver(message):
            return f"{message} {key('device', 'd')} gets another one."
        case steps.DeviceCodeRefused(message, hint, uris) if not uris:
            return " ".join(filter(None, (message, hint)))
        case steps.DeviceCodeRefused(message, _, uris):
            # The remedy first: the end of a long text may be cut off.
            d = key("device", "d")
            lead = f"Add to the integration (developer.webex.com/my-apps), then press {d}:"
            return "\n".join((lead, *uris, message))
    return "No redirect at all: a short code to enter at Webex, on any machine."


def _device_key_words(progress: Progress) -> dict[str, str]:
    """Return the labels of the card's keys that differ once a code was requested."""
    words = {"copy('device')": "copy the URIs"} if progress.device_redirect_uris else {}
    asked = progress.device_asked or progress.device is not None
    return {**words, "device": "new code"} if asked else words


def wrap_shell_line(line: str, width: int) -> str:
    r"""Wrap a shell command at ``width`` columns, if possible, with ``\`` at the end of each line
    but the last; keep an option with its value if there is room."""
    if not width or len(line) <= width:
        return line
    apart = re.sub(r"'[^']*'", lambda quoted: quoted[0].replace(" ", "\0"), line)
    for each in (re.sub(r"(-\w) (?!-)", "\\1\0", apart), apart):
        lines = textwrap.wrap(
            each,
            max(width - 2, 1),
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        if all(len(each) <= width - 2 for each in lines):
            break
    return " \\\n".join(lines).replace("\0", " ")


# The QR code.

_BLOCKS = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
_BORDER = 1
"""Modules of the quiet zone. The standard says four; cameras manage with one, and 24 lines have
no room for more."""


def qr_code(text: str) -> list[Content]:
    """Return the smallest QR code for a text, two modules a character; nothing for "".

    Black on white whatever the theme: some cameras do not read an inverted code.
    """
    if not text:
        return []
    import segno

    code = segno.make(text, error="l", boost_error=False, micro=False)
    modules = [list(row) for row in code.matrix_iter(border=_BORDER)]
    if len(modules) % 2:
        modules.append([0] * len(modules[0]))
    return [
        Content.styled(
            "".join(_BLOCKS[above, below] for above, below in zip(upper, lower, strict=True)),
            "#000000 on #ffffff",
        )
        for upper, lower in zip(modules[::2], modules[1::2], strict=True)
    ]
