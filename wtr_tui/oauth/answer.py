"""What an endpoint answered, as bytes and headers, and what can be read from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from wtr_tui.clock import UTC

LONGEST_RETRY_AFTER = timedelta(minutes=15)
"""A server that asks for more patience than this is asked again after it."""

_OAUTH_CODES = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "access_denied",
        "authorization_pending",
        "slow_down",
        "expired_token",
        "tokenlimit_reached",
    }
)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. The names in ``headers`` are in lower case.

    Nothing here is cleaned: whoever shows a text from it passes it through ``text.cleaned``.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_html(self) -> bool:
        """A page for people: what proxies and sign-in portals answer, with any status."""
        kind = self.headers.get("content-type", "").lower()
        return "html" in kind or self.body.lstrip()[:1] == b"<"

    @property
    def title(self) -> str:
        """The title of an HTML page, "" without one."""
        page = self.body[:65_536].decode("utf-8", "replace")
        lowered = page.lower()
        start = lowered.find(">", lowered.find("<title")) + 1 if "<title" in lowered else 0
        end = lowered.find("</title", start)
        return page[start:end].strip() if 0 < start < end else ""

    @property
    def members(self) -> Mapping[str, object] | None:
        """The JSON object in the body; None where it is no JSON, or no object."""
        # A number or a sign that cannot be read, in a member nobody needs, must not cost the
        # token that stands beside it.
        text = self.body.decode("utf-8-sig", "replace")
        try:
            found = json.loads(text, parse_int=_integer, strict=False)
        except (ValueError, RecursionError):  # a megabyte of "[" is deeper than Python goes
            return None
        return found if isinstance(found, dict) else None

    @property
    def tracking_id(self) -> str:
        """Webex's name for the request, from the body in either spelling, or from the header."""
        members = self.members or {}
        for name in ("trackingId", "trackingID", "trackingid"):
            stated = members.get(name)
            if isinstance(stated, str) and stated:
                return stated
        return self.headers.get("trackingid", "")

    @property
    def error_code(self) -> str:
        """The OAuth error code (RFC 6749 §5.2), "" where there is none.

        Webex's other shape of an error has only a message; a code that stands in it as a word
        of its own counts, for nothing else tells a dead grant from a wrong secret there.
        """
        stated = (self.members or {}).get("error")
        if isinstance(stated, str) and stated:
            return stated
        words = self.server_words.replace("'", " ").replace('"', " ").replace(":", " ").split()
        return next((word for word in words if word.strip(".,;()") in _OAUTH_CODES), "").strip(
            ".,;()"
        )

    @property
    def server_words(self) -> str:
        """What the server said about an error, in whichever shape it said it; "" for nothing."""
        members = self.members or {}
        said = [members.get("error_description"), members.get("message")]
        errors = members.get("errors")
        if isinstance(errors, list):
            said += [error.get("description") for error in errors if isinstance(error, dict)]
        words: list[str] = []
        for stated in said:
            # The description in "errors" is mostly the message once more.
            if isinstance(stated, str) and stated.strip() and stated.strip() not in words:
                words.append(stated.strip())
        return " ".join(words)

    def retry_after(self, now: datetime) -> timedelta | None:
        """How long the server asks to wait (RFC 9110 §10.2.3: seconds or a date), capped."""
        stated = self.headers.get("retry-after", "").strip()
        if stated.isascii() and stated.isdigit():
            # Ten digits are more than the cap already.
            return min(timedelta(seconds=int(stated[:10])), LONGEST_RETRY_AFTER)
        at = _http_date(stated)
        return None if at is None else min(max(at - now, timedelta(0)), LONGEST_RETRY_AFTER)

    @property
    def date(self) -> datetime | None:
        """The server's clock when it answered (RFC 9110 §6.6.1), in whole seconds."""
        return _http_date(self.headers.get("date", ""))


def _integer(digits: str) -> int | float:
    # Python refuses to read an integer of more than 4300 digits at all.
    return int(digits) if len(digits) < 100 else float(digits)


def _http_date(text: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text)
        # "-0000" parses to a naive instant, which is UTC as well (RFC 5322 §3.3).
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError, IndexError):  # what the parser lets through
        return None
