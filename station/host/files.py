"""Files that survive a power cut and are private from the moment they exist."""

import errno
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.host.faults import DISK_FULL, FILE_EXISTS, FILE_NOT_PRIVATE, FILE_UNREADABLE, FILE_UNWRITABLE


def sha256_of(data: bytes) -> Sha256:
    """Return the SHA-256 of ``data``."""
    return Sha256(hashlib.sha256(data).hexdigest())


def sha256_of_file(path: Path) -> Sha256:
    """Return the SHA-256 of a file of any size; raises HOST-101."""
    try:
        with path.open("rb") as file:
            return Sha256(hashlib.file_digest(file, "sha256").hexdigest())
    except OSError as error:
        raise FILE_UNREADABLE.fault(str(error), path=path) from error


def read_bytes(path: Path, limit: int = 64 * 1024 * 1024) -> bytes:
    """Return a file's bytes, at most ``limit``; raises HOST-101 in any other case."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise FILE_UNREADABLE.fault(str(error), path=path) from error
    if len(data) > limit:
        raise FILE_UNREADABLE.fault(f"longer than {limit} bytes", path=path)
    return data


def read_private_text(path: Path) -> str:
    """Return the text of a file that only its owner can read; raises HOST-104 where others can."""
    require_private(path)
    try:
        return read_bytes(path, 1024 * 1024).decode("utf-8")
    except UnicodeDecodeError:
        # The bytes themselves stay out of the detail and the cause: they may be a secret.
        raise FILE_UNREADABLE.fault("not UTF-8 text", path=path) from None


def require_private(path: Path) -> None:
    """Raise HOST-104 when anybody but its owner may read ``path``; HOST-101 when it is not there."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise FILE_UNREADABLE.fault(str(error), path=path) from error
    # On Windows the profile folder's ACL is the guard and st_mode says nothing about other users.
    if sys.platform != "win32" and stat.S_IMODE(mode) & 0o077:
        raise FILE_NOT_PRIVATE.fault(f"mode {stat.S_IMODE(mode):04o}", path=path)


def make_private_folder(path: Path) -> None:
    """Make ``path`` and its missing parents, for the owner alone. Safe to repeat; what exists keeps its rights."""
    try:
        missing = [folder for folder in (path, *path.parents) if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(folder.parent)
    except OSError as error:
        raise _written(path, error) from error


def replace_file(path: Path, data: bytes, *, private: bool = True) -> None:
    """Put ``data`` at ``path`` so that after a power cut the old or the new content is there, whole.

    Temporary file in the same folder (mode 600 from its creation) → fsync → replace → fsync of the folder.
    Safe to repeat. Raises HOST-103 (disk full) or HOST-102; then the old content stands.
    """
    _put(path, data, private, lambda temporary: temporary.replace(path))


def rewrite_file(path: Path, data: bytes) -> None:
    """Like :func:`replace_file`, for a file that is somebody's own and there already: its mode stays as it is.

    A symbolic link stays one; what it leads to is replaced. Raises HOST-101 where nothing is there.
    """
    try:
        real = path.resolve(strict=True)
        mode = stat.S_IMODE(real.stat().st_mode)
    except (OSError, RuntimeError) as error:
        raise FILE_UNREADABLE.fault(str(error), path=path) from error

    def write(file: BinaryIO) -> None:
        if sys.platform != "win32":
            os.fchmod(file.fileno(), mode)
        file.write(data)

    _put(real, write, True, lambda temporary: temporary.replace(real))


def replace_large_file(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Like :func:`replace_file`, for what ``write`` writes. Whatever that raises, the old content stands."""
    _put(path, write, True, lambda temporary: temporary.replace(path))


def replace_file_once(path: Path, data: bytes, agree: Callable[[], object]) -> None:
    """Like :func:`replace_file`, but ``agree`` is called once ``data`` would survive a power cut, before it counts.

    Where ``agree`` raises, the old content stands and nothing is left. What stops this behind ``agree`` leaves ``data``
    in a hidden file: :func:`find_unfinished` has it.
    """
    agreed = False

    def name_it(temporary: Path) -> None:
        nonlocal agreed
        sync_folder(path.parent)  # else a power cut could take the hidden file, and leave what was agreed to
        agree()
        agreed = True
        temporary.replace(path)

    _put(path, data, True, name_it, lambda: agreed)


def find_unfinished(path: Path) -> list[Path]:
    """Return the hidden files that a cut-off :func:`replace_file` or :func:`replace_file_once` of ``path`` left."""
    return sorted(path.parent.glob(f".{path.name}.*.new"))


def clear_unfinished(path: Path) -> None:
    """Take away what :func:`find_unfinished` returns; what can't be stays. For whoever alone writes to ``path``."""
    for left in find_unfinished(path):
        with suppress(OSError):
            left.unlink()


def create_file(path: Path, data: bytes, *, private: bool = True) -> None:
    """Like :func:`replace_file`, but raises HOST-110 where ``path`` already exists: nothing is ever overwritten."""
    try:
        _put(path, data, private, lambda temporary: _claim(temporary, path))
    except FileExistsError as error:
        raise FILE_EXISTS.fault(path=path) from error


def create_large_file(path: Path, write: Callable[[BinaryIO], object], check: Callable[[Path], object]) -> None:
    """Like :func:`create_file`, for what ``write`` writes; ``check`` looks at it, synced, before it gets its name.

    Whatever ``write`` or ``check`` raises, nothing is left; a power cut may leave a hidden ``.<name>.*.new`` file.
    """

    def name_it(temporary: Path) -> None:
        check(temporary)
        _claim(temporary, path)

    try:
        _put(path, write, True, name_it)
    except FileExistsError as error:
        raise FILE_EXISTS.fault(path=path) from error


def _claim(temporary: Path, path: Path) -> None:
    """Give ``temporary`` the name ``path``, or raise FileExistsError: the operating system decides, in one step."""
    if sys.platform == "win32":
        temporary.rename(path)
    else:
        path.hardlink_to(temporary)
        temporary.unlink()


def _put(
    path: Path,
    data: bytes | Callable[[BinaryIO], object],
    private: bool,
    name_it: Callable[[Path], object],
    keeps: Callable[[], bool] = lambda: False,
) -> None:
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                if isinstance(data, bytes):
                    file.write(data)
                else:
                    data(file)
                file.flush()
                if not private and sys.platform != "win32":
                    os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
            name_it(temporary)
        except BaseException:
            if not keeps():
                temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except FileExistsError:
        raise
    except OSError as error:
        raise _written(path, error) from error


def sync_folder(folder: Path) -> None:
    """Return once what was made, renamed or deleted in ``folder`` survives a power cut. Safe to repeat."""
    if sys.platform == "win32":  # NTFS journals renames itself and has no folder sync
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _written(path: Path, error: OSError) -> Fault:
    spec = DISK_FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else FILE_UNWRITABLE
    return spec.fault(str(error), path=path)
