"""Records as CSV that a spreadsheet opens right, can't be attacked with, and a program reads back exactly.

UTF-8 with a byte order mark (Excel takes it for Windows-1252 without one), CRLF, RFC 4180 quotes; one row of names,
then one row a unit, one a step, or one a measured value. Nothing stands above the row of names, since no reader of CSV
knows comments: each row's first cell, ``format``, names the columns and their version. Columns may be added at the
right under the same version; anything else is a new version.

A cell that a spreadsheet could take for anything but text begins with an apostrophe: formulas (``=1+1``, full-width
signs too), numbers (an IMEI would become 3.59E+14), lost leading zeros, dates (``MAR1``, ``1-2``). Identifiers always
have it, so that a column's cells are alike. A reader takes one apostrophe off the front of a cell (:func:`read_cell`).
Why so (OWASP ASVS 5.0 1.2.10, CWE-1236): Excel and LibreOffice keep it, visibly, on opening and on saving. ``="…"`` is
itself a formula, which LibreOffice doesn't evaluate and mail filters refuse; a leading tab or a zero-width character
can't be seen, and is lost or searched for in vain; quotes change nothing, since both programs guess types behind them.

Whole numbers and measured values stand bare, with a point, so that they can be computed with; where a PC's decimal sign
is a comma, import the file with the language English. Times are ISO 8601 in UTC with microseconds and ``Z``. Control
characters, line breaks and marks that turn the direction of reading are spelled ``\\u{a}``: :mod:`visible_text`.
"""

import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NewType

from station.domain.ids import AttemptId, BatchId, UnitId
from station.domain.line import Outcome
from station.evidence.certificate_text import certificate_sha256
from station.evidence.handed import standing, without_tokens
from station.evidence.proofs import read_proofs
from station.evidence.unit_record import AttemptRecord, MeasuredValue, StepRecord, UnitRecord, number_text
from station.evidence.visible_text import restore, visible
from station.host.files import sha256_of

Cell = str | int | float | None
Row = Mapping[str, Cell]
CsvBytes = NewType("CsvBytes", bytes)

UNITS: Final = "nrf91-station-units-2"
UNIT_COLUMNS: Final = (
    ("format", "which columns these are"),
    ("batch", "the work order; of units chosen one by one, that of their last attempt"),
    ("device_id", "its ID at the cloud; empty for a board that never said who it is"),
    ("imei", "15 digits"),
    ("uuid", "the modem's device UUID"),
    ("serial", "the board's label, as scanned"),
    ("model", "as the modem says (AT+CGMM)"),
    ("hardware", "as the modem says (AT%HWVERSION)"),
    ("modem_firmware", "as the modem says (AT+CGMR)"),
    ("outcome", "passed, failed, error, aborted, quarantined; empty in work. Of a batch: of its last attempt there"),
    ("fault_code", "why it did not pass"),
    ("fault_sentence", "the same in words"),
    ("attempts", "how many there were, ever"),
    ("first_opened", "begin of the first attempt (of a batch: in it, and so on)"),
    ("last_opened", "begin of the last attempt"),
    ("last_closed", "end of the last attempt"),
    ("last_milliseconds", "duration of the last attempt"),
    ("last_slot", "slot of the last attempt"),
    ("last_attempt", "the last attempt's place in the journal"),
    ("operator", "ID of who was signed in at the last attempt"),
    ("rework_declared", "1 where a person allows one more attempt"),
    ("cloud", "how it stands with the cloud now"),
    ("certificate_serial", "of the active certificate, hexadecimal"),
    ("certificate_sha256", "of its DER"),
    ("certificate_issuer_sha256", "of the issuer's certificate"),
    ("certificate_key_sha256", "of its public key (SPKI DER)"),
    ("certificate_not_before", "valid from"),
    ("certificate_not_after", "valid until"),
    ("proven", "what exactly was proven of key and certificate"),
    ("recipe", "context of the recipe, by SHA-256"),
    ("counted", "1 where the batch's report counts the row, else 0: a board without a name that was put in again"),
    ("now_batch", "the work order of the unit's last attempt in any batch"),
    ("now_outcome", "how the unit stands now, whichever batch that was in"),
    ("way", "how its last attempt's recipe has a unit get its credentials"),
    ("credential", "what the cloud is handed of it; empty where it has not passed"),
    ("credential_sha256", "of the certificate's or public key's DER, of a token's text"),
    ("final_check", "passed, refused, unsure, due, wanted; empty where its recipe asks for none"),
    ("final_check_words", "what it found"),
)
STEPS: Final = "nrf91-station-steps-1"
STEP_COLUMNS: Final = (
    ("format", "which columns these are"),
    ("batch", "work order"),
    ("device_id", "empty for a board that never said who it is"),
    ("imei", "15 digits"),
    ("attempt", "the attempt's place in the journal"),
    ("attempt_number", "which of the unit's attempts"),
    ("slot", "slot"),
    ("operator", "ID of who was signed in"),
    ("seq", "the step's place in the journal"),
    ("step_index", "its place in the recipe, from 0"),
    ("step", "its name"),
    ("kind", "what it does"),
    ("began", "when"),
    ("milliseconds", "how long; empty where the station stopped in it"),
    ("tries", "how often it was done"),
    ("outcome", "empty where the station stopped in it"),
    ("fault_code", "why it did not pass"),
    ("fault_sentence", "the same in words"),
    ("fault_detail", "for the engineer"),
    ("measured", "all values in words; one a row in the measurements file"),
    ("results", "everything that was observed, as JSON"),
)
MEASUREMENTS: Final = "nrf91-station-measurements-1"
MEASUREMENT_COLUMNS: Final = (
    ("format", "which columns these are"),
    ("batch", "work order"),
    ("device_id", "empty for a board that never said who it is"),
    ("imei", "15 digits"),
    ("attempt", "the attempt's place in the journal"),
    ("seq", "the step's place in the journal"),
    ("step", "its name"),
    ("measure", "what was measured"),
    ("value", "as the program gave it"),
    ("unit", "its unit"),
    ("low", "lowest allowed, inclusive; empty where there is none"),
    ("high", "highest allowed, inclusive; empty where there is none"),
    ("inside", "1 inside the limits, 0 outside"),
)
_IDENTIFIERS: Final = frozenset(
    {"batch", "now_batch", "device_id", "imei", "uuid", "serial", "modem_firmware", "operator", "recipe"}
    | {"credential_sha256"}
    | {f"certificate_{name}" for name in ("serial", "sha256", "issuer_sha256", "key_sha256")}
)
_BARE: Final = frozenset(
    {"format", "began", "first_opened", "last_opened", "last_closed"}
    | {"certificate_not_before", "certificate_not_after"}
)
LONGEST_CELL: Final = 32_000
"""Characters; Excel cuts at 32,767 without a word."""

_PLAIN_START = re.compile(r"[^\W\d_]|[{\[]")
# What Excel makes of a word: logical values and dates, in English; other languages' months look much the same.
_TAKEN = re.compile(
    r"(?i:true|false|(?:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|sept|oct|okt|nov|dec|dez)[a-z]*[\s./-]*[0-9].*)"
)
_OTHER_SEPARATOR = re.compile(r";(?=[\s\"']*[=+\-@\uff1d\uff0b\uff0d\uff20])")


def encode_text(text: str, *, identifier: bool = False) -> str:
    """Return a text as its cell; :func:`read_cell` gives it back. Pure.

    A semicolon before a formula's sign is spelled out too: Excel in half of Europe separates cells by semicolons.
    """
    shown = visible(text)
    places = {match.start() for match in _OTHER_SEPARATOR.finditer(shown)}
    if places:
        shown = "".join("\\u{3b}" if at in places else one for at, one in enumerate(shown))
    if len(shown) > LONGEST_CELL:
        note = f" … cut: {len(text)} characters, SHA-256 {sha256_of(text.encode('utf-8', 'surrogatepass'))}"
        shown = shown[: LONGEST_CELL - len(note)] + note
    if not shown or (not identifier and _PLAIN_START.match(shown) and not _TAKEN.fullmatch(shown)):
        return shown
    return "'" + shown


def read_cell(cell: str) -> str:
    """Return the text that :func:`encode_text` was given (or the number, as text). Pure."""
    return restore(cell.removeprefix("'"))


def time_text(moment: datetime | None) -> str:
    """Return a time as these files have it; "" for none."""
    return "" if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def units_csv(units: Iterable[UnitRecord]) -> CsvBytes:
    """Return one row a unit, as it stands now."""
    return _render(UNIT_COLUMNS, UNITS, map(_unit_row, units))


def batch_units_csv(
    batch: BatchId,
    units: Iterable[UnitRecord],
    nameless: Iterable[AttemptRecord],
    counted: Collection[AttemptId],
    outcomes: Mapping[UnitId, Outcome | None],
) -> CsvBytes:
    """Return one row a unit of the batch, by its last attempt there, and one an attempt at a board without a name.

    ``outcomes``: as what the batch counts its units. The rows with 1 in ``counted`` add up to the batch's report,
    outcome by outcome.
    """
    named = [
        {
            **_unit_row(one),
            **_part_in_batch(one, [made for made in one.attempts if made.batch == batch]),
            "outcome": outcomes[one.unit.id],
        }
        for one in units
    ]
    silent = [{**_nameless_row(one), "counted": int(one.id in counted)} for one in nameless]
    return _render(UNIT_COLUMNS, UNITS, [*named, *silent])


def steps_csv(units: Iterable[UnitRecord], nameless: Iterable[AttemptRecord] = ()) -> CsvBytes:
    """Return one row a step, of every attempt, in the journal's order for each unit."""
    rows = [_step_row(unit, attempt, step) for unit, attempt in _attempts(units, nameless) for step in attempt.steps]
    return _render(STEP_COLUMNS, STEPS, rows)


def measurements_csv(units: Iterable[UnitRecord], nameless: Iterable[AttemptRecord] = ()) -> CsvBytes:
    """Return one row a measured value; what a failed step measured, too."""
    rows = [
        {**_whose(unit, attempt), "seq": step.seq, "step": step.name, **_measurement_row(one)}
        for unit, attempt in _attempts(units, nameless)
        for step in attempt.steps
        for one in step.measurements
    ]
    return _render(MEASUREMENT_COLUMNS, MEASUREMENTS, rows)


def _attempts(
    units: Iterable[UnitRecord], nameless: Iterable[AttemptRecord]
) -> Iterator[tuple[UnitRecord | None, AttemptRecord]]:
    for unit in units:
        for attempt in unit.attempts:
            yield unit, attempt
    for attempt in nameless:
        yield None, attempt


def _render(columns: Sequence[tuple[str, str]], form: str, rows: Iterable[Row]) -> CsvBytes:
    names = [name for name, _ in columns]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(name, form if name == "format" else row.get(name)) for name in names])
    return CsvBytes(b"\xef\xbb\xbf" + text.getvalue().encode("utf-8"))


def _cell(name: str, value: Cell) -> str:
    if isinstance(value, str) and name not in _BARE:
        return encode_text(value, identifier=name in _IDENTIFIERS)
    return number_text(value) if isinstance(value, float) else "" if value is None else str(value)


def _whose(unit: UnitRecord | None, attempt: AttemptRecord) -> Row:
    named = attempt.identity
    return {
        "batch": attempt.batch,
        "device_id": unit.unit.device_id if unit else (named.device_id if named else None),
        "imei": unit.unit.imei if unit else (named.imei if named else None),
        "attempt": attempt.id,
    }


def _unit_row(record: UnitRecord) -> Row:
    unit, active = record.unit, record.active
    parsed = active.parsed() if active is not None else None
    identity = next((one.identity for one in reversed(record.attempts) if one.identity is not None), None)
    row: dict[str, Cell] = {
        **_attempt_columns(record.attempts),
        "batch": unit.batch,
        "device_id": unit.device_id,
        "imei": unit.imei,
        "uuid": unit.uuid,
        "serial": unit.serial,
        "model": identity.model if identity else None,
        "hardware": identity.hardware if identity else None,
        "modem_firmware": identity.modem_firmware if identity else None,
        "outcome": unit.outcome,
        "attempts": unit.attempts,
        "rework_declared": int(unit.rework),
        "cloud": unit.cloud,
        "proven": "; ".join(read_proofs(record.attempts)),
        "now_batch": unit.batch,
        "now_outcome": unit.outcome,
        "way": record.attempts[-1].way if record.attempts else None,
    }
    if record.check is not None:
        row |= {"final_check": record.check.state, "final_check_words": record.check.words}
    if (stands := standing(record)) is not None:
        row |= {"credential": stands.kind, "credential_sha256": stands.sha256}
    if active is not None:
        row |= {
            "certificate_serial": active.serial,
            "certificate_sha256": certificate_sha256(active),
            "certificate_issuer_sha256": active.issuer,
            "certificate_key_sha256": active.spki_sha256,
            "certificate_not_before": time_text(parsed.not_valid_before_utc) if parsed else "",
            "certificate_not_after": time_text(parsed.not_valid_after_utc) if parsed else "",
        }
    return row


def _part_in_batch(record: UnitRecord, attempts: Sequence[AttemptRecord]) -> Row:
    """Return what a unit's row says of it in the batch of these attempts, whatever other batches did later."""
    last = attempts[-1]
    before = record.attempts[: record.attempts.index(last) + 1]
    return {
        **_attempt_columns(attempts),
        "batch": last.batch,
        "proven": "; ".join(read_proofs(before)),
        "counted": 1,
    }


def _nameless_row(attempt: AttemptRecord) -> Row:
    columns = _attempt_columns((attempt,))
    return {**columns, "batch": attempt.batch, "serial": attempt.serial, "outcome": attempt.outcome, "attempts": 1}


def _attempt_columns(attempts: Sequence[AttemptRecord]) -> dict[str, Cell]:
    if not attempts:
        return {}
    first, last = attempts[0], attempts[-1]
    return {
        "fault_code": last.fault.code if last.fault else None,
        "fault_sentence": last.fault.sentence if last.fault else None,
        "first_opened": time_text(first.opened),
        "last_opened": time_text(last.opened),
        "last_closed": time_text(last.closed),
        "last_milliseconds": None if last.seconds is None else round(last.seconds * 1000),
        "last_slot": last.slot,
        "last_attempt": last.id,
        "operator": last.by,
        "recipe": last.recipe,
    }


def _as_json(results: dict[str, object]) -> str:
    return json.dumps(results, sort_keys=True, ensure_ascii=False)


def _step_row(unit: UnitRecord | None, attempt: AttemptRecord, step: StepRecord) -> Row:
    return {
        **_whose(unit, attempt),
        "attempt_number": attempt.number,
        "slot": attempt.slot,
        "operator": attempt.by,
        "seq": step.seq,
        "step_index": step.index,
        "step": step.name,
        "kind": step.kind,
        "began": time_text(step.began),
        "milliseconds": step.milliseconds,
        "tries": step.tries,
        "outcome": step.outcome,
        "fault_code": step.fault.code if step.fault else None,
        "fault_sentence": step.fault.sentence if step.fault else None,
        "fault_detail": step.fault.detail if step.fault else None,
        "measured": "; ".join(one.text() for one in step.measurements),
        "results": _as_json(without_tokens(step.results)) if step.results else None,
    }


def _measurement_row(one: MeasuredValue) -> Row:
    return {
        "measure": one.name,
        "value": one.value,
        "unit": one.unit,
        "low": one.low,
        "high": one.high,
        "inside": int(one.inside),
    }
