"""The keys of the sign-in, and when each of them does something (pure)."""

from __future__ import annotations

from wtr_tui.tui.keys import Key

KEYS = (
    Key("enter", "begin", "Sign in", "Begin to sign in"),
    Key("o", "open", "Open", "Open the start address in a browser on this machine"),
    Key("c", "copy_start", "Copy address", "Copy the start address"),
    Key("f", "copy_forward", "Copy ssh line", "Copy the line that forwards the port"),
    Key("u", "copy_full", "Copy full address", "Copy the full address at Webex"),
    Key("w", "print_full", "Show it", "Show the full address in one piece"),
    Key("p", "paste_field", "Paste", "Go to the field for the pasted address"),
    Key("d", "device", "Device code", "Ask for a device code, or another one"),
    Key("t", "extend", "More time", "Wait five minutes longer"),
    Key("a", "approve", "Approve (sandbox)", "Approve as a person would; sandbox only"),
    Key("x", "cancel", "Cancel", "Cancel this sign-in"),
    Key("escape", "leave_field", "Leave", "Leave the field", show=False),
    Key("q", "app.quit", "Quit", "Quit"),
)

_WHILE_LISTENING = {"open", "copy_start", "copy_forward"}
_WHILE_RUNNING = {"copy_full", "print_full", "paste_field", "device", "cancel", "extend"}


def offered(
    action: str, *, running: bool, listening: bool, ready: bool, sandbox: bool
) -> bool | None:
    """Whether a key is offered; None: shown as one that does nothing now.

    ``ready`` says whether the settings are complete, ``running`` whether an attempt runs and
    ``listening`` whether it has its port.
    """
    if action == "begin":
        return not running and (True if ready else None)
    if action == "approve":
        return running and sandbox
    if action in _WHILE_LISTENING:
        return running and (True if listening else None)
    return running if action in _WHILE_RUNNING else True
