"""A journal's change of format, there and back, on a disk that loses its power anywhere: always one of them, whole.

A station opens the journal that an earlier one wrote, a newer one takes over, and the first goes back and writes on.
Journal and copies are the product's own; SQLite's writes to the journal go through the disk's VFS.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import apsw

from station.domain.events import SignedOut
from station.domain.faults import Fault
from station.evidence import backup_journal
from station.journal.database import FILE_NAME, connect_traceless
from station.journal.schema import MIGRATIONS
from tests.faults.claims import Finding, Kind
from tests.faults.disk import Disk, PowerCut, PowerVfs
from tests.faults.formats import EARLIER, earlier_journal, find_wrong, format_at, leaves_of, newer_station, open_journal
from tests.faults.power import Cut
from tests.faults.power_truth import DayClock
from tests.faults.seam import Op, overhear


@dataclass
class Change:
    """A data folder, and what was acknowledged there."""

    data: Path
    number: int
    """The format of its journal at first."""
    before: list[bytes]
    killed: bool
    """Whether the newer station leaves its log behind."""
    told: int = 0
    """Entries that were acknowledged."""

    def act(self, disk: Disk | None = None, vfs: str | None = None) -> None:
        """Have this station open the journal, a newer one take over, and this one go back and write an entry."""
        clock = DayClock()
        open_journal(self.data, clock, vfs=vfs)
        _require(disk)
        with newer_station():
            open_journal(self.data, clock, vfs=vfs, killed=self.killed)
        _require(disk)
        open_journal(self.data, clock, SignedOut(person="p1", reason="a test"), vfs=vfs)
        _require(disk)
        self.told += 1

    def find(self) -> Iterator[Finding]:
        """Yield what is wrong with the journal as it is, whichever station wrote it last."""
        with newer_station():
            yield from find_wrong(self.data, self.number, self.before)
            try:
                written = len(leaves_of(self.data / FILE_NAME)) - len(self.before)
            except (Fault, apsw.Error):
                return  # said already
        if written not in (self.told, self.told + 1):  # what is cut off in its commit may be there
            yield Finding(Kind.LOST, f"{self.told} entries were acknowledged, and {written} are there")


def try_change(seed: int, cut_at: int, *, ignored: frozenset[Op] = frozenset(), finish: bool = True) -> Cut:
    """Have the power go at the ``cut_at``-th operation of a change there and back (0: at its end); else as a day."""
    chance = random.Random(f"change {seed}")
    with TemporaryDirectory(prefix="power-") as name:
        root = Path(name)
        data = root / "data"
        data.mkdir(mode=0o700)
        number = chance.choice(EARLIER)
        (data / FILE_NAME).write_bytes(earlier_journal(number))
        change = Change(data, number, leaves_of(data / FILE_NAME), killed=chance.random() < 0.5)
        disk = Disk(root, chance.getrandbits(32), cut_at, ignored)
        _until_cut(change, disk)
        disk.restore()
        told = change.told
        findings = list(change.find())
        if finish and not findings:
            try:
                if chance.random() < 0.5:  # the newer one goes on first
                    with newer_station():
                        open_journal(data, DayClock())
                change.told = len(leaves_of(data / FILE_NAME)) - len(change.before)
                change.act()
                if format_at(data / FILE_NAME) != len(MIGRATIONS):
                    findings.append(Finding(Kind.WRONG, "the older station left the newer format"))
            except (Fault, OSError) as error:
                findings.append(Finding(Kind.WRONG, f"it does not start again: {type(error).__name__}: {error}"))
            findings += change.find()
        return Cut(seed, cut_at, disk.count, told, findings)


def _until_cut(change: Change, disk: Disk) -> None:
    """Act until the power goes."""
    name = f"power-{threading.get_ident()}"
    vfs = PowerVfs(name, disk)
    with ExitStack() as stack:
        stack.callback(vfs.unregister)
        # Its VFS has no shared memory, so the writer is alone on the journal: a copy is made past its lock.
        stack.enter_context(mock.patch.object(backup_journal, "open_for_reading", _read_past_the_lock))
        try:
            with overhear(disk.take):
                change.act(disk, name)
        except PowerCut:
            pass
    disk.cut()


def _read_past_the_lock(data: Path) -> apsw.Connection:
    return connect_traceless(data / FILE_NAME)


def _require(disk: Disk | None) -> None:
    if disk is not None:
        disk.require_power()
