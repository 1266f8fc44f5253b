"""Journal commits a second with 32 writers who wait, beside one sync for each; and that no commit goes unsynced."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import apsw

from station.domain.events import AttemptOpened, StepIntended
from station.domain.ids import AttemptId, BatchId, Sha256, SlotNumber
from station.domain.line import RepeatClass, StepKind
from station.host.clock import SystemClock
from station.journal.journal import Journal
from tests.benchmarks.figure import Row, Run
from tests.benchmarks.processes import sync_seconds

NAME = "commits"
WHAT = "journal commits a second, 32 writers"
WRITERS, TIMES_MORE = 32, 8
_VFS = "counts-syncs"


class CountingVfs(apsw.VFS):
    """The system's own files; it counts the syncs of write-ahead logs."""

    def __init__(self) -> None:
        self.syncs = 0
        super().__init__(_VFS, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "CountingFile":  # noqa: N802 -- SQLite's
        return CountingFile(self, name, flags)


class CountingFile(apsw.VFSFile):
    """One of them."""

    def __init__(self, vfs: CountingVfs, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._vfs, self._is_log = vfs, bool(flags[0] & apsw.SQLITE_OPEN_WAL)
        super().__init__("", name, flags)

    def xSync(self, flags: int) -> None:  # noqa: N802 -- SQLite's
        super().xSync(flags)
        self._vfs.syncs += self._is_log


def rate(folder: Path, writers: int, each: int, vfs: str | None = None, *, synced: bool = True) -> tuple[float, int]:
    """Return commits a second of so many writers who each wait for theirs, and how many transactions that were.

    Without ``synced`` the file is never synced: what is left is the journal's own work.
    """
    transactions = 0

    def committed() -> bool:
        nonlocal transactions
        transactions += 1
        return False

    def hook(connection: apsw.Connection) -> None:
        connection.set_commit_hook(committed)

    apsw.connection_hooks.append(hook)
    try:
        with Journal(folder, SystemClock(), vfs=vfs) as journal:
            opened = AttemptOpened(batch=BatchId("WO-1"), slot=SlotNumber(1), recipe=Sha256("ab" * 32), serial=None)
            attempt = AttemptId(journal.commit(opened)[0])
            if not synced and journal._db is not None:
                journal._db.pragma("synchronous", 0)
            event = StepIntended(
                attempt=attempt, index=0, step=StepKind.IDENTIFY, name="identify", repeat=RepeatClass.PURE
            )
            start = threading.Barrier(writers + 1)

            def write() -> None:
                start.wait()
                for _ in range(each):
                    journal.commit(event)

            threads = [threading.Thread(target=write) for _ in range(writers)]
            for thread in threads:
                thread.start()
            before = transactions
            start.wait()
            begun = time.perf_counter()
            for thread in threads:
                thread.join()
            return writers * each / (time.perf_counter() - begun), transactions - before
    finally:
        apsw.connection_hooks.remove(hook)


def unsynced(folder: Path, each: int) -> int:
    """Return how many transactions more than syncs there were."""
    vfs = CountingVfs()
    try:
        _, transactions = rate(folder, WRITERS, each, _VFS)
        return max(0, transactions - vfs.syncs)
    finally:
        vfs.unregister()


def measure(run: Run) -> Sequence[Row]:
    """Measure one writer, then 32, then count syncs."""
    many, transactions = rate(run.scratch / "many", WRITERS, each := run.size(400, 100, 3))
    one, _ = rate(run.scratch / "one", 1, run.size(2000, 500, 5))
    unsafe, _ = rate(run.scratch / "unsafe", WRITERS, each, synced=False)
    return [
        Row(
            what=f"journal commits a second, {WRITERS} writers who wait",
            unit="/s",
            measured=many,
            reference=one,
            against="one writer, so a sync each",
            asked=f"{TIMES_MORE} times more",
            limit=one * TIMES_MORE,
            more_is_better=True,
            floor=unsafe,
            beneath="the same without any sync",
            note=f"{WRITERS * each / transactions:.1f} commits a sync; a bare sync: "
            f"{sync_seconds(run.scratch) * 1000:.2f} ms",
        ),
        Row(
            what="  transactions without a sync of their own",
            unit="",
            measured=unsynced(run.scratch / "counted", run.size(50, 20, 2)),
            asked="none",
            limit=0,
        ),
    ]
