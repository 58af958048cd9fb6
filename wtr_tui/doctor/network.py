"""The way to Webex: proxy, certificate authorities, an answer, and both clocks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta

from wtr_tui import clock
from wtr_tui.doctor.finding import Finding, bad, good, warn
from wtr_tui.errors import AccessTokenRejected, SettingsError, WtrError
from wtr_tui.model import Secret, Token
from wtr_tui.oauth.client import WebexClient
from wtr_tui.oauth.proxies import proxy_for
from wtr_tui.storage.settings import Settings

_PATIENCE = 10.0
_CLOCK_TOLERANCE = timedelta(seconds=60)

_NO_TOKEN = Secret("none")
"""Webex refuses it, and that is an answer too."""


def proxy(known: Settings, environ: Mapping[str, str]) -> Finding:
    """Which proxy requests go through, without its password."""
    found = proxy_for(known.base_url, environ)
    return good("proxy", "none." if found is None else f"{found.words()}.")


def reached(known: Settings, token: Token | None, *, ask: bool) -> Iterator[Finding]:
    """The authorities, and with ``ask`` one request: does Webex answer, and what time is it?"""
    try:
        client = WebexClient(
            known.base_url,
            known.app_id,
            known.secret,
            ca_file=known.ca_file,
            total_timeout=_PATIENCE,
        )
        client.warm()
    except SettingsError as error:
        yield bad("certificates", error)
        return
    extra = [str(path) for path in (known.ca_file, os.environ.get("SSL_CERT_FILE")) if path]
    words = "the authorities this system trusts"
    yield good("certificates", f"{' and those of '.join([words, *extra])}.")
    if not ask:
        return
    with client:
        yield from _answer(client, token)
        yield from _clock(client)


def _answer(client: WebexClient, token: Token | None) -> Iterator[Finding]:
    is_valid = token is not None and token.is_valid(clock.now())
    try:
        person = client.person(token.access_token if token and is_valid else _NO_TOKEN)
    except AccessTokenRejected:
        if is_valid:
            yield bad("webex", "it answers, but does not accept the access token: wtr refresh.")
        else:
            yield good("webex", "it answers.")
    except WtrError as error:
        yield bad("webex", error)
    else:
        whose = f"; the token is {person.display_name}'s" if person is not None else ""
        yield good("webex", f"it answers and accepts the access token{whose}.")


def _clock(client: WebexClient) -> Iterator[Finding]:
    offset = client.clock_offset
    if offset is None:
        return
    words = f"{clock.duration(abs(offset))} {'behind' if offset > timedelta(0) else 'ahead of'}"
    if abs(offset) > _CLOCK_TOLERANCE:
        yield warn("clock", f"this machine is {words} Webex: times shown are wrong by so much.")
    else:
        yield good("clock", "this machine and Webex agree.")
