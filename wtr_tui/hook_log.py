"""The log of the onToken command: private, beside the token, never long."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wtr_tui.clock import iso, now
from wtr_tui.errors import StorageError
from wtr_tui.model import MASK, Secret
from wtr_tui.storage.private_file import open_private
from wtr_tui.text import cleaned

if TYPE_CHECKING:
    from wtr_tui.storage.profile import Profile

_LARGEST = 256 * 1024
_LINE = 500


def path(profile: Profile) -> str:
    """``PROFILE.log`` beside the token."""
    return str(profile.token_path.with_suffix(".log"))


def add(path: str, event: str, output: bytes, hidden: Sequence[Secret]) -> bool:
    """Adds what happened and what was printed, without the secrets; False where it cannot."""
    text = output.decode("utf-8", "replace")
    for secret in hidden:
        text = text.replace(secret.reveal(), MASK)
    lines = [f"{iso(now())} {event}", *(f"  {cleaned(line, _LINE)}" for line in text.splitlines())]
    try:
        descriptor = open_private(path)
        try:
            if os.fstat(descriptor).st_size > _LARGEST:
                with contextlib.suppress(OSError):
                    os.replace(path, f"{path}.1")  # noqa: PTH105 - as text, like its neighbours
                os.close(descriptor)
                descriptor = open_private(path)
            fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_APPEND)
            os.write(descriptor, ("\n".join(lines) + "\n").encode())
        finally:
            os.close(descriptor)
    except (OSError, StorageError):
        return False
    return True
