"""One CA and one filled journal a session; every test gets what it changes for itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from station.ca.authority import Authority
from station.evidence.bundle import Chosen, build_bundle
from tests.unit.evidence.evidence_rig import Rig, make_authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("made") / "ca")


@pytest.fixture
def rig(tmp_path: Path, authority: Authority) -> Iterator[Rig]:
    rig = Rig(tmp_path / "data", authority)
    yield rig
    rig.journal.close()


@dataclass(frozen=True)
class Sample:
    """A bundle with everything in it, the checkpoint that QA kept before, and the key's line."""

    bundle: bytes
    kept: str
    vkey: str
    rig: Rig


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Sample]:
    rig = Rig(tmp_path_factory.mktemp("sample") / "data", authority)
    first = rig.passed(1)
    kept = rig.checkpoint("early").note
    rig.failed(2)
    third = rig.interrupted(3)
    rig.silent()
    rig.upload(first, third)
    last = rig.checkpoint("export")
    bundle = build_bundle(rig.data, Chosen(batch="WO-1"), note=last.note, key=rig.key, chain=rig.chain, earlier=kept)
    yield Sample(bundle, kept, rig.key.verifier.text(), rig)
    rig.journal.close()
