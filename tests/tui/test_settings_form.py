"""The functions behind the settings screen: field values, pasted OAuth URLs, saving."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.tokens import APP_ID
from wtr_tui.storage import settings
from wtr_tui.storage.settings import Problem, Settings
from wtr_tui.storage.settings_values import parse_oauth_url
from wtr_tui.tui.screens import settings as form
from wtr_tui.tui.themes import Tone

PORTAL = parse_oauth_url(
    "https://webexapis.com/v1/authorize?client_id=C123&response_type=code"
    "&redirect_uri=http%3A%2F%2F127.0.0.1%3A7777&scope=spark%3Akms"
)
EMPTY = {"appid": "", "secret": "", "scopes": "spark:kms", "redirectPort": "6855"}


def loaded(tmp_path: Path, text: str = "", **environ: str) -> Settings:
    path = tmp_path / "default.yaml"
    path.write_text(text)
    return settings.load(path, environ)


@pytest.mark.parametrize(
    ("text", "key", "source"),
    [
        ("", "appid", "not set"),
        ("", "redirectPort", "default"),
        (f"appid: {APP_ID}\n", "appid", "from file"),
        ("secret: geheim\nredirectPort: 70000\n", "redirectPort", "from file, line 2"),
        ("redirectUri: http://127.0.0.1:7000\n", "redirectPort", "as in redirectUri"),
        ("keys: f9\n", "keys", "from file"),
    ],
)
def test_a_source_is_told_with_the_line_of_a_wrong_value(
    tmp_path: Path, text: str, key: str, source: str
) -> None:
    assert form.field_value(loaded(tmp_path, text), key).source == source


@pytest.mark.parametrize(
    ("text", "source"),
    [("", "edit it in the file"), ("keys: {save: f9}\n", "a list in the file")],
)
def test_what_no_line_can_hold_is_edited_in_the_file_alone(
    tmp_path: Path, text: str, source: str
) -> None:
    assert form.field_value(loaded(tmp_path, text), "keys") == form.FieldValue(
        "", source, fixed=True
    )


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("", True),
        ("appid: C123\n", True),
        ("secret: geheim\n", True),
        ("appid: C123\nsecret: geheim\n", False),
        ('appid: "C1 23"\nsecret: geheim\n', False),
    ],
)
def test_who_lacks_app_id_or_secret_is_led(tmp_path: Path, text: str, first: bool) -> None:
    assert form.needs_first_steps(loaded(tmp_path, text)) is first


def test_a_pasted_oauth_url_fills_what_the_environment_does_not_set(tmp_path: Path) -> None:
    known = loaded(tmp_path, WEBEX_APPID=APP_ID)
    values, kept = form.values_from_portal(PORTAL, known, EMPTY | {"appid": APP_ID})
    assert values == {"scopes": "spark:kms", "redirectPort": "7777"}
    assert [source.name for source in kept] == ["WEBEX_APPID"]


@pytest.mark.parametrize(
    ("port", "pasted", "uri"),
    [
        ("7000", "", "http://localhost:7000"),
        (" 7000 ", "", "http://localhost:7000"),
        ("7777", "http://127.0.0.1:7777", "http://127.0.0.1:7777"),
        ("7000", "http://127.0.0.1:7777", "http://localhost:7000"),
        ("70000", "http://127.0.0.1:7777", ""),
    ],
)
def test_the_redirect_uri_follows_the_port(
    tmp_path: Path, port: str, pasted: str, uri: str
) -> None:
    assert form.redirect_uri_to_register(loaded(tmp_path), port, pasted) == uri


@pytest.mark.parametrize(
    ("now", "pasted", "changes"),
    [
        ({}, "", {}),
        ({"appid": " C123 "}, "", {"appid": "C123"}),
        ({"scopes": "a:b  a:b c:d"}, "", {"scopes": "a:b c:d"}),
        ({"redirectPort": "7000"}, "", {"redirectPort": 7000}),
        (
            {"redirectPort": "7777"},
            "http://127.0.0.1:7777",
            {"redirectPort": 7777, "redirectUri": "http://127.0.0.1:7777"},
        ),
    ],
)
def test_saving_writes_what_has_changed(
    tmp_path: Path, now: dict[str, str], pasted: str, changes: dict[str, object]
) -> None:
    assert form.changes_to_save(loaded(tmp_path), EMPTY, EMPTY | now, pasted) == changes


MISSING = Problem("secret", "The secret is missing; set it.", "", "The secret is missing.")
WRONG = Problem("timeout", "F line 12, timeout: no.", "F line 12", "No.")


@pytest.mark.parametrize(
    ("problems", "said", "tone"),
    [
        ([], "Saved to ~/w.yaml. F3 signs in.", Tone.GOOD),
        (
            [WRONG, MISSING],
            "Saved. Still missing or wrong: Time limit (s), Client Secret.",
            Tone.WARN,
        ),
    ],
)
def test_after_saving_it_is_said_what_is_left(
    problems: list[Problem], said: str, tone: Tone
) -> None:
    assert form.saved_message(problems, "~/w.yaml") == (said, tone)
