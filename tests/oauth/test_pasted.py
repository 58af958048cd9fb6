"""A pasted address is validated by the same rules as a redirect (checklist F66)."""

from __future__ import annotations

from base64 import b64encode
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wtr_tui.addresses import RedirectUri
from wtr_tui.model import Secret
from wtr_tui.oauth.authorization import (
    AuthorizationRequest,
    BadPaste,
    CallbackResult,
    Granted,
    NotOurs,
    Reason,
    Refused,
    read_pasted,
)

STATE = "kT7-state_of.this~attempt"
CODE = "MGVlMDk4_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f"
URL = f"http://localhost:6855/?code={CODE}&state={STATE}"
QUERY = f"code={CODE}&state={STATE}"


def read(text: str, redirect_uri: str = "http://localhost:6855") -> CallbackResult | BadPaste:
    request = AuthorizationRequest(
        base_url="https://webexapis.com/v1",
        client_id="C0ffee",
        redirect_uri=redirect_uri,
        scopes=("spark:kms",),
        state=Secret(STATE),
        code_verifier=Secret("v" * 43),
    )
    return read_pasted(text, request, RedirectUri.parse(redirect_uri))


def wrapped(text: str, width: int, end: str) -> str:
    return end.join(text[at : at + width] for at in range(0, len(text), width))


@pytest.mark.parametrize(
    "text",
    [
        URL,
        f"  {URL}\n",
        wrapped(URL, 40, "\n"),
        wrapped(URL, 40, "\r\n    "),
        wrapped(URL, 40, " \n"),
        wrapped(URL, 40, " │\n│ "),
        wrapped(URL, 40, "\\\n"),
        "> > " + wrapped(URL, 40, "\n> > "),
        f"'{URL}'",
        f'"{URL}"',
        f"“{URL}”",
        f"`{URL}`",
        f"<{URL}>",
        f"<{URL}>,",
        f"**{URL}**",
        f"\ufeff{URL}\u200b",
        f"\x1b[200~{URL}\x1b[201~",
        URL.replace("?", r"\?").replace("=", r"\=").replace("&", r"\&"),
        URL.replace("&", "&amp;"),
        URL + "#",
        URL + "#_=_",
        URL.replace("http://", "https://"),
        URL.replace("http://", ""),
        URL.replace("localhost", "LOCALHOST"),
        URL.replace("/?", "?"),
        f"{URL}&foo=bar",
        f"/?{QUERY}",
        f"?{QUERY}",
        f"&{QUERY}",
        QUERY,
        f"state={STATE}&code={CODE}",
    ],
)
def test_an_address_is_recognised_however_it_was_copied(text: str) -> None:
    """F66."""
    assert read(text) == Granted(Secret(CODE))


ENCODED = quote(URL, safe="")
AFTER_V2 = "&d=DwMFaQ&c=abc&r=def&m=ghi&s=jkl&e="


@pytest.mark.parametrize(
    "text",
    [
        # Mail filters and other services that put an address into one of their own.
        f"https://eur01.safelinks.protection.outlook.com/?url={ENCODED}"
        "&data=05%7C02%7Cann%40example.com%7C1&sdata=x%3D&reserved=0",
        f"https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?url={ENCODED}&locale=en",
        f"https://urldefense.com/v3/__{URL}__;!!abc!xyz$",
        "https://urldefense.proofpoint.com/v2/url?u="
        + ENCODED.replace("_", "%5F").replace("-", "%2D").replace("%2F", "_").replace("%", "-")
        + AFTER_V2,
        f"https://secure-web.cisco.com/1aBc-D_e/{ENCODED}",
        f"https://linkprotect.cudasvc.com/url?a={ENCODED}&c=E,1,abc&typo=1",
        f"https://eu-west-1.protection.sophos.com/?d=localhost&u={b64encode(URL.encode()).decode()}&i=x",
        f"https://www.google.com/url?q={ENCODED}&sa=D&source=editors",
        f"https://l.facebook.com/l.php?u={quote(ENCODED, safe='')}&h=x",
        # Words around it.
        f"Location: {URL}",
        f"Here it is: {URL}",
        f"Here it is: {URL} - thanks!",
        f"{URL}\nSent from my phone",
        f"the page\n  {wrapped(URL, 40, chr(10))}\n",
        f"view-source:{URL}",
        f"This site can’t be reached\nlocalhost refused to connect.\n{URL}",
        f"GET /?{QUERY} HTTP/1.1",
        f"[{URL}]({URL})",
        f"[the address]({URL})",
        f"* <{URL}>",
        f'<a href="{URL.replace("&", "&amp;")}">here</a>',
        f"curl '{URL}' \\\n  -H 'Accept: text/html' \\\n  --compressed",
        f'curl --location "{URL.replace("&", "^&")}" -H "Accept: x"',
        f'fetch("{URL}", {{"method": "GET"}});',
        f'Invoke-WebRequest -Uri "{URL.replace("&", "`&")}"',
        # Encodings.
        URL.replace("&", r"\u0026"),
        URL.replace("&", r"\u0026").replace("=", r"\u003d"),
        URL.replace("/", r"\/").replace("&", r"\u0026"),
        f'{{"url": "{URL.replace("/", chr(92) + "/")}"}}',
        URL.replace("&", "&#38;"),
        ENCODED,
        quote(ENCODED, safe=""),
        URL.replace("=", "=3D"),
        URL[:60].replace("=", "=3D") + "=\n" + URL[60:].replace("=", "=3D"),
        # Invisible characters.
        URL.replace("code=M", "code=M\u00ad"),
        URL.replace("state=k", "state=\u2060k\ufe0f"),
        "\u202a" + URL + "\u202c",
        "\u034f".join(URL),
    ],
)
def test_the_address_is_found_in_what_was_copied_along_with_it(text: str) -> None:
    assert read(text) == Granted(Secret(CODE))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"Location: http://localhost:6855/?code={CODE}&state=an-old-one", Reason.WRONG_STATE),
        (f"see {URL.replace('localhost', 'evil.example')}", "evil.example:6855"),
        (f"Location: {URL.replace('/?', '/cb?')}", "/cb"),
        (f"https://x.safelinks.protection.outlook.com/?url={quote('https://a.test/')}", "a.test"),
        ("https://protect-eu.mimecast.com/s/AbCdEf123?domain=localhost", "mimecast.com"),
        (URL[:-5], "cut off"),
        (f"{URL[:-5]}… (more)", "cut off"),
        ("see https://webexapis.com/v1/authorize?response_type=code&client_id=C", "begins the"),
        ("The code is abc, the state is def", "not an address"),
    ],
)
def test_what_holds_no_answer_is_refused_with_a_true_reason(text: str, says: str | Reason) -> None:
    refused = read(text)
    if isinstance(says, Reason):
        assert refused == NotOurs(says)
    else:
        assert isinstance(refused, BadPaste)
        assert says in refused.message


def test_a_redirect_uri_elsewhere_is_pasted_from_there() -> None:
    elsewhere = "https://oauth.pstmn.io/v1/callback"
    assert read(f"{elsewhere}?{QUERY}", elsewhere) == Granted(Secret(CODE))
    assert read(f"see oauth.pstmn.io/v1/callback?{QUERY} .", elsewhere) == Granted(Secret(CODE))
    assert read(f"{elsewhere}:443?{QUERY}".replace("/v1", "", 1), elsewhere) != Granted(
        Secret(CODE)
    )
    assert isinstance(read(f"http://localhost:6855/?{QUERY}", elsewhere), BadPaste)


@pytest.mark.parametrize(
    "text",
    [
        f"http://localhost:6855/{QUERY}",
        f"localhost:6855/{QUERY}",
        f"/{QUERY}",
        f"http://localhost:6855/;{QUERY}",
        f"http://localhost:6855/%3Fx/{QUERY}",
        f"https://elsewhere.example/callback/{QUERY}",
        f"https://elsewhere.example:{QUERY}",
    ],
)
def test_no_reason_repeats_a_code_or_a_state_that_is_taken_for_a_path(text: str) -> None:
    result = read(text)
    assert not isinstance(result, Granted)
    assert CODE not in str(result)
    assert STATE not in str(result)


@given(st.text(max_size=300), st.text(max_size=300))
def test_words_around_it_never_change_whose_answer_it_is(before: str, after: str) -> None:
    pasted = read(f"{before} {URL} {after}")
    if isinstance(pasted, Granted):
        assert pasted == Granted(Secret(CODE))


def test_a_large_paste_is_read_in_a_moment() -> None:
    assert isinstance(read("http://localhost:6855/?code=%253A" * 900), (BadPaste, NotOurs))


@pytest.mark.parametrize("redirect_uri", ["http://127.0.0.1:6855/cb", "http://[::1]:7000/cb/x"])
def test_a_redirect_uri_with_a_path_is_recognised_too(redirect_uri: str) -> None:
    assert read(f"{redirect_uri}?{QUERY}", redirect_uri) == Granted(Secret(CODE))
    shown = redirect_uri.removeprefix("http://")
    assert read(f"{shown}?{QUERY}", redirect_uri) == Granted(Secret(CODE))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (URL.replace(STATE, "stale"), NotOurs(Reason.WRONG_STATE)),
        (f"http://localhost:6855/?code={CODE}", NotOurs(Reason.NO_STATE)),
        (f"{URL}&code=other", NotOurs(Reason.REPEATED)),
        (f"http://localhost:6855/?error=access_denied&state={STATE}", Refused("access_denied")),
        ("http://localhost:6855/?error=server_error", NotOurs(Reason.NO_STATE, "server_error")),
    ],
)
def test_a_pasted_address_is_validated_like_a_redirect(text: str, result: object) -> None:
    """F66, C26, C31."""
    assert read(text) == result


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not an address"),
        (" \n\t ", "not an address"),
        ("''", "not an address"),
        (CODE, "a code alone"),
        ("eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "a code alone"),
        ("hello there", "not an address"),
        ("x" * 40_000, "not an address"),
        (URL.replace("localhost", "127.0.0.1"), "127.0.0.1:6855"),
        (URL.replace("6855", "6856"), "localhost:6856"),
        (URL.replace("localhost", "localhost.evil.example"), "localhost.evil.example"),
        (URL.replace("localhost", "localhost@evil.example"), "evil.example"),
        (URL.replace("/?", "/cb?"), "/cb"),
        (URL.replace("/?", "//?"), "exactly http://localhost:6855"),
        (URL.replace("http:", "ftp:"), "not an address"),
        ("https://idbroker.webex.com/idb/saml2?goto=x", "idbroker.webex.com"),
        ("idbroker.webex.com/idb/saml2", "idbroker.webex.com"),
        ("http://localhost:6855/", "holds no answer"),
        ("http://localhost:6855", "holds no answer"),
        ("localhost:6855", "holds no answer"),
        ("http://localhost:6855/done", "/done"),
        ("http://localhost:6855/s/k7q2mx9d", "begins the sign-in"),
        (
            "https://webexapis.com/v1/authorize?response_type=code&client_id=C&state=s",
            "begins the sign-in",
        ),
        (f"?response_type=code&client_id=C&state={STATE}", "not an address"),
        (f"?state={STATE}&response_type=code&client_id=C", "begins the sign-in"),
        ("http://[::1", "not an address"),
        ("http://localhost:99999/?code=a", "not an address"),
        (f"{URL}&{'a=b&' * 200}", "not an address"),
    ],
)
def test_what_is_no_answer_is_refused_with_the_reason(text: str, says: str) -> None:
    """F66."""
    refused = read(text)
    assert isinstance(refused, BadPaste)
    assert says in refused.message
    assert STATE not in refused.message
    assert CODE not in refused.message


@given(st.text(max_size=200))
def test_no_text_is_granted_without_the_state(text: str) -> None:
    """C26."""
    for pasted in (text, f"http://localhost:6855/?code=abc&{text}", f"code=abc&state={text}"):
        refused = read(pasted)
        assert isinstance(refused, (BadPaste, NotOurs))
        if isinstance(refused, BadPaste):
            assert refused.message.isprintable()


@given(st.data())
def test_wrapping_anywhere_changes_nothing(data: st.DataObject) -> None:
    cuts = data.draw(st.sets(st.integers(1, len(URL) - 1), max_size=5))
    edges = [0, *sorted(cuts), len(URL)]
    lines = [URL[a:b] for a, b in pairwise(edges)]
    assert read("\n".join(lines)) == Granted(Secret(CODE))
