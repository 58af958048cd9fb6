"""Saves one token over another, as a process whose system calls can be made to fail.

``python -m tests.security.saver PATH``. Calls between the two marks are those of the save. Prints
one word: saved, or the type of what was raised.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.support.tokens import APP_ID, a_token
from wtr_tui.errors import StorageError
from wtr_tui.model import StoredToken
from wtr_tui.storage.token_file import TokenFile

OLD = StoredToken(APP_ID, a_token("OLD1"))
NEW = StoredToken(APP_ID, a_token("NEW1"))
MARK = 987_654
"""A process that is not there: asking for its session is a call that nothing else makes."""


def mark() -> None:
    try:
        os.getsid(MARK)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    os.umask(0)
    file = TokenFile(Path(sys.argv[1]))
    said = "saved"
    mark()
    try:
        file.save(NEW)
    except StorageError as error:
        said = type(error).__name__
    mark()
    os.write(1, said.encode())
    # Without Python's own end, whose calls are no part of this.
    os._exit(0)
