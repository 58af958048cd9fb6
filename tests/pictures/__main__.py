"""``python -m tests.pictures``: writes the pictures of the screens to ``screenshots/``.

``--check`` writes nothing, and fails where a picture there is not what the program shows now.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.pictures.png import is_made_from, write_png
from tests.pictures.recording import recording
from tests.pictures.scenes import SCENES, drawn
from tests.pictures.stand_ins import the_same_everywhere
from tests.pictures.whole_job import whole_job

FOLDER = Path(__file__).parents[2] / "screenshots"
RECORDING = "whole-job.svg"


def pictures() -> dict[str, str]:
    """Every picture by its file name, as SVG."""
    found = {}
    with the_same_everywhere(), tempfile.TemporaryDirectory(prefix="wtr-picture-") as folder:
        for scene in SCENES:
            home = Path(folder) / scene.name
            home.mkdir()
            found[f"{scene.name}.svg"] = asyncio.run(drawn(scene, home))
        home = Path(folder) / "whole-job"
        home.mkdir()
        found[RECORDING] = recording(asyncio.run(whole_job(home)))
    return found


def check(current: dict[str, str]) -> int:
    """Says which files are stale; 1 when any is."""
    stale = []
    for name, svg in current.items():
        path = FOLDER / name
        if not path.is_file() or path.read_text("utf-8") != svg:
            stale.append(name)
        if name != RECORDING and not is_made_from(svg, path.with_suffix(".png")):
            stale.append(path.with_suffix(".png").name)
    made = {*current, *(Path(name).with_suffix(".png").name for name in current)}
    left_over = [path.name for path in FOLDER.iterdir() if path.name not in made]
    for name in stale:
        print(f"stale: screenshots/{name}")
    for name in left_over:
        print(f"no longer made: screenshots/{name}")
    if stale or left_over:
        print("make screenshots writes them again; look at them before they are committed.")
        return 1
    print(f"All {len(current)} pictures are current.")
    return 0


def write(current: dict[str, str]) -> int:
    """Writes what has changed, and names it."""
    FOLDER.mkdir(exist_ok=True)
    for name, svg in current.items():
        path = FOLDER / name
        if not path.is_file() or path.read_text("utf-8") != svg:
            path.write_text(svg, "utf-8")
            print(path)
        png = path.with_suffix(".png")
        if name != RECORDING and not is_made_from(svg, png):
            write_png(svg, png)
            print(png)
    return 0


def main() -> int:
    current = pictures()
    return check(current) if "--check" in sys.argv[1:] else write(current)


sys.exit(main())
