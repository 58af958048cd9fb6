"""The token file never loses a token, and never takes trouble for "there is none"."""

from __future__ import annotations

import errno
import json
import os
import stat
import time
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.storage.faults import Counted
from tests.storage.fifo import without_waiting
from tests.support.clock import NOON
from tests.support.tokens import APP_ID, OTHER_APP_ID, a_token, access_text
from wtr_tui.errors import CorruptTokenFile, StorageError, TokenFileNotWritten, TokenFileUnreadable
from wtr_tui.model import Account, StoredToken, Token
from wtr_tui.storage import token_json
from wtr_tui.storage.private_file import temporary_path
from wtr_tui.storage.token_file import TokenFile, account_of, to_json

OLD = StoredToken(APP_ID, a_token("old"))
NEW = StoredToken(APP_ID, a_token("new"))
DAMAGED = f'{{"version": 1, "access_token": "{access_text("half")}'.encode()


@pytest.fixture
def file(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "state" / "wtr-tui" / "default.json")


def beside(file: TokenFile) -> list[Path]:
    return sorted(path for path in file.path.parent.iterdir() if path != file.path)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat(follow_symlinks=False).st_mode)


def put(file: TokenFile, content: bytes) -> None:
    file.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.path.write_bytes(content)
    file.path.chmod(0o600)


def refuse(code: int) -> Callable[..., int]:
    def refused(*arguments: object, **named: object) -> int:
        raise OSError(code, os.strerror(code))

    return refused


def test_no_file_is_no_token(file: TokenFile) -> None:
    assert file.read() is None
    assert file.fingerprint() is None
    assert token_json.read(str(file.path)) is None


def test_a_saved_token_is_read_back(file: TokenFile) -> None:
    assert file.save(OLD) == ()
    assert file.read() == OLD
    assert file.save(NEW) == ()
    assert file.read() == NEW
    assert beside(file) == []
    assert mode_of(file.path) == 0o600
    assert mode_of(file.path.parent) == 0o700


def test_the_quick_reading_gives_the_same_members(file: TokenFile) -> None:
    file.save(OLD)
    members = token_json.read(str(file.path))
    assert members is not None
    assert members | {"version": 1} == json.loads(file.path.read_bytes()) | {
        "base_url": None,
        "settings": None,
        "account": None,
    }


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.ENOTDIR, errno.ELOOP])
def test_an_error_while_reading_is_never_no_token(
    file: TokenFile, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.save(OLD)
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse(code))
        for reading in (file.read, lambda: token_json.read(str(file.path))):
            with pytest.raises(TokenFileUnreadable) as refusal:
                reading()
            assert str(file.path) in refusal.value.message
    assert file.read() == OLD


def test_what_cannot_be_read_is_not_overwritten(
    file: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.save(OLD)
    with monkeypatch.context() as patched:
        patched.setattr(os, "read", refuse(errno.EIO))
        with pytest.raises(TokenFileNotWritten, match=r"Input/output error \(EIO\)"):
            file.save(NEW)
    assert file.read() == OLD


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_it_is_told(file: TokenFile) -> None:
    file.save(OLD)
    file.path.chmod(0)
    with pytest.raises(TokenFileUnreadable, match=r"Permission denied \(EACCES\)"):
        file.read()


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_file_is_neither_read_nor_replaced(
    file: TokenFile, tmp_path: Path, kind: str
) -> None:
    file.path.parent.mkdir(parents=True)
    target = TokenFile(tmp_path / "elsewhere.json")
    target.save(OLD)
    if kind == "link":
        file.path.symlink_to(target.path)
    elif kind == "pipe":
        os.mkfifo(file.path)
    else:
        file.path.mkdir()
    before = file.path.lstat().st_ino
    with pytest.raises(TokenFileUnreadable, match=str(file.path)):
        without_waiting(file.path, file.read)
    with pytest.raises(TokenFileNotWritten, match=str(file.path)):
        without_waiting(file.path, lambda: file.save(NEW))
    assert file.path.lstat().st_ino == before
    assert target.read() == OLD


def test_another_users_file_is_neither_read_nor_replaced(
    file: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.save(OLD)
    somebody = os.geteuid() + 1
    with monkeypatch.context() as patched:
        patched.setattr(os, "geteuid", lambda: somebody)
        with pytest.raises(TokenFileUnreadable, match="belongs to"):
            file.read()
        with pytest.raises(TokenFileNotWritten, match="belongs to"):
            file.save(NEW)
    assert file.read() == OLD


def test_a_file_open_to_others_is_repaired_and_told(file: TokenFile) -> None:
    file.save(OLD)
    file.path.chmod(0o644)
    stored = file.read()
    assert stored is not None
    assert stored._replace(notices=()) == OLD
    assert stored.notices == (
        f"{file.path} was open to other users (mode 644); its mode is now 600.",
    )
    assert mode_of(file.path) == 0o600
    again = file.read()
    assert again is not None
    assert again.notices == ()


def test_only_the_programs_own_folder_is_narrowed(tmp_path: Path) -> None:
    for name, mode in (("wtr-tui", 0o700), ("shared", 0o755)):
        folder = tmp_path / name
        folder.mkdir()
        folder.chmod(0o755)
        TokenFile(folder / "default.json").save(OLD)
        assert mode_of(folder) == mode


def test_damaged_content_is_copied_aside_once(file: TokenFile) -> None:
    put(file, DAMAGED)
    with pytest.raises(CorruptTokenFile, match="is not JSON") as first:
        file.read()
    with pytest.raises(CorruptTokenFile) as second:
        file.read()
    (copy,) = beside(file)
    assert copy.name.startswith("default.json.corrupt-")
    assert first.value.kept_as == second.value.kept_as == str(copy)
    assert str(copy) in first.value.message
    assert copy.read_bytes() == DAMAGED
    assert mode_of(copy) == 0o600
    assert file.path.read_bytes() == DAMAGED


def test_damage_is_told_without_the_token(file: TokenFile) -> None:
    put(file, DAMAGED)
    with pytest.raises(CorruptTokenFile) as damaged:
        file.read()
    shown = "".join(traceback.format_exception(damaged.value))
    assert access_text("half") not in shown


def test_damaged_content_is_kept_when_a_new_token_replaces_it(file: TokenFile) -> None:
    put(file, DAMAGED)
    (notice,) = file.save(NEW)
    (copy,) = beside(file)
    assert str(copy) in notice
    assert copy.read_bytes() == DAMAGED
    assert file.read() == NEW


def test_two_damages_of_the_same_second_are_both_kept(file: TokenFile) -> None:
    for content in (DAMAGED, b"something else"):
        put(file, content)
        os.utime(file.path, (1_000_000_000, 1_000_000_000))
        file.save(NEW)
    assert {copy.read_bytes() for copy in beside(file)} == {DAMAGED, b"something else"}
    first, second = sorted(copy.name for copy in beside(file))
    assert first == "default.json.corrupt-20010909T014640Z"
    assert second.startswith(f"{first}-")


def test_damage_that_cannot_be_copied_is_told_but_not_replaced(
    file: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(file, DAMAGED)
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", refuse(errno.ENOSPC))
        with pytest.raises(CorruptTokenFile) as damaged:
            file.read()
        assert damaged.value.kept_as == ""
        with pytest.raises(TokenFileNotWritten, match=r"copied aside: No space left on device"):
            file.save(NEW)
    assert file.path.read_bytes() == DAMAGED
    assert beside(file) == []


def test_a_newer_programs_file_is_not_replaced(file: TokenFile) -> None:
    content = json.dumps({"version": 2}).encode()
    put(file, content)
    with pytest.raises(TokenFileUnreadable, match="newer wtr-tui"):
        file.read()
    with pytest.raises(TokenFileNotWritten, match="newer wtr-tui"):
        file.save(NEW)
    assert file.path.read_bytes() == content
    assert beside(file) == []


def test_another_app_ids_token_is_kept_when_it_is_replaced(file: TokenFile) -> None:
    other = StoredToken(OTHER_APP_ID, a_token("other"))
    file.save(other)
    (notice,) = file.save(NEW)
    (copy,) = beside(file)
    assert notice == f"What {file.path} held before is kept as {copy}."
    assert copy.name.startswith("default.json.other-app-")
    assert TokenFile(copy).read() == other
    assert mode_of(copy) == 0o600
    assert file.read() == NEW


def test_keeping_aside_leaves_the_file_and_happens_once(file: TokenFile) -> None:
    other = StoredToken(OTHER_APP_ID, a_token("other"))
    assert file.back_up_unless(APP_ID) == ""
    file.save(other)
    assert file.back_up_unless(OTHER_APP_ID) == ""
    assert beside(file) == []
    kept_as = file.back_up_unless(APP_ID)
    assert kept_as == file.back_up_unless(APP_ID)
    assert [str(copy) for copy in beside(file)] == [kept_as]
    assert file.read() == other


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
def test_a_disk_that_refuses_leaves_the_old_token(
    file: TokenFile, call: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.save(OLD)
    with monkeypatch.context() as patched:
        patched.setattr(os, call, refuse(code))
        with pytest.raises(TokenFileNotWritten) as refusal:
            file.save(NEW)
    assert refusal.value.message == (
        f"The token was not saved to {file.path}: {os.strerror(code)} ({errno.errorcode[code]})."
    )
    assert refusal.value.hint == "The file is as it was before."
    assert file.read() == OLD
    assert beside(file) == []


@pytest.mark.parametrize("before", ["ours", "damaged", "other", "none"])
def test_whichever_call_fails_no_token_is_lost(tmp_path: Path, before: str) -> None:
    """Fails every system call of a save in turn, also of those that keep the old file aside."""

    def prepared(run: int) -> TokenFile:
        file = TokenFile(tmp_path / str(run) / "wtr-tui" / "default.json")
        if before == "ours":
            file.save(OLD)
        elif before == "other":
            file.save(StoredToken(OTHER_APP_ID, a_token("old")))
        elif before == "damaged":
            put(file, DAMAGED)
        return file

    calls = Counted()
    file = prepared(-1)
    with calls.installed():
        file.save(NEW)
    assert len(calls.names) > 8
    refused = 0
    for failing, name in enumerate(calls.names):
        file = prepared(failing)
        content = file.path.read_bytes() if file.path.exists() else None
        with Counted(failing, errno.EIO).installed():
            try:
                file.save(NEW)
                saved = True
            except TokenFileNotWritten:
                saved = False
        refused += not saved
        where = f"{name}, call {failing}"
        found = file.path.read_bytes() if file.path.exists() else None
        copies = [copy.read_bytes() for copy in beside(file)] if file.path.parent.exists() else []
        if found != content:
            assert file.read() == NEW, where
            assert before in ("ours", "none") or content in copies, where
        else:
            assert not saved, where
        assert not [each for each in file.path.parent.glob(".*.tmp") if each.stat().st_size], where
    assert refused > 6


def test_the_mark_differs_when_the_file_does(file: TokenFile) -> None:
    file.save(OLD)
    first = file.fingerprint()
    assert first == file.fingerprint()
    file.save(OLD)
    assert file.fingerprint() not in (first, None)


def test_a_folder_that_cannot_be_entered_is_not_no_file(file: TokenFile, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the folder's place")
    assert file.fingerprint() is None
    with pytest.raises(TokenFileUnreadable, match="Not a directory"):
        file.read()
    with pytest.raises(TokenFileNotWritten, match="Not a directory"):
        file.save(NEW)


def test_the_lock_is_beside_the_file(file: TokenFile) -> None:
    with file.lock():
        assert beside(file) == [file.path.with_name("default.lock")]


def test_no_token_is_in_any_repr(file: TokenFile) -> None:
    file.save(OLD)
    shown = repr(file.read()) + str(file.read()) + repr(file)
    assert OLD.token.access_token.reveal() not in shown
    assert "refresh-token" not in shown


def test_every_failure_is_a_storage_error() -> None:
    for kind in (CorruptTokenFile, TokenFileUnreadable, TokenFileNotWritten):
        assert issubclass(kind, StorageError)


LATER = NOON + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("app_id", "obtained_at", "base_url", "held_base_url", "is_taken"),
    [
        (APP_ID, LATER, "", "", True),
        (APP_ID, LATER, "https://a/v1", "", True),
        (APP_ID, LATER, "https://a/v1", "https://a/v1", True),
        (APP_ID, LATER, "https://a/v1", "https://b/v1", False),
        (OTHER_APP_ID, LATER, "", "", False),
        (OTHER_APP_ID, LATER, "https://a/v1", "https://a/v1", False),
        (APP_ID, NOON - timedelta(minutes=1), "", "", False),
    ],
)
def test_what_a_killed_writer_left_is_taken_where_it_is_newer_and_of_the_same_client(
    file: TokenFile,
    app_id: str,
    obtained_at: datetime,
    base_url: str,
    held_base_url: str,
    is_taken: bool,
) -> None:
    held = StoredToken(APP_ID, a_token("old"), held_base_url)
    left = StoredToken(app_id, a_token("new", obtained_at=obtained_at), base_url)
    file.save(held)
    temporary = Path(temporary_path(str(file.path)))
    temporary.write_bytes(to_json(left))
    temporary.chmod(0o600)
    assert file.read() == (left if is_taken else held)
    assert not temporary.exists()


def test_tokens_put_aside_are_listed_beside_damaged_files(file: TokenFile) -> None:
    put(file, DAMAGED)
    older, newer = file.put_aside(OLD), file.put_aside(NEW)
    damaged = newer.with_name(f"{newer.name}-damaged")
    damaged.write_bytes(DAMAGED)
    damaged.chmod(0o600)
    before = beside(file)
    for _ in range(2):
        assert sorted(file.list_put_aside()) == sorted([(older, OLD), (newer, NEW)])
    assert beside(file) == before


def test_the_token_in_place_is_not_listed_as_put_aside(file: TokenFile) -> None:
    older, newer = file.put_aside(OLD), file.put_aside(NEW)
    file.save(NEW)
    assert file.list_put_aside() == [(older, OLD)]
    assert not newer.exists()


def test_tokens_put_aside_are_listed_newest_first(
    file: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = []
    for day, stored in enumerate((OLD, NEW)):
        monkeypatch.setattr(time, "time", lambda day=day: 1_790_000_000 + 86_400 * day)
        paths.append(file.put_aside(stored))
    assert file.list_put_aside() == [(paths[1], NEW), (paths[0], OLD)]


def test_a_token_put_aside_is_accepted_once_and_the_former_one_kept(file: TokenFile) -> None:
    file.save(OLD)
    aside = file.put_aside(NEW)
    kept_as = file.accept_put_aside(aside)
    assert "other-account" in kept_as
    assert TokenFile(Path(kept_as)).read() == OLD
    assert file.read() == NEW
    assert not aside.exists()
    with pytest.raises(StorageError, match="is not there any more"):
        file.accept_put_aside(aside)


A_URL, B_URL = "https://a.test/v1", "https://b.test/v1"


@pytest.mark.parametrize(
    ("held_base_url", "app_id", "base_url", "token", "reason"),
    [
        ("", APP_ID, "", None, ""),
        ("", APP_ID, A_URL, None, ""),
        (A_URL, APP_ID, "", None, ""),
        (A_URL, APP_ID, A_URL, None, ""),
        (A_URL, APP_ID, B_URL, None, "other-server"),
        (A_URL, OTHER_APP_ID, A_URL, None, "other-app"),
        ("", APP_ID, "", OLD.token, ""),
        ("", APP_ID, "", NEW.token, "other-account"),
    ],
)
def test_what_is_of_another_client_server_or_account_is_backed_up(
    file: TokenFile,
    held_base_url: str,
    app_id: str,
    base_url: str,
    token: Token | None,
    reason: str,
) -> None:
    held = OLD._replace(base_url=held_base_url)
    file.save(held)
    kept_as = file.back_up_unless(app_id, base_url, token)
    assert bool(kept_as) is bool(reason)
    assert reason in kept_as
    assert not kept_as or TokenFile(Path(kept_as)).read() == held
    assert file.read() == held


@pytest.mark.parametrize("before", [None, DAMAGED])
def test_what_a_killed_writer_left_replaces_no_file_or_a_damaged_one_which_is_kept(
    file: TokenFile, before: bytes | None
) -> None:
    put(file, before or b"")
    if before is None:
        file.path.unlink()
    temporary = Path(temporary_path(str(file.path)))
    temporary.write_bytes(to_json(NEW))
    temporary.chmod(0o600)
    assert file.read() == NEW
    kept = [path.read_bytes() for path in beside(file) if "corrupt" in path.name]
    assert kept == ([] if before is None else [before])


@pytest.mark.parametrize(("written", "read"), [(None, "Bearer"), ("Other", "Other")])
def test_a_token_without_a_type_is_a_bearer_token(
    file: TokenFile, written: str | None, read: str
) -> None:
    put(file, json.dumps({**json.loads(to_json(NEW)), "token_type": written}).encode())
    stored = file.read()
    assert stored is not None
    assert stored.token.token_type == read


def test_the_account_is_that_of_the_members() -> None:
    assert account_of("", {}) == Account()
    members = {"account": {"email": "ann@example.com", "user_id": None}}
    assert account_of("", members) == Account(email="ann@example.com")


def test_a_token_whose_putting_aside_was_killed_is_listed(file: TokenFile) -> None:
    aside = file.put_aside(NEW)
    aside.rename(temporary_path(str(aside)))
    assert file.list_put_aside() == [(aside, NEW)]
