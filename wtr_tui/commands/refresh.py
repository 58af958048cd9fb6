"""Refreshes the token now; with --within only when less than that is left of it.

--within looks at the end of the refresh token, too, but tries only once whether refreshing moves
that one. The new token is saved before anything is said. Nothing is deleted when it fails. For
cron or a systemd timer: wtr refresh --all --within 3d, every hour. One exit code stands for all
profiles: 3 where any needs a sign-in, 4 where time alone will mend it; a profile without a token is
no failure of --all. --quiet tells of an end that comes near once for each time of warnBefore.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from wtr_tui import clock, in_flight, known, tokens
from wtr_tui.commands.output import (
    as_json,
    give,
    give_unsaved,
    log_step,
    original_json,
    original_text,
    tell,
)
from wtr_tui.commands.parsers import add_outputs, add_timeout, duration, refuse_all_of_one, timeout
from wtr_tui.commands.profile import clients, for_each, give_token, loaded_settings, stored_token
from wtr_tui.errors import (
    DONE,
    SIGN_IN_NEEDED,
    TEMPORARY,
    ForeignToken,
    NoRefreshToken,
    NotSaved,
    SignInNeeded,
    WtrError,
)
from wtr_tui.model import Token
from wtr_tui.storage import profiles
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.text import on_one_line
from wtr_tui.token_state import (
    SIGN_IN,
    lost_grant,
    require_refresh_token,
    sign_in_soon,
    since_sign_in_needed,
)
from wtr_tui.tokens import How, Obtained

if TYPE_CHECKING:
    from wtr_tui.oauth.client import WebexClient

_PATIENCE = 30
_ASK_AGAIN = timedelta(days=1)
"""Between two questions about a refresh token that Webex no longer accepts."""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--within", type=duration, metavar="DURATION", help="only when less is left: 3d, 36h, 90m"
    )
    parser.add_argument("--all", action="store_true", help="every profile there is")
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="say nothing where nothing failed, as for cron"
    )
    add_timeout(parser, f"how long Webex may take to answer (default: {_PATIENCE})")
    add_outputs(parser)


class Refreshed(NamedTuple):
    """What became of one profile's token: how it was obtained, or why it was not.

    ``soon`` is that somebody has to sign in soon, whatever is refreshed; "" where that is far
    away. ``is_news`` says that this, or the error, was not reported by another run before, and
    ``is_idle`` that there was nothing that could be refreshed: no failure of ``--all``.
    """

    profile: Profile
    obtained: Obtained | None
    error: WtrError | None = None
    soon: str = ""
    is_news: bool = True
    is_idle: bool = False

    @property
    def has_failed(self) -> bool:
        return self.error is not None and not self.is_idle

    @property
    def token(self) -> Token | None:
        """The token there is now, saved or not."""
        if isinstance(self.error, NotSaved):
            return self.error.token
        return None if self.obtained is None else self.obtained.token

    @property
    def text(self) -> str:
        """A sentence on what happened, for a success too."""
        if self.is_idle and self.error is not None:
            return self.error.message
        if isinstance(self.error, NotSaved):
            return f"Refreshed, but NOT SAVED. {self.error}"
        if self.obtained is None:
            unasked = isinstance(self.error, (ForeignToken, NoRefreshToken))
            return str(self.error) if unasked else f"Not refreshed. {self.error}"
        done = {
            How.REFRESHED: "Refreshed",
            How.SAME: "Webex returned the same token, as it often does within a day",
        }.get(self.obtained.how, "Nothing to do")
        until = clock.until_when(self.obtained.token.expires_at)
        return f"{done}: valid {until}. {self.soon}".rstrip()


def run(options: Namespace) -> int:
    refuse_all_of_one(options)
    within = None if options.within is None else timedelta(seconds=options.within)
    with clients(timeout(options) or _PATIENCE) as client:
        if options.all:
            with in_flight.saved_first(threads=True):
                results = for_each(
                    profiles.every(os.environ),
                    lambda each: _excused(
                        _refreshed(each, profiles.environment_of(each, os.environ), within, client)
                    ),
                )
            return _summed_up(results, options)
        found = profiles.find(options.profile, options.config, os.environ)
        result = _refreshed(found, os.environ, within, client)
    if result.token is not None:
        give_token(result.token, options)
    _tell(result, result.text, options)
    if isinstance(result.error, NotSaved) and not (options.output or options.json):
        give_unsaved(result.error.token, found.name)
    return result.error.exit_code if result.error else DONE


def _refreshed(
    found: Profile,
    environ: Mapping[str, str],
    within: timedelta | None,
    client: Callable[[Settings], WebexClient],
) -> Refreshed:
    """Refreshes one profile's token where it is needed; never raises a WtrError."""
    announced = known.of(found).given
    try:
        with in_flight.saved_first():
            stored = stored_token(found)
            chosen = loaded_settings(found, stored, environ)
            token = stored.token
            if tokens.is_fresh(found, token, within, clock.now(), both_ends=True):
                known.announce_sign_in(found, chosen)
                obtained = Obtained(token, How.ALREADY_FRESH)
            else:
                require_refresh_token(token)
                if within is not None and not chosen.can_mint:
                    _require_not_lost(found, token, clock.now())
                obtained = tokens.refresh(
                    found, chosen, client=client(chosen), within=within, both_ends=True, seen=token
                )
    except WtrError as error:
        log_step(f"{found.name}: {error.kind}")
        return Refreshed(found, None, error, is_news=not error.is_repeated)
    log_step(f"{found.name}: {obtained.how.value}")
    noted = known.of(found)
    soon = sign_in_soon(noted, obtained.token, chosen, clock.now(), within=within)
    if since_sign_in_needed(noted, obtained.token) is not None and not chosen.can_mint:
        soon = f"{noted.message} {SIGN_IN}"
    return Refreshed(found, obtained, soon=soon, is_news=noted.given != announced)


def _excused(result: Refreshed) -> Refreshed:
    """The same, but no failure where there is nothing that a refresh could keep alive."""
    if not isinstance(result.error, (SignInNeeded, NoRefreshToken)):
        return result
    try:
        stored = result.profile.token_file.read()
    except WtrError:
        return result
    is_valid = stored is not None and stored.token.is_valid(clock.now())
    is_enough = is_valid and isinstance(result.error, NoRefreshToken)
    return result._replace(is_idle=True) if stored is None or is_enough else result


def _require_not_lost(profile: Profile, token: Token, now: datetime) -> None:
    """Raises SignInNeeded where Webex refused the refresh token within the last day.

    For whoever comes every hour: asking as often would change nothing.
    """
    noted = known.of(profile)
    if since_sign_in_needed(noted, token) is None or noted.last is None:
        return
    if timedelta(0) <= now - noted.last.at < _ASK_AGAIN:
        lost = lost_grant(noted)
        lost.is_repeated = True
        raise lost


def _tell(result: Refreshed, sentence: str, options: Namespace) -> None:
    """Says it; with --quiet what failed, or comes near, and was not reported before."""
    if options.quiet and (result.is_idle or not result.is_news):
        return
    if options.quiet and result.error is None:
        sentence = result.soon and f"{result.profile.name}: {result.soon}"
    if sentence:
        tell(sentence, "bad" if result.error is not None else "warn" if result.soon else "good")


def _summed_up(results: list[Refreshed], options: Namespace) -> int:
    failed = [result for result in results if result.has_failed]
    if options.output:
        for result in results:
            if result.token is not None:
                shown = original_text(result.token, clock.now())
                give(f"Profile: {result.profile.name}\n{shown}\n")
    if options.json:
        give(as_json([_members(result) for result in results]))
    for result in results:
        sentence = on_one_line(result.text) if result.error is not None else result.soon
        if sentence:
            _tell(result, f"{result.profile.name}: {sentence}", options)
    fresh = sum(
        result.obtained is not None and result.obtained.how is How.ALREADY_FRESH
        for result in results
    )
    idle = sum(result.is_idle for result in results)
    renewed = len(results) - fresh - idle - len(failed)
    count = f"{len(results)} profile{'' if len(results) == 1 else 's'}"
    without = f"{idle} with nothing to refresh, " if idle else ""
    if any(result.is_news for result in failed) or not options.quiet:
        summary = f"{renewed} refreshed, {fresh} fresh enough, {without}{len(failed)} failed."
        tell(f"{count}: {summary}", "bad" if failed else "good")
    return worst([result.error for result in failed if result.error is not None])


def worst(errors: list[WtrError]) -> int:
    """One exit code for many: a user is needed before all, then what no time will heal."""
    codes = {error.exit_code for error in errors}
    if SIGN_IN_NEEDED in codes:
        return SIGN_IN_NEEDED
    return min(codes - {TEMPORARY}, default=TEMPORARY if codes else DONE)


def _members(result: Refreshed) -> dict[str, object]:
    head: dict[str, object] = {"profile": result.profile.name, "ok": not result.has_failed}
    if result.obtained is not None:
        head["outcome"] = result.obtained.how.value
    if result.error is not None:
        head["outcome"] = "nothing-to-refresh" if result.is_idle else result.error.kind
        head["message" if result.is_idle else "error"] = result.text
        head["exit_code"] = DONE if result.is_idle else result.error.exit_code
    token = result.token
    return head if token is None else head | original_json(token, clock.now())
