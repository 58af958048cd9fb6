"""An authorization request, and what a callback means for it."""

from __future__ import annotations

import random
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wtr_tui.addresses import RedirectUri
from wtr_tui.model import Secret
from wtr_tui.oauth import authorization
from wtr_tui.oauth.authorization import (
    AuthorizationRequest,
    Granted,
    NotOurs,
    Reason,
    Refused,
    query_parameters,
)

STATE = "S-state-of-this-attempt"


def request(
    *,
    base_url: str = "https://webexapis.com/v1",
    scopes: tuple[str, ...] = ("spark:kms", "meeting:schedules_read"),
    issuer: str | None = None,
) -> AuthorizationRequest:
    return AuthorizationRequest(
        base_url=base_url,
        client_id="C0ffee",
        redirect_uri="http://localhost:6855",
        scopes=scopes,
        issuer=issuer,
        state=Secret(STATE),
        code_verifier=Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    )


def new(
    redirect_uri: str = "http://localhost:6855",
    scopes: tuple[str, ...] = ("spark:kms",),
    *,
    login_hint: str = "",
    prompt: str = "",
) -> AuthorizationRequest:
    return AuthorizationRequest(
        base_url="https://webexapis.com/v1",
        client_id="C0ffee",
        redirect_uri=redirect_uri,
        scopes=scopes,
        login_hint=login_hint,
        prompt=prompt,
    )


def asked(attempt: AuthorizationRequest) -> dict[str, str]:
    pairs = parse_qsl(urlsplit(attempt.url).query, strict_parsing=True)
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


def test_the_address_at_webex_carries_what_is_documented_and_nothing_else() -> None:
    """A2, A10, A13; RFC 7636 §4.3. No secret is among them: the request does not have it."""
    assert request().url.startswith("https://webexapis.com/v1/authorize?")
    assert asked(request()) == {
        "response_type": "code",
        "client_id": "C0ffee",
        "redirect_uri": "http://localhost:6855",
        "scope": "spark:kms meeting:schedules_read",
        "state": STATE,
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }


def test_a_space_between_scopes_is_percent_encoded() -> None:
    assert "scope=spark%3Akms%20meeting%3Aschedules_read" in request().url


def test_no_scopes_means_no_scope_parameter() -> None:
    assert "scope" not in asked(request(scopes=()))


def test_a_base_url_may_end_in_a_slash() -> None:
    assert request(base_url="https://example.com/v1/").url.startswith(
        "https://example.com/v1/authorize?"
    )


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:6855",
        "http://localhost:6855/",
        "http://127.0.0.1:6855/cb",
        "http://[::1]/",
    ],
)
def test_the_redirect_uri_is_sent_byte_for_byte(text: str) -> None:
    """A9; RFC 6749 §3.1.2."""
    assert asked(new(text))["redirect_uri"] == text
    assert RedirectUri.parse(text).text == text


def test_the_challenge_is_that_of_the_rfc() -> None:
    """A3; RFC 7636 appendix B."""
    assert request().code_challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_state_and_verifier_are_long_well_formed_and_never_repeated() -> None:
    """A4, A6, A8; RFC 7636 §4.1, RFC 6749 §10.10. 43 base64url characters are 256 bits."""
    attempts = [new() for _ in range(10_000)]
    verifiers = {attempt.code_verifier.reveal() for attempt in attempts}
    states = {attempt.state.reveal() for attempt in attempts}
    assert len(verifiers | states) == 20_000
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", text) for text in verifiers | states)


def test_seeding_the_common_random_generator_changes_nothing() -> None:
    """A5; RFC 7636 §7.1."""
    random.seed(0)
    first = new()
    random.seed(0)
    second = new()
    assert first.code_verifier != second.code_verifier
    assert first.state != second.state
    assert "import random" not in Path(authorization.__file__).read_text("utf-8")


def test_the_address_is_the_same_whenever_it_is_asked_for() -> None:
    """A6: one attempt, one challenge."""
    attempt = new()
    assert attempt.url == attempt.url


def test_nothing_secret_is_in_the_representation() -> None:
    """F61."""
    attempt = new()
    granted = attempt.validate_callback([("code", "c0de"), ("state", attempt.state.reveal())])
    shown = f"{attempt!r} {granted!r}"
    assert attempt.state.reveal() not in shown
    assert attempt.code_verifier.reveal() not in shown
    assert "c0de" not in shown


@pytest.mark.parametrize(
    ("query", "result"),
    [
        (f"code=abc&state={STATE}", Granted(Secret("abc"))),
        # C32: unknown parameters are ignored, empty ones are as good as absent
        (f"foo=bar&code=abc&session_state=1&state={STATE}", Granted(Secret("abc"))),
        (f"code=abc&error=&state={STATE}", Granted(Secret("abc"))),
        (f"code=a%2Bb%20c&state={STATE}", Granted(Secret("a+b c"))),
        # C28
        (f"error=access_denied&state={STATE}", Refused("access_denied")),
        (f"error=x&error_description=a+b&state={STATE}", Refused("x", "a b")),
        (f"error=x&code=abc&state={STATE}", Refused("x")),
        # C26
        ("code=abc", NotOurs(Reason.NO_STATE)),
        ("code=abc&state=", NotOurs(Reason.NO_STATE)),
        ("code=abc&state=bad", NotOurs(Reason.WRONG_STATE)),
        (f"code=abc&state={STATE}x", NotOurs(Reason.WRONG_STATE)),
        (f"code=abc&state={STATE[:-1]}", NotOurs(Reason.WRONG_STATE)),
        (f"code=abc&state={STATE.lower()}", NotOurs(Reason.WRONG_STATE)),
        # C27: an error is no exception
        ("error=access_denied&state=bad", NotOurs(Reason.WRONG_STATE, "access_denied")),
        ("error=server_error&error_description=oh", NotOurs(Reason.NO_STATE, "server_error", "oh")),
        # C29
        ("code=abc&state=st%C3%A4te", NotOurs(Reason.WRONG_STATE)),
        ("code=abc&state=%ff%fe", NotOurs(Reason.WRONG_STATE)),
        # C31
        (f"code=a&code=b&state={STATE}", NotOurs(Reason.REPEATED)),
        (f"code=a&code=a&state={STATE}", NotOurs(Reason.REPEATED)),
        (f"code=a&state={STATE}&state={STATE}", NotOurs(Reason.REPEATED)),
        (f"code=a&code=&state={STATE}", NotOurs(Reason.REPEATED)),
        (f"state={STATE}", NotOurs(Reason.NO_CODE)),
        (f"code=&state={STATE}", NotOurs(Reason.NO_CODE)),
        (f"code=a%00b&state={STATE}", NotOurs(Reason.UNUSABLE_CODE)),
        (f"code=%C3%A4&state={STATE}", NotOurs(Reason.UNUSABLE_CODE)),
    ],
)
def test_only_a_callback_with_the_state_and_a_code_or_an_error_answers_the_attempt(
    query: str, result: object
) -> None:
    """C26 to C32; RFC 6749 §3.1, §4.1.2, §10.12."""
    assert request().validate_callback(query_parameters(query)) == result


@pytest.mark.parametrize(
    ("issuer", "query", "ours"),
    [
        (None, "iss=https%3A%2F%2Fanybody.example", True),
        ("https://idp.example", "iss=https%3A%2F%2Fidp.example", True),
        ("https://idp.example", "", True),
        ("https://idp.example", "iss=https%3A%2F%2Fevil.example", False),
    ],
)
def test_an_issuer_has_to_be_the_known_one(issuer: str | None, query: str, ours: bool) -> None:
    """C33; RFC 9207 §2.4."""
    answer = request(issuer=issuer).validate_callback(
        query_parameters(f"code=abc&state={STATE}&{query}")
    )
    assert answer == (Granted(Secret("abc")) if ours else NotOurs(Reason.WRONG_ISSUER))


def test_a_code_of_three_thousand_characters_is_taken() -> None:
    """C35."""
    code = "x" * 3000
    assert request().validate_callback([("code", code), ("state", STATE)]) == Granted(Secret(code))


def test_the_words_of_a_refusal_cannot_command_a_terminal() -> None:
    """F63; RFC 6749 §10.14."""
    answer = request().validate_callback(
        query_parameters(f"error=no%1b[2J&error_description=[red]x[/]%1b]0;evil%07&state={STATE}")
    )
    assert answer == Refused("no[2J", "[red]x[/]]0;evil")


def test_only_access_denied_means_that_somebody_declined() -> None:
    assert Refused("access_denied").declined
    assert not Refused("invalid_scope").declined


def test_states_are_compared_in_constant_time() -> None:
    """C29."""
    assert "secrets.compare_digest" in Path(authorization.__file__).read_text("utf-8")


@given(st.lists(st.tuples(st.text(), st.text()), max_size=8))
def test_only_the_state_makes_an_answer_ours(parameters: list[tuple[str, str]]) -> None:
    """C26: whatever comes without the state, nothing is granted and nothing ends."""
    assert isinstance(request().validate_callback(parameters), NotOurs)


def test_too_many_parameters_are_refused() -> None:
    with pytest.raises(ValueError):
        query_parameters("a=b&" * 101)


def test_the_hint_who_signs_in_and_the_prompt_reach_webex_and_override_nothing() -> None:
    attempt = new(login_hint="ann+1@example.com&state=x", prompt="select_account")
    asked = dict(query_parameters(attempt.url.partition("?")[2]))
    assert asked["login_hint"] == "ann+1@example.com&state=x"
    assert asked["prompt"] == "select_account"
    assert asked["state"] == attempt.state.reveal()
    assert "login_hint" not in new().url
    assert "prompt" not in new().url


def test_with_openid_a_nonce_of_its_own_is_sent_and_without_it_none() -> None:
    """OpenID Connect Core §3.1.2.1."""
    first, second = (new(scopes=("openid", "email")) for _ in range(2))
    assert first.nonce is not None
    assert second.nonce is not None
    assert len(first.nonce.reveal()) == 43
    assert first.nonce != second.nonce
    asked = dict(query_parameters(first.url.partition("?")[2]))
    assert asked["nonce"] == first.nonce.reveal()
    assert first.nonce.reveal() not in repr(first)
    assert "nonce" not in new(scopes=("spark:kms",)).url
