"""Proxies from the environment, and the hosts that ``NO_PROXY`` excludes.

``NO_PROXY`` is read as by curl (from 7.86) and Go's ``net/http``: names with their subdomains,
IPv4 and IPv6 addresses and ranges, in brackets or not, each with or without a port.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

from wtr_tui.addresses import DEFAULT_PORTS, is_loopback
from wtr_tui.errors import SettingsError
from wtr_tui.model import Secret
from wtr_tui.text import cleaned, is_visible_ascii


@dataclass(frozen=True)
class Proxy:
    """An HTTP proxy. ``source`` is the variable or setting that names it.

    ``address`` is its URL without user and password.
    """

    source: str
    address: str
    user: str
    password: Secret

    def __str__(self) -> str:
        return f"the proxy {self.address} (from {self.source})"


def proxy_for(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for ``url``, None for a direct connection.

    Raise SettingsError where the proxy named is unusable; the sentence never holds any part of a
    possible password.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    name = host.lower().rstrip(".")
    if is_loopback(host) or any(_covers(each, name, port) for each in _exclusions(environ)):
        return None
    # Variables in lower case take precedence; without any, the system settings of macOS apply.
    found = getproxies()
    for scheme in (parts.scheme, "all"):
        if found.get(scheme):
            name = f"{scheme}_proxy"
            variable = name if environ.get(name) else name.upper()
            is_set = variable in environ
            return _parsed(found[scheme], f"${variable}" if is_set else "the system's settings")
    return None


def warning(environ: Mapping[str, str]) -> str:
    """Return a warning about unreadable entries of NO_PROXY; "" for none."""
    entries = [
        cleaned(entry, 60) for entry in _exclusions(environ) if _covers(entry, "", 0) is None
    ]
    if not entries or not any(getproxies().get(scheme) for scheme in ("https", "http", "all")):
        return ""
    unread = ", ".join(entries[:5])
    return f"$NO_PROXY holds what cannot be read, and what excludes no host: {unread}."


_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?/?")


def _parsed(value: str, source: str) -> Proxy:
    scheme, mark, rest = value.strip().partition("://")
    if not mark:
        scheme, rest = "http", scheme
    # The last @ ends user and password, as in browsers, curl and Go, so that no part of a password
    # is ever taken for a host.
    login, at, host = rest.rpartition("@")
    found = _HOST.fullmatch(host)
    port = int(found[2]) if found and found[2] else None
    is_login = not at or (is_visible_ascii(login) and not set("#/?@") & set(login))
    scheme = scheme.lower()
    address = f"{scheme}://{found[1]}" + (f":{port}" if port else "") if found else ""
    if address and is_login and scheme.startswith("socks"):
        raise SettingsError(
            f"The only proxy for this is a SOCKS proxy, {cleaned(address, 100)} (from {source}),"
            " which this program cannot speak to.",
            "Name an HTTP proxy in $https_proxy; or, where Webex is reached without one, put its"
            " host into $NO_PROXY.",
        )
    is_port = port is None or 0 < port < 65_536
    if not (address and is_login and is_port) or scheme not in DEFAULT_PORTS:
        raise SettingsError(
            f"{source} names a proxy in a way that cannot be used.",
            "A proxy has to look like http://proxy.example.com:3128. Percent-encode it where its"
            " user or password holds one of # / ? @: # is %23, / is %2F, ? is %3F, @ is %40.",
        )
    user, _, password = login.partition(":")
    return Proxy(source, address, unquote(user), Secret(unquote(password)))


def _exclusions(environ: Mapping[str, str]) -> list[str]:
    # As in curl, blanks separate entries, too.
    value = environ.get("no_proxy", environ.get("NO_PROXY", ""))
    return value.lower().replace(",", " ").split()


def _covers(entry: str, host: str, port: int | None) -> bool | None:
    """Return whether an entry of NO_PROXY covers this host; None if the entry is invalid."""
    if entry == "*":
        return True
    # [::1] and [fd00::]/8, with the brackets of a URL
    address = re.sub(r"^\[([^\[\]]*)\](?=/|$)", r"\1", entry)
    with suppress(ValueError):
        addresses = ip_network(address, strict=False)
        try:
            return ip_address(host) in addresses
        except ValueError:
            return False  # as in curl and Go, names are not resolved for this
    if "/" in entry:
        return None
    name, colon, digits = entry.rpartition(":")
    if colon:
        if not (digits.isascii() and digits.isdigit() and 0 < int(digits[:6]) < 65_536):
            return None
        covered = _covers(name, host, port)
        return covered and int(digits) == port
    name = entry.removeprefix("*").strip(".")
    if not name or not re.fullmatch(r"[^\s*/:@\[\]?#]+", name):
        return None
    return host.endswith(f".{name}") or (host == name and not entry.startswith("*."))
