"""Gives a valid access token to whoever of you connects to a UNIX socket.

A connection gets one access token, refreshed first when needed, and a line end: nc -U PATH prints
it. Only you and root may connect; the refresh token never leaves. With ssh -R the socket stands on
a server that then needs no token file, no secret and no browser: wtr help ssh. Runs until Ctrl+C.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import stat
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping

from wtr_tui import errors, shutdown
from wtr_tui.api import Source
from wtr_tui.commands.output import print_message
from wtr_tui.commands.parsers import add_min_left
from wtr_tui.environment import token_socket
from wtr_tui.errors import WtrError
from wtr_tui.storage import paths
from wtr_tui.storage.lock import Lock
from wtr_tui.storage.private_file import PRIVATE_FILE, make_private_folder
from wtr_tui.text import cause


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--socket", metavar="PATH", help="another path than that in wtr help files")
    add_min_left(parser)


def run(options: Namespace) -> int:
    gc.enable()  # the command line disables it, for a short life
    name = paths.profile_name(options.profile, os.environ)
    source = Source(name, options.config)

    def token() -> str:
        return source.access_token(options.min_left)

    server = systemd_socket(os.environ)
    if server is not None:
        # They are for this process, not for its children.
        for variable in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
            os.environ.pop(variable, None)
        with server:
            return serve(server, token, f"Serving the profile {name} at systemd's socket.")
    path = options.socket or token_socket.default_path(
        name, os.environ, paths.state_dir(os.environ)
    )
    greeting = f"Serving the profile {name} at {path}. Ctrl+C ends it."
    with listening(os.path.abspath(path)) as server:
        return serve(server, token, greeting)


_QUEUE = 512
"""Connections that may wait; the system may allow fewer, and refuses or delays further ones."""

_PAUSE = 10.0
"""Seconds after a failure in which no token is asked for."""

_REPEAT_AFTER = 60.0
"""Seconds after which the same message is printed again."""


@contextlib.contextmanager
def listening(path: str) -> Iterator[socket.socket]:
    """Listen at ``path``, mode 0600, in a folder of this user; remove the socket afterwards.

    The socket of a server that was killed is replaced. Raise TemporaryError where another
    server is running, StorageError where the path cannot be used.
    """
    token_socket.require_short(path)
    folder = os.path.dirname(path)
    try:
        make_private_folder(folder)
        facts = os.stat(folder)
        if facts.st_uid != os.geteuid() or facts.st_mode & 0o022:
            raise errors.UnsafeFile(
                f"The folder {folder} is another user's, or open for others to write to.",
                "Choose a folder of yours.",
            )
        with (
            Lock(f"{path}.lock", timeout=0),
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server,
        ):
            _remove_stale(path)
            server.bind(path)
            made = os.lstat(path)
            try:
                # Before it listens: until then nobody can connect, whatever the mode.
                os.chmod(path, PRIVATE_FILE)
                server.listen(_QUEUE)
                yield server
            finally:
                with contextlib.suppress(OSError):
                    if os.path.samestat(os.lstat(path), made):
                        os.unlink(path)
    except errors.LockHeld as error:
        who = f" (process {error.pid})" if error.pid else ""
        raise errors.TemporaryError(f"Another wtr serve{who} serves {path} already.") from error
    except OSError as error:
        raise errors.StorageError(f"The socket {path} cannot be made: {cause(error)}.") from error


def _remove_stale(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        facts = os.lstat(path)
        if not stat.S_ISSOCK(facts.st_mode) or facts.st_uid != os.geteuid():
            raise errors.UnsafeFile(
                f"{path} is in the way: it is no socket of yours.", "Move it away."
            )
        os.unlink(path)


def systemd_socket(environ: Mapping[str, str]) -> socket.socket | None:
    """Return the socket that systemd passed to this process (sd_listen_fds(3)), else None.

    Raise UsageError for anything but one listening stream socket of the file system.
    """
    if environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    if environ.get("LISTEN_FDS") != "1":
        raise errors.UsageError("$LISTEN_FDS names more than one socket; wtr serve takes one.")
    os.set_inheritable(3, False)
    try:
        server = socket.socket(fileno=3)
        listens = server.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise errors.UsageError(
            f"Descriptor 3 ($LISTEN_FDS) is no socket: {cause(error)}."
        ) from error
    if server.family != socket.AF_UNIX or server.type != socket.SOCK_STREAM or not listens:
        raise errors.UsageError(
            "Descriptor 3 ($LISTEN_FDS) is not a listening UNIX stream socket.",
            "In the .socket unit: ListenStream=%t/wtr-tui/default.sock, Accept=no.",
        )
    return server


def serve(server: socket.socket, token: Callable[[], str], greeting: str) -> int:
    """Write ``token()`` to each connection until SIGINT, SIGTERM or SIGHUP; return the exit code.

    Connections are served one after the other: a token fits into the buffer of a socket, so no
    client can delay another, and during a refresh all clients wait for its result, in the system's
    queue. A refresh in flight is saved first. The greeting is printed once signals are handled.
    """
    tokens = _TokenServer(token)
    wake, write = socket.socketpair()
    signals: list[int] = []
    with shutdown.record_signals(signals), wake, write:
        server.setblocking(False)
        write.setblocking(False)
        # A signal itself ends select: Python runs its handler only once select has returned.
        before = signal.set_wakeup_fd(write.fileno(), warn_on_full_buffer=False)
        try:
            print_message(greeting)
            tokens.token()  # reports what is wrong at once, not with the first client
            while not signals:
                ready, _, _ = select.select([server, wake], [], [])
                if wake in ready:
                    wake.recv(100)
                elif not signals:
                    tokens.accept(server)
        finally:
            signal.set_wakeup_fd(before)
    return errors.INTERRUPTED if signals[0] == signal.SIGINT else errors.DONE


class _TokenServer:
    """Answers connections; a failure, or a refused user, is printed once a minute at most."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token
        self._pause_until = 0.0
        self._printed: dict[str, float] = {}

    def accept(self, server: socket.socket) -> None:
        try:
            connection, _ = server.accept()
        except (BlockingIOError, ConnectionError):
            return  # the client has gone
        except OSError:  # no descriptor is free, or no memory
            time.sleep(0.1)
            return
        with connection, contextlib.suppress(OSError):
            connection.setblocking(False)
            uid = token_socket.peer_uid(connection)
            if not token_socket.is_trusted(uid):
                self._print(f"User {uid} was turned away: the socket is for this user and root.")
            elif text := self.token():
                connection.sendall(f"{text}\n".encode("ascii"))

    def token(self) -> str:
        """Return a valid token, "" where there is none or was none just before."""
        if time.monotonic() < self._pause_until:
            return ""
        try:
            return self._token()
        except WtrError as error:
            self._pause_until = time.monotonic() + _PAUSE
            self._print(f"There is no token to give: {error}")
            return ""

    def _print(self, sentence: str) -> None:
        now = time.monotonic()
        printed = self._printed.items()
        self._printed = {each: at for each, at in printed if now - at < _REPEAT_AFTER}
        if sentence not in self._printed:
            self._printed[sentence] = now
            print_message(sentence)
