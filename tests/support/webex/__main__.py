"""``python -m tests.support.webex``: the sandbox as a process of its own.

The first line it prints is its base URL; the settings for it follow, as a settings file. It
runs until it is interrupted or terminated.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from tests.support.webex import Sandbox
from wtr_tui.sandbox.demo import REDIRECT_PORT, demo_integration, settings_text


def main(arguments: list[str] | None = None) -> int:
    """0 once it was asked to end, 1 where the port is taken."""
    asked = _parser().parse_args(arguments)
    sandbox = Sandbox(
        [demo_integration(asked.redirect_port)],
        access_lifetime=asked.access_lifetime,
        refresh_lifetime=asked.refresh_lifetime,
        rotate=asked.rotate,
        same_token_seconds=asked.same_token,
        person_visible=asked.people,
        delay=asked.delay,
    )
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        sandbox.start(asked.port)
    except OSError as error:
        print(f"The sandbox cannot listen on port {asked.port}: {error}", file=sys.stderr)
        return 1
    with_settings = f"{sandbox.base_url}\n{settings_text(sandbox)}"
    print(with_settings, end="", flush=True)
    ended.wait()
    sandbox.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.support.webex",
        description="A Webex stand-in on 127.0.0.1. Prints its base URL, then settings for it.",
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, is any free port")
    parser.add_argument(
        "--redirect-port",
        type=int,
        default=REDIRECT_PORT,
        help="the integration is registered for http://localhost:PORT (%(default)s)",
    )
    parser.add_argument(
        "--access-lifetime",
        default=180.0,
        type=float,
        metavar="S",
        help="of an access token (%(default)s s)",
    )
    parser.add_argument(
        "--refresh-lifetime",
        default=90 * 86_400.0,
        type=float,
        metavar="S",
        help="of a refresh token (%(default)s s)",
    )
    parser.add_argument(
        "--same-token",
        default=0.0,
        type=float,
        metavar="S",
        help="a refresh this soon gives the same access token again (%(default)s s)",
    )
    parser.add_argument(
        "--delay", default=0.0, type=float, metavar="S", help="before every answer (%(default)s s)"
    )
    parser.add_argument(
        "--rotate", action="store_true", help="each refresh gives a new refresh token"
    )
    parser.add_argument(
        "--people", action="store_true", help="people/me answers whatever the scopes"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
