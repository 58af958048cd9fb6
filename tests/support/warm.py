"""Runs of the program that begin as forks of a process with its libraries already loaded.

A run is a process of its own, as a user's is: with its environment, folder, standard streams and
end. The modules of ``wtr_tui`` are loaded anew in each; what is compact is the start of Python and
of the libraries, which is nine tenths of a short run.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import importlib
import io
import json
import os
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.support.environment import program_environ

_LIBRARIES = (
    "argparse", "asyncio", "email.message", "h11", "httpcore", "httpx", "importlib.metadata",
    "json", "logging", "platform", "queue", "segno", "shutil", "socketserver", "ssl", "subprocess",
    "tempfile", "truststore", "yaml",
)  # fmt: skip
_OF_THE_SCREENS = ("textual.app", "textual.drivers.linux_driver", "textual.widgets._input")
# Read by the interpreter, its loader or a library before the program has begun.
_OF_THE_START = ("PYTHON", "LC_", "LANG", "LD_", "SHIFT", "MALLOC_", "TEXTUAL", "ESCDELAY")
_MOST_INPUT = 60_000
"""Bytes that a pipe takes without anybody reading."""


def fits(environ: Mapping[str, str], stdin: str) -> bool:
    """Whether a fork cannot be told from a program started with this environment."""
    return _of_the_start(environ) == _of_the_start(program_environ()) and len(stdin) < _MOST_INPUT


def _of_the_start(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith(_OF_THE_START)}


def run(
    words: Sequence[str], *, environ: Mapping[str, str], cwd: Path, stdin: str, timeout: float
) -> tuple[int, str, str]:
    """The exit code (minus the signal's number where one ended it), and what it printed.

    Returns, like subprocess.run, once nobody can write any more. Raises
    subprocess.TimeoutExpired, after having killed the program.
    """
    done, reply = socket.socketpair()
    (in_, giving), (out, out_end), (err, err_end) = os.pipe(), os.pipe(), os.pipe()
    with done:
        os.write(giving, stdin.encode())
        os.close(giving)
        request = json.dumps({"words": list(words), "environ": dict(environ), "cwd": str(cwd)})
        handed = [in_, out_end, err_end, reply.fileno()]
        with reply:
            _forking().ask(request.encode(), handed)
        for end in (in_, out_end, err_end):
            os.close(end)
        with done.makefile("r") as told:
            pid = int(told.readline())
            deadline = time.monotonic() + timeout
            try:
                printed, complained = _read_to_the_end((out, err), deadline)
                done.settimeout(max(0.1, deadline - time.monotonic()))
                code = int(told.readline())
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(list(words), timeout) from None
            finally:
                os.close(out)
                os.close(err)
    return code, printed.decode(), complained.decode()


class Process:
    """A run that is not waited for, with what tests use of subprocess.Popen.

    It is on the terminal, in a session of its own; without one, what it prints is read from
    ``stdout`` and ``stderr``.
    """

    def __init__(
        self,
        words: Sequence[str],
        *,
        environ: Mapping[str, str],
        cwd: Path,
        terminal: int | None = None,
        controlling: bool = True,
    ) -> None:
        request: dict[str, object] = {
            "words": list(words),
            "environ": dict(environ),
            "cwd": str(cwd),
        }
        if terminal is None:
            (out, out_end), (err, err_end) = os.pipe(), os.pipe()
            self.stdout, self.stderr = os.fdopen(out), os.fdopen(err)
            streams = [os.open(os.devnull, os.O_RDONLY), out_end, err_end]
        else:
            streams = [os.dup(terminal) for _ in range(3)]
            request["controlling"] = controlling
        self._done, reply = socket.socketpair()
        with reply:
            forking = _forking("commands" if terminal is None else "screens")
            forking.ask(json.dumps(request).encode(), [*streams, reply.fileno()])
        for stream in streams:
            os.close(stream)
        self._told = self._done.makefile("r")
        self._words = list(words)
        self.pid = int(self._told.readline())
        self.returncode: int | None = None

    def communicate(self, *, timeout: float) -> tuple[str, str]:
        """What it still prints, once nobody can write any more."""
        deadline = time.monotonic() + timeout
        try:
            ends = (self.stdout.fileno(), self.stderr.fileno())
            out, err = (text.decode() for text in _read_to_the_end(ends, deadline))
            self.wait(max(0.1, deadline - time.monotonic()))
        except TimeoutError:
            raise subprocess.TimeoutExpired(self._words, timeout) from None
        return out, err

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._done], [], [], timeout)[0]:
                assert timeout is not None
                raise subprocess.TimeoutExpired(self._words, timeout)
            self.returncode = int(self._told.readline())
            self._told.close()
            self._done.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _read_to_the_end(ends: Sequence[int], deadline: float) -> list[bytes]:
    read = dict.fromkeys(ends, b"")
    with selectors.DefaultSelector() as selector:
        for end in ends:
            selector.register(end, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(deadline - time.monotonic())
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                piece = os.read(key.fd, 65_536)
                read[key.fd] += piece
                if not piece:
                    selector.unregister(key.fd)
    return list(read.values())


class _Forking:
    """The process that waits for requests; it ends with whoever started it."""

    def __init__(self, kind: str) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.warm", kind],
                env=program_environ(),
                # None of them can be sought in, as those of the program cannot.
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        atexit.register(self._end)

    def ask(self, request: bytes, descriptors: list[int]) -> None:
        try:
            with self._lock:
                socket.send_fds(self._ours, [request], descriptors)
        except BrokenPipeError:
            assert self._process.stdout is not None
            raise AssertionError(self._process.stdout.read().decode()) from None

    def _end(self) -> None:
        self._ours.close()
        self._process.wait()


@cache
def _forking(kind: str = "commands") -> _Forking:
    return _Forking(kind)


# The other side.


def _serve() -> None:
    """Returns in each fork that is to become the program; ends the process where all is done."""
    asked = socket.socket(fileno=os.dup(0))
    for library in (*_LIBRARIES, *(_OF_THE_SCREENS if sys.argv[1] == "screens" else ())):
        importlib.import_module(library)
    gc.collect()
    gc.freeze()
    waiting: set[int] = set()
    while True:
        request, descriptors, *_ = socket.recv_fds(asked, 1_000_000, 4)
        # Waited for, so that the time that they took is counted with that of the tests.
        waiting -= {pid for pid in waiting if os.waitpid(pid, os.WNOHANG)[0]}
        if not request:
            sys.exit()
        waiter = os.fork()
        if waiter == 0:
            asked.close()
            reply = descriptors.pop()
            pid = os.fork()
            if pid == 0:
                os.close(reply)
                return _become(json.loads(request), descriptors)
            for descriptor in (*descriptors, 0, 1, 2):
                os.close(descriptor)
            os.write(reply, f"{pid}\n".encode())
            _, status = os.waitpid(pid, 0)
            os.write(reply, f"{os.waitstatus_to_exitcode(status)}\n".encode())
            os._exit(0)
        waiting.add(waiter)
        for descriptor in descriptors:
            os.close(descriptor)


def _become(request: Mapping[str, object], descriptors: Sequence[int]) -> None:
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    if "controlling" in request:
        os.setsid()
        if request["controlling"]:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        assert isinstance(sys.stdout, io.TextIOWrapper)
        sys.stdout.reconfigure(line_buffering=True)  # as on any terminal
    words, environ = request["words"], request["environ"]
    assert isinstance(words, list)
    assert isinstance(environ, dict)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    os.chdir(str(request["cwd"]))
    sys.path[0] = str(request["cwd"])
    sys.argv[1:] = words
    for name in [name for name in sys.modules if name.partition(".")[0] in ("wtr_tui", "tests")]:
        del sys.modules[name]


def _end(end: SystemExit) -> None:
    """Ends as Python does, but for taking all modules apart, which takes longer than the run."""
    threading._shutdown()  # type: ignore[attr-defined]  # it waits for the threads, as at the end
    atexit._run_exitfuncs()
    sys.stderr.flush()
    try:
        sys.stdout.flush()
    except OSError:
        raise end from None
    if not isinstance(end.code, int):
        raise end
    os._exit(end.code)


if __name__ == "__main__":
    _serve()
    try:
        runpy.run_module("wtr_tui", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        _end(end)
