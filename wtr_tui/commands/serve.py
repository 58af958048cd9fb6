"""Gives a valid access token to whoever of you connects to a UNIX socket.

A connection gets one access token, refreshed first when needed, and a line end: nc -U PATH prints
it. Only you and root may connect; the refresh token never leaves. With ssh -R the socket stands on
a server that then needs no token file, no secret and no browser: wtr help ssh. Runs until Ctrl+C.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace

from wtr_tui.access import Source
from wtr_tui.commands.options import add_min_left
from wtr_tui.commands.output import tell
from wtr_tui.environment import token_socket
from wtr_tui.storage import paths


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--socket",
        metavar="PATH",
        help="another path than that in wtr help files",
    )
    add_min_left(parser)


def run(options: Namespace) -> int:
    from wtr_tui import serve

    name = paths.profile_name(options.profile, os.environ)
    source = Source(name, options.config)

    def token() -> str:
        return source.access_token(options.min_left)

    server = serve.activated(os.environ)
    if server is not None:
        # They are for this process, not for what it starts.
        for variable in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
            os.environ.pop(variable, None)
        with server:
            return serve.serve(
                server, token, tell, f"Serving the profile {name} at systemd's socket."
            )
    path = options.socket or token_socket.default_path(
        name, os.environ, paths.state_dir(os.environ)
    )
    greeting = f"Serving the profile {name} at {path}. Ctrl+C ends it."
    with serve.listening(os.path.abspath(path)) as listening:  # noqa: PTH100
        return serve.serve(listening, token, tell, greeting)
