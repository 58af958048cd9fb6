"""Whom a token belongs to."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from wtr_tui.model import Account
from wtr_tui.text import cleaned

Person = Account


def described(answer: Mapping[str, object]) -> Account:
    """Reads the answer of ``people/me`` (webex: People, Get My Own Details)."""
    emails = answer.get("emails")
    first = emails[0] if isinstance(emails, list) and emails else ""
    return Account(
        display_name=_shown(answer.get("displayName")),
        email=_shown(first),
        organization=_organization(_shown(answer.get("orgId"))),
        user_id=_shown(answer.get("id")),
    )


def _shown(stated: object) -> str:
    return cleaned(stated, limit=120) if isinstance(stated, str) else ""


def _organization(org_id: str) -> str:
    """Webex ids are base64 of ``ciscospark://us/ORGANIZATION/<uuid>``, without padding."""
    try:
        uri = base64.b64decode(org_id + "=" * (-len(org_id) % 4), validate=True).decode("ascii")
    except ValueError:
        return org_id
    _, mark, uuid = uri.rpartition("/ORGANIZATION/")
    return cleaned(uuid) if mark and uuid else org_id
