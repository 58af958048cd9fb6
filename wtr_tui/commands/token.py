"""Prints a valid access token on standard output, and nothing else.

It is refreshed first when less than --min-left is left of it. For scripts:
WEBEX_ACCESS_TOKEN=$(wtr token)
"""

from __future__ import annotations

import os

from wtr_tui import clock, tokens
from wtr_tui.commands.output import give
from wtr_tui.errors import DONE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from wtr_tui.commands import NoOptions


def arguments(parser: ArgumentParser) -> None:
    from wtr_tui.commands.parsers import add_min_left  # which a bare wtr token does without

    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--header", action="store_true", help="print Authorization: Bearer TOKEN")
    shape.add_argument(
        "--header-json",
        action="store_true",
        help="print the header as JSON, as the header helpers of MCP clients do",
    )
    shape.add_argument("-j", "--json", action="store_true", help="print it with its expiry as JSON")
    add_min_left(parser)
    parser.add_argument(
        "--no-refresh",
        action="store_true",
        help="never ask Webex: print what is stored, or fail where it is no longer valid",
    )


def run(options: Namespace | NoOptions) -> int:
    access_token, expires_at = ready_token(options, may_refresh=not options.no_refresh)
    if options.json and os.environ.get("WTR_SOCKET"):
        from wtr_tui.model import Secret
        from wtr_tui.oauth.responses import claims_of

        # The token itself names its end: nobody else does where a socket gave it.
        expires_at = clock.iso_if_known(claims_of(Secret(access_token)).expires_at)
    give(_shaped(access_token, expires_at, options))
    return DONE


def ready_token(
    options: Namespace | NoOptions, *, may_refresh: bool = True
) -> tuple[str, str | None]:
    """The access token and, in ISO 8601, its end: the fast way where it is sure, else the full.

    Warnings are printed. Raises a WtrError where there is no valid token to give.
    """
    path = os.environ.get("WTR_SOCKET")
    if path:
        from wtr_tui.environment import token_socket

        return token_socket.receive(path), None
    place = options.profile, options.config, os.environ, options.min_left
    members, lock = None, None
    if not options.debug:
        members = tokens.fast_token(*place)
        if members is None and may_refresh:
            members, lock = tokens.await_refresh(*place)
    if members is not None:
        return members["access_token"], members["expires_at"]
    from wtr_tui.commands.profile import valid_token

    token = valid_token(options, may_refresh=may_refresh, lock=lock)
    end = clock.iso(token.expires_at) if token.expires_at else None
    return token.access_token.reveal(), end


def _shaped(access_token: str, expires_at: str | None, options: Namespace | NoOptions) -> str:
    if options.header:
        return f"Authorization: Bearer {access_token}"
    if not options.json and not options.header_json:
        return access_token
    import json

    if options.header_json:
        return json.dumps({"Authorization": f"Bearer {access_token}"})
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
