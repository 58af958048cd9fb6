"""The check of a code verifier."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest

from tests.support.webex.strict import is_challenge, verifier_matches

# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_example_of_the_rfc_matches() -> None:
    assert verifier_matches(VERIFIER, CHALLENGE)


@pytest.mark.parametrize("verifier", [VERIFIER[:-1] + "l", VERIFIER + "x", CHALLENGE, ""])
def test_any_other_verifier_does_not(verifier: str) -> None:
    assert not verifier_matches(verifier, CHALLENGE)


def test_a_challenge_is_not_its_own_verifier() -> None:
    assert not verifier_matches(VERIFIER, VERIFIER)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("a" * 43, True),
        ("a" * 42, False),
        ("a" * 128, True),
        ("a" * 129, False),
        ("-._~" * 11, True),
        ("a" * 43 + "\n", False),
        ("a" * 42 + "+", False),
        ("a" * 42 + "ä", False),
    ],
)
def test_a_verifier_is_43_to_128_unreserved_characters(text: str, good: bool) -> None:
    digest = sha256(text.encode()).digest()
    challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()

    assert verifier_matches(text, challenge) is good


@pytest.mark.parametrize(
    ("text", "good"),
    [(CHALLENGE, True), (CHALLENGE + "=", False), (CHALLENGE[:-1], False), ("+" * 43, False)],
)
def test_a_challenge_is_43_characters_without_padding(text: str, good: bool) -> None:
    assert is_challenge(text) is good
