"""Whatever a settings file looks like: a change of it changes nothing else.

The files are put together from every way YAML has to write a value, a list, a comment and a
line end; a second reader, PyYAML's own, says what they mean.
"""

from __future__ import annotations

import re

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from wtr_tui.storage.settings_file import SettingsNotEditable, Wanted, edit

COMMENT = re.compile(r"(?<![^\s\ufeff])# c\d+")
SCOPES = ("a:b", "c:d", "spark:kms")

values = st.sampled_from(
    ["C1", "0123", "true", "a b", "a: b", "# c", "it's", 'say "x"', "é", "-", "{x}", "&a", "~", ""]
)
scopes = st.lists(st.sampled_from([*SCOPES, "n:n"]), min_size=1, unique=True).map(tuple)


def of_text(text: str) -> st.SearchStrategy[str]:
    """A text of words in each way a value is written, from the colon on."""
    in_lines = text.replace(" ", "\n    ")
    return st.sampled_from(
        [
            f" {text}",
            f" {text}  # c1",
            f' "{text}" # c1',
            f" '{text}'",
            f"\n    {text}",
            f' "{in_lines}"',
            f" |\n    {in_lines}",
            f" |- # c1\n    {in_lines}\n",
            f" |+\n    {in_lines}\n\n",
            f" >\n    {in_lines}",
            " ",
            "  # c1",
        ]
    )


def of_list(items: tuple[str, ...]) -> st.SearchStrategy[str]:
    """A list in each way it is written; items that are removed may take their comment along."""
    indented = "".join(f"\n  - {item}" for item in items)
    return st.sampled_from(
        [
            f" {' '.join(items)}",
            f" [{', '.join(items)}]  # c2",
            " [\n    " + ",  # c2\n    ".join(items) + "\n  ]",
            indented,
            indented.replace("  - ", "- "),
            f"  # c2{indented}",
            indented.replace("\n", "\n\n  # c3\n", 1),
            re.sub(r"- (\S+)", r'- "\1"', indented),
        ]
    )


other = st.sampled_from([" 1", " {x: 1, y: [2]}  # c4", "\n    x: |+\n      one\n\n", " [1,\n  2]"])

pairs = st.fixed_dictionaries(
    {},
    optional={
        "appid": of_text("C1"),
        "secret": of_text("one two"),
        "scopes": of_list(SCOPES[:2]),
        "redirectPort": st.sampled_from([" 6855", ' "6855"  # c5', ""]),
        "mine": other,
        "yours": of_text("as it was"),
    },
)


@st.composite
def files(draw: st.DrawFn) -> str:
    indent = draw(st.sampled_from(["", "", "  "]))
    lines = []
    for key, written in draw(pairs).items():
        name = draw(st.sampled_from([key, key, f'"{key}"']))
        if key == "appid" and draw(st.booleans()):
            name = "clientid"
        lines.append((f"{name}:{written}").replace("\n", f"\n{indent}"))
        lines += draw(st.sampled_from([[], [], [""], ["# c6"]]))
    lines = draw(st.permutations(lines))
    text = "\n".join(f"{indent}{line}" for line in lines)
    text = draw(st.sampled_from(["", "# c7\n", "---\n", "%YAML 1.1\n---\n"])) + text
    text += draw(st.sampled_from(["", "\n", "\n\n", "\n# c8", "\n# c8\n", "\n...\n"]))
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return draw(st.sampled_from(["", "\ufeff"])) + text


changes = st.fixed_dictionaries(
    {},
    optional={
        "appid": values,
        "secret": values,
        "scopes": scopes,
        "redirectPort": st.integers(1, 65535),
        "autoRefresh": st.booleans(),
    },
)


def meaning(text: str) -> dict[str, object]:
    found = yaml.safe_load(text.removeprefix("\ufeff"))
    return found or {}


def words(value: object) -> list[str]:
    if isinstance(value, str):
        return value.split()
    assert isinstance(value, (list, tuple))
    return list(value)


@settings(max_examples=2 * settings().max_examples)
@given(before=files(), wanted=changes)
def test_a_change_changes_nothing_else(before: str, wanted: dict[str, Wanted]) -> None:
    try:
        old = meaning(before)
    except yaml.YAMLError:
        return
    try:
        after = edit(before, wanted)
    except SettingsNotEditable:
        # Refused rather than harmed; that it is rare is tested below.
        return
    new = meaning(after)
    expected = dict(old)
    for key, change in wanted.items():
        expected["clientid" if key == "appid" and "clientid" in old else key] = change
    # An unchanged value stays as it is written: a list, a number in quotes, with its line end.
    for key, value in expected.items():
        unchanged = str(old.get(key)).strip() == str(value).strip()
        if key == "scopes" and key in wanted:
            assert sorted(words(new[key])) == sorted(words(value))  # the order means nothing
        elif not unchanged:
            assert new[key] == value
        else:
            assert str(new[key]).strip() == str(value).strip()
    assert new.keys() == expected.keys()
    assert [key for key in new if key in old] == list(old)
    for key in old.keys() - wanted.keys() - {"clientid"}:
        assert new[key] == old[key]
    assert sorted(COMMENT.findall(after)) == sorted(COMMENT.findall(before))
    assert after.startswith("\ufeff") == before.startswith("\ufeff")
    if "\r\n" in before:
        assert "\n" not in after.replace("\r\n", "")
    assert edit(after, wanted) == after


def test_hardly_any_way_to_write_it_is_refused() -> None:
    refused = 0
    seen = 0

    @settings(max_examples=150, derandomize=True, database=None)
    @given(before=files(), wanted=changes)
    def count(before: str, wanted: dict[str, Wanted]) -> None:
        nonlocal refused, seen
        try:
            meaning(before)
        except yaml.YAMLError:
            return
        seen += 1
        try:
            edit(before, wanted)
        except SettingsNotEditable:
            refused += 1

    count()
    assert seen >= 50
    assert refused <= seen // 10
