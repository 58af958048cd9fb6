"""What starts programs at set times: cron and launchd, and what they share with systemd.

Each writes, finds and takes out one :class:`Job` of ours. What was written here bears a mark;
anything without it is somebody else's and is never changed. Installing twice changes nothing.

All have the same methods, each of which may raise WtrError: ``is_there`` says whether it could hold
anything at all, ``given`` the environment of what it starts (``cure``: where that comes from),
``printed`` what would be installed, to read and to copy; ``install`` puts the job in place of one
that was installed before, and is False for no change, as ``remove`` is; ``found`` gives a timer for
this program, whoever installed it, and ``needed`` what else it takes to run, in sentences.
"""

from __future__ import annotations

import os
import plistlib
import re
import shlex
import shutil
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wtr_tui import process
from wtr_tui.errors import StorageError, UsageError, WtrError
from wtr_tui.storage import paths
from wtr_tui.storage.private_file import write_private
from wtr_tui.text import cause, cleaned, user_name

MARK = "Written by wtr install-timer, which also takes it out again."

LIMIT = 20.0
"""Seconds for a program of the system."""

HOUR, DAY = 3_600, 86_400
REFRESH = re.compile(r"\bwtr(?:-tui|_tui)?['\"]?\s.*\brefresh\b")
"""A command of ours, as somebody may have written it into a crontab or a unit by hand."""


@dataclass(frozen=True)
class Job:
    """What the timer runs, and how often, in seconds; wtr_tui.timer.job makes a checked one."""

    program: tuple[str, ...]
    every: int
    within: int

    @property
    def command(self) -> tuple[str, ...]:
        return (*self.program, "refresh", "--all", "--within", spelled(self.within))

    def times(self) -> tuple[list[int], list[int]]:
        """The minutes, and the hours they are of (none: every hour).

        They differ from user to user and stay the same for each, so that not all the machines
        of a company ask Webex in the same minute.
        """
        spread = zlib.crc32(f"{user_name(os.getuid())}@{os.uname().nodename}".encode())
        if self.every < HOUR:
            step = self.every // 60
            return list(range(spread % step, 60, step)), []
        step = self.every // HOUR
        hours = [] if step == 1 else list(range(spread // 60 % step, 24, step))
        return [spread % 60], hours


def spelled(seconds: int) -> str:
    """A duration as the command line takes it: ``3d``, ``36h``, ``90m``."""
    for unit, size in (("d", DAY), ("h", HOUR), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


@dataclass(frozen=True)
class Found:
    """A timer that is there: where, what it starts, and what keeps it from that ("": nothing)."""

    words: str
    command: tuple[str, ...]
    fault: str = ""

    def is_for(self, profile: str) -> bool:
        """Whether it refreshes this profile: one written by hand may be for another."""
        if "--all" in self.command:
            return True
        words = " ".join(self.command).replace("--profile=", "--profile ").split()
        named = words[words.index("--profile") + 1 :] if "--profile" in words else []
        return profile == (named[0] if named else paths.DEFAULT_PROFILE)


def found_at(words: str, command: Sequence[str]) -> Found:
    """The timer that starts the command, with its fault where that program is gone."""
    program = command[0] if command else ""
    gone = program.startswith("/") and not os.access(program, os.X_OK)
    fault = f"The program it starts, {cleaned(program)}, is not there any more." if gone else ""
    return Found(words, tuple(command), fault)


def own_home() -> str:
    """As the system's list of users has it: what a login, and so a timer, gets."""
    return paths.home({})


def listed(numbers: Sequence[int], width: int = 1) -> str:
    return ",".join(f"{number:0{width}}" for number in numbers) or "*"


def shell_words(command: str) -> list[str]:
    """The command's words; none where it is no command of a shell."""
    try:
        return shlex.split(command)
    except ValueError:
        return []


def own_text(path: str) -> str | None:
    """The file's text, None where there is none. Raises StorageError where it is not ours."""
    try:
        text = Path(path).read_text("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {cause(error)}.") from error
    if MARK not in text:
        raise StorageError(
            f"{path} is there already and was not written by wtr install-timer: it is left alone.",
            "Move it away first.",
        )
    return text


def write(path: str, text: str) -> None:
    """Writes a file of ours. Raises StorageError, also where it is somebody else's."""
    own_text(path)
    try:
        write_private(path, text.encode())
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {cause(error)}.") from error


def delete(path: Path) -> None:
    """Deletes the file, if it is there. Raises StorageError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{path} cannot be deleted: {cause(error)}.") from error


def ran(
    command: Sequence[str], environ: Mapping[str, str], stdin: bytes = b""
) -> tuple[process.Result, str]:
    """What became of the command, and what it said on standard error."""
    with tempfile.TemporaryFile() as errors:
        result = process.run(
            command, limit=LIMIT, environ=environ, stdin=stdin, capture=True, log=errors
        )
        errors.seek(0)
        return result, cleaned(errors.read(4_096).decode("utf-8", "replace"))


def require(command: Sequence[str], environ: Mapping[str, str], stdin: bytes = b"") -> None:
    """Runs the command. Raises WtrError where it fails, with what it said."""
    result, said = ran(command, environ, stdin)
    if not result.ok:
        raise WtrError(f"{shlex.join(command)} {result.problem}. {said}".rstrip())


def text_of(path: Path) -> str:
    """The file's text, whoever wrote it; "" where it cannot be read."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


_CRON_PATH = "/usr/bin:/bin"


class Crontab:
    """A line of the user's crontab, between two markers."""

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

    def printed(self, job: Job) -> str:
        """The markers and the line between them. Raises UsageError where it cannot be a line."""
        minutes, hours = job.times()
        command = shlex.join((*job.command, "--quiet"))
        if "\n" in command:
            raise UsageError("A crontab cannot hold the path of this program: it has a line break.")
        # To cron a % is a line break.
        line = f"{listed(minutes)} {listed(hours)} * * * {command}".replace("%", r"\%")
        return f"{self.begin}\n{line}\n{self.end}\n"

    def install(self, job: Job) -> bool:
        there = self._read()
        before, own, after = self._parts(there)
        block = self.printed(job).encode()
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


LABEL = "local.wtr-tui.refresh"


class Launchd:
    """An agent of the user's in ``~/Library/LaunchAgents``, for macOS."""

    name = "launchd"
    cure = "launchd gets variables from launchctl setenv."

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)
        self._path = f"{paths.home(environ)}/Library/LaunchAgents/{LABEL}.plist"

    def is_there(self) -> bool:
        return os.path.exists(self._path)  # noqa: PTH110 - as text, like its neighbours

    def given(self) -> dict[str, str]:
        return {"HOME": own_home(), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}

    def printed(self, job: Job) -> str:
        minutes, hours = job.times()
        times: list[dict[str, int]] = [
            {"Minute": minute, **hour}
            for hour in ([{"Hour": each} for each in hours] or [{}])
            for minute in minutes
        ]
        members = {
            "Label": LABEL,
            "ProgramArguments": list(job.command),
            "ProcessType": "Background",
            "RunAtLoad": True,
            # Missed while the machine slept, it runs once when it wakes.
            "StartCalendarInterval": times,
        }
        text = plistlib.dumps(members).decode()
        return text.replace("<plist ", f"<!-- {MARK} -->\n<plist ", 1)

    def install(self, job: Job) -> bool:
        text = self.printed(job)
        if own_text(self._path) == text and self._is_loaded():
            return False
        write(self._path, text)
        if self._is_loaded():
            require(("launchctl", "bootout", f"{self._domain}/{LABEL}"), self._environ)
        require(("launchctl", "bootstrap", self._domain, self._path), self._environ)
        return True

    def remove(self) -> bool:
        if own_text(self._path) is None:
            return False
        if self._is_loaded():
            require(("launchctl", "bootout", f"{self._domain}/{LABEL}"), self._environ)
        delete(Path(self._path))
        return True

    def found(self) -> Found | None:
        try:
            with open(self._path, "rb") as file:  # noqa: PTH123 - as text, like its neighbours
                words = plistlib.load(file)["ProgramArguments"]
        except (OSError, ValueError, KeyError, TypeError, plistlib.InvalidFileException):
            return None
        return found_at(f"the launchd agent {LABEL}", [str(word) for word in words])

    def needed(self) -> list[str]:
        return ["It runs while you are logged in to this Mac."]

    @property
    def _domain(self) -> str:
        return f"gui/{os.getuid()}"

    def _is_loaded(self) -> bool:
        print_it = ("launchctl", "print", f"{self._domain}/{LABEL}")
        return process.run(print_it, limit=LIMIT, environ=self._environ).ok
