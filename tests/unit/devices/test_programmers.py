"""Programmers: what a probe may answer, and what the station makes of it, over real sockets."""

import contextlib
import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from station.devices.faults import is_outcome_unknown
from station.devices.programmers import NoProgrammer
from station.devices.protocols import Image, Programmer, Target
from station.devices.simulated_probe import SimulatedProgrammer
from station.domain.faults import Cancelled, Fault, StationFault, UnitFault
from station.domain.ids import Sha256
from station.host.clock import Stop, SystemClock

CLOCK = SystemClock()
DONE = {"done": True}
FACTORY = "ab" * 32

Script = dict[str, list[dict[str, object] | bytes | None]]


class Probe:
    """A scripted probe: for each operation the answers it gives. None hangs, and at the end of a list it hangs up."""

    def __init__(self) -> None:
        self.script: Script = {}
        self.requests: list[dict[str, Any]] = []
        self.hung_up = threading.Event()
        self.on_request: Callable[[], None] = lambda: None
        self._listener = socket.create_server(("127.0.0.1", 0))
        host, port = self._listener.getsockname()
        self.address = f"{host}:{port}"
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        request = json.loads(connection.makefile().readline())
        self.requests.append(request)
        for answer in self.script[request["op"]]:
            if answer is None:
                self.on_request()
                # Closed with something unread in it, the connection ends in a reset: hung up all the same.
                with contextlib.suppress(ConnectionResetError):
                    while connection.recv(100):
                        pass
                self.hung_up.set()
                return
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode() + b"\n"
            connection.sendall(data)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def probe() -> Iterator[Probe]:
    probe = Probe()
    yield probe
    probe.close()


@pytest.fixture
def driver(probe: Probe, tmp_path: Path) -> SimulatedProgrammer:
    (tmp_path / "bench.json").write_text(json.dumps({"probes": probe.address}), encoding="utf-8")
    return SimulatedProgrammer(tmp_path, 3, CLOCK, look_timeout=1.0, program_timeout=1.0)


@pytest.fixture
def image(tmp_path: Path) -> Image:
    path = tmp_path / "app.hex"
    path.write_bytes(b":00000001FF\n")
    return Image(path, Sha256(hashlib.sha256(b":00000001FF\n").hexdigest()))


def test_programming_verifies_and_tells_how_far_it_is(probe: Probe, driver: SimulatedProgrammer, image: Image) -> None:
    probe.script = {
        "program": [{"progress": 0.0}, {"progress": 0.5}, {"progress": 1.0}, DONE],
        "verify": [{"progress": 0.5}, DONE],
    }
    seen: list[float] = []
    driver.program(image, seen.append, Stop())
    assert [request["op"] for request in probe.requests] == ["program", "verify"]
    assert all(request["slot"] == 3 and request["image"] == str(image.path) for request in probe.requests)
    assert all(request["sha256"] == image.sha256 for request in probe.requests)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)


def test_an_image_that_changed_is_never_programmed(probe: Probe, driver: SimulatedProgrammer, image: Image) -> None:
    image.path.write_bytes(b":something else\n")
    with pytest.raises(StationFault, match="DEV-307"):
        driver.program(image, lambda _part: None, Stop())
    assert probe.requests == []


@pytest.mark.parametrize(
    ("answers", "code", "blame", "unknown"),
    [
        ([{"error": "NO_TARGET", "text": "x"}], "DEV-308", UnitFault, False),
        ([{"error": "LOW_VOLTAGE", "text": "x"}], "DEV-308", UnitFault, False),
        ([{"error": "WRONG_FAMILY", "text": "not for it"}], "DEV-305", UnitFault, False),
        ([{"error": "PROBE", "text": "x"}], "DEV-309", StationFault, False),
        ([{"progress": 0.5}, {"error": "PROBE_BUSY", "text": "x"}], "DEV-309", StationFault, False),
        ([{"progress": 0.5}], "DEV-303", StationFault, True),
        ([{"progress": 0.5}, None], "DEV-303", StationFault, True),
        ([], "DEV-303", StationFault, True),
        ([{"progress": 2}], "DEV-304", StationFault, True),
        ([{"progress": True}], "DEV-304", StationFault, True),
        ([{"done": "yes"}], "DEV-304", StationFault, True),
        ([b"[1]\n"], "DEV-304", StationFault, True),
        ([b"\xff\xfe\n"], "DEV-304", StationFault, True),
        ([b"[" * 60000 + b"\n"], "DEV-304", StationFault, True),
        ([b"x" * 200_000], "DEV-304", StationFault, True),
    ],
)
def test_what_is_not_done_is_a_fault(
    probe: Probe,
    driver: SimulatedProgrammer,
    image: Image,
    answers: list[Any],
    code: str,
    blame: type[Fault],
    unknown: bool,
) -> None:
    probe.script = {"program": answers}
    with pytest.raises(blame, match=code) as caught:
        driver.program(image, lambda _part: None, Stop())
    assert is_outcome_unknown(caught.value) is unknown


def test_a_difference_after_programming_is_the_units_fault(
    probe: Probe, driver: SimulatedProgrammer, image: Image
) -> None:
    probe.script = {"program": [DONE], "verify": [{"error": "VERIFY", "text": "differs"}]}
    with pytest.raises(UnitFault, match="DEV-306"):
        driver.program(image, lambda _part: None, Stop())


def test_the_hard_stop_hangs_up_in_the_middle(probe: Probe, driver: SimulatedProgrammer, image: Image) -> None:
    stop = Stop()
    probe.script = {"program": [{"progress": 0.1}, None]}
    probe.on_request = stop.request
    with pytest.raises(Cancelled):
        driver.program(image, lambda _part: None, stop)
    assert probe.hung_up.wait(5)


def test_looking_tells_what_the_probe_sees(probe: Probe, driver: SimulatedProgrammer) -> None:
    seen = {"done": True, "part": "NRF9120_xxAA_REV3", "protected": False, "voltage": 1.8, "image": FACTORY}
    probe.script = {"look": [seen]}
    assert driver.look() == Target(True, "NRF9120_xxAA_REV3", False, Sha256(FACTORY), 1800)


def test_an_empty_slot_is_a_value_when_looking(probe: Probe, driver: SimulatedProgrammer) -> None:
    probe.script = {"look": [{"error": "NO_TARGET", "text": "nothing there"}]}
    assert driver.look() == Target(powered=False)


def test_a_look_that_can_not_be_read_is_no_target(probe: Probe, driver: SimulatedProgrammer) -> None:
    probe.script = {"look": [{"done": True, "image": "no digest"}]}
    with pytest.raises(StationFault, match="DEV-304"):
        driver.look()


def test_a_reset_is_asked_for(probe: Probe, driver: SimulatedProgrammer) -> None:
    probe.script = {"reset": [DONE]}
    driver.reset()
    assert probe.requests == [{"op": "reset", "slot": 3}]


@pytest.mark.parametrize("place", ["folder", "entry", "url"])
def test_the_probes_are_found(probe: Probe, tmp_path: Path, place: str) -> None:
    (tmp_path / "bench.json").write_text(json.dumps({"probes": probe.address}), encoding="utf-8")
    where = {"folder": tmp_path, "entry": tmp_path / "probes", "url": f"socket://{probe.address}"}[place]
    probe.script = {"reset": [DONE]}
    SimulatedProgrammer(where, 1, CLOCK).reset()
    assert len(probe.requests) == 1


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"probes": "here"}', '{"probes": "127.0.0.1:1"}', "{"])
def test_probes_that_can_not_be_found_are_a_station_fault(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "bench.json").write_text(text, encoding="utf-8")
    with pytest.raises(StationFault, match="DEV-302"):
        SimulatedProgrammer(tmp_path, 1, CLOCK).reset()


def test_without_a_programmer_nothing_is_promised(image: Image) -> None:
    none: Programmer = NoProgrammer()
    assert not none.can_program
    assert none.look().image_sha256 is None
    with pytest.raises(StationFault, match="DEV-301"):
        none.program(image, lambda _part: None, Stop())
    with pytest.raises(StationFault, match="DEV-301"):
        none.reset()
