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
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from wtr_tui import clock
from wtr_tui.clock import seconds_until
from wtr_tui.commands.output import SIGNS, Style, as_json, print_data
from wtr_tui.commands.parsers import duration, expand_path
from wtr_tui.commands.profile import ProfileStatus, chosen_statuses
from wtr_tui.errors import SIGN_IN_NEEDED, WRONG_USAGE, StorageError, UsageError
from wtr_tui.storage.settings_table import THROUGH
from wtr_tui.text import cause, escaped, is_terminal, on_one_line
from wtr_tui.token_state import TokenState

if TYPE_CHECKING:
    from wtr_tui.commands.output import Tone
    from wtr_tui.model import Token

_WARN, _CRITICAL = 7 * 86_400, 86_400
_NEVER = datetime.max.replace(tzinfo=timezone.utc)
_TONES: tuple[Tone, ...] = ("good", "warn", "bad", "warn")
"""By the value of a Grade."""
_UNKEPT = "nothing keeps it alive (no timer, no open screen)"


class Grade(IntEnum):
    """The value is the exit code of the monitoring plugins."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3

    @property
    def weight(self) -> int:
        """Its rank among several, the worst last (max_state_alt of the monitoring plugins)."""
        return (Grade.OK, Grade.UNKNOWN, Grade.WARNING, Grade.CRITICAL).index(self)


class Verdict(NamedTuple):
    """The grade of one profile. ``sign_in_by`` is when a user has to sign in; None: not known."""

    status: ProfileStatus
    grade: Grade
    message: str
    sign_in_by: datetime | None

    @property
    def name(self) -> str:
        return self.status.profile.name


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
    if options.crit > options.warn:
        raise UsageError("--crit is for less time than --warn.")
    now = clock.now()
    limits = timedelta(seconds=options.warn), timedelta(seconds=options.crit)
    found = chosen_statuses(options, now, who=options.ask)
    verdicts = [grade_profile(each, now, *limits) for each in found]
    verdicts.sort(key=lambda each: (-each.grade.weight, each.sign_in_by or _NEVER, each.name))
    grade = verdicts[0].grade if verdicts else Grade.UNKNOWN
    if options.format == "json":
        content = as_json(as_members(verdicts, grade, now))
    elif options.format == "openmetrics":
        content = as_openmetrics(verdicts, now)
    elif is_terminal(sys.stdout) and verdicts and not options.to:
        content = _as_lines(verdicts, Style.of())
    else:
        content = escaped(as_text(verdicts, grade, now, options))
    if options.to:
        write_world_readable(expand_path(options.to), content)
    else:
        print_data(content)
    return grade


def grade_profile(
    status: ProfileStatus, now: datetime, warn: timedelta, critical: timedelta
) -> Verdict:
    """Grade one profile. Whether something refreshes it counts once its token has expired."""
    grade, message, sign_in_by = _grade(status, now, warn, critical)
    if status.not_granted and status.state is not TokenState.FOREIGN:
        # A missing scope ends no token, so the grade stays.
        message = f"{message.rstrip('.')}, not granted: {' '.join(status.not_granted)}"
    return Verdict(status, grade, message, sign_in_by)


_Graded: TypeAlias = "tuple[Grade, str, datetime | None]"
"""The grade, the message and when a user has to sign in, as of a Verdict."""


def _grade(status: ProfileStatus, now: datetime, warn: timedelta, critical: timedelta) -> _Graded:
    token, settings = status.token, status.settings
    problem = on_one_line(status.problems[0]) if status.problems else status.state.value
    if token is None:
        if settings.text is None and not settings.app_id:
            message = "there is no such profile: it has neither settings nor a token"
            return Grade.UNKNOWN, message, None
        if status.exit_code == SIGN_IN_NEEDED:
            return Grade.CRITICAL, problem, now
        return Grade.UNKNOWN, problem, None
    if status.state in (TokenState.REFUSED, TokenState.FOREIGN):
        return Grade.CRITICAL, problem, now
    is_valid = token.is_valid(now)
    if status.exit_code == WRONG_USAGE and is_valid:
        return Grade.CRITICAL, f"no command gives the token: {problem}", now
    if settings.can_mint and not settings.problems:
        return _grade_minted(status, token, now, critical)
    if status.is_grant_lost:
        # As in wtr status: only a sign-in helps.
        message = "sign-in needed: Webex no longer accepts the refresh token"
        if not is_valid or status.is_refused(now):
            return Grade.CRITICAL, message, now
        lasts = f"the access token lasts {clock.until_phrase(token.expires_at)}"
        return Grade.CRITICAL, f"{message}; {lasts}", token.expires_at
    obstacle = problem if settings.unread else "".join(map(str, settings.problems[:1]))
    refreshable = token.refresh_token is not None and not obstacle
    end = token.refresh_expires_at if refreshable else token.expires_at
    if end is None:
        return Grade.OK, "its end is not known", None
    left = end - now
    if left <= timedelta(0):
        return Grade.CRITICAL, f"sign in: it expired {clock.local(end)}", end
    grade = Grade.CRITICAL if left <= critical else Grade.WARNING if left <= warn else Grade.OK
    message = f"sign in by {clock.local(end)} ({clock.duration(left)} left)"
    if refreshable and not is_valid:
        message += ", but the access token has expired"
        if not _is_kept_alive(status):
            message += f" and {_UNKEPT}"
            grade = max(grade, Grade.WARNING)
    elif refreshable and status.recorded.is_end_extended(end):
        # As long as something refreshes it, no user is needed, however near this end is.
        return Grade.OK, f"{message} unless it is refreshed before", None
    elif token.refresh_token is not None and obstacle:
        message += f", it cannot be refreshed: {obstacle}"
        grade = max(grade, Grade.WARNING)
    return grade, message, end


def _grade_minted(
    status: ProfileStatus, token: Token, now: datetime, critical: timedelta
) -> _Graded:
    """Grade a service app's token, which is minted anew without a user as long as that works."""
    is_valid = token.is_valid(now)
    is_failing = status.recorded.mint_deferred_until(token.access_token.reveal()) is not None
    if is_failing and status.recorded.last is not None:
        over = "it is still valid" if is_valid else "it expired"
        grade = Grade.WARNING if token.is_valid(now, critical) else Grade.CRITICAL
        message = f"{over}, and minting fails: {status.recorded.last.message}"
        return grade, message, token.expires_at
    if is_valid:
        return Grade.OK, f"nobody has to sign in: minted through {status.settings[THROUGH]}", None
    if _is_kept_alive(status):
        return Grade.OK, "it has expired, and is minted at the next refresh", None
    return Grade.WARNING, f"it has expired and {_UNKEPT}", None


def _is_kept_alive(status: ProfileStatus) -> bool:
    """Return whether a timer or an open screen refreshes the token."""
    from wtr_tui import timer
    from wtr_tui.storage.lock import open_screen_pid

    if open_screen_pid(status.profile.name, status.profile.token_path.parent) is not None:
        return True
    found = timer.find_timer(status.profile)
    return found is not None and not found.fault


def as_text(verdicts: Sequence[Verdict], grade: Grade, now: datetime, options: Namespace) -> str:
    """Return one line: ``WTR WARNING - work: sign in by …; 3 more are fine | 'work'=…``."""
    if not verdicts:
        return f"WTR {grade.name} - there is no profile yet"
    shown = [each for each in verdicts if each.grade is not Grade.OK] or list(verdicts[:1])
    parts = [f"{each.name}: {on_one_line(each.message)}" for each in shown]
    others = len(verdicts) - len(shown)
    if others:
        parts.append(f"{others} more {'is' if others == 1 else 'are'} fine")
    measured = [
        f"'{each.name}'={seconds_until(each.sign_in_by, now)}s;{options.warn}:;{options.crit}:"
        for each in verdicts
        if each.sign_in_by is not None
    ]
    # A bar begins the performance data (Monitoring Plugins Development Guidelines).
    text = "; ".join(parts).replace("|", "/")
    return f"WTR {grade.name} - {text}" + (f" | {' '.join(measured)}" if measured else "")


def _as_lines(verdicts: Sequence[Verdict], style: Style) -> str:
    """Return a line for each profile, with its grade, for a terminal."""
    column = max(len(each.name) for each in verdicts) + 4
    lines = []
    for each in verdicts:
        tone = _TONES[each.grade]
        text = f"{each.grade.name.lower()}: {on_one_line(each.message)}"
        lines.append(style.entry(each.name, text, column, tone, SIGNS[tone]))
    return "\n".join(lines)


def as_members(verdicts: Sequence[Verdict], grade: Grade, now: datetime) -> dict[str, object]:
    """Return the members of the JSON; ``…_in`` are seconds."""
    return {
        "status": grade.name.lower(),
        "exit_code": int(grade),
        "profiles": [_members(each, now) for each in verdicts],
    }


def _members(verdict: Verdict, now: datetime) -> dict[str, object]:
    status, token, recorded = verdict.status, verdict.status.token, verdict.status.recorded
    by = verdict.sign_in_by
    refreshed_at = recorded.refreshed_at or (token.obtained_at if token else None)
    last = recorded.last
    return {
        "profile": verdict.name,
        "status": verdict.grade.name.lower(),
        "state": status.state.value,
        "message": on_one_line(verdict.message),
        "sign_in_by": clock.iso_if_known(by),
        "sign_in_in": seconds_until(by, now),
        "expires_in": seconds_until(token.expires_at, now) if token else None,
        "refresh_token_expires_in": seconds_until(token.refresh_expires_at, now) if token else None,
        "refreshed_at": clock.iso_if_known(refreshed_at),
        "last_outcome": None if last is None else last.kind,
        "last_outcome_at": None if last is None else clock.iso(last.at),
        "scopes_not_granted": list(status.not_granted),
        "problems": list(status.problems),
    }


_GAUGES = (
    ("access_token_left_seconds", "expires_in", "Until the access token expires."),
    ("refresh_token_left_seconds", "refresh_token_expires_in", "Until the refresh token expires."),
    ("sign_in_left_seconds", "sign_in_in", "Until somebody has to sign in."),
    ("last_refresh_timestamp_seconds", "refreshed_at", "When Webex last gave a token."),
    ("last_outcome_timestamp_seconds", "last_outcome_at", "When a token was last asked for."),
    ("check_status", "level", "0 fine, 1 warning, 2 critical, 3 unknown."),
)
"""The name without ``wtr_``, the member of the JSON that is the value, and the help."""


def as_openmetrics(verdicts: Sequence[Verdict], now: datetime) -> str:
    """Return gauges by profile, in what OpenMetrics 1.0 and Prometheus' text format share."""
    rows = [
        {**_members(each, now), "level": int(each.grade)}
        for each in sorted(verdicts, key=lambda each: each.name)
    ]
    lines: list[str] = []
    for ending, member, text in _GAUGES:
        name = f"wtr_{ending}"
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


def write_world_readable(path: Path, content: str) -> None:
    """Replace the file atomically, mode 0644. Raise StorageError, with the old one intact."""
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}.tmp")
    try:
        # A rename would replace a device such as /dev/stdout by a file.
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise StorageError(f"{path} is not a regular file: nothing is written there.")
        try:
            with temporary.open("x", encoding="utf-8") as file:
                file.write(f"{content}\n")
                os.fchmod(file.fileno(), 0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {cause(error)}.") from error
