"""The report of a defect of the program itself: a private file, one sentence, no secrets."""

from __future__ import annotations

import errno
import os
import platform
import tempfile
import traceback
from datetime import datetime
from pathlib import Path

from wtr_tui import __version__, clock
from wtr_tui.errors import StorageError
from wtr_tui.storage.private_file import make_private_folder
from wtr_tui.text import cause, cleaned, redacted

_USED_UP = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


def report(error: BaseException) -> str:
    """The traceback with code lines but without the values of variables, which may be secrets.

    Messages of exceptions are left out but for their type: a library may quote what it was given.
    """
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
    """Writes the report, mode 0600, and gives the sentence for the user.

    What the machine has none left of is no fault of the program's: that is said, without a report.
    """
    if isinstance(error, OSError) and error.errno in _USED_UP:
        return f"wtr-tui ended: {cause(error)}. Your token file is untouched."
    what = f"wtr-tui ended because of a fault of its own ({type(error).__name__})."
    try:
        make_private_folder(str(folder))
        began = f"crash-{clock.iso(now).replace(':', '')}-"
        descriptor, path = tempfile.mkstemp(".txt", began, folder)
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123
            file.write(report(error))
    except (OSError, StorageError):
        return f"{what} No report could be written to {folder}. Your token file is untouched."
    return f"{what} The report is in {path}; it holds no secrets. Your token file is untouched."
