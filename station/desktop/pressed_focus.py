"""No button of a page has the focus unless somebody gave it: the next Enter or Space would press it."""

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication, QStackedWidget, QWidget
from shiboken6 import isValid


class PressedFocus(QObject):
    """Takes the focus from buttons of the shown page that Qt, and no person, gave it to."""

    def __init__(self, pages: QStackedWidget) -> None:
        super().__init__(pages)
        self._pages = pages
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._moved)

    def leave_button(self, widget: QWidget | None) -> None:
        """Give the focus to the page itself where it is about to lie on one of its buttons."""
        page = self._pages.currentWidget()
        if page is not None and isinstance(widget, QAbstractButton) and page.isAncestorOf(widget):
            page.setFocus(Qt.FocusReason.OtherFocusReason)

    def _moved(self, old: QWidget | None, new: QWidget | None) -> None:
        # Where the focused widget goes away, Qt gives the focus to the next one: where Arm was, Pause is. What was
        # hidden is so by now, but may be shown again before the settling below; what is disabled is so only then.
        if old is not None and isinstance(new, QAbstractButton):
            hidden = not old.isVisible()
            QTimer.singleShot(0, self, lambda: self._settled(old, new, hidden))

    def _settled(self, old: QWidget, new: QWidget, hidden: bool) -> None:
        if not (isValid(self._pages) and isValid(new) and new.hasFocus()):
            return
        if hidden or not isValid(old) or not (old.isVisible() and old.isEnabled()):
            self.leave_button(new)
