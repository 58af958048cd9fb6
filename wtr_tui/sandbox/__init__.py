"""A Webex stand-in on loopback: for the demo, the tests, the screenshots and the benchmarks."""

from wtr_tui.sandbox.faults import Fault
from wtr_tui.sandbox.integrations import Integration, new_integration
from wtr_tui.sandbox.rules import Rules
from wtr_tui.sandbox.sandbox import Sandbox

__all__ = ["Fault", "Integration", "Rules", "Sandbox", "new_integration"]
