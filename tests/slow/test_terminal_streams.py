"""Random streams of a terminal through the filter and Textual's parser.

By default a sample runs; ``WTR_TERMINAL_STREAMS=50000`` runs 50,000 of each kind.
"""

from __future__ import annotations

import os

from tests.support import terminal_streams as streams

_EACH = int(os.environ.get("WTR_TERMINAL_STREAMS", "4000"))


def test_whole_streams_press_what_is_in_them_and_nothing_else() -> None:
    for stream in streams.whole_streams(seed=1, count=_EACH):
        assert streams.presses(streams.messages(stream.reads)) == stream.presses, stream


def test_spoilt_streams_press_no_character_that_stands_in_a_sequence() -> None:
    for reads in streams.spoilt_streams(seed=2, count=_EACH):
        assert not streams.unasked(reads), reads
