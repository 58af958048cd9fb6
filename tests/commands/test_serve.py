"""``wtr serve`` and those who read a token from its socket: real processes, a real socket."""

from __future__ import annotations

import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.support.home import PROGRAM, Home, Ran, Started, ended
from tests.support.programs import required
from tests.support.tokens import APP_ID, ORGANIZATION, USER_ID, a_jwt
from tests.support.waiting import PATIENCE, wait_until
from tests.support.webex import Fault, Rules, Sandbox
from wtr_tui.commands.serve import serve
from wtr_tui.environment import token_socket
from wtr_tui.errors import StorageError, TemporaryError, UnsafeFile

EXPIRED = timedelta(seconds=-60)
NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")


@pytest.fixture
def runtime(home: Home) -> Path:
    folder = home.folder / "run"
    folder.mkdir(mode=0o700)
    home.extra["XDG_RUNTIME_DIR"] = str(folder)
    return folder


@pytest.fixture
def path(runtime: Path) -> Path:
    return runtime / "wtr-tui" / "default.sock"


@pytest.fixture
def webex(home: Home, sandbox: Sandbox) -> Sandbox:
    sandbox.rules = Rules(access_lifetime=timedelta(hours=1), person_visible=True)
    home.configure(sandbox)
    return sandbox


@contextmanager
def serving(home: Home, *words: str, **variables: str) -> Iterator[Started]:
    process = home.start("serve", *words, cold=False, **variables)
    try:
        assert process.stderr is not None
        told = process.stderr.readline()
        assert "Serving the profile" in told, told + process.stderr.read()
        yield process
    finally:
        process.terminate()
        ended(process)


def read(path: Path) -> str:
    """What a reader without any protocol gets: systemd's LoadCredential= does the same."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(str(path))
        content = b""
        while piece := connection.recv(4096):
            content += piece
    return content.decode()


def test_whoever_connects_reads_one_token_and_a_line_feed(
    home: Home, webex: Sandbox, path: Path
) -> None:
    token = home.sign_in(webex)
    with serving(home):
        assert read(path) == f"{token}\n"
        assert stat.S_IMODE(path.lstat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.lstat().st_mode) == 0o700
    assert not path.exists()
    assert not webex.requests


@pytest.mark.parametrize(
    "command",
    [
        ["nc", "-U", "{path}"],
        ["socat", "-u", "UNIX-CONNECT:{path}", "-"],
        [sys.executable, "-c", "import socket; s = socket.socket(1); s.connect('{path}');"
         "print(s.makefile().read(), end='')"],
    ],
    ids=["nc", "socat", "python"],
)  # fmt: skip
def test_it_needs_no_protocol(home: Home, webex: Sandbox, path: Path, command: list[str]) -> None:
    token = home.sign_in(webex)
    program = required(command[0])
    words = [word.format(path=path) for word in command[1:]]
    with serving(home):
        ran = subprocess.run(
            [program, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
    assert ran.stdout == f"{token}\n"


def test_a_reader_like_systemd_names_itself_and_shuts_its_side(
    home: Home, webex: Sandbox, path: Path
) -> None:
    """``LoadCredential=`` binds an abstract address that names unit and credential, and reads."""
    if sys.platform != "linux":
        pytest.skip("abstract addresses are Linux's")
    token = home.sign_in(webex)
    with serving(home), socket.socket(socket.AF_UNIX) as reader:
        reader.bind(f"\0{os.urandom(8).hex()}/unit/report.service/webex")
        reader.connect(str(path))
        reader.shutdown(socket.SHUT_WR)
        reader.settimeout(PATIENCE)
        assert reader.makefile().read() == f"{token}\n"


def test_it_refreshes_when_needed_and_once_for_many(home: Home, webex: Sandbox, path: Path) -> None:
    home.sign_in(webex)
    with serving(home):
        read(path)
        fields = home.stored_fields()
        home.write_token({**fields, "expires_at": "2020-01-01T00:00:00Z"})
        webex.faults.next("access_token", Fault(delay=0.5))
        with ThreadPoolExecutor(50) as threads:
            given = set(threads.map(lambda _: read(path), range(50)))
        assert given == {f"{home.stored_fields()['access_token']}\n"}
    assert len(webex.requests_to("access_token")) == 1
    assert str(home.stored_fields()["refresh_token"]) not in "".join(given)


def test_the_state_folder_is_taken_without_a_runtime_folder(sandbox: Sandbox) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as short:  # a socket's path is a short one
        home = Home(Path(short))
        home.configure(sandbox)
        token = home.sign_in(sandbox)
        with serving(home):
            assert read(home.token_path().parent / "run" / "default.sock") == f"{token}\n"


def test_another_path_and_profile(home: Home, webex: Sandbox, runtime: Path) -> None:
    home.configure(webex, "work")
    token = home.sign_in(webex, "work")
    with serving(home, "--profile", "work", "--socket", "run/w.sock"):
        assert read(runtime / "w.sock") == f"{token}\n"


def test_a_stale_socket_is_replaced(home: Home, webex: Sandbox, path: Path) -> None:
    token = home.sign_in(webex)
    with serving(home) as first:
        first.kill()
        first.wait()
        assert path.exists()
        with serving(home):
            assert read(path) == f"{token}\n"


def test_a_second_server_is_refused_and_harms_nothing(
    home: Home, webex: Sandbox, path: Path
) -> None:
    token = home.sign_in(webex)
    with serving(home) as first:
        second = home.run("serve")
        assert (second.code, second.out) == (4, "")
        assert f"Another wtr serve (process {first.pid}) serves {path} already." in second.err
        assert read(path) == f"{token}\n"


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_is_no_socket_is_left_alone(home: Home, webex: Sandbox, path: Path, kind: str) -> None:
    home.sign_in(webex)
    path.parent.mkdir(mode=0o700)
    if kind == "file":
        path.write_text("mine")
    else:
        path.symlink_to(home.token_path())
    refused = home.run("serve")
    assert refused.code == 1
    assert "is in the way" in refused.err
    assert path.is_symlink() or path.read_text() == "mine"


def test_a_path_that_no_socket_can_have_is_refused(home: Home, webex: Sandbox) -> None:
    refused = home.run("serve", "--socket", "x" * 120)
    assert refused.code == 1
    assert "Choose a shorter one" in refused.err


def test_a_signal_that_does_not_interrupt_the_waiting_ends_it(tmp_path: Path) -> None:
    """As one that comes just before the waiting begins; here another thread gets it."""
    path = tmp_path / "s"
    late = threading.Event()

    def read_and_signal() -> None:
        assert read(path) == "the-token\n"
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        if late.wait(PATIENCE):
            return
        read(path)  # wakes it

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        reader = threading.Thread(target=read_and_signal)
        reader.start()
        begun = time.monotonic()
        assert serve(server, lambda: "the-token", "Serving.") == 0
        assert time.monotonic() - begun < PATIENCE
        late.set()
        reader.join()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_and_the_socket_is_gone(
    home: Home, webex: Sandbox, path: Path, number: int, code: int
) -> None:
    home.sign_in(webex)
    with serving(home) as process:
        process.send_signal(number)
        assert process.wait(PATIENCE) == code
        assert not path.exists()


def test_a_refresh_in_flight_is_saved_before_it_ends(
    home: Home, webex: Sandbox, path: Path
) -> None:
    home.sign_in(webex)
    with serving(home) as process:
        read(path)
        home.write_token({**home.stored_fields(), "expires_at": "2020-01-01T00:00:00Z"})
        webex.faults.next("access_token", Fault(delay=1.0))
        with socket.socket(socket.AF_UNIX) as reader:
            reader.connect(str(path))
            wait_until(lambda: bool(webex.requests_to("access_token")))
            process.terminate()
            assert process.wait(PATIENCE) == 0
            assert reader.makefile().read() == f"{home.stored_fields()['access_token']}\n"


def test_peers_that_never_read_and_a_flood_of_connections_hold_nobody_up(
    home: Home, webex: Sandbox, path: Path
) -> None:
    token = home.sign_in(webex)
    with serving(home) as process, ExitStack() as open_ones:
        for _ in range(400):
            silent = open_ones.enter_context(socket.socket(socket.AF_UNIX))
            silent.settimeout(PATIENCE)
            silent.connect(str(path))
        assert read(path) == f"{token}\n"
        descriptors = Path(f"/proc/{process.pid}/fd")
        if descriptors.exists():
            assert len(list(descriptors.iterdir())) < 50
        for _ in range(400):
            with socket.socket(socket.AF_UNIX) as gone:
                gone.settimeout(PATIENCE)
                gone.connect(str(path))
                gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert read(path) == f"{token}\n"


@needs_root
def test_another_user_gets_nothing_even_where_the_files_would_let_him(
    home: Home, webex: Sandbox, tmp_path: Path
) -> None:
    home.sign_in(webex)
    folder = Path(os.path.realpath("/tmp")) / f"wtr-{os.getpid()}-{os.urandom(3).hex()}"
    folder.mkdir(mode=0o755)
    path = folder / "s"
    script = (
        f"import os, socket; os.setuid({NOBODY}); s = socket.socket(socket.AF_UNIX)\n"
        f"s.connect({str(path)!r}); print(s.makefile().read(), end='')"
    )
    try:
        with serving(home, "--socket", str(path)) as process:
            path.chmod(0o666)
            ran = subprocess.run(
                [sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE
            )
            assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
            assert process.stderr is not None
            assert f"User {NOBODY} was turned away" in process.stderr.readline()
    finally:
        (folder / "s.lock").unlink(missing_ok=True)
        folder.rmdir()


@needs_root
def test_root_may_read_what_a_user_serves(home: Home) -> None:
    assert token_socket.is_trusted(0)
    assert not token_socket.is_trusted(NOBODY)


def test_the_peer_is_known_by_what_the_system_says() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert token_socket.peer_uid(one) == os.geteuid()


@pytest.mark.parametrize("uid", [0, 501, 0xFFFF_FFFE])
def test_the_peer_on_macos_is_read_from_its_struct(uid: int) -> None:
    credentials = struct.pack("IIh2x16I", 0, uid, 1, *[20] * 16)
    assert token_socket.uid_of_xucred(credentials) == uid
    with pytest.raises(OSError, match="version"):
        token_socket.uid_of_xucred(struct.pack("II", 1, uid))


def test_without_a_token_nothing_is_given_and_it_is_told_once(
    home: Home, webex: Sandbox, path: Path
) -> None:
    home.sign_in(webex, left=EXPIRED)
    webex.faults.always("access_token", Fault(status=503))
    with serving(home) as process:
        assert process.stderr is not None
        assert "There is no token to give" in process.stderr.readline()
        assert {read(path) for _ in range(20)} == {""}
        before = len(webex.requests_to("access_token"))
        assert read(path) == ""
        assert len(webex.requests_to("access_token")) == before  # Webex is left in peace


# Socket activation.

_ACTIVATE = """
import os, socket, sys
server = socket.socket(socket.AF_UNIX)
folder, name = os.path.split(sys.argv[1])
before = os.getcwd()
os.chdir(folder)  # the whole path may be too long for a socket
server.bind("new")
server.listen(8)
os.rename("new", name)
os.chdir(before)
os.dup2(server.fileno(), 3)
os.set_inheritable(3, True)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDS"] = os.environ.pop("FDS")
os.execvp(sys.argv[2], sys.argv[2:])
"""


def activated(home: Home, path: Path, fds: str = "1") -> subprocess.Popen[str]:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", _ACTIVATE, str(path), *PROGRAM, "serve"],
        env={**home.environ, "FDS": fds},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_socket_of_systemd_is_served_and_left_in_its_place(
    home: Home, webex: Sandbox, path: Path
) -> None:
    token = home.sign_in(webex)
    process = activated(home, path)
    try:
        wait_until(path.exists)
        assert read(path) == f"{token}\n"
    finally:
        process.terminate()
        assert ended(process).code == 0
    assert path.exists()


def test_several_sockets_of_systemd_are_refused(home: Home, webex: Sandbox, path: Path) -> None:
    ran = ended(activated(home, path, "2"))
    assert ran.code == 2
    assert "more than one socket" in ran.err


# The other end.


def on_the_other_side(home: Home, path: Path, *words: str, **more: str) -> Ran:
    """The program with nothing but a socket: no settings, no token file, no secret."""
    bare = home.folder / "other"
    bare.mkdir(mode=0o700, exist_ok=True)
    return Home(bare).run(*words, WTR_SOCKET=str(path), **more)


def test_token_and_exec_take_the_token_from_the_socket(
    home: Home, webex: Sandbox, path: Path
) -> None:
    token = home.sign_in(webex)
    with serving(home):
        assert on_the_other_side(home, path, "token") == Ran(0, f"{token}\n", "")
        ran = on_the_other_side(home, path, "token", "--header")
        assert ran.out == f"Authorization: Bearer {token}\n"
        assert on_the_other_side(home, path, "token", "--json").json == {
            "access_token": token,
            "expires_in": None,
            "expires_at": None,
            "token_type": "Bearer",
        }
        ran = on_the_other_side(
            home, path, "exec", "--", "sh", "-c", "echo $WEBEX_ACCESS_TOKEN",
            WEBEX_ACCESS_TOKEN_EXPIRES_AT="2020-01-01T00:00:00Z",
        )  # fmt: skip
        assert ran == Ran(0, f"{token}\n", "")
    assert not any((home.folder / "other").rglob("*.json"))


def test_the_python_api_takes_it_from_the_socket(home: Home, webex: Sandbox, path: Path) -> None:
    home.sign_in(webex)
    script = (
        "import httpx, wtr_tui\n"
        "with httpx.Client(auth=wtr_tui.WebexAuth()) as client:\n"
        f"    print(client.get('{webex.base_url}/people/me').status_code)\n"
        "try:\n    wtr_tui.access_token('work')\n"
        "except wtr_tui.UsageError as error:\n    print('refused')\n"
    )
    with serving(home):
        ran = subprocess.run(
            [sys.executable, "-c", script],
            env={**home.environ, "HOME": str(home.folder / "other"), "WTR_SOCKET": str(path)},
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    assert (ran.stdout, ran.stderr) == ("200\nrefused\n", "")


@pytest.mark.parametrize(
    "words",
    [
        ("token", "--profile", "work"),
        ("exec", "--config", "x.yaml", "--", "true"),
        ("refresh",),
        ("retrieve",),
        ("import", "file"),
        ("export",),
        ("status", "--profile", "work"),
        ("status", "--who"),
        ("status", "--all"),
        ("serve",),
    ],
)
def test_what_needs_own_files_is_refused(home: Home, path: Path, words: tuple[str, ...]) -> None:
    ran = on_the_other_side(home, path, *words)
    assert (ran.code, ran.out) == (2, "")
    assert "$WTR_SOCKET is set" in ran.err


@contextmanager
def giving(path: Path, token: str) -> Iterator[None]:
    """Gives this token to whoever connects."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(8)

        def give() -> None:
            with suppress(OSError):
                while True:
                    with server.accept()[0] as connection:
                        connection.sendall(f"{token}\n".encode())

        thread = threading.Thread(target=give, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)


def test_the_end_that_a_jwt_names_is_told_as_what_the_token_says(home: Home, runtime: Path) -> None:
    path = runtime / "s"
    end = datetime(2090, 1, 2, tzinfo=timezone.utc)
    with giving(path, a_jwt(end)):
        shown = on_the_other_side(home, path, "token", "--json").json
        assert shown["expires_at"] == "2090-01-02T00:00:00Z"
        ran = on_the_other_side(home, path, "status")
        assert ran.code == 0
        (line,) = (line for line in ran.out.splitlines() if line.startswith("Access token"))
        assert "2090" in line
        assert line.endswith(", as the token says")
        assert f"organisation {ORGANIZATION} · user {USER_ID} · App ID {APP_ID}" in ran.out
        members = on_the_other_side(home, path, "status", "--json").json
    assert (members["state"], members["valid"], members["expires_at"]) == ("valid", True, None)
    assert members["claims"] == {
        "expires_at": "2090-01-02T00:00:00Z",
        "organization": ORGANIZATION,
        "app_id": APP_ID,
        "user_id": USER_ID,
    }


def test_status_of_a_socket_says_what_is_not_known(home: Home, runtime: Path) -> None:
    path = runtime / "s"
    with giving(path, "opaque-token"):
        ran = on_the_other_side(home, path, "status")
        assert (ran.code, "its end is not known" in ran.out) == (0, True)
        assert "opaque-token" not in ran.out + on_the_other_side(home, path, "status", "--json").out
    path.unlink()
    ran = on_the_other_side(home, path, "status")
    assert (ran.code, "gives no token" in ran.out) == (4, True)
    assert on_the_other_side(home, path, "status", "--json").json["exit_code"] == 4


@pytest.mark.parametrize("state", ["absent", "stale", "silent"])
def test_a_socket_without_a_token_is_temporary(home: Home, runtime: Path, state: str) -> None:
    path = runtime / "s"
    with socket.socket(socket.AF_UNIX) as server:
        if state != "absent":
            server.bind(str(path))
        if state == "silent":
            server.listen(1)
            process = Home(home.folder).start("token", WTR_SOCKET=str(path))
            server.accept()[0].close()
            ran = ended(process)
        else:
            ran = home.run("token", WTR_SOCKET=str(path))
    assert (ran.code, ran.out) == (4, "")
    assert str(path) in ran.err
    assert "wtr serve" in ran.err


@pytest.mark.parametrize(
    "content", [b"two words\n", b"a\nb\n", b"\xff\n", b"x" * 70_000, b"\x1b[m"]
)
def test_what_is_no_token_is_not_handed_on(runtime: Path, content: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as server, ThreadPoolExecutor(1) as threads:
        server.bind(str(runtime / "s"))
        server.listen(1)
        received = threads.submit(token_socket.receive, str(runtime / "s"))
        connection, _ = server.accept()
        with connection:
            connection.sendall(content)
        with pytest.raises(StorageError, match="no token") as caught:
            received.result(PATIENCE)
    assert content.decode("latin-1") not in str(caught.value)


def test_a_server_that_never_answers_is_waited_for_within_a_limit(runtime: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(runtime / "s"))
        server.listen(1)
        with pytest.raises(TemporaryError, match="no answer in time"):
            token_socket.receive(str(runtime / "s"), 0.2)


@needs_root
def test_a_socket_that_another_user_serves_is_not_trusted(runtime: Path) -> None:
    folder = Path(os.path.realpath("/tmp")) / f"wtr-{os.getpid()}-{os.urandom(3).hex()}"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    script = (
        f"import os, socket; os.setuid({NOBODY}); s = socket.socket(socket.AF_UNIX)\n"
        f"s.bind({str(folder / 's')!r}); s.listen(); print('ready', flush=True)\n"
        "s.accept()[0].sendall(b'anybodys-token\\n'); input()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(UnsafeFile, match=f"another user \\(uid {NOBODY}\\)"):
            token_socket.receive(str(folder / "s"))
    finally:
        process.communicate("\n", timeout=PATIENCE)
        (folder / "s").unlink()
        folder.rmdir()
