"""Backups that are not whole, not allowed, cut off or in the way: nothing is believed, nothing half is left."""

import hashlib
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from station.app import Station
from station.backing_up import BackupDesk, Written
from station.domain.events import ActionRefused, Exported, ExportIntended, Restored, SignedOut
from station.domain.faults import Fault
from station.domain.ids import EventSeq
from station.domain.secret import Secret
from station.evidence.backup_archive import MANIFEST, SIGNATURE, Backup, Member, write_backup
from station.evidence.forms import canonical
from station.evidence.station_key import open_station_key
from station.host.files import replace_file
from station.journal.agreement import find_disagreement
from station.journal.records import Records
from station.people.rights import Actor, Right, Role
from station.restoring import Chosen, Done, Faces, restore_backup
from tests.line.harness import PASSPHRASE, ROOT, STAFF, Line, steps
from tests.line.processes import call, call_station, child_environment
from tests.line.typing_hands import Terminal
from tests.stored_leaves import teach

Faker = Callable[[Path], object]


def back_up(line: Line, to: Path, *roles: Role) -> Written:
    with Station(line.open(), "a backup") as station:
        return BackupDesk(station, station.enter(line.actor(*roles)), to).write()


def nobody(_: object, __: object = None) -> Actor:
    raise AssertionError("somebody was asked before everything was verified")


def restore(line: Line, backup: Path, into: Path, first: Actor | None = None, second: Actor | None = None) -> Done:
    faces = Faces(
        lambda station: station.enter(first or line.actor()),
        lambda *_: second or line.second(),
        _raise,
    )
    return restore_backup(Chosen(backup, into, "it burnt"), faces)


def _raise(fault: Fault) -> Secret:
    raise fault


def refused(chosen: Chosen) -> Fault:
    with pytest.raises(Fault) as caught:
        restore_backup(chosen, Faces(nobody, nobody, nobody))  # type: ignore[arg-type]  # it never answers
    return caught.value


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return tmp_path / "stick"


def repack(path: Path, change: Callable[[str, bytes], bytes | None], resign: bool = False) -> None:
    """Write the archive anew with other contents; the manifest then names them, and nobody has signed that."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    changed = {name: data for name, old in members.items() if (data := change(name, old)) is not None}
    manifest = json.loads(changed[MANIFEST])
    if resign:
        manifest["members"] = {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in sorted(changed.items())
            if name not in (MANIFEST, SIGNATURE)
        }
        changed[MANIFEST] = canonical(manifest).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in changed.items():
            archive.writestr(name, data)


def _at(where: float) -> Faker:
    def flip(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[int(len(content) * where)] ^= 0x10
        path.write_bytes(content)

    return flip


def _cut(share: float) -> Faker:
    return lambda path: os.truncate(path, int(path.stat().st_size * share))


def _people(name: str, data: bytes) -> bytes:
    return data.replace(b"operator", b"engineer") if name == "people.json" else data


def _entries(name: str, data: bytes) -> bytes:
    if name != "journal.db":
        return data
    db = sqlite3.connect(":memory:")
    db.deserialize(data)
    teach(db)
    db.executescript(
        "DROP TRIGGER event_stays; UPDATE event SET leaf = CAST(replace(said(leaf), 'a test', 'a lie!') AS BLOB)"
    )
    changed = db.serialize()
    db.close()
    return changed


DAMAGES: dict[str, tuple[Faker, str]] = {
    "no zip": (lambda path: path.write_bytes(b"hello" * 99), "BAK-101"),
    "empty": (lambda path: path.write_bytes(b""), "BAK-101"),
    "half written": (_cut(0.5), "BAK-101"),
    "its end is missing": (_cut(0.999), "BAK-101"),
    "a bit in front": (_at(0.1), "BAK-101"),
    "a bit in the middle": (_at(0.5), "BAK-101"),
    "a bit behind": (_at(0.9), "BAK-101"),
    "people promoted": (lambda path: repack(path, _people), "BAK-101"),
    "people promoted, and the manifest too": (lambda path: repack(path, _people, resign=True), "BAK-101"),
    "an entry changed, and the manifest too": (lambda path: repack(path, _entries, resign=True), "BAK-101"),
    "a member missing": (lambda path: repack(path, lambda n, d: None if n == "people.json" else d), "BAK-101"),
    "no signature": (lambda path: repack(path, lambda n, d: None if n == SIGNATURE else d), "BAK-101"),
    "of a later version": (
        lambda path: repack(path, lambda n, d: d.replace(b'"version":1}', b'"version":2}') if n == MANIFEST else d),
        "BAK-102",
    ),
    "a member that climbs out": (
        lambda path: repack(path, lambda n, d: d.replace(b'"people.json"', b'"../ple.json"') if n == MANIFEST else d),
        "BAK-101",
    ),
}


def test_what_is_not_whole_is_refused_before_anything_is_made(line: Line, stick: Path, tmp_path: Path) -> None:
    line.release()
    whole = back_up(line, stick).path.read_bytes()
    bad, into = tmp_path / "away" / "bad.zip", tmp_path / "away" / "new"
    bad.parent.mkdir()
    codes = {}
    for name, (damage, _) in DAMAGES.items():
        bad.write_bytes(whole)
        damage(bad)
        assert bad.read_bytes() != whole, name
        codes[name] = refused(Chosen(bad, into, "why")).code
        assert sorted(bad.parent.iterdir()) == [bad], name
    assert codes == {name: code for name, (_, code) in DAMAGES.items()}
    bad.write_bytes(whole)
    foreign = "80c4" * 16
    assert refused(Chosen(bad, into, "why", key=foreign)).code == "BAK-103"
    later = tmp_path / "later.txt"
    later.write_text(call_station(line, "checkpoint")[1])
    assert refused(Chosen(bad, into, "why", kept=(later,))).code == "BAK-103"
    assert refused(Chosen(tmp_path / "none.zip", into, "why")).code == "HOST-101"
    assert sorted(bad.parent.iterdir()) == [bad]


def test_nothing_is_overwritten_by_a_restore(line: Line, stick: Path, tmp_path: Path) -> None:
    line.release()
    backup, into = back_up(line, stick).path, tmp_path / "new"
    into.mkdir()
    first = restore(line, backup, into)  # an empty folder will do
    before = {path: path.stat().st_mtime_ns for path in into.rglob("*")}
    assert refused(Chosen(backup, into, "why")).code == "BAK-106"
    code, _, errors = call("restore", backup, "--into", into, "--reason", "x")
    assert (code, errors[:7]) == (4, "BAK-106")
    assert {path: path.stat().st_mtime_ns for path in into.rglob("*")} == before
    # Twice from one backup, at two places: two logs, which nobody takes for one.
    assert restore(line, backup, tmp_path / "other").event.origin != first.event.origin


def test_who_may(line: Line, stick: Path, tmp_path: Path) -> None:
    line.release()
    for role in (Role.OPERATOR, Role.QA):
        with pytest.raises(Fault) as caught:
            back_up(line, stick, role)
        assert caught.value.code == "PPL-111"
    assert not stick.exists()
    with Records(line.folder / "data") as records:
        told = [one.event for one in records.entries_of_kind(ActionRefused.kind)]
        assert [one.action for one in told if isinstance(one, ActionRefused)] == [Right.BACKUP, Right.BACKUP]
        assert records.entries_of_kind(ExportIntended.kind) == []
    line.write(station='[people]\nservice = "robot"\n')
    code, _, errors = call_station(line, "backup", stick, "--headless")
    assert code == 0, errors
    (backup,) = stick.iterdir()
    lead, engineer = line.second(), line.actor(Role.ENGINEER)
    for first, second, wanted in ((lead, engineer, "PPL-111"), (engineer, line.actor(), "PPL-114")):
        with pytest.raises(Fault) as caught:
            restore(line, backup, tmp_path / "new", first, second)
        assert caught.value.code == wanted
    who = ("--sign-in", line.sign_in_file("edith"))
    code, _, errors = call("restore", backup, "--into", tmp_path / "new", "--reason", "x", *who)
    assert (code, errors[:7]) == (4, "PPL-113")
    code, _, errors = call("restore", backup, "--into", tmp_path / "new", "--reason", " ", *who)
    assert (code, errors[:7]) == (4, "PPL-112")
    assert not [path for path in tmp_path.iterdir() if "new" in path.name]


def test_no_secret_is_in_it_and_nobody_else_can_read_it(line: Line, stick: Path) -> None:
    line.release()
    path = back_up(line, stick).path
    assert path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(path) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    own = (line.folder / "data" / "evidence" / "station.key").read_text().splitlines()[1]
    secrets = [pin for pin, _ in STAFF.values() if pin] + [PASSPHRASE, line.cloud.api_key, own]
    assert [secret for secret in secrets for data in inside.values() if secret.encode() in data] == []
    keys = {name for name, data in inside.items() if b"PRIVATE KEY" in data}
    assert keys == {"ca/line.key", "ca/root.key"}
    assert all(b"BEGIN ENCRYPTED PRIVATE KEY" in inside[name] for name in keys)
    # A key that somebody left lying there in clear stops it.
    shutil.copy(line.folder / "data" / "evidence" / "station.key", line.folder / "data" / "ca" / "copy.key")
    with pytest.raises(Fault) as caught:
        back_up(line, stick)
    assert caught.value.code == "BAK-105"
    assert list(stick.iterdir()) == [path]


def test_it_is_one_moment_of_a_journal_that_is_written_to(line: Line, stick: Path, tmp_path: Path) -> None:
    line.release()
    with Station(line.open(), "a line at work") as station:
        actor, over = station.enter(line.actor()), threading.Event()

        def work() -> None:
            while not over.is_set():
                station.journal.commit(SignedOut(person="p1", reason="x" * 500), by="p1")

        worker = threading.Thread(target=work)
        worker.start()
        try:
            written = [BackupDesk(station, actor, stick).write() for _ in range(2)]
        finally:
            over.set()
            worker.join()
    assert written[0].size < written[1].size
    for one in written:
        done = restore(line, one.path, tmp_path / str(one.size))
        assert done.event.size == one.size
        data = tmp_path / str(one.size) / "data"
        assert find_disagreement(data) is None
        assert call("verify", data, "--key", done.key.text())[0] == 0


KILLS = [
    ("backup", "open", "people.json"),
    ("backup", "open", "journal.db"),
    ("backup", "os.link", ".backup.zip"),
    ("restore", "open", "journal.db"),
    ("restore", "open", "people.json"),
    ("restore", "os.rename", "evidence"),
    ("restore", "os.rename", "pc two"),
]


@pytest.mark.parametrize(("what", "event", "ending"), KILLS)
def test_killed_in_the_middle(line: Line, stick: Path, tmp_path: Path, what: str, event: str, ending: str) -> None:
    line.release()
    into = tmp_path / "pc two"
    words = ("backup", line.station_file, stick)
    if what == "restore":
        words = ("restore", back_up(line, stick).path, into)
    script = ROOT / "tests" / "line" / "killed_at.py"
    done = subprocess.run(
        [sys.executable, str(script), event, ending, *map(str, words)],
        env=child_environment({}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == -9, done.stderr
    assert not into.exists()
    before = set(stick.glob("*.backup.zip"))
    assert len(before) == (what == "restore")
    written = back_up(line, stick)
    assert set(stick.glob("*.backup.zip")) - before == {written.path}
    told = restore(line, written.path, into)
    assert call("verify", into / "data", "--key", told.key.text())[0] == 0
    with Records(line.folder / "data") as records:
        ends = [one.event for one in records.entries_of_kind(Exported.kind)]
        assert len(ends) == len(list(stick.glob("*.backup.zip")))


PINNED = """[[steps]]
do = "command"
name = "look"
program = "{{python}}"
arguments = ["../tools/big.bin"]
files = [{{ file = "../tools/big.bin", sha256 = "{sha256}" }}]
timeout_s = 5
repeat = "pure"
"""


def big(line: Line) -> Path:
    """Give the product a large file that can't be packed any smaller."""
    path = line.folder / "tools" / "big.bin"
    path.parent.mkdir()
    path.write_bytes(os.urandom(1_500_000))
    line.recipe(table=steps(extra=PINNED.format(sha256=hashlib.sha256(path.read_bytes()).hexdigest())))
    return path


def test_a_full_disk_leaves_nothing_and_says_so(line: Line, stick: Path) -> None:
    big(line)
    line.release()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Station(line.open(), "a backup") as station:
        actor = station.enter(line.actor())
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
        try:
            with pytest.raises(Fault) as caught:
                BackupDesk(station, actor, stick).write()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert caught.value.code in ("HOST-102", "HOST-103")
        assert list(stick.iterdir()) == []
        assert BackupDesk(station, actor, stick).write().path.exists()


def test_files_come_to_lie_where_the_station_file_means_them(line: Line, stick: Path, tmp_path: Path) -> None:
    path, into = big(line), tmp_path / "new place" / "station"
    line.release()
    code, shown, errors = call_station(line, "backup", stick, "--sign-in", line.sign_in_file("edith"))
    assert code == 0, errors
    assert f"Lies outside of the station's folders, and is in it apart: {ROOT}" in " ".join(shown.split())
    (backup,) = stick.iterdir()
    done = restore(line, backup, into)
    assert (into / "tools" / "big.bin").read_bytes() == path.read_bytes()
    assert (into / "station.toml").read_bytes() == line.station_file.read_bytes()
    assert (into / "data" / "ca" / "line.key").stat().st_mode & 0o077 == 0
    assert any("amazon-root-ca-1.pem" in text and "put it there" in text for text in done.told)
    # What was released on the PC before is released here, as it is the same.
    other = Line(into, line.bench, line.cloud, line.clock)
    with Station(other.open(), "a look") as station:
        assert station.unreleased(other.open().recipe("tracker"), other.open().fixture()) == []


def test_absolute_places_become_those_of_the_new_folder(line: Line, stick: Path, tmp_path: Path) -> None:
    into = tmp_path / "new"
    text = line.station_file.read_text()
    for key, place in (("data", "data"), ("fixture", "fixture.toml"), ("recipes", "recipes")):
        text = text.replace(f'{key} = "{place}"', f'{key} = "{line.folder / place}"  # here')
    line.station_file.write_text(f'{text}\n[evidence]\nfolder = "{tmp_path / "keys"}"\n')
    line.release()
    done = restore(line, back_up(line, stick).path, into)
    value = Line(into, line.bench, line.cloud, line.clock).open().value
    assert (value.data, value.recipes, value.evidence_folder) == (into / "data", into / "recipes", into / "evidence")
    assert value.fixture == into / "fixture" / "fixture.toml"
    assert (into / "recipes" / "tracker.toml").exists()
    assert (into / "data" / "ca" / "line.pem").exists()
    assert any("are relative paths now" in told for told in done.told)
    with Records(into / "data") as records:
        assert [one.event for one in records.entries_of_kind(Restored.kind)] == [done.event]


def test_nobody_gets_the_number_that_the_pc_before_may_have_given(line: Line, stick: Path, tmp_path: Path) -> None:
    line.release()
    restore(line, back_up(line, stick).path, tmp_path / "new")
    other = Line(tmp_path / "new", line.bench, line.cloud, line.clock)
    with Station(other.open(), "people") as station:
        person = station.desk.add(line.actor(), "nora", None, frozenset({Role.SERVICE}))
    assert person.id == "p107"


def test_a_key_under_a_passphrase_that_is_not_there_yet_is_asked_for(line: Line, stick: Path, tmp_path: Path) -> None:
    replace_file(line.folder / "own-pass", b"a passphrase for the key")
    line.write(station='[evidence]\npassphrase = { file = "own-pass" }\n')
    line.release()
    backup = back_up(line, stick).path
    at = Terminal(
        "restore", backup, "--into", tmp_path / "new", "--reason", "x", "--sign-in", line.sign_in_file("edith")
    )
    try:
        for prompt in ("Passphrase of the station's new signing key: ", "Repeat for confirmation: "):
            at.read_until(prompt)
            at.type("a new passphrase for it")
        at.read_until("Second person: name or badge: ")
        at.type("lena")
        at.read_until("PIN: ")
        at.type(STAFF["lena"][0])
        assert at.end() == 0, at.shown
    finally:
        at.close()
    assert "ENCRYPTED" in (tmp_path / "new" / "data" / "evidence" / "station.key").read_text()
    replace_file(tmp_path / "new" / "own-pass", b"a new passphrase for it")
    other = Line(tmp_path / "new", line.bench, line.cloud, line.clock)
    other.folder.joinpath("edith.sign-in").write_bytes(line.sign_in_file("edith").read_bytes())
    other.folder.joinpath("edith.sign-in").chmod(0o600)
    code, _, errors = call_station(other, "checkpoint")
    assert code == 0, errors
    with Records(other.folder / "data") as records:
        assert records.last_seq() > EventSeq(1)


def lie(database: Path) -> None:
    """Have a table say more than the entries do, as whoever can write to the file could."""
    db = sqlite3.connect(database)
    db.execute("UPDATE batch SET quantity = 99")
    db.execute("INSERT INTO slot VALUES(7, 1, 'AT-101')")
    db.commit()
    db.close()


def test_a_journal_that_does_not_hold_makes_no_backup(line: Line, stick: Path) -> None:
    line.release()
    lie(line.folder / "data" / "journal.db")
    with pytest.raises(Fault) as caught:
        back_up(line, stick)
    assert caught.value.code == "BAK-104"
    assert "table slot" in caught.value.sentence
    assert list(stick.iterdir()) == []


def test_a_signed_backup_whose_journal_does_not_hold_is_refused(line: Line, stick: Path, tmp_path: Path) -> None:
    """The signature is the station's own, of files that were changed before it was made."""
    line.release()
    path, signed = back_up(line, stick).path, tmp_path / "signed.zip"
    with Backup(path) as backup:
        members: dict[str, Member] = {name: backup.read(name) for name in backup.names}
        journal = tmp_path / "journal.db"
        journal.write_bytes(backup.read("journal.db"))
        lie(journal)
        key = open_station_key(line.folder / "data" / "evidence", backup.key.name)
        with signed.open("wb") as file:
            write_backup(file, members | {"journal.db": journal}, backup.described, key)
    into = tmp_path / "new"
    fault = refused(Chosen(signed, into, "why"))
    assert (fault.code, "table slot" in fault.sentence) == ("BAK-101", True), fault
    assert not into.exists()
