"""Checkpoints: each continues what was signed before, wherever that is kept, or nothing is signed."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import apsw
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from station.doctor.evidence import judge_evidence
from station.doctor.findings import State, Verdict
from station.domain.events import CheckpointMade
from station.domain.faults import Fault
from station.evidence.checkpoints import FOLDER, deliver, guard_start, is_due, make_checkpoint
from station.evidence.station_key import KEY_FILE, VERIFIER_FILE
from station.journal.journal import Journal
from station.journal.leaves import Leaves
from station.journal.merkle import root_of
from station.journal.notes import Checkpoint, read_checkpoint, sign_checkpoint
from tests.stored_leaves import teach
from tests.unit.evidence.evidence_rig import ORIGIN, Rig, TestClock


def refused(call: Callable[[], object], code: str) -> Fault:
    with pytest.raises(Fault) as caught:
        call()
    assert caught.value.code == code
    return caught.value


def guard(rig: Rig) -> None:
    """Look back as every start does."""
    guard_start(rig.data / "evidence", ORIGIN, rig.data, rig.second)


@pytest.fixture
def second(rig: Rig, tmp_path: Path) -> Path:
    rig.second = tmp_path / "share"
    rig.second.mkdir()
    return rig.second


def test_a_checkpoint_signs_all_that_is_there_and_is_kept_in_three_places(rig: Rig, second: Path) -> None:
    rig.passed(1)
    with Leaves(rig.data) as leaves:
        size = leaves.size()
        root = root_of(leaf for _, leaf in leaves.stream(size))
    kept = rig.checkpoint("batch WO-1 closed")
    assert kept.checkpoint == read_checkpoint(kept.note, rig.key.verifier) == Checkpoint(ORIGIN, size, root)
    assert kept.waiting == ()
    assert kept.path.read_text("utf-8") == kept.note
    assert (second / kept.path.name).read_text("utf-8") == kept.note
    with rig.journal.records() as records:
        event = records.entry(records.last_seq()).event
    assert event == CheckpointMade(size=size, root=root.hex(), note=kept.note, reason="batch WO-1 closed")  # type: ignore[arg-type]
    guard(rig)


def test_a_second_place_that_is_away_gets_everything_later(rig: Rig, tmp_path: Path) -> None:
    rig.second = tmp_path / "share"
    first, then = rig.checkpoint(), rig.checkpoint()
    assert "is not there" in then.waiting[0]
    guard(rig)
    assert not rig.second.exists(), "a share that is not mounted must not be made on this disk"
    rig.second.mkdir()
    assert deliver(rig.key.verifier, rig.data, rig.second) == ()
    assert sorted(path.name for path in rig.second.iterdir()) == sorted((first.path.name, then.path.name))
    guard(rig)


def test_a_second_place_that_does_not_take_it_is_told(rig: Rig, second: Path) -> None:
    """What can't be written or read there waits, and the data folder has it all the same."""
    with Leaves(rig.data) as leaves:
        name = f"nrf91-station-T1-{leaves.size()}.txt"
    (second / name).mkdir()
    kept = rig.checkpoint()
    assert kept.path.name == name
    assert "Checkpoints wait" in kept.waiting[0]
    assert kept.path.read_text("utf-8") == kept.note
    guard(rig)
    (second / name).rmdir()
    assert deliver(rig.key.verifier, rig.data, second) == ()
    assert (second / name).read_text("utf-8") == kept.note


def test_a_file_lost_here_is_written_again_and_nothing_is_overwritten(rig: Rig, second: Path) -> None:
    kept = rig.checkpoint()
    kept.path.unlink()
    witnessed = kept.note + sign_checkpoint(kept.checkpoint, "witness", Ed25519PrivateKey.generate()).split("\n\n")[1]
    (second / kept.path.name).write_text(witnessed, "utf-8")
    assert deliver(rig.key.verifier, rig.data, second) == ()
    assert kept.path.read_text("utf-8") == kept.note
    assert (second / kept.path.name).read_text("utf-8") == witnessed


def roll_back(rig: Rig, to: Path) -> None:
    """Put the copy of the whole data folder in its place."""
    rig.journal.close()
    shutil.rmtree(rig.data)
    shutil.copytree(to, rig.data)
    rig.journal = Journal(rig.data, rig.clock)


def copy_of(rig: Rig, tmp_path: Path) -> Path:
    rig.journal.close()
    shutil.copytree(rig.data, tmp_path / "copy")
    rig.journal = Journal(rig.data, rig.clock)
    return tmp_path / "copy"


def test_an_older_copy_of_the_whole_folder_shows_against_the_second_place(
    rig: Rig, second: Path, tmp_path: Path
) -> None:
    rig.checkpoint()
    old = copy_of(rig, tmp_path)
    rig.passed(1)
    rig.checkpoint()
    roll_back(rig, old)
    fault = refused(lambda: guard(rig), "EVD-111")
    assert "rolled back" in fault.sentence
    assert str(second) in fault.sentence
    refused(rig.checkpoint, "EVD-111")
    for number in range(60):  # as long as before, and different
        rig.note(str(number))
    refused(lambda: guard(rig), "EVD-112")
    refused(rig.checkpoint, "EVD-112")


def test_without_a_second_place_it_does_not_show_here_but_to_whoever_kept_a_checkpoint(
    rig: Rig, tmp_path: Path
) -> None:
    old = copy_of(rig, tmp_path)
    rig.passed(1)
    kept = rig.checkpoint()
    roll_back(rig, old)
    guard(rig)
    (rig.data / FOLDER).mkdir(exist_ok=True)
    (rig.data / FOLDER / kept.path.name).write_text(kept.note, "utf-8")  # brought back by whoever kept it
    refused(lambda: guard(rig), "EVD-111")


def change(rig: Rig, sql: str) -> None:
    rig.journal.close()
    db = apsw.Connection(str(rig.data / "journal.db"))
    teach(db)
    db.execute("DROP TRIGGER event_stays; DROP TRIGGER event_remains;")
    db.execute(sql)
    db.close()
    rig.journal = Journal(rig.data, rig.clock)


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("UPDATE event SET leaf = CAST(replace(said(leaf), 'p1', 'p2') AS BLOB) WHERE seq = 9", "EVD-112"),
        ("DELETE FROM event WHERE seq = 9", "JRN-103"),
        ("DELETE FROM event WHERE seq > 9", "EVD-111"),
    ],
)
def test_a_change_of_the_entries_shows_at_the_next_start(rig: Rig, sql: str, code: str) -> None:
    rig.passed(1)
    rig.checkpoint()
    rig.note()
    change(rig, sql)
    refused(lambda: guard(rig), code)


def test_a_change_of_the_stored_tree_shows_and_signs_nothing(rig: Rig) -> None:
    for number in range(300):
        rig.note(str(number))
    rig.checkpoint()
    change(rig, "UPDATE tree SET hash = zeroblob(32)")
    refused(lambda: guard(rig), "EVD-112")
    refused(rig.checkpoint, "EVD-112")


@pytest.mark.parametrize("early", [True, False])
def test_a_bad_row_of_the_tree_behind_the_last_checkpoint_signs_nothing(rig: Rig, early: bool) -> None:
    """Nothing that was signed before would contradict it: the entries themselves must."""
    if early:
        rig.checkpoint()
    for number in range(600):
        rig.note(str(number))
    change(rig, "UPDATE tree SET hash = randomblob(32) WHERE level = 8 AND place = 1")
    with Leaves(rig.data) as leaves:
        before = leaves.checkpoint_sizes()
    refused(rig.checkpoint, "JRN-103")
    with Leaves(rig.data) as leaves:
        assert leaves.checkpoint_sizes() == before


def test_a_root_goes_on_from_the_one_that_was_signed(rig: Rig) -> None:
    """Over many sizes, the root from the last checkpoint on is the root of all entries."""
    for count in (1, 2, 5, 250, 3, 300, 256, 1):
        for number in range(count):
            rig.note(str(number))
        kept = rig.checkpoint()
        with Leaves(rig.data) as leaves:
            assert root_of(leaf for _, leaf in leaves.stream(kept.checkpoint.size)) == kept.checkpoint.root
    guard(rig)


def test_a_second_place_that_fails_in_another_way_is_told_and_waits(rig: Rig, tmp_path: Path) -> None:
    """A share that hangs or is stale raises what no absent folder does; this name is one that no system takes."""
    rig.second = tmp_path / ("x" * 300)
    kept = rig.checkpoint()
    assert "can't be looked into" in kept.waiting[0]
    guard(rig)
    assert kept.path.read_text("utf-8") == kept.note


def test_a_copy_of_an_old_one_under_a_higher_name_hides_nothing(rig: Rig, second: Path, tmp_path: Path) -> None:
    first = rig.checkpoint()
    old = copy_of(rig, tmp_path)
    rig.passed(1)
    rig.checkpoint()
    roll_back(rig, old)
    shutil.copy(first.path, second / "nrf91-station-T1-999999.txt")
    refused(rig.checkpoint, "EVD-113")
    refused(lambda: guard(rig), "EVD-113")


def test_without_the_key_s_public_half_nothing_begins_once_something_was_signed(rig: Rig, second: Path) -> None:
    kept = rig.checkpoint()
    folder = rig.data / "evidence"
    (folder / VERIFIER_FILE).unlink()
    assert "private half" in refused(lambda: guard(rig), "EVD-103").sentence
    (folder / KEY_FILE).unlink()
    assert str(kept.path) in refused(lambda: guard(rig), "EVD-103").sentence
    shutil.rmtree(rig.data / FOLDER)
    assert str(second / kept.path.name) in refused(lambda: guard(rig), "EVD-103").sentence
    (second / kept.path.name).unlink()
    assert "the journal's entry" in refused(lambda: guard(rig), "EVD-103").sentence


def test_a_station_that_never_signed_begins_without_a_key(tmp_path: Path) -> None:
    with Journal(tmp_path, TestClock()):
        guard_start(tmp_path / "evidence", ORIGIN, tmp_path, None)


def test_the_doctor_sees_what_waits_and_a_lost_key_and_leaves_no_trace(rig: Rig, tmp_path: Path) -> None:
    kept, share = rig.checkpoint(), tmp_path / "share"

    def look(second: Path | None) -> Verdict:
        return judge_evidence(rig.data / "evidence", ORIGIN, rig.data, second)

    assert look(None).state is State.OK
    assert "is not there" in look(share).seen
    share.mkdir()
    assert look(share).state is State.ADVICE
    assert list(share.iterdir()) == []
    deliver(rig.key.verifier, rig.data, share)
    assert look(share).state is State.OK
    (share / kept.path.name).unlink()
    assert look(share).seen.startswith("1 checkpoints")
    (rig.data / "evidence" / VERIFIER_FILE).unlink()
    refused(lambda: look(share), "EVD-103")


def test_of_what_is_kept_only_the_newest_is_read_again(rig: Rig, second: Path) -> None:
    """A year's checkpoints over a slow share: what is there by name stays unread."""
    first, _ = rig.checkpoint(), rig.checkpoint()
    (second / first.path.name).write_text("spoilt", "utf-8")
    assert deliver(rig.key.verifier, rig.data, second) == ()
    guard(rig)


def test_another_key_s_checkpoint_in_its_place_is_not_taken(rig: Rig, second: Path) -> None:
    kept = rig.checkpoint()
    forged = sign_checkpoint(kept.checkpoint, ORIGIN, Ed25519PrivateKey.generate())
    (second / kept.path.name).write_text(forged, "utf-8")
    refused(lambda: guard(rig), "EVD-113")
    refused(rig.checkpoint, "EVD-113")
    (second / kept.path.name).write_bytes(b"\xff\xfe")
    refused(lambda: guard(rig), "EVD-113")
    (second / kept.path.name).unlink()
    (second / "nrf91-station-T1-x.txt").write_text("of somebody else", "utf-8")
    (second / "nrf91-station-T10-5.txt").write_text("of another station", "utf-8")
    guard(rig)


def test_another_one_of_the_same_size_in_its_place_stops_everything(rig: Rig, second: Path) -> None:
    """The station's own key, and another root: two histories were signed."""
    kept = rig.checkpoint()
    forked = Checkpoint(ORIGIN, kept.checkpoint.size, bytes(32))
    (second / kept.path.name).write_text(rig.key.sign_checkpoint(forked), "utf-8")
    refused(lambda: deliver(rig.key.verifier, rig.data, second), "EVD-112")
    refused(lambda: guard(rig), "EVD-112")


def test_one_is_due_a_day_after_the_last_when_something_was_written(rig: Rig) -> None:
    now = rig.clock.now()
    assert is_due(rig.data, now), "none was ever made"
    rig.checkpoint()
    now = rig.clock.now()
    day = timedelta(days=1)
    assert not is_due(rig.data, now + day * 2), "nothing was written since"
    rig.note()
    assert not is_due(rig.data, now + day / 2)
    assert is_due(rig.data, now - day), "the clock was ahead when the last was made: nobody knows how long ago"
    assert is_due(rig.data, now + day)


def test_an_empty_journal_has_nothing_to_sign(rig: Rig, tmp_path: Path) -> None:
    with Journal(tmp_path / "empty", TestClock()) as journal:
        refused(lambda: make_checkpoint(journal, rig.key, tmp_path / "empty", None, "test"), "EVD-114")
