from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from wtr_tui.errors import UnusableResponse
from wtr_tui.model import Secret, StoredToken, Token
from wtr_tui.oauth.responses import LONGEST_CREDENTIAL, token_from
from wtr_tui.storage.token_file import TokenFile

NOW = datetime(2026, 11, 23, 21, 30, tzinfo=timezone.utc)
ORGANIZATION = "1eb65fdf-9643-417f-9974-ad72cae0e10f"

ANSWER: dict[str, object] = {
    "access_token": f"ZDA4_PF84_{ORGANIZATION}",
    "expires_in": 1209599,
    "refresh_token": "MDEy",
    "refresh_token_expires_in": 7775999,
    "token_type": "Bearer",
    "scope": "spark:kms spark:people_read",
}


def answer(**changed: object) -> dict[str, object]:
    return {**ANSWER, **changed}


def without(*names: str) -> dict[str, object]:
    return {name: member for name, member in ANSWER.items() if name not in names}


PREVIOUS = Token(
    access_token=Secret("old-access"),
    obtained_at=NOW - timedelta(days=13),
    expires_at=NOW + timedelta(days=1),
    refresh_token=Secret("old-refresh"),
    refresh_expires_at=NOW + timedelta(days=77),
    scopes=("spark:kms",),
)


def test_everything_an_answer_states_is_in_the_token() -> None:
    assert token_from(ANSWER, now=NOW) == Token(
        access_token=Secret(f"ZDA4_PF84_{ORGANIZATION}"),
        obtained_at=NOW,
        expires_at=NOW + timedelta(seconds=1209599),
        refresh_token=Secret("MDEy"),
        refresh_expires_at=NOW + timedelta(seconds=7775999),
        token_type="Bearer",
        scopes=("spark:kms", "spark:people_read"),
    )


def test_unknown_members_are_ignored() -> None:
    assert token_from(answer(surprise=[1, {}]), now=NOW) == token_from(ANSWER, now=NOW)


@pytest.mark.parametrize("member", [None, "", 0, True, ["a"], {"a": 1}, "a b", "a\nb", "ä", "\x7f"])
def test_an_access_token_that_cannot_be_one_is_refused(member: object) -> None:
    with pytest.raises(UnusableResponse, match=r"access.token"):
        token_from(answer(access_token=member), now=NOW)


def test_an_answer_without_an_access_token_is_refused() -> None:
    with pytest.raises(UnusableResponse, match="no access token"):
        token_from(without("access_token"), now=NOW)


@pytest.mark.parametrize("member", ["Bearer", "bearer", "BEARER", "", None])
def test_the_token_type_is_compared_without_case(member: object) -> None:
    assert token_from(answer(token_type=member), now=NOW).token_type == "Bearer"


def test_a_missing_token_type_means_bearer() -> None:
    assert token_from(without("token_type"), now=NOW).token_type == "Bearer"


@pytest.mark.parametrize("member", ["mac", "DPoP"])
def test_a_sign_in_refuses_another_token_type(member: object) -> None:
    with pytest.raises(UnusableResponse, match="another type"):
        token_from(answer(token_type=member), now=NOW)


@pytest.mark.parametrize("member", ["mac", "DPoP", "bearer ", 1, ["Bearer"]])
def test_a_refreshed_token_is_kept_whatever_its_type_is_called(member: object) -> None:
    token = token_from(answer(token_type=member), now=NOW, previous=PREVIOUS)
    assert token.refresh_token == token_from(ANSWER, now=NOW).refresh_token
    assert token.token_type == "Bearer"


@pytest.mark.parametrize(
    ("member", "seconds"),
    [
        (3600, 3600),
        ("1209599", 1209599),
        ("3600.0", 3600),
        (0.5, 0.5),
        (1, 1),
        (315_619_200, 315_619_200),
    ],
)
def test_a_lifetime_is_a_number_or_digits(member: object, seconds: float) -> None:
    assert token_from(answer(expires_in=member), now=NOW).left(NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("member", [None, ""])
def test_a_lifetime_that_is_not_stated_is_unknown_and_not_zero(member: object) -> None:
    token = token_from(answer(expires_in=member), now=NOW)
    assert token.expires_at is None
    assert token.is_valid(NOW + timedelta(days=1000))
    assert token_from(without("expires_in"), now=NOW).expires_at is None


@pytest.mark.parametrize("name", ["expires_in", "refresh_token_expires_in"])
@pytest.mark.parametrize(
    "member",
    [
        0,
        -1,
        "-1",
        "+1",
        " 60",
        "60\n",
        "1e3",
        "٣",
        "abc",
        "9" * 5000,
        10**400,
        1e30,
        float("nan"),
        float("inf"),
        315_619_201,
        True,
        [60],
        {"s": 60},
    ],
)
def test_a_lifetime_that_is_not_sensible_is_unknown(name: str, member: object) -> None:
    token = token_from(answer(**{name: member}), now=NOW, previous=PREVIOUS)
    assert (token.expires_at if name == "expires_in" else token.refresh_expires_at) is None
    assert token.access_token == token_from(ANSWER, now=NOW).access_token


def test_a_nan_that_json_lets_through_is_unknown() -> None:
    member = json.loads('{"access_token": "a", "expires_in": NaN}')
    assert token_from(member, now=NOW).expires_at is None


@pytest.mark.parametrize(
    ("member", "kept"),
    [
        ({"refresh_token": "new"}, "new"),
        ({"refresh_token": ""}, "old-refresh"),
        ({"refresh_token": None}, "old-refresh"),
        ({}, "old-refresh"),
    ],
)
def test_a_refresh_token_is_replaced_only_by_another(member: dict[str, object], kept: str) -> None:
    token = token_from({**without("refresh_token"), **member}, now=NOW, previous=PREVIOUS)
    assert token.refresh_token == Secret(kept)


def test_the_end_of_a_kept_refresh_token_is_kept_when_it_is_not_stated() -> None:
    token = token_from(
        without("refresh_token", "refresh_token_expires_in"), now=NOW, previous=PREVIOUS
    )
    assert token.refresh_expires_at == PREVIOUS.refresh_expires_at


def test_the_end_of_a_kept_refresh_token_is_what_the_answer_states() -> None:
    token = token_from(without("refresh_token"), now=NOW, previous=PREVIOUS)
    assert token.refresh_expires_at == NOW + timedelta(seconds=7775999)


def test_a_new_refresh_token_does_not_inherit_the_end_of_the_old_one() -> None:
    token = token_from(without("refresh_token_expires_in"), now=NOW, previous=PREVIOUS)
    assert token.refresh_expires_at is None


def test_a_token_without_refresh_token_has_no_end_of_one() -> None:
    token = token_from(without("refresh_token"), now=NOW)
    assert (token.refresh_token, token.refresh_expires_at) == (None, None)


@pytest.mark.parametrize("member", [["a"], 5, "a b", "a" * 65_537])
def test_an_ill_typed_refresh_token_does_not_cost_the_access_token(member: object) -> None:
    token = token_from(answer(refresh_token=member), now=NOW, previous=PREVIOUS)
    assert token.access_token == token_from(ANSWER, now=NOW).access_token
    assert token.refresh_token == PREVIOUS.refresh_token


def test_the_longest_credential_can_be_saved_and_read_again(tmp_path: Path) -> None:
    longest = '"' * LONGEST_CREDENTIAL  # each is escaped in the file
    given = answer(access_token=longest, refresh_token=longest, scope=longest)
    stored = StoredToken("C1", token_from(given, now=NOW))
    file = TokenFile(tmp_path / "default.json")
    file.save(stored)
    assert file.read() == stored
    with pytest.raises(UnusableResponse, match="cannot be one"):
        token_from(answer(access_token=longest + "a"), now=NOW)


@pytest.mark.parametrize("member", [{}, {"scope": None}, {"scope": ""}, {"scope": "  "}])
def test_scopes_that_are_not_stated_are_kept(member: dict[str, object]) -> None:
    token = token_from({**without("scope"), **member}, now=NOW, previous=PREVIOUS)
    assert token.scopes == ("spark:kms",)


@pytest.mark.parametrize("member", ["a\x1b[31m", "a\u202eb", "a\nb", 5, ["a", 1], {"a": 1}])
def test_scopes_that_cannot_be_read_are_those_known_before(member: object) -> None:
    assert token_from(answer(scope=member), now=NOW, previous=PREVIOUS).scopes == PREVIOUS.scopes
    assert token_from(answer(scope=member), now=NOW).scopes == ()


def test_scopes_may_be_a_list() -> None:
    assert token_from(answer(scope=["a", "b"]), now=NOW).scopes == ("a", "b")


def test_no_refusal_quotes_what_it_refuses() -> None:
    with pytest.raises(UnusableResponse) as caught:
        token_from(answer(access_token="SENTINEL value"), now=NOW)
    assert "SENTINEL" not in str(caught.value)


def test_no_secret_is_in_the_repr() -> None:
    shown = repr(token_from(ANSWER, now=NOW))
    assert "ZDA4" not in shown
    assert "MDEy" not in shown


def test_what_is_left_goes_below_zero() -> None:
    token = token_from(answer(expires_in=60, refresh_token_expires_in=120), now=NOW)
    assert token.left(NOW + timedelta(seconds=61)) == timedelta(seconds=-1)
    assert token.refresh_left(NOW + timedelta(seconds=125)) == timedelta(seconds=-5)


@pytest.mark.parametrize(
    ("age", "margin", "valid"),
    [(0, 0, True), (59, 0, True), (60, 0, False), (61, 0, False), (30, 29, True), (30, 30, False)],
)
def test_a_token_is_valid_while_more_than_the_margin_is_left(
    age: int, margin: int, valid: bool
) -> None:
    token = token_from(answer(expires_in=60), now=NOW)
    now, margins = NOW + timedelta(seconds=age), [timedelta(seconds=margin)] * bool(margin)
    assert token.is_valid(now, *margins) is valid


@pytest.mark.parametrize(
    ("text", "organization"),
    [
        (f"ZDA4_PF84_{ORGANIZATION}", ORGANIZATION),
        (f"ZDA4_PF84_{ORGANIZATION.upper()}", ORGANIZATION),
        (f"a_PF84_b_PF84_{ORGANIZATION}", ORGANIZATION),
        (ORGANIZATION, None),
        (f"ZDA4_{ORGANIZATION}", None),
        (f"ZDA4_PF84_{ORGANIZATION}x", None),
        ("ZDA4_PF84_1eb65fdf", None),
        (f"ZDA4_PF84_{'g' * 8}-9643-417f-9974-ad72cae0e10f", None),
        ("eyJhbGciOiJSUzI1NiJ9.e30.c2ln", None),
    ],
)
def test_the_organization_is_read_from_the_token(text: str, organization: str | None) -> None:
    assert token_from(answer(access_token=text), now=NOW).organization == organization


def test_the_same_access_token_is_recognised_whatever_else_changed() -> None:
    token = token_from(ANSWER, now=NOW)
    later = token_from(answer(expires_in=60, refresh_token="other"), now=NOW + timedelta(hours=1))
    assert token.same_access(later)
    assert not token.same_access(token_from(answer(access_token="other"), now=NOW))
