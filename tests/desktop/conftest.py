"""A real engine for every test of the desktop that asks for one: see tests/desktop/engine_rig.py."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.desktop.engine_rig import PATIENCE, Rig, running
from tests.line.conftest import line, ready_ca, standing_line
from tests.line.harness import Line

# Before any test makes the application; a run that is to be watched sets another.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# Five seconds, pytest-qt's own, are sometimes over before a busy PC has come to what a test waits for.
for wait in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitExposed):
    wait.__kwdefaults__["timeout"] = int(PATIENCE * 1000)

__all__ = ["line", "ready_ca", "rig", "standing"]


@pytest.fixture(autouse=True)
def swept_here() -> Iterator[None]:
    """What a test leaves of a window is collected in Qt's thread, as the window's sweeper does it where it runs."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
def rig(line: Line) -> Iterator[Rig]:
    """A station of two slots with its people, its settings released; attach with ``rig.ear()`` or ``rig.link()``."""
    line.write(slots=2)
    with running(line) as ready:
        yield ready


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, ready_ca: Path) -> Iterator[Rig]:
    """The same once for a module: for tests that look at it, or do what ends with their link, and leave no more behind.

    Modules that use it are one group in a run in several processes, so that they start it once.
    """
    with standing_line(tmp_path_factory.mktemp("standing"), ready_ca, 2) as line:
        line.write(slots=2)
        with running(line) as ready:
            yield ready
