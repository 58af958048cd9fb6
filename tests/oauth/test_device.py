from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from wtr_tui.errors import DevicePending, TemporaryError, UnusableResponse
from wtr_tui.model import Secret
from wtr_tui.oauth.responses import (
    HELPER_REDIRECT_URIS,
    DeviceAuthorization,
    device_code_from,
    next_interval,
)

NOW = datetime(2026, 11, 23, 21, 30, tzinfo=timezone.utc)

ANSWER: dict[str, object] = {
    "device_code": "SENTINEL",
    "expires_in": 300,
    "user_code": "729703",
    "verification_uri": "https://oauth-helper-r.wbx2.com/verify",
    "verification_uri_complete": "https://oauth-helper-r.wbx2.com/verify?userCode=729703",
    "interval": 2,
}


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def test_everything_an_answer_states_is_in_the_authorization() -> None:
    assert device_code_from(ANSWER, now=NOW) == DeviceAuthorization(
        device_code=Secret("SENTINEL"),
        user_code="729703",
        verification_uri="https://oauth-helper-r.wbx2.com/verify",
        verification_uri_complete="https://oauth-helper-r.wbx2.com/verify?userCode=729703",
        expires_at=NOW + seconds(300),
        interval=seconds(2),
    )


@pytest.mark.parametrize("name", ["device_code", "expires_in", "user_code", "verification_uri"])
@pytest.mark.parametrize("member", [None, "", [], {}, True])
def test_a_response_that_lacks_what_is_required_is_refused(name: str, member: object) -> None:
    with pytest.raises(UnusableResponse) as caught:
        device_code_from({**ANSWER, name: member}, now=NOW)
    assert caught.value.hint


@pytest.mark.parametrize("member", ["7297\x1b[2J", "72 97", "7" * 41])
def test_a_code_nobody_could_type_is_refused(member: str) -> None:
    with pytest.raises(UnusableResponse, match="no code to enter"):
        device_code_from({**ANSWER, "user_code": member}, now=NOW)


@pytest.mark.parametrize("name", ["verification_uri", "verification_uri_complete"])
@pytest.mark.parametrize(
    "member",
    [
        "http://example.com/verify",
        "http://localhost.example.com/verify",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "//example.com",
        "https://",
        "https://[::1/verify",
        "https://example.com/\x1b]0;x\x07",
        "https://example.com/" + "a" * 2000,
        5,
    ],
)
def test_a_page_that_should_not_be_opened_is_refused(name: str, member: object) -> None:
    with pytest.raises(UnusableResponse, match="no page"):
        device_code_from({**ANSWER, name: member}, now=NOW)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_plain_http_is_for_this_machine_alone(host: str) -> None:
    page = f"http://{host}:8080/verify"
    assert device_code_from({**ANSWER, "verification_uri": page}, now=NOW).verification_uri == page


@pytest.mark.parametrize("member", [None, ""])
def test_the_page_with_the_code_in_it_is_optional(member: object) -> None:
    answer = {**ANSWER, "verification_uri_complete": member}
    assert device_code_from(answer, now=NOW).verification_uri_complete is None


@pytest.mark.parametrize(
    ("member", "interval"),
    [(None, 5), (2, 2), ("7", 7), (0.001, 1), (0.5, 1), (1.5, 1.5), (86_400, 60)],
)
def test_the_interval_has_a_default_and_a_limit(member: object, interval: float) -> None:
    assert device_code_from({**ANSWER, "interval": member}, now=NOW).interval == seconds(interval)


@pytest.mark.parametrize(
    ("before", "outcome", "after"),
    [
        (2, DevicePending(), 2),
        (2, DevicePending(slow_down=True), 7),
        (7, DevicePending(slow_down=True), 12),
        (58, DevicePending(slow_down=True), 60),
        (2, DevicePending(slow_down=True, retry_after=seconds(15)), 15),
        (2, DevicePending(slow_down=True, retry_after=seconds(1)), 7),
        (2, DevicePending(retry_after=seconds(900)), 60),
        (2, TemporaryError(""), 4),
        (40, TemporaryError(""), 60),
        (2, TemporaryError("", retry_after=seconds(30)), 30),
    ],
)
def test_the_interval_follows_the_outcome(
    before: float, outcome: DevicePending | TemporaryError, after: float
) -> None:
    assert next_interval(seconds(before), outcome) == seconds(after)


def test_the_device_code_is_not_in_the_repr() -> None:
    assert "SENTINEL" not in repr(device_code_from(ANSWER, now=NOW))


def test_there_are_four_redirect_uris_to_register() -> None:
    assert HELPER_REDIRECT_URIS[:2] == (
        "https://oauth-helper-a.wbx2.com/helperservice/v1/actions/device/callback",
        "https://oauth-helper-r.wbx2.com/helperservice/v1/actions/device/callback",
    )
    assert len(set(HELPER_REDIRECT_URIS)) == 4
