"""All that is looked at, in the order a person would mend it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wtr_tui import clock
from wtr_tui.doctor import files, network, place
from wtr_tui.doctor.finding import Finding
from wtr_tui.environment import surroundings
from wtr_tui.storage.profile import Profile


def examine(profile: Profile, environ: Mapping[str, str], *, ask: bool = True) -> Iterator[Finding]:
    """The findings as they are made; ``ask`` allows one request to Webex.

    Blocks for as long as Webex takes, ten seconds at most. Raises no WtrError.
    """
    known, findings = files.read_settings(profile, environ)
    yield from findings
    # Before the token is read, which mends the mode of its file.
    yield from files.modes(profile)
    yield from files.lock(profile)
    token, findings = files.token(profile, known, clock.now())
    yield from findings
    here = surroundings.look(environ)
    yield from place.sitting(here, known)
    yield place.port(known)
    yield place.opening(here, known, environ)
    yield place.copying(here, known)
    yield network.proxy(known, environ)
    yield from network.reached(known, token, ask=ask)
