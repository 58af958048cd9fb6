"""WTR²: gets a Webex integration's OAuth token, keeps it alive and hands it over."""

from wtr_tui.version import __version__ as __version__
