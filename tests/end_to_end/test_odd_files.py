"""The screens' start with odd files: the same answers as those of the commands."""

from __future__ import annotations

import os
import stat

import pytest

from tests.support.home import Home
from tests.support.program import Start
from tests.support.terminal import Terminal

APP_ID = "appid: "


def edit(home: Home, old: str, new: str) -> None:
    path = home.settings_path()
    path.write_text(path.read_text().replace(old, new))


def damage(home: Home, **members: object) -> None:
    home.write_token(home.stored_fields() | members)


def fifo(home: Home) -> None:
    home.settings_path().unlink()
    os.mkfifo(home.settings_path(), 0o600)


def shows(terminal: Terminal, text: str) -> None:
    """Waits until the text is on the screen, whatever lines it is broken into."""
    terminal.wait_until(lambda screen: text in " ".join(screen.split()), text)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("expires_at", "2027-02-30T00:00:00Z"),
        ("appid", None),
        ("refresh_token", 5),
        ("scope", 5),
        ("access_token", "two words"),
    ],
)
def test_a_damaged_token_file_is_told_and_kept(
    signed_in: Home, start: Start, member: str, value: object
) -> None:
    damage(signed_in, **{member: value})
    before = signed_in.token_path().read_bytes()
    terminal = start()
    shows(terminal, "damaged")
    terminal.press("ctrl+q")
    assert terminal.wait() == 0
    assert signed_in.token_path().read_bytes() == before


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('scopes: ""\n', "At least one scope is needed"),
        ('redirectPort: "06855"\n', "without a zero before it"),
        ("baseUrl: https://xn--a.com/v1\n", "a host that cannot exist"),
    ],
)
def test_a_wrong_setting_is_told_on_the_settings_screen(
    signed_in: Home, start: Start, line: str, says: str
) -> None:
    path = signed_in.settings_path()
    key = line.partition(":")[0]
    kept = [one for one in path.read_text().splitlines(True) if not one.startswith(key)]
    path.write_text("".join(kept) + line)
    terminal = start()
    terminal.wait_for("F4")
    terminal.press("f4")
    shows(terminal, says)


def test_settings_that_are_a_fifo_are_not_waited_for(signed_in: Home, start: Start) -> None:
    fifo(signed_in)
    terminal = start()
    terminal.wait_for("F4")
    terminal.press("f4")
    shows(terminal, "not a regular file")


def test_settings_that_cannot_be_understood_are_told_with_their_line(
    signed_in: Home, start: Start
) -> None:
    path = signed_in.settings_path()
    path.write_text(path.read_text() + "x: [\n")
    terminal = start(WEBEX_APPID="C1")
    terminal.wait_for("F4")
    terminal.press("f4")
    shows(terminal, ", line ")


def test_a_token_of_another_app_id_is_not_shown_as_good(signed_in: Home, start: Start) -> None:
    edit(signed_in, APP_ID, f"{APP_ID}Cffff")
    terminal = start()
    shows(terminal, "another integration's")
    assert "● valid" not in terminal.text


def test_a_token_file_that_others_could_read_is_closed_and_told(
    signed_in: Home, start: Start
) -> None:
    signed_in.token_path().chmod(0o644)
    terminal = start()
    shows(terminal, "was open to other users")
    assert stat.S_IMODE(signed_in.token_path().stat().st_mode) == 0o600
