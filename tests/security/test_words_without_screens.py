"""What others say, printed by the commands: as text, on one line, and never as an order (F63)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.webex import Fault, Sandbox

HOSTILE = "bad \x1b]0;evil\x07\x1b[31m\x1b[2J\u202eback\x9b31m\r\n\twtr: all is well\x00 end"
SHOWN = "bad ]0;evil[31m[2Jback31m wtr: all is well end"


@pytest.fixture
def home(tmp_path: Path, sandbox: Sandbox) -> Home:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    home = Home(folder)
    home.configure(sandbox)
    home.sign_in(sandbox)
    return home


def orders_in(text: str) -> set[str]:
    """The characters in it that a terminal would obey, or that would turn it around."""
    return {char for char in text if not char.isprintable() and char not in "\n\xa0"}


@pytest.mark.parametrize("words", ["refresh", "token --min-left 30d", "status", "status -j"])
def test_the_servers_words_are_printed_literally(home: Home, sandbox: Sandbox, words: str) -> None:
    """F63."""
    refusal = {"error": HOSTILE, "error_description": HOSTILE, "trackingId": HOSTILE}
    sandbox.faults.always("access_token", Fault(status=400, body=json.dumps(refusal)))
    person = {"displayName": HOSTILE, "emails": [HOSTILE], "orgId": HOSTILE}
    sandbox.faults.always("people/me", Fault(status=200, body=json.dumps(person)))
    done = home.run(*words.split())
    assert orders_in(done.out + done.err) == set()
    if words != "status -j":
        assert SHOWN in done.out + done.err


@pytest.mark.parametrize("size", [1_000, 900_000])
def test_a_long_refusal_is_cut(home: Home, sandbox: Sandbox, size: int) -> None:
    """F63."""
    body = json.dumps({"error": "invalid_request", "error_description": "x" * size})
    sandbox.faults.always("access_token", Fault(status=400, body=body))
    done = home.run("refresh")
    assert "xxx…" in done.err
    assert len(done.err) < 1_000


@pytest.mark.parametrize(
    ("member", "words"), [("scope", "status"), ("appid", "status"), ("appid", "refresh")]
)
def test_what_a_token_file_says_is_printed_literally(home: Home, member: str, words: str) -> None:
    """F63: it may be another program's, or taken over from anybody's file."""
    fields = json.loads(home.token_path().read_text())
    fields[member] = "\x1b]0;evil\x07\x1b[31m"
    home.write_token(fields)
    done = home.run(*words.split())
    assert orders_in(done.out + done.err) == set()


def test_scopes_taken_over_from_a_strangers_file_are_judged(home: Home) -> None:
    """F63."""
    home.token_path().unlink()
    members = {
        "access_token": "A" * 60,
        "expires_at": 4_000_000_000,
        "scope": "spark:kms \x1b]0;evil\x07\x1b[31m",
    }
    strange = home.folder / "strange.json"
    strange.write_text(json.dumps(members))
    home.run("import", str(strange))
    assert not home.token_path().exists() or "evil" not in home.token_path().read_text()
