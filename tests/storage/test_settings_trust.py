"""Settings that run a program or say where secrets go, from a file that others can change."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path

import pytest

from wtr_tui.addresses import DEFAULT_BASE_URL
from wtr_tui.storage import settings
from wtr_tui.storage.settings import TRUST_VARIABLE, Settings
from wtr_tui.storage.settings_table import ON_TOKEN, THEME
from wtr_tui.storage.settings_values import THEMES

GUARDED = ("onToken", "baseUrl", "caFile")
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a file away")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "work.yaml"
    ca_file = tmp_path / "ca.pem"
    ca_file.touch()
    path.write_text(
        f"appid: C12ab\nsecret: s3cret\nonToken: touch x\nbaseUrl: https://example.com/v1\n"
        f"caFile: {ca_file}\n"
    )
    path.chmod(0o600)
    return path


def refused(known: Settings) -> set[str]:
    """The keys that are not taken from the file, all with the reason and what to do."""
    assert all("others can change" in problem.message for problem in known.problems)
    return {problem.key for problem in known.problems}


def test_a_private_file_is_believed(path: Path) -> None:
    known = settings.load(path, {})
    assert not known.problems
    assert (known[ON_TOKEN], known.base_url) == ("touch x", "https://example.com/v1")


@pytest.mark.parametrize("mode", [0o602, 0o666, 0o777])
def test_what_everybody_can_change_is_not(path: Path, mode: int) -> None:
    path.chmod(mode)
    known = settings.load(path, {})
    assert refused(known) == {*GUARDED}
    assert f"mode {mode:o}): chmod 600 {path}" in known.problems[0].message
    assert (known[ON_TOKEN], known.base_url, known.ca_file) == ("", DEFAULT_BASE_URL, None)


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o640, 0o400])
def test_who_can_only_read_it_changes_nothing(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert not settings.load(path, {}).problems


@pytest.mark.parametrize(
    ("name", "members", "is_own"),
    [("", [], True), ("", ["ann"], False), ("staff", [], False)],
    ids=["own", "with another member", "shared"],
)
def test_the_group_of_this_user_alone_is_nobody_else(
    path: Path, monkeypatch: pytest.MonkeyPatch, name: str, members: list[str], is_own: bool
) -> None:
    user = pwd.getpwuid(os.geteuid())
    group = grp.struct_group((name or user.pw_name, "x", user.pw_gid, members))
    monkeypatch.setattr(grp, "getgrgid", lambda _: group)
    path.chmod(0o664)
    os.chown(path, -1, user.pw_gid)
    assert refused(settings.load(path, {})) == (set() if is_own else {*GUARDED})


@pytest.mark.parametrize(
    ("mode", "keys"), [(0o777, {*GUARDED}), (0o703, {*GUARDED}), (0o1777, set()), (0o755, set())]
)
@pytest.mark.parametrize("linked", [False, True], ids=["file", "behind a link"])
def test_a_folder_in_which_everybody_can_replace_the_file_counts_as_the_file(
    path: Path, tmp_path: Path, mode: int, keys: set[str], linked: bool
) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    named = path.rename(folder / path.name)
    if linked:
        named = tmp_path / "link.yaml"
        named.symlink_to(folder / path.name)
    folder.chmod(mode)
    assert refused(settings.load(named, {})) == keys


@NEEDS_ROOT
def test_a_file_of_another_user_is_not_unless_that_is_meant(path: Path) -> None:
    os.chown(path, 65_534, 65_534)
    assert refused(settings.load(path, {})) == {*GUARDED}
    meant = settings.load(path, {TRUST_VARIABLE: "1"})
    assert not meant.problems
    assert meant[ON_TOKEN] == "touch x"
    assert any(f"onToken is used as ${TRUST_VARIABLE} says" in each for each in meant.warnings)


def test_what_the_environment_names_is_not_the_files(path: Path) -> None:
    path.chmod(0o666)
    known = settings.load(path, {"WEBEX_BASEURL": "https://example.org/v1"})
    assert refused(known) == {"onToken", "caFile"}
    assert known.base_url == "https://example.org/v1"


def test_that_the_files_secret_goes_where_the_environment_says_is_told(path: Path) -> None:
    known = settings.load(path, {"WEBEX_BASEURL": "https://example.org/v1"})
    (told,) = known.warnings
    assert told.startswith(
        "$WEBEX_BASEURL names https://example.org/v1: a sign-in would send there the "
    )
    own = {"WEBEX_BASEURL": "https://example.org/v1", "WEBEX_SECRET": "s3cret2"}
    assert settings.load(path, own).warnings == ()
    assert settings.load(path, {"WEBEX_BASEURL": "https://example.com/v1"}).warnings == ()


@pytest.mark.parametrize(
    ("theme", "words"), [("lite", "Did you mean light?"), ("qqqq", "There are auto, dark, light")]
)
def test_a_theme_that_is_not_known_is_told_and_stops_nothing(
    path: Path, theme: str, words: str
) -> None:
    path.write_text(f"{path.read_text()}theme: {theme}\n")
    known = settings.load(path, {})
    assert known[THEME] == "auto"
    assert not known.problems
    assert any(f"theme: The theme {theme} is not known. {words}" in each for each in known.warnings)


def test_every_theme_of_the_screens_can_be_set() -> None:
    from textual.theme import BUILTIN_THEMES

    from wtr_tui.tui.themes import NAMES, OWN

    assert {*THEMES} == {*NAMES, *BUILTIN_THEMES, *(theme.name for theme in OWN)}


def test_that_everybody_can_change_the_file_is_told_once_where_it_is_believed(path: Path) -> None:
    path.chmod(0o666)
    warnings = settings.load(path, {TRUST_VARIABLE: "1"}).warnings
    assert len(warnings) == len(GUARDED)
    assert all("Every user can change" in each for each in warnings)


@NEEDS_ROOT
@pytest.mark.parametrize("mode", [0o600, 0o666])
def test_that_the_file_is_another_users_is_told_once(path: Path, mode: int) -> None:
    path.write_text("appid: C12ab\nsecret: s3cret\n")
    path.chmod(mode)
    os.chown(path, 65_534, 65_534)
    assert sum("belongs to" in each for each in settings.load(path, {}).warnings) == 1
