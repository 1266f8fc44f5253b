"""Images that come one after another: what would leave a board that never starts, or can't be verified, is refused."""

import hashlib
import io
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intelhex import IntelHex

from station.devices.image_sequence import check_sequence
from station.devices.images import ImageReport, check_image
from station.devices.protocols import Image
from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.domain.line import ChipFamily, Erase

REPOSITORY = Path(__file__).parents[3]
ALL, TOUCHED = Erase.ALL, Erase.TOUCHED
RECOVERED = (ALL, None)
OPEN, LOCKED, CLOCK = b"\xfa\x50\xfa\x50", bytes(4), b"\x0e\0\0\0"

Make = Callable[..., ImageReport]


def build(folder: Path, name: str, content: dict[int, bytes]) -> ImageReport:
    """Return the report on a generated HEX file with this content."""
    image = IntelHex()
    for start, data in content.items():
        image.puts(start, data)
    text = io.StringIO()
    image.write_hex_file(text)
    path = folder / f"{name}.hex"
    path.write_text(text.getvalue(), encoding="ascii")
    return check_image(Image(path, Sha256(hashlib.sha256(path.read_bytes()).hexdigest())), ChipFamily.NRF9160)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """How to get the report on an image that begins at ``start``, fills ``size`` bytes, and has ``more``."""

    def made(
        name: str, start: int = 0, size: int = 0x3000, more: dict[int, bytes] | None = None, code: bytes = b"\xbf"
    ) -> ImageReport:
        vectors = struct.pack("<II", 0x20001000, start + 0x101)
        return build(tmp_path, name, {start: vectors + code * (size - len(vectors)), **(more or {})})

    return made


def refusal(*sequence: tuple[Erase, ImageReport | None]) -> tuple[str, str]:
    with pytest.raises(Fault) as caught:
        check_sequence(sequence)
    return caught.value.code, caught.value.sentence


def is_taken(sequence: list[tuple[Erase, ImageReport | None]]) -> bool:
    try:
        check_sequence(sequence)
    except Fault as fault:
        if fault.code not in ("DEV-340", "DEV-341"):
            raise
        return False
    return True


def test_the_examples_images_may_follow_one_another() -> None:
    folder = REPOSITORY / "fixtures/simulated/firmware"
    reports = {
        path.stem: check_image(Image(path, Sha256(hashlib.sha256(path.read_bytes()).hexdigest())), ChipFamily.NRF91X1)
        for path in folder.glob("*.hex")
    }
    first, last = reports["provisioning"], reports["application"]
    assert check_sequence([(ALL, first), (ALL, last)]) == ()
    silent = reports["application-silent"]
    assert check_sequence([RECOVERED, (ALL, first), (TOUCHED, silent), (TOUCHED, first), (TOUCHED, silent)]) == ()


def test_an_application_behind_its_bootloader_is_taken(make: Make) -> None:
    boot, app = make("mcuboot", 0, 0xC000), make("signed", 0xC000)
    assert check_sequence([(ALL, boot), (TOUCHED, app)]) == ()
    assert check_sequence([RECOVERED, (TOUCHED, boot), (TOUCHED, app), (TOUCHED, app)]) == ()
    # The board may have a bootloader when it comes; that the image itself says so is a warning of its own.
    assert check_sequence([(TOUCHED, app), (TOUCHED, app)]) == ()
    assert any("needs a bootloader that is there already" in text for text in app.warnings)


def test_modem_firmware_counts_for_nothing(make: Make) -> None:
    modem = ImageReport((), {"image": "mfw.zip", "sha256": "0" * 64})
    assert check_sequence([(ALL, make("mcuboot")), (ALL, modem), (TOUCHED, make("signed", 0xC000))]) == ()


@pytest.mark.parametrize("erased", ["by itself", "by a recovery", "by itself, with another image above"])
def test_an_image_that_nothing_would_start_is_refused(make: Make, erased: str) -> None:
    app = make("signed", 0xC000)
    match erased:
        case "by itself":
            refused = refusal((ALL, app))
        case "by a recovery":
            refused = refusal((TOUCHED, make("mcuboot")), RECOVERED, (TOUCHED, app))
        case _:
            refused = refusal((TOUCHED, make("other", 0x20000)), (ALL, app))
    assert refused == (
        "DEV-340",
        "The image signed.hex begins at 0xc000, and with it flashed the board would never start: nothing is at address "
        "0, where the chip starts, because everything there is erased before. Let the recipe flash its bootloader "
        'before it, with erase = "all", and this image with erase = "touched"; or take the merged image of the build '
        "(merged.hex).",
    )


def test_an_image_that_erases_its_bootloader_is_refused(make: Make) -> None:
    assert refusal((ALL, make("mcuboot")), (ALL, make("signed", 0xC000))) == (
        "DEV-340",
        'The image signed.hex begins at 0xc000, and with it flashed the board would never start: its erase = "all" '
        "erases mcuboot.hex, which was flashed before it to start it. "
        'Write erase = "touched" for this image in the recipe.',
    )


def test_an_image_in_the_first_page_but_not_at_its_begin_is_refused(make: Make) -> None:
    code, sentence = refusal((ALL, make("mcuboot")), (TOUCHED, make("odd", 0x800)))
    assert (code, "the page at address 0, where the chip starts, is erased for it. Take" in sentence) == (
        "DEV-340",
        True,
    )
    assert check_sequence([(ALL, make("mcuboot", 0, 0x1000)), (TOUCHED, make("even", 0x1000))]) == ()


def test_a_check_image_must_leave_what_starts_the_last_image(make: Make) -> None:
    boot, app = make("mcuboot", 0, 0x3000), make("signed", 0x8000)
    check, same = make("check", 0, 0x2000, code=b"\0"), make("checked", 0, 0x3000)
    code, sentence = refusal((ALL, boot), (TOUCHED, app), (TOUCHED, check), (TOUCHED, app))
    assert code == "DEV-340"
    assert "check.hex has replaced what started it when it was flashed first. Take a check image that" in sentence
    assert check_sequence([(ALL, boot), (TOUCHED, app), (TOUCHED, same), (TOUCHED, app)]) == ()
    assert (
        check_sequence([(ALL, boot), (TOUCHED, app), (TOUCHED, make("at", 0x8000, code=b"\1")), (TOUCHED, app)]) == ()
    )
    code, _ = refusal((ALL, boot), (TOUCHED, app), (ALL, same), (ALL, app))
    assert code == "DEV-340"


def test_what_can_not_be_known_is_a_warning(make: Make) -> None:
    app, check = make("signed", 0xC000), make("check")
    assert check_sequence([(TOUCHED, app), (TOUCHED, check), (TOUCHED, app)]) == (
        "signed.hex needs the bootloader that was there before check.hex: that image must hold the same one.",
    )
    whole = make("merged", 0, 0x20000)
    text = "signed.hex replaces a part of merged.hex, which then must be a bootloader that starts any image there."
    assert check_sequence([(ALL, whole), (TOUCHED, app)]) == (text,)
    assert check_sequence([(ALL, whole), (TOUCHED, app), (TOUCHED, app)]) == (text,)
    assert check_sequence([(ALL, whole), (TOUCHED, app), (TOUCHED, whole), (TOUCHED, app)]) == (text,)


def test_a_page_that_two_images_share_counts_for_both(make: Make) -> None:
    boot = make("boot", 0, 0x2000, {0x3FFC: b"\1\2\3\4"})
    (text,) = check_sequence([(ALL, boot), (TOUCHED, make("odd", 0x2800, 0x1000))])
    assert "replaces a part of boot.hex" in text
    assert check_sequence([(ALL, boot), (TOUCHED, make("even", 0x2800, 0x800))]) == ()


def test_uicr_data_without_an_erasure_of_the_whole_chip_is_refused(make: Make) -> None:
    app = make("app", more={0xFF8000: LOCKED})
    assert refusal((TOUCHED, app)) == (
        "DEV-341",
        'The image app.hex writes the UICR at 0xff8000, and erase = "touched" does not erase that: nothing before it '
        'in the recipe erases the whole chip, so its verification would fail. Write erase = "all" for this image in '
        "the recipe, or take one without UICR data.",
    )
    assert refusal((TOUCHED, make("first")), (TOUCHED, app))[0] == "DEV-341"
    assert check_sequence([(ALL, app)]) == ()
    # Nothing is there that would have to be erased.
    assert check_sequence([(ALL, make("first")), (TOUCHED, app)]) == ()
    assert check_sequence([RECOVERED, (TOUCHED, app)]) == ()


def test_uicr_data_over_other_uicr_data_is_refused(make: Make) -> None:
    first, app = make("first", more={0xFF801C: CLOCK, 0xFF8000: OPEN}), make("app", more={0xFF8000: LOCKED})
    code, sentence = refusal((ALL, first), (TOUCHED, app))
    assert (code, "at 0xff8000, and" in sentence) == ("DEV-341", True)
    assert "first.hex, flashed before it, has written something else there, so its verification" in sentence
    assert check_sequence([(ALL, first), (ALL, app)]) == ()
    assert check_sequence([(ALL, first), RECOVERED, (TOUCHED, app)]) == ()
    # The same words, and words elsewhere, need no erasure.
    again = make("again", more={0xFF8000: OPEN, 0xFF8108: b"\1\2\3\4"})
    assert check_sequence([(ALL, first), (TOUCHED, again), (TOUCHED, first), (TOUCHED, again)]) == ()


@settings(deadline=None, max_examples=100)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(Erase), st.sampled_from([None, 0, 0x1000, 0x3000]), st.booleans(), st.booleans()),
        min_size=1,
        max_size=5,
    )
)
def test_on_a_chip_that_is_erased_first_what_is_taken_starts_and_verifies(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Erase, int | None, bool, bool]]
) -> None:
    """Played byte by byte on a chip of flash pages and UICR words that only the whole erasure makes blank."""
    folder = tmp_path_factory.mktemp("played")
    sequence: list[tuple[Erase, ImageReport | None]] = [RECOVERED]
    flash, uicr, good = bytearray(b"\xff" * 0x8000), bytearray(b"\xff" * 8), True
    for number, (erase, start, locks, clocks) in enumerate(steps):
        if start is None:
            sequence.append(RECOVERED)
            flash, uicr = bytearray(b"\xff" * 0x8000), bytearray(b"\xff" * 8)
            continue
        # Each image is one of its own, so that none is flashed twice.
        code = struct.pack("<II", 0x20001000, start + 0x101) + bytes([number + 1]) * 0x1800
        words = LOCKED * locks + (OPEN if clocks else b"")
        content = {start: code} | ({0xFF8000: words} if words else {})
        sequence.append((erase, build(folder, f"i{number}", content)))
        if erase is ALL:
            flash, uicr = bytearray(b"\xff" * 0x8000), bytearray(b"\xff" * 8)
        flash[start : start + 0x2000] = b"\xff" * 0x2000
        flash[start : start + len(code)] = code
        blank_or_same = all(uicr[at : at + 4] in (b"\xff" * 4, words[at : at + 4]) for at in range(0, len(words), 4))
        uicr[: len(words)] = words
        good &= blank_or_same and flash[:4] != b"\xff" * 4
    assert is_taken(sequence) == good
