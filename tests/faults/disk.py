"""A disk that loses its power: what was synced survives; of all else, each write and each name may, may not, or half.

It stands behind two seams. SQLite's files go through a VFS of its own, in which ``xSync`` alone makes writes durable.
All other files are heard of through :mod:`tests.faults.seam`: there an ``fsync`` makes a file's bytes durable and the
sync of its folder its name. The working copy on the real disk is whole at all times; :meth:`Disk.survivors` is what a
power cut would have left.

Not modelled: that a disk tells a lie about a sync, and that the name of an SQLite file is lost once it is synced.
"""

import os
import random
import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import apsw

from station.host.files import sha256_of
from tests.faults.seam import Done, Op

SECTOR: Final = 512
_LOGS: Final = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL


class PowerCut(BaseException):
    """The power is gone: nothing that runs gets any further."""


@dataclass(slots=True, eq=False)
class File:
    """A file's bytes: what survives, and the writes behind that, in order. A write at None sets the length."""

    kept: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int | None, bytes | int]] = field(default_factory=list)

    def write(self, at: int | None, what: bytes | int) -> None:
        """Take a write."""
        self.pending.append((at, what))

    def sync(self) -> None:
        """Have all writes survive."""
        for at, what in self.pending:
            _put(self.kept, at, what)
        self.pending.clear()

    def now(self) -> bytes:
        """Return the bytes as they are while there is power."""
        content = bytearray(self.kept)
        for at, what in self.pending:
            _put(content, at, what)
        return bytes(content)

    def survivors(self, chance: random.Random) -> bytes:
        """Return what a cut leaves: each write survives, is lost, or is torn at a sector's end."""
        content = bytearray(self.kept)
        for at, what in self.pending:
            fate = chance.random()
            if fate < 0.4:
                _put(content, at, what)
            elif fate < 0.7 and at is not None and isinstance(what, bytes):
                _put(content, at, what[: chance.randrange(0, len(what) // SECTOR + 1) * SECTOR])
        return bytes(content)


@dataclass(slots=True, eq=False)
class Folder:
    """A folder's names: those that survive, those that are there now, and what was done to them since, in order."""

    kept: "dict[str, File | Folder]" = field(default_factory=dict)
    now: "dict[str, File | Folder]" = field(default_factory=dict)
    pending: "list[dict[str, File | Folder | None]]" = field(default_factory=list)

    def change(self, names: "dict[str, File | Folder | None]") -> None:
        """Take one change of names, which survives whole or not at all."""
        self.pending.append(names)
        _rename(self.now, names)

    def sync(self) -> None:
        """Have all names survive as they are."""
        self.kept = dict(self.now)
        self.pending.clear()

    def survivors(self, chance: random.Random) -> "dict[str, bytes | dict[str, Any]]":
        """Return what a cut leaves, as bytes by name, folders in folders."""
        names = dict(self.kept)
        for change in self.pending:
            if chance.random() < 0.5:
                _rename(names, change)
        return {name: node.survivors(chance) for name, node in names.items()}


class Disk:
    """What is durable below ``root``. For all threads.

    The power goes at the ``cut_at``-th operation (0: never); everything behind it happens to a ghost, and whoever
    comes by :meth:`require_power` ends. ``ignored`` are operations that are taken for not done: a product that forgot
    them looks just so.
    """

    def __init__(self, root: Path, seed: int, cut_at: int, ignored: frozenset[Op] = frozenset()) -> None:
        self.root, self.count, self.cut_at = root, 0, cut_at
        self.image: dict[str, Any] | None = None
        self.meant: dict[Path, set[str]] = {}
        """The SHA-256 of every content that was ever whole under a name."""
        self._ignored = ignored
        self._chance = random.Random(seed)
        self._tree = _scan(root)
        self._lock = threading.RLock()

    @property
    def is_cut(self) -> bool:
        """Whether the power is gone."""
        return self.image is not None

    def require_power(self) -> None:
        """Return where there is power; end the caller where there is none."""
        if self.is_cut:
            raise PowerCut

    def cut(self) -> None:
        """Have the power go now, unless it has."""
        with self._lock:
            if self.image is None:
                self.image = self._tree.survivors(self._chance)

    def take(self, done: Done) -> None:
        """Take an operation of the file seam."""
        with self._lock:
            if not self.is_cut and done.op not in self._ignored:
                self._apply(done)
            self.tick()
        self.require_power()

    def tick(self) -> None:
        """Count an operation; at the last one the power goes."""
        with self._lock:
            self.count += 1
            if self.count == self.cut_at:
                self.cut()

    def restore(self) -> None:
        """Put in place of the working copy what survived."""
        assert self.image is not None
        for path in self.root.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        _lay(self.root, self.image)

    # SQLite's files

    def file(self, path: Path) -> File:
        """Return an SQLite file, made where there was none."""
        with self._lock:
            folder = self._folder(path.parent)
            node = folder.now.get(path.name)
            if not isinstance(node, File):
                node = File()
                folder.change({path.name: node})
            return node

    def write(self, file: File, at: int | None, what: bytes | int) -> None:
        """Take a write of SQLite's."""
        with self._lock:
            if not self.is_cut:
                file.write(at, what)
            self.tick()

    def sync(self, path: Path, file: File, *, folder: bool) -> None:
        """Take a sync of SQLite's, of the file alone or of its folder's names too."""
        with self._lock:
            if not self.is_cut:
                file.sync()
                self._folder(path.parent).kept[path.name] = file
                if folder:
                    self._folder(path.parent).sync()
            self.tick()

    def delete(self, path: Path) -> None:
        """Take a deletion of SQLite's."""
        with self._lock:
            if not self.is_cut:
                self._folder(path.parent).change({path.name: None})
            self.tick()

    def _folder(self, path: Path) -> Folder:
        node: File | Folder = self._tree
        for part in path.relative_to(self.root).parts:
            assert isinstance(node, Folder)
            node = node.now.setdefault(part, Folder())
        assert isinstance(node, Folder)
        return node

    def _apply(self, done: Done) -> None:
        path = done.path
        if not path.is_relative_to(self.root) or (path == self.root and done.op is not Op.SYNC_FOLDER):
            return
        if done.op is Op.SYNC_FOLDER:
            self._folder(path).sync()
            return
        folder = self._folder(path.parent)
        node = folder.now.get(path.name)
        match done.op:
            case Op.CREATE:
                folder.change({path.name: File()})
            case Op.MKDIR:
                folder.change({path.name: Folder()})
            case Op.WRITE if node is None or isinstance(node, File):
                if node is None:  # made in a hidden folder without the seam, which now syncs it
                    node = File()
                    folder.change({path.name: node})
                node.write(None, 0)
                node.write(0, done.data)
            case Op.SYNC if isinstance(node, File):
                node.sync()
            case Op.UNLINK:
                folder.change({path.name: None})
            case Op.RENAME if done.other is not None and node is not None:
                if done.other.parent == path.parent:
                    folder.change({path.name: None, done.other.name: node})
                else:
                    self._folder(done.other.parent).change({done.other.name: node})
                    folder.change({path.name: None})
                self._named(done.other, node)
            case Op.LINK if done.other is not None:
                linked = folder.now[done.other.name]
                folder.change({path.name: linked})
                self._named(path, linked)
            case _:
                raise AssertionError(f"{done} of what is not there")

    def _named(self, path: Path, node: File | Folder) -> None:
        if isinstance(node, File):
            self.meant.setdefault(path, set()).add(sha256_of(node.now()))
            return
        for name, one in node.now.items():
            self._named(path / name, one)


class PowerVfs(apsw.VFS):
    """SQLite's way to a :class:`Disk`, under a name of its own until :meth:`unregister`."""

    def __init__(self, name: str, disk: Disk) -> None:
        self.disk = disk
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 -- SQLite's own
        """Return the file, which tells the disk of its writes; a nameless one is nobody's record."""
        if name is None:
            return apsw.VFSFile("", name, flags)
        return _Telling(name, flags, self.disk)

    def xDelete(self, name: str, sync: bool) -> None:  # noqa: N802 -- SQLite's own
        """Delete it."""
        super().xDelete(name, sync)
        self.disk.delete(Path(name))


class _Telling(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], disk: Disk) -> None:
        super().__init__("", name, flags)
        self._path = Path(os.path.abspath(name.filename() if hasattr(name, "filename") else name))  # noqa: PTH100
        self._disk, self._file = disk, disk.file(self._path)
        # As SQLite's own file system for Unix does (UNIXFILE_DIRSYNC): a log's first sync syncs its folder, too.
        self._syncs_folder = bool(flags[0] & _LOGS)

    def xWrite(self, data: bytes, at: int) -> None:  # noqa: N802 -- SQLite's own
        super().xWrite(data, at)
        self._disk.write(self._file, at, bytes(data))

    def xTruncate(self, size: int) -> None:  # noqa: N802 -- SQLite's own
        super().xTruncate(size)
        self._disk.write(self._file, None, size)

    def xSync(self, flags: int) -> None:  # noqa: N802 -- SQLite's own
        super().xSync(flags)
        self._disk.sync(self._path, self._file, folder=self._syncs_folder)
        self._syncs_folder = False


def _put(content: bytearray, at: int | None, what: bytes | int) -> None:
    if at is None:
        assert isinstance(what, int)
        del content[what:]
        return
    assert isinstance(what, bytes)
    if len(content) < at + len(what):
        content.extend(bytes(at + len(what) - len(content)))
    content[at : at + len(what)] = what


def _rename(names: "dict[str, File | Folder]", change: "dict[str, File | Folder | None]") -> None:
    for name, node in change.items():
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


def _scan(path: Path) -> Folder:
    folder = Folder()
    for one in path.iterdir():
        node: File | Folder = _scan(one) if one.is_dir() else File(bytearray(one.read_bytes()))
        folder.kept[one.name] = folder.now[one.name] = node
    return folder


def _lay(path: Path, image: dict[str, Any]) -> None:
    for name, what in image.items():
        place = path / name
        if isinstance(what, dict):
            place.mkdir(mode=0o700)
            _lay(place, what)
        else:
            handle = os.open(place, os.O_WRONLY | os.O_CREAT, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(what)
