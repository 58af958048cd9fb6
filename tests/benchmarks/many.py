"""Many profiles, and many processes at once."""

from __future__ import annotations

from functools import partial
from itertools import count

from tests.benchmarks.figure import Against, Figure, Goal, Sample, once
from tests.benchmarks.place import Home, Place
from tests.benchmarks.stand_in import DAY
from tests.benchmarks.timing import at_once, interleaved, run

_ANSWER_SECONDS = 0.02
_PROCESSES = 50
_CONCURRENCY = 8  # as in wtr_tui.commands.profile


def figures(place: Place) -> list[Figure]:
    numbers = (1, 10) if place.smoke else (1, 100, 1000)
    homes = {number: _home_of(place, number) for number in numbers}
    return [
        *_status(place, homes),
        *_refresh(place, homes),
        *_at_once(place),
    ]


def _home_of(place: Place, profiles: int) -> Home:
    """All have the same refresh token: the stand-in does not mind, and neither do they."""
    home = place.signed_in(f"profiles-{profiles}")
    answer = place.stand_in.issue()
    for name in _names(profiles):
        home.configure(place.stand_in.settings, name)
        home.store(place.stand_in.app_id, answer, profile=name)
    return home


def _names(profiles: int) -> list[str]:
    return ["default", *(f"p{number:03}" for number in range(1, profiles))]


def _status(place: Place, homes: dict[int, Home]) -> list[Figure]:
    command = place.program("status", "--all")
    measures = {"bare": lambda: run(place.python("-c", "pass"), homes[1].environ).elapsed}
    for number, home in homes.items():
        measures[str(number)] = partial(_elapsed, command, home)
    taken = interleaved(measures, place.runs(5))
    return [
        Figure(
            _named("status", number),
            "ms",
            taken[str(number)],
            taken["bare"],
            Goal(1000, Against.VALUE) if number == max(homes) else None,
        )
        for number in homes
    ]


def _refresh(place: Place, homes: dict[int, Home]) -> list[Figure]:
    command = place.program("refresh", "--all")
    place.stand_in.delay(_ANSWER_SECONDS)
    measures = {str(number): partial(_elapsed, command, home) for number, home in homes.items()}
    taken = interleaved(measures, place.runs(2))
    place.stand_in.delay(0.0)
    return [
        Figure(
            _named("refresh", number),
            "ms",
            taken[str(number)],
            once(1000 * _ANSWER_SECONDS * number / min(number, _CONCURRENCY)),
            Goal(2.5) if number == max(homes) else None,
        )
        for number in homes
    ]


def _named(command: str, profiles: int) -> str:
    return f"`wtr {command} --all`, {profiles} profile{'' if profiles == 1 else 's'}"


def _elapsed(command: tuple[str, ...], home: Home) -> float:
    return run(command, home.environ).elapsed


def _at_once(place: Place) -> list[Figure]:
    bare = [place.python("-c", "pass")] * _PROCESSES
    asking = [place.program("token")] * _PROCESSES
    homes = (place.signed_in(f"at-once-{number}", age=15 * DAY) for number in count())
    requests: list[float] = []

    def all_tokens() -> float:
        home = next(homes)
        before = place.stand_in.token_requests()
        taken = at_once(asking, home.environ)
        requests.append(place.stand_in.token_requests() - before)
        return taken.elapsed

    taken = interleaved(
        {"bare": lambda: at_once(bare, {}).cpu, "asking": all_tokens}, place.runs(3)
    )
    return [
        Figure(
            "50 `wtr token` at once, token expired", "ms", taken["asking"], taken["bare"], Goal(2)
        ),
        Figure("their token requests", "", Sample(tuple(requests)), None, Goal(1, Against.VALUE)),
    ]
