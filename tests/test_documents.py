"""What README and the documents beside it promise of this tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wtr_tui import __version__
from wtr_tui.commands import COMMANDS

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / ".github").glob("*.md"))]


def probes() -> list[str]:
    """The paths that answer "where is … ?"."""
    text = (ROOT / ".github/CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("| where is … ? |")[2].partition("\n\n")[0]
    return re.findall(r"`(wtr_tui/[\w./]+)`", table)


def links(document: Path) -> list[Path]:
    found = re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text(encoding="utf-8"))
    return [document.parent / link for link in found]


def test_fifteen_things_are_found_by_name() -> None:
    assert len(probes()) >= 15


@pytest.mark.parametrize("path", sorted({*probes()}))
def test_what_is_looked_for_is_there(path: str) -> None:
    assert (ROOT / path).is_file()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    assert [link for link in links(document) if not link.exists()] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) < 1500


def test_the_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"| `wtr {name}" not in text] == []


def test_the_changelog_has_a_section_for_this_version() -> None:
    headings = re.findall(r"^## (.*)", (ROOT / ".github/CHANGELOG.md").read_text("utf-8"), re.M)
    assert __version__ in headings[0]
