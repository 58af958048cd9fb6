"""What is decided about one request to the listener."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wtr_tui.addresses import RedirectUri
from wtr_tui.model import Secret
from wtr_tui.oauth import pages, steps
from wtr_tui.oauth.authorization import AuthorizationRequest, Granted, Reason, Refused
from wtr_tui.oauth.listener import GUESSES_ALLOWED, Listener, Request

STATE = "state-of-this-attempt"
ANSWER = f"code=abc&state={STATE}"


class Attempt:
    """A listener that takes no port, and what it was brought."""

    def __init__(self, redirect_uri: str = "http://localhost:6855") -> None:
        self.request = AuthorizationRequest(
            base_url="https://webexapis.com/v1",
            client_id="C0ffee",
            redirect_uri=redirect_uri,
            scopes=("spark:kms",),
            state=Secret(STATE),
            code_verifier=Secret("v" * 43),
        )
        self.uri = RedirectUri.parse(redirect_uri)
        self.answers: list[Granted | Refused] = []
        self.steps: list[steps.BrowserArrived | steps.Noticed] = []
        self.listener = Listener(
            self.request, self.uri, on_answer=self._answered, on_step=self.steps.append
        )
        self.listener.families = ("127.0.0.1",)
        self.start = self.listener.start_url.removeprefix(self.uri.origin)

    async def _answered(self, answer: Granted | Refused) -> pages.PageContent:
        self.answers.append(answer)
        return pages.SIGNED_IN

    async def ask(
        self,
        target: str,
        method: str = "GET",
        host: str = "localhost:6855",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> pages.Reply:
        return await self.listener.respond(Request(method, target, (("host", host), *headers)))

    async def status(
        self,
        target: str,
        method: str = "GET",
        host: str = "localhost:6855",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> int:
        """That of a request which is refused, and is told of in a sentence."""
        reply = await self.ask(target, method, host, headers)
        assert leads_to(reply) is None
        assert self.answers == []
        assert all(isinstance(step, steps.Noticed) for step in self.steps)
        return reply.status

    @property
    def noticed(self) -> str:
        (step,) = self.steps
        assert isinstance(step, steps.Noticed)
        assert step.message.endswith(".")
        return step.message


def leads_to(reply: pages.Reply) -> str | None:
    return dict(reply.headers).get("Location")


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (ANSWER, Granted(Secret("abc"))),
        (f"error=access_denied&state={STATE}", Refused("access_denied")),
    ],
)
async def test_the_answer_on_the_redirect_uri_is_accepted(
    query: str, answer: Granted | Refused
) -> None:
    """C30."""
    attempt = Attempt()
    assert leads_to(await attempt.ask(f"/?{query}")) == "/done"
    assert attempt.answers == [answer]


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
async def test_an_answer_counts_on_exactly_the_redirect_uri(
    redirect_uri: str, host: str, target: str, accepted: bool
) -> None:
    """C30; RFC 8252 §8.10."""
    attempt = Attempt(redirect_uri)
    if accepted:
        assert (await attempt.ask(f"{target}?{ANSWER}", host=host)).status == 303
        assert attempt.answers == [Granted(Secret("abc"))]
    else:
        assert await attempt.status(f"{target}?{ANSWER}", "GET", host) == 404
        assert redirect_uri in attempt.noticed


@pytest.mark.parametrize("host", ["localhost:6855", "127.0.0.1:6855", "[::1]:6855"])
async def test_the_start_address_leads_to_webex_under_every_name_of_this_machine(host: str) -> None:
    """B21."""
    attempt = Attempt()
    assert leads_to(await attempt.ask(attempt.start, host=host)) == attempt.request.url


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
async def test_another_host_is_refused(host: str) -> None:
    """B21: DNS rebinding."""
    attempt = Attempt()
    for target in ("/", attempt.start, f"/?{ANSWER}"):
        assert await attempt.status(target, "GET", host) == 421


@pytest.mark.parametrize("hosts", [(), ("localhost:6855", "localhost:6855")])
async def test_exactly_one_host_header_is_needed(hosts: tuple[str, ...]) -> None:
    """B21; RFC 9112 §3.2."""
    attempt = Attempt()
    request = Request("GET", f"/?{ANSWER}", tuple(("host", host) for host in hosts))
    assert (await attempt.listener.respond(request)).status == 400
    assert attempt.answers == []


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "DELETE", "CONNECT", "TRACE", "get"])
async def test_other_methods_are_refused(method: str) -> None:
    """B22."""
    attempt = Attempt()
    for target in (attempt.start, f"/?{ANSWER}"):
        assert await attempt.status(target, method) == 405


async def test_head_has_no_effect() -> None:
    """B22, C36."""
    attempt = Attempt()
    for target in (attempt.start, f"/?{ANSWER}", "/?code=abc&state=bad"):
        assert await attempt.status(target, "HEAD") == 200
    assert attempt.steps == []


async def test_head_tells_no_more_about_the_start_address_than_get() -> None:
    """B25a: a guess is a guess."""
    attempt = Attempt()
    assert await attempt.ask("/s/guess", "HEAD") == await attempt.ask("/s/guess")


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
async def test_what_is_loaded_ahead_of_time_has_to_wait(header: str, value: str) -> None:
    """C36."""
    attempt = Attempt()
    for target in (attempt.start, f"/?{ANSWER}"):
        assert await attempt.status(target, headers=((header, value),)) == 503


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("code=abc&state=bad", Reason.WRONG_STATE),
        ("code=abc", Reason.NO_STATE),
        (f"code=a&code=b&state={STATE}", Reason.REPEATED),
        ("error=access_denied&state=bad", Reason.WRONG_STATE),
    ],
)
async def test_an_answer_of_another_attempt_leaves_this_one_waiting(
    query: str, reason: Reason
) -> None:
    """C26, C27, C31."""
    attempt = Attempt()
    assert await attempt.status(f"/?{query}") == 400
    assert reason.value in attempt.noticed


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
async def test_everything_else_is_not_here_and_leads_nowhere(target: str) -> None:
    """D41, B25a; RFC 9700 §4.11."""
    assert await Attempt().status(target) == 404


async def test_too_many_parameters_are_refused() -> None:
    assert await Attempt().status("/?" + "a=b&" * 200 + ANSWER) == 400


async def test_a_query_on_the_start_address_changes_nothing() -> None:
    """D41."""
    attempt = Attempt()
    reply = await attempt.ask(f"{attempt.start}?to=https://evil.example")
    assert leads_to(reply) == attempt.request.url


@pytest.mark.parametrize("change", [lambda s: "/s/", lambda s: s[:-1], str.upper, "{}d".format])
async def test_a_wrong_start_address_is_a_guess(change: Callable[[str], str]) -> None:
    """B25a: after 25 of them right and wrong are answered alike, or guessing would go on."""
    attempt = Attempt()
    wrong = change(attempt.start).replace("/S/", "/s/")
    for _ in range(GUESSES_ALLOWED - 1):
        assert await attempt.status(wrong) == 404
    assert (await attempt.ask(attempt.start)).status == 303
    assert (await attempt.ask(wrong)).status == 404
    closed = await attempt.ask(attempt.start)
    assert (closed.status, leads_to(closed)) == (403, None)
    assert closed == await attempt.ask(wrong)
    assert attempt.answers == []
    assert leads_to(await attempt.ask(f"/?{ANSWER}")) == "/done"


async def test_after_the_answer_there_is_a_page_and_no_way_back_to_webex() -> None:
    """C34, D40."""
    attempt = Attempt()
    assert await attempt.status("/done") == 404
    await attempt.ask(f"/?{ANSWER}")
    assert (await attempt.ask("/done")).status == 200
    gone = await attempt.ask(attempt.start)
    assert (gone.status, leads_to(gone)) == (410, None)


async def test_the_page_after_the_answer_never_stands_on_the_redirect_uri() -> None:
    """D40: it would redirect to itself for ever."""
    attempt = Attempt("http://localhost:6855/done")
    done = leads_to(await attempt.ask(f"/done?{ANSWER}"))
    assert attempt.answers == [Granted(Secret("abc"))]
    assert done not in (None, "/done")
    assert (await attempt.ask(str(done))).status == 200


async def test_a_request_shows_no_code_in_its_representation() -> None:
    """F61."""
    shown = repr(Request("GET", f"/?{ANSWER}", (("referer", ANSWER),)))
    assert "abc" not in shown
    assert STATE not in shown
    attempt = Attempt()
    assert STATE not in repr(await attempt.ask(attempt.start))


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
def test_no_request_makes_the_listener_fail_or_leads_elsewhere(
    method: str, target: str, headers: list[tuple[str, str]]
) -> None:
    """B25, C26, D41."""

    async def asked() -> None:
        attempt = Attempt()
        reply = await attempt.listener.respond(Request(method, target, tuple(headers)))
        assert leads_to(reply) is None
        assert attempt.answers == []
        assert 400 <= reply.status < 600 or (method, reply.status) == ("HEAD", 200)
        assert all(
            isinstance(step, steps.Noticed) and step.message.isprintable() for step in attempt.steps
        )

    asyncio.run(asked())
