"""A modem firmware package is taken only when it is whole, Nordic's kind of package, and for the product's chip."""

import hashlib
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intelhex import IntelHex

from station.devices.images import check_image
from station.devices.protocols import Image, ImageKind
from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.domain.line import ChipFamily

REPOSITORY = Path(__file__).parents[3]
GENUINE_KIND = REPOSITORY / "fixtures/simulated/firmware/mfw_nrf91x1_2.0.2.zip"
LOADER, DIGEST = "51A0000.ipc_dfu.signed_1.1.3.ihex", "firmware.update.image.digest.txt"
FIRST, SECOND = (f"firmware.update.image.segments.{number}.hex" for number in (0, 1))

Place = Callable[..., Image]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """How to put bytes into a file and get it as modem firmware that a recipe pins."""

    def placed(data: bytes, name: str = "mfw_nrf91x1_2.0.2.zip") -> Image:
        (tmp_path / name).write_bytes(data)
        return Image(tmp_path / name, Sha256(hashlib.sha256(data).hexdigest()), ImageKind.MODEM)

    return placed


def members() -> dict[str, bytes]:
    """Return what is in the simulated package, which has a genuine one's members."""
    with zipfile.ZipFile(GENUINE_KIND) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(content: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as package:
        for name, text in content.items():
            package.writestr(name, text)
    return data.getvalue()


def changed(**names: Any) -> bytes:
    """Return the package with members replaced (bytes) or left out (None); ``_`` stands for the long names."""
    content: dict[str, bytes | None] = {**members()}
    for key, value in names.items():
        content[{"loader": LOADER, "digest": DIGEST, "first": FIRST, "second": SECOND}[key]] = value
    return packed({name: text for name, text in content.items() if text is not None})


def check(image: Image, family: ChipFamily = ChipFamily.NRF91X1) -> dict[str, object]:
    report = check_image(image, family)
    assert report.warnings == ()
    return dict(report.summary)


def test_a_whole_package_is_told_by_version_digest_and_size(place: Place) -> None:
    summary = check(place(changed()))
    assert summary["version"] == "mfw_nrf91x1_2.0.2"
    assert summary["digest"] in members()[DIGEST].decode().lower()
    assert summary["loaders"] == [LOADER]
    segments = [IntelHex(io.StringIO(members()[name].decode())) for name in (FIRST, SECOND)]
    assert summary["bytes"] == sum(map(len, segments))


@pytest.mark.parametrize(
    ("name", "family", "version"),
    [
        ("mfw_nrf9160_1.3.7.zip", ChipFamily.NRF9160, "mfw_nrf9160_1.3.7"),
        ("mfw_nrf91x1_2.0.4.zip", ChipFamily.NRF91X1, "mfw_nrf91x1_2.0.4"),
        ("mfw_nrf9161_2.0.0.zip", ChipFamily.NRF91X1, "mfw_nrf9161_2.0.0"),
        ("mfw_nrf9151-ntn_1.0.0-1.alpha.zip", ChipFamily.NRF91X1, "mfw_nrf9151-ntn_1.0.0-1.alpha"),
        ("mfw_nrf91x1_2.0.4 (1).zip", ChipFamily.NRF91X1, None),
        ("MFW-nRF9160-1.3.7.zip", ChipFamily.NRF9160, None),
    ],
)
def test_the_family_stands_in_the_packages_name(
    place: Place, name: str, family: ChipFamily, version: str | None
) -> None:
    image = place(changed(), name)
    assert check(image, family)["version"] == version
    (other,) = set(ChipFamily) - {family}
    with pytest.raises(Fault, match=f"is for {family}, and this product's chip is {other}") as caught:
        check_image(image, other)
    assert caught.value.code == "DEV-336"


def test_the_family_stands_in_the_members_names_too(place: Place) -> None:
    delta = {"mfw_nrf9160_update_from_1.3.6_to_1.3.7.bin": b"delta"}
    assert check(place(packed(members() | delta), "modem.zip"), ChipFamily.NRF9160)["version"] is None
    # A package whose name says another thing than its files is neither.
    for family in ChipFamily:
        with pytest.raises(Fault, match="is for nrf9160 and nrf91x1, and") as caught:
            check_image(place(packed(members() | delta)), family)
        assert caught.value.code == "DEV-336"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no zip file, or a damaged one"),
        (b":00000001FF\n", "no zip file, or a damaged one"),
        (changed()[:-40], "no zip file, or a damaged one"),
        (changed()[:60] + b"\x55" * 20 + changed()[80:], "no zip file, or a damaged one"),
        (packed({}), "no firmware is in it"),
        (packed({"manifest.json": b"{}", "app.bin": b"x"}), "an update of an application"),
        (changed(first=None, second=None), "no firmware is in it"),
        (changed(first=None), "of its firmware segments only 1 are there"),
        (changed(loader=None), "no loader is in it"),
        (changed(digest=None), "digest.txt is missing"),
        (changed(digest=b"SHA256 of all ranges in ascending address order: 12\n"), "digest.txt has no digest in it"),
        (changed(digest=b"\xff\xfe"), "digest.txt has no digest in it"),
        (changed(loader=b""), f"{LOADER} in it is damaged"),
        (changed(first=members()[FIRST][:-20]), f"{FIRST} in it is damaged"),
        (changed(second=b"no hex\n"), f"{SECOND} in it is damaged"),
        (packed(members() | {"../evil": b""}), "outside of its folder"),
        (packed(members() | {"/evil": b""}), "outside of its folder"),
        (packed(members() | {"C:evil": b""}), "outside of its folder"),
        (packed(members() | {"Zevil": b""}).replace(b"Zevil", b"\0evil"), "'' in it would be put outside"),
        (packed(members(), zipfile.ZIP_LZMA), "packed in an unusual way"),
        (packed(members() | {"mfw_pti_nrf91x1.txt": b""}), "production test firmware"),
    ],
)  # fmt: skip
def test_what_is_no_package_is_refused_with_the_reason(place: Place, data: bytes, words: str) -> None:
    image = place(data)
    with pytest.raises(Fault) as caught:
        check_image(image, ChipFamily.NRF91X1)
    assert (caught.value.code, words in caught.value.sentence) == ("DEV-335", True), caught.value
    assert str(image.path) in caught.value.sentence


def test_a_package_that_names_no_chip_is_refused(place: Place) -> None:
    with pytest.raises(Fault, match="no name in it says for which chip"):
        check_image(place(changed(), "modem.zip"), ChipFamily.NRF91X1)


def test_an_encrypted_member_and_one_that_is_there_twice_are_refused(place: Place) -> None:
    data = bytearray(changed())
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1  # the flag in the directory entry
    with pytest.raises(Fault, match="is encrypted"):
        check_image(place(bytes(data)), ChipFamily.NRF91X1)
    # `zip` can't make it, but one writer's bug or an attacker can: which of the two a tool takes, nobody knows.
    twice = packed(members() | {DIGEST[:-1] + "X": b"other"}).replace(DIGEST[:-1].encode() + b"X", DIGEST.encode())
    with pytest.raises(Fault, match="is in it twice"):
        check_image(place(twice), ChipFamily.NRF91X1)


@pytest.mark.parametrize(
    ("bomb", "words"),
    [
        (packed(members() | {f"{number}": b"" for number in range(200)}), "more than 200 files"),
        (packed(members() | {"zeros": bytes(64 * 1024 * 1024)}), "unpacked it has more than"),
    ],
)
def test_a_bomb_ends_before_it_is_unpacked(place: Place, bomb: bytes, words: str) -> None:
    with pytest.raises(Fault, match=words) as caught:
        check_image(place(bomb), ChipFamily.NRF91X1)
    assert caught.value.code == "DEV-338"


def test_members_that_lie_over_each_other_are_refused(place: Place) -> None:
    """Each is small, and all are unpacked from the same bytes: a small file would cost the work of a large one."""
    data = bytearray(packed(members()))
    rows = [at for at in range(len(data)) if data[at : at + 4] == b"PK\1\2"]
    size = struct.pack("<I", len(data) // 2)
    for row in rows:
        data[row + 20 : row + 24] = size
    with pytest.raises(Fault, match="lie over each other") as caught:
        check(place(bytes(data)))
    assert caught.value.code == "DEV-335"


def test_a_member_never_gives_more_than_it_declares(place: Place) -> None:
    """The bounds are on declared sizes, so a lie about them must not get any further."""
    content = members() | {"zeros": bytes(1000)}
    data = bytearray(packed(content))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.rindex(mark)
        assert struct.unpack_from("<I", data, at + offset) == (1000,)
        struct.pack_into("<I", data, at + offset, 10)
    with pytest.raises(Fault, match="damaged"):
        check_image(place(bytes(data)), ChipFamily.NRF91X1)


edits = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4)


@settings(deadline=None)
@given(edits=edits, cut=st.integers(0, 10**6) | st.none())
def test_a_damaged_package_is_taken_or_refused_with_a_declared_fault(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, int]], cut: int | None
) -> None:
    data = bytearray(GENUINE_KIND.read_bytes())
    for at, value in edits:
        data[at % len(data)] = value
    damaged = bytes(data[: None if cut is None else cut % len(data)])
    path = tmp_path_factory.getbasetemp() / GENUINE_KIND.name
    path.write_bytes(damaged)
    fault = refusal(Image(path, Sha256(hashlib.sha256(damaged).hexdigest()), ImageKind.MODEM))
    assert fault is None or fault.code in ("DEV-335", "DEV-336", "DEV-338")
    if cut is not None:
        assert fault is not None


def refusal(image: Image) -> Fault | None:
    try:
        check_image(image, ChipFamily.NRF91X1)
    except Fault as fault:
        return fault
    return None
