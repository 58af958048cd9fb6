"""The redirect listener: what waits on this machine for the authorization response."""
