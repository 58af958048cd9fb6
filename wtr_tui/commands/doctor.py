"""Looks for what would go wrong here, and says so in a line each.

Settings and where they come from, files, the port on both families, browser, clipboard, SSH,
proxy, certificates, the clock, the token. Exit code 1 where something will not work.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace

from wtr_tui.commands import debug
from wtr_tui.commands.output import as_json, give, show
from wtr_tui.doctor import Level, examine
from wtr_tui.errors import DONE, FAILED
from wtr_tui.storage import profiles


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--offline", action="store_true", help="do not ask Webex anything")
    parser.add_argument("-j", "--json", action="store_true", help="print it as JSON")


def run(options: Namespace) -> int:
    found = profiles.find(options.profile, options.config, os.environ)
    debug.step(f"profile {found.name}")
    findings = []
    for finding in examine(found, os.environ, ask=not options.offline):
        findings.append(finding)
        if not options.json:
            show(str(finding))
    if options.json:
        rows = [
            {"level": each.level.name.lower(), "subject": each.subject, "words": each.words}
            for each in findings
        ]
        give(as_json(rows))
    return FAILED if any(finding.level is Level.BAD for finding in findings) else DONE
