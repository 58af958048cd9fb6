"""The report of a defect: private, one for each, and without secrets."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.webex import Sandbox
from wtr_tui import crash

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=timezone.utc)
SECRET = "ZDA4NmM3YTktMzE0Ny00ZmQ4LWI5ZTUtNTY_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f"


def failure() -> ValueError:
    try:
        raise ValueError(f"got client_secret=SENTINEL and {SECRET}")
    except ValueError as error:
        return error


def test_crashes_within_one_second_have_a_report_each(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "state"
    sentences = [crash.write(failure(), folder, NOW) for _ in range(3)]
    reports = sorted(folder.iterdir())
    assert len(reports) == 3
    for sentence in sentences:
        assert any(f"The report is in {report};" in sentence for report in reports)
    for report in reports:
        assert "ValueError" in report.read_text()
        assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700


def test_a_report_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", f"\x1b]0;{SECRET}\x07")
    text = crash.report(failure())
    assert "SENTINEL" not in text
    assert SECRET not in text
    assert "\x1b" not in text


def test_where_no_report_can_be_written_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    assert "No report could be written" in crash.write(failure(), tmp_path / "state", NOW)


def test_a_crash_of_a_command_is_one_sentence(home: Home) -> None:
    script = home.folder / "crashing.py"
    script.write_text(
        "import sys\n"
        "from wtr_tui.commands import doctor\n"
        "from wtr_tui.cli import main\n"
        "def broken(options): raise ValueError('SENTINEL')\n"
        "doctor.run = broken\n"
        "sys.exit(main(['doctor']))\n"
    )
    for count in (1, 2):
        ran = subprocess.run(
            [sys.executable, str(script)],
            env=home.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 1
        assert ran.stderr.count("\n") == 1
        assert "SENTINEL" not in ran.stderr
        assert len(list(home.token_path().parent.glob("crash-*.txt"))) == count


def test_a_machine_without_open_files_left_is_no_fault_of_the_program(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    few = ("/bin/sh", "-c", 'ulimit -n 5; exec "$@"', "-")
    ran = home.run("retrieve", "--no-browser", under=few)
    assert ran.code == 1
    assert ran.err == (
        "wtr: wtr-tui ended: Too many open files (EMFILE). Your token file is untouched.\n"
    )
    assert not list(home.token_path().parent.glob("crash-*"))
