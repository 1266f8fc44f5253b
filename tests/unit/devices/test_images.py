"""An image is taken only when it is the pinned one, whole, in the chip's flash, and can start; every other says why."""

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from intelhex import IntelHex

from station.devices.images import ImageReport, check_image
from station.devices.protocols import Image, ImageKind
from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.domain.line import ChipFamily

REPOSITORY = Path(__file__).parents[3]
DECLARED = {f"DEV-{number}" for number in range(330, 339)}
VECTORS = struct.pack("<II", 0x20001000, 0x101)

Place = Callable[..., Image]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """How to put bytes into a file and get it as an image that a recipe pins."""

    def placed(data: bytes, name: str = "app.hex", kind: ImageKind = ImageKind.APPLICATION) -> Image:
        path = tmp_path / name
        path.write_bytes(data)
        return Image(path, Sha256(hashlib.sha256(data).hexdigest()), kind)

    return placed


def record(address: int, kind: int, data: bytes = b"") -> str:
    whole = struct.pack(">BHB", len(data), address, kind) + data
    return f":{(whole + bytes([-sum(whole) & 0xFF])).hex().upper()}\n"


def as_hex(content: dict[int, bytes]) -> bytes:
    """Write Intel HEX by hand, 32 bytes a record."""
    text = ""
    for start, data in content.items():
        at = start
        while piece := data[at - start :][: min(32, 0x10000 - at % 0x10000)]:
            text += record(0, 4, (at >> 16 & 0xFFFF).to_bytes(2, "big")) + record(at & 0xFFFF, 0, piece)
            at += len(piece)
    return f"{text}:00000001FF\n".encode()


def application(at: int = 0, **more: bytes) -> dict[int, bytes]:
    return {
        at: struct.pack("<II", 0x20001000, at + 0x101) + bytes(0x200),
        **{int(k[1:], 16): v for k, v in more.items()},
    }


# Ten bytes over the 64 KiB border (a vector table at 0xFFF8, a loop at 0x10000), as written by GNU objcopy 2.40
# (-I binary -O ihex --change-addresses 0xfff8 --set-start 0x10001) and by bincopy 20.1.1.
OBJCOPY = b":08FFF8000010002001000100CF\r\n:020000021000EC\r\n:02000000FEE719\r\n:040000031000FFF9F1\r\n:00000001FF\r\n"
BINCOPY = b":0AFFF8000010002001000100FEE7E8\n:0400000500010001F5\n:00000001FF\n"


@pytest.mark.parametrize("text", [OBJCOPY, BINCOPY], ids=["objcopy", "bincopy"])
def test_what_other_tools_write_is_taken(place: Place, text: bytes) -> None:
    summary = check_image(place(text), ChipFamily.NRF91X1).summary
    assert summary["segments"] == ["0xfff8-0x10001"]
    assert (summary["vectors"], summary["stack"], summary["reset"]) == ("0xfff8", "0x20001000", "0x10001")


def test_what_intelhex_itself_writes_is_taken(place: Place, tmp_path: Path) -> None:
    image = IntelHex()
    image.puts(0, VECTORS + bytes(0x2000))
    image.puts(0x1FF00, bytes(range(256)) * 4)  # over the 64 KiB border
    image.write_hex_file(str(tmp_path / "out.hex"), byte_count=16)
    report = check_image(place((tmp_path / "out.hex").read_bytes()), ChipFamily.NRF9160)
    assert report.summary["segments"] == ["0x0-0x2007", "0x1ff00-0x202ff"]
    assert report.summary["bytes"] == 0x2008 + 1024


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "fixtures/simulated/firmware").glob("*.hex")), ids=lambda p: p.stem
)
def test_the_simulated_firmware_is_taken_without_a_warning(path: Path) -> None:
    image = Image(path, Sha256(hashlib.sha256(path.read_bytes()).hexdigest()))
    assert check_image(image, ChipFamily.NRF91X1).warnings == ()


WHOLE = as_hex(application())


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "DEV-331", "holds nothing"),
        (b"\r\n\n", "DEV-331", "holds nothing"),
        (b":00000001FF\n", "DEV-331", "holds nothing"),
        (WHOLE.replace(b":00000001FF\n", b""), "DEV-332", "has no end record"),
        (WHOLE[: len(WHOLE) // 2], "DEV-332", "has no end record"),
        (WHOLE[:-22], "DEV-332", "has no end record"),
        (WHOLE + record(0x300, 0, b"\0").encode(), "DEV-330", "stands behind the end record"),
        (WHOLE + WHOLE, "DEV-330", "stands behind the end record"),
        (WHOLE.replace(b":00000001FF", b":00000101FE"), "DEV-330", "is no proper end record"),
        (b"PK\x03\x04 and so on", "DEV-330", "it is a zip file"),
        (b"\x7fELF\n", "DEV-330", "line 1 is no record"),
        (b"\xff" * 50 + b"\n" + WHOLE, "DEV-330", "line 1 is no record"),
        (WHOLE.replace(b"FA\n", b"FB\n", 1), "DEV-330", "line 1 has a wrong checksum"),
        (WHOLE.replace(b":02", b":03", 1), "DEV-330", "line 1 has another length than it says"),
        (record(0, 6).encode() + WHOLE, "DEV-330", "line 1 is of a kind that there is not"),
        (record(0, 0, VECTORS).encode() + WHOLE, "DEV-330", "has data for an address that has some already"),
        (as_hex(application(x100000=b"\0")), "DEV-333", "data for 0x100000-0x100000"),
        (as_hex(application(xffffc=bytes(8))), "DEV-333", "data for 0xffffc-0x100003"),
        (as_hex(application(x20000000=bytes(8))), "DEV-333", "data for 0x20000000-0x20000007"),
        (as_hex(application(xff7ffc=bytes(8))), "DEV-333", "data for 0xff7ffc-0xff8003"),
        (as_hex(application(xff87fc=bytes(8))), "DEV-333", "data for 0xff87fc-0xff8803"),
        (as_hex({0xFF8100: bytes(4)}), "DEV-334", "writes the UICR alone"),
        (as_hex({0: VECTORS[:7]}), "DEV-334", "no vector table at 0x0"),
        (as_hex({0: bytes(512)}), "DEV-334", "its stack would begin at 0x0"),
        (as_hex({0: b"\xff" * 512}), "DEV-334", "its stack would begin at 0xffffffff"),
        (as_hex({0: struct.pack("<II", 0x20001002, 0x101) + bytes(512)}), "DEV-334", "begin at 0x20001002"),
        (as_hex({0: struct.pack("<II", 0x20040004, 0x101) + bytes(512)}), "DEV-334", "begin at 0x20040004"),
        (as_hex({0: struct.pack("<II", 0x20000000, 0x101) + bytes(512)}), "DEV-334", "begin at 0x20000000"),
        (as_hex({0: struct.pack("<II", 0x20001000, 0x100) + bytes(512)}), "DEV-334", "start at 0x100, where it has no"),
        (as_hex({0: struct.pack("<II", 0x20001000, 0x8001) + bytes(512)}), "DEV-334", "at 0x8001, where it has no"),
        (as_hex(application(xff8030=bytes(4))), "DEV-337", "sets ERASEPROTECT, which can never be undone"),
        (as_hex(application(xff8033=b"\x7f")), "DEV-337", "sets ERASEPROTECT"),
        (as_hex(application(xff8000=b"\xfa\x50\xfa\x50" * 16)), "DEV-337", "sets ERASEPROTECT"),
    ],
)  # fmt: skip
def test_what_would_not_work_is_refused_with_the_reason(place: Place, data: bytes, code: str, words: str) -> None:
    with pytest.raises(Fault) as caught:
        check_image(place(data), ChipFamily.NRF91X1)
    assert (caught.value.code, words in caught.value.sentence) == (code, True), caught.value
    assert str(place(data).path) in caught.value.sentence


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (application(xff801c=b"\x0e\0\0\0"), ["writes the UICR (0xff801c-0xff801f)"]),
        (application(xff8000=b"\xfa\x50\xfa\x50"), ["writes the UICR", "sets APPROTECT to unprotected"]),
        (application(xff8000=bytes(4)), ["writes the UICR", "sets APPROTECT to 00000000: the board's debug port"]),
        (application(xff802c=b"\x01\0\0\xff"), ["writes the UICR", "sets SECUREAPPROTECT to ff000001"]),
        # What an erasure leaves there changes nothing.
        (application(xff8000=b"\xff" * 64), ["writes the UICR"]),
        (application(0xC000), ["begins at 0xc000, and has nothing for address 0"]),
    ],
)  # fmt: skip
def test_what_is_risky_is_taken_with_a_warning(place: Place, content: dict[int, bytes], words: list[str]) -> None:
    warnings = check_image(place(as_hex(content)), ChipFamily.NRF91X1).warnings
    assert len(warnings) == len(words)
    for warning, wanted in zip(warnings, words, strict=True):
        assert wanted in warning


def test_a_signed_image_is_judged_behind_its_header(place: Place) -> None:
    header = struct.pack("<IIHHI", 0x96F3B83D, 0, 0x200, 0, 0x400).ljust(0x200, b"\0")
    vectors = struct.pack("<II", 0x20001000, 0xC301)
    report = check_image(place(as_hex({0xC000: header + vectors + bytes(0x200)})), ChipFamily.NRF91X1)
    assert (report.summary["vectors"], report.summary["signed"]) == ("0xc200", True)
    with pytest.raises(Fault, match="no vector table at 0xc200"):
        check_image(place(as_hex({0xC000: header})), ChipFamily.NRF91X1)
    # The magic alone is no header: what follows is too short for one.
    with pytest.raises(Fault) as caught:
        check_image(place(as_hex({0xC000: header[:9]})), ChipFamily.NRF91X1)
    assert caught.value.code == "DEV-334"


def test_the_lowest_segment_is_what_starts(place: Place) -> None:
    bootloader = {0: struct.pack("<II", 0x20001000, 0x101) + bytes(0x200)}
    merged = bootloader | {0xC000: struct.pack("<I", 0x96F3B83D) + bytes(0x200)}
    report = check_image(place(as_hex(merged)), ChipFamily.NRF91X1)
    assert (report.summary["vectors"], report.summary["signed"], report.warnings) == ("0x0", False, ())


def test_a_changed_file_is_told_with_both_hashes(place: Place) -> None:
    image = place(WHOLE)
    image.path.write_bytes(WHOLE + b"\n")
    with pytest.raises(Fault) as caught:
        check_image(image, ChipFamily.NRF91X1)
    assert caught.value.code == "DEV-307"
    assert image.sha256 in caught.value.sentence
    assert hashlib.sha256(WHOLE + b"\n").hexdigest() in caught.value.sentence


def test_a_file_that_is_gone_is_named(place: Place) -> None:
    image = place(WHOLE)
    image.path.unlink()
    with pytest.raises(Fault) as caught:
        check_image(image, ChipFamily.NRF91X1)
    assert caught.value.code == "HOST-101"


def test_more_than_the_chip_holds_ends_before_it_is_parsed(place: Place) -> None:
    page = record(0, 0, bytes(255)) * (0x100800 // 255 + 1)
    tiny = record(0, 0, b"") * (0x100800 // 4 + 1)
    for text, words in ((page, "bytes to program"), (tiny, "records"), (" " * (16 * 1024 * 1024 + 1), "the file has")):
        with pytest.raises(Fault) as caught:
            check_image(place(text.encode()), ChipFamily.NRF91X1)
        assert (caught.value.code, words in caught.value.sentence) == ("DEV-338", True)


def outcome(image: Image) -> tuple[Fault | None, ImageReport | None]:
    try:
        return None, check_image(image, ChipFamily.NRF91X1)
    except Fault as fault:
        return fault, None


segments = st.dictionaries(
    st.integers(0, 0xFFFF0) | st.integers(0xFF8000, 0xFF87F0) | st.integers(0, 2**32 - 64),
    st.binary(max_size=40),
    max_size=5,
)
lines = st.lists(
    st.builds(record, st.integers(0, 0xFFFF), st.integers(0, 7), st.binary(max_size=12)).map(str.encode)
    | st.binary(max_size=20)
    | st.sampled_from([b":00000001FF\n", b":\n", b"\n", b"\r", b":02000004FFFFFC\n"]),
    max_size=12,
).map(b"".join)


@settings(deadline=None)
@given(data=st.binary(max_size=200) | lines | segments.map(as_hex))
def test_any_file_is_taken_or_refused_with_a_declared_fault(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.hex"
    path.write_bytes(data)
    image = Image(path, Sha256(hashlib.sha256(data).hexdigest()))
    refused, report = outcome(image)
    if refused is not None:
        assert refused.code in DECLARED
        assert refused.sentence.startswith(f"The image {path} ")
        return
    # Whatever is taken fits into the chip, as another reader of the format sees it.
    again = IntelHex(str(path))
    assert all(end <= 0x100000 or (start >= 0xFF8000 and end <= 0xFF8800) for start, end in again.segments())
    assert report is not None
    assert report.summary["bytes"] == len(again)


def _lines(text: bytes) -> list[bytes]:
    return [line.upper() for line in text.replace(b"\r", b"\n").split(b"\n") if line]


@settings(deadline=None, max_examples=60)
@given(at=st.integers(0, len(WHOLE) - 1), value=st.integers(0, 255))
@example(at=WHOLE.index(b"\n", 250), value=9)  # a tab where a line ends
def test_one_wrong_byte_is_never_taken_for_the_image(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: int
) -> None:
    damaged = WHOLE[:at] + bytes([value]) + WHOLE[at + 1 :]
    path = tmp_path_factory.getbasetemp() / "damaged.hex"
    path.write_bytes(damaged)
    image = Image(path, Sha256(hashlib.sha256(damaged).hexdigest()))
    if _lines(damaged) == _lines(WHOLE):
        check_image(image, ChipFamily.NRF91X1)  # another line end, or another case
        return
    with pytest.raises(Fault) as caught:
        check_image(image, ChipFamily.NRF91X1)
    assert caught.value.code in DECLARED
