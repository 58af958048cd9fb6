"""What pexpect has found."""

from __future__ import annotations

import re

import pexpect


def expect(terminal: pexpect.spawn[str], pattern: str | re.Pattern[str]) -> re.Match[str]:
    """Waits until the pattern is printed; gives its match."""
    terminal.expect(pattern)
    assert isinstance(terminal.match, re.Match)
    return terminal.match
