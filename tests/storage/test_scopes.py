"""The list of known scopes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from wtr_tui.storage import settings_values
from wtr_tui.storage.settings_values import known_scopes

SOURCE = Path(settings_values.__file__).with_name("scopes.yaml")


def test_the_quick_reading_gives_what_a_yaml_parser_gives_in_the_same_order() -> None:
    parsed = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    assert list(known_scopes().items()) == list(parsed.items())


def test_no_scope_is_listed_twice() -> None:
    pairs = [line for line in SOURCE.read_text(encoding="utf-8").splitlines() if line[:1] == '"']
    assert len(known_scopes()) == len(pairs) == 176


def test_every_scope_says_what_it_allows() -> None:
    assert all(meaning.strip() for meaning in known_scopes().values())
    assert not [scope for scope in known_scopes() if scope != scope.strip() or " " in scope]


def test_the_scopes_asked_for_by_default_are_known() -> None:
    default = (
        "meeting:recordings_read spark:kms meeting:schedules_read meeting:preferences_write "
        "meeting:recordings_write meeting:preferences_read meeting:schedules_write"
    )
    assert set(default.split()) <= set(known_scopes())


def test_the_case_of_a_scope_is_kept() -> None:
    assert "Identity:contact" in known_scopes()
    assert "identity:contact" not in known_scopes()


def test_the_list_cannot_be_changed_by_who_reads_it() -> None:
    with pytest.raises(TypeError):
        known_scopes()["spark:new"] = "…"  # type: ignore[index]  # nor does its type allow it
