"""What can go wrong, as sentences for the person, and the exit code each one leads to."""

from __future__ import annotations

DONE = 0
FAILED = 1
WRONG_USAGE = 2
SIGN_IN_NEEDED = 3
TEMPORARY = 4
INTERRUPTED = 130


class WtrError(Exception):
    """One sentence: what is wrong and where. ``advice`` says what to do about it.

    Neither ever holds a secret: both are shown, logged and printed as they are.
    """

    exit_code = FAILED

    def __init__(self, sentence: str, advice: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.sentence} {self.advice}".rstrip()


class UsageError(WtrError):
    """The command line asks for something that does not exist or does not go together."""

    exit_code = WRONG_USAGE


class SettingsError(WtrError):
    """A setting is missing or wrong, or its file cannot be read."""

    exit_code = WRONG_USAGE


class StorageError(WtrError):
    """A file of the program cannot be read, written or locked."""


class SignInNeeded(WtrError):
    """There is no token that could be used or refreshed: a person has to sign in."""

    exit_code = SIGN_IN_NEEDED


class TemporaryError(WtrError):
    """It failed now and may work later; nothing has to be changed."""

    exit_code = TEMPORARY
