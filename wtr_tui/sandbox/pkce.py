"""Proof Key for Code Exchange: is this verifier the one the challenge was made from?"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from hashlib import sha256

_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
_CHALLENGE = re.compile(r"[A-Za-z0-9\-_]{43}")


def is_challenge(text: str) -> bool:
    """What BASE64URL(SHA256(verifier)) looks like: 43 characters, no padding."""
    return _CHALLENGE.fullmatch(text) is not None


def is_verifier(text: str) -> bool:
    """43 to 128 unreserved characters (RFC 7636 §4.1)."""
    return _VERIFIER.fullmatch(text) is not None


def matches(verifier: str, challenge: str) -> bool:
    """Compares by S256 (RFC 7636 §4.6); a text that is no verifier matches nothing."""
    if not is_verifier(verifier):
        return False
    digest = sha256(verifier.encode("ascii")).digest()
    made = urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(made, challenge)
