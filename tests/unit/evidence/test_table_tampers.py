"""What nothing signs is compared with what is signed: whoever changes a journal's tables is found, and exports stop."""

# ruff: noqa: S608 -- SQL of an attacker's hand, put together from this file's own words

import gzip
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from station.domain.events import SlotLatched
from station.domain.faults import Fault
from station.domain.ids import BatchId, SlotNumber, UnitId
from station.domain.line import Outcome
from station.evidence import verifier
from station.evidence.agreeing import agreement_findings
from station.evidence.forms import Broken
from station.journal.agreement import find_disagreement
from station.journal.chosen import find_disagreement_about
from station.journal.mentions import Mentions
from station.journal.records import Records
from station.line.onboarding import OnboardRows
from tests.stored_leaves import teach
from tests.unit.evidence.evidence_rig import FAULT, Rig, make_modem
from tests.unit.evidence.table_tampering import tamper_tables
from tests.unit.evidence.test_tampers import freeze
from tests.unit.evidence.written_batch import everything

SEEDS = 60
"""Here; the campaign (python -m tests.campaigns.evidence_tampers) does many more."""
V1 = Path(__file__).parents[1] / "journal" / "formats" / "journal-v1.db.gz"


@pytest.fixture(scope="module")
def whole(sample_with_tree: Rig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return freeze(sample_with_tree.data, tmp_path_factory.mktemp("tables") / "whole")


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "copy"))


def units_of(folder: Path) -> list[UnitId]:
    with Records(folder) as records:
        return [unit.id for unit in records.units_of(BatchId("WO-1"))]


def change(folder: Path, *statements: str) -> None:
    """Change the file as somebody who writes to it; the leaves' triggers are put back."""
    db = sqlite3.connect(folder / "journal.db", isolation_level=None)
    teach(db)
    triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        db.execute(statement)
        assert db.execute("SELECT changes()").fetchone()[0], statement
    for _, sql in triggers:
        db.execute(sql)
    db.close()


def state(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(one): (one.stat().st_mtime_ns, one.stat().st_size) for one in (folder, *folder.rglob("*"))}


def test_a_journal_as_the_station_wrote_it_agrees_with_itself(whole: Path) -> None:
    before = state(whole)
    assert find_disagreement(whole) is None
    assert find_disagreement(whole / "journal.db") is None
    for unit in units_of(whole):
        assert find_disagreement_about(whole, [unit]) is None
    assert find_disagreement_about(whole, units_of(whole)) is None
    assert find_disagreement_about(whole, batch=BatchId("WO-1")) is None
    assert agreement_findings(whole)
    assert state(whole) == before


def test_a_batch_with_everything_in_it_agrees(tmp_path: Path) -> None:
    for batch in everything(tmp_path):  # while its writer has it open
        with batch.journal.records() as records:
            units = [unit.id for unit in records.units_of(batch.batch)]
        before = state(tmp_path)
        assert find_disagreement(tmp_path) is None
        assert [find_disagreement_about(tmp_path, [unit]) for unit in units] == [None] * len(units)
        assert find_disagreement_about(tmp_path, units) is None
        assert find_disagreement_about(tmp_path, batch=batch.batch) is None
        assert state(tmp_path) == before


def test_a_log_that_nobody_has_open_is_read_and_stays_as_it_is(sample_with_tree: Rig, tmp_path: Path) -> None:
    """As a copy of the folder of a station that was cut off: the index of the log is not there, and isn't made."""
    for name in ("journal.db", "journal.db-wal"):
        shutil.copy(sample_with_tree.data / name, tmp_path / name)
    before = state(tmp_path)
    assert find_disagreement(tmp_path) is None
    assert state(tmp_path) == before


def test_a_journal_of_the_first_format_is_examined_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    file.write_bytes(gzip.decompress(V1.read_bytes()))
    before = file.read_bytes()
    assert find_disagreement(file) is None
    assert file.read_bytes() == before
    change(tmp_path, "UPDATE unit SET outcome = 'failed' WHERE id = (SELECT min(id) FROM unit)")
    found = find_disagreement(file)
    assert found is not None
    assert "its outcome there is failed, by the entries passed" in found.sentence


def test_every_tamper_of_the_tables_is_found_and_stops_the_units_export(whole: Path, tmp_path: Path) -> None:
    units = units_of(whole)
    touching = 0
    for seed in range(SEEDS):
        touching += check(whole, tmp_path / "copy", seed, units)
    assert touching > SEEDS / 4


def check(whole: Path, copy: Path, seed: int, units: list[UnitId]) -> bool:
    """Return whether the tamper of this seed touched a unit, once everybody who has to find it has.

    So does whoever has read what is rare before it was done.
    """
    copy.mkdir(exist_ok=True)
    shutil.copy(whole / "journal.db", copy / "journal.db")
    done = tamper_tables(copy / "journal.db", random.Random(seed))
    assert find_disagreement(copy) is not None, f"{seed}: {done.what} was not found"
    for unit in done.units & set(units):
        assert find_disagreement_about(copy, [unit]) is not None, f"{seed}: {done.what}: unit {unit} could be exported"
        before = Mentions()
        assert find_disagreement_about(whole, [unit], mentions=before) is None
        assert find_disagreement_about(copy, [unit], mentions=before) is not None, f"{seed}: {done.what}: {unit} goes"
    if done.units & set(units):
        assert find_disagreement_about(copy, units) is not None, f"{seed}: {done.what}: not seen among others"
    if done.units:
        assert find_disagreement_about(copy, batch=BatchId("WO-1")) is not None, f"{seed}: {done.what}"
    return bool(done.units)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "UPDATE unit SET outcome = 'passed' WHERE device_id = 'dev-2'",
            r"table unit, unit \d+ \(dev-2\): its outcome",
        ),
        (
            "UPDATE event SET attempt = NULL WHERE kind = 'step-finished'",
            r"table event, entry \d+ \(step-fi.*: its attempt there is nothing",
        ),
        (
            "UPDATE attempt SET unit = NULL WHERE outcome = 'failed'",
            r"table attempt, attempt \d+: its unit there is noth",
        ),
        ("UPDATE certificate SET state = 'active' WHERE device_id = 'dev-2'", "certificate .* of dev-2: its state"),
        (
            "UPDATE event SET kind = 'context' WHERE kind = 'upload-settled'",
            "upload-settled.*: its kind there is context",
        ),
        ("UPDATE event SET at_us = at_us + 1 WHERE seq = 30", r"entry 30 .*: its time \(at_us\)"),
        ("UPDATE body SET data = x'00'", "its content is not what it is named for"),
        ("DELETE FROM body", "table body.*not there"),
        ("UPDATE tree SET hash = zeroblob(32)", "table tree, level 8, place 0"),
        ("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event) - 1", "it is not there"),
        ("DELETE FROM checkpoint", "table checkpoint"),
        ("DELETE FROM context", "table context"),
    ],
)
def test_the_first_difference_is_said_in_plain_words(copy: Path, sql: str, said: str) -> None:
    change(copy, sql)
    with pytest.raises(Broken, match=said):
        agreement_findings(copy)
    if "DELETE FROM event" not in sql and "SET kind" not in sql:
        verifier.verify_journal(copy)  # which looks at what is signed, and at nothing else


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DROP TRIGGER event_stays", "the trigger event_stays: it is not there"),
        ("CREATE TRIGGER more AFTER INSERT ON event BEGIN DELETE FROM outbox; END", "the trigger more: no station"),
        ("DROP INDEX event_rare", "the index event_rare: it is not there"),
        ("CREATE TABLE more(x)", "the table more: no station makes it"),
        ("ALTER TABLE slot ADD COLUMN more INTEGER", "the table slot: it is not as a station makes it"),
    ],
)  # fmt: skip
def test_what_stands_around_the_tables_is_as_a_station_makes_it(copy: Path, sql: str, said: str) -> None:
    db = sqlite3.connect(copy / "journal.db", isolation_level=None)
    db.execute(sql)
    db.close()
    with pytest.raises(Broken, match=said):
        agreement_findings(copy)


def test_a_table_behind_a_view_is_found(copy: Path) -> None:
    db = sqlite3.connect(copy / "journal.db", isolation_level=None)
    db.execute("ALTER TABLE unit RENAME TO hidden")
    db.execute("CREATE VIEW unit AS SELECT * FROM hidden")
    db.close()
    with pytest.raises(Broken, match="the table hidden: no station makes it"):
        agreement_findings(copy)


def test_an_index_that_hides_a_row_is_found(copy: Path) -> None:
    """The index is made for other rows than it says, and its text is put right again."""
    db = sqlite3.connect(copy / "journal.db", isolation_level=None)
    (sql,) = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'event_unit'").fetchone()
    (unit,) = db.execute("SELECT min(id) FROM unit").fetchone()
    db.execute("DROP INDEX event_unit")
    db.execute(sql.replace("unit IS NOT NULL", f"unit <> {unit}"))
    db.execute("PRAGMA writable_schema = on")
    db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'event_unit'", (sql,))
    db.close()
    with pytest.raises(Broken, match="indexes are not those of its tables"):
        agreement_findings(copy)


def hide_attempt(folder: Path, batch_too: bool) -> UnitId:
    """Take the first of two attempts of dev-3 away wherever columns and tables say whose it is, all consistent."""
    db = sqlite3.connect(folder / "journal.db")
    (unit,) = db.execute("SELECT id FROM unit WHERE device_id = 'dev-3'").fetchone()
    first, second = (one for (one,) in db.execute("SELECT id FROM attempt WHERE unit = ? ORDER BY id", (unit,)))
    db.close()
    change(
        folder,
        f"UPDATE event SET unit = NULL WHERE attempt = {first} AND unit IS NOT NULL",
        f"UPDATE attempt SET number = 1 WHERE id = {second}",
        f"UPDATE unit SET attempts = 1 WHERE id = {unit}",
        f"UPDATE event SET attempt = NULL, unit = NULL WHERE attempt = {first}",
        f"DELETE FROM attempt WHERE id = {first}"
        if batch_too
        else f"UPDATE attempt SET unit = NULL WHERE id = {first}",
    )
    return UnitId(unit)


@pytest.mark.parametrize("batch_too", [False, True])
def test_an_attempt_that_another_went_on_with_can_not_be_hidden(copy: Path, batch_too: bool) -> None:
    unit = hide_attempt(copy, batch_too)
    assert find_disagreement_about(copy, [unit]) is not None
    assert find_disagreement_about(copy, batch=BatchId("WO-1")) is not None
    assert find_disagreement(copy) is not None


def test_a_middle_attempt_shows_by_the_one_that_went_on_with_it(rig: Rig, tmp_path: Path) -> None:
    unit = rig.failed(3)
    assert rig.interrupted(3) == unit
    rig.checkpoint()
    copy = freeze(rig.data, tmp_path / "copy")
    with Records(copy) as records:
        _, middle, last = (one.id for one in records.attempts_of_unit(unit))
    change(
        copy,
        f"UPDATE event SET attempt = NULL, unit = NULL WHERE attempt = {middle}",
        f"DELETE FROM attempt WHERE id = {middle}",
        f"UPDATE attempt SET number = 2 WHERE id = {last}",
        f"UPDATE unit SET attempts = 2 WHERE id = {unit}",
    )
    assert find_disagreement_about(copy, [unit]) is not None


@pytest.mark.parametrize(
    "what",
    [
        "at_us = at_us + 1",
        "kind = iif(kind = 'step-intended', 'step-finished', 'step-intended')",
        "batch = 'WO-1'",
        "attempt = (SELECT max(id) FROM attempt WHERE id <> attempt)",
        "unit = (SELECT min(id) FROM unit)",
        "leaf = (SELECT other.leaf FROM event AS other WHERE other.seq > event.seq AND other.kind = event.kind)",
        "leaf = CAST(replace(said(leaf), '\"v\":1', '\"v\":2') AS BLOB)",
        "leaf = CAST('no JSON' AS BLOB)",
        "leaf = CAST(said(leaf) || char(0) || 'more' AS BLOB)",
        "leaf = CAST(replace(said(leaf), '\"index\":', '\"indux\":') AS BLOB)",
        "leaf = CAST(replace(said(leaf), '\"session\":', '\"sessiom\":') AS BLOB)",
    ],
)
def test_a_steps_row_that_says_what_its_leaf_does_not_is_seen(rig: Rig, tmp_path: Path, what: str) -> None:
    """Nothing follows from a step: alone its row is compared, and not as the others' are."""
    units = [rig.passed(2), rig.failed(3)]
    rig.checkpoint()
    copy = freeze(rig.data, tmp_path / "copy")
    assert find_disagreement_about(copy, units) is None
    for kind in ("step-intended", "step-finished"):
        again = Path(shutil.copytree(copy, tmp_path / kind))
        of_first = f"attempt = (SELECT last_attempt FROM unit WHERE id = {units[0]})"
        change(
            again,
            f"UPDATE event SET {what} WHERE seq = (SELECT min(seq) FROM event WHERE kind = '{kind}' AND {of_first})",
        )
        assert find_disagreement_about(again, units) is not None
        assert find_disagreement_about(again, units[:1]) is not None


@pytest.mark.parametrize("ended", [True, False])
def test_a_step_does_not_pass_for_one_of_the_attempt_beside_it(rig: Rig, tmp_path: Path, ended: bool) -> None:
    """Behind that one's end, whatever the leaf says; else only where the leaf says so too."""
    one, other = rig.open_attempt(1), rig.open_attempt(2)
    for number, attempt in enumerate((one, other), start=1):
        rig.identify(attempt, number, make_modem(number))
    if ended:
        rig.close(one, Outcome.FAILED)
    rig.intend(other, 1)
    rig.checkpoint()
    copy = freeze(rig.data, tmp_path / "copy")
    units = [rig.unit(1), rig.unit(2)]
    assert find_disagreement_about(copy, units) is None
    leaf = f"CAST(replace(said(leaf), '\"attempt\":{other}', '\"attempt\":{one}') AS BLOB)" if ended else "leaf"
    of_other = f"kind = 'step-intended' AND attempt = {other}"
    change(copy, f"UPDATE event SET attempt = {one}, leaf = {leaf} WHERE {of_other}")
    assert find_disagreement_about(copy, units) is not None


def test_an_entry_behind_an_attempts_end_is_not_hidden_by_its_column(rig: Rig, tmp_path: Path) -> None:
    unit = rig.failed(2)
    with rig.journal.records() as records:
        (attempt,) = records.attempts_of_unit(unit)
    rig.journal.commit(SlotLatched(slot=SlotNumber(2), attempt=attempt.id, fault=FAULT))
    rig.checkpoint()
    copy = freeze(rig.data, tmp_path / "copy")
    assert find_disagreement_about(copy, [unit]) is None
    change(copy, "UPDATE event SET attempt = NULL WHERE kind = 'slot-latched'")
    found = find_disagreement_about(copy, [unit])
    assert found is not None
    assert "slot-latched" in found.sentence


def test_a_board_that_no_entry_tells_of_is_in_no_batch_s_report(copy: Path) -> None:
    change(
        copy,
        "INSERT INTO attempt SELECT 9999, batch, slot, recipe, serial, NULL, NULL, NULL, outcome, fault, orphan, "
        "opened_us, closed_us FROM attempt WHERE unit IS NULL",
    )
    found = find_disagreement_about(copy, batch=BatchId("WO-1"))
    assert found is not None
    assert found.sentence == "table attempt, attempt 9999: it is there, though no entry makes it"


@pytest.fixture
def failed_first(rig: Rig) -> tuple[Rig, UnitId]:
    """A unit that failed and then passed, in two batches, each attempt for itself."""
    unit = rig.failed(2)
    rig.arm("WO-2")
    assert rig.passed(2, batch="WO-2") == unit
    rig.checkpoint()
    return rig, unit


@pytest.mark.parametrize(
    ("how", "by_unit"),
    [
        ("UPDATE attempt SET unit = NULL, number = NULL WHERE id = {first}", False),
        ("UPDATE attempt SET unit = NULL, number = NULL, batch = 'WO-2' WHERE id = {first}", True),
        ("DELETE FROM attempt WHERE id = {first}", False),
    ],
)
def test_what_only_more_than_the_units_own_entries_shows(
    failed_first: tuple[Rig, UnitId], tmp_path: Path, how: str, by_unit: bool
) -> None:
    """All traces of a failed attempt in another batch are removed, with the certificate that it had.

    A unit's export can't see that (docs/qa.md says so); its batch's export and the whole verification do.
    """
    rig, unit = failed_first
    copy = freeze(rig.data, tmp_path / "copy")
    with Records(copy) as records:
        first, second = (one.id for one in records.attempts_of_unit(unit))
    change(
        copy,
        f"UPDATE event SET unit = NULL, attempt = NULL WHERE seq >= {first} AND seq < {second}",
        how.format(first=first),
        f"UPDATE attempt SET number = 1 WHERE id = {second}",
        f"UPDATE unit SET attempts = 1, first_outcome = 'passed', "
        f"id = (SELECT seq FROM event WHERE attempt = {second} AND kind = 'unit-identified') WHERE id = {unit}",
        f"DELETE FROM certificate WHERE intended < {second}",
    )
    change(copy, f"UPDATE event SET unit = (SELECT id FROM unit) WHERE unit = {unit}")
    change(copy, "UPDATE attempt SET unit = (SELECT id FROM unit) WHERE unit IS NOT NULL")
    change(copy, "UPDATE outbox SET unit = (SELECT id FROM unit)")
    with Records(copy) as records:
        (left,) = records.units_of(BatchId("WO-2"))
    assert (find_disagreement_about(copy, [left.id]) is not None) is by_unit
    for batch in ("WO-1", "WO-2"):
        assert find_disagreement_about(copy, batch=BatchId(batch)) is not None
    assert find_disagreement(copy) is not None


def test_a_failed_unit_made_passed_is_not_onboarded(copy: Path) -> None:
    with Records(copy) as records:
        (unit,) = records.find_units("dev-2")
        fine = OnboardRows(records).rows_of(units_of(copy)[:1])
    assert [one.device_id for one in fine] == ["dev-1"]
    change(copy, f"UPDATE certificate SET state = 'active' WHERE device_id = '{unit.device_id}'")
    with Records(copy) as records, pytest.raises(Fault) as refused:
        OnboardRows(records).rows_of([*units_of(copy)[:1], unit.id])
    assert refused.value.code == "JRN-110"
    assert f"unit {unit.id} " in refused.value.sentence
    assert "dev-2" in refused.value.sentence


@pytest.mark.parametrize(
    ("sql", "ask"),
    [
        ("UPDATE context SET seq = 1 WHERE about = 'recipe'", lambda records, names: records.context(names["recipe"])),
        (
            "UPDATE event SET kind = 'signed-out' WHERE kind = 'upload-sending'",
            lambda records, _: records.entries_of_kind("signed-out"),
        ),
    ],
)
def test_a_reader_refuses_what_is_not_where_the_table_says(
    copy: Path, sql: str, ask: Callable[[Records, dict[str, str]], object]
) -> None:
    change(copy, sql)
    db = sqlite3.connect(copy / "journal.db")
    names = dict(db.execute("SELECT about, sha256 FROM context"))
    db.close()
    with Records(copy) as records, pytest.raises(Fault) as refused:
        ask(records, names)
    assert refused.value.code == "JRN-103"
