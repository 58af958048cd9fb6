"""The browser's pages: whole, self-contained, and safe with other people's words."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

import wtr_tui
from wtr_tui.oauth import pages
from wtr_tui.oauth.authorization import NotOurs, Reason, Refused

EVIL = "<script>alert(1)</script>\"'&<img src=x onerror=y>"
OUTCOMES = {
    "signed in": pages.SIGNED_IN,
    "other account": pages.OTHER_ACCOUNT,
    "declined": pages.declined(Refused("access_denied", EVIL)),
    "refused": pages.declined(Refused(EVIL, EVIL)),
    "failed": pages.failed(EVIL),
    "processing": pages.PROCESSING,
    "earlier": pages.EARLIER,
    "wrong state": pages.not_ours(NotOurs(Reason.WRONG_STATE, EVIL, EVIL)),
    "error without state": pages.not_ours(NotOurs(Reason.NO_STATE, EVIL, EVIL)),
    "no code": pages.not_ours(NotOurs(Reason.NO_CODE)),
    "not here": pages.not_here(EVIL),
    "opened before": pages.OPENED_BEFORE,
}
every_outcome = pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES.keys())


class Elements(HTMLParser):
    """The start tags and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "title"):
            self.text += data


def elements(outcome: pages.PageContent) -> Elements:
    return Elements(pages.render(outcome).decode("utf-8"))


@every_outcome
def test_a_page_is_one_well_formed_document(outcome: pages.PageContent) -> None:
    found = elements(outcome)
    assert found.open == []
    assert [tag for tag, _ in found.tags].count("html") == 1
    for words in (outcome.title, outcome.message, outcome.prompt, outcome.quoted):
        assert words in found.text
    assert "$" not in found.text


@every_outcome
def test_what_came_from_elsewhere_is_escaped(outcome: pages.PageContent) -> None:
    """D37; RFC 6749 §10.14."""
    tags = {tag for tag, _ in elements(outcome).tags}
    assert not tags & {"script", "img"}
    assert b"<script" not in pages.render(outcome)


@every_outcome
def test_a_page_loads_nothing_and_runs_nothing(outcome: pages.PageContent) -> None:
    """D38; RFC 6749 §3.1.2.5."""
    found = elements(outcome)
    for tag, attributes in found.tags:
        assert tag not in ("script", "img", "iframe", "form", "a", "base", "object", "embed")
        assert not {"src", "style", "action"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "data:").startswith("data:")
    body = pages.render(outcome).lower()
    assert b"http" not in body
    assert b"url(" not in body
    assert b"@import" not in body


def test_the_policy_allows_the_one_style_and_nothing_else() -> None:
    """D38, D44."""
    html = pages.render(pages.SIGNED_IN).decode("utf-8")
    styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert len(styles) == 1
    digest = base64.b64encode(hashlib.sha256(styles[0].encode("utf-8")).digest()).decode()
    policy = dict(part.split(" ", 1) for part in re.split(r";\s*", pages.content_security_policy()))
    assert policy == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


def test_the_icon_comes_with_the_page() -> None:
    """Otherwise the browser would ask for /favicon.ico."""
    icons = [a for tag, a in elements(pages.SIGNED_IN).tags if a.get("rel") == "icon"]
    assert [icon["href"].partition(",")[0] for icon in icons if icon["href"]] == [
        "data:image/svg+xml;base64"
    ]
    assert base64.b64decode((icons[0]["href"] or "").partition(",")[2]).startswith(b"<svg ")


def test_the_page_has_the_mark_and_the_accents_of_the_screens() -> None:
    found = elements(pages.SIGNED_IN)
    assert found.text.count(wtr_tui.MARK) == 1
    html = pages.render(pages.SIGNED_IN).decode("utf-8")
    day, _, night = html.partition("@media (prefers-color-scheme: dark)")
    assert f"--accent: {wtr_tui.ACCENT_ON_LIGHT};" in day
    assert f"--accent: {wtr_tui.ACCENT_ON_DARK};" in night
    icon = next(a["href"] for tag, a in found.tags if a.get("rel") == "icon") or ""
    assert wtr_tui.ACCENT_ON_LIGHT.encode() in base64.b64decode(icon.partition(",")[2])


def test_a_page_suits_day_and_night_wide_and_narrow() -> None:
    html = pages.render(pages.SIGNED_IN).decode("utf-8")
    assert "@media (prefers-color-scheme: dark)" in html
    assert 'content="width=device-width, initial-scale=1"' in html
    assert "@media (max-width:" in html
    assert "@media (prefers-reduced-motion: reduce)" in html


def test_declining_is_shown_as_such_and_any_other_refusal_is_a_failure() -> None:
    assert pages.declined(Refused("access_denied")).title == "You declined"
    by_policy = Refused("access_denied", "Your administrator denied access to this integration")
    assert pages.declined(by_policy).title == "Your administrator declined"
    refused = pages.declined(Refused("invalid_scope", "The scope is unknown"))
    assert refused.mood is pages.Mood.BAD
    assert refused.quoted == "invalid_scope: The scope is unknown"


def test_an_answer_of_an_earlier_attempt_is_not_quoted() -> None:
    """C27: anybody can forge it; an error without a state may be Webex's own."""
    assert pages.not_ours(NotOurs(Reason.WRONG_STATE, "access_denied", "words")) == pages.EARLIER
    shown = pages.not_ours(NotOurs(Reason.NO_STATE, "server_error", "oh"))
    assert "It said: server_error: oh." in shown.message


def test_a_lone_surrogate_does_not_break_the_page() -> None:
    assert pages.render(pages.failed("a\ud800b"))


@pytest.mark.parametrize(
    "answer",
    [
        pages.page(200, pages.SIGNED_IN),
        pages.page(400, pages.EARLIER),
        pages.page(405, pages.not_here("No.")),
        pages.redirect("https://webexapis.com/v1/authorize?state=s3cret"),
        pages.reply(200),
    ],
    ids=lambda answer: str(answer.status),
)
def test_every_answer_carries_the_protective_headers(answer: pages.Reply) -> None:
    """B24, D38, D39, D40, D43, D44."""
    headers = {name.lower(): value for name, value in answer.headers}
    assert len(headers) == len(answer.headers)
    assert headers["connection"] == "close"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-length"] == str(len(answer.body))
    assert headers["content-security-policy"].startswith("default-src 'none';")
    assert not any(name.startswith("access-control-") for name in headers)


def test_a_redirect_is_a_303_and_shows_its_target_to_nobody_else() -> None:
    """D42, F61; RFC 9700 §4.12."""
    answer = pages.redirect("https://webexapis.com/v1/authorize?state=s3cret")
    assert answer.status == 303
    assert answer.body == b""
    assert "s3cret" not in repr(answer)


@pytest.mark.parametrize(("status", "header"), [(405, "Allow"), (503, "Retry-After")])
def test_some_refusals_owe_one_more_header(status: int, header: str) -> None:
    """RFC 9110 §15.5.6."""
    assert header in dict(pages.page(status, pages.not_here("No.")).headers)
