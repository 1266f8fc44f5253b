"""What a probe gets is the pinned image, whole, at a path that every probe's program can read."""

import hashlib
import stat
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.devices.images import ImageShelf, plain_name
from station.devices.protocols import Image, ImageKind
from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.host.processes import run_program

CONTENT = b":00000001FF\n"


@pytest.fixture
def image(tmp_path: Path) -> Image:
    path = tmp_path / "Geräte" / "Prüf image.hex"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return Image(path, Sha256(hashlib.sha256(CONTENT).hexdigest()), ImageKind.MODEM)


@pytest.fixture
def shelf(tmp_path: Path) -> ImageShelf:
    return ImageShelf(tmp_path / "data" / "images")


def test_the_copy_has_the_content_and_a_plain_path(image: Image, shelf: ImageShelf, tmp_path: Path) -> None:
    ready = shelf.ready(image)
    assert ready.path.read_bytes() == CONTENT
    assert (ready.path.name, ready.sha256, ready.kind) == ("Pruf_image.hex", image.sha256, image.kind)
    assert str(ready.path).isascii()
    assert ready.path.is_relative_to(tmp_path / "data")
    assert shelf.ready(image) == ready
    if sys.platform != "win32":
        assert stat.S_IMODE(ready.path.stat().st_mode) == 0o600


def test_a_changed_image_stops_with_both_hashes(image: Image, shelf: ImageShelf) -> None:
    shelf.ready(image)
    image.path.write_bytes(b"other")
    with pytest.raises(Fault) as caught:
        shelf.ready(image)
    assert caught.value.code == "DEV-307"
    assert image.sha256 in caught.value.sentence
    assert hashlib.sha256(b"other").hexdigest() in caught.value.sentence
    image.path.unlink()
    with pytest.raises(Fault) as caught:
        shelf.ready(image)
    assert caught.value.code == "HOST-101"


@pytest.mark.parametrize("damage", [b"", CONTENT[:-1], b"evil" * 100])
def test_a_copy_that_was_changed_or_cut_off_is_put_there_anew(image: Image, shelf: ImageShelf, damage: bytes) -> None:
    copy = shelf.ready(image).path
    copy.write_bytes(damage)
    assert shelf.ready(image).path.read_bytes() == CONTENT


def test_two_images_of_one_name_are_two_copies(image: Image, shelf: ImageShelf) -> None:
    first = shelf.ready(image)
    image.path.write_bytes(b"other")
    second = shelf.ready(Image(image.path, Sha256(hashlib.sha256(b"other").hexdigest())))
    assert (first.path.read_bytes(), second.path.read_bytes()) == (CONTENT, b"other")


def test_a_data_folder_with_other_letters_gets_its_copies_elsewhere(
    image: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plain").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "plain"))
    shelf = ImageShelf(tmp_path / "Jürgen" / "data")
    ready = shelf.ready(image)
    assert ready.path.read_bytes() == CONTENT
    assert ready.path.is_relative_to(tmp_path / "plain")
    assert shelf.ready(image) == ready
    if sys.platform != "win32":
        assert stat.S_IMODE(ready.path.parent.stat().st_mode) == 0o700


SHELF = """
import sys, tempfile
from pathlib import Path
from station.devices.images import ImageShelf
from station.devices.protocols import Image
tempfile.tempdir = sys.argv[3]
shelf = ImageShelf(Path(sys.argv[4]))
print(shelf.ready(Image(Path(sys.argv[1]), sys.argv[2])).path.is_file())
"""


def test_the_copies_elsewhere_go_with_the_program(image: Image, tmp_path: Path) -> None:
    place = tmp_path / "plain"
    place.mkdir()
    finished = run_program(
        [sys.executable, "-c", SHELF, str(image.path), image.sha256, str(place), str(tmp_path / "Jürgen")],
        timeout=60,
        folder=Path(__file__).parents[3],
    )
    assert finished.output.split() == [b"True"], finished.errors
    assert list(place.iterdir()) == []


def test_no_plain_place_at_all_is_told_with_what_was_tried(
    image: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "Jürgen" / "Temp"))
    with pytest.raises(Fault, match="Temp") as caught:
        ImageShelf(tmp_path / "Jürgen" / "data").ready(image)
    assert caught.value.code == "DEV-339"
    assert not (tmp_path / "Jürgen").exists()


def test_all_slots_may_ask_at_once(image: Image, shelf: ImageShelf) -> None:
    with ThreadPoolExecutor(16) as slots:
        ready = list(slots.map(lambda _: shelf.ready(image), range(64)))
    assert {one.path for one in ready} == {ready[0].path}
    assert ready[0].path.read_bytes() == CONTENT
    assert [path.name for path in ready[0].path.parent.iterdir()] == [ready[0].path.name]  # no temporary file is left


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("mfw_nrf91x1_2.0.2.zip", "mfw_nrf91x1_2.0.2.zip"),
        ("Größe 5 (neu).hex", "Groe_5_neu.hex"),
        ("固件.hex", "image.hex"),
        ("..hex", "image.hex"),
        ("a" * 300 + ".hex", "a" * 97 + ".hex"),
        ("-rf.hex", "rf.hex"),
    ],
)
def test_names_stay_as_far_as_ascii_has_them(name: str, plain: str) -> None:
    assert plain_name(name) == plain


@given(name=st.text(min_size=1, max_size=120))
def test_any_name_becomes_one_that_no_program_trips_over(name: str) -> None:
    plain = plain_name(f"{name}.hex")
    assert plain.isascii()
    assert plain.isprintable()
    assert not set(plain) & set(" /\\:;,*?\"<>|%$&'")
    assert plain.endswith(".hex")
    assert not plain.startswith((".", "-"))
    assert 5 <= len(plain) <= 101
