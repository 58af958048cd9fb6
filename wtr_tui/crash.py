"""A fault of our own: a report in a private file, one sentence on the terminal, no secrets."""

from __future__ import annotations

import os
import platform
import traceback
from datetime import datetime
from pathlib import Path

from wtr_tui import __version__, clock


def report(error: BaseException) -> str:
    """The traceback with code lines but without the values of variables, which may be secrets.

    Messages of exceptions are left out but for their type: a library may quote what it was given.
    """
    lines = [
        f"wtr-tui {__version__}, Python {platform.python_version()}, {platform.system()}",
        f"TERM={os.environ.get('TERM', '')}",
        "",
    ]
    # Textual wraps what went wrong in a worker, without chaining it.
    cause: BaseException | None = getattr(error, "error", error)
    while cause is not None:
        lines.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        lines += [
            f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line}"
            for frame in traceback.extract_tb(cause.__traceback__)
        ]
        cause = cause.__cause__ or cause.__context__
        if cause is not None:
            lines.append("caused by")
    return "\n".join(lines) + "\n"


def write(error: BaseException, folder: Path, now: datetime) -> str:
    """Writes the report, mode 0600, and gives the sentence for the person."""
    path = folder / f"crash-{clock.iso(now).replace(':', '')}.txt"
    what = f"wtr-tui ended because of a fault of its own ({type(error).__name__})."
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(report(error))
    except OSError:
        return f"{what} No report could be written to {folder}. Your token file is untouched."
    return f"{what} The report is in {path}; it holds no secrets. Your token file is untouched."
