"""Processes that write one token file: killed in the middle of it, or twenty at the same time.

Run as a program, so that it can fork before there is any thread. Prints what it found as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.storage.faults import Counted
from tests.support.waiting import PATIENCE
from wtr_tui.clock import from_iso
from wtr_tui.model import Secret, StoredToken, Token
from wtr_tui.storage.token_file import TokenFile

OBTAINED = from_iso("2026-11-24T12:00:00Z")


def a_long_token(mark: str) -> StoredToken:
    """Large enough that a write which is not atomic would be seen half done."""
    return StoredToken("C1", Token(Secret(mark * 200_000), OBTAINED, None))


def forked(work: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:
        os._exit(1)
    os._exit(0)


def killed(file: TokenFile, times: int) -> dict[str, object]:
    """Kills a process that saves for ever, at moments spread over the time that a save takes."""

    def save_for_ever() -> None:
        while True:
            for mark in "ab":
                file.save(a_long_token(mark))

    begun = time.perf_counter()
    for _ in range(10):
        file.save(a_long_token("a"))
    one_save = (time.perf_counter() - begun) / 10
    whole = 0
    for turn in range(times):
        before = file.fingerprint()
        child = forked(save_for_ever)
        deadline = time.monotonic() + PATIENCE
        while file.fingerprint() == before and time.monotonic() < deadline:
            pass
        later = time.perf_counter() + 1.5 * one_save * turn / times
        while time.perf_counter() < later:
            pass
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        stored = file.read()
        assert os.WTERMSIG(status) == signal.SIGKILL
        whole += stored in (a_long_token("a"), a_long_token("b"))
    return {"whole": whole, "modes": modes(file)}


def killed_before_each_call(file: TokenFile) -> dict[str, object]:
    """Kills a process before the first system call of a save, then before the second, and so on."""
    calls = Counted()
    file.save(a_long_token("a"))
    with calls.installed():
        file.save(a_long_token("a"))
    found = []
    for turn in range(len(calls.names)):

        def save_and_die(turn: int = turn) -> None:
            with Counted(turn, action=lambda: os.kill(os.getpid(), signal.SIGKILL)).installed():
                file.save(a_long_token("b"))

        file.save(a_long_token("a"))
        _, status = os.waitpid(forked(save_and_die), 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
        stored = file.read()
        assert stored is not None
        found.append(stored.token.access_token.reveal()[:1])
        assert stored == a_long_token(found[-1])
    leftovers = len(list(file.path.parent.glob(".*.tmp")))
    return {"calls": calls.names, "found": found, "leftovers": leftovers, "modes": modes(file)}


def modes(file: TokenFile) -> list[str]:
    """Those of the token file, and of what killed writers left beside it."""
    paths = [file.path, *file.path.parent.glob(".*.tmp")]
    return sorted({oct(path.stat().st_mode & 0o777) for path in paths})


def at_once(file: TokenFile, writers: int, *, locked: bool) -> dict[str, object]:
    """Each writer adds its own scope to what it read; without the lock some are overwritten."""
    file.save(StoredToken("C1", Token(Secret("a"), OBTAINED, None)))
    start, starter = os.pipe()

    def add(scope: str) -> None:
        os.close(starter)
        os.read(start, 1)  # until every writer has been forked
        if locked:
            with file.lock(PATIENCE):
                _add(file, scope)
        else:
            _add(file, scope)

    children = [forked(partial(add, f"s:{number}")) for number in range(writers)]
    os.close(starter)
    failed = sum(os.waitpid(child, 0)[1] != 0 for child in children)
    stored = file.read()
    assert stored is not None
    return {"failed": failed, "scopes": sorted(stored.token.scopes)}


def _add(file: TokenFile, scope: str) -> None:
    stored = file.read()
    assert stored is not None
    token = stored.token._replace(scopes=(*stored.token.scopes, scope))
    file.save(stored._replace(token=token))


if __name__ == "__main__":
    which, path = sys.argv[1:]
    token_file = TokenFile(Path(path))
    if which == "killed":
        found = killed(token_file, 60)
    elif which == "killed-before-each-call":
        found = killed_before_each_call(token_file)
    else:
        found = at_once(token_file, 20, locked=which == "locked")
    print(json.dumps(found))
