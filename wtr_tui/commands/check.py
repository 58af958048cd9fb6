"""One line and an exit code for monitoring: how long until somebody has to sign in.

That is the end of the refresh token where the token can be refreshed, else of the access token. A
token that has expired and that nothing refreshes is a warning. Webex is asked with --ask alone.

exit codes of this command, as Nagios, Icinga and shells expect them: 0 fine, 1 warning, 2 critical,
3 unknown, wrong usage of it included.

For the textfile collector of Prometheus' node exporter, every few minutes:

    wtr check --all --format openmetrics \\
      --to /var/lib/node_exporter/wtr.prom
"""

from __future__ import annotations

import os
import stat
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from enum import IntEnum
from pathlib import Path

from wtr_tui import clock, token_state
from wtr_tui.clock import seconds_until
from wtr_tui.commands.output import SIGNS, Look, as_json, give
from wtr_tui.commands.parsers import duration, named_path, refuse_all_of_one
from wtr_tui.commands.profile import Condition, of_all, of_one
from wtr_tui.errors import SIGN_IN_NEEDED, WRONG_USAGE, StorageError, UsageError
from wtr_tui.model import Token
from wtr_tui.storage.settings_table import THROUGH
from wtr_tui.text import cause, escaped, is_terminal, on_one_line
from wtr_tui.token_state import TokenState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wtr_tui.commands.output import Tone

_WARN, _CRITICAL = 7 * 86_400, 86_400
_READABLE_BY_ALL = 0o644


class Grade(IntEnum):
    """The value is the exit code of the monitoring plugins."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3

    @property
    def weight(self) -> int:
        """Which is the worst of several (max_state_alt of the monitoring plugins)."""
        return (Grade.OK, Grade.UNKNOWN, Grade.WARNING, Grade.CRITICAL).index(self)


@dataclass(frozen=True)
class Verdict:
    """One profile. ``sign_in_by`` is when somebody is needed; None where that is not known."""

    shown: Condition
    level: Grade
    message: str
    sign_in_by: datetime | None

    @property
    def name(self) -> str:
        return self.shown.profile.name


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--warn", type=duration, default=_WARN, metavar="DURATION", help="default: 7d"
    )
    parser.add_argument(
        "--crit", type=duration, default=_CRITICAL, metavar="DURATION", help="default: 1d"
    )
    parser.add_argument("--all", action="store_true", help="every profile, the worst first")
    parser.add_argument(
        "--format", choices=("text", "json", "openmetrics"), default="text", help="default: text"
    )
    parser.add_argument(
        "--to", metavar="FILE", help="replace this file at once, readable by all, and print nothing"
    )
    parser.add_argument(
        "--ask", action="store_true", help="ask Webex, too, whether it accepts the access token"
    )


def run(options: Namespace) -> int:
    refuse_all_of_one(options)
    if options.crit > options.warn:
        raise UsageError("--crit is for less time than --warn.")
    now = clock.now()
    if options.all:
        found = of_all(os.environ, now, who=options.ask)
    else:
        place = options.profile, options.config, os.environ, now
        found = [of_one(*place, who=options.ask)]
    limits = timedelta(seconds=options.warn), timedelta(seconds=options.crit)
    verdicts = [
        _with_scopes(verdict(each, now, *limits, _is_kept_alive), each.not_granted)
        for each in found
    ]
    verdicts.sort(key=lambda each: (-each.level.weight, each.sign_in_by or _NEVER, each.name))
    level = verdicts[0].level if verdicts else Grade.UNKNOWN
    content = {
        "text": lambda: (
            _as_lines(verdicts, Look.of_output())
            if is_terminal(sys.stdout) and verdicts and not options.to
            else escaped(as_text(verdicts, level, now, options))
        ),
        "json": lambda: as_json(as_members(verdicts, level, now)),
        "openmetrics": lambda: as_openmetrics(verdicts, now),
    }[options.format]()
    if options.to:
        write_for_all(named_path(options.to), content)
    else:
        give(content)
    return level


_NEVER = datetime.max.replace(tzinfo=timezone.utc)


def verdict(
    shown: Condition,
    now: datetime,
    warn: timedelta,
    critical: timedelta,
    is_kept_alive: Callable[[Condition], bool],
) -> Verdict:
    """How one profile is; ``is_kept_alive`` is asked for a token that has expired alone."""
    token = shown.token
    if token is None and shown.settings.text is None and not shown.settings.app_id:
        message = "there is no such profile: it has neither settings nor a token"
        return Verdict(shown, Grade.UNKNOWN, message, None)
    if token is None:
        level = Grade.CRITICAL if shown.exit_code == SIGN_IN_NEEDED else Grade.UNKNOWN
        return Verdict(shown, level, _first_problem(shown), now if level == 2 else None)
    if shown.state in (TokenState.REFUSED, TokenState.FOREIGN):
        return Verdict(shown, Grade.CRITICAL, _first_problem(shown), now)
    if shown.exit_code == WRONG_USAGE and token.is_valid(now):
        message = f"no command gives the token: {_first_problem(shown)}"
        return Verdict(shown, Grade.CRITICAL, message, now)
    if shown.settings.can_mint and not shown.settings.problems:
        return _of_service_app(shown, token, now, critical, is_kept_alive)
    if shown.is_lost:
        return _lost(shown, token, now)
    hurdle = _hurdle(shown)
    refreshable = token.refresh_token is not None and not hurdle
    end = token.refresh_expires_at if refreshable else token.expires_at
    if end is None:
        return Verdict(shown, Grade.OK, "its end is not known", None)
    left = end - now
    level = Grade.CRITICAL if left <= critical else Grade.WARNING if left <= warn else Grade.OK
    message = f"sign in by {clock.local(end)} ({clock.duration(left)} left)"
    if left <= timedelta(0):
        return Verdict(shown, Grade.CRITICAL, f"sign in: it expired {clock.local(end)}", end)
    if refreshable and not token.is_valid(now):
        message += ", but the access token has expired"
        if not is_kept_alive(shown):
            message += " and nothing keeps it alive (no timer, no open screen)"
            level = max(level, Grade.WARNING)
    elif refreshable and shown.known.moves(end):
        # As long as something refreshes it, nobody is needed, however short this end is.
        return Verdict(shown, Grade.OK, f"{message} unless it is refreshed before", None)
    elif token.refresh_token is not None and hurdle:
        message += f", it cannot be refreshed: {hurdle}"
        level = max(level, Grade.WARNING)
    return Verdict(shown, level, message, end)


def _lost(shown: Condition, token: Token, now: datetime) -> Verdict:
    """One whose refresh token Webex no longer accepts: as in wtr status, no waiting helps it."""
    message, end = "sign-in needed: Webex no longer accepts the refresh token", token.expires_at
    if not token.is_valid(now) or token_state.since_refused(shown.known, token) is not None:
        return Verdict(shown, Grade.CRITICAL, message, now)
    until = f"until {clock.local(end)}" if end else "for an unknown time"
    return Verdict(shown, Grade.CRITICAL, f"{message}; the access token lasts {until}", end)


def _of_service_app(
    shown: Condition,
    token: Token,
    now: datetime,
    critical: timedelta,
    is_kept_alive: Callable[[Condition], bool],
) -> Verdict:
    """One whose token is minted anew without a user, as long as that works."""
    failing = shown.known.mint_waits(token.access_token.reveal()) is not None
    if failing and shown.known.last is not None:
        over = "it expired" if not token.is_valid(now) else "it is still valid"
        level = Grade.WARNING if token.is_valid(now, critical) else Grade.CRITICAL
        message = f"{over}, and minting fails: {shown.known.last.message}"
        return Verdict(shown, level, message, token.expires_at)
    if token.is_valid(now):
        through = shown.settings[THROUGH]
        return Verdict(shown, Grade.OK, f"nobody has to sign in: minted through {through}", None)
    if is_kept_alive(shown):
        return Verdict(shown, Grade.OK, "it has expired, and is minted at the next refresh", None)
    message = "it has expired and nothing keeps it alive (no timer, no open screen)"
    return Verdict(shown, Grade.WARNING, message, None)


def _with_scopes(verdict: Verdict, not_granted: Sequence[str]) -> Verdict:
    """What the token may not do ends no token, so the level stays."""
    if not not_granted or verdict.shown.state is TokenState.FOREIGN:
        return verdict
    message = f"{verdict.message.rstrip('.')}, not granted: {' '.join(not_granted)}"
    return replace(verdict, message=message)


def _hurdle(shown: Condition) -> str:
    """What of the settings lets nothing be refreshed, "" for nothing."""
    if shown.settings.unread:
        return _first_problem(shown)
    return str(shown.settings.problems[0]) if shown.settings.problems else ""


def _first_problem(shown: Condition) -> str:
    return on_one_line(shown.problems[0]) if shown.problems else shown.state.value


def _is_kept_alive(shown: Condition) -> bool:
    from wtr_tui import timer
    from wtr_tui.storage.lock import keeper_of

    if keeper_of(shown.profile.name, shown.profile.token_path.parent) is not None:
        return True
    found = timer.keeps_alive(shown.profile)
    return found is not None and not found.fault


def as_text(verdicts: Sequence[Verdict], level: Grade, now: datetime, options: Namespace) -> str:
    """``WTR WARNING - work: sign in by …; 3 more are fine | 'work'=…``: one line."""
    if not verdicts:
        return f"WTR {level.name} - there is no profile yet"
    shown = [each for each in verdicts if each.level is not Grade.OK] or list(verdicts[:1])
    parts = [f"{each.name}: {on_one_line(each.message)}" for each in shown]
    others = len(verdicts) - len(shown)
    if others:
        parts.append(f"{others} more {'is' if others == 1 else 'are'} fine")
    measured = [
        f"'{each.name}'={seconds_until(each.sign_in_by, now)}s;{options.warn}:;{options.crit}:"
        for each in verdicts
        if each.sign_in_by is not None
    ]
    # A bar begins the figures for graphs (Monitoring Plugins Development Guidelines).
    text = "; ".join(parts).replace("|", "/")
    return f"WTR {level.name} - {text}" + (f" | {' '.join(measured)}" if measured else "")


_TONES: dict[Grade, Tone] = {
    Grade.OK: "good",
    Grade.WARNING: "warn",
    Grade.CRITICAL: "bad",
    Grade.UNKNOWN: "warn",
}


def _as_lines(verdicts: Sequence[Verdict], look: Look) -> str:
    """For a user at a terminal: a line each, the worst first, with its grade."""
    column = max(len(each.name) for each in verdicts) + 4
    return "\n".join(
        look.entry(
            each.name,
            f"{each.level.name.lower()}: {on_one_line(each.message)}",
            column,
            _TONES[each.level],
            SIGNS[_TONES[each.level]],
        )
        for each in verdicts
    )


def as_members(verdicts: Sequence[Verdict], level: Grade, now: datetime) -> dict[str, object]:
    """For programs; ``…_in`` are seconds."""
    return {
        "status": level.name.lower(),
        "exit_code": int(level),
        "profiles": [_members(each, now) for each in verdicts],
    }


def _members(verdict: Verdict, now: datetime) -> dict[str, object]:
    shown, token, noted = verdict.shown, verdict.shown.token, verdict.shown.known
    by = verdict.sign_in_by
    refreshed_at = noted.refreshed_at or (token.obtained_at if token else None)
    last = noted.last
    return {
        "profile": verdict.name,
        "status": verdict.level.name.lower(),
        "state": shown.state.value,
        "message": on_one_line(verdict.message),
        "sign_in_by": clock.iso_if_known(by),
        "sign_in_in": seconds_until(by, now),
        "expires_in": seconds_until(token.expires_at, now) if token else None,
        "refresh_token_expires_in": seconds_until(token.refresh_expires_at, now) if token else None,
        "refreshed_at": clock.iso_if_known(refreshed_at),
        "last_outcome": None if last is None else last.kind,
        "last_outcome_at": None if last is None else clock.iso(last.at),
        "scopes_not_granted": list(shown.not_granted),
        "problems": list(shown.problems),
    }


_GAUGES = (
    (
        "wtr_access_token_left_seconds",
        "Time until the access token expires, below zero once it has.",
        "expires_in",
    ),
    (
        "wtr_refresh_token_left_seconds",
        "Time until the refresh token expires, below zero once it has.",
        "refresh_token_expires_in",
    ),
    ("wtr_sign_in_left_seconds", "Time until somebody has to sign in.", "sign_in_in"),
    (
        "wtr_last_refresh_timestamp_seconds",
        "When Webex last gave a token, in Unix time.",
        "refreshed_at",
    ),
    (
        "wtr_last_outcome_timestamp_seconds",
        "When a new token was last asked for, in Unix time.",
        "last_outcome_at",
    ),
    ("wtr_check_status", "0 fine, 1 warning, 2 critical, 3 unknown.", "level"),
)
"""Name, help, and the member of a profile's JSON that is the value."""


def as_openmetrics(verdicts: Sequence[Verdict], now: datetime) -> str:
    """Gauges by profile, as OpenMetrics 1.0 and Prometheus' text format both have them."""
    rows = [
        {**_members(each, now), "level": int(each.level)}
        for each in sorted(verdicts, key=lambda each: each.name)
    ]
    lines: list[str] = []
    for name, text, member in _GAUGES:
        lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
        if name.endswith("_seconds"):
            lines.append(f"# UNIT {name} seconds")
        for row in rows:
            value = row[member]
            if isinstance(value, str):
                value = int(clock.from_iso(value).timestamp())
            if value is not None:
                lines.append(f'{name}{{profile="{row["profile"]}"}} {value}')
    lines.append("# HELP wtr_last_outcome How the last attempt at a new token ended; always 1.")
    lines.append("# TYPE wtr_last_outcome gauge")
    lines += [
        f'wtr_last_outcome{{profile="{row["profile"]}",outcome="{row["last_outcome"]}"}} 1'
        for row in rows
        if row["last_outcome"] is not None
    ]
    return "\n".join([*lines, "# EOF"])


def write_for_all(path: Path, content: str) -> None:
    """Replaces the file at once, with mode 0644. Raises StorageError, with the old one intact."""
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}.tmp")
    try:
        # A rename would put a file in the place of /dev/stdout.
        if (path.exists() or path.is_symlink()) and not stat.S_ISREG(path.lstat().st_mode):
            raise StorageError(f"{path} is not a regular file: nothing is written there.")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(f"{content}\n")
                file.flush()
                os.fchmod(file.fileno(), _READABLE_BY_ALL)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {cause(error)}.") from error
