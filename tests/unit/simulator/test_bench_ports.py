"""Boards in slots: ports that come and go, as a station sees them through pyserial."""

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import serial

from station.domain.faults import Fault
from station.host.clock import SystemClock
from station.simulator.bench import Bench
from station.simulator.faults import BoardFaults, CommandFault, Do, FaultScript, Trait
from station.simulator.timings import Span, Timings

needs_pty = pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals on Windows")
# pyserial 3.5's own client sets its reader thread up in the old way.
old_client = pytest.mark.filterwarnings("ignore:set(Daemon|Name).. is deprecated:DeprecationWarning")
BOTH = [pytest.param("pty", marks=needs_pty), "rfc2217"]
TAG = 16842753
BANNER = (
    b"*** Booting nRF Connect SDK v2.9.0-7787b2649840 ***\r\n"
    b"*** Using Zephyr OS v3.7.99-1f8f3dc29142 ***\r\n"
    b"The AT host sample started\r\n"
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path, 4, Timings.none()) as started:
        yield started


def open_port(bench: Bench, slot: int, baud: int = 115200) -> serial.Serial:
    return serial.serial_for_url(bench.port_address(slot), baudrate=baud, timeout=0.2, rtscts=True)


def hear(port: serial.Serial, end: bytes, seconds: float = 5.0) -> bytes:
    heard, until = b"", time.monotonic() + seconds
    while not heard.endswith(end) and time.monotonic() < until:
        heard += port.read(port.in_waiting or 1)
    assert heard.endswith(end), heard
    return heard


def ask(port: serial.Serial, command: str, end: bytes = b"OK\r\n") -> bytes:
    port.write(command.encode() + b"\r")
    return hear(port, end)


def wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    clock, event, until = SystemClock(), threading.Event(), time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        clock.wait(event, 0.005)


def gone(port: serial.Serial) -> bool:
    """Whether the port vanishes within some seconds, as pyserial tells it."""
    try:
        for _ in range(25):
            port.read(1)
    except serial.SerialException:
        return True
    return False


@old_client
@pytest.mark.parametrize("transport", BOTH)
def test_a_board_arrives_answers_and_leaves(tmp_path: Path, transport: str) -> None:
    with Bench(tmp_path, 2, Timings.none(), transport=transport) as bench:
        with pytest.raises(serial.SerialException):
            open_port(bench, 2)
        board = bench.insert(2)
        with open_port(bench, 2) as port:
            assert ask(port, "AT+CGSN") == f"{board.imei}\r\nOK\r\n".encode()
            assert ask(port, f"AT%KEYGEN={TAG},2,0").startswith(b'%KEYGEN: "')
            port.write(b'AT%CMNG=0,9,4,"\xff\xfe"\r')  # 0xFF is Telnet's escape
            hear(port, b"OK\r\n")
            assert b'"\xff\xfe"' in ask(port, "AT%CMNG=2,9,4")
            bench.remove(2)
            assert gone(port)
        with pytest.raises(serial.SerialException):
            open_port(bench, 2)
        bench.insert(2, board)
        with open_port(bench, 2) as port:
            assert f"%CMNG: {TAG},2,".encode() in ask(port, "AT%CMNG=1")


@needs_pty
def test_a_port_can_be_closed_and_opened_again(bench: Bench) -> None:
    board = bench.insert(1)
    for _ in range(3):
        with open_port(bench, 1) as port:
            assert ask(port, "AT+CGSN") == f"{board.imei}\r\nOK\r\n".encode()


@needs_pty
def test_nothing_is_echoed_to_whoever_opens_a_port_plainly(bench: Bench) -> None:
    board = bench.insert(1)
    handle = os.open(bench.port_address(1), os.O_RDWR | os.O_NOCTTY)
    try:
        heard = b""
        os.write(handle, b"AT+CGSN\r")
        while not heard.endswith(b"OK\r\n"):
            heard += os.read(handle, 4096)
    finally:
        os.close(handle)
    assert heard.removeprefix(BANNER) == board.imei.encode() + b"\r\nOK\r\n"


@needs_pty
def test_a_wrong_speed_gets_no_answer(bench: Bench) -> None:
    bench.insert(1)
    with open_port(bench, 1, baud=9600) as port:
        port.write(b"AT\r")
        assert port.read(100) == b""
        port.baudrate = 115200
        assert ask(port, "AT") == b"OK\r\n"


@needs_pty
def test_ports_are_as_many_as_slots_and_each_its_own(tmp_path: Path) -> None:
    with Bench(tmp_path, 32, Timings.none()) as bench:
        boards = [bench.insert(slot) for slot in range(1, 33)]
        heard: dict[int, bytes] = {}

        def talk(slot: int) -> None:
            with open_port(bench, slot) as port:
                for _ in range(20):
                    heard[slot] = ask(port, "AT+CGSN")

        threads = [threading.Thread(target=talk, args=(slot,)) for slot in range(1, 33)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert heard == {slot: f"{board.imei}\r\nOK\r\n".encode() for slot, board in enumerate(boards, 1)}


@needs_pty
def test_bytes_take_their_time_at_a_realistic_pace(tmp_path: Path) -> None:
    with Bench(tmp_path, 1, replace(Timings.none(), paced=True)) as bench:
        bench.insert(1)
        with open_port(bench, 1) as port:
            began = time.monotonic()
            answer = ask(port, f"AT%KEYGEN={TAG},2,0")
            took = time.monotonic() - began
    assert len(answer) > 560
    assert took > len(answer) * 10 / 115200


@needs_pty
@pytest.mark.parametrize("do", [Do.RESET_BEFORE, Do.RESET_AFTER, Do.RESET_MIDWAY])
def test_a_reset_shows_the_boot_banner_and_forgets_settings(bench: Bench, do: Do) -> None:
    bench.insert(1, bench.new_board({"faults": {"commands": [{"do": do, "match": "CGMI"}]}}))
    with open_port(bench, 1) as port:
        ask(port, "AT+CMEE=1")
        assert b"*** Booting" in ask(port, "AT+CGMI", b"The AT host sample started\r\n")
        assert ask(port, "AT+CMEE?") == b"+CMEE: 0\r\nOK\r\n"


@needs_pty
def test_a_vanished_port_comes_back_by_itself_or_with_a_reset(tmp_path: Path) -> None:
    script = FaultScript(
        every=BoardFaults(
            commands=(
                CommandFault(do=Do.VANISH, match="CGMI", seconds=0.1),
                CommandFault(do=Do.VANISH_AFTER, match="CGMM"),
            )
        )
    )
    with Bench(tmp_path, 1, Timings.none(), script=script) as bench:
        bench.insert(1)
        for command, comes_back in (("AT+CGMI", True), ("AT+CGMM", False)):
            with open_port(bench, 1) as port:
                port.write(command.encode() + b"\r")
                assert gone(port)
            if comes_back:
                wait_for(lambda: bench.describe_slots()[0]["port_open"] is True)
            else:
                assert bench.describe_slots()[0]["port_open"] is False
                bench.reset(1)
            with open_port(bench, 1) as port:
                assert ask(port, "AT") == b"OK\r\n"


@needs_pty
def test_power_off_silences_and_power_on_boots(bench: Bench) -> None:
    board = bench.insert(1)
    with open_port(bench, 1) as port:
        ask(port, "AT+CFUN=1")
        bench.power(1, on=False)
        port.write(b"AT\r")
        assert port.read(100) == b""
        bench.power(1, on=True)
        hear(port, b"The AT host sample started\r\n")
        assert ask(port, "AT+CFUN?") == b"+CFUN: 4\r\nOK\r\n"
    assert (board.counters.boots, board.counters.power_cuts) == (2, 1)


@needs_pty
def test_a_hanging_board_is_freed_by_a_reset(bench: Bench) -> None:
    bench.insert(1, bench.new_board({"faults": {"commands": [{"do": "hang", "match": "KEYGEN"}]}}))
    with open_port(bench, 1) as port:
        port.write(f"AT%KEYGEN={TAG},2,0\r".encode())
        assert port.read(100) == b""
        bench.reset(1)
        hear(port, b"The AT host sample started\r\n")
        assert ask(port, "AT") == b"OK\r\n"


@needs_pty
def test_after_a_reset_work_takes_its_time_again(tmp_path: Path) -> None:
    with Bench(tmp_path, 1, replace(Timings.none(), command=Span(0.05, 0.05))) as bench:
        bench.insert(1)
        with open_port(bench, 1) as port:
            for _ in range(2):
                bench.reset(1)
                hear(port, b"The AT host sample started\r\n")
                assert ask(port, "AT+CGMI") == b"Nordic Semiconductor ASA\r\nOK\r\n"


@needs_pty
def test_taking_a_board_out_cuts_its_power(bench: Bench) -> None:
    board = bench.insert(1, bench.new_board({"faults": {"traits": [Trait.UNFLUSHED_LOST]}}))
    with open_port(bench, 1) as port:
        ask(port, f'AT%CMNG=0,{TAG},4,"kept"')
        ask(port, "AT+CFUN=0")
        ask(port, f'AT%CMNG=0,{TAG},3,"aa"')
    bench.remove(1)
    assert [item.type for item in board.stored() if item.sec_tag == TAG] == [4]


@needs_pty
def test_a_flood_nobody_reads_does_not_stop_the_bench(bench: Bench) -> None:
    flood = {"do": "flood", "match": "CGMI", "size": 200_000}
    bench.insert(1, bench.new_board({"faults": {"commands": [flood]}}))
    with open_port(bench, 1) as port:
        port.write(b"AT+CGMI\r")
        bench.reset(1)
        assert port.read(1)
    began = time.monotonic()
    bench.remove(1)
    assert time.monotonic() - began < 5


@needs_pty
def test_a_board_speaks_unasked(bench: Bench) -> None:
    bench.insert(1)
    with open_port(bench, 1) as port:
        bench.say(1, "+CEREG: 2")
        assert hear(port, b"+CEREG: 2\r\n")


@needs_pty
def test_a_blank_board_says_nothing(bench: Bench) -> None:
    bench.insert(1, bench.new_board({"blank": True}))
    with open_port(bench, 1) as port:
        port.write(b"AT\r")
        assert port.read(100) == b""


@needs_pty
def test_what_comes_while_a_board_boots_is_lost(tmp_path: Path) -> None:
    with Bench(tmp_path, 1, replace(Timings.none(), boot=Span(0.3, 0.3))) as bench:
        bench.insert(1)
        with open_port(bench, 1) as port:
            port.write(b"AT\r")
            assert hear(port, b"started\r\n").endswith(b"The AT host sample started\r\n")
            assert port.read(100) == b""
            assert ask(port, "AT") == b"OK\r\n"


@needs_pty
def test_a_bench_clears_what_a_killed_one_left(tmp_path: Path) -> None:
    (tmp_path / "slot2").symlink_to("/dev/null")
    with Bench(tmp_path, 2, Timings.none()) as bench:
        assert not os.path.lexists(bench.port_address(2))
        bench.insert(2)
        assert str(Path(bench.port_address(2)).resolve()) != "/dev/null"


def test_a_slot_takes_one_board_and_a_board_one_slot(bench: Bench) -> None:
    board = bench.insert(1)
    for slot, code in ((1, "SIM-103"), (2, "SIM-104"), (9, "SIM-102")):
        with pytest.raises(Fault) as caught:
            bench.insert(slot, bench.new_board() if slot == 1 else board)
        assert caught.value.code == code
    bench.remove(3)  # nothing is in it


@pytest.mark.skipif(sys.platform == "win32", reason="there a port can't be kept and used")
def test_nobody_else_gets_the_port_of_an_empty_slot(tmp_path: Path) -> None:
    """What runs beside a bench took it now and then, and the next board could not be put in."""
    with Bench(tmp_path, 1, Timings.none(), transport="rfc2217") as bench:
        number = int(bench.port_address(1).rpartition(":")[2])
        for _ in range(2):
            with socket.socket() as other, pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", number))
            bench.insert(1)
            bench.remove(1)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", number))  # given back


def test_rfc2217_listens_only_while_a_board_is_in(tmp_path: Path) -> None:
    with Bench(tmp_path, 1, Timings.none(), transport="rfc2217") as bench:
        number = int(bench.port_address(1).rpartition(":")[2])
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", number), 2)
            bench.insert(1)
            socket.create_connection(("127.0.0.1", number), 2).close()
            bench.remove(1)
