"""The old names of the errors; new code imports them from :mod:`wtr_tui.errors`."""

from wtr_tui.errors import AccessTokenRejected as AccessTokenRejected
from wtr_tui.errors import DeviceDenied as DeviceDenied
from wtr_tui.errors import DeviceExpired as DeviceExpired
from wtr_tui.errors import DeviceNotSetUp as DeviceNotSetUp
from wtr_tui.errors import DevicePending as DevicePending
from wtr_tui.errors import GrantRejected as GrantRejected
from wtr_tui.errors import NotWebex as NotWebex
from wtr_tui.errors import OutcomeUnknown as OutcomeUnknown
from wtr_tui.errors import RequestRefused as RequestRefused
from wtr_tui.errors import TemporaryError as TemporaryFailure
from wtr_tui.errors import UntrustedServer as UntrustedServer
from wtr_tui.errors import UnusableResponse as UnusableAnswer
from wtr_tui.errors import WrongClient as ClientRejected
from wtr_tui.errors import WtrError as WebexFailure

__all__ = ["ClientRejected", "TemporaryFailure", "UnusableAnswer", "WebexFailure"]
