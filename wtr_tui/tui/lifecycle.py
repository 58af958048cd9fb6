"""Ending well: signals, a terminal that went away, and coming back from the background."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
from contextlib import suppress
from typing import TYPE_CHECKING

from wtr_tui import in_flight

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp

# Textual handles none of these: it would die at once and leave the terminal in its full-screen
# mode, or, where SIGHUP is ignored (nohup), spin for ever on a terminal that is gone.


def end_on_signals(app: WtrApp) -> None:
    """Each of the signals ends the program orderly, with 128 plus its number as exit code.

    The event loop's own handlers would be gone with it, and a second signal would then end the
    process before a token request in flight is saved.
    """
    loop = asyncio.get_running_loop()
    insistence = in_flight.Insistence()
    before = {int(number): signal.getsignal(number) for number in in_flight.ENDING_SIGNALS}

    def take(number: int, _: object) -> None:
        if in_flight.pending():
            insistence.take(number)
        elif loop.is_closed():
            signal.signal(number, before[number])
            os.kill(os.getpid(), number)
            return
        with suppress(RuntimeError):  # the loop has just been closed
            loop.call_soon_threadsafe(app.leave, 128 + number)

    for number in in_flight.ENDING_SIGNALS:
        signal.signal(number, take)


def terminal_is_gone() -> bool:
    """Whether nobody will ever see or type anything again.

    The kernel tells only the leader of the session (SIGHUP); in a container, say, that is
    somebody else, and Textual would go on asking a closed terminal as fast as it can.
    """
    assert sys.__stdin__ is not None
    try:
        termios.tcgetattr(sys.__stdin__.fileno())
    except termios.error:
        return True
    return False


def can_be_resumed() -> bool:
    """Whether a shell would notice that this process was stopped, and could let it go on.

    Nobody does where the process group is orphaned (``ssh -tt host 'exec wtr-tui'``, a container,
    a command of tmux). The kernel knows: it lets no terminal stop a member of such a group (POSIX,
    General Terminal Interface, 11.1.4). So a child in our group tries.
    """
    if _TSTP_WAS_IGNORED:
        return False
    stop_itself = ("sh", "-c", "kill -TSTP $$")
    child = os.posix_spawn("/bin/sh", stop_itself, {}, setsigdef=[signal.SIGTSTP])
    _, status = os.waitpid(child, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        return False
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


# By whoever started the program: an editor, say, or a script without job control.
_TSTP_WAS_IGNORED = signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN


def stop_group() -> None:
    """Stops this process and those it was started with, as the terminal's own key would.

    A wrapper (``sudo``, a script) that went on would leave the shell waiting for it.
    """
    handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    os.killpg(0, signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, handler)


def stop_in_background(terminal: int) -> None:
    """Stops the group, as the terminal would, until a shell has put it into the foreground."""
    with suppress(OSError):  # it is not this session's terminal
        while os.tcgetpgrp(terminal) != os.getpgrp():
            os.killpg(0, signal.SIGSTOP)


def repaint_after_suspension(app: WtrApp) -> None:
    """After ``fg`` the terminal is empty, and Textual repaints only what changes."""
    app.app_resume_signal.subscribe(app, lambda _: app.screen.refresh())
