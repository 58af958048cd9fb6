"""Whose token it is: asked of Webex once for each token, in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtr_tui.background import in_thread
from wtr_tui.errors import AccessTokenRejected, WtrError

if TYPE_CHECKING:
    from wtr_tui.model import Account, Secret, Token
    from wtr_tui.tui.session import Session


class Owner:
    """The person Webex names for the latest token, or why none is known."""

    def __init__(self) -> None:
        self._person: Account | None = None
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

        def person() -> Account | None:
            try:
                with session.client() as client:
                    return client.account(access_token)
            except AccessTokenRejected as error:
                from wtr_tui import known

                if stored is not None and stored.token.access_token == access_token:
                    known.note_refused(session.profile, stored.token, error, session.now())
                raise

        try:
            self._person = await in_thread(person)
        except WtrError as error:
            self._person = None  # the one that is known may be of the token before
            missing = getattr(error, "status", None) == 404
            self._why_unknown = (
                "Owner unknown (this server does not tell)"
                if missing
                else f"Owner unknown for now: {error.message}"
            )
        else:
            known = self._person is not None
            self._why_unknown = "" if known else "Owner unknown (takes the scope spark:people_read)"

    def words(self, token: Token, stored: Account) -> str:
        """``Ann Example · ann@example.com · organisation 1eb65fdf…``.

        ``stored`` is whose it is as the token file says, until Webex has been asked.
        """
        person = self._person
        if person is None and (stored.display_name or stored.email):
            person = stored
        named = (person.display_name, person.email) if person else (self._why_unknown,)
        organization = token.organization or (person.organization if person else "")
        which = f"organisation {organization[:8]}…" if organization else ""
        return " · ".join(filter(None, (*named, which)))
