"""Standard output for data, standard error for everything else; both may be gone."""

from __future__ import annotations

import io
import os
import sys

from wtr_tui import clock
from wtr_tui.errors import WtrError
from wtr_tui.text import escaped, is_terminal, program_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from wtr_tui.commands.layout import Tone
    from wtr_tui.model import Token


def show_any_sign() -> None:
    """Lets standard output escape what it cannot encode, as standard error does by itself.

    A terminal that cannot show a sign shall not end the program: not even its help.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def give(text: str) -> None:
    """Writes data to standard output at once, with a line end.

    Raises WtrError where it cannot be written: a token that did not arrive is no success.
    """
    if sys.stdout is None:
        raise WtrError("Standard output is closed: there is nowhere to write to.")
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output()
        raise WtrError(f"Standard output cannot be written: {error.strerror}.") from error


def tell(sentence: str, tone: Tone = "") -> None:
    """A sentence for the user on standard error; on a terminal with the sign of its tone."""
    shown = escaped(sentence)
    if tone and is_terminal(sys.stderr):
        from wtr_tui.commands.layout import SIGNS, Look

        shown = Look.of(sys.stderr).paint(f"{SIGNS[tone]} {sentence}", tone)
    say(f"{program_name()}: {shown}\n")


def say(text: str) -> None:
    """Writes the text to standard error as it is. That it is closed, or full, is no failure."""
    # Without a standard error print() would write to standard output, between the data.
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        _to_nowhere(2)


def drop_output() -> None:
    """Gives up standard output, with what Python would try to write once more at its end."""
    if sys.stdout is not None:
        _to_nowhere(sys.stdout.fileno())


def hold_standard_streams() -> None:
    """Opens a closed standard stream on nothing.

    Otherwise the next file that is opened, the token's lock or a connection to Webex, would get
    its number, and what is meant for standard error would be written into it.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one


_core_limits: list[tuple[int, int]] = []


def forbid_core_dumps() -> None:
    """A core dump of this process would hold the tokens. What it starts inherits that."""
    import resource

    try:
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    except (OSError, ValueError):
        return
    _core_limits.append((soft, hard))


def allow_core_dumps() -> None:
    """As it was before :func:`forbid_core_dumps`: for a program that takes this one's place."""
    import resource

    if _core_limits:
        resource.setrlimit(resource.RLIMIT_CORE, _core_limits.pop())


def _to_nowhere(descriptor: int) -> None:
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
    except OSError:
        return


# A token as text and as JSON, in the shapes that users of the Go tool know.


def original_json(token: Token, now: datetime) -> dict[str, object]:
    """The members Webex and the original give (seconds left, from now), and the clock."""
    return {
        "access_token": token.access_token.reveal(),
        "expires_in": _seconds(token.left(now)),
        "expires_at": clock.iso_if_known(token.expires_at),
        "refresh_token": token.refresh_token.reveal() if token.refresh_token else None,
        "refresh_token_expires_in": _seconds(token.refresh_left(now)),
        "refresh_token_expires_at": clock.iso_if_known(token.refresh_expires_at),
        "token_type": token.token_type,
        "scope": " ".join(token.scopes),
    }


def original_text(token: Token, now: datetime) -> str:
    """What the original's ``-o`` prints, line by line, and the clock."""
    members = original_json(token, now)
    lines = (
        ("Token", "access_token"),
        ("ExpiresIn", "expires_in"),
        ("RefreshToken", "refresh_token"),
        ("RefreshTokenExpiresIn", "refresh_token_expires_in"),
        ("ExpiresAt", "expires_at"),
        ("RefreshTokenExpiresAt", "refresh_token_expires_at"),
    )
    shown = ((title, members[name]) for title, name in lines)
    return "\n".join(f"{title}: {'' if value is None else value}" for title, value in shown)


def token_texts(token: Token, now: datetime, *, text: bool, json: bool) -> list[str]:
    """What ``-o`` and ``-j`` ask for, in the original's order; both may be."""
    given = [original_text(token, now)] if text else []
    return given + ([as_json(original_json(token, now))] if json else [])


def as_json(members: object) -> str:
    """JSON for people and programs: two blanks deep, as the original indents it."""
    import json

    return json.dumps(members, indent=2)


def _seconds(left: timedelta | None) -> int | None:
    return None if left is None else max(0, int(left.total_seconds()))


def give_unsaved(token: Token, profile: str) -> None:
    """Prints the only copy there is where a user can take it up.

    Anywhere else it would end in a log or a mail, where a token must never be.
    """
    if sys.stdout is None or not sys.stdout.isatty():
        tell("Nothing keeps it now; with -j it would have been printed, for a program to keep.")
        return
    give(as_json(original_json(token, clock.now())))
    tell(
        f"This is the only copy. Once that is mended: wtr import --replace --profile {profile} -"
        " takes it, pasted as it stands here."
    )
