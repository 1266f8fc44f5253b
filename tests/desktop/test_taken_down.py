"""Parts of a window are taken down in the window's thread alone, whoever lets go of them last."""

import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt, QTimer
from pytestqt.qtbot import QtBot

from station.desktop.background import Background
from station.desktop.sweeping import Sweeper, settle

pytestmark = pytest.mark.usefixtures("qapp")


class Part(QObject):
    """A part of a window that is no widget; it says in which thread it was taken down."""

    def __init__(self, where: list[str]) -> None:
        super().__init__()
        self.timer = QTimer(self)
        self.took: list[Any] = []
        here = Qt.ConnectionType.DirectConnection
        self.destroyed.connect(lambda: where.append(threading.current_thread().name), here)

    def take(self, result: object) -> None:
        self.took.append(result)


def in_a_worker(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work, name="a worker")
    thread.start()
    thread.join()


def allocate() -> None:
    """What reading does: many containers, so that Python looks for garbage."""
    kept = [[number] for number in range(200_000)]
    assert len(kept) == 200_000


def rubbish() -> None:
    """Many more circles that nobody holds than Python lets lie: what older things give back meanwhile is taken off."""
    for _ in range(50 * gc.get_threshold()[0]):
        one: list[object] = []
        one.append(one)


def circle(where: list[str]) -> None:
    part = Part(where)
    part.took.append(part)


def test_python_alone_takes_a_part_down_in_a_worker() -> None:
    where: list[str] = []
    gc.enable()  # as it is in a program without a sweeper; the tests of this folder have it off
    circle(where)
    in_a_worker(allocate)
    assert where == ["a worker"]


def test_with_a_sweeper_it_is_taken_down_here_and_soon(qtbot: QtBot) -> None:
    where: list[str] = []
    gc.enable()
    sweeper = Sweeper()
    try:
        circle(where)
        in_a_worker(allocate)
        assert where == []
        rubbish()
        qtbot.waitUntil(lambda: bool(where), timeout=10_000)
        assert where == ["MainThread"]
    finally:
        sweeper.end()
    assert gc.isenabled()


def test_what_is_settled_is_never_looked_through_again_where_a_sweeper_is_at_work() -> None:
    try:
        gc.unfreeze()
        settle()
        assert gc.get_freeze_count() == 0, "elsewhere Python's own way goes on"
        sweeper = Sweeper()
        before, more = gc.get_freeze_count(), [[] for _ in range(5000)]
        settle()
        assert gc.get_freeze_count() > before + 4000
        assert len(more) == 5000
        sweeper.end()
    finally:
        gc.unfreeze()


def test_a_sweep_collects_the_oldest_generation_that_is_due() -> None:
    sweeper = Sweeper()
    try:
        gc.collect()
        collected: list[int] = []
        gc.callbacks.append(lambda phase, what: collected.append(what["generation"]) if phase == "stop" else None)
        try:
            sweeper.sweep()
            assert collected == []
            for _ in range(12 * 12):
                rubbish()
                sweeper.sweep()
        finally:
            gc.callbacks.pop()
        assert {0, 1, 2} == set(collected)
        assert collected.count(0) > collected.count(1) > collected.count(2)
    finally:
        sweeper.end()


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("how", ["answered", "failed", "superseded", "after the end"])
def test_what_asked_for_work_is_taken_down_here(qtbot: QtBot, how: str, long: bool) -> None:
    where: list[str] = []
    background = Background()
    goes_on, began = threading.Event(), threading.Event()
    told: list[object] = []

    def ask() -> None:
        part = Part(where)

        def work() -> object:
            began.set()
            goes_on.wait(20)
            if how == "failed":
                raise ValueError("nothing to read")
            return part.took

        background.run(work, part.take, part.take, "key", long=long)

    ask()
    began.wait(20)
    if how == "superseded":
        background.run(lambda: None, told.append, told.append, "key", long=long)
    if how == "after the end":
        background.end()
    assert where == []
    goes_on.set()
    qtbot.waitUntil(lambda: bool(where) or gc.collect() < 0, timeout=10_000)
    assert where == ["MainThread"]
    if how == "superseded":
        qtbot.waitUntil(lambda: told == [None], timeout=10_000)
    background.end()
