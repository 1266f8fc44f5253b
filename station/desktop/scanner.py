"""A barcode scanner that types: its scans are taken out of the keyboard's stream before any field or button sees them.

Keys are caught where they enter a window (at its ``QWindow``), so each is seen exactly once. What comes quicker than
anybody types and is no scan (a scanner that lost its prefix) presses nothing and chooses nothing: it is dropped as a
whole, and that is said. Only a text field that has the focus gets such a burst, where nothing ended it. A page that
takes scans has a method ``scanned(text: str) -> None``; the window calls that of the page that is shown.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit

from station.desktop.preferences import Preferences, ScannerMode

if TYPE_CHECKING:  # loaded where a scanner is on a port; most type
    from station.desktop.scanner_port import ScannerPort

STX: Final = "\x02"
ETX: Final = "\x03"
LONGEST: Final = 256
"""Characters of one scan; more is no label."""
PATIENCE_MS: Final = 5000
"""How long after its prefix a scan may take: some scanners type 80 ms a key."""
GAP_MS: Final = 35
"""Nobody types several keys within this of each other."""
SHORTEST: Final = 6
"""Timing mode: a shorter burst is no scan."""
FEWEST: Final = 4
"""A shorter burst is typing."""
QUIET_MS: Final = 300
"""After keys that were handed over as typing, or dropped, what follows sooner than this belongs to them."""

_ENDS: Final = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})
_LONG_AGO: Final = -1_000_000
_FIELDS: Final = (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox)
_MODIFIERS: Final = frozenset(
    {Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta, Qt.Key.Key_CapsLock}
)
_KEYS: Final = frozenset({QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride})


@dataclass(frozen=True, slots=True)
class _Held:
    """A key that was held back until it is clear whether a person or a scanner pressed it."""

    window: QWindow
    kind: QEvent.Type
    key: int
    modifiers: Qt.KeyboardModifier
    text: str

    def again(self) -> QKeyEvent:
        return QKeyEvent(self.kind, self.key, self.modifiers, self.text)


class Scanner(QObject):
    """Finds scans in what the keyboard or a serial port says. For the window's thread alone; create it there."""

    scanned = Signal(str)
    """A whole scan, without prefix, suffix and spaces around it."""
    dropped = Signal(str)
    """A scan that had begun and never ended, or was too long: what had come of it."""
    unprefixed = Signal(str)
    """What came as quick as a scan and had no prefix, though scans have one here."""
    trouble = Signal(str, str)
    """``(code, sentence)``: the scanner's serial port; ``("", "")`` once it is well again."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mode = ScannerMode.OFF
        self._text = ""
        self._collecting = False
        """Prefix mode: between STX and the end."""
        self._swallowed: set[int] = set()
        """Keys whose press was taken: their release is taken too."""
        self._held: list[_Held] = []
        self._last = _LONG_AGO
        """When the newest key was pressed that is not part of a scan, by the keyboard's own time."""
        self._released = (0, _LONG_AGO)
        """The key that was let go last, and when."""
        self._late = False
        """The burst began just after other keys: its beginning may be among those."""
        self._noise = False
        """A burst has been dropped: what follows it closely is its rest."""
        self._again = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._waited)
        self._port: ScannerPort | None = None
        self._preferences: Preferences | None = None
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusWindowChanged.connect(self.watch)

    def follow(self, preferences: Preferences) -> None:
        """Work as ``preferences`` say, now and when they change."""
        self._preferences = preferences
        self._use()
        preferences.changed.connect(self._preferred)

    def listen(self, mode: ScannerMode, port: str = "", baud: int = 9600) -> None:
        """Take scans in this way from now on. Safe to repeat."""
        self._give_back()
        self._forget()
        self._mode = mode
        if self._port is not None:
            self._port.end()
            self._port = None
        if mode is ScannerMode.SERIAL and port:
            from station.desktop.scanner_port import ScannerPort  # noqa: PLC0415 -- see above

            self._port = ScannerPort(port, baud, self)
            self._port.scanned.connect(self._take)
            self._port.trouble.connect(self.trouble)
            self._port.start()

    def watch(self, window: QWindow | None) -> None:
        """Take scans typed into this window too; every window that gets the focus is watched anyway. Safe to repeat."""
        if window is not None:
            window.installEventFilter(self)  # a second time moves it, and doubles nothing

    def end(self) -> None:
        """Hear nothing more, and let the serial port go. Safe to repeat."""
        if self._preferences is not None:
            self._preferences.changed.disconnect(self._preferred)
            self._preferences = None
        self.listen(ScannerMode.OFF)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 -- Qt's name
        if event.type() not in _KEYS or not isinstance(event, QKeyEvent) or not isinstance(watched, QWindow):
            return False
        if self._again or self._mode is ScannerMode.OFF:
            return False
        return self._prefixed(watched, event) if self._mode is ScannerMode.PREFIX else self._timed(watched, event)

    def _preferred(self, name: str) -> None:
        if name == "scanner":
            self._use()

    def _use(self) -> None:
        if self._preferences is not None:
            chosen = self._preferences
            self.listen(chosen.scanner_mode, chosen.scanner_port, chosen.scanner_baud)

    def _take(self, text: str) -> None:
        if text.strip():
            self.scanned.emit(text.strip())

    # ---- with a prefix: everything between it and the end is the scanner's

    def _prefixed(self, window: QWindow, event: QKeyEvent) -> bool:
        begins = _is_control(event, STX, Qt.Key.Key_B)
        if event.type() == QEvent.Type.ShortcutOverride:
            if self._collecting or begins:
                event.accept()  # no shortcut is to have it: then it comes as a key
                return True
            return False
        if event.type() == QEvent.Type.KeyRelease:
            return self._release(event) or self._timed(window, event)
        if begins:
            self._settle()
            self._forget()
            self._collecting = True
            self._timer.start(PATIENCE_MS)
        elif not self._collecting:
            return self._timed(window, event)
        elif _ends(event) or _is_control(event, ETX, Qt.Key.Key_C):
            text, self._text, self._collecting = self._text, "", False
            self._timer.stop()
            # Later: whoever hears of it may do anything, and this is inside the delivery of a key.
            QTimer.singleShot(0, self, lambda: self._take(text))
        else:
            self._text += event.text() if event.text().isprintable() else ""
            if len(self._text) > LONGEST:
                self._drop()
        if event.key() not in _MODIFIERS:
            self._swallowed.add(event.key())
        return True

    def _release(self, event: QKeyEvent) -> bool:
        if event.key() not in self._swallowed:
            return self._collecting and event.key() not in _MODIFIERS
        if not event.isAutoRepeat():
            self._swallowed.discard(event.key())
        return True

    def _drop(self) -> None:
        text = self._text
        self._forget()
        self.dropped.emit(text)

    # ---- without one: what comes quicker than anybody types is held back until it is clear what it is

    def _timed(self, window: QWindow, event: QKeyEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride:
            return False
        if kind == QEvent.Type.KeyRelease:
            self._released = event.key(), event.timestamp()
            if event.key() in self._swallowed:
                return self._release(event)
            if self._held:
                self._hold(window, event)
                return True
            return False
        if event.key() in _MODIFIERS:
            return False
        # The keyboard's own time: when the window was busy for a moment, keys arrive late but are not older.
        gap = event.timestamp() - self._last
        self._last = event.timestamp()
        ends = _ends(event) or _is_control(event, ETX, Qt.Key.Key_C) or event.key() == Qt.Key.Key_Tab
        # X repeats a held key by releasing and pressing it at one time, which Qt doesn't always find out.
        repeats = event.isAutoRepeat() or (
            not self._text and (Qt.Key.Key_Space, event.timestamp()) == self._released and event.text() == " "
        )
        if repeats or not (ends or (event.text() and event.text().isprintable())):
            self._settle()
            return False
        if self._text and gap > GAP_MS:
            self._settle()
        self._noise = self._noise and gap <= QUIET_MS
        if self._noise:
            self._swallowed.add(event.key())
            return True
        if ends:
            return self._end_burst(event)
        if not self._text:
            self._late = gap <= QUIET_MS
        self._text += event.text()
        self._hold(window, event)
        if len(self._text) > LONGEST:
            self._settle()
        else:
            self._timer.start(GAP_MS * 2)
        return True

    def _end_burst(self, event: QKeyEvent) -> bool:
        """Decide what the keys held were, now that one ends them; whether it is part of them."""
        text, timing = self._text, self._mode is ScannerMode.TIMING
        if len(text) < (SHORTEST if timing and not self._late else FEWEST):
            self._give_back()
            return False
        self._swallow_held()
        self._swallowed.add(event.key())
        if timing and not self._late:
            self._last = _LONG_AGO
            # Later: whoever hears of it may do anything, and this is inside the delivery of a key.
            QTimer.singleShot(0, self, lambda: self._take(text))
        else:
            self._tell_dropped(text)
        return True

    def _settle(self) -> None:
        """Decide what the keys held were, though nothing ended them: a burst that no field waits for is no typing."""
        text = self._text
        if len(text) < FEWEST or _in_field():
            self._give_back()
            return
        self._swallow_held()
        self._tell_dropped(text)

    def _swallow_held(self) -> None:
        self._swallowed = {held.key for held in self._held if held.kind == QEvent.Type.KeyPress}
        self._swallowed -= {held.key for held in self._held if held.kind == QEvent.Type.KeyRelease}
        self._held.clear()
        self._forget(keep_keys=True)

    def _tell_dropped(self, text: str) -> None:
        self._noise = True
        said = self.dropped if self._mode is ScannerMode.TIMING else self.unprefixed
        QTimer.singleShot(0, self, lambda: said.emit(text))

    def _hold(self, window: QWindow, event: QKeyEvent) -> None:
        self._held.append(_Held(window, event.type(), event.key(), event.modifiers(), event.text()))

    def _give_back(self) -> None:
        """Hand over what was held: a person typed it."""
        held, self._held = self._held, []
        self._text = ""
        self._timer.stop()
        self._again = True
        try:
            for key in held:
                QCoreApplication.sendEvent(key.window, key.again())
        finally:
            self._again = False

    # ---- both

    def _waited(self) -> None:
        if self._collecting:
            self._drop()
            return
        # Keys that arrived while the window was busy wait behind this timer: they are to be looked at first.
        QTimer.singleShot(0, self, lambda: None if self._timer.isActive() else self._settle())

    def _forget(self, *, keep_keys: bool = False) -> None:
        self._text, self._collecting = "", False
        self._timer.stop()
        if not keep_keys:
            self._swallowed.clear()


def _ends(event: QKeyEvent) -> bool:
    """Return whether it is Enter, by whatever key. Pure."""
    return event.key() in _ENDS or event.text() in ("\r", "\n")


def _is_control(event: QKeyEvent, character: str, key: Qt.Key) -> bool:
    """Return whether it is this control character: by its text, or as the keys that make it. Pure."""
    return event.text() == character or (
        event.key() == key and event.modifiers() == Qt.KeyboardModifier.ControlModifier
    )


def _in_field() -> bool:
    """Return whether somebody is writing: a field for text has the focus."""
    widget = QApplication.focusWidget()
    if isinstance(widget, QComboBox):
        return widget.isEditable()
    return isinstance(widget, _FIELDS) and not widget.isReadOnly()
