"""QA's commands, end to end: what a batch leaves holds without the station, and what was changed does not."""

import csv
import io
import json
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from station.app import Station
from station.domain.events import ActionRefused, BatchClosed, CheckpointMade, Exported, ExportIntended
from station.domain.faults import Fault
from station.domain.ids import BatchId
from station.evidence.bundle import verifier_text
from station.evidence.forms import read_key
from station.exporting import ExportDesk, Form
from station.journal.records import Records
from station.line.decisions import find_unit
from station.people.rights import Actor, Instant, Method, PersonId, Role
from station.signed_record import SignedRecord
from tests.line.harness import Line
from tests.line.processes import call, call_station
from tests.stored_leaves import teach
from tests.unit.evidence.evidence_rig import make_authority


@pytest.fixture
def passed(line: Line) -> Line:
    """Two units that passed and are onboarded, by the command itself, so that the batch has its checkpoint."""
    line.write(slots=2)
    line.hire()
    for slot in (1, 2):
        line.bench.insert_described(slot, {"serial": f"B{slot}"})
    line.release()
    code, _, errors = call_station(
        line, "run", "--batch", "WO-1", "--product", "tracker", "--quantity", 2, "--headless", "--json"
    )
    assert code == 0, errors
    return line


def data(line: Line) -> Path:
    return line.folder / "data"


def key(line: Line) -> Path:
    """The verifier key as QA keeps it, away from the station."""
    kept = line.folder / "kept.vkey"
    if not kept.exists():
        shutil.copy(data(line) / "evidence" / "station.vkey", kept)
    return kept


def events(line: Line, kind: type) -> list[object]:
    with Records(data(line)) as records:
        return [entry.event for entry in records.entries_of_kind(kind.kind)]  # type: ignore[attr-defined]  # an event


def test_a_closed_batch_has_a_checkpoint_and_the_journal_verifies(passed: Line) -> None:
    made = events(passed, CheckpointMade)
    assert [one.reason for one in made if isinstance(one, CheckpointMade)][-1] == "batch WO-1 closed"
    code, shown, _ = call("verify", data(passed), "--key", key(passed))
    # What the session wrote behind its last checkpoint is signed by nothing yet, and tells nothing of a unit.
    assert code == 0, shown
    assert (
        "EVERYTHING HOLDS. The last 3 entries (checkpoint-made, session-closed, signed-out) are signed by no" in shown
    )
    assert call("verify", data(passed))[0] == 3  # by whose key, nobody said


def test_a_quick_look_is_told_as_what_it_is(passed: Line) -> None:
    code, shown, _ = call("verify", data(passed), "--key", key(passed), "--quick")
    assert code == 0, shown
    assert "WHAT WAS LOOKED AT HOLDS." in shown
    assert "NOT looked at" in shown
    assert "certificates:" not in shown
    assert "tables: not looked at" in shown


def test_units_of_a_former_ca_are_exported_and_verified(passed: Line, tmp_path: Path) -> None:
    """The line's own CA goes, and another comes: units of then are exported under theirs, which alone is named."""
    folder, gone = data(passed) / "ca", tmp_path / "gone"
    shutil.move(folder, gone)
    make_authority(folder)
    unit = passed.board("B1")["imei"]
    export = ("export", "unit", unit, "--form", "bundle", "--to")
    code, _, errors = call_station(passed, *export, tmp_path / "none")
    assert (code, "EVD-123" in errors) == (4, True), errors
    (folder / "former").mkdir()
    (folder / "former" / "first.pem").write_text((gone / "line.pem").read_text() + (gone / "root.pem").read_text())
    code, _, errors = call_station(passed, *export, tmp_path / "one")
    assert code == 0, errors
    (bundle,) = (tmp_path / "one").glob("*.zip")
    vouched = ("--key", key(passed))
    assert call("verify", bundle, *vouched, "--ca", gone / "root.pem", "--ca", folder / "root.pem")[0] == 0
    code, shown, _ = call("verify", bundle, *vouched, "--ca", folder / "root.pem")
    assert (code, "is not below the CA that you named" in shown) == (1, True), shown
    assert call("verify", data(passed), *vouched)[0] == 0


def test_a_bundle_holds_without_the_station(passed: Line, tmp_path: Path) -> None:
    to = tmp_path / "qa"
    code, shown, errors = call_station(passed, "export", "batch", "WO-1", "--to", to)
    assert code == 0, errors
    (bundle,) = to.glob("*.zip")
    assert str(bundle) in shown
    assert {path.suffix for path in to.iterdir()} == {".zip", ".pdf", ".csv"}
    code, shown, _ = call("verify", bundle, "--key", key(passed))
    assert code == 0, shown
    with zipfile.ZipFile(bundle) as archive:
        archive.extract("verify.py", tmp_path)
    alone = [sys.executable, "-I", str(tmp_path / "verify.py"), str(bundle), "--key", str(key(passed))]
    done = subprocess.run(alone, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, shown), done.stderr
    whats = [(one.what, one.form) for one in events(passed, Exported) if isinstance(one, Exported)]
    assert whats[0] == ("batch WO-1", "bundle")
    assert {form for _, form in whats[1:]} == {"tables"}


def test_a_bundle_continues_the_checkpoint_that_qa_kept(passed: Line, tmp_path: Path) -> None:
    first = tmp_path / "kept.txt"
    code, note, errors = call_station(passed, "checkpoint")
    assert code == 0, errors
    first.write_text(note)
    unit = passed.board("B1")["imei"]
    assert call_station(passed, "export", "unit", unit, "--to", tmp_path, "--since", first, "--form", "bundle")[0] == 0
    (bundle,) = tmp_path.glob("*.zip")
    code, shown, _ = call("verify", bundle, "--checkpoint", first)
    assert code == 0, shown
    lines = note.split("\n")
    lines[1] = str(int(lines[1]) - 1)
    other = tmp_path / "other.txt"
    other.write_text("\n".join(lines))
    assert call("verify", bundle, "--checkpoint", other)[0] == 1


def test_a_changed_entry_is_found(passed: Line, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(data(passed), copy, ignore=shutil.ignore_patterns("bench"))
    database = sqlite3.connect(copy / "journal.db")
    database.execute("DROP TRIGGER event_stays")
    teach(database)
    database.execute(
        "UPDATE event SET leaf = CAST(replace(said(leaf), 'passed', 'failed') AS BLOB) WHERE kind = 'attempt-closed'"
    )
    database.commit()
    database.close()
    code, shown, _ = call("verify", copy, "--key", key(passed))
    assert code == 1
    assert shown.startswith("BROKEN: ")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE unit SET outcome = 'failed' WHERE id = (SELECT min(id) FROM unit)", "its outcome there is failed"),
        ("UPDATE event SET attempt = NULL WHERE kind = 'step-finished'", "its attempt there is nothing"),
    ],
)
def test_tables_that_say_more_than_the_entries_stop_exports_and_are_found(
    passed: Line, tmp_path: Path, sql: str, said: str
) -> None:
    """Whoever can write to the file, and has no key: no signature covers what they change."""
    database = sqlite3.connect(data(passed) / "journal.db")
    database.execute("DROP TRIGGER event_stays")
    database.execute(sql)
    database.execute(
        "CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT raise(ABORT, 'events are never changed'); END"
    )
    database.commit()
    database.close()
    meant = len(events(passed, ExportIntended))
    with Records(data(passed)) as records:
        unit = records.units_of(BatchId("WO-1"))[0].imei
    for words in (("unit", unit), ("batch", "WO-1"), ("batch", "WO-1", "--form", "onboard-csv")):
        code, _, errors = call_station(passed, "export", *words, "--to", tmp_path / "qa")
        assert code == 4, words
        assert "EVD-131" in errors
    assert not (tmp_path / "qa").exists()
    assert len(events(passed, ExportIntended)) == meant
    code, shown, _ = call("verify", data(passed), "--key", key(passed))
    assert code == 1, shown
    assert shown.startswith("BROKEN: the journal's tables don't say what its entries say")
    assert said in shown


def test_a_newer_station_s_journal_is_none_that_can_be_read(passed: Line, tmp_path: Path) -> None:
    """Its tables are unknown here; its signed entries are what they were, and are all that verify.py looks at."""
    copy = tmp_path / "copy"
    shutil.copytree(data(passed), copy, ignore=shutil.ignore_patterns("bench"))
    database = sqlite3.connect(copy / "journal.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    code, shown, errors = call("verify", copy, "--key", key(passed))
    assert (code, shown) == (2, ""), errors
    assert "was written by a newer station (format 99, this one knows" in errors
    assert errors.endswith("can be verified all the same: with --quick.\n")
    assert call("verify", copy, "--key", key(passed), "--quick")[0] == 0
    (tmp_path / "verify.py").write_text(verifier_text(), "utf-8")
    alone = [sys.executable, "-I", str(tmp_path / "verify.py"), str(copy), "--key", str(key(passed))]
    done = subprocess.run(alone, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)
    assert (done.returncode, "EVERYTHING HOLDS" in done.stdout) == (0, True), done.stderr


def test_a_lone_journal_takes_what_qa_kept_and_says_what_is_missing(passed: Line, tmp_path: Path) -> None:
    copy, kept = tmp_path / "copy.db", min((data(passed) / "checkpoints").glob("*.txt"))
    source, target = sqlite3.connect(data(passed) / "journal.db"), sqlite3.connect(copy)
    source.backup(target)
    source.close()
    target.close()
    line, root = key(passed).read_text().strip(), data(passed) / "ca" / "root.pem"
    for words in (("--key", line), ("--key", key(passed)), ("--key", line, "--checkpoint", kept)):
        code, shown, _ = call("verify", copy, *words)
        assert (code, "EVERYTHING HOLDS, but no certificate was checked" in shown) == (3, True), shown
    less: tuple[tuple[object, ...], ...] = (("--key", read_key(line).fingerprint), ("--checkpoint", kept), ())
    for one in less:
        code, shown, _ = call("verify", copy, *one)
        assert (code, "no public key is there to check signatures with: give the verifier line" in shown) == (3, True)
    for option, wrong in (("--key", "kept/staton.vkey"), ("--ca", "kept/rot.pem")):
        code, shown, errors = call("verify", copy, "--ca", root, option, wrong)
        assert (code, shown) == (2, "")
        assert f"{wrong} is no file that is there" in errors


def test_a_folder_that_was_rolled_back_is_not_written_on(passed: Line, tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    passed.write(slots=2, station=f'[evidence]\nsecond_place = "{share}"\n')
    passed.release()
    earlier = tmp_path / "earlier"
    shutil.copytree(data(passed), earlier, ignore=shutil.ignore_patterns("bench"))
    assert call_station(passed, "checkpoint")[0] == 0
    assert list(share.glob("*.txt"))
    for path in ("journal.db", "journal.db-wal", "journal.db-shm"):
        (data(passed) / path).unlink(missing_ok=True)
    shutil.rmtree(data(passed) / "checkpoints")
    shutil.copy(earlier / "journal.db", data(passed) / "journal.db")
    code, _, errors = call_station(passed, "upload")
    assert code == 4
    assert "EVD-111" in errors
    newest = max(share.glob("*.txt"), key=lambda path: int(path.stem.rpartition("-")[2]))
    code, shown, _ = call("verify", data(passed), "--checkpoint", newest)
    assert code == 1
    assert "rolled back" in shown


def test_tables_keep_every_digit(passed: Line, tmp_path: Path) -> None:
    assert call_station(passed, "export", "batch", "WO-1", "--to", tmp_path, "--form", "tables")[0] == 0
    (path,) = tmp_path.glob("*-units.csv")
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
    assert {row["imei"].lstrip("'") for row in rows} == {passed.board(name)["imei"] for name in ("B1", "B2")}


def test_a_report_is_printed_again_only_with_a_reason(passed: Line, tmp_path: Path) -> None:
    again = ("export", "batch", "WO-1", "--form", "tables")
    assert call_station(passed, *again, "--to", tmp_path / "1")[0] == 0
    code, _, errors = call_station(passed, *again, "--to", tmp_path / "2")
    assert code == 4
    assert "PPL-112" in errors
    assert not (tmp_path / "2").exists()
    assert [one.action for one in events(passed, ActionRefused) if isinstance(one, ActionRefused)][-1]
    assert call_station(passed, *again, "--to", tmp_path / "3", "--reason", "lost")[0] == 0


def test_a_unit_is_printed_again_only_with_a_reason_however_it_is_named(passed: Line, tmp_path: Path) -> None:
    one, two = passed.board("B1")["imei"], passed.board("B2")["imei"]
    tables = ("--form", "tables")
    assert call_station(passed, "export", "unit", one, one, *tables, "--to", tmp_path / "1")[0] == 0
    for asked in (("unit", one), ("unit", two, one), ("unit", one, two, one), ("batch", "WO-1")):
        code, _, errors = call_station(passed, "export", *asked, *tables, "--to", tmp_path / "2")
        assert code == 4, asked
        assert "PPL-112" in errors
    assert not (tmp_path / "2").exists()
    assert call_station(passed, "export", "unit", two, *tables, "--to", tmp_path / "3")[0] == 0


def test_what_left_before_an_export_failed_is_in_the_journal(passed: Line, tmp_path: Path) -> None:
    """The reports come first and a table can't be written: what left is there by intent, and is not printed anew."""
    unit = passed.board("B1")["imei"]
    to = tmp_path / "qa"
    export = ("export", "unit", unit, "--form", "tables", "--to")
    assert call_station(passed, "export", "unit", unit, "--form", "bundle", "--to", tmp_path)[0] == 0
    with Records(data(passed)) as records:
        device = find_unit(records, unit).device_id
    to.mkdir()
    # A link that leads nowhere: no file is in the way, and none can be made there.
    (to / f"unit-{device}-steps.csv").symlink_to(to / "nowhere" / "at-all")
    assert call_station(passed, *export, to)[0] == 4
    assert list(to.glob("*.pdf")), "something left"
    meant = [one for one in events(passed, ExportIntended) if isinstance(one, ExportIntended)]
    assert [(one.form, len(one.units)) for one in meant] == [("bundle", 1), ("tables", 1)]
    code, _, errors = call_station(passed, *export, tmp_path / "again")
    assert (code, "PPL-112" in errors) == (4, True), errors


@pytest.mark.parametrize("form", ["tables", "onboard-csv"])
def test_an_export_over_an_earlier_one_leaves_nothing_behind(passed: Line, tmp_path: Path, form: str) -> None:
    to = tmp_path / "qa"
    export = ("export", "batch", "WO-1", "--form", "bundle", "--form", form, "--reason", "lost", "--to", to)
    assert call_station(passed, *export)[0] == 0
    files, meant = sorted(to.iterdir()), len(events(passed, ExportIntended))
    code, _, errors = call_station(passed, *export)
    assert (code, errors[:8]) == (4, "HOST-110")
    assert sorted(to.iterdir()) == files
    assert len(events(passed, ExportIntended)) == meant


def test_no_face_can_forget_the_gate(passed: Line, tmp_path: Path) -> None:
    """What is below the faces asks by itself: an operator's hands, without the commands."""
    with Station(passed.open(), "a desktop") as station:
        operator = Actor(
            PersonId("p3"),
            frozenset({Role.OPERATOR}),
            Method.NAME,
            Instant(passed.clock.now(), passed.clock.monotonic()),
        )
        desk = ExportDesk(station, operator, tmp_path / "x", "because")
        units = station.records.units_of(BatchId("WO-1"))
        for attempt in (
            lambda: desk.batch(BatchId("WO-1"), [Form.TABLES]),
            lambda: desk.units(units, [Form.BUNDLE]),
            lambda: SignedRecord(station).checkpoint(operator, "because"),
        ):
            with pytest.raises(Fault) as refused:
                attempt()
            assert refused.value.code == "PPL-111"
    assert not (tmp_path / "x").exists()


def test_a_closed_batch_that_a_crash_left_without_checkpoint_gets_it_at_the_next_start(passed: Line) -> None:
    def last() -> str:
        return [one.reason for one in events(passed, CheckpointMade) if isinstance(one, CheckpointMade)][-1]

    with Station(passed.open(), "a run that dies") as station:
        station.enter(passed.actor())
        closed = BatchClosed(batch=BatchId("WO-1"), operator="p1", reason="done", tally={})
        station.journal.commit(closed)
        record = SignedRecord(station)
        before = len(events(passed, CheckpointMade))
    assert call_station(passed, "upload")[0] == 0
    assert len(events(passed, CheckpointMade)) == before + 1
    assert last() == "batch WO-1 closed"
    assert call_station(passed, "upload")[0] == 0
    assert len(events(passed, CheckpointMade)) == before + 1, "it is covered now"
    assert record.data == data(passed)


def test_a_deleted_verifier_key_does_not_switch_off_the_look_back(passed: Line) -> None:
    (data(passed) / "evidence" / "station.vkey").unlink()
    code, _, errors = call_station(passed, "upload")
    assert code == 4
    assert "EVD-103" in errors
    assert "station.vkey" in errors


def test_an_operator_exports_nothing(passed: Line, tmp_path: Path) -> None:
    who = ("--sign-in", passed.sign_in_file("otto"))
    code, _, errors = call_station(passed, "export", "batch", "WO-1", "--to", tmp_path / "x", *who)
    assert code == 4
    assert "PPL-111" in errors


def test_json_of_the_run_tells_the_checkpoint(passed: Line) -> None:
    made = [one for one in events(passed, CheckpointMade) if isinstance(one, CheckpointMade)]
    note = made[-1].note
    assert note.split("\n")[1] == str(made[-1].size)
    assert json.loads(json.dumps(note)) == note
    kept = sorted((data(passed) / "checkpoints").glob("*.txt"))
    assert note in {path.read_text() for path in kept}
