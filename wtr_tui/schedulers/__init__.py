"""What starts programs at set times: systemd's user manager, cron, launchd.

Each writes, finds and takes out one :class:`Job` of ours. What was written here bears a mark;
anything without it is somebody else's and is never changed. Installing twice changes nothing.
"""

from __future__ import annotations

import os
import re
import shlex
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from wtr_tui import process
from wtr_tui.errors import StorageError, WtrError
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
    program = command[0] if command else ""
    gone = program.startswith("/") and not os.access(program, os.X_OK)
    fault = f"The program it starts, {cleaned(program)}, is not there any more." if gone else ""
    return Found(words, tuple(command), fault)


class Scheduler(Protocol):
    """What starts programs at set times. Each method may raise WtrError.

    ``cure`` says where its programs get variables from.
    """

    name: str
    cure: str

    def is_there(self) -> bool:
        """Whether it could hold anything at all."""

    def given(self) -> dict[str, str]:
        """The environment of what it starts."""

    def printed(self, job: Job) -> str:
        """What would be installed, to read and to copy."""

    def install(self, job: Job) -> bool:
        """Installs the job, in place of one that was installed before; False for no change."""

    def remove(self) -> bool:
        """Takes out what was installed; False where there was nothing."""

    def found(self) -> Found | None:
        """A timer for this program, whoever installed it."""

    def needed(self) -> list[str]:
        """What else is needed so that it runs, in sentences."""


def own_home() -> str:
    """As the system's list of users has it: what a login, and so a timer, gets."""
    return paths.home({})


def listed(numbers: Sequence[int], width: int = 1) -> str:
    return ",".join(f"{number:0{width}}" for number in numbers) or "*"


def shell_words(command: str) -> list[str]:
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
    own_text(path)
    try:
        write_private(path, text.encode())
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {cause(error)}.") from error


def delete(path: Path) -> None:
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
    result, said = ran(command, environ, stdin)
    if not result.ok:
        raise WtrError(f"{shlex.join(command)} {result.problem}. {said}".rstrip())


def text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
