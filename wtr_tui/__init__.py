"""WTR²: gets a Webex integration's OAuth token, keeps it alive and hands it over."""

__version__ = "0.1.0"
