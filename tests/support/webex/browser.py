"""A user with a browser, for where there is neither: opens a sign-in and presses a button.

Written with the standard library's client, so that it shares nothing with the client whose
sign-in it completes.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from wtr_tui.errors import WtrError

_REDIRECTS = 10
# The program exchanges the code before it answers its redirect, within 20 seconds.
_PATIENCE = 30.0


class BrowserStuck(WtrError):
    """The browser could not go on. :attr:`address` is what its address bar shows."""

    def __init__(self, sentence: str, address: str) -> None:
        super().__init__(sentence)
        self.address = address


@dataclass(frozen=True)
class Page:
    """What the browser shows in the end."""

    url: str
    status: int
    headers: dict[str, str]
    text: str

    @property
    def location(self) -> str:
        """Where a redirect leads; empty for any other answer."""
        target = self.headers.get("location", "")
        return urljoin(self.url, target) if self.status in (301, 302, 303) else ""


def approve(url: str) -> Page:
    """Follows a start or authorize URL, presses Approve, and follows back to the program.

    Gives the page the program shows at last. Raises BrowserStuck where there is no consent
    page, or nothing listens at the redirect URI.
    """
    return follow(_press("approve", follow(url)))


def deny(url: str) -> Page:
    """As :func:`approve`, pressing Deny."""
    return follow(_press("deny", follow(url)))


def approved_address(url: str) -> str:
    """Presses Approve and stays there: the address with the code that a person would paste."""
    return _press("approve", follow(url))


def denied_address(url: str) -> str:
    """Presses Deny and stays there: the address with the error."""
    return _press("deny", follow(url))


def approve_device(verification_uri: str, user_code: str) -> Page:
    """Enters the user code and presses Approve. Raises BrowserStuck where the code is refused."""
    return _decide_device(verification_uri, user_code, "approve")


def deny_device(verification_uri: str, user_code: str) -> Page:
    """As :func:`approve_device`, pressing Deny."""
    return _decide_device(verification_uri, user_code, "deny")


def follow(url: str) -> Page:
    """The page at the end of the redirects. Raises BrowserStuck."""
    for _ in range(_REDIRECTS):
        page = _ask("GET", url)
        if not page.location:
            return page
        url = page.location
    raise BrowserStuck(f"The browser gave up after {_REDIRECTS} redirects.", url)


def _press(decision: str, page: Page) -> str:
    answer = _submit(page, _form_of(page, "consent"), {"decision": decision})
    if not answer.location:
        raise BrowserStuck("The consent page led nowhere.", answer.url)
    return answer.location


def _decide_device(verification_uri: str, user_code: str, decision: str) -> Page:
    entry = follow(verification_uri)
    consent = _submit(entry, _form_of(entry, "userCode"), {"userCode": user_code})
    if consent.status != 200:
        raise BrowserStuck("The verification page does not accept this code.", consent.url)
    return _submit(consent, _form_of(consent, "userCode"), {"decision": decision})


def _form_of(page: Page, field: str) -> Form:
    for form in forms(page.text):
        if field in form.fields:
            return form
    raise BrowserStuck(
        f"The sandbox's page was expected; the browser got an answer {page.status}.", page.url
    )


def _submit(page: Page, form: Form, entered: dict[str, str]) -> Page:
    body = urlencode({**form.fields, **entered})
    return _ask("POST", urljoin(page.url, form.action), body)


def _ask(method: str, url: str, body: str | None = None) -> Page:
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        raise BrowserStuck("This browser opens plain http addresses only.", url)
    # A browser asks for "/" where the address has no path.
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Accept": "text/html", "Connection": "close"}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=_PATIENCE)
    try:
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise BrowserStuck(
            f"The browser cannot connect to {parts.netloc}: {error or type(error).__name__}", url
        ) from error
    finally:
        connection.close()
    shown = {name.lower(): value for name, value in response.getheaders()}
    return Page(url, response.status, shown, text)


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)


def forms(page: str) -> list[Form]:
    """All forms in the order of the page, with their named inputs.

    Buttons are left out: only the one that is pressed is sent along.
    """
    reader = _FormReader()
    reader.feed(page)
    return reader.forms


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", "")))
            self._inside = True
        elif tag == "input" and self._inside and values.get("name"):
            self.forms[-1].fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
