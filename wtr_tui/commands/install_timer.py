"""Installs a timer that refreshes the tokens of all profiles while nobody is there.

A systemd user timer where a user manager runs, else a line of the crontab; on macOS a launchd
agent. Only what was installed this way is ever changed or taken out; running it twice changes
nothing. wtr doctor says whether a timer keeps the token alive, and wtr help timer tells more. With
--serve it is a systemd user socket instead, which starts wtr serve when somebody connects.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace

from wtr_tui import timer
from wtr_tui.commands.output import print_data, print_message
from wtr_tui.commands.parsers import duration
from wtr_tui.errors import DONE, SettingsError, UsageError
from wtr_tui.storage import profiles
from wtr_tui.storage.profiles import Profile

_EVERY, _WITHIN = 3_600, 3 * 86_400


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--every", type=duration, metavar="DURATION", help="how often (default: 1h)"
    )
    parser.add_argument(
        "--within",
        type=duration,
        metavar="DURATION",
        help="refresh what has less than this left (default: 3d)",
    )
    parser.add_argument(
        "--serve",
        action="store_true",
        help="let systemd listen for wtr serve of this profile, instead of a timer for all",
    )
    either = parser.add_mutually_exclusive_group()
    either.add_argument(
        "--print", action="store_true", dest="only_print", help="show it, install nothing"
    )
    either.add_argument("--remove", action="store_true", help="take out what was installed")


def run(options: Namespace) -> int:
    profile = profiles.find(options.profile, None, os.environ)
    job = _job(options, profile.name)
    if options.remove:
        _remove(job)
    elif options.only_print:
        _preview(job, profile)
    else:
        what, changed, remarks = timer.install(job, profile, os.environ)
        done = "Installed" if changed else "Nothing to do"
        for sentence in (f"{done}: {what}{_purpose(job)}.", *remarks):
            print_message(sentence)
    return DONE


def _job(options: Namespace, profile: str) -> timer.Job:
    """Return what the options ask for. Raise UsageError where they contradict each other."""
    if options.serve:
        if options.config or options.every is not None or options.within is not None:
            raise UsageError(
                "--serve takes no --config, --every or --within: it is no timer, and the profile's"
                " usual settings file counts."
            )
        return timer.ServeSocket(timer.own_program(), profile)
    if options.config:
        raise UsageError("A timer refreshes all profiles, each with its usual settings file.")
    return timer.refresh_timer(options.every or _EVERY, options.within or _WITHIN)


def _purpose(job: timer.Job) -> str:
    if isinstance(job, timer.ServeSocket):
        return f" for wtr serve of the profile {job.profile}"
    every, within = timer.format_duration(job.every), timer.format_duration(job.within)
    return f" refreshes all tokens every {every} that have less than {within} left"


def _remove(job: timer.Job) -> None:
    is_socket = isinstance(job, timer.ServeSocket)
    purpose = _purpose(job) if is_socket else ""
    removed = timer.remove(job, os.environ)
    for what in removed:
        print_message(f"Taken out: {what}{purpose}.")
    if not removed:
        print_message(f"There is no {'socket' if is_socket else 'timer'} of ours{purpose}.")


def _preview(job: timer.Job, profile: Profile) -> None:
    if isinstance(job, timer.ServeSocket):
        print_data(timer.Systemd(os.environ).preview(job))
        return
    chosen = timer.scheduler(os.environ)
    print_data(chosen.preview(job))
    try:
        timer.require_variables(profile, os.environ, chosen, job)
    except SettingsError as error:
        print_message(str(error))
