"""A text that must not be seen by accident."""

from __future__ import annotations

MASK = "••••••"


class Secret:
    """Wraps a token, a client secret, a code, a state or a verifier.

    ``str``, ``repr`` and every format give a mask, so that a log line, an exception or a
    traceback with local variables cannot show it. :meth:`reveal` gives the text itself:
    each call of it is a place worth looking at.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not pickled")
