"""The demo's profile, and the stand-in as a process of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml

from wtr_tui.sandbox import Sandbox
from wtr_tui.sandbox import demo as demo_module
from wtr_tui.sandbox.demo import demo
from wtr_tui.sandbox.ports import free_port


@pytest.fixture(autouse=True)
def own_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual port may be in use beside the tests, which is a test of its own."""
    monkeypatch.setattr(demo_module, "REDIRECT_PORT", free_port())


def test_the_settings_fit_the_sandbox() -> None:
    with demo() as running:
        settings = yaml.safe_load(running.profile.settings_path.read_text(encoding="utf-8"))
        integration = running.sandbox.integration
        assert settings["appid"] == integration.client_id
        assert settings["secret"] == integration.secret.reveal()
        assert settings["baseUrl"] == running.sandbox.base_url
        assert integration.redirect_uri == f"http://localhost:{settings['redirectPort']}"
        assert set(settings["scopes"].split()) < set(integration.scopes)
        assert integration.device_uris_missing == ()


def test_the_files_are_private_and_gone_afterwards() -> None:
    with demo() as running:
        profile = running.profile
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
            settings = yaml.safe_load(running.profile.settings_path.read_text(encoding="utf-8"))
    assert settings["redirectPort"] != port


def test_the_environment_leads_to_the_demos_files_and_no_others() -> None:
    before = {"WEBEX_SECRET": "real", "WTR_PROFILE": "work", "HOME": "/home/you", "LANG": "C"}
    with demo() as running:
        environ = running.profile.environ(before)
        assert environ.pop("XDG_CONFIG_HOME") == str(running.profile.config_home)
        assert environ.pop("XDG_STATE_HOME") == str(running.profile.state_home)
    assert environ == {"HOME": "/home/you", "LANG": "C"}


def test_a_sandbox_with_other_rules_can_be_demonstrated() -> None:
    with demo(Sandbox(person_visible=True)) as running:
        assert running.sandbox.rules.person_visible


def test_a_port_in_use_is_not_called_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert free_port(taken.getsockname()[1]) != taken.getsockname()[1]
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        assert free_port(port) != port


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_as_a_process_it_prints_its_base_url_first_and_ends_when_asked(
    number: signal.Signals,
) -> None:
    command = [sys.executable, "-m", "wtr_tui.sandbox", "--access-lifetime", "7", "--rotate"]
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
        [sys.executable, "-m", "wtr_tui.sandbox", "--port", port],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
        cwd=Path(__file__).parents[2],
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert f"cannot listen on port {port}" in ended.stderr
