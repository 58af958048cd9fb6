"""Signs in without the full screen: prints the ways to sign in on stderr, and waits.

Whichever way answers first wins. On a terminal, the address where the browser ended can be
pasted. The token is saved; -o or -j print it on standard output. A service app's token (kind:
serviceApp in the settings) is minted instead: no user has to sign in.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
import tty
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

from wtr_tui import clock, shutdown, tokens
from wtr_tui.commands.output import hide_secrets, log_step, print_message, write_stderr
from wtr_tui.commands.parsers import add_outputs, add_timeout, timeout
from wtr_tui.commands.profile import load_settings
from wtr_tui.commands.token import print_token, print_unsaved
from wtr_tui.environment import browser, surroundings
from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.errors import DONE, FAILED, NotSaved
from wtr_tui.model import Account, Token
from wtr_tui.oauth import proxies, steps
from wtr_tui.oauth.responses import DeviceAuthorization
from wtr_tui.outcomes import record_sign_in
from wtr_tui.retrieval import Retrieval
from wtr_tui.shutdown import in_thread
from wtr_tui.storage import profiles
from wtr_tui.storage.private_file import require_own_folder
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.storage.settings_table import ACCOUNT, BROWSER, KIND, SERVICE_APP, THROUGH, TIMEOUT
from wtr_tui.text import cleaned, escaped, is_terminal, program_name
from wtr_tui.token_state import GRANT_MORE, scopes_not_granted


def arguments(parser: ArgumentParser) -> None:
    add_timeout(parser, "how long to wait, also as 5m (default: the setting timeout, or 300)")
    parser.add_argument("--no-browser", action="store_true", help="open no browser here")
    parser.add_argument(
        "--device", action="store_true", help="ask for a device code at once, beside the rest"
    )
    add_outputs(parser)


def run(options: Namespace) -> int:
    profile = profiles.find(options.profile, options.config, os.environ)
    settings = load_settings(profile).require()
    if settings[KIND] == SERVICE_APP:
        require_own_folder(str(profile.token_path))
        return _mint(profile, settings, options)
    settings = settings.with_value(TIMEOUT, timeout(options) or settings[TIMEOUT])
    if options.no_browser:
        settings = settings.with_value(BROWSER, "never")
    no_proxy_warning = proxies.warning(os.environ)
    if no_proxy_warning:
        print_message(no_proxy_warning)
    _settle_earlier(profile, settings[ACCOUNT])
    sign_in = _SignIn(profile, settings, surroundings.detect(os.environ), options)
    asyncio.run(sign_in.run())
    other = sign_in.other_account
    if other is not None:
        reason = other.account.put_aside_reason(other.before, settings[ACCOUNT])
        if _settle(profile, other.put_aside, reason):
            record_sign_in(profile, settings, other.token)
            print_token(other.token, options)
            return DONE
    return sign_in.exit_code


def _mint(profile: Profile, settings: Settings, options: Namespace) -> int:
    through = settings[THROUGH]
    try:
        with shutdown.defer_signals():
            obtained = tokens.mint(profile, settings)
    except NotSaved as error:
        return _report_unsaved("Minted", error, profile, options)
    print_token(obtained.token, options)
    if obtained.warning:
        print_message(f"The profile {through}: {obtained.warning}")
    done = f"Minted a token of the service app through the profile {through}"
    print_message(f"{done}; {_describe_saved(obtained.token, profile)}")
    return DONE


def _describe_saved(token: Token, profile: Profile) -> str:
    until = clock.until_phrase(token.expires_at)
    return f"valid {until}. The token is in {profile.token_path}."


def _report_unsaved(done: str, error: NotSaved, profile: Profile, options: Namespace) -> int:
    print_token(error.token, options)
    cure = error.hint or "Try again once that is mended."
    print_message(f"{done}, but the token is NOT SAVED. {error.message} {cure}")
    if not (options.output or options.json):
        print_unsaved(error.token, profile.name)
    return error.exit_code


class _SignIn:
    """One sign-in: prints its steps and takes what is pasted."""

    def __init__(
        self, profile: Profile, settings: Settings, here: Surroundings, options: Namespace
    ) -> None:
        self.profile = profile
        self.settings = settings
        self.here = here
        self.options = options
        self.exit_code = FAILED
        self.signals: list[int] = []
        self.other_account: steps.OtherAccount | None = None
        self.opening: asyncio.Task[None] | None = None
        self.time_left = ""

    async def run(self) -> None:
        settings = self.settings
        settings.secret.fetch()  # it may ask for a PIN, before anything else reads the terminal
        with tokens.webex_client(settings) as client:
            retrieval = Retrieval(self.profile, settings, client)
            hide_secrets(retrieval.request.state, retrieval.request.code_verifier)
            loop = asyncio.get_running_loop()

            def cancel(_: int) -> None:
                loop.call_soon_threadsafe(retrieval.cancel)

            def take(pasted: str) -> None:
                self._clear_time_left()
                if refusal := retrieval.paste(pasted):
                    print_message(refusal)

            counting = asyncio.ensure_future(self._count_down(retrieval))
            try:
                with shutdown.record_signals(self.signals, cancel), PasteReader(take) as pasting:
                    retrieval.can_paste = pasting.possible
                    if self.options.device:
                        retrieval.request_device_code()
                    async for step in retrieval.run():
                        log_step(f"step: {type(step).__name__}")
                        self._clear_time_left()
                        self._handle(step, retrieval)
            finally:
                counting.cancel()
                self._clear_time_left()
        if self.opening is not None:
            self.opening.cancel()

    async def _count_down(self, retrieval: Retrieval) -> None:
        while is_terminal(sys.stderr):
            text = f"Waiting; {clock.countdown(retrieval.deadline - clock.now())} left."
            write_stderr("\r" + text.ljust(len(self.time_left)))
            self.time_left = text
            await asyncio.sleep(1.0)

    def _clear_time_left(self) -> None:
        """Clear the line for other text; the countdown comes back by itself."""
        if self.time_left:
            write_stderr("\r" + " " * len(self.time_left) + "\r")
            self.time_left = ""

    def _handle(self, step: steps.Step, retrieval: Retrieval) -> None:
        # The address holds the state, so it is shown only where its redirect can be pasted.
        url = retrieval.authorize_url if retrieval.can_paste else ""
        for line in _lines(step, self.here, url):
            write_stderr(f"{escaped(line)}\n")
        match step:
            case steps.SignedIn():
                self._finish(step)
            case steps.SignedInUnsaved(error, method):
                done = f"Signed in {method.value}"
                self.exit_code = _report_unsaved(done, error, self.profile, self.options)
            case steps.OtherAccount():
                hide_secrets(step.token.access_token, step.token.refresh_token)
                self.other_account = step
            case steps.Listening() if self.here.should_open_browser(self.settings[BROWSER]):
                self.opening = asyncio.ensure_future(self._open(retrieval.launch_url()))
            case steps.DeviceCodeReady() if is_terminal(sys.stderr):
                _print_qr_code(step.authorization)
            case steps.DeviceCodeOver():
                retrieval.request_device_code()
            case steps.Ended():
                self.exit_code = step.exit_code
                if step.end is steps.End.CANCELLED and self.signals:
                    self.exit_code = 128 + self.signals[0]

    def _finish(self, step: steps.SignedIn) -> None:
        token, account = step.token, step.account
        print_token(token, self.options)
        self.exit_code = DONE
        print_message(f"Signed in {step.method.value}; {_describe_saved(token, self.profile)}")
        if account.display_name or account.email:
            print_message(f"The token is that of {account.full_label}.".replace("….", "…"))
        else:
            whose = f" It belongs to the organisation {account.organization}."
            print_message(
                "Webex does not name its owner; that needs the scope spark:people_read."
                f"{whose if account.organization else ''}"
            )
        if step.kept_aside:
            print_message(
                f"The token of another App ID that was there is now in {step.kept_aside}."
            )
        missing = scopes_not_granted(token, self.settings)
        if missing:
            print_message(f"Webex did not grant these scopes: {' '.join(missing)}. {GRANT_MORE}")

    async def _open(self, url: str) -> None:
        opened = await in_thread(lambda: browser.open_browser(url, os.environ, self.here))
        self._clear_time_left()
        print_message(opened)


def _lines(step: steps.Step, here: Surroundings, url: str) -> list[str]:
    """Return the lines for one step; ``url`` is Webex's, "" where nothing can be pasted."""
    match step:
        case steps.Listening():
            pasting = [
                "Or, without forwarding, open this address and paste here where the browser ends",
                '(its "cannot connect" page is expected):',
                f"  {url}",
            ]
            return _methods(step, here) + (pasting if url else [])
        case steps.NotListening(message, hint):
            pasting = [
                "Open this address in any browser, sign in, and paste here where it ends:",
                f"  {url}",
            ]
            return [f"{message} {hint}".rstrip(), *(pasting if url else [])]
        case steps.BrowserArrived():
            return ["A browser arrived and was sent to Webex."]
        case steps.DeviceCodeReady(code):
            return [
                f"Or enter the code {code.user_code} at {code.verification_uri} on any machine,"
                f" until {code.expires_at.astimezone():%H:%M:%S}."
            ]
        case steps.DeviceCodeOver(message):
            return [message]
        case steps.DeviceCodeRefused(message, hint):
            return [f"{message} {hint}".rstrip()]
        case steps.Exchanging():
            return ["The answer is here; exchanging it for a token."]
        case steps.Noticed(message):
            return [f"{program_name()}: {message}"]
        case steps.Ended():
            return [f"{program_name()}: {step.message} {step.hint}".rstrip()]
    return []


def _methods(step: steps.Listening, here: Surroundings) -> list[str]:
    forward = [here.forward_command(step.port), here.forward_note(), here.escape_line(step.port)]
    forward = [f"  {line}" for line in forward if line]
    address = f"  {step.start_url}"
    if here.remote:
        return [  # the port first: without it the address does not work over there
            f"You are {here.describe()}: your browser is on another machine.",
            "Forward the port from there, then open the address in your browser:",
            *forward,
            address,
        ]
    elsewhere = "Your browser is on another machine? Forward the port from there:"
    return ["Sign in to Webex in your browser:", address, elsewhere, *forward]


def _print_qr_code(authorization: DeviceAuthorization) -> None:
    """Print the address with the code in it as a QR code, for a phone, on standard error."""
    address = authorization.verification_uri_complete
    if address is None:
        return
    import io

    import segno

    drawn = io.StringIO()
    code = segno.make(cleaned(address, 2_000), error="l", micro=False)
    code.terminal(out=drawn, border=1, compact=True)
    write_stderr(drawn.getvalue())


# Sign-ins as another user than the stored token's: the new token is put aside until decided.


def _settle_earlier(profile: Profile, expected: str) -> None:
    """Settle each token that an earlier sign-in has put aside."""
    for path, stored in profile.token_file.list_put_aside():
        held = profile.token_file.read()
        before = Account() if held is None else held.account
        _settle(profile, path, stored.account.put_aside_reason(before, expected))


def _settle(profile: Profile, path: Path, reason: str) -> bool:
    """Ask whether to replace the stored token by that at ``path``, and return whether it was.

    Without a terminal, or an answer, it stays where it is.
    """
    print_message(
        f"Profile {profile.name}: {reason} Nothing was replaced. The new token is in {path}."
    )
    has_token = profile.token_path.exists()
    answer = _ask("Replace the stored token?" if has_token else "Keep the new token?")
    if answer == "y":
        kept_as = profile.token_file.accept_put_aside(path)
        kept = f" The one before it is kept as {kept_as}." if kept_as else ""
        print_message(f"The token is in {profile.token_path}.{kept}")
        return True
    if answer == "n":
        path.unlink(missing_ok=True)
        print_message("The new token is deleted; nothing was replaced.")
        return False
    print_message(
        f"If that is right, wtr import --replace --profile {profile.name} {path} takes it; if it"
        " is not, delete the file. wtr retrieve on a terminal, and wtr-tui, ask about it."
    )
    return False


def _ask(question: str) -> str:
    """Return ``y``, ``n``, or "" for another answer and without a terminal."""
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        return ""
    write_stderr(f"{question} y yes, n delete the new one, Enter later: ")
    try:
        return sys.stdin.readline().strip().lower()[:1]
    except KeyboardInterrupt:
        print_message("")
        return ""


# Pasting on the terminal while a sign-in waits.

_PAUSE = 0.3
"""Seconds without input after a line end that end a paste: more lines may follow."""

_PASTE_END = "\x1b[201~"
_BRACKETED, _UNBRACKETED = "\x1b[?2004h", "\x1b[?2004l"
_LARGEST = 65_536


class PasteReader:
    """Context that calls ``take`` with each complete paste, while in the foreground."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take = take
        self._text = ""
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self.possible = _is_foreground_terminal()

    def __enter__(self) -> PasteReader:
        if self.possible:
            self._before = termios.tcgetattr(0)
            self._begin()
            # After Ctrl+Z and fg the terminal has the shell's modes.
            self._loop.add_signal_handler(signal.SIGCONT, self._begin)
        return self

    def __exit__(self, *_: object) -> None:
        if not self.possible:
            return
        self._loop.remove_signal_handler(signal.SIGCONT)
        self._loop.remove_reader(0)
        self._wait(None)
        if _is_foreground_terminal():
            _write(_UNBRACKETED)
            # Drops what was typed after the paste, which the shell would run.
            termios.tcsetattr(0, termios.TCSAFLUSH, self._before)

    def _begin(self) -> None:
        if not _is_foreground_terminal():
            return
        try:
            tty.setcbreak(0, termios.TCSANOW)
        except termios.error:
            return
        _write(_BRACKETED)
        self._loop.add_reader(0, self._read)

    def _read(self) -> None:
        # Reading in the background would stop the program by SIGTTIN.
        try:
            received = os.read(0, _LARGEST) if _is_foreground_terminal() else b""
        except OSError:
            received = b""
        if not received:
            self._loop.remove_reader(0)
            return
        self._text = _apply_editing(self._text + received.decode("utf-8", "replace"))[-_LARGEST:]
        is_whole = any(end in self._text for end in (_PASTE_END, "\n", "\r"))
        self._wait(self._loop.call_later(_PAUSE, self._complete) if is_whole else None)

    def _wait(self, timer: asyncio.TimerHandle | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = timer

    def _complete(self) -> None:
        text, self._text = self._text, ""
        if text.strip():
            self._take(text)


def _apply_editing(text: str) -> str:
    """Return the text after the keys that edit it: backspace, and Ctrl+U for all."""
    kept: list[str] = []
    for letter in text:
        if letter == "\x15":
            kept.clear()
        elif letter not in "\x7f\x08":
            kept.append(letter)
        elif kept:
            kept.pop()
    return "".join(kept)


def _is_foreground_terminal() -> bool:
    """Return whether standard input is a terminal, with this program in its foreground."""
    try:
        return os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def _write(sequence: str) -> None:
    if is_terminal(sys.stderr):
        write_stderr(sequence)
