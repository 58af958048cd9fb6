"""``python -m tests.pictures``: writes the pictures of the screens to ``screenshots/``.

``--check`` writes nothing and fails where a picture there is not what the program shows now.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from tests.pictures.recording import recording
from tests.pictures.scenes import SCENES, drawn

FOLDER = Path(__file__).parents[2] / "screenshots"
CHROMIUM = "chromium"
STORY = (
    ("first-steps", 3.0),
    ("settings", 2.5),
    ("sign-in-over-ssh", 4.0),
    ("device-code", 2.5),
    ("token", 4.0),
    ("token-ends-soon", 3.0),
)


def pictures() -> dict[str, str]:
    """Every picture by its file name, as SVG."""
    found = {}
    for scene in SCENES:
        with tempfile.TemporaryDirectory(prefix="wtr-picture-") as home:
            found[f"{scene.name}.svg"] = asyncio.run(drawn(scene, Path(home)))
    frames = [(found[f"{name}.svg"], seconds) for name, seconds in STORY]
    return {**found, "whole-job.svg": recording(frames)}


@contextmanager
def _the_same_every_time() -> Iterator[None]:
    """A fixed time zone and start address; the port is shown, but not taken."""
    zone = {"TZ": "UTC", "LANG": "C.UTF-8"}
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WEBEX_", "WTR_", "SSH_", "TEXTUAL_", "NO_COLOR"))
    }
    from wtr_tui.oauth import listener, loopback

    real = loopback.listening_sockets

    def on_a_free_port(_: int) -> object:
        from wtr_tui.sandbox.ports import free_port

        return real(free_port())

    letters = iter("k7q2mx9d" * 100)
    with (
        mock.patch.dict(os.environ, {**kept, **zone}, clear=True),
        mock.patch.object(listener, "listening_sockets", on_a_free_port),
        mock.patch.object(listener.secrets, "choice", lambda _: next(letters)),  # noqa: PT008
    ):
        time.tzset()
        yield
    time.tzset()


def _as_png(svg: str, path: Path) -> None:
    """By a browser: nothing else gets the widths and the fallback letters of a terminal right."""
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert size is not None
    with tempfile.TemporaryDirectory(prefix="wtr-picture-") as folder:
        page = Path(folder) / "picture.html"
        page.write_text(f"<body style='margin:0;background:transparent'>{svg}", "utf-8")
        subprocess.run(
            [
                *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                *("--disable-background-networking", "--disable-component-update"),
                *("--default-background-color=00000000", "--force-device-scale-factor=1.5"),
                f"--user-data-dir={folder}/profile",
                f"--window-size={round(float(size[1]))},{round(float(size[2]))}",
                f"--screenshot={path}",
                str(page),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )


def main() -> int:
    with _the_same_every_time():
        drawn_now = pictures()
    if "--check" in sys.argv[1:]:
        old = [
            name
            for name, svg in drawn_now.items()
            if not (FOLDER / name).is_file() or (FOLDER / name).read_text("utf-8") != svg
        ]
        print(f"{len(drawn_now) - len(old)} pictures are current", *old, sep="\n  not: ")
        return 1 if old else 0
    FOLDER.mkdir(exist_ok=True)
    for name, svg in drawn_now.items():
        (FOLDER / name).write_text(svg, "utf-8")
        if name != "whole-job.svg":
            _as_png(svg, (FOLDER / name).with_suffix(".png"))
        print(FOLDER / name)
    return 0


sys.exit(main())
