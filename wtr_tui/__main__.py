"""``python -m wtr_tui`` is ``wtr-tui``."""

import sys

from wtr_tui.cli import main

sys.exit(main())
