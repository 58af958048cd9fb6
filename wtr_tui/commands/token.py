"""Prints a valid access token on standard output, and nothing else.

It is refreshed first when less than --min-left is left of it. For scripts:
WEBEX_ACCESS_TOKEN=$(wtr token)
"""

from __future__ import annotations

import os
import sys

from wtr_tui import clock, tokens
from wtr_tui.commands.output import as_json, hide_secrets, print_data, print_message
from wtr_tui.errors import DONE
from wtr_tui.text import is_terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from datetime import datetime, timedelta

    from wtr_tui.commands import NoOptions
    from wtr_tui.model import Token


def arguments(parser: ArgumentParser) -> None:
    from wtr_tui.commands.parsers import add_min_left  # not needed by a bare wtr token

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

        # A socket gives the token alone, so its expiry is that of its claims.
        expires_at = clock.iso_if_known(claims_of(Secret(access_token)).expires_at)
    print_data(_format(access_token, expires_at, options))
    return DONE


def ready_token(
    options: Namespace | NoOptions, *, may_refresh: bool = True
) -> tuple[str, str | None]:
    """Return a valid access token and its expiry in ISO 8601 (None: not known).

    The file alone answers where it can, otherwise the token is refreshed. Warnings are printed.
    Raise a WtrError where there is no valid token.
    """
    path = os.environ.get("WTR_SOCKET")
    if path:
        from wtr_tui.environment import token_socket

        return token_socket.receive(path), None
    chosen = options.profile, options.config, os.environ, options.min_left
    members, lock = None, None
    if not options.debug:
        members = tokens.fast_token(*chosen)
        if members is None and may_refresh:
            members, lock = tokens.await_refresh(*chosen)
    if members is not None:
        return members["access_token"], members["expires_at"]
    from wtr_tui.commands.profile import valid_token

    token = valid_token(options, may_refresh=may_refresh, lock=lock)
    return token.access_token.reveal(), clock.iso_if_known(token.expires_at)


def _format(access_token: str, expires_at: str | None, options: Namespace | NoOptions) -> str:
    if options.header:
        return f"Authorization: Bearer {access_token}"
    if options.header_json:
        import json

        return json.dumps({"Authorization": f"Bearer {access_token}"})
    if not options.json:
        return access_token
    left = clock.from_iso(expires_at) - clock.now() if expires_at is not None else None
    return as_json(
        {
            "access_token": access_token,
            "expires_in": None if left is None else int(left.total_seconds()),
            "expires_at": expires_at,
            "token_type": "Bearer",
        }
    )


# A whole token, the refresh token too, as text and as JSON: in the shapes that users of the Go
# tool know, with the instants added.


def token_members(token: Token, now: datetime) -> dict[str, object]:
    """Return what Webex's token response has, its seconds from ``now``, and the instants."""
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


def token_text(token: Token, now: datetime) -> str:
    """Return the lines that the Go tool prints for ``-o``, and the instants."""
    members = token_members(token, now)
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


def print_token(token: Token, options: Namespace) -> None:
    """Print the token as ``-o`` and ``-j`` ask for, text first; both may be set, or neither."""
    hide_secrets(token.access_token, token.refresh_token)
    now = clock.now()
    if options.output:
        print_data(token_text(token, now))
    if options.json:
        print_data(as_json(token_members(token, now)))


def print_unsaved(token: Token, profile: str) -> None:
    """Print a token that could not be saved, where standard output is a terminal.

    Anywhere else it would end in a log or a mail, where a token must never be.
    """
    if not is_terminal(sys.stdout):
        print_message(
            "Nothing keeps it now; with -j it would have been printed, for a program to keep."
        )
        return
    print_data(as_json(token_members(token, clock.now())))
    print_message(
        f"This is the only copy. Once that is mended: wtr import --replace --profile {profile} -"
        " takes it, pasted as it stands here."
    )


def _seconds(left: timedelta | None) -> int | None:
    return None if left is None else max(0, int(left.total_seconds()))
