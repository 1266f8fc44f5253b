"""Backups that somebody made to do harm: refused with the backup's own fault, and nothing is left."""

import io
import struct
from pathlib import Path
from typing import NoReturn

import pytest

from station.domain.faults import Fault
from station.evidence.backup_archive import CHECKPOINT, Backup, Description, Member, write_backup
from station.evidence.station_key import VERIFIER_FILE
from station.restoring import Chosen, Faces, restore_backup
from tests.faults.hostile_evidence import _signer as signer
from tests.faults.hostile_forms import backed_up

HOMES = {"station": "station.toml", "data": "data", "ca": "data/ca", "evidence": "data/evidence"}
ENTRIES = 77


class AskedError(Exception):
    """All of it was shown to be sound."""


def asked(*_: object) -> NoReturn:
    raise AskedError


def written(
    path: Path, changes: dict[str, Member], homes: dict[str, str] | None = None, rewrite: dict[str, str] | None = None
) -> Path:
    described = Description("T1", signer().origin, "2026", "x", ENTRIES, homes or HOMES, rewrite or {})
    with path.open("xb") as file:
        write_backup(file, {**backed_up(), **changes}, described, signer())
    return path


def restore(path: Path) -> Fault:
    with pytest.raises(Fault) as caught:
        restore_backup(Chosen(path, path.parent / "new", "it burnt"), Faces(asked, asked, asked))
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    return caught.value


def test_the_genuine_one_is_sound(tmp_path: Path) -> None:
    with pytest.raises(AskedError):
        restore_backup(
            Chosen(written(tmp_path / "b.zip", {}), tmp_path / "new", "it burnt"), Faces(asked, asked, asked)
        )


def test_a_text_that_is_none_is_damage(tmp_path: Path) -> None:
    assert restore(written(tmp_path / "b.zip", {CHECKPOINT: b"\xff"})).code == "BAK-101"


def test_a_certificate_file_that_is_no_text_is_damage_wherever_the_ca_lies(tmp_path: Path) -> None:
    homes = HOMES | {"ca": "ca"}
    assert restore(written(tmp_path / "b.zip", {"ca/line.pem": b"\xff"}, homes)).code == "BAK-101"


def test_a_station_file_that_is_no_text_is_damage_where_it_is_to_be_changed(tmp_path: Path) -> None:
    changed = written(tmp_path / "b.zip", {"files/station.toml": b"\xff"}, rewrite={"data": "data"})
    assert restore(changed).code == "BAK-101"


def test_two_members_for_one_place_are_told_as_such(tmp_path: Path) -> None:
    fault = restore(written(tmp_path / "b.zip", {"files/data/journal.db": b"x"}))
    assert (fault.code, "the place of another" in fault.sentence) == ("BAK-101", True)


def test_people_that_nobody_can_read_are_told(tmp_path: Path) -> None:
    assert restore(written(tmp_path / "b.zip", {"people.json": b"[" * 100_000})).code == "PPL-131"


def test_members_that_lie_over_each_other_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    memory = io.BytesIO()
    members: dict[str, Member] = {VERIFIER_FILE: b"x" * 5000, CHECKPOINT: b"y" * 5000}
    write_backup(memory, members, Description("T1", signer().origin, "2026", "x", 1, HOMES), signer())
    data = bytearray(memory.getvalue())
    for row in [at for at in range(len(data)) if data[at : at + 4] == b"PK\1\2"]:
        data[row + 20 : row + 24] = struct.pack("<I", len(data) // 2)
    (tmp_path / "b.zip").write_bytes(data)
    with pytest.raises(Fault, match="over each other") as caught:
        Backup(tmp_path / "b.zip")
    assert caught.value.code == "BAK-101"
