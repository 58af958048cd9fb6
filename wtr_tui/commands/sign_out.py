"""Signs out: asks Webex to revoke the token where it may, and deletes it here with all copies.

Only administrators may revoke through Webex's API; for everybody else the token is deleted here,
and where to revoke it is said. Exit code 4 where Webex could not be asked: the token is deleted all
the same. The settings stay.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace

from wtr_tui import sign_out
from wtr_tui.commands.output import log_settings, print_message
from wtr_tui.errors import DONE, SettingsError, SignInNeeded
from wtr_tui.storage import profiles
from wtr_tui.storage.settings import from_environment


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--keep",
        action="store_true",
        help="only revoke; exit code 1 where Webex refuses, and nothing is deleted",
    )


def run(options: Namespace) -> int:
    profile = profiles.find(options.profile, options.config, os.environ)
    try:
        settings = profile.load_settings(os.environ)
    except SettingsError as error:
        # Deleting a token, and saying where to revoke it, needs no settings.
        print_message(error.message)
        settings = from_environment(os.environ)
    log_settings(profile, settings)
    try:
        done = sign_out.sign_out(profile, settings, keep=options.keep)
    except SignInNeeded as error:
        print_message(str(error))
        return DONE
    for sentence in done.sentences:
        print_message(sentence)
    return done.exit_code
