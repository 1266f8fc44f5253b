"""What the pictures show: a station with a month behind it, and boards in every state on a simulated bench.

The line, its engine and the window are the real ones; only boards, probes and the cloud are programs. The month is
written into the journal with the events that the line writes, on a clock of its own and from one seed.
"""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from station.ca.creation import create_authority
from station.domain import events as e
from station.domain.faults import FaultRecord
from station.domain.ids import BatchId, UnitId
from station.domain.line import CloudState, Outcome, StepKind
from station.domain.secret import Secret
from station.host.clock import SystemClock
from station.host.files import replace_file, sha256_of
from station.journal.journal import Journal
from station.simulator.bench import Bench
from station.simulator.cloud import SimulatedCloud
from station.simulator.cloud_world import FAST
from station.simulator.timings import Timings
from tests.line.harness import PASSPHRASE, ROOT, Line
from tests.unit.evidence.written_batch import WrittenBatch

HELD_SLOTS = (6, 17, 26)
"""Where the last step's result is lost: nobody knows what happened to the board."""

_IMAGE = ROOT / "fixtures" / "simulated" / "firmware" / "provisioning.hex"
_UNSURE = f"import json, sys; sys.exit(3) if json.load(sys.stdin)['slot'] in {HELD_SLOTS} else None"
_PLAIN = ("identify", "clear-credentials", "generate-key", "sign", "write-credentials", "prove", "store")
_DAYS, _A_DAY = 28, 22
_SLOTS = 8
_SLOW = 5
"""The slot that takes longer and fails more often than the others."""


def steps(folder: Path) -> str:
    """Return the product's steps: a blank board flashed, provisioned, and a factory's own one-way step last."""
    image, digest = folder / _IMAGE.name, sha256_of(_IMAGE.read_bytes())
    flash = f'[[steps]]\ndo = "flash"\nimage = "{image}"\nsha256 = "{digest}"\nerase = "all"\n'
    plain = "".join(f'[[steps]]\ndo = "{name}"\n' for name in _PLAIN)
    fuse = (
        '[[steps]]\ndo = "command"\nname = "Seal the case"\nprogram = "{python}"\nrepeat = "one-way"\ntimeout_s = 20\n'
        f"arguments = [\"-c\", \"{_UNSURE}; print(json.dumps(dict(outcome='passed', reason='', measurements=[])))\"]\n"
    )
    return f'[[steps]]\ndo = "check-target"\n[[steps]]\ndo = "recover"\n{flash}{plain}{fuse}'


@contextmanager
def works(folder: Path, slots: int, *, timings: Timings | None = None, past: bool = True) -> Iterator[Line]:
    """Have a station of so many slots with people, a CA and released settings; ``past``: a month of work behind it."""
    clock = SystemClock()
    (folder / "data").mkdir(mode=0o700, parents=True)
    create_authority(
        folder / "data" / "ca",
        Secret(PASSPHRASE),
        name="Example Works",
        clock=clock,
        root_years=30,
        line_years=20,
        leaf_years=10,
    )
    cloud = SimulatedCloud(clock=clock, service=FAST)
    paced = timings or Timings.realistic()
    with Bench(folder / "data" / "bench", slots, paced, 1, clock=clock, cloud=cloud) as bench:
        line = Line(folder, bench, cloud, clock)
        line.write(slots=slots)
        text = line.station_file.read_text(encoding="utf-8")
        text = text.replace('station_id = "test"', 'station_id = "station-7"')
        replace_file(line.station_file, text.replace('"Test line"', '"Line 3"').encode())
        shutil.copy(_IMAGE, folder / "recipes")
        line.recipe(target="nrf91x1", table=steps(folder / "recipes"))
        line.hire()
        if past:
            write_past(folder / "data", clock.now())
        line.release()
        yield line


class _Past(SystemClock):
    """Time that stands still between two steps."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def monotonic(self) -> float:
        return (self.at - datetime(2020, 1, 1, tzinfo=UTC)).total_seconds()


_TOOK = {
    StepKind.FLASH: 9_400,
    StepKind.IDENTIFY: 900,
    StepKind.GENERATE: 1_300,
    StepKind.WRITE: 2_600,
    StepKind.PROVE: 1_100,
    StepKind.COMMAND: 4_200,
}
_FAULTS = (
    FaultRecord("LINE-132", "RF test measured power = 31.25 dBm; allowed is 20.0 to 24.5. Put the board aside.", ""),
    FaultRecord("AT-101", "The board does not answer. Check that it is seated, then start again.", ""),
    FaultRecord("AT-305", "The modem has no IMEI. Put the board aside.", ""),
)


class _Month(WrittenBatch):
    """Batches as they were built over a month: durations and mishaps from one seed."""

    clock: _Past
    chance: random.Random
    slot = 1

    def step(self, *given: Any, milliseconds: int = 0, **more: Any) -> None:
        kind: StepKind = given[2]
        mean = _TOOK[kind] * (1.35 if self.slot == _SLOW else 1.0)
        took = max(50, int(self.chance.gauss(mean, mean * 0.06))) + milliseconds % 5
        self.clock.at += timedelta(milliseconds=took)
        super().step(*given, milliseconds=took, **more)

    def build(self, slot: int) -> tuple[UnitId | None, Outcome]:
        """Build one board in this slot, or not."""
        self.slot = slot
        luck = self.chance.random() / (3.0 if slot == _SLOW else 1.0)
        if luck > 0.03:
            return self.good(slot), Outcome.PASSED
        fault = self.chance.choices(_FAULTS, (5, 3, 2))[0]
        unit, number = self.bad(Outcome.FAILED, fault, slot)
        if self.chance.random() < 0.4:
            self.again(number, slot)
            return unit, Outcome.PASSED
        return unit, Outcome.FAILED


def write_past(data: Path, today: datetime) -> None:
    """Write a month of batches: seeded, one a working day, all uploaded but for what the cloud refused."""
    clock, chance = _Past(today), random.Random(91)  # noqa: S311 -- repeatable on purpose
    clock.at = (today - timedelta(days=_DAYS)).replace(hour=6, minute=0, second=0, microsecond=0)
    with Journal(data, clock) as journal:
        journal.open_session({"station": "station-7", "line": "Line 3", "software": {"version": "0.1.0"}}, "p2")
        for day in range(_DAYS):
            clock.at = (today - timedelta(days=_DAYS - day)).replace(hour=6, minute=chance.randrange(40))
            if clock.at.weekday() >= 5:
                continue
            month = _Month(journal, data, BatchId(f"WO-26-{310 + day}"))
            month.clock, month.chance, month.made = clock, chance, day * 100
            month.arm(_A_DAY, "p3")
            built = [month.build(place % _SLOTS + 1) for place in range(_A_DAY)]
            _send(journal, [unit for unit, outcome in built if unit is not None and outcome is Outcome.PASSED], day)
            month.finish()


def _send(journal: Journal, units: list[UnitId], day: int) -> None:
    body = f"a day's units {day}".encode()
    (seq,) = journal.commit(
        e.UploadPrepared(units=tuple(units), body_sha256=sha256_of(body), body_bytes=len(body)),
        bodies={sha256_of(body): body},
    )
    sending = e.UploadSending(upload=seq)  # type: ignore[arg-type]  # its place is its ID
    journal.commit(sending)
    journal.commit(e.UploadAccepted(upload=sending.upload, request_id=f"01M818JN5M{day:016d}", found_by="answer"))
    rows = [e.RowSettled(unit, CloudState.ONBOARDED, "the cloud's answer to the bulk request") for unit in units]
    if day % 9 == 4:
        why = "422: Device certificate already in use by another device of this team."
        rows[3] = e.RowSettled(units[3], CloudState.REFUSED, why)
    if day % 14 == 11:
        rows[7] = e.RowSettled(units[7], CloudState.UNKNOWN, "the bulk request's result has no line for this device")
    journal.commit(e.UploadSettled(upload=sending.upload, rows=tuple(rows)))


GOOD: dict[str, object] = {"blank": True}
BAD: dict[str, object] = {"blank": True, "faults": {"traits": ["no-imei"]}}
"""A board that fails: its modem has no IMEI."""
GONE: dict[str, object] = {"blank": True, "faults": {"commands": [{"do": "vanish", "match": "CGMR"}]}}
"""A board whose port goes away in the middle: the station's own fault."""


def name_of(slot: int) -> str:
    """Return what stands on the board that is put into this slot."""
    return f"TRK-{slot:04d}"


def put(line: Line, slot: int, kind: dict[str, object]) -> None:
    """Put such a board into a slot."""
    line.bench.insert_described(slot, kind | {"serial": name_of(slot)})
