"""Which proxy a request goes through, and what of the environment never gets onto a screen.

Each row of the tables names where its rule comes from: curl (its manual and ``lib/noproxy.c``,
from 7.86 on), Go (``golang.org/x/net/http/httpproxy``), or the program itself.
"""

from __future__ import annotations

import os
import traceback

import pytest

from tests.oauth.calls import APP_ID, SECRET, TOKEN, client_of
from wtr_tui.errors import SettingsError
from wtr_tui.oauth import proxies
from wtr_tui.oauth.client import WebexClient

WEBEX = "https://webexapis.com/v1"
PROXY = "http://proxy.example:3128"


def address_of(url: str) -> str | None:
    found = proxies.proxy_for(url, os.environ)
    return None if found is None else found.address


@pytest.mark.parametrize(
    ("no_proxy", "url", "excluded"),
    [
        # curl, Go: a name stands for itself and its subdomains.
        ("webexapis.com", WEBEX, True),
        ("example.com, webexapis.com", WEBEX, True),
        ("WebexAPIs.COM", WEBEX, True),
        ("webexapis.com", "https://eu.webexapis.com/v1", True),
        ("webexapis.com", "https://notwebexapis.com/v1", False),
        ("eu.webexapis.com", WEBEX, False),
        # curl: a leading dot changes nothing (for Go it stands for subdomains only).
        (".webexapis.com", WEBEX, True),
        (".webexapis.com", "https://eu.webexapis.com/v1", True),
        # Go: an asterisk before a dot stands for subdomains only.
        ("*.webexapis.com", "https://eu.webexapis.com/v1", True),
        ("*.webexapis.com", WEBEX, False),
        # curl: dots at the end of either name are ignored.
        ("webexapis.com.", WEBEX, True),
        ("webexapis.com", "https://webexapis.com./v1", True),
        # curl, Go: an asterisk stands for every host.
        ("*", WEBEX, True),
        # curl: blanks separate, too.
        ("example.com webexapis.com", WEBEX, True),
        ("", WEBEX, False),
        (",, ,", WEBEX, False),
        # Go: a port limits an entry to it; https is 443.
        ("webexapis.com:443", WEBEX, True),
        ("webexapis.com:8443", WEBEX, False),
        ("webexapis.com:8443", "https://webexapis.com:8443/v1", True),
        ("10.1.2.3:8443", "https://10.1.2.3:8443/v1", True),
        ("10.1.2.3:8443", "https://10.1.2.3/v1", False),
        ("[fd00::5]:8443", "https://[fd00::5]:8443/v1", True),
        ("[fd00::5]:8443", "https://[fd00::5]/v1", False),
        # curl, Go: addresses are compared as addresses.
        ("10.1.2.3", "https://10.1.2.3/v1", True),
        ("10.1.2.3", "https://10.1.2.33/v1", False),
        ("fd00::5", "https://[fd00:0:0::5]/v1", True),
        ("[fd00::5]", "https://[fd00::5]/v1", True),
        # curl from 7.86, Go: ranges, also with host bits.
        ("10.0.0.0/8", "https://10.1.2.3/v1", True),
        ("10.9.9.9/8", "https://10.1.2.3/v1", True),
        ("10.0.0.0/8", "https://11.1.2.3/v1", False),
        ("fd00::/8", "https://[fd12::5]/v1", True),
        ("[fd00::]/8", "https://[fd12::5]/v1", True),
        ("fd00::/8", "https://10.1.2.3/v1", False),
        ("0.0.0.0/0", "https://10.1.2.3/v1", True),
        # curl, Go: no name is looked up to compare its address.
        ("0.0.0.0/0", WEBEX, False),
        # The environments of cloud images: none of these stops the entry behind it.
        ("localhost,127.0.0.1,::1,fd00::/8,169.254.169.254,.internal", WEBEX, False),
        ("10.0.0.0/33,webexapis.com", WEBEX, True),
    ],
)
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_no_proxy_is_read_as_curl_and_go_read_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, no_proxy: str, url: str, excluded: bool
) -> None:
    monkeypatch.setenv("https_proxy", PROXY)
    monkeypatch.setenv(variable, no_proxy)
    assert address_of(url) == (None if excluded else PROXY)


def test_small_letters_win_over_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    """curl, Go."""
    monkeypatch.setenv("HTTPS_PROXY", "http://capital.example:1")
    monkeypatch.setenv("NO_PROXY", "webexapis.com")
    assert address_of(WEBEX) is None
    monkeypatch.setenv("no_proxy", "")
    assert address_of(WEBEX) == "http://capital.example:1"
    monkeypatch.setenv("https_proxy", PROXY)
    assert address_of(WEBEX) == PROXY


@pytest.mark.parametrize("entry", ["10.0.0.0/33", "fd00::/129", "x/y", "a:b:c", "host:99999", "**"])
def test_an_entry_that_cannot_be_read_is_warned_about_and_excludes_nothing(
    monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    monkeypatch.setenv("https_proxy", PROXY)
    monkeypatch.setenv("no_proxy", f"example.com,{entry}")
    assert address_of(WEBEX) == PROXY
    assert proxies.warning(os.environ).endswith(f"excludes no host: {entry}.")
    monkeypatch.delenv("https_proxy")
    assert proxies.warning(os.environ) == "", "without a proxy it means nothing"


@pytest.mark.parametrize(
    ("stated", "address", "user", "password"),
    [
        ("http://proxy.example:3128", "http://proxy.example:3128", "", ""),
        ("proxy.example:3128", "http://proxy.example:3128", "", ""),
        ("http://proxy.example:3128/", "http://proxy.example:3128", "", ""),
        ("https://proxy.example", "https://proxy.example", "", ""),
        ("HTTP://proxy.example:1", "http://proxy.example:1", "", ""),
        ("http://[fd00::1]:3128", "http://[fd00::1]:3128", "", ""),
        ("http://ann@proxy.example:1", "http://proxy.example:1", "ann", ""),
        ("http://ann:pa%23ss%40w@proxy.example:1", "http://proxy.example:1", "ann", "pa#ss@w"),
        ("http://ann:a:b@proxy.example:1", "http://proxy.example:1", "ann", "a:b"),
    ],
)
def test_a_proxy_is_taken_apart(
    monkeypatch: pytest.MonkeyPatch, stated: str, address: str, user: str, password: str
) -> None:
    monkeypatch.setenv("https_proxy", stated)
    found = proxies.proxy_for(WEBEX, os.environ)
    assert found is not None
    assert (found.address, found.user, found.password.reveal()) == (address, user, password)
    assert str(found) == f"the proxy {address} (from $https_proxy)"
    assert not password or password not in repr(found)


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ("http://ann:SENT#INEL@127.0.0.1:1", "%23"),
        ("http://ann:SENT/INEL@127.0.0.1:1", "%2F"),
        ("http://ann:SENT?INEL@127.0.0.1:1", "%3F"),
        ("http://ann:SENT@INEL@127.0.0.1:1", "%40"),
        ("ann:#SENTINEL@127.0.0.1:1", "%23"),
        ("http://ann:SENTINEL#", "%23"),
        ("http://ann:SENT INEL@127.0.0.1:1", "%23"),
        ("http://ann:SENTINEL@", "look like"),
        ("http://ann:SENTINEL", "look like"),
        ("http://127.0.0.1:1/SENTINEL", "look like"),
        ("http://127.0.0.1:99999", "look like"),
        ("http://127.0.0.1:0", "look like"),
        ("http://[:::SENTINEL", "look like"),
        ("ftp://ann:SENTINEL@127.0.0.1:1", "look like"),
        ("socks5://ann:SENTINEL@127.0.0.1:1", "https_proxy"),
    ],
)
def test_of_a_proxy_that_cannot_be_used_nothing_of_the_password_is_shown_or_looked_up(
    monkeypatch: pytest.MonkeyPatch, stated: str, says: str
) -> None:
    looked_up: list[object] = []
    monkeypatch.setattr("socket.getaddrinfo", lambda *asked, **_: looked_up.append(asked))
    monkeypatch.setenv("HTTPS_PROXY", stated)
    with client_of(WEBEX) as client, pytest.raises(SettingsError) as caught:
        client.account(TOKEN.access_token)
    with pytest.raises(SettingsError):
        WebexClient(WEBEX, APP_ID, SECRET).check_route()
    shown = "".join(traceback.format_exception(caught.value))
    assert "$HTTPS_PROXY" in caught.value.message
    assert says in caught.value.hint
    assert "SENT" not in shown
    assert "INEL" not in shown
    assert looked_up == []


def test_beside_an_https_proxy_one_for_everything_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A desktop that sets all three: the one for the scheme is used, as curl and Go do."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:3128/")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:3129/")
    monkeypatch.setenv("all_proxy", "socks://127.0.0.1:1080/")
    assert address_of(WEBEX) == "http://127.0.0.1:3129"


def test_a_socks_proxy_alone_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks://127.0.0.1:1080/")
    with pytest.raises(SettingsError) as refused:
        proxies.proxy_for(WEBEX, os.environ)
    assert "SOCKS proxy, socks://127.0.0.1:1080 (from $all_proxy)" in refused.value.message
    assert "$https_proxy" in refused.value.hint
    monkeypatch.setenv("no_proxy", "webexapis.com")
    assert address_of(WEBEX) is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_this_machine_has_no_proxy_not_even_a_broken_one(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("http_proxy", "socks9://nonsense")
    assert address_of(f"http://{host}:8080/v1") is None
