"""No secret and no token is in anything that is shown, logged or printed, whatever goes wrong."""

from __future__ import annotations

import errno
import json
import traceback
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.storage.faults import Counted
from tests.support.tokens import APP_ID, OTHER_APP_ID, a_token
from wtr_tui.errors import WtrError
from wtr_tui.model import Secret, StoredToken, Token
from wtr_tui.storage import settings_file
from wtr_tui.storage.settings import from_environment, load
from wtr_tui.storage.token_file import TokenFile

SENTINEL = "SENTINEL4f1d09ab"


def shown(error: BaseException) -> str:
    """All that a log or a crash report could show of it, the causes included."""
    text = "".join(traceback.format_exception(error)) + repr(error)
    if isinstance(error, WtrError):
        text += error.message + error.hint
    return text


def of_settings(path: Path, text: str, environ: dict[str, str]) -> str:
    """All that is shown of settings with this file: their repr, their sentences, their faults."""
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    said = []
    try:
        found = load(path, environ)
    except WtrError as error:
        said.append(shown(error))
        found = from_environment(environ)
    said += [repr(found), *found.warnings, *map(repr, found.problems), *map(str, found.problems)]
    try:
        found.require()
    except WtrError as error:
        said.append(shown(error))
    for changes in ({"appid": "C2"}, {"secret": f"{SENTINEL}2"}, {"scopes": "a:a"}):
        try:
            settings_file.save(path, changes, expected=found.text)
        except WtrError as error:
            said.append(shown(error))
    return "\n".join(said)


@pytest.mark.parametrize(
    "text",
    [
        "secret: {}\n",
        "secret: {}: x\n",
        "secret: '{}\n",
        'secret: "{}\n',
        'secret: "{}\\q"\n',
        "secret: [{}\n",
        "secret: {{{}\n",
        "secret: @{}\n",
        "secret: `{}\n",
        "secret: %{}\n",
        "secret: *{}\n",
        "secret: &{}\n",
        "secret: !{}\n",
        "secret: !{} x\n",
        "secret: !{}!x y\n",
        "secret: !<{}\n",
        "secret: |{}\n",
        "secret: >{}\n",
        "secret: {}\x00\n",
        "secret: {}\ud800\n",
        "secret: {}é\n",
        "secret: '{}\n  more' x\n",
        "secret:\n  {}: x: y\n",
        "secret:\n  abc\n  {}: x\n",
        "secret: |\n  {}\n x: [\n",
        "secret: |\n  abc\n {}\n",
        'secret: "abc\n  {}\n',
        'secret: "abc\nappid: {}\n',
        "secret: [abc,\nappid: {} {}: x\n",
        "secret: abc\n  appid: {}\n",
        "secret: '{}'\nsecret: '{}'\n",
        "'{}': 1\n'{}': 2\n",
        "{}: 1\n",
        "secret {}: 1\n",
        "secret:{}\nappid: C1\n",
        "appid: C1\nsecret:{}\n",
        "appid: C1, secret: {}: x\n",
        "{{appid: C1, secret: {}, : ]\n",
        "&{} a: 1\n&{} b: 2\n",
        "%{} x\n---\n",
        "%TAG !{}\n---\n",
        "secret: {}\n---\nsecret: {}\n",
        "secret: [{}]\n",
        "secret: {{x: {}}}\n",
        "secret: ' {}'\n",
        "secret: 2026-13-45{}\n",
        "secret: !!int {}\n",
        "secret: !!binary {}\n",
        "secret: !!timestamp {}\n",
        "- secret: {}\n",
        "secret={}\n",
        "{}\n",
        "\tsecret: {}\n",
        "secret:\t{}\n\tx",
        "SECRET: {}: x\n",
        "clientSecret: {}: x\n",
        "secert: {}: x\n",
        "# secret: {}\nappid: [\n",
        "onToken: curl -u {}: x\n",
    ],
)
def test_a_misspelt_file_is_told_without_its_secret(tmp_path: Path, text: str) -> None:
    said = of_settings(tmp_path / "default.yaml", text.format(*[SENTINEL] * 5), {})
    assert SENTINEL not in said


signs = st.sampled_from(
    [SENTINEL, SENTINEL, "secret", "appid", ": ", ":", " ", "  ", "\n", "\n  ", '"', "'", "[", "]",
     "{", "}", ", ", "- ", "|", ">", "&", "*", "!", "%", "@", "`", " #", "\t", "\\", "? ",
     "\n---\n", "0", "~", "<<: ", "\x85", "!!int ", "é", "\r\n", "x"]
)  # fmt: skip


@settings(max_examples=2 * settings().max_examples)
@given(st.lists(signs, max_size=12).map("".join), st.sampled_from(["", "\nscopes: [a:a\n"]))
@example("", "")
def test_no_file_makes_its_secret_seen(
    tmp_path_factory: pytest.TempPathFactory, written: str, after: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    # Where another key's value begins in the same column as the secret's key, it is that key's.
    if "\nappid:" in written or "\x85appid:" in written:
        return
    assert SENTINEL not in of_settings(path, f"secret: {written}{after}", {})


@pytest.mark.parametrize(
    "environ",
    [
        {"WEBEX_SECRET": f" {SENTINEL}"},
        {"WEBEX_SECRET": f"{SENTINEL}é"},
        {"WEBEX_CLIENT_SECRET": f"{SENTINEL}\n"},
        {"WEBEX_SECRET": SENTINEL, "WEBEX_CLIENT_SECRET": f"{SENTINEL}2"},
        {"WEBEX_REDIRECTPORT": SENTINEL},
        {"WEBEX_APPID": f"{SENTINEL} {SENTINEL}"},
        {"WEBEX_REDIRECTURI": f"http://{SENTINEL}@localhost"},
        {"WEBEX_BASEURL": f"https://x:{SENTINEL}@x.test"},
    ],
)
def test_a_variable_is_told_without_its_value(tmp_path: Path, environ: dict[str, str]) -> None:
    assert SENTINEL not in of_settings(tmp_path / "default.yaml", "appid: C1\n", environ)


def test_a_file_that_cannot_be_written_is_told_without_its_secret(tmp_path: Path) -> None:
    path = tmp_path / "default.yaml"
    text = f"secret: {SENTINEL}\n"
    path.write_text(text)
    for failing in range(40):
        # The test's own writing of the file must not be what fails.
        with patch.object(Path, "write_text"), Counted(failing, errno.EIO).installed():
            said = of_settings(path, text, {})
        assert SENTINEL not in said
        path.write_text(text)


TOKEN = Token(
    Secret(f"{SENTINEL}-access"), a_token().obtained_at, None, Secret(f"{SENTINEL}-refresh")
)


@pytest.fixture
def file(tmp_path: Path) -> TokenFile:
    file = TokenFile(tmp_path / "wtr-tui" / "default.json")
    file.save(StoredToken(APP_ID, TOKEN))
    return file


def of_token(file: TokenFile) -> str:
    """All that is shown where the token is read and replaced."""
    said = []
    for work in (
        file.read,
        lambda: file.save(StoredToken(APP_ID, TOKEN)),
        lambda: file.save(StoredToken(OTHER_APP_ID, TOKEN)),
    ):
        try:
            said.append(repr(work()))
        except WtrError as error:
            said.append(shown(error))
    return "\n".join(said)


def test_no_damage_makes_a_token_seen(file: TokenFile) -> None:
    whole = file.path.read_bytes()
    for end in range(0, len(whole), 7):
        file.path.write_bytes(whole[:end])
        assert SENTINEL not in of_token(file)


@pytest.mark.parametrize("key", ["access_token", "refresh_token", "appid", "scope", "obtained_at",
                                 "expires_at", "token_type", "version"])  # fmt: skip
@pytest.mark.parametrize(
    "value", [[SENTINEL], {SENTINEL: 1}, f"{SENTINEL} x", f"{SENTINEL}\n", None]
)
def test_no_wrong_member_is_repeated(file: TokenFile, key: str, value: object) -> None:
    fields = json.loads(file.path.read_bytes())
    file.path.write_text(json.dumps({**fields, key: value}))
    if key in ("token_type", "scope", "appid") and isinstance(value, str):
        return  # a text like any other there, and no secret
    assert SENTINEL not in of_token(file)


def test_no_failing_call_makes_a_token_seen(file: TokenFile) -> None:
    for failing in range(60):
        with Counted(failing, errno.EIO).installed():
            said = of_token(file)
        assert SENTINEL not in said


def test_what_is_in_the_tokens_place_is_told_without_it(file: TokenFile) -> None:
    real = file.path.with_name("real")
    file.path.rename(real)
    file.path.symlink_to(real)
    assert SENTINEL not in of_token(file)
    file.path.unlink()
    file.path.mkdir()
    assert SENTINEL not in of_token(file)
