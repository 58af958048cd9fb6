"""The device code: a short code, where to enter it, and the same as a QR code for a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from wtr_tui import clock
from wtr_tui.oauth import steps
from wtr_tui.tui.keys import Key, keys
from wtr_tui.tui.screens.base import Box, Dialog
from wtr_tui.tui.widgets.qr import qr_content, qr_lines
from wtr_tui.tui.widgets.quiet import Quiet

_ROOMY = 20
_ABOVE_AND_BELOW = 4
_BESIDE = 32
"""Cells that the dialog needs around a QR code, and lines from which on it may have gaps."""

DeviceStep = steps.DeviceCodeReady | steps.DeviceCodeOver | steps.DeviceCodeRefused
DEVICE_STEPS = (steps.DeviceCodeReady, steps.DeviceCodeOver, steps.DeviceCodeRefused)


class DeviceScreen(Dialog[None]):
    """Shown over the sign-in, which goes on below it; any other way may still answer first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *keys(
            Key("escape", "app.pop_screen", "Close", "Back to the other ways"),
            Key("n", "another", "Another code", "Ask for another code"),
            Key("c", "copy", "Copy", "Copy the address, or the redirect URIs to add"),
        )
    ]

    def __init__(self, ask_for_code: Callable[[], None]) -> None:
        """``ask_for_code`` asks Webex for another code."""
        super().__init__()
        self._ask_for_code = ask_for_code
        self._step: DeviceStep | None = None

    def compose(self) -> ComposeResult:
        with Box():
            yield Quiet("Device code", classes="heading")
            with Horizontal(id="device-columns"):
                with Vertical():
                    yield Quiet("", id="device-words")
                    yield Quiet("", id="user-code")
                    yield Quiet("", id="device-left")
                    yield Quiet("", id="device-keys", classes="keys")
                yield Quiet("", id="qr")

    def on_mount(self) -> None:
        self._show()
        self.set_interval(1.0, self._count)

    def on_resize(self) -> None:
        if self.query("#qr"):
            self._show()

    def take(self, step: DeviceStep | None) -> None:
        """Shows what became of asking for a code; None: it is being asked for."""
        self._step = step
        if self.query("#qr"):  # else it is composed in a moment, and shown then
            self._show()

    def _show(self) -> None:
        step = self._step
        words = self.query_one("#device-words", Quiet)
        code = self.query_one("#user-code", Quiet)
        qr = self.query_one("#qr", Quiet)
        code.display = self.query_one("#device-left").display = isinstance(
            step, steps.DeviceCodeReady
        )
        qr.display = False
        if isinstance(step, steps.DeviceCodeReady):
            authorization = step.authorization
            gap = "\n\n" if self.size.height >= _ROOMY else " "
            words.reshape(
                f"On any machine, open{gap}{authorization.verification_uri}{gap}"
                "and enter this code:"
            )
            code.reshape(authorization.user_code)
            if authorization.verification_uri_complete is not None:
                lines = qr_lines(authorization.verification_uri_complete)
                # A part of a QR code is of no use to anybody.
                qr.display = len(lines) + _ABOVE_AND_BELOW <= self.size.height and (
                    len(lines[0]) + _BESIDE <= self.size.width
                )
                qr.reshape(qr_content(lines))
        else:
            words.reshape(_told(step))
        self.query_one("#device-keys", Quiet).reshape(_keys(step))
        self._count()

    def _count(self) -> None:
        left = self.query_one("#device-left", Quiet)
        step = self._step
        if isinstance(step, steps.DeviceCodeReady):
            now = self._now()
            left.show(f"{clock.countdown(step.authorization.expires_at - now)} left")
        else:
            left.show("")

    def _now(self) -> datetime:
        return self.session.now()

    def action_another(self) -> None:
        self.take(None)
        self._ask_for_code()

    def action_copy(self) -> None:
        step = self._step
        if isinstance(step, steps.DeviceCodeReady):
            authorization = step.authorization
            address = authorization.verification_uri_complete or authorization.verification_uri
            self.program.copy(address, "the address", otherwise="type it as it stands")
        elif isinstance(step, steps.DeviceCodeRefused) and step.redirect_uris:
            self.program.copy(
                "\n".join(step.redirect_uris),
                "the redirect URIs",
                otherwise="type them as they stand",
            )


def _told(step: steps.DeviceCodeOver | steps.DeviceCodeRefused | None) -> str:
    """What is said where there is no code to enter."""
    if step is None:
        return "Asking Webex for a code …"
    if isinstance(step, steps.DeviceCodeOver):
        return f"{step.message} n asks for another one."
    if step.redirect_uris:
        uris = "\n".join(step.redirect_uris)
        lead = (
            "Add these redirect URIs to the integration at developer.webex.com/my-apps, beside"
            " the one it has; then n tries again:"
        )
        return f"{step.message}\n\n{lead}\n\n{uris}"
    return "\n\n".join(filter(None, (step.message, step.hint)))


def _keys(step: DeviceStep | None) -> str:
    copies = ""
    if isinstance(step, steps.DeviceCodeReady):
        copies = "c copies the address"
    elif isinstance(step, steps.DeviceCodeRefused) and step.redirect_uris:
        copies = "c copies the redirect URIs"
    another = (
        "n tries again" if isinstance(step, steps.DeviceCodeRefused) else "n gets another code"
    )
    if step is None:
        another = ""
    return "\n".join(filter(None, (copies, another, "Esc shows the other ways")))
