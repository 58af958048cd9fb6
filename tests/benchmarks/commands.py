"""The commands that scripts call: each against what Python itself takes to start."""

from __future__ import annotations

from tests.benchmarks.figure import Figure, Goal
from tests.benchmarks.place import Home, Place
from tests.benchmarks.timing import interleaved, run


def figures(place: Place) -> list[Figure]:
    home = place.signed_in("commands")
    usual = place.home("usual")
    usual.configure(without_base_url(place.stand_in.settings))
    usual.store(place.stand_in.app_id, place.stand_in.issue())
    environ = usual.environ
    taken = interleaved(
        {
            "bare": lambda: run(place.python("-c", "pass"), environ).elapsed,
            "token": lambda: run(place.program("token"), environ).elapsed,
            "status": lambda: run(place.program("status", "--json"), environ).elapsed,
        },
        place.runs(60),
    )
    return [
        Figure("`wtr token`, token valid", "ms", taken["token"], taken["bare"], Goal(2.2)),
        Figure("`wtr status --json`", "ms", taken["status"], taken["bare"], Goal(5)),
        _refresh(place, home),
    ]


def _refresh(place: Place, home: Home) -> Figure:
    stand_in = place.stand_in
    post = place.baseline("post.py", str(home.token_path), stand_in.base_url, stand_in.secret)
    taken = interleaved(
        {
            "post": lambda: run(post, home.environ).elapsed,
            "refresh": lambda: run(place.program("refresh"), home.environ).elapsed,
        },
        place.runs(25),
    )
    return Figure("`wtr refresh`, local server", "ms", taken["refresh"], taken["post"], Goal(1.15))


def without_base_url(settings: str) -> str:
    """Settings as most people have them."""
    lines = settings.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("baseUrl"))
