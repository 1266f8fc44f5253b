"""The tables: read back by another reader they say what the journal's own bytes say, and they attack nobody."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from station.domain import events as e
from station.domain.faults import FaultRecord
from station.domain.ids import BatchId
from station.domain.line import Outcome, StepKind
from station.evidence.batch_record import read_batch
from station.evidence.onboard_csv import units_to_onboard
from station.evidence.spreadsheet import (
    LONGEST_CELL,
    MEASUREMENT_COLUMNS,
    STEP_COLUMNS,
    UNIT_COLUMNS,
    batch_units_csv,
    encode_text,
    measurements_csv,
    read_cell,
    steps_csv,
)
from station.evidence.unit_record import read_unit
from station.journal.leaves import Leaves
from station.journal.records import Records
from station.line.summary import summarize
from tests.stored_leaves import teach
from tests.unit.evidence.written_batch import BATCH, FIRMWARE, WEAK, WrittenBatch, everything, open_journal

Rows = list[dict[str, str]]
SIGNS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"


def tables(folder: Path) -> dict[str, bytes]:
    with Records(folder) as records, Leaves(folder) as leaves:
        record = read_batch(records, leaves, BATCH)
        boards = record.boards
        units = [read_unit(records, one.unit) for one in boards if one.unit is not None]
        nameless = [one.last for one in boards if one.unit is None]
    return {
        "units": batch_units_csv(BATCH, units, nameless, record.counted, record.outcomes),
        "steps": steps_csv(units, nameless),
        "measurements": measurements_csv(units, nameless),
    }


def parse(data: bytes) -> Rows:
    """Read as a program would that knows nothing of this one but the rule of the apostrophe."""
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    return [{name: value.removeprefix("'") for name, value in row.items()} for row in rows]


def events(folder: Path, kind: str) -> list[dict[str, Any]]:
    """Return the journal's bytes of one kind, read with another reader than the station's."""
    db = apsw.Connection(str(folder / "journal.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        teach(db)
        rows: Any = db.execute("SELECT said(leaf) FROM event WHERE kind = ? ORDER BY seq", (kind,)).fetchall()
        return [json.loads(leaf) for (leaf,) in rows]
    finally:
        db.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("journal")
    for _ in everything(made):
        pass
    return made


@pytest.fixture
def written(tmp_path: Path) -> Iterator[WrittenBatch]:
    with open_journal(tmp_path) as journal:
        yield WrittenBatch(journal, tmp_path)


def test_files_open_right_in_excel(folder: Path) -> None:
    for data in tables(folder).values():
        assert data.startswith(b"\xef\xbb\xbf")
        assert not data.startswith(b"\xef\xbb\xbf\xef\xbb\xbf")
        assert data.count(b"\n") == data.count(b"\r\n") == data.count(b"\r")


def test_columns_are_those_described(folder: Path) -> None:
    for data, columns in zip(tables(folder).values(), (UNIT_COLUMNS, STEP_COLUMNS, MEASUREMENT_COLUMNS), strict=True):
        (head, *rows) = csv.reader(io.StringIO(data.decode("utf-8-sig")))
        assert head == [name for name, _ in columns]
        assert {row[0] for row in rows} == {
            {len(UNIT_COLUMNS): "nrf91-station-units-2", len(STEP_COLUMNS): "nrf91-station-steps-1"}.get(
                len(columns), "nrf91-station-measurements-1"
            )
        }


def test_one_row_a_unit_says_what_the_journal_says(folder: Path) -> None:
    rows = parse(tables(folder)["units"])
    closed = {one["body"]["attempt"]: one["body"] for one in events(folder, "attempt-closed")}
    named = {one["body"]["attempt"]: one["body"] for one in events(folder, "unit-identified")}
    last = {body["imei"]: attempt for attempt, body in named.items()}
    slots = {one["seq"]: one["body"]["slot"] for one in events(folder, "attempt-opened")}
    known = [row for row in rows if row["imei"]]
    assert len(known) == len(last) == 10
    for row in known:
        attempt = last[row["imei"]]
        assert int(row["last_attempt"]) == attempt
        assert row["outcome"] == closed[attempt]["outcome"]
        assert int(row["last_slot"]) == slots[attempt]
        assert row["device_id"] == named[attempt]["device_id"]
        assert row["fault_sentence"] == (closed[attempt]["fault"] or {"sentence": ""})["sentence"]
        assert int(row["attempts"]) == sum(1 for body in named.values() if body["imei"] == row["imei"])
    assert [row["outcome"] for row in rows if not row["imei"]] == ["failed", "failed"]


def test_rows_that_count_add_up_to_the_report_and_the_lines_tally(folder: Path) -> None:
    """The nameless board that was put in again has two rows, and counts once."""
    with Records(folder) as records, Leaves(folder) as leaves:
        record = read_batch(records, leaves, BATCH)
    rows = parse(tables(folder)["units"])
    counted = Counter(row["outcome"] for row in rows if row["counted"] == "1")
    assert counted == {outcome: record.quantity.count(outcome) for outcome in Outcome if record.quantity.count(outcome)}
    assert all(record.tally.count(one) == counted[one] for one in (Outcome.PASSED, Outcome.FAILED))
    assert [row["counted"] for row in rows if not row["imei"]] == ["0", "1"]
    with Records(folder) as records:
        assert len(units_to_onboard(records, BATCH)) == 6


def test_a_batch_counts_a_unit_by_its_last_attempt_there_whatever_another_did_later(written: WrittenBatch) -> None:
    """Passed in one batch and reworked, with failure, in another: report, table, tally and summary of each agree."""
    written.arm(2)
    unit, other = written.good(1), BatchId("WO-2")
    written.journal.commit(e.ReworkDeclared(unit=unit, operator="p3", reason="antenna", second="p4"))
    written.batch = other
    written.arm(1)
    attempt = written.open(2)
    written.identify(attempt, 1)
    written.step(attempt, 5, StepKind.COMMAND, "RF test", Outcome.FAILED, fault=WEAK)
    written.close(attempt, Outcome.FAILED, WEAK)
    for batch, outcome, through in ((BATCH, "passed", 1), (other, "failed", 0)):
        with Records(written.folder) as records, Leaves(written.folder) as leaves:
            record = read_batch(records, leaves, batch)
            row = parse(
                batch_units_csv(
                    batch,
                    [read_unit(records, one.unit) for one in record.boards if one.unit],
                    [],
                    (),
                    record.outcomes,
                )
            )
            assert [one.outcome for one in summarize(records, batch, written.folder).units] == [outcome]
        assert [(one["batch"], one["outcome"], one["counted"]) for one in row] == [(batch, outcome, "1")]
        assert [(one["now_batch"], one["now_outcome"]) for one in row] == [(other, "failed")]
        assert int(row[0]["last_attempt"]) == record.boards[0].last.id
        assert row[0]["fault_code"] == ("" if outcome == "passed" else WEAK.code)
        assert record.quantity.named == record.tally.outcomes == {outcome: 1}
        assert record.yields[1].good == through
        with Records(written.folder) as records:
            assert units_to_onboard(records, batch) == [], "it does not stand passed now, or did not pass here"
        assert (record.yields[2].good, record.yields[2].total) == (through, 1)


def test_certificate_of_a_reworked_unit_is_the_active_one(folder: Path) -> None:
    (row,) = [row for row in parse(tables(folder)["units"]) if row["device_id"].endswith("0006")]
    dead = {one["body"]["serial"] for one in events(folder, "certificate-superseded")}
    issued = {one["body"]["serial"]: one["body"]["sha256"] for one in events(folder, "certificate-issued")}
    assert row["certificate_serial"] not in dead
    assert issued[row["certificate_serial"]] == row["certificate_sha256"]
    assert row["certificate_not_after"] == "2036-11-22T08:00:00.000000Z"


def test_one_row_a_step_says_what_the_journal_says(folder: Path) -> None:
    rows = {int(row["seq"]): row for row in parse(tables(folder)["steps"])}
    intents = events(folder, "step-intended")
    assert set(rows) == {one["seq"] for one in intents}
    ends = {(one["body"]["attempt"], one["body"]["index"]): one["body"] for one in events(folder, "step-finished")}
    for intent in intents:
        row, body = rows[intent["seq"]], intent["body"]
        end = ends[body["attempt"], body["index"]]
        assert (row["step"], int(row["milliseconds"]), int(row["tries"])) == (
            body["name"],
            end["milliseconds"],
            end["tries"],
        )
        assert json.loads(row["results"] or "{}") == end["results"]
        assert datetime.fromisoformat(row["began"]) == datetime.fromisoformat(intent["at"])


def test_measured_values_are_numbers_with_limits(folder: Path) -> None:
    rows = parse(tables(folder)["measurements"])
    bad = [row for row in rows if row["inside"] == "0"]
    assert [
        (row["measure"], float(row["value"]), float(row["low"]), float(row["high"]), row["unit"]) for row in bad
    ] == [("power", 31.25, 20.0, 24.5, "dBm")] * 2
    assert {(float(row["value"]), row["low"], float(row["high"])) for row in rows if row["measure"] == "current"} == {
        (0.0042, "", 0.01)
    }


def test_identifiers_stay_text(folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(tables(folder)["units"].decode("utf-8-sig"))))
    assert all(row["imei"].startswith("'3594") for row in rows if row["imei"])
    assert {row["modem_firmware"] for row in rows} == {"", "'" + FIRMWARE}


@pytest.mark.parametrize(
    "text",
    ["359445996936203", "00123", "1E5", "12e10", "MAR1", "sept2", "1-2", "TRUE",
     "=1+1", "\uff1dA1", "+1", "-1", "@SUM(A1)",
     "\t=1", "\r=1", " =1", "\u200b=1", "'=1", "(5)", "\u00a41", "%1"],
)  # fmt: skip
def test_nothing_is_taken_for_a_number_a_date_or_a_formula(text: str) -> None:
    assert encode_text(text).startswith("'")
    assert read_cell(encode_text(text)) == text


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u200f", "\ufeff", "\u2028", "\x00", "\n", "\x9f"])
def test_what_misleads_a_reader_is_spelled_out(mark: str) -> None:
    assert encode_text(f"ab{mark}cd") == f"ab\\u{{{ord(mark):x}}}cd"


def test_plain_words_stay_plain() -> None:
    for text in ("passed", "RF test", "Überlauf am Gerät", "測試", '{"a": 1}', "Marble, and decoy"):
        assert encode_text(text) == text


@given(st.text(st.characters(codec=None), max_size=200))
@example('";=cmd|"/c calc"!A0')
@example("\\u{41}")
@example("\\u{5c}u{41}\\")
@example("'")
@example("''")
@example("\ud800")
def test_any_text_comes_back_and_is_never_a_formula(text: str) -> None:
    cell = encode_text(text)
    assert read_cell(cell) == text
    assert cell[:1] not in SIGNS or not cell
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerow(["a", cell, "b"])
    for separator in (",", ";", "\t"):  # as Excel reads it here and in half of Europe
        for field in csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=separator):
            if separator == ",":
                assert field == ["a", cell, "b"]
            else:
                assert not any(one.lstrip(" \"'")[:1] in SIGNS for one in field[1:] if one.lstrip(" \"'"))


def test_cell_too_long_for_excel_says_so() -> None:
    cell = encode_text("x" * 40_000)
    assert len(cell) <= LONGEST_CELL + 1
    assert "cut: 40000 characters, SHA-256" in cell
    assert encode_text("y" * 10_000) == "y" * 10_000


@pytest.mark.parametrize("text", ["=HYPERLINK(0)", "a\u202eb\x00c\r\nd", "\U0001f525" * 10, "x " * 5000])
def test_hostile_sentences_survive_in_the_table(written: WrittenBatch, text: str) -> None:
    written.arm(1)
    written.bad(Outcome.FAILED, FaultRecord("LINE-132", text, text))
    made = tables(written.folder)
    (row,) = csv.DictReader(io.StringIO(made["units"].decode("utf-8-sig"), newline=""), strict=True)
    assert read_cell(row["fault_sentence"]) == text
    (step,) = csv.DictReader(io.StringIO(made["steps"].decode("utf-8-sig"), newline=""), strict=True)
    assert read_cell(step["fault_detail"]) == text
