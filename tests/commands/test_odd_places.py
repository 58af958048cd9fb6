"""Folders, variables and limits that are not as usual: a sentence, and nothing worse."""

from __future__ import annotations

import os
import resource
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.home import PROGRAM, Home
from tests.support.programs import required
from tests.support.waiting import PATIENCE
from tests.support.webex import Sandbox

CONTROL = "\x1b]0;evil\x07\x1b[31m"
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to have another user's home")


@pytest.mark.parametrize(
    "words", [("token", "-d"), ("status",), ("refresh",), ("doctor", "--offline"), ("retrieve",)]
)
@pytest.mark.parametrize("by_option", [True, False])
def test_a_relative_settings_file_in_a_folder_that_is_gone_is_a_sentence(
    home: Home, sandbox: Sandbox, words: tuple[str, ...], by_option: bool
) -> None:
    home.sign_in(sandbox)
    gone = home.folder / "gone"
    gone.mkdir()
    given = ["--config", "my.yaml"] if by_option else []
    ran = subprocess.run(
        [required("sh"), "-c", 'rmdir ../gone; exec "$@"', "-", *PROGRAM, *words, *given],
        cwd=gone,
        env={**home.environ, **({} if by_option else {"WTR_CONFIG": "my.yaml"})},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode == 2
    assert "the folder this was started in is gone" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


@NEEDS_ROOT
@pytest.mark.parametrize(
    "words", [("token",), ("import", "--access-token", "-"), ("retrieve", "-t", "5")]
)
def test_nothing_is_made_in_the_home_of_another_user(home: Home, words: tuple[str, ...]) -> None:
    os.chown(home.folder, 65_534, 65_534)
    ran = home.run(*words, stdin="a" * 40, WEBEX_APPID="C12ab", WEBEX_SECRET="s3cret")
    assert ran.code in (1, 3)
    assert not list(home.folder.iterdir())
    if words[0] != "token":  # there is none, which is all it has to say
        assert "belongs to nobody, not to root" in ran.err


@NEEDS_ROOT
def test_the_doctor_knows_before_that_nothing_could_be_made_there(home: Home) -> None:
    os.chown(home.folder, 65_534, 65_534)
    ran = home.run("doctor", "--offline")
    assert "belongs to nobody, not to root" in ran.out
    assert ran.code == 1


@pytest.mark.parametrize(
    ("zone", "label"),
    [
        ("Foo/Bar", "UTC"),
        ("Foo", "UTC"),
        (":Foo/Bar", "UTC"),
        ("Foo0", "Foo"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "CE"),
        ("UTC", "UTC"),
        ("", "UTC"),
    ],
)
def test_a_time_zone_that_nobody_knows_is_utc_by_name(
    home: Home, sandbox: Sandbox, zone: str, label: str
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=timedelta(days=3))
    obtained = next(
        line
        for line in home.run("status", "--no-who", TZ=zone).out.splitlines()
        if line.startswith("Obtained")
    )
    assert obtained.rpartition(" ")[2].startswith(label)
    told = [
        line
        for line in home.run("doctor", "--offline", TZ=zone).out.splitlines()
        if line[2:].startswith("time zone")
    ]
    assert len(told) == zone.endswith(("Foo", "Bar"))


def test_quotation_marks_around_a_secret_are_told(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=timedelta(seconds=-5))
    for quoted in ('"s3cret"', "'s3cret'"):
        ran = home.run("refresh", WEBEX_SECRET=quoted)
        assert ran.code == 2
        assert "$WEBEX_SECRET: This must be written without quotation marks around it." in ran.err
        assert "s3cret" not in ran.err
    assert not sandbox.requests


@pytest.mark.parametrize(
    "words",
    [
        ("token", "-d"),
        ("status", "--no-who"),
        ("refresh",),
        ("doctor", "--offline"),
        ("check",),
        ("retrieve", "-t", "5"),
        ("import", CONTROL),
        ("token", CONTROL),
        (CONTROL,),
        ("exec", "--", f"./{CONTROL}"),
        ("export", "--to", f"/dev/null/{CONTROL}/x"),
        ("help", CONTROL),
        ("token", "--profile", CONTROL),
    ],
)
def test_control_characters_are_shown_and_never_sent(
    home: Home, sandbox: Sandbox, words: tuple[str, ...]
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=timedelta(days=3))
    path = home.folder / f"{CONTROL}.yaml"
    if words[0] != "check":  # which names a file that is not there
        path.write_text("appid: [x1\n")
    variables = {"WTR_CONFIG": str(path), "SUDO_USER": CONTROL, "SSH_CONNECTION": CONTROL}
    if words[0] in ("exec", "export"):
        variables.pop("WTR_CONFIG")
    ran = home.run(*words, **variables)
    assert "\x1b" not in ran.out + ran.err
    assert "\x07" not in ran.out + ran.err
    assert "evil" in ran.out + ran.err


def test_tokens_are_kept_out_of_core_dumps_but_not_the_program_that_exec_runs(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=timedelta(days=3))
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard == 0:
        pytest.skip("this system allows no core dumps")
    wanted = 4096 if hard == resource.RLIM_INFINITY else min(hard, 4096)
    within = ("prlimit", f"--core={wanted}:")
    required("prlimit")
    show = "import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[0])"
    assert home.run("exec", "--", "python3", "-c", show, under=within).out == f"{wanted}\n"
    recorder = home.folder / "limit"
    hook = home.folder / "hook.sh"
    hook.write_text(f"#!/bin/sh\nulimit -c > '{recorder}'\n")
    hook.chmod(0o700)
    home.configure(sandbox, "default", f"onToken: {hook}")
    assert home.run("refresh", under=within).code == 0
    assert recorder.read_text() == "0\n"


def test_the_process_of_a_library_keeps_its_limit() -> None:
    code = (
        "import resource; before = resource.getrlimit(resource.RLIMIT_CORE)\n"
        "import wtr_tui.cli, wtr_tui.tokens, wtr_tui.commands.token\n"
        "assert resource.getrlimit(resource.RLIMIT_CORE) == before\n"
    )
    subprocess.run([PROGRAM[0], "-c", code], check=True, env=dict(os.environ))


@pytest.fixture(scope="session")
def chmod_ignored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library to preload: chmod succeeds and changes nothing, as on some mounts."""
    folder = tmp_path_factory.mktemp("preload")
    source = folder / "chmod.c"
    source.write_text(
        "#include <sys/types.h>\n"
        "int chmod(const char *p, mode_t m) { return 0; }\n"
        "int fchmod(int f, mode_t m) { return 0; }\n"
        "int fchmodat(int d, const char *p, mode_t m, int f) { return 0; }\n"
    )
    library = folder / "chmod.so"
    subprocess.run(
        [required("gcc"), "-shared", "-fPIC", "-o", str(library), str(source)], check=True
    )
    return library


def test_a_mode_that_cannot_be_changed_is_not_said_to_be_and_told_once(
    home: Home, sandbox: Sandbox, chmod_ignored: Path
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=timedelta(days=3))
    home.token_path().chmod(0o644)
    ran = home.run("token", LD_PRELOAD=str(chmod_ignored))
    assert ran.code == 0
    assert "its mode is now" not in ran.err
    assert ran.err.count("stays so") == 1
    again = home.run("token", LD_PRELOAD=str(chmod_ignored))
    assert (again.code, again.err) == (0, "")
