"""Prints the token in a form that other tools read; it is refreshed first when needed.

env: for a shell, eval "$(wtr export --format env)"; dotenv: for a .env file; docker: for docker run
--env-file; systemd: for EnvironmentFile=; json: as Webex answers it, with the instants; wxc:
wxc_sdk's YAML. json and wxc hold the refresh token: whoever gets it can go on refreshing.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from wtr_tui import clock
from wtr_tui.commands.output import as_json, print_data
from wtr_tui.commands.parsers import add_min_left, expand_path
from wtr_tui.commands.profile import valid_token
from wtr_tui.commands.token import token_members
from wtr_tui.errors import DONE, StorageError
from wtr_tui.model import Token
from wtr_tui.storage.private_file import write_private
from wtr_tui.text import dotenv_line, is_plain, shell_export

FORMATS = ("env", "dotenv", "docker", "systemd", "json", "wxc")


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="env",
        metavar="FORMAT",
        help=f"{', '.join(FORMATS)}; default: env",
    )
    parser.add_argument("--to", metavar="FILE", help="write FILE, mode 0600, instead of printing")
    add_min_left(parser)


def run(options: Namespace) -> int:
    content = _format(valid_token(options), options.format)
    if options.to is None:
        print_data(content)
        return DONE
    path = expand_path(options.to).absolute()
    try:
        write_private(str(path), content.encode() + b"\n")
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.") from error
    return DONE


_WXC_MEMBERS = (
    *("access_token", "expires_at", "refresh_token", "refresh_token_expires_at"),
    *("token_type", "scope"),
)


def _format(token: Token, chosen: str) -> str:
    members = token_members(token, clock.now())
    if chosen == "json":
        return as_json(members)
    if chosen == "wxc":
        import yaml

        known = {name: members[name] for name in _WXC_MEMBERS if members[name] not in (None, "")}
        return yaml.safe_dump(known, sort_keys=False, width=1_000_000).rstrip("\n")
    variables = {
        "WEBEX_ACCESS_TOKEN": members["access_token"],
        "WEBEX_TOKEN": members["access_token"],
        "WEBEX_ACCESS_TOKEN_EXPIRES_AT": members["expires_at"],
    }
    # docker takes everything after the sign as it stands, quotation marks too.
    bare = "{}={}".format
    line = {"env": shell_export, "systemd": _systemd_line, "dotenv": dotenv_line}.get(chosen, bare)
    return "\n".join(
        line(name, str(value)) for name, value in variables.items() if value is not None
    )


def _systemd_line(name: str, value: str) -> str:
    """Return a line for EnvironmentFile=, with the escapes of systemd.exec(5) where needed."""
    if is_plain(value):
        return f"{name}={value}"
    escaped = value.translate({ord(sign): f"\\{sign}" for sign in '\\"$`'})
    return f'{name}="{escaped}"'
