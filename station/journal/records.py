"""The journal for those who read it: a read-only connection that sees every commit. For one thread each."""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import apsw

from station.domain.check_events import Asks, CheckState
from station.domain.events import CertificateIntended, CertificateIssued, Context, UploadDecided, UploadSettled
from station.domain.ids import AttemptId, BatchId, CertSerial, DeviceId, EventSeq, Imei, Sha256, UnitId
from station.domain.line import CloudState, Outcome, StepKind
from station.journal.codec import Entry, decode
from station.journal.database import FILE_NAME, open_for_reading
from station.journal.faults import DAMAGED
from station.journal.leaf_words import leaf_of
from station.journal.rows import (
    AttemptRow,
    BatchRow,
    CertificateRow,
    CheckRow,
    Tally,
    UnitRow,
)
from station.journal.schema import RARE
from station.journal.spans import time_of
from station.journal.tallying import OVERWRITTEN, count_batch
from station.journal.tree import Tree
from station.journal.upload_records import UploadRecords

Row = TypeVar("Row")

_UNIT = "id, batch, device_id, imei, uuid, serial, outcome, first_outcome, fault, attempts, last_attempt, rework, cloud"
_ATTEMPT = "id, batch, slot, recipe, serial, unit, number, adopts, outcome, fault, orphan, opened_us, closed_us"
_CERTIFICATE = "serial, device_id, spki, issuer, profile, state, intended, issued"
_OF_BOARD = "serial IN (SELECT value FROM json_each(?))"  # which has an index; the intent's place has none
_UNPASSED = " AND final_check.state <> 'passed'"  # picks the index


class Records(UploadRecords):
    """Questions to the journal. No method changes anything; every one may be repeated."""

    def __init__(self, folder: Path, connect: Callable[[Path], apsw.Connection] | None = None) -> None:
        """Read the journal in ``folder`` by what ``connect`` returns. Raises JRN-103, JRN-104, JRN-106."""
        self._path = folder / FILE_NAME
        self._db = (connect or open_for_reading)(folder)

    def close(self) -> None:
        """Close the connection. Safe to repeat."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def keep_little(self) -> None:
        """Have the connection keep 256 KiB of the file in memory, not 2 MiB: it is one of many that stay."""
        self._db.pragma("cache_size", -256)

    @property
    def folder(self) -> Path:
        """The data folder that is read."""
        return self._path.parent

    def tree(self) -> Tree:
        """Return the Merkle tree over the entries, read through this connection."""
        return Tree(self._db)

    # Units and attempts

    def unit(self, unit: UnitId) -> UnitRow | None:
        """Return the unit with this ID."""
        return _first(self._units("id = ?", unit))

    def units(self, units: Sequence[UnitId]) -> dict[UnitId, UnitRow]:
        """Return the units with these IDs, without those that nobody knows."""
        return {row.id: row for row in self._units("id IN (SELECT value FROM json_each(?))", json.dumps(units))}

    def unit_by_imei(self, imei: Imei) -> UnitRow | None:
        """Return the unit with this IMEI."""
        return _first(self._units("imei = ?", imei))

    def unit_by_device_id(self, device_id: DeviceId) -> UnitRow | None:
        """Return the unit with this device ID."""
        return _first(self._units("device_id = ?", device_id))

    def unit_by_serial(self, serial: str) -> UnitRow | None:
        """Return the unit with this board serial number."""
        return _first(self._units("serial = ?", serial))

    def find_units(self, text: str, limit: int = 100) -> list[UnitRow]:
        """Return the units of which an identifier starts with ``text``.

        Identifiers are the device ID, IMEI, UUID, board serial and the serial of any certificate, superseded ones too.
        As people and scanners write them: with blanks around them; UUIDs, and device IDs that are one, in capitals;
        IMEIs in groups; a certificate's serial with colons or behind 0x.
        """
        text = text.strip()
        lowered, dense = text.lower(), "".join(text.split())
        serial = dense.lower().replace(":", "").removeprefix("0x").lstrip("0") or "-"  # zeros alone start no serial
        # A range, not LIKE: it uses the indexes at a million units, and a '%' in the text means itself.
        starts = {"a": text, "l": lowered, "d": dense, "c": serial}
        ends = {f"{name}z": start + "\U0010ffff" for name, start in starts.items()}
        where = (
            "id IN (SELECT id FROM unit WHERE device_id >= :a AND device_id < :az UNION "
            "SELECT id FROM unit WHERE device_id >= :l AND device_id < :lz UNION "
            "SELECT id FROM unit WHERE imei >= :d AND imei < :dz UNION "
            "SELECT id FROM unit WHERE uuid >= :l AND uuid < :lz UNION "
            "SELECT id FROM unit WHERE serial >= :a AND serial < :az UNION "
            "SELECT unit.id FROM certificate JOIN unit USING (device_id) "
            "WHERE certificate.serial >= :c AND certificate.serial < :cz) ORDER BY id LIMIT :n"
        )
        return list(self._units(where, {**starts, **ends, "n": limit}))

    def units_of(self, batch: BatchId) -> list[UnitRow]:
        """Return the units that the batch had attempts at, in the order in which they first came anywhere."""
        return list(self._units("id IN (SELECT unit FROM attempt WHERE batch = ?) ORDER BY id", batch))

    def attempt(self, attempt: AttemptId) -> AttemptRow | None:
        """Return the attempt with this ID."""
        return _first(self._attempts("id = ?", attempt))

    def recipes_of(self, attempts: Sequence[AttemptId]) -> dict[AttemptId, Sha256]:
        """Return which recipes the attempts went by, without those that nobody knows."""
        sql = "SELECT id, recipe FROM attempt WHERE id IN (SELECT value FROM json_each(?))"
        rows: Any = self._db.execute(sql, (json.dumps(attempts),))
        return dict(rows)

    def open_attempts(self) -> list[AttemptRow]:
        """Return the attempts that have no end."""
        return list(self._attempts("outcome IS NULL ORDER BY id"))

    def attempts_of_unit(self, unit: UnitId) -> list[AttemptRow]:
        """Return the unit's attempts, first to last."""
        return list(self._attempts("unit = ? ORDER BY id", unit))

    def attempts_of_batch(self, batch: BatchId) -> list[AttemptRow]:
        """Return the batch's attempts, first to last."""
        return list(self._attempts("batch = ? ORDER BY id", batch))

    def entries_of(self, attempt: AttemptId) -> list[Entry]:
        """Return everything the journal says of the attempt, in order."""
        sql = "SELECT leaf FROM event WHERE attempt = ? ORDER BY seq"
        return [decode(leaf) for (leaf,) in self._db.execute(sql, (attempt,))]

    def entries_about(self, unit: UnitId) -> list[Entry]:
        """Return what the journal says of the unit outside of its attempts' steps, uploads included, in order."""
        sql = (
            "SELECT leaf FROM event WHERE unit = :unit OR seq IN "
            "(SELECT seq FROM upload_unit JOIN upload_event USING (upload) WHERE upload_unit.unit = :unit) ORDER BY seq"
        )
        return [decode(leaf) for (leaf,) in self._db.execute(sql, {"unit": unit})]

    def entries_from(self, first: EventSeq) -> Iterator[Entry]:
        """Yield every entry from ``first`` on, in order."""
        for (leaf,) in self._db.execute("SELECT leaf FROM event WHERE seq >= ? ORDER BY seq", (first,)):
            yield decode(leaf)

    def entry(self, seq: EventSeq) -> Entry:
        """Return one entry; raises JRN-103 when there is none at that place."""
        leaf: Any = self._db.execute("SELECT leaf FROM event WHERE seq = ?", (seq,)).get
        if leaf is None:
            raise DAMAGED.fault(f"no event {seq}", path=self._path, why="an entry is missing")
        return decode(leaf)

    def entries_of_kind(self, kind: str, wanted: Callable[[bytes], object] = bool) -> list[Entry]:
        """Return all entries of a rare kind, in order; ``schema.RARE`` says which are not rare: of these, none.

        ``wanted`` is asked of each leaf's bytes: what it refuses is not read. Raises JRN-103 where a leaf is of another
        kind than its row says.
        """
        sql = f"SELECT seq, leaf FROM event INDEXED BY event_rare WHERE kind = ? AND {RARE} ORDER BY seq"
        rows: Any = self._db.execute(sql, (kind,))
        leaves = (leaf_of(seq, stored) for seq, stored in rows)
        found = [decode(leaf) for leaf in leaves if wanted(leaf)]
        if other := next((one for one in found if one.event.kind != kind), None):
            raise DAMAGED.fault(f"event {other.seq}", path=self._path, why="an entry stands under another kind")
        return found

    # Certificates

    def certificate_for(self, device_id: DeviceId, spki: Sha256) -> CertificateRow | None:
        """Return what was signed, or is to be, for this device and key."""
        return _first(self._certificates("device_id = ? AND spki = ?", device_id, spki))

    def standing_certificates(self, device_id: DeviceId) -> list[CertificateRow]:
        """Return those of the device's board that are intended or active, also under a name that it had before."""
        return list(self._certificates(f"{_OF_BOARD} AND state <> 'superseded'", self._serials_of(device_id)))

    def intended_certificates(self) -> list[CertificateRow]:
        """Return those that may have been signed, and of which that is not recorded."""
        return list(self._certificates("state = 'intended'"))

    def active_certificate(self, device_id: DeviceId) -> CertificateRow | None:
        """Return the device's one active certificate."""
        return _first(self._certificates("device_id = ? AND state = 'active'", device_id))

    def active_certificates(self, devices: Sequence[DeviceId]) -> dict[DeviceId, CertificateRow]:
        """Return the devices' active certificates, without those that have none."""
        where = "device_id IN (SELECT value FROM json_each(?)) AND state = 'active'"
        return {row.device_id: row for row in self._certificates(where, json.dumps(devices))}

    def certificates_of(self, device_id: DeviceId) -> list[CertificateRow]:
        """Return all certificates ever meant for the device's board, oldest first, whatever it was called then."""
        return list(self._certificates(f"{_OF_BOARD} ORDER BY intended", self._serials_of(device_id)))

    def certificate_der(self, row: CertificateRow) -> bytes:
        """Return the signed certificate; raises JRN-103 where the entry that the row names holds another, or none."""
        return self.certificate_ders([row])[row.serial]

    def certificate_ders(self, rows: Sequence[CertificateRow]) -> dict[CertSerial, bytes]:
        """Return the signed certificates by their serial numbers; raises JRN-103 as :meth:`certificate_der`."""
        named = json.dumps([row.issued for row in rows])
        sql = "SELECT seq, leaf FROM event WHERE seq IN (SELECT value FROM json_each(?))"
        told: Any = self._db.execute(sql, (named,))
        events = {seq: decode(leaf).event for seq, leaf in told}
        found = {}
        for row in rows:
            event = events.get(row.issued)
            if not isinstance(event, CertificateIssued) or event.serial != row.serial:
                raise DAMAGED.fault(f"certificate {row.serial}", path=self._path, why="a certificate is missing")
            found[row.serial] = base64.b64decode(event.der)
        return found

    # Batches, cloud, slots, time

    def batch(self, batch: BatchId) -> BatchRow | None:
        """Return the work order."""
        sql = "SELECT id, product, recipe, fixture, quantity, state = 'closed' FROM batch WHERE id = ?"
        row: Any = self._db.execute(sql, (batch,)).fetchone()
        return None if row is None else BatchRow(row[0], row[1], row[2], row[3], row[4], bool(row[5]))

    def batch_names(self) -> list[BatchId]:
        """Return all work orders by name, oldest first."""
        return [BatchId(name) for (name,) in self._db.execute("SELECT id FROM batch ORDER BY opened")]

    def tally(self, batch: BatchId) -> Tally:
        """Count the batch."""
        return count_batch(self._db, batch)

    def overwritten_in(self, batch: BatchId) -> dict[AttemptId, UnitId]:
        """Return the attempts in this batch that changed a finished unit unknown, oldest first, and which unit."""
        rows: Any = self._db.execute(f"{OVERWRITTEN} ORDER BY event.seq", (batch,))
        return {AttemptId(attempt): UnitId(unit) for unit, attempt in rows}

    def last_seq(self) -> EventSeq:
        """Return the place of the newest entry, 0 where there is none."""
        last: Any = self._db.execute("SELECT coalesce(max(seq), 0) FROM event").get
        return EventSeq(last)

    def latest_entry(self) -> datetime | None:
        """Return the latest time any entry carries, corrected ones left out."""
        at: Any = self._db.execute("SELECT at_us FROM latest").get
        return None if at is None else time_of(at)

    def account(self, base_url: str) -> tuple[str, str] | None:
        """Return the team (ID, name) that the cloud at this address last confirmed."""
        row: Any = self._db.execute("SELECT team_id, team_name FROM account WHERE base_url = ?", (base_url,)).fetchone()
        return None if row is None else (row[0], row[1])

    def has_context(self, name: Sha256) -> bool:
        """Return whether the journal keeps the context."""
        return self._db.execute("SELECT 1 FROM context WHERE sha256 = ?", (name,)).get is not None

    def context(self, name: Sha256) -> dict[str, object] | None:
        """Return a kept context's value; raises JRN-103 where its table leads to another entry."""
        seq: Any = self._db.execute("SELECT seq FROM context WHERE sha256 = ?", (name,)).get
        if seq is None:
            return None
        event = self.entry(EventSeq(seq)).event
        if not isinstance(event, Context) or event.sha256 != name:
            raise DAMAGED.fault(f"event {seq}", path=self._path, why="a context is not where its table says")
        return event.value

    def latched_slots(self) -> dict[int, str]:
        """Return the latched slots with their fault's code."""
        rows: Any = self._db.execute("SELECT number, fault FROM slot ORDER BY number")
        return dict(rows)

    def final_checks(self, *states: CheckState, unit: UnitId | None = None, limit: int = 1000) -> list[CheckRow]:
        """Return the units whose final checks are in these states, none of them passed; of ``unit`` in any state."""
        which = "final_check.unit = ?" if unit is not None else f"final_check.state IN ({','.join('?' * len(states))})"
        sql = (
            "SELECT final_check.unit, device_id, asks, final_check.state, words, at_us, unit.cloud, outbox.upload "
            "FROM final_check JOIN unit ON unit.id = final_check.unit LEFT JOIN outbox ON outbox.unit = unit.id "
            f"WHERE {which}{'' if unit is not None else _UNPASSED} ORDER BY final_check.unit LIMIT ?"
        )
        rows: Any = self._db.execute(sql, ((unit,) if unit is not None else states) + (limit,))
        return [
            CheckRow(unit, device, Asks(asks), CheckState(state), words, time_of(at), CloudState(cloud), upload)
            for unit, device, asks, state, words, at, cloud, upload in rows
        ]

    def was_onboarded(self, unit: UnitId) -> bool:
        """Return whether the cloud ever confirmed the unit or its claim, or a person did, whatever happened since."""
        there = (CloudState.ONBOARDED, CloudState.CLAIMED)
        for entry in self.entries_about(unit):
            match entry.event:
                case UploadDecided(state=state) if state in there:
                    return True
                case UploadSettled(rows=rows) if any(row.unit == unit and row.state in there for row in rows):
                    return True
                case _:
                    pass
        return False

    def _units(self, where: str, *values: object) -> Iterator[UnitRow]:
        bound: Any = values[0] if values and isinstance(values[0], dict) else values
        rows: Any = self._db.execute(f"SELECT {_UNIT} FROM unit WHERE {where}", bound)
        for row in rows:
            fields = [*row]
            fields[6], fields[7] = _outcome(row[6]), _outcome(row[7])
            fields[11], fields[12] = bool(row[11]), CloudState(row[12])
            yield UnitRow(*fields)

    def _attempts(self, where: str, *values: object) -> Iterator[AttemptRow]:
        bound: Any = values
        rows: Any = self._db.execute(f"SELECT {_ATTEMPT} FROM attempt WHERE {where}", bound)
        for row in rows:
            fields = [*row]
            fields[8], fields[11] = _outcome(row[8]), time_of(row[11])
            fields[10] = None if row[10] is None else StepKind(row[10])
            fields[12] = None if row[12] is None else time_of(row[12])
            yield AttemptRow(*fields)

    def _serials_of(self, device_id: DeviceId) -> str:
        """Return the serials of all certificates ever intended for the device's board, as JSON."""
        sql = (
            "SELECT leaf FROM event WHERE unit = (SELECT id FROM unit WHERE device_id = ?) "
            "AND kind = 'certificate-intended'"
        )
        events = [decode(leaf).event for (leaf,) in self._db.execute(sql, (device_id,))]
        return json.dumps([event.serial for event in events if isinstance(event, CertificateIntended)])

    def _certificates(self, where: str, *values: object) -> Iterator[CertificateRow]:
        bound: Any = values
        rows: Any = self._db.execute(f"SELECT {_CERTIFICATE} FROM certificate WHERE {where}", bound)
        for row in rows:
            yield CertificateRow(*row)


def _outcome(text: str | None) -> Outcome | None:
    return None if text is None else Outcome(text)


def _first(rows: Iterator[Row]) -> Row | None:
    return next(rows, None)
