"""PySide6 6.12.0 dropped a reference of True on every emit under Python 3.11, and aborted the process in the end."""

import sys

import pytest
from PySide6.QtCore import QObject, Signal

EMITS = 200


class Sender(QObject):
    said = Signal(bool)
    plain = Signal()


@pytest.mark.usefixtures("qtbot")
def test_emitting_costs_no_references() -> None:
    sender = Sender()
    sender.said.connect(lambda _value: None)
    sender.plain.connect(lambda: None)
    before = [sys.getrefcount(value) for value in (True, False, None)]
    for _ in range(EMITS):
        sender.said.emit(True)
        sender.plain.emit()
    after = [sys.getrefcount(value) for value in (True, False, None)]
    # Elsewhere in the process a few may come and go; the fault was one for each emit.
    assert all(abs(new - old) < EMITS / 4 for new, old in zip(after, before, strict=True)), (before, after)
