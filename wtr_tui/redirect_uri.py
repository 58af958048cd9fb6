"""The redirect URI: where Webex sends the browser with the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from wtr_tui.errors import SettingsError
from wtr_tui.text import cleaned, is_visible_ascii

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
"""The hosts that are this machine: for a redirect URI, for plain http, and past every proxy."""

DEFAULT_PORTS = {"http": 80, "https": 443}
_NO_ADDRESS = "The redirect URI must be an address like http://localhost:6855."
_ADVICE = "It has to read like http://localhost:6855, exactly as registered with the integration."
# RFC 3986 §3.3: pchar and the slash.
_PLAIN_PATH = re.compile(r"(?:[/A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*")


@dataclass(frozen=True)
class RedirectUri:
    """A redirect URI: on this machine (RFC 8252 §7.3), or one elsewhere that others own.

    ``text`` is what was registered, byte for byte, and the only form that is ever sent.
    ``path`` is "" or begins with a slash.
    """

    text: str
    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, text: str) -> RedirectUri:
        """Takes the text apart. Raises SettingsError with the reason where it cannot be one."""
        refusal = check(text)
        if refusal is not None:
            raise SettingsError(f"{refusal} It is {cleaned(text, 80) or 'empty'}.", _ADVICE)
        parts = urlsplit(text)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        return cls(text, parts.scheme, parts.hostname or "", port, parts.path)

    def __str__(self) -> str:
        return self.text

    @property
    def is_local(self) -> bool:
        """Whether the redirect can be received here: http on this machine.

        One elsewhere, or https, is nothing to listen for: its page shows the browser an address
        to be pasted.
        """
        return self.scheme == "http" and is_loopback(self.host)

    @property
    def request_path(self) -> str:
        """What a browser asks for: an address without a path is asked for as ``/``."""
        return self.path or "/"

    @property
    def authority(self) -> str:
        """Host and port as in an address: ``localhost:6855``, ``[::1]:6855``."""
        return authority(self.host, self.port)

    @property
    def origin(self) -> str:
        """What its addresses begin with: ``http://localhost:6855``."""
        return f"{self.scheme}://{self.authority}"

    @property
    def loopback_authorities(self) -> frozenset[str]:
        """Every Host header a browser on this machine can send for the port.

        A name that merely resolves to this machine is none of them (DNS rebinding).
        """
        names = {authority(host, self.port) for host in LOOPBACK_HOSTS}
        if self.port == 80:
            names |= {name.removesuffix(":80") for name in names}
        return frozenset(names)


def is_loopback(host: str) -> bool:
    """Whether the host of an address, without brackets, is this machine."""
    return host.lower() in LOOPBACK_HOSTS


def authority(host: str, port: int) -> str:
    """``host:port``, with the brackets an IPv6 address needs (RFC 3986 §3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def check(text: str) -> str | None:
    """Why the text cannot be a redirect URI, in a sentence without it; None where it can."""
    if not is_visible_ascii(text) or "\\" in text:
        return "The redirect URI holds a space or a character that no address may hold."
    if "#" in text or "?" in text:
        return "The redirect URI must have neither a query (?…) nor a fragment (#…)."
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return _NO_ADDRESS
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        return _NO_ADDRESS
    if "@" in parts.netloc:
        return "The redirect URI must not hold a user name."
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return (
            "The redirect URI must lead to this machine (localhost, 127.0.0.1 or [::1]), or begin"
            " with https://: over http the code would travel unencrypted."
        )
    if port == 0 or parts.netloc.endswith(":"):
        return "The redirect URI must have a port from 1 to 65535."
    if not _is_plain_path(parts.path):
        return "The path of the redirect URI is not a plain one."
    return None


def port_of(redirect_uri: str) -> int | None:
    """The port of a redirect URI on this machine, 80 where it names none; else None."""
    if check(redirect_uri) is not None:
        return None
    parsed = RedirectUri.parse(redirect_uri)
    return parsed.port if parsed.is_local else None


def _is_plain_path(path: str) -> bool:
    """Whether a browser asks for just this path. A ``.`` or ``..`` would be resolved."""
    return not {".", ".."} & set(path.split("/")) and _PLAIN_PATH.fullmatch(path) is not None
