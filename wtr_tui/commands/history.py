"""Prints what happened to the token: when, what, and who did it. The latest is last.

The history holds the last 1,000 events at most, and no secret. With --json each event is a line of
its own (JSON Lines): at, event (retrieved, refreshed, same-token, failed, refused, needs-sign-in,
sign-in-soon, signed-out), by, pid, place, expires_at, refresh_token_expires_at, and where something
failed error, message and Webex's tracking_id.
"""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace

from wtr_tui import clock, history
from wtr_tui.commands.output import SIGNS, Style, print_data, print_message
from wtr_tui.errors import DONE
from wtr_tui.history import LABELS, Entry, Event
from wtr_tui.storage import profiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wtr_tui.commands.output import Tone

_USUAL = 20


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-n",
        "--number",
        type=_number,
        default=_USUAL,
        metavar="COUNT",
        help=f"at most so many, the latest (default: {_USUAL})",
    )
    parser.add_argument("-j", "--json", action="store_true", help="print them as JSON Lines")


def run(options: Namespace) -> int:
    profile = profiles.find(options.profile, options.config, os.environ)
    entries = history.read(profile, options.number)
    if options.json:
        for entry in entries:
            print_data(json.dumps(entry.members(), ensure_ascii=False))
    elif entries:
        style = Style.of()
        print_data("\n".join(_line(each, style) for each in entries))
    else:
        print_message(f"Nothing has happened to the token of the profile {profile.name} yet.")
    return DONE


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 7 and int(text)):
        raise ArgumentTypeError("It has to be a number from 1.")
    return int(text)


_TONES: dict[str, Tone] = {
    **dict.fromkeys(("retrieved", "refreshed", "same-token"), "good"),
    **dict.fromkeys(("failed", "refused", "needs-sign-in"), "bad"),
    "sign-in-soon": "warn",
}


def _line(entry: Entry, style: Style) -> str:
    """Return ``Fri 27 Nov 2026 11:00:07 CET  refreshed  until …  wtr refresh (cron, pid 4711)``."""
    when = clock.local(entry.at, seconds=True)
    what = entry.message
    if not what and entry.event is Event.SIGN_IN_SOON and entry.refresh_expires_at is not None:
        what = f"by {clock.local(entry.refresh_expires_at)}"
    elif not what and entry.expires_at is not None:
        what = f"until {clock.local(entry.expires_at)}"
    by = f"{entry.by} ({entry.place}, pid {entry.pid})"
    event, tone = f"{LABELS[entry.event]:16}", _TONES.get(entry.event.value, "")
    if not style.is_terminal:
        return "  ".join(filter(None, (when, event, what, by)))
    event = f"{SIGNS.get(tone, ' ')} {event}"
    said = style.wrap("  ".join(filter(None, (what, by))), len(f"{when}  {event}  "))
    return f"{style.paint(when, 'dim')}  {style.paint(event, tone)}  {said}"
