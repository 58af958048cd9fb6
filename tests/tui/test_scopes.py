"""Which scopes the picker offers, and in which order."""

from __future__ import annotations

import pytest

from wtr_tui.storage.settings_values import known_scopes
from wtr_tui.tui.screens.dialogs import group_scopes


@pytest.mark.parametrize("words", ["people", "kms", "people_read", "recordings write"])
def test_a_match_in_the_name_comes_before_any_in_a_description(words: str) -> None:
    title, first = group_scopes(words, ())[0]
    assert title == "in the name"
    assert all(all(word in name for word in words.split()) for name in first)


def test_the_very_name_comes_first() -> None:
    assert group_scopes("spark:all", ())[0][1][0] == "spark:all"
    begins = [name.startswith("mee") for name in group_scopes("mee", ())[0][1]]
    assert begins == sorted(begins, reverse=True)
    assert not all(begins)


def test_every_scope_is_in_one_group_and_the_chosen_ones_lead() -> None:
    chosen = ("spark:kms", "brandnew:scope")
    groups = group_scopes("", chosen)
    assert groups[0] == ("chosen", list(chosen))
    names = [name for _, members in groups for name in members]
    assert len(names) == len(set(names))
    assert set(names) == {*known_scopes(), "brandnew:scope"}


def test_a_word_of_a_description_is_found() -> None:
    assert [title for title, _ in group_scopes("your locale", ())] == ["in the description"]
