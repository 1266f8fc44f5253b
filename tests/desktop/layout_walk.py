"""Looks at every widget that is seen: is its text whole, and is all of it inside the window?"""

from collections.abc import Iterator

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QCheckBox,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QScrollBar,
    QTabBar,
    QTableView,
    QToolButton,
    QWidget,
)

_SLACK = 1
"""Pixels that rounding may cost."""
_FIELD = 12
"""What a field has left and right of its text."""


def cut_off(window: QWidget) -> list[str]:
    """Return what is not whole, in words; a list is scrolled, so what it does not show yet is not cut off."""
    return [f"{_place(widget)}: {why}" for widget, why in _findings(window)]


def geometries(window: QWidget) -> dict[str, QRect]:
    """Return where each named widget that is seen lies in the window."""
    found = {}
    for widget in _seen(window):
        if widget.objectName() and not widget.objectName().startswith("qt_"):
            found[_place(widget)] = QRect(widget.mapTo(window, widget.rect().topLeft()), widget.size())
    return found


def _findings(window: QWidget) -> Iterator[tuple[QWidget, str]]:
    for widget in _seen(window):
        inside = _inside(widget)
        if inside != widget.rect() and not _scrolled(widget):
            yield widget, f"only {inside.width()}x{inside.height()} of {widget.width()}x{widget.height()} is inside"
        why = _lacks(widget)
        if why:
            yield widget, why


def _seen(window: QWidget) -> Iterator[QWidget]:
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and not isinstance(widget, QScrollBar):
            yield widget


def _inside(widget: QWidget) -> QRect:
    """Return what of it its parents leave; negative slack counts as whole."""
    inside, parent, at = widget.rect(), widget.parentWidget(), widget
    while parent is not None:
        corner = at.mapTo(parent, widget.mapTo(at, widget.rect().topLeft())) if at is not widget else widget.pos()
        inside = inside.intersected(QRect(-corner.x(), -corner.y(), parent.width(), parent.height()))
        at, parent = parent, None if parent.isWindow() else parent.parentWidget()
    return inside


def _scrolled(widget: QWidget) -> bool:
    while (parent := widget.parentWidget()) is not None:
        if isinstance(parent, QAbstractScrollArea) and widget is parent.viewport():
            return True
        widget = parent
    return False


def _lacks(widget: QWidget) -> str:
    match widget:
        case QLabel():
            return _label(widget)
        case QTableView():
            return _header(widget.horizontalHeader())
        case QPushButton() | QToolButton() | QCheckBox() | QRadioButton():
            return _hint(widget) if widget.text() else ""
        case QTabBar():
            wanted, have = widget.sizeHint().width(), widget.width()
            return f"tabs want {wanted}, have {have}" if wanted > have + _SLACK else ""
        case QLineEdit():
            return _field(widget)
        case QComboBox():
            wanted = widget.fontMetrics().horizontalAdvance(widget.currentText()) + 2 * _FIELD
            return f"{widget.currentText()!r} wants {wanted}, has {widget.width()}" if wanted > widget.width() else ""
        case _:
            return ""


def _label(label: QLabel) -> str:
    text = label.text()
    if not text or label.textFormat() == Qt.TextFormat.RichText:
        return ""
    metrics, room = QFontMetrics(label.font()), label.contentsRect().size()
    if not label.wordWrap():
        wanted = QSize(
            max(metrics.horizontalAdvance(line) for line in text.splitlines()), metrics.tightBoundingRect(text).height()
        )
    else:
        flags = int(Qt.TextFlag.TextWordWrap)
        wanted = metrics.boundingRect(QRect(0, 0, room.width(), 10_000), flags, text).size()
    if wanted.width() > room.width() + _SLACK or wanted.height() > room.height() + _SLACK:
        return f"{text!r} wants {wanted.width()}x{wanted.height()}, has {room.width()}x{room.height()}"
    return ""


def _hint(button: QAbstractButton) -> str:
    wanted = button.minimumSizeHint() if isinstance(button, QPushButton) else button.sizeHint()
    tall = button.fontMetrics().tightBoundingRect(button.text()).height()
    if wanted.width() > button.width() + _SLACK or tall > button.height() + _SLACK:
        return f"{button.text()!r} wants {wanted.width()}x{tall}, has {button.width()}x{button.height()}"
    return ""


def _field(field: QLineEdit) -> str:
    text = "" if field.text() else field.placeholderText()
    wanted = field.fontMetrics().horizontalAdvance(text) + _FIELD
    return f"{text!r} wants {wanted}, has {field.width()}" if text and wanted > field.width() else ""


def _header(header: QHeaderView) -> str:
    if not header.isVisible():
        return ""
    model = header.model()
    for column in range(header.count()):
        wanted = header.sectionSizeFromContents(column).width()
        if not header.isSectionHidden(column) and wanted > header.sectionSize(column) + _SLACK:
            name = model.headerData(column, Qt.Orientation.Horizontal)
            return f"column {name!r} wants {wanted}, has {header.sectionSize(column)}"
    return ""


def _place(widget: QWidget) -> str:
    names = [widget.objectName() or type(widget).__name__]
    while (parent := widget.parentWidget()) is not None and not parent.isWindow():
        widget = parent
        if widget.objectName() and not widget.objectName().startswith("qt_"):
            names.append(widget.objectName())
    return "/".join(reversed(names))
