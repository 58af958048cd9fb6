"""``wtr check``: what Nagios, Icinga, Prometheus and a shell expect."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.parser import text_string_to_metric_families as prometheus

from tests.storage.test_open_screens import opened
from tests.support.home import Home, Ran
from tests.support.programs import required
from tests.support.webex import Fault, Sandbox
from wtr_tui import clock
from wtr_tui.commands import check, profile
from wtr_tui.commands.check import Grade
from wtr_tui.storage import profiles

HOURS = timedelta(hours=1)
DAYS = timedelta(days=1)

Changed = Callable[[Home, Sandbox], None]


def fine(home: Home, sandbox: Sandbox) -> None:
    home.sign_in(sandbox, left=10 * DAYS, refresh_left=80 * DAYS)


def near(home: Home, sandbox: Sandbox) -> None:
    home.sign_in(sandbox, left=10 * DAYS, refresh_left=20 * HOURS)


def soon(home: Home, sandbox: Sandbox) -> None:
    home.sign_in(sandbox, left=10 * DAYS, refresh_left=6 * DAYS)


def unheard_of(home: Home, sandbox: Sandbox) -> None:
    home.settings_path().unlink()


def nothing(home: Home, sandbox: Sandbox) -> None:
    """No token."""


def damaged(home: Home, sandbox: Sandbox) -> None:
    home.write_token({})


def expired(home: Home, sandbox: Sandbox) -> None:
    home.sign_in(sandbox, left=-HOURS, refresh_left=80 * DAYS)


def over(home: Home, sandbox: Sandbox) -> None:
    home.sign_in(sandbox, left=-HOURS, refresh_left=-HOURS)


def unrefreshable(home: Home, sandbox: Sandbox) -> None:
    home.sign_in(sandbox, left=10.5 * DAYS)
    home.write_token(home.stored_fields() | {"refresh_token": None, "refresh_expires_at": None})


def endless(home: Home, sandbox: Sandbox) -> None:
    unrefreshable(home, sandbox)
    home.write_token(home.stored_fields() | {"expires_at": None})


def without_secret(home: Home, sandbox: Sandbox) -> None:
    fine(home, sandbox)
    path = home.settings_path()
    lines = [line for line in path.read_text().splitlines() if not line.startswith("secret")]
    path.write_text("\n".join(lines))


def broken(home: Home, sandbox: Sandbox) -> None:
    fine(home, sandbox)
    with home.settings_path().open("a") as file:
        file.write("bracket: [\n")


def base_url_unread(home: Home, sandbox: Sandbox) -> None:
    fine(home, sandbox)
    home.settings_path().write_text("baseUrl: nonsense\n")


def lost(home: Home, sandbox: Sandbox) -> None:
    sandbox.revoke(home.sign_in(sandbox, left=10 * DAYS, refresh_left=80 * DAYS))
    assert home.run("refresh").code == 3


def lost_and_refused(home: Home, sandbox: Sandbox) -> None:
    lost(home, sandbox)
    assert "✗ sign-in needed" in home.run("status", "--who").out


def foreign(home: Home, sandbox: Sandbox) -> None:
    fine(home, sandbox)
    home.write_token(home.stored_fields() | {"appid": "another"})


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (fine, 0, "WTR OK - default: sign in by "),
        (near, 2, "WTR CRITICAL - default: sign in by "),
        (soon, 1, "WTR WARNING - default: sign in by "),
        (nothing, 2, "has no token"),
        (unheard_of, 3, "there is no such profile"),
        (damaged, 3, "is damaged"),
        (expired, 1, "the access token has expired and nothing keeps it alive"),
        (over, 2, "sign in: it expired"),
        (unrefreshable, 0, "10 d"),
        (endless, 0, "its end is not known"),
        (without_secret, 1, "it cannot be refreshed: "),
        (broken, 2, "no command gives the token: /"),
        (base_url_unread, 2, "no command gives the token: "),
        (lost, 2, "sign-in needed: Webex no longer accepts the refresh token; the access token"),
        (lost_and_refused, 2, "Webex no longer accepts the refresh token | 'default'=0s"),
        (foreign, 2, "App ID"),
    ],
)
def test_each_condition_has_its_line_and_exit_code(
    home: Home, sandbox: Sandbox, change: Changed, code: int, words: str
) -> None:
    home.configure(sandbox)
    change(home, sandbox)
    asked = len(sandbox.requests)
    ran = home.run("check")
    assert ran.code == code, ran
    assert words in ran.out
    assert ran.out.count("\n") == 1
    assert len(sandbox.requests) == asked
    state = home.run("check", "--format", "json").json
    assert state["exit_code"] == code


@pytest.mark.parametrize("change", [nothing, broken, base_url_unread, lost_and_refused, foreign])
def test_where_no_command_gives_a_token_no_time_is_left(
    home: Home, sandbox: Sandbox, change: Changed
) -> None:
    home.configure(sandbox)
    change(home, sandbox)
    assert home.run("check").out.endswith(" | 'default'=0s;604800:;86400:\n")
    gauges = home.run("check", "--format", "openmetrics").out
    assert 'wtr_sign_in_left_seconds{profile="default"} 0\n' in gauges


def test_the_limits_can_be_chosen(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=10 * DAYS, refresh_left=20 * DAYS)
    assert home.run("check").code == 0
    assert home.run("check", "--warn", "30d").code == 1
    ran = home.run("check", "--warn", "30d", "--crit", "25d")
    assert ran.code == 2
    _, _, figures = ran.out.partition(" | ")
    assert figures.startswith("'default'=17")
    assert figures.endswith(f"s;{30 * 86_400}:;{25 * 86_400}:\n")


@pytest.mark.parametrize(
    "words",
    [
        ("--warn", "soon"),
        ("--warn", "1d", "--crit", "2d"),
        ("--format", "xml"),
        ("--nope",),
        ("--all", "--profile", "work"),
        ("--profile", "../x"),
    ],
)
def test_wrong_usage_is_unknown_and_not_critical(home: Home, words: tuple[str, ...]) -> None:
    ran = home.run("check", *words)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err
    assert "Traceback" not in ran.err


def test_a_fault_of_its_own_is_unknown(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    fine(home, sandbox)
    broken = home.folder / "sitecustomize.py"
    broken.write_text(
        "import wtr_tui.commands.profile as profile\nprofile.chosen_statuses = None\n"
    )
    path = f"{home.folder}{os.pathsep}{home.environ['PYTHONPATH']}"
    ran = home.run("check", PYTHONPATH=path)
    assert ran.code == 3
    assert "Traceback" not in ran.err


def test_help_tells_of_its_own_exit_codes_alone(home: Home) -> None:
    shown = home.run("check", "--help")
    assert shown.code == 0
    assert "3 unknown" in shown.out
    assert "temporary" not in shown.out


@pytest.fixture
def several(home: Home, sandbox: Sandbox) -> Home:
    for name, left in (("a-fine", 80), ("b-soon", 5), ("c-near", 0.5), ("d-fine", 60)):
        home.configure(sandbox, name)
        home.sign_in(sandbox, name, left=10 * DAYS, refresh_left=left * DAYS)
    return home


def test_the_worst_profile_comes_first(several: Home) -> None:
    ran = several.run("check", "--all")
    assert ran.code == 2
    told, _, figures = ran.out.partition(" | ")
    assert told.startswith("WTR CRITICAL - c-near: ")
    assert told.index("c-near") < told.index("b-soon") < told.index("2 more are fine")
    assert "a-fine" not in told
    assert figures.count("=") == 4
    profiles = several.run("check", "--all", "--format", "json").json["profiles"]
    assert isinstance(profiles, list)
    assert [each["profile"] for each in profiles] == ["c-near", "b-soon", "d-fine", "a-fine"]


def test_no_profile_at_all_is_unknown(home: Home) -> None:
    ran = home.run("check", "--all")
    assert (ran.code, ran.out) == (3, "WTR UNKNOWN - there is no profile yet\n")


def openmetrics(text: str) -> list[Metric]:
    return list(openmetrics_parser.text_string_to_metric_families(text))  # type: ignore[no-untyped-call]  # without annotations


def test_openmetrics_is_read_by_prometheus_own_parsers(several: Home, sandbox: Sandbox) -> None:
    assert several.run("refresh", "--profile", "d-fine").code == 0
    ran = several.run("check", "--all", "--format", "openmetrics")
    assert ran.code == 2
    assert ran.out.endswith("# EOF\n")
    families = {family.name: family for family in openmetrics(ran.out)}
    assert {family.type for family in families.values()} == {"gauge"}
    names = set(families)
    assert names == {family.name for family in prometheus(ran.out)}
    left = {
        sample.labels["profile"]: sample.value
        for sample in families["wtr_refresh_token_left_seconds"].samples
    }
    assert left["c-near"] == pytest.approx(0.5 * 86_400, abs=120)
    statuses = {
        sample.labels["profile"]: sample.value for sample in families["wtr_check_status"].samples
    }
    assert statuses == {"a-fine": 0, "b-soon": 1, "c-near": 2, "d-fine": 0}
    (last,) = families["wtr_last_outcome"].samples
    assert last.labels == {"profile": "d-fine", "outcome": "refreshed"}
    assert len(families["wtr_last_refresh_timestamp_seconds"].samples) == 4
    assert len(families["wtr_sign_in_left_seconds"].samples) >= 3
    assert len(families["wtr_access_token_left_seconds"].samples) == 4


def test_promtool_finds_nothing_to_complain_about(several: Home) -> None:
    promtool = required("promtool")
    shown = several.run("check", "--all", "--format", "openmetrics").out
    done = subprocess.run(
        [promtool, "check", "metrics"], input=shown, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_no_profile_gives_good_openmetrics_too(home: Home) -> None:
    shown = home.run("check", "--all", "--format", "openmetrics").out
    assert [family.samples for family in openmetrics(shown)] == [[]] * 7


def to(home: Home, *words: str) -> Ran:
    return home.run("check", "--format", "openmetrics", *words)


def test_a_file_is_replaced_at_once_readable_by_all_and_without_secrets(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    fine(home, sandbox)
    path = home.folder / "wtr.prom"
    path.write_text("old")
    before = path.stat().st_ino
    ran = to(home, "--to", str(path))
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    facts = path.stat()
    assert stat.S_IMODE(facts.st_mode) == 0o644
    assert facts.st_ino != before
    text = path.read_text()
    assert openmetrics(text)
    fields = home.stored_fields()
    secret = sandbox.integration.secret.reveal()
    for hidden in (secret, fields["access_token"], fields["refresh_token"]):
        assert str(hidden) not in text
    assert [each.name for each in home.folder.iterdir() if each.suffix == ".tmp"] == []


@pytest.mark.parametrize("kind", ["device", "folder", "link", "missing"])
def test_what_is_no_file_is_not_replaced(home: Home, sandbox: Sandbox, kind: str) -> None:
    home.configure(sandbox)
    fine(home, sandbox)
    path = home.folder / "target"
    if kind == "device":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(home.folder / "elsewhere")
    else:
        path = home.folder / "no" / "such" / "target"
    ran = to(home, "--to", str(path))
    assert (ran.code, ran.out) == (3, "")
    assert str(path) in ran.err
    assert not (home.folder / "elsewhere").exists()


def test_webex_is_asked_only_when_told_to(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    fine(home, sandbox)
    assert home.run("check").code == 0
    assert not sandbox.requests
    assert home.run("check", "--ask").code == 0
    assert len(sandbox.requests_to("people/me")) == 1
    sandbox.faults.next("people/me", Fault(status=401, body="{}"))
    assert home.run("check", "--ask").code == 2
    ran = home.run("check")
    assert ran.code == 2
    assert "Webex has refused the access token" in ran.out


def test_an_end_that_each_refresh_moves_needs_nobody(home: Home, sandbox: Sandbox) -> None:
    sandbox.rules = replace(
        sandbox.rules, refresh_lifetime=timedelta(hours=12), access_lifetime=timedelta(hours=1)
    )
    home.configure(sandbox)
    home.sign_in(sandbox, left=HOURS, refresh_left=9 * HOURS)
    assert home.run("check").code == 2
    assert home.run("refresh").code == 0
    assert home.run("check").code == 0


def test_an_expired_token_that_something_keeps_alive_is_fine(
    home: Home, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.configure(sandbox)
    expired(home, sandbox)
    found = profiles.find(None, None, home.environ)
    shown = profile.profile_status(found, home.environ, clock.now())
    limits = clock.now(), 7 * DAYS, DAYS
    for kept, level in ((True, Grade.OK), (False, Grade.WARNING)):
        monkeypatch.setattr(check, "_is_kept_alive", lambda _, kept=kept: kept)
        assert check.grade_profile(shown, *limits).grade is level


def test_a_check_and_the_doctor_count_an_open_screen(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    expired(home, sandbox)
    assert "nothing keeps it alive" in home.run("check").out
    screen = opened(home.token_path().parent, "default")
    ran = home.run("check")
    assert (ran.code, "nothing keeps it alive" in ran.out) == (0, False)
    assert f"wtr-tui (process {screen.pid}) keeps this token alive" in home.run("doctor").out
    screen.communicate()
    assert home.run("check").code == 1
