"""What is on disk: settings, tokens, profiles. No network, no terminal."""
