"""The program as a person has it: installed in a venv of its own, and byte-compiled."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_VENV = ROOT / ".venv" / "bench"
_PARTS = ("pyproject.toml", "README.md", "LICENSE")
_NOT_COPIED = shutil.ignore_patterns("__pycache__")


@dataclass(frozen=True)
class Installed:
    python: str
    program: str


def installed() -> Installed:
    """Makes the venv where it is missing or its packages differ; takes over the sources always."""
    python = _VENV / "bin" / "python"
    stamp = _VENV / "made-for"
    wanted = _packages()
    if not stamp.is_file() or stamp.read_text() != wanted:
        shutil.rmtree(_VENV, ignore_errors=True)
        _run(sys.executable, "-m", "venv", str(_VENV))
        _install(python)
        stamp.write_text(wanted)
    # What pip would do again for every change, without its seconds.
    target = _site_packages(python) / "wtr_tui"
    shutil.rmtree(target)
    shutil.copytree(ROOT / "wtr_tui", target, ignore=_NOT_COPIED)
    _run(str(python), "-m", "compileall", "-q", str(target.parent))
    return Installed(str(python), str(_VENV / "bin" / "wtr"))


def _packages() -> str:
    read = (ROOT / "pyproject.toml", ROOT / "tests" / "constraints.txt")
    content = b"".join(path.read_bytes() for path in read)
    return f"{sys.version} {hashlib.sha256(content).hexdigest()}"


def _install(python: Path) -> None:
    # From a copy: building would leave a folder among the sources.
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        shutil.copytree(ROOT / "wtr_tui", source / "wtr_tui", ignore=_NOT_COPIED)
        for name in _PARTS:
            shutil.copy(ROOT / name, source)
        constraints = str(ROOT / "tests" / "constraints.txt")
        _run(str(python), "-m", "pip", "install", "-q", "-c", constraints, str(source))


def _site_packages(python: Path) -> Path:
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    answer = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True)
    return Path(answer.stdout.strip())


def _run(*command: str) -> None:
    subprocess.run(command, check=True, env=compiling(os.environ), stdout=sys.stderr)


def compiling(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what keeps Python from writing or finding compiled modules."""
    unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONPYCACHEPREFIX")
    return {name: value for name, value in environ.items() if name not in unwanted}
