"""Crashes: a private report without secrets, one sentence for the user, and no core dump.

``wtr token`` imports this: what only a report needs is imported there.
"""

from __future__ import annotations

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)

_core_limits: list[tuple[int, int]] = []


def forbid_core_dumps() -> None:
    """Set the limit for core dumps to 0: one of this process, or of a child, would hold tokens."""
    import resource

    try:
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    except (OSError, ValueError):
        return
    _core_limits.append((soft, hard))


def restore_core_dumps() -> None:
    """Undo :func:`forbid_core_dumps`, for a program that replaces this process."""
    import resource

    if _core_limits:
        resource.setrlimit(resource.RLIMIT_CORE, _core_limits.pop())


def report(error: BaseException) -> str:
    """Return the traceback with source lines, without the values of variables or any message.

    Both may hold secrets: a library may quote what it was given in the message of an exception.
    """
    import platform
    import traceback

    from wtr_tui import __version__
    from wtr_tui.text import cleaned, redacted

    lines = [
        f"wtr-tui {__version__}, Python {platform.python_version()}, {platform.system()}",
        f"TERM={cleaned(os.environ.get('TERM', ''), 40)}",
        "",
    ]
    # Textual wraps what went wrong in a worker, without chaining it.
    each: BaseException | None = getattr(error, "error", error)
    while each is not None:
        lines.append(f"{type(each).__module__}.{type(each).__qualname__}")
        lines += [
            f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line}"
            for frame in traceback.extract_tb(each.__traceback__)
        ]
        each = each.__cause__ or each.__context__
        if each is not None:
            lines.append("caused by")
    return redacted("\n".join(lines)) + "\n"


def write(error: BaseException, folder: Path, now: datetime) -> str:
    """Write the report to ``folder``, mode 0600, and return the sentence for the user.

    Exhausted memory or file descriptors are no defect of the program: they get no report.
    """
    import tempfile

    from wtr_tui import clock
    from wtr_tui.errors import StorageError
    from wtr_tui.storage.private_file import make_private_folder
    from wtr_tui.text import cause

    if isinstance(error, OSError) and error.errno in _EXHAUSTED:
        return f"wtr-tui ended: {cause(error)}. Your token file is untouched."
    what = f"wtr-tui ended because of a fault of its own ({type(error).__name__})."
    try:
        make_private_folder(str(folder))
        began = f"crash-{clock.iso(now).replace(':', '')}-"
        descriptor, path = tempfile.mkstemp(".txt", began, folder)
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123 - open by now
            file.write(report(error))
    except (OSError, StorageError):
        return f"{what} No report could be written to {folder}. Your token file is untouched."
    return f"{what} The report is in {path}; it holds no secrets. Your token file is untouched."
