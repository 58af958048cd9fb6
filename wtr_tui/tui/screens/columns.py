"""Lines whose later parts stand under their words, not under the name in front of them (pure)."""

from __future__ import annotations

import re
import textwrap


def hanging(line: str, width: int, *, at: int = 0) -> str:
    """The line in lines of ``width``, the later ones indented to where its words begin.

    That is at ``at``, else behind a number (``1. ``) or a name with two blanks after it.
    """
    begins = re.match(r"\d\. |\S+ {2,}", line)
    indent = " " * (at or (begins.end() if begins else 0))
    # A wrapped line is made of words: the blanks within the first column are not to be lost.
    head, rest = line[: len(indent)], line[len(indent) :]
    wrapped = textwrap.wrap(rest, max(width - len(indent), 10), break_on_hyphens=False) or [""]
    return f"\n{indent}".join([head + wrapped[0], *wrapped[1:]])
