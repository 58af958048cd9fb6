"""Says whose token it is, until when it is valid, where the files are, and what is wrong.

Exit code 0: there is a valid token, or one that can be refreshed; 3: a sign-in is needed; 1 or
2: something else stands in the way.
"""

from __future__ import annotations

import os
from argparse import BooleanOptionalAction

from wtr_tui import instants
from wtr_tui.commands import quick, status_json
from wtr_tui.commands.output import give
from wtr_tui.errors import DONE, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="every profile there is, a line each")
    parser.add_argument("-j", "--json", action="store_true", help="print it as JSON")
    parser.add_argument(
        "--who",
        action=BooleanOptionalAction,
        help="ask Webex whose token it is (default: for one profile, and not with --json)",
    )


def run(options: Namespace) -> int:
    if options.all and (options.profile or options.config):
        raise UsageError("--all is for every profile: it goes with no --profile or --config.")
    if options.json and not (options.all or options.who or options.debug):
        calm = quick.calm_profile(options.profile, options.config, os.environ)
        files = quick.paths(options.profile, options.config, os.environ)
        if calm is not None and files is not None:
            name = options.profile or os.environ.get("WTR_PROFILE") or "default"
            shown = status_json.members(name, files, calm["appid"], calm, instants.now())
            give(as_text(shown))
            return DONE
    from wtr_tui.commands import conditions

    if options.all:
        found = conditions.of_all(os.environ, who=bool(options.who))
    else:
        asked = not options.json if options.who is None else options.who
        found = [conditions.of_one(options.profile, options.config, os.environ, who=asked)]
    from wtr_tui.commands import status_words

    now = instants.now()
    if options.json:
        rows = [status_words.members(each, now) for each in found]
        give(as_text(rows if options.all else rows[0]))
    else:
        give(status_words.table(found, now) if options.all else status_words.told(found[0], now))
    return conditions.worst(found)


def as_text(shown: object) -> str:
    import json

    return json.dumps(shown, indent=2)
