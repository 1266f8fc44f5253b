"""Opening the journal's file so that what is committed survives a power cut."""

import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw

from station.domain.faults import Fault
from station.host.files import make_private_folder
from station.journal.faults import ABSENT, DAMAGED, DISK_FULL, NOT_DURABLE, TOO_NEW, UNWRITABLE
from station.journal.schema import APPLICATION_ID, MIGRATIONS, Migration

FILE_NAME = "journal.db"
_BUSY_MS = 5000
_LOG_HEADER = 32
"""Bytes of a write-ahead log before its first frame (sqlite.org/fileformat2, 4.1)."""


def open_for_writing(
    folder: Path, *, vfs: str | None = None, keep_before: Callable[[], object] = lambda: None
) -> apsw.Connection:
    """Return the one writing connection: WAL, synchronous FULL, foreign keys, newest format; all of it asserted.

    Makes the file, private, when it is not there, and migrates an older format in one transaction, once
    ``keep_before`` has returned: whatever that raises, nothing was changed. Raises JRN-103 (damaged), JRN-104 (newer
    format; not a byte of it is changed), JRN-105 (file system can't hold it safely). ``vfs`` names another
    SQLite file system, as the power-loss tests have one; such a one keeps no shared memory, so the lock is exclusive.
    """
    make_private_folder(folder)
    path = folder / FILE_NAME
    try:
        if vfs is None:
            # SQLite would make the file with the process's umask; its -wal and -shm take over these rights.
            path.touch(mode=0o600, exist_ok=True)
        if path.exists():
            # Opened to be written, even a journal that is refused would be changed: its log would be taken into it.
            open_for_examination(path).close()
        connection = connect(path, vfs)
        try:
            _make_ready(connection, path, keep_before)
        except BaseException:
            connection.close()
            raise
    except (apsw.Error, OSError) as error:
        raise database_fault(error, path) from error
    return connection


def open_for_reading(folder: Path, *, vfs: str | None = None) -> apsw.Connection:
    """Return a read-only connection that sees every commit. Raises JRN-106 where there is no journal."""
    path = folder / FILE_NAME
    if not path.exists():
        raise ABSENT.fault(path=folder)
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY, vfs=vfs)
        connection.set_busy_timeout(_BUSY_MS)
        connection.pragma("query_only", True)
        _check_origin(connection, path)
    except apsw.Error as error:
        raise database_fault(error, path) from error
    return connection


def open_for_examination(path: Path) -> apsw.Connection:
    """Return a connection that sees every commit of a data folder or a copy of its file, and writes nothing there.

    Not even a lock or an index beside it, so that evidence stays as it was found; the station may write meanwhile.
    What the file's own schema does is not trusted. Raises JRN-103, JRN-104, JRN-106.
    """
    file = path / FILE_NAME if path.is_dir() else path
    if not file.exists():
        raise ABSENT.fault(path=path)
    connection = connect_traceless(file)
    try:
        _check_origin(connection, file)
    except apsw.Error as error:
        raise database_fault(error, file) from error
    except Fault:
        connection.close()
        raise
    return connection


def connect_traceless(file: Path) -> apsw.Connection:
    """Return a connection like :func:`open_for_examination`'s to a file that is there, whatever it is. JRN-103."""
    # Without a log nobody writes. A log that nobody has open has no index: SQLite would make one, unless all is its.
    logged, alone = _has_log(file), not Path(f"{file}-shm").exists() and sys.platform != "win32"
    way = ("mode=ro&vfs=unix-none" if alone else "mode=ro") if logged else "mode=ro&immutable=1"
    try:
        uri = f"{file.resolve().as_uri()}?{way}"
        connection = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
        connection.set_busy_timeout(_BUSY_MS)
        # Closing it takes away a log without commits, which a station that has just started may be writing to.
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        if logged and alone:
            connection.pragma("locking_mode", "exclusive")
        connection.pragma("query_only", True)
        connection.pragma("trusted_schema", False)
    except apsw.Error as error:
        raise database_fault(error, file) from error
    return connection


def _has_log(file: Path) -> bool:
    """Return whether commits may be in a log beside it: one without a frame, which nobody has open, has none.

    A power cut may leave such a one beside the rollback journal of the switch to it, which nobody can read past.
    """
    try:
        size = Path(f"{file}-wal").stat().st_size
    except FileNotFoundError:
        return False
    return size > _LOG_HEADER or Path(f"{file}-shm").exists()


def connect(path: Path, vfs: str | None) -> apsw.Connection:
    """Return a connection that may write, with nothing asked of the file yet. ``vfs`` as in :func:`open_for_writing`.

    Raises apsw.Error.
    """
    connection = apsw.Connection(str(path), vfs=vfs)
    if vfs is not None:
        connection.pragma("locking_mode", "exclusive")
    return connection


def database_fault(error: Exception, path: Path) -> Fault:
    """Return the fault that says what SQLite's (or the file system's) error means for the line."""
    if isinstance(error, apsw.FullError):
        return DISK_FULL.fault(str(error))
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        return DAMAGED.fault(str(error), path=path, why="SQLite says so")
    return UNWRITABLE.fault(f"{type(error).__name__}: {error}", why=str(error))


def format_of(connection: apsw.Connection) -> int:
    """Return the format number of an open journal; 0 is a new file."""
    version = connection.pragma("user_version")
    assert isinstance(version, int)  # noqa: S101 -- SQLite's own contract, stated for the type checker
    return version


def take_step(connection: apsw.Connection, step: Migration) -> None:
    """Do one step of :data:`station.journal.schema.MIGRATIONS`, inside the caller's transaction."""
    if callable(step):
        step(connection)
    else:
        connection.execute(step)


def _check_origin(connection: apsw.Connection, path: Path) -> None:
    found, owner = format_of(connection), connection.pragma("application_id")
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").get
    if owner != APPLICATION_ID and (owner != 0 or found != 0 or tables):
        raise DAMAGED.fault(f"application_id {owner}", path=path, why="it is not a journal")
    if found > len(MIGRATIONS):
        raise TOO_NEW.fault(path=path, found=found, known=len(MIGRATIONS))


def _make_ready(connection: apsw.Connection, path: Path, keep_before: Callable[[], object]) -> None:
    connection.set_busy_timeout(_BUSY_MS)
    _check_origin(connection, path)
    mode = connection.pragma("journal_mode", "wal")
    if mode != "wal":
        raise NOT_DURABLE.fault(f"journal_mode is {mode}", path=path, why="it has no write-ahead log there")
    connection.pragma("synchronous", 2)
    connection.pragma("foreign_keys", True)
    _assert_settings(connection, path)
    _migrate(connection, path, keep_before)


def _assert_settings(connection: apsw.Connection, path: Path) -> None:
    for name, wanted in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
        found = connection.pragma(name)
        if found != wanted:
            raise NOT_DURABLE.fault(f"{name} is {found}, not {wanted}", path=path, why=f"{name} can't be set")


def will_migrate(folder: Path) -> bool:
    """Return whether the next start of a station there changes its journal's format, or tries to: it may take minutes.

    To this station's, from an older one, or back to it, where a newer station wrote nothing yet.
    """
    try:
        with closing(open_for_examination(folder)) as connection:
            return 0 < format_of(connection) < len(MIGRATIONS)
    except Fault as fault:
        return fault.code == TOO_NEW.code  # of any other, whoever starts there hears soon


def _migrate(connection: apsw.Connection, path: Path, keep_before: Callable[[], object]) -> None:
    found = format_of(connection)
    if found == len(MIGRATIONS):
        return
    if found:
        keep_before()
    with connection:
        for step in MIGRATIONS[found:]:
            take_step(connection, step)
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", len(MIGRATIONS))
    if format_of(connection) != len(MIGRATIONS):
        raise NOT_DURABLE.fault("user_version did not stay", path=path, why="its format number can't be written")
