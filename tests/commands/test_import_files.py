"""Files of other tools, and what is understood of them."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from wtr_tui.commands.import_ import parse

ACCESS = "ZDA4NmM3YTktMzE0Ny00ZmQ4LWI5ZTUtNTY_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f"
REFRESH = "MDAxNmM3YTktMzE0Ny00ZmQ4LWI5ZTUtNTY_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f"
END = datetime(2026, 12, 7, 22, 30, tzinfo=timezone.utc)
REFRESH_END = datetime(2027, 2, 21, 22, 30, tzinfo=timezone.utc)

GO = {
    "clientid": "C12ab",
    "secret": "53c237",
    "scopes": "spark:kms spark:all",
    "redirectPort": 6855,
    "token": ACCESS,
    "refresh_token": REFRESH,
    "expiration": int(END.timestamp()),
    "refresh_expiration": int(REFRESH_END.timestamp()),
}


@pytest.mark.parametrize("lower", [False, True])
def test_the_go_tools_file_gives_settings_and_token(lower: bool) -> None:
    members = {key.lower() if lower else key: value for key, value in GO.items()}
    foreign = parse(json.dumps(members, indent=2).encode())
    assert foreign.settings == {
        "appid": "C12ab",
        "secret": "53c237",
        "scopes": "spark:kms spark:all",
        "redirectPort": "6855",
    }
    assert foreign.access_token is not None
    assert foreign.access_token.reveal() == ACCESS
    assert foreign.refresh_token is not None
    assert foreign.refresh_token.reveal() == REFRESH
    assert (foreign.expires_at, foreign.refresh_expires_at) == (END, REFRESH_END)


def test_the_go_tools_file_without_a_token_gives_the_settings() -> None:
    members = {key: GO[key] for key in ("clientid", "secret")}
    foreign = parse(json.dumps(members).encode())
    assert foreign.settings == {"appid": "C12ab", "secret": "53c237"}
    assert not foreign.has_token


@pytest.mark.parametrize(
    "end",
    [
        "2026-12-07T22:30:00+00:00",
        "'2026-12-07T22:30:00.123456Z'",
        "2026-12-07 22:30:00.123456+00:00",
        "2026-12-07T23:30:00.123456789+01:00",
        "2026-12-07 22:30:00.5 +00:00",
        "2026-12-07T23:30:00+01:00",
    ],
)
def test_wxc_sdks_yaml_gives_the_token(end: str) -> None:
    text = (
        f"access_token: {ACCESS}\nexpires_at: {end}\nrefresh_token: {REFRESH}\n"
        "refresh_token_expires_at: 2027-02-21T22:30:00+00:00\n"
        "token_type: Bearer\nscope: spark:kms spark:people_read\n"
    )
    foreign = parse(text.encode())
    assert foreign.access_token is not None
    assert foreign.access_token.reveal() == ACCESS
    assert foreign.refresh_token is not None
    assert (foreign.expires_at, foreign.refresh_expires_at) == (END, REFRESH_END)
    assert foreign.scopes == ("spark:kms", "spark:people_read")
    assert foreign.settings == {}


@pytest.mark.parametrize("end", ["soon", "2026-12-07T22:30:00", "", "null", "2026-13-40T99:00:00Z"])
def test_an_end_that_is_not_clear_is_unknown(end: str) -> None:
    assert parse(f"access_token: {ACCESS}\nexpires_at: {end}\n".encode()).expires_at is None


@pytest.mark.parametrize(
    "text", [ACCESS, f"{ACCESS}\n", f'"{ACCESS}"', f"\ufeffBearer {ACCESS}\r\n"]
)
def test_a_token_alone_is_bare(text: str) -> None:
    bare = parse(text.encode()).bare
    assert bare is not None
    assert bare.reveal() == ACCESS


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"  \n",
        b"\xff\xfe\x00",
        b"{",
        b"{}",
        b'{"access_token": ' + b"1" * 5000 + b"}",
        b"short",
        b"[1, 2]",
        b"one: two\n",
        b"- a\n- b\n",
        b"two words",
        "kein-Tökén-sondern-etwas-anderes".encode(),
        json.dumps({**GO, "token": 5}).encode(),
        json.dumps({**GO, "token": "with a blank in it, SENTINEL"}).encode(),
        json.dumps({**GO, "clientid": "<YOUR CLIENT ID HERE>"}).encode(),
        json.dumps({**GO, "redirectPort": 99999}).encode(),
        b"access_token: 'SENTINEL\n",
        b"access_token: [SENTINEL\n",
        b"a" * 20 + b"\x00" * 20,
    ],
)
def test_anything_else_is_refused_in_words_that_repeat_no_secret(content: bytes) -> None:
    with pytest.raises(ValueError) as refused:
        parse(content)
    assert str(refused.value).endswith(".")
    assert "SENTINEL" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {ACCESS}",
        f"Bearer {ACCESS}\n",
    ],
)
def test_a_header_is_a_token_alone(text: str) -> None:
    foreign = parse(text.encode())
    assert foreign.bare is not None
    assert foreign.bare.reveal() == ACCESS


@pytest.mark.parametrize(
    "text",
    [
        f"export WEBEX_ACCESS_TOKEN={ACCESS}\nexport WEBEX_TOKEN={ACCESS}\n"
        "export WEBEX_ACCESS_TOKEN_EXPIRES_AT=2026-12-07T22:30:00Z\n",
        f'# for the report\nWEBEX_TOKEN="{ACCESS}"\nWEBEX_ACCESS_TOKEN_EXPIRES_AT='
        "'2026-12-07T22:30:00Z'\nOTHER=1\n",
    ],
)
def test_variables_for_a_shell_are_taken_back(text: str) -> None:
    foreign = parse(text.encode())
    assert foreign.access_token is not None
    assert foreign.access_token.reveal() == ACCESS
    assert foreign.expires_at == END
    assert foreign.refresh_token is None


def test_a_variable_alone_is_not_taken_for_a_token() -> None:
    foreign = parse(f"WEBEX_ACCESS_TOKEN={ACCESS}".encode())
    assert foreign.bare is None
    assert foreign.access_token is not None
    assert foreign.access_token.reveal() == ACCESS
