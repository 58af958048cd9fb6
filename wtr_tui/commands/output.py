"""Standard output for data, standard error for everything else; both may be gone."""

from __future__ import annotations

import io
import os
import sys

from wtr_tui.errors import WtrError


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


def program_name() -> str:
    """``wtr-tui`` where the program was called by this name, else ``wtr``."""
    called = os.path.basename(sys.argv[0]) if sys.argv else ""  # noqa: PTH119 - without pathlib
    return called if called == "wtr-tui" else "wtr"


def tell(sentence: str) -> None:
    """A sentence for the person on standard error; what else would there be to tell it to?"""
    try:
        print(f"{program_name()}: {sentence}", file=sys.stderr, flush=True)
    except OSError:
        return


def drop_output() -> None:
    """Gives up standard output, with what Python would try to write once more at its end."""
    if sys.stdout is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
