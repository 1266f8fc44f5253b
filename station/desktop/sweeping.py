"""Python's cyclic garbage, collected in the window's thread alone."""

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

_EVERY_MS: Final = 500

_at_work: Final[list["Sweeper"]] = []


class Sweeper(QObject):
    """From its beginning to its end no other thread collects cyclic garbage. For the window's thread; one at a time.

    Python collects in whichever thread happens to allocate. Parts of a window refer to each other in circles, and
    those of them that are no widgets (timers, models, plots; PySide 6.11 brings only widgets home) would be taken down
    in a thread that reads records, while the window's thread paints them: the program would end without a word.
    What there is at the beginning is never collected, so that a sweep has little to look through.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        _at_work.append(self)
        self._was = gc.isenabled()
        gc.disable()
        gc.freeze()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.sweep)
        self._timer.start(_EVERY_MS)

    def sweep(self) -> None:
        """Collect the oldest generation that is due by Python's own thresholds, if one is. Safe to repeat."""
        counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = [generation for generation, (count, most) in enumerate(counts) if count > most]
        if due:
            gc.collect(due[-1])

    def end(self) -> None:
        """Collect what is there, here, and leave the rest to Python again. Safe to repeat."""
        self._timer.stop()
        if self in _at_work:
            _at_work.remove(self)
        gc.collect()
        if self._was:
            gc.enable()


def settle() -> None:
    """After much was loaded that stays: have a :class:`Sweeper`, where one is at work, look through none of it again.

    For the window's thread; safe to repeat. What there is of a window now stays too, as every window does.
    """
    if _at_work:
        gc.collect()
        gc.freeze()
