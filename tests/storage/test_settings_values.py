"""What each setting may be: the same rules for the file, the environment and the form."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from wtr_tui.addresses import DEFAULT_BASE_URL, check_base_url
from wtr_tui.storage import settings_table
from wtr_tui.storage.settings_table import DEFAULT_SCOPES, SETTINGS, Setting
from wtr_tui.storage.settings_values import (
    RawValue,
    check_app_id,
    check_secret,
    parse_choice,
    parse_email,
    parse_flag,
    parse_id,
    parse_port,
    parse_scopes,
    parse_timeout,
    parse_warn_before,
)

HEX = "4f1d09ab" * 8


parse_application_id = partial(parse_id, what="application ID")


@pytest.mark.parametrize("text", [f"C{HEX}", "C1", " C1\n", "my-app_1", "C" * 512])
def test_an_app_id_is_one_word(text: str) -> None:
    assert check_app_id(text) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "missing"),
        (" \t", "missing"),
        ("https://webexapis.com/v1/authorize?client_id=C1", "an address"),
        ('"C1"', "quotation marks"),
        ("‘C1’", "quotation marks"),
        ("C1 C2", "one word"),
        ("<your app id>", "one word"),
        ("C1é", "one word"),
        ("C\u00ad1", "an invisible character"),
        ("C1\u200b", "an invisible character"),
        ("C\x001", "one word"),
        ("C" * 513, "one word"),
    ],
)
def test_what_is_no_app_id_is_told_apart(text: str, why: str) -> None:
    sentence = check_app_id(text)
    assert sentence is not None
    assert why in sentence


@pytest.mark.parametrize("text", [HEX, "s", "with space: # \"quotes'", "*a", '"', HEX * 8])
def test_a_secret_is_printable_ascii(text: str) -> None:
    assert check_secret(text) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "missing"),
        ("  ", "missing"),
        ("••••••", "dots"),
        ("********", "dots"),
        (f"{HEX}\n", "begins or ends"),
        (f" {HEX}", "begins or ends"),
        (f"'{HEX}'", "without quotation marks"),
        ('""', "without quotation marks"),
        (f"{HEX}é", "cannot be a secret"),
        (f"{HEX[:9]}\t{HEX}", "cannot be a secret"),
        (f"{HEX * 8}5", "cannot be a secret"),
    ],
)
def test_a_wrong_secret_is_told_without_repeating_it(text: str, why: str) -> None:
    sentence = check_secret(text)
    assert sentence is not None
    assert why in sentence
    assert not text.strip() or HEX not in sentence


@pytest.mark.parametrize(
    ("text", "port"), [("1", 1), ("6855", 6855), (" 6855 ", 6855), ("65535", 65_535)]
)
def test_a_port_is_a_number(text: str, port: int) -> None:
    assert parse_port(text) == port


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0", "not “0”"),
        ("65536", "not “65536”"),
        ("70000", "not “70000”"),
        ("-1", "not “-1”"),
        ("abc", "not “abc”"),
        ("6855.0", "not “6855.0”"),
        ("1:30", "not “1:30”"),
        ("0x1AC7", "not “0x1AC7”"),
        ("6_855", "not “6_855”"),
        ("６８５５", "not “６８５５”"),
        ("²", "not “²”"),
        ("true", "not “true”"),
        ("0655", "without a zero"),
        ("00000", "not “00000”"),
        ("", ""),
        ("9" * 5000, ""),
        ("\x1b[31m6855", ""),
    ],
)
def test_what_is_no_port_is_repeated_where_it_is_short(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="from 1 to 65535") as refused:
        parse_port(text)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 80
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "scopes"),
    [
        ("spark:kms", ("spark:kms",)),
        ("b:b a:a\n\tc:c", ("b:b", "a:a", "c:c")),
        (["a:a", "b:b c:c"], ("a:a", "b:b", "c:c")),
        ("a:a b:b a:a", ("a:a", "b:b")),
        ("spark-admin:people_read", ("spark-admin:people_read",)),
        ("cjp:config", ("cjp:config",)),
        (" ".join(DEFAULT_SCOPES), DEFAULT_SCOPES),
    ],
)
def test_scopes_are_a_text_or_a_list(value: str | list[str], scopes: tuple[str, ...]) -> None:
    assert parse_scopes(value) == scopes


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "At least one"),
        ([], "At least one"),
        (" \n", "At least one"),
        ("a:a,b:b", "is no scope: one is"),
        ("a:a, b:b", "is no scope: one is"),
        (["a:a,"], "is no scope: one is"),
        ("a:a;b:b", "is no scope: one is"),
        ('"a:a" "b:b"', "is no scope: one is"),
        ("'a:a", "is no scope: one is"),
        (["“a:a”"], "is no scope: one is"),
        ("a:a%20b:b", "is no scope: one is"),
        ("a:a+b:b", "is no scope: one is"),
        ("a:\\b", "is no scope: one is"),
        ("a:é", "is no scope: one is"),
        ("spark: kms", "is no scope: one is"),
        (":kms", "is no scope: one is"),
    ],
)
def test_what_are_no_scopes_is_told(value: str | list[str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_scopes(value)


@pytest.mark.parametrize(
    "text",
    [
        DEFAULT_BASE_URL,
        "https://webexapis.com",
        "https://integration.test:8443/v1/",
        "http://localhost:9000/v1",
        "http://127.0.0.1:9000",
        "http://[::1]:9000/v1",
    ],
)
def test_a_base_url_is_https_or_this_machines(text: str) -> None:
    assert check_base_url(text) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "an address like"),
        ("webexapis.com/v1", "an address like"),
        ("ftp://webexapis.com", "an address like"),
        ("https://", "an address like"),
        ("https://webexapis.com:99999", "an address like"),
        ("https://webex apis.com", "an address like"),
        ("https://[::1", "an address like"),
        ("http://webexapis.com/v1", "https://, else the secret"),
        ("http://localhost.evil.test/v1", "https://, else the secret"),
        ("http://127.0.0.1.evil.test", "https://, else the secret"),
        ("http://localhost@evil.test", "https://, else the secret"),
        ("https://ann@webexapis.com", "no user name"),
        ("https://@webexapis.com", "no user name"),
        ("https://webexapis.com/v1?x=1", "no query"),
        ("https://webexapis.com/v1?", "no query"),
        ("https://webexapis.com/v1#x", "no fragment"),
    ],
)
def test_the_secret_is_sent_nowhere_else(text: str, why: str) -> None:
    sentence = check_base_url(text)
    assert sentence is not None
    assert why in sentence


@pytest.mark.parametrize("text", ["ann@example.com", " ann.b+c@example.com\n", f"ann@{'x' * 250}"])
def test_a_login_hint_is_an_e_mail_address(text: str) -> None:
    assert parse_email(text) == text.strip()


@pytest.mark.parametrize(
    "text", ["", "ann", "@x", "ann@", "a@b@c", "ann b@x", "a@b\x1b", "é@x.de", f"ann@{'x' * 251}"]
)
def test_what_is_no_e_mail_address_is_no_login_hint(text: str) -> None:
    with pytest.raises(ValueError, match="e-mail address"):
        parse_email(text)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("true", True),
        ("Yes", True),
        (" on ", True),
        ("false", False),
        ("NO", False),
        ("off", False),
    ],
)
def test_a_flag_is_said_in_several_words(text: str, flag: bool) -> None:
    assert parse_flag(text) is flag


@pytest.mark.parametrize(("text", "seconds"), [("10", 10), ("300", 300), ("3600", 3600)])
def test_a_timeout_is_in_seconds(text: str, seconds: int) -> None:
    assert parse_timeout(text) == seconds


@pytest.mark.parametrize(
    ("parse", "text", "why"),
    [
        (parse_flag, "maybe", "true or false, not “maybe”"),
        (parse_flag, "", r"true or false\.$"),
        (parse_flag, "x" * 12, "true or false, not “xxxxxxxxxxxx”"),
        (parse_flag, "x" * 13, r"true or false\.$"),  # it may be a secret
        (parse_timeout, "9", "from 10 to 3600, not “9”"),
        (parse_timeout, "3601", "from 10 to 3600, not “3601”"),
        (parse_timeout, "5m", "from 10 to 3600, not “5m”"),
        (parse_timeout, "", "from 10 to 3600"),
        (parse_warn_before, "", "durations before the end"),
        (parse_warn_before, "3d 0s", "durations before the end"),
        (parse_application_id, "", "cannot be the application ID"),
        (parse_application_id, "two words", "cannot be the application ID"),
        (parse_application_id, "https://example.com", "cannot be the application ID"),
        (parse_application_id, '"Y2lz"', "cannot be the application ID"),
        (parse_application_id, "Y" * 513, "cannot be the application ID"),
        (
            lambda text: parse_choice(text, ("auto", "never")),
            "sometimes",
            "one of auto, never, not",
        ),
    ],
)
def test_other_values_are_told(parse: Callable[[str], object], text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse(text)


def test_an_id_is_one_word() -> None:
    assert parse_application_id(" Y2lz\n") == "Y2lz"
    assert parse_application_id("Y" * 512) == "Y" * 512


@pytest.mark.parametrize("hidden", ["\u00ad", "\u200b", "\u2060", "\ufeff", "\ufe0f", "\u034f"])
def test_an_invisible_character_in_a_secret_is_named(hidden: str) -> None:
    refusal = check_secret(f"5ec7e7{hidden}5ec7e7")
    assert refusal is not None
    assert "an invisible character" in refusal
    assert "5ec7" not in refusal


def test_each_setting_is_declared_once_with_its_title_and_help() -> None:
    declared = {each for each in vars(settings_table).values() if isinstance(each, Setting)}
    assert declared == set(SETTINGS)
    assert settings_table._texts().keys() == {setting.name for setting in SETTINGS}
    names = [name.lower() for setting in SETTINGS for name in setting.names]
    assert len(set(names)) == len(names)
    variables = [name for setting in SETTINGS for name in setting.variables]
    assert len(set(variables)) == len(variables)
    for setting in SETTINGS:
        assert setting.title, setting.name
        assert setting.help, setting.name
        assert not setting.help.endswith("."), setting.name
        if setting.default_text:
            given = RawValue(setting.default_text, None, {})
            assert setting.parse(given) == setting.default, setting.name
