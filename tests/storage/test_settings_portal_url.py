"""The ready-made OAuth URL of the portal, as people paste it."""

from __future__ import annotations

import pytest

from wtr_tui.storage.settings_values import PortalUrl, parse_oauth_url

URL = (
    "https://webexapis.com/v1/authorize?client_id=C4f1d&response_type=code"
    "&redirect_uri=http%3A%2F%2Flocalhost%3A6855&scope=spark%3Akms%20meeting%3Aschedules_read"
    "&state=set_state_here"
)
SAID = PortalUrl(
    app_id="C4f1d",
    redirect_uri="http://localhost:6855",
    port=6855,
    scopes=("spark:kms", "meeting:schedules_read"),
    base_url="https://webexapis.com/v1",
)


@pytest.mark.parametrize(
    "text",
    [
        URL,
        f"  {URL}\n",
        f'"{URL}"',
        f"<{URL}>",
        f"'{URL}',",
        f"OAuth Authorization URL: {URL}",
        f"> {URL}",
        "\n".join(URL[at : at + 40] for at in range(0, len(URL), 40)),
        "\r\n   ".join(URL[at : at + 61] for at in range(0, len(URL), 61)),
        URL.replace("&", "&amp;"),
        URL.replace("%20", "+"),
        URL.replace("%3A%2F%2F", "://"),
    ],
)
def test_it_is_understood_however_it_was_copied(text: str) -> None:
    assert parse_oauth_url(text) == SAID


@pytest.mark.parametrize(
    ("old", "new", "field", "value"),
    [
        ("http%3A%2F%2Flocalhost%3A6855", "http%3A%2F%2Flocalhost%3A6855%2F", "redirect_uri",
         "http://localhost:6855/"),
        ("http%3A%2F%2Flocalhost%3A6855", "http%3A%2F%2F127.0.0.1%3A99%2Fa", "port", 99),
        ("http%3A%2F%2Flocalhost%3A6855", "http%3A%2F%2Flocalhost", "port", 80),
        ("http%3A%2F%2Flocalhost%3A6855", "https%3A%2F%2Fx.test%2Fa", "port", None),
        ("http%3A%2F%2Flocalhost%3A6855", "https%3A%2F%2Fx.test%2Fa", "redirect_uri",
         "https://x.test/a"),
        ("spark%3Akms%20meeting%3Aschedules_read", "", "scopes", ()),
        ("&scope=spark%3Akms%20meeting%3Aschedules_read", "", "scopes", ()),
        ("webexapis.com", "integration.webexapis.com", "base_url",
         "https://integration.webexapis.com/v1"),
        ("https://webexapis.com", "http://127.0.0.1:9000", "base_url", "http://127.0.0.1:9000/v1"),
    ],
)  # fmt: skip
def test_every_part_is_taken_over(old: str, new: str, field: str, value: object) -> None:
    assert old in URL
    assert getattr(parse_oauth_url(URL.replace(old, new)), field) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not an integration's OAuth URL"),
        ("C4f1d", "not an integration's OAuth URL"),
        ("javascript:alert(1)", "not an integration's OAuth URL"),
        ("https://[::1/v1/authorize?client_id=C1", "not an integration's OAuth URL"),
        ("https://webexapis.com/v1/people/me", "not an integration's OAuth URL"),
        ("https://developer.webex.com/my-apps/x", "not an integration's OAuth URL"),
        ("http://localhost:6855/?code=SENTINEL&state=SENTINEL", "where a sign-in ended"),
        ("http://localhost:6855/?error=access_denied&state=SENTINEL", "where a sign-in ended"),
        ("http://localhost:6855/?error=&state=SENTINEL", "where a sign-in ended"),
        (URL.replace("webexapis.com", "webexapis.com.evil.test"), "does not lead to Webex"),
        (URL.replace("webexapis.com", "evilwebexapis.com"), "does not lead to Webex"),
        (URL.replace("webexapis.com", "webexapis.com@evil.test"), "does not lead to Webex"),
        (URL.replace("webexapis.com", "evil.test/webexapis.com"), "does not lead to Webex"),
        (URL.replace("https", "http"), "https://"),
        (URL.replace("https", "ftp"), "not an integration's OAuth URL"),
        (URL.replace("webexapis.com", ""), "not an integration's OAuth URL"),
        (URL.replace("//", "//SENTINEL:SENTINEL@", 1), "no user name"),
        (URL + "&client_id=C2", "not an integration's OAuth URL"),
        (URL.replace("client_id=C4f1d", "client_id="), "not an integration's OAuth URL"),
        (URL.replace("client_id=C4f1d&", ""), "not an integration's OAuth URL"),
        (URL.replace("client_id=C4f1d", "client_id=%22C1%22"), "quotation marks"),
        (
            URL.replace("response_type=code", "response_type=token"),
            "not an integration's OAuth URL",
        ),
        (URL.replace("spark%3Akms%20", "spark%3Akms%2C"), "is no scope"),
        (URL.replace("6855", "6855%2F%3Fx%3D1"), "no query"),
        (URL.replace("%3A6855", "%3A0"), "port from 1 to 65535"),
    ],
)
def test_what_it_is_not_is_told_without_repeating_it(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        parse_oauth_url(text)
    assert "SENTINEL" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_no_paste_of_any_length_takes_long() -> None:
    with pytest.raises(ValueError, match="not an integration's OAuth URL"):
        parse_oauth_url("https:/" + "x y" * 300_000)
