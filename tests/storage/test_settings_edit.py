"""Values are changed; whatever else a person wrote stays to the letter."""

from __future__ import annotations

import difflib

import pytest
import yaml

from wtr_tui.errors import SettingsError
from wtr_tui.storage.settings_file import SettingsNotEditable, Wanted, edit

HAND_WRITTEN = """\
# What I use at work.

appid: C4f1  # from the portal
secret: 'old'   # do not show around
scopes:  # ticked on 3 May
  # for the recordings
  - meeting:recordings_read  # read only
  - "spark:kms"

  - spark:people_read
myOwn: {kept: [as, it, is]}   # a key of another tool
redirectPort: 6855
# the end
"""


def changed(before: str, after: str) -> list[str]:
    """The lines that differ: ``-`` was there before, ``+`` is there now."""
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return sorted(line for line in lines if line[0] in "+-" and line[1:].strip())


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({}, []),
        ({"appid": "C4f1", "redirectPort": 6855}, []),
        (
            {"appid": "C9"},
            ["- appid: C4f1  # from the portal", "+ appid: C9  # from the portal"],
        ),
        (
            {"secret": "new: #1"},
            [
                "- secret: 'old'   # do not show around",
                '+ secret: "new: #1"   # do not show around',
            ],
        ),
        (
            {"scopes": "spark:kms meeting:recordings_read spark:people_read"},
            [],
        ),
        (
            {"scopes": "meeting:recordings_read spark:kms"},
            ["-   - spark:people_read"],
        ),
        (
            {"scopes": ("meeting:recordings_read", "spark:kms", "spark:people_read", "a:b")},
            ["+   - a:b"],
        ),
        ({"redirectPort": 8080}, ["- redirectPort: 6855", "+ redirectPort: 8080"]),
        ({"baseUrl": "https://x.test/v1"}, ["+ baseUrl: https://x.test/v1"]),
        ({"autoRefresh": False}, ["+ autoRefresh: false"]),
        ({"redirectPort": None}, ["- redirectPort: 6855"]),
    ],
)
def test_only_what_was_changed_differs(
    changes: dict[str, Wanted | None], difference: list[str]
) -> None:
    assert changed(HAND_WRITTEN, edit(HAND_WRITTEN, changes)) == sorted(difference)


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        pytest.param("", {"appid": "C1"}, "appid: C1\n", id="empty"),
        pytest.param("# mine\n", {"appid": "C1"}, "# mine\nappid: C1\n", id="comments alone"),
        pytest.param("# mine", {"appid": "C1"}, "# mine\nappid: C1\n", id="no line break"),
        pytest.param("a: 1", {"appid": "C1"}, "a: 1\nappid: C1\n", id="no line break at the end"),
        pytest.param("appid: C1", {"appid": "C2"}, "appid: C2", id="none is added"),
        pytest.param("---\nappid: C1\n...\n", {"secret": "s"}, "---\nappid: C1\nsecret: s\n...\n",
                     id="document marks"),
        pytest.param("---\n...\n", {"secret": "s", "appid": "C"}, "---\nsecret: s\nappid: C\n...\n",
                     id="marks around nothing"),
        pytest.param("a: 1\r\n# c\r\nappid: C1\r\n", {"appid": "C2", "secret": "s"},
                     "a: 1\r\n# c\r\nappid: C2\r\nsecret: s\r\n", id="CRLF"),
        pytest.param("\ufeffappid: C1\n", {"appid": "C2"}, "\ufeffappid: C2\n", id="BOM"),
        pytest.param("appid:\n", {"appid": "C2"}, "appid: C2\n", id="null"),
        pytest.param("appid:  # mine\n", {"appid": "C2"}, "appid: C2  # mine\n",
                     id="null with comment"),
        pytest.param("appid:\n  C1 # x\n", {"appid": "C2"}, "appid:\n  C2 # x\n",
                     id="value in the next line"),
        pytest.param('"appid" : "C1"\n', {"appid": "C2"}, '"appid" : C2\n', id="quoted key"),
        pytest.param("clientid: C1\nz: 1\n", {"appid": "C2"}, "clientid: C2\nz: 1\n",
                     id="under its other name"),
        pytest.param("clientid: C1\nz: 1\n", {"appid": None}, "z: 1\n",
                     id="removed under its other name"),
        pytest.param("  appid: C1\n", {"secret": "s"}, "  appid: C1\n  secret: s\n", id="indented"),
        pytest.param("secret: |\n  one\n  two\nz: 1\n", {"secret": "s"}, "secret: s\nz: 1\n",
                     id="text in lines"),
        pytest.param('secret: "one\n  two" # n\n', {"secret": "s"}, "secret: s # n\n",
                     id="quoted over two lines"),
        pytest.param("secret: >-\n  one\n", {"secret": "s"}, "secret: s\n", id="folded"),
        pytest.param('{"a": 1, "appid": "C1"}\n', {"appid": "C,2"}, '{"a": 1, "appid": "C,2"}\n',
                     id="JSON"),
        pytest.param("scopes: [a:b, c:d] # n\n", {"scopes": "c:d e:f"}, "scopes: [c:d, e:f] # n\n",
                     id="list in brackets"),
        pytest.param("scopes:\n- a:b\nz: 1\n", {"scopes": "c:d"}, "scopes:\n- c:d\nz: 1\n",
                     id="list that is not indented"),
        pytest.param('scopes:\n  - "a:b" # one\n', {"scopes": "a:b c:d"},
                     'scopes:\n  - "a:b" # one\n  - c:d\n', id="quoted item with comment"),
        pytest.param("scopes: a:b\n", {"scopes": ("a:b", "c:d")}, "scopes: a:b c:d\n",
                     id="a text stays a text"),
        pytest.param("appid: {x: 1}\nz: 1\n", {"appid": "C1"}, "appid: C1\nz: 1\n",
                     id="a group becomes a text"),
        pytest.param("appid: 123\n", {"appid": "123"}, 'appid: "123"\n', id="now in quotes"),
        pytest.param("z: &x 1\ny: *x\n", {"appid": "C1"}, "z: &x 1\ny: *x\nappid: C1\n",
                     id="beside references"),
    ],
)  # fmt: skip
def test_every_way_to_write_it(before: str, changes: dict[str, Wanted | None], after: str) -> None:
    assert edit(before, changes) == after


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        pytest.param("{a: 1}\n", {"appid": "C1"}, id="added in braces"),
        pytest.param("z: |+\n  one\n\n", {"secret": "s"}, id="behind a text that keeps its end"),
        pytest.param("z: |\n  one", {"secret": "s"}, id="behind a text without line break"),
        pytest.param("{appid: C1, a: 1}", {"appid": None}, id="removed in braces"),
        pytest.param("secret: | # note\n  one\n", {"secret": "s"}, id="text in lines with comment"),
        pytest.param(
            "scopes: [\n  a:b, # one\n  c:d\n]\n", {"scopes": "c:d"}, id="brackets with comment"
        ),
    ],
)
def test_what_would_lose_a_comment_or_its_form_is_refused(
    before: str, changes: dict[str, Wanted | None]
) -> None:
    with pytest.raises(SettingsNotEditable):
        edit(before, changes)


def test_a_value_that_others_refer_to_is_left_and_named() -> None:
    with pytest.raises(SettingsNotEditable) as refused:
        edit("z: 1\nappid: &x C1\nother: *x\n", {"appid": "C2"}, "/etc/x.yaml")
    assert refused.value.message.startswith("/etc/x.yaml, line 2: appid cannot be changed")
    assert refused.value.hint == (
        "Change it there with an editor. This is the line to write:\n  appid: C2"
    )


def test_of_a_secret_that_cannot_be_changed_no_line_is_shown() -> None:
    with pytest.raises(SettingsNotEditable) as refused:
        edit("secret: &x s\nother: *x\n", {"secret": "SENTINEL"}, "/etc/x.yaml")
    assert refused.value.hint.endswith("  secret: …")
    assert "SENTINEL" not in str(refused.value)


def test_what_cannot_be_read_is_not_changed() -> None:
    with pytest.raises(SettingsError, match=r"^/etc/x\.yaml, line 1, column 8"):
        edit("appid: [C1\n", {"appid": "C2"}, "/etc/x.yaml")


@pytest.mark.parametrize(
    "value",
    ["0123", "123", "1e5", "1.5", "true", "Yes", "on", "n", "~", "null", "", " a", "a ", "a: b",
     "a #b", "#", "- a", "*a", "&a", "!a", "@a", "`a", "%a", "|", ">", "{a", "[a", "a]", "a,b",
     "?", "'a'", '"', "\\", "\\n", "2026-01-01", "=", "<<", "é", "日本", "\x07", "\u2028", "a\tb",
     "12:30:45", "0x1F", "---", "...", "\ufeff", "😀", "a\nb"],
)  # fmt: skip
@pytest.mark.parametrize("before", ["secret: old\n", "{secret: old}\n", "", "scopes:\n- a\n"])
def test_every_text_comes_back_as_it_was(value: str, before: str) -> None:
    after = edit(before, {"secret": value})
    assert yaml.safe_load(after)["secret"] == value
    after.encode("utf-8")
