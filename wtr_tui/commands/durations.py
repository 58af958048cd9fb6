"""A duration as the value of an option: ``3d``, ``36h``, ``90m``, ``1h30m``, ``45`` (seconds)."""

from __future__ import annotations

from wtr_tui.clock import parse_duration


def duration(text: str) -> int:
    """The duration in seconds, as the type of an option."""
    from argparse import ArgumentTypeError

    try:
        return parse_duration(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
