"""One CA and one filled journal a session; every test gets what it changes for itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from station.ca.authority import Authority
from station.evidence import verifier
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


@pytest.fixture(scope="session")
def both(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> tuple[ModuleType, ModuleType]:
    """The station's verifier, and the bundle's own as it lies there."""
    from tests.unit.evidence.test_tampers import load_own

    return verifier, load_own(sample.bundle, tmp_path_factory.mktemp("alone"))


@pytest.fixture
def say(both: tuple[ModuleType, ModuleType], capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Return exit code and text of the command, once the bundle's own says the same."""

    def ask(*words: object) -> tuple[int, str]:
        said = []
        for module in both:
            code = module.main([str(word) for word in words])
            said.append((code, capsys.readouterr().out))
        assert said[0] == said[1]
        return said[0]

    return ask


@pytest.fixture(scope="session")
def sample_with_tree(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Rig]:
    """The same, so long that its tree has a stored row; without a bundle."""
    rig = Rig(tmp_path_factory.mktemp("treed") / "data", authority)
    first = rig.passed(1)
    rig.checkpoint("early")
    rig.failed(2)
    rig.upload(first, rig.interrupted(3))
    rig.silent()
    for number in range(200):
        rig.note(str(number))
    rig.checkpoint("export")
    yield rig
    rig.journal.close()
