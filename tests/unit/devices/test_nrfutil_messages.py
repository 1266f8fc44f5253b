"""Whatever a tool prints can be taken, and what is known from real runs is read as what it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.devices.nrfutil_faults import Doing, is_unpowered, judge_failure, judge_unclear, read_millivolts
from station.devices.nrfutil_messages import (
    Failure,
    Transcript,
    Unclear,
    conclude,
    devices_of,
    find_text,
    ports_of,
    read_failure,
    stderr_words,
)
from station.host.processes import Ending

KEYS = st.sampled_from(
    [
        *("type", "data", "task", "progress", "result", "message", "error", "code", "description", "devices"),
        *("serialNumber", "progressPercentage", "step", "amountOfSteps", "vcom", "path", "serialPorts", "traits"),
    ]
)
WORDS = st.sampled_from(["task_begin", "task_progress", "task_end", "info", "log", "success", "fail"]) | st.text()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=6),
    max_leaves=25,
)
MESSAGES = st.fixed_dictionaries({"type": WORDS, "data": st.dictionaries(KEYS, JSON, max_size=6)})


@given(st.lists((JSON | MESSAGES).map(lambda value: json.dumps(value).encode()) | st.binary(), max_size=8))
def test_no_output_can_break_the_reader_nor_make_progress_leave_its_bounds(lines: list[bytes]) -> None:
    progress: list[float] = []
    told = Transcript("960012345", progress.append)
    for line in lines:
        told.take(line)
    assert all(0.0 <= part <= 1.0 for part in progress)
    verdict = conclude(told, Ending(0, b""), changes=True)
    if verdict is None:
        assert any(b"task_end" in line and b"success" in line for line in lines)
    find_text(told.payloads, "deviceVersion")
    for payload in told.payloads:
        ports_of(payload)
        if isinstance(payload.get("devices"), list):
            devices_of([payload])


def test_what_is_kept_of_a_flood_is_bounded() -> None:
    told = Transcript()
    line = json.dumps({"type": "task_end", "data": {"result": "fail", "message": "x" * 10000, "data": {"a": 1}}})
    for _ in range(1000):
        told.take(line.encode())
    assert len(told.failures) == len(told.payloads) == 64
    assert len(told.failures[0].words) == 300


def test_a_nesting_without_end_is_unclear() -> None:
    told = Transcript()
    told.take(b'{"a":' * 100_000)
    assert isinstance(conclude(told, Ending(0, b""), changes=False), Unclear)


@pytest.mark.parametrize(
    ("percent", "step", "steps", "part"),
    [(0, 1, 3, 0.0), (100, 1, 3, 1 / 3), (50, 2, 4, 0.375), (100, 4, 4, 1.0), (30, None, None, 0.3)],
)
def test_a_steps_percentage_counts_for_its_share(
    percent: int, step: int | None, steps: int | None, part: float
) -> None:
    heard: list[float] = []
    progress = {"progressPercentage": percent, "step": step, "amountOfSteps": steps}
    Transcript("", heard.append).take(json.dumps({"type": "task_progress", "data": {"progress": progress}}).encode())
    assert heard == pytest.approx([part])


@pytest.mark.parametrize("progress", [{"progressPercentage": 101}, {"progressPercentage": 5, "step": 3}, {"step": 1}])
def test_a_percentage_out_of_bounds_is_not_heard(progress: dict[str, int]) -> None:
    heard: list[float] = []
    Transcript("", heard.append).take(json.dumps({"type": "task_progress", "data": {"progress": progress}}).encode())
    assert heard == []


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        (b"", ""),
        (b"\x1b[31mError:\x1b[0m One or more tasks failed:\n * 1: No.\n", "One or more tasks failed: * 1: No."),
        (b"noise\nmore noise\n", "noise more noise"),
        (b"\xff\xfe\n", "\ufffd\ufffd"),
        (b"Error: first\nError: last", "last"),
        (b"x" * 1000, "x" * 300),
    ],
)
def test_stderr_is_read_as_a_person_would(errors: bytes, words: str) -> None:
    assert stderr_words(errors) == words


@pytest.mark.parametrize(
    ("said", "name", "words"),
    [
        # DevZone 125634 and 121798, sdk-nrf#19913, zephyr#103474.
        ("Timed out waiting for response. (Generic)", "Generic", "Timed out waiting for response"),
        ("protected (All) (NotAvailableBecauseProtection)", "NotAvailableBecauseProtection", "protected (All)"),
        ("Unknown part number 0x1c , code: Generic", "Generic", "Unknown part number 0x1c"),
        ("do not match: NRF54L vs NRF53 (WrongFamily)", "WrongFamily", "do not match: NRF54L vs NRF53"),
        ("nothing in brackets", "", "nothing in brackets"),
    ],
)  # fmt: skip
def test_the_name_of_an_error_stands_behind_its_words(said: str, name: str, words: str) -> None:
    assert read_failure(1, said, "") == Failure(1, name, words)


@pytest.mark.parametrize(
    ("words", "unpowered", "millivolts"),
    [
        ("Low voltage detected at the target", True, None),
        ("LOW_VOLTAGE", True, None),
        ("Target voltage too low (VTref = 0.53 V)", True, 530),
        ("VTref=12mV", False, 12),
        ("VTref: 0,1V", True, 100),
        ("VTref=1.8V, but nothing answers", False, 1800),
        ("Failed to attach", False, None),
    ],
)
def test_a_board_without_supply_is_known_by_its_words(words: str, unpowered: bool, millivolts: int | None) -> None:
    assert is_unpowered(Failure(1, "Generic", words)) is unpowered
    assert read_millivolts(words) == millivolts


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("libjlinkarm.so: cannot open shared object file", "DEV-311"),
        ("The J-Link DLL could not be found", "DEV-311"),
        ("Unable to load the J-Link shared library", "DEV-311"),
        ("JLINKARM_DLL_NOT_FOUND", "DEV-311"),
        ("J-Link software is too old", "DEV-311"),
        # In each of these the library is there.
        ("Failed to write DebugPort register 2: unknown error in J-Link DLL", "DEV-316"),
        ("Failed to connect to the target: J-Link DLL reported -1", "DEV-316"),
        ("No debuggers found", "DEV-315"),
        ("Device with serial number 960012345 was not found", "DEV-315"),
        ("Firmware is read-only", "DEV-305"),
    ],
)
def test_what_is_at_fault_is_told_by_the_words(words: str, code: str) -> None:
    assert judge_failure(Failure(1, "Generic", words), Doing.PROGRAM, "1", progressed=False).code == code


@pytest.mark.parametrize(
    ("number", "name", "code"),
    [
        (24, "", "DEV-312"),
        (1, "NotAvailableBecauseProtection", "DEV-312"),
        (25, "", "DEV-306"),
        (1, "Verify", "DEV-306"),
        (27, "", "DEV-313"),
        (1, "WrongFamily", "DEV-313"),
        (1, "NotSupported", "DEV-309"),
        (26, "", "DEV-305"),
    ],
)
def test_a_number_or_a_name_alone_is_enough(number: int, name: str, code: str) -> None:
    assert judge_failure(Failure(number, name, "no"), Doing.PROGRAM, "1", progressed=False).code == code


def test_a_probe_that_is_gone_in_the_middle_leaves_it_unknown() -> None:
    failure = Failure(1, "Generic", "No debuggers found")
    assert judge_failure(failure, Doing.PROGRAM, "1", progressed=True).code == "DEV-314"
    assert judge_failure(failure, Doing.VERIFY, "1", progressed=True).code == "DEV-315"


def test_only_a_modem_that_was_killed_behind_its_bootloader_is_a_solder_fault() -> None:
    why = "it did not end after: Bootloader uploaded"
    assert judge_unclear(Unclear(why, killed=True), Doing.MODEM, "1").code == "DEV-319"
    assert judge_unclear(Unclear(why, killed=True), Doing.PROGRAM, "1").code == "DEV-314"
    assert judge_unclear(Unclear(why), Doing.MODEM, "1").code == "DEV-317"
    assert judge_unclear(Unclear("it did not end", killed=True), Doing.MODEM, "1").code == "DEV-314"


@pytest.mark.parametrize("status", [-9, -11, 0xC0000005])
def test_a_kill_is_one_on_every_system(status: int) -> None:
    told = Transcript()
    told.take(b'{"type":"task_end","data":{"result":"success"}}')
    verdict = conclude(told, Ending(status, b""), changes=True)
    assert isinstance(verdict, Unclear)
    assert verdict.killed


def test_an_answer_without_a_task_counts_only_where_nothing_is_changed() -> None:
    told = Transcript()
    told.take(b'{"type":"info","data":{"devices":[]}}')
    assert conclude(told, Ending(0, b""), changes=False) is None
    assert isinstance(conclude(told, Ending(0, b""), changes=True), Unclear)
    assert isinstance(conclude(told, Ending(4, b"no"), changes=False), Failure)
