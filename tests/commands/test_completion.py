"""The completions, in the shells themselves."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pexpect
import pytest

from tests.support.home import Home
from tests.support.programs import required
from tests.support.waiting import PATIENCE
from wtr_tui.commands import COMMANDS
from wtr_tui.commands.export import FORMATS


@pytest.fixture
def profiles(home: Home) -> Home:
    for name in ("lab", "production"):
        home.settings_path(name).parent.mkdir(parents=True, exist_ok=True)
        home.settings_path(name).touch()
    return home


def script(home: Home, shell: str) -> Path:
    ran = home.run("completion", shell)
    assert ran.code == 0, ran.err
    path = home.folder / f"completion.{shell}"
    path.write_text(ran.out)
    return path


def in_bash(home: Home, *words: str) -> list[str]:
    quoted = " ".join(f"'{word}'" for word in ("wtr", *words))
    code = (
        f"source '{script(home, 'bash')}'; COMP_WORDS=({quoted}); COMP_CWORD={len(words)};"
        'COMPREPLY=(); _shtab_wtr; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    return _lines([required("bash"), "--norc", "-c", code], home)


def in_fish(home: Home, *words: str) -> list[str]:
    code = f"source '{script(home, 'fish')}'; complete -C 'wtr {' '.join(words)}'"
    lines = _lines([required("fish"), "--no-config", "-c", code], home)
    return [line.partition("\t")[0] for line in lines]


def test_both_names_of_the_program_are_completed(profiles: Home) -> None:
    code = f"source {script(profiles, 'bash')}; complete -p wtr-tui"
    assert _lines([required("bash"), "--norc", "-c", code], profiles)[0].endswith(
        "_shtab_wtr wtr-tui"
    )
    code = f"source {script(profiles, 'fish')}; complete -C 'wtr-tui refr'"
    assert _lines([required("fish"), "--no-config", "-c", code], profiles)[0].startswith("refresh")


def _lines(command: list[str], home: Home) -> list[str]:
    ran = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=home.environ,
        cwd=home.folder,
        check=True,
    )
    assert ran.stderr == ""
    return sorted(ran.stdout.split("\n")[:-1])


@pytest.mark.parametrize("complete", [in_bash, in_fish])
def test_commands_options_values_and_profiles_are_completed(
    profiles: Home, complete: object
) -> None:
    assert callable(complete)
    assert set(COMMANDS) <= set(complete(profiles, ""))
    assert complete(profiles, "ref") == ["refresh"]
    assert complete(profiles, "token", "--h") == ["--header", "--header-json", "--help"]
    assert complete(profiles, "--profile", "") == ["lab", "production"]
    assert complete(profiles, "token", "--profile", "p") == ["production"]
    assert complete(profiles, "--profile", "lab", "stat") == ["status"]
    assert complete(profiles, "export", "--format", "") == sorted(FORMATS)
    assert complete(profiles, "refresh", "--within", "") in ([], [""])
    assert {"bash", "fish", "zsh"} <= set(complete(profiles, "completion", ""))
    assert complete(profiles, "help", "sc") == ["scripts"]
    assert "completion." in complete(profiles, "import", "comp")[0]


@pytest.mark.parametrize("complete", [in_bash, in_fish])
def test_a_program_is_completed_as_it_would_be_without_wtr(
    profiles: Home, complete: object
) -> None:
    assert callable(complete)
    for name in ("afile", "another"):
        (profiles.folder / name).touch()
    for before in (("exec",), ("exec", "--")):
        assert "env" in complete(profiles, *before, "en")
        assert {"afile", "another"} <= set(complete(profiles, *before, "cat", "a"))


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("wtr exec -- printen", "wtr exec -- printenv "),
        ("wtr exec -- cat completion.z", "wtr exec -- cat completion.zsh "),
        ("wtr token --profile=prod", "wtr token --profile=production "),
        ("wtr refr", "wtr refresh "),
        ("wtr token --no", "wtr token --no-refresh "),
        ("wtr token --profile prod", "wtr token --profile production "),
        ("wtr --profile la", "wtr --profile lab "),
        ("wtr export --format wx", "wtr export --format wxc "),
        ("wtr completion ba", "wtr completion bash "),
        ("wtr help scr", "wtr help scripts "),
        ("wtr-tui refr", "wtr-tui refresh "),
    ],
)
def test_zsh_completes_them_too(profiles: Home, typed: str, completed: str) -> None:
    path = script(profiles, "zsh")
    shell = pexpect.spawn(
        required("zsh"),
        ["-f", "-i"],
        env={**profiles.environ, "TERM": "dumb"},
        encoding="utf-8",
        timeout=PATIENCE,
        dimensions=(24, 200),
        cwd=str(profiles.folder),
    )
    try:
        # The widget writes down what the line has become.
        shell.sendline(
            "PS1='> '; autoload -U compinit; compinit -u -D; setopt no_beep;"
            f' eval "$(< {shlex.quote(str(path))})"; shown() {{ print -r -- "[$BUFFER]" > line; }};'
            " zle -N shown; bindkey '^X^O' shown; print rea'dy'"
        )
        shell.expect("ready\r")
        shell.send(f"{typed}\t\x18\x0f")
        line = profiles.folder / "line"
        shell.send("\x15print do'ne'\r")
        shell.expect("done\r")
        assert line.read_text() == f"[{completed}]\n"
    finally:
        shell.close(force=True)


def test_another_shell_is_wrong_usage(home: Home) -> None:
    assert home.run("completion", "tcsh").code == 2
    assert home.run("completion").code == 2
