"""Journal commits a second with 32 writers who wait, beside one sync for each; and that no commit goes unsynced."""

import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

import apsw

from station.domain.events import AttemptOpened, StepIntended
from station.domain.ids import AttemptId, BatchId, EventSeq, Sha256, SlotNumber
from station.domain.line import RepeatClass, StepKind
from station.host.clock import SystemClock
from station.journal.codec import Entry
from station.journal.database import open_for_reading
from station.journal.journal import Journal
from tests.benchmarks.figure import Row, Run

NAME = "commits"
WHAT = "journal commits a second, 32 writers"
WRITERS, TIMES_MORE = 32, 8
_GROUP: Final = WRITERS // 2
"""So many come together: half of the writers are answered while the other half wait."""
_TURNS: Final = 3
_VFS, _SLOW_VFS = "counts-syncs", "slow-syncs"
_SLOW = 0.002
"""Seconds of a sync on an SSD without a capacitor, as line PCs have them; a virtual disk may say it in a twentieth."""


class CountingVfs(apsw.VFS):
    """The system's own files; of write-ahead logs it knows what is synced, and what is written and not synced yet."""

    def __init__(self) -> None:
        self.syncs = self.synced_bytes = self.unsynced_bytes = 0
        super().__init__(_VFS, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "CountingFile":  # noqa: N802 -- SQLite's
        return CountingFile(self, name, flags)


class CountingFile(apsw.VFSFile):
    """One of them."""

    def __init__(self, vfs: CountingVfs, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._vfs, self._is_log = vfs, bool(flags[0] & apsw.SQLITE_OPEN_WAL)
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 -- SQLite's
        super().xWrite(data, offset)
        self._vfs.unsynced_bytes += len(data) * self._is_log

    def xSync(self, flags: int) -> None:  # noqa: N802 -- SQLite's
        super().xSync(flags)
        if self._is_log:
            self._vfs.syncs += 1
            self._vfs.synced_bytes += self._vfs.unsynced_bytes
            self._vfs.unsynced_bytes = 0


class SlowVfs(apsw.VFS):
    """The system's own files on a disk whose syncs take longer."""

    def __init__(self) -> None:
        super().__init__(_SLOW_VFS, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "SlowFile":  # noqa: N802 -- SQLite's
        return SlowFile("", name, flags)


class SlowFile(apsw.VFSFile):
    """One of them."""

    def xSync(self, flags: int) -> None:  # noqa: N802 -- SQLite's
        super().xSync(flags)
        time.sleep(_SLOW)


@dataclass
class Window:
    """Of the commits between the writers' start and their end: how many groups, and how many of them were not safe.

    The journal's thread tells of a group before it begins the next, so that all of the log that is written by then is
    this group's or older; a writer notes how much is synced when it has its answer.
    """

    vfs: CountingVfs | None = None
    groups: int = 0
    entries: int = 0
    unsynced: int = 0
    """Groups that ended without a sync of their own."""
    begun_syncs: int = 0
    begun_bytes: int = 0
    _syncs: int = 0
    _written: dict[EventSeq, tuple[int, int]] = field(default_factory=dict)
    """By entry: its group, and the bytes of the log up to that group's end."""
    _answered: list[tuple[EventSeq, int]] = field(default_factory=list)

    def take(self, entries: Sequence[Entry]) -> None:
        """Hear of a group."""
        self.groups += 1
        self.entries += len(entries)
        if self.vfs is not None:
            self.unsynced += self.vfs.syncs == self._syncs
            self._syncs = self.vfs.syncs
            end = self.vfs.synced_bytes + self.vfs.unsynced_bytes
            self._written.update((entry.seq, (self.groups, end)) for entry in entries)

    def answer(self, entry: EventSeq) -> None:
        """Hear of an entry's answer, in the thread of the writer who has it."""
        if self.vfs is not None:
            self._answered.append((entry, self.vfs.synced_bytes))

    def begin(self) -> None:
        """Forget what was until now."""
        self.groups = self.entries = self.unsynced = 0
        self._written.clear()
        if self.vfs is not None:
            self._syncs = self.begun_syncs = self.vfs.syncs
            self.begun_bytes = self.vfs.synced_bytes

    @property
    def early(self) -> int:
        """How many groups were answered for with a byte of theirs unsynced, or had no sync of their own."""
        ends = ((self._written[entry], synced) for entry, synced in self._answered)
        return max(self.unsynced, len({group for (group, end), synced in ends if synced < end}))


def first(journal: Journal) -> StepIntended:
    """Open an attempt, and return what is written of it again and again."""
    opened = AttemptOpened(batch=BatchId("WO-1"), slot=SlotNumber(1), recipe=Sha256("ab" * 32), serial=None)
    attempt = AttemptId(journal.commit(opened)[0])
    return StepIntended(attempt=attempt, index=0, step=StepKind.IDENTIFY, name="identify", repeat=RepeatClass.PURE)


def rate(
    folder: Path,
    writers: int,
    each: int,
    vfs: CountingVfs | None = None,
    *,
    slow: bool = False,
    synced: bool = True,
) -> tuple[float, Window]:
    """Return commits a second of so many writers who each wait for theirs, and what was seen of their groups.

    Without ``synced`` the file is never synced: what is left is what the processor needs.
    """
    window, named = Window(vfs), _SLOW_VFS if slow else _VFS if vfs else None
    with Journal(folder, SystemClock(), vfs=named, committed=window.take) as journal:
        event = first(journal)
        if not synced and journal._db is not None:
            journal._db.pragma("synchronous", 0)
        start = threading.Barrier(writers + 1)

        def write() -> None:
            start.wait()
            for _ in range(each):
                window.answer(journal.commit(event)[0])

        threads = [threading.Thread(target=write) for _ in range(writers)]
        for thread in threads:
            thread.start()
        journal.catch_up()
        window.begin()
        start.wait()
        begun = time.perf_counter()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - begun
        journal.catch_up()
        assert window.entries == writers * each
        return writers * each / took, window


def together(folder: Path, groups: int) -> float:
    """Return entries a second of one writer who hands over 32 at a time: the same entries, and nobody in each other's
    way."""
    with Journal(folder, SystemClock()) as journal:
        event = first(journal)
        begun = time.perf_counter()
        for _ in range(groups):
            journal.commit(*[event] * WRITERS)
        return groups * WRITERS / (time.perf_counter() - begun)


def bare(folder: Path, leaves: Sequence[bytes], *, synced: bool) -> float:
    """Return the seconds that SQLite alone takes for a transaction: 16 of these leaves, and nothing else."""
    folder.mkdir()
    db = apsw.Connection(str(folder / "bare.db"))
    try:
        assert db.pragma("journal_mode", "wal") == "wal"
        db.pragma("synchronous", 2 if synced else 0)
        db.execute("CREATE TABLE leaf(seq INTEGER PRIMARY KEY, leaf BLOB NOT NULL) STRICT")
        begun = time.perf_counter()
        for at in range(0, len(leaves), _GROUP):
            db.execute("BEGIN IMMEDIATE")
            for leaf in leaves[at : at + _GROUP]:
                db.execute("INSERT INTO leaf(leaf) VALUES(?)", (leaf,))
            db.execute("COMMIT")
        return (time.perf_counter() - begun) * _GROUP / len(leaves)
    finally:
        db.close()


def leaves_in(folder: Path) -> list[bytes]:
    """Return what the writers had written."""
    with closing(open_for_reading(folder)) as db:
        sql = "SELECT leaf FROM event WHERE kind = ? ORDER BY seq"
        return [bytes(leaf) for (leaf,) in db.execute(sql, (StepIntended.kind,))]  # type: ignore[arg-type]  # a BLOB


def counted(folder: Path, each: int) -> tuple[Window, int, int]:
    """Return what was seen of each group's syncs, and how many syncs and synced bytes there were."""
    vfs = CountingVfs()
    try:
        _, window = rate(folder, WRITERS, each, vfs)
        return window, vfs.syncs - window.begun_syncs, vfs.synced_bytes - window.begun_bytes
    finally:
        vfs.unregister()


def on_a_slow_disk(run: Run) -> tuple[float, float]:
    """Return commits a second of 32 writers and of one where a sync takes its time."""
    vfs = SlowVfs()
    try:
        many, _ = rate(run.scratch / "slow-many", WRITERS, run.size(200, 50, 2), slow=True)
        one, _ = rate(run.scratch / "slow-one", 1, run.size(1000, 250, 5), slow=True)
        return many, one
    finally:
        vfs.unregister()


def measure(run: Run) -> Sequence[Row]:
    """Measure one writer, then 32, here and on a slower disk, then what lies beneath, then look at every sync."""
    each, turns = run.size(400, 100, 3), [run.scratch / f"turn-{turn}" for turn in range(_TURNS)]
    rates: dict[str, list[float]] = {"many": [], "one": [], "unsynced": [], "sync": []}
    for turn in turns:  # a disk that others use too is slow for moments
        turn.mkdir()
        found, window = rate(turn / "many", WRITERS, each)
        rates["many"].append(found)
        rates["one"].append(rate(turn / "one", 1, run.size(1000, 250, 5))[0])
        rates["unsynced"].append(rate(turn / "unsynced", WRITERS, each, synced=False)[0])
        leaves = leaves_in(turn / "many")
        waits = bare(turn / "bare", leaves, synced=True) - bare(turn / "bare-unsynced", leaves, synced=False)
        rates["sync"].append(waits)
    many, one, unsynced, a_sync = (median(rates[what]) for what in ("many", "one", "unsynced", "sync"))
    grouped = together(run.scratch / "together", each)
    slow_many, slow_one = on_a_slow_disk(run)
    seen, syncs, synced = counted(run.scratch / "counted", run.size(50, 20, 2))
    together_each = window.entries / window.groups
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
            floor=together_each / (together_each / unsynced + max(0.0, a_sync)),
            beneath=f"the same without any sync {unsynced:.0f} /s, and what SQLite alone waits for the disk at each "
            "transaction: here a sync is next to nothing, and the processor the limit",
            note=f"the middle one of {_TURNS} turns; {together_each:.1f} commits a transaction; SQLite alone, as many "
            f"of the same leaves in one table, waits {a_sync * 1000:.2f} ms for the disk; one writer who hands over "
            f"{WRITERS} at a time: {grouped:.0f} /s",
        ),
        Row(
            what=f"  the same where a sync takes {_SLOW * 1000:.0f} ms more, as on a PC's SSD",
            unit="/s",
            measured=slow_many,
            reference=slow_one,
            against="one writer, so a sync each",
            asked=f"{TIMES_MORE} times more",
            limit=slow_one * TIMES_MORE,
            more_is_better=True,
        ),
        Row(
            what="  transactions answered before all of their bytes were synced",
            unit="",
            measured=seen.early,
            asked="none",
            limit=0,
            note=f"of {seen.groups}, with {syncs} syncs of {synced} bytes of the log; looked at when each writer "
            "had its answer, by a file system that keeps count",
        ),
    ]
