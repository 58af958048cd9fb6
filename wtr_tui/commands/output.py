"""Standard output for data, standard error for everything else; both may be gone."""

from __future__ import annotations

import io
import os
import sys

from wtr_tui.errors import WtrError
from wtr_tui.text import program_name as program_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


def show_any_sign() -> None:
    """Lets standard output escape what it cannot encode, as standard error does by itself.

    A terminal that cannot show a sign shall not end the program: not even its help.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def give(text: str) -> None:
    """Writes data to standard output at once, with a line end.

    Raises WtrError where it cannot be written: a token that did not arrive is no success.
    """
    if sys.stdout is None:
        raise WtrError("Standard output is closed: there is nowhere to write to.")
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output()
        raise WtrError(f"Standard output cannot be written: {error.strerror}.") from error


def tell(sentence: str) -> None:
    """A sentence for the person on standard error; what else would there be to tell it to?"""
    say(f"{program_name()}: {sentence}\n")


def say(text: str) -> None:
    """Writes the text to standard error as it is. That it is closed, or full, is no failure."""
    # Without a standard error print() would write to standard output, between the data.
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        _to_nowhere(2)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether it is one; a stream that is closed is none."""
    return stream is not None and not stream.closed and stream.isatty()


def drop_output() -> None:
    """Gives up standard output, with what Python would try to write once more at its end."""
    if sys.stdout is not None:
        _to_nowhere(sys.stdout.fileno())


def hold_standard_streams() -> None:
    """Opens a closed standard stream on nothing.

    Otherwise the next file that is opened, the token's lock or a connection to Webex, would get
    its number, and what is meant for standard error would be written into it.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one


def _to_nowhere(descriptor: int) -> None:
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
    except OSError:
        return
