"""One batch on a simulated fixture, measured: the line in this process, the bench in another, hands between them.

``python -m tests.benchmarks.line_run ASKED OUT``: :class:`Asked` as JSON, and the file for :class:`Told`. A process of
its own for each batch, for nothing that an earlier one left behind to help or to hinder it.
"""

import http.client
import json
import os
import queue
import subprocess
import sys
import threading
import time
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import apsw

from station.domain.ids import SlotNumber
from station.domain.line import SlotState
from station.host.clock import SystemClock
from station.host.companion import Companion
from station.line.batch_run import BatchRun, LineRules
from station.line.feed import Notice, SlotChanged
from station.simulator.bench import Bench
from station.simulator.cloud import SimulatedCloud
from tests.benchmarks.processes import resident
from tests.line.harness import ROOT, Line, make_ca

PACES = {"none": ("--no-delay",), "fast": ("--fast",), "realistic": ()}
_TRACKER = ROOT / "config" / "recipes" / "tracker.toml"
_PATIENCE = 60.0


@dataclass(frozen=True)
class Asked:
    """A batch. ``whole``: from a blank board on, with a probe; else its credentials alone."""

    slots: int
    units: int
    pace: str = "none"
    whole: bool = False
    upload: bool = False
    checked: bool = False
    """Each unit has its final check too, once it is onboarded."""
    boot: float = 0.0
    """Seconds that hands leave a board to boot before they tell of it."""
    seconds: float = 3600.0


@dataclass
class Told:
    """What was measured. Of each unit, seconds; of the line, pairs: units that were done, and the figure then."""

    seconds: list[float] = field(default_factory=list)
    """From the word that it is loaded to its committed result."""
    device: list[float] = field(default_factory=list)
    """What its device took, by the bench's timings."""
    taken: list[float] = field(default_factory=list)
    """What its device took in truth: it is a program that does its work."""
    spent: dict[str, tuple[int, float]] = field(default_factory=dict)
    """What all devices took, by what for: each command and probe operation, how often, and its seconds."""
    first_byte: list[float] = field(default_factory=list)
    """From the word that it is loaded to the first byte at the device."""
    freed: list[float] = field(default_factory=list)
    """From its result until its slot takes the next one."""
    cpu: list[tuple[int, float]] = field(default_factory=list)
    """Processor seconds of the line, without its hands'."""
    mib: list[tuple[int, float]] = field(default_factory=list)
    journal: list[tuple[int, int]] = field(default_factory=list)
    """Bytes of the journal's pages: armed, and at rest."""
    folder: list[tuple[int, int]] = field(default_factory=list)
    """Bytes of the whole data folder on the disk at the same times, the journal's pages for its files, and no log."""
    log: list[tuple[int, int]] = field(default_factory=list)
    """Bytes of its log."""
    leaves: int = 0
    """Bytes of the units' entries themselves, and of the bodies that went to the cloud."""
    commits: int = 0
    """While the units were built."""

    @property
    def cpu_a_unit(self) -> float:
        """Processor seconds a unit, once a fifth of them has warmed the line up."""
        (first, before), (last, after) = self.cpu[len(self.cpu) // 5], self.cpu[-1]
        return (after - before) / (last - first)

    @property
    def bytes_a_unit(self) -> float:
        """What the journal grows by a unit."""
        return _growth(self.journal)

    @property
    def folder_a_unit(self) -> float:
        """What the whole data folder grows by a unit, its log left out, which grows up to a limit."""
        return _growth(self.folder)

    @property
    def log_a_unit(self) -> float:
        """What the log grows by a unit, until it is at its limit."""
        return _growth(self.log)


def _growth(sizes: list[tuple[int, int]]) -> float:
    (_, before), (units, after) = sizes[0], sizes[-1]
    return (after - before) / units


class RemoteBench:
    """A bench in another process, asked over its control API. Each thread has a connection of its own."""

    def __init__(self, folder: Path) -> None:
        self.announced: dict[str, Any] = json.loads((folder / "bench.json").read_text(encoding="utf-8"))
        self._address = self.announced["control"].removeprefix("http://")
        self._own = threading.local()

    def insert_described(self, slot: int, description: dict[str, object]) -> None:
        """Put a board in."""
        self._ask("POST", f"/slots/{slot}", description)

    def remove(self, slot: int) -> None:
        """Take it out."""
        self._ask("DELETE", f"/slots/{slot}")

    def describe_board(self, serial: str, *, private: bool = False) -> dict[str, Any]:
        """Return what a board truly holds."""
        assert not private
        return self._ask("GET", f"/boards/{serial}")

    def _ask(self, method: str, path: str, body: dict[str, object] | None = None) -> dict[str, Any]:
        if not hasattr(self._own, "connection"):
            self._own.connection = http.client.HTTPConnection(self._address, timeout=_PATIENCE)
        self._own.connection.request(method, path, json.dumps(body or {}))
        answer = self._own.connection.getresponse()
        value: dict[str, Any] = json.loads(answer.read())
        assert answer.status == 200, value
        return value


@dataclass(frozen=True)
class RemoteCloud:
    """As much of a simulated cloud in another process as a station file names."""

    base_url: str
    api_key: str


@contextmanager
def simulated_line(folder: Path, asked: Asked) -> Iterator[Line]:
    """Have a line on a bench in a process of its own, as long as the block lasts."""
    data, clock = folder / "data", SystemClock()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [sys.executable, "-m", "station.simulator", "--folder", str(data / "bench"), "--seed", "1"]
    command += ["--slots", str(asked.slots), *PACES[asked.pace]]
    with Companion(command, ready="ready", timeout=_PATIENCE) as simulator:
        simulator.wait_ready()
        bench = RemoteBench(data / "bench")
        cloud = RemoteCloud(bench.announced["cloud"], bench.announced["api_key"])
        line = Line(folder, cast("Bench", bench), cast("SimulatedCloud", cloud), clock)
        if not (ca := data / "ca").exists():
            make_ca(ca, clock)  # what opening it costs is no unit's, and in no figure of this
        programmer = "simulated" if asked.whole else "none"
        line.write(slots=asked.slots, slot=f'presence = "scan"\nprogrammer = "{programmer}"\n')
        if asked.whole:
            (folder / "recipes").mkdir(exist_ok=True)
            text = _TRACKER.read_text(encoding="utf-8").replace('"../', f'"{_TRACKER.parent.parent}/')
            if asked.checked:
                text = text.replace("[cloud]\n", "[cloud]\nfinal_check = true\n")
            (folder / "recipes" / _TRACKER.name).write_text(text, encoding="utf-8")
        else:
            line.recipe()
        line.hire()
        yield line


class Column:
    """Numbers of units, with room for all of them from the first on: the line's memory is a figure too."""

    def __init__(self, room: int) -> None:
        self._values, self._used = array("d", bytes(8 * room)), 0

    def __len__(self) -> int:
        return self._used

    def append(self, value: float) -> None:
        """Note one more."""
        self._values[self._used] = value
        self._used += 1

    def told(self) -> list[float]:
        """Return what was noted."""
        return list(self._values[: self._used])


class Hands:
    """Quick hands: a finished board is out, and the next one in and told of, as soon as its slot can take it."""

    def __init__(self, line: Line, asked: Asked) -> None:
        self._line, self._asked, self._left = line, asked, asked.units
        self._lock = threading.Lock()
        self._engine: BatchRun | None = None
        self._begun: dict[SlotNumber, float] = {}
        self._ended: dict[SlotNumber, float] = {}
        self._serial: dict[SlotNumber, str] = {}
        self._own_cpu = 0.0
        self._every = max(1, asked.units // 20)
        self.commits = 0
        self.told = Told()
        self._seconds, self._device, self._taken = Column(asked.units), Column(asked.units), Column(asked.units)
        self._first_byte, self._freed = Column(asked.units), Column(asked.units)
        slots = [SlotNumber(number) for number in range(1, asked.slots + 1)]
        # Of each slot: when it finished with a board (True) or wants one.
        self._orders = {slot: queue.SimpleQueue[tuple[bool, float] | None]() for slot in slots}
        self._threads = [threading.Thread(target=self._serve, args=(slot,), daemon=True) for slot in slots]
        for thread in self._threads:
            thread.start()

    def __call__(self, engine: BatchRun, notice: Notice) -> None:
        """Take a notice of the line: only note the time here, for the slots' own threads call this."""
        self._engine = engine
        match notice:
            case SlotChanged(state=SlotState.EMPTY | SlotState.DONE as state):
                self._orders[notice.slot].put((state is SlotState.DONE, time.monotonic()))
            case _:
                pass

    def count(self, connection: apsw.Connection) -> None:
        """Count the commits of a new connection."""

        def committed() -> bool:
            self.commits += 1
            return False

        connection.set_commit_hook(committed)

    def end(self) -> None:
        """Return when all that was done is counted."""
        for orders in self._orders.values():
            orders.put(None)
        for thread in self._threads:
            thread.join(_PATIENCE)
        told = self.told
        told.seconds, told.device, told.taken = self._seconds.told(), self._device.told(), self._taken.told()
        told.first_byte, told.freed = self._first_byte.told(), self._freed.told()
        told.commits = self.commits - told.commits
        told.leaves = self._weigh(self._asked.units)

    def _weigh(self, units: int) -> int:
        """Note what the data folder takes, with so many units in it; return the bytes of their evidence."""
        data = self._line.folder / "data"
        size, leaves = _size(data / "journal.db")
        self.told.journal.append((units, size))
        others, log = _beside(data)
        self.told.folder.append((units, size + others))
        self.told.log.append((units, log))
        return leaves

    def _serve(self, slot: SlotNumber) -> None:
        while (order := self._orders[slot].get()) is not None:
            before = time.thread_time()
            finished, at = order
            (self._take_out if finished else self._put_in)(slot, at)
            with self._lock:
                self._own_cpu += time.thread_time() - before

    def _put_in(self, slot: SlotNumber, at: float) -> None:
        with self._lock:
            if not self.told.journal:
                self._weigh(0)
                self.told.commits = self.commits
            if slot in self._ended:
                self._freed.append(at - self._ended[slot])
            if not self._left:
                return
            self._left -= 1
            self._serial[slot] = serial = f"M{self._left:06d}"
        self._line.bench.insert_described(slot, {"serial": serial, "blank": self._asked.whole})
        threading.Event().wait(self._asked.boot)
        assert self._engine is not None
        self._begun[slot] = time.monotonic()
        self._engine.scan(slot, None)

    def _take_out(self, slot: SlotNumber, at: float) -> None:
        counters = self._line.bench.describe_board(self._serial[slot])["counters"]
        self._line.bench.remove(slot)
        self._ended[slot] = at
        told, begun = self.told, self._begun[slot]
        with self._lock:
            self._seconds.append(at - begun)
            self._device.append(counters["device_seconds"])
            self._taken.append(counters["taken_seconds"])
            for what, (times, seconds) in counters["spent"].items():
                before = told.spent.get(what, (0, 0.0))
                told.spent[what] = before[0] + times, before[1] + seconds
            self._first_byte.append((counters["first_byte_at"] or at) - begun)
            done = len(self._seconds)
            if done % self._every == 0:
                told.cpu.append((done, time.process_time() - self._own_cpu))
                if done < self._asked.units:  # behind the last one the batch is told, unit by unit: other memory
                    told.mib.append((done, resident()))


def _size(path: Path) -> tuple[int, int]:
    """Return the bytes of a journal's pages, and of what it holds for evidence, as it is stored."""
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        (pages,), (page,) = db.execute("PRAGMA page_count").fetchone(), db.execute("PRAGMA page_size").fetchone()
        (entries,) = db.execute("SELECT total(length(leaf)) FROM event WHERE attempt IS NOT NULL").fetchone()
        (bodies,) = db.execute("SELECT total(length(data)) FROM body").fetchone()
        return pages * page, int(entries + bodies)
    finally:
        db.close()


def _beside(data: Path) -> tuple[int, int]:
    """Return what the disk gives to all else in a data folder, the bench's files left out, and what to its log."""
    files = (path for path in data.rglob("*") if path.is_file() and not path.is_symlink())
    sizes = [0, 0]
    for path in files:
        if not path.name.startswith("journal.db") and data / "bench" not in path.parents:
            blocks = getattr(path.stat(), "st_blocks", -(-path.stat().st_size // 512))
            sizes[data / "logs" in path.parents] += blocks * 512
    return sizes[0], sizes[1]


def run_line(folder: Path, asked: Asked) -> Told:
    """Have the batch built in this process, and return what was measured."""
    with simulated_line(folder, asked) as line:
        hands = Hands(line, asked)
        apsw.connection_hooks.append(hands.count)
        rules = LineRules(attended=False)
        summary = line.run(asked.units, watch=hands, upload=asked.upload, seconds=asked.seconds, rules=rules)
        hands.end()
        assert summary.all_passed, f"the measurement failed: {summary.tally}"
        assert not summary.checks, f"not checked: {summary.checks}"
        assert len(hands.told.seconds) == asked.units
        return hands.told


def line_alone(folder: Path, asked: Asked, environment: Mapping[str, str] | None = None) -> Told:
    """The same in a process of its own, with more in its environment."""
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / "told.json"
    command = [sys.executable, "-m", "tests.benchmarks.line_run", json.dumps(asdict(asked)), str(out)]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **(environment or {})})
    return Told(**json.loads(out.read_text(encoding="utf-8")))


def main(words: list[str]) -> None:
    """Build the batch that the first word asks for; write what was measured to the second."""
    out = Path(words[1])
    told = run_line(out.parent / "line", Asked(**json.loads(words[0])))
    out.write_text(json.dumps(asdict(told), default=list), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
