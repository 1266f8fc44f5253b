"""Backups of every version ever written open, hold, and can be gone on with."""

import io
import tempfile
from pathlib import Path
from typing import NoReturn

from hypothesis import given, settings
from hypothesis import strategies as st

from station.domain.faults import Fault
from station.domain.ids import EventSeq
from station.evidence import verifier
from station.evidence.backup_archive import CHECKPOINT, JOURNAL, Backup
from station.evidence.backup_journal import find_flaw
from station.host.clock import SystemClock
from station.journal.records import Records
from station.people.rights import Actor, Instant, Method, PersonId, Role
from station.restoring import Chosen, Faces, restore_backup

V1 = Path(__file__).with_name("formats") / "backup-v1.zip"
V1_ENTRIES = 77
"""Of a station with a CA, two people and three units; version 1's own code wrote it."""


def someone(number: int, role: Role) -> Actor:
    clock = SystemClock()
    return Actor(
        PersonId(f"p{number}"),
        frozenset({role}),
        Method.NAME,
        Instant(clock.now(), clock.monotonic()),
    )


def nobody(fault: Fault) -> NoReturn:
    raise fault


def test_a_backup_of_version_1_is_whole(tmp_path: Path) -> None:
    with Backup(V1) as backup:
        assert (backup.described.size, backup.described.station) == (V1_ENTRIES, "T1")
        with (tmp_path / JOURNAL).open("xb") as file:
            backup.extract(JOURNAL, file)
        assert find_flaw(tmp_path, backup.text(CHECKPOINT), backup.key.line, V1_ENTRIES) == ""
        # The look itself has teeth.
        assert "entries" in find_flaw(tmp_path, backup.text(CHECKPOINT), backup.key.line, V1_ENTRIES + 1)
        other = backup.text(CHECKPOINT).replace("T1\n", "T2\n", 1)
        assert find_flaw(tmp_path, other, backup.key.line, V1_ENTRIES)


def test_a_backup_of_version_1_is_gone_on_with(tmp_path: Path) -> None:
    faces = Faces(lambda line: line.enter(someone(1, Role.ENGINEER)), lambda *_: someone(2, Role.LINE_LEAD), nobody)
    done = restore_backup(Chosen(V1, tmp_path / "new", "it burnt"), faces)
    data = tmp_path / "new" / "data"
    verdict = verifier.verify(data, key=done.key.text())
    assert verdict.exit_code == 0, verdict.sentence
    assert (tmp_path / "new" / "roots" / "amazon-root-ca-1.pem").is_file()
    with Records(data) as records:
        assert records.last_seq() > EventSeq(V1_ENTRIES)
        assert len(records.find_units("", limit=9)) == 3


def contents(path: Path) -> dict[str, bytes] | str:
    """Return every member of a backup, or the code with which it is refused."""
    try:
        with Backup(path) as backup:
            found = {"described": repr(backup.described).encode()}
            for name in backup.names:
                file = io.BytesIO()
                backup.extract(name, file)
                found[name] = file.getvalue()
            return found
    except Fault as fault:
        return fault.code


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, V1.stat().st_size - 1), bit=st.integers(0, 7))
def test_no_bit_of_what_it_holds_can_be_turned(at: int, bit: int) -> None:
    """Where it opens all the same, what it gives is what was in it: the turned bit was of no content."""
    content = bytearray(V1.read_bytes())
    content[at] ^= 1 << bit
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "turned.zip"
        path.write_bytes(content)
        found = contents(path)
    assert found in ("BAK-101", "BAK-102") or found == contents(V1)
