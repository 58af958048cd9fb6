"""Signs in without the full screen: prints the ways to sign in on stderr, and waits.

Whichever way answers first wins. On a terminal, the address where the browser ended can be
pasted. The token is saved; -o or -j print it on standard output.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from dataclasses import replace

from wtr_tui import clock, hook, in_flight
from wtr_tui.background import in_thread
from wtr_tui.commands import debug, formats, put_aside_words, sign_in_words, unsaved
from wtr_tui.commands.output import give, is_terminal, say, tell
from wtr_tui.commands.pasting import Pasting
from wtr_tui.commands.refresh import add_outputs, add_timeout, timeout
from wtr_tui.commands.waiting import Waiting
from wtr_tui.environment import browser, surroundings
from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.errors import DONE, FAILED
from wtr_tui.model import Token
from wtr_tui.oauth import steps
from wtr_tui.oauth.client import WebexClient
from wtr_tui.retrieval import Retrieval
from wtr_tui.storage import profile, settings
from wtr_tui.storage.profile import Profile
from wtr_tui.storage.settings import Settings


def arguments(parser: ArgumentParser) -> None:
    add_timeout(parser, "how long to wait, also as 5m (default: the setting timeout, or 300)")
    parser.add_argument("--no-browser", action="store_true", help="open no browser here")
    parser.add_argument(
        "--device", action="store_true", help="ask for a device code at once, beside the rest"
    )
    add_outputs(parser)


def run(options: Namespace) -> int:
    found = profile.find(options.profile, options.config, os.environ)
    known = settings.load(found.settings_path, os.environ).require()
    debug.show_settings(found, known)
    known = replace(known, timeout=timeout(options) or known.timeout)
    if options.no_browser:
        known = replace(known, browser="never")
    for warning in known.warnings:
        tell(warning)
    put_aside_words.offer(found)
    sign_in = _SignIn(found, known, surroundings.look(os.environ), options)
    code = asyncio.run(sign_in.run())
    if sign_in.other_account is None:
        return code
    other = sign_in.other_account
    if not put_aside_words.decided(found, other.put_aside, other.account, other.before):
        return FAILED
    hook.run(found, known, hook.Event.RETRIEVED, other.token)
    sign_in.give(other.token)
    return DONE


class _SignIn:
    """One run of the command: consumes the steps of one attempt."""

    def __init__(
        self, found: Profile, known: Settings, here: Surroundings, options: Namespace
    ) -> None:
        self.profile = found
        self.settings = known
        self.here = here
        self.options = options
        self.exit_code = FAILED
        self.ended_by = 0
        self.other_account: steps.OtherAccount | None = None
        self.background: set[asyncio.Task[None]] = set()

    async def run(self) -> int:
        known = self.settings
        with WebexClient(
            known.base_url, known.app_id, known.secret, ca_file=known.ca_file
        ) as client:
            retrieval = Retrieval(self.profile, known, client)
            debug.hide(retrieval.request.state, retrieval.request.code_verifier)
            self._cancel_on_signals(retrieval)
            waiting = Waiting(lambda: retrieval.deadline)
            with waiting, Pasting(lambda text: self._pasted(text, retrieval, waiting)) as pasting:
                if self.options.device:
                    retrieval.ask_for_device_code()
                async for step in retrieval.run():
                    debug.step(f"step: {type(step).__name__}")
                    waiting.clear()
                    self._take(step, retrieval, can_paste=pasting.possible)
        for task in self.background:
            task.cancel()
        return self.exit_code

    def _take(self, step: steps.Step, retrieval: Retrieval, *, can_paste: bool) -> None:
        if isinstance(step, (steps.SignedIn, steps.NotSaved)):
            self._finish(step)
            return
        if isinstance(step, steps.OtherAccount):
            debug.hide(step.token.access_token, step.token.refresh_token)
            self.other_account = step
            return
        lines = sign_in_words.lines(step, self.here, retrieval.authorize_url, can_paste=can_paste)
        for line in lines:
            say(f"{line}\n")
        if isinstance(step, steps.Listening):
            if self.here.should_open_browser(self.settings.browser):
                self._open(retrieval.launch_url())
        elif isinstance(step, steps.NotListening) and not can_paste:
            retrieval.ask_for_device_code()  # the only way that is left
        elif isinstance(step, steps.DeviceCodeReady) and is_terminal(sys.stderr):
            sign_in_words.print_qr_code(step.authorization)
        elif isinstance(step, steps.DeviceCodeOver):
            retrieval.ask_for_device_code()
        elif isinstance(step, steps.Ended):
            was_asked_to = self.ended_by and step.end is steps.End.CANCELLED
            self.exit_code = 128 + self.ended_by if was_asked_to else step.exit_code

    def _finish(self, step: steps.SignedIn | steps.NotSaved) -> None:
        token = step.token
        debug.hide(token.access_token, token.refresh_token)
        self.give(token)
        until = f"valid until {clock.local(token.expires_at)}" if token.expires_at else "valid"
        if isinstance(step, steps.NotSaved):
            tell(f"Signed in {step.way.value}, but the token is NOT SAVED. {step.message}")
            tell(step.hint or "Sign in again once that is mended.")
            if not (self.options.output or self.options.json):
                unsaved.give_on_terminal(token, self.profile.name)
            return
        self.exit_code = DONE
        tell(f"Signed in {step.way.value}; {until}. The token is in {self.profile.token_path}.")
        tell(put_aside_words.who(step.account))
        if step.kept_aside:
            tell(f"The token of another App ID that was there is now in {step.kept_aside}.")
        missing = sorted(set(self.settings.scopes) - set(token.scopes)) if token.scopes else []
        if missing:
            tell(f"Webex did not grant these scopes: {' '.join(missing)}.")

    def give(self, token: Token) -> None:
        options, now = self.options, clock.now()
        for text in formats.outputs(token, now, text=options.output, as_json=options.json):
            give(text)

    def _open(self, url: str) -> None:
        async def opened() -> None:
            launch = await in_thread(lambda: browser.open_browser(url, os.environ, self.here))
            tell(launch.message)

        task = asyncio.ensure_future(opened())
        self.background.add(task)

    def _pasted(self, text: str, retrieval: Retrieval, waiting: Waiting) -> None:
        waiting.clear()
        refusal = retrieval.paste(text)
        if refusal:
            tell(refusal)

    def _cancel_on_signals(self, retrieval: Retrieval) -> None:
        loop = asyncio.get_running_loop()

        insistence = in_flight.Insistence()

        def cancel(number: int) -> None:
            if in_flight.pending():
                insistence.take(number)
                if not self.ended_by:
                    in_flight.say_waiting(number)
            self.ended_by = number
            retrieval.cancel()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Whoever started this with nohup wants it to outlive the terminal.
            if signal.getsignal(number) is not signal.SIG_IGN:
                with suppress(NotImplementedError):
                    loop.add_signal_handler(number, cancel, number)
