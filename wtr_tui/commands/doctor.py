"""Looks for what would go wrong here, and says so in a line each.

Settings and where they come from, files, the port on both families, browser, clipboard, SSH,
proxy, certificates, the clock, the token. Exit code 1 where something will not work.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from wtr_tui.commands.output import Style, as_json, log_step, print_data
from wtr_tui.doctor import Finding, Level, examine
from wtr_tui.errors import DONE, FAILED
from wtr_tui.storage import profiles

if TYPE_CHECKING:
    from wtr_tui.commands.output import Tone

_TONES: dict[Level, Tone] = {Level.GOOD: "good", Level.WARN: "warn", Level.BAD: "bad"}
_COLUMN = 16


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--offline", action="store_true", help="do not ask Webex anything")
    parser.add_argument("-j", "--json", action="store_true", help="print it as JSON")
    parser.set_defaults(refused_keys=lambda _: ())  # the command line sets that of the screens


def run(options: Namespace) -> int:
    profile = profiles.find(options.profile, options.config, os.environ)
    log_step(f"profile {profile.name}")
    style = Style.of()
    findings = []
    for finding in examine(
        profile, os.environ, ask=not options.offline, refused_keys=options.refused_keys
    ):
        findings.append(finding)
        if not options.json:
            print_data(_line(finding, style))
    if options.json:
        rows = [
            {"level": each.level.name.lower(), "subject": each.subject, "words": each.message}
            for each in findings
        ]
        print_data(as_json(rows))
    elif style.is_terminal:
        print_data(_sum(findings, style))
    return FAILED if any(finding.level is Level.BAD for finding in findings) else DONE


def _line(finding: Finding, style: Style) -> str:
    if not style.is_terminal:
        return style.paint(str(finding))
    tone = _TONES[finding.level]
    return style.entry(finding.subject, finding.message, _COLUMN, tone, finding.level.value)


def _sum(findings: list[Finding], style: Style) -> str:
    bad = sum(finding.level is Level.BAD for finding in findings)
    warn = sum(finding.level is Level.WARN for finding in findings)
    text = f"\n{bad or 'All'} will {'not ' if bad else ''}work"
    if warn:
        text += f"; {warn} deserve{'s' if warn == 1 else ''} a look"
    return style.paint(f"{text}.", "bad" if bad else "warn" if warn else "good")
