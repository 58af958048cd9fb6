from __future__ import annotations

import pytest

from wtr_tui.environment.surroundings import (
    ParentProcesses,
    SshSession,
    Surroundings,
    SystemFacts,
    infer,
)

CONNECTION = "10.0.0.7 50000 10.0.0.1 22"
EARLIER = "10.0.0.8 50000 10.0.0.1 22"
SSH = SshSession("10.0.0.7", "10.0.0.1", 22)
TMUX = {"TMUX": "/tmp/tmux-1000/default,1,0", "TMUX_PANE": "%0"}
VSCODE = {
    "TERM_PROGRAM": "vscode",
    "VSCODE_IPC_HOOK_CLI": "/run/user/1000/vscode-ipc.sock",
    "BROWSER": "/home/ada/.vscode-server/bin/helpers/browser.sh",
}
HERE = SystemFacts(terminal=True, user="ada", host="jump")
UNDER_SSHD = ParentProcesses(("bash", "sshd", "sshd"), "ada", {"SSH_CONNECTION": CONNECTION})
AT_THE_DESK = ParentProcesses(("tmux: client", "bash", "gnome-terminal-"))


@pytest.mark.parametrize(
    ("environ", "facts", "ssh"),
    [
        pytest.param({}, HERE, None, id="nothing-tells-of-ssh"),
        pytest.param({"SSH_CONNECTION": CONNECTION}, HERE, SSH, id="plain-ssh"),
        pytest.param({"SSH_TTY": "/dev/pts/0"}, HERE, SshSession(), id="only-tty"),
        pytest.param({}, HERE._replace(parents=UNDER_SSHD), SSH, id="sudo"),
        pytest.param(
            {},
            HERE._replace(parents=ParentProcesses(("sudo", "bash", "sshd-session"))),
            SshSession(),
            id="sudo-to-another-account",
        ),
        pytest.param(
            {**TMUX, "SSH_CONNECTION": EARLIER},
            HERE._replace(tmux_client=UNDER_SSHD, tmux_connection=CONNECTION),
            SSH,
            id="tmux-attached-by-a-later-login",
        ),
        pytest.param(
            {**TMUX, "SSH_CONNECTION": EARLIER},
            HERE._replace(tmux_client=AT_THE_DESK, tmux_connection=""),
            None,
            id="tmux-opened-over-ssh-attached-at-the-desk",
        ),
        pytest.param(
            TMUX,
            HERE._replace(tmux_client=UNDER_SSHD, tmux_connection=CONNECTION),
            SSH,
            id="tmux-opened-at-the-desk-attached-over-ssh",
        ),
        pytest.param(
            TMUX,
            HERE._replace(tmux_client=ParentProcesses(("tmux: client", "sudo", "sshd"))),
            SshSession(),
            id="tmux-attached-through-sudo",
        ),
        pytest.param(
            {**TMUX, "SSH_CONNECTION": EARLIER},
            HERE._replace(tmux_client=ParentProcesses(), tmux_connection=CONNECTION),
            SSH,
            id="tmux-without-proc",
        ),
        pytest.param(
            {**TMUX, "SSH_CONNECTION": EARLIER},
            HERE._replace(tmux_client=ParentProcesses(), tmux_connection=""),
            None,
            id="tmux-without-proc-attached-at-the-desk",
        ),
        pytest.param(
            {**TMUX, "SSH_CONNECTION": CONNECTION},
            HERE,
            SSH,
            id="tmux-that-does-not-answer",
        ),
    ],
)
def test_ssh_is_known_by_the_best_evidence(
    environ: dict[str, str], facts: SystemFacts, ssh: SshSession | None
) -> None:
    seen = infer(environ, facts)

    assert seen.ssh == ssh


@pytest.mark.parametrize(
    ("environ", "facts", "expected"),
    [
        ({}, HERE, {}),
        ({"DISPLAY": ":0"}, HERE, {"display": True}),
        ({"DISPLAY": ""}, HERE, {}),
        ({"WAYLAND_DISPLAY": "wayland-0"}, HERE, {"display": True}),
        ({}, HERE._replace(platform="darwin"), {"macos": True, "display": True}),
        (TMUX, HERE, {"tmux": True, "tmux_commands": True}),
        # sudo took $TMUX away: we are in it, but do not command it.
        ({}, HERE._replace(parents=ParentProcesses(("sudo", "tmux: server"))), {"tmux": True}),
        ({"STY": "1.pts-0.jump"}, HERE, {"screen": True}),
        ({}, HERE._replace(parents=ParentProcesses(("sudo", "screen"))), {"screen": True}),
        ({"TERM_PROGRAM": "vscode"}, HERE, {"vscode": True}),
        (VSCODE, HERE, {"vscode": True, "vscode_helper": True}),
        ({"BROWSER": "firefox"}, HERE, {}),
        ({"WSL_DISTRO_NAME": "Debian"}, HERE, {"wsl": True}),
        ({}, HERE._replace(kernel="Linux version 5.15-Microsoft-standard"), {"wsl": True}),
        (
            {},
            HERE._replace(kernel="Linux version 5.15-microsoft-standard", container=True),
            {"container": True},
        ),
        ({}, HERE._replace(container=True), {"container": True}),
        ({"container": "podman"}, HERE, {"container": True}),
        ({"TERM": "xterm"}, HERE, {}),
        ({"TERM": "dumb"}, HERE, {"terminal": False}),
        ({"TERM": "xterm"}, HERE._replace(terminal=False), {"terminal": False}),
        ({"SUDO_USER": "ada"}, HERE._replace(user="root"), {}),
        ({}, HERE._replace(user="root"), {"user": "root"}),
        (
            {"SSH_CONNECTION": CONNECTION},
            HERE._replace(parents=ParentProcesses(("bash", "mosh-server"))),
            {"ssh": SSH, "mosh": True},
        ),
    ],
)
def test_the_rest_is_read_off_the_environment_and_the_facts(
    environ: dict[str, str], facts: SystemFacts, expected: dict[str, object]
) -> None:
    plainly = {"terminal": True, "user": "ada", "host": "jump"}

    assert infer(environ, facts) == Surroundings(**{**plainly, **expected})  # type: ignore[arg-type]  # a table of fields


def test_the_account_is_the_one_sshd_logged_in() -> None:
    root = HERE._replace(user="root", parents=UNDER_SSHD)

    assert infer({"SUDO_USER": "grace"}, root).user == "ada"
    assert infer(TMUX, root._replace(tmux_client=ParentProcesses(("a",), "grace"))).user == "grace"


@pytest.mark.parametrize("name", ["a\x1b[31mda", "a\x07da\n", "\x9bada"])
def test_names_of_accounts_and_machines_cannot_command_the_terminal(name: str) -> None:
    facts = HERE._replace(user=name, host=name)
    sudo = {"SUDO_USER": name}

    for seen in (infer(sudo, facts), infer({}, facts)):
        line = seen.forward_command(6855)

        assert line.isprintable()
        assert "da" in line


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (Surroundings(), "at this machine's console"),
        (Surroundings(display=True), "at this machine's desktop"),
        (Surroundings(ssh=SSH), "over SSH from 10.0.0.7"),
        (Surroundings(ssh=SshSession(), display=True), "over SSH"),
        (Surroundings(ssh=SSH, tmux=True), "over SSH from 10.0.0.7, in tmux"),
        (Surroundings(ssh=SSH, vscode=True), "over SSH from 10.0.0.7, in VS Code"),
        (Surroundings(container=True, screen=True), "in a container, in screen"),
        (Surroundings(wsl=True), "in WSL"),
    ],
)
def test_the_place_in_words(seen: Surroundings, words: str) -> None:
    assert seen.describe() == words


@pytest.mark.parametrize(
    ("seen", "setting", "opens"),
    [
        (Surroundings(), "auto", False),
        (Surroundings(display=True), "auto", True),
        (Surroundings(wsl=True), "auto", True),
        (Surroundings(ssh=SSH), "auto", False),
        (Surroundings(ssh=SSH, display=True), "auto", False),  # X forwarding, or a desktop there
        (Surroundings(ssh=SSH, wsl=True), "auto", False),
        (Surroundings(ssh=SSH, vscode=True), "auto", False),
        (Surroundings(ssh=SSH, vscode_helper=True), "auto", True),
        (Surroundings(container=True, vscode_helper=True), "auto", True),
        (Surroundings(container=True), "auto", False),
        (Surroundings(display=True), "never", False),
        (Surroundings(vscode_helper=True), "never", False),
        (Surroundings(ssh=SSH), "always", True),
    ],
)
def test_a_browser_is_opened_only_where_the_person_sees_it(
    seen: Surroundings, setting: str, opens: bool
) -> None:
    assert seen.should_open_browser(setting) is opens


def test_the_forward_command_says_what_it_does_not_know() -> None:
    reached = Surroundings(ssh=SSH, user="ada", host="jump")
    behind_nat = Surroundings(ssh=SshSession("9.9.9.9", "10.0.0.1"), user="ada", host="jump")

    assert reached.forward_command(6855).endswith(" -L 6855:localhost:6855 ada@10.0.0.1")
    assert "jump host" in reached.forward_note()
    assert behind_nat.forward_command(6855).endswith(" ada@jump")
    assert "guess" in behind_nat.forward_note()
    assert Surroundings().forward_command(6855).endswith(" USER@HOST")


@pytest.mark.parametrize(
    ("seen", "exists"),
    [
        (Surroundings(ssh=SSH), True),
        (Surroundings(ssh=SSH, tmux=True), True),
        (Surroundings(ssh=SSH, mosh=True), False),
        (Surroundings(ssh=SSH, vscode_helper=True), False),
        (Surroundings(), False),
    ],
)
def test_the_escape_line_names_its_condition_and_only_where_ssh_reads_keys(
    seen: Surroundings, exists: bool
) -> None:
    line = seen.escape_line(6855)

    assert bool(line) is exists
    if exists:
        assert "~C" in line
        assert "-L 6855:localhost:6855" in line
        assert "EnableEscapeCommandline" in line
