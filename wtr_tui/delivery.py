"""Delivery of a saved token and its events: history, files of other programs, onToken command.

The setting ``deliver`` names files that always hold the current access token. ``file: PATH`` holds
the bare token, without a line end. ``env: PATH`` with ``key: NAME`` is a ``.env`` file in which
that one line is replaced or appended; its other bytes, its mode and its owner stay. A new file has
mode 0600. Signing out empties what was written.

The command passes the token on: to Vault, a Kubernetes secret, a password manager, another machine.
It gets the access token on standard input, without a line end, and in the environment
``WTR_EVENT``, ``WTR_PROFILE``, ``WTR_CONFIG``, ``WTR_EXPIRES_AT``, ``WTR_REFRESH_EXPIRES_AT``.
What it prints goes to a private log beside the token, ``PROFILE.log``. The token is saved already,
so a failure is reported and harms nothing.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from typing import TYPE_CHECKING

from wtr_tui import history
from wtr_tui.clock import iso, now
from wtr_tui.errors import StorageError, UnsafeFile
from wtr_tui.history import Event
from wtr_tui.storage.paths import log_path
from wtr_tui.storage.private_file import rewrite
from wtr_tui.storage.settings_table import DELIVER, ON_TOKEN
from wtr_tui.text import MASK, cause, cleaned, dotenv_line, user_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wtr_tui.errors import WtrError
    from wtr_tui.model import Secret, Token
    from wtr_tui.storage.profiles import Profile
    from wtr_tui.storage.settings import Settings
    from wtr_tui.storage.settings_values import Sink

LIMIT = 15.0
"""Seconds for the onToken command; less than a browser waits for the end of a sign-in."""

LOGGER = "wtr_tui.delivery"

_MOST_OUTPUT = 16_384
_LARGEST_LOG = 256 * 1024
_LOG_LINE = 500

_NOT_FOR_COMMAND = (Event.FAILED, Event.REFUSED)
"""The events that the onToken command is not run for."""
_FOR_FILES = (Event.RETRIEVED, Event.REFRESHED, Event.SAME_TOKEN, Event.SIGNED_OUT)
"""The events that change the files of the setting ``deliver``."""


def deliver(
    profile: Profile,
    settings: Settings,
    event: Event,
    token: Token | None = None,
    error: WtrError | None = None,
    *,
    is_news: bool = True,
) -> None:
    """Deliver an event of the profile's token; never raises.

    ``token`` is the present one, None where it is of no use; ``error`` is that of a failure.
    Without ``is_news`` the onToken command is not run. It may take up to LIMIT seconds and ask for
    the token itself, so the token's lock must not be held. Failures are logged as warnings of
    ``LOGGER``.
    """
    history.append(profile, history.new_entry(event, token, error))
    if event in _FOR_FILES:
        _write_sinks(profile, settings, token if event is not Event.SIGNED_OUT else None)
    if not is_news or not settings[ON_TOKEN] or event in _NOT_FOR_COMMAND:
        return
    if "WTR_EVENT" not in os.environ:  # a command that refreshes must not run itself for ever
        shown = Event.REFRESHED if event is Event.SAME_TOKEN else event
        _run_on_token(profile, settings, shown.value, token)


def _write_sinks(profile: Profile, settings: Settings, token: Token | None) -> None:
    """Write the newest token: another process may have refreshed, and written, meanwhile."""
    if not settings[DELIVER]:
        return
    if token is not None:
        with contextlib.suppress(StorageError):
            stored = profile.token_file.read()
            token = token if stored is None else stored.token
    text = "" if token is None else token.access_token.reveal()
    own = (profile.settings_path, profile.token_path)
    for sink in settings[DELIVER]:
        try:
            write_sink(sink, text, protected=own)
        except StorageError as failure:
            import logging

            logging.getLogger(LOGGER).warning(
                "The new token did not reach a file of the setting deliver: %s The token itself"
                " is not affected.",
                failure,
            )


def write_sink(sink: Sink, token: str, *, protected: Sequence[Path] = ()) -> None:
    """Write the token; "" empties what was written before, and creates no file for that.

    Raise UnsafeFile for one of the ``protected`` files, the program's own, and StorageError where
    it cannot be written; the file is then unchanged.
    """
    path = _link_target(sink.path)
    if any(os.path.realpath(other) == path for other in protected):
        raise UnsafeFile(f"{sink.path} is a file of wtr-tui itself.", "Name another one.")
    if not token and not os.path.lexists(path):
        return

    def change(content: bytes) -> bytes:
        return _with_line(content, sink.key, token) if sink.key else token.encode("ascii")

    try:
        rewrite(path, change)
    except OSError as error:
        raise StorageError(f"{sink.path} cannot be written: {cause(error)}.") from error


def holds_token(sink: Sink, token: str) -> bool:
    """Return whether the file holds this token. Raise OSError where it cannot be read."""
    content = sink.path.read_bytes()
    if not sink.key:
        return content == token.encode("ascii")
    return _with_line(content, sink.key, token) == content


def _link_target(path: Path) -> str:
    """Follow a link of this user or root only: in /tmp another user may have planted one."""
    try:
        facts = os.lstat(path)
    except OSError:
        return str(path)
    if facts.st_uid not in (0, os.geteuid()):
        raise UnsafeFile(f"{path} belongs to {user_name(facts.st_uid)}.", "Name a file of yours.")
    return os.path.realpath(path)


def _with_line(content: bytes, key: str, token: str) -> bytes:
    """Return the content with the last line of this key replaced, or a line appended."""
    lines = content.splitlines(keepends=True)
    pattern = re.compile(rb"[ \t]*(export[ \t]+)?" + key.encode("ascii") + rb"[ \t]*=")
    new = dotenv_line(key, token).encode("ascii")
    for at in range(len(lines) - 1, -1, -1):
        line = lines[at]
        found = pattern.match(line)
        if found is not None:
            line_end = line[len(line.rstrip(b"\r\n")) :]
            lines[at] = (found[1] or b"") + new + line_end
            return b"".join(lines)
    if not token:
        return content
    line_end = b"\r\n" if lines and lines[0].endswith(b"\r\n") else b"\n"
    gap = b"" if not lines or lines[-1].endswith((b"\n", b"\r")) else line_end
    return content + gap + new + line_end


def _run_on_token(profile: Profile, settings: Settings, event: str, token: Token | None) -> None:
    begun = time.monotonic()
    given = b""
    hidden = [settings.secret]
    if token is not None:
        hidden += [token.access_token, token.refresh_token or settings.secret]
        if token.is_valid(now()):
            given = token.access_token.reveal().encode("ascii")
    failure, output = _run_command(settings[ON_TOKEN], _environ(profile, event, token), given)
    seconds = f"{time.monotonic() - begun:.1f} s"
    path = log_path(profile.token_path)
    kept = _log(path, f"{event}: {failure or 'done'} ({seconds})", output, hidden)
    if failure:
        import logging

        where = f"; what it printed is in {path}" if kept else ""
        logging.getLogger(LOGGER).warning(
            "The onToken command %s%s. The token itself is not affected.", failure, where
        )


def _environ(profile: Profile, event: str, token: Token | None) -> dict[str, str]:
    end = token and token.expires_at
    refresh_end = token and token.refresh_expires_at
    return {
        **os.environ,
        "WTR_EVENT": event,
        "WTR_PROFILE": profile.name,
        "WTR_CONFIG": str(profile.settings_path),
        "WTR_EXPIRES_AT": iso(end) if end else "",
        "WTR_REFRESH_EXPIRES_AT": iso(refresh_end) if refresh_end else "",
    }


def _run_command(command: str, environ: Mapping[str, str], stdin: bytes) -> tuple[str, bytes]:
    """Run it without a shell; return why it failed, "" for success, and what it printed first."""
    import shlex
    import tempfile

    from wtr_tui import process

    try:
        words = shlex.split(command)
    except ValueError:
        return "is not written well: a quotation mark is never closed", b""
    if not words:
        return "names no program", b""
    words[0] = process.expand_home(words[0], environ)
    try:
        # A file, because a child that is left behind would hold a pipe open; /dev/null, where the
        # machine takes no temporary files: its root may be read-only.
        printed = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
    except OSError:
        printed = open(os.devnull, "r+b")  # noqa: PTH123, SIM115 - as the other
    with printed:
        result = process.run(words, limit=LIMIT, environ=environ, stdin=stdin, log=printed)
        printed.seek(0)
        failure = result.problem
        if not result.started:
            failure += f" ({cleaned(words[0])}; no shell is used)"
        return failure, printed.read(_MOST_OUTPUT)


def _log(path: str, event: str, output: bytes, hidden: Sequence[Secret]) -> bool:
    """Append the event and the output without ``hidden``, and return whether it could."""
    text = output.decode("utf-8", "replace")
    for value in filter(None, (secret.peek() for secret in hidden)):
        text = text.replace(value, MASK)
        # The limit of the output may have cut a secret in two.
        shown = next((n for n in range(len(value), 8, -1) if text.endswith(value[:n])), 0)
        text = text[: len(text) - shown]
    lines = (
        f"{iso(now())} {event}\n",
        *(f"  {cleaned(line, _LOG_LINE)}\n" for line in text.splitlines()),
    )
    added = "".join(lines).encode()
    try:
        rewrite(path, lambda content: (content + added)[-_LARGEST_LOG:], flush=False)
    except (OSError, StorageError):
        return False
    return True
