"""Where a profile's files are."""

from __future__ import annotations

import pwd

import pytest

from wtr_tui.errors import StorageError, UsageError
from wtr_tui.storage import paths

HOME = {"HOME": "/home/ada"}


@pytest.mark.parametrize(
    ("environ", "config", "state"),
    [
        (HOME, "/home/ada/.config/wtr-tui", "/home/ada/.local/state/wtr-tui"),
        (HOME | {"XDG_CONFIG_HOME": "/c"}, "/c/wtr-tui", "/home/ada/.local/state/wtr-tui"),
        (HOME | {"XDG_STATE_HOME": "/s/"}, "/home/ada/.config/wtr-tui", "/s/wtr-tui"),
        ({"XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s"}, "/c/wtr-tui", "/s/wtr-tui"),
        (
            HOME | {"XDG_CONFIG_HOME": "relative", "XDG_STATE_HOME": ""},
            "/home/ada/.config/wtr-tui",
            "/home/ada/.local/state/wtr-tui",
        ),
        ({"HOME": "/"}, "/.config/wtr-tui", "/.local/state/wtr-tui"),
    ],
)
def test_the_folders_follow_the_xdg_rules(environ: dict[str, str], config: str, state: str) -> None:
    assert paths.config_dir(environ) == config
    assert paths.state_dir(environ) == state


def test_the_files_carry_the_profiles_name() -> None:
    assert paths.settings_path("work", HOME) == "/home/ada/.config/wtr-tui/work.yaml"
    token = paths.token_path("a.b", HOME)
    assert token == "/home/ada/.local/state/wtr-tui/a.b.json"
    assert paths.lock_path(token) == "/home/ada/.local/state/wtr-tui/a.b.lock"


@pytest.mark.parametrize("home", [None, "", "~", "relative"])
def test_without_a_home_the_list_of_users_is_asked(
    home: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = pwd.struct_passwd(("ada", "x", 1, 1, "", "/home/of-ada", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: entry)
    environ = {} if home is None else {"HOME": home}
    assert paths.config_dir(environ) == "/home/of-ada/.config/wtr-tui"


def test_a_user_nobody_knows_has_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> pwd.struct_passwd:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(StorageError, match=r"no home folder.*Set HOME"):
        paths.token_path("default", {})


@pytest.mark.parametrize(
    ("given", "environ", "name"),
    [
        (None, {}, "default"),
        (None, {"WTR_PROFILE": "work"}, "work"),
        (None, {"WTR_PROFILE": ""}, "default"),
        ("lab", {"WTR_PROFILE": "work"}, "lab"),
    ],
)
def test_the_profile_is_the_one_given_or_named_by_the_environment(
    given: str | None, environ: dict[str, str], name: str
) -> None:
    assert paths.profile_name(given, environ) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".hidden",
        "-rf",
        "a/b",
        "../x",
        "a b",
        "ä",
        "a\n",
        "a\x00",
        "x" * 65,
        pytest.param("x" * 9999, id="x…"),
    ],
)
def test_a_name_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a profile") as refusal:
        paths.token_path(name, HOME)
    assert refusal.value.message.isprintable()
    assert len(refusal.value.message) < 400


@pytest.mark.parametrize("name", ["a", "Work_2.old-x", "x" * 64])
def test_an_ordinary_name_is_taken(name: str) -> None:
    assert paths.checked_name(name) == name
