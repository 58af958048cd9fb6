"""From the browser's redirect to the token saved and the page shown, in a program just started."""

from __future__ import annotations

import http.client
import re
import time
from itertools import count
from urllib.parse import urlencode, urlsplit

from tests.benchmarks.figure import Against, Figure, Goal
from tests.benchmarks.place import Home, Place
from tests.benchmarks.screen import Screen
from tests.benchmarks.timing import interleaved
from tests.support.webex import browser
from wtr_tui.oauth.authorization import AuthorizationRequest
from wtr_tui.storage.settings import load

_START_ADDRESS = re.compile(r"http://localhost:\d+/s/\w+")


def figures(place: Place) -> list[Figure]:
    homes = (place.home(f"sign-in-{number}") for number in count())
    endpoint_home = place.home("endpoint")
    taken = interleaved(
        {
            "endpoint": lambda: _endpoint(place, endpoint_home),
            "sign-in": lambda: _sign_in(place, next(homes)),
        },
        place.runs(9),
    )
    name = "redirect received to token saved and page answered"
    goal = Goal(25, Against.DIFFERENCE)
    return [Figure(name, "ms", taken["sign-in"], taken["endpoint"], goal)]


def _sign_in(place: Place, home: Home) -> float:
    """The first sign-in after the start, by somebody as quick as a browser can be."""
    with Screen(place.program(), home.environ) as screen:
        screen.wait_for("Listening on", "/s/")
        address = _START_ADDRESS.search(screen.text)
        assert address is not None
        redirect = browser.approved_address(address.group())
        began = time.perf_counter()
        page = browser.follow(redirect)
        taken = 1000 * (time.perf_counter() - began)
        if page.status != 200 or not home.token_path.is_file():
            raise RuntimeError(f"the sign-in failed: {page.status} {page.text}")
        return taken


def _endpoint(place: Place, home: Home) -> float:
    """The same exchange, with nothing around it."""
    settings = load(home.settings_path, home.environ)
    request = AuthorizationRequest(
        base_url=settings.base_url,
        client_id=settings.app_id,
        redirect_uri=settings.redirect_uri,
        scopes=settings.scopes,
    )
    redirect = browser.approved_address(request.url)
    fields = {
        "grant_type": "authorization_code",
        "client_id": settings.app_id,
        "client_secret": settings.secret.reveal(),
        "code": redirect.partition("code=")[2].partition("&")[0],
        "redirect_uri": settings.redirect_uri,
        "code_verifier": request.code_verifier.reveal(),
    }
    form = urlencode(fields)
    server = urlsplit(place.stand_in.base_url)
    began = time.perf_counter()
    connection = http.client.HTTPConnection(server.netloc)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", f"{server.path}/access_token", form, kind)
    answer = connection.getresponse()
    text = answer.read()
    taken = 1000 * (time.perf_counter() - began)
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"the exchange failed: {text!r}")
    return taken
