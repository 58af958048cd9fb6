"""The history: every process appends, it stays short, and its troubles harm nothing."""

from __future__ import annotations

import json
import os
import resource
import signal
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.clock import NOON
from tests.support.environment import program_environ
from wtr_tui import history
from wtr_tui.errors import ServerDetails, StorageError, TemporaryError
from wtr_tui.history import Entry, Event
from wtr_tui.storage.paths import history_path
from wtr_tui.storage.private_file import LARGEST
from wtr_tui.storage.profiles import Profile, by_name

APPENDING = """
import sys
from wtr_tui import history
from wtr_tui.history import Event
from wtr_tui.storage.private_file import LARGEST
from wtr_tui.storage.paths import history_path
from wtr_tui.storage.profiles import by_name
import os
work = by_name("work", os.environ)
for number in range(int(sys.argv[2])):
    assert history.append(work, history.new_entry(
        Event.FAILED, error=history_error(f"{sys.argv[1]}-{number}")))
""".replace("history_error", "__import__('wtr_tui.errors').errors.TemporaryError")


@pytest.fixture
def work(tmp_path: Path) -> Profile:
    profile = by_name("work", {"HOME": str(tmp_path)})
    profile.token_path.parent.mkdir(parents=True, mode=0o700)
    return profile


def entry(number: int, message: str = "") -> Entry:
    return Entry(NOON + timedelta(seconds=number), Event.REFRESHED, message=message)


def test_what_was_appended_is_read_the_latest_last(work: Profile) -> None:
    error = TemporaryError("Webex is busy.", details=ServerDetails(503, tracking_id="ROUTER_1"))
    failed = history.new_entry(Event.FAILED, error=error)._replace(at=NOON)
    assert history.append(work, failed)
    assert history.append(work, entry(1))
    assert history.read(work) == [failed, entry(1)]
    assert history.read(work, 1) == [entry(1)]
    assert failed.members() == {
        "at": "2026-11-24T12:00:00Z",
        "event": "failed",
        "by": failed.by,
        "pid": os.getpid(),
        "place": failed.place,
        "error": "temporary",
        "message": "Webex is busy.",
        "tracking_id": "ROUTER_1",
    }
    assert stat.S_IMODE(Path(history_path(work.token_path)).stat().st_mode) == 0o600


def test_nothing_has_happened_where_there_is_no_file(work: Profile) -> None:
    assert history.read(work) == []
    assert history.fingerprint(work) is None


def test_the_mark_changes_with_each_event(work: Profile) -> None:
    history.append(work, entry(1))
    before = history.fingerprint(work)
    assert before == history.fingerprint(work) is not None
    history.append(work, entry(2))
    assert history.fingerprint(work) != before


def test_it_holds_a_thousand_events_at_most_and_the_latest_ones(work: Profile) -> None:
    path = Path(history_path(work.token_path))
    most = 0
    for number in range(2_300):
        assert history.append(work, entry(number))
        most = max(most, path.read_bytes().count(b"\n"))
    assert most == history.MOST_ENTRIES
    kept = history.read(work)
    assert kept == [entry(number) for number in range(2_300 - len(kept), 2_300)]
    assert len(kept) >= 800


def test_it_never_grows_beyond_its_size(work: Profile) -> None:
    path = Path(history_path(work.token_path))
    path.touch(mode=0o600)
    line = json.dumps({**entry(0).members(), "note": "x" * 4_000}) + "\n"
    path.write_text(line * (LARGEST // len(line)))
    sizes = []
    for number in range(5):
        assert history.append(work, entry(number))
        sizes.append(path.stat().st_size)
    assert max(sizes) <= LARGEST
    assert history.read(work)[-5:] == [entry(number) for number in range(5)]


@pytest.mark.parametrize(
    "found",
    [
        b'{"at": "2026-11-24T12:00:',
        b"\xff\xfe\x00\n",
        b"[]\n",
        b'{"event": "refreshed"}\n',
        b'{"at": 5, "event": "refreshed"}\n',
        b'{"at": "2026-11-24T12:00:00Z", "event": "from-a-newer-version"}\n',
        b"[" * 100_000 + b"\n",
    ],
    ids=["torn", "bytes", "list", "no-instant", "number", "unknown", "deep"],
)
def test_a_line_that_is_no_event_spoils_no_other(work: Profile, found: bytes) -> None:
    history.append(work, entry(1))
    with Path(history_path(work.token_path)).open("ab") as file:
        file.write(found)
    assert history.append(work, entry(2))
    assert history.read(work) == [entry(1), entry(2)]


def test_what_stands_in_it_gives_no_orders_to_the_terminal(work: Profile) -> None:
    history.append(work, entry(1, "\x1b]52;c;x\a\u202e"))
    assert history.read(work)[0].message == "]52;c;x"


def test_many_processes_append_at_once_and_nothing_is_lost(work: Profile, tmp_path: Path) -> None:
    for number in range(900):  # so that it is made shorter meanwhile
        history.append(work, entry(number))
    started = [
        subprocess.Popen(
            [sys.executable, "-c", APPENDING, str(process), "50"],
            env=program_environ(HOME=str(tmp_path)),
        )
        for process in range(6)
    ]
    assert [process.wait(60) for process in started] == [0] * 6
    messages = [each.message for each in history.read(work) if each.event is Event.FAILED]
    assert sorted(messages) == sorted(f"{p}-{n}" for p in range(6) for n in range(50))
    for process in range(6):
        own = [message for message in messages if message.startswith(f"{process}-")]
        assert own == [f"{process}-{number}" for number in range(50)]


def test_a_process_that_was_stopped_does_not_hold_up_the_others(
    work: Profile, tmp_path: Path
) -> None:
    history.append(work, entry(1))
    holding = (
        "import fcntl, sys, time; file = open(sys.argv[1], 'r+');"
        "fcntl.flock(file, fcntl.LOCK_EX); print('held', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, history_path(work.token_path)],
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        holder.send_signal(signal.SIGSTOP)
        try:
            assert not history.append(work, entry(2))
        finally:
            holder.kill()
    assert history.append(work, entry(3))
    assert history.read(work) == [entry(1), entry(3)]


def test_a_link_or_a_pipe_in_its_place_is_left_alone(work: Profile, tmp_path: Path) -> None:
    path = Path(history_path(work.token_path))
    other = tmp_path / "other"
    other.write_text("as it was")
    path.symlink_to(other)
    assert not history.append(work, entry(1))
    assert other.read_text() == "as it was"
    with pytest.raises(StorageError, match="symbolic link"):
        history.read(work)
    path.unlink()
    os.mkfifo(path)
    assert not history.append(work, entry(1))


def test_a_full_disk_loses_the_event_and_spoils_none(work: Profile) -> None:
    history.append(work, entry(1))
    size = Path(history_path(work.token_path)).stat().st_size

    def append_with_little_room() -> None:
        # Writes beyond it are cut short, as on a full disk, or fail.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, resource.RLIM_INFINITY))

    environ = program_environ(HOME=str(work.token_path.parents[3]))
    code = APPENDING.replace("assert history.append", "assert not history.append")
    run = subprocess.run(
        [sys.executable, "-c", code, "a", "2"],
        env=environ,
        check=False,
        preexec_fn=append_with_little_room,
    )
    assert run.returncode == 0
    assert history.read(work) == [entry(1)]
    assert history.append(work, entry(2))
    assert history.read(work) == [entry(1), entry(2)]


def test_a_missing_folder_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / ".local").touch()
    assert not history.append(by_name("work", {"HOME": str(tmp_path)}), entry(1))
