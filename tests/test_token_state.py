"""What is shown of a token: the table of its states by what is left of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.clock import NOON
from tests.support.tokens import APP_ID, LIFE, REFRESH_LIFE, a_token
from wtr_tui.model import StoredToken, Token
from wtr_tui.storage.settings import Settings
from wtr_tui.storage.state import State
from wtr_tui.token_state import TokenState, state_of, token_problems

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("token", "age", "state"),
    [
        (a_token(), timedelta(0), TokenState.VALID),
        (a_token(), LIFE * 9 / 10 - SECOND, TokenState.VALID),
        (a_token(), LIFE * 9 / 10, TokenState.SOON),
        (a_token(), LIFE - SECOND, TokenState.SOON),
        (a_token(), LIFE, TokenState.EXPIRED),
        (a_token(), REFRESH_LIFE - SECOND, TokenState.EXPIRED),
        (a_token(), REFRESH_LIFE, TokenState.SIGN_IN_NEEDED),
        (a_token(refresh_life=None), 10 * REFRESH_LIFE, TokenState.EXPIRED),
        (a_token(refresh=None), LIFE - SECOND, TokenState.SOON),
        (a_token(refresh=None), LIFE, TokenState.SIGN_IN_NEEDED),
        (a_token(life=HOUR), HOUR - SECOND, TokenState.SOON),
        (a_token(life=timedelta(0)), timedelta(0), TokenState.EXPIRED),
        (a_token(life=None), 10 * REFRESH_LIFE, TokenState.UNKNOWN_END),
    ],
)
def test_the_state_goes_by_what_is_left(token: Token, age: timedelta, state: TokenState) -> None:
    stored, settings = StoredToken(APP_ID, token), Settings(app_id=APP_ID)
    assert state_of(stored, settings, State(), NOON + age) is state


def test_a_token_that_webex_refused_is_expired_past_its_end() -> None:
    token, settings, known = a_token(), Settings(app_id=APP_ID), State()
    known.bind(token.access_token.reveal(), None)
    known.refused_since = NOON
    stored = StoredToken(APP_ID, token)
    assert state_of(stored, settings, known, NOON + LIFE - SECOND) is TokenState.REFUSED
    assert [*map(str, token_problems(token, known, NOON + LIFE - SECOND))]
    assert state_of(stored, settings, known, NOON + LIFE) is TokenState.EXPIRED
    assert token_problems(token, known, NOON + LIFE) == []


def test_no_token_is_a_state_of_its_own() -> None:
    assert state_of(None, Settings(), State(), NOON) is TokenState.NONE
