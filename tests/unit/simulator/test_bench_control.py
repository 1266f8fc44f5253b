"""The bench's control API and its probes, over their sockets."""

import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from station.host.clock import SystemClock
from station.simulator.bench import Bench
from station.simulator.modem import Modem
from station.simulator.timings import Span, Timings

TAG = 16842753


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path / "bench", 3, Timings.none(), seed=5) as started:
        yield started


def call(bench: Bench, method: str, path: str, body: object = None, status: int = 200) -> object:
    answer = requests.request(method, bench.control_url + path, json=body, timeout=10)
    assert answer.status_code == status, answer.text
    return answer.json()


def tell(serial: str, bench: Bench, *commands: str) -> None:
    modem = Modem(bench.board(serial), Timings.none(), SystemClock())
    for command in commands:
        assert modem.execute(command).final == "OK\r\n"


class Driver:
    """A driver's end of a probe connection."""

    def __init__(self, bench: Bench) -> None:
        host, _, port = bench.probe_address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), 10)
        self._buffer = b""

    def close(self) -> None:
        self.socket.close()

    def send(self, **request: object) -> None:
        self.socket.sendall(json.dumps(request).encode() + b"\n")

    def answer(self) -> dict[str, object]:
        while b"\n" not in self._buffer:
            data = self.socket.recv(4096)
            assert data, "hung up"
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        value: dict[str, object] = json.loads(line)
        return value

    def ask(self, **request: object) -> tuple[list[object], dict[str, object]]:
        self.send(**request)
        progress = []
        while "progress" in (answer := self.answer()):
            progress.append(answer["progress"])
        return progress, answer


@pytest.fixture
def dial() -> Iterator[Callable[[Bench], Driver]]:
    """Connections to probes, hung up when the test is over."""
    with ExitStack() as stack:
        yield lambda bench: stack.enter_context(closing(Driver(bench)))


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "provisioning.hex"
    path.write_bytes(b":00000001FF\n")
    return path


def test_bench_json_names_everything_and_is_private(bench: Bench) -> None:
    path = bench.folder / "bench.json"
    told = json.loads(path.read_text())
    assert (told["control"], told["probes"]) == (bench.control_url, bench.probe_address)
    assert told["ports"] == {str(slot): bench.port_address(slot) for slot in (1, 2, 3)}
    assert path.stat().st_mode & 0o077 == 0
    bench.stop()
    assert not path.exists()


def test_boards_are_put_in_and_taken_out(bench: Bench) -> None:
    board = call(bench, "POST", "/slots/2", {"serial": "SN7", "profile": "nrf9160"})
    assert isinstance(board, dict)
    assert (board["serial"], board["model"]) == ("SN7", "nRF9160-SICA")
    slots = call(bench, "GET", "/slots")
    assert isinstance(slots, list)
    assert [slot["board"] for slot in slots] == [None, "SN7", None]
    assert Path(slots[1]["port"]).exists()
    call(bench, "POST", "/slots/2", {"serial": "SN8"}, status=409)
    call(bench, "POST", "/slots/9", {}, status=409)
    call(bench, "DELETE", "/slots/2")
    assert not Path(slots[1]["port"]).exists()
    call(bench, "POST", "/slots/1", {"serial": "SN7"})
    again = call(bench, "GET", "/boards/SN7")
    assert isinstance(again, dict)
    assert (again["imei"], again["model"]) == (board["imei"], "nRF9160-SICA")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/slots/1", {"profile": "nrf52"}, 400),
        ("POST", "/slots/1", {"faults": {"commands": [{"do": "explode"}]}}, 400),
        ("POST", "/slots/1", {"color": "red"}, 400),
        ("POST", "/slots/1", {"serial": "with space"}, 400),
        ("POST", "/slots/1", [], 400),
        ("POST", "/slots/1/power", {"on": "yes"}, 400),
        ("POST", "/slots/1/reset", None, 404),
        ("GET", "/boards/NOBODY", None, 404),
        ("GET", "/nothing", None, 404),
        ("DELETE", "/boards/NOBODY", None, 404),
    ],
)
def test_wrong_requests_are_refused_with_a_sentence(
    bench: Bench, method: str, path: str, body: object, status: int
) -> None:
    told = call(bench, method, path, body, status)
    assert isinstance(told, dict)
    assert len(str(told["error"])) > 10


def test_the_truth_about_a_board(bench: Bench) -> None:
    call(bench, "POST", "/slots/1", {"serial": "SN1"})
    tell("SN1", bench, f"AT%KEYGEN={TAG},2,0", f'AT%CMNG=0,{TAG},4,"psk"')
    told = call(bench, "GET", "/boards/SN1")
    assert isinstance(told, dict)
    psk, key = sorted((row for row in told["credentials"] if row["sec_tag"] == TAG), key=lambda row: -row["type"])
    assert (psk["type"], psk["sha256"]) == (4, hashlib.sha256(b"psk").hexdigest())
    assert "private_key" not in json.dumps(told)
    public = serialization.load_der_public_key(bytes.fromhex(key["public_key"]))
    assert isinstance(public, ec.EllipticCurvePublicKey)
    signed = call(bench, "POST", "/boards/SN1/sign", {"sec_tag": TAG, "data": b"challenge".hex()})
    assert isinstance(signed, dict)
    public.verify(bytes.fromhex(signed["signature"]), b"challenge", ec.ECDSA(hashes.SHA256()))
    shown = call(bench, "GET", "/boards/SN1?private=1")
    assert isinstance(shown, dict)
    private = next(row["private_key"] for row in shown["credentials"] if row["type"] == 2)
    assert serialization.load_pem_private_key(private.encode(), None).public_key() == public


def test_the_boards_log_and_faults_at_run_time(bench: Bench) -> None:
    call(bench, "POST", "/slots/1", {"serial": "SN1"})
    call(bench, "POST", "/boards/SN1/faults", {"traits": ["no-imei"], "commands": [{"do": "error"}]})
    told = call(bench, "GET", "/boards/SN1")
    assert isinstance(told, dict)
    assert told["traits"] == ["no-imei"]
    assert Modem(bench.board("SN1"), Timings.none(), SystemClock()).execute("AT+CGSN").text == "ERROR\r\n"
    assert call(bench, "GET", "/boards/SN1/log") == []
    listed = call(bench, "GET", "/boards")
    assert isinstance(listed, list)
    assert [row["serial"] for row in listed] == ["SN1"]


def test_faults_can_be_taken_back(bench: Bench) -> None:
    faults = {"traits": ["no-imei", "full-store"], "commands": [{"do": "error", "times": 0}]}
    call(bench, "POST", "/slots/1", {"serial": "SN1", "faults": faults})
    modem = Modem(bench.board("SN1"), Timings.none(), SystemClock())
    assert modem.execute("AT+CGSN").text == "ERROR\r\n"
    call(bench, "DELETE", "/boards/SN1/faults")
    assert modem.execute("AT+CGSN").final == "OK\r\n"
    tell("SN1", bench, f"AT%KEYGEN={TAG},2,0")
    assert bench.board("SN1").plan.at_command("AT") is None


@pytest.mark.parametrize("body", [{}, {"plugged": "yes"}, {"plugged": 1}])
def test_a_probe_is_plugged_or_it_is_not(bench: Bench, body: dict[str, object]) -> None:
    call(bench, "POST", "/slots/1/probe", body, status=400)
    call(bench, "POST", "/slots/9/probe", {"plugged": True}, status=409)


def test_power_is_switched(bench: Bench, dial: Callable[[Bench], Driver]) -> None:
    call(bench, "POST", "/slots/1", {"serial": "SN1"})
    call(bench, "POST", "/slots/1/power", {"on": False})
    assert bench.describe_slots()[0]["powered"] is False
    assert bench.board("SN1").counters.power_cuts == 1
    _, answer = dial(bench).ask(op="look", slot=1)
    assert answer["error"] == "LOW_VOLTAGE"
    call(bench, "POST", "/slots/1/power", {"on": True})
    assert bench.describe_slots()[0]["powered"] is True


def test_a_blank_board_is_programmed_and_starts_with_the_reset(
    bench: Bench, image: Path, dial: Callable[[Bench], Driver]
) -> None:
    board = bench.insert(1, bench.new_board({"blank": True}))
    driver = dial(bench)
    sha256 = hashlib.sha256(image.read_bytes()).hexdigest()
    progress, answer = driver.ask(op="program", slot=1, image=str(image), sha256=sha256)
    assert answer == {"done": True}
    assert (progress[0], progress[-1]) == (0.0, 1.0)
    assert board.silent
    _, answer = driver.ask(op="verify", slot=1, image=str(image), sha256=sha256)
    assert answer == {"done": True}
    assert driver.ask(op="reset", slot=1)[1] == {"done": True}
    assert not board.silent
    _, looked = driver.ask(op="look", slot=1)
    assert (looked["image"], looked["part"], looked["halted"]) == (sha256, "NRF9120_xxAA_REV3", False)


def test_a_probe_refuses_what_it_can_not_do(
    bench: Bench, image: Path, tmp_path: Path, dial: Callable[[Bench], Driver]
) -> None:
    bench.insert(1)
    foreign = tmp_path / "mfw_nrf9160_1.3.5.zip"
    foreign.write_bytes(b"PK")
    driver = dial(bench)
    for request, code in (
        ({"op": "program", "slot": 2, "image": str(image)}, "NO_TARGET"),
        ({"op": "program", "slot": 1, "image": str(image), "sha256": "00" * 32}, "IMAGE_CHANGED"),
        ({"op": "program", "slot": 1, "image": str(tmp_path / "none.hex")}, "FILE"),
        ({"op": "program", "slot": 1, "image": str(foreign)}, "WRONG_FAMILY"),
        ({"op": "program", "slot": 1}, "REQUEST"),
        ({"op": "verify", "slot": 1, "image": str(image)}, "VERIFY"),
        ({"op": "explode", "slot": 1}, "REQUEST"),
        ({"slot": 1}, "REQUEST"),
    ):
        _, answer = driver.ask(**request)
        assert answer["error"] == code, answer
        assert answer["text"]
    assert driver.ask(op="reset", slot=1)[1] == {"done": True}  # verifying left the core standing still
    assert not bench.board("SIM000001").silent


@pytest.mark.parametrize(
    ("fault", "code", "silent"),
    [
        ({"do": "fail", "code": "NVMC", "text": "it burns", "at": 0.5}, "NVMC", True),
        ({"do": "fail", "op": "look"}, "PROBE", False),
        ({"do": "wrong-content"}, None, True),
    ],
)
def test_probe_faults(
    bench: Bench, image: Path, fault: dict[str, object], code: str | None, silent: bool, dial: Callable[[Bench], Driver]
) -> None:
    board = bench.insert(1, bench.new_board({"faults": {"probe": [fault]}}))
    driver = dial(bench)
    _, answer = driver.ask(op=fault.get("op", "program"), slot=1, image=str(image))
    assert answer.get("error") == code
    assert board.silent == silent
    if code is None:
        assert driver.ask(op="verify", slot=1, image=str(image))[1]["error"] == "VERIFY"
    for request in ({"op": "program"}, {"op": "verify"}, {"op": "reset"}):  # the second time it works
        _, answer = driver.ask(slot=1, image=str(image), **request)
        assert answer == {"done": True}
    assert not board.silent


def test_a_probe_can_drop_its_driver(bench: Bench, image: Path, dial: Callable[[Bench], Driver]) -> None:
    bench.insert(1, bench.new_board({"faults": {"probe": [{"do": "drop"}]}}))
    driver = dial(bench)
    driver.send(op="program", slot=1, image=str(image))
    assert driver.answer() == {"progress": 0.0}
    assert driver.socket.recv(100) == b""


def test_a_killed_driver_leaves_a_board_half_programmed_and_the_probe_free(
    tmp_path: Path, image: Path, dial: Callable[[Bench], Driver]
) -> None:
    slow = replace(Timings.none(), app_flash=Span(2.0, 2.0))
    with Bench(tmp_path / "bench", 1, slow) as bench:
        board = bench.insert(1)
        killed = dial(bench)
        killed.send(op="program", slot=1, image=str(image))
        assert killed.answer() == {"progress": 0.0}
        busy = dial(bench)
        assert busy.ask(op="look", slot=1)[1]["error"] == "PROBE_BUSY"
        killed.socket.close()
        clock, event = SystemClock(), threading.Event()
        for _ in range(200):
            _, answer = busy.ask(op="look", slot=1)
            if "done" in answer:
                break
            clock.wait(event, 0.02)
        assert answer["image"] is None
        assert board.silent
        assert board.counters.programmed == 0


@pytest.mark.parametrize(("taken_out", "code"), [(True, "NO_TARGET"), (False, "LOW_VOLTAGE")])
def test_a_board_that_goes_away_is_not_programmed_any_further(
    tmp_path: Path, image: Path, dial: Callable[[Bench], Driver], taken_out: bool, code: str
) -> None:
    with Bench(tmp_path / "bench", 1, replace(Timings.none(), app_flash=Span(1.0, 1.0))) as bench:
        board = bench.insert(1)
        driver = dial(bench)
        driver.send(op="program", slot=1, image=str(image))
        assert driver.answer() == {"progress": 0.0}
        if taken_out:
            bench.remove(1)
            bench.insert(1)
        else:
            bench.power(1, on=False)
        while "progress" in (answer := driver.answer()):
            pass
        assert answer["error"] == code
        assert (board.image, board.counters.programmed) == (None, 0)


def test_an_erase_can_lose_the_credentials(bench: Bench, image: Path, dial: Callable[[Bench], Driver]) -> None:
    kept = bench.insert(1)
    lost = bench.insert(2, bench.new_board({"faults": {"traits": ["erase-loses-credentials"]}}))
    driver = dial(bench)
    for slot, board in ((1, kept), (2, lost)):
        tell(board.serial, bench, f"AT%KEYGEN={TAG},2,0")
        driver.ask(op="program", slot=slot, image=str(image))
    assert kept.key(TAG) is not None
    assert lost.key(TAG) is None


def test_flashing_can_be_undone_by_the_next_power_cut(
    bench: Bench, image: Path, dial: Callable[[Bench], Driver]
) -> None:
    board = bench.insert(1, bench.new_board({"faults": {"traits": ["image-lost-on-power-cut"]}}))
    driver = dial(bench)
    driver.ask(op="program", slot=1, image=str(image), reset=True)
    assert not board.silent
    bench.power(1, on=False)
    bench.power(1, on=True)
    assert board.silent
    assert driver.ask(op="verify", slot=1, image=str(image))[1]["error"] == "VERIFY"
