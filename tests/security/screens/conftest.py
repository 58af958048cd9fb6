"""The stage that the screens are played on elsewhere, too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.clock import Clock
from tests.support.stage import Stage
from tests.support.webex import Integration, Sandbox
from tests.tui.conftest import (  # noqa: F401
    _lasting_messages,
    _same_everywhere,
    _styles_read_once,
    _unpainted,
    clock,
    copied,
    opened,
    stage,
)
from wtr_tui.oauth.responses import token_from

LIFE = timedelta(days=14)


@pytest.fixture
def sandbox(integration: Integration, clock: Clock) -> Iterator[Sandbox]:  # noqa: F811
    """A stand-in on the stage's own clock, whose tokens live as long as Webex's."""
    with Sandbox([integration], clock=clock) as running:
        running.rules = replace(
            running.rules, access_lifetime=LIFE, refresh_lifetime=timedelta(days=90)
        )
        yield running


@pytest.fixture
def configured(stage: Stage, sandbox: Sandbox) -> Stage:  # noqa: F811
    """Settings for the sandbox, and no token."""
    stage.configure_for(sandbox)
    return stage


@pytest.fixture
def signed_in(configured: Stage, sandbox: Sandbox) -> Stage:
    """Settings for the sandbox, and a token it gave."""
    token = token_from(sandbox.issue(), now=configured.clock())
    configured.save(token, sandbox.integration.client_id)
    return configured
