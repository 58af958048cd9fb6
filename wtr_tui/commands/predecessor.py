"""The Go tool of this name keeps settings and token in the folder where it is started.

Such a file is never read unasked, a stranger's folder may hold one; that it is there is told.
"""

from __future__ import annotations

import os

from wtr_tui.commands.output import tell
from wtr_tui.errors import SIGN_IN_NEEDED, WRONG_USAGE, WtrError
from wtr_tui.storage import locations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE = ".wtr-cli.json"


def hint(arguments: Sequence[str], exit_code: int, environ: Mapping[str, str]) -> None:
    """Tells of the file where a command failed for want of what it holds."""
    if exit_code not in (WRONG_USAGE, SIGN_IN_NEEDED) or not os.access(FILE, os.F_OK):
        return
    # Who names a profile or imports knows of more than one place already.
    if any(word.startswith(("--profile", "--config", "import")) for word in arguments):
        return
    try:
        name = locations.profile_name(None, environ)
        settings = environ.get("WTR_CONFIG") or locations.settings_path(name, environ)
        files = settings, locations.token_path(name, environ)
    except WtrError:
        return
    if not any(os.access(file, os.F_OK) for file in files):
        tell(f"The Go tool's {FILE} is here: wtr import {FILE} takes over what it holds.")
