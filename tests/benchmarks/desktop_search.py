"""The desktop's questions to a journal of a million units: pages, search as one types, the scroll bar, statistics.

``python -m tests.benchmarks.desktop_search [--units N] [--keep FOLDER]``. The journal is built cheaply: the rows that
a million units would leave in its tables, by SQL; entries only for the newest attempts, whose steps are looked at.
It is no evidence of anything, and about as large as a real one without its entries.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import apsw
from rich.console import Console
from rich.table import Table

from station.domain import events as e
from station.domain.ids import AttemptId, BatchId, EventSeq, UnitId
from station.domain.line import CloudState, Outcome, RepeatClass, StepKind
from station.journal.codec import Entry, encode, microseconds
from station.journal.database import FILE_NAME, open_for_writing
from station.journal.spans import Span
from station.journal.statistics import STEP_SAMPLE, Choice, Statistics
from station.journal.unit_search import PAGE, UnitSearch, Wanted

START = datetime(2025, 11, 22, 6, 0, tzinfo=UTC)
APART = 20
"""Entries a unit."""
BATCH = 1000
SLOTS = 16
_FAULTS = ("AT-101", "LINE-132", "AT-114", "DEV-201", "LINE-140")
_STEPS = ("flash", "identify", "clear-credentials", "generate-key", "sign", "write-credentials", "prove", "store")


def build(folder: Path, units: int) -> None:
    """Fill the tables as ``units`` units would have: one attempt each, 3 of 100 a second one."""
    db = open_for_writing(folder)
    db.pragma("synchronous", 0)
    chance = random.Random(91)
    with db:
        for number in range(-(-units // BATCH)):
            product = "tracker" if number % 5 else "gateway"
            row = (f"WO-{number:05d}", product, "ab" * 32, "cd" * 32, BATCH, "closed", number * BATCH * APART + 1, None)
            db.execute("INSERT INTO batch VALUES(?,?,?,?,?,?,?,?)", row)
        db.executemany(
            "INSERT INTO attempt(id, batch, slot, recipe, unit, number, outcome, fault, opened_us, closed_us) "
            "VALUES(?,?,?,?,?,?,?,?,?,?)",
            _attempts(units, chance),
        )
        db.executemany(
            "INSERT INTO unit(id, batch, device_id, imei, uuid, serial, outcome, first_outcome, fault, attempts, "
            "last_attempt, cloud) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
            _units(units),
        )
        db.executemany(
            "INSERT INTO certificate VALUES(?,?,?,?,?,?,?,?)",
            (
                (f"{chance.getrandbits(158) | 1 << 158:x}", _uuid(n), f"{n:064x}", "ef" * 32, "1", "active", 1, 1)
                for n in range(units)
            ),
        )
        db.execute(
            "INSERT INTO outbox(unit, state, since_us) "
            "SELECT id, cloud, 0 FROM unit WHERE outcome = 'passed' AND cloud <> 'none'"
        )
        _entries(db, units)
    db.pragma("wal_checkpoint", "truncate")
    db.close()


def _uuid(number: int) -> str:
    # Scattered, as a chip maker's are.
    return f"{number * 2654435761 % 2**32:08x}-3033-42bf-8033-{number:012x}"


def _outcome(number: int) -> Outcome:
    match number % 1000:
        case n if n < 20:
            return Outcome.FAILED
        case n if n < 25:
            return Outcome.ERROR
        case 25:
            return Outcome.QUARANTINED
        case 26 | 27:
            return Outcome.ABORTED
        case _:
            return Outcome.PASSED


def _attempts(units: int, chance: random.Random) -> Iterator[tuple[object, ...]]:
    start = microseconds(START)
    for number in range(units):
        slot = number % SLOTS + 1
        opened = start + number * 31_000_000
        took = int(chance.gauss(52e6 if slot != 7 else 61e6, 2e6))
        batch, unit, outcome = f"WO-{number // BATCH:05d}", number * APART + 2, _outcome(number)
        fault = None if outcome in (Outcome.PASSED, Outcome.ABORTED) else _FAULTS[number // 20 % len(_FAULTS)]
        seq = number * APART + 1
        if number % 33 == 5 and outcome is Outcome.PASSED:
            first = (seq, batch, slot, "ab" * 32, unit, 1, "failed", _FAULTS[number % 3], opened, opened + took // 3)
            yield first
            yield seq + 10, batch, slot, "ab" * 32, unit, 2, outcome, None, opened + took, opened + took * 2
        else:
            yield seq, batch, slot, "ab" * 32, unit, 1, outcome, fault, opened, opened + took


def _units(units: int) -> Iterator[tuple[object, ...]]:
    for number in range(units):
        outcome = _outcome(number)
        again = number % 33 == 5 and outcome is Outcome.PASSED
        fault = None if outcome in (Outcome.PASSED, Outcome.ABORTED) else _FAULTS[number // 20 % len(_FAULTS)]
        newest = number >= units - 3000
        cloud = CloudState.NONE
        if outcome is Outcome.PASSED:
            cloud = (
                CloudState.WAITING if newest else CloudState.REFUSED if number % 5000 == 77 else CloudState.ONBOARDED
            )
        seq = number * APART + 1
        yield (
            *(seq + 1, f"WO-{number // BATCH:05d}", _uuid(number), f"{350_000_000_000_000 + number * 7}"),
            *(_uuid(number), f"SN-{number:08d}", outcome, "failed" if again else outcome, fault, 2 if again else 1),
            *(seq + 10 if again else seq, cloud),
        )


def _entries(db: apsw.Connection, units: int) -> None:
    session = EventSeq(1)
    sql = "INSERT INTO event VALUES(?,?,?,NULL,?,NULL,?)"
    for attempt, opened in db.execute(
        "SELECT id, opened_us FROM attempt WHERE outcome = 'passed' ORDER BY id DESC LIMIT ?", (STEP_SAMPLE,)
    ).fetchall():
        at = START + timedelta(microseconds=int(opened or 0) - microseconds(START))
        for index, name in enumerate(_STEPS):
            step = StepKind(name)
            pair: tuple[e.Event, e.Event] = (
                e.StepIntended(
                    attempt=AttemptId(int(attempt or 0)), index=index, step=step, name=name, repeat=RepeatClass.PURE
                ),
                e.StepFinished(
                    attempt=AttemptId(int(attempt or 0)),
                    index=index,
                    step=step,
                    outcome=Outcome.PASSED,
                    milliseconds=900 * (index + 1),
                ),
            )
            for event in pair:
                seq = db.execute("SELECT coalesce(max(seq), ?) + 1 FROM event", (units * APART,)).get
                leaf = encode(Entry(EventSeq(seq), at, 0, session, "p1", event))
                db.execute(sql, (seq, microseconds(at), event.kind, attempt, leaf))


def timed(work: Callable[[], object], times: int = 5) -> tuple[float, float]:
    """Return the middle and the longest of some runs, in milliseconds."""
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return median(seconds) * 1000, max(seconds) * 1000


def searches(units: int) -> list[tuple[str, Wanted]]:
    """Return what somebody may type and choose, by what it is."""
    some = units // 3
    imei, uuid = f"{350_000_000_000_000 + some * 7}", _uuid(some)
    day = START + timedelta(seconds=31 * some)
    return [
        ("nothing", Wanted()),
        *((f"typed {imei[:length]}", Wanted(text=imei[:length])) for length in (1, 3, 8, 11, 13, 15)),
        *((f"typed {uuid[:length]}", Wanted(text=uuid[:length])) for length in (1, 2, 4, 8)),
        ("typed SN-00", Wanted(text="SN-00")),
        ("typed SN-00333", Wanted(text="SN-00333")),
        ("typed zzz (nothing there)", Wanted(text="zzz")),
        ("passed", Wanted(outcomes=frozenset({Outcome.PASSED}))),
        ("failed", Wanted(outcomes=frozenset({Outcome.FAILED}))),
        ("quarantined", Wanted(outcomes=frozenset({Outcome.QUARANTINED}))),
        ("failed or quarantined", Wanted(outcomes=frozenset({Outcome.FAILED, Outcome.QUARANTINED}))),
        ("in work (none)", Wanted(outcomes=frozenset({None}))),
        ("refused by the cloud", Wanted(clouds=frozenset({CloudState.REFUSED}))),
        ("held (none)", Wanted(clouds=frozenset({CloudState.HELD}))),
        ("onboarded", Wanted(clouds=frozenset({CloudState.ONBOARDED}))),
        ("product gateway", Wanted(product="gateway")),
        ("one batch", Wanted(batch=BatchId("WO-00033"))),
        ("one day", Wanted(span=Span(day, day + timedelta(days=1)))),
        ("since a month ago", Wanted(span=Span(START + timedelta(seconds=31 * units) - timedelta(days=30)))),
        ("half a year, failed", Wanted(outcomes=frozenset({Outcome.FAILED}), span=Span(START, day))),
        ("typed 35, failed, tracker", Wanted("35", frozenset({Outcome.FAILED}), product="tracker")),
    ]


def measure(data: Path, units: int) -> Table:
    """Return the figures as a table; every question opens the journal itself, as the window's threads do."""
    table = Table("question", "units", "first page ms", "longest", "then: all of it, ms", box=None)
    for name, wanted in searches(units):

        def page(wanted: Wanted = wanted) -> None:
            with UnitSearch(data) as search:
                search.page(wanted)

        def extent(wanted: Wanted = wanted) -> int:
            with UnitSearch(data) as search:
                return search.extent(wanted).count

        middle, longest = timed(page)
        whole, _ = timed(extent, 1)
        table.add_row(name, str(extent()), f"{middle:.1f}", f"{longest:.1f}", f"{whole:.0f}")
    with UnitSearch(data) as search:
        firsts = search.extent(Wanted()).firsts

        def jump() -> None:
            with UnitSearch(data) as other:
                assert len(other.page(Wanted(), UnitId(random.choice(firsts[:-1])))) == PAGE

        middle, longest = timed(jump, 50)
    table.add_row("scroll bar dragged: a page anywhere", str(PAGE), f"{middle:.1f}", f"{longest:.1f}", "")
    return table


def measure_statistics(data: Path, units: int) -> Table:
    """Return how long the quality page's figures take, by what they span."""
    end = START + timedelta(seconds=31 * units)
    choices = [
        ("a day", Choice(span=Span(end - timedelta(days=1)))),
        ("30 days", Choice(span=Span(end - timedelta(days=30)))),
        ("30 days, one product", Choice("tracker", Span(end - timedelta(days=30)))),
        ("all", Choice()),
    ]
    table = Table("figures of", "attempts", "seconds", box=None)
    for name, choice in choices:
        begun = time.perf_counter()
        with Statistics(data) as statistics:
            found = statistics.figures(choice)
        table.add_row(name, str(found.attempts), f"{time.perf_counter() - begun:.2f}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as scratch:
        data = (given.keep or Path(scratch)) / "data"
        if not (data / FILE_NAME).exists():
            begun = time.perf_counter()
            build(data, given.units)
            console.print(f"built in {time.perf_counter() - begun:.0f} s: rows by SQL, without the units' entries")
        size = (data / FILE_NAME).stat().st_size / 2**20
        console.print(f"{given.units} units, {size:.0f} MiB; target: open < 1 s, a first page < 100 ms")
        console.print(measure(data, given.units), measure_statistics(data, given.units), sep="\n")


if __name__ == "__main__":
    main()
