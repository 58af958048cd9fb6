"""The pages a user sees in the browser, each filled from its template."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from wtr_tui.sandbox.http import Answer
from wtr_tui.storage.settings_values import known_scopes

USER = "Robin Example"


def consent_page(
    *,
    action: str,
    hidden: Mapping[str, str],
    integration: str,
    email: str,
    scopes: Iterable[str],
    returns_to: str = "",
) -> Answer:
    """Asks the user whether the integration may have the scopes."""
    body = _filled(
        "consent.html",
        action=escape(action),
        hidden="".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in hidden.items()
        ),
        integration=escape(integration),
        initial=USER[:1],
        user=USER,
        email=escape(email),
        scopes="".join(_scope(scope) for scope in scopes),
        returns_to=(
            f'<p class="fine">You will be returned to <code>{escape(returns_to)}</code></p>'
            if returns_to
            else ""
        ),
    )
    return _page(200, f"Let {integration} in?", body)


def verification_page(user_code: str, *, problem: str = "") -> Answer:
    """Asks for the code that the program shows."""
    body = _filled(
        "verify.html",
        user_code=escape(user_code),
        problem=f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else "",
    )
    return _page(400 if problem else 200, "Enter the code", body)


def message_page(status: int, title: str, sentence: str, details: Iterable[str] = ()) -> Answer:
    """A sentence, such as what is wrong with the address. It never leads anywhere else."""
    listed = "".join(f"<li><code>{escape(detail)}</code></li>" for detail in details)
    body = _filled(
        "message.html",
        title=escape(title),
        sentence=escape(sentence),
        details=f"<ul>{listed}</ul>" if listed else "",
    )
    return _page(status, title, body)


def _scope(scope: str) -> str:
    meaning = known_scopes().get(scope, "A scope this list does not know")
    return f"<li><code>{escape(scope)}</code><span>{escape(meaning)}</span></li>"


def _page(status: int, title: str, body: str) -> Answer:
    nonce = secrets.token_urlsafe(16)
    text = _filled(
        "page.html", title=escape(title), body=body, style=_template("page.css"), nonce=nonce
    )
    return Answer(
        status,
        {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            # There is no form-action: browsers apply it to the redirect that follows the form
            # as well, and that one leads to the program's own listener.
            "Content-Security-Policy": (
                f"default-src 'none'; img-src data:; style-src 'nonce-{nonce}'; base-uri 'none'; "
                "frame-ancestors 'none'"
            ),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
        text.encode(),
    )


def _filled(template: str, **parts: str) -> str:
    return Template(_template(template)).substitute(parts)


@cache
def _template(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")
