"""What a redirect URI may be: the one check of the settings, the listener and what is pasted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wtr_tui.addresses import (
    RedirectUri,
    check_base_url,
    check_redirect_uri,
    is_loopback,
    port_of,
)
from wtr_tui.errors import SettingsError


@pytest.mark.parametrize(
    ("text", "host", "port", "path", "asked_for", "authority"),
    [
        ("http://localhost:6855", "localhost", 6855, "", "/", "localhost:6855"),
        ("http://localhost:6855/", "localhost", 6855, "/", "/", "localhost:6855"),
        ("http://LOCALHOST:6855/Cb", "localhost", 6855, "/Cb", "/Cb", "localhost:6855"),
        ("http://127.0.0.1:1/a/b%20c", "127.0.0.1", 1, "/a/b%20c", "/a/b%20c", "127.0.0.1:1"),
        ("http://[::1]:8080/cb", "::1", 8080, "/cb", "/cb", "[::1]:8080"),
        ("http://localhost", "localhost", 80, "", "/", "localhost:80"),
    ],
)
def test_a_redirect_uri_is_taken_apart(
    text: str, host: str, port: int, path: str, asked_for: str, authority: str
) -> None:
    uri = RedirectUri.parse(text)
    assert (uri.text, uri.host, uri.port, uri.path) == (text, host, port, path)
    assert (uri.request_path, uri.authority, str(uri)) == (asked_for, authority, text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "an address like"),
        ("localhost:6855", "an address like"),
        ("/cb", "an address like"),
        ("ftp://localhost:6855", "an address like"),
        ("http://", "an address like"),
        ("http://localhost:6855/#", "fragment"),
        ("http://localhost:6855/?a=b", "query"),
        ("http://me@localhost:6855/", "user name"),
        ("http://example.com:6855/", "this machine"),
        ("http://localhost.evil.example:6855/", "this machine"),
        ("http://0.0.0.0:6855/", "this machine"),
        ("http://127.0.0.2:6855/", "this machine"),
        ("http:///cb", "an address like"),
        ("http://localhost:0/", "port"),
        ("http://localhost:/", "port"),
        ("http://localhost:65536/", "an address like"),
        ("http://localhost:abc/", "an address like"),
        ("http://[::1/", "an address like"),
        ("http://localhost:6855/a/../b", "path"),
        ("http://localhost:6855/%zz", "path"),
        ("http://localhost:6855/a b", "an address like"),
        ("http://localhost:6855/ä", "an address like"),
        ("http://localhost:6855\\cb", "an address like"),
        ("\x1b[31m", "an address like"),
        ("http://localhost:6855/<x>", "path"),
        ("http://localhost:6855/%2", "path"),
        ("http://localhost:6855/\n", "an address like"),
    ],
)
def test_what_cannot_be_a_redirect_uri_is_refused_with_the_reason(text: str, says: str) -> None:
    """A9; RFC 6749 §3.1.2."""
    with pytest.raises(SettingsError) as refused:
        RedirectUri.parse(text)
    assert says in refused.value.message.replace(text, "")
    assert refused.value.hint


def test_only_the_names_of_this_machine_are_expected_as_host() -> None:
    """B21."""
    assert RedirectUri.parse("http://localhost:6855").loopback_authorities == {
        "localhost:6855",
        "127.0.0.1:6855",
        "[::1]:6855",
    }
    assert {"localhost", "localhost:80"} < RedirectUri.parse(
        "http://localhost:80"
    ).loopback_authorities


@given(st.text(max_size=60))
def test_a_redirect_uri_is_parsed_or_refused_in_words(text: str) -> None:
    try:
        parsed = RedirectUri.parse(text).text
    except SettingsError as refused:
        sentence = refused.message
    else:
        assert parsed == text
        assert check_redirect_uri(text) is None
        return
    assert sentence.isprintable()


@pytest.mark.parametrize(
    ("text", "is_local", "port"),
    [
        ("http://localhost:6855", True, 6855),
        ("http://[::1]:6855/cb", True, 6855),
        ("https://oauth.pstmn.io/v1/callback", False, 443),
        ("https://localhost:6855", False, 6855),
    ],
)
def test_only_http_on_this_machine_is_listened_for(text: str, is_local: bool, port: int) -> None:
    uri = RedirectUri.parse(text)
    assert (uri.is_local, uri.port) == (is_local, port)
    assert port_of(text) == (port if is_local else None)


@pytest.mark.parametrize("text", ["", "nonsense", "http://x.test:1", "http://[::1"])
def test_no_port_is_made_up(text: str) -> None:
    assert port_of(text) is None


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("LocalHost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("127.0.0.2", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_a_loopback_host_is_one_of_three(host: str, here: bool) -> None:
    assert is_loopback(host) is here


@pytest.mark.parametrize(
    ("host", "is_possible"),
    [
        ("webexapis.com", True),
        ("webexapis.com.", True),
        ("a-b_c", True),
        ("a..b", False),
        ("a.$.b", False),
        (f"{'a' * 63}.example", True),
        (f"{'a' * 64}.example", False),
        (f"{'a.' * 126}a", True),  # 253 characters
        (f"{'a.' * 126}aa", False),
        ("xn--mnchen-3ya.de", True),
        ("xn--a.de", False),
        ("10.0.0.1", True),
        ("10.0.0.256", False),
        ("10.1", False),
        ("[fd00::1]", True),
        ("[fd00::1%25eth0]", False),
    ],
)
def test_the_base_url_has_a_host_that_can_exist(host: str, is_possible: bool) -> None:
    refusal = check_base_url(f"https://{host}/v1")
    assert (refusal is None) is is_possible
