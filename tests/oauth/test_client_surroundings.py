"""What surrounds a request: logs, proxies, certificates."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.oauth.calls import (
    APP_ID,
    EVERY_REQUEST,
    GRANT,
    SECRET,
    client_of,
    exchange,
    refresh,
)
from tests.support.certificate import self_signed
from tests.support.endpoint import (
    Endpoint,
    Reply,
    answering,
    close,
    raw,
)
from tests.support.webex import Sandbox
from wtr_tui.errors import (
    SettingsError,
    TemporaryError,
    UntrustedServer,
    WrongClient,
    WtrError,
)
from wtr_tui.oauth.client import WebexClient


@EVERY_REQUEST
@pytest.mark.parametrize("reply", [close, answering({"error": "x"}, 400), answering(b"<", 200)])
def test_no_secret_is_in_an_exception_or_a_log(
    endpoint: Endpoint,
    client: WebexClient,
    caplog: pytest.LogCaptureFixture,
    reply: Reply,
    request_of: Callable[[WebexClient], object],
) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint.reply(reply, reply)
    with pytest.raises(WtrError) as caught:
        request_of(client)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert "SENTINEL" not in shown
    assert "SENTINEL" not in caplog.text


def test_a_proxy_that_refuses_is_named_without_its_password(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://ann:SENTINEL@127.0.0.1:{endpoint.port}")
    endpoint.reply(raw(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"))
    with (
        client_of("https://webex.invalid/v1") as client,
        pytest.raises(TemporaryError) as caught,
    ):
        refresh(client)
    assert f"the proxy http://127.0.0.1:{endpoint.port} (from $HTTPS_PROXY)" in caught.value.message
    assert "“407 Proxy Authentication Required”" in caught.value.message
    assert "SENTINEL" not in str(caught.value)
    assert [request.method for request in endpoint.received] == ["CONNECT"]
    assert SECRET.reveal().encode() not in endpoint.received[0].body


@pytest.mark.parametrize(
    ("login", "sent"),
    [
        ("ann:pass%2Fword@", "ann:pass/word"),
        ("ann@", "ann:"),
        (":password@", ":password"),
        ("", None),
    ],
)
def test_user_and_password_of_the_proxy_are_sent_to_it(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, login: str, sent: str | None
) -> None:
    monkeypatch.setenv("https_proxy", f"http://{login}127.0.0.1:{endpoint.port}")
    endpoint.reply(raw(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"))
    with client_of("https://webex.invalid/v1") as client, pytest.raises(TemporaryError):
        refresh(client)
    credentials = endpoint.received[0].headers.get("proxy-authorization")
    expected = None if sent is None else f"Basic {base64.b64encode(sent.encode()).decode()}"
    assert credentials == expected


def test_a_code_that_only_reached_the_proxy_is_not_of_unknown_outcome(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{endpoint.port}")
    endpoint.reply(close, close, close)
    with (
        client_of("https://webex.invalid/v1") as client,
        pytest.raises(TemporaryError, match=r"\$https_proxy") as caught,
    ):
        exchange(client)
    assert type(caught.value) is TemporaryError
    assert {request.method for request in endpoint.received} == {"CONNECT"}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_this_machine_is_never_reached_through_a_proxy(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, name: str, host: str
) -> None:
    elsewhere = Endpoint()
    elsewhere.listen()
    monkeypatch.setenv(name, f"http://127.0.0.1:{elsewhere.port}")
    endpoint.answer(GRANT)
    with client_of(f"http://{host}:{endpoint.port}/v1") as client:
        refresh(client)
    elsewhere.stop()
    assert len(endpoint.received) == 1
    assert elsewhere.received == []


@pytest.mark.parametrize("variable", ["socks9://ann:SENTINEL@127.0.0.1:1", "http://[:::SENTINEL"])
def test_a_proxy_variable_that_makes_no_sense_is_a_setting(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", variable)
    with (
        client_of("https://webex.invalid/v1") as client,
        pytest.raises(SettingsError, match=r"\$HTTPS_PROXY") as caught,
    ):
        refresh(client)
    assert "SENTINEL" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("content", "words"), [(None, "cannot be read: No such file"), (b"text", "no certificate")]
)
def test_a_ca_file_that_is_none_is_a_setting(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_bytes(content)
    with (
        WebexClient("https://webex.invalid/v1", APP_ID, SECRET, ca_file=ca_file) as client,
        pytest.raises(SettingsError, match=words) as caught,
    ):
        client.warm()
    assert str(ca_file) in caught.value.message


# The last is what somebody has who puts the certificate itself there.
@pytest.mark.parametrize(
    "name", ["missing.pem", ".", "x" * 300, "-----BEGIN CERTIFICATE-----" * 99]
)
def test_an_ssl_cert_file_that_is_none_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / name))
    with (
        client_of("https://webex.invalid/v1") as client,
        pytest.raises(SettingsError, match=r"\$SSL_CERT_FILE"),
    ):
        client.warm()


def test_a_server_without_tls_is_said_to_have_none(sandbox: Sandbox) -> None:
    with (
        client_of(sandbox.base_url.replace("http:", "https:")) as client,
        pytest.raises(TemporaryError, match=r"no encrypted connection to 127\.0\.0\.1") as caught,
    ):
        exchange(client)
    assert type(caught.value) is TemporaryError
    assert "TLS error" not in caught.value.message
    assert not sandbox.requests


def test_a_certificate_nobody_vouches_for_is_refused_unless_the_ca_file_does(
    tmp_path: Path,
) -> None:
    context, certificate = self_signed(tmp_path)
    with Sandbox(tls=context) as sandbox:
        with (
            client_of(sandbox.base_url) as client,
            pytest.raises(UntrustedServer, match="certificate") as caught,
        ):
            exchange(client)
        assert "caFile" in caught.value.hint
        assert "unknown reason" not in caught.value.message
        assert not sandbox.requests
        with (
            WebexClient(sandbox.base_url, APP_ID, SECRET, ca_file=certificate) as client,
            pytest.raises(WrongClient),
        ):
            exchange(client)
