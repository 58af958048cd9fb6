"""Everything the stand-in remembers, behind one lock."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from wtr_tui.sandbox.codes import Codes
from wtr_tui.sandbox.consents import Consents
from wtr_tui.sandbox.device import DeviceCodes
from wtr_tui.sandbox.grants import Grants
from wtr_tui.sandbox.integrations import Integration, Registry
from wtr_tui.sandbox.rules import Rules


@dataclass(frozen=True)
class Person:
    """Who is signed in to the stand-in."""

    display_name: str = "Robin Example"
    email: str = "robin@example.com"


class Service:
    """The registered integrations, what persons were asked and granted, and the rules.

    The instant of a request is its own: ``Request.at``.

    Whoever judges a request holds :attr:`lock`: the parts themselves are not safe for threads.
    """

    def __init__(self, integrations: Iterable[Integration], rules: Rules) -> None:
        self.lock = threading.Lock()
        self.rules = rules
        self.person = Person()
        self.origin = ""
        self.integrations = Registry(integrations)
        self.grants = Grants()
        self.codes = Codes(self.grants)
        self.devices = DeviceCodes(self.grants)
        self.consents = Consents()
