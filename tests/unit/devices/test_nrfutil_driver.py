"""The nrfutil driver against a stand-in that speaks the rows of nrfutil_answers.toml: exact commands, every answer."""

import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from station.devices.faults import is_outcome_unknown
from station.devices.nrfutil import NrfutilProgrammer
from station.devices.protocols import Image, ImageKind, Job, Probe, ProbePort, Target
from station.domain.faults import Cancelled, Fault, Retry, StationFault, UnitFault
from station.domain.ids import Sha256
from station.domain.line import ChipFamily, Erase, LockLevel
from station.host.clock import Clock, Stop, SystemClock
from tests.standin import nrfutil as standin

TABLE = Path(__file__).with_name("nrfutil_answers.toml")
ROWS = tomllib.loads(TABLE.read_text(encoding="utf-8"))["answer"]
SERIAL = "960012345"
SN = ["--serial-number", SERIAL]
OURS = ["--family", "nrf91", *SN]
"""What every command that could change a board ends with: it is refused on any other chip, before anything is done."""
APP = Image(Path("/images/app.hex"), Sha256("0" * 64))
MODEM = Image(Path("/images/mfw_nrf91x1_2.0.4.zip"), Sha256("1" * 64), ImageKind.MODEM)
OPTIONS = "chip_erase_mode={},verify={},reset=RESET_NONE"
MODEM_OPTIONS = ["--options", OPTIONS.format("ERASE_NONE", "VERIFY_NONE")]


class HurriedClock(SystemClock):
    """Time passes as always, until ``hurry``; then every deadline has passed."""

    def __init__(self) -> None:
        self.hurry: Callable[[], bool] = lambda: False

    def monotonic(self) -> float:
        return super().monotonic() + (1e6 if self.hurry() else 0.0)


@dataclass
class Rig:
    """A programmer, the stand-in that it starts, and what was told of progress."""

    programmer: NrfutilProgrammer
    program: Path
    clock: HurriedClock
    heard: list[float] = field(default_factory=list)
    stop: Stop = field(default_factory=Stop)
    on_progress: Callable[[float], None] = lambda _: None

    def job(self, timeout: float = 100.0) -> Job:
        def hear(part: float) -> None:
            self.heard.append(part)
            self.on_progress(part)

        return Job(timeout, hear, self.stop)

    @property
    def calls(self) -> list[list[str]]:
        """What was asked behind ``--json device``, but for who it is."""
        calls = standin.read_calls(self.program)
        assert all(call[0] == "--json" for call in calls)
        return [call[2:] for call in calls if call[1] == "device" and "--version" not in call]

    def do(self, operation: str) -> object:
        programmer = self.programmer
        match operation:
            case "find":
                return programmer.find(100)
            case "look":
                return programmer.look(100)
            case "recover":
                programmer.recover(self.job())
            case "program":
                programmer.program(APP, Erase.ALL, self.job())
            case "modem":
                programmer.program(MODEM, Erase.TOUCHED, self.job())
            case "verify":
                return programmer.verify(APP, self.job())
            case "reset":
                programmer.reset(100)
            case "lock":
                programmer.lock(LockLevel.ALL, 100)
            case _:
                raise AssertionError(operation)
        return None


MakeRig = Callable[..., Rig]
COMMANDS = {
    "find": "device list",
    "look": "device device-info",
    "recover": "device recover",
    "program": "device program",
    "modem": "device program",
    "verify": "device fw-verify",
    "reset": "device reset",
    "lock": "device protection-set",
}


@pytest.fixture
def rig(tmp_path: Path) -> MakeRig:
    """Make a programmer whose nrfutil answers as the rows named: ``{"device program": "verify"}``."""

    def make(cases: dict[str, str | list[str]] | None = None, serial: str = SERIAL) -> Rig:
        program = standin.install(tmp_path, table=TABLE, cases=cases, serial=serial)
        clock = HurriedClock()
        return Rig(NrfutilProgrammer(serial, clock, command=(str(program),)), program, clock)

    return make


def refused(made: Rig, operation: str) -> Fault:
    with pytest.raises(Fault) as caught:
        made.do(operation)
    assert "Traceback" not in str(caught.value)
    return caught.value


# ---- the commands


@pytest.mark.parametrize(
    ("operation", "commands"),
    [
        ("find", [["list"]]),
        ("look", [["device-info", *SN]]),
        ("recover", [["recover", *OURS]]),
        (
            "program",
            [["program", "--firmware", str(APP.path), "--options", OPTIONS.format("ERASE_ALL", "VERIFY_READ"), *OURS]],
        ),
        (
            "modem",
            [
                ["program", "--firmware", str(MODEM.path), *MODEM_OPTIONS, *OURS],
                ["fw-verify", "--firmware", str(MODEM.path), *OURS],
            ],
        ),
        ("verify", [["fw-verify", "--firmware", str(APP.path), *OURS]]),
        ("reset", [["reset", "--reset-kind", "RESET_SYSTEM", *OURS]]),
        ("lock", [["protection-set", "All", *OURS]]),
    ],
)
def test_the_command_is_the_documented_one_with_every_choice_spelled_out(
    rig: MakeRig, operation: str, commands: list[list[str]]
) -> None:
    made = rig()
    made.do(operation)
    assert made.calls == commands


def test_touched_pages_and_secure_regions_have_their_own_words(rig: MakeRig) -> None:
    made = rig()
    made.programmer.program(APP, Erase.TOUCHED, made.job())
    made.programmer.lock(LockLevel.SECURE, 100)
    erase = OPTIONS.format("ERASE_RANGES_TOUCHED_BY_FIRMWARE", "VERIFY_READ")
    assert made.calls == [
        ["program", "--firmware", str(APP.path), "--options", erase, *OURS],
        ["protection-set", "SecureRegions", *OURS],
    ]


def test_a_serial_number_loses_its_leading_zeros_and_a_text_stays(rig: MakeRig) -> None:
    padded, text = rig(serial="000960012345"), rig(serial="THINGY91X_F00BAA")
    padded.programmer.reset(100)
    text.programmer.reset(100)
    assert [call[-1] for call in text.calls] == ["960012345", "THINGY91X_F00BAA"]
    assert [padded.programmer.name, text.programmer.name] == ["nrfutil 960012345", "nrfutil THINGY91X_F00BAA"]


def test_who_it_is_is_asked_once(rig: MakeRig) -> None:
    made = rig()
    made.programmer.reset(100)
    made.programmer.reset(100)
    assert standin.read_calls(made.program)[0] == ["--json", "device", "--version"]
    assert len(standin.read_calls(made.program)) == 3


def test_erase_protection_is_refused_and_nothing_is_started(rig: MakeRig) -> None:
    made = rig()
    with pytest.raises(StationFault) as caught:
        made.programmer.protect_erase(100)
    assert caught.value.code == "DEV-321"
    assert standin.read_calls(made.program) == []


# ---- finding


@pytest.mark.parametrize(
    ("case", "ports"),
    [
        ("ok", (ProbePort(0, "/dev/ttyACM9"), ProbePort(1, "/dev/ttyACM8"))),
        ("in-info", (ProbePort(0, r"\\.\COM7"), ProbePort(1, "COM3"))),
        ("in-both", ()),
    ],
)
def test_the_list_is_read_wherever_it_stands(rig: MakeRig, case: str, ports: tuple[ProbePort, ...]) -> None:
    found = rig({"device list": case}).do("find")
    assert found == Probe(SERIAL, "nrfutil-device 2.12.3, JLink_V8.84", ports)


@pytest.mark.parametrize("case", ["none", "others"])
def test_a_probe_that_is_not_listed_is_none(rig: MakeRig, case: str) -> None:
    assert rig({"device list": case}).do("find") is None


@pytest.mark.parametrize(("case", "words"), [("no-rules", "udev"), ("broken", "insufficient permissions")])
def test_a_probe_that_the_pc_may_not_use_says_so(rig: MakeRig, case: str, words: str) -> None:
    fault = refused(rig({"device list": case}), "find")
    assert fault.code == "DEV-309"
    assert words in fault.sentence


@pytest.mark.parametrize("case", ["no-list", "cut", "unreadable", "silent"])
def test_a_list_that_cannot_be_read_is_not_an_empty_one(rig: MakeRig, case: str) -> None:
    assert refused(rig({"device list": case}), "find").code == "DEV-317"


# ---- looking


@pytest.mark.parametrize(
    ("cases", "target"),
    [
        ({}, Target(True, ChipFamily.NRF91X1, "NRF9120_xxAA_REV3", protected=False)),
        (
            {"device device-info": "in-task-end"},
            Target(True, ChipFamily.NRF9160, "nRF9160_LCAA_REV1", protected=True, level=LockLevel.SECURE),
        ),
        (
            {"device device-info": "no-protection", "device protection-get": "ok"},
            Target(True, ChipFamily.NRF9160, "NRF9160_xxAA_REV2", protected=False),
        ),
        (
            {"device device-info": "no-protection", "device protection-get": "all"},
            Target(True, ChipFamily.NRF9160, "NRF9160_xxAA_REV2", protected=True, level=LockLevel.ALL),
        ),
        # No nRF91 has regions: whatever makes a version say so, how much of the board is locked is not known.
        (
            {"device device-info": "no-protection", "device protection-get": "region"},
            Target(True, ChipFamily.NRF9160, "NRF9160_xxAA_REV2", protected=True),
        ),
        ({"device device-info": "new-die"}, Target(True, None, "NRF9170_xxAA_REV1", protected=False)),
        ({"device device-info": "protected"}, Target(True, protected=True, level=LockLevel.ALL)),
        ({"device device-info": "secure-protected"}, Target(True, protected=True, level=LockLevel.SECURE)),
        ({"device device-info": "status-alone"}, Target(True, protected=True, level=LockLevel.ALL)),
        ({"device device-info": "low-voltage"}, Target(False, millivolts=530)),
    ],
)
def test_a_look_tells_what_is_there(rig: MakeRig, cases: dict[str, str | list[str]], target: Target) -> None:
    made = rig(cases)
    assert made.do("look") == target
    # Nothing but looking has been done.
    assert {call[0] for call in made.calls} <= {"device-info", "protection-get"}


@pytest.mark.parametrize(
    ("cases", "code"),
    [
        ({"device device-info": "another-family"}, "DEV-313"),
        ({"device device-info": "odd-protection"}, "DEV-317"),
        ({"device device-info": "no-protection", "device protection-get": "odd-protection"}, "DEV-317"),
        ({"device device-info": "silent"}, "DEV-317"),
        ({"device device-info": "debug-port"}, "DEV-316"),
        ({"device device-info": "emulator"}, "DEV-309"),
        ({"device device-info": "worker"}, "DEV-314"),
        ({"device device-info": "kill"}, "DEV-314"),
        ({"device device-info": "unknown-code"}, "DEV-305"),
        ({"device device-info": "debug-port", "device list": "none"}, "DEV-315"),
    ],
)
def test_a_look_that_fails_says_what_is_wrong(rig: MakeRig, cases: dict[str, str | list[str]], code: str) -> None:
    made = rig(cases)
    assert refused(made, "look").code == code
    assert {call[0] for call in made.calls} <= {"device-info", "protection-get", "list"}


# ---- what succeeds

CHANGING = ("recover", "program", "modem", "reset", "lock", "verify")


@pytest.mark.parametrize("case", ["ok", "noise-on-stderr", "noise-on-stdout"])
@pytest.mark.parametrize("operation", CHANGING)
def test_noise_beside_a_stated_success_fails_no_board(rig: MakeRig, operation: str, case: str) -> None:
    made = rig({COMMANDS[operation]: case, "device fw-verify": case})
    assert made.do(operation) is (True if operation == "verify" else None)


class TickingClock(SystemClock):
    """So many seconds pass whenever it is asked."""

    def __init__(self, step: float) -> None:
        self._now, self._step = 0.0, step

    def monotonic(self) -> float:
        self._now += self._step
        return self._now


@pytest.mark.parametrize(
    ("operation", "step", "heard"),
    [
        # Three steps; one word goes back, and the driver adds the end.
        ("program", 1.0, [0.0, 1 / 3, 0.5, 1.0, 1.0]),
        ("modem", 1.0, [0.0, 0.3, 0.45, 0.9, 1.0, 1.0]),
        ("verify", 1.0, [1.0]),
        ("recover", 1.0, [1.0]),
        # No time passes between two words: the first and the last are told.
        ("program", 0.0, [0.0, 1.0]),
    ],
)
def test_progress_runs_over_all_steps_never_back_and_not_too_often(
    rig: MakeRig, operation: str, step: float, heard: list[float]
) -> None:
    made = rig()
    made.programmer = NrfutilProgrammer(SERIAL, TickingClock(step), command=(str(made.program),))
    job = Job(1e9, made.heard.append, made.stop)
    match operation:
        case "verify":
            made.programmer.verify(APP, job)
        case "recover":
            made.programmer.recover(job)
        case "modem":
            made.programmer.program(MODEM, Erase.TOUCHED, job)
        case _:
            made.programmer.program(APP, Erase.ALL, job)
    assert made.heard == pytest.approx(heard)


# ---- what the tool says no to


@pytest.mark.parametrize(
    ("operation", "case", "code", "words"),
    [
        ("program", "protected", "DEV-312", ""),
        ("modem", "protected", "DEV-312", ""),
        ("verify", "protected", "DEV-312", ""),
        ("recover", "protected", "DEV-312", ""),
        ("lock", "protected", "DEV-312", ""),
        ("program", "secure-protected", "DEV-312", ""),
        ("program", "status-alone", "DEV-312", ""),
        ("verify", "status-alone", "DEV-312", ""),
        ("program", "verify", "DEV-306", ""),
        ("program", "family", "DEV-313", "NRF54L vs NRF53"),
        ("program", "low-voltage", "DEV-308", ""),
        ("modem", "low-voltage", "DEV-308", ""),
        ("recover", "low-voltage", "DEV-308", ""),
        ("reset", "low-voltage", "DEV-308", ""),
        ("lock", "low-voltage", "DEV-308", ""),
        ("verify", "low-voltage", "DEV-308", ""),
        ("program", "debug-port", "DEV-316", "DebugPort register 2"),
        ("recover", "debug-port", "DEV-316", "DebugPort register 2"),
        ("program", "emulator", "DEV-309", "Failed to open connection"),
        ("recover", "emulator", "DEV-309", "Failed to open connection"),
        ("program", "no-probe", "DEV-315", SERIAL),
        ("lock", "no-probe", "DEV-315", SERIAL),
        ("program", "library", "DEV-311", ""),
        ("program", "not-supported", "DEV-309", "not supported for modem firmware"),
        ("verify", "not-supported", "DEV-309", "not supported for modem firmware"),
        ("program", "unknown-code", "DEV-305", "The flux is not compensated"),
        ("verify", "unknown-code", "DEV-305", "The flux is not compensated"),
        ("modem", "unknown-code", "DEV-319", "The flux is not compensated"),
        ("recover", "unknown-code", "DEV-318", "The flux is not compensated"),
        ("lock", "refused", "DEV-320", "Could not enable hardware AP-Protect"),
        ("modem", "worker", "DEV-319", "Timed out waiting for response from worker"),
        ("program", "no-words", "DEV-305", "status 3"),
        ("recover", "no-words", "DEV-318", "status 3"),
        ("lock", "no-words", "DEV-320", "status 3"),
        ("program", "failure-and-no-status", "DEV-305", "in a bad mood"),
        ("recover", "failure-and-no-status", "DEV-318", "in a bad mood"),
        ("lock", "failure-and-no-status", "DEV-320", "in a bad mood"),
    ],
)
def test_a_no_is_told_with_the_tools_own_words(rig: MakeRig, operation: str, case: str, code: str, words: str) -> None:
    fault = refused(rig({COMMANDS[operation]: case}), operation)
    assert fault.code == code
    assert words in fault.sentence
    assert not is_outcome_unknown(fault)


@pytest.mark.parametrize("case", ["protected", "family"])
def test_what_no_retry_can_help_is_not_tried_again(rig: MakeRig, case: str) -> None:
    fault = refused(rig({"device program": case}), "program")
    assert isinstance(fault, UnitFault)
    assert fault.retry is Retry.NEVER


def test_another_image_on_the_board_is_a_value_when_asked(rig: MakeRig) -> None:
    assert rig({"device fw-verify": "verify"}).do("verify") is False


def test_a_modem_whose_digest_differs_afterwards_is_a_fault(rig: MakeRig) -> None:
    made = rig({"device fw-verify": "verify"})
    assert refused(made, "modem").code == "DEV-306"
    assert 1.0 not in made.heard


def test_a_modem_that_can_not_be_verified_never_passes(rig: MakeRig) -> None:
    fault = refused(rig({"device fw-verify": "not-supported"}), "modem")
    assert fault.code == "DEV-309"
    assert "verify" in fault.sentence


def test_a_version_that_takes_no_options_for_a_modem_is_never_left_to_its_defaults(rig: MakeRig) -> None:
    made = rig({"device program": ["not-supported", "ok"]})
    fault = refused(made, "modem")
    assert fault.code == "DEV-322"
    assert isinstance(fault, StationFault)
    assert not is_outcome_unknown(fault)
    assert "modem" in fault.sentence
    assert "nrfjprog" in fault.sentence
    assert "another version" in fault.sentence
    assert made.calls == [["program", "--firmware", str(MODEM.path), *MODEM_OPTIONS, *OURS]]


@pytest.mark.parametrize("operation", CHANGING)
def test_a_version_that_can_not_be_bound_to_a_family_changes_nothing(rig: MakeRig, operation: str) -> None:
    made = rig({COMMANDS[operation]: "no-family"})
    fault = refused(made, operation)
    assert fault.code == "DEV-322"
    assert "--family" in fault.sentence
    assert not is_outcome_unknown(fault)
    assert len(made.calls) == 1


@pytest.mark.parametrize("operation", CHANGING)
def test_a_chip_of_another_family_is_refused_by_the_tool_itself(rig: MakeRig, operation: str) -> None:
    fault = refused(rig({COMMANDS[operation]: "family"}), operation)
    assert (fault.code, fault.retry) == ("DEV-313", Retry.NEVER)
    assert "NRF54L vs NRF53" in fault.sentence


def test_a_locked_board_is_reset_by_the_control_port(rig: MakeRig) -> None:
    made = rig({"device reset": ["protected", "ok"]})
    made.do("reset")
    assert [call[2] for call in made.calls] == ["RESET_SYSTEM", "RESET_SOFT"]


def test_an_older_version_knows_that_reset_by_another_name(rig: MakeRig) -> None:
    made = rig({"device reset": ["protected", "no-such-kind", "ok"]})
    made.do("reset")
    assert [call[2] for call in made.calls] == ["RESET_SYSTEM", "RESET_SOFT", "RESET_DEBUG"]


def test_a_failed_reset_of_an_open_board_is_not_tried_otherwise(rig: MakeRig) -> None:
    made = rig({"device reset": "debug-port"})
    assert refused(made, "reset").code == "DEV-316"
    assert [call[0] for call in made.calls] == ["reset", "list"]


@pytest.mark.parametrize(("operation", "code"), [("program", "DEV-314"), ("recover", "DEV-314"), ("verify", "DEV-315")])
def test_a_probe_pulled_out_is_told_from_a_bad_board(rig: MakeRig, operation: str, code: str) -> None:
    fault = refused(rig({COMMANDS[operation]: "unknown-code", "device list": "none"}), operation)
    assert fault.code == code
    assert is_outcome_unknown(fault) is (code == "DEV-314")


# ---- what tells nobody what was done

UNCLEAR = [
    ("half", "DEV-314", CHANGING),
    ("kill", "DEV-314", CHANGING),
    ("segfault", "DEV-314", CHANGING),
    ("worker", "DEV-314", ("program", "recover", "reset", "lock", "verify")),
    ("cut", "DEV-317", CHANGING),
    ("unreadable", "DEV-317", CHANGING),
    ("silent", "DEV-317", CHANGING),
    ("info-only", "DEV-317", CHANGING),
    ("success-and-status", "DEV-317", ("program", "recover", "lock")),
    ("no-result", "DEV-317", ("program", "recover", "lock")),
    ("another-probe", "DEV-317", ("program", "recover", "lock")),
    ("endless-line", "DEV-317", ("program",)),
]


@pytest.mark.parametrize(
    ("operation", "case", "code"),
    [(operation, case, code) for case, code, operations in UNCLEAR for operation in operations],
)
def test_what_nobody_can_tell_is_unknown_and_never_a_success(
    rig: MakeRig, operation: str, case: str, code: str
) -> None:
    fault = refused(rig({COMMANDS[operation]: case}), operation)
    assert fault.code == code
    assert is_outcome_unknown(fault)


@pytest.mark.parametrize("operation", [*CHANGING, "find", "look"])
def test_a_tool_that_hangs_is_killed_at_the_deadline(rig: MakeRig, operation: str) -> None:
    made = rig({COMMANDS[operation]: "hang"})
    made.clock.hurry = lambda: len(standin.read_calls(made.program)) > 1
    fault = refused(made, operation)
    assert fault.code == "DEV-314"
    assert "did not end within 100 s" in fault.sentence
    assert is_outcome_unknown(fault)


def test_a_modem_that_hangs_behind_its_bootloader_is_the_boards_fault(rig: MakeRig) -> None:
    made = rig({"device program": "hang-after-bootloader"})
    made.on_progress = lambda _: setattr(made.clock, "hurry", lambda: True)
    fault = refused(made, "modem")
    assert isinstance(fault, UnitFault)
    assert fault.code == "DEV-319"
    assert "Bootloader uploaded" in fault.sentence
    assert "solder" in fault.sentence


@pytest.mark.parametrize("operation", ["program", "modem", "recover", "verify"])
def test_the_hard_stop_ends_it_and_the_tool(rig: MakeRig, operation: str) -> None:
    made = rig({COMMANDS[operation]: "hang"})
    made.on_progress = lambda _: made.stop.request()
    with pytest.raises(Cancelled):
        made.do(operation)


# ---- who it is


@pytest.mark.parametrize(
    ("cases", "code", "words"),
    [
        ({"device --version": "not-installed"}, "DEV-310", "nrfutil install device"),
        ({"device --version": "too-old"}, "DEV-310", "1.4.4"),
        (
            {"device --version": "the-old-python-tool", "--version": "the-old-python-tool"},
            "DEV-310",
            "PyPI",
        ),
        ({"device --version": "no-jlink"}, "DEV-311", "J-Link"),
    ],
)
@pytest.mark.parametrize("operation", ["find", "look", "program"])
def test_a_tool_that_is_not_the_right_one_is_named_with_its_mend(
    rig: MakeRig, operation: str, cases: dict[str, str | list[str]], code: str, words: str
) -> None:
    made = rig(cases)
    fault = refused(made, operation)
    assert fault.code == code
    assert words in fault.sentence
    assert made.calls == []


def test_a_version_that_tells_no_dependencies_is_taken(rig: MakeRig) -> None:
    found = rig({"device --version": "no-dependencies"}).do("find")
    assert isinstance(found, Probe)
    assert found.version == "nrfutil-device 2.0.3"


def test_a_tool_that_does_not_answer_at_all_is_said_to(rig: MakeRig) -> None:
    made = rig({"device --version": "hang", "--version": "hang"})
    started = standin.read_calls
    made.clock.hurry = lambda: len(started(made.program)) == 1
    fault = refused(made, "find")
    assert fault.code == "DEV-310"


@pytest.mark.parametrize("operation", COMMANDS)
def test_no_nrfutil_is_a_sentence_that_says_how_to_get_it(tmp_path: Path, operation: str) -> None:
    clock = HurriedClock()
    programmer = NrfutilProgrammer(SERIAL, clock, command=(str(tmp_path / "nrfutil"),))
    fault = refused(Rig(programmer, tmp_path / "nrfutil", clock), operation)
    assert fault.code == "DEV-310"
    assert "nrfutil install device" in fault.sentence
    assert "nordicsemi" in fault.sentence


def test_making_a_programmer_needs_no_nrfutil(tmp_path: Path) -> None:
    clock: Clock = SystemClock()
    assert NrfutilProgrammer(SERIAL, clock, command=(str(tmp_path / "none"),)).can_program


def test_a_tool_that_tells_its_version_and_fails_is_not_taken() -> None:
    told = '{"type":"info","data":{"name":"nrfutil-device","version":"2.12.3"}}'
    command = (sys.executable, "-c", f"print({told!r}); raise SystemExit(1)")
    with pytest.raises(Fault, match="DEV-310"):
        NrfutilProgrammer(SERIAL, SystemClock(), command=command).find(100)


def test_what_holds_secrets_is_not_inherited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED_SECRET", "hunter2")
    note = tmp_path / "note"
    code = (
        f"import os; open({str(note)!r}, 'w').write(os.environ.get('PLANTED_SECRET', 'none') + os.environ['PATH'][:0])"
    )
    command = (sys.executable, "-c", code)
    programmer = NrfutilProgrammer(SERIAL, SystemClock(), command=command, without=("PLANTED_SECRET",))
    with pytest.raises(Fault):
        programmer.find(100)
    assert note.read_text() == "none"


# ---- the table itself


def test_every_row_says_where_it_is_from_and_answers_a_documented_command() -> None:
    commands = {*COMMANDS.values(), "--version", "device --version", "device protection-get"}
    seen = [(command, row["case"]) for row in ROWS for command in row["commands"]]
    assert len(set(seen)) == len(seen)
    assert {command for command, _ in seen} == commands
    assert all(row["source"] for row in ROWS)
    asked = Path(__file__).read_text(encoding="utf-8")
    assert [row["case"] for row in ROWS if f'"{row["case"]}"' not in asked] == []
    assert set().union(*ROWS) == {"commands", "case", "source", "lines", "stderr", "status", "then", "cut"}
