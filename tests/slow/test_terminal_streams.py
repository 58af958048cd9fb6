"""A hundred thousand streams of a terminal through the filter and Textual's parser."""

from __future__ import annotations

from tests.support import terminal_streams as streams

_EACH = 50_000


def test_whole_streams_press_what_is_in_them_and_nothing_else() -> None:
    for stream in streams.whole_streams(seed=1, count=_EACH):
        assert streams.presses(streams.messages(stream.reads)) == stream.presses, stream


def test_spoilt_streams_press_no_character_that_stands_in_a_sequence() -> None:
    for reads in streams.spoilt_streams(seed=2, count=_EACH):
        assert not streams.unasked(reads), reads
