"""The App ID of a settings file without YAML: the same as YAML's, or none at all."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wtr_tui.commands.plain_settings import app_id_in
from wtr_tui.errors import SettingsError
from wtr_tui.storage.settings_yaml import parsed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("appid: C12ab\nsecret: x\n", "C12ab"),
        ("# Mine\nclientid: C12ab # from the portal\n", "C12ab"),
        ('secret: "x y"\nappid: "C12ab"\r\n', "C12ab"),
        ("\ufeff\nappid: 'C12ab'", None),  # the mark is removed by whoever reads the file
        ("scopes:\n  - spark:kms\n  - b\nappid: C12ab\n", "C12ab"),
        ("secret: x\n", ""),
        ("", ""),
    ],
)
def test_a_plain_line_is_read(text: str, expected: str | None) -> None:
    assert app_id_in(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "appid:\n  C12ab\n",
        "appid: C12ab\n  more\n",
        "appid: C12ab\nclientid: C12ab\n",
        "appid: [C12ab]\n",
        "appid: true\n",
        "appid: 0123\n",
        "appid: &a C12ab\n",
        "appid: |\n  C12ab\n",
        "appid:\n",
        "{appid: C12ab}\n",
        '"appid": C12ab\n',
        'secret: "a\nappid: C12ab\nb: c"\n',
        "scopes: [a,\nappid: C12ab\n]\n",
        "---\nappid: C12ab\n",
        "? appid\n: C12ab\n",
        "\tappid: C12ab\n",
        "appid:C12ab\n",
    ],
)
def test_anything_unusual_is_left_to_yaml(text: str) -> None:
    assert app_id_in(text) is None


_PIECES = st.sampled_from(
    [
        *("appid", "clientid", "secret", "onToken", "scopes", ": ", ":", "C12ab", "D34", " ", "  "),
        *("\n", "\n  ", "\n- ", '"', "'", "#", " # ", "|", ">", "[", "]", "{", "}", ",", "---\n"),
        *("&a ", "*a", "!!str ", "~", "null", "\t", "\\", "%", "? ", "\r\n", "...", "on", "1"),
    ]
)


@settings(max_examples=1500, deadline=None)
@given(st.lists(_PIECES, max_size=14).map("".join))
def test_what_is_read_is_never_another_app_id_than_yamls(text: str) -> None:
    quick = app_id_in(text)
    if quick is None:
        return
    try:
        found = parsed(text, "the file")
    except SettingsError:
        return  # the file is broken elsewhere; the App ID stands there all the same
    stated = [entry for key, entry in found.items() if key in ("appid", "clientid")]
    named = {entry.value for entry in stated if entry.value is not None or entry.nested}
    assert named == ({quick} if quick else set())


def test_the_quick_way_imports_nothing_heavy() -> None:
    listed = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import wtr_tui.cli, wtr_tui.commands.token"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    modules = {line.rpartition("|")[2].strip() for line in listed.splitlines()}
    heavy = {"textual", "httpx", "yaml", "asyncio", "dataclasses", "typing", "pathlib", "logging"}
    # Whatever the interpreter itself loads at its start (an editable install may) is not ours.
    bare = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "pass"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    own = modules - {line.rpartition("|")[2].strip() for line in bare.splitlines()}
    assert not own & heavy
