"""Whether a newer package of the station is there, for the window's resting line: looked at beside it, now and then."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from station.desktop.background import Background
from station.desktop.fault_words import told
from station.domain.faults import Fault
from station.settings.station import UpdateSettings
from station.software import software_version

if TYPE_CHECKING:  # loaded by the thread that looks, where a folder is named
    from station.updates.looking import Newer

_EVERY_MS: Final = 4 * 60 * 60 * 1000


class UpdateNotice(QObject):
    """Looks at the start and every four hours. For the window's thread, which never waits for it; it keeps one word."""

    changed = Signal()

    def __init__(self, asked: UpdateSettings | None, background: Background, parent: QObject | None = None) -> None:
        """``asked`` is None where the station file names no folder: then there is nothing to look at or to say."""
        super().__init__(parent)
        self._asked, self._background = asked, background
        self._found: Newer | Fault | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        if asked is not None:
            self._timer.start(_EVERY_MS)
            self.look()

    def look(self) -> None:
        """Look anew; returns at once."""
        asked = self._asked
        if asked is not None:
            self._background.run(lambda: _look(asked), self._take, self._failed, "updates", long=True)

    def words(self, *, busy: bool) -> str:
        """Return what there is to say, "" for nothing. ``busy``: a batch is open, and nobody installs anything then."""
        match self._found:
            case None:
                return ""
            case Fault() as fault:
                return told(fault, " ")
            case newer:
                package = newer.package
                if busy:
                    text = self.tr("Version {version} of the station is there ({file}): for IT, after the batch.")
                else:
                    text = self.tr("Version {version} of the station is there ({file}): for IT, now or later.")
                return text.format(version=package.version, file=package.file)

    def end(self) -> None:
        """Look no more. Safe to repeat."""
        self._timer.stop()

    def _take(self, found: "Newer | None") -> None:
        self._found = found
        self.changed.emit()

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, Fault):
            raise error
        self._found = error
        self.changed.emit()


def _look(asked: UpdateSettings) -> "Newer | None":
    from station.updates.looking import look_for_update, own_kind  # noqa: PLC0415 -- see above

    return look_for_update(asked, software_version(), own_kind())
