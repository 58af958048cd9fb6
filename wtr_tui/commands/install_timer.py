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
    found = profiles.find(options.profile, None, os.environ)
    job: timer.Job | timer.Serving
    if options.serve:
        if options.config or options.every is not None or options.within is not None:
            raise UsageError(
                "--serve takes no --config, --every or --within: it is no timer, and the profile's"
                " usual settings file counts."
            )
        job = timer.Serving(timer.program(), found.name)
        does = of_it = f" for wtr serve of the profile {found.name}"
    else:
        if options.config:
            raise UsageError("A timer refreshes all profiles, each with its usual settings file.")
        job = timer.job(options.every or _EVERY, options.within or _WITHIN)
        does = f" refreshes all tokens every {timer.spelled(job.every)}"
        does += f" that have less than {timer.spelled(job.within)} left"
        of_it = ""
    if options.remove:
        gone = timer.remove(job, os.environ)
        nothing = f"There is no {'socket' if options.serve else 'timer'} of ours{of_it}."
        for sentence in [f"Taken out: {what}{of_it}." for what in gone] or [nothing]:
            print_message(sentence)
    elif options.only_print:
        if isinstance(job, timer.Serving):
            print_data(timer.Systemd(os.environ).printed(job))
            return DONE
        chosen = timer.scheduler(os.environ)
        print_data(chosen.printed(job))
        try:
            timer.require_enough(found, os.environ, chosen)
        except SettingsError as error:
            print_message(str(error))
    else:
        what, changed, needed = timer.install(job, found, os.environ)
        done = "Installed" if changed else "Nothing to do"
        for sentence in (f"{done}: {what}{does}.", *needed):
            print_message(sentence)
    return DONE
