"""The one file seam, overheard: everything that host/files and host/folders ask of the file system, as it is done.

For a program of its own (a child that is killed, a test that models a power cut): the modules' own code runs, and what
they call is wrapped. Nothing of the station knows of it.
"""

import os
import pathlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from unittest import mock

from station.host import files, folders


class Op(StrEnum):
    """What was done to the file system."""

    CREATE = "created"
    """An empty file under a temporary name."""
    WRITE = "written"
    """All of a file's bytes, not yet synced."""
    SYNC = "synced"
    """A file's bytes, as far as they are written, survive."""
    RENAME = "renamed"
    LINK = "linked"
    UNLINK = "unlinked"
    MKDIR = "folder-made"
    SYNC_FOLDER = "folder-synced"
    """The names in a folder, as they are, survive."""


@dataclass(frozen=True, slots=True)
class Done:
    """One operation that is done. ``other`` is the new name of a rename, the old one of a link."""

    op: Op
    path: Path
    other: Path | None = None
    data: bytes = b""


SEAM: Final = tuple(str(module.__file__) for module in (files, folders))


class _Os:
    """``os`` as the seam sees it."""

    def __init__(self, done: Callable[[Done], None]) -> None:
        self._done = done
        self.handles: dict[int, Path] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def open(self, path: Path, flags: int) -> int:
        handle = os.open(path, flags)
        self.handles[handle] = Path(path)
        return handle

    def close(self, handle: int) -> None:
        self.handles.pop(handle, None)
        os.close(handle)

    def fsync(self, handle: int) -> None:
        # What was opened by its path has no handle of ours.
        path = self.handles.get(handle) or Path(f"/proc/self/fd/{handle}").readlink()
        if path.is_dir():
            os.fsync(handle)
            self._done(Done(Op.SYNC_FOLDER, path))
            return
        # What is written is only on its way until here: the moment before the sync is a moment of its own.
        self._done(Done(Op.WRITE, path, data=path.read_bytes()))
        os.fsync(handle)
        self._done(Done(Op.SYNC, path))


class _Tempfile:
    """``tempfile`` as the seam sees it."""

    def __init__(self, done: Callable[[Done], None], handles: dict[int, Path]) -> None:
        self._done, self._handles = done, handles

    def mkstemp(self, **named: Any) -> tuple[int, str]:
        handle, name = tempfile.mkstemp(**named)
        self._handles[handle] = Path(name)
        self._done(Done(Op.CREATE, Path(name)))
        return handle, name

    def mkdtemp(self, **named: Any) -> str:
        name: str = tempfile.mkdtemp(**named)
        self._done(Done(Op.MKDIR, Path(name)))
        return name


@contextmanager
def overhear(done: Callable[[Done], None]) -> Iterator[None]:
    """Have ``done`` called behind every operation of the seam, from the thread that did it, as long as this lasts."""
    own = _Os(done)
    temporary = _Tempfile(done, own.handles)
    with ExitStack() as stack:
        for module in (files, folders):
            stack.enter_context(mock.patch.object(module, "tempfile", temporary))
            stack.enter_context(mock.patch.object(module, "os", own))
        for name, op in (
            ("replace", Op.RENAME),
            ("rename", Op.RENAME),
            ("hardlink_to", Op.LINK),
            ("unlink", Op.UNLINK),
            ("mkdir", Op.MKDIR),
        ):
            stack.enter_context(mock.patch.object(pathlib.Path, name, _wrap(getattr(pathlib.Path, name), op, done)))
        yield


def _wrap(true: Callable[..., Any], op: Op, done: Callable[[Done], None]) -> Callable[..., Any]:
    def act(path: Path, *arguments: Any, **named: Any) -> Any:
        there = path.exists()
        result = true(path, *arguments, **named)
        # The same methods serve the whole program: the seam's own calls count, and a folder that was there is not made.
        if sys._getframe(1).f_code.co_filename in SEAM and not (op is Op.MKDIR and there):
            done(Done(op, path, Path(arguments[0]) if arguments else None))
        return result

    return act
