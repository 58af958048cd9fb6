"""``python -m tests.pictures``: writes the pictures of the screens to ``screenshots/``.

``--check`` writes nothing, and fails where a picture there is not what the program shows now.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import tempfile
from pathlib import Path

from tests.pictures.png import is_made_from, write_png
from tests.pictures.recording import recording
from tests.pictures.scenes import SCENES, SIZES, drawn
from tests.pictures.stand_ins import the_same_everywhere
from tests.pictures.whole_job import whole_job

FOLDER = Path(__file__).parents[2] / "screenshots"
RECORDING = "whole-job.svg"
AS_PNG = "token-160x45.svg"
"""The one that the README opens with: in an SVG, a browser without the font has another one."""


def pictures() -> dict[str, str]:
    """Every picture by its file name, as SVG."""
    found = {}
    with the_same_everywhere(), tempfile.TemporaryDirectory(prefix="wtr-picture-") as folder:
        for number, (scene, size) in enumerate(itertools.product(SCENES, SIZES)):
            home = Path(folder) / str(number)
            home.mkdir()
            for name, svg in asyncio.run(drawn(scene, size, home)).items():
                found[f"{name}.svg"] = svg
        home = Path(folder) / "whole-job"
        home.mkdir()
        found[RECORDING] = recording(asyncio.run(whole_job(home)))
    return found


def stale(current: dict[str, str]) -> list[Path]:
    """The files that are not as the program shows it now, or are not there."""
    paths = {FOLDER / name: svg for name, svg in current.items()}
    found = [
        path for path, svg in paths.items() if not path.is_file() or path.read_text("utf-8") != svg
    ]
    png = (FOLDER / AS_PNG).with_suffix(".png")
    return found if is_made_from(current[AS_PNG], png) else [*found, png]


def check(current: dict[str, str]) -> int:
    """Says which files are stale; 1 when any is."""
    found = stale(current)
    made = {*current, Path(AS_PNG).with_suffix(".png").name}
    left_over = [path.name for path in FOLDER.iterdir() if path.name not in made]
    for path in found:
        print(f"stale: screenshots/{path.name}")
    for name in left_over:
        print(f"no longer made: screenshots/{name}")
    if found or left_over:
        print("make screenshots writes them again; look at them before they are committed.")
        return 1
    print(f"All {len(current)} pictures are current.")
    return 0


def write(current: dict[str, str]) -> int:
    """Writes what has changed, and names it."""
    FOLDER.mkdir(exist_ok=True)
    for path in stale(current):
        if path.suffix == ".svg":
            path.write_text(current[path.name], "utf-8")
        else:
            write_png(current[AS_PNG], path)
        print(path)
    return 0


def main() -> int:
    current = pictures()
    return check(current) if "--check" in sys.argv[1:] else write(current)


sys.exit(main())
