"""Refreshes the token now; with --within only when less than that is left of it.

--within looks at the end of the refresh token, too; where refreshing does not move that one, once,
for the last access token there is to be had. The new token is saved before anything is said.
Nothing is deleted when it fails. For cron or a systemd timer: wtr refresh --all --within 3d, every
hour. One exit code stands for all profiles: 3 where any needs a sign-in, 4 where time alone will
mend it; a profile without a token is no failure of --all. --quiet tells of an end that comes near
once for each time of warnBefore.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from wtr_tui import clock, errors, outcomes, shutdown, token_state, tokens
from wtr_tui.commands import output, parsers
from wtr_tui.commands.profile import (
    chosen_profiles,
    clients,
    load_settings,
    map_concurrently,
    read_token,
)
from wtr_tui.commands.token import print_token, print_unsaved, token_members, token_text
from wtr_tui.errors import DONE, NotSaved, WtrError
from wtr_tui.model import Token
from wtr_tui.storage import state
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.text import on_one_line
from wtr_tui.tokens import How, Obtained

if TYPE_CHECKING:
    from wtr_tui.oauth.client import WebexClient

_TIMEOUT = 30
_ASK_AGAIN = timedelta(days=1)
"""Between two attempts with a refresh token that Webex no longer accepts."""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--within",
        type=parsers.duration,
        metavar="DURATION",
        help="only when less is left: 3d, 36h, 90m",
    )
    parser.add_argument("--all", action="store_true", help="every profile there is")
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="say nothing where nothing failed, as for cron"
    )
    parsers.add_timeout(parser, f"how long Webex may take to answer (default: {_TIMEOUT})")
    parsers.add_outputs(parser)


class Refreshed(NamedTuple):
    """The outcome for one profile: ``how`` the token was obtained, or the error.

    ``token`` is the present one, saved or not. ``soon`` is a sentence where a user has to sign in
    soon, whatever is refreshed, else "". ``is_news``: no earlier run has reported that, or the
    error. ``is_idle``: there is nothing that a refresh could keep alive, which is no failure of
    ``--all``.
    """

    profile: Profile
    token: Token | None
    how: How | None = None
    error: WtrError | None = None
    soon: str = ""
    is_news: bool = True
    is_idle: bool = False

    @property
    def has_failed(self) -> bool:
        return self.error is not None and not self.is_idle

    @property
    def text(self) -> str:
        """A sentence on what happened, also for a success."""
        error = self.error
        if error is None:
            done = {
                How.REFRESHED: "Refreshed",
                How.SAME: "Webex returned the same token, as it often does within a day",
            }.get(self.how or How.ALREADY_FRESH, "Nothing to do")
            until = clock.until_phrase(self.token.expires_at if self.token else None)
            return f"{done}: valid {until}. {self.soon}".rstrip()
        if self.is_idle:
            return error.message
        if isinstance(error, NotSaved):
            return f"Refreshed, but NOT SAVED. {error}"
        was_asked = not isinstance(error, errors.ForeignToken | errors.NoRefreshToken)
        return f"Not refreshed. {error}" if was_asked else str(error)

    def members(self) -> dict[str, object]:
        """Return the members of the JSON."""
        shown: dict[str, object] = {"profile": self.profile.name, "ok": not self.has_failed}
        if self.how is not None:
            shown["outcome"] = self.how.value
        elif self.is_idle:
            shown |= {"outcome": "nothing-to-refresh", "message": self.text, "exit_code": DONE}
        elif self.error is not None:
            outcome, code = self.error.kind, self.error.exit_code
            shown |= {"outcome": outcome, "error": self.text, "exit_code": code}
        return shown | (token_members(self.token, clock.now()) if self.token else {})


def run(options: Namespace) -> int:
    within = None if options.within is None else timedelta(seconds=options.within)
    found = chosen_profiles(options)
    with clients(parsers.timeout(options) or _TIMEOUT) as client:

        def refresh(each: tuple[Profile, Mapping[str, str]]) -> Refreshed:
            return _refresh_profile(*each, within, client, may_be_idle=options.all)

        if options.all:
            with shutdown.defer_signals(threads=True):
                return _report_all(map_concurrently(refresh, found), options)
        result = refresh(found[0])
    if result.token is not None:
        print_token(result.token, options)
    _report(result, result.text, options)
    if isinstance(result.error, NotSaved) and not (options.output or options.json):
        print_unsaved(result.error.token, result.profile.name)
    return result.error.exit_code if result.error else DONE


def _refresh_profile(
    profile: Profile,
    environ: Mapping[str, str],
    within: timedelta | None,
    client: Callable[[Settings], WebexClient],
    *,
    may_be_idle: bool,
) -> Refreshed:
    """Refresh one profile's token where that is needed; never raises a WtrError."""
    announced = state.read(profile.token_path).given
    token = None
    try:
        with shutdown.defer_signals():
            stored = read_token(profile)
            token = stored.token
            settings = load_settings(profile, stored, environ)
            if tokens.is_fresh(profile, token, within, clock.now(), both_ends=True):
                outcomes.announce_sign_in(profile, settings)
                obtained = Obtained(token, How.ALREADY_FRESH)
            else:
                token_state.require_refresh_token(token)
                if within is not None and not settings.can_mint:
                    _require_grant(profile, token, clock.now())
                obtained = tokens.refresh(
                    profile,
                    settings,
                    client=client(settings),
                    within=within,
                    both_ends=True,
                    seen=token,
                )
    except WtrError as error:
        output.log_step(f"{profile.name}: {error.kind}")
        if token is None:
            is_idle = isinstance(error, errors.SignInNeeded)
        else:
            is_idle = isinstance(error, errors.NoRefreshToken) and token.is_valid(clock.now())
        unsaved = error.token if isinstance(error, NotSaved) else None
        is_news, is_idle = not error.is_repeated, may_be_idle and is_idle
        return Refreshed(profile, unsaved, error=error, is_news=is_news, is_idle=is_idle)
    output.log_step(f"{profile.name}: {obtained.how.value}")
    recorded, token = state.read(profile.token_path), obtained.token
    soon = token_state.sign_in_soon(recorded, token, settings, clock.now(), within=within)
    if token_state.since_sign_in_needed(recorded, token) is not None and not settings.can_mint:
        soon = f"{recorded.message} {token_state.SIGN_IN}"
    return Refreshed(profile, token, obtained.how, soon=soon, is_news=recorded.given != announced)


def _require_grant(profile: Profile, token: Token, now: datetime) -> None:
    """Raise SignInNeeded where Webex refused the refresh token within the last day.

    A timer comes every hour, and asking as often would change nothing.
    """
    recorded = state.read(profile.token_path)
    if token_state.since_sign_in_needed(recorded, token) is None or recorded.last is None:
        return
    if timedelta(0) <= now - recorded.last.at < _ASK_AGAIN:
        lost = token_state.lost_grant(recorded)
        lost.is_repeated = True
        raise lost


def _report(result: Refreshed, sentence: str, options: Namespace) -> None:
    """Print the sentence; with --quiet only failures and near ends not reported before."""
    if options.quiet and (result.is_idle or not result.is_news):
        return
    if options.quiet and result.error is None:
        sentence = result.soon and f"{result.profile.name}: {result.soon}"
    if sentence:
        output.print_message(
            sentence, "bad" if result.error is not None else "warn" if result.soon else "good"
        )


def _report_all(results: list[Refreshed], options: Namespace) -> int:
    if options.output:
        for each in results:
            if each.token is not None:
                shown = token_text(each.token, clock.now())
                output.print_data(f"Profile: {each.profile.name}\n{shown}\n")
    if options.json:
        output.print_data(output.as_json([each.members() for each in results]))
    for each in results:
        sentence = on_one_line(each.text) if each.error is not None else each.soon
        if sentence:
            _report(each, f"{each.profile.name}: {sentence}", options)
    failed = [each for each in results if each.has_failed]
    fresh = sum(each.how is How.ALREADY_FRESH for each in results)
    idle = sum(each.is_idle for each in results)
    renewed = len(results) - fresh - idle - len(failed)
    count = f"{len(results)} profile{'' if len(results) == 1 else 's'}"
    without = f"{idle} with nothing to refresh, " if idle else ""
    if any(each.is_news for each in failed) or not options.quiet:
        summary = f"{renewed} refreshed, {fresh} fresh enough, {without}{len(failed)} failed."
        output.print_message(f"{count}: {summary}", "bad" if failed else "good")
    # A needed sign-in comes first, then what does not pass by itself.
    codes = {each.error.exit_code for each in failed if each.error is not None}
    if errors.SIGN_IN_NEEDED in codes:
        return errors.SIGN_IN_NEEDED
    return min(codes - {errors.TEMPORARY}, default=errors.TEMPORARY if codes else DONE)
