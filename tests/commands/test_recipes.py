"""The lines of ``wtr help scripts``, each tried with the program it is for."""

from __future__ import annotations

import base64
import json
import os
import shlex
import shutil
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.home import Home, Ran
from tests.support.programs import required
from tests.support.waiting import PATIENCE
from tests.support.webex import Rules, Sandbox
from wtr_tui.commands import help_
from wtr_tui.commands.export import _systemd_line
from wtr_tui.text import dotenv_line, shell_export


def blocks(heading: str) -> list[str]:
    """The pieces of code below a heading ("" for the first ones), an empty line between them."""
    text = help_.topic_text("scripts")
    if heading:
        text = text.partition(f"\n{heading}\n")[2]
    pieces: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.isupper():
            break
        if line.startswith("    "):
            pieces[-1].append(line)
        elif pieces[-1]:
            pieces.append([])
    return [textwrap.dedent("\n".join(piece)) for piece in pieces if piece]


@pytest.fixture
def token(home: Home, sandbox: Sandbox) -> str:
    """A good token, and ``wtr`` on the PATH."""
    sandbox.rules = Rules(access_lifetime=timedelta(hours=1), person_visible=True)
    home.configure(sandbox)
    programs = home.folder / "bin"
    programs.mkdir()
    wtr = programs / "wtr"
    wtr.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m wtr_tui "$@"\n')
    wtr.chmod(0o755)
    home.extra["PATH"] = f"{programs}:{os.environ['PATH']}"
    return home.sign_in(sandbox)


def shell(home: Home, sandbox: Sandbox, script: str) -> Ran:
    """Runs the lines as they stand, but for the address of Webex."""
    done = subprocess.run(
        ["sh", "-e", "-c", script.replace("https://webexapis.com/v1", sandbox.base_url)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=home.environ,
        cwd=home.folder,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def present(name: str) -> str:
    """A program that is in no Debian, so that only some machines have it."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def authorizations(sandbox: Sandbox) -> list[str | None]:
    return [request.headers.get("authorization") for request in sandbox.requests_to("people/me")]


def test_curl(home: Home, sandbox: Sandbox, token: str) -> None:
    required("curl")
    script = blocks("")[0] + '\ntest -n "$WEBEX_ACCESS_TOKEN"'
    ran = shell(home, sandbox, script)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["displayName"]
    assert authorizations(sandbox) == [f"Bearer {token}"]


def test_httpie(home: Home, sandbox: Sandbox, token: str) -> None:
    required("http")
    (script,) = blocks("HTTPIE")
    ran = shell(home, sandbox, script)
    assert ran.code == 0, ran.err
    assert authorizations(sandbox) == [f"Bearer {token}"]


def test_a_shell_takes_the_export(home: Home, sandbox: Sandbox, token: str) -> None:
    script = blocks("")[2].splitlines()[0]
    assert "export --format env" in script
    assert shell(home, sandbox, f"{script}\necho $WEBEX_ACCESS_TOKEN").out == f"{token}\n"


def test_a_dotenv_file_that_git_leaves_alone(home: Home, sandbox: Sandbox, token: str) -> None:
    ignore, dotenv, docker, run = blocks("")[3].splitlines()
    required("git")
    ran = shell(home, sandbox, f"git init -q .\n{ignore}\n{dotenv}\ngit check-ignore .env")
    assert (ran.code, ran.out) == (0, ".env\n"), ran.err
    assert f"WEBEX_ACCESS_TOKEN={token}\n" in (home.folder / ".env").read_text()
    read_back = shell(home, sandbox, "set -a; . ./.env; printenv WEBEX_ACCESS_TOKEN")
    assert read_back.out == f"{token}\n"

    assert shell(home, sandbox, docker).code == 0
    lines = (home.folder / "webex.env").read_text().splitlines()
    assert lines[0] == f"WEBEX_ACCESS_TOKEN={token}"
    assert not any(line.startswith("export ") for line in lines)
    present("docker")
    ran = shell(home, sandbox, run)
    # Read before the daemon is asked, which is not there or does not know the image.
    assert "env file" not in ran.err
    assert "poorly formatted" not in ran.err
    (home.folder / "webex.env").write_text("not a variable=\n")
    assert "whitespace" in shell(home, sandbox, run).err


@pytest.mark.parametrize(
    ("value", "dotenv", "systemd"),
    [
        ("aZ09_-.=/+", "N=aZ09_-.=/+", "N=aZ09_-.=/+"),
        ("a$b", "N='a$b'", 'N="a\\$b"'),
        ('a"b\\', "N='a\"b\\'", 'N="a\\"b\\\\"'),
        ("a'b", 'N="a\'b"', 'N="a\'b"'),
        ("#a", "N='#a'", 'N="#a"'),
    ],
)
def test_values_are_quoted_only_where_a_reader_would_take_them_otherwise(
    value: str, dotenv: str, systemd: str
) -> None:
    assert dotenv_line("N", value) == dotenv
    assert _systemd_line("N", value) == systemd
    for line in (dotenv, shell_export("N", value)):  # a shell reads both alike
        ran = subprocess.run(
            ["sh", "-c", f'{line}; printf %s "$N"'], capture_output=True, text=True, check=True
        )
        assert ran.stdout == value


def test_docker_and_systemd_read_lines_without_quotes(
    home: Home, sandbox: Sandbox, token: str
) -> None:
    docker = home.run("export", "--format", "docker").out
    assert docker == home.run("export", "--format", "systemd").out
    names = [line.partition("=")[0] for line in docker.splitlines()]
    assert names == ["WEBEX_ACCESS_TOKEN", "WEBEX_TOKEN", "WEBEX_ACCESS_TOKEN_EXPIRES_AT"]
    assert not set(docker) & set("\"'\\ ")
    assert home.run("export", "--format", "docker").out.splitlines()[0].endswith(token)


def test_header_json_is_one_object_and_nothing_else(
    home: Home, sandbox: Sandbox, token: str
) -> None:
    ran = home.run("token", "--header-json")
    assert ran == Ran(0, json.dumps({"Authorization": f"Bearer {token}"}) + "\n", "")
    assert home.run("token", "--header-json", "--json").code == 2


def test_mcp_clients(home: Home, sandbox: Sandbox, token: str) -> None:
    claude, cursor, codex = blocks("MCP CLIENTS")
    helper = json.loads(claude)["mcpServers"]["webex"]["headersHelper"]
    assert json.loads(shell(home, sandbox, helper).out) == {"Authorization": f"Bearer {token}"}
    header = json.loads(cursor)["mcpServers"]["webex"]["headers"]["Authorization"]
    assert header == "Bearer ${env:WEBEX_ACCESS_TOKEN}"
    if sys.version_info >= (3, 11):
        import tomllib

        settings = tomllib.loads(codex)["mcp_servers"]["webex"]
        assert settings["bearer_token_env_var"] == "WEBEX_ACCESS_TOKEN"
    ran = shell(home, sandbox, "wtr exec -- printenv WEBEX_ACCESS_TOKEN")
    assert ran.out == f"{token}\n"


def test_ansible(home: Home, sandbox: Sandbox, token: str) -> None:
    required("ansible-playbook")
    (playbook,) = blocks("ANSIBLE")
    (home.folder / "play.yaml").write_text(
        playbook.replace("https://webexapis.com/v1", sandbox.base_url).replace(
            "hosts: localhost", "hosts: localhost\n  connection: local\n  gather_facts: false"
        )
    )
    # By itself it writes into the home that the list of users names, whatever $HOME says.
    ran = shell(
        home,
        sandbox,
        'ANSIBLE_REMOTE_TEMP="$HOME/ansible" ansible-playbook -i localhost, play.yaml',
    )
    assert ran.code == 0, ran.out + ran.err
    assert authorizations(sandbox) == [f"Bearer {token}"]
    assert token not in ran.out + ran.err


def test_terraform(home: Home, sandbox: Sandbox, token: str) -> None:
    terraform = present("terraform")
    variable, run, source = blocks("TERRAFORM")
    folder = home.folder / "plan"
    folder.mkdir()
    # What it makes of the variable is seen by a check: the value itself is shown nowhere.
    (folder / "main.tf").write_text(
        f'{variable}\n\ncheck "token" {{\n  assert {{\n'
        f"    condition     = length(var.webex_token) == {len(token)}\n"
        '    error_message = "another token"\n  }\n}\n'
    )
    ran = shell(home, sandbox, f"cd plan\n{run}")
    assert ran.code == 0, ran.err
    assert token not in ran.out
    assert "another token" not in ran.out + ran.err
    (folder / "main.tf").write_text(f"{source}\n")
    checked = subprocess.run([terraform, f"-chdir={folder}", "fmt", "-check"], check=False)
    assert checked.returncode == 0

    program = source.partition("[")[2].partition("]")[0]
    words = [word.strip(' "') for word in program.split(",")]
    assert words == ["wtr", "token", "--header-json"]
    # The provider gives a JSON object on standard input, and takes one whose values are strings.
    ran = home.run(*words[1:], stdin="{}")
    assert all(isinstance(value, str) for value in json.loads(ran.out).values())


def test_kubernetes(home: Home, sandbox: Sandbox, token: str) -> None:
    present("kubectl")
    (script,) = blocks("KUBERNETES")
    made, _, applied = script.rpartition(" |\n")
    assert applied.strip() == "kubectl apply -f -"
    ran = shell(home, sandbox, made)
    assert ran.code == 0, ran.err
    (line,) = (line for line in ran.out.splitlines() if line.startswith("  token: "))
    assert base64.b64decode(line.partition(": ")[2]).decode() == token


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze = required("systemd-analyze")
    reader, *listener, server, start = blocks("SYSTEMD CREDENTIALS")
    assert start == "systemctl --user enable --now wtr-serve.socket"
    for name, unit in (
        ("report.service", reader),
        ("wtr-serve.socket", "\n\n".join(listener)),
        ("wtr-serve.service", server),
    ):
        for program in ("/usr/local/bin/report", "%h/.local/bin/wtr"):
            unit = unit.replace(program, "/bin/true")
        (tmp_path / name).write_text(f"{unit}\n")
    units = [str(path) for path in tmp_path.iterdir()]
    ran = subprocess.run(
        [analyze, "verify", "--man=no", *units], capture_output=True, text=True, timeout=PATIENCE
    )
    assert ran.returncode == 0, ran.stderr
    assert str(tmp_path) not in ran.stderr
