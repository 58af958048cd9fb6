"""A running sign-in: what is known of it, and its methods, a card each.

:class:`Progress` is taken from the steps of the sign-in; what is shown is decided from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, ItemGrid, Vertical
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Input

from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.oauth import steps
from wtr_tui.oauth.responses import DeviceAuthorization
from wtr_tui.oauth.steps import Method
from wtr_tui.tui.keys import Key, key, keys, spelled
from wtr_tui.tui.screens.dialogs import Box, Dialog
from wtr_tui.tui.themes import Meaning
from wtr_tui.tui.widgets.figures import Figures
from wtr_tui.tui.widgets.inputs import AddressInput
from wtr_tui.tui.widgets.key_bar import ShownKey
from wtr_tui.tui.widgets.panel import Card
from wtr_tui.tui.widgets.quiet import Quiet
from wtr_tui.tui.widgets.steps import Step, StepState

if TYPE_CHECKING:
    from wtr_tui.retrieval import Retrieval

CARDS_FROM = 110
"""Columns from which on the cards stand side by side."""
_SPACIOUS_FROM = 136
_AROUND_QR = 4
_DOUBLE_FROM = (190, 50)
_QR_BESIDE_FROM, _QR_BELOW_FROM = (80, 46), (132, 40)
"""Columns and rows from which on the QR code stands in its card: stacked, side by side."""


DeviceStep = steps.DeviceCodeReady | steps.DeviceCodeOver | steps.DeviceCodeRefused


@dataclass(frozen=True)
class Progress:
    """What is known of an attempt: where it stands, and what each method needs to show."""

    listening: steps.Listening | None = None
    not_listening: steps.NotListening | None = None
    arrived: bool = False
    """A browser opened the start address."""
    exchanging: Method | None = None
    device_asked: bool = False
    device: DeviceStep | None = None
    launch: str = ""
    """What became of opening a browser here, in a sentence."""
    last: steps.Step | None = None
    """The step that ended the attempt."""

    def after(self, step: steps.Step) -> Progress:
        """What is known once this step has happened."""
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
    def device_code(self) -> DeviceAuthorization | None:
        """The code that can be entered now."""
        if self.device_asked or not isinstance(self.device, steps.DeviceCodeReady):
            return None
        return self.device.authorization

    @property
    def qr_address(self) -> str:
        """What a phone's camera is shown for that code; "" where there is nothing."""
        granted = self.device_code
        return (granted.verification_uri_complete or "") if granted is not None else ""

    @property
    def device_redirect_uris(self) -> tuple[str, ...]:
        """Those that the integration lacks for a device code."""
        if self.device_asked or not isinstance(self.device, steps.DeviceCodeRefused):
            return ()
        return self.device.redirect_uris


def headline(progress: Progress) -> str:
    """How many methods there are."""
    if progress.not_listening is None:
        return "Three ways to sign in, all open; the first to answer wins."
    return "Two ways to sign in, both open; the first to answer wins."


def line_of_steps(progress: Progress) -> tuple[Step, ...]:
    """The steps of a sign-in, each with where it stands."""
    method, last = progress.exchanging, progress.last
    came = {
        Method.PASTE: ("address pasted", "pasted"),
        Method.DEVICE: ("device code entered", "code entered"),
    }.get(method or Method.REDIRECT, ("browser came by", "browser"))
    if isinstance(last, steps.SignedIn | steps.OtherAccount):
        reached = 4
    elif isinstance(last, steps.SignedInUnsaved):
        reached = 3
    elif method is not None:
        reached = 2
    else:
        reached = 1 if progress.arrived else 0
    failed = isinstance(last, steps.Ended | steps.SignedInUnsaved)
    words = (
        ("waiting for you", "waiting"),
        came,
        ("exchange the code", "exchange"),
        ("save the token", "save"),
    )
    now = StepState.FAILED if failed else StepState.NOW
    states = [StepState.DONE] * reached + [now] + [StepState.TO_COME] * 4
    return tuple(
        Step(text, state, short) for (text, short), state in zip(words, states, strict=False)
    )


def happening(progress: Progress) -> str:
    """What is going on, in a sentence: what happened in the browser, what is waited for."""
    if progress.exchanging is not None:
        return (
            f"The answer came {progress.exchanging.value}. Exchanging the code for the token,"
            " then saving it."
        )
    if progress.arrived:
        return "Your browser reached us and is at Webex now: sign in there and agree."
    if progress.listening is not None:
        where = " and ".join(progress.listening.addresses)
        return f"Listening on port {progress.listening.port} of this machine only ({where})."
    if progress.not_listening is None:
        return "Starting to listen"
    if progress.not_listening.is_elsewhere:
        return "Nothing is listened for: the redirect URI is elsewhere. Paste, or a device code."
    again = f"{key('cancel', 'x')}, then {enter()} tries the port again"
    return f"Not listening. Paste, or a device code; {again}."


def enter() -> str:
    """The key that begins, as a sentence has it."""
    found = key("begin", "enter")
    return "Enter" if found == spelled("enter") else found


# The cards.


class PastedAddress(AddressInput):
    """Tells when what it holds is meant as the answer."""

    class Offered(Message):
        """An address, or something else, that the user offers as the answer."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(id="pasted", placeholder=f"{key('paste-field', 'p')} to paste here")
        self._before = ""

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Offered(event.value))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        came = len(event.value) - len(self._before)
        self._before = event.value
        # A whole address needs no Enter. One that comes letter by letter, typed or from a terminal
        # without bracketed paste, does: its last parameter may be incomplete.
        whole = "code=" in event.value and "state=" in event.value and "://" in event.value
        if whole and came > 1:
            self.post_message(self.Offered(event.value))


class Cards(ItemGrid):
    """All methods at once, the likeliest here first: side by side, or below each other.

    Below each other, the notes of the first make room while a device code is shown.
    """

    SCOPED_CSS = False  # it asks how large the screen is
    DEFAULT_CSS = """
    Cards { grid-size: 1; grid-gutter: 0 2; height: auto; }
    Cards Card { padding: 0 1; min-height: 3; }
    Cards Quiet { width: 100%; }
    Cards #forward, Cards #start-url { text-style: bold; }
    Cards #notes, Cards #came, Cards #device-left, Cards #paste-note { color: $muted; }
    Cards #came, Cards #paste-note, Cards #device-lead { display: none; }
    Cards.-device #device-lead, .-cards Cards #device-lead { display: block; }
    Cards #device-body { height: auto; layout: horizontal; }
    Cards #device-words { width: 1fr; height: auto; }
    Cards #code { color: $next; }
    Cards #qr { width: auto; margin: 0 0 0 2; }
    Cards.-device #notes, .-telling Cards #notes { display: none; }
    .-cards Cards { grid-size: 3; }
    .-cards Cards Card { padding: 1 1 0 1; min-height: 12; }
    .-cards Cards.-spacious Card { padding: 1 2 0 2; }
    .-cards Cards #came, .-cards Cards #paste-note { display: block; }
    .-cards Cards #then, .-cards Cards #notes, .-cards Cards #pasted, .-cards Cards #came,
    .-cards Cards #code, .-cards Cards #device-left { margin: 1 0 0 0; }
    .-cards Cards #device-body { layout: vertical; }
    .-cards Cards #device-words { width: 100%; }
    .-cards Cards #qr { margin: 1 0 1 0; }
    .-cards Cards CardKeys { margin: 1 0 0 0; }
    .-cards Cards.-device #notes { display: block; }
    .-low Cards #notes, .-cards.-low Cards #notes, .-cards.-tall Cards #notes,
    .-cards.-tall Cards #came, .-cards.-low Cards #came { display: none; }
    .-cards.-low Cards Card { padding: 0 1; }
    Cards.-refused #forward, Cards.-refused #notes, Cards.-refused #then, Cards.-refused #came,
    .-cards Cards.-refused #notes, .-cards Cards.-refused #came { display: none; }
    .-cards.-low Cards CardKeys { margin: 0; }
    """

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(id="cards")
        self._surroundings = surroundings
        self._progress = Progress()
        self._authorize_url = ""
        self._forward = ""
        self._typing = False

    def compose(self) -> ComposeResult:
        remote = self._surroundings.remote
        with Card(1, "Forward the port" if remote else "Browser here", likeliest=True, id="first"):
            yield Quiet(id="lead")
            if remote:
                yield Quiet(id="forward")
            yield Quiet(id="then")
            yield Quiet(id="came")
            yield Quiet(id="notes")
        with Card(2, "Paste", id="paste"):
            yield Quiet(id="paste-lead")
            yield PastedAddress()
            yield Quiet("Its page cannot connect: that is expected.", id="paste-note")
        with Card(3, "Device code", id="device"), Container(id="device-body"):
            with Vertical(id="device-words"):
                yield Quiet(id="device-lead")
                yield Figures(id="code", meaning=Meaning.NEXT)
                yield Quiet(id="device-left")
            yield Quiet(id="qr")

    @property
    def pasted(self) -> PastedAddress:
        return self.query_one(PastedAddress)

    def begin(self, attempt: Retrieval) -> None:
        """Shows the methods of a new attempt, before its first step."""
        port = attempt.redirect_uri.port
        self._forward = self._surroundings.forward_command(port)
        self._authorize_url = attempt.authorize_url
        self.pasted.value = ""
        self._text("notes").reshape(_notes(self._surroundings, port))
        self.show(Progress())

    def show(self, progress: Progress) -> None:
        """Shows what is known now."""
        self._progress = progress
        self._show_first()
        self._text("paste-lead").reshape(_paste_lead(self._authorize_url))
        self._show_device()
        self.show_keys()
        self.query_one("#first", Card).mark_likeliest(progress.not_listening is None)
        self.query_one("#paste", Card).mark_likeliest(progress.not_listening is not None)

    def on_resize(self) -> None:
        self.set_class(self.app.size.width >= _SPACIOUS_FROM, "-spacious")
        self._show_first()
        self._show_device()
        self.show_keys()

    def show_keys(self, *, typing: bool | None = None) -> None:
        """Which keys do something now; ``typing``: in the field they are letters."""
        self._typing = self._typing if typing is None else typing
        beside, qr_shown = self.app.size.width >= CARDS_FROM, self._text("qr").display
        for name, offered in (
            ("first", _first_keys(self._progress, remote=self._surroundings.remote)),
            ("paste", _PASTE_KEYS),
            ("device", _device_keys(self._progress, beside=beside, qr_shown=qr_shown)),
        ):
            shown = [replace(key, enabled=key.enabled and not self._typing) for key in offered]
            line = self.query_one(f"#{name}", Card).keys
            line.display = bool(shown)
            line.show_keys(shown)

    def _show_first(self) -> None:
        progress, remote = self._progress, self._surroundings.remote
        refused = progress.not_listening
        self.set_class(refused is not None, "-refused")
        lead = self._text("lead")
        if refused is not None:
            lead.reshape(f"{refused.message} {refused.hint if not refused.is_elsewhere else ''}")
            return
        lead.reshape(_lead(progress, remote=remote))
        if remote:
            line = self._text("forward")
            line.reshape(continued(self._forward, line.content_size.width))
        if progress.listening is not None:
            then, words = self._text("then"), _then(progress.listening.start_url, remote=remote)
            if then.shown != words.plain:
                then.reshape(words)
                # Where it comes while the screen is first laid out, Textual keeps the old height.
                self.call_after_refresh(then.refresh, repaint=False, layout=True)
        self._text("came").reshape(_came(progress))

    def _show_device(self) -> None:
        progress = self._progress
        granted = progress.device_code
        self._text("device-lead").reshape(_device_lead(progress))
        self.query_one("#code").display = self._text("device-left").display = granted is not None
        self.set_class(progress.device is not None or progress.device_asked, "-device")
        qr = self._text("qr")
        size = self.app.size
        columns, rows = _QR_BELOW_FROM if size.width >= CARDS_FROM else _QR_BESIDE_FROM
        address = progress.qr_address
        qr.display = bool(address) and size.width >= columns and size.height >= rows
        if granted is not None:
            half = len(granted.user_code) // 2
            code = f"{granted.user_code[:half]} {granted.user_code[half:]}"
            figures = self.query_one("#code", Figures)
            double = size.width >= _DOUBLE_FROM[0] and size.height >= _DOUBLE_FROM[1]
            figures.show(code, double=double)
            self._text("device-left").reshape(_device_left(granted))
            if qr.display:
                qr.reshape(qr_content(qr_lines(address)))

    def _text(self, name: str) -> Quiet:
        return self.query_one(f"#{name}", Quiet)


class QrScreen(Dialog[None]):
    """The device code's address for a phone's camera."""

    ASKS = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys(Key("escape,Q,q", "app.pop_screen", "Close", "Back to the sign-in"))
    ]

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    def compose(self) -> ComposeResult:
        lines = qr_lines(self._address)
        # A part of a QR code is of no use to anybody.
        rows, columns = len(lines) + _AROUND_QR, len(lines[0]) + _AROUND_QR
        with Box("Device code", ("Esc", "closes"), columns=len(lines[0])):
            if rows <= self.app.size.height and columns <= self.app.size.width:
                yield Quiet(qr_content(lines))
            else:
                yield Quiet(f"The QR code needs {columns} columns and {rows} lines.")


# What the cards say.


def _lead(progress: Progress, *, remote: bool) -> str:
    if remote:
        return "On your own machine, forward the port:"
    if progress.launch:
        return f"Sign in at Webex in your browser and agree. {progress.launch}"
    return "Open this address in your browser and agree:"


def _then(start_url: str, *, remote: bool) -> Content:
    """The address that begins the sign-in, as a link where the terminal knows links."""
    address = Content.styled(start_url, Style(link=start_url, bold=True))
    return Content.assemble("then open in its browser: ", address) if remote else address


def _came(progress: Progress) -> Content:
    if progress.exchanging is not None:
        return Content.styled(f"✓ the answer came {progress.exchanging.value}", "$calm")
    if progress.arrived:
        return Content.styled("● your browser is at Webex", "bold $next")
    return Content("○ your browser has not come by yet")


def _notes(surroundings: Surroundings, port: int) -> str:
    """What the ssh line cannot know, and the way without another ssh."""
    if not surroundings.remote:
        line = key("copy-forward", "f")
        return f"Is your browser on another machine? {line} copies the line that forwards the port."
    within = surroundings.escape_line(port)
    # What ssh prints in between stays on the screen until something is painted over it.
    repaint = f"{key('repaint', '^l')} then repaints this screen." if within else ""
    return " ".join(filter(None, (surroundings.forward_note(), within, repaint)))


def _paste_lead(authorize_url: str) -> Content:
    """What stands above the field for the pasted address; the address itself is a link."""
    return Content.assemble(
        "Open the ",
        Content.styled("full address", Style(link=authorize_url)),
        " anywhere, agree, paste where the browser ended.",
    )


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
            # What to do before what Webex says about it: the end of a long text may be cut off.
            d = key("device", "d")
            lead = f"Add to the integration (developer.webex.com/my-apps), then press {d}:"
            return "\n".join((lead, *uris, message))
    return "No redirect at all: a short code to enter at Webex, on any machine."


def _device_left(granted: DeviceAuthorization) -> str:
    # An instant, not what is left of it: a second countdown would cost as much as the first.
    return (
        f"good until {granted.expires_at.astimezone():%H:%M:%S}, asked every"
        f" {granted.interval.total_seconds():.0f} s"
    )


def _first_keys(progress: Progress, *, remote: bool) -> tuple[ShownKey, ...]:
    if progress.not_listening is not None:
        return ()
    ready = progress.listening is not None
    line = ShownKey("f", "copy the ssh line", "copy_forward", enabled=ready)
    address = ShownKey("c", "copy the address", "copy_start", enabled=ready)
    browser = ShownKey("o", "open", "open", enabled=ready)
    return (line, address) if remote else (browser, address, line)


_PASTE_KEYS = (
    ShownKey("u", "copy the address", "copy_full"),
    ShownKey("w", "show it", "print_full"),
    ShownKey("p", "paste", "paste_field"),
)


def _device_keys(progress: Progress, *, beside: bool, qr_shown: bool) -> tuple[ShownKey, ...]:
    granted = progress.device_code
    if progress.device is None and not progress.device_asked:
        word = "get a code" if beside else "get a short code to enter at Webex, on any machine"
        return (ShownKey("d", word, "device"),)
    offered = [ShownKey("d", "new code", "device")]
    if progress.device_redirect_uris:
        offered.append(ShownKey("D", "copy the URIs", "copy_device"))
    if granted is not None:
        offered.append(ShownKey("D", "copy the address", "copy_device"))
        if progress.qr_address and not qr_shown:
            offered.append(ShownKey("Q", "QR code", "qr"))
    return tuple(offered)


def continued(line: str, width: int) -> str:
    r"""A shell's line in lines of at most ``width`` columns where it can be, each but the last
    ended by ``\``; an option stays with its value."""
    if not width or len(line) <= width:
        return line
    parts: list[str] = []
    for word in _words(line):
        if parts and parts[-1].startswith("-") and " " not in parts[-1] and word[0] != "-":
            parts[-1] += f" {word}"
        else:
            parts.append(word)
    lines = [""]
    # Too narrow for an option with its value: they, too, are parted.
    fitting = [[part] if len(part) + 4 <= width else part.split(" ") for part in parts]
    for part in (part for pieces in fitting for part in pieces):
        joined = f"{lines[-1]} {part}" if lines[-1].strip() else lines[-1] + part
        if lines[-1].strip() and len(joined) + 2 > width:
            lines.append(f"  {part}")
        else:
            lines[-1] = joined
    return " \\\n".join(lines)


def _words(line: str) -> Iterable[str]:
    return re.findall(r"(?:'[^']*'|[^\s'])+", line)


_BLOCKS = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
_BORDER = 1
"""Modules of quiet around it. The standard says four; cameras manage with one, and 24 lines
are not enough for more."""


def qr_lines(text: str) -> list[str]:
    """The code with its border, a dark module as a block; as small as the text allows."""
    import segno

    code = segno.make(text, error="l", boost_error=False, micro=False)
    rows = [list(row) for row in code.matrix_iter(border=_BORDER)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    return [
        "".join(_BLOCKS[above, below] for above, below in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]


def qr_content(lines: list[str]) -> Content:
    """Always black on white, whatever the theme: some cameras do not read it the other way."""
    return Content.styled("\n".join(lines), "#000000 on #ffffff")
