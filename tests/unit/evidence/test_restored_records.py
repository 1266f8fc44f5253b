"""A record that was restored: what continues under another name and key is told as that, and never taken for more."""

import dataclasses
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from station.domain import events as e
from station.domain.faults import Fault
from station.evidence.bundle import Chosen, build_bundle
from station.evidence.checkpoints import guard_start, make_checkpoint
from station.evidence.forms import read_key
from station.evidence.station_key import StationKey, create_station_key, open_station_key
from station.evidence.succession import origin_in_force, successor_of
from station.host.files import sha256_of
from station.journal.leaves import Leaves
from station.journal.notes import Checkpoint
from tests.unit.evidence.evidence_rig import ORIGIN, Rig, lay_ca

Say = Callable[..., tuple[int, str]]


def another_key(rig: Rig, origin: str) -> StationKey:
    """Put a new key in the place of the station's."""
    shutil.rmtree(rig.data / "evidence")
    create_station_key(rig.data / "evidence", origin)
    return open_station_key(rig.data / "evidence", origin)


def declare(rig: Rig, **changes: object) -> e.Restored:
    """Have the journal go on as after a restore, under a new key, with something else in the entry perhaps."""
    note, old = rig.checkpoint("a backup").note, rig.key
    with Leaves(rig.data) as leaves:
        size = leaves.size()
    key = another_key(rig, successor_of(old.origin))
    said = e.Restored(
        backup=sha256_of(b"the backup"),
        made="2026-11-22T08:00:00.000000+00:00",
        size=size,
        before=old.origin,
        key_before=old.verifier.text(),
        checkpoint=note,
        origin=key.origin,
        key=key.verifier.text(),
        operator="p1",
        second="p2",
        reason="it burnt",
    )
    rig.journal.commit(dataclasses.replace(said, **changes))  # type: ignore[arg-type]  # whatever a case wants
    rig.key = key
    return said


@pytest.fixture
def restored(rig: Rig) -> tuple[Rig, e.Restored, str]:
    """A unit from before and one from after, and a checkpoint that QA kept from before."""
    lay_ca(rig)
    rig.passed(1)
    kept = rig.checkpoint("early").note
    said = declare(rig)
    rig.checkpoint("restored")
    rig.passed(2)
    rig.checkpoint("later")
    return rig, said, kept


def file(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_both_verifiers_say_where_it_goes_on(restored: tuple[Rig, e.Restored, str], say: Say, tmp_path: Path) -> None:
    rig, said, kept = restored
    early = file(tmp_path / "early.txt", kept)
    for quick in ((), ("--quick",)):
        code, shown = say(rig.data, "--key", said.key, "--checkpoint", early, *quick)
        assert code == 0, shown
        assert f"goes on from a backup of {said.size} entries" in shown
        assert f"whose last checkpoint is of {said.size - 1} entries of {ORIGIN}" in shown
        assert "By p1 and p2: it burnt." in shown
    for words in (("--key", said.key_before), ("--checkpoint", early)):
        code, shown = say(rig.data, *words)
        assert (code, f"but it was restored behind entry {said.size} and goes on signed by {said.origin}" in shown) == (
            3,
            True,
        ), shown
    assert say(rig.data)[0] == 3
    assert say(rig.data, "--key", "80c4" * 16)[0] == 1


def test_without_its_key_s_file_its_entries_name_the_keys(
    restored: tuple[Rig, e.Restored, str], say: Say, tmp_path: Path
) -> None:
    """They vouch for nothing; a fingerprint that was kept does, as far as its key signed."""
    rig, said, kept = restored
    early = file(tmp_path / "early.txt", kept)
    (rig.data / "evidence" / "station.vkey").unlink()
    for words, code in (((), 3), (("--key", read_key(said.key).fingerprint), 0), (("--key", said.key), 0)):
        found, shown = say(rig.data, *words)
        assert (found, "HOLDS IN ITSELF" in shown, "no public key is there" in shown) == (code, code == 3, False), shown
    old = ("--key", said.key_before), ("--key", read_key(said.key_before).fingerprint), ("--checkpoint", early)
    for option, given in old:
        found, shown = say(rig.data, option, given)
        assert (found, f"goes on signed by {said.origin}" in shown) == (3, True), shown
    assert say(rig.data, "--key", "80c4" * 16)[0] == 1


def test_a_checkpoint_of_what_is_lost_is_told_as_that(rig: Rig, say: Say, tmp_path: Path) -> None:
    """The PC before went on after the backup and signed that: no roll-back, and nothing that holds either."""
    lay_ca(rig)
    rig.passed(1)
    before = rig.key
    said = declare(rig)
    rig.checkpoint("restored")
    note = before.sign_checkpoint(Checkpoint(before.origin, said.size + 40, bytes(32)))
    lost = file(tmp_path / "lost.txt", note)
    code, shown = say(rig.data, "--key", said.key, "--checkpoint", lost)
    assert code == 3, shown
    assert f"entries {said.size + 1} to {said.size + 40} of that log are not in here" in shown
    code, shown = say(rig.data, "--checkpoint", lost)
    assert (code, "nothing you gave vouches for the key" in shown) == (3, True), shown


def test_a_bundle_of_later_says_so_too(restored: tuple[Rig, e.Restored, str], say: Say, tmp_path: Path) -> None:
    rig, said, kept = restored
    note, early = rig.checkpoint("export").note, file(tmp_path / "early.txt", kept)
    chosen = Chosen(units=(rig.unit(2),))
    for earlier, code in ((kept, 0), ("", 3)):
        bundle = tmp_path / f"{code}.zip"
        bundle.write_bytes(build_bundle(rig.data, chosen, note=note, key=rig.key, chain=rig.chain, earlier=earlier))
        found, shown = say(bundle, "--key", said.key, "--checkpoint", early)
        assert found == code, shown
        assert f"goes on from a backup of {said.size} entries" in shown
        found, shown = say(bundle, "--key", said.key_before)
        assert (found, "for which nothing you gave vouches" in shown) == (3, True), shown
        assert say(bundle, "--key", "80c4" * 16)[0] == 1
        with zipfile.ZipFile(bundle) as archive:
            assert f"from a backup of {said.size} entries of {ORIGIN}" in archive.read("summary.txt").decode()


LIES: dict[str, dict[str, object]] = {
    "another log before": {"before": "nrf91-station/other"},
    "another name now": {"origin": "nrf91-station/T1/r7-000000"},
    "from further on than it was": {"size": 10_000},
    "from nothing": {"size": 1},
    "no checkpoint": {"checkpoint": "hello\n"},
    "no key": {"key_before": "hello"},
}


@pytest.mark.parametrize("lie", LIES, ids=LIES.keys())
def test_an_entry_that_can_not_be_is_broken(rig: Rig, say: Say, lie: str) -> None:
    lay_ca(rig)
    rig.passed(1)
    said = declare(rig, **LIES[lie])
    code, shown = say(rig.data, "--key", said.key)
    assert (code, shown[:7]) == (1, "BROKEN:"), shown


def test_a_name_of_a_restored_log_that_no_entry_tells_of_is_broken(rig: Rig, say: Say) -> None:
    """Who can write to the folder rolls it back and calls it restored: then an entry has to say so."""
    rig.passed(1)
    key = another_key(rig, successor_of(ORIGIN))
    make_checkpoint(rig.journal, key, rig.data, None, "quietly")
    code, shown = say(rig.data, "--key", key.verifier.text())
    assert (code, "no entry tells of that" in shown) == (1, True), shown


def test_a_key_that_no_entry_names_is_broken_and_refused_at_a_start(
    restored: tuple[Rig, e.Restored, str], say: Say
) -> None:
    rig, said, _ = restored
    guard_start(rig.data / "evidence", said.origin, rig.data, None)
    key = another_key(rig, said.origin)
    code, shown = say(rig.data, "--key", key.verifier.text())
    assert (code, "goes on under another key" in shown) == (1, True), shown
    with pytest.raises(Fault) as caught:
        guard_start(rig.data / "evidence", said.origin, rig.data, None)
    assert caught.value.code == "EVD-103"


@pytest.mark.parametrize("quick", [(), ("--quick",)])
def test_an_entry_that_is_hidden_is_found(
    restored: tuple[Rig, e.Restored, str], say: Say, quick: tuple[str, ...]
) -> None:
    rig, said, _ = restored
    rig.journal.close()
    db = sqlite3.connect(rig.data / "journal.db")
    db.execute("DROP TRIGGER event_stays")
    db.execute("UPDATE event SET kind = 'exported' WHERE kind = 'restored'")
    db.commit()
    db.close()
    code, shown = say(rig.data, "--key", said.key, *quick)
    assert (code, shown[:7]) == (1, "BROKEN:"), shown


def test_names_of_successors() -> None:
    first = successor_of("nrf91-station/T1")
    second = successor_of(first)
    assert first.startswith("nrf91-station/T1/r1-")
    assert second.startswith("nrf91-station/T1/r2-")
    assert successor_of("nrf91-station/T1") != first


def test_the_origin_in_force_is_the_files_unless_its_successor_lies_there(rig: Rig) -> None:
    evidence = rig.data / "evidence"
    assert origin_in_force(evidence, ORIGIN) == ORIGIN
    assert origin_in_force(rig.data / "none", ORIGIN) == ORIGIN
    key = another_key(rig, successor_of(ORIGIN))
    assert origin_in_force(evidence, ORIGIN) == key.origin
    assert origin_in_force(evidence, "nrf91-station/T2") == "nrf91-station/T2"
