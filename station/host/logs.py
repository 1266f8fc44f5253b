"""Logs for engineers: one JSON object a line, in a rotated file that only its owner can read, without secrets."""

import json
import logging
import os
import sys
import threading
from collections.abc import Mapping, MutableMapping
from contextlib import nullcontext
from functools import partial
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from station.host.absence import absent

with absent("rich"):  # structlog's renderer for developers loads it whole where it is there: a fifteenth of any start
    import structlog

from station.host.clock import Clock
from station.host.faults import FILE_UNWRITABLE
from station.host.files import make_private_folder
from station.host.redaction import RedactingFilter, Redactor

_MEBIBYTE: Final = 1024 * 1024
_ADDRESSES: Final = "urllib3"


class Logs:
    """While this is open, everything logged through structlog or ``logging`` goes to ``folder/name.log``.

    One process writes a file: give each program its own ``name``. Uncaught exceptions of any thread are logged
    too. :meth:`close` puts the logging, structlog and hooks of before back, so nothing leaks into the next test.
    A full disk never stops the line: the loss is counted in :attr:`lost` for the doctor.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        redactor: Redactor,
        clock: Clock,
        level: str = "info",
        max_mebibytes: int = 10,
        keep: int = 10,
    ) -> None:
        """Start logging; raises HOST-102 when the file can't be opened. ``level`` is a name such as ``info``."""
        make_private_folder(folder)
        self.path = folder / f"{name}.log"
        try:
            self._handler = _PrivateFile(self.path, clock, most=max_mebibytes * _MEBIBYTE, keep=keep)
        except OSError as error:
            raise FILE_UNWRITABLE.fault(str(error), path=self.path) from error
        self._handler.addFilter(RedactingFilter(redactor))
        self._redactor = redactor
        self._before = _State()
        root = logging.getLogger()
        root.addHandler(self._handler)
        root.setLevel(level.upper())
        # At debug level it writes down every address, and who has a certain one needs no key to read what is there.
        logging.getLogger(_ADDRESSES).setLevel(max(root.level, logging.INFO))
        structlog.configure(
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.StackInfoRenderer(),
                # Plain text without locals: a local may be the secret itself.
                structlog.processors.format_exc_info,
                redactor,
                structlog.processors.add_log_level,
                _as_event,
            ],
            # Not by way of logging's own records: each entry of the journal is a line, and half of its time was theirs.
            wrapper_class=structlog.make_filtering_bound_logger(root.level),
            logger_factory=partial(_Lines, self._handler),
            # A cached logger would outlive close().
            cache_logger_on_first_use=False,
        )
        sys.excepthook = self._log_uncaught
        threading.excepthook = self._log_uncaught_in_thread

    @property
    def lost(self) -> int:
        """How many lines could not be written."""
        return self._handler.lost

    def close(self) -> None:
        """Stop logging here and put everything back as it was. Safe to repeat."""
        logging.getLogger().removeHandler(self._handler)
        self._before.restore()
        self._handler.close()

    def _log_uncaught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None, thread: str = ""
    ) -> None:
        if not issubclass(kind, Exception):  # Ctrl-C and exits are nobody's mistake
            self._before.excepthook(kind, error, trace)
            return
        where = {"in_thread": thread} if thread else {}
        structlog.get_logger("station.uncaught").critical("uncaught exception", exc_info=(kind, error, trace), **where)
        # Not the default hook: it would print the exception's text as it is.
        sys.stderr.write(f"{self._redactor.text(f'{kind.__name__}: {error}')}\nThe details are in {self.path}\n")

    def _log_uncaught_in_thread(self, uncaught: threading.ExceptHookArgs) -> None:
        if uncaught.exc_value is None or issubclass(uncaught.exc_type, SystemExit):
            return
        name = uncaught.thread.name if uncaught.thread else "a thread that has ended"
        self._log_uncaught(uncaught.exc_type, uncaught.exc_value, uncaught.exc_traceback, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _State:
    """What logging, structlog and the hooks were before."""

    def __init__(self) -> None:
        self.excepthook = sys.excepthook
        self._thread_hook = threading.excepthook
        self._levels = {name: logging.getLogger(name).level for name in ("", _ADDRESSES)}
        self._structlog: dict[str, Any] | None = structlog.get_config() if structlog.is_configured() else None
        self._restored = False

    def restore(self) -> None:
        if self._restored:
            return
        self._restored = True
        sys.excepthook, threading.excepthook = self.excepthook, self._thread_hook
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)
        if self._structlog is None:
            structlog.reset_defaults()
        else:
            structlog.configure(**self._structlog)


class _PrivateFile(RotatingFileHandler):
    """A rotated file of JSON objects, one a line, with mode 600 from its creation, whatever the umask."""

    def __init__(self, path: Path, clock: Clock, *, most: int, keep: int) -> None:
        self.lost = 0
        self._size = 0
        self._clock = clock
        self._over = False
        super().__init__(path, maxBytes=most, backupCount=keep, encoding="utf-8", errors="backslashreplace")

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        handle = os.open(self.baseFilename, flags, 0o600)
        if sys.platform != "win32":
            os.fchmod(handle, 0o600)  # one that was there already may be open to others
        self._size = os.fstat(handle).st_size
        return os.fdopen(handle, "a", encoding=self.encoding, errors=self.errors)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line of a record that the redacting filter has cleaned."""
        event = record.msg if isinstance(record.msg, dict) else {"event": record.getMessage()}
        more = {"exception": record.exc_text, "stack": record.stack_info}
        said = {"level": record.levelname.lower()} | event | {name: text for name, text in more.items() if text}
        self.write(record.name, said, record.threadName)

    def write(self, name: str, event: Mapping[str, object], thread: str | None = None) -> None:
        """Write one line, in a fresh file where this one is full; what can't be written is counted.

        In place of the base class's own, which formats every line twice and asks twice for its file: the journal's
        thread logs each entry, and the slots wait for it.
        """
        thread = thread or threading.current_thread().name
        with self.lock or nullcontext():
            try:
                at = self._clock.now().isoformat(timespec="microseconds")
                said = {"at": at, "level": event["level"], "logger": name, "thread": thread, **event}
                line = json.dumps(said, ensure_ascii=False) + self.terminator
                size = len(line.encode("utf-8", "backslashreplace"))
                if self._size and self._size + size > self.maxBytes:
                    self.doRollover()
                self.stream = self.stream or self._reopened()
                self._size += size
                self.stream.write(line)
                self.flush()
            except Exception:  # noqa: BLE001 -- as the base class does: a log that fails stops nothing
                self.lost += 1

    def _reopened(self) -> TextIOWrapper:
        if self._over:  # a logger that was bound before
            raise ValueError("the log is closed")
        return self._open()

    def close(self) -> None:
        self._over = True
        try:
            super().close()
        except OSError:  # what was still in memory found no room; mostly a line that is counted already
            self.lost = max(self.lost, 1)


class _Lines:
    """Where structlog's loggers of one name write: straight into the file."""

    def __init__(self, file: _PrivateFile, *names: str) -> None:
        self._file, self._name = file, names[0] if names else "root"

    def write(self, event: dict[str, object]) -> None:
        """Write a line; its level is in it."""
        self._file.write(self._name, event)

    debug = info = warning = error = critical = write


def _as_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> tuple[tuple[object], dict[str, Any]]:
    """Be structlog's last processor: hand the event over as it is."""
    return (event,), {}
