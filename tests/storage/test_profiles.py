"""A profile is found by option or environment, and brings its files with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.tokens import APP_ID, a_token
from wtr_tui.errors import LockHeld, StorageError, UsageError
from wtr_tui.model import StoredToken
from wtr_tui.storage import profiles
from wtr_tui.storage.profiles import Profile


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def test_without_a_word_it_is_the_default_one(environ: dict[str, str], tmp_path: Path) -> None:
    assert profiles.find(None, None, environ) == Profile(
        "default",
        tmp_path / ".config/wtr-tui/default.yaml",
        tmp_path / ".local/state/wtr-tui/default.json",
    )


@pytest.mark.parametrize(
    ("name", "variables", "expected"),
    [
        (None, {"WTR_PROFILE": "work"}, "work"),
        ("lab", {"WTR_PROFILE": "work"}, "lab"),
        ("a.b", {}, "a.b"),
    ],
)
def test_the_option_wins_over_the_environment(
    name: str | None, variables: dict[str, str], expected: str, environ: dict[str, str]
) -> None:
    found = profiles.find(name, None, environ | variables)
    assert found.name == expected
    assert found.settings_path.name == f"{expected}.yaml"
    assert found.token_path.name == f"{expected}.json"


@pytest.mark.parametrize("name", ["../evil", ".", "a/b", ""])
def test_a_name_that_leads_elsewhere_is_refused(name: str, environ: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        profiles.find(name, None, environ)
    with pytest.raises(UsageError):
        profiles.create(name, environ)


@pytest.mark.parametrize(
    ("config", "variables", "expected"),
    [
        ("/etc/wtr.yaml", {}, "/etc/wtr.yaml"),
        (None, {"WTR_CONFIG": "/etc/wtr.yaml"}, "/etc/wtr.yaml"),
        ("/a.yaml", {"WTR_CONFIG": "/b.yaml"}, "/a.yaml"),
        ("~/mine.yaml", {}, "HOME/mine.yaml"),
        ("~other/mine.yaml", {}, "HERE/~other/mine.yaml"),
        ("mine.yaml", {}, "HERE/mine.yaml"),
    ],
)
def test_another_settings_file_can_be_named(
    config: str | None,
    variables: dict[str, str],
    expected: str,
    environ: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    found = profiles.find(None, config, environ | variables)
    wanted = expected.replace("HOME", environ["HOME"]).replace("HERE", str(tmp_path))
    assert str(found.settings_path) == wanted
    assert found.token_path == tmp_path / ".local/state/wtr-tui/default.json"


def test_a_file_in_the_current_folder_is_not_read_unasked(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    for name in ("default.yaml", "wtr.yaml", ".wtr-cli.json"):
        (here / name).write_text("appid: CSTRANGER\nbaseUrl: https://evil.example/v1\n")
    monkeypatch.chdir(here)
    settings = profiles.find(None, None, environ).load_settings(environ)
    assert settings.app_id == ""
    assert settings.text is None


def test_it_loads_its_settings(environ: dict[str, str]) -> None:
    found = profiles.create("work", environ)
    assert found.load_settings(environ).app_id == ""
    found.settings_path.write_text("appid: C1\nsecret: s\n")
    assert found.load_settings(environ).require().app_id == "C1"


def test_all_that_have_settings_or_a_token_are_listed(environ: dict[str, str]) -> None:
    assert profiles.find_all(environ) == []
    profiles.create("work", environ)
    only_token = profiles.find("lab", None, environ)
    only_token.token_file.save(StoredToken(APP_ID, a_token()))
    with only_token.token_file.lock():
        pass
    folder = only_token.settings_path.parent
    for stray in (".hidden.yaml", "work.yaml~", "work.yaml.bak", "-x.yaml", ".yaml"):
        (folder / stray).write_text("")
    aside = only_token.token_path.parent / "lab.json.corrupt-20261124T120000Z"
    aside.write_text("")
    assert [found.name for found in profiles.find_all(environ)] == ["lab", "work"]
    assert profiles.find_all(environ | {"WTR_CONFIG": "/other.yaml"}) == profiles.find_all(environ)


def test_a_folder_that_cannot_be_listed_is_told(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config/wtr-tui").symlink_to("wtr-tui")
    with pytest.raises(StorageError, match="cannot be read"):
        profiles.find_all(environ)


def test_a_new_one_is_private_and_empty(environ: dict[str, str]) -> None:
    created = profiles.create("work", environ)
    assert created == profiles.find("work", None, environ)
    assert created.settings_path.stat().st_mode & 0o777 == 0o600
    assert created.settings_path.parent.stat().st_mode & 0o777 == 0o700
    assert created.load_settings(environ).warnings == ()


@pytest.mark.parametrize("kind", ["settings", "token"])
def test_one_that_exists_is_not_begun_again(environ: dict[str, str], kind: str) -> None:
    found = profiles.find("work", None, environ)
    if kind == "settings":
        found.settings_path.parent.mkdir(parents=True)
        found.settings_path.write_text("appid: C1\n")
    else:
        found.token_file.save(StoredToken(APP_ID, a_token()))
    with pytest.raises(UsageError, match="There is a profile work already"):
        profiles.create("work", environ)


def test_one_that_cannot_be_written_is_told(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".config").write_text("a file in the folder's place")
    with pytest.raises(StorageError, match="cannot be written: Not a directory"):
        profiles.create("work", environ)


def test_a_removed_one_is_gone_with_all_copies_but_for_the_lock(environ: dict[str, str]) -> None:
    created = profiles.create("work", environ)
    created.token_file.save(StoredToken(APP_ID, a_token()))
    content = created.token_path.read_bytes()
    of_others = created.token_path.with_name("work.json2.corrupt-20261124T120000Z")
    copies = [
        created.token_path.with_name(f"{name}")
        for name in (
            ".work.json.tmp",
            "work.json.corrupt-20261124T120000Z",
            "work.json.other-app-20261124T120000Z",
        )
    ]
    for copy in (of_others, *copies):
        copy.write_bytes(content)
    unfinished = [
        created.settings_path.with_name(name) for name in (".work.yaml.tmp", ".work.yaml.0f3a.tmp")
    ]
    for file in unfinished:
        file.write_text("secret: x\n")
    gone = profiles.remove(created)
    assert gone[:-2] == (created.token_path, *copies, created.settings_path)
    assert sorted(gone[-2:]) == sorted(unfinished)
    assert profiles.find_all(environ) == []
    assert created.token_file.read() is None
    assert [copy for copy in copies if copy.exists()] == []
    assert of_others.exists()
    assert profiles.remove(created) == ()


def test_one_in_use_is_not_removed(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    created = profiles.create("work", environ)
    with created.token_file.lock():
        monkeypatch.setattr(profiles, "_LOCK_TIMEOUT", 0.0)
        with pytest.raises(LockHeld):
            profiles.remove(created)
    assert created.settings_path.exists()
