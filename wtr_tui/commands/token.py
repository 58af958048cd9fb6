"""Prints a valid access token on standard output, and nothing else.

It is refreshed first when less than --min-left is left of it. For scripts:
WEBEX_ACCESS_TOKEN=$(wtr token)
"""

from __future__ import annotations

import os

from wtr_tui.commands import quick
from wtr_tui.commands.durations import duration
from wtr_tui.commands.output import give, tell
from wtr_tui.errors import DONE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from wtr_tui.storage.lock import Lock

MIN_LEFT = 300
"""Seconds; of a token that lives for minutes only, half its life."""


def arguments(parser: ArgumentParser) -> None:
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--header", action="store_true", help="print Authorization: Bearer TOKEN")
    shape.add_argument("-j", "--json", action="store_true", help="print it with its expiry as JSON")
    add_min_left(parser)
    parser.add_argument(
        "--no-refresh",
        action="store_true",
        help="never ask Webex: print what is stored, or fail where it is no longer valid",
    )


def add_min_left(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--min-left",
        type=duration,
        metavar="DURATION",
        help="refresh when less is left, like 90m or 3d (default: 5m, or half a shorter life)",
    )


def run(options: Namespace) -> int:
    fields, lock = None, None
    if not options.debug:
        fields = good_token(options)
        if fields is None and not options.no_refresh:
            fields, lock = _turn(options)
    if fields is not None:
        give(_shaped(fields["access_token"], fields["expires_at"], options))
        return DONE
    from wtr_tui import clock
    from wtr_tui.commands.valid_token import valid_token

    try:
        delivered = valid_token(
            options.profile,
            options.config,
            os.environ,
            min_left=options.min_left,
            may_refresh=not options.no_refresh,
            lock=lock,
        )
    finally:
        if lock is not None:
            lock.release()
    token = delivered.token
    end = clock.iso(token.expires_at) if token.expires_at else None
    give(_shaped(token.access_token.reveal(), end, options))
    if delivered.warning:
        tell(delivered.warning)
    return DONE


def good_token(options: Namespace) -> dict[str, str] | None:
    """The token file's members, where more than ``--min-left`` is left without any doubt."""
    return quick.good_token(options.profile, options.config, os.environ, _min_left(options))


def _turn(options: Namespace) -> tuple[dict[str, str] | None, Lock | None]:
    from wtr_tui.commands import turn

    return turn.taken(options.profile, options.config, os.environ, _min_left(options))


def _min_left(options: Namespace) -> int:
    return MIN_LEFT if options.min_left is None else int(options.min_left)


def _shaped(access_token: str, expires_at: str | None, options: Namespace) -> str:
    if options.header:
        return f"Authorization: Bearer {access_token}"
    if not options.json:
        return access_token
    import json

    from wtr_tui import clock

    left = None
    if expires_at is not None:
        left = int((clock.from_iso(expires_at) - clock.now()).total_seconds())
    shown = {
        "access_token": access_token,
        "expires_in": left,
        "expires_at": expires_at,
        "token_type": "Bearer",
    }
    return json.dumps(shown, indent=2)
