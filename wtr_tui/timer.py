"""Starting the program while no user is there: a timer for all profiles, a socket for one.

A timer runs ``wtr refresh --all``: a systemd user timer where a user manager runs, a launchd agent
on macOS, else a line of the crontab. A systemd user socket starts ``wtr serve`` of one profile.

What is written here bears MARK; what does not is another's and is never changed. Installing twice
changes nothing. What is installed runs without this shell, so it is refused where it would miss
something of it: :func:`missing_variables`.
"""

from __future__ import annotations

import os
import plistlib
import re
import shlex
import shutil
import sys
import tempfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import ClassVar, NamedTuple, TypeAlias

from wtr_tui import process
from wtr_tui.errors import SettingsError, StorageError, UsageError, WtrError
from wtr_tui.oauth.proxies import proxy_for
from wtr_tui.storage import paths
from wtr_tui.storage.private_file import write_private
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings_table import SETTINGS
from wtr_tui.text import cause, cleaned, user_name

MARK = "Written by wtr install-timer, which also takes it out again."

_TIME_LIMIT = 20.0
"""Seconds for a program of the system."""

_SHORTEST, _HOUR, _DAY = 300, 3_600, 86_400

Command: TypeAlias = "Sequence[str]"
Environ: TypeAlias = "Mapping[str, str]"


# What is started.


@dataclass(frozen=True)
class RefreshTimer:
    """``wtr refresh --all`` every so many seconds, for tokens with less than ``within`` left.

    :func:`refresh_timer` makes a checked one.
    """

    program: Command
    every: int
    within: int

    title: ClassVar = "A timer"
    templates: ClassVar = "refresh"
    """What the names of its templates in ``units`` begin with."""
    units: ClassVar = ("wtr-tui.timer", "wtr-tui.service")
    """The systemd unit that starts, and the one that is started."""

    @property
    def command(self) -> Command:
        return (*self.program, "refresh", "--all", "--within", format_duration(self.within))

    def times(self) -> tuple[list[int], list[int]]:
        """Return the minutes to run at, and the hours they are of (none: every hour).

        They differ from user to user and stay the same for each, so that not all the machines
        of a company ask Webex in the same minute.
        """
        spread = zlib.crc32(f"{user_name(os.getuid())}@{os.uname().nodename}".encode())
        if self.every < _HOUR:
            step = self.every // 60
            return list(range(spread % step, 60, step)), []
        step = self.every // _HOUR
        return [spread % 60], [] if step == 1 else list(range(spread // 60 % step, 24, step))

    def template_values(self) -> dict[str, str]:
        minutes, hours = self.times()
        return {
            "every": format_duration(self.every),
            "within": format_duration(self.within),
            "hours": _join(hours),
            "minutes": _join(minutes, 2),
            "delay": str(min(self.every // 4, 600)),
        }


@dataclass(frozen=True)
class ServeSocket:
    """``wtr serve`` of one profile, started when a client connects to its socket."""

    program: Command
    profile: str

    title: ClassVar = "wtr serve started by systemd"
    templates: ClassVar = "serve"

    @property
    def units(self) -> tuple[str, str]:
        """The systemd unit that starts, and the one that is started."""
        suffix = "" if self.profile == paths.DEFAULT_PROFILE else f"-{self.profile}"
        return f"wtr-serve{suffix}.socket", f"wtr-serve{suffix}.service"

    @property
    def command(self) -> Command:
        which = () if self.profile == paths.DEFAULT_PROFILE else ("--profile", self.profile)
        return (*self.program, "serve", *which)

    def template_values(self) -> dict[str, str]:
        return {"profile": self.profile}


Job: TypeAlias = "RefreshTimer | ServeSocket"


def refresh_timer(every: int, within: int) -> RefreshTimer:
    """Return a timer of this program, durations in seconds.

    Raise UsageError where no calendar holds such a timer, or a token could expire between two
    of its runs.
    """
    unit, whole = (60, _HOUR) if every < _HOUR else (_HOUR, _DAY)
    if every < _SHORTEST or every % unit or whole % every:
        raise UsageError(
            "--every takes what divides an hour or a day, from 5m to 1d: 15m, 30m, 1h, 6h, 12h."
        )
    if within <= every:
        raise UsageError(
            f"--within {format_duration(within)} is not longer than --every"
            f" {format_duration(every)}: a token could expire between two runs."
        )
    return RefreshTimer(own_program(), every, within)


def format_duration(seconds: int) -> str:
    """Return a duration as the command line takes it: ``3d``, ``36h``, ``90m``."""
    for unit, size in (("d", _DAY), ("h", _HOUR), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def own_program() -> Command:
    """Return how to start this program from anywhere: its script, else ``python -m wtr_tui``."""
    script = Path(sys.argv[0] if sys.argv else "").absolute()
    if script.name in ("wtr", "wtr-tui") and script.is_file() and os.access(script, os.X_OK):
        return (str(script),)
    return (sys.executable, "-m", "wtr_tui")


# Installing and removing it.


class Installation(NamedTuple):
    """``changed`` is false where it was installed already; ``remarks`` are for the user."""

    what: str
    changed: bool
    remarks: Sequence[str]


def install(job: Job, profile: Profile, environ: Environ) -> Installation:
    """Install a timer, or a socket of systemd, in place of one that was installed before.

    Raise SettingsError where it would not do what ``profile`` does in this shell, UsageError where
    a socket needs a systemd user manager and none runs, and WtrError where the system refuses or
    something of the same name is not ours.
    """
    if isinstance(job, ServeSocket):
        systemd = Systemd(environ)
        if not systemd.is_running:
            raise UsageError(
                "No systemd user manager runs here, which would listen and start wtr serve.",
                "Run wtr serve itself, or see the units with --print.",
            )
        require_variables(profile, environ, systemd, job)
        return Installation(Systemd.socket_name, systemd.install(job), systemd.remarks())
    chosen = scheduler(environ)
    require_variables(profile, environ, chosen, job)
    changed = chosen.install(job)
    for other in _schedulers(environ):
        if other.name != chosen.name:
            with suppress(WtrError):  # not there, or not ours: nothing to remove
                changed |= other.remove(job)
    return Installation(chosen.name, changed, chosen.remarks())


def remove(job: Job, environ: Environ) -> list[str]:
    """Remove what was installed, and return the names of that. Raise WtrError."""
    if isinstance(job, ServeSocket):
        return [Systemd.socket_name] if Systemd(environ).remove(job) else []
    return [each.name for each in _schedulers(environ) if each.remove(job)]


def scheduler(environ: Environ) -> Scheduler:
    """Return the one to install with on this machine."""
    return next(each for each in _schedulers(environ) if each.is_running)


def _schedulers(environ: Environ) -> list[Scheduler]:
    """Return every one that may hold a timer of ours, the cheapest to look at first."""
    return [Launchd(environ) if sys.platform == "darwin" else Systemd(environ), Crontab(environ)]


# Finding what is there already.

_REFRESH = re.compile(r"\bwtr(?:-tui|_tui)?['\"]?\s.*\brefresh\b")
"""A command of ours, also as a user may have written it into a crontab or a unit."""


class Found(NamedTuple):
    """A timer or socket that is there, and what keeps it from working ("": nothing)."""

    where: str
    fault: str = ""


def find_timer(profile: Profile, environ: Environ | None = None) -> Found | None:
    """Return the timer that refreshes the profile's token, also one that a user wrote; else None.

    Costs a few files read and one or two processes. Never raises a WtrError.
    """
    environ = os.environ if environ is None else environ
    for each in _schedulers(environ):
        with suppress(WtrError):
            for where, command in each.commands():
                if _refreshes(command, profile.name):
                    return Found(where, _fault(command, profile, environ, each))
    return None


def find_socket(profile: Profile, environ: Environ) -> Found | None:
    """Return the socket at which systemd starts ``wtr serve`` of the profile, as find_timer."""
    systemd = Systemd(environ)
    with suppress(WtrError):
        if socket := systemd.enabled_socket(profile.name):
            where, command, is_active = socket
            inactive = "" if is_active else f"It is not active: systemctl --user status {where}"
            return Found(where, _fault(command, profile, environ, systemd, inactive))
    return None


def _refreshes(command: Command, profile: str) -> bool:
    line = " ".join(command)
    named = re.search(r" --profile[= ](\S+)", line)
    is_of_it = profile == (named[1] if named else paths.DEFAULT_PROFILE)
    return bool(_REFRESH.search(line)) and ("--all" in command or is_of_it)


def _fault(
    command: Command, profile: Profile, environ: Environ, scheduler: Scheduler, inactive: str = ""
) -> str:
    program = command[0] if command else ""
    if program.startswith("/") and not os.access(program, os.X_OK):
        return f"The program it starts, {cleaned(program)}, is not there any more."
    if not scheduler.is_running:
        return "No systemd user manager runs that would start it."
    if inactive:
        return inactive
    missing = missing_variables(profile, environ, scheduler.environment())
    return f"It does not have {missing[0]}" if missing else ""


# The schedulers.


class Scheduler(ABC):
    """What starts a timer on this machine. Each method may raise WtrError."""

    name: str
    """As a sentence calls it."""
    variables_hint: str
    """A sentence on where its environment comes from."""
    is_running = True
    """Whether it takes orders now."""

    @abstractmethod
    def environment(self) -> Environ:
        """Return the environment of what it starts."""

    @abstractmethod
    def preview(self, job: RefreshTimer) -> str:
        """Return what would be installed, to read and to copy."""

    @abstractmethod
    def install(self, job: RefreshTimer) -> bool:
        """Install the timer and return whether that changed anything."""

    @abstractmethod
    def remove(self, job: RefreshTimer) -> bool:
        """Remove the timer and return whether there was one."""

    @abstractmethod
    def commands(self) -> Iterator[tuple[str, Command]]:
        """Yield each command that it starts, after where that is written."""

    def remarks(self) -> list[str]:
        """Return sentences on what else it takes to run."""
        return []


class Systemd(Scheduler):
    """Units among the user's own, and the user's manager, which runs them."""

    name = "a systemd user timer"
    socket_name = "a systemd user socket"
    variables_hint = (
        "systemd gets variables from ~/.config/environment.d/*.conf, at the next login."
    )

    def __init__(self, environ: Environ) -> None:
        # A shell that su or sudo made does not have it.
        runtime = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
        self._environ = {**environ, "XDG_RUNTIME_DIR": runtime}
        asked = self._systemctl("show-environment")
        self.is_running = asked.ok
        self._manager = _parse_environment(asked.output) if asked.ok else {}
        config = Path(paths.config_dir({**environ, **self._manager}))
        self._folder = config.parent / "systemd" / "user"

    def environment(self) -> Environ:
        return {"HOME": _login_home(), **self._manager}

    def preview(self, job: Job) -> str:
        return "\n".join(f"# {path}\n{text}" for path, text in self.unit_texts(job).items())

    def install(self, job: Job) -> bool:
        started, service = job.units
        texts = self.unit_texts(job)
        changed = [path for path, text in texts.items() if _read_own(path) != text]
        for path in changed:
            _write(path, texts[path])
        if changed:
            self._order("daemon-reload")
        elif self._is("enabled", started) and self._is("active", started):
            return False
        self._order("enable", started)
        if isinstance(job, ServeSocket):
            self._order("stop", service)  # what serves has to end before it listens again
        self._order("restart", started)
        return True

    def remove(self, job: Job) -> bool:
        own = [unit for unit in job.units if _read_own(self._folder / unit)]
        started, service = job.units
        if self.is_running and started in own:
            self._order("disable", "--now", started)
            if isinstance(job, ServeSocket):
                self._order("stop", service)  # it would serve on at a socket that is gone
        for unit in own:
            _delete(self._enabled_units(started) / unit)
            _delete(self._folder / unit)
        if self.is_running and own:
            self._order("daemon-reload")
        return bool(own)

    def commands(self) -> Iterator[tuple[str, Command]]:
        for timer in sorted(self._enabled_units(".timer").glob("*.timer")):
            named = re.search(r"(?m)^Unit=(.+)$", _read(timer))
            service = named[1].strip() if named else f"{timer.stem}.service"
            yield f"the systemd user timer {timer.stem}", self._command(service)

    def enabled_socket(self, profile: str) -> tuple[str, Command, bool] | None:
        """Return the profile's socket unit, what it starts and whether it is active; else None."""
        listening, service = ServeSocket((), profile).units
        if not os.access(self._enabled_units(listening) / listening, os.F_OK):
            return None
        return listening, self._command(service), self._is("active", listening)

    def remarks(self) -> list[str]:
        if os.access(f"/var/lib/systemd/linger/{user_name(os.getuid())}", os.F_OK):
            return []
        return [
            "While you are logged out it runs only after: loginctl enable-linger (some systems"
            " want an administrator for that)."
        ]

    def unit_texts(self, job: Job) -> dict[str, str]:
        """Return the text of each unit by its path, the one that starts first."""
        found = {}
        for unit in job.units:
            template = Path(__file__).with_name("units") / f"{job.templates}{Path(unit).suffix}.txt"
            found[f"{self._folder}/{unit}"] = Template(template.read_text("utf-8")).substitute(
                job.template_values(), mark=MARK, command=_exec_start(job.command)
            )
        return found

    def _enabled_units(self, unit: str) -> Path:
        """Return the folder with links to the enabled units of this one's kind."""
        return self._folder / f"{unit.rpartition('.')[2]}s.target.wants"

    def _command(self, service: str) -> Command:
        found = re.search(r"(?m)^ExecStart=(.+)$", _read(self._folder / service))
        words = _split_shell(found[1].replace("%h", _login_home()) if found else "")
        return [word.replace("%%", "%").replace("$$", "$") for word in words]

    def _is(self, state: str, unit: str) -> bool:
        return self._systemctl(f"is-{state}", "--quiet", unit).ok

    def _order(self, *words: str) -> None:
        _run_or_raise(("systemctl", "--user", "--quiet", *words), self._environ)

    def _systemctl(self, *words: str) -> process.Result:
        command = ("systemctl", "--user", *words)
        return process.run(command, limit=_TIME_LIMIT, environ=self._environ, capture=True)


def _exec_start(command: Command) -> str:
    # The first word is read by rules of its own: some characters it may not hold at all.
    odd = not set("'\"\\$").isdisjoint(command[0])
    return " ".join(map(_escape_unit_word, ("/usr/bin/env", *command) if odd else command))


def _escape_unit_word(word: str) -> str:
    """Return a word of ExecStart= that means just itself (systemd.service(5), systemd.unit(5))."""
    if not word.isprintable():
        raise UsageError(f"A unit cannot hold the path {cleaned(word)!a}.")
    word = word.replace("%", "%%").replace("$", "$$").replace("\\", "\\\\").replace('"', '\\"')
    return word if re.fullmatch(r"[\w@%+=:,./-]+", word) else f'"{word}"'


def _parse_environment(output: bytes) -> dict[str, str]:
    """Parse ``systemctl show-environment``, which quotes like a shell where needed: ``$'…'``."""
    found = {}
    for line in output.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition("=")
        if value.startswith("$'"):
            with suppress(UnicodeDecodeError):  # the escapes are those of C and Python
                value = value[2:-1].encode("latin-1", "backslashreplace").decode("unicode_escape")
        found[name] = value
    return found


class Crontab(Scheduler):
    """A line of the user's crontab, between two markers."""

    name = "a line of the crontab"
    variables_hint = "cron gets variables from lines NAME=value at the beginning of the crontab."
    begin = f"# >>> wtr-tui >>> {MARK}"
    end = "# <<< wtr-tui <<<"

    def __init__(self, environ: Environ) -> None:
        self._environ = {**environ, "LC_ALL": "C"}

    def environment(self) -> Environ:
        found = {"HOME": _login_home(), "PATH": "/usr/bin:/bin"}
        before, _, _ = self._split(self._read_all())
        for line in before.decode("utf-8", "replace").splitlines():
            match = re.match(r"\s*(['\"]?)([A-Za-z_]\w*)\1\s*=\s*(.*?)\s*$", line)
            if match:
                found[match[2]] = re.sub(r"^(['\"])(.*)\1$", r"\2", match[3])
        return found

    def preview(self, job: RefreshTimer) -> str:
        minutes, hours = job.times()
        command = shlex.join((*job.command, "--quiet"))
        if "\n" in command:
            raise UsageError("A crontab cannot hold the path of this program: it has a line break.")
        # To cron a % is a line break.
        line = f"{_join(minutes)} {_join(hours)} * * * {command}".replace("%", r"\%")
        return f"{self.begin}\n{line}\n{self.end}\n"

    def install(self, job: RefreshTimer) -> bool:
        before, own, after = self._split(self._read_all())
        block = self.preview(job).encode()
        if own == block:
            return False
        if not own and before and not before.endswith(b"\n"):
            before += b"\n"
        self._write_all(before + block + after)
        return True

    def remove(self, job: RefreshTimer) -> bool:
        if shutil.which("crontab", path=self._environ.get("PATH")) is None:
            return False
        before, own, after = self._split(self._read_all())
        if own:
            self._write_all(before + after)
        return bool(own)

    def commands(self) -> Iterator[tuple[str, Command]]:
        for line in self._read_all().decode("utf-8", "replace").splitlines():
            if not line.lstrip().startswith("#"):
                fields = line.replace(r"\%", "%").split(None, 1 if line.startswith("@") else 5)
                yield "the crontab", _split_shell(fields[-1] if fields else "")

    def _read_all(self) -> bytes:
        """Read the crontab. Raise WtrError where that is not certain: a write would lose it."""
        result, stderr = _run(("crontab", "-l"), self._environ)
        if result.ok:
            return result.output
        # Vixie cron, cronie and macOS; BusyBox.
        if result.started and ("no crontab for" in stderr or "can't open" in stderr):
            return b""
        if not result.started:
            raise WtrError(
                "There is neither a systemd user manager nor a crontab command here.",
                "Let something else run wtr refresh --all --within 3d every hour.",
            )
        raise WtrError(f"The crontab cannot be read: crontab -l {stderr or result.problem}")

    def _write_all(self, content: bytes) -> None:
        if not content.strip():
            _run_or_raise(("crontab", "-r"), self._environ)
            return
        _run_or_raise(("crontab", "-"), self._environ, content)
        if self._read_all().split() != content.split():
            raise WtrError("The crontab does not hold what was written.", "Look at crontab -l.")

    def _split(self, content: bytes) -> tuple[bytes, bytes, bytes]:
        """Split the crontab into what is before our lines, these, and what is after them."""
        lines = content.splitlines(keepends=True)
        marks = [line.strip() for line in lines]
        begin, end = self.begin.encode(), self.end.encode()
        if begin not in marks and end not in marks:
            return content, b"", b""
        if (marks.count(begin), marks.count(end)) == (1, 1):
            first, last = marks.index(begin), marks.index(end) + 1
            if first < last:
                parts = lines[:first], lines[first:last], lines[last:]
                return b"".join(parts[0]), b"".join(parts[1]), b"".join(parts[2])
        raise StorageError(
            "In the crontab the lines that begin with # >>> wtr-tui and # <<< wtr-tui are no"
            " longer one pair, so nothing is changed.",
            "Delete them with crontab -e, and what of ours is between them.",
        )


class Launchd(Scheduler):
    """An agent of the user in ``~/Library/LaunchAgents``, for macOS."""

    name = "a launchd agent"
    variables_hint = "launchd gets variables from launchctl setenv."
    label = "local.wtr-tui.refresh"

    def __init__(self, environ: Environ) -> None:
        self._environ = dict(environ)
        self._path = f"{paths.home(environ)}/Library/LaunchAgents/{self.label}.plist"
        self._domain = f"gui/{os.getuid()}"

    def environment(self) -> Environ:
        return {"HOME": _login_home(), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}

    def preview(self, job: RefreshTimer) -> str:
        minutes, hours = job.times()
        members = {
            "Label": self.label,
            "ProgramArguments": list(job.command),
            "ProcessType": "Background",
            "RunAtLoad": True,
            # Missed while the machine slept, it runs once when it wakes.
            "StartCalendarInterval": [
                {"Minute": minute, **hour}
                for hour in ([{"Hour": each} for each in hours] or [{}])
                for minute in minutes
            ],
        }
        text = plistlib.dumps(members).decode()
        return text.replace("<plist ", f"<!-- {MARK} -->\n<plist ", 1)

    def install(self, job: RefreshTimer) -> bool:
        text = self.preview(job)
        if _read_own(self._path) == text and self._is_loaded():
            return False
        _write(self._path, text)
        self._unload()
        _run_or_raise(("launchctl", "bootstrap", self._domain, self._path), self._environ)
        return True

    def remove(self, job: RefreshTimer) -> bool:
        if not _read_own(self._path):
            return False
        self._unload()
        _delete(self._path)
        return True

    def commands(self) -> Iterator[tuple[str, Command]]:
        try:
            words = plistlib.loads(Path(self._path).read_bytes())["ProgramArguments"]
        except (OSError, ValueError, KeyError, TypeError, plistlib.InvalidFileException):
            return
        yield f"the launchd agent {self.label}", [str(word) for word in words]

    def remarks(self) -> list[str]:
        return ["It runs while you are logged in to this Mac."]

    def _is_loaded(self) -> bool:
        print_it = ("launchctl", "print", f"{self._domain}/{self.label}")
        return process.run(print_it, limit=_TIME_LIMIT, environ=self._environ).ok

    def _unload(self) -> None:
        if self._is_loaded():
            _run_or_raise(("launchctl", "bootout", f"{self._domain}/{self.label}"), self._environ)


def _join(numbers: Sequence[int], width: int = 1) -> str:
    """Return the numbers of a calendar field, ``*`` for all."""
    return ",".join(f"{number:0{width}}" for number in numbers) or "*"


# What this shell has and a timer would not have.


def require_variables(profile: Profile, environ: Environ, chosen: Scheduler, job: Job) -> None:
    """Raise SettingsError where ``job`` would miss what ``profile`` has in ``environ``.

    The variables of this shell count for the chosen profile alone.
    """
    if any(_is_in_cache(path, environ) for path in (job.program[0], sys.prefix)):
        raise SettingsError(
            f"The program itself, {job.program[0]}, is in a cache, which may be emptied at any"
            f" time: {job.title[:1].lower()}{job.title[1:]} would not have it.",
            "Install it first, as with uv tool install wtr-tui or pipx install wtr-tui.",
        )
    given = chosen.environment()
    missing = missing_variables(profile, environ, given)
    started = process.run(
        ("/bin/sh", "-c", 'cd / && exec "$@"', "sh", *job.program, "--version"),
        limit=_TIME_LIMIT,
        environ=given,
    )
    if not started.ok:
        command = shlex.join(job.program)
        missing.append(f"what {command} needs to start: without this shell it {started.problem}.")
    if missing:
        listed = "\n".join(f"  {sentence}" for sentence in missing)
        raise SettingsError(
            f"{job.title} would not have what this shell has:\n{listed}", chosen.variables_hint
        )


def missing_variables(profile: Profile, environ: Environ, given: Environ) -> list[str]:
    """Return a sentence for each variable that the profile needs and ``given`` does not have.

    ``environ`` is the environment it works in now. Raise SettingsError where the settings cannot
    be read.
    """
    here, there = profile.load_settings(environ), profile.load_settings(given)
    proxy = proxy_for(here.base_url, environ)
    by_proxy = proxy.source[1:] if proxy is not None and proxy.source.startswith("$") else ""

    def is_lost(name: str) -> bool:
        return bool(environ.get(name)) and environ.get(name) != given.get(name)

    found = []
    for name, folder in (
        ("XDG_CONFIG_HOME", paths.config_dir),
        ("XDG_STATE_HOME", paths.state_dir),
    ):
        if folder(environ) != folder(given):
            variable = name if environ.get(name) or given.get(name) else "HOME"
            found.append(f"${variable}: it would look in {folder(given)}, not {folder(environ)}.")
    if is_lost("WTR_CONFIG"):
        usual = paths.settings_path(profile.name, environ)
        found.append(f"$WTR_CONFIG: the settings have to be in {usual}.")
    for setting in SETTINGS:
        source = here.source(setting)
        if source.kind == "environment" and here[setting] != there[setting]:
            found.append(
                f"${source.name}: the setting {setting.name}. It has to be in the settings file."
            )
    if by_proxy and is_lost(by_proxy):
        found.append(f"${by_proxy}: the proxy to Webex.")
    found += [
        f"${name}: the certificate authorities to trust."
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")
        if is_lost(name) and not _are_default_authorities(environ[name])
    ]
    return found


def _are_default_authorities(path: str) -> bool:
    """Return whether the system trusts these certificate authorities without any variable."""
    import ssl

    usual = ssl.get_default_verify_paths()
    whole = os.path.realpath(path)
    defaults = {os.path.realpath(each) for each in (usual.openssl_cafile, usual.openssl_capath)}
    return whole in defaults or str(Path(whole).parent) in defaults


def _is_in_cache(path: str, environ: Environ) -> bool:
    """Return whether uvx, ``uv tool run`` or ``pipx run`` made it for this one run."""
    whole = Path(os.path.realpath(path))
    named = (environ.get("UV_CACHE_DIR"), environ.get("XDG_CACHE_HOME"))
    if any(cache and whole.is_relative_to(os.path.realpath(cache)) for cache in named):
        return True
    return not {".cache", "Caches", "archive-v0", "environments-v2"}.isdisjoint(whole.parts)


def _login_home() -> str:
    """Return the home folder in the system's list of users: a login, and so a timer, gets it."""
    return paths.home({})


# Files and programs of the system.


def _read(path: str | Path) -> str:
    """Return the text of a file, whoever wrote it; "" where it cannot be read."""
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""


def _read_own(path: str | Path) -> str:
    """Return the text of a file, "" where there is none. Raise StorageError without our mark."""
    text = _read(path)
    if text and MARK not in text:
        raise StorageError(
            f"{path} is there already and was not written by wtr install-timer: it is left alone.",
            "Move it away first.",
        )
    return text


def _write(path: str, text: str) -> None:
    try:
        write_private(path, text.encode())
    except OSError as error:
        raise StorageError(f"{path} cannot be changed: {cause(error)}.") from error


def _delete(path: str | Path) -> None:
    try:
        Path(path).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{path} cannot be changed: {cause(error)}.") from error


def _split_shell(command: str) -> list[str]:
    """Split a command as a shell does; [] where a shell could not."""
    try:
        return shlex.split(command)
    except ValueError:
        return []


def _run(command: Command, environ: Environ, stdin: bytes = b"") -> tuple[process.Result, str]:
    """Run the command and return the result, and what it wrote to standard error."""
    with tempfile.TemporaryFile() as errors:
        result = process.run(
            command, limit=_TIME_LIMIT, environ=environ, stdin=stdin, capture=True, log=errors
        )
        errors.seek(0)
        return result, cleaned(errors.read(4_096).decode("utf-8", "replace"))


def _run_or_raise(command: Command, environ: Environ, stdin: bytes = b"") -> None:
    """Run the command. Raise WtrError where it fails, with what it wrote to standard error."""
    result, stderr = _run(command, environ, stdin)
    if not result.ok:
        raise WtrError(f"{shlex.join(command)} {result.problem}. {stderr}".rstrip())
