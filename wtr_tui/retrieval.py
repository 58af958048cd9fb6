"""The sign-in by all methods at once, as a stream of steps.

The sign-in screen and ``wtr retrieve`` consume the same stream. The first answer wins: it is
exchanged once, saved, and only then shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from wtr_tui import clock, errors, outcomes, shutdown
from wtr_tui.addresses import RedirectUri
from wtr_tui.errors import FAILED, NotSaved, TemporaryError, WtrError
from wtr_tui.model import Account, StoredToken, Token
from wtr_tui.oauth import pages, steps
from wtr_tui.oauth.authorization import (
    AuthorizationRequest,
    BadPaste,
    Granted,
    NotOurs,
    Refused,
    error_text,
    read_pasted,
)
from wtr_tui.oauth.client import WebexClient
from wtr_tui.oauth.listener import CannotListen, Listener
from wtr_tui.oauth.responses import HELPER_REDIRECT_URIS, DeviceAuthorization, next_interval
from wtr_tui.oauth.steps import End, Ended, Method, Step
from wtr_tui.shutdown import in_thread
from wtr_tui.storage.private_file import require_own_folder
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.storage.settings_table import ACCOUNT, LOGIN_HINT, PROMPT, TIMEOUT
from wtr_tui.storage.token_file import TokenFile
from wtr_tui.token_state import other_base_url, require_base_url

EXTENSION = timedelta(minutes=5)

_ACCOUNT_SECONDS = 5.0
"""Limit on asking for the account, because the browser waits for it."""
_CLOCK_CHECK_SECONDS = 0.5


class _SavedGrant(NamedTuple):
    """A granted token, saved in place, or in the file ``aside`` until its account is known.

    ``before`` is the token in place, ``kept_as`` the file that another App ID's was moved to.
    """

    stored: StoredToken
    before: StoredToken | None = None
    aside: Path | None = None
    kept_as: str = ""


class Retrieval:
    """One attempt to sign in, which ends with one of steps.LAST_STEPS.

    ``can_paste`` says whether a user can paste a URL. If not, and the redirect cannot be received,
    a device code is requested, and if that is refused, too, the attempt ends at once.
    """

    def __init__(
        self,
        profile: Profile,
        settings: Settings,
        client: WebexClient,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        # Checked before a user signs in for a token that could not be saved.
        require_own_folder(str(profile.token_path))
        _require_usual_base_url(profile, settings)
        self.redirect_uri = RedirectUri.parse(settings.redirect_uri)
        self.request = AuthorizationRequest(
            base_url=settings.base_url,
            client_id=settings.app_id,
            redirect_uri=settings.redirect_uri,
            scopes=settings.scopes,
            login_hint=settings[LOGIN_HINT],
            prompt=settings[PROMPT],
        )
        client.check_route()
        self.can_paste = True
        self.deadline = now() + timedelta(seconds=settings[TIMEOUT])
        self._profile = profile
        self._settings = settings
        self._client = client
        self._now = now
        self._steps: asyncio.Queue[Step] = asyncio.Queue()
        self._answered = False
        self._listener = Listener(
            self.request, self.redirect_uri, on_answer=self._on_redirect, on_step=self._emit
        )
        self._can_receive = True
        self._device: asyncio.Task[None] | None = None
        self._polling: asyncio.Future[Step] | None = None
        self._finishing: asyncio.Future[Step] | None = None
        self._device_refusal: WtrError | None = None
        self._pasted: asyncio.Task[pages.PageContent] | None = None

    @property
    def authorize_url(self) -> str:
        """The full URL at Webex. It holds the state: it may be shown, but not logged."""
        return self.request.url

    async def run(self) -> AsyncGenerator[Step, None]:
        """Yield the steps as they happen, and close everything at the end.

        To cancel, call :meth:`cancel` or close the iterator.
        """
        watching = asyncio.ensure_future(self._watch_deadline())
        # The first request does not wait for imports and certificates.
        warming = asyncio.ensure_future(in_thread(self._client.warm))
        try:
            await self._listen()
            while True:
                step = await self._steps.get()
                yield step
                if isinstance(step, steps.LAST_STEPS):
                    return
        finally:
            self._answered = True
            for task in (watching, warming, self._device):
                if task is not None:
                    task.cancel()
            await self._listener.stop()
            if self._polling is not None:
                # A token granted just now is saved before the caller closes the client.
                await asyncio.wait({self._polling})

    def launch_url(self) -> str:
        """Return a new URL for a browser started here. It redirects to Webex once."""
        return self._listener.launch_url()

    def cancel(self) -> None:
        """End the attempt, unless an answer is being exchanged already."""
        self._end(End.CANCELLED, "The sign-in was cancelled.", "", errors.INTERRUPTED)

    def extend(self) -> None:
        """Extend the deadline by five minutes."""
        self.deadline += EXTENSION

    def paste(self, text: str) -> str:
        """Take a pasted URL. Return a sentence if it is not the answer, else ""."""
        if self._answered:
            return "This sign-in has its answer already."
        answer = read_pasted(text, self.request, self.redirect_uri)
        if isinstance(answer, BadPaste):
            return answer.message
        if isinstance(answer, NotOurs):
            said = f" It says: {error_text(answer)}" if answer.error else ""
            return f"That is not the answer of this sign-in. {answer.reason.value}{said}"
        self._answered = True
        self._pasted = asyncio.ensure_future(self._accept(answer, Method.PASTE))
        return ""

    def request_device_code(self) -> None:
        """Start the device grant beside the other methods, or again with another code."""
        if self._answered:
            return
        if self._device is not None:
            self._device.cancel()
        self._device_refusal = None
        self._device = asyncio.ensure_future(self._device_grant())

    def _emit(self, step: Step) -> None:
        self._steps.put_nowait(step)

    def _end(self, end: End, message: str, hint: str, exit_code: int = FAILED) -> None:
        if not self._answered:
            self._answered = True
            self._emit(Ended(end, message, hint, exit_code))

    async def _listen(self) -> None:
        if not self.redirect_uri.is_local:
            step = steps.NotListening(
                f"The redirect URI {self.redirect_uri} is not on this machine, so nothing is"
                " listened for here.",
                "After the sign-in the browser ends at an address that begins with it, whatever its"
                " page says: paste that address here. Or use a device code.",
                is_elsewhere=True,
            )
        else:
            try:
                await self._listener.start()
            except CannotListen as refusal:
                step = steps.NotListening(refusal.message, refusal.hint)
            else:
                port, addresses = self.redirect_uri.port, self._listener.families
                self._emit(steps.Listening(self._listener.start_url, port, addresses))
                return
        self._emit(step)
        self._can_receive = False
        if not self.can_paste and self._device is None:
            self.request_device_code()  # the only method left
        self._end_without_a_method()

    def _give_up_device_code(self, error: WtrError) -> None:
        uris = HELPER_REDIRECT_URIS if isinstance(error, errors.DeviceNotSetUp) else ()
        self._emit(steps.DeviceCodeRefused(error.message, error.hint, uris))
        self._device_refusal = error
        self._end_without_a_method()

    def _end_without_a_method(self) -> None:
        """End the attempt where no method is left to answer it."""
        refusal = self._device_refusal
        if self._can_receive or self.can_paste or refusal is None:
            return
        self._end(
            End.FAILED,
            "No method to sign in is left: the redirect cannot be received here, no address can be"
            " pasted without a terminal, and there is no device code.",
            "Mend one of the reasons above, or sign in on a terminal.",
            errors.TEMPORARY if isinstance(refusal, TemporaryError) else FAILED,
        )

    async def _watch_deadline(self) -> None:
        # Checked often, because timers stand still while the machine sleeps.
        now = self._now()
        while now < self.deadline:
            await asyncio.sleep(_CLOCK_CHECK_SECONDS)
            before, now = now, self._now()
            if now < before:
                # The clock was set back, which must not keep the port open for hours.
                self.deadline -= before - now
        self._end(
            End.TIMED_OUT,
            "No answer arrived in time.",
            "If Webex showed an error page, check the App ID, and that the integration has exactly"
            f" this redirect URI: {self.redirect_uri.text}",
        )

    async def _on_redirect(self, answer: Granted | Refused) -> pages.PageContent:
        if self._answered:
            return pages.EARLIER
        self._answered = True
        return await self._accept(answer, Method.REDIRECT)

    async def _accept(self, answer: Granted | Refused, method: Method) -> pages.PageContent:
        """Exchange the first answer; return the page for the browser."""
        if isinstance(answer, Refused):
            self._emit(_declined_step(answer))
            return pages.declined(answer)
        self._emit(steps.Exchanging(method))
        try:
            # On a thread, so that closing the screen does not interrupt the exchange.
            grant = partial(self._client.exchange, answer.code, self.request)
            saved = await in_thread(lambda: self._save_grant(grant))
        except NotSaved as error:
            self._emit(steps.SignedInUnsaved(error, method))
            return pages.SIGNED_IN
        except WtrError as error:
            self._emit(Ended(End.FAILED, error.message, error.hint, error.exit_code))
            return pages.failed(str(error))
        finishing = asyncio.ensure_future(in_thread(lambda: self._identify_account(saved, method)))
        finishing.add_done_callback(self._emit_result)
        self._finishing = finishing
        if saved.aside is None:
            # The token is in place, so the browser need not wait for its account.
            return pages.SIGNED_IN
        is_other = isinstance(await finishing, steps.OtherAccount)
        return pages.OTHER_ACCOUNT if is_other else pages.SIGNED_IN

    def _save_and_identify(self, grant: Callable[[], Token], method: Method) -> Step:
        try:
            return self._identify_account(self._save_grant(grant), method)
        except NotSaved as error:
            return steps.SignedInUnsaved(error, method)

    def _save_grant(self, grant: Callable[[], Token]) -> _SavedGrant:
        """Save the granted token in place, or aside where it may be another account's."""
        file = self._profile.token_file
        with shutdown.deferred():
            token = grant()
            if not token.scopes:
                # Without any, they are as requested (RFC 6749 §5.1).
                token = token._replace(scopes=self._settings.scopes)
            stored = self._settings.stored(token)
            try:
                with file.lock():
                    before = self._read_own_token()
                    if before is not None or self._settings[ACCOUNT]:
                        return _SavedGrant(stored, before, file.put_aside(stored))
                    return _SavedGrant(stored, kept_as=self._save_in_place(stored))
            except WtrError as error:
                raise NotSaved(token, error.message, error.hint) from error

    def _identify_account(self, saved: _SavedGrant, method: Method) -> Step:
        """Save the token with its account, or leave it aside if that needs confirmation."""
        file, token, aside = self._profile.token_file, saved.stored.token, saved.aside
        account = self._ask_account(token)
        stored = saved.stored._replace(account=account)
        kept_as = saved.kept_as
        try:
            if aside is not None:
                held = saved.before.account if saved.before else Account()
                if saved.before and not held.is_known:
                    held = self._ask_account(saved.before.token)
                if account.objection(held, self._settings[ACCOUNT]):
                    TokenFile(aside).save(stored)
                    return steps.OtherAccount(token, method, account, held, aside)
            with file.lock():
                if aside is not None:
                    kept_as = self._save_in_place(stored)
                elif (now_there := self._read_own_token()) and now_there.token.same_access(token):
                    file.save(stored)
        except WtrError as error:
            return steps.SignedInUnsaved(NotSaved(token, error.message, error.hint), method)
        if aside is not None:
            with suppress(OSError):
                aside.unlink()
        outcomes.record_sign_in(self._profile, self._settings, token, self._now)
        return steps.SignedIn(token, method, kept_as, account)

    def _save_in_place(self, stored: StoredToken) -> str:
        """Save under the lock; return the file of another App ID's token ("" for none)."""
        file = self._profile.token_file
        kept_as = file.back_up_unless(stored.app_id, stored.base_url)
        file.save(stored)
        return kept_as

    def _read_own_token(self) -> StoredToken | None:
        """Return the file's token, if it is of this integration and base URL."""
        try:
            stored = self._profile.token_file.read()
        except errors.CorruptTokenFile:
            return None  # saving keeps a copy of it
        if stored is None or stored.app_id != self._settings.app_id:
            return None
        other = other_base_url(stored, self._settings)
        return None if other else stored

    def _ask_account(self, token: Token) -> Account:
        """Return the account by Webex, or at least the organisation that the token names."""
        account = None
        if token.is_valid(self._now()):
            with suppress(WtrError):
                account = self._client.account(
                    token.access_token, scopes=token.scopes, seconds=_ACCOUNT_SECONDS
                )
        account = account or Account()
        return account._replace(organization=token.organization or account.organization)

    async def _device_grant(self) -> None:
        try:
            authorization = await in_thread(
                lambda: self._client.device_authorize(self._settings.scopes)
            )
        except WtrError as error:
            self._give_up_device_code(error)
        else:
            self._emit(steps.DeviceCodeReady(authorization))
            await self._poll(authorization)

    async def _poll(self, authorization: DeviceAuthorization) -> None:
        """Poll at the server's interval whether the code was entered (RFC 8628 §3.4, §3.5)."""
        interval = authorization.interval
        while self._now() < authorization.expires_at:
            await asyncio.sleep(interval.total_seconds())
            if self._answered:
                return
            grant = partial(self._device_token, authorization, asyncio.get_running_loop())
            # A token may be granted while the attempt ends: cancelling this task must not prevent
            # its saving.
            poll = partial(self._save_and_identify, grant, Method.DEVICE)
            self._polling = asyncio.ensure_future(in_thread(poll))
            self._polling.add_done_callback(self._emit_result)
            try:
                await asyncio.shield(self._polling)
            except (errors.DevicePending, TemporaryError) as pause:
                interval = next_interval(interval, pause)
            except errors.DeviceExpired:
                break
            except WtrError as error:
                self._give_up_device_code(error)
                return
            else:
                return
        self._emit(steps.DeviceCodeOver("The device code has run out."))

    def _device_token(
        self, authorization: DeviceAuthorization, loop: asyncio.AbstractEventLoop
    ) -> Token:
        token = self._client.device_token(authorization)
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(self._on_code_entered)
        return token

    def _on_code_entered(self) -> None:
        if not self._answered:
            self._answered = True
            self._emit(steps.Exchanging(Method.DEVICE))

    def _emit_result(self, signing_in: asyncio.Future[Step]) -> None:
        with suppress(WtrError, asyncio.CancelledError):  # handled by _poll
            self._emit(signing_in.result())


def _require_usual_base_url(profile: Profile, settings: Settings) -> None:
    """Raise SettingsError where the environment gives a profile with a token another base URL.

    The secret would be sent there. A base URL in the settings file is the user's own decision.
    """
    source = settings.sources.get("baseUrl")
    if source is None or source.kind != "environment":
        return
    try:
        stored = profile.token_file.read()
    except errors.StorageError:
        return  # raised when the token is to be saved
    if stored is not None:
        require_base_url(stored, settings)


_TEMPORARY_REFUSALS = ("server_error", "temporarily_unavailable")
_REFUSAL_HINTS = {
    "access_denied": "If it was not you: ask an administrator to allow the integration, in Control"
    " Hub under Apps, Integrations.",
    "invalid_scope": "The integration must have each of the scopes: add what it lacks at"
    " developer.webex.com/my-apps, or take it out of the scopes in the settings.",
    **dict.fromkeys(_TEMPORARY_REFUSALS, "Try again in a moment."),
}


def _declined_step(answer: Refused) -> Ended:
    what = "Webex refused the sign-in"
    said = error_text(answer)
    if answer.declined:
        what, said = "The sign-in was declined at Webex", answer.description
    return Ended(
        End.DECLINED if answer.declined else End.FAILED,
        f"{what}. Webex says: “{said.rstrip('.')}”." if said else f"{what}.",
        _REFUSAL_HINTS.get(answer.error, "Check the settings."),
        errors.TEMPORARY if answer.error in _TEMPORARY_REFUSALS else FAILED,
    )
