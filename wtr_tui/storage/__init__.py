"""What is on disk: the settings a person wrote, and the token. No network, no screen."""
