"""The SSH session the person came through, and how its other end reaches this machine."""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

SSH_PORT = 22


@dataclass(frozen=True)
class SshSession:
    """The connection as sshd sees it; an address is empty where it is not known."""

    client_address: str = ""
    server_address: str = ""
    server_port: int = SSH_PORT


def session(variables: Mapping[str, str]) -> SshSession | None:
    """The session that SSH_CONNECTION, SSH_CLIENT or SSH_TTY speak of; None where none does.

    ssh(1): SSH_CONNECTION is client address, client port, server address, server port.
    The older SSH_CLIENT is client address, client port, server port.
    """
    connection = variables.get("SSH_CONNECTION", "").split()
    if len(connection) == 4:
        return SshSession(_address(connection[0]), _address(connection[2]), _port(connection[3]))
    client = variables.get("SSH_CLIENT", "").split()
    if len(client) == 3:
        return SshSession(client_address=_address(client[0]), server_port=_port(client[2]))
    # Present but not understood (some servers write "UNKNOWN"): it is SSH all the same.
    return SshSession() if connection or client or variables.get("SSH_TTY") else None


def address_is_known(ssh: SshSession) -> bool:
    """Whether the person's own machine most likely reaches the server at its address.

    The client really connected to this address, so nothing works more surely: no DNS, no search
    domain. But not where something stands between the two: a forwarded port or a container
    (loopback), a public client that cannot have reached a private address (NAT, a cloud
    instance), an address that means nothing without its interface (link-local).
    """
    server = _parsed(ssh.server_address)
    if server is None or server.is_loopback or server.is_link_local or server.is_unspecified:
        return False
    client = _parsed(ssh.client_address)
    return not (server.is_private and client is not None and client.is_global)


def forward_command(ssh: SshSession | None, user: str, host: str, port: int) -> str:
    """The line to type on the person's own machine, so that its ``port`` ends here.

    ``host`` is this machine's name, used where the address is not :func:`address_is_known`.
    ExitOnForwardFailure: where the port is taken over there, ssh says so and ends, instead of
    staying without a use.
    """
    reached = ssh.server_address if ssh is not None and address_is_known(ssh) else host
    # "localhost", not 127.0.0.1, at the far end: the listener may have either family only.
    words = ["ssh", "-N", "-o", "ExitOnForwardFailure=yes", "-L", tunnel(port)]
    if ssh is not None and ssh.server_port != SSH_PORT:
        words += ["-p", str(ssh.server_port)]
    # ssh splits at the last @ and takes an IPv6 address without brackets here.
    return shlex.join([*words, f"{user}@{reached}"])


def tunnel(port: int) -> str:
    return f"{port}:localhost:{port}"


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _address(text: str) -> str:
    """The address itself: sshd on a dual socket may say ``::ffff:10.0.0.7``; none: empty."""
    address = _parsed(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return "" if address is None else str(address)


def _port(text: str) -> int:
    return int(text) if text.isdecimal() and 0 < int(text) < 65_536 else SSH_PORT
