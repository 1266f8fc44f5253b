"""Python's cyclic garbage, collected in the window's thread alone."""

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

_EVERY_MS: Final = 500


class Sweeper(QObject):
    """From its beginning to its end no other thread collects cyclic garbage. For the window's thread; one at a time.

    Python collects in whichever thread happens to allocate. Parts of a window refer to each other in circles, and
    those of them that are no widgets (timers, models, plots; PySide 6.11 brings only widgets home) would be taken down
    in a thread that reads records, while the window's thread paints them: the program would end without a word.
    What there is at the beginning is never collected, so that a sweep has little to look through.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
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
        gc.collect()
        if self._was:
            gc.enable()
