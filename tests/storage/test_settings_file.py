"""The settings file on disk: read as a person may keep it, saved without losing a word."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from tests.storage.faults import Counted
from tests.storage.fifo import without_waiting
from wtr_tui.errors import SettingsError, StorageError
from wtr_tui.storage import private_file
from wtr_tui.storage.settings_file import read, save

OLD = "# mine\nappid: C1  # here\n"
NEW = "# mine\nappid: C2  # here\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "wtr-tui" / "default.yaml"
    path.parent.mkdir(mode=0o700)
    path.write_text(OLD)
    return path


def refusal(path: Path) -> SettingsError:
    with pytest.raises(SettingsError) as refused:
        read(path)
    return refused.value


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("number", ["999999", "9" * 20, "9" * 5_000])
def test_a_descriptor_that_is_not_open_is_told(number: str) -> None:
    assert "cannot be read: " in refusal(Path(f"/dev/fd/{number}")).message


def test_a_file_that_is_not_there_has_no_keys(tmp_path: Path) -> None:
    found = read(tmp_path / "none" / "default.yaml")
    assert (found.entries, found.text) == ({}, None)


@pytest.mark.parametrize("text", ["", "# a\r\nappid: C1\r\n", "\ufeffappid: C1\n", "appid: C1"])
def test_the_text_is_kept_as_it_is(path: Path, text: str) -> None:
    path.write_bytes(text.encode())
    found = read(path)
    assert found.text == text
    assert [entry.value for entry in found.entries.values()] == ["C1"] * bool(text)


def test_no_text_is_in_a_repr(path: Path) -> None:
    path.write_text("secret: SENTINEL\n")
    assert "SENTINEL" not in repr(read(path))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"appid: C1\nsecret: \xff\n", "line 2 holds a byte that is not UTF-8"),
        ("appid: C1\n".encode("utf-16"), "line 1 holds a byte that is not UTF-8"),
        (b"#" * (private_file.LARGEST + 1), "larger than 1 MiB"),
        (b"- a\n", "does not hold settings"),
        (b"appid: [\n", "never closed"),
        (b"appid: C1\x00\n", "U+0000"),
    ],
)
def test_what_is_no_settings_file_is_told_with_its_path(
    path: Path, content: bytes, words: str
) -> None:
    path.write_bytes(content)
    found = refusal(path)
    assert str(path) in found.message
    assert words in found.message
    with pytest.raises(SettingsError):
        save(path, {"appid": "C2"}, expected=None)
    assert path.read_bytes() == content


def test_a_megabyte_is_read(path: Path) -> None:
    path.write_bytes(b"appid: C1\n" + b"#" * (private_file.LARGEST - 10))
    assert read(path).entries["appid"].value == "C1"


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.ELOOP])
def test_a_file_that_cannot_be_read_is_not_no_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refused(*_: object, **__: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "open", refused)
    found = refusal(path)
    assert str(path) in found.message
    assert errno.errorcode[code] in found.message


def test_a_folder_or_pipe_in_its_place_is_refused(path: Path) -> None:
    path.unlink()
    path.mkdir()
    assert "not a regular file" in refusal(path).message
    path.rmdir()
    os.mkfifo(path)

    def work() -> None:
        assert "not a regular file" in refusal(path).message

    without_waiting(path, work)


def test_a_path_through_a_file_is_refused(path: Path) -> None:
    assert "ENOTDIR" in refusal(path / "x.yaml").message


def test_saving_changes_the_value_and_closes_the_file_to_others(path: Path) -> None:
    path.chmod(0o644)
    save(path, {"appid": "C2"}, expected=OLD)
    assert path.read_text() == NEW
    assert mode(path) == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_first_save_makes_the_folder_private(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "default.yaml"
    save(path, {"appid": "C1", "redirectPort": 6855}, expected=None)
    assert path.read_text() == "appid: C1\nredirectPort: 6855\n"
    assert (mode(path), mode(path.parent), mode(path.parent.parent)) == (0o600, 0o700, 0o700)


@pytest.mark.parametrize("now", ["appid: C3\n", None, OLD + " "])
def test_what_somebody_else_wrote_is_not_overwritten(path: Path, now: str | None) -> None:
    path.unlink()
    if now is not None:
        path.write_text(now)
    with pytest.raises(SettingsError, match=f"{path} was changed"):
        save(path, {"appid": "C2"}, expected=OLD)
    assert (path.read_text() if path.exists() else None) == now


def test_a_file_that_came_into_being_is_not_overwritten(path: Path) -> None:
    with pytest.raises(SettingsError, match="was changed"):
        save(path, {"appid": "C2"}, expected=None)
    assert path.read_text() == OLD


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_its_file_is_changed(path: Path, there: bool) -> None:
    target = path.parent.parent / "dotfiles.yaml"
    path.rename(target)
    path.symlink_to(target)
    if not there:
        target.unlink()
    save(path, {"appid": "C2"}, expected=OLD if there else None)
    assert path.is_symlink()
    assert target.read_text() == (NEW if there else "appid: C2\n")
    assert mode(target) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_another_users_file_is_left_alone(path: Path) -> None:
    os.chown(path, 12_345, -1)
    with pytest.raises(StorageError, match="belongs to user 12345"):
        save(path, {"appid": "C2"}, expected=OLD)
    assert path.read_text() == OLD


def test_whichever_call_fails_the_file_is_whole(path: Path) -> None:
    calls = Counted()
    with calls.installed():
        save(path, {"appid": "C2"}, expected=OLD)
    failures = 0
    for failing in range(len(calls.names)):
        path.write_text(OLD)
        with Counted(failing, errno.ENOSPC).installed():
            try:
                save(path, {"appid": "C2"}, expected=OLD)
            except (SettingsError, StorageError):
                failures += 1
        assert path.read_text() in (OLD, NEW)
        assert {each.name for each in path.parent.iterdir() if each.stat().st_size} == {path.name}
    assert failures >= 5


def test_a_full_disk_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageError) as refused:
        save(path, {"appid": "C2"}, expected=OLD)
    assert str(refused.value) == (
        f"The settings were not saved to {path}: No space left on device (ENOSPC)."
        " The file is as it was."
    )
    assert path.read_text() == OLD
