"""The doctor's look at the journal: whether it is whole, and what in it waits for somebody. Leaves no trace."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import apsw

from station.doctor.findings import Verdict, advice, ok, unknown
from station.domain.line import CloudState
from station.host.clock import Clock, Deadline
from station.host.lock import find_owner
from station.journal.database import FILE_NAME, database_fault, format_of, open_for_reading
from station.journal.faults import DAMAGED, TOO_NEW
from station.journal.schema import APPLICATION_ID, MIGRATIONS

_INTEGRITY_SECONDS: Final = 10.0
_WAITS_LONG: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class JournalFacts:
    """What the other checks need of the journal. ``account``: team ID that the cloud at each address last confirmed."""

    format: int
    entries: int
    latest: datetime | None
    outbox: Mapping[CloudState, tuple[int, datetime]]
    """State to how many units are in it, and since when the longest."""
    latched: Mapping[int, str]
    accounts: Mapping[str, str]


def read_journal(folder: Path) -> JournalFacts | None:
    """Return what the journal says, None where there is none. Raises JRN-103 (damaged) or JRN-104 (too new)."""
    if not (folder / FILE_NAME).exists():
        return None
    with closing(open_traceless(folder)) as db:
        try:
            found = format_of(db)
            if found == 0:
                return JournalFacts(0, 0, None, {}, {}, {})
            latest: Any = db.execute("SELECT at_us FROM latest").get
            entries: Any = db.execute("SELECT coalesce(max(seq), 0) FROM event").get
            states: Any = db.execute("SELECT state, count(*), min(since_us) FROM outbox GROUP BY state")
            outbox = {CloudState(state): (count, _time(since)) for state, count, since in states}
            slots: Any = db.execute("SELECT number, fault FROM slot WHERE latched IS NOT NULL ORDER BY number")
            latched = {number: fault or "" for number, fault in slots}
            accounts: Any = dict(db.execute("SELECT base_url, team_id FROM account"))
        except apsw.Error as error:
            raise database_fault(error, folder / FILE_NAME) from error
    return JournalFacts(found, entries, None if latest is None else _time(latest), outbox, latched, accounts)


def judge_journal(facts: JournalFacts | None) -> Verdict:
    """Return the journal's format, and how far it goes. Pure."""
    if facts is None:
        return ok("There is none yet; the first start makes it.")
    if facts.format == 0:
        return ok("It is empty; the first start fills it.")
    newest = len(MIGRATIONS)
    upgrade = "" if facts.format == newest else f"; the next start brings it to format {newest}"
    last = "" if facts.latest is None else f", the last from {facts.latest:%Y-%m-%d %H:%M} UTC"
    return ok(f"Format {facts.format}, {facts.entries} entries{last}{upgrade}.")


def judge_integrity(folder: Path, clock: Clock, seconds: float = _INTEGRITY_SECONDS) -> Verdict:
    """Return what SQLite's quick check finds within ``seconds``."""
    deadline = Deadline(clock, seconds)
    with closing(open_traceless(folder)) as db:
        db.set_progress_handler(deadline.passed, 20_000)
        try:
            problems: list[Any] = [row[0] for row in db.execute("PRAGMA quick_check(3)")]
        except apsw.InterruptError:
            return unknown(
                f"It is too large to be looked through in {seconds:g} s; no damage was seen so far.",
                "Look again while no batch runs, or verify an export of it.",
            )
        except apsw.Error as error:
            raise database_fault(error, folder / FILE_NAME) from error
    if problems == ["ok"]:
        return ok("SQLite finds no damage in it.")
    if find_owner(folder) is not None:
        # It was opened as a file at rest, and a station has begun to write it since.
        return unknown("A station started in the midst of it.", "Look again.")
    raise DAMAGED.fault("; ".join(map(str, problems)), path=folder / FILE_NAME, why="SQLite's quick check says so")


def open_traceless(folder: Path) -> apsw.Connection:
    """Return a connection that leaves no trace: SQLite's ordinary one would leave a -wal and a -shm file behind."""
    path = folder / FILE_NAME
    log = path.with_name(f"{FILE_NAME}-wal")
    if find_owner(folder) is not None or (log.exists() and log.stat().st_size):
        return open_for_reading(folder)  # the files are there anyway, and the newest entries lie in them
    try:
        # Nobody has it open and nothing is outside of it.
        uri = f"{path.absolute().as_uri()}?immutable=1"
        db = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
        found, owner = format_of(db), db.pragma("application_id")
    except apsw.Error as error:
        raise database_fault(error, path) from error
    if owner != APPLICATION_ID and (owner or found or path.stat().st_size):
        db.close()
        raise DAMAGED.fault(f"application_id {owner}", path=path, why="it is not a journal")
    if found > len(MIGRATIONS):
        db.close()
        raise TOO_NEW.fault(path=path, found=found, known=len(MIGRATIONS))
    return db


def _time(at_us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)


def judge_outbox(facts: JournalFacts, now: datetime, *, has_cloud: bool) -> Iterator[Verdict]:
    """Yield what waits for the cloud, and what waits for a person. Pure."""
    ways = [facts.outbox[state] for state in (CloudState.WAITING, CloudState.SENDING) if state in facts.outbox]
    if ways:
        count, since = sum(count for count, _ in ways), min(since for _, since in ways)
        age = now - since
        seen = f"{_units(count)} on the way to the cloud, the oldest for {_age(age)}."
        if not has_cloud:
            yield advice(seen, "Name the cloud in the station file, under [cloud].")
        elif age > _WAITS_LONG:
            yield advice(seen, "Mend the cloud's troubles, then send them: station upload")
        else:
            yield ok(seen)
    stuck = {
        state: facts.outbox[state][0] for state in (CloudState.REFUSED, CloudState.UNKNOWN) if state in facts.outbox
    }
    if stuck:
        told = " and ".join(f"{count} {state}" for state, count in stuck.items())
        yield advice(
            f"Units on which a person has to decide: {told}.",
            "See the cloud's words: station outbox. Then: station decide UNIT again, seen or hold",
        )
    held = facts.outbox.get(CloudState.HELD)
    if held:
        yield ok(f"{_units(held[0])} held back by a person.")
    if not (ways or stuck or held):
        done = facts.outbox.get(CloudState.ONBOARDED, (0, now))[0]
        yield ok(f"Nothing waits; {_units(done)} onboarded.")


def judge_latched(facts: JournalFacts) -> Verdict:
    """Return which slots wait for somebody to acknowledge a station fault. Pure."""
    if not facts.latched:
        return ok("None is latched.")
    slots = ", ".join(f"{number} ({fault})" if fault else str(number) for number, fault in facts.latched.items())
    return advice(f"Latched by a station fault: {slots}.", "Mend it, then acknowledge the slot when the batch runs.")


def _units(count: int) -> str:
    return f"{count} unit" if count == 1 else f"{count} units"


def _age(age: timedelta) -> str:
    minutes = max(0, int(age.total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"
