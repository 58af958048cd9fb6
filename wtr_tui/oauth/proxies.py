"""Which proxy of the environment a request goes through, to name it when something fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from wtr_tui.text import cleaned

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
"""This machine: never reached through a proxy, and the only hosts plain http is for."""


@dataclass(frozen=True)
class Proxy:
    """A proxy, the variable that names it, and its address without user and password."""

    variable: str
    address: str

    def words(self) -> str:
        return f"the proxy {self.address} (from ${self.variable})"


def proxy_for(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy that ``url`` is reached through, None for none."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in LOOPBACK_HOSTS or _is_excluded(host, environ):
        return None
    for variable in proxy_variables(environ):
        if variable.lower() in (f"{parts.scheme}_proxy", "all_proxy"):
            return Proxy(variable, _address(environ[variable]))
    return None


def proxy_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that name a proxy, the most specific first.

    A name in small letters wins over the same in capitals, even if it is empty.
    """
    found = []
    for name in ("https_proxy", "http_proxy", "all_proxy"):
        variable = name if name in environ else name.upper()
        if environ.get(variable):
            found.append(variable)
    return tuple(found)


def _is_excluded(host: str, environ: Mapping[str, str]) -> bool:
    """Whether NO_PROXY names the host, a domain it is in, or everything."""
    stated = environ.get("no_proxy", environ.get("NO_PROXY", ""))
    names = [name.strip().lower().lstrip(".") for name in stated.split(",")]
    return any(name and (name in ("*", host) or host.endswith(f".{name}")) for name in names)


def _address(stated: str) -> str:
    try:
        parts = urlsplit(stated if "://" in stated else f"http://{stated}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "whose address cannot be read"
    shown = f"[{host}]" if ":" in host else host
    return cleaned(f"{parts.scheme}://{shown}" + (f":{port}" if port else ""), 100)
