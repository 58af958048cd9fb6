"""What ``--debug`` tells, and what it never does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.home import Home
from tests.support.webex import Fault, Sandbox
from wtr_tui.text import redacted

TOKEN = "ZDA4NmM3YTktMzE0Ny00ZmQ4LWI5ZTUtNTY_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f"


@pytest.mark.parametrize(
    "text",
    [
        f"anything {TOKEN} at all",
        "Authorization: Bearer SENTINEL",
        "(b'Authorization', b'Basic SENTINEL')",
        "(b'Set-Cookie', b'sid=SENTINEL; Path=/'), (b'Date', b'now')",
        "Cookie: a=SENTINEL; b=SENTINEL",
        "client_secret=SENTINEL&x=1",
        "http://localhost:6855/?code=SENTINEL&state=SENTINEL",
        '{"access_token": "SENTINEL", "refresh_token":"SENTINEL"}',
        "{'code_verifier': 'SENTINEL'}",
        "http://me:SENTINEL@proxy.example.com:3128",
        "eyJhbGciOiJSENTINEL.eyJzdWIiOiJSENTINEL.SENTINEL",
    ],
)
def test_what_looks_secret_is_not_told(text: str) -> None:
    shown = redacted(text)
    assert "SENTINEL" not in shown
    assert TOKEN not in shown


@pytest.mark.parametrize(
    "text",
    [
        'HTTP Request: POST https://webexapis.com/v1/access_token "HTTP/1.1 200 OK"',
        "the stored token is valid until 2026-11-24",
        "secret is from file",
        "connect_tcp.started host='webexapis.com' port=443 timeout=10.0",
        "(b'trackingid', b'ROUTER_6FC5C128')",
    ],
)
def test_everything_else_is(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize("command", [("token",), ("refresh",), ("status", "--who")])
def test_each_step_is_told_the_librarys_too_and_no_secret(
    home: Home, sandbox: Sandbox, command: tuple[str, ...]
) -> None:
    home.configure(sandbox)
    seconds = 600 if command[0] == "status" else -60
    old = home.sign_in(sandbox, left=timedelta(seconds=seconds))
    before = home.stored().token
    cookie = Fault(headers={"Set-Cookie": "session=SENTINEL; Path=/"})
    for endpoint in ("access_token", "people/me"):
        sandbox.faults.next(endpoint, cookie)
    ran = home.run(*command, "--debug")
    assert ran.code == 0
    for words in ("profile default", "appid is from file", "httpx: HTTP Request", "httpcore"):
        assert words in ran.err
    after = home.stored().token
    assert before.refresh_token is not None
    assert after.refresh_token is not None
    secrets = (
        *("SENTINEL", old, sandbox.integration.secret.reveal()),
        *(before.refresh_token.reveal(), after.refresh_token.reveal()),
        after.access_token.reveal(),
    )
    assert not [secret for secret in secrets if secret in ran.err]


def test_an_error_of_the_server_that_repeats_a_secret_does_not_bring_it_out(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    old = home.sign_in(sandbox, left=timedelta(seconds=-60))
    refresh_token = home.stored().token.refresh_token
    assert refresh_token is not None
    secrets = (old, refresh_token.reveal(), sandbox.integration.secret.reveal())
    body = f'{{"error": "invalid_request", "error_description": "got {" ".join(secrets)}"}}'
    for words in (("token",), ("token", "-d"), ("refresh",), ("refresh", "-d")):
        sandbox.faults.next("access_token", Fault(status=400, body=body))
        ran = home.run(*words)
        assert ran.code == 1
        assert not [secret for secret in secrets if secret in ran.err + ran.out]
