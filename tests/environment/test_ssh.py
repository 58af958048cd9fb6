from __future__ import annotations

import shlex

import pytest

from wtr_tui.environment.surroundings import SshSession, Surroundings, ssh_session


@pytest.mark.parametrize(
    ("variables", "known"),
    [
        ({}, None),
        ({"SSH_CONNECTION": "", "SSH_TTY": ""}, None),
        ({"SSH_AUTH_SOCK": "/tmp/agent"}, None),
        (
            {"SSH_CONNECTION": "10.0.0.7 50000 10.0.0.1 22"},
            SshSession("10.0.0.7", "10.0.0.1", 22),
        ),
        (
            {"SSH_CONNECTION": "10.0.0.7 50000 10.0.0.1 2222", "SSH_TTY": "/dev/pts/0"},
            SshSession("10.0.0.7", "10.0.0.1", 2222),
        ),
        (
            {"SSH_CONNECTION": "2001:db8::7 50000 2001:db8::1 22"},
            SshSession("2001:db8::7", "2001:db8::1", 22),
        ),
        (
            {"SSH_CONNECTION": "::ffff:10.0.0.7 50000 ::ffff:10.0.0.1 22"},
            SshSession("10.0.0.7", "10.0.0.1", 22),
        ),
        (
            {"SSH_CONNECTION": "fe80::7%eth0 50000 fe80::1%eth0 22"},
            SshSession("fe80::7%eth0", "fe80::1%eth0", 22),
        ),
        ({"SSH_CLIENT": "10.0.0.7 50000 2222"}, SshSession("10.0.0.7", "", 2222)),
        ({"SSH_TTY": "/dev/pts/0"}, SshSession()),
        # Odd servers: still SSH, nothing more is claimed.
        ({"SSH_CONNECTION": "UNKNOWN 65535 UNKNOWN 65535"}, SshSession()),
        ({"SSH_CONNECTION": "10.0.0.7 50000 UNKNOWN 65535"}, SshSession("10.0.0.7")),
        ({"SSH_CLIENT": "UNKNOWN 65535 65535"}, SshSession()),
        ({"SSH_CONNECTION": "10.0.0.7 50000"}, SshSession()),
        ({"SSH_CONNECTION": "10.0.0.7 50000 10.0.0.1 ssh"}, SshSession("10.0.0.7", "10.0.0.1")),
        ({"SSH_CONNECTION": "10.0.0.7 5 $(id) 2222"}, SshSession("10.0.0.7", "", 22)),
        (
            {"SSH_CONNECTION": f"10.0.0.7 5 10.0.0.1 {'9' * 5_000}"},
            SshSession("10.0.0.7", "10.0.0.1"),
        ),
    ],
)
def test_the_variables_name_the_session(
    variables: dict[str, str], known: SshSession | None
) -> None:
    assert ssh_session(variables) == known


@pytest.mark.parametrize(
    ("client", "server", "known"),
    [
        ("10.0.0.7", "10.0.0.1", True),
        ("192.168.1.7", "10.0.0.1", True),
        ("9.9.9.9", "8.8.8.8", True),
        ("10.0.0.7", "8.8.8.8", True),
        ("100.64.0.7", "100.64.0.1", True),
        ("2600::7", "2600::1", True),
        ("fd00::7", "fd00::1", True),
        ("", "10.0.0.1", True),
        ("9.9.9.9", "10.0.0.1", False),  # NAT, a cloud instance
        ("2600::7", "fd00::1", False),
        ("127.0.0.1", "127.0.0.1", False),  # a forwarded port
        ("::1", "::1", False),
        ("fe80::7%eth0", "fe80::1%eth0", False),
        ("10.0.0.7", "0.0.0.0", False),
        ("10.0.0.7", "", False),
    ],
)
def test_the_address_is_used_only_where_the_client_can_have_reached_it(
    client: str, server: str, known: bool
) -> None:
    assert SshSession(client, server).server_is_reachable is known


NEAR = SshSession("10.0.0.7", "10.0.0.1", 22)


@pytest.mark.parametrize(
    ("ssh", "user", "end"),
    [
        (NEAR, "ada", "ada@10.0.0.1"),
        (SshSession("10.0.0.7", "10.0.0.1", 2222), "ada", "-p 2222 ada@10.0.0.1"),
        (SshSession("2600::7", "2600::1"), "ada", "ada@2600::1"),
        (SshSession("9.9.9.9", "10.0.0.1", 2222), "ada", "-p 2222 ada@jump"),
        (SshSession(), "ada", "ada@jump"),
        (ssh_session({"SSH_CONNECTION": "UNKNOWN 65535 UNKNOWN 65535"}), "ada", "ada@jump"),
        (None, "ada", "ada@jump"),
        (NEAR, "ada@corp.example", "ada@corp.example@10.0.0.1"),
        (NEAR, "CORP\\ada", "'CORP\\ada@10.0.0.1'"),
        (NEAR, "x;touch y", "'x;touch y@10.0.0.1'"),
    ],
)
def test_the_forward_command_can_be_pasted_into_a_shell(
    ssh: SshSession | None, user: str, end: str
) -> None:
    command = Surroundings(ssh, user=user, host="jump").forward_command(6855)

    start = "ssh -N -o ExitOnForwardFailure=yes -L 6855:localhost:6855 "
    assert command == start + end
    assert shlex.split(command)[-1].startswith(f"{user}@")
