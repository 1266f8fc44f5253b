"""The simulated chip's flash: what is written, erased and locked is what a reader finds."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intelhex import IntelHex

from station.domain.line import ChipFamily, LockLevel
from station.simulator.flash import APPROTECT, PAGE, SECUREAPPROTECT, Flash
from station.simulator.image import Framing, read_image

BOTH = list(ChipFamily)
STRETCH = st.tuples(st.integers(0, 0x100000), st.binary(min_size=1, max_size=3 * PAGE))


@given(STRETCH)
def test_what_is_written_is_there_and_nothing_beside_it(stretch: tuple[int, bytes]) -> None:
    flash, (start, content) = Flash(), stretch
    flash.write((stretch,))
    assert flash.read(start, len(content)) == content
    assert flash.read(start + len(content), 9) == b"\xff" * 9
    assert flash.read(max(0, start - 9), min(9, start)) == b"\xff" * min(9, start)
    assert flash.holds((stretch,))
    flash.spoil((stretch,))
    assert not flash.holds((stretch,))


@given(STRETCH, st.floats(0, 0.999))
def test_a_part_is_only_the_beginning(stretch: tuple[int, bytes], share: float) -> None:
    flash, (start, content) = Flash(), stretch
    count = int(len(content) * share)
    flash.write((stretch,), count=count)
    assert flash.read(start, len(content)) == content[:count] + b"\xff" * (len(content) - count)


@given(st.binary(min_size=8, max_size=8), st.binary(min_size=8, max_size=8))
def test_writing_only_clears_bits_until_something_is_erased(first: bytes, second: bytes) -> None:
    flash = Flash()
    flash.write(((PAGE - 4, first),))
    flash.write(((PAGE - 4, second),))
    assert flash.read(PAGE - 4, 8) == bytes(one & other for one, other in zip(first, second, strict=True))
    assert flash.erase_touched(((PAGE - 1, b"x"),)) == {0}
    assert flash.read(PAGE - 4, 4) == b"\xff" * 4
    assert flash.read(PAGE, 4) == bytes(one & other for one, other in zip(first, second, strict=True))[4:]


@pytest.mark.parametrize("family", BOTH)
@pytest.mark.parametrize("level", list(LockLevel))
def test_a_lock_lasts_until_everything_is_erased(family: ChipFamily, level: LockLevel) -> None:
    flash = Flash()
    assert flash.locked(family) is None
    flash.lock(level)
    assert flash.locked(family) is level
    flash.erase_touched(((APPROTECT, b"\xff" * 64),))
    flash.erase_application()
    assert flash.locked(family) is level
    flash.erase_all()
    flash.open()
    assert flash.locked(family) is None


def test_an_erased_uicr_is_open_on_nrf9160_and_locked_on_nrf91x1() -> None:
    flash = Flash()
    flash.erase_all()
    assert [flash.locked(family) for family in (ChipFamily.NRF9160, ChipFamily.NRF91X1)] == [None, LockLevel.ALL]
    flash.write(((APPROTECT, (0x50FA50FA).to_bytes(4, "little")),))
    assert flash.locked(ChipFamily.NRF91X1) is LockLevel.SECURE
    flash.write(((SECUREAPPROTECT, (0x50FA50FA).to_bytes(4, "little")),))
    assert flash.locked(ChipFamily.NRF91X1) is None


def test_erase_protection_goes_with_the_uicr_alone() -> None:
    flash = Flash()
    assert not flash.erase_protected
    flash.protect_erase()
    flash.erase_application()
    assert flash.erase_protected
    assert flash.locked(ChipFamily.NRF91X1) is None


@given(
    st.dictionaries(st.sampled_from([0, 0x1FF0, 0xFFF8, 0x10000, 0x8C000, 0xFF8000]), st.binary(min_size=1, max_size=9))
)
def test_intel_hex_is_read_as_another_reader_reads_it(content: dict[int, bytes]) -> None:
    written = IntelHex()
    for start, data in content.items():
        written.puts(start, data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "app.hex"
        written.write_hex_file(str(path))
        segments = read_image(path).segments
    if content:
        found = {start + at: byte for start, data in segments for at, byte in enumerate(data)}
        assert found == dict(written.todict())


def test_an_image_says_what_it_would_do(tmp_path: Path) -> None:
    path = tmp_path / "application.bin"
    path.write_bytes(
        b"simulated-framing:at_shell simulated-lock:secure simulated-store:0xF8000 simulated-family:nrf9160beside"
    )
    image = read_image(path)
    assert (image.framing, image.locks, image.store_page) == (Framing.AT_SHELL, LockLevel.SECURE, 0xF8)
    assert image.family is ChipFamily.NRF9160
    path.write_bytes(b"nothing said")
    image = read_image(path)
    assert (image.framing, image.locks, image.store_page, image.family) == (Framing.NONE, None, None, None)


@pytest.mark.parametrize("name", ["mfw_nrf91x1_2.0.2.zip", "0a1b2c-mfw_nrf91x1_2.0.2.zip"])
def test_a_modem_firmware_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK")
    firmware = read_image(tmp_path / name).firmware
    assert firmware is not None
    assert (firmware.text, firmware.version) == ("mfw_nrf91x1_2.0.2", (2, 0, 2))
