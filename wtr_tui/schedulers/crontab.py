"""A line of the user's crontab, between two markers."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from wtr_tui.errors import StorageError, UsageError, WtrError
from wtr_tui.schedulers import (
    MARK,
    REFRESH,
    Found,
    Job,
    found_at,
    listed,
    own_home,
    ran,
    require,
    shell_words,
    text_of,
)

_CRON_PATH = "/usr/bin:/bin"


class Crontab:
    name = "crontab"
    cure = "cron gets variables from lines NAME=value at the beginning of the crontab."
    begin = f"# >>> wtr-tui >>> {MARK}"
    end = "# <<< wtr-tui <<<"

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = {**environ, "LC_ALL": "C"}

    def is_there(self) -> bool:
        return shutil.which("crontab", path=self._environ.get("PATH")) is not None

    def given(self) -> dict[str, str]:
        """What cron sets by itself, and what the crontab sets above the line."""
        found = {"HOME": own_home(), "PATH": _CRON_PATH}
        before, _, _ = self._parts(self._read())
        for line in before.decode("utf-8", "replace").splitlines():
            match = re.match(r"\s*(['\"]?)([A-Za-z_]\w*)\1\s*=\s*(.*?)\s*$", line)
            if match:
                found[match[2]] = re.sub(r"^(['\"])(.*)\1$", r"\2", match[3])
        return found

    def block(self, job: Job) -> str:
        """The markers and the line between them. Raises UsageError where it cannot be a line."""
        minutes, hours = job.times()
        command = shlex.join((*job.command, "--quiet"))
        if "\n" in command:
            raise UsageError("A crontab cannot hold the path of this program: it has a line break.")
        # To cron a % is a line break.
        line = f"{listed(minutes)} {listed(hours)} * * * {command}".replace("%", r"\%")
        return f"{self.begin}\n{line}\n{self.end}\n"

    def printed(self, job: Job) -> str:
        return self.block(job)

    def install(self, job: Job) -> bool:
        there = self._read()
        before, own, after = self._parts(there)
        block = self.block(job).encode()
        if own == block:
            return False
        if not own and before and not before.endswith(b"\n"):
            before += b"\n"
        self._write(before + block + after)
        return True

    def remove(self) -> bool:
        before, own, after = self._parts(self._read())
        if own:
            self._write(before + after)
        return bool(own)

    def found(self) -> Found | None:
        for line in self._read().decode("utf-8", "replace").splitlines():
            if not line.lstrip().startswith("#") and REFRESH.search(line):
                words = line.replace(r"\%", "%").split(None, 1 if line.startswith("@") else 5)
                return found_at("the crontab", shell_words(words[-1]))
        return None

    def needed(self) -> list[str]:
        running = {text_of(path).strip() for path in Path("/proc").glob("[0-9]*/comm")}
        pid_files = ("/run/crond.pid", "/run/cron.pid", "/var/run/cron.pid", "/run/crond.reboot")
        known = {"cron", "crond", "fcron", "dcron", "systemd-cron"}
        if not running or running & known or any(map(os.path.exists, pid_files)):
            return []
        return ["No cron daemon is to be seen on this machine: without one nothing runs the line."]

    def _read(self) -> bytes:
        """The whole crontab. Raises WtrError where that is not sure: it could get lost."""
        result, said = ran(("crontab", "-l"), self._environ)
        if result.ok:
            return result.output
        # Vixie cron, cronie and macOS; BusyBox.
        if result.started and ("no crontab for" in said or "can't open" in said):
            return b""
        if not result.started:
            raise WtrError(
                "There is neither a systemd user manager nor a crontab command here.",
                "Let something else run wtr refresh --all --within 3d every hour.",
            )
        raise WtrError(f"The crontab cannot be read: crontab -l {said or result.problem}")

    def _write(self, content: bytes) -> None:
        if not content.strip():
            require(("crontab", "-r"), self._environ)
            return
        require(("crontab", "-"), self._environ, content)
        if self._read().split() != content.split():
            raise WtrError("The crontab does not hold what was written.", "Look at crontab -l.")

    def _parts(self, content: bytes) -> tuple[bytes, bytes, bytes]:
        """What stands before our lines, these, and what stands after them."""
        lines = content.splitlines(keepends=True)
        marks = [line.strip() for line in lines]
        begin, end = marks.count(self.begin.encode()), marks.count(self.end.encode())
        if (begin, end) == (0, 0):
            return content, b"", b""
        first = marks.index(self.begin.encode()) if begin else 0
        last = marks.index(self.end.encode()) if end else 0
        if (begin, end) != (1, 1) or last < first:
            raise StorageError(
                "In the crontab the lines that begin with # >>> wtr-tui and # <<< wtr-tui are no"
                " longer one pair, so nothing is changed.",
                "Delete them with crontab -e, and what of ours is between them.",
            )
        return (
            b"".join(lines[:first]),
            b"".join(lines[first : last + 1]),
            b"".join(lines[last + 1 :]),
        )
