"""A journal of a million units as the desktop's questions see it, and what somebody may ask of it.

It is built cheaply: the rows that a million units would leave in its tables, by SQL; entries only for the newest
attempts, whose steps are looked at. It is no evidence of anything, and about as large as a real one without entries.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw

from station.domain import events as e
from station.domain.ids import AttemptId, BatchId, EventSeq
from station.domain.line import CloudState, Outcome, RepeatClass, StepKind
from station.journal.codec import Entry, encode, microseconds
from station.journal.database import open_for_writing
from station.journal.packing import pack_leaf
from station.journal.spans import Span
from station.journal.statistics import STEP_SAMPLE, Choice
from station.journal.unit_search import Wanted

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
    with db:
        add_rows(db, units)
        _entries(db, units)
    db.pragma("wal_checkpoint", "truncate")
    db.close()


def add_rows(db: apsw.Connection, units: int, base: int = 0) -> None:
    """Add the rows that units would have made, the first of them at ``base``, and no entries.

    With a ``base`` far below zero they are older than all that the journal holds, and in nobody's way.
    """
    chance = random.Random(91)
    for number in range(-(-units // BATCH)):
        product, opened = "tracker" if number % 5 else "gateway", base + number * BATCH * APART + 1
        row = (_batch(number * BATCH), product, "ab" * 32, "cd" * 32, BATCH, "closed", opened, None)
        db.execute("INSERT INTO batch VALUES(?,?,?,?,?,?,?,?)", row)
    db.executemany(
        "INSERT INTO attempt(id, batch, slot, recipe, unit, number, outcome, fault, opened_us, closed_us) "
        "VALUES(?,?,?,?,?,?,?,?,?,?)",
        _attempts(units, chance, base),
    )
    db.executemany(
        "INSERT INTO unit(id, batch, device_id, imei, uuid, serial, outcome, first_outcome, fault, attempts, "
        "last_attempt, cloud) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
        _units(units, base),
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
        "SELECT id, cloud, 0 FROM unit WHERE outcome = 'passed' AND cloud <> 'none' "
        "AND id NOT IN (SELECT unit FROM outbox)"
    )


def _batch(number: int) -> str:
    return f"OLD-{number // BATCH:05d}"


def _uuid(number: int) -> str:
    # Scattered, as a chip maker's are.
    return f"{number * 2654435761 % 2**32:08x}-3033-42bf-8033-{number:012x}"


def _imei(number: int) -> str:
    return f"{352_000_000_000_000 + number * 7}"


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


def _attempts(units: int, chance: random.Random, base: int) -> Iterator[tuple[object, ...]]:
    start = microseconds(START)
    for number in range(units):
        slot = number % SLOTS + 1
        opened = start + number * 31_000_000
        took = int(chance.gauss(52e6 if slot != 7 else 61e6, 2e6))
        batch, unit, outcome = _batch(number), base + number * APART + 2, _outcome(number)
        fault = None if outcome in (Outcome.PASSED, Outcome.ABORTED) else _FAULTS[number // 20 % len(_FAULTS)]
        seq = base + number * APART + 1
        if number % 33 == 5 and outcome is Outcome.PASSED:
            first = (seq, batch, slot, "ab" * 32, unit, 1, "failed", _FAULTS[number % 3], opened, opened + took // 3)
            yield first
            yield seq + 10, batch, slot, "ab" * 32, unit, 2, outcome, None, opened + took, opened + took * 2
        else:
            yield seq, batch, slot, "ab" * 32, unit, 1, outcome, fault, opened, opened + took


def _units(units: int, base: int) -> Iterator[tuple[object, ...]]:
    for number in range(units):
        outcome = _outcome(number)
        again = number % 33 == 5 and outcome is Outcome.PASSED
        fault = None if outcome in (Outcome.PASSED, Outcome.ABORTED) else _FAULTS[number // 20 % len(_FAULTS)]
        newest = number >= units - 3000
        cloud = CloudState.NONE
        if outcome is Outcome.PASSED:
            cloud = (
                CloudState.WAITING
                if newest and not base
                else CloudState.REFUSED
                if number % 5000 == 77
                else CloudState.ONBOARDED
            )
        seq = base + number * APART + 1
        yield (
            *(seq + 1, _batch(number), _uuid(number), _imei(number)),
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
                leaf = pack_leaf(encode(Entry(EventSeq(seq), at, 0, session, "p1", event)))
                db.execute(sql, (seq, microseconds(at), event.kind, attempt, leaf))


def searches(units: int) -> list[tuple[str, Wanted]]:
    """Return what somebody may type and choose, by what it is."""
    some = units // 3
    imei, uuid = _imei(some), _uuid(some)
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
        ("one batch", Wanted(batch=BatchId(_batch(33 * BATCH)))),
        ("one day", Wanted(span=Span(day, day + timedelta(days=1)))),
        ("since a month ago", Wanted(span=Span(START + timedelta(seconds=31 * units) - timedelta(days=30)))),
        ("half a year, failed", Wanted(outcomes=frozenset({Outcome.FAILED}), span=Span(START, day))),
        ("typed 35, failed, tracker", Wanted("35", frozenset({Outcome.FAILED}), product="tracker")),
    ]


def choices(units: int) -> list[tuple[str, Choice]]:
    """Return what the quality page may span, by what it is."""
    end = START + timedelta(seconds=31 * units)
    return [
        ("a day", Choice(span=Span(end - timedelta(days=1)))),
        ("30 days", Choice(span=Span(end - timedelta(days=30)))),
        ("30 days, one product", Choice("tracker", Span(end - timedelta(days=30)))),
        ("all", Choice()),
    ]
