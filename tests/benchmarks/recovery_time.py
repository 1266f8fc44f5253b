"""A journal filled by the station's own writer, and the way from a killed engine to a running line on it.

Batches of a thousand units, each armed, built, uploaded, closed and signed (half an hour for 100,000 of them). Then an
engine works on one more batch and is killed (SIGKILL) with an attempt open behind a %KEYGEN without an answer, a unit
waiting for the cloud, and a body on its way whose answer nobody has heard. Each run starts the engine again, as a
window does, out of a cold file; signs in, arms the batch once more, and waits until every slot wants a board or has
taken the one that was left in it: that is a line that runs. Then the engine is killed again, just so, for the next run.
"""

import base64
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.x509 import load_der_x509_certificate

from station.app import Station
from station.ca.creation import create_authority
from station.cloud.protocol import Certificate, OnboardRow
from station.cloud.rows import render_rows
from station.credentials.pem import to_pem
from station.domain import events as e
from station.domain.ids import BatchId, DeviceId, UnitId, UploadId
from station.domain.line import CloudState, Outcome, SlotState
from station.domain.secret import Secret
from station.engine.prompts import PUT_IN
from station.host.clock import Clock, SystemClock
from station.host.files import sha256_of
from station.journal.journal import Build
from station.journal.rows import UnitRow
from station.line.decisions import close_batch
from station.signed_record import SignedRecord
from station.simulator.bench import Bench
from station.simulator.cloud import SimulatedCloud
from station.simulator.cloud_faults import Do, Fault
from station.simulator.cloud_world import FAST
from station.simulator.timings import Timings
from tests.benchmarks.evidence_speed import unit_events
from tests.desktop.engine_rig import Ear, Rig, running
from tests.line.harness import PASSPHRASE, Line

BATCH = 1000
ROWS = 500
SLOTS = 8
LAST = "WO-LAST"
_AT_ONCE = 20
_WHY = "a benchmark"
_PATIENCE = 120.0
_AGO = timedelta(days=120)


class PastClock:
    """Wall time of the days in which the units were built: it goes on as :meth:`pass_by` says."""

    def __init__(self, at: datetime) -> None:
        self._began = self._at = at

    def now(self) -> datetime:
        self._at += timedelta(microseconds=100)
        return self._at

    def monotonic(self) -> float:
        return (self._at - self._began).total_seconds()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(min(seconds, 0.01))

    def pass_by(self, seconds: float) -> None:
        """Have so much time pass."""
        self._at += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Recovered:
    """Seconds from the engine's start until then."""

    attached: float
    signed_in: float
    armed: float
    runs: float
    processor: float
    """The engine's own seconds of processor time until then: those of other programs are not in it."""


@contextmanager
def station_in(folder: Path, clock: Clock) -> Iterator[Line]:
    """Give a station with its bench and cloud, on whatever its data folder holds."""
    (folder / "data").mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / "data" / "ca").exists():
        ca = folder / "data" / "ca"
        create_authority(
            ca, Secret(PASSPHRASE), name="Test Works", clock=clock, root_years=30, line_years=20, leaf_years=10
        )
    own = SystemClock()
    cloud = SimulatedCloud(clock=own, service=FAST)
    bench = Bench(folder / "data" / "bench", SLOTS, Timings.none(), 1, clock=own, cloud=cloud)
    bench.start()
    try:
        line = Line(folder, bench, cloud, clock)
        line.write(slots=SLOTS, station="[timeouts]\nkeygen_s = 60.0\n")
        line.recipe()
        line.hire()
        yield line
    finally:
        bench.stop()


def fill(folder: Path, units: int, a_batch: int = BATCH, *, upload: bool = True) -> int:
    """Have the journal hold this many units, built in the last months; return its entries.

    With ``upload`` all of them are onboarded, and their batches closed; else they wait for the cloud.
    """
    clock = PastClock(datetime.now(UTC) - _AGO)
    with station_in(folder, clock) as line:
        line.release()
        opened = line.open()
        with Station(opened, _WHY) as station:
            authority, record = station.open_ca(actor=line.actor()), SignedRecord(station)
            recipe, fixture = opened.recipe("tracker"), opened.fixture()
            apart = _AGO.total_seconds() * 0.99 / units
            for first in range(0, units, a_batch):
                batch, size = BatchId(f"WO-{first // a_batch:05d}"), min(a_batch, units - first)
                station.enter(line.actor())  # each day somebody signs in
                armed = station.arm(batch, recipe, fixture, size, opened.cloud(), _WHY)
                rows: list[OnboardRow] = []
                for start in range(first, first + size, _AT_ONCE):
                    made: list[Build] = []
                    numbers = range(start, min(start + _AT_ONCE, first + size))
                    for number in numbers:
                        made += unit_events(authority, armed.recipe, number, clock.now(), batch)
                    station.journal.commit(*made)
                    rows += _rows(made)
                    clock.pass_by(apart * len(numbers))
                if not upload:
                    continue
                ids = {unit.device_id: unit.id for unit in station.records.units_of(batch)}
                for start in range(0, size, ROWS):
                    _upload(station, rows[start : start + ROWS], ids)
                close_batch(station.gate, station.records, batch, line.actor(), _WHY)
                record.batch_ended(batch)
            return station.records.last_seq()


def _rows(made: Sequence[Build]) -> Iterator[OnboardRow]:
    leaves = [one for one in made if isinstance(one, e.CertificateIssued)]
    intended = [one for one in made if isinstance(one, e.CertificateIntended)]
    for one, leaf in zip(intended, leaves, strict=True):
        certificate = to_pem(load_der_x509_certificate(base64.b64decode(leaf.der)))
        yield OnboardRow(one.device_id, Certificate(certificate), "tracker", ("line1",), ("APP", "MODEM"))


def _upload(station: Station, rows: Sequence[OnboardRow], ids: dict[DeviceId, UnitId]) -> None:
    """Write what the outbox writes of a body that came through."""
    body, units = render_rows(rows, len(rows)), tuple(ids[row.device_id] for row in rows)
    name, commit = sha256_of(body), station.journal.commit
    (seq,) = commit(e.UploadPrepared(units=units, body_sha256=name, body_bytes=len(body)), bodies={name: body})
    upload = UploadId(seq)
    commit(e.UploadSending(upload=upload))
    commit(e.UploadAccepted(upload=upload, request_id=f"r{seq}", found_by="answer"))
    commit(e.UploadSettled(upload=upload, rows=tuple(e.RowSettled(unit, CloudState.ONBOARDED, "") for unit in units)))


def leave_open(rig: Rig) -> None:
    """Have the line be in the middle of everything: a body on its way, a unit that waits, a key asked for."""
    line = rig.line
    with rig.opened.records() as records:
        number = records.last_seq()  # boards that nobody has seen before
    boards = [f"S{number}", f"W{number}", f"K{number}"]
    line.cloud.fail(Fault("POST /v1/devices", Do.SLOW, seconds=20.0))
    line.bench.insert_described(1, {"serial": boards[0]})
    _wait(rig, CloudState.SENDING)
    line.bench.insert_described(2, {"serial": boards[1]})
    _wait(rig, CloudState.WAITING)
    silent = {"commands": [{"do": "lose-answer", "match": "KEYGEN"}]}
    line.bench.insert_described(3, {"serial": boards[2], "faults": silent})
    _until(lambda: line.board(boards[2])["counters"]["keys_generated"] == 1, "no key was made")


def _wait(rig: Rig, state: CloudState) -> None:
    """Return when a unit is so."""
    with rig.opened.records() as records:
        _until(lambda: records.outbox(state), f"no unit is {state}")


def _until(reached: Callable[[], object], why: str) -> None:
    late, tick = time.monotonic() + _PATIENCE, threading.Event()
    while not reached():
        assert time.monotonic() < late, why
        tick.wait(0.02)


def kill(rig: Rig) -> None:
    """Have the engine die, and its journal be out of the PC's memory, as after a cut of the power."""
    process = rig.kill()
    _until(lambda: _is_dead(process), "the engine lives")
    with rig.opened.records() as records:
        assert records.open_attempts(), "no attempt was open"
        assert records.outbox(CloudState.SENDING), "nothing was on its way"
        assert records.outbox(CloudState.WAITING), "nothing was waiting"
    chill(rig.data)
    for slot in (1, 2):
        rig.line.bench.remove(slot)


def chill(data: Path) -> None:
    """Have a journal be out of this PC's memory."""
    for path in data.glob("journal.db*"):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)


def _is_dead(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def recover(rig: Rig) -> tuple[Recovered, Ear]:
    """Start the engine again; return what took how long, and the face that saw it."""
    begun = time.perf_counter()
    ear = rig.ear()
    attached = time.perf_counter() - begun
    ear.sign_in("otto")
    signed_in = time.perf_counter() - begun
    rig.arm(ear, 1000, batch=LAST)
    armed = time.perf_counter() - begun
    empty = [slot for slot in range(1, SLOTS + 1) if slot != 3]
    ear.wait(lambda: all(ear.tiles[slot].prompt == PUT_IN for slot in empty), "all slots to want a board")
    ear.wait(lambda: ear.tiles[3].state is not SlotState.EMPTY, "the board that was left to be taken up")
    runs = time.perf_counter() - begun
    return Recovered(attached, signed_in, armed, runs, _processor(ear.link.welcome.process)), ear


def _processor(process: int) -> float:
    """Return the seconds of processor time that a process has had."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(folder: Path, runs: int) -> list[Recovered]:
    """Kill and start as often as asked for."""
    found = list[Recovered]()
    with station_in(folder, SystemClock()) as line, running(line) as rig:
        ear = rig.ear()
        ear.sign_in("otto")
        rig.arm(ear, 1000, batch=LAST)
        ear.wait(lambda: all(tile.prompt == PUT_IN for tile in ear.tiles.values()), "all slots to want a board")
        for _ in range(runs):
            leave_open(rig)
            kill(rig)
            ear.link.close()
            one, ear = recover(rig)
            found.append(one)
            finish(rig, ear)
        ear.link.close()
    return found


def finish(rig: Rig, ear: Ear) -> None:
    """See what the kill left to its end: the board that was left in, and the body of which nobody knew."""
    ear.wait(lambda: ear.tiles[3].state is SlotState.DONE, "the board that was left to be finished")
    rig.line.bench.remove(3)
    ear.wait(lambda: ear.tiles[3].prompt == PUT_IN, "the board to be gone")
    with rig.opened.records() as records:
        under_way = (CloudState.SENDING, CloudState.WAITING)
        _until(lambda: not records.outbox(*under_way), "the outbox does not come to rest")
        left = [unit.device_id for unit in records.units_of(BatchId(LAST)) if not _is_well(unit)]
        assert not left, f"not passed and onboarded: {left}"


def _is_well(unit: UnitRow) -> bool:
    return unit.outcome is Outcome.PASSED and unit.cloud is CloudState.ONBOARDED
