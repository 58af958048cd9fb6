"""What leaves the machine, and what settings can make of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.certificate import self_signed
from tests.support.home import Home
from tests.support.webex import Integration, Sandbox
from wtr_tui.commands import COMMANDS
from wtr_tui.oauth.authorization import AuthorizationRequest
from wtr_tui.storage import settings_table

_UNTRUSTING = ("insecure", "verify", "skip", "trust", "unsafe", "tls", "ssl")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return Home(folder)


_TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)


@settings(max_examples=2 * settings().max_examples)
@given(client_id=_TEXTS, scopes=st.lists(_TEXTS, max_size=4), redirect_uri=_TEXTS)
def test_no_value_of_a_setting_becomes_another_parameter(
    client_id: str, scopes: list[str], redirect_uri: str
) -> None:
    """A9, A13, A14: each parameter is there once, and says what the setting says."""
    request = AuthorizationRequest(
        base_url="https://webexapis.com/v1",
        client_id=client_id,
        redirect_uri=redirect_uri,
        scopes=tuple(scopes),
    )
    parts = urlsplit(request.url)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "webexapis.com", "/v1/authorize")
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    assert dict(pairs) == {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "state": request.state.reveal(),
        "code_challenge": request.code_challenge,
        "code_challenge_method": "S256",
        **({"scope": " ".join(scopes)} if scopes else {}),
    }
    assert len(pairs) == len(dict(pairs))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("baseUrl: http://example.com/v1", "https"),
        ("baseUrl: ftp://example.com/v1", "https"),
        ("baseUrl: https://ann:pass@example.com/v1", ""),
        ("baseUrl: https://webexapis.com/v1?state=mine", ""),
        ("baseUrl: https://webexapis.com/v1#mine", ""),
        ("redirectUri: http://localhost:6855/#mine", ""),
        ("redirectUri: http://evil.example:6855/", ""),
        ("scopes: 'spark:kms&state=mine'", ""),
    ],
)
@pytest.mark.parametrize("command", ["retrieve", "refresh"])
def test_a_setting_that_would_lead_elsewhere_is_refused_before_anything_is_sent(
    home: Home, sandbox: Sandbox, command: str, line: str, reason: str
) -> None:
    """A9, A11, A14."""
    home.configure(sandbox)
    home.sign_in(sandbox)
    path = home.settings_path()
    key = line.partition(":")[0]
    kept = [old for old in path.read_text().splitlines() if not old.startswith(f"{key}:")]
    path.write_text("\n".join([*kept, line]) + "\n")
    done = home.run(command)
    assert done.code == 2
    assert reason in done.err
    assert key in done.err
    assert sandbox.requests == ()


def test_there_is_no_setting_for_further_parameters(home: Home, sandbox: Sandbox) -> None:
    """A14: one that other tools have is not known here, and does nothing."""
    home.configure(sandbox, "default", "extraParams: {state: mine, client_id: mine}")
    home.sign_in(sandbox)
    assert home.run("refresh").code == 0
    (request,) = sandbox.requests_to("access_token")
    assert request.form.text("client_id") == sandbox.integration.client_id
    assert set(request.form) == {"grant_type", "client_id", "client_secret", "refresh_token"}


def test_nothing_switches_the_judgement_of_certificates_off(home: Home) -> None:
    """E46: neither an option of any command nor a setting; only a CA file can be added."""
    helps = [home.run("--help"), *(home.run(name, "--help") for name in COMMANDS)]
    options = {
        word.strip("[],").partition("=")[0]
        for done in helps
        for word in done.out.split()
        if word.strip("[],").startswith("-")
    }
    assert "--profile" in options
    assert [one for one in options if any(word in one for word in _UNTRUSTING)] == []
    assert [one for one in settings_table.NAMES if any(w in one.lower() for w in _UNTRUSTING)] == []


@pytest.fixture
def signed_by_nobody(tmp_path: Path, integration: Integration) -> Iterator[tuple[Sandbox, Path]]:
    """A stand-in that speaks TLS, and its certificate."""
    context, certificate = self_signed(tmp_path)
    with Sandbox([integration], tls=context) as running:
        yield running, certificate


def test_a_server_nobody_vouches_for_is_told_nothing(
    home: Home, signed_by_nobody: tuple[Sandbox, Path]
) -> None:
    """E46: refused in words about certificates; the CA file, and it alone, changes that."""
    sandbox, certificate = signed_by_nobody
    home.configure(sandbox)
    before = home.sign_in(sandbox)
    for variables in ({}, {"PYTHONHTTPSVERIFY": "0", "CURL_CA_BUNDLE": ""}):
        done = home.run("refresh", **variables)
        assert done.code == 4
        assert "certificate" in done.err
        assert "caFile" in done.err
    assert sandbox.requests == ()
    assert home.stored().token.access_token.reveal() == before
    with home.settings_path().open("a") as file:
        file.write(f"caFile: {certificate}\n")
    assert home.run("refresh").code == 0
    assert home.stored().token.access_token.reveal() != before
