"""Units among the user's own, and the user's systemd manager, which runs them.

Two refresh all tokens in time; two more let it listen for ``wtr serve`` of one profile and start it
when somebody connects.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from wtr_tui import process
from wtr_tui.errors import UsageError
from wtr_tui.schedulers import (
    LIMIT,
    MARK,
    REFRESH,
    Found,
    Job,
    delete,
    found_at,
    listed,
    own_home,
    own_text,
    require,
    shell_words,
    spelled,
    text_of,
    write,
)
from wtr_tui.storage import paths
from wtr_tui.text import cleaned, user_name

UNIT = "wtr-tui"


class Systemd:
    """The user's own units; see :mod:`wtr_tui.schedulers` for what all schedulers have."""

    name = "systemd"
    cure = "systemd gets variables from ~/.config/environment.d/*.conf, at the next login."

    def __init__(self, environ: Mapping[str, str]) -> None:
        # A shell that su or sudo made does not have it.
        runtime = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
        self._environ = {**environ, "XDG_RUNTIME_DIR": runtime}
        asked = self._systemctl("show-environment")
        self._manager = _assignments(asked.output) if asked.ok else None
        own = paths.config_dir({**environ, **(self._manager or {})})
        self._folder = f"{own.rpartition('/')[0]}/systemd/user"

    def runs(self) -> bool:
        """Whether there is a manager of this user that takes orders."""
        return self._manager is not None

    def is_there(self) -> bool:
        return os.path.isdir(self._folder)  # noqa: PTH112 - as text, like its neighbours

    def given(self) -> dict[str, str]:
        return {"HOME": own_home(), **(self._manager or {})}

    def units(self, job: Job) -> dict[str, str]:
        """The text of each unit by its path."""
        minutes, hours = job.times()
        calendar = f"*-*-* {listed(hours)}:{listed(minutes, 2)}:00"
        spread = min(job.every // 4, 600)
        return {
            f"{self._folder}/{UNIT}.service": f"""\
# {MARK}
[Unit]
Description=Refresh Webex tokens that expire within {spelled(job.within)}

[Service]
Type=oneshot
ExecStart={_exec_start(job.command)}
TimeoutStartSec=15min
""",
            f"{self._folder}/{UNIT}.timer": f"""\
# {MARK}
[Unit]
Description=Refresh Webex tokens every {spelled(job.every)}

[Timer]
OnCalendar={calendar}
RandomizedDelaySec={spread}
Persistent=true

[Install]
WantedBy=timers.target
""",
        }

    def socket_units(self, program: Sequence[str], profile: str) -> dict[str, str]:
        """The text by its path of each unit that serves the profile's token at a socket."""
        which = () if profile == paths.DEFAULT_PROFILE else ("--profile", profile)
        listening, service = _socket_units(profile)
        return {
            f"{self._folder}/{listening}": f"""\
# {MARK}
[Unit]
Description=Listen for who wants a Webex token of the profile {profile}

[Socket]
ListenStream=%t/wtr-tui/{profile}.sock
SocketMode=0600
DirectoryMode=0700
RemoveOnStop=yes

[Install]
WantedBy=sockets.target
""",
            f"{self._folder}/{service}": f"""\
# {MARK}
[Unit]
Description=Give valid Webex tokens of the profile {profile}

[Service]
ExecStart={_exec_start((*program, "serve", *which))}
TimeoutStopSec=90
""",
        }

    def printed(self, job: Job) -> str:
        return printed(self.units(job))

    def install(self, job: Job) -> bool:
        return self._install(self.units(job), f"{UNIT}.timer")

    def install_socket(self, program: Sequence[str], profile: str) -> bool:
        """Lets systemd listen for ``wtr serve`` of the profile; False for no change."""
        started, service = _socket_units(profile)
        return self._install(self.socket_units(program, profile), started, service)

    def _install(self, units: Mapping[str, str], started: str, *served: str) -> bool:
        """``served`` are what has to end before ``started`` can start again."""
        changed = [path for path, text in units.items() if own_text(path) != text]
        for path in changed:
            write(path, units[path])
        if changed:
            self._order("daemon-reload")
        if not changed and self._is("enabled", started) and self._is("active", started):
            return False
        self._order("enable", started)
        if served:
            self._order("stop", *served)
        self._order("restart", started)
        return True

    def remove(self) -> bool:
        return self._remove(self._wanted, f"{UNIT}.timer", f"{UNIT}.service")

    def remove_socket(self, profile: str) -> bool:
        """Takes out what :meth:`install_socket` installed; False where there was nothing."""
        return self._remove(self._sockets_wanted, *_socket_units(profile))

    def _remove(self, wanted: Path, started: str, service: str) -> bool:
        paths = [f"{self._folder}/{unit}" for unit in (started, service)]
        own = [path for path in paths if own_text(path) is not None]
        if not own:
            return False
        if self.runs() and paths[0] in own:
            self._order("disable", "--now", started)
            if started.endswith(".socket"):
                self._order("stop", service)  # it would serve on at a socket that is gone
        delete(wanted / started)
        for path in own:
            delete(Path(path))
        if self.runs():
            self._order("daemon-reload")
        return True

    def found(self) -> Found | None:
        """Reads files only: what is enabled, in the user's own folder."""
        for timer in sorted(self._wanted.glob("*.timer")):
            service = re.search(r"(?m)^Unit=(.+)$", text_of(timer))
            unit = service[1].strip() if service else f"{timer.stem}.service"
            command = re.search(r"(?m)^ExecStart=(.+)$", text_of(Path(self._folder) / unit))
            if command and REFRESH.search(command[1]):
                start = command[1].replace("%h", own_home())
                found = found_at(f"the systemd user timer {timer.stem}", _unit_words(start))
                if self._manager is None and not found.fault:
                    return replace(found, fault="No systemd user manager runs that would start it.")
                return found
        return None

    def found_socket(self, profile: str) -> Found | None:
        """The enabled socket that starts ``wtr serve`` of the profile; None for none."""
        listening, service = _socket_units(profile)
        if not os.access(self._sockets_wanted / listening, os.F_OK):
            return None
        command = re.search(r"(?m)^ExecStart=(.+)$", text_of(Path(self._folder) / service))
        found = found_at(listening, _unit_words(command[1]) if command else [])
        if found.fault:
            return found
        if not self.runs():
            return replace(found, fault="No systemd user manager runs that would listen.")
        if not self._is("active", listening):
            return replace(found, fault=f"It is not active: systemctl --user status {listening}")
        return found

    def needed(self) -> list[str]:
        user = user_name(os.getuid())
        if os.access(f"/var/lib/systemd/linger/{user}", os.F_OK):
            return []
        return [
            "While you are logged out it runs only after: loginctl enable-linger (some systems"
            " want an administrator for that)."
        ]

    @property
    def _wanted(self) -> Path:
        return Path(self._folder) / "timers.target.wants"

    @property
    def _sockets_wanted(self) -> Path:
        return Path(self._folder) / "sockets.target.wants"

    def _is(self, state: str, unit: str) -> bool:
        return self._systemctl(f"is-{state}", "--quiet", unit).ok

    def _order(self, *words: str) -> None:
        require(("systemctl", "--user", "--quiet", *words), self._environ)

    def _systemctl(self, *words: str) -> process.Result:
        return process.run(
            ("systemctl", "--user", *words), limit=LIMIT, environ=self._environ, capture=True
        )


def printed(units: Mapping[str, str]) -> str:
    """The units to read and to copy, each below its path."""
    return "\n".join(f"# {path}\n{text}" for path, text in units.items())


def _socket_units(profile: str) -> tuple[str, str]:
    """The names of the unit that listens and of the one that serves."""
    name = "wtr-serve" if profile == paths.DEFAULT_PROFILE else f"wtr-serve-{profile}"
    return f"{name}.socket", f"{name}.service"


def _exec_start(command: Sequence[str]) -> str:
    # The first word is read by rules of its own: some characters it may not hold at all.
    odd = not set("'\"\\$").isdisjoint(command[0])
    return " ".join(map(_unit_word, ("/usr/bin/env", *command) if odd else command))


def _unit_word(word: str) -> str:
    """A word of ExecStart= that means just itself (systemd.service(5), systemd.unit(5))."""
    if not word.isprintable():
        raise UsageError(f"A unit cannot hold the path {cleaned(word)!a}.")
    word = word.replace("%", "%%").replace("$", "$$").replace("\\", "\\\\").replace('"', '\\"')
    return word if re.fullmatch(r"[\w@%+=:,./-]+", word) else f'"{word}"'


def _unit_words(command: str) -> list[str]:
    return [each.replace("%%", "%").replace("$$", "$") for each in shell_words(command)]


def _assignments(output: bytes) -> dict[str, str]:
    """What ``systemctl show-environment`` prints, quoted as for a shell where that is needed."""
    lines = (line.partition("=") for line in output.decode("utf-8", "replace").splitlines())
    return {
        name: _unescaped(value[2:-1]) if value.startswith("$'") else value
        for name, _, value in lines
        if name.isidentifier()
    }


def _unescaped(text: str) -> str:
    """The text of ``$'…'``: escapes as in C and Python."""
    try:
        return text.encode("latin-1", "backslashreplace").decode("unicode_escape")
    except UnicodeDecodeError:
        return text
