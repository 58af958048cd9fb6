"""The lines of the token view, with their colours (pure)."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from wtr_tui.model import Token
from wtr_tui.tui.token_words import end_words, left_words, masked
from wtr_tui.urgency import Urgency

_MUTED = "$foreground 60%"
_STYLES = {
    Urgency.CALM: "$success",
    Urgency.SOON: "$warning",
    Urgency.URGENT: "bold $error",
    Urgency.EXPIRED: "bold $error",
    Urgency.UNKNOWN: _MUTED,
}
"""The colours of the stylesheet's ``-calm``, ``-soon`` …, for a part of a line."""


def access_line(level: Urgency, *, saved: bool) -> Content:
    words, tone = (level.value, level) if saved else ("NOT SAVED", Urgency.URGENT)
    return Content.assemble(("Access token", "bold"), "  ", (f"● {words}", _STYLES[tone]))


def exact_lines(token: Token, now: datetime) -> Content:
    return Content.assemble(
        (left_words(token.left(now)), "bold"),
        "\n",
        (end_words(token.expires_at, now), _MUTED),
        "\n",
        masked(token.access_token.reveal()),
    )


def refresh_line(token: Token, level: Urgency, now: datetime) -> Content:
    heading = Content.styled("Refresh token", "bold") + "  "
    if token.refresh_token is None:
        none = "none: only signing in gets another token"
        return heading + Content.styled(none, _STYLES[Urgency.UNKNOWN])
    words = left_words(token.refresh_left(now), coarse=True)
    if level in {Urgency.SOON, Urgency.URGENT}:
        words += f"  {level.value}"
    end = end_words(token.refresh_expires_at, now)
    return Content.assemble(heading, (words, _STYLES[level]), "  ", (end, _MUTED))
