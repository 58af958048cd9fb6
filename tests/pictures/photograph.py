"""The screen as SVG: the same text for the same screen."""

from __future__ import annotations

import re

from textual.pilot import Pilot

from tests.support.stage import until

# Rich makes the names in a picture from a checksum of all it was drawn from, the addresses behind
# links too: in the sign-in's are its state and challenge, which are random and never seen.
_CHECKSUM = re.compile(r"\bterminal-\d+")
# A picture that is opened asks nobody for a font.
_FROM_AFAR = re.compile(r',\s*url\("https:[^"]*"\) format\("\w+"\)')


async def photograph(pilot: Pilot[int], name: str) -> str:
    """The screen once nothing moves or is being looked up any more; ``name`` tells its parts from
    other pictures'."""
    await until(pilot, lambda: not pilot.app._animator._animations, "the end of what moves")
    await until(pilot, lambda: not _at_work(pilot), "the end of what is looked up")
    before, now = "", _taken(pilot, name)
    while now != before:
        await pilot.pause()
        before, now = now, _taken(pilot, name)
    return now


def _at_work(pilot: Pilot[int]) -> list[str]:
    """What is still looked up on threads, for the screen behind a dialog too."""
    groups = [worker.group for worker in pilot.app.workers if not worker.is_finished]
    # A sign-in waits until it is answered.
    return [group for group in groups if group != "retrieval"]


def _taken(pilot: Pilot[int], name: str) -> str:
    picture = pilot.app.export_screenshot(title="wtr-tui")
    return _FROM_AFAR.sub("", _CHECKSUM.sub(name, picture))
