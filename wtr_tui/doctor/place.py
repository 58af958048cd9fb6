"""Where the person sits: the port, the browser, the clipboard, the way over SSH."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wtr_tui.doctor.finding import Finding, bad, good, warn
from wtr_tui.environment import browser, clipboard
from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.oauth.listener.sockets import CannotListen, listening_sockets
from wtr_tui.storage.settings import Settings
from wtr_tui.text import cleaned

_ADDRESS = "https://webexapis.com/"


def port(known: Settings) -> Finding:
    """Whether the redirect could be received: the port is had for a moment, on both families."""
    try:
        opened = listening_sockets(known.redirect_port)
    except CannotListen as error:
        return bad("port", error)
    addresses = [str(each.getsockname()[0]) for each in opened]
    for each in opened:
        each.close()
    words = f"{known.redirect_port} is free on {' and '.join(addresses)}."
    if len(addresses) < 2:
        return warn("port", f"{words} A browser that tries the other address waits in vain.")
    return good("port", f"{words} The redirect URI to register is {known.redirect_uri}")


def sitting(here: Surroundings, known: Settings) -> Iterator[Finding]:
    """Over SSH or not, and what that asks for."""
    yield good("you are", f"{here.words()}.")
    if here.remote:
        yield good("forwarding", f"{here.forward_command(known.redirect_port)}")


def opening(here: Surroundings, known: Settings, environ: Mapping[str, str]) -> Finding:
    """Which browser would be asked, if any."""
    if not here.should_open_browser(known.browser):
        return good("browser", "none is opened here; the address is shown, to open anywhere.")
    command = next(browser.commands(_ADDRESS, environ, here), None)
    if command is None:
        return warn("browser", "none was found here: open the address yourself.")
    return good("browser", f"{cleaned(command[0])} would be asked.")


def copying(here: Surroundings, known: Settings) -> Finding:
    """Which ways to the clipboard there are."""
    routes = clipboard.routes(here, known.clipboard)
    if not routes:
        return warn("clipboard", "none can be reached from here; the screens show texts in full.")
    return good("clipboard", f"through {', then '.join(route.value for route in routes)}.")
