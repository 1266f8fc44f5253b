"""A barcode scanner on a serial port: read in a thread of its own, needing neither focus nor keyboard layout."""

import re
import threading
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal

from station.devices.ports import OpenPort, PortSettings, open_port
from station.domain.faults import Cancelled, Fault
from station.host.clock import Clock, Stop, SystemClock

_BETWEEN: Final = re.compile(rb"[\r\n\x00\x03]+")
_LONGEST: Final = 256
_TRY_AGAIN: Final = 2.0
"""Seconds until a port that is not there is looked for again."""


class ScanReader:
    """Cuts a stream of bytes into scans: each ends with CR, LF or ETX; an STX before it is dropped."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, data: bytes) -> list[str]:
        """Return the scans that are whole now. What is longer than any label is noise, and is left out."""
        *whole, self._rest = _BETWEEN.split(self._rest + data)
        if len(self._rest) > _LONGEST:
            self._rest = self._rest[-1:] * (_LONGEST + 1)  # too long already, however it ends
        texts = (
            line.rpartition(b"\x02")[2].decode("utf-8", "replace").strip() for line in whole if len(line) <= _LONGEST
        )
        return [text for text in texts if text]


class ScannerPort(QObject):
    """Reads a scanner's port until :meth:`end`; one that goes is looked for again. Create it in the window's thread."""

    scanned = Signal(str)
    trouble = Signal(str, str)
    """``(code, sentence)`` once when the port can't be read; ``("", "")`` when it can again."""

    _came = Signal(str)
    _went = Signal(str, str)

    def __init__(self, address: str, baud: int, parent: QObject | None = None, clock: Clock | None = None) -> None:
        super().__init__(parent)
        self._settings = PortSettings(address, baud)
        self._clock = clock or SystemClock()
        self._stop = Stop()
        # Queued: they are emitted in the reading thread, and heard in the window's.
        self._came.connect(self.scanned, Qt.ConnectionType.QueuedConnection)
        self._went.connect(self.trouble, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name="scanner", daemon=True)

    def start(self) -> None:
        """Begin to read. Once."""
        self._thread.start()

    def end(self) -> None:
        """Give the port back; nothing is heard any more. Safe to repeat."""
        self._stop.request()
        if self._thread.is_alive():
            self._thread.join(5)

    def _work(self) -> None:
        told = ""
        while not self._stop.requested:
            try:
                with open_port(self._settings, self._clock, patience=0.0, stop=self._stop) as port:
                    if told:
                        told = self._tell("", "")
                    self._read(port)
            except Cancelled:
                return
            except Fault as fault:
                if told != fault.code:
                    told = self._tell(fault.code, fault.sentence)
                self._clock.wait(self._stop.event, _TRY_AGAIN)

    def _read(self, port: OpenPort) -> None:
        reader = ScanReader()
        while not self._stop.requested:
            for text in reader.take(port.read_some()):
                self._came.emit(text)

    def _tell(self, code: str, sentence: str) -> str:
        self._went.emit(code, sentence)
        return code
