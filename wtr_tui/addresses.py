"""URLs that secrets are sent to: the base URL, and the redirect URI with the code."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from wtr_tui.errors import SettingsError
from wtr_tui.text import cleaned, is_visible_ascii

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
"""The hosts that count as this machine: plain http is allowed to them, and no proxy is used."""

DEFAULT_PORTS = {"http": 80, "https": 443}
DEFAULT_BASE_URL = "https://webexapis.com/v1"
_LONGEST_HOST = 253
_ADVICE = "It has to read like http://localhost:6855, exactly as registered with the integration."
# RFC 3986 §3.3: pchar and the slash.
_PLAIN_PATH = re.compile(r"(?:[/A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*")


class RedirectUri(NamedTuple):
    """A redirect URI on this machine (RFC 8252 §7.3) or elsewhere.

    ``text`` is the registered URI, byte for byte, and the only form that is ever sent.
    ``path`` is "" or begins with a slash.
    """

    text: str
    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, text: str) -> RedirectUri:
        """Parse a redirect URI. Raise SettingsError with the reason where it is not one."""
        refusal = check_redirect_uri(text)
        if refusal is not None:
            raise SettingsError(f"{refusal} It is {cleaned(text, 80) or 'empty'}.", _ADVICE)
        parts = urlsplit(text)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        return cls(text, parts.scheme, parts.hostname or "", port, parts.path)

    def __str__(self) -> str:
        return self.text

    @property
    def is_local(self) -> bool:
        """Whether a listener can receive the redirect: http on this machine.

        For any other, the browser ends at an address that the user has to paste.
        """
        return self.scheme == "http" and is_loopback(self.host)

    @property
    def request_path(self) -> str:
        """The path that a browser requests: ``/`` for a URI without one."""
        return self.path or "/"

    @property
    def authority(self) -> str:
        """Host and port as in a URL: ``localhost:6855``, ``[::1]:6855``."""
        return authority(self.host, self.port)

    @property
    def origin(self) -> str:
        """Scheme and authority: ``http://localhost:6855``."""
        return f"{self.scheme}://{self.authority}"

    @property
    def loopback_authorities(self) -> frozenset[str]:
        """Every Host header that a browser on this machine can send for the port.

        Another name that resolves to this machine is not one of them (DNS rebinding).
        """
        names = {authority(host, self.port) for host in LOOPBACK_HOSTS}
        if self.port == 80:
            names |= {name.removesuffix(":80") for name in names}
        return frozenset(names)


def is_loopback(host: str) -> bool:
    """Return whether the host of a URL, without brackets, is this machine."""
    return host.lower() in LOOPBACK_HOSTS


def is_encrypted(address: SplitResult) -> bool:
    """Return whether secrets may be sent to a URL: by https, or by http to this machine.

    Source: RFC 6749 §3.1, §3.2; RFC 8252 §8.3.
    """
    host = address.hostname or ""
    return bool(host) and (
        address.scheme == "https" or (address.scheme == "http" and is_loopback(host))
    )


def authority(host: str, port: int) -> str:
    """Return ``host:port``, with brackets around an IPv6 address (RFC 3986 §3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def check_base_url(text: str) -> str | None:
    """Return why the text cannot be the base URL, in a sentence without it; None if it can."""
    if refusal := _refusal(text, "base URL", DEFAULT_BASE_URL, "secret"):
        return refusal
    if not _is_host(urlsplit(text).hostname or ""):
        return "The base URL names a host that cannot exist: check its spelling."
    return None


def check_redirect_uri(text: str) -> str | None:
    """Return why the text cannot be a redirect URI, in a sentence without it; None if it can."""
    if refusal := _refusal(text, "redirect URI", "http://localhost:6855", "code"):
        return refusal
    parts = urlsplit(text)
    if parts.port == 0 or parts.netloc.endswith(":"):
        return "The redirect URI must have a port from 1 to 65535."
    # A browser has to request the path unchanged: it would resolve a . or ..
    if {".", ".."} & set(parts.path.split("/")) or not _PLAIN_PATH.fullmatch(parts.path):
        return "The path of the redirect URI is not a plain one."
    return None


def _refusal(text: str, what: str, example: str, secret: str) -> str:
    """Return why the text can be neither of the two URLs, in a sentence; "" if it can."""
    parts = _split(text)
    if parts is None:
        return f"The {what} must be an address like {example}."
    if not is_encrypted(parts):
        return (
            f"The {what} must begin with https://, else the {secret} would travel unencrypted;"
            " http:// is for this machine alone (localhost, 127.0.0.1 or [::1])."
        )
    if "@" in parts.netloc or "?" in text or "#" in text or "\\" in text:
        return f"The {what} must have no user name, no query (?…) and no fragment (#…)."
    return ""


def _split(text: str) -> SplitResult | None:
    """Parse an http or https URL; return None for anything else."""
    try:
        parts = urlsplit(text) if is_visible_ascii(text) else None
        if parts is None or parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            return None
        _ = parts.port  # raises for an invalid port
    except ValueError:
        return None
    return parts


def _is_host(name: str) -> bool:
    """Return whether resolvers and the HTTP library accept the host: an IP address or a name."""
    from ipaddress import ip_address  # slow to import, and seldom needed

    if ":" in name or name.rpartition(".")[2].isdigit():
        try:
            ip_address(name)
        except ValueError:
            return False
        return "%" not in name
    labels = name.removesuffix(".").split(".")
    if len(name) > _LONGEST_HOST or not all(0 < len(label) <= 63 for label in labels):
        return False
    if not all(letter.isalnum() or letter in "-_" for label in labels for letter in label):
        return False
    if not any(label.startswith("xn--") for label in labels):
        return True
    import idna  # httpx decodes such a name with it

    try:
        idna.decode(name)
    except UnicodeError:
        return False
    return True


def port_of(redirect_uri: str) -> int | None:
    """Return the port of a redirect URI on this machine (80 by default), None of any other."""
    if check_redirect_uri(redirect_uri) is not None:
        return None
    parsed = RedirectUri.parse(redirect_uri)
    return parsed.port if parsed.is_local else None
