"""Takes over the token, and the settings, that another tool keeps in a file.

FILE is the .wtr-cli.json of the Go tool, wxc_sdk's YAML, JSON as Webex answers it, or a token
alone: a service app's refresh token, a personal access token or a bot's; also as an Authorization
header or as wtr export prints it. - reads standard input. The file itself is left as it is.
"""

from __future__ import annotations

import json
import os
import re
import sys
import termios
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from wtr_tui import clock, errors, shutdown, tokens
from wtr_tui.clock import from_iso
from wtr_tui.commands.output import hide_secrets, print_message
from wtr_tui.commands.parsers import expand_path
from wtr_tui.commands.profile import load_settings
from wtr_tui.commands.token import print_unsaved
from wtr_tui.errors import WtrError
from wtr_tui.model import Account, Secret, StoredToken, Token
from wtr_tui.oauth.client import WebexClient
from wtr_tui.outcomes import record_sign_in
from wtr_tui.storage import profiles, settings_file
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.storage.settings_values import check_app_id, check_secret, parse_port, parse_scopes
from wtr_tui.storage.token_file import TokenFile, account_of
from wtr_tui.storage.token_json import is_same_base_url
from wtr_tui.text import cause, cleaned, is_visible_ascii

_LARGEST = 1024 * 1024

PERSONAL = "personal"
"""In place of the App ID, for a token that belongs to no integration."""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the file, or - for standard input")
    parser.add_argument(
        "--replace", action="store_true", help="replace a token that the profile has already"
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--refresh-token", action="store_true", help="a token alone is a refresh token"
    )
    kind.add_argument(
        "--access-token", action="store_true", help="a token alone is an access token"
    )


def run(options: Namespace) -> int:
    name = "standard input" if options.file == "-" else options.file
    try:
        foreign = parse(_read(options.file))
    except ValueError as error:
        raise errors.UsageError(f"Nothing was imported from {name}. {error}") from None
    hide_secrets(foreign.access_token, foreign.refresh_token, foreign.bare)
    profile = profiles.find(options.profile, options.config, os.environ)
    settings = load_settings(profile)
    _require_same_integration(foreign, settings)
    if foreign.has_token and not options.replace and profile.token_file.read() is not None:
        raise errors.UsageError(
            f"The profile {profile.name} has a token already.",
            "--replace replaces it; --profile NAME imports into another profile.",
        )
    settings = _import_settings(foreign, profile, settings)
    if foreign.has_token:
        _import_token(foreign, profile, settings, options)
    return errors.DONE


def _read(file: str) -> bytes:
    try:
        if file == "-":
            if sys.stdin is None:
                raise errors.UsageError("Standard input is closed.", "Name a file, or pipe one in.")
            return _read_unseen() if sys.stdin.isatty() else sys.stdin.buffer.read(_LARGEST)
        with expand_path(file).open("rb") as opened:
            return opened.read(_LARGEST)
    except OSError as error:
        name = "Standard input" if file == "-" else file
        raise WtrError(f"{name} cannot be read: {cause(error)}.") from error


def _read_unseen() -> bytes:
    """Read what is pasted on the terminal, without echo."""
    print_message("Paste the token or the file's content; it is not shown. Then Enter, and Ctrl+D.")
    before = termios.tcgetattr(0)
    unseen = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(0, termios.TCSANOW, unseen)
    try:
        return sys.stdin.buffer.read(_LARGEST)
    finally:
        termios.tcsetattr(0, termios.TCSANOW, before)


def _require_same_integration(foreign: Foreign, settings: Settings) -> None:
    theirs = foreign.settings.get("appid")
    if settings.app_id and theirs and theirs != settings.app_id:
        raise errors.SettingsError(
            f"The file belongs to the App ID {theirs[:10]}…, the settings name"
            f" {settings.app_id[:10]}….",
            "--profile NAME imports it into another profile.",
        )
    if foreign.base_url and not is_same_base_url(foreign.base_url, settings.base_url):
        raise errors.SettingsError(
            f"The token in the file came from {cleaned(foreign.base_url, 100)},"
            f" {settings.base_url_place} {cleaned(settings.base_url, 100)}.",
            "--profile NAME imports it into a profile with that baseUrl.",
        )


def _import_settings(foreign: Foreign, profile: Profile, settings: Settings) -> Settings:
    """Add the settings that the profile does not have yet, and return all; others stay."""
    new: dict[str, str | int] = {
        key: int(value) if key == "redirectPort" else value
        for key, value in foreign.settings.items()
        if key not in settings.sources or settings.sources[key].kind == "default"
    }
    if not new:
        return settings
    settings_file.save(profile.settings_path, new, expected=settings.text)
    print_message(f"Settings taken over into {profile.settings_path}: {', '.join(new)}.")
    return profile.load_settings(os.environ)


def _import_token(
    foreign: Foreign, profile: Profile, settings: Settings, options: Namespace
) -> None:
    # The lock before the request, which uses a refresh token alone: a server that rotates refresh
    # tokens would revoke it for nothing where the new one cannot be saved.
    with shutdown.defer_signals(), profile.token_file.lock(), shutdown.deferred():
        with tokens.webex_client(settings) as client:
            foreign = _identify(foreign, client, settings, options)
            app_id = foreign.settings.get("appid") or settings.app_id
            if foreign.refresh_token is not None and not app_id:
                raise errors.SettingsError(
                    "The refresh token belongs to an integration, but nothing says to which.",
                    "Set appid and secret first, in wtr-tui or as $WEBEX_APPID and $WEBEX_SECRET.",
                )
            token = _token_to_save(foreign, client, settings, profile.token_file)
        stored = settings.stored(token)._replace(app_id=app_id or PERSONAL, account=foreign.account)
        try:
            notices = profile.token_file.save(stored)
        except errors.StorageError as error:
            print_message(f"NOT SAVED. {error}")
            print_unsaved(token, profile.name)
            raise errors.StorageError("Nothing was imported.") from error
        for notice in notices:
            print_message(notice)
    if options.file != "-" and profile.token_file.is_put_aside(Path(options.file)):
        Path(options.file).unlink(missing_ok=True)  # it is in place now
    record_sign_in(profile, settings, token)
    end = "its end is not known"
    if token.expires_at is not None:
        valid = "valid until" if token.is_valid(clock.now()) else "expired"
        end = f"{valid} {clock.local(token.expires_at)}"
    renewable = "can be refreshed" if token.refresh_token else "cannot be refreshed"
    print_message(f"The token is in {profile.token_path}: {end}, {renewable}.")


def _identify(
    foreign: Foreign, client: WebexClient, settings: Settings, options: Namespace
) -> Foreign:
    """Return the content with a token alone as what it is: by the options, else by asking Webex.

    Both kinds look the same; asked who the user of an access token is, Webex refuses a refresh
    token.
    """
    token = foreign.bare
    if token is None:
        return foreign
    is_refresh_token = bool(options.refresh_token)
    if not (options.refresh_token or options.access_token):
        try:
            client.account(token)
        except errors.AccessTokenRejected:
            if settings.problems:
                raise errors.SettingsError(
                    "Webex does not accept this as an access token. As a refresh token it needs the"
                    f" App ID and the secret it belongs to. {settings.problems[0]}",
                    "Complete the settings in wtr-tui, or set $WEBEX_APPID and $WEBEX_SECRET.",
                ) from None
            is_refresh_token = True
    if is_refresh_token:
        return foreign._replace(refresh_token=token)
    return foreign._replace(access_token=token)


def _token_to_save(
    foreign: Foreign, client: WebexClient, settings: Settings, token_file: TokenFile
) -> Token:
    """Return the token to save. A refresh token alone is used at once, to have an access token."""
    first = foreign.access_token or foreign.refresh_token
    assert first is not None
    token = Token(
        access_token=first,
        obtained_at=clock.now(),
        expires_at=foreign.expires_at,
        refresh_token=foreign.refresh_token,
        refresh_expires_at=foreign.refresh_expires_at,
        scopes=foreign.scopes,
    )
    if foreign.access_token is None:
        settings.require()
        token_file.require_space(StoredToken(settings.app_id, token))
        return client.refresh(token)
    if token.expires_at is None:
        try:
            return token._replace(expires_at=client.expiry(first))
        except WtrError as error:
            print_message(f"{error.message} The end of the token stays unknown.")
    return token


# Parsing the files of other tools, without I/O: the Go tool's ``.wtr-cli.json``, wxc_sdk's YAML, a
# response of Webex as JSON, this program's own token file, variables for a shell, a token alone.

_VARIABLES = {
    "WEBEX_TOKEN": "access_token",
    "WEBEX_ACCESS_TOKEN": "access_token",
    "WEBEX_ACCESS_TOKEN_EXPIRES_AT": "expires_at",
}
"""The members by the names of the variables of an environment, or of a file for one."""
_VARIABLE = re.compile(
    rf"""^(?:export +)?({"|".join(_VARIABLES)})=["']?([^\s"']+)["']?$""", re.MULTILINE
)


class Foreign(NamedTuple):
    """The content of another tool's file.

    ``settings`` have the keys of our own file. ``bare`` is a token alone, of either kind.
    """

    settings: Mapping[str, str] = {}
    access_token: Secret | None = None
    expires_at: datetime | None = None
    refresh_token: Secret | None = None
    refresh_expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    bare: Secret | None = None
    base_url: str = ""
    account: Account = Account()

    def __repr__(self) -> str:
        return f"Foreign({', '.join(self.settings)})"  # the secret is among them

    @property
    def has_token(self) -> bool:
        return any((self.access_token, self.refresh_token, self.bare))


def parse(content: bytes) -> Foreign:
    """Parse the content of such a file.

    Raise ValueError with a sentence that repeats nothing of the content.
    """
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ValueError("That is not text in UTF-8.") from None
    text = text.removeprefix("Authorization:").strip().removeprefix("Bearer ").strip()
    if not text:
        raise ValueError("There is nothing in it.")
    variables = {_VARIABLES[name]: value for name, value in _VARIABLE.findall(text)}
    if variables:
        return _from_members(variables)
    if text.startswith("{"):
        try:
            members = json.loads(text)
        except (ValueError, RecursionError):
            # Not chained: that error holds the whole text.
            raise ValueError("It begins like JSON, but is none.") from None
        return _from_members(members)
    word = text.strip("\"'")
    if not any(letter.isspace() for letter in word):
        return Foreign(bare=_parse_token(word, "What is there"))
    try:
        found = settings_file.parse(text, "The file")
    except errors.SettingsError:
        # Its message is about settings, and may quote a line.
        raise ValueError("It is neither JSON, nor YAML with keys, nor a token alone.") from None
    return _from_members({key: entry.value for key, entry in found.items()})


def _from_members(given: Mapping[str, object]) -> Foreign:
    # The Go tool's library writes its keys in lower case; a user may have written others.
    members = {key.lower(): value for key, value in given.items() if value}

    def first(*names: str) -> object:
        return next((members[name] for name in names if name in members), None)

    access, refresh = first("access_token", "token"), first("refresh_token")
    scope, base_url = first("scope"), first("base_url")
    scopes = tuple(scope.split()) if isinstance(scope, str) else ()
    if not all(map(is_visible_ascii, scopes)):
        raise ValueError("Its scopes hold characters that no scope has.")
    try:
        account = account_of("", given)
    except errors.StorageError:
        account = Account()
    found = _parse_settings(members, first("clientid", "client_id", "appid"))
    foreign = Foreign(
        settings=found,
        access_token=None if access is None else _parse_token(access, "The access token"),
        expires_at=_parse_instant(first("expires_at", "expiration")),
        refresh_token=None if refresh is None else _parse_token(refresh, "The refresh token"),
        refresh_expires_at=_parse_instant(
            first("refresh_token_expires_at", "refresh_expires_at", "refresh_expiration")
        ),
        scopes=scopes,
        base_url=base_url if isinstance(base_url, str) else "",
        account=account,
    )
    if not foreign.has_token and not foreign.settings:
        raise ValueError("It holds no token, and no settings.")
    return foreign


def _parse_settings(members: Mapping[str, object], app_id: object) -> dict[str, str]:
    found = {}
    if app_id is not None:
        refusal = check_app_id(app_id) if isinstance(app_id, str) else "Its App ID is not a text."
        if refusal is not None:
            raise ValueError(refusal)
        found["appid"] = str(app_id).strip()
    if "access_token" in members:
        return found
    secret, scopes = members.get("secret"), members.get("scopes")
    port = members.get("redirectport")
    if isinstance(secret, str) and not check_secret(secret):
        found["secret"] = secret.strip()
    if isinstance(scopes, (str, list, tuple)):
        found["scopes"] = " ".join(parse_scopes(scopes))
    if isinstance(port, (str, int)):
        found["redirectPort"] = str(parse_port(str(port)))
    return found


def _parse_token(value: object, what: str) -> Secret:
    if not isinstance(value, str) or not is_visible_ascii(value.strip()):
        raise ValueError(f"{what} does not look like a token.")
    if len(value.strip()) < 16:
        raise ValueError(f"{what} is too short for a token.")
    return Secret(value.strip())


_UNREADABLE = re.compile(r"(?<=:\d\d)\.\d+| (?=[+-]\d\d:)", re.ASCII)


def _parse_instant(value: object) -> datetime | None:
    """Parse seconds since 1970, or ISO 8601 with an offset; None for anything else."""
    try:
        if isinstance(value, str) and not (value.isascii() and value.isdigit()):
            # Go writes nanoseconds, YAML a blank before the offset: Python 3.10 parses neither, and
            # no Python the blank.
            return from_iso(_UNREADABLE.sub("", value.strip()))
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(int(value), timezone.utc)
    except (ValueError, OverflowError, OSError):
        pass
    return None
