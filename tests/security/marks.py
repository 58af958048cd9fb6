"""Every secret that a run of the program had to do with, and the places where it must not be."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from tests.support.webex import Sandbox

_IN_FORMS = ("client_secret", "code", "code_verifier", "refresh_token", "device_code")
_SHORTEST = 8
_ENCODED = 16
"""Characters; anything shorter would be found by chance."""


def secrets_of(sandbox: Sandbox, *, states: bool = True) -> dict[str, str]:
    """What the program sent and was given, by what it is, as the stand-in saw it.

    ``states``: those of the sign-ins, too, which are in the address that a person opens.
    """
    found = {sandbox.integration.secret.reveal(): "client_secret"}
    for request in sandbox.requests:
        found.update({value: name for name, value in request.form.pairs if name in _IN_FORMS})
        if states:
            found.update({value: name for name, value in request.query.pairs if name == "state"})
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if credentials:
            found[credentials] = f"{scheme} credentials"
    found.update(dict.fromkeys(sandbox.tokens(), "token"))
    assert all(len(secret) >= _SHORTEST for secret in found)
    return found


def found_in(content: bytes, secrets: dict[str, str]) -> set[str]:
    """Which kinds of secrets are in there: as they are, or in another common spelling."""
    return {
        kind
        for secret, kind in secrets.items()
        if any(spelling in content for spelling in _spellings(secret))
    }


def _spellings(secret: str) -> Iterator[bytes]:
    raw = secret.encode()
    yield raw
    yield quote(secret, safe="").encode()
    yield raw.hex().encode()
    # Wherever it begins within a text that is encoded as a whole.
    for shift in range(3 if len(raw) >= _ENCODED else 0):
        encoded = base64.b64encode(b"\0" * shift + raw)
        yield encoded[4 if shift else 0 : -4]


def leaks(folder: Path, secrets: dict[str, str], *, but: Iterable[Path] = ()) -> dict[str, str]:
    """The files below the folder, with their names, in which a secret is."""
    allowed = set(but)
    found = {}
    for path in folder.rglob("*"):
        if path in allowed or not path.is_file() or path.is_symlink():
            continue
        kinds = found_in(str(path).encode() + b"\n" + path.read_bytes(), secrets)
        if kinds:
            found[str(path.relative_to(folder))] = ", ".join(sorted(kinds))
    return found


class ProcessList:
    """The arguments of every process there was, as anybody on the machine can read them."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._over = threading.Event()

    def _look(self) -> None:
        while not self._over.wait(0.005):
            for name in os.listdir("/proc"):  # noqa: PTH208 - ten times as fast
                if name.isdigit():
                    try:
                        with open(f"/proc/{name}/cmdline", "rb") as file:  # noqa: PTH123
                            self.seen.add(file.read())
                    except OSError:
                        continue

    @contextmanager
    def watched(self) -> Iterator[ProcessList]:
        looking = threading.Thread(target=self._look, daemon=True)
        looking.start()
        try:
            yield self
        finally:
            self._over.set()
            looking.join()
