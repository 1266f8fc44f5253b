"""A folder that comes to be whole or not at all."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from station.host.faults import DISK_FULL, FILE_EXISTS, FILE_UNWRITABLE
from station.host.files import make_private_folder, replace_file, sync_folder


def create_whole(folder: Path, files: Mapping[str, bytes], check: Callable[[Path], None]) -> bool:
    """Make ``folder`` with these files, private to their owner: all of it, or nothing. False where one is already.

    They are written and synced in a folder beside it, looked at by ``check`` there, then moved into place at
    once. After any failure nothing is left; a power cut in between may leave a hidden ``.<name>.*.new`` folder,
    which nothing ever reads and which may be deleted. Raises HOST-102, HOST-103 (disk full), or what ``check``
    raises. Repeating it after a failure is safe.
    """
    if folder.exists() or folder.is_symlink():
        return False
    make_private_folder(folder.parent)
    made: list[Path] = []
    try:
        made.append(Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".new", dir=folder.parent)))
        for name, data in files.items():
            replace_file(made[0] / name, data)
        check(made[0])
        made[0].rename(folder)
        made.append(folder)
        sync_folder(folder.parent)
    except BaseException as error:
        for path in made:
            shutil.rmtree(path, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            return False
        spec = DISK_FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else FILE_UNWRITABLE
        raise spec.fault(str(error), path=folder) from error
    return True


@contextmanager
def working_folder(folder: Path, name: str) -> Iterator[Path]:
    """A private folder in ``folder`` for what is needed for a while; gone afterwards.

    A kill leaves a hidden ``.<name>.*.new`` folder, which nothing ever reads and which may be deleted. Raises HOST-102
    or HOST-103, for whatever was written in there too.
    """
    made: Path | None = None
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=".new", dir=folder))
        yield made
    except OSError as error:
        spec = DISK_FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else FILE_UNWRITABLE
        raise spec.fault(str(error), path=folder) from error
    finally:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)


def clear_working_folders(folder: Path, name: str) -> None:
    """Take away what kills left of working folders of this name. For the owner of ``folder``, who has none in use."""
    for left in folder.glob(f".{name}.*.new"):
        shutil.rmtree(left, ignore_errors=True)


def copy_folder(source: Path, folder: Path) -> None:
    """Have ``folder``, which is not there or empty, be a copy of ``source``: whole, or not at all.

    Contents alone, its folders for the owner: of the rights nothing is taken over. Raises HOST-110, HOST-102, HOST-103.
    """
    with working_folder(folder.parent, folder.name) as work:
        made = work / folder.name
        shutil.copytree(source, made, copy_function=shutil.copyfile)
        for path in (made, *made.rglob("*")):
            if path.is_dir():
                path.chmod(0o700)  # it took over its source's rights, which may be to change nothing in it
        move_into_place(made, folder)


def move_into_place(made: Path, folder: Path) -> None:
    """Have ``made`` be ``folder`` at once, which is not there or empty. Raises HOST-110, HOST-102.

    What lies in ``made`` is synced first, so that after a power cut the folder is there whole or not at all.
    """
    try:
        for path in sorted(made.rglob("*"), reverse=True):
            sync_folder(path) if path.is_dir() else _sync_file(path)
        sync_folder(made)
        if folder.is_dir():
            folder.rmdir()
        made.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            raise FILE_EXISTS.fault(str(error), path=folder) from error
        raise FILE_UNWRITABLE.fault(str(error), path=folder) from error


def _sync_file(path: Path) -> None:
    if path.is_symlink() or not path.is_file():
        return
    with path.open("r+b") as file:
        os.fsync(file.fileno())
