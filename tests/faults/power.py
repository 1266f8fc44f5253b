"""A day of journal, files and uploads on a disk that loses its power anywhere, and what must be true afterwards.

The line is a fast one: boards are keys in this process's memory, and attempts are written as the line writes them.
Journal, people, CA, station key, checkpoints, exports, outbox and client are the product's own.
"""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from unittest import mock

import stamina

from station.ca.authority import Authority
from station.ca.creation import create_authority
from station.cloud import wire
from station.cloud.team import TeamCloud
from station.cloud.wire import Timeouts
from station.domain.line import CloudState, Outcome
from station.domain.secret import Secret
from station.evidence.checkpoints import guard_start, make_checkpoint
from station.evidence.station_key import KEY_FILE, create_station_key, open_station_key
from station.exporting import ExportDesk, Form
from station.host.files import replace_file, sha256_of
from station.journal import chosen, database, journal, leaves, records
from station.journal.journal import Journal
from station.line.decisions import decide_uploads
from station.line.desk import Desk, highest_number
from station.line.feed import Feed
from station.line.gate import Gate
from station.line.onboarding import OnboardRows
from station.line.outbox import Outbox
from station.line.recovery import close_interrupted
from station.people.rights import Actor, Instant, Method, PersonId, Role
from station.people.roll import People
from station.simulator.cloud import LINE_KEY, SimulatedCloud
from station.simulator.cloud_world import FAST
from tests.faults.claims import Finding, Kind
from tests.faults.disk import Disk, PowerCut, PowerVfs
from tests.faults.power_truth import (
    BATCH,
    PASSPHRASE,
    PEOPLE,
    RULES,
    UNITS,
    DayClock,
    World,
    find_finished,
    find_left,
    find_torn,
)
from tests.faults.seam import Op, overhear
from tests.line.harness import CHEAP
from tests.rows_at_once import RowsAtOnce
from tests.unit.ca.cheap import cheap_passphrases
from tests.unit.evidence.evidence_rig import ORIGIN, SEC_TAG, STEPS, Rig, make_modem


class FastLine(Rig):
    """Writes whole units as the line does, with keys that modems could have made."""

    def __init__(self, data: Path, journal: Journal, authority: Authority, clock: DayClock) -> None:
        self.data, self.journal, self.clock = data, journal, clock  # type: ignore[assignment]  # any clock does
        self.authority = Authority(authority._files, authority._key, clock)
        content = {
            "credentials": {"sec_tag": SEC_TAG},
            "steps": [{"do": str(step)} for step in STEPS],
            "cloud": {"subtype": "tracker", "tags": ["line1"]},
        }
        self.recipe = journal.keep("recipe", {"content": content, "file": "p.toml", "sha256": "0" * 64})
        self.fixture = journal.keep("fixture", {"content": {"name": "F"}})


class Day:
    """One process of the station on ``root``: opened, worked through, closed. On a :class:`Disk`, or without one."""

    def __init__(self, root: Path, world: World, disk: Disk | None, vfs: str | None) -> None:
        self.root, self.data, self.world, self._disk = root, root / "data", world, disk
        clock = world.clock
        self.journal = Journal(self.data, clock, vfs=vfs)
        try:
            guard_start(self.data / "evidence", ORIGIN, self.data, root / "away")
            self.journal.open_session({"station": "T1", "software": {"version": "1"}}, "p1")
            self.records = self.journal.records()
            self.gate = Gate(self.journal, clock)
            self.people = People(self.data, clock, CHEAP, highest=highest_number(self.records))
            self.desk = Desk(self.people, self.gate)
            close_interrupted(self.journal, self.records)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give everything back, as a process that ends does."""
        with mock.patch.object(Journal, "commit", return_value=[]):
            self.journal.close()

    @property
    def actor(self) -> Actor:
        """Somebody who may do everything."""
        now = Instant(self.world.clock.now(), self.world.clock.monotonic())
        return Actor(PersonId("p1"), frozenset(Role) - {Role.SERVICE}, Method.NAME, now)

    def work(self, order: random.Random) -> None:
        """Do the whole day; what is done already is not done again."""
        self.begin()
        doings: list[Callable[[], None]] = [
            *(lambda number=number: self.build(number) for number in range(1, UNITS + 1)),
            *(lambda name=name: self.hire(name) for name in PEOPLE[1:]),
            *(lambda number=number: self.change_settings(number) for number in range(3)),
            self.upload,
            self.checkpoint,
            lambda: self.export((Form.BUNDLE, Form.ONBOARD)),
        ]
        order.shuffle(doings)
        for do in doings:
            do()
        self.upload()
        self.checkpoint()
        self.export((Form.BUNDLE, Form.TABLES, Form.ONBOARD) if order.random() < 0.2 else (Form.BUNDLE,))

    def begin(self) -> None:
        """Have what every day needs: a key, a CA, a person, a batch."""
        if not (self.data / "evidence" / KEY_FILE).exists():
            create_station_key(self.data / "evidence", ORIGIN)
        self.key = open_station_key(self.data / "evidence", ORIGIN)
        if not (self.data / "ca").exists():
            create_authority(
                self.data / "ca",
                PASSPHRASE,
                name="Acme",
                clock=self.world.clock,
                root_years=30,
                line_years=20,
                leaf_years=10,
            )
        self.hire(PEOPLE[0])
        authority = Authority.open(self.data / "ca", PASSPHRASE, self.world.clock)
        self.line = FastLine(self.data, self.journal, authority, self.world.clock)
        if self.records.batch(BATCH) is None:
            self.line.arm(BATCH)

    def hire(self, name: str) -> None:
        """Have somebody work here."""
        if any(one.name == name for one in self.people.all):
            return
        if not self.people.all:
            self.desk.found(name, Secret("582914"), frozenset(), anew=self.people.began_before)
        else:
            self.desk.add(self.actor, name, Secret("582914"), frozenset({Role.OPERATOR}))
        self.world.people.add(name)

    def change_settings(self, number: int) -> None:
        """Replace the settings file."""
        text = f"# {number}\n" + "x" * 700 * (number + 1)
        self.world.settings.append(sha256_of(text.encode()))
        place = len(self.world.settings) - 1
        replace_file(self.root / "station.toml", text.encode())
        self.world.certain = place

    def build(self, number: int) -> None:
        """Take a board through, unless it has passed."""
        row = self.records.unit_by_device_id(f"dev-{number}")  # type: ignore[arg-type]  # an ID is text
        if row is None or row.outcome is not Outcome.PASSED:
            maker = self.world.makers.setdefault(number, make_modem(number))
            self.line.passed(number, maker=maker)

    def upload(self) -> None:
        """Empty the outbox; a person looks up in the portal what nobody can tell of."""
        rows = RowsAtOnce(OnboardRows(self.records).rows_of)
        cloud = TeamCloud(
            self.world.cloud.base_url,
            Secret(LINE_KEY),
            clock=self.world.clock,
            version="1.2.3",
            timeouts=Timeouts(connect=5.0, read=5.0, total=1e6),
        )
        outbox = Outbox(self.journal, self.records, cloud, self.world.clock, RULES, rows, Feed())
        for _ in range(500):
            wait = outbox.advance(flush=True)
            if wait is None:
                break
            self.world.clock.wait(threading.Event(), wait)
        else:
            raise AssertionError("the outbox does not come to rest")
        devices: Any = self.world.cloud.truth()["devices"]
        there = {one["device_id"] for one in devices}
        for row in self.records.outbox(CloudState.UNKNOWN):
            seen = CloudState.ONBOARDED if row.device_id in there else CloudState.WAITING
            decide_uploads(self.gate, self.records, [row.device_id], seen, self.actor, "looked it up")

    def checkpoint(self) -> None:
        """Sign the journal as it is."""
        kept = make_checkpoint(self.journal, self.key, self.data, self.root / "away", "a test")
        self.world.notes.append(kept.note)

    def export(self, forms: tuple[Form, ...]) -> None:
        """Export the batch into a folder of its own, once there is something to export."""
        if not self.records.units_of(BATCH):
            return
        to = next(self.root / f"exports-{one}" for one in range(1, 100) if not (self.root / f"exports-{one}").exists())

        def checkpoint_for(occasion: str, **named: Any) -> Any:
            return make_checkpoint(self.journal, self.key, self.data, self.root / "away", occasion, **named)

        record: Any = SimpleNamespace(key=self.key, data=self.data, checkpoint_for=checkpoint_for)
        opened = SimpleNamespace(value=SimpleNamespace(ca_folder=self.data / "ca"))
        station: Any = SimpleNamespace(gate=self.gate, journal=self.journal, records=self.records, opened=opened)
        for path in ExportDesk(station, self.actor, to, "a test", record=record).batch(BATCH, forms):
            self.world.exports[str(path.relative_to(self.root))] = sha256_of(path.read_bytes())


@dataclass(frozen=True)
class Cut:
    """What came of one power cut. ``operations``: how many the disk had seen when the day was at its end or cut."""

    seed: int
    cut_at: int
    operations: int
    acknowledged: int
    findings: list[Finding]


def try_cut(
    seed: int, cut_at: int, *, ignored: frozenset[Op] = frozenset(), synchronous: int = 2, finish: bool = True
) -> Cut:
    """Have the power go at the ``cut_at``-th operation of the day of ``seed`` (0: at its end), and look what is left.

    ``ignored`` and ``synchronous`` make the product forget syncs. ``finish``: whether the day is then gone on with.
    """
    with TemporaryDirectory(prefix="power-") as name, make_world() as world:
        root = Path(name)
        for folder in ("data", "away"):
            (root / folder).mkdir(mode=0o700)
        disk = Disk(root, seed, cut_at, ignored)
        _until_cut(root, world, disk, seed, synchronous)
        disk.restore()
        findings = list(find_torn(disk))
        told = len(world.acknowledged)
        try:
            findings += find_left(root, world)
            if finish:
                day = Day(root, world, None, None)
                try:
                    day.work(random.Random(seed))
                finally:
                    day.close()
                findings += find_finished(root, world)
        except Exception as error:  # noqa: BLE001 -- whatever stops a restart is a finding
            findings.append(Finding(Kind.WRONG, f"it does not start again: {type(error).__name__}: {error}"))
        return Cut(seed, cut_at, disk.count, told, findings)


@contextmanager
def make_world() -> Iterator[World]:
    """Give a cloud and a clock; what takes work on purpose takes little."""
    clock = DayClock()
    with ExitStack() as stack:
        stack.enter_context(stamina.set_testing(True, attempts=3, cap=True))
        stack.enter_context(cheap_passphrases())
        yield World(stack.enter_context(SimulatedCloud(clock=clock, service=FAST)), clock)


def _until_cut(root: Path, world: World, disk: Disk, seed: int, synchronous: int) -> None:
    """Work through the day until the power goes."""
    name = f"power-{threading.get_ident()}"
    vfs = PowerVfs(name, disk)
    day: Day | None = None
    with ExitStack() as stack:
        stack.callback(vfs.unregister)
        for patch in _on_disk(world, disk, synchronous):
            stack.enter_context(patch)
        try:
            with overhear(disk.take):
                day = Day(root, world, disk, name)
                day.work(random.Random(seed))
                disk.cut()
        except PowerCut:
            pass
        finally:
            if day is not None:
                day.close()
    disk.cut()


def _on_disk(world: World, disk: Disk, synchronous: int) -> Iterator[Any]:
    """Yield what puts the station on the disk: one connection for all, as its VFS has no shared memory, and no power
    for whoever goes on behind the cut."""
    opening, committing, exchanging = database.open_for_writing, Journal.commit, wire.Line.exchange
    shared: list[Any] = []

    def open_for_writing(folder: Path, **how: Any) -> Any:
        connection = opening(folder, **how)
        connection.pragma("synchronous", synchronous)
        connection.execute("PRAGMA wal_autocheckpoint = 20")  # a day is short: its log is to come round too
        shared.append(connection)
        return connection

    def open_for_reading(*_: Any, **__: Any) -> Any:
        return _Shared(shared[-1])

    def commit(of: Journal, *events: Any, **named: Any) -> Any:
        disk.require_power()
        places = committing(of, *events, **named)
        disk.require_power()
        world.acknowledged.update(zip(places, events, strict=True))
        return places

    def exchange(*arguments: Any, **named: Any) -> Any:
        disk.require_power()
        reply = exchanging(*arguments, **named)
        disk.tick()  # behind each exchange is a moment, too
        disk.require_power()
        return reply

    yield mock.patch.object(journal, "open_for_writing", open_for_writing)
    for module in (records, leaves, chosen):
        yield mock.patch.object(module, "open_for_reading", open_for_reading)
    yield mock.patch.object(Journal, "commit", commit)
    yield mock.patch.object(wire.Line, "exchange", exchange)


class _Shared:
    """A reader on the writer's own connection, between its transactions."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def close(self) -> None:
        """End what was begun to read; the connection stays open: it is the writer's."""
        if not self._connection.getautocommit():
            self._connection.execute("ROLLBACK")
