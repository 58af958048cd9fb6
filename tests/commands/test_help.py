"""What the program says of itself: ``--help`` and ``wtr help TOPIC``, under the name it has."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.programs import required
from tests.support.waiting import PATIENCE
from wtr_tui.cli import main
from wtr_tui.commands import COMMANDS, help_, parsers
from wtr_tui.commands.output import wrap_help
from wtr_tui.storage.settings import load
from wtr_tui.storage.settings_table import ON_TOKEN, SETTINGS

TOPICS = help_.topics()


def code_of(topic: str) -> str:
    """The lines of a topic that are there to be copied, as one text."""
    lines = help_.topic_text(topic).splitlines()
    return "\n".join(line[4:] for line in lines if line.startswith("    ") or not line)


def commands_of(topic: str) -> list[str]:
    """Each ``wtr COMMAND …`` in a topic's code, without what a shell does around it."""
    found = re.finditer(r"(?<![\w-])wtr ((?:[\w.@/-]+ ?)+)", code_of(topic))
    return [line[1].strip() for line in found if line[1].split()[0] in COMMANDS]


def called_as(name: str, home: Home, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs the program by a script of this name, as pip installs it."""
    script = home.folder / name
    script.write_text("import sys\nfrom wtr_tui.cli import main\nsys.exit(main())\n")
    return subprocess.run(
        [sys.executable, str(script), *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=home.environ,
        check=False,
    )


@pytest.mark.parametrize("name", ["wtr", "wtr-tui"])
def test_the_program_speaks_of_itself_by_the_name_it_was_called_by(home: Home, name: str) -> None:
    assert called_as(name, home, "--help").stdout.startswith(f"usage: {name} [")
    assert called_as(name, home, "token", "--help").stdout.startswith(f"usage: {name} token [")
    refused = called_as(name, home, "--nope")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.splitlines() == [
        f"usage: {name} [option …] [COMMAND …]",
        f"{name}: error: unrecognized arguments: --nope",
    ]
    unknown = called_as(name, home, "nope")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert unknown.stderr.startswith(f"{name}: There is no command 'nope'.")
    value = called_as(name, home, "--theme", "x")
    assert value.stderr.endswith(f"{name}: error: unrecognized arguments: --theme\n")


def test_another_name_is_not_taken_over(home: Home) -> None:
    assert called_as("webex", home, "--help").stdout.startswith("usage: wtr [")


@pytest.fixture(params=[60, 80])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("COLUMNS", str(request.param))
    assert isinstance(request.param, int)
    return request.param


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_is_wrapped_at_words(name: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def shown() -> str:
        return (parsers.command_parser(name)[0] if name else parsers.screens_parser()).format_help()

    wrapped = shown()
    assert max(map(len, wrapped.splitlines())) <= width
    monkeypatch.setenv("COLUMNS", "1000")
    assert set(wrapped.split()) == set(shown().split())


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_fits_the_terminal(
    topic: str, width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["help", topic]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert max(map(len, shown.out.splitlines())) <= width
    assert shown.out.split() == help_.topic_text(topic).split()


def test_a_topic_is_not_wider_than_can_be_read(home: Home) -> None:
    assert max(map(len, home.run("help", "ssh", COLUMNS="250").out.splitlines())) <= 100


def test_code_stays_in_one_piece_on_the_narrowest_terminal() -> None:
    line = "    wtr token --header | curl -H @- https://webexapis.com/v1/people/me"
    assert wrap_help(f"In a script\n\n{line}\n", 20) == f"In a script\n\n{line}"


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two\nthree", 30, ["one two three"]),
        ("one two\nthree", 8, ["one two", "three"]),
        ("HEADING\nits text\ngoes on", 30, ["HEADING", "its text goes on"]),
        ("  a  b\n  c  d", 40, ["  a  b", "  c  d"]),
        ("  term  its text\n    goes on", 40, ["  term  its text goes on"]),
        (
            "  key  a text that is broken at blanks",
            36,
            ["  key  a text that is broken at", " " * 7 + "blanks"],
        ),
        ("  key  a text that goes below", 24, ["  key", "      a text that goes", "      below"]),
        ("  a term alone\nthen a text", 30, ["  a term alone", "then a text"]),
        ("a-word-of-hyphens stays", 12, ["a-word-of-hyphens", "stays"]),
    ],
)
def test_the_layout(text: str, width: int, lines: list[str]) -> None:
    assert wrap_help(text, width).splitlines() == lines


def test_without_a_topic_all_are_listed(home: Home) -> None:
    assert set(TOPICS) >= {"ssh", "scripts", "timer", "files", "security", "settings"}
    listed = home.run("help").out
    for topic in TOPICS:
        assert f"\n  {topic} " in listed
        assert help_.topic_text(topic).splitlines()[0] in listed


def test_the_name_of_a_command_shows_what_it_takes(home: Home) -> None:
    assert home.run("help", "token").out == home.run("token", "--help").out


def test_each_shell_has_its_line_in_the_help_of_completion(home: Home) -> None:
    shown = [line.split()[:2] for line in home.run("help", "completion").out.splitlines()]
    assert ["bash", "eval"] in shown
    assert ["zsh", "eval"] in shown
    assert ["fish", "wtr"] in shown


def test_an_unknown_topic_is_wrong_usage(home: Home) -> None:
    refused = home.run("help", "nope")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("wtr: There is no topic 'nope'. There are files, ")
    assert home.run("help", "scirpts").err == (
        "wtr: There is no topic 'scirpts'. Did you mean scripts?\n"
    )


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if commands_of(topic)])
def test_the_program_takes_each_command_of_a_topic(topic: str) -> None:
    for line in commands_of(topic):
        name, *words = shlex.split(line)
        parsers.command_parser(name)[0].parse_args(words)


def test_there_are_commands_in_the_topics() -> None:
    named = {line.split()[0] for topic in TOPICS for line in commands_of(topic)}
    assert named >= {"token", "exec", "export", "refresh"}


def test_every_setting_is_explained_with_its_variables() -> None:
    explained = help_.topic_text("settings")
    for key in SETTINGS:
        assert re.search(rf"^  {key.name}  ", explained, re.MULTILINE), key.name
        for variable in key.variables:
            assert f"${variable}" in explained


def test_the_example_of_the_hook_is_a_setting(tmp_path: Path) -> None:
    path = tmp_path / "default.yaml"
    path.write_text(code_of("settings").rpartition("\n\n")[2])
    assert shlex.split(load(path, {})[ON_TOKEN])[-1] == "umask 077; cat > webex-token"


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze = required("systemd-analyze")
    code = code_of("timer")
    service = code[code.index("[Unit]") : code.rindex("[Unit]")]
    timer = code[code.rindex("[Unit]") : code.index("systemctl")]
    program = shutil.which("true")
    # Only what there is can be verified, and wtr need not be installed here.
    files = [tmp_path / "wtr-refresh.service", tmp_path / "wtr-refresh.timer"]
    files[0].write_text(service.replace("%h/.local/bin/wtr", f"{program}"))
    files[1].write_text(timer)
    done = subprocess.run(
        [analyze, "verify", *map(str, files)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    # It may have words about the machine's own units too.
    assert [line for line in done.stderr.splitlines() if "wtr-refresh" in line] == []
