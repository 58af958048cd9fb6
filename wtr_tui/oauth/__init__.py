"""The OAuth protocol as Webex speaks it: no files, no terminal, no screens."""
