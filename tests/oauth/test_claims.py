"""What a token that is a JWT says of itself."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.tokens import APP_ID, ORGANIZATION, USER_ID, a_jwt, jwt
from wtr_tui.model import Secret
from wtr_tui.oauth.responses import TokenClaims, claims_of, jwt_claims


@pytest.mark.parametrize(
    ("token", "payload"),
    [
        (jwt({"realm": "org", "expiry_time": 1}), {"realm": "org", "expiry_time": 1}),
        ("ZDA4_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f", None),
        ("a.b.c", None),
        ("", None),
        (jwt([1]), None),
    ],
)
def test_the_claims_of_a_jwt_are_read(token: str, payload: object) -> None:
    assert jwt_claims(token) == payload


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_that_looks_like_a_jwt_is_an_error(first: str, second: str) -> None:
    jwt_claims(f"{first}.{second}.{first}")


END = datetime(2030, 1, 2, tzinfo=timezone.utc)
SECONDS = int(END.timestamp())


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (a_jwt(END), TokenClaims(END, ORGANIZATION, APP_ID, USER_ID)),
        (jwt({"exp": SECONDS}), TokenClaims(expires_at=END)),
        (jwt({"exp": 1, "expiry_time": SECONDS * 1000}), TokenClaims(expires_at=END)),
        (jwt({"exp": "soon", "expiry_time": True, "realm": 5}), TokenClaims()),
        (jwt({"exp": 10**30, "client_id": None}), TokenClaims()),
        (jwt({"realm": "a\x1b[31mb"}), TokenClaims(organization="a[31mb")),
        ("opaque", TokenClaims()),
    ],
)
def test_what_an_access_token_says_of_itself(token: str, said: TokenClaims) -> None:
    assert claims_of(Secret(token)) == said
