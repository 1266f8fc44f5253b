"""One engine owns a data folder."""

import contextlib
import getpass
import os
import re
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from station.host.faults import FILE_UNWRITABLE, FOLDER_IN_USE
from station.host.files import make_private_folder

_LOOKS: Final = 50
_PAUSE_S: Final = 0.01


class FolderLock:
    """Exclusive ownership of a folder while this process lives; a crash frees it.

    The operating system holds the lock (flock, or LockFile on Windows), so nothing stale can stay behind;
    the text in ``.lock`` only tells the next one who holds it.
    """

    def __init__(self, folder: Path, purpose: str) -> None:
        """Take the folder or raise HOST-105 naming who has it; HOST-102 when the lock file can't be written."""
        make_private_folder(folder)
        path = self._path = folder / ".lock"
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        except OSError as error:
            raise FILE_UNWRITABLE.fault(str(error), path=path) from error
        try:
            _take(self._handle)
        except OSError as error:
            owner = _read_owner(self._handle)
            self._close()
            raise FOLDER_IN_USE.fault(str(error), path=folder, owner=owner) from error
        try:
            os.ftruncate(self._handle, 0)
            os.lseek(self._handle, 0, os.SEEK_SET)
            os.write(self._handle, f"\n{purpose}, process {os.getpid()} of {_user()}\n".encode())
        except OSError as error:
            self._close()
            raise FILE_UNWRITABLE.fault(str(error), path=path) from error

    def is_taken_away(self) -> bool:
        """Return whether the folder is another one by now, or none: it was moved, removed or put back from a copy.

        What is written from then on is in no folder that anybody finds again. Where that can't be told (a disk that
        does not answer): False.
        """
        try:
            return not os.path.samestat(os.fstat(self._handle), self._path.stat())
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:
            return False

    def release(self) -> None:
        """Give the folder back. Safe to repeat."""
        if self._handle >= 0:
            with contextlib.suppress(OSError):  # a full or absent disk must not keep the lock
                os.ftruncate(self._handle, 0)  # the next owner is not taken for this one before it has written
        self._close()

    def _close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def find_owner(folder: Path) -> str | None:
    """Return who works in ``folder`` right now, as :class:`FolderLock` wrote it; None: nobody. OSError: can't be told.

    Asks by a shared lock on that file, given back at once. Nothing is made or written; a station that starts within
    those microseconds is refused and can be started again.
    """
    try:
        handle = os.open(folder / ".lock", os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        return None
    try:
        return None if _can_share(handle) else _read_owner(handle)
    finally:
        os.close(handle)


def owner_process(owner: str) -> int | None:
    """Return the process number in the words of :func:`find_owner`. Pure."""
    found = re.search(r"process (\d+)", owner)
    return int(found[1]) if found else None


def _read_owner(handle: int) -> str:
    for _ in range(_LOOKS):
        os.lseek(handle, 1, os.SEEK_SET)  # byte 0 is the one that is locked
        if owner := os.read(handle, 200).decode("utf-8", "replace").strip():
            return owner
        time.sleep(_PAUSE_S)  # it has only just taken the folder
    return "unknown"


def _user() -> str:
    with contextlib.suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return "unknown"


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        # Byte 0 alone is locked, so that the owner's text behind it stays readable.
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _can_share(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
        return True

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _can_share(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
