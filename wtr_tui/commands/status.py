"""Says whose token it is, until when it is valid, where the files are, and what is wrong.

Exit code 0: there is a valid token, or one that can be refreshed; 3: a sign-in is needed; 1 or
2: something else stands in the way.
"""

from __future__ import annotations

import os
from argparse import BooleanOptionalAction

from wtr_tui import clock
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
    if options.all:
        from wtr_tui.commands import status_all

        return status_all.run(
            os.environ, as_json=options.json, who=bool(options.who), quickly=not options.debug
        )
    if options.json and not (options.who or options.debug):
        files = quick.paths(options.profile, options.config, os.environ)
        calm = quick.calm_profile(files, os.environ) if files is not None else None
        if calm is not None and files is not None:
            name = options.profile or os.environ.get("WTR_PROFILE") or "default"
            give(as_text(status_json.members(name, files, calm["appid"], calm, clock.now())))
            return DONE
    from wtr_tui.commands import conditions, status_words

    asked = not options.json if options.who is None else options.who
    found = conditions.of_one(options.profile, options.config, os.environ, who=asked)
    now = clock.now()
    if options.json:
        give(as_text(status_words.members(found, now)))
    else:
        give(status_words.told(found, now))
    return found.exit_code


def as_text(shown: object) -> str:
    import json

    return json.dumps(shown, indent=2)
