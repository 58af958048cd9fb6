"""The owner of a token as the token view names them."""

from __future__ import annotations

import pytest

from tests.support.stage import ANN, NoWebex, Stage
from tests.support.tokens import APP_ID, USER_ID, a_token
from tests.support.tokens import ORGANIZATION as ORGANIZATION_ID
from wtr_tui.errors import TemporaryError, WtrError
from wtr_tui.model import Account, Secret, Token
from wtr_tui.oauth.responses import TokenClaims
from wtr_tui.tui.display import Owner

TOKEN = a_token()
ORGANIZATION = " · organisation 1eb65fdf…"


class Failing(NoWebex):
    def __init__(self, failure: WtrError) -> None:
        super().__init__(None)
        self._failure = failure

    def account(self, access_token: Secret, **_: object) -> Account | None:
        raise self._failure


@pytest.mark.parametrize(
    ("webex", "words"),
    [
        (NoWebex(ANN), f"Ann Example · ann@example.com{ORGANIZATION}"),
        (NoWebex(None), f"Owner unknown (needs the scope spark:people_read){ORGANIZATION}"),
        (
            Failing(TemporaryError("Webex is down.", "Try again later.")),
            f"Owner unknown for now: Webex is down.{ORGANIZATION}",
        ),
    ],
    ids=["known", "may not say", "down"],
)
async def test_the_owner_is_named_or_why_not(stage: Stage, webex: NoWebex, words: str) -> None:
    stage.configure()
    owner = Owner()
    await owner.request(stage.session(webex=webex), TOKEN.access_token)
    assert owner.describe(TOKEN, Account()) == words


CLAIMS = TokenClaims(None, ORGANIZATION_ID, APP_ID, USER_ID)
OPAQUE = TOKEN._replace(access_token=Secret("opaque"))


@pytest.mark.parametrize(
    ("token", "account", "words"),
    [
        (
            OPAQUE,
            Account(),
            f"the token says: organisation 1eb65fdf…, user 77aa3d52…, App ID {APP_ID[:12]}…",
        ),
        (
            OPAQUE,
            Account("Ann Example", "ann@example.com"),
            "Ann Example · ann@example.com · the token says: organisation 1eb65fdf…",
        ),
        (
            OPAQUE,
            Account("Ann Example", "ann@example.com", "other-organisation"),
            "Ann Example · ann@example.com · organisation other-or…",
        ),
    ],
    ids=["nothing known", "no organisation known", "all known"],
)
def test_what_the_token_says_never_stands_above_what_webex_says(
    token: Token, account: Account, words: str
) -> None:
    assert Owner().describe(token, account, CLAIMS) == words


async def test_the_scopes_are_handed_on_so_that_userinfo_can_be_asked(stage: Stage) -> None:
    stage.configure()
    token = a_token(obtained_at=stage.clock())._replace(scopes=("openid", "email"))
    stage.save(token)
    asked = []

    class Asked(NoWebex):
        def account(self, access_token: Secret, **more: object) -> Account | None:
            asked.append(more["scopes"])
            return Account(email="ann@example.com")

    session = stage.session(webex=Asked(None))
    session.auto_refresh.look(session.now())
    owner = Owner()
    await owner.request(session, token.access_token)
    assert asked == [("openid", "email")]
    assert "ann@example.com" in owner.describe(token, Account())


async def test_webex_is_asked_once_for_each_token(stage: Stage) -> None:
    stage.configure()
    owner = Owner()
    assert owner.is_new(TOKEN)
    assert not owner.is_new(TOKEN)
    assert owner.is_new(TOKEN._replace(access_token=Secret("another")))


async def test_without_settings_it_is_asked_once_there_are_some(stage: Stage) -> None:
    owner = Owner()
    assert owner.is_new(TOKEN)
    await owner.request(stage.session(webex=NoWebex(ANN)), TOKEN.access_token)
    assert owner.is_new(TOKEN)
