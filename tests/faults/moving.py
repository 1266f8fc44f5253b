"""A backup and its restore on a disk that loses its power anywhere: what has its name is whole, or it is not there.

The station that is backed up lies elsewhere, and keeps its power: its day is :mod:`tests.faults.power`'s. On the disk
are the stick that takes the backup, and the other PC's folder.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from station.app import Station
from station.backing_up import BackupDesk
from station.ca.authority import Authority
from station.ca.creation import create_authority
from station.domain.events import Restored
from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.domain.secret import Secret
from station.evidence.backup_archive import CHECKPOINT, JOURNAL, Backup
from station.evidence.backup_journal import find_flaw
from station.evidence.forms import Broken
from station.evidence.verifier import verify_journal
from station.host.files import sha256_of_file
from station.journal.agreement import find_disagreement
from station.journal.journal import Journal
from station.opened import open_station
from station.people.rights import ITSELF
from station.restoring import Chosen, Faces, restore_backup
from station.signed_record import open_own_key
from tests.faults.claims import Finding, Kind
from tests.faults.disk import Disk, PowerCut
from tests.faults.power import Cut, FastLine, make_world
from tests.faults.power_truth import BATCH, PASSPHRASE, World, find_torn
from tests.faults.seam import Op, overhear
from tests.line.harness import STAFF, Line

WHY = "a test of power cuts"
UNITS = 2
STICK, PC = "stick", "other-pc"


@dataclass
class Told:
    """What somebody was told before the power went."""

    backup: Path | None = None
    sha256: Sha256 | None = None
    restored: bool = False


class Move:
    """A station elsewhere, and how it comes to another PC by way of a stick; both are below ``root``."""

    def __init__(self, source: Path, root: Path, world: World) -> None:
        self.root, self._world = root, world
        nobody: Any = None  # no bench: boards are keys in this process's memory
        self._line = Line(source, nobody, world.cloud, world.clock)
        data = source / "data"
        data.mkdir(mode=0o700, parents=True)
        ca, clock = data / "ca", world.clock
        create_authority(ca, PASSPHRASE, name="Test Works", clock=clock, root_years=30, line_years=20, leaf_years=10)
        self._line.write(slots=1)
        self._line.recipe()
        self._line.hire()
        with Journal(data, clock) as journal:
            journal.open_session({}, ITSELF)
            fast = FastLine(data, journal, Authority.open(ca, PASSPHRASE, clock), clock)
            fast.arm(BATCH)
            for number in range(1, UNITS + 1):
                fast.passed(number)

    def act(self, told: Told) -> None:
        """Back up, and restore from that where nothing is restored yet."""
        with Station(self._line.open(), WHY) as station:
            station.enter(self._line.actor())
            written = BackupDesk(station, station.actor, self.root / STICK, WHY).write()
        told.backup, told.sha256 = written.path, written.sha256
        if not (self.root / PC).exists():
            faces = Faces(
                sign_in=lambda other: other.enter(other.sign_in("edith", Secret(STAFF["edith"][0]))),
                agree=lambda other, _: other.sign_in("lena", Secret(STAFF["lena"][0])),
                passphrase=lambda _: PASSPHRASE,
            )
            chosen = Chosen(written.path, self.root / PC, WHY)
            restore_backup(chosen, faces, lambda path: open_station(path, self._world.clock))
        told.restored = True

    def find(self, told: Told) -> Iterator[Finding]:
        """Yield what is wrong with the disk as it is: nothing of it is half, and what was told is there."""
        if told.backup is not None and (not told.backup.exists() or sha256_of_file(told.backup) != told.sha256):
            yield Finding(Kind.LOST, f"{told.backup.name} was written and is not there")
        for path in (self.root / STICK).glob("[!.]*"):
            if flaw := _flaw_of(path):
                yield Finding(Kind.WRONG, f"{path.name}: {flaw}")
        if not (self.root / PC).exists():
            if told.restored:
                yield Finding(Kind.LOST, "what was restored is not there")
            return
        yield from self._restored(self.root / PC)

    def _restored(self, there: Path) -> Iterator[Finding]:
        data = there / "data"
        try:
            verify_journal(data)
            if (differs := find_disagreement(data)) is not None:
                yield Finding(Kind.WRONG, f"the restored tables: {differs}")
            opened = open_station(there / "station.toml", self._world.clock)
            with Station(opened, WHY) as station:
                restored = station.records.entries_of_kind(Restored.kind)
                if len(restored) != 1:
                    yield Finding(Kind.DOUBLED, f"the backup was restored {len(restored)} times")
                if len(station.records.units_of(BATCH)) != UNITS:
                    yield Finding(Kind.LOST, "a unit is not in what was restored")
                # The file with the passphrase is in no backup: somebody brings it.
                station.enter(station.sign_in("edith", Secret(STAFF["edith"][0])))
                Authority.open(opened.require_ca(), PASSPHRASE, self._world.clock)
                open_own_key(opened)
        except (Fault, Broken, OSError) as error:
            yield Finding(Kind.WRONG, f"what was restored does not hold: {type(error).__name__}: {error}")


def _flaw_of(path: Path) -> str:
    try:
        with Backup(path) as backup, TemporaryDirectory(prefix="power-") as name:
            with (Path(name) / JOURNAL).open("xb") as file:
                backup.extract(JOURNAL, file)
            return find_flaw(Path(name), backup.text(CHECKPOINT), backup.key.line, backup.described.size)
    except Fault as fault:
        return f"{fault.code} {fault.sentence}"


def try_move(seed: int, cut_at: int, *, ignored: frozenset[Op] = frozenset(), finish: bool = True) -> Cut:
    """Have the power go at the ``cut_at``-th operation of a backup and its restore (0: at their end); else as a day."""
    with TemporaryDirectory(prefix="power-") as name, make_world() as world:
        root, told = Path(name) / "disk", Told()
        (root / STICK).mkdir(parents=True, mode=0o700)
        move = Move(Path(name) / "works", root, world)
        disk = Disk(root, random.Random(f"move {seed}").getrandbits(32), cut_at, ignored)
        try:
            with overhear(disk.take):
                move.act(told)
                disk.cut()
        except PowerCut:
            pass
        disk.cut()
        disk.restore()
        acknowledged = (told.backup is not None) + told.restored
        findings = [*find_torn(disk), *move.find(told)]
        if finish and not findings:
            try:
                move.act(told)
            except (Fault, OSError) as error:
                findings.append(Finding(Kind.WRONG, f"it can't be done again: {type(error).__name__}: {error}"))
            findings += move.find(told)
        return Cut(seed, cut_at, disk.count, acknowledged, findings)
