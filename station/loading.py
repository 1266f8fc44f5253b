"""Loading the parts of the program without stopping to look for garbage among them."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Within the block Python does not look for garbage. May be nested.

    A thousand modules are a million objects that all stay: looking through them again and again while they come is a
    tenth of the time until a window is there.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
