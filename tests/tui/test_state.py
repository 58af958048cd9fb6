"""The screens show a token's state as every command does."""

from __future__ import annotations

import pytest

from wtr_tui.tokens import TokenState
from wtr_tui.tui.state import MEANINGS


@pytest.mark.parametrize("state", list(TokenState))
def test_a_state_has_one_sign_on_the_screens_and_in_the_commands(state: TokenState) -> None:
    assert MEANINGS[state].sign == state.sign
