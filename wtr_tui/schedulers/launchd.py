"""An agent of the user's in ``~/Library/LaunchAgents``, for macOS."""

from __future__ import annotations

import os
import plistlib
from collections.abc import Mapping
from pathlib import Path

from wtr_tui import process
from wtr_tui.schedulers import (
    LIMIT,
    MARK,
    Found,
    Job,
    delete,
    found_at,
    own_home,
    own_text,
    require,
    write,
)
from wtr_tui.storage import paths

LABEL = "local.wtr-tui.refresh"


class Launchd:
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
