"""Client secrets from outside the settings: the output of a command, or the content of a file.

They are fetched only when Webex is asked, a command's once per process. A command's output is never
shown, nor repeated in an error.
"""

from __future__ import annotations

import os
import shlex
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from wtr_tui import text
from wtr_tui.errors import SecretUnavailable, UnsafeFile
from wtr_tui.model import Secret
from wtr_tui.storage.private_file import read_regular
from wtr_tui.storage.settings_values import check_secret
from wtr_tui.text import cause, cleaned, user_name

LIMIT = 40.0
"""Seconds for the command: shorter than other processes wait for the token's lock."""

_ON_A_TERMINAL = "Run wtr refresh on a terminal: there the command may ask for a PIN."


class Terminal:
    """The permission to use the terminal, for a PIN, and the hint where there is none.

    The screens set ``lent`` while they are suspended. ``wtr`` on a terminal always allows it; the
    library and a timer never do.
    """

    lent = False
    hint = _ON_A_TERMINAL

    @property
    def allowed(self) -> bool:
        on_one = text.command.startswith("wtr ") and sys.stdin and sys.stderr
        return self.lent or bool(on_one and sys.stdin.isatty() and sys.stderr.isatty())


terminal = Terminal()


_one_at_a_time = threading.Lock()  # two commands would ask for two PINs at once


class ExternalSecret(Secret):
    """A secret that :meth:`fetch` reads from its source; ``source`` is the setting's key."""

    __slots__ = ("_refetched",)

    source = ""

    def __init__(self) -> None:
        super().__init__("")
        self._refetched = False

    def fetch(self) -> None:
        """Read the secret, unless that was done before. Raise SecretUnavailable."""
        if not self.peek():
            with _one_at_a_time:
                if not self.peek():
                    self._keep(self._first_line())

    def refetch(self) -> bool:
        """Read the secret again, once per process; return whether it has been replaced."""
        before = self.peek()
        if self._refetched:
            return False
        self._refetched = True
        with _one_at_a_time:
            self._keep(self._first_line())
        return self.peek() != before

    def reveal(self) -> str:
        self.fetch()
        return self.peek()

    def __bool__(self) -> bool:
        return True

    def _first_line(self) -> str:
        """Return the first line of the source: password stores keep notes below the secret."""
        line = self._read().decode("utf-8", "replace").partition("\n")[0].rstrip("\r")
        refusal = check_secret(line)
        if refusal is not None:
            raise SecretUnavailable(f"What {self.source} gives is no secret. {refusal}")
        return line

    def _keep(self, text: str) -> None:
        self._text = text

    def _read(self) -> bytes:
        raise NotImplementedError


class SecretCommand(ExternalSecret):
    """The first line a command prints, run without a shell. Raise ValueError for no command."""

    __slots__ = ("_command", "_environ", "_words")

    source = "secretCommand"
    _kept: dict[str, str] = {}  # noqa: RUF012 - shared, as each load of the settings makes one

    def __init__(self, command: str, environ: Mapping[str, str]) -> None:
        super().__init__()
        self._command = command
        self._environ = environ
        try:
            self._words = shlex.split(command)
        except ValueError:
            raise ValueError("A quotation mark in this command is never closed.") from None
        if not self._words:
            raise ValueError("This names no program.")

    def peek(self) -> str:
        return self._kept.get(self._command, "")

    def _keep(self, text: str) -> None:
        self._kept[self._command] = text

    def _read(self) -> bytes:
        from wtr_tui import process  # here, as most settings need none

        program, *arguments = self._words
        result = process.run(
            [process.expand_home(program, self._environ), *arguments],
            limit=LIMIT,
            environ=self._environ,
            capture=True,
            on_terminal=terminal.allowed,
        )
        if not result.ok:
            raise SecretUnavailable(
                f"The command of secretCommand, {cleaned(self._command, 80)}, {result.problem}.",
                "" if terminal.allowed else terminal.hint,
            )
        return result.output


class SecretFile(ExternalSecret):
    """The first line of a file of this user or root, such as a secret of systemd or Kubernetes.

    It is read each time, as it may be replaced. Links are followed: Kubernetes uses them.
    """

    __slots__ = ("_path",)

    source = "secretFile"

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def fetch(self) -> None:
        self._keep(self._first_line())

    def _read(self) -> bytes:
        whose = f"The file of secretFile, {self._path},"
        try:
            content, facts = read_regular(str(self._path))
        except UnsafeFile as error:
            raise SecretUnavailable(f"secretFile: {error.message}") from error
        except OSError as error:
            raise SecretUnavailable(f"{whose} cannot be read: {cause(error)}.") from error
        if facts.st_uid not in (0, os.geteuid()):
            raise SecretUnavailable(
                f"{whose} belongs to {user_name(facts.st_uid)}.", "It has to be yours or root's."
            )
        if facts.st_mode & 0o002:
            raise SecretUnavailable(
                f"{whose} can be changed by every user.", f"chmod o-w {self._path}"
            )
        return content
