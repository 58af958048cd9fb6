"""A service app that the sandbox may know, and what minting its token takes."""

from __future__ import annotations

from wtr_tui.model import Secret
from wtr_tui.sandbox.sandbox import ORGANIZATION, ServiceApp

SCOPE = "spark:applications_token"
APPLICATION = "Y2lzY29zcGFyazovL3VzL0FQUExJQ0FUSU9OL0Nh"
MINT = f"applications/{APPLICATION}/token"

APP = ServiceApp(
    client_id="C" + "5e" * 32,
    secret=Secret("5ec7" * 16),
    redirect_uris=("http://localhost:6855",),
    scopes=("spark:kms", "spark:rooms_read"),
    name="unattended",
    application_id=APPLICATION,
    authorized_by=(ORGANIZATION,),
)
