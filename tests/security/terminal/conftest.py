"""The real program in a real terminal, as in the tests from end to end."""

from tests.end_to_end.conftest import (  # noqa: F401
    configured,
    home,
    sandbox,
    signed_in,
    start,
)
