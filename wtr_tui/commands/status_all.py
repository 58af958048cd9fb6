"""How things are with every profile, most of which are as they should be.

Of those the files alone are read; what explains the others is loaded with the first of them.
"""

from __future__ import annotations

from wtr_tui import clock
from wtr_tui.commands import quick, status_json
from wtr_tui.commands.output import give
from wtr_tui.commands.status_table import left, table
from wtr_tui.errors import DONE, SIGN_IN_NEEDED
from wtr_tui.storage import locations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from typing import TypeAlias

    from wtr_tui.commands.conditions import Condition
    from wtr_tui.commands.status_table import Row

    Calm: TypeAlias = tuple[str, tuple[str, str], Mapping[str, str]]
    """A profile with which nothing is wrong: its name, its files, and what the token's says."""


def run(environ: Mapping[str, str], *, as_json: bool, who: bool, quickly: bool) -> int:
    """Tells how things are, and gives the exit code; ``who`` asks Webex whose each token is."""
    now = clock.now()
    environ = dict(environ)  # the real one decodes a variable each time it is asked for
    found = list(_each(environ, now) if quickly and not who else _explained(environ, who))
    if as_json:
        import json

        give(json.dumps([_members(each, now) for each in found], indent=2))
    else:
        give(table([_row(each, now) for each in found]))
    codes = {DONE if isinstance(each, tuple) else each.exit_code for each in found}
    # A person is needed before all else.
    return SIGN_IN_NEEDED if SIGN_IN_NEEDED in codes else max(codes, default=DONE)


def _each(environ: Mapping[str, str], now: datetime) -> Iterator[Calm | Condition]:
    for name in locations.profile_names(environ):
        files = locations.settings_path(name, environ), locations.token_path(name, environ)
        calm = quick.calm_profile(files, environ)
        if calm is not None:
            yield name, files, calm
            continue
        from wtr_tui.commands import conditions

        yield conditions.of_named(name, environ, now)


def _explained(environ: Mapping[str, str], who: bool) -> list[Condition]:
    from wtr_tui.commands import conditions

    return conditions.of_all(environ, who=who)


def _row(found: Calm | Condition, now: datetime) -> Row:
    if isinstance(found, tuple):
        name, _, token = found
        return name, _left(token, "expires_at", now), _left(token, "refresh_expires_at", now), ()
    from wtr_tui.commands import status_words

    return status_words.row(found, now)


def _members(found: Calm | Condition, now: datetime) -> dict[str, object]:
    if isinstance(found, tuple):
        name, files, token = found
        return status_json.members(name, files, token["appid"], token, now)
    from wtr_tui.commands import status_words

    return status_words.members(found, now)


def _left(token: Mapping[str, str], end: str, now: datetime) -> str:
    stated = token.get(end)
    return left(None if stated is None else clock.from_iso(stated), now)
