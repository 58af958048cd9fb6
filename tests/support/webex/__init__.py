"""The sandbox of the tests: the demo's, with failures, token families, and users who click."""

from tests.support.webex.families import Rules
from tests.support.webex.faults import Fault
from tests.support.webex.sandbox import Sandbox, endpoint_of, new_integration
from wtr_tui.sandbox.sandbox import Integration

__all__ = ["Fault", "Integration", "Rules", "Sandbox", "endpoint_of", "new_integration"]
