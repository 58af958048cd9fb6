"""Refreshes the token now; with --within only when less than that is left of it.

The new token is saved before anything is said. Nothing is deleted when it fails. For cron or a
systemd timer: wtr refresh --all --within 3d, every hour. One exit code stands for all profiles: 3
where any needs a sign-in, 4 where time alone will mend it.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from wtr_tui import clock
from wtr_tui import refresh as refreshing
from wtr_tui.commands import debug, ending, formats, many, outcomes, unsaved
from wtr_tui.commands.durations import duration
from wtr_tui.commands.output import give, tell
from wtr_tui.commands.valid_token import require_own, require_refresh_token, stored_token
from wtr_tui.errors import DONE, SIGN_IN_NEEDED, TEMPORARY, UsageError, WtrError
from wtr_tui.refresh_outcome import AlreadyFresh, NotSaved, Outcome
from wtr_tui.storage import profile, settings
from wtr_tui.storage.profile import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.text import on_one_line

if TYPE_CHECKING:
    from wtr_tui.oauth.client import WebexClient

_PATIENCE = 30
_SHORTEST, _LONGEST = 1, 3_600


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--within", type=duration, metavar="DURATION", help="only when less is left: 3d, 36h, 90m"
    )
    parser.add_argument("--all", action="store_true", help="every profile there is")
    add_timeout(parser, f"how long Webex may take to answer (default: {_PATIENCE})")
    add_outputs(parser)


def add_outputs(parser: ArgumentParser) -> None:
    parser.add_argument("-o", "--output", action="store_true", help="print the token as text")
    parser.add_argument("-j", "--json", action="store_true", help="print the token as JSON")


def add_timeout(parser: ArgumentParser, words: str) -> None:
    parser.add_argument("-t", "--timeout", type=duration, metavar="SECONDS", help=words)


def timeout(options: Namespace) -> int | None:
    """What ``--timeout`` says, in seconds. Raises UsageError where that is out of bounds."""
    seconds: int | None = options.timeout
    if seconds is not None and not _SHORTEST <= seconds <= _LONGEST:
        raise UsageError("The timeout is from 1 second to one hour.")
    return seconds


@dataclass(frozen=True)
class Result:
    """What became of one profile's token: an outcome, or the error that came before it."""

    profile: Profile
    outcome: Outcome | None
    error: WtrError | None
    words: str


def run(options: Namespace) -> int:
    within = None if options.within is None else timedelta(seconds=options.within)
    patience = timeout(options) or _PATIENCE
    with closing(many.Clients()) as clients:

        def refreshed_one(found: Profile) -> Result:
            return _refreshed(
                found,
                os.environ,
                within,
                lambda known: clients.client(known, total_timeout=patience),
            )

        if not options.all:
            result = refreshed_one(profile.find(options.profile, options.config, os.environ))
            _give(result, options)
            tell(result.words)
            if isinstance(result.outcome, NotSaved) and not (options.output or options.json):
                unsaved.give_on_terminal(result.outcome.token, result.profile.name)
            return result.error.exit_code if result.error else DONE
        if options.profile or options.config:
            raise UsageError("--all is for every profile: it goes with no --profile or --config.")
        with ending.saved_first(threads=True):
            results = many.for_each(profile.every(os.environ), refreshed_one)
    return _summed_up(results, options)


def _refreshed(
    found: Profile,
    environ: Mapping[str, str],
    within: timedelta | None,
    client: Callable[[Settings], WebexClient],
) -> Result:
    """Refreshes one profile's token where it is needed; never raises a WtrError."""
    try:
        with ending.saved_first():
            outcome = _outcome(found, environ, within, client)
    except WtrError as error:
        return Result(found, None, error, str(error))
    debug.step(f"{found.name}: {type(outcome).__name__}")
    return Result(found, outcome, outcomes.error_of(outcome), outcomes.words(outcome))


def _outcome(
    found: Profile,
    environ: Mapping[str, str],
    within: timedelta | None,
    client: Callable[[Settings], WebexClient],
) -> Outcome:
    stored = stored_token(found)
    token = stored.token
    debug.hide(token.access_token, token.refresh_token)
    if within is not None and token.is_valid(clock.now(), within):
        return AlreadyFresh(token)
    require_refresh_token(token)
    known = settings.load(found.settings_path, environ)
    debug.show_settings(found, known)
    require_own(stored, known)
    known.require()
    return refreshing.refresh(found, known, client=client(known), within=within, seen=token)


def _give(result: Result, options: Namespace) -> None:
    token = None if result.outcome is None else outcomes.token_of(result.outcome)
    if token is None:
        return
    debug.hide(token.access_token, token.refresh_token)
    now = clock.now()
    for text in formats.outputs(token, now, text=options.output, as_json=options.json):
        give(text)


def _summed_up(results: list[Result], options: Namespace) -> int:
    failed = [result for result in results if result.error is not None]
    if options.output:
        for result in results:
            token = None if result.outcome is None else outcomes.token_of(result.outcome)
            if token is not None:
                shown = formats.original_text(token, clock.now())
                give(f"Profile: {result.profile.name}\n{shown}\n")
    if options.json:
        give(formats.as_text([_members(result) for result in results]))
    for result in failed:
        tell(f"{result.profile.name}: {on_one_line(result.words)}")
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
    return head if token is None else head | formats.original_json(token, clock.now())
