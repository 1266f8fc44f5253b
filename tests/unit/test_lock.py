"""The lock files: every file of every package by hash, no index, and exactly what pyproject.toml asks for."""

import importlib.metadata
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / "requirements-test.lock"
BUILD_LOCK = ROOT / "packaging" / "build.lock"
# How `python3 start.py lock` writes a pin: name, version, marker, then its hashes on lines of their own.
PIN = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>[^\\]+?))?(?P<hashes>(?: \\\n    --hash=\S+)*)"
)


@dataclass(frozen=True, slots=True)
class Pin:
    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]

    @property
    def is_for_here(self) -> bool:
        return not self.marker or Marker(self.marker).evaluate()


def read_pins(path: Path) -> list[Pin]:
    """Every pin; a line that is neither a pin, a hash nor a comment fails."""
    text = re.sub(r"^ *#.*\n?", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    pins = []
    for entry in re.split(r"\n(?=\S)", text.strip()):
        found = PIN.fullmatch(entry.strip())
        assert found, f"{path.name}: not a hashed pin: {entry!r}"
        hashes = tuple(found["hashes"].replace("\\", "").split())
        pins.append(Pin(found["name"], found["version"], (found["marker"] or "").strip(), hashes))
    return pins


def project() -> dict[str, list[Requirement]]:
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lists = {
        "build": tables["build-system"]["requires"],
        "run": tables["project"]["dependencies"],
        "test": tables["project"]["optional-dependencies"]["test"],
        "packages": tables["project"]["optional-dependencies"]["build"],
    }
    return {name: [Requirement(line) for line in lines] for name, lines in lists.items()}


def closure(requirements: list[Requirement]) -> set[str]:
    """The names that `requirements` bring in on this Python and system, by what is installed here."""
    names: set[str] = set()
    waiting = [(requirement, "") for requirement in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        fresh = name not in names
        names.add(name)
        needed = [Requirement(line) for line in importlib.metadata.requires(name) or []] if fresh else []
        waiting += [(further, extra) for further in needed for extra in ["", *requirement.extras]]
    return names


@pytest.mark.parametrize("path", [LOCK, TEST_LOCK, BUILD_LOCK], ids=lambda path: path.name)
def test_no_index_is_named(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for trace in ("://", "--index", "--extra-index", "--find-links", "--trusted-host", " @ ", "file:"):
        assert trace not in text


@pytest.mark.parametrize("path", [LOCK, TEST_LOCK, BUILD_LOCK], ids=lambda path: path.name)
def test_every_pin_is_hashed(path: Path) -> None:
    for pin in read_pins(path):
        assert pin.hashes, pin.name
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in pin.hashes), pin.name


@pytest.mark.parametrize("path", [TEST_LOCK, BUILD_LOCK], ids=lambda path: path.name)
def test_the_locks_agree(path: Path) -> None:
    run = {(pin.name, pin.version) for pin in read_pins(LOCK)}
    names = {name for name, _version in run}
    disagreeing = [pin for pin in read_pins(path) if pin.name in names and (pin.name, pin.version) not in run]
    assert not disagreeing


@pytest.mark.parametrize(
    ("path", "lists"),
    [(LOCK, ["run", "build"]), (TEST_LOCK, ["test"]), (BUILD_LOCK, ["packages"])],
    ids=["run", "test", "packages"],
)
def test_what_pyproject_asks_for_is_locked_at_a_version_it_takes(path: Path, lists: list[str]) -> None:
    pins: dict[str, list[str]] = {}
    for pin in read_pins(path):
        pins.setdefault(pin.name, []).append(pin.version)
    for requirement in [requirement for name in lists for requirement in project()[name]]:
        versions = pins.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement} is not locked: run `python3 start.py lock`"
        assert all(requirement.specifier.contains(version) for version in versions), requirement


@pytest.mark.parametrize(("path", "lists"), [(LOCK, ["run", "build"]), (TEST_LOCK, ["test"])], ids=["run", "test"])
def test_nothing_is_missing_and_nothing_is_there_without_need(path: Path, lists: list[str]) -> None:
    wanted = closure([requirement for name in lists for requirement in project()[name]])
    assert {pin.name for pin in read_pins(path) if pin.is_for_here} == wanted


@pytest.mark.parametrize("path", [LOCK, TEST_LOCK], ids=lambda path: path.name)
def test_here_are_installed_the_locked_versions(path: Path) -> None:
    wrong = {
        pin.name: importlib.metadata.version(pin.name)
        for pin in read_pins(path)
        if pin.is_for_here and importlib.metadata.version(pin.name) != pin.version
    }
    assert not wrong, "start the tests by `python3 start.py test`"


@pytest.mark.parametrize("entry", ["a==1", "a==1 \\\n", "a>=1", "-e .", "a==1 --hash=sha256:0"])
def test_a_careless_lock_is_caught(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "bad.lock"
    path.write_text(entry)
    with pytest.raises(AssertionError):
        assert all(pin.hashes for pin in read_pins(path))
