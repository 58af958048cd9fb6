"""The redirect URI: where Webex sends the browser with the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from wtr_tui.errors import SettingsError
from wtr_tui.text import cleaned

_HOSTS = ("localhost", "127.0.0.1", "::1")
# pchar of RFC 3986 §3.3, and the slash.
_PATH = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*")
_ADVICE = "It has to read like http://localhost:6855, exactly as registered with the integration."


@dataclass(frozen=True)
class RedirectUri:
    """A redirect URI on this machine (RFC 8252 §7.3).

    ``text`` is what was registered, byte for byte, and the only form that is ever sent.
    ``host`` is ``localhost``, ``127.0.0.1`` or ``::1``; ``path`` is "" or begins with a slash.
    """

    text: str
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, text: str) -> RedirectUri:
        """Takes the text apart. Raises SettingsError with the reason where it cannot be one."""
        shown = cleaned(text, 80)
        if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
            raise _wrong(f"The redirect URI {shown} holds a character that no address may hold.")
        if "#" in text:
            raise _wrong(f"The redirect URI {shown} must not have a fragment (#…).")
        if "?" in text:
            raise _wrong(f"The redirect URI {shown} must not have a query (?…).")
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError as reason:
            raise _wrong(f"The redirect URI {shown} is not an address: {reason}.") from reason
        if parts.scheme == "https":
            raise _wrong(f"The redirect URI {shown} is https; this program can only answer http.")
        if parts.scheme != "http":
            raise _wrong(f"The redirect URI {shown} does not begin with http://.")
        if "@" in parts.netloc:
            raise _wrong(f"The redirect URI {shown} must not hold a user name.")
        if parts.hostname not in _HOSTS:
            raise _wrong(f"The redirect URI {shown} leads to another machine.")
        if parts.netloc.endswith(":") or port == 0:
            raise _wrong(f"The redirect URI {shown} has no usable port.")
        # A browser would ask for another path than the one written.
        if not _PATH.fullmatch(parts.path) or {".", ".."} & set(parts.path.split("/")):
            raise _wrong(f"The path of the redirect URI {shown} is not a plain one.")
        return cls(text, parts.hostname, 80 if port is None else port, parts.path)

    @classmethod
    def on_port(cls, port: int) -> RedirectUri:
        """The redirect URI of an integration for which only a port is known: no path, no slash."""
        return cls(f"http://localhost:{port}", "localhost", port, "")

    def __str__(self) -> str:
        return self.text

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
        """What every address of the listener begins with: ``http://localhost:6855``."""
        return f"http://{self.authority}"

    @property
    def loopback_authorities(self) -> frozenset[str]:
        """Every Host header a browser on this machine can send for the port.

        A name that merely resolves to this machine is none of them (DNS rebinding).
        """
        names = {authority(host, self.port) for host in _HOSTS}
        if self.port == 80:
            names |= {name.removesuffix(":80") for name in names}
        return frozenset(names)


def authority(host: str, port: int) -> str:
    """``host:port``, with the brackets an IPv6 address needs (RFC 3986 §3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _wrong(sentence: str) -> SettingsError:
    return SettingsError(sentence, _ADVICE)
