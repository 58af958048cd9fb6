"""The program in a terminal of its own, over a pretended login."""

from tests.support.program import configured, home, sandbox, signed_in, start  # noqa: F401
