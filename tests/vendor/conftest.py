"""The vendors' own clients, for the tests that run them."""

from pathlib import Path

import pytest

from tests.vendor.environment import Absent, provide


@pytest.fixture(scope="session")
def vendor_python() -> Path:
    """The Python of the vendors' environment, made first where it is missing; skips where it can't be made."""
    try:
        return provide()
    except Absent as why:
        pytest.skip(str(why))
