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
    text = _shaped(valid_token(options), options.format)
    if options.to is None:
        print_data(text)
        return DONE
    path = expand_path(options.to).absolute()
    try:
        write_private(str(path), text.encode() + b"\n")
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.") from error
    return DONE


def _shaped(token: Token, shape: str) -> str:
    members = token_members(token, clock.now())
    if shape == "json":
        return as_json(members)
    if shape == "wxc":
        import yaml

        kept = ("access_token", "expires_at", "refresh_token", "refresh_token_expires_at")
        wanted = {name: members[name] for name in (*kept, "token_type", "scope")}
        chosen = {name: value for name, value in wanted.items() if value not in (None, "")}
        return yaml.safe_dump(chosen, sort_keys=False, width=1_000_000).rstrip("\n")
    values = {
        "WEBEX_ACCESS_TOKEN": members["access_token"],
        "WEBEX_TOKEN": members["access_token"],
        "WEBEX_ACCESS_TOKEN_EXPIRES_AT": members["expires_at"],
    }
    # docker takes everything after the sign as it stands, quotation marks too.
    bare = "{}={}".format
    line = {"env": shell_export, "systemd": _systemd_line, "dotenv": dotenv_line}.get(shape, bare)
    return "\n".join(line(name, str(value)) for name, value in values.items() if value is not None)


def _systemd_line(name: str, value: str) -> str:
    """systemd.exec(5): in double quotes a backslash takes the next character as it is."""
    if is_plain(value):
        return f"{name}={value}"
    escaped = value.translate({ord(sign): f"\\{sign}" for sign in '\\"$`'})
    return f'{name}="{escaped}"'
