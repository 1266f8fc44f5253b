"""The figures as a picture, PNG or SVG: how far each is from what is asked of it, on a logarithmic scale."""

import math
import os
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.figure import Row, Verdict
from tests.benchmarks.sheet import number

_WIDTH, _LINE, _LEFT, _RIGHT, _TOP = 1280, 30, 520, 180, 60
_DECADES = 2.0
_COLOURS = {Verdict.MET: "#2e7d32", Verdict.AT_FLOOR: "#f9a825", Verdict.MISSED: "#c62828"}


def margin(row: Row) -> float:
    """Return how many times better than asked it is: 1 is just met."""
    assert row.limit is not None
    if row.measured <= 0 or row.limit <= 0:
        return 10**_DECADES if row.verdict is Verdict.MET else 10**-_DECADES
    return row.measured / row.limit if row.more_is_better else row.limit / row.measured


def draw(rows: Sequence[Row], file: Path) -> None:
    """Draw what is asked of the rows; those of which nothing is asked are left out."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QRectF, QSize, Qt
    from PySide6.QtGui import QColor, QFont, QImage, QPainter
    from PySide6.QtSvg import QSvgGenerator
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication([])
    judged = [row for row in rows if row.limit is not None]
    height = _TOP + _LINE * len(judged) + _LINE
    image = QImage(_WIDTH, height, QImage.Format.Format_RGB32)
    vector = QSvgGenerator()
    vector.setFileName(str(file))
    vector.setSize(QSize(_WIDTH, height))
    vector.setViewBox(QRectF(0, 0, _WIDTH, height))
    vector.setTitle("Figures, and what is asked of them")
    painter = QPainter(vector if file.suffix == ".svg" else image)
    try:
        painter.fillRect(QRectF(0, 0, _WIDTH, height), QColor("white"))
        font = QFont("DejaVu Sans")
        font.setPixelSize(13)
        painter.setFont(font)
        span = _WIDTH - _LEFT - _RIGHT
        middle = _LEFT + span / 2
        for decade in range(-int(_DECADES), int(_DECADES) + 1):
            x = middle + decade / _DECADES * span / 2
            painter.setPen(QColor("#000000" if decade == 0 else "#909090"))
            painter.drawLine(int(x), _TOP - 8, int(x), height - _LINE)
            label = f"{10 ** abs(decade)} times {'better' if decade > 0 else 'worse'}" if decade else "as asked"
            painter.drawText(QRectF(x - 80, _TOP - 34, 160, 20), Qt.AlignmentFlag.AlignCenter, label)
        for at, row in enumerate(judged):
            y = _TOP + at * _LINE
            end = middle + max(-1.0, min(1.0, math.log10(margin(row)) / _DECADES)) * span / 2
            left, right = sorted((middle, end))
            painter.fillRect(QRectF(left, y + 6, max(right - left, 2.0), _LINE - 12), QColor(_COLOURS[row.verdict]))
            painter.setPen(QColor("#202020"))
            sides = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(8, y, _LEFT - 24, _LINE), sides, row.what.strip())
            said = f"{number(row.measured)} {row.unit}; {row.asked}"
            painter.drawText(QRectF(_WIDTH - _RIGHT + 8, y, _RIGHT - 12, _LINE), Qt.AlignmentFlag.AlignVCenter, said)
    finally:
        painter.end()
    if file.suffix != ".svg" and not image.save(str(file)):
        raise OSError(f"{file} can't be written")
    del application
