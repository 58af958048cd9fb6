"""The settings of a profile: each value, where it comes from, and what is wrong with it."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path

import pytest

from tests.storage.fifo import without_waiting
from wtr_tui.addresses import DEFAULT_BASE_URL
from wtr_tui.errors import WRONG_USAGE, SettingsError
from wtr_tui.storage import settings
from wtr_tui.storage.settings import Settings, from_environment, load
from wtr_tui.storage.settings_table import (
    AUTO_REFRESH,
    BROWSER,
    CLIPBOARD,
    DEFAULT_SCOPES,
    KEYS,
    MOUSE,
    ON_TOKEN,
    SETTINGS,
    THEME,
    TIMEOUT,
    Setting,
    Shape,
)

GOOD = {"WEBEX_APPID": "C1", "WEBEX_SECRET": "s"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "default.yaml"


def loaded(path: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    path.write_text(text, encoding="utf-8", newline="")
    path.chmod(0o600)
    return load(path, environ or {})


def test_without_a_word_of_anybody_there_are_defaults(path: Path) -> None:
    found = load(path, {})
    assert found.scopes == DEFAULT_SCOPES
    assert (found.redirect_port, found.redirect_uri) == (6855, "http://localhost:6855")
    assert found.base_url == "https://webexapis.com/v1"
    assert (found[AUTO_REFRESH], found[TIMEOUT], found[ON_TOKEN]) == (True, 300, "")
    assert (found[BROWSER], found[CLIPBOARD], found[THEME]) == ("auto", "auto", "auto")
    assert found.ca_file is None
    assert {source.describe() for source in found.sources.values()} == {"default"}
    assert found.text is None
    assert not found.warnings


def test_the_file_says_it_all(path: Path) -> None:
    found = loaded(
        path,
        "appid: C1\nsecret: s\nscopes: [spark:kms]\nredirectPort: 8080\nbaseUrl: https://x.test/v1/\n"
        "autoRefresh: off\nonToken: notify-send new\ntimeout: 60\nbrowser: never\n"
        "clipboard: terminal\ntheme: nord\n",
    )
    assert (found.app_id, found.secret.reveal(), found.scopes) == ("C1", "s", ("spark:kms",))
    assert found.redirect_uri == "http://localhost:8080"
    assert found.base_url == "https://x.test/v1"
    assert (found[AUTO_REFRESH], found[TIMEOUT]) == (False, 60)
    assert found[ON_TOKEN] == "notify-send new"
    assert (found[BROWSER], found[CLIPBOARD], found[THEME]) == ("never", "terminal", "nord")
    assert not found.problems
    assert not found.warnings
    assert found.require() is found
    assert found.sources["appid"].describe() == "from file"
    assert found.sources["appid"].name == str(path)
    assert found.sources["caFile"].describe() == "default"


@pytest.mark.parametrize(
    ("environ", "key", "variable"),
    [
        ({"WEBEX_APPID": "C9"}, "appid", "WEBEX_APPID"),
        ({"WEBEX_CLIENTID": "C9"}, "appid", "WEBEX_CLIENTID"),
        ({"WEBEX_CLIENT_ID": "C9"}, "appid", "WEBEX_CLIENT_ID"),
        ({"WEBEX_APPID": "C9", "WEBEX_CLIENT_ID": "C8"}, "appid", "WEBEX_APPID"),
        ({"WEBEX_SECRET": "S9"}, "secret", "WEBEX_SECRET"),
        ({"WEBEX_CLIENT_SECRET": "S9"}, "secret", "WEBEX_CLIENT_SECRET"),
        ({"WEBEX_SCOPES": "n:n"}, "scopes", "WEBEX_SCOPES"),
        ({"WEBEX_REDIRECTPORT": "9999"}, "redirectPort", "WEBEX_REDIRECTPORT"),
        ({"WEBEX_BASEURL": "https://n.test"}, "baseUrl", "WEBEX_BASEURL"),
    ],
)
def test_the_environment_wins(path: Path, environ: dict[str, str], key: str, variable: str) -> None:
    text = "appid: C1\nsecret: s\nscopes: a:a\nredirectPort: 1\nbaseUrl: https://x.test\n"
    found = loaded(path, text, environ)
    value = {
        "appid": found.app_id,
        "secret": found.secret.reveal(),
        "scopes": " ".join(found.scopes),
        "redirectPort": str(found.redirect_port),
        "baseUrl": found.base_url,
    }
    assert value[key] == environ[variable]
    assert found.sources[key].describe() == f"from ${variable}"
    assert not found.problems


def test_variables_that_contradict_each_other_are_told_without_their_values(path: Path) -> None:
    environ = {"WEBEX_SECRET": "SENTINEL-1", "WEBEX_CLIENT_SECRET": "SENTINEL-2"}
    found = load(path, environ)
    assert found.warnings == ("$WEBEX_SECRET counts, $WEBEX_CLIENT_SECRET says something else.",)


@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_an_empty_variable_is_no_variable(path: Path, empty: str) -> None:
    environ = {"WEBEX_APPID": empty, "WEBEX_SECRET": empty, "WEBEX_SCOPES": empty,
               "WEBEX_REDIRECTPORT": empty, "WEBEX_BASEURL": empty}  # fmt: skip
    found = loaded(path, "appid: C1\nsecret: s\n", environ)
    assert found.app_id == "C1"
    assert found.sources["appid"].describe() == "from file"
    assert found.sources["scopes"].describe() == "default"
    assert not found.problems


def test_keys_that_contradict_each_other_are_told_without_their_values(path: Path) -> None:
    found = loaded(path, "clientid: SENTINEL-1\nappid: C2\nsecret: s\n")
    assert found.app_id == "C2"
    assert f"{path} line 2: appid counts, clientid says something else." in found.warnings


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("appid: '12345'\n", ("12345", DEFAULT_BASE_URL)),
        ("appid: C1\nclientid: C2\n", ("C1", DEFAULT_BASE_URL)),  # it counts, with a warning
        ("", ("", DEFAULT_BASE_URL)),
        ("baseUrl: https://webex.example/v1/\n", ("", "https://webex.example/v1")),
        ("appid: 12345\n", None),
        ("appid: two words\n", None),
        ("appid: ''\n", None),
        ("appid: [C1]\n", None),
        ("baseUrl: webex.example\n", None),
        ("baseUrl: [https://webex.example/v1]\n", None),
    ],
)
def test_only_a_file_that_is_right_by_itself_vouches_for_the_token_saved_under_it(
    path: Path, text: str, named: tuple[str, str] | None
) -> None:
    environ = {**GOOD, "WEBEX_APPID": "12345", "WEBEX_BASEURL": DEFAULT_BASE_URL}
    found = loaded(path, text, environ)
    assert not found.problems
    record = found.record and (found.record["appid"], found.record["base_url"])
    assert record == named


def test_what_is_not_set_is_told_with_where_to_set_it(path: Path) -> None:
    app_id, secret = loaded(path, "appid:\n", {"WEBEX_APPID": ""}).problems
    assert app_id.message == (
        "The App ID is missing; the portal calls it Client ID."
        f" Set appid in {path}, or $WEBEX_APPID."
    )
    assert secret.message == (
        "The secret is missing; the portal shows it once, as Client Secret."
        f" Set secret in {path}, or $WEBEX_SECRET."
    )


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ("appid: ''\n", 1, "appid", "The App ID is missing"),
        ("appid: C 1\n", 1, "appid", "one word"),
        ("appid: 0123\n", 1, "appid", "YAML reads this as a number: put it in quotation marks."),
        ("appid: on\n", 1, "appid", "YAML reads this as true or false: put it in quotation marks."),
        ("appid: 2026-01-01\n", 1, "appid", "YAML reads this as a date"),
        ("appid: [C1]\n", 1, "appid", "a text, not a list"),
        ("appid: {id: C1}\n", 1, "appid", "a text, not a list or a group"),
        ("secret: 0123\n", 1, "secret", "put it in quotation marks"),
        ("secret: ''\n", 1, "secret", "The secret is missing"),
        ("secret: ' s '\n", 1, "secret", "begins or ends with a space"),
        ("\nredirectPort: 0\n", 2, "redirectPort", "from 1 to 65535, not “0”"),
        ("redirectPort: 70000\n", 1, "redirectPort", "from 1 to 65535, not “70000”"),
        ("redirectPort: abc\n", 1, "redirectPort", "not “abc”"),
        ("redirectPort: '6855x'\n", 1, "redirectPort", "not “6855x”"),
        ("redirectPort: 0655\n", 1, "redirectPort", "without a zero before it"),
        ("redirectPort: ''\n", 1, "redirectPort", "from 1 to 65535"),
        ("redirectPort: [1]\n", 1, "redirectPort", "a text, not a list"),
        ("scopes: 'a:a, b:b'\n", 1, "scopes", "spaces separate them"),
        ("scopes: '\"a:a\"'\n", 1, "scopes", "without quotation marks"),
        ("scopes: ''\n", 1, "scopes", "At least one scope"),
        ("scopes: []\n", 1, "scopes", "At least one scope"),
        ("scopes:\n-\n", 1, "scopes", "At least one scope"),
        ("scopes: 12\n", 1, "scopes", "YAML reads this as a number"),
        ("scopes: [a:a, 12]\n", 1, "scopes", "YAML reads this as a number"),
        ("scopes:\n- spark: kms\n", 1, "scopes", "without a space behind a colon"),
        ("scopes: {spark: kms}\n", 1, "scopes", "without a space behind a colon"),
        ("scopes: [[a:a]]\n", 1, "scopes", "Each item must be a text"),
        ("redirectUri: http://x.test\n", 1, "redirectUri", "begin with https://"),
        ("baseUrl: http://x.test\n", 1, "baseUrl", "begin with https://"),
        ("autoRefresh: perhaps\n", 1, "autoRefresh", "true or false, not “perhaps”"),
        ("loginHint: ann\n", 1, "loginHint", "an e-mail address"),
        ("prompt: login\n", 1, "prompt", "one of select_account, none, not “login”"),
        ("timeout: 5m\n", 1, "timeout", "from 10 to 3600, not “5m”"),
        ("browser: firefox\n", 1, "browser", "one of auto, never, always, not “firefox”"),
        ("clipboard: no\n", 1, "clipboard", "one of auto, local, terminal, tmux, not “no”"),
        ("caFile: /nowhere/ca.pem\n", 1, "caFile", "No such file or directory (ENOENT)"),
        ("caFile: .\n", 1, "caFile", "is not one that this user can read"),
        ("redirectUri: http://localhost:1/x\nredirectPort: 2\n", 2, "redirectPort",
         "The port 2 is not the one in redirectUri, 1"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_file_line_and_key(
    path: Path, text: str, line: int, key: str, words: str
) -> None:
    found = loaded(path, text)
    told = [problem for problem in found.problems if problem.where]
    assert [problem.where for problem in told] == [f"{path} line {line}"]
    (problem,) = told
    assert problem.message.startswith(f"{path} line {line}, {key}: ")
    assert words in problem.message
    assert words in problem.fault
    assert str(problem) == problem.message
    # What is wrong has no effect.
    assert found.scopes == DEFAULT_SCOPES
    assert found.base_url == "https://webexapis.com/v1"


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("WEBEX_APPID", "C 1", "one word"),
        ("WEBEX_CLIENT_ID", '"C1"', "without quotation marks"),
        ("WEBEX_SECRET", "s\n", "begins or ends"),
        ("WEBEX_SCOPES", "a:a,b:b", "spaces separate them"),
        ("WEBEX_REDIRECTPORT", "70000", "not “70000”"),
        ("WEBEX_REDIRECTURI", "http://x.test", "this machine"),
        ("WEBEX_BASEURL", "http://x.test", "https://"),
        ("WEBEX_BASEURL", '"https://webexapis.com/v1"', "without quotation marks"),
        ("WEBEX_REDIRECTPORT", "'6855'", "without quotation marks"),
        ("WEBEX_REDIRECTURI", '"http://localhost:6855"', "without quotation marks"),
    ],
)
def test_a_wrong_variable_is_told_by_its_name(
    path: Path, variable: str, value: str, words: str
) -> None:
    found = load(path, {variable: value})
    (problem,) = (problem for problem in found.problems if problem.where)
    assert problem.message.startswith(f"${variable}: ")
    assert words in problem.message
    assert problem.where == f"${variable}"


def test_a_number_in_the_environment_needs_no_quotation_marks(path: Path) -> None:
    found = load(path, {"WEBEX_APPID": "0123", "WEBEX_SECRET": "0456"})
    assert (found.app_id, found.secret.reveal()) == ("0123", "0456")
    assert not found.problems


def test_the_form_gets_what_is_wrong_but_no_repr_does(path: Path) -> None:
    found = loaded(path, "appid: SENTINEL 1\nsecret: ' SENTINEL'\nredirectPort: 70000\n")
    assert (found.texts["appid"], found.texts["redirectPort"]) == ("SENTINEL 1", "70000")
    assert found.secret.reveal() == " SENTINEL"
    assert "SENTINEL" not in repr(found)


def test_everything_that_is_wrong_is_told_at_once(path: Path) -> None:
    found = loaded(path, "redirectPort: 0\nscopes: ','\n")
    with pytest.raises(SettingsError) as refused:
        found.require()
    assert len(refused.value.message.splitlines()) == 4
    assert refused.value.exit_code == WRONG_USAGE


def test_a_redirect_uri_that_is_set_has_the_port_in_it(path: Path) -> None:
    found = loaded(path, "redirectUri: http://127.0.0.1:7000/back\n", GOOD)
    assert (found.redirect_port, found.redirect_uri) == (7000, "http://127.0.0.1:7000/back")
    assert found.redirect_uri_for("8000") == "http://127.0.0.1:7000/back"
    assert loaded(path, "", GOOD).redirect_uri_for("8000") == "http://localhost:8000"


@pytest.mark.parametrize("written", ["~/ca.pem", "ca.pem", "{folder}/ca.pem"])
def test_a_ca_file_is_named_from_home_or_the_settings_folder(path: Path, written: str) -> None:
    ca_file = path.parent / "ca.pem"
    ca_file.write_text("certificates")
    found = loaded(
        path, f"caFile: {written.format(folder=path.parent)}\n", {**GOOD, "HOME": str(path.parent)}
    )
    assert found.ca_file == ca_file
    assert not found.problems


def test_a_fifo_as_ca_file_is_not_waited_for(path: Path) -> None:
    fifo = path.parent / "fifo"
    os.mkfifo(fifo)
    without_waiting(fifo, lambda: loaded(path, "caFile: fifo\n"))


def test_the_environment_alone_fills_a_form_beside_a_broken_file() -> None:
    found = from_environment(GOOD)
    assert found.app_id == "C1"
    assert found.sources["secret"].describe() == "from $WEBEX_SECRET"
    assert not found.warnings
    (problem, _) = from_environment({}).problems
    assert "Set appid in the settings file, or $WEBEX_APPID." in problem.message


@pytest.mark.parametrize(
    ("text", "environ", "is_known"),
    [
        ("", {}, True),
        ("baseUrl: https://webex.test/v1\n", {}, True),
        ("baseUrl: webex.test\n", {}, False),
        (None, {}, False),
        (None, {"WEBEX_BASEURL": "https://webex.test/v1"}, True),
        (None, {"WEBEX_BASEURL": "webex.test"}, False),
    ],
)
def test_the_base_url_is_known_where_it_can_be_read(
    path: Path, text: str | None, environ: dict[str, str], is_known: bool
) -> None:
    found = from_environment(environ) if text is None else loaded(path, text, environ)
    assert found.is_base_url_known is is_known


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("appId", "appid"),
        ("client_id", "clientid"),
        ("redirectport", "redirectPort"),
        ("redirect_port", "redirectPort"),
        ("scope", "scopes"),
        ("secert", "secret"),
        ("baseURL", "baseUrl"),
    ],
)
def test_a_key_that_is_nearly_known_is_asked_about(path: Path, key: str, meant: str) -> None:
    found = loaded(path, f"x: 1\n{key}: y\n", GOOD)
    assert found.warnings[1] == (
        f"{path} line 2: the key {key} is not known. Did you mean {meant}?"
    )


def test_a_key_that_is_not_known_is_told_by_its_line(path: Path) -> None:
    found = loaded(path, "appid: C1\n4f1d09ab4f1d09ab: y\n", GOOD)
    assert found.warnings == (f"{path} line 2: the key in this line is not known and is ignored.",)


@pytest.mark.parametrize(
    ("mode", "members", "text", "words"),
    [
        (0o600, ["bob"], "secret: s\n", ""),
        (0o644, ["bob"], "appid: C1\n", ""),
        (0o664, [], "appid: C1\n", ""),
        (0o660, [], "secret: s\n", ""),
        (0o640, ["bob"], "secret: s\n", "Its group can read"),
        (0o644, [], "secret: s\n", "Every user can read"),
        (0o664, [], "secret: s\n", "Every user can read"),
        (0o660, ["bob"], "secret: s\n", "Its group can change"),
        (0o664, ["bob"], "appid: C1\n", "Its group can change"),
        (0o666, [], "appid: C1\n", "Every user can change"),
    ],
)
def test_a_file_that_is_open_to_others_is_told(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: int,
    members: list[str],
    text: str,
    words: str,
) -> None:
    user = pwd.getpwuid(os.geteuid())
    group = grp.struct_group((user.pw_name, "x", user.pw_gid, members))
    monkeypatch.setattr(grp, "getgrgid", lambda _: group)
    path.write_text(text)
    path.chmod(mode)
    warnings = load(path, GOOD).warnings
    assert len(warnings) == bool(words)
    assert words in "".join(warnings)
    assert not words or f"(mode {mode:o}): chmod 600 {path}" in warnings[0]
    assert path.stat().st_mode & 0o777 == mode


def test_a_secret_in_a_git_work_tree_is_told(path: Path) -> None:
    (path.parent / ".git").mkdir()
    assert loaded(path, "appid: C1\n", GOOD).warnings == ()
    (warning,) = loaded(path, "secret: s\n").warnings
    assert f"git work tree {path.parent}" in warning


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_another_users_settings_are_told(path: Path) -> None:
    loaded(path, "appid: C1\n")
    os.chown(path, 12_345, -1)
    (warning,) = load(path, GOOD).warnings
    assert f"{path} belongs to user 12345" in warning


SAMPLE: Setting[object] = Setting("sample", lambda given: given.value, (), shape=Shape.NESTED)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sample: x\n", "x"),
        ("sample: [a, b]\n", ["a", "b"]),
        (
            "sample:\n- file: /a\n- env: /b\n  key: K\n",
            [{"file": "/a"}, {"env": "/b", "key": "K"}],
        ),
        ("sample: {save: f9, 0: on}\n", {"save": "f9", "0": "on"}),
        ("x: 1\n", ()),
    ],
)
def test_a_setting_may_be_a_list_or_a_group(
    path: Path, text: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SETTINGS", (*SETTINGS, SAMPLE))
    found = loaded(path, text, GOOD)
    assert found[SAMPLE] == value
    assert not found.problems


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sample: {a: 1, a: 2}\n", "a key twice"),
        ("sample: {[a]: 1}\n", "is no text"),
        ("sample: &a [*a]\n", "holds itself"),
        ("sample:\n- !x\n", "quotation marks"),
    ],
)
def test_a_group_that_cannot_be_read_is_told(
    path: Path, text: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SETTINGS", (*SETTINGS, SAMPLE))
    (problem,) = loaded(path, text, GOOD).problems
    assert words in problem.fault
    assert problem.where == f"{path} line 1"


def test_mouse_and_other_keys_are_settings(path: Path) -> None:
    found = loaded(path, "mouse: on\nkeys:\n  save: f9\n  copy: [c, f8]\n", GOOD)
    assert found[MOUSE] is True
    assert found[KEYS] == {"save": "f9", "copy": "c,f8"}
    assert not found.warnings
    assert (loaded(path, "", GOOD)[MOUSE], loaded(path, "", GOOD)[KEYS]) == (False, {})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("f9", "This must be a group of actions, each with its key, such as save: f9."),
        ("{save: }", "save must have a key, or a list of keys."),
        ("{save: ''}", "save has no key."),
        ("{save: {f9: }}", "save must have a key, or a list of keys."),
    ],
)
def test_keys_of_another_shape_are_told_and_stop_nothing(path: Path, text: str, told: str) -> None:
    found = loaded(path, f"keys: {text}\n", GOOD)
    assert told in " ".join(found.warnings)
    assert found[KEYS] == {}
    assert not found.problems
