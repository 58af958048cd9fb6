"""The shape of Webex's tokens and codes: 64 characters, ``_PF84_``, the organisation's uuid."""

from __future__ import annotations

from base64 import b64encode
from uuid import uuid4

ORGANIZATION = "1eb65fdf-9643-417f-9974-ad72cae0e10f"


def new_token_text() -> str:
    """A text nobody can guess (166 random bits), for a token or a code."""
    # What Webex's own tokens decode to: one uuid and the beginning of a second.
    random = f"{uuid4()}{uuid4()}"[:48]
    return f"{b64encode(random.encode()).decode()}_PF84_{ORGANIZATION}"
