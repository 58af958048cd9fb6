"""The ways to sign in, side by side, and the field for the address where the browser ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from wtr_tui import steps
from wtr_tui.host.surroundings import Surroundings
from wtr_tui.steps import Step
from wtr_tui.tui.screens import retrieval_words as words
from wtr_tui.tui.widgets.inputs import AddressInput
from wtr_tui.tui.widgets.quiet import Quiet

if TYPE_CHECKING:
    from wtr_tui.retrieval import Retrieval


class PastedAddress(AddressInput):
    """Tells when what it holds is meant to be judged."""

    class Offered(Message):
        """An address, or something else, that the person offers as the answer."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(id="pasted", placeholder="p to paste here")
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


class Ways(Vertical):
    """All ways at once, the likeliest here first."""

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(id="ways")
        self._surroundings = surroundings

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Quiet("", id="listening", classes="fill")
            yield Quiet("", id="time-left")
        yield Quiet("", id="browser", classes="wrapped")
        blocks = [self._start_block(), self._forward_block()]
        # The likeliest way first: over SSH the address works only once the port is forwarded.
        yield from reversed(blocks) if self._surroundings.remote else blocks
        with Vertical(classes="block"):
            yield Quiet("", id="full-address", classes="wrapped muted")
            yield PastedAddress()
        with Vertical(classes="block"):
            yield Quiet("", id="device", classes="wrapped")
        with Vertical(classes="block"):
            yield Quiet("", id="exchange", classes="wrapped")

    def _start_block(self) -> Widget:
        return Vertical(Quiet("", id="start-url"), id="start-block", classes="block")

    def _forward_block(self) -> Widget:
        def parts() -> Iterable[Widget]:
            yield Quiet(words.forward_lead(self._surroundings), classes="wrapped muted")
            yield Quiet("", id="forward", classes="address")
            if self._surroundings.remote:
                yield Quiet("", id="escape-line", classes="wrapped muted")

        return Vertical(*parts(), id="forward-block", classes="block")

    def begin(self, attempt: Retrieval) -> None:
        """Shows the ways of a new attempt, before its first step."""
        port = attempt.redirect_uri.port
        self._tell(words.AT_FIRST)
        self._line("forward").reshape(self._surroundings.forward_command(port))
        for notes in self.query("#escape-line").results(Quiet):
            notes.reshape(words.forward_notes(self._surroundings, port))
        self._line("full-address").reshape(words.paste_lead(attempt.authorize_url))
        self.pasted.value = ""
        self._show_listening_ways(True)

    def take(self, step: Step, port: int) -> None:
        """Shows what a step changes."""
        self._tell(words.lines(step, port))
        if isinstance(step, steps.Listening):
            link = Text(f"  {step.start_url}", no_wrap=True)
            link.stylize(Style(link=step.start_url, bold=True), 2)
            self._line("start-url").update(link)
        elif isinstance(step, steps.NotListening):
            self._show_listening_ways(False)

    def tell_launch(self, outcome: str) -> None:
        """Shows what became of opening a browser here."""
        self._line("browser").reshape(f"{words.AT_FIRST['browser']}. {outcome}")

    def tell_device_asked(self) -> None:
        """Shows that a device code was asked for."""
        self._line("device").reshape(words.ASKING_FOR_DEVICE_CODE)

    def tell_time_left(self, left: str) -> None:
        self._line("time-left").fit(f"{left} left")

    @property
    def pasted(self) -> PastedAddress:
        return self.query_one(PastedAddress)

    def _show_listening_ways(self, shown: bool) -> None:
        """The ways that need the port; the others go on without it."""
        for block in ("#start-block", "#forward-block"):
            self.query_one(block).display = shown

    def _tell(self, lines: dict[str, str]) -> None:
        for name, text in lines.items():
            self._line(name).reshape(text)

    def _line(self, name: str) -> Quiet:
        return self.query_one(f"#{name}", Quiet)
