"""A refresh as a value: what it gave, or the error it raised."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from wtr_tui import tokens
from wtr_tui.errors import WtrError
from wtr_tui.tokens import How, Obtained

_Arguments = ParamSpec("_Arguments")


def _as_value(call: Callable[_Arguments, Obtained]) -> Callable[_Arguments, Obtained | WtrError]:
    @wraps(call)
    def value(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Obtained | WtrError:
        try:
            return call(*args, **kwargs)
        except WtrError as error:
            return error

    return value


refresh = _as_value(tokens.refresh)


def how(outcome: Obtained | WtrError) -> How | None:
    """None for an error."""
    return outcome.how if isinstance(outcome, Obtained) else None


def kind(outcome: Obtained | WtrError) -> str:
    return outcome.how.value if isinstance(outcome, Obtained) else outcome.kind
