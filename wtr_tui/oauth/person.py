"""Whom a token belongs to."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from wtr_tui.text import plain


@dataclass(frozen=True)
class Person:
    """The owner of a token, in words fit to be shown; "" for what Webex did not say.

    ``organization`` is the organisation's UUID where it can be told, else Webex's own id.
    """

    display_name: str
    email: str
    organization: str


def described(answer: Mapping[str, object]) -> Person:
    """Reads the answer of ``people/me`` (webex: People, Get My Own Details)."""
    emails = answer.get("emails")
    first = emails[0] if isinstance(emails, list) and emails else ""
    return Person(
        display_name=_shown(answer.get("displayName")),
        email=_shown(first),
        organization=_organization(_shown(answer.get("orgId"))),
    )


def _shown(stated: object) -> str:
    return plain(stated, limit=120) if isinstance(stated, str) else ""


def _organization(org_id: str) -> str:
    """Webex ids are base64 of ``ciscospark://us/ORGANIZATION/<uuid>``, without padding."""
    try:
        uri = base64.b64decode(org_id + "=" * (-len(org_id) % 4), validate=True).decode("ascii")
    except ValueError:
        return org_id
    _, mark, uuid = uri.rpartition("/ORGANIZATION/")
    return plain(uuid) if mark and uuid else org_id
