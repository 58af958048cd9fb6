"""The token file's members: other programs read them, and half a token is none."""

from __future__ import annotations

import json
import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.support.clock import NOON
from tests.support.tokens import APP_ID, a_token
from wtr_tui.errors import CorruptTokenFile, TokenFileUnreadable
from wtr_tui.model import Secret, StoredToken, Token
from wtr_tui.storage import token_file, token_json

PATH = "/state/default.json"
MEMBERS: dict[str, object] = {
    "version": 1,
    "appid": "C1",
    "access_token": "SENTINEL-access",
    "expires_at": "2026-12-08T12:00:00Z",
    "refresh_token": "SENTINEL-refresh",
    "refresh_expires_at": "2027-02-22T12:00:00Z",
    "token_type": "Bearer",
    "scope": "spark:kms meeting:schedules_read",
    "obtained_at": "2026-11-24T12:00:00Z",
}


def parsed(content: bytes) -> tuple[str, Token]:
    stored = token_file.from_members(token_json.parse(PATH, content))
    return stored.app_id, stored.token


def to_json(app_id: str, token: Token) -> bytes:
    return token_file.to_json(StoredToken(app_id, token))


def test_the_members_are_those_other_programs_know() -> None:
    token = Token(
        access_token=Secret("SENTINEL-access"),
        obtained_at=NOON,
        expires_at=NOON + timedelta(days=14),
        refresh_token=Secret("SENTINEL-refresh"),
        refresh_expires_at=NOON + timedelta(days=90),
        scopes=("spark:kms", "meeting:schedules_read"),
    )
    content = to_json("C1", token)
    assert json.loads(content) == MEMBERS
    assert list(json.loads(content)) == list(MEMBERS)
    assert content.endswith(b"}\n")
    assert parsed(content) == ("C1", token)


@pytest.mark.parametrize(
    "token",
    [
        a_token(),
        a_token(life=None),
        a_token(refresh=None),
        a_token(refresh_life=None),
        a_token(scopes=()),
        a_token(life=timedelta(days=3653)),
    ],
)
def test_every_kind_of_token_comes_back_as_it_was(token: Token) -> None:
    assert parsed(to_json(APP_ID, token)) == (APP_ID, token)


def test_a_fraction_of_a_second_never_makes_a_token_look_longer_lived() -> None:
    end = NOON + timedelta(seconds=10, milliseconds=999)
    token = Token(Secret("a"), obtained_at=NOON, expires_at=end)
    assert parsed(to_json("C1", token))[1].expires_at == NOON + timedelta(seconds=10)


def test_instants_are_written_in_utc() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    token = Token(Secret("a"), datetime(2026, 11, 24, 17, 30, tzinfo=east), None)
    assert json.loads(to_json("C1", token))["obtained_at"] == "2026-11-24T12:00:00Z"


@pytest.mark.parametrize("absent", ["expires_at", "refresh_token", "refresh_expires_at", "scope"])
@pytest.mark.parametrize("null", [True, False])
def test_what_is_not_known_may_be_absent(absent: str, null: bool) -> None:
    members = MEMBERS | {absent: None}
    if not null:
        del members[absent]
    app_id, token = parsed(json.dumps(members).encode())
    assert app_id == "C1"
    known = {
        "expires_at": token.expires_at,
        "refresh_token": token.refresh_token,
        "refresh_expires_at": token.refresh_expires_at,
        "scope": token.scopes or None,
    }
    assert [name for name, value in known.items() if value is None] == [absent]


def test_unknown_members_are_no_trouble() -> None:
    assert parsed(json.dumps(MEMBERS | {"note": [1]}).encode())[0] == "C1"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        pytest.param(b"\x00" * 300, "it is not JSON", id="zeros"),
        (b"SENTINEL-access", "it is not JSON"),
        (json.dumps(MEMBERS).encode()[:-20], "it is not JSON"),
        (json.dumps(MEMBERS).encode() + b"}", "it is not JSON"),
        (b'{"version": 1, "appid": "\xff"}', "it is not JSON"),
        pytest.param(b"[" * 200_000, "it is not JSON", id="deep"),
        (b'"SENTINEL-access"', "it is not a JSON object"),
        (b"[1]", "it is not a JSON object"),
        (b"null", "it is not a JSON object"),
        (b"{}", "it has no version"),
    ],
)
def test_what_is_no_object_is_damaged(content: bytes, fault: str) -> None:
    with pytest.raises(CorruptTokenFile) as refusal:
        parsed(content)
    assert refusal.value.message == f"The token file {PATH} is damaged: {fault}."
    assert "SENTINEL" not in str(refusal.value)
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize(
    ("member", "value", "fault"),
    [
        ("version", "1", "it has no version"),
        ("version", True, "it has no version"),
        ("version", 0, "it has no version"),
        ("version", 1.5, "it has no version"),
        ("appid", "", "it has no appid"),
        ("appid", None, "it has no appid"),
        ("appid", 12, "appid is not a text"),
        ("access_token", None, "it has no access_token"),
        ("access_token", "", "it has no access_token"),
        ("access_token", "SENTINEL with space", "access_token holds characters"),
        ("access_token", "SENTINEL\r\nX-Evil: 1", "access_token holds characters"),
        ("access_token", "SENTINELé", "access_token holds characters"),
        ("access_token", ["SENTINEL"], "access_token is not a text"),
        ("refresh_token", 5, "refresh_token is not a text"),
        ("obtained_at", None, "it has no obtained_at"),
        ("obtained_at", "yesterday", "obtained_at is not an instant with a time zone"),
        ("expires_at", "2026-12-08T12:00:00", "expires_at is not an instant with a time zone"),
        ("expires_at", 1796731200, "expires_at is not a text"),
        (
            "refresh_expires_at",
            "0001-01-01T00:00:00+10:00",
            "refresh_expires_at is not an instant with a time zone",
        ),
        ("scope", ["spark:kms"], "scope is not a text"),
        ("scope", "a:b \x1b[2J", "scope holds characters"),
    ],
)
def test_a_member_of_another_kind_is_damage_that_is_named(
    member: str, value: object, fault: str
) -> None:
    with pytest.raises(CorruptTokenFile, match=fault) as refusal:
        parsed(json.dumps(MEMBERS | {member: value}).encode())
    assert "SENTINEL" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_newer_programs_file_is_not_called_damaged() -> None:
    with pytest.raises(TokenFileUnreadable, match=r"newer wtr-tui \(version 2\)"):
        parsed(json.dumps(MEMBERS | {"version": 2}).encode())


def test_read_alone_leaves_a_file_that_others_may_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "default.json"
    path.write_bytes(json.dumps(MEMBERS).encode())
    path.chmod(0o644)
    with pytest.raises(TokenFileUnreadable, match="open to other users"):
        token_json.read(str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert token_json.read_content(str(path)) is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("wrong", [None, 5, ["C1"], {}])
@pytest.mark.parametrize("member", ["appid", "base_url"])
def test_a_record_of_settings_that_names_no_text_vouches_for_nothing(
    tmp_path: Path, member: str, wrong: object
) -> None:
    settings = tmp_path / "default.yaml"
    settings.touch(mode=0o600)
    settings.write_text("appid: C1\n")
    base_url = "https://webexapis.com/v1"
    record = token_json.settings_record(settings.read_bytes(), "C1", base_url)
    members = {**MEMBERS, "base_url": base_url, "settings": record}
    assert token_json.matches_settings(members, str(settings), {})
    members = {**members, "settings": {**record, member: wrong}}
    assert not token_json.matches_settings(members, str(settings), {})
    assert not token_json.matches_settings({**members, "appid": wrong}, str(settings), {})
