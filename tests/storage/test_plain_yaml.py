"""Plainly written YAML is read as the parser reads it, or left to the parser."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wtr_tui.storage.plain_yaml import plain_values
from wtr_tui.storage.settings_entries import Entry, entries
from wtr_tui.storage.settings_yaml import parsed

AS_SAVED = """\
# The integration of my team
appid: C12ab34   # from the portal
secret: "5ec7e7 # \\u0020"
redirectPort: 6855
onToken: 5e7ec7e6
scopes: spark:kms spark:people_read
baseUrl: https://webexapis.com/v1
autoRefresh:
"""
WITH_A_LIST = "scopes:\r\n  # two\r\n  - spark:kms\r\n  - 'meeting:schedules_read'\r\nappid: C1\r\n"


@pytest.mark.parametrize("text", [AS_SAVED.replace("\\u0020", ""), WITH_A_LIST, "", "\n# none\n"])
def test_plain_texts_are_read_as_the_parser_reads_them(text: str) -> None:
    assert plain_values(text) is not None
    assert entries(text, "the file") == parsed(text, "the file")


@pytest.mark.parametrize(
    "text",
    [
        AS_SAVED,  # an escape sequence
        "secret: on\n",
        "secret: 0123\n",
        "secret: 0x12\n",
        "secret: 1.5\n",
        "secret: 2026-11-24\n",
        "secret: a: b\n",
        "secret: a,b\n",
        "secret: 'it''s'\n",
        "secret: !x\n",
        "secret: x\n  more\n",
        "secret: |\n  more\n",
        "secret: x\nsecret: y\n",
        "scopes:\n  - a\n   - b\n",
        "scopes:\n  -\n",
        "scopes: a\n- b\n",
        "scopes: [a, b]\n",
        " appid: C1\n",
        "appid:C1\n",
        "appid : C1\n",
        "- appid\n",
        "appid: C1\t\n",
        "appid: C1\x85",
        "# \x1cappid: C1\n",
        "---\nappid: C1\n",
        "just words\n",
    ],
)
def test_everything_else_is_left_to_the_parser(text: str) -> None:
    assert plain_values(text) is None


_PIECES = st.sampled_from(
    [
        *("appid", "secret", "scopes", ": ", ":", "C12ab", "spark:kms", "6855", " ", "  ", "é"),
        *("\n", "\n", "\n  ", "\n- ", "\n  - ", '"', "'", "#", " # ", "|", ">", "[", "]", "{", "}"),
        *(",", "---\n", "&a ", "*a", "!!str ", "~", "null", "\t", "\\", "%", "? ", "\r\n", "\r"),
        *(
            "...",
            "on",
            "1",
            "0b1",
            "12ab",
            "1:30",
            "0x1",
            "1e3",
            "-",
            "=",
            "<<",
            ".inf",
            "\x85",
            "\x1c",
            "\u2028",
        ),
    ]
)


@settings(max_examples=2500, deadline=None)
@given(st.lists(_PIECES, max_size=14).map("".join))
def test_what_is_read_is_what_the_parser_reads(text: str) -> None:
    plainly = plain_values(text)
    if plainly is not None:
        found = parsed(text, "the file")
        assert list(plainly) == list(found)
        assert found == {
            key: Entry(key, line, value, read_as=read_as)
            for key, (line, value, read_as) in plainly.items()
        }


def test_settings_that_are_plainly_written_load_no_parser() -> None:
    statements = (
        "import sys; from wtr_tui.storage.settings_entries import entries;"
        f"assert entries({WITH_A_LIST!r}, ''); assert 'yaml' not in sys.modules;"
        "assert entries('appid: [C1]', ''); assert 'yaml' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", statements], check=True)
