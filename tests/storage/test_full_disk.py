"""A disk without room: what was kept stays, and nothing is left lying about."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.full_disk import files_of_at_most
from tests.support.tokens import APP_ID, a_token
from wtr_tui.errors import TokenFileNotWritten
from wtr_tui.model import Secret, StoredToken, Token
from wtr_tui.storage.private_file import write_private
from wtr_tui.storage.token_file import TokenFile

OLD = b"the old content"
MUCH = b"x" * 200_000


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A disk of 64 KiB at ``folder``; without the right to mount one the test is skipped."""
    mount = shutil.which("mount")
    command = (mount or "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder))
    if mount is None or os.geteuid() != 0 or subprocess.run(command, check=False).returncode:
        pytest.skip("nobody lets this test mount a disk")
    try:
        yield
    finally:
        subprocess.run(("umount", str(folder)), check=True)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    with small_disk(tmp_path):
        path = tmp_path / "default.json"
        write_private(str(path), OLD)
        with pytest.raises(OSError, match="No space left") as refused:
            write_private(str(path), MUCH)
        assert refused.value.errno == errno.ENOSPC
        assert path.read_bytes() == OLD
        assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_quota_leaves_the_old_token(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "wtr-tui" / "default.json")
    file.save(StoredToken(APP_ID, a_token()))
    long = Token(Secret("SENTINEL" * 5000), a_token().obtained_at, None)
    with files_of_at_most(8_000), pytest.raises(TokenFileNotWritten) as refused:
        file.save(StoredToken(APP_ID, long))
    assert "File too large (EFBIG). The file is as it was before." in str(refused.value)
    assert "SENTINEL" not in str(refused.value)
    kept = file.read()
    assert kept is not None
    assert kept.token == a_token()
    assert [path.name for path in file.path.parent.iterdir()] == [file.path.name]
