"""What is asked of Webex, and what stays true for the person when it is refused."""

from __future__ import annotations

from enum import Enum


class Asking(Enum):
    """One question to Webex, in words that follow "to"."""

    EXCHANGE = "exchange the code for a token"
    REFRESH = "refresh the token"
    DEVICE_CODE = "give a device code"
    DEVICE_TOKEN = "say whether the device code was entered"  # noqa: S105 - words
    PERSON = "say whose token it is"
    EXPIRY = "say until when the token is valid"

    @property
    def what_now(self) -> str:
        """What to do when it failed without anybody's fault."""
        if self is Asking.EXCHANGE:
            return START_AGAIN
        if self is Asking.REFRESH:
            return "The token is kept; try again later."
        return "Try again later."


START_AGAIN = "Start the sign-in again: a code works only once."
