"""A library imported without another one that it would use, and the station does not."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def absent(package: str) -> Iterator[None]:
    """Within the block the package can't be imported; behind it, it can again, and is whole."""
    there = sys.modules.pop(package, None)
    sys.modules[package] = None  # type: ignore[assignment]  # an import then fails: importlib's own documented way
    try:
        yield
    finally:
        del sys.modules[package]
        if there is not None:
            sys.modules[package] = there
