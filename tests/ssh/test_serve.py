"""A token forwarded with ``ssh -R`` to a server that has none: two networks, and a real sshd."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.ssh.laptop import Laptop
from tests.ssh.network import SERVER_ADDRESS, Network
from tests.ssh.server import SshServer
from tests.support.home import PROGRAM, Home, Ran
from tests.support.programs import required
from tests.support.waiting import PATIENCE
from tests.support.webex import Rules, Sandbox
from wtr_tui.commands import help_


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laptop]:
    network = Network()
    folder = tmp_path / "sshd"
    folder.mkdir()
    server = SshServer(folder, address=SERVER_ADDRESS, inside=network.on_server)
    yield Laptop(network, server)
    server.stop()
    network.stop()


@pytest.fixture
def there(tmp_path: Path) -> Home:
    """The user's home on the server, with nothing in it."""
    folder = tmp_path / "there"
    folder.mkdir(mode=0o700)
    return Home(folder)


@pytest.fixture
def here(tmp_path: Path, sandbox: Sandbox) -> Home:
    """The user's home on the laptop, signed in."""
    folder = tmp_path / "here"
    (folder / "run").mkdir(parents=True, mode=0o700)
    home = Home(folder, {"XDG_RUNTIME_DIR": str(folder / "run")})
    sandbox.rules = Rules(access_lifetime=timedelta(hours=1))
    home.configure(sandbox)
    home.sign_in(sandbox)
    return home


@contextmanager
def serving(home: Home) -> Iterator[None]:
    """``wtr serve`` on the laptop, which reaches Webex."""
    process = home.start("serve")
    try:
        assert process.stderr is not None
        assert "Serving" in process.stderr.readline()
        yield
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def help_lines() -> list[str]:
    """The lines of ``wtr help ssh`` about the forwarded socket, continued ones in one piece."""
    _, _, section = help_.topic_text("ssh").partition("NO TOKEN ON THE SERVER AT ALL\n")
    code = [line[4:] for line in section.splitlines() if line.startswith("    ")]
    return "\n".join(code).replace("\\\n", "").splitlines()


def test_a_server_without_a_token_has_a_valid_one_through_ssh(
    laptop: Laptop, here: Home, there: Home, sandbox: Sandbox
) -> None:
    serve, named, clear, forward, export, command, *_ = help_lines()
    assert (serve, command) == ("wtr serve &", "wtr token")
    path = str(there.folder / "wtr.sock")
    server = laptop.server
    assert named == "socket=$XDG_RUNTIME_DIR/wtr-tui/default.sock"
    assert export == "export WTR_SOCKET=/run/user/1000/wtr.sock"

    def adapted(line: str) -> str:
        """As a user on this laptop would type it; the shell has expanded $socket."""
        line = line.replace("/run/user/1000/wtr.sock", path)
        line = line.replace("$socket", f"{here.extra['XDG_RUNTIME_DIR']}/wtr-tui/default.sock")
        return line.replace("you@server", f"-p {server.port} {server.user}@{server.address}")

    def on_server(*words: str) -> Ran:
        ran = subprocess.run(
            [*laptop.on_server, *PROGRAM, *words],
            env={**there.environ, "WTR_SOCKET": path},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    with serving(here):
        assert on_server("token").code == 4
        with laptop.running(adapted(forward)) as tunnel:
            assert tunnel.poll() is None
            token = str(here.stored_fields()["access_token"])
            assert on_server("token") == Ran(0, f"{token}\n", "")
            ran = on_server("exec", "--", "sh", "-c", 'echo "$WEBEX_ACCESS_TOKEN"')
            assert ran == Ran(0, f"{token}\n", "")
            ran_nc = subprocess.run(
                [*laptop.on_server, required("nc"), "-U", path],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE,
            )  # fmt: skip
            assert ran_nc.stdout == f"{token}\n"
            here.write_token({**here.stored_fields(), "expires_at": "2020-01-01T00:00:00Z"})
            ran = on_server("token")
            assert ran.out == f"{here.stored_fields()['access_token']}\n" != f"{token}\n"
            assert len(sandbox.requests_to("access_token")) == 1

        # The connection is broken: what it left behind blocks the next one until it is removed.
        assert Path(path).is_socket()
        assert on_server("token").code == 4
        with laptop.running(adapted(forward)) as refused:
            assert refused.wait(PATIENCE) != 0
        program, *rest = server.adapted(adapted(clear).replace(" rm ", " -- rm ", 1))
        subprocess.run([*laptop.inside, program, *rest], check=True, timeout=PATIENCE)
        with laptop.running(adapted(forward)) as tunnel:
            assert tunnel.poll() is None
            assert on_server("token").code == 0
    assert {file.name for file in there.folder.rglob("*")} == {"wtr.sock"}
    assert shlex.split(clear)[:2] == ["ssh", "you@server"]
