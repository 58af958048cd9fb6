"""The ways to sign in, side by side, and the field for the address where the browser ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.oauth import steps
from wtr_tui.oauth.steps import Step
from wtr_tui.tui.screens import sign_in_words as words
from wtr_tui.tui.screens.signed_line import SignedLine
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
        self._authorize_url = ""

    def compose(self) -> ComposeResult:
        with Horizontal(id="listening-row"):
            yield SignedLine(id="listening")
            yield Quiet("", id="time-left")
        blocks = [self._start_block(), self._forward_block()]
        # The likeliest way first: over SSH the address works only once the port is forwarded.
        yield from reversed(blocks) if self._surroundings.remote else blocks
        with Vertical(classes="block"):
            yield Quiet("", id="full-address", classes="wrapped muted")
            yield PastedAddress()
        with Vertical(classes="block"):
            yield SignedLine(id="device")
        with Vertical(classes="block"):
            yield SignedLine(id="exchange")

    def _start_block(self) -> Widget:
        return Vertical(
            SignedLine(id="browser"),
            Quiet("", id="start-url", classes="address"),
            id="start-block",
            classes="block",
        )

    def _forward_block(self) -> Widget:
        def parts() -> Iterable[Widget]:
            yield SignedLine(id="forward-lead")
            yield Quiet("", id="forward", classes="address")
            if self._surroundings.remote:
                yield Quiet("", id="escape-line", classes="wrapped muted")

        return Vertical(*parts(), id="forward-block", classes="block")

    def begin(self, attempt: Retrieval) -> None:
        """Shows the ways of a new attempt, before its first step."""
        port = attempt.redirect_uri.port
        self._tell(words.at_first(self._surroundings))
        self._text("forward").reshape(self._surroundings.forward_command(port))
        for notes in self.query("#escape-line").results(Quiet):
            notes.reshape(words.forward_notes(self._surroundings, port))
        self._authorize_url = attempt.authorize_url
        self.pasted.value = ""
        self._show_listening_ways(True)

    def take(self, step: Step, port: int) -> None:
        """Shows what a step changes."""
        self._tell(words.lines(step, port, remote=self._surroundings.remote))
        if isinstance(step, steps.Listening):
            self._text("start-url").reshape(words.start_address(step.start_url))
        elif isinstance(step, steps.NotListening):
            self._show_listening_ways(False)

    def tell_launch(self, outcome: str) -> None:
        """Shows what became of opening a browser here."""
        self._tell(words.launched(outcome))

    def tell_device_asked(self) -> None:
        """Shows that a device code was asked for."""
        self._tell({"device": words.ASKING_FOR_DEVICE_CODE})

    def tell_time_left(self, left: str) -> None:
        self._text("time-left").fit(f"{left} left")

    @property
    def pasted(self) -> PastedAddress:
        return self.query_one(PastedAddress)

    def _show_listening_ways(self, shown: bool) -> None:
        """The ways that need the port; the others go on without it."""
        for block in ("#start-block", "#forward-block"):
            self.query_one(block).display = shown
        lead = words.paste_lead(self._authorize_url, listening=shown)
        self._text("full-address").reshape(lead)

    def _tell(self, lines: dict[str, str]) -> None:
        for name, line in lines.items():
            self.query_one(f"#{name}", SignedLine).tell(line)

    def _text(self, name: str) -> Quiet:
        return self.query_one(f"#{name}", Quiet)
