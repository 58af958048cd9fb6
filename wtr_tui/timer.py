"""What starts the program while no user is there: a timer for all profiles, a socket for one.

A systemd user timer where a user manager runs, on macOS a launchd agent, else a line of the
crontab; ``wtr serve`` of a profile can be started by a systemd user socket. What was written here
bears a mark; anything without it is somebody else's and is never changed. Installing twice changes
nothing. All of it runs without the shell it was installed from: :func:`lacking` says what it would
miss there.
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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from string import Template
from typing import NamedTuple, TypeAlias

from wtr_tui import process
from wtr_tui.errors import SettingsError, StorageError, UsageError, WtrError
from wtr_tui.oauth.proxies import proxy_for
from wtr_tui.storage import paths, settings
from wtr_tui.storage.private_file import write_private
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings_table import SETTINGS
from wtr_tui.text import cause, cleaned, user_name

MARK = "Written by wtr install-timer, which also takes it out again."

LIMIT = 20.0
"""Seconds for a program of the system."""

SOCKET = "a systemd user socket"

_SHORTEST, _HOUR, _DAY = 300, 3_600, 86_400
_REFRESH = re.compile(r"\bwtr(?:-tui|_tui)?['\"]?\s.*\brefresh\b")
"""A command of ours, as somebody may have written it into a crontab or a unit by hand."""

Command: TypeAlias = "Sequence[str]"
Environ: TypeAlias = "Mapping[str, str]"


class Job(NamedTuple):
    """What a timer runs, and how often, in seconds; :func:`job` makes a checked one."""

    program: Command
    every: int
    within: int

    @property
    def command(self) -> Command:
        return (*self.program, "refresh", "--all", "--within", spelled(self.within))

    def times(self) -> tuple[list[int], list[int]]:
        """The minutes, and the hours they are of (none: every hour).

        They differ from user to user and stay the same for each, so that not all the machines
        of a company ask Webex in the same minute.
        """
        spread = zlib.crc32(f"{user_name(os.getuid())}@{os.uname().nodename}".encode())
        if self.every < _HOUR:
            step = self.every // 60
            return list(range(spread % step, 60, step)), []
        step = self.every // _HOUR
        return [spread % 60], [] if step == 1 else list(range(spread // 60 % step, 24, step))

    def words(self) -> dict[str, str]:
        """What its units say."""
        minutes, hours = self.times()
        return {
            "every": spelled(self.every),
            "within": spelled(self.within),
            "hours": _listed(hours),
            "minutes": _listed(minutes, 2),
            "delay": str(min(self.every // 4, 600)),
        }


class Serving(NamedTuple):
    """What a socket starts: ``wtr serve`` of one profile."""

    program: Command
    profile: str

    @property
    def command(self) -> Command:
        which = () if self.profile == paths.DEFAULT_PROFILE else ("--profile", self.profile)
        return (*self.program, "serve", *which)

    def words(self) -> dict[str, str]:
        return {"profile": self.profile}


def job(every: int, within: int) -> Job:
    """The work of a timer, durations in seconds.

    Raises UsageError where no calendar holds such a timer, or a token could expire between two
    of its runs.
    """
    unit, whole = (60, _HOUR) if every < _HOUR else (_HOUR, _DAY)
    if every < _SHORTEST or every % unit or whole % every:
        raise UsageError(
            "--every takes what divides an hour or a day, from 5m to 1d: 15m, 30m, 1h, 6h, 12h."
        )
    if within <= every:
        raise UsageError(
            f"--within {spelled(within)} is not longer than --every {spelled(every)}: a token could"
            " expire between two runs."
        )
    return Job(program(), every, within)


def spelled(seconds: int) -> str:
    """A duration as the command line takes it: ``3d``, ``36h``, ``90m``."""
    for unit, size in (("d", _DAY), ("h", _HOUR), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def program() -> Command:
    """How to start this program from anywhere: its script, else ``python -m wtr_tui``."""
    script = Path(sys.argv[0] if sys.argv else "").absolute()
    if script.name in ("wtr", "wtr-tui") and script.is_file() and os.access(script, os.X_OK):
        return (str(script),)
    return (sys.executable, "-m", "wtr_tui")


class Found(NamedTuple):
    """A timer or socket that is there, and what keeps it from its work ("": nothing)."""

    where: str
    fault: str = ""


class Systemd:
    """Units among the user's own, and the user's manager, which runs them.

    Crontab and Launchd have the same: ``given`` is the environment of what it starts, ``cure``
    says where that comes from, ``printed`` what would be installed, to read and to copy;
    ``install`` and ``remove`` are False for no change, ``commands`` what it starts and where that
    is written, ``needed`` what else it takes to run, in sentences. Each may raise WtrError.
    """

    what = "a systemd user timer"
    cure = "systemd gets variables from ~/.config/environment.d/*.conf, at the next login."

    def __init__(self, environ: Environ) -> None:
        # A shell that su or sudo made does not have it.
        runtime = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
        self._environ = {**environ, "XDG_RUNTIME_DIR": runtime}
        asked = self._systemctl("show-environment")
        self.runs = asked.ok
        """Whether there is a manager of this user that takes orders."""
        manager = _assignments(asked.output) if asked.ok else {}
        config = Path(paths.config_dir({**environ, **manager}))
        self._folder = config.parent / "systemd" / "user"
        self.given = {"HOME": own_home(), **manager}

    def units(self, job: Job | Serving) -> dict[str, str]:
        """The text of each unit by its path: the one that starts first."""
        kind = "serve" if isinstance(job, Serving) else "refresh"
        found = {}
        for unit in _units(job):
            template = Path(__file__).with_name("units") / f"{kind}{Path(unit).suffix}.txt"
            text = Template(template.read_text("utf-8"))
            found[f"{self._folder}/{unit}"] = text.substitute(
                job.words(), mark=MARK, command=_exec_start(job.command)
            )
        return found

    def printed(self, job: Job | Serving) -> str:
        return "\n".join(f"# {path}\n{text}" for path, text in self.units(job).items())

    def install(self, job: Job | Serving) -> bool:
        started, service = _units(job)
        units = self.units(job)
        changed = [path for path, text in units.items() if _own_text(path) != text]
        for path in changed:
            _put(path, units[path])
        if changed:
            self._order("daemon-reload")
        elif self._is("enabled", started) and self._is("active", started):
            return False
        self._order("enable", started)
        if isinstance(job, Serving):
            self._order("stop", service)  # what serves has to end before it listens again
        self._order("restart", started)
        return True

    def remove(self, job: Job | Serving) -> bool:
        own = [unit for unit in _units(job) if _own_text(self._folder / unit)]
        started, service = _units(job)
        if self.runs and started in own:
            self._order("disable", "--now", started)
            if isinstance(job, Serving):
                self._order("stop", service)  # it would serve on at a socket that is gone
        for unit in own:
            _put(self._wanted(started) / unit, "")
            _put(self._folder / unit, "")
        if self.runs and own:
            self._order("daemon-reload")
        return bool(own)

    def commands(self) -> Iterator[tuple[str, Command]]:
        for timer in sorted(self._wanted(".timer").glob("*.timer")):
            named = re.search(r"(?m)^Unit=(.+)$", _text_of(timer))
            service = named[1].strip() if named else f"{timer.stem}.service"
            yield f"the systemd user timer {timer.stem}", self._command(service)

    def socket(self, profile: str) -> tuple[str, Command, bool] | None:
        """The enabled socket that starts ``wtr serve``, what that starts, and whether it is active.

        None for none.
        """
        listening, service = _units(Serving((), profile))
        if not os.access(self._wanted(listening) / listening, os.F_OK):
            return None
        return listening, self._command(service), self._is("active", listening)

    def needed(self) -> list[str]:
        if os.access(f"/var/lib/systemd/linger/{user_name(os.getuid())}", os.F_OK):
            return []
        return [
            "While you are logged out it runs only after: loginctl enable-linger (some systems"
            " want an administrator for that)."
        ]

    def _wanted(self, unit: str) -> Path:
        return self._folder / f"{unit.rpartition('.')[2]}s.target.wants"

    def _command(self, service: str) -> Command:
        found = re.search(r"(?m)^ExecStart=(.+)$", _text_of(self._folder / service))
        words = _shell_words(found[1].replace("%h", own_home()) if found else "")
        return [word.replace("%%", "%").replace("$$", "$") for word in words]

    def _is(self, state: str, unit: str) -> bool:
        return self._systemctl(f"is-{state}", "--quiet", unit).ok

    def _order(self, *words: str) -> None:
        _require(("systemctl", "--user", "--quiet", *words), self._environ)

    def _systemctl(self, *words: str) -> process.Result:
        return process.run(
            ("systemctl", "--user", *words), limit=LIMIT, environ=self._environ, capture=True
        )


class Crontab:
    """A line of the user's crontab, between two markers."""

    what = "a line of the crontab"
    cure = "cron gets variables from lines NAME=value at the beginning of the crontab."
    begin = f"# >>> wtr-tui >>> {MARK}"
    end = "# <<< wtr-tui <<<"

    def __init__(self, environ: Environ) -> None:
        self._environ = {**environ, "LC_ALL": "C"}

    @property
    def given(self) -> dict[str, str]:
        """What cron sets by itself, and what the crontab sets above the line."""
        found = {"HOME": own_home(), "PATH": "/usr/bin:/bin"}
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
        line = f"{_listed(minutes)} {_listed(hours)} * * * {command}".replace("%", r"\%")
        return f"{self.begin}\n{line}\n{self.end}\n"

    def install(self, job: Job) -> bool:
        before, own, after = self._parts(self._read())
        block = self.printed(job).encode()
        if own == block:
            return False
        if not own and before and not before.endswith(b"\n"):
            before += b"\n"
        self._write(before + block + after)
        return True

    def remove(self, job: Job) -> bool:
        if shutil.which("crontab", path=self._environ.get("PATH")) is None:
            return False
        before, own, after = self._parts(self._read())
        if own:
            self._write(before + after)
        return bool(own)

    def commands(self) -> Iterator[tuple[str, Command]]:
        for line in self._read().decode("utf-8", "replace").splitlines():
            if not line.lstrip().startswith("#"):
                words = line.replace(r"\%", "%").split(None, 1 if line.startswith("@") else 5)
                yield "the crontab", _shell_words(words[-1] if words else "")

    def needed(self) -> list[str]:
        return []

    def _read(self) -> bytes:
        """The whole crontab. Raises WtrError where that is not sure: it could get lost."""
        result, said = _ran(("crontab", "-l"), self._environ)
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
            _require(("crontab", "-r"), self._environ)
            return
        _require(("crontab", "-"), self._environ, content)
        if self._read().split() != content.split():
            raise WtrError("The crontab does not hold what was written.", "Look at crontab -l.")

    def _parts(self, content: bytes) -> tuple[bytes, bytes, bytes]:
        """What stands before our lines, these, and what stands after them."""
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


LABEL = "local.wtr-tui.refresh"


class Launchd:
    """An agent of the user's in ``~/Library/LaunchAgents``, for macOS."""

    what = "a launchd agent"
    cure = "launchd gets variables from launchctl setenv."

    def __init__(self, environ: Environ) -> None:
        self._environ = dict(environ)
        self._path = f"{paths.home(environ)}/Library/LaunchAgents/{LABEL}.plist"
        self._domain = f"gui/{os.getuid()}"
        self.given = {"HOME": own_home(), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}

    def printed(self, job: Job) -> str:
        minutes, hours = job.times()
        members = {
            "Label": LABEL,
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

    def install(self, job: Job) -> bool:
        text = self.printed(job)
        if _own_text(self._path) == text and self._is_loaded():
            return False
        _put(self._path, text)
        self._unload()
        _require(("launchctl", "bootstrap", self._domain, self._path), self._environ)
        return True

    def remove(self, job: Job) -> bool:
        if not _own_text(self._path):
            return False
        self._unload()
        _put(self._path, "")
        return True

    def commands(self) -> Iterator[tuple[str, Command]]:
        try:
            words = plistlib.loads(Path(self._path).read_bytes())["ProgramArguments"]
        except (OSError, ValueError, KeyError, TypeError, plistlib.InvalidFileException):
            return
        yield f"the launchd agent {LABEL}", [str(word) for word in words]

    def needed(self) -> list[str]:
        return ["It runs while you are logged in to this Mac."]

    def _is_loaded(self) -> bool:
        print_it = ("launchctl", "print", f"{self._domain}/{LABEL}")
        return process.run(print_it, limit=LIMIT, environ=self._environ).ok

    def _unload(self) -> None:
        if self._is_loaded():
            _require(("launchctl", "bootout", f"{self._domain}/{LABEL}"), self._environ)


Scheduler: TypeAlias = "Systemd | Crontab | Launchd"


def _schedulers(environ: Environ) -> list[Scheduler]:
    """Every one that may hold a timer of ours, the cheapest to look at first."""
    return [Launchd(environ) if sys.platform == "darwin" else Systemd(environ), Crontab(environ)]


def scheduler(environ: Environ) -> Scheduler:
    """The one to install with on this machine."""
    first, crontab = _schedulers(environ)
    return crontab if isinstance(first, Systemd) and not first.runs else first


class Installed(NamedTuple):
    """``changed`` is false where it was there already; ``needed`` are sentences for the user."""

    what: str
    changed: bool
    needed: Sequence[str]


def install(job: Job | Serving, profile: Profile, environ: Environ) -> Installed:
    """Installs a timer, or a socket of systemd, in place of one that was installed before.

    Raises SettingsError where it would not do what ``profile`` does in this shell, UsageError where
    no user manager of systemd runs to listen, and WtrError where the system refuses or something
    of the same name is not ours.
    """
    if isinstance(job, Serving):
        systemd = Systemd(environ)
        if not systemd.runs:
            raise UsageError(
                "No systemd user manager runs here, which would listen and start wtr serve.",
                "Run wtr serve itself, or see the units with --print.",
            )
        require_enough(profile, environ, systemd, "wtr serve started by systemd")
        return Installed(SOCKET, systemd.install(job), systemd.needed())
    chosen = scheduler(environ)
    require_enough(profile, environ, chosen)
    changed = chosen.install(job)
    for other in _schedulers(environ):
        if other.what != chosen.what:
            with suppress(WtrError):  # not there, or not ours: then there is nothing to take out
                changed |= other.remove(job)
    return Installed(chosen.what, changed, chosen.needed())


def remove(job: Job | Serving, environ: Environ) -> list[str]:
    """Takes out what was installed, and says what that was. Raises WtrError."""
    if isinstance(job, Serving):
        return [SOCKET] if Systemd(environ).remove(job) else []
    return [each.what for each in _schedulers(environ) if each.remove(job)]


def keeps_alive(profile: Profile, environ: Environ | None = None) -> Found | None:
    """The timer that refreshes the profile's token while nobody is there; None for none.

    ``fault`` says why it does not work, where that can be seen. A timer that a user wrote by hand
    counts too. Costs a few files read and one or two processes. Never raises a WtrError.
    """
    environ = os.environ if environ is None else environ
    for each in _schedulers(environ):
        with suppress(WtrError):
            for where, command in each.commands():
                line = " ".join(command)
                named = re.search(r" --profile[= ](\S+)", line)
                other = profile.name != (named[1] if named else paths.DEFAULT_PROFILE)
                # One written by hand may be for another profile.
                if _REFRESH.search(line) and ("--all" in command or not other):
                    return _found(where, command, profile, environ, each)
    return None


def serving_socket(profile: Profile, environ: Environ) -> Found | None:
    """The socket at which systemd starts ``wtr serve`` of the profile; else as keeps_alive."""
    systemd = Systemd(environ)
    with suppress(WtrError):
        if socket := systemd.socket(profile.name):
            where, command, is_active = socket
            fault = "" if is_active else f"It is not active: systemctl --user status {where}"
            return _found(where, command, profile, environ, systemd, fault)
    return None


def _found(
    where: str,
    command: Command,
    profile: Profile,
    environ: Environ,
    scheduler: Scheduler,
    fault: str = "",
) -> Found:
    program = command[0] if command else ""
    if program.startswith("/") and not os.access(program, os.X_OK):
        fault = f"The program it starts, {cleaned(program)}, is not there any more."
    elif isinstance(scheduler, Systemd) and not scheduler.runs:
        fault = "No systemd user manager runs that would start it."
    elif not fault and (missing := lacking(profile, environ, scheduler.given)):
        fault = f"It does not have {missing[0]}"
    return Found(where, fault)


# What a timer would not have.


def require_enough(
    profile: Profile, environ: Environ, chosen: Scheduler, what: str = "A timer"
) -> None:
    """Raises SettingsError where ``what`` would miss what ``profile`` has in ``environ``.

    The variables of this shell count for the chosen profile alone.
    """
    own = program()
    if any(_in_a_cache(path, environ) for path in (own[0], sys.prefix)):
        raise SettingsError(
            f"The program itself, {own[0]}, is in a cache, which may be emptied at any"
            f" time: {what[:1].lower()}{what[1:]} would not have it.",
            "Install it first, as with uv tool install wtr-tui or pipx install wtr-tui.",
        )
    given = chosen.given
    missing = lacking(profile, environ, given)
    started = process.run(
        ("/bin/sh", "-c", 'cd / && exec "$@"', "sh", *own, "--version"),
        limit=LIMIT,
        environ=given,
    )
    if not started.ok:
        missing.append(
            f"what {shlex.join(own)} needs to start: without this shell it {started.problem}."
        )
    if missing:
        listed = "\n".join(f"  {sentence}" for sentence in missing)
        raise SettingsError(f"{what} would not have what this shell has:\n{listed}", chosen.cure)


def lacking(profile: Profile, environ: Environ, given: Environ) -> list[str]:
    """The variables that the profile has in ``environ``, needs, and would not have in ``given``.

    Sentences that name one each. Raises SettingsError where the settings cannot be read.
    """
    known = settings.load(profile.settings_path, environ)
    without = settings.load(profile.settings_path, given)
    proxy = proxy_for(known.base_url, environ)
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
        source = known.source(setting)
        if source.kind == "environment" and known[setting] != without[setting]:
            found.append(
                f"${source.name}: the setting {setting.name}. It has to be in the settings file."
            )
    if by_proxy and is_lost(by_proxy):
        found.append(f"${by_proxy}: the proxy to Webex.")
    found += [
        f"${name}: the certificate authorities to trust."
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")
        if is_lost(name) and not _is_the_systems(environ[name])
    ]
    return found


def _is_the_systems(authorities: str) -> bool:
    """Whether these certificate authorities are those that are trusted without any variable."""
    import ssl

    usual = ssl.get_default_verify_paths()
    whole = os.path.realpath(authorities)
    known = {os.path.realpath(path) for path in (usual.openssl_cafile, usual.openssl_capath)}
    return whole in known or str(Path(whole).parent) in known


def _in_a_cache(path: str, environ: Environ) -> bool:
    """Whether uvx, ``uv tool run`` or ``pipx run`` made it for this one run."""
    whole = Path(os.path.realpath(path))
    named = (environ.get("UV_CACHE_DIR"), environ.get("XDG_CACHE_HOME"))
    if any(cache and whole.is_relative_to(os.path.realpath(cache)) for cache in named):
        return True
    return not {".cache", "Caches", "archive-v0", "environments-v2"}.isdisjoint(whole.parts)


# Files and programs of the system.


def own_home() -> str:
    """As the system's list of users has it: what a login, and so a timer, gets."""
    return paths.home({})


def _units(job: Job | Serving) -> tuple[str, str]:
    """The names of the unit that starts and of the one that is started."""
    if isinstance(job, Job):
        return "wtr-tui.timer", "wtr-tui.service"
    of = "" if job.profile == paths.DEFAULT_PROFILE else f"-{job.profile}"
    return f"wtr-serve{of}.socket", f"wtr-serve{of}.service"


def _listed(numbers: Sequence[int], width: int = 1) -> str:
    return ",".join(f"{number:0{width}}" for number in numbers) or "*"


def _exec_start(command: Command) -> str:
    # The first word is read by rules of its own: some characters it may not hold at all.
    odd = not set("'\"\\$").isdisjoint(command[0])
    return " ".join(map(_unit_word, ("/usr/bin/env", *command) if odd else command))


def _unit_word(word: str) -> str:
    """A word of ExecStart= that means just itself (systemd.service(5), systemd.unit(5))."""
    if not word.isprintable():
        raise UsageError(f"A unit cannot hold the path {cleaned(word)!a}.")
    word = word.replace("%", "%%").replace("$", "$$").replace("\\", "\\\\").replace('"', '\\"')
    return word if re.fullmatch(r"[\w@%+=:,./-]+", word) else f'"{word}"'


def _assignments(output: bytes) -> dict[str, str]:
    """What ``systemctl show-environment`` prints: ``$'…'``, as a shell has it, where needed."""
    found = {}
    for line in output.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition("=")
        if value.startswith("$'"):
            with suppress(UnicodeDecodeError):  # the escapes are those of C and Python
                value = value[2:-1].encode("latin-1", "backslashreplace").decode("unicode_escape")
        found[name] = value
    return found


def _shell_words(command: str) -> list[str]:
    """The command's words; none where it is no command of a shell."""
    try:
        return shlex.split(command)
    except ValueError:
        return []


def _text_of(path: str | Path) -> str:
    """The file's text, whoever wrote it; "" where it cannot be read."""
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""


def _own_text(path: str | Path) -> str:
    """The file's text, "" where there is none. Raises StorageError where it is not ours."""
    text = _text_of(path)
    if text and MARK not in text:
        raise StorageError(
            f"{path} is there already and was not written by wtr install-timer: it is left alone.",
            "Move it away first.",
        )
    return text


def _put(path: str | Path, text: str) -> None:
    """Writes the file; with no text it is deleted."""
    try:
        if text:
            write_private(str(path), text.encode())
        else:
            Path(path).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{path} cannot be changed: {cause(error)}.") from error


def _ran(command: Command, environ: Environ, stdin: bytes = b"") -> tuple[process.Result, str]:
    """What became of the command, and what it said on standard error."""
    with tempfile.TemporaryFile() as errors:
        result = process.run(
            command, limit=LIMIT, environ=environ, stdin=stdin, capture=True, log=errors
        )
        errors.seek(0)
        return result, cleaned(errors.read(4_096).decode("utf-8", "replace"))


def _require(command: Command, environ: Environ, stdin: bytes = b"") -> None:
    """Runs the command. Raises WtrError where it fails, with what it said."""
    result, said = _ran(command, environ, stdin)
    if not result.ok:
        raise WtrError(f"{shlex.join(command)} {result.problem}. {said}".rstrip())
