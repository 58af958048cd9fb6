"""What is on disk: the settings a user wrote, and the token. No network, no screen."""
