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
from station.devices.protocols import Image, ImageKind, Job, Probe, ProbePort, Programmer, Target
from station.devices.simulated_probe import SimulatedProgrammer
from station.domain.faults import Cancelled, Fault, StationFault, UnitFault
from station.domain.ids import Sha256
from station.domain.line import ChipFamily, Erase, LockLevel
from station.host.clock import Stop, SystemClock

CLOCK = SystemClock()
DONE = {"done": True}
FACTORY = "ab" * 32

Script = dict[str, list[dict[str, object] | bytes | None]]


class ScriptedProbe:
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
def probe() -> Iterator[ScriptedProbe]:
    probe = ScriptedProbe()
    yield probe
    probe.close()


@pytest.fixture
def driver(probe: ScriptedProbe, tmp_path: Path) -> SimulatedProgrammer:
    (tmp_path / "bench.json").write_text(json.dumps({"probes": probe.address}), encoding="utf-8")
    return SimulatedProgrammer(tmp_path, 3, CLOCK)


@pytest.fixture
def image(tmp_path: Path) -> Image:
    path = tmp_path / "app.hex"
    path.write_bytes(b":00000001FF\n")
    return Image(path, Sha256(hashlib.sha256(b":00000001FF\n").hexdigest()))


def job(progress: Callable[[float], None] = lambda _part: None, *, stop: Stop | None = None) -> Job:
    return Job(1.0, progress, stop or Stop())


def test_programming_verifies_and_tells_how_far_it_is(
    probe: ScriptedProbe, driver: SimulatedProgrammer, image: Image
) -> None:
    probe.script = {
        "program": [{"progress": 0.0}, {"progress": 0.5}, {"progress": 1.0}, DONE],
        "verify": [{"progress": 0.5}, DONE],
    }
    seen: list[float] = []
    driver.program(image, Erase.TOUCHED, job(seen.append))
    assert [request["op"] for request in probe.requests] == ["program", "verify"]
    assert all(request["slot"] == 3 and request["image"] == str(image.path) for request in probe.requests)
    assert probe.requests[0]["erase"] == "touched"
    assert all(request["sha256"] == image.sha256 for request in probe.requests)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)


def test_an_image_that_changed_is_never_programmed(
    probe: ScriptedProbe, driver: SimulatedProgrammer, image: Image
) -> None:
    image.path.write_bytes(b":something else\n")
    with pytest.raises(StationFault, match="DEV-307"):
        driver.program(image, Erase.ALL, job())
    assert probe.requests == []


@pytest.mark.parametrize(
    ("answers", "code", "blame", "unknown"),
    [
        ([{"error": "NO_TARGET", "text": "x"}], "DEV-308", UnitFault, False),
        ([{"error": "LOW_VOLTAGE", "text": "x"}], "DEV-308", UnitFault, False),
        ([{"error": "WRONG_FAMILY", "text": "not for it", "found": "nRF52"}], "DEV-313", UnitFault, False),
        ([{"error": "PROTECTED", "text": "x"}], "DEV-312", UnitFault, False),
        ([{"error": "SILENT", "text": "x"}], "DEV-316", UnitFault, False),
        ([{"error": "NVMC", "text": "it burns"}], "DEV-305", UnitFault, False),
        ([{"error": "NO_PROBE", "text": "x"}], "DEV-315", StationFault, False),
        ([{"progress": 0.5}, {"error": "PROBE_LOST", "text": "x"}], "DEV-303", StationFault, True),
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
    probe: ScriptedProbe,
    driver: SimulatedProgrammer,
    image: Image,
    answers: list[Any],
    code: str,
    blame: type[Fault],
    unknown: bool,
) -> None:
    probe.script = {"program": answers}
    with pytest.raises(blame, match=code) as caught:
        driver.program(image, Erase.ALL, job())
    assert is_outcome_unknown(caught.value) is unknown


def test_a_difference_after_programming_is_the_units_fault(
    probe: ScriptedProbe, driver: SimulatedProgrammer, image: Image
) -> None:
    probe.script = {"program": [DONE], "verify": [{"error": "VERIFY", "text": "differs"}]}
    with pytest.raises(UnitFault, match="DEV-306"):
        driver.program(image, Erase.ALL, job())


def test_the_hard_stop_hangs_up_in_the_middle(probe: ScriptedProbe, driver: SimulatedProgrammer, image: Image) -> None:
    stop = Stop()
    probe.script = {"program": [{"progress": 0.1}, None]}
    probe.on_request = stop.request
    with pytest.raises(Cancelled):
        driver.program(image, Erase.ALL, job(stop=stop))
    assert probe.hung_up.wait(5)


def test_looking_tells_what_the_probe_sees(probe: ScriptedProbe, driver: SimulatedProgrammer) -> None:
    seen = {"family": "nrf91x1", "part": "NRF9120_xxAA_REV3", "protected": False, "erase_protected": True}
    probe.script = {"look": [{**DONE, **seen, "voltage": 1.8, "image": FACTORY}]}
    assert driver.look(1.0) == Target(
        True, ChipFamily.NRF91X1, "NRF9120_xxAA_REV3", protected=False, erase_protected=True, millivolts=1800
    )


def test_a_locked_board_is_a_value_when_looking(probe: ScriptedProbe, driver: SimulatedProgrammer) -> None:
    probe.script = {"look": [{**DONE, "family": None, "part": None, "protected": True, "voltage": 1.8}]}
    assert driver.look(1.0) == Target(True, protected=True, millivolts=1800)


def test_a_chip_of_another_family_has_a_name_and_no_family(probe: ScriptedProbe, driver: SimulatedProgrammer) -> None:
    probe.script = {"look": [{**DONE, "family": "nrf53", "part": "NRF5340", "protected": "no", "voltage": True}]}
    assert driver.look(1.0) == Target(True, part="NRF5340")


@pytest.mark.parametrize(
    ("answer", "millivolts"),
    [({"error": "NO_TARGET", "text": "x"}, None), ({"error": "LOW_VOLTAGE", "text": "x", "voltage": 1.21}, 1210)],
)
def test_a_board_without_supply_is_a_value_when_looking(
    probe: ScriptedProbe, driver: SimulatedProgrammer, answer: dict[str, object], millivolts: int | None
) -> None:
    probe.script = {"look": [answer]}
    assert driver.look(1.0) == Target(powered=False, millivolts=millivolts)


def test_finding_tells_who_the_probe_is_and_asks_for_nothing_else(
    probe: ScriptedProbe, driver: SimulatedProgrammer
) -> None:
    told = {"serial": "001051200003", "version": "7", "ports": [{"vcom": 1, "path": "/dev/x"}]}
    probe.script = {"find": [{**DONE, **told}]}
    assert driver.find(1.0) == Probe("001051200003", "7", (ProbePort(1, "/dev/x"),))
    assert [request["op"] for request in probe.requests] == ["find"]


def test_a_probe_that_is_pulled_out_is_a_value_when_finding(probe: ScriptedProbe, driver: SimulatedProgrammer) -> None:
    probe.script = {"find": [{"error": "NO_PROBE", "text": "x"}]}
    assert driver.find(1.0) is None


@pytest.mark.parametrize("told", [{}, {"serial": "1", "version": "7", "ports": 3}, {"serial": "1", "ports": [{}]}])
def test_a_probe_that_can_not_be_read_is_no_probe(
    probe: ScriptedProbe, driver: SimulatedProgrammer, told: dict[str, object]
) -> None:
    probe.script = {"find": [{**DONE, **told}]}
    with pytest.raises(StationFault, match="DEV-304"):
        driver.find(1.0)


def test_verifying_says_yes_or_no_and_raises_where_it_can_not(
    probe: ScriptedProbe, driver: SimulatedProgrammer, image: Image
) -> None:
    probe.script = {"verify": [{"progress": 0.5}, DONE]}
    assert driver.verify(image, job()) is True
    probe.script = {"verify": [{"progress": 0.5}, {"error": "VERIFY", "text": "differs"}]}
    assert driver.verify(image, job()) is False
    probe.script = {"verify": [{"error": "PROTECTED", "text": "x"}]}
    with pytest.raises(UnitFault, match="DEV-312"):
        driver.verify(image, job())
    assert [request["op"] for request in probe.requests] == ["verify"] * 3


def test_a_modem_firmware_that_fails_is_called_so(
    probe: ScriptedProbe, driver: SimulatedProgrammer, image: Image
) -> None:
    probe.script = {"program": [{"progress": 0.5}, {"error": "NVMC", "text": "no answer after the bootloader"}]}
    with pytest.raises(UnitFault, match="DEV-319"):
        driver.program(Image(image.path, image.sha256, ImageKind.MODEM), Erase.TOUCHED, job())


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([{"error": "ERASE_PROTECTED", "text": "for good"}], "DEV-318"),
        ([{"progress": 0.5}, {"error": "NVMC", "text": "x"}], "DEV-318"),
        ([{"error": "SILENT", "text": "x"}], "DEV-316"),
        ([{"error": "LOW_VOLTAGE", "text": "x"}], "DEV-308"),
    ],
)
def test_a_recovery_that_fails_is_the_boards(
    probe: ScriptedProbe, driver: SimulatedProgrammer, answers: list[Any], code: str
) -> None:
    probe.script = {"recover": answers}
    with pytest.raises(UnitFault, match=code):
        driver.recover(job())


@pytest.mark.parametrize(
    ("answers", "code", "unknown"),
    [
        ([{"error": "PROTECTED", "text": "x"}], "DEV-312", False),
        ([{"error": "LOCK_REFUSED", "text": "x"}], "DEV-320", False),
        ([{"progress": 0.0}, {"error": "LOCK_REFUSED", "text": "x"}], "DEV-320", False),
        ([{"error": "LOW_VOLTAGE", "text": "x"}], "DEV-308", False),
        ([{"progress": 0.0}, {"error": "LOW_VOLTAGE", "text": "x"}], "DEV-303", True),
        ([{"progress": 1.0}, {"error": "SILENT", "text": "x"}], "DEV-303", True),
        ([{"progress": 1.0}], "DEV-303", True),
    ],
)
def test_what_can_not_be_undone_is_never_called_refused_once_it_has_begun(
    probe: ScriptedProbe, driver: SimulatedProgrammer, answers: list[Any], code: str, unknown: bool
) -> None:
    probe.script = {"lock": answers, "protect-erase": answers}
    for operation in (lambda: driver.lock(LockLevel.SECURE, 1.0), lambda: driver.protect_erase(1.0)):
        with pytest.raises(Fault, match=code) as caught:
            operation()
        assert is_outcome_unknown(caught.value) is unknown
    assert probe.requests[0] == {"op": "lock", "level": "secure", "slot": 3}


def test_a_reset_is_asked_for(probe: ScriptedProbe, driver: SimulatedProgrammer) -> None:
    probe.script = {"reset": [DONE]}
    driver.reset(1.0)
    assert probe.requests == [{"op": "reset", "slot": 3}]


@pytest.mark.parametrize("place", ["folder", "entry", "url"])
def test_the_probes_are_found(probe: ScriptedProbe, tmp_path: Path, place: str) -> None:
    (tmp_path / "bench.json").write_text(json.dumps({"probes": probe.address}), encoding="utf-8")
    where = {"folder": tmp_path, "entry": tmp_path / "probes", "url": f"socket://{probe.address}"}[place]
    probe.script = {"reset": [DONE]}
    SimulatedProgrammer(where, 1, CLOCK).reset(1.0)
    assert len(probe.requests) == 1


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"probes": "here"}', '{"probes": "127.0.0.1:1"}', "{"])
def test_probes_that_can_not_be_found_are_a_station_fault(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "bench.json").write_text(text, encoding="utf-8")
    with pytest.raises(StationFault, match="DEV-302"):
        SimulatedProgrammer(tmp_path, 1, CLOCK).reset(1.0)


def test_without_a_programmer_nothing_is_promised(image: Image) -> None:
    none: Programmer = NoProgrammer()
    assert not none.can_program
    assert none.find(1.0) is None
    for operation in (
        lambda: none.look(1.0),
        lambda: none.recover(job()),
        lambda: none.program(image, Erase.ALL, job()),
        lambda: none.verify(image, job()),
        lambda: none.reset(1.0),
        lambda: none.lock(LockLevel.ALL, 1.0),
        lambda: none.protect_erase(1.0),
    ):
        with pytest.raises(StationFault, match="DEV-301"):
            operation()
