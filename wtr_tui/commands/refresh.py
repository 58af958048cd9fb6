"""Refreshes the token now; with --within only when less than that is left of it.

The new token is saved before anything is said. Nothing is deleted when it fails.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

from wtr_tui import instants
from wtr_tui import refresh as refreshing
from wtr_tui.commands import debug, formats, many, outcomes
from wtr_tui.commands.durations import duration
from wtr_tui.commands.output import give, tell
from wtr_tui.commands.valid_token import require_own, require_refresh_token, stored_token
from wtr_tui.errors import DONE, SIGN_IN_NEEDED, TEMPORARY, UsageError, WtrError
from wtr_tui.refresh_outcome import AlreadyFresh, Outcome
from wtr_tui.storage import profile, settings
from wtr_tui.storage.profile import Profile


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--within", type=duration, metavar="DURATION", help="only when less is left: 3d, 36h, 90m"
    )
    parser.add_argument("--all", action="store_true", help="every profile there is")
    add_outputs(parser)


def add_outputs(parser: ArgumentParser) -> None:
    parser.add_argument("-o", "--output", action="store_true", help="print the token as text")
    parser.add_argument("-j", "--json", action="store_true", help="print the token as JSON")


@dataclass(frozen=True)
class Result:
    """What became of one profile's token: an outcome, or the error that came before it."""

    profile: Profile
    outcome: Outcome | None
    error: WtrError | None
    words: str


def run(options: Namespace) -> int:
    within = None if options.within is None else timedelta(seconds=options.within)
    with closing(many.Clients()) as clients:
        if not options.all:
            found = profile.find(options.profile, options.config, os.environ)
            result = refreshed(found, os.environ, within, clients)
            _give(result, options)
            tell(result.words)
            return result.error.exit_code if result.error else DONE
        if options.profile or options.config:
            raise UsageError("--all is for every profile: it goes with no --profile or --config.")
        found_all = profile.every(os.environ)
        results = many.for_each(found_all, lambda one: refreshed(one, os.environ, within, clients))
    return _summed_up(results, options)


def refreshed(
    found: Profile, environ: Mapping[str, str], within: timedelta | None, clients: many.Clients
) -> Result:
    """Refreshes one profile's token where it is needed; never raises a WtrError."""
    try:
        outcome = _outcome(found, environ, within, clients)
    except WtrError as error:
        return Result(found, None, error, str(error))
    debug.step(f"{found.name}: {type(outcome).__name__}")
    return Result(found, outcome, outcomes.error_of(outcome), outcomes.words(outcome))


def _outcome(
    found: Profile, environ: Mapping[str, str], within: timedelta | None, clients: many.Clients
) -> Outcome:
    stored = stored_token(found)
    token = stored.token
    debug.hide(token.access_token, token.refresh_token)
    if within is not None and token.is_valid(instants.now(), within):
        return AlreadyFresh(token)
    require_refresh_token(token)
    known = settings.load(found.settings_path, environ)
    debug.show_settings(found, known)
    require_own(stored, known)
    known.require()
    return refreshing.refresh(found, known, client=clients.client(known), within=within, seen=token)


def _give(result: Result, options: Namespace) -> None:
    token = None if result.outcome is None else outcomes.token_of(result.outcome)
    if token is None:
        return
    debug.hide(token.access_token, token.refresh_token)
    now = instants.now()
    for text in formats.outputs(token, now, text=options.output, as_json=options.json):
        give(text)


def _summed_up(results: list[Result], options: Namespace) -> int:
    failed = [result for result in results if result.error is not None]
    if options.output:
        for result in results:
            token = None if result.outcome is None else outcomes.token_of(result.outcome)
            if token is not None:
                shown = formats.original_text(token, instants.now())
                give(f"Profile: {result.profile.name}\n{shown}\n")
    if options.json:
        give(formats.as_text([_members(result) for result in results]))
    for result in failed:
        tell(f"{result.profile.name}: {result.words}")
    idle = sum(isinstance(result.outcome, AlreadyFresh) for result in results)
    renewed = len(results) - idle - len(failed)
    count = f"{len(results)} profile{'' if len(results) == 1 else 's'}"
    tell(f"{count}: {renewed} refreshed, {idle} fresh enough, {len(failed)} failed.")
    return worst([result.error for result in failed if result.error is not None])


def worst(errors: list[WtrError]) -> int:
    """One exit code for many: a person is needed before all, then what no time will heal."""
    codes = {error.exit_code for error in errors}
    if SIGN_IN_NEEDED in codes:
        return SIGN_IN_NEEDED
    return min(codes - {TEMPORARY}, default=TEMPORARY if codes else DONE)


def _members(result: Result) -> dict[str, object]:
    head: dict[str, object] = {"profile": result.profile.name, "ok": result.error is None}
    if result.error is not None:
        head |= {"error": result.words, "exit_code": result.error.exit_code}
    token = None if result.outcome is None else outcomes.token_of(result.outcome)
    return head if token is None else head | formats.original_json(token, instants.now())
