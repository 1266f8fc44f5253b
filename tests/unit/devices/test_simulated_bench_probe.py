"""The simulated probe's driver on a whole bench: what a flash does to a board, and what can strike in its middle."""

import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from station.devices.faults import is_outcome_unknown
from station.devices.protocols import Image, ImageKind, Job
from station.devices.simulated_probe import SimulatedProgrammer
from station.domain.faults import Cancelled, Fault, StationFault, UnitFault
from station.domain.ids import Sha256
from station.domain.line import ChipFamily, Erase, LockLevel
from station.host.clock import Stop, SystemClock
from station.simulator.bench import Bench
from station.simulator.board import Board
from station.simulator.modem import Modem
from station.simulator.timings import Span, Timings

CLOCK = SystemClock()
TAG = 16842753
SLOW = replace(Timings.none(), app_flash=Span(3600.0, 3600.0))
"""A flash that is always ended by something else: one step of its progress alone takes longer than any job here."""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path / "bench", 3, Timings.none(), seed=5) as started:
        yield started


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path / "slow", 3, SLOW, seed=5) as started:
        yield started


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Image]:
    """Return an image of this name and content."""

    def write(name: str = "app.bin", content: bytes = b"simulated-framing:at_host" + bytes(9000)) -> Image:
        path = tmp_path / name
        path.write_bytes(content)
        kind = ImageKind.MODEM if path.suffix == ".zip" else ImageKind.APPLICATION
        return Image(path, Sha256(hashlib.sha256(content).hexdigest()), kind)

    return write


def probe_of(bench: Bench, slot: int = 1) -> SimulatedProgrammer:
    return SimulatedProgrammer(bench.folder, slot, CLOCK)


def job(
    progress: Callable[[float], None] = lambda _part: None, *, timeout: float = 20.0, stop: Stop | None = None
) -> Job:
    return Job(timeout, progress, stop or Stop())


def insert(bench: Bench, slot: int = 1, **description: Any) -> Board:
    return bench.insert(slot, bench.new_board(description))


def struck(**fault: Any) -> dict[str, Any]:
    return {"probe": [fault]}


def give_key(board: Board) -> None:
    assert Modem(board, Timings.none(), CLOCK).execute(f"AT%KEYGEN={TAG},2,0").final == "OK\r\n"


def wait_until(true: Callable[[], bool]) -> None:
    event = threading.Event()
    assert any(true() or CLOCK.wait(event, 0.02) for _ in range(400))


# Looking


def test_finding_a_probe_touches_no_board_and_is_counted(bench: Bench) -> None:
    board, probe = insert(bench), probe_of(bench)
    found = probe.find(5.0)
    assert found is not None
    assert (found.serial, found.ports[0].path) == ("001051200001", bench.port_address(1))
    assert probe_of(bench, 2).find(5.0) is not None  # also where no board is
    assert board.counters.attached == 0
    assert bench.describe_slots()[0]["probe"] == {"serial": "001051200001", "plugged": True, "found": 1}
    probe.look(5.0)
    probe.look(5.0)
    assert board.counters.attached == 2
    assert (board.counters.erased, board.counters.recovered, board.silent) == (0, 0, False)


@pytest.mark.parametrize(("profile", "family"), [("nrf9160", ChipFamily.NRF9160), ("nrf9151", ChipFamily.NRF91X1)])
def test_a_locked_chip_tells_that_alone(bench: Bench, profile: str, family: ChipFamily) -> None:
    insert(bench, profile=profile)
    insert(bench, 2, profile=profile, protected=True, erase_protected=True)
    opened, locked = probe_of(bench).look(5.0), probe_of(bench, 2).look(5.0)
    assert (opened.family, opened.protected, opened.erase_protected) == (family, False, False)
    assert (locked.family, locked.part, locked.protected, locked.erase_protected) == (None, None, True, True)
    assert (opened.level, locked.level) == (None, LockLevel.ALL)
    assert locked.powered


@pytest.mark.parametrize(
    ("trait", "code"), [("swd-silent", "DEV-316"), ("low-voltage", "DEV-308"), ("other-chip", "DEV-313")]
)
def test_what_a_probe_can_not_work_with(bench: Bench, make: Callable[..., Image], trait: str, code: str) -> None:
    board, probe = insert(bench, faults={"traits": [trait]}), probe_of(bench)
    with pytest.raises(UnitFault, match=code):
        probe.program(make(), Erase.ALL, job())
    assert not board.silent  # the board itself is as it was
    match trait:
        case "low-voltage":
            seen = probe.look(5.0)
            assert (seen.powered, seen.millivolts) == (False, 1200)
        case "other-chip":
            seen = probe.look(5.0)
            assert (seen.family, seen.part) == (None, "NRF5340_xxAA_REV1")
        case _:
            with pytest.raises(UnitFault, match=code):
                probe.look(5.0)


def test_a_probe_that_is_pulled_out_is_not_found_and_comes_back(bench: Bench) -> None:
    insert(bench)
    probe, control = probe_of(bench), f"{bench.control_url}/slots/1/probe"
    requests.post(control, json={"plugged": False}, timeout=10).raise_for_status()
    assert probe.find(5.0) is None
    with pytest.raises(StationFault, match="DEV-315"):
        probe.look(5.0)
    requests.post(control, json={"plugged": True}, timeout=10).raise_for_status()
    assert probe.look(5.0).powered


# Programming


def test_verifying_compares_what_lies_there(bench: Bench, make: Callable[..., Image]) -> None:
    board, probe = insert(bench, blank=True), probe_of(bench)
    first, second = make("first.bin", b"a" * 9000), make("second.bin", b"b" * 5000)
    probe.program(first, Erase.ALL, job())
    assert (probe.verify(first, job()), probe.verify(second, job())) == (True, False)
    probe.program(second, Erase.TOUCHED, job())
    assert (probe.verify(first, job()), probe.verify(second, job())) == (False, True)
    assert board.flash.read(8192, 4) == b"aaaa"  # beyond the pages of the second
    probe.program(second, Erase.ALL, job())
    assert board.flash.read(8192, 4) == b"\xff" * 4
    assert (board.counters.programmed, board.counters.erased) == (3, 2)
    probe.reset(5.0)
    assert not board.silent
    assert probe.verify(second, job())
    assert board.silent  # the verification lets the core stand still
    probe.reset(5.0)
    assert not board.silent


LOSERS = {
    "erase-loses-credentials": lambda probe, make: probe.program(make(), Erase.ALL, job()),
    "recover-loses-credentials": lambda probe, _make: probe.recover(job()),
    "modem-update-loses-credentials": lambda probe, make: probe.program(
        make("mfw_nrf91x1_2.0.4.zip"), Erase.TOUCHED, job()
    ),
}


@pytest.mark.parametrize("trait", [None, *LOSERS])
@pytest.mark.parametrize("done", LOSERS)
def test_credentials_go_where_the_board_is_like_that(
    bench: Bench, make: Callable[..., Image], trait: str | None, done: str
) -> None:
    board = insert(bench, faults={"traits": [trait] if trait else []})
    give_key(board)
    probe_of(bench).program(make("kept.bin"), Erase.TOUCHED, job())
    assert board.key(TAG) is not None
    LOSERS[done](probe_of(bench), make)
    assert (board.key(TAG) is None) is (trait == done)


def test_a_store_in_the_applications_flash_goes_with_its_page(bench: Bench, make: Callable[..., Image]) -> None:
    board, probe = insert(bench, blank=True), probe_of(bench)
    probe.program(make("at.bin", b"simulated-framing:at_host simulated-store:0x2000"), Erase.ALL, job())
    probe.reset(5.0)
    give_key(board)
    probe.program(make("small.bin", bytes(8192)), Erase.TOUCHED, job())
    assert board.key(TAG) is not None
    probe.program(make("large.bin", bytes(8193)), Erase.TOUCHED, job())
    assert board.key(TAG) is None


@pytest.mark.parametrize("whole", ["erase", "recover"])
def test_a_store_in_the_applications_flash_goes_with_everything(
    bench: Bench, make: Callable[..., Image], whole: str
) -> None:
    board, probe = insert(bench, blank=True), probe_of(bench)
    probe.program(make("at.bin", b"simulated-framing:at_host simulated-store:0x2000"), Erase.ALL, job())
    probe.reset(5.0)
    give_key(board)
    if whole == "erase":
        probe.program(make("small.bin", bytes(100)), Erase.ALL, job())
    else:
        probe.recover(job())
    assert board.key(TAG) is None


def test_a_modem_firmware_is_the_modems_and_an_application_the_applications(
    bench: Bench, make: Callable[..., Image]
) -> None:
    board, probe = insert(bench), probe_of(bench)
    there, newer = make("mfw_nrf91x1_2.0.2.zip", b"PK1"), make("mfw_nrf91x1_2.0.4.zip", b"PK2")
    assert probe.verify(there, job())  # as delivered
    assert not probe.verify(newer, job())
    probe.program(newer, Erase.ALL, job())
    assert (probe.verify(newer, job()), probe.verify(there, job())) == (True, False)
    assert not probe.verify(make("mfw_nrf91x1_2.0.4.zip", b"PK3"), job())
    probe.reset(5.0)
    assert (board.silent, board.firmware.text, board.counters.erased) == (False, "mfw_nrf91x1_2.0.4", 0)
    with pytest.raises(UnitFault, match="DEV-313"):
        probe.program(make("mfw_nrf9160_1.3.7.zip"), Erase.ALL, job())
    application = make("other.bin")
    with pytest.raises(StationFault, match="DEV-309"):
        probe.program(replace(application, kind=ImageKind.MODEM), Erase.ALL, job())


# Locking


@pytest.mark.parametrize("profile", ["nrf9160", "nrf9151"])
@pytest.mark.parametrize("level", list(LockLevel))
def test_a_lock_holds_from_the_next_reset_until_a_recovery(
    bench: Bench, make: Callable[..., Image], profile: str, level: LockLevel
) -> None:
    board, probe, image = insert(bench, profile=profile), probe_of(bench), make()
    probe.program(image, Erase.ALL, job())
    probe.reset(5.0)
    probe.lock(level, 5.0)
    assert probe.look(5.0).protected is False
    probe.reset(5.0)
    assert (probe.look(5.0).protected, probe.look(5.0).level) == (True, level)
    assert bench.describe_board(board.serial)["protection"] == level
    for operation in (
        lambda: probe.program(image, Erase.ALL, job()),
        lambda: probe.verify(image, job()),
        lambda: probe.lock(level, 5.0),
        lambda: probe.protect_erase(5.0),
    ):
        with pytest.raises(UnitFault, match="DEV-312"):
            operation()
    probe.reset(5.0)
    assert not board.silent  # it still answers AT
    probe.recover(job())
    assert (probe.look(5.0).protected, probe.verify(image, job())) == (False, False)
    probe.reset(5.0)
    assert probe.look(5.0).protected is False
    assert (board.counters.recovered, board.counters.locked, board.image) == (1, 1, None)


def test_erase_protection_can_not_be_undone(bench: Bench, make: Callable[..., Image]) -> None:
    board, probe, image = insert(bench), probe_of(bench), make()
    probe.protect_erase(5.0)
    assert probe.look(5.0).erase_protected is False
    bench.power(1, on=False)
    bench.power(1, on=True)
    assert probe.look(5.0).erase_protected is True
    with pytest.raises(UnitFault, match="DEV-318"):
        probe.recover(job())
    with pytest.raises(UnitFault, match="DEV-305"):
        probe.program(image, Erase.ALL, job())
    assert (board.counters.recovered, board.silent) == (0, False)
    probe.program(image, Erase.TOUCHED, job())
    assert probe.verify(image, job())


@pytest.mark.parametrize(("trait", "code"), [("lock-refused", "DEV-320"), ("lock-ignored", None)])
def test_a_board_that_stays_open(bench: Bench, trait: str, code: str | None) -> None:
    insert(bench, faults={"traits": [trait]})
    probe = probe_of(bench)
    if code is None:
        probe.lock(LockLevel.ALL, 5.0)
    else:
        with pytest.raises(UnitFault, match=code):
            probe.lock(LockLevel.ALL, 5.0)
    probe.reset(5.0)
    assert probe.look(5.0).protected is False


def test_an_image_can_lock_by_itself_and_one_for_another_chip_does_nothing(
    bench: Bench, make: Callable[..., Image]
) -> None:
    board, probe = insert(bench), probe_of(bench)
    probe.program(make("locks.bin", b"simulated-framing:at_host simulated-lock:all"), Erase.ALL, job())
    assert probe.look(5.0).protected is False
    probe.reset(5.0)
    assert probe.look(5.0).protected is True
    assert not board.silent
    probe.recover(job())
    probe.program(make("alien.bin", b"simulated-lock:all simulated-family:nrf9160"), Erase.ALL, job())
    probe.reset(5.0)
    assert (probe.look(5.0).protected, board.silent) == (False, True)


@pytest.mark.parametrize("profile", ["nrf9160", "nrf9151"])
def test_a_hardened_chip_without_an_application_is_locked_where_the_bench_says_so(
    bench: Bench, make: Callable[..., Image], profile: str
) -> None:
    hardened = profile == "nrf9151"
    board = insert(bench, profile=profile, blank=True, faults={"traits": ["empty-is-locked"]})
    probe = probe_of(bench)
    assert probe.look(5.0).protected is hardened
    probe.recover(job())
    probe.reset(5.0)
    assert probe.look(5.0).protected is False
    bench.add_faults(board.serial, struck(do="power-off", at=0.3))
    with pytest.raises(UnitFault, match="DEV-308"):
        probe.program(make(), Erase.ALL, job())
    bench.power(1, on=True)
    assert probe.look(5.0).protected is hardened


def test_a_core_that_runs_locks_the_port_where_the_board_is_like_that(bench: Bench, make: Callable[..., Image]) -> None:
    insert(bench, faults={"traits": ["sleep-locks"]})
    probe = probe_of(bench)
    assert probe.look(5.0).protected is True
    probe.recover(job())
    probe.program(make(), Erase.ALL, job())
    assert probe.look(5.0).protected is False  # it stands still
    probe.reset(5.0)
    assert probe.look(5.0).protected is True


# What strikes in the middle


@pytest.mark.parametrize("at", [0.01, 0.37, 0.999, 1.0])
@pytest.mark.parametrize("do", ["power-off", "unplug", "drop", "fail"])
@pytest.mark.parametrize("erase", list(Erase))
def test_whatever_ends_a_flash_the_board_is_half_programmed_and_silent(
    bench: Bench, make: Callable[..., Image], do: str, at: float, erase: Erase
) -> None:
    board, probe, image = insert(bench), probe_of(bench), make()
    bench.add_faults(board.serial, struck(do=do, at=at))
    with pytest.raises(Fault) as caught:
        probe.program(image, erase, job())
    told = {"power-off": "DEV-308", "unplug": "DEV-303", "drop": "DEV-303", "fail": "DEV-309"}
    assert caught.value.code == told[do]
    assert is_outcome_unknown(caught.value) is (do in ("unplug", "drop"))
    bench.power(1, on=True)
    bench.plug_probe(1, plugged=True)
    probe.reset(5.0)
    assert (board.silent, probe.verify(image, job()), board.counters.programmed) == (True, False, 0)
    probe.program(image, erase, job())
    probe.reset(5.0)
    assert not board.silent
    assert probe.verify(image, job())


@pytest.mark.parametrize("at", [0.25, 0.5, 1.0])
def test_a_fault_strikes_just_where_it_says(bench: Bench, make: Callable[..., Image], at: float) -> None:
    board, probe, seen = insert(bench, blank=True, faults=struck(do="power-off", at=at)), probe_of(bench), list[float]()
    with pytest.raises(UnitFault, match="DEV-308"):
        probe.program(make(content=bytes(10_001)), Erase.ALL, job(seen.append))
    assert board.flash.read(0, 10_001).count(0) == 10_000 * at
    assert all(part < at for part in seen)


def test_before_it_begins_nothing_is_lost(bench: Bench, make: Callable[..., Image]) -> None:
    board, probe = insert(bench, faults=struck(do="power-off", at=0.0)), probe_of(bench)
    with pytest.raises(UnitFault, match="DEV-308"):
        probe.program(make(), Erase.ALL, job())
    bench.power(1, on=True)
    assert (board.silent, board.counters.erased) == (False, 0)


def test_power_that_fails_for_a_moment_comes_back_by_itself(bench: Bench, make: Callable[..., Image]) -> None:
    board, probe = insert(bench, faults=struck(do="power-off", at=0.5, seconds=0.01)), probe_of(bench)
    with pytest.raises(UnitFault, match="DEV-308"):
        probe.program(make(), Erase.ALL, job())
    assert probe.look(5.0).powered
    assert (board.silent, board.counters.power_cuts) == (True, 1)


def test_a_probe_pulled_out_for_a_moment_comes_back_by_itself(bench: Bench, make: Callable[..., Image]) -> None:
    insert(bench, faults=struck(do="unplug", at=0.5, seconds=0.05))
    probe = probe_of(bench)
    with pytest.raises(StationFault, match="DEV-303"):
        probe.program(make(), Erase.ALL, job())
    wait_until(lambda: probe.find(5.0) is not None)
    assert probe.look(5.0).powered


def test_a_modem_update_that_ends_in_the_middle_leaves_no_modem(bench: Bench, make: Callable[..., Image]) -> None:
    board, probe, package = insert(bench), probe_of(bench), make("mfw_nrf91x1_2.0.2.zip")
    bench.add_faults(board.serial, struck(do="fail", code="NVMC", at=0.1, image="mfw"))
    probe.program(make(), Erase.TOUCHED, job())  # the fault is for the other image
    with pytest.raises(UnitFault, match="DEV-319"):
        probe.program(package, Erase.TOUCHED, job())
    probe.reset(5.0)
    assert (board.silent, probe.verify(package, job())) == (True, False)
    probe.program(package, Erase.TOUCHED, job())
    probe.reset(5.0)
    assert not board.silent


@pytest.mark.parametrize("profile", ["nrf9160", "nrf9151"])
def test_a_recovery_that_ends_in_the_middle_has_erased_and_not_opened(bench: Bench, profile: str) -> None:
    board, probe = insert(bench, profile=profile, protected=True), probe_of(bench)
    bench.add_faults(board.serial, struck(do="fail", op="recover", code="RECOVER"))
    with pytest.raises(UnitFault, match="DEV-318"):
        probe.recover(job())
    assert (probe.look(5.0).protected, board.image, board.counters.recovered) == (True, None, 0)
    probe.reset(5.0)
    assert probe.look(5.0).protected is (profile == "nrf9151")  # an erased UICR is open on the other
    probe.recover(job())
    assert probe.look(5.0).protected is False


@pytest.mark.parametrize(("do", "done"), [("lose-answer", True), ("drop", False), ("power-off", False)])
def test_a_lock_whose_end_nobody_saw_is_unknown(bench: Bench, do: str, done: bool) -> None:
    insert(bench, faults=struck(do=do, op="lock"))
    probe = probe_of(bench)
    with pytest.raises(StationFault, match="DEV-303") as caught:
        probe.lock(LockLevel.ALL, 5.0)
    assert is_outcome_unknown(caught.value)
    bench.power(1, on=True)
    probe.reset(5.0)
    assert probe.look(5.0).protected is done


@pytest.mark.parametrize("op", ["look", "recover", "program", "verify", "reset", "lock", "protect-erase", "find"])
def test_whatever_hangs_has_an_end(bench: Bench, make: Callable[..., Image], op: str) -> None:
    insert(bench, faults=struck(do="hang", op=op))
    probe, image = probe_of(bench), make()
    operations: dict[str, Callable[[], object]] = {
        "look": lambda: probe.look(0.2),
        "recover": lambda: probe.recover(job(timeout=0.2)),
        "program": lambda: probe.program(image, Erase.ALL, job(timeout=0.2)),
        "verify": lambda: probe.verify(image, job(timeout=0.2)),
        "reset": lambda: probe.reset(0.2),
        "lock": lambda: probe.lock(LockLevel.ALL, 0.2),
        "protect-erase": lambda: probe.protect_erase(0.2),
        "find": lambda: probe.find(0.2),
    }
    with pytest.raises(StationFault, match="DEV-303"):
        operations[op]()
    assert probe.look(5.0).powered  # at once: who looks right after giving up finds no busy probe


def test_one_fault_for_any_operation(bench: Bench) -> None:
    insert(bench, faults=struck(do="fail", op="any", nth=2, code="SILENT"))
    probe = probe_of(bench)
    assert probe.find(5.0) is not None
    probe.look(5.0)
    with pytest.raises(UnitFault, match="DEV-316"):
        probe.reset(5.0)
    probe.reset(5.0)


def test_the_hard_stop_ends_a_flash_at_once(slow: Bench, make: Callable[..., Image]) -> None:
    board, probe, stop = insert(slow), probe_of(slow), Stop()
    with pytest.raises(Cancelled):
        probe.program(make(), Erase.ALL, job(lambda _part: stop.request(), stop=stop))
    assert probe.look(5.0).powered
    assert (board.silent, board.counters.programmed) == (True, 0)


@pytest.mark.parametrize("what", ["the probe is pulled", "the power fails", "the board is taken out"])
def test_what_happens_from_outside_ends_a_flash(slow: Bench, make: Callable[..., Image], what: str) -> None:
    board, probe = insert(slow), probe_of(slow)
    act, code = {
        "the probe is pulled": (lambda: slow.plug_probe(1, plugged=False), "PROBE_LOST"),
        "the power fails": (lambda: slow.power(1, on=False), "LOW_VOLTAGE"),
        "the board is taken out": (lambda: slow.remove(1), "NO_TARGET"),
    }[what]
    begun = threading.Event()
    hand = threading.Thread(target=lambda: (begun.wait(10), act()))
    hand.start()
    with pytest.raises(Fault) as caught:
        probe.program(make(), Erase.ALL, job(lambda _part: begun.set()))
    hand.join(10)
    assert caught.value.detail.startswith(code)
    assert (board.image, board.counters.programmed) == (None, 0)


def test_a_reset_can_take_the_port_away_for_a_moment(bench: Bench) -> None:
    insert(bench, faults={"traits": ["reenumerates"]})
    port = Path(bench.port_address(1))
    assert port.exists()
    probe_of(bench).reset(5.0)
    assert not port.exists()
    wait_until(port.exists)


def test_requests_name_a_probe_by_its_serial_number_too(bench: Bench) -> None:
    insert(bench, 2)
    host, _, port = bench.probe_address.rpartition(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        lines = connection.makefile()

        def ask(**request: object) -> dict[str, Any]:
            connection.sendall(json.dumps(request).encode() + b"\n")
            answer: dict[str, Any] = json.loads(lines.readline())
            return answer

        assert [row["serial"] for row in ask(op="list")["probes"]] == [f"00105120000{slot}" for slot in (1, 2, 3)]
        assert ask(op="find", probe="1051200002")["slot"] == 2
        assert ask(op="look", probe="001051200002")["family"] == "nrf91x1"
        assert ask(op="look", probe="001051200001")["error"] == "NO_TARGET"
        assert ask(op="look", probe="960000000")["error"] == "NO_PROBE"
        bench.plug_probe(2, plugged=False)
        assert [row["slot"] for row in ask(op="list")["probes"]] == [1, 3]


def test_thirty_two_slots_flash_at_once_and_none_waits_for_another(tmp_path: Path, make: Callable[..., Image]) -> None:
    seconds, image = 2.0, make(content=b"simulated-framing:at_host" + bytes(200_000))
    timings = replace(Timings.none(), app_flash=Span(seconds, seconds))
    with Bench(tmp_path / "wide", 32, timings) as bench:
        boards = [insert(bench, slot, blank=True) for slot in range(1, 33)]
        took: dict[int, float] = {}

        def flash(slot: int) -> None:
            begun = CLOCK.monotonic()
            probe_of(bench, slot).program(image, Erase.ALL, job())
            took[slot] = CLOCK.monotonic() - begun

        threads = [threading.Thread(target=flash, args=(slot,)) for slot in range(1, 33)]
        begun = CLOCK.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        whole = CLOCK.monotonic() - begun
        assert len(took) == 32
        assert all(board.flash.holds(((0, image.path.read_bytes()),)) for board in boards)
        # Each takes 2.6 s alone, and one after the other 83 s; two cores that also run other tests get some room.
        assert whole < 8 * seconds, (whole, took)
