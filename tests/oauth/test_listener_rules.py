"""What is decided about one request to the listener."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wtr_tui.addresses import RedirectUri
from wtr_tui.model import Secret
from wtr_tui.oauth.authorization import AuthorizationRequest, Granted, NotOurs, Reason, Refused
from wtr_tui.oauth.listener.server import (
    GUESSES_ALLOWED,
    AttemptView,
    Decision,
    OnlyHead,
    Reject,
    SendToWebex,
    ShowDone,
    decide,
)
from wtr_tui.oauth.listener.sockets import Request

STATE = "state-of-this-attempt"
START = "/s/k7q2mx9d"
ANSWER = f"code=abc&state={STATE}"


def attempt(redirect_uri: str = "http://localhost:6855", **changes: object) -> AttemptView:
    request = AuthorizationRequest(
        base_url="https://webexapis.com/v1",
        client_id="C0ffee",
        redirect_uri=redirect_uri,
        scopes=("spark:kms",),
        state=Secret(STATE),
        code_verifier=Secret("v" * 43),
    )
    view = AttemptView(request, RedirectUri.parse(redirect_uri), Secret(START))
    return replace(view, **changes)  # type: ignore[arg-type]


def asking(
    target: str,
    method: str = "GET",
    host: str = "localhost:6855",
    view: AttemptView | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> Decision:
    request = Request(method, target, (("host", host), *headers))
    return decide(request, view or attempt())


def status(decision: Decision) -> int:
    assert isinstance(decision, Reject), decision
    assert decision.why.endswith(".")
    return decision.status


def test_the_answer_on_the_redirect_uri_is_accepted() -> None:
    """C30."""
    assert asking(f"/?{ANSWER}") == Granted(Secret("abc"))
    assert asking(f"/?error=access_denied&state={STATE}") == Refused("access_denied")


@pytest.mark.parametrize(
    ("redirect_uri", "host", "target", "accepted"),
    [
        ("http://localhost:6855", "localhost:6855", "/", True),
        ("http://localhost:6855/", "localhost:6855", "/", True),
        ("http://localhost:6855", "LocalHost:6855", "/", True),
        ("http://localhost", "localhost", "/", True),
        ("http://localhost", "localhost:80", "/", True),
        ("http://127.0.0.1:6855/cb", "127.0.0.1:6855", "/cb", True),
        ("http://[::1]:6855/cb", "[::1]:6855", "/cb", True),
        ("http://localhost:6855", "localhost:6855", "/other", False),
        ("http://localhost:6855", "localhost:6855", "//", False),
        ("http://localhost:6855/cb", "localhost:6855", "/", False),
        ("http://localhost:6855/cb", "localhost:6855", "/cb/", False),
        ("http://localhost:6855/cb", "localhost:6855", "/CB", False),
        ("http://localhost:6855/cb", "localhost:6855", "/%63b", False),
        ("http://localhost:6855/cb", "localhost:6855", "/x/../cb", False),
        ("http://localhost:6855", "127.0.0.1:6855", "/", False),
        ("http://127.0.0.1:6855", "localhost:6855", "/", False),
    ],
)
def test_an_answer_counts_on_exactly_the_redirect_uri(
    redirect_uri: str, host: str, target: str, accepted: bool
) -> None:
    """C30; RFC 8252 §8.10."""
    decision = asking(f"{target}?{ANSWER}", host=host, view=attempt(redirect_uri))
    if accepted:
        assert decision == Granted(Secret("abc"))
    else:
        assert status(decision) == 404
        assert redirect_uri in decision.why  # type: ignore[union-attr]


@pytest.mark.parametrize("host", ["localhost:6855", "127.0.0.1:6855", "[::1]:6855"])
def test_the_start_address_leads_to_webex_under_every_name_of_this_machine(host: str) -> None:
    """B21."""
    assert asking(START, host=host) == SendToWebex(attempt().request.url)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:6855",
        "localhost.evil.example:6855",
        "localhost:6856",
        "localhost",
        "localhost:6855.evil.example",
        "localhost.:6855",
        "127.0.0.2:6855",
        "0.0.0.0:6855",
        "192.0.2.2:6855",
        "user@localhost:6855",
        "[::]:6855",
        "::1:6855",
        "",
    ],
)
@pytest.mark.parametrize("target", ["/", START, f"/?{ANSWER}"])
def test_another_host_is_refused(host: str, target: str) -> None:
    """B21: DNS rebinding."""
    assert status(asking(target, host=host)) == 421


@pytest.mark.parametrize("hosts", [(), ("localhost:6855", "localhost:6855")])
def test_exactly_one_host_header_is_needed(hosts: tuple[str, ...]) -> None:
    """B21; RFC 9112 §3.2."""
    request = Request("GET", f"/?{ANSWER}", tuple(("host", host) for host in hosts))
    assert status(decide(request, attempt())) == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "DELETE", "CONNECT", "TRACE", "get"])
@pytest.mark.parametrize("target", [START, f"/?{ANSWER}"])
def test_other_methods_are_refused(method: str, target: str) -> None:
    """B22."""
    assert status(asking(target, method)) == 405


@pytest.mark.parametrize("target", [START, f"/?{ANSWER}", "/?code=abc&state=bad"])
def test_head_has_no_effect(target: str) -> None:
    """B22, C36."""
    assert asking(target, "HEAD") == OnlyHead()


def test_head_tells_no_more_about_the_start_address_than_get() -> None:
    """B25a: a guess is a guess."""
    assert asking("/s/guess", "HEAD") == asking("/s/guess")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "prefetch"),
        ("x-moz", "Prefetch"),
        ("x-purpose", "preview"),
    ],
)
@pytest.mark.parametrize("target", [START, f"/?{ANSWER}"])
def test_what_is_loaded_ahead_of_time_has_to_wait(header: str, value: str, target: str) -> None:
    """C36."""
    assert status(asking(target, headers=((header, value),))) == 503


@pytest.mark.parametrize(
    ("query", "result"),
    [
        ("code=abc&state=bad", NotOurs(Reason.WRONG_STATE)),
        ("code=abc", NotOurs(Reason.NO_STATE)),
        (f"code=a&code=b&state={STATE}", NotOurs(Reason.REPEATED)),
        ("error=access_denied&state=bad", NotOurs(Reason.WRONG_STATE, "access_denied")),
    ],
)
def test_an_answer_of_another_attempt_leaves_this_one_waiting(query: str, result: NotOurs) -> None:
    """C26, C27, C31."""
    assert asking(f"/?{query}") == result


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/?",
        "/?next=https://evil.example",
        "//evil.example",
        "//evil.example/%2f..",
        "/start",
        "/start?to=https://evil.example",
        "/favicon.ico",
        "/done",
        "/s",
        "*",
        "http://localhost:6855/",
        "http://evil.example/",
        f"/other?{ANSWER}",
    ],
)
def test_everything_else_is_not_here_and_leads_nowhere(target: str) -> None:
    """D41, B25a; RFC 9700 §4.11."""
    assert status(asking(target)) == 404


def test_too_many_parameters_are_refused() -> None:
    assert status(asking("/?" + "a=b&" * 200 + ANSWER)) == 400


def test_a_query_on_the_start_address_changes_nothing() -> None:
    """D41."""
    assert asking(f"{START}?to=https://evil.example") == SendToWebex(attempt().request.url)


@pytest.mark.parametrize("path", ["/s/", "/s/k7q2mx9", "/s/k7q2mx9dd", "/s/K7Q2MX9D", f"{START}/"])
def test_a_wrong_start_address_is_a_guess(path: str) -> None:
    """B25a."""
    decision = asking(path)
    assert status(decision) == 404
    assert decision.guess  # type: ignore[union-attr]


def test_after_too_many_guesses_right_and_wrong_are_answered_alike() -> None:
    """B25a: otherwise guessing would go on."""
    assert isinstance(asking(START, view=attempt(wrong_guesses=GUESSES_ALLOWED - 1)), SendToWebex)
    closed = attempt(wrong_guesses=GUESSES_ALLOWED)
    assert status(asking(START, view=closed)) == 403
    assert asking(START, view=closed) == asking("/s/wrong", view=closed)
    assert isinstance(asking(f"/?{ANSWER}", view=closed), Granted)


def test_after_the_answer_there_is_a_page_and_no_way_back_to_webex() -> None:
    """C34, D40."""
    answered = attempt(answered=True)
    assert asking("/done", view=answered) == ShowDone()
    assert status(asking(START, view=answered)) == 410


def test_the_page_after_the_answer_never_stands_on_the_redirect_uri() -> None:
    """D40: it would redirect to itself for ever."""
    view = attempt("http://localhost:6855/done", answered=True)
    assert view.done_path != view.redirect_uri.request_path
    assert asking(view.done_path, view=view) == ShowDone()
    assert isinstance(asking(f"/done?{ANSWER}", view=view), Granted)


def test_a_request_shows_no_code_in_its_representation() -> None:
    """F61."""
    shown = repr(Request("GET", f"/?{ANSWER}", (("referer", ANSWER),)))
    assert "abc" not in shown
    assert STATE not in shown
    assert STATE not in repr(asking(START))
    assert STATE not in repr(attempt())
    assert START not in repr(attempt())


_TARGETS = st.one_of(
    st.text(max_size=60),
    st.text(max_size=60).map("/?".__add__),
    st.text(max_size=20).map("/s/".__add__),
    st.text(max_size=40).map("/?code=abc&state=".__add__),
)


@given(
    method=st.one_of(st.sampled_from(["GET", "HEAD"]), st.text(max_size=8)),
    target=_TARGETS,
    headers=st.lists(
        st.tuples(
            st.sampled_from(["host", "purpose", "sec-purpose", "x"]),
            st.one_of(st.just("localhost:6855"), st.text(max_size=20)),
        ),
        max_size=4,
    ),
)
def test_no_request_makes_the_decision_fail_or_lead_elsewhere(
    method: str, target: str, headers: list[tuple[str, str]]
) -> None:
    """B25, C26, D41."""
    decision = decide(Request(method, target, tuple(headers)), attempt())
    assert isinstance(decision, (Reject, NotOurs, OnlyHead))
    if isinstance(decision, Reject):
        assert decision.why.isprintable()
        assert 400 <= decision.status < 600
