"""The file of certificate authorities a settings file names: found, and seen to be one."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from wtr_tui.errors import StorageError
from wtr_tui.storage.locations import home
from wtr_tui.text import cause


def found(text: str, settings_path: Path | None, environ: Mapping[str, str]) -> Path:
    """The file's full path; relative ones count from the settings file's folder, ``~`` from home.

    Raises ValueError with a sentence where there is no file that this user can read.
    """
    named = text.strip()
    try:
        if named.startswith("~/"):
            named = home(environ) + named[1:]
        path = settings_path.parent / named if settings_path else Path(named)
        # Not opened: a FIFO in its place would wait for its writer.
        regular = stat.S_ISREG(path.stat().st_mode)
    except StorageError as error:
        raise ValueError(error.message) from None
    except OSError as error:
        raise ValueError(f"The CA file {path} cannot be read: {cause(error)}.") from None
    if not regular or not os.access(path, os.R_OK):
        raise ValueError(f"The CA file {path} is not one that this user can read.")
    return path
