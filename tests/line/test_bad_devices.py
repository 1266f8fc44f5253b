"""Devices that talk badly, are not fit for the line, or go away: what can be recovered passes, the rest says why."""

import fcntl
import os
from typing import Any

import pytest

from station.domain.faults import Fault
from station.domain.line import Outcome, SlotState, StepKind
from station.line.feed import Notice, SlotChanged
from tests.line.harness import STEPS, Line
from tests.line.trial import Trial, advises, prepare
from tests.line.truth import held

Faults = dict[str, Any]

ASKED = ("CGMR", "CGSN", "DEVICEUUID", r"CMNG=1,\d+$", "KEYGEN", "CMNG=0,.*,0,", "CMNG=0,.*,1,", "JWT", "CFUN=0")
"""One command of every kind that a board is asked on its way."""


def fault(do: str, match: str = "", **words: Any) -> Faults:
    """Return one disturbance; ``times=0`` is from the first such command on, for ever."""
    return {"do": do, "match": match, **words}


def commands(*faults: Faults) -> Faults:
    return {"commands": list(faults)}


NOISE: dict[str, Faults] = {
    "URCs and log lines before every final code": {"traits": ["chatty"]},
    "URCs and log lines inside every answer": commands(fault("interleave", times=0)),
    "every answer in pieces": commands(fault("pieces", times=0, seconds=0.001)),
    "every answer late": commands(fault("late", times=0, seconds=0.02)),
    "garbage before an answer of each kind": commands(*(fault("garbage", match, size=24) for match in ASKED)),
    "a flood of URCs before an answer of each kind": commands(*(fault("flood", match, size=8000) for match in ASKED)),
    "the application switches the modem on": {"traits": ["active-at-boot"]},
    "a modem that does not overwrite": {"traits": ["refuses-overwrite"]},
    "a CSR without the wrong NULL": {"traits": ["clean-csr"]},
    "a COSE signature over the body": {"traits": ["body-aad"]},
}


@pytest.mark.parametrize("framing", ["at_host", "at_shell", "serial_modem"])
def test_noise_is_passed_over(line: Line, framing: str) -> None:
    prepare(line, framing="at_shell" if framing == "at_shell" else "at_host")
    with Trial(line) as trial:
        for number, (name, faults) in enumerate(NOISE.items()):
            end = trial.put({"serial": f"NOISY{number}", "faults": faults, "framing": framing})
            assert end.passed, (name, end)
            trial.take_out()


@pytest.mark.parametrize("framing", ["at_host", "serial_modem"])
def test_results_nobody_asked_for_come_at_any_time(line: Line, framing: str) -> None:
    prepare(line)
    with Trial(line) as trial:
        for kind in (StepKind.IDENTIFY, StepKind.CLEAR, StepKind.GENERATE, StepKind.WRITE, StepKind.PROVE):
            trial.at_step(kind, lambda: line.bench.say(1, "+CEREG: 2"))
            trial.at_step(kind, lambda: line.bench.say(1, "[00:00:28.460,540] <inf> app: %KEYGEN: OK"))
        assert trial.put({"serial": "TALKS", "framing": framing}).passed


LOST_ONCE: dict[str, Faults] = {
    "the command comes back instead of an answer": fault("echo-command"),
    "the answer never comes": fault("lose-answer"),
    "the answer comes after nobody waits any more": fault("late", seconds=1.3),
    "a line without end comes instead": fault("endless-line"),
}


@pytest.mark.parametrize("name", LOST_ONCE)
def test_an_answer_lost_once_is_asked_for_again(line: Line, name: str) -> None:
    prepare(line)
    lost = [{**LOST_ONCE[name], "match": match} for match in ("CGMR", "CMNG=0,.*,1,", "CFUN=0")]
    with Trial(line) as trial:
        end = trial.put({"serial": "LOSES", "faults": commands(*lost)})
        assert end.passed, end
        # To ask again is the modem's driver's own affair; to do again is the recipe's.
        assert [end.step(kind).tries for kind in (StepKind.WRITE, StepKind.STORE)] == [2, 2]


@pytest.mark.parametrize("framing", ["at_host", "at_shell"])
@pytest.mark.parametrize("do", ["reset-before", "reset-after", "reset-midway"])
def test_a_board_that_restarts_once_at_any_command_still_passes(line: Line, do: str, framing: str) -> None:
    prepare(line, framing=framing)
    with Trial(line) as trial:
        for number, match in enumerate(ASKED):
            end = trial.put({"serial": f"R{number}", "framing": framing, "faults": commands(fault(do, match))})
            assert end.passed, (match, end)
            trial.take_out()


ONE_TRY = "".join(f'[[steps]]\ndo = "{name}"\nattempts = 1\n' for name in STEPS)
"""A recipe that tries nothing twice: what never answers is waited for once."""

GARBAGE = fault("garbage", "CMNG", times=0, size=24)
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "only garbage around every list": ({"faults": commands(GARBAGE)}, "AT-104", "check the cable"),
    "a flood without end": (
        {"faults": commands(fault("flood", "CGMR", times=0, size=300_000))},
        "AT-105",
        "right firmware",
    ),
    "a line without end": ({"faults": commands(fault("endless-line", "CGMR", times=0))}, "AT-105", "right firmware"),
    "a board that restarts again and again": (
        {"faults": commands(fault("reset-after", "CGMR", times=0))},
        "AT-103",
        "supply",
    ),
    "answers that never come": ({"faults": commands(fault("lose-answer", "CGMR", times=0))}, "AT-101", "once more"),
    "echoes instead of answers": ({"faults": commands(fault("echo-command", "CGMR", times=0))}, "AT-101", "once more"),
    "a dead board": ({"faults": {"traits": ["dead"]}}, "AT-102", "seated, has power"),
    "a blank board": ({"blank": True}, "AT-102", "right firmware"),
    "an application that knows no AT commands": ({"framing": "none"}, "AT-102", "right firmware"),
    "a firmware without %KEYGEN": ({"profile": "nrf9160-old"}, "AT-303", "1.3.0 or newer"),
    "a production test image": ({"profile": "nrf9151-pti"}, "AT-301", "Program its modem firmware"),
    "a modem without IMEI": ({"faults": {"traits": ["no-imei"]}}, "AT-305", "Put the board aside"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_board_that_cannot_be_identified_fails_and_the_next_passes(line: Line, name: str) -> None:
    board, code, told = REFUSED[name]
    prepare(line, table=ONE_TRY)
    with Trial(line) as trial:
        end = trial.put({"serial": "BAD", **board})
        assert (end.outcome, end.code, end.latched) == (Outcome.FAILED, code, False), end
        assert told in end.sentence
        assert advises(end.sentence), end.sentence
        assert trial.changes_to("BAD") == []
        assert trial.records.tally(trial.batch).count(Outcome.FAILED) == 1
        trial.take_out()
        assert trial.put({"serial": "NEXT"}).passed
        tally = trial.records.tally(trial.batch)
        # One failed and one passed, whether or not the first ever said who it is.
        failed = tally.count(Outcome.FAILED) + tally.unidentified.get("failed", 0)
        assert (tally.count(Outcome.PASSED), failed) == (1, 1)


def test_every_silicon_that_can_make_keys_passes(line: Line) -> None:
    prepare(line)
    with Trial(line) as trial:
        for profile in ("nrf9160", "nrf9160-1.3.1", "nrf9161", "nrf9151", "nrf9151-ntn"):
            end = trial.put({"serial": profile, "profile": profile})
            assert end.passed, end
            trial.take_out()


@pytest.mark.announces("the modem did not store before the end")
@pytest.mark.parametrize(("match", "code"), [("KEYGEN", "AT-102"), ("CMNG=0,.*,1,", "AT-101")])
def test_a_board_that_hangs_fails_and_passes_once_it_was_taken_out(line: Line, match: str, code: str) -> None:
    prepare(line, table=ONE_TRY)
    with Trial(line) as trial:
        end = trial.put({"serial": "HANGS", "faults": commands(fault("hang", match))})
        assert (end.outcome, end.code, end.latched) == (Outcome.FAILED, code, False), end
        assert advises(end.sentence)
        trial.require_truth()
        trial.take_out()
        assert trial.put({"serial": "HANGS"}).passed


@pytest.mark.parametrize("stuck", [b'AT%CMNG=0,1,0,"abc', b'AT%CMNG=0,1,0,"' + b"x" * 5000], ids=["open", "overflown"])
def test_a_firmware_stuck_in_half_a_command_is_freed(line: Line, stuck: bytes) -> None:
    prepare(line)
    with Trial(line) as trial:
        trial.wait_empty()
        line.bench.insert_described(1, {"serial": "STUCK"})
        _write_to(line, stuck)
        trial.scan()
        end = trial.end()
        assert end.passed, end


def _write_to(line: Line, data: bytes) -> None:
    """Write to slot 1 as a program would that died in the middle of it."""
    port = os.open(line.bench.port_address(1), os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(port, data)
    finally:
        os.close(port)


def test_a_firmware_with_another_framing_is_the_stations_trouble(line: Line) -> None:
    prepare(line)
    with Trial(line) as trial:
        end = trial.put({"serial": "SHELL", "framing": "at_shell"})
        assert (end.outcome, end.code, end.latched) == (Outcome.ERROR, "AT-151", True), end
        assert "Check product and firmware" in end.sentence
        trial.take_out()
        assert trial.put({"serial": "NEXT"}).passed
        assert trial.records.tally(trial.batch).first_total == 1  # an ERROR is no board's first result


@pytest.mark.announces("the modem did not store before the end")
@pytest.mark.parametrize("do", ["vanish", "vanish-after"])
def test_a_port_that_vanishes_latches_the_slot_and_the_board_passes_later(line: Line, do: str) -> None:
    prepare(line)
    with Trial(line) as trial:
        for number, match in enumerate(ASKED):
            serial = f"V{number}"
            end = trial.put({"serial": serial, "faults": commands(fault(do, match))})
            assert (end.outcome, end.code, end.latched) == (Outcome.ERROR, "DEV-105", True), (match, end)
            assert "Put it back" in end.sentence
            trial.take_out()
            trial.require_truth()
            assert trial.put({"serial": serial}).passed, match
            trial.take_out()
        assert trial.records.tally(trial.batch).first_passed == len(ASKED)


def test_a_latched_slot_touches_no_board_before_somebody_looked(line: Line) -> None:
    prepare(line, slots=2)
    with Trial(line) as trial:
        assert trial.put({"serial": "GONE", "faults": commands(fault("vanish", "CGMR"))}).latched
        line.bench.remove(1)
        line.bench.insert_described(1, {"serial": "WAITS"})
        with pytest.raises(Fault, match="LINE-115"):
            trial.scan()
        # While another slot builds a whole board, nothing happens here.
        assert trial.put({"serial": "OTHER"}, slot=2).passed
        assert trial.log_of("WAITS") == []
        assert trial.records.latched_slots() == {1: "DEV-105"}
        trial.acknowledge()
        trial.scan()
        assert trial.end().passed
        assert trial.records.latched_slots() == {}


def test_a_latched_slot_tries_its_board_again_however_soon_somebody_looked(line: Line) -> None:
    prepare(line, presence="port")
    with Trial(line) as trial:

        def look(notice: Notice) -> None:
            if isinstance(notice, SlotChanged) and notice.state is SlotState.LATCHED:
                trial.engine.acknowledge(notice.slot, line.actor(), "quicker than any hand")  # on the slot's own thread

        trial.station.feed.listen(look)
        # Its port comes back before a slot that waits for the board to be taken out would believe that it has gone.
        end = trial.put({"serial": "BACK", "faults": commands(fault("vanish", "CGMR", seconds=0.1))})
        assert (end.code, end.latched) == ("DEV-105", True), end
        trial.wait(
            lambda: any(unit.outcome is Outcome.PASSED for unit in trial.records.find_units("")),
            "the same board to pass",
        )


@pytest.mark.announces("the modem did not store before the end")
def test_what_was_not_stored_when_the_power_went_is_made_anew(line: Line) -> None:
    prepare(line)
    with Trial(line) as trial:
        faults = {"traits": ["unflushed-lost"], **commands(fault("vanish-after", "JWT"))}
        assert trial.put({"serial": "DARK", "faults": faults}).code == "DEV-105"
        trial.take_out()
        assert held(line, "DARK") == {}  # key and certificate were in it a moment ago
        trial.require_truth()
        assert trial.put({"serial": "DARK"}).passed
        trial.take_out()
        assert set(held(line, "DARK")) == {0, 1, 2}  # the finished board lost nothing when it was pulled


def test_a_key_lost_in_a_restart_never_passes(line: Line) -> None:
    prepare(line)
    with Trial(line) as trial:
        faults = {"traits": ["unflushed-lost"], **commands(fault("reset-after", "CMNG=0,.*,1,"))}
        end = trial.put({"serial": "FORGETS", "faults": faults})
        assert (end.outcome, end.code, end.failed_in) == (Outcome.FAILED, "LINE-121", StepKind.WRITE), end
        assert advises(end.sentence)
        trial.require_truth()
        trial.take_out()
        assert trial.put({"serial": "FORGETS"}).passed


def test_a_port_in_other_hands_latches_the_slot(line: Line) -> None:
    prepare(line)
    with Trial(line) as trial:
        line.bench.insert_described(1, {"serial": "SHARED"})
        port = os.open(line.bench.port_address(1), os.O_RDWR | os.O_NOCTTY)
        try:
            fcntl.flock(port, fcntl.LOCK_EX)
            trial.scan()
            end = trial.end()
        finally:
            os.close(port)
        assert (end.outcome, end.code, end.latched) == (Outcome.ERROR, "DEV-102", True), end
        assert "Close it (terminal, modem manager)" in end.sentence
        trial.take_out()
        assert trial.put({"serial": "SHARED"}).passed


@pytest.mark.announces("the modem did not store before the end")
def test_slots_that_look_for_boards_take_them_as_they_come_and_go(line: Line) -> None:
    prepare(line, presence="port", slots=2)
    with Trial(line) as trial:
        trial.load({"serial": "A", "faults": commands(fault("vanish", "KEYGEN"))}, slot=1)
        trial.load({"serial": "B"}, slot=2)
        assert trial.end(1).code == "DEV-105"
        assert trial.end(2).passed
        trial.take_out(1)
        assert trial.put({"serial": "A"}, slot=1).passed
