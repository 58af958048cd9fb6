"""What each setting's entry in the table makes of its value."""

from __future__ import annotations

from pathlib import Path

import pytest

from wtr_tui.storage.settings import Settings, load
from wtr_tui.storage.settings_file import SettingsNotEditable, edit
from wtr_tui.storage.settings_table import SETTINGS

NAMES = {setting.name for setting in SETTINGS}


def loaded(folder: Path, text: str) -> Settings:
    path = folder / "default.yaml"
    path.write_text(text)
    path.chmod(0o600)
    return load(path, {})


def test_texts_that_yaml_takes_for_numbers_need_quotation_marks(tmp_path: Path) -> None:
    fault = "YAML reads this as a number"
    found = set()
    for name in NAMES:
        settings = loaded(tmp_path, f"{name}: 0123\n")
        if any(fault in text for text in (*map(str, settings.problems), *settings.warnings)):
            found.add(name)
    assert found == {
        *("appid", "secret", "secretFile", "secretCommand", "scopes", "applicationId"),
        *("targetOrgId", "through", "loginHint", "account", "caFile", "revokeUrl"),
        *("onToken", "theme"),
    }


def test_a_wrong_value_of_what_is_only_shown_is_a_warning(tmp_path: Path) -> None:
    found = set()
    for name in NAMES:
        settings = loaded(tmp_path, f'{name}: "!?"\n')
        if any(f"{name}: " in warning for warning in settings.warnings):
            assert name not in {problem.key for problem in settings.problems}
            found.add(name)
    assert found == {"theme", "mouse", "title", "keys"}


def test_a_value_that_may_hold_a_secret_is_not_shown() -> None:
    found = set()
    for name in NAMES:
        with pytest.raises(SettingsNotEditable) as refused:
            edit(f"x: &x 1\n{name}: *x\n", {name: "SENTINEL"})
        if "SENTINEL" not in str(refused.value):
            found.add(name)
    assert found == {"secret", "secretCommand", "onToken"}


def test_which_flags_are_set_by_default() -> None:
    defaults = {each.name: each.default for each in SETTINGS if isinstance(each.default, bool)}
    assert defaults == {"autoRefresh": True, "mouse": False, "title": True}
