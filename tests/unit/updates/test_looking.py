"""A newer package is told of when all of it holds; whatever else lies there is a sentence, and nothing is changed."""

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.doctor.findings import State
from station.doctor.updates import judge_updates
from station.domain.faults import Fault
from station.evidence.forms import canonical, read_key
from station.evidence.station_key import StationKey, create_station_key, open_station_key
from station.journal.notes import Checkpoint
from station.settings.station import UpdateSettings
from station.updates.looking import Newer, look_for_update, own_kind
from station.updates.manifest import (
    MANIFEST,
    SignedButOddError,
    describe,
    read_manifest,
    release_of,
    write_manifest,
)

NAME = "example.com/line-it"
RUNNING = "0.2.0"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> StationKey:
    folder = tmp_path_factory.mktemp("it") / "keys"
    create_station_key(folder, NAME)
    return open_station_key(folder, NAME)


class Share:
    """A folder with a package of each version that is asked for, listed and signed."""

    def __init__(self, folder: Path, key: StationKey) -> None:
        self.folder, self.key = folder, key
        self.asked = UpdateSettings.model_construct(folder=folder, key=key.verifier.text())

    def put(self, *versions: str, kind: str = ".deb", notes: str = "") -> None:
        made = []
        for version in versions:
            file = self.folder / f"nrf91-station_{version}{kind}"
            file.write_bytes(f"package {version}".encode())
            made.append(describe(file, version, notes))
        (self.folder / MANIFEST).write_bytes(write_manifest(made, self.key))

    def sign(self, said: str) -> None:
        (self.folder / MANIFEST).write_bytes(self.key.sign_note(f"{said}\n").encode())

    def look(self, kind: str = ".deb", running: str = RUNNING) -> Newer | None:
        return look_for_update(self.asked, running, kind)

    def code(self) -> str:
        with pytest.raises(Fault) as caught:
            self.look()
        return caught.value.code


@pytest.fixture
def share(tmp_path: Path, key: StationKey) -> Share:
    return Share(tmp_path, key)


def test_the_newest_package_for_this_pc_is_told_of(share: Share) -> None:
    share.put("0.2.1", "0.10.0", "0.9.9", "0.1.0", notes="mends the label printer")
    newer = share.look()
    assert newer is not None
    assert (newer.package.version, newer.package.notes) == ("0.10.0", "mends the label printer")
    assert newer.path.read_bytes() == b"package 0.10.0"
    assert share.look(kind=".exe") is None


def test_the_same_version_is_nothing_new(share: Share) -> None:
    share.put("0.2", "0.1.9")
    assert share.look() is None
    assert judge_updates(share.asked)[0].state is State.OK  # nothing there for a source tree


def change(name: str, edit: Callable[[bytes], bytes]) -> Callable[[Share], object]:
    return lambda share: (share.folder / name).write_bytes(edit((share.folder / name).read_bytes()))


PACKAGE = "nrf91-station_0.3.0.deb"
TROUBLES: dict[str, tuple[str, Callable[[Share], object]]] = {
    "no list": ("UPD-101", lambda share: (share.folder / MANIFEST).unlink()),
    "an endless list": ("UPD-101", change(MANIFEST, lambda data: data * 4000)),
    "another list": ("UPD-102", change(MANIFEST, lambda data: data.replace(b"0.3.0", b"0.4.0"))),
    "a torn list": ("UPD-102", change(MANIFEST, lambda data: data[:-9])),
    "no signature": ("UPD-102", change(MANIFEST, lambda data: data.partition(b"\n")[0] + b"\n\n")),
    "another signature": ("UPD-102", change(MANIFEST, lambda data: data.replace(b"line-it", b"line-xx"))),
    "a signature more": ("UPD-102", change(MANIFEST, lambda data: data + data.rpartition(b"\n\n")[2])),
    "no text": ("UPD-102", change(MANIFEST, lambda _data: b"\xff\xfe")),
    "no package": ("UPD-104", lambda share: (share.folder / PACKAGE).unlink()),
    "a torn package": ("UPD-104", change(PACKAGE, lambda data: data[:-1])),
    "a longer package": ("UPD-104", change(PACKAGE, lambda data: data + b"and more")),
    "another package": ("UPD-104", change(PACKAGE, lambda data: data.replace(b"package", b"PACKAGE"))),
    "a folder": ("UPD-104", lambda share: ((share.folder / PACKAGE).unlink(), (share.folder / PACKAGE).mkdir())),
}


@pytest.mark.parametrize(("code", "spoil"), TROUBLES.values(), ids=TROUBLES)
def test_whatever_does_not_hold_is_a_sentence(share: Share, code: str, spoil: Callable[[Share], object]) -> None:
    share.put("0.3.0")
    assert share.look() is not None
    spoil(share)
    assert share.code() == code


@pytest.mark.skipif(sys.platform == "win32", reason="it has no pipes in folders")
def test_a_pipe_in_its_place_is_a_sentence_and_is_not_waited_for(share: Share) -> None:
    share.put("0.3.0")
    (share.folder / MANIFEST).unlink()
    os.mkfifo(share.folder / MANIFEST)
    with pytest.raises(Fault, match="UPD-101"):
        look_for_update(share.asked, RUNNING, ".deb")


def test_an_absent_folder_is_a_sentence(share: Share) -> None:
    share.asked = UpdateSettings.model_construct(folder=share.folder / "away", key=share.asked.key)
    assert share.code() == "UPD-101"
    (verdict,) = judge_updates(share.asked)
    assert (verdict.state, verdict.code) == (State.ADVICE, "UPD-101")


def test_an_older_newest_is_a_sentence(share: Share) -> None:
    share.put("0.1.9")
    assert share.code() == "UPD-105"


def test_a_key_that_can_not_be_read_and_another_key_are_sentences(
    share: Share, tmp_path_factory: pytest.TempPathFactory
) -> None:
    share.put("0.3.0")
    other = create_station_key(tmp_path_factory.mktemp("other") / "keys", NAME).text()
    for line, code in ((other, "UPD-102"), (other.replace("+", "+0", 1), "UPD-106")):
        share.asked = UpdateSettings.model_construct(folder=share.folder, key=line)
        assert share.code() == code


ENTRY: dict[str, Any] = {"version": "0.3.0", "file": PACKAGE, "bytes": 13, "sha256": "0" * 64, "notes": ""}


@pytest.mark.parametrize(
    "change",
    [
        {"file": "../evil.deb"},
        {"file": "C:\\evil.deb"},
        {"version": "0.3.0rc1"},
        {"version": 3},
        {"bytes": 1 << 40},
        {"bytes": True},
        {"sha256": "0" * 63},
        {"notes": "two\nlines"},
        {"notes": "x" * 2001},
    ],
    ids=str,
)
def test_what_is_signed_and_odd_is_not_followed(share: Share, change: dict[str, object]) -> None:
    value = {"form": "nrf91-station updates", "version": 1, "packages": [ENTRY | change]}
    share.sign(canonical(value))
    assert share.code() == "UPD-103"


def test_a_list_of_a_later_form_is_not_followed(share: Share) -> None:
    share.sign(canonical({"form": "nrf91-station updates", "version": 2, "packages": [ENTRY]}))
    assert share.code() == "UPD-103"


def test_what_else_the_key_signs_is_no_list(share: Share) -> None:
    made = share.key.sign_checkpoint(Checkpoint(NAME, 7, bytes(32)))
    (share.folder / MANIFEST).write_text(made, encoding="utf-8", newline="\n")
    assert share.code() == "UPD-103"


@given(
    st.binary(max_size=300), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=300)
)
def test_no_bytes_are_taken_for_a_list(key: StationKey, note: bytes, said: str) -> None:
    verifier = read_key(key.verifier.text())
    with pytest.raises(ValueError, match=r"."):
        read_manifest(note, verifier)
    with pytest.raises(SignedButOddError):
        read_manifest(key.sign_note(f"{said}\n").encode(), verifier)


@given(*[st.lists(st.integers(0, 999), min_size=2, max_size=4)] * 2)
def test_versions_compare_by_their_numbers(one: list[int], other: list[int]) -> None:
    numbers = [release_of(".".join(map(str, each))) for each in (one, other)]
    padded = [tuple(each + [0] * (4 - len(each))) for each in (one, other)]
    assert (numbers[0] < numbers[1]) == (padded[0] < padded[1])


@pytest.fixture
def tool() -> ModuleType:
    path = Path(__file__).parents[3] / "packaging" / "manifest.py"
    spec = importlib.util.spec_from_file_location("update_manifest_tool", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = before
    return module


def test_its_tool_makes_what_stations_read(
    tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    share, keys = tmp_path / "share", tmp_path / "keys"
    share.mkdir()
    for name in ("nrf91-station_99.1.0_amd64.deb", "nrf91-station-99.1.0-setup.exe", "station-99.1.0-py3-none-any.whl"):
        (share / name).write_bytes(name.encode())
    assert tool.main(["key", str(keys), NAME]) == 0
    line = capsys.readouterr().out.strip()
    assert tool.main(["write", str(share), "--key", str(keys), "--notes", "tried on line 3"]) == 0
    asked = UpdateSettings.model_construct(folder=share, key=line.removeprefix('key = "').removesuffix('"'))
    for kind in (".deb", ".exe", ".whl"):
        newer = look_for_update(asked, RUNNING, kind)
        assert newer is not None
        assert (newer.path.suffix, newer.package.notes) == (kind, "tried on line 3")
    (verdict,) = judge_updates(asked)
    assert verdict.state is State.ADVICE
    assert f"station-99.1.0-py3-none-any{own_kind()}" in verdict.seen


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is open is not replaced there")
def test_who_reads_the_list_while_it_is_replaced_has_the_old_or_the_new_one_whole(
    tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    share, keys = tmp_path / "share", tmp_path / "keys"
    share.mkdir()
    tool.main(["key", str(keys), NAME])
    key = read_key(capsys.readouterr().out.split('"')[1])
    (share / "nrf91-station_1.0.0-1_amd64.deb").write_bytes(b"1")
    assert tool.main(["write", str(share), "--key", str(keys)]) == 0
    with (share / MANIFEST).open("rb") as reading:
        begun = reading.read(10)
        (share / "nrf91-station_2.0.0-1_amd64.deb").write_bytes(b"2")
        assert tool.main(["write", str(share), "--key", str(keys)]) == 0
        notes = (begun + reading.read(), (share / MANIFEST).read_bytes())
    assert [[one.version for one in read_manifest(note, key)] for note in notes] == [["1.0.0"], ["1.0.0", "2.0.0"]]
    # There is nothing beside the list that would have to be of the same moment.
    assert {path.name for path in share.iterdir() if path.suffix != ".deb"} == {MANIFEST}


def test_its_tool_refuses_with_a_sentence(tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = tmp_path / "keys"
    assert tool.main(["key", str(keys), NAME]) == 0
    assert tool.main(["key", str(keys), NAME]) == 1
    assert tool.main(["write", str(tmp_path), "--key", str(keys)]) == 1
    (tmp_path / "newest.deb").touch()
    assert tool.main(["write", str(tmp_path), "--key", str(keys)]) == 1
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("EVD-101")
    assert "1 to 200 packages" in told[1]
    assert "no version" in told[2]
    assert not (tmp_path / MANIFEST).exists()
