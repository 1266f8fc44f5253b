"""A CA's copy: the same byte for byte, or none at all."""

import shutil
from pathlib import Path

import pytest

from station.ca.authority import Authority
from station.ca.backup import copy_authority, read_facts
from station.ca.creation import create_authority
from station.domain.faults import Fault
from station.domain.secret import Secret
from station.host.clock import SystemClock
from station.host.files import sha256_of
from tests.unit.ca.cheap import cheap_passphrases

WORDS = Secret("correct horse battery staple")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("works") / "ca"
    terms = {"root_years": 30, "line_years": 20, "leaf_years": 10}
    with cheap_passphrases():
        create_authority(folder, WORDS, name="Test Works", clock=SystemClock(), **terms)
    return folder


def test_a_copy_is_the_same_and_opens(original: Path, tmp_path: Path) -> None:
    copied = copy_authority(original, tmp_path / "stick")
    assert {name for name, _ in copied.files} == {"ca.json", "root.pem", "root.key", "line.pem", "line.key"}
    for name, hashed in copied.files:
        assert sha256_of((copied.folder / name).read_bytes()) == hashed == sha256_of((original / name).read_bytes())
    Authority.open(copied.folder, WORDS, SystemClock())
    assert read_facts(copied.folder).root_sha256 == read_facts(original).root_sha256


def test_copying_again_compares_and_changes_nothing(original: Path, tmp_path: Path) -> None:
    first = copy_authority(original, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    assert copy_authority(original, tmp_path) == first
    assert {path: path.stat().st_mtime_ns for path in first.folder.iterdir()} == before


@pytest.mark.parametrize("name", ["line.key", "root.pem"])
def test_a_damaged_copy_is_told_and_never_overwritten(original: Path, tmp_path: Path, name: str) -> None:
    folder = copy_authority(original, tmp_path).folder
    (folder / name).write_bytes(b"damaged")
    with pytest.raises(Fault) as raised:
        copy_authority(original, tmp_path)
    assert raised.value.code == "CA-108"
    assert (folder / name).read_bytes() == b"damaged"


def test_a_ca_without_its_root_key_is_copied_as_it_is(original: Path, tmp_path: Path) -> None:
    shutil.copytree(original, tmp_path / "ca")
    (tmp_path / "ca" / "root.key").unlink()
    assert not read_facts(tmp_path / "ca").has_root_key
    copied = copy_authority(tmp_path / "ca", tmp_path / "stick")
    assert "root.key" not in {name for name, _ in copied.files}


def test_files_that_are_not_one_ca_are_not_copied(original: Path, tmp_path: Path) -> None:
    shutil.copytree(original, tmp_path / "ca")
    (tmp_path / "ca" / "root.pem").write_bytes((tmp_path / "ca" / "line.pem").read_bytes())
    with pytest.raises(Fault) as raised:
        copy_authority(tmp_path / "ca", tmp_path / "stick")
    assert raised.value.code == "CA-104"
    assert not (tmp_path / "stick").exists()
