"""What the worker asks of pynrfjprog: every call binds to the installed library's own signatures, in this order."""

import ast
import json
import logging
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import call, create_autospec

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynrfjprog import LowLevel

import station
from station.devices.nrfjprog_worker import Progress, Session, code_of, describe, read_progress

PROBE = 960012345
OPENED = [call.open(), call.configure({"jlink": {"auto_update_fw": False}})]
REACHED = [*OPENED, call.connect_to_emu_with_snr(serial_number=PROBE, jlink_speed_khz=2000)]
CONNECTED = [*REACHED, call.connect_to_device()]
APPLICATION = {"image": "/images/app.hex", "kind": "application"}
MODEM = {"image": "/images/mfw_nrf9160_1.3.7.zip", "kind": "modem-firmware"}
READ, HASH = LowLevel.VerifyAction.VERIFY_READ, LowLevel.VerifyAction.VERIFY_HASH


class Library:
    """The real library, but for its `API`: autospecced, so that a call which the real one refuses fails here too."""

    def __init__(self) -> None:
        self.said: list[Mapping[str, object]] = []
        self.make = create_autospec(LowLevel.API)
        self.api = self.make.return_value
        self.api.is_eraseprotect_enabled.return_value = False
        self.api.readback_status.return_value = "NONE"
        self.api.read_device_family.return_value = "NRF91"
        self.api.read_device_version.return_value = "NRF9160_xxAA_REV2"
        self.api.is_halted.return_value = True
        self.api.is_connected_to_device.return_value = False
        self.module = SimpleNamespace(**{**vars(LowLevel), "API": self.make})

    def run(self, operation: str, **more: object) -> object:
        self.session = Session(
            {"op": operation, "probe": PROBE, "speed_khz": 2000, "jlink": None, **more}, self.said.append
        )
        return self.session.run(self.module)

    @property
    def calls(self) -> list[Any]:
        return list(self.api.method_calls)

    @property
    def family(self) -> object:
        return self.make.call_args.kwargs["device_family"]


@pytest.fixture
def library() -> Library:
    return Library()


def refuse(code: int) -> Callable[..., object]:
    def fail(*_: object, **__: object) -> object:
        raise LowLevel.APIError(code)

    return fail


def test_the_stand_in_refuses_what_the_library_refuses(library: Library) -> None:
    with pytest.raises(TypeError):
        library.api.verify_file()
    with pytest.raises(AttributeError):
        library.api.flash("app.hex")
    with pytest.raises(TypeError):
        library.make(family="NRF91")


NO_MEMBER = ValueError("383 is not a valid NrfjprogdllErr")
"""What the real library's own table lacks: it was seen once to answer so to an opening, on a PC with much to do."""


@pytest.mark.parametrize(
    ("answers", "opened"),
    [([NO_MEMBER, None], 2), ([NO_MEMBER, NO_MEMBER], 2), ([LowLevel.APIError(-101)], 1), ([ValueError("x")], 1)],
)
def test_an_opening_that_is_answered_by_no_code_of_the_library_is_tried_once_more(
    library: Library, answers: list[Exception | None], opened: int
) -> None:
    library.api.open.side_effect = answers
    with nullcontext() if answers[-1] is None else pytest.raises(type(answers[-1])):
        library.run("recover")
    assert (library.api.open.call_count, library.make.call_count) == (opened, opened)
    assert library.session.begun is (answers[-1] is None)


PROGRAM_APPLICATION = [call.program_file("/images/app.hex"), call.verify_file("/images/app.hex", verify_action=READ)]


@pytest.mark.parametrize(
    ("operation", "more", "calls"),
    [
        ("recover", {}, [*REACHED, call.recover()]),
        ("program", APPLICATION | {"erase": "all"}, [*CONNECTED, call.erase_all(), *PROGRAM_APPLICATION]),
        (
            "program",
            APPLICATION | {"erase": "touched"},
            [
                *CONNECTED,
                call.erase_file(
                    "/images/app.hex",
                    chip_erase_mode=LowLevel.EraseAction.ERASE_SECTOR,
                    qspi_erase_mode=LowLevel.EraseAction.ERASE_NONE,
                ),
                *PROGRAM_APPLICATION,
            ],
        ),
        (
            "program",
            MODEM | {"erase": "all"},
            [*CONNECTED, call.program_file(MODEM["image"]), call.verify_file(MODEM["image"], verify_action=HASH)],
        ),
        ("verify", APPLICATION, [*CONNECTED, call.verify_file(APPLICATION["image"], verify_action=READ)]),
        ("verify", MODEM, [*CONNECTED, call.verify_file(MODEM["image"], verify_action=HASH)]),
        ("reset", {}, [*REACHED, call.sys_reset(), call.go()]),
        (
            "lock",
            {"level": "all"},
            [*CONNECTED, call.readback_protect(desired_protection_level=LowLevel.ReadbackProtection.ALL)],
        ),
        (
            "lock",
            {"level": "secure"},
            [*CONNECTED, call.readback_protect(desired_protection_level=LowLevel.ReadbackProtection.SECURE)],
        ),
    ],
)
def test_each_operation_makes_these_calls_and_no_other(
    library: Library, operation: str, more: dict[str, object], calls: list[Any]
) -> None:
    assert library.run(operation, **more) is True
    assert library.calls == calls
    # Whatever changes a board is refused by the library on any other family.
    assert library.family is LowLevel.DeviceFamily.NRF91
    assert library.session.begun is (operation != "verify")


def test_finding_a_probe_attaches_to_nothing(library: Library) -> None:
    library.api.enum_emu_snr.return_value = [1, PROBE]
    library.api.dll_version.return_value = (7, 94, "i")
    library.api.enum_emu_com_ports.return_value = [SimpleNamespace(vcom=1, path="/dev/ttyACM0", serial_number=PROBE)]
    assert library.run("find") == {
        "library": "10.24.2",
        "jlink": "7.94i",
        "ports": [{"vcom": 1, "path": "/dev/ttyACM0"}],
    }
    assert library.calls == [*OPENED, call.enum_emu_snr(), call.dll_version(), call.enum_emu_com_ports(PROBE)]
    assert not library.session.begun


@pytest.mark.parametrize("plugged_in", [None, [1, 2]])
def test_a_probe_that_is_not_there_is_none(library: Library, plugged_in: list[int] | None) -> None:
    library.api.enum_emu_snr.return_value = plugged_in
    assert library.run("find") is None


LOOKED = [
    *REACHED,
    call.read_device_family(),
    call.is_connected_to_device(),
    call.connect_to_device(),
    call.readback_status(),
    call.is_eraseprotect_enabled(),
    call.is_halted(),
    call.read_device_version(),
]


@pytest.mark.parametrize("halted", [True, False])
def test_looking_leaves_the_core_as_it_was(library: Library, halted: bool) -> None:
    library.api.is_halted.return_value = halted
    assert library.run("look") == {
        "family": "NRF91",
        "erase_protected": False,
        "protection": "NONE",
        "version": "NRF9160_xxAA_REV2",
    }
    assert library.calls == [*LOOKED, *([] if halted else [call.go()])]
    assert library.family is LowLevel.DeviceFamily.AUTO
    assert not library.session.begun


@pytest.mark.parametrize("family", ["UNKNOWN", "NRF53"])
def test_a_chip_that_is_none_of_ours_is_not_touched_further(library: Library, family: str) -> None:
    library.api.read_device_family.return_value = family
    assert library.run("look") == {"family": family, "protection": None, "erase_protected": None}
    assert library.calls == [*REACHED, call.read_device_family()]


@pytest.mark.parametrize("status", ["ALL", "SECURE"])
def test_a_board_that_reads_as_locked_is_told_with_what_it_still_says(library: Library, status: str) -> None:
    # As the real library answered, over a debug port whose access port was closed.
    library.api.readback_status.return_value = status
    library.api.is_halted.side_effect = refuse(-90)
    assert library.run("look") == {
        "family": "NRF91",
        "erase_protected": False,
        "protection": status,
        "version": "NRF9160_xxAA_REV2",
    }
    assert library.calls == LOOKED


def test_a_debug_connection_that_is_there_is_not_made_again(library: Library) -> None:
    library.api.is_connected_to_device.return_value = True
    library.run("look")
    assert call.connect_to_device() not in library.calls


def test_a_board_that_lets_nobody_in_is_locked(library: Library) -> None:
    for name in ("connect_to_device", "read_device_family", "is_eraseprotect_enabled", "is_halted", "go"):
        getattr(library.api, name).side_effect = refuse(-90)
    library.api.read_device_version.side_effect = refuse(-90)
    assert library.run("look") == {"family": None, "erase_protected": None, "protection": "ALL", "version": None}


@pytest.mark.parametrize("name", ["connect_to_device", "readback_status", "is_halted", "go"])
@pytest.mark.parametrize("code", [-12, -11, -5, -102])
def test_looking_takes_no_other_refusal_for_a_value(library: Library, name: str, code: int) -> None:
    library.api.is_halted.return_value = False
    getattr(library.api, name).side_effect = refuse(code)
    with pytest.raises(LowLevel.APIError) as caught:
        library.run("look")
    assert code_of(caught.value) == code


def test_silicon_that_the_library_does_not_know_is_told_by_its_number(library: Library) -> None:
    library.api.read_device_version.side_effect = lambda: LowLevel.DeviceVersion(0x09170000)
    seen = library.run("look")
    assert isinstance(seen, dict)
    assert seen["version"] == "DeviceVersion 0x9170000"


def test_an_error_that_the_library_does_not_know_is_no_silicon(library: Library) -> None:
    library.api.read_device_version.side_effect = refuse(-999)
    with pytest.raises(ValueError, match="-999") as caught:
        library.run("look")
    assert describe(caught.value)["code"] == -999


def test_a_locked_board_is_reset_through_its_control_port(library: Library) -> None:
    library.api.sys_reset.side_effect = refuse(-90)
    assert library.run("reset") is True
    assert library.calls == [*REACHED, call.sys_reset(), call.debug_reset()]


def test_a_reset_that_fails_otherwise_is_not_tried_another_way(library: Library) -> None:
    library.api.go.side_effect = refuse(-11)
    with pytest.raises(LowLevel.APIError):
        library.run("reset")
    assert call.debug_reset() not in library.calls


def test_a_difference_is_an_answer_when_verifying_and_a_failure_after_programming(library: Library) -> None:
    library.api.verify_file.side_effect = refuse(-160)
    assert library.run("verify", **APPLICATION) is False
    with pytest.raises(LowLevel.APIError, match="-160"):
        library.run("program", **APPLICATION, erase="all")


def test_not_being_able_to_verify_is_no_answer(library: Library) -> None:
    library.api.verify_file.side_effect = refuse(-102)
    with pytest.raises(LowLevel.APIError, match="-102"):
        library.run("verify", **APPLICATION)


@pytest.mark.parametrize("on", [True, False])
def test_erase_protection_is_read_back(library: Library, on: bool) -> None:
    library.api.is_eraseprotect_enabled.return_value = on
    assert library.run("protect_erase") is on
    assert library.calls == [*CONNECTED, call.enable_eraseprotect(), call.is_eraseprotect_enabled()]


def test_erase_protection_that_can_not_be_read_back_was_switched_on_all_the_same(library: Library) -> None:
    library.api.is_eraseprotect_enabled.side_effect = refuse(-90)
    with pytest.raises(RuntimeError, match="-90") as caught:
        library.run("protect_erase")
    assert describe(caught.value)["code"] is None
    assert library.session.begun


def test_the_setting_that_keeps_the_probes_firmware_is_one_that_the_library_has() -> None:
    # It takes any word and says nothing: only its own list of settings shows a misspelt one.
    known = tomllib.loads(Path(LowLevel.ConfigFile).read_text(encoding="utf-8"))
    assert known["jlink"]["auto_update_fw"] is True


@pytest.mark.parametrize("code", [-90, -12, -11, -5])
@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("program", APPLICATION | {"erase": "all"}),
        ("program", MODEM | {"erase": "touched"}),
        ("lock", {"level": "all"}),
        ("protect_erase", {}),
    ],
)
def test_nothing_is_changed_on_a_board_that_can_not_be_entered(
    library: Library, operation: str, more: dict[str, object], code: int
) -> None:
    library.api.connect_to_device.side_effect = refuse(code)
    with pytest.raises(LowLevel.APIError):
        library.run(operation, **more)
    assert library.calls == CONNECTED
    assert not library.session.begun


def test_a_probe_is_never_connected_to_before_its_own_update_is_off(library: Library) -> None:
    library.api.configure.side_effect = refuse(-254)
    with pytest.raises(LowLevel.APIError):
        library.run("look")
    assert library.calls == OPENED


def test_the_jlink_library_that_the_station_names_is_the_one_that_is_opened(library: Library) -> None:
    library.run("reset", jlink="/opt/here/libjlinkarm.so")
    assert library.make.call_args.kwargs["jlink_arm_dll_path"] == "/opt/here/libjlinkarm.so"


def test_closing_leaves_the_probe(library: Library) -> None:
    library.run("reset")
    library.session.close()
    assert library.calls[-1] == call.close()


def test_progress_rises_over_erasing_writing_and_verifying(library: Library) -> None:
    def log(*parts: int) -> Callable[..., None]:
        def work(*_: object, **__: object) -> None:
            hear = library.make.call_args.kwargs["log_str_cb"]
            for part in parts:
                text = f'[{PROBE}] [nRF91] {{"amountOfSteps": 2, "step": 1, "progressPercentage": {part}}}'
                hear(logging.LogRecord("pynrfjprog.LowLevel", logging.INFO, "x", 1, text, (), None))

        return work

    library.api.erase_all.side_effect = log(0, 100)
    library.api.program_file.side_effect = log(0, 40, 40, 100)
    library.api.verify_file.side_effect = log(100)
    library.run("program", **APPLICATION, erase="all")
    assert [line["progress"] for line in library.said] == [0.0, 0.05, 0.1, 0.24, 0.45, 0.8, 0.9]


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ('[1] [x] {"progressPercentage": 50}', 0.5),
        ('{"progressPercentage": 50, "step": 2, "amountOfSteps": 4}', 0.375),
        ('{"progress": {"progressPercentage": 100, "step": 1, "amountOfSteps": 1}}', 1.0),
        ('{"progressPercentage": 50, "step": 9, "amountOfSteps": 4}', 0.875),
        ('{"progressPercentage": 101}', None),
        ('{"progressPercentage": -1}', None),
        ('{"progressPercentage": NaN}', None),
        ('{"progressPercentage": 1e999}', None),
        ('{"progressPercentage": 5, "step": Infinity}', None),
        ('{"progressPercentage": "half"}', None),
        ('{"progressPercentage": 50', None),
        ('{"progress": [50]}', None),
        ("{" * 100_000, None),
        ('{"a":' * 100_000, None),
        ("ERROR: [nRF91] - ACK", None),
    ],
)
def test_a_datagram_is_read_or_left_out(line: str, part: float | None) -> None:
    assert read_progress(line) == part


JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=4)


@given(st.dictionaries(st.sampled_from(["progressPercentage", "step", "amountOfSteps", "progress"]), JSON))
def test_no_datagram_breaks_the_progress(datagram: dict[str, object]) -> None:
    part = read_progress(json.dumps(datagram))
    assert part is None or 0.0 <= part <= 1.0


def test_progress_that_nobody_takes_any_more_stops_nothing() -> None:
    def say(_message: Mapping[str, object]) -> None:
        raise BrokenPipeError

    Progress(say).hear('{"progressPercentage": 50}')


def test_an_error_is_told_with_the_call_the_code_and_the_words() -> None:
    with pytest.raises(LowLevel.APIError) as caught:
        raise LowLevel.APIError(-21, "no answer")
    told = describe(caught.value)
    assert told["code"] == -21
    assert "RECOVER_FAILED" in str(told["text"])
    # A check of the real library that comes before its native code.
    with pytest.raises(ValueError, match="unsigned") as refused:
        LowLevel.API.connect_to_emu_with_snr(None, -1)
    assert describe(refused.value) == {
        "code": None,
        "call": "connect_to_emu_with_snr",
        "text": f"ValueError: {refused.value}",
    }


def test_nothing_but_the_worker_imports_the_library() -> None:
    root = Path(station.__file__).parent
    importers = {path.name for path in root.rglob("*.py") if "pynrfjprog" in _imports(path)}
    assert importers == {"nrfjprog_worker.py"}


def _imports(path: Path) -> set[str]:
    """The packages that a module imports, also by `import_module`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                found.update(alias.name for alias in names)
            case ast.ImportFrom(module=str(name)):
                found.add(name)
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(name))]):
                found.add(name)
            case _:
                pass
    return {name.split(".")[0] for name in found}


ON_A_FOLDER_OF_ROOT = """
import sys
from pathlib import Path

def refuse(*_words, **_more):
    raise PermissionError(1, "Operation not permitted")

Path.chmod = refuse
sys.path.insert(0, sys.argv[1])
from station.devices.nrfjprog_worker import load_library
print(load_library().__file__)
assert Path.chmod is refuse
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is made executable there")
def test_the_library_is_loaded_where_its_programs_rights_can_not_be_changed(tmp_path: Path) -> None:
    """Its own first module, beside a program for another kind of PC that is not executable."""
    copy = tmp_path / "pynrfjprog"
    (copy / "lib_arm64").mkdir(parents=True)
    (copy / "lib_arm64" / "jlinkarm_nrf_worker_linux").touch(mode=0o644)
    (copy / "LowLevel.py").touch()
    shutil.copy(Path(LowLevel.__file__).parent / "__init__.py", copy)
    done = subprocess.run(
        [sys.executable, "-c", ON_A_FOLDER_OF_ROOT, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == str(copy / "LowLevel.py"), done.stderr
