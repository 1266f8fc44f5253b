"""A real engine for every test of the desktop that asks for one: see tests/desktop/engine_rig.py."""

import os
from collections.abc import Iterator

import pytest

from tests.desktop.engine_rig import Rig, running
from tests.line.conftest import line, ready_ca
from tests.line.harness import Line

# Before any test makes the application; a run that is to be watched sets another.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

__all__ = ["line", "ready_ca", "rig"]


@pytest.fixture
def rig(line: Line) -> Iterator[Rig]:
    """A station of two slots with its people, its settings released; attach with ``rig.ear()`` or ``rig.link()``."""
    line.write(slots=2)
    with running(line) as ready:
        yield ready
