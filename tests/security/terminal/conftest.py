"""The real program in a real terminal, as in the tests from end to end."""

from tests.support.program import (  # noqa: F401
    configured,
    home,
    sandbox,
    signed_in,
    start,
)
