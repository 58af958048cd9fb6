"""Whose token it is: asked of Webex once for each token, in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtr_tui.background import in_thread
from wtr_tui.errors import AccessTokenRejected, WtrError

if TYPE_CHECKING:
    from wtr_tui.model import Account, Secret, Token
    from wtr_tui.oauth.responses import TokenClaims
    from wtr_tui.tui.session import Session


class Owner:
    """The user that Webex names for the latest token, or why none is known."""

    def __init__(self) -> None:
        self._account: Account | None = None
        self._why_unknown = ""
        self._asked_for: Secret | None = None

    def is_to_be_asked(self, token: Token) -> bool:
        """Whether this token is another one than the last; the next call says no."""
        is_new = token.access_token != self._asked_for
        self._asked_for = token.access_token
        return is_new

    async def ask(self, session: Session, access_token: Secret) -> None:
        """people/me. Never raises a WtrError: what went wrong is in :meth:`words`."""
        if not session.ready or session.keeper.foreign:
            self._asked_for = None  # asked once that has changed
            return

        stored = session.keeper.stored
        scopes = stored.token.scopes if stored is not None else ()

        def account() -> Account | None:
            try:
                with session.client() as client:
                    return client.account(access_token, scopes=scopes)
            except AccessTokenRejected as error:
                from wtr_tui import known

                if stored is not None and stored.token.access_token == access_token:
                    known.note_refused(session.profile, stored.token, error, session.now())
                raise

        try:
            self._account = await in_thread(account)
        except WtrError as error:
            self._account = None  # the one that is known may be of the token before
            missing = getattr(error, "status", None) == 404
            self._why_unknown = (
                "Owner unknown (this server does not tell)"
                if missing
                else f"Owner unknown for now: {error.message}"
            )
        else:
            known = self._account is not None
            self._why_unknown = "" if known else "Owner unknown (takes the scope spark:people_read)"

    def words(self, token: Token, stored: Account, claims: TokenClaims | None = None) -> str:
        """``Ann Example · ann@example.com · organisation 1eb65fdf…``.

        ``stored`` is whose it is as the token file says, until Webex has been asked; ``claims``
        are the token's own, for what neither of them says.
        """
        account = self._account
        if account is None and (stored.display_name or stored.email):
            account = stored
        named = (account.display_name, account.email) if account else (self._why_unknown,)
        organization = token.organization or (account.organization if account else "")
        which = f"organisation {organization[:8]}…" if organization else ""
        said = []
        if claims is not None and claims.organization and not organization:
            said.append(f"organisation {claims.organization[:8]}…")
        if claims is not None and claims.user_id and account is None:
            said.append(f"user {claims.user_id[:8]}…")
        if claims is not None and claims.app_id and account is None:
            said.append(f"App ID {claims.app_id[:12]}…")
        says = f"the token says: {', '.join(said)}" if said else ""
        return " · ".join(filter(None, (*named, which, says)))


def claims_of(token: Token) -> TokenClaims | None:
    """What the token says of itself; None where it is no JWT."""
    if token.access_token.reveal().count(".") != 2:
        return None
    from wtr_tui.oauth.responses import (
        claims_of,  # here: the first picture of any other token needs none of it
    )

    return claims_of(token.access_token)
