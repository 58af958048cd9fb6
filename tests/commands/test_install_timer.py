"""The timer that refreshes tokens while nobody is there, with the real crontab and systemd."""

from __future__ import annotations

import plistlib
import shlex
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.environment import child_environ
from tests.support.home import PROGRAM, Home
from tests.support.programs import required
from tests.support.schedulers import running_user_manager, with_own_crontabs
from tests.support.waiting import PATIENCE
from tests.support.webex import Sandbox
from wtr_tui import timer
from wtr_tui.errors import StorageError, UsageError, WtrError
from wtr_tui.storage import profiles
from wtr_tui.timer import MARK, Crontab, Launchd, RefreshTimer, ServeSocket, Systemd, _login_home

THEIRS = '# mine\nMAILTO=me\n5 4 * * *  date "+\\%F" >> log\n'
"""What a crontab held before; the % is one that cron would take for a line break."""

HOURLY = RefreshTimer(("/opt/wtr",), 3_600, 3 * 86_400)
ODD = '/opt/it\'s 100% "$HOME"/wtr'


# Which timers there can be.


@pytest.mark.parametrize(
    ("every", "minutes", "hours"),
    [
        (300, 12, 0),
        (900, 4, 0),
        (1_800, 2, 0),
        (3_600, 1, 0),
        (7_200, 1, 12),
        (21_600, 1, 4),
        (43_200, 1, 2),
        (86_400, 1, 1),
    ],
)
def test_a_job_runs_as_often_as_asked_for(every: int, minutes: int, hours: int) -> None:
    found = timer.refresh_timer(every, 3 * 86_400).times()
    assert [len(each) for each in found] == [minutes, hours]
    assert all(0 <= minute < 60 for minute in found[0])
    assert all(0 <= hour < 24 for hour in found[1])
    minute_of_day = [60 * hour + minute for hour in found[1] or range(24) for minute in found[0]]
    gaps = {
        (later - sooner) % 1_440 or 1_440
        for sooner, later in zip(minute_of_day, minute_of_day[1:] + minute_of_day[:1], strict=True)
    }
    assert gaps == {every // 60}


@pytest.mark.parametrize("every", [0, 60, 299, 301, 420, 1_320, 5_400, 18_000, 172_800])
def test_what_no_calendar_holds_is_refused(every: int) -> None:
    with pytest.raises(UsageError, match="divides an hour or a day"):
        timer.refresh_timer(every, 9 * 86_400)


def test_a_token_must_not_expire_between_two_runs() -> None:
    with pytest.raises(UsageError, match="--within 1h is not longer than --every 1h"):
        timer.refresh_timer(3_600, 3_600)


# The crontab.


@pytest.fixture
def crontabs(home: Home) -> tuple[str, ...]:
    return with_own_crontabs(home)


def write_crontab(home: Home, under: tuple[str, ...], text: str) -> None:
    subprocess.run((*under, "crontab", "-"), input=text, text=True, env=home.environ, check=True)


def crontab(home: Home, under: tuple[str, ...]) -> str:
    ran = subprocess.run(
        (*under, "crontab", "-l"), text=True, env=home.environ, capture_output=True, check=False
    )
    return ran.stdout


def test_the_line_goes_in_and_out_and_the_rest_stays(home: Home, crontabs: tuple[str, ...]) -> None:
    write_crontab(home, crontabs, THEIRS)
    ran = home.run("install-timer", under=crontabs)
    assert (ran.code, ran.out) == (0, "")
    assert "Installed: a line of the crontab refreshes all tokens every 1h" in ran.err
    installed = crontab(home, crontabs)
    assert installed.startswith(THEIRS)
    assert installed[len(THEIRS) :] == home.run("install-timer", "--print", under=crontabs).out

    again = home.run("install-timer", under=crontabs)
    assert "Nothing to do" in again.err
    assert crontab(home, crontabs) == installed

    write_crontab(home, crontabs, installed + "# after\n")
    assert home.run("install-timer", "--every", "15m", under=crontabs).code == 0
    changed = crontab(home, crontabs)
    assert changed.startswith(THEIRS)
    assert changed.endswith("# after\n")
    assert changed.count("refresh --all") == 1

    assert "Taken out" in home.run("install-timer", "--remove", under=crontabs).err
    assert crontab(home, crontabs) == THEIRS + "# after\n"
    nothing = home.run("install-timer", "--remove", under=crontabs)
    assert (nothing.code, "no timer of ours" in nothing.err) == (0, True)


def test_no_crontab_is_left_where_there_was_none(home: Home, crontabs: tuple[str, ...]) -> None:
    assert home.run("install-timer", under=crontabs).code == 0
    assert "refresh" in crontab(home, crontabs)
    assert home.run("install-timer", "--remove", under=crontabs).code == 0
    assert list((home.folder.parent / "crontabs").iterdir()) == []


def test_the_line_refreshes_as_cron_runs_it(
    home: Home, sandbox: Sandbox, crontabs: tuple[str, ...]
) -> None:
    home.configure(sandbox)
    before = home.sign_in(sandbox)
    assert home.run("install-timer", under=crontabs).code == 0
    line = next(line for line in crontab(home, crontabs).splitlines() if "refresh" in line)
    command = line.split(None, 5)[5]
    assert "%" not in command
    as_cron = child_environ(HOME=str(home.folder), LOGNAME="root", SHELL="/bin/sh")
    ran = subprocess.run(
        (*crontabs, "/bin/sh", "-c", command),
        env={**as_cron, "PATH": "/usr/bin:/bin"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    # Nothing is printed: cron would send it as mail, every hour.
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert home.stored().token.access_token.reveal() != before


def test_what_fails_is_printed_for_the_mail_of_cron(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    sandbox.revoke(home.sign_in(sandbox))
    ran = home.run("refresh", "--all", "--within", "3d", "--quiet")
    assert ran.code == 3
    assert "default: " in ran.err
    assert "1 failed" in ran.err


def test_half_a_pair_of_marks_is_left_alone(home: Home, crontabs: tuple[str, ...]) -> None:
    home.run("install-timer", under=crontabs)
    half = crontab(home, crontabs).replace(f"{Crontab.end}\n", "# theirs\n")
    write_crontab(home, crontabs, half)
    for words in ((), ("--remove",)):
        ran = home.run("install-timer", *words, under=crontabs)
        assert (ran.code, "no longer one pair" in ran.err) == (1, True)
        assert crontab(home, crontabs) == half


def test_a_crontab_that_cannot_be_read_is_not_written(home: Home, tmp_path: Path) -> None:
    programs, called = tmp_path / "programs", tmp_path / "called"
    programs.mkdir()
    stand_in = programs / "crontab"
    stand_in.write_text(
        f'#!/bin/sh\necho "$@" >> {called}\necho "You are not allowed to use this" >&2\nexit 1\n'
    )
    stand_in.chmod(0o755)
    table = Crontab({"PATH": f"{programs}:/usr/bin:/bin"})
    with pytest.raises(WtrError, match=r"cannot be read: .*You are not allowed to use this"):
        table.install(HOURLY)
    assert called.read_text() == "-l\n"


def test_a_crontab_line_starts_the_very_program(tmp_path: Path) -> None:
    block = Crontab({}).preview(RefreshTimer((ODD,), 3_600, 86_400))
    command = block.splitlines()[1].split(None, 5)[5]
    # cron turns \% into %, then gives the line to the shell.
    assert shlex.split(command.replace("\\%", "%"))[0] == ODD


# What a timer would not have.


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WEBEX_SECRET", "another"),
        ("WEBEX_APPID", "Cother"),
        ("WEBEX_BASEURL", "https://other.example.com/v1"),
        ("XDG_STATE_HOME", "/srv/state"),
        ("XDG_CONFIG_HOME", "/srv/config"),
        ("HOME", "/srv/elsewhere"),
        ("HTTPS_PROXY", "http://me:SENTINEL@proxy.example.com:3128"),
        ("SSL_CERT_FILE", "/etc/passwd"),
        ("WTR_CONFIG", "/srv/other.yaml"),
    ],
)
def test_what_only_this_shell_has_is_refused_by_name(
    home: Home, crontabs: tuple[str, ...], variable: str, value: str
) -> None:
    settings = home.settings_path()
    settings.parent.mkdir(parents=True, mode=0o700)
    settings.touch(mode=0o600)
    settings.write_text("appid: Cmine\nsecret: s3cret\n")
    ran = home.run("install-timer", under=crontabs, **{variable: value})
    assert ran.code == 2
    assert f"${variable}" in ran.err
    assert "SENTINEL" not in ran.err
    assert "another" not in ran.err
    assert crontab(home, crontabs) == ""
    assert home.run("install-timer", "--print", under=crontabs, **{variable: value}).code == 0


def test_the_systems_own_authorities_are_not_missed(home: Home, crontabs: tuple[str, ...]) -> None:
    folder = Path(ssl.get_default_verify_paths().openssl_capath)
    own = {"SSL_CERT_DIR": str(folder), "SSL_CERT_FILE": str(folder / "ca-certificates.crt")}
    if not Path(own["SSL_CERT_FILE"]).is_file():
        del own["SSL_CERT_FILE"]
    ran = home.run("install-timer", under=crontabs, **own)
    assert ran.code == 0, ran.err


def test_what_the_crontab_sets_itself_is_not_missed(home: Home, crontabs: tuple[str, ...]) -> None:
    proxy = "http://proxy.example.com:3128"
    write_crontab(home, crontabs, f'HTTPS_PROXY = "{proxy}"\nXDG_STATE_HOME=/srv/state\n')
    ran = home.run("install-timer", under=crontabs, HTTPS_PROXY=proxy, XDG_STATE_HOME="/srv/state")
    assert ran.code == 0, ran.err


def test_a_program_in_a_cache_of_uvx_is_refused(home: Home, crontabs: tuple[str, ...]) -> None:
    cached = home.folder / ".cache" / "uv" / "archive-v0" / "x1" / "bin"
    cached.mkdir(parents=True)
    script = python_script(cached / "wtr", _MAIN)
    ran = subprocess.run(
        (*crontabs, str(script), "install-timer"),
        env=home.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"{script}, is in a cache" in ran.stderr
    assert crontab(home, crontabs) == ""


def test_a_program_that_starts_only_in_this_shell_is_refused(
    home: Home, crontabs: tuple[str, ...]
) -> None:
    script = python_script(home.folder / "wtr", f"import os\nos.environ['NEEDED']\n{_MAIN}")
    ran = subprocess.run(
        (*crontabs, str(script), "install-timer"),
        env={**home.environ, "NEEDED": "yes"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"what {script} needs to start" in ran.stderr
    assert crontab(home, crontabs) == ""


def python_script(path: Path, text: str) -> Path:
    """As pip writes one where the path of Python holds blanks."""
    path.write_text(f"#!/bin/sh\n'''exec' \"{sys.executable}\" \"$0\" \"$@\"\n' '''\n{text}")
    path.chmod(0o755)
    return path


_MAIN = "import sys\nfrom wtr_tui.cli import main\nsys.exit(main())\n"


# systemd.


@pytest.fixture
def user_manager(home: Home) -> Iterator[tuple[str, ...]]:
    with running_user_manager(home) as enter:
        yield enter


def units(home: Home) -> dict[str, str]:
    folder = home.folder / ".config" / "systemd" / "user"
    return {path.name: path.read_text() for path in sorted(folder.glob("*.*")) if path.is_file()}


def systemctl(home: Home, enter: tuple[str, ...], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*enter, "systemctl", "--user", *words),
        env={**home.environ, "XDG_RUNTIME_DIR": "/run/user/0"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_systemd_timer_is_installed_runs_and_is_removed(
    home: Home, sandbox: Sandbox, user_manager: tuple[str, ...]
) -> None:
    home.configure(sandbox)
    before = home.sign_in(sandbox)
    assert "! timer: nothing refreshes" in home.run("doctor", "--offline", under=user_manager).out
    ran = home.run("install-timer", under=user_manager)
    assert (ran.code, ran.out) == (0, "")
    assert "Installed: a systemd user timer refreshes all tokens every 1h" in ran.err
    assert "loginctl enable-linger" in ran.err
    written = units(home)
    assert list(written) == ["wtr-tui.service", "wtr-tui.timer"]
    assert systemctl(home, user_manager, "is-active", "wtr-tui.timer").stdout == "active\n"
    assert systemctl(home, user_manager, "is-enabled", "wtr-tui.timer").stdout == "enabled\n"
    assert (
        "✓ timer: the systemd user timer wtr-tui keeps this token alive."
        in home.run("doctor", "--offline", under=user_manager).out
    )

    started = systemctl(home, user_manager, "start", "wtr-tui.service")
    assert started.returncode == 0, started.stderr
    assert home.stored().token.access_token.reveal() != before

    assert "Nothing to do" in home.run("install-timer", under=user_manager).err
    assert units(home) == written
    assert home.run("install-timer", "--every", "6h", under=user_manager).code == 0
    assert units(home)["wtr-tui.timer"] != written["wtr-tui.timer"]

    assert home.run("install-timer", "--remove", under=user_manager).code == 0
    assert units(home) == {}
    assert systemctl(home, user_manager, "list-timers", "--all").stdout.count("wtr-tui") == 0


def test_a_unit_that_is_not_ours_is_left_alone(home: Home, user_manager: tuple[str, ...]) -> None:
    theirs = home.folder / ".config" / "systemd" / "user" / "wtr-tui.timer"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("[Timer]\nOnCalendar=daily\n")
    for words in ((), ("--remove",)):
        ran = home.run("install-timer", *words, under=user_manager)
        assert (ran.code, "was not written by wtr install-timer" in ran.err) == (1, True)
        assert units(home) == {"wtr-tui.timer": "[Timer]\nOnCalendar=daily\n"}


def test_what_the_user_manager_has_is_not_missed(home: Home, user_manager: tuple[str, ...]) -> None:
    proxy = "http://it's@proxy.example.com:3128"
    refused = home.run("install-timer", under=user_manager, HTTPS_PROXY=proxy)
    assert (refused.code, "$HTTPS_PROXY" in refused.err) == (2, True)
    systemctl(home, user_manager, "set-environment", f"HTTPS_PROXY={proxy}")
    assert home.run("install-timer", under=user_manager, HTTPS_PROXY=proxy).code == 0


@pytest.mark.parametrize("every", [300, 1_800, 3_600, 21_600, 86_400])
def test_the_units_pass_systemd_analyze_verify(tmp_path: Path, every: int) -> None:
    program = tmp_path / 'it\'s 100% "odd" \\n' / "wtr"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    texts = Systemd({"HOME": str(tmp_path)}).unit_texts(
        RefreshTimer((str(program),), every, 3 * 86_400)
    )
    assert verified(tmp_path, texts) == (0, "")


def verified(tmp_path: Path, texts: Mapping[str, str]) -> tuple[int, str]:
    paths = [tmp_path / Path(path).name for path in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text)
    ran = subprocess.run(
        (required("systemd-analyze"), "--user", "verify", *map(str, paths)),
        env=child_environ(HOME=str(tmp_path), XDG_RUNTIME_DIR=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stderr


def read_at(enter: tuple[str, ...], profile: str) -> str:
    """What a reader in the user's place gets at the socket."""
    script = (
        "import socket; s = socket.socket(socket.AF_UNIX);"
        f" s.connect('/run/user/0/wtr-tui/{profile}.sock'); print(s.makefile().read(), end='')"
    )
    ran = subprocess.run(
        (*enter, sys.executable, "-c", script),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("profile", "unit"), [("default", "wtr-serve"), ("work", "wtr-serve-work")]
)
def test_a_socket_of_systemd_starts_wtr_serve_when_somebody_connects(
    home: Home, sandbox: Sandbox, user_manager: tuple[str, ...], profile: str, unit: str
) -> None:
    home.configure(sandbox, profile)
    token = home.sign_in(sandbox, profile)
    command = ("install-timer", "--serve", "--profile", profile)
    ran = home.run(*command, under=user_manager)
    assert (ran.code, ran.out) == (0, "")
    assert f"Installed: a systemd user socket for wtr serve of the profile {profile}." in ran.err
    written = units(home)
    assert list(written) == [f"{unit}.service", f"{unit}.socket"]
    assert systemctl(home, user_manager, "is-enabled", f"{unit}.socket").stdout == "enabled\n"
    assert systemctl(home, user_manager, "is-active", f"{unit}.service").stdout == "inactive\n"
    assert read_at(user_manager, profile) == f"{token}\n"
    assert systemctl(home, user_manager, "is-active", f"{unit}.service").stdout == "active\n"

    assert "Nothing to do" in home.run(*command, under=user_manager).err
    assert units(home) == written
    printed = home.run(*command, "--print", under=user_manager).out
    assert all(text in printed for text in written.values())

    # One of an earlier version is replaced, though what it started still serves.
    older = home.folder / ".config" / "systemd" / "user" / f"{unit}.service"
    older.write_text(written[f"{unit}.service"] + "Nice=1\n")
    assert "Installed" in home.run(*command, under=user_manager).err
    assert units(home) == written
    assert read_at(user_manager, profile) == f"{token}\n"

    def found() -> str:
        doctor = ("doctor", "--offline", "--profile", profile)
        lines = home.run(*doctor, under=user_manager).out.splitlines()
        return next((line for line in lines if line[2:].startswith("socket: ")), "")

    assert found() == f"✓ socket: systemd listens for wtr serve ({unit}.socket)."
    systemctl(home, user_manager, "stop", f"{unit}.socket")
    assert found().startswith(f"! socket: {unit}.socket does not give this token. It is not active")
    assert "Installed" in home.run(*command, under=user_manager).err

    assert "Taken out" in home.run(*command, "--remove", under=user_manager).err
    assert units(home) == {}
    assert systemctl(home, user_manager, "is-active", f"{unit}.service").stdout != "active\n"
    assert "Error" in read_at(user_manager, profile)
    assert found() == ""
    nothing = home.run(*command, "--remove", under=user_manager)
    assert (nothing.code, "no socket of ours" in nothing.err) == (0, True)


def test_the_units_of_the_socket_pass_systemd_analyze_verify(tmp_path: Path) -> None:
    program = tmp_path / 'it\'s 100% "odd"' / "wtr"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    texts = Systemd({"HOME": str(tmp_path)}).unit_texts(ServeSocket((str(program),), "work"))
    assert "100%%" in "".join(texts.values())
    assert verified(tmp_path, texts) == (0, "")


def test_a_socket_takes_nothing_of_a_timer_and_needs_systemd(
    home: Home, crontabs: tuple[str, ...]
) -> None:
    for words in (("--every", "1h"), ("--within", "3d"), ("--config", "x.yaml")):
        ran = home.run("install-timer", "--serve", *words, under=crontabs)
        assert (ran.code, "--serve takes no" in ran.err) == (2, True)
    ran = home.run("install-timer", "--serve", under=crontabs)
    assert (ran.code, "No systemd user manager runs here" in ran.err) == (2, True)
    assert "ListenStream" in home.run("install-timer", "--serve", "--print", under=crontabs).out


def test_what_only_this_shell_has_is_refused_for_the_socket_too(
    home: Home, user_manager: tuple[str, ...]
) -> None:
    ran = home.run("install-timer", "--serve", under=user_manager, WEBEX_SECRET="another")
    assert (ran.code, "$WEBEX_SECRET" in ran.err) == (2, True)
    assert "wtr serve started by systemd would not have" in ran.err
    assert units(home) == {}


# launchd, which is on macOS only: what it would be given.


def launchctl(folder: Path) -> Launchd:
    """A stand-in for launchctl that remembers what is loaded."""
    programs = folder / "programs"
    programs.mkdir()
    stand_in = programs / "launchctl"
    stand_in.write_text(
        f"""#!/bin/sh
echo "$1" >> {folder}/called
case "$1" in
  print) test -e {folder}/loaded ;;
  bootstrap) cp "$3" {folder}/loaded ;;
  bootout) rm {folder}/loaded ;;
esac
"""
    )
    stand_in.chmod(0o755)
    return Launchd({"HOME": str(folder), "PATH": f"{programs}:/usr/bin:/bin"})


def test_a_launchd_agent_is_installed_and_removed(tmp_path: Path) -> None:
    agent = launchctl(tmp_path)
    path = tmp_path / "Library" / "LaunchAgents" / f"{Launchd.label}.plist"
    assert agent.install(HOURLY)
    loaded = plistlib.loads((tmp_path / "loaded").read_bytes())
    assert loaded["ProgramArguments"] == ["/opt/wtr", "refresh", "--all", "--within", "3d"]
    assert loaded["StartCalendarInterval"] == [{"Minute": HOURLY.times()[0][0]}]
    assert MARK in path.read_text()
    assert not agent.install(HOURLY)
    assert agent.install(RefreshTimer(("/opt/wtr",), 43_200, 3 * 86_400))
    times = plistlib.loads((tmp_path / "loaded").read_bytes())["StartCalendarInterval"]
    assert [sorted(each) for each in times] == [["Hour", "Minute"]] * 2
    assert agent.remove(HOURLY)
    assert not path.exists()
    assert not (tmp_path / "loaded").exists()
    assert not agent.remove(HOURLY)


def test_a_launchd_agent_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    agent = launchctl(tmp_path)
    path = tmp_path / "Library" / "LaunchAgents" / f"{Launchd.label}.plist"
    path.parent.mkdir(parents=True)
    path.write_text("<plist/>")
    for change in (agent.install, agent.remove):
        with pytest.raises(StorageError, match="left alone"):
            change(HOURLY)
    assert path.read_text() == "<plist/>"


# What keeps a token alive.


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("0 * * * * /bin/sh wtr refresh --all --within 3d", {"default", "work"}),
        ("@hourly wtr refresh --within 3d", {"default"}),
        ("0 * * * * wtr --profile work refresh --within 3d", {"work"}),
        ("0 * * * * wtr-tui refresh --profile=work", {"work"}),
        ("# 0 * * * * wtr refresh --all", set()),
        ("0 * * * * wtr status", set()),
    ],
)
def test_a_line_written_by_hand_counts_for_the_profiles_it_names(
    tmp_path: Path, line: str, kept: set[str]
) -> None:
    stand_in = tmp_path / "crontab"
    stand_in.write_text(f"#!/bin/sh\ncat <<'END'\n{line}\nEND\n")
    stand_in.chmod(0o755)
    environ = {"HOME": _login_home(), "PATH": f"{tmp_path}:/bin"}
    found = {
        name: timer.find_timer(profiles.by_name(name, environ), environ)
        for name in ("default", "work")
    }
    assert {name for name, each in found.items() if each and not each.fault} == kept


def test_doctor_says_what_keeps_a_timer_from_its_work(
    home: Home, sandbox: Sandbox, crontabs: tuple[str, ...]
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=timedelta(days=10))

    def timer_line(**variables: str) -> str:
        ran = home.run("doctor", "--offline", under=crontabs, **variables)
        return next(line for line in ran.out.splitlines() if line[2:].startswith("timer"))

    assert timer_line().startswith("! timer: nothing refreshes this token")
    home.run("install-timer", under=crontabs)
    assert timer_line() == "✓ timer: the crontab keeps this token alive."
    assert "It does not have $WEBEX_SECRET" in timer_line(WEBEX_SECRET="s3cret")
    moved = crontab(home, crontabs).replace(shlex.quote(PROGRAM[0]), "/gone/wtr")
    write_crontab(home, crontabs, moved)
    assert "/gone/wtr, is not there any more" in timer_line()
