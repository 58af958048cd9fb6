"""The files on disk: settings, tokens, their state, locks. No network, no screen."""
