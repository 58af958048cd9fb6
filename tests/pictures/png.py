"""A picture as PNG, for where SVG is not shown. It says which SVG it was made from.

Two versions of a browser, or of its fonts, do not give the same bytes. So a PNG is not compared
with another one: it is current where it was made from the SVG as it is now.
"""

from __future__ import annotations

import hashlib
import re
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

CHROMIUM = "chromium"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_END = len(_SIGNATURE) + 25  # IHDR is always first, and always as long
_SCALE = 1.5


def is_made_from(svg: str, path: Path) -> bool:
    """Whether the PNG is there, has the size of this SVG, and was made from it."""
    if not path.is_file():
        return False
    png = path.read_bytes()
    size = struct.unpack(">II", png[16:24]) if png.startswith(_SIGNATURE) else None
    width, height = _size(svg)
    expected = (round(width * _SCALE), round(height * _SCALE))
    return size == expected and png[_HEADER_END:].startswith(_origin(svg))


def write_png(svg: str, path: Path) -> None:
    """By a browser: nothing else gets the widths and the fallback letters of a terminal right."""
    width, height = _size(svg)
    with tempfile.TemporaryDirectory(prefix="wtr-picture-") as folder:
        page, taken = Path(folder) / "picture.html", Path(folder) / "picture.png"
        page.write_text(f"<body style='margin:0;background:transparent'>{svg}", "utf-8")
        subprocess.run(
            [
                *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                *("--disable-background-networking", "--disable-component-update"),
                "--default-background-color=00000000",
                f"--force-device-scale-factor={_SCALE}",
                f"--user-data-dir={folder}/profile",
                f"--window-size={width},{height}",
                f"--screenshot={taken}",
                str(page),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )
        png = taken.read_bytes()
    path.write_bytes(png[:_HEADER_END] + _origin(svg) + png[_HEADER_END:])


def _size(svg: str) -> tuple[int, int]:
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert size is not None
    return round(float(size[1])), round(float(size[2]))


def _origin(svg: str) -> bytes:
    """A text chunk (PNG §11.3.3.2) with the checksum of the SVG."""
    text = b"tEXtSource\0sha256:" + hashlib.sha256(svg.encode()).hexdigest().encode()
    return struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
