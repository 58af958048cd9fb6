"""The parameters of a query or a form, with what parsing into a dictionary would hide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl


class Parameters(Mapping[str, str]):
    """Name to value; of a repeated parameter the first value, and :attr:`repeated` tells."""

    def __init__(self, pairs: tuple[tuple[str, str], ...] = ()) -> None:
        self.pairs = pairs
        self._first: dict[str, str] = {}
        for name, value in pairs:
            self._first.setdefault(name, value)

    @classmethod
    def parse(cls, encoded: str) -> Parameters:
        """Raises ValueError where the text is not UTF-8 once decoded, or has over 100 fields."""
        pairs = parse_qsl(encoded, keep_blank_values=True, errors="strict", max_num_fields=100)
        return cls(tuple(pairs))

    @property
    def repeated(self) -> tuple[str, ...]:
        """The parameters that came more than once, which none may (RFC 6749 §3.1, §3.2)."""
        names = [name for name, _ in self.pairs]
        return tuple(name for name in self._first if names.count(name) > 1)

    def text(self, name: str) -> str:
        """The value; empty when it is absent, which means the same (RFC 6749 §3.1)."""
        return self._first.get(name, "")

    def __getitem__(self, name: str) -> str:
        return self._first[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)

    def __repr__(self) -> str:
        return f"Parameters({self.pairs!r})"
