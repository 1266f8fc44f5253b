"""The nrfutil driver flashes simulated boards: the stand-in drives the bench's probes as nrfutil drives real ones."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from intelhex import IntelHex

from station.devices.faults import is_outcome_unknown
from station.devices.nrfutil import NrfutilProgrammer
from station.devices.protocols import Image, ImageKind, Job, Target
from station.domain.faults import Cancelled, Fault
from station.domain.line import ChipFamily, Erase, LockLevel
from station.host.clock import Stop, SystemClock
from station.host.files import read_bytes, sha256_of
from station.simulator.bench import Bench
from station.simulator.probe import probe_serial
from station.simulator.timings import Span, Timings
from tests.standin import nrfutil as standin

MODEM = Path(__file__).parents[3] / "fixtures" / "simulated" / "firmware" / "mfw_nrf91x1_2.0.2.zip"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path / "bench", 2, replace(Timings.none(), app_flash=Span(0.2, 0.2)), seed=5) as started:
        yield started


@pytest.fixture
def programmer(bench: Bench, tmp_path: Path) -> NrfutilProgrammer:
    """The programmer of slot 2."""
    program = standin.install(tmp_path, bench=bench.folder)
    return NrfutilProgrammer(probe_serial(2), SystemClock(), command=(str(program),))


def make_image(path: Path, content: bytes) -> Image:
    made = IntelHex()
    made.puts(0, content)
    made.write_hex_file(str(path))
    return Image(path, sha256_of(read_bytes(path)))


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return make_image(tmp_path / "app.hex", bytes(range(256)) * 16)


def job() -> Job:
    return Job(60.0, lambda _: None, Stop())


def test_a_board_is_found_looked_at_flashed_and_locked(
    bench: Bench, programmer: NrfutilProgrammer, image: Image, tmp_path: Path
) -> None:
    board = bench.insert(2)
    found = programmer.find(60)
    assert found is not None
    assert [port.path for port in found.ports] == [bench.port_address(2)]
    seen = programmer.look(60)
    assert (seen.powered, seen.protected, seen.part) == (True, False, board.profile.part)
    assert seen.family is ChipFamily(board.profile.family)

    programmer.program(image, Erase.ALL, job())
    assert programmer.verify(image, job())
    assert not programmer.verify(make_image(tmp_path / "other.hex", b"another" * 99), job())
    programmer.reset(60)
    assert board.image is not None
    assert board.image.sha256 == image.sha256

    programmer.lock(LockLevel.ALL, 60)
    programmer.reset(60)
    assert programmer.look(60) == Target(True, protected=True, level=LockLevel.ALL)
    with pytest.raises(Fault, match="DEV-312"):
        programmer.program(image, Erase.ALL, job())
    programmer.recover(job())
    assert programmer.look(60).protected is False
    assert not programmer.verify(image, job())


def test_a_board_locked_in_part_is_told_as_that(bench: Bench, programmer: NrfutilProgrammer) -> None:
    bench.insert(2)
    programmer.lock(LockLevel.SECURE, 60)
    seen = programmer.look(60)
    assert (seen.protected, seen.level) == (True, LockLevel.SECURE)


@pytest.mark.parametrize("locked", [True, False])
def test_a_foreign_chip_is_not_recovered_nor_touched_otherwise(
    bench: Bench, programmer: NrfutilProgrammer, image: Image, locked: bool
) -> None:
    board = bench.insert(2, bench.new_board({"protected": locked, "faults": {"traits": ["other-chip"]}}))
    for operation in (
        lambda: programmer.recover(job()),
        lambda: programmer.program(image, Erase.ALL, job()),
        lambda: programmer.lock(LockLevel.ALL, 60),
    ):
        with pytest.raises(Fault, match="DEV-313"):
            operation()
    assert (board.counters.recovered, board.counters.programmed, board.counters.locked) == (0, 0, 0)


def test_modem_firmware_is_programmed_and_verified(bench: Bench, programmer: NrfutilProgrammer) -> None:
    board = bench.insert(2, bench.new_board({"profile": "nrf9161"}))
    image = Image(MODEM, sha256_of(read_bytes(MODEM)), ImageKind.MODEM)
    assert not programmer.verify(image, job())
    programmer.program(image, Erase.TOUCHED, job())
    assert programmer.verify(image, job())
    programmer.reset(60)
    assert board.firmware.text == "mfw_nrf91x1_2.0.2"


def test_what_is_not_there_is_told_apart(bench: Bench, programmer: NrfutilProgrammer) -> None:
    bench.insert(2)
    bench.power(2, on=False)
    assert programmer.look(60) == Target(False, millivolts=0)
    bench.plug_probe(2, plugged=False)
    assert programmer.find(60) is None
    with pytest.raises(Fault, match="DEV-315"):
        programmer.look(60)


def test_a_probe_pulled_out_or_hanging_up_in_the_middle_leaves_it_unknown(
    bench: Bench, programmer: NrfutilProgrammer, image: Image
) -> None:
    for fault in ({"do": "unplug", "at": 0.5, "seconds": 1e6}, {"do": "drop", "at": 0.5}):
        bench.plug_probe(2, plugged=True)
        board = bench.insert(2, bench.new_board({"faults": {"probe": [{"op": "program", **fault}]}}))
        with pytest.raises(Fault) as caught:
            programmer.program(image, Erase.ALL, job())
        assert caught.value.code == "DEV-314"
        assert is_outcome_unknown(caught.value)
        assert board.image is None
        bench.remove(2)


def test_a_hard_stop_frees_the_probe_and_leaves_half_a_board(
    bench: Bench, programmer: NrfutilProgrammer, image: Image
) -> None:
    bench.insert(2)
    stop = Stop()
    with pytest.raises(Cancelled):
        programmer.program(image, Erase.ALL, Job(60.0, lambda part: stop.request() if part > 0.1 else None, stop))
    assert not programmer.verify(image, job())
    programmer.program(image, Erase.ALL, job())
    assert programmer.verify(image, job())
