"""The old place of :class:`wtr_tui.model.Secret`."""

from wtr_tui.model import MASK as MASK
from wtr_tui.model import Secret as Secret
