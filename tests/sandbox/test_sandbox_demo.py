"""The demo's profile, and the stand-in as a process of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
import yaml

import wtr_tui
from tests.support.ports import free_port
from tests.support.webex import Sandbox
from tests.support.webex.strict import DEVICE_REDIRECT_URIS
from wtr_tui import clock
from wtr_tui.sandbox import demo as demo_module
from wtr_tui.sandbox.demo import demo
from wtr_tui.storage.profiles import find
from wtr_tui.storage.settings_table import DEFAULT_SCOPES


@pytest.fixture(autouse=True)
def own_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual port may be in use beside the tests, which is a test of its own."""
    monkeypatch.setattr(demo_module, "REDIRECT_PORT", free_port())


def test_the_settings_fit_the_sandbox() -> None:
    with demo() as running:
        settings = yaml.safe_load(running.settings_path.read_text(encoding="utf-8"))
        integration = running.sandbox.integration
        assert settings["appid"] == integration.client_id
        assert settings["secret"] == integration.secret.reveal()
        assert settings["baseUrl"] == running.sandbox.base_url
        assert integration.redirect_uri == f"http://localhost:{settings['redirectPort']}"
        assert set(settings["scopes"].split()) <= set(integration.scopes)
        assert set(DEVICE_REDIRECT_URIS) < set(integration.redirect_uris)


def test_a_service_app_is_minted_through_the_profile_a_user_has_signed_in_to() -> None:
    with demo() as running:
        unattended = find("unattended", None, running.environ({}))
        settings = yaml.safe_load(unattended.settings_path.read_text(encoding="utf-8"))
        assert (settings["kind"], settings["through"]) == ("serviceApp", "default")
        sandbox = running.sandbox
        url = f"{sandbox.base_url}/applications/{settings['applicationId']}/token"
        body = {
            "clientId": settings["appid"],
            "clientSecret": settings["secret"],
            "targetOrgId": settings["targetOrgId"],
        }
        codes = []
        for scopes in (DEFAULT_SCOPES, sandbox.integration.scopes):
            grant = sandbox.grants.create("C1", scopes, sandbox.rules, clock.now())
            headers = {"Authorization": f"Bearer {grant.access.text}"}
            codes.append(httpx.post(url, json=body, headers=headers, trust_env=False).status_code)
        assert codes == [403, 200]


def test_the_files_are_private_and_gone_afterwards() -> None:
    with demo() as running:
        profile = running
        assert profile.settings_path.stat().st_mode & 0o777 == 0o600
        for folder in (profile.settings_path.parent, profile.token_path.parent, profile.directory):
            assert folder.stat().st_mode & 0o777 == 0o700
        assert not profile.token_path.exists()
        url = running.sandbox.base_url
    assert not profile.directory.exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_a_taken_redirect_port_is_replaced_by_a_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(demo_module, "REDIRECT_PORT", port)
        with demo() as running:
            settings = yaml.safe_load(running.settings_path.read_text(encoding="utf-8"))
    assert settings["redirectPort"] != port


def test_the_environment_leads_to_the_demos_files_and_no_others() -> None:
    before = {"WEBEX_SECRET": "real", "WTR_PROFILE": "work", "HOME": "/home/you", "LANG": "C"}
    with demo() as running:
        environ = running.environ(before)
        found = find(None, None, environ)
        assert (found.settings_path, found.token_path) == (
            running.settings_path,
            running.token_path,
        )
        del environ["XDG_CONFIG_HOME"], environ["XDG_STATE_HOME"]
    assert environ == {"HOME": "/home/you", "LANG": "C"}


def test_its_user_approves_and_goes_back_to_the_program(asked: dict[str, str]) -> None:
    came: list[str] = []

    class Program(BaseHTTPRequestHandler):
        """Sends the browser from the start address to Webex, and notes with what it returns."""

        def do_GET(self) -> None:
            came.append(self.path)
            if self.path == "/s/start":
                self.send_response(303)
                self.send_header("Location", authorize_url)
            else:
                self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with demo() as running:
        integration = running.sandbox.integration
        asked |= {"client_id": integration.client_id, "redirect_uri": integration.redirect_uri}
        authorize_url = f"{running.sandbox.base_url}/authorize?{urlencode(asked)}"
        address = ("127.0.0.1", int(integration.redirect_uri.rpartition(":")[2]))
        with HTTPServer(address, Program) as program:
            threading.Thread(target=program.serve_forever, args=(0.01,), daemon=True).start()
            running.approve(f"{integration.redirect_uri}/s/start")
            program.shutdown()
        running.approve(f"{integration.redirect_uri}/s/start")  # nobody listens any more

        pasted = running.approved_address(authorize_url)

    assert came[0] == "/s/start"
    assert len(came) == 2
    for returned in (came[1].removeprefix("/"), pasted.removeprefix(integration.redirect_uri)):
        answer = dict(parse_qsl(returned.removeprefix("?")))
        assert answer.keys() == {"code", "state"}
        assert answer["state"] == asked["state"]


def test_a_bad_request_is_not_approved(asked: dict[str, str]) -> None:
    with demo() as running:
        integration = running.sandbox.integration
        asked |= {"client_id": integration.client_id, "redirect_uri": integration.redirect_uri}
        wrong_scope = urlencode({**asked, "scope": "spark:all"})
        elsewhere = urlencode({**asked, "redirect_uri": "http://evil.example"})
        base_url = running.sandbox.base_url

        told = running.approved_address(f"{base_url}/authorize?{wrong_scope}")

        assert "error=invalid_scope" in told
        assert "code=" not in told
        assert running.approved_address(f"{base_url}/authorize?{elsewhere}") == ""


def test_only_the_command_line_knows_the_sandbox() -> None:
    package = Path(wtr_tui.__file__).parent
    users = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if "wtr_tui.sandbox" in path.read_text(encoding="utf-8")
    }

    assert {user for user in users if not user.startswith("sandbox/")} == {"cli.py"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_as_a_process_it_prints_its_base_url_first_and_ends_when_asked(
    number: signal.Signals,
) -> None:
    command = [sys.executable, "-m", "tests.support.webex", "--access-lifetime", "7", "--rotate"]
    with subprocess.Popen(
        [*command, "--people"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        lines = [process.stdout.readline() for _ in range(6)]
        settings = yaml.safe_load("".join(lines))
        form = {"client_id": settings["appid"], "scope": settings["scopes"]}
        response = httpx.post(f"{base_url}/device/authorize", data=form, trust_env=False)
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
    assert settings["baseUrl"] == base_url
    assert response.status_code == 200


def test_as_a_process_it_says_that_its_port_is_taken(sandbox: Sandbox) -> None:
    port = sandbox.origin.rpartition(":")[2]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.support.webex", "--port", port],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
        cwd=Path(__file__).parents[2],
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert f"cannot listen on port {port}" in ended.stderr
