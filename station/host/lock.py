"""One engine owns a data folder."""

import contextlib
import getpass
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from station.domain.faults import Fault
from station.host.faults import FILE_UNWRITABLE, FOLDER_IN_USE
from station.host.files import make_private_folder


class FolderLock:
    """Exclusive ownership of a folder while this process lives; a crash frees it.

    The operating system holds the lock (flock, or LockFile on Windows), so nothing stale can stay behind;
    the text in ``.lock`` only tells the next one who holds it.
    """

    def __init__(self, folder: Path, purpose: str) -> None:
        """Take the folder or raise HOST-105 naming who has it; HOST-102 when the lock file can't be written."""
        make_private_folder(folder)
        path = folder / ".lock"
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        except OSError as error:
            raise FILE_UNWRITABLE.fault(str(error), path=path) from error
        try:
            _take(self._handle)
        except OSError as error:
            owner = _read_owner(self._handle)
            self.release()
            raise FOLDER_IN_USE.fault(str(error), path=folder, owner=owner) from error
        try:
            os.ftruncate(self._handle, 0)
            os.lseek(self._handle, 0, os.SEEK_SET)
            os.write(self._handle, f"\n{purpose}, process {os.getpid()} of {_user()}\n".encode())
        except OSError as error:
            self.release()
            raise FILE_UNWRITABLE.fault(str(error), path=path) from error

    def release(self) -> None:
        """Give the folder back. Safe to repeat."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def owner_of(folder: Path) -> str:
    """Return who owns the folder now, in the words of :class:`FolderLock`; "" where nobody does."""
    try:
        FolderLock(folder, "a look").release()
    except Fault as fault:
        if fault.code != FOLDER_IN_USE.code:
            raise
        handle = os.open(folder / ".lock", os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            return _read_owner(handle)
        finally:
            os.close(handle)
    return ""


def _read_owner(handle: int) -> str:
    os.lseek(handle, 1, os.SEEK_SET)  # byte 0 is the one that is locked
    return os.read(handle, 200).decode("utf-8", "replace").strip() or "unknown"


def _user() -> str:
    with contextlib.suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return "unknown"


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        # Byte 0 alone is locked, so that the owner's text behind it stays readable.
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
