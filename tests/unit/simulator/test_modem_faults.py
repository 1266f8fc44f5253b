"""Fault scripts: each disturbance does what its name says, at the command it is meant for, the same for a seed."""

import json
from pathlib import Path

import pytest

from station.domain.faults import Fault
from station.host.clock import SystemClock
from station.simulator.board import Board
from station.simulator.delivery import NOTICES, Reset, Vanished
from station.simulator.faults import (
    BoardFaults,
    CommandFault,
    Do,
    FaultPlan,
    ProbeDo,
    ProbeFault,
    Trait,
    load_script,
    read_board_faults,
    seeded,
)
from station.simulator.host_firmware import start_firmware
from station.simulator.image import Framing
from station.simulator.modem import Modem
from station.simulator.timings import Timings

TAG = 16842753
NOTICED = "".join(f"{text}\r\n" for text in NOTICES).encode()


class Wire:
    """A line in memory that notes what was waited for."""

    def __init__(self) -> None:
        self.sent = b""
        self.parts: list[bytes] = []
        self.waited: list[float] = []

    def wait(self, seconds: float) -> None:
        if seconds:
            self.waited.append(seconds)

    def send(self, data: bytes) -> None:
        self.sent += data
        self.parts.append(data)

    def answer(self, data: bytes) -> bytes:
        self.send(data)
        return b""


def struck(do: Do, command: str = "AT+CGMI", framing: Framing = Framing.AT_HOST, **parts: object) -> tuple[Wire, Board]:
    fault = read_board_faults({"commands": [{"do": do, "match": "CGMI|CMNG=0|KEYGEN", **parts}]})
    board, wire = Board("BOARD", framing=framing, faults=fault), Wire()
    modem = Modem(board, Timings.none(), SystemClock())
    modem.execute("AT+CMEE=1")
    wire.failed = None  # type: ignore[attr-defined]  # what the board did instead of answering
    try:
        start_firmware(framing, board, modem, wire).receive(command.encode() + b"\r")
    except (Reset, Vanished) as event:
        wire.failed = event  # type: ignore[attr-defined]
    return wire, board


ANSWER = b"Nordic Semiconductor ASA\r\nOK\r\n"
KEYGEN = f"AT%KEYGEN={TAG},2,0"


def test_interleaved_lines_stand_before_the_final_code() -> None:
    wire, _ = struck(Do.INTERLEAVE)
    assert wire.sent == b"Nordic Semiconductor ASA\r\n" + NOTICED + b"OK\r\n"


def test_serial_modem_interleaves_behind_the_answer_and_only_results() -> None:
    wire, _ = struck(Do.INTERLEAVE, framing=Framing.SERIAL_MODEM)
    assert wire.sent.startswith(b"\r\nNordic Semiconductor ASA\r\n\r\nOK\r\n\r\n+CSCON: 1\r\n\r\n+CEREG: 0\r\n")


def test_garbage_comes_first_and_is_no_text() -> None:
    wire, _ = struck(Do.GARBAGE, size=40)
    assert wire.sent[40:] == ANSWER
    assert not any(byte in wire.sent[:40] for byte in b'"\r\n OK')


def test_pieces_are_the_answer() -> None:
    wire, _ = struck(Do.PIECES, seconds=0.3)
    assert wire.sent == ANSWER
    assert len(wire.parts) > 5
    assert set(wire.waited) == {0.3}


def test_a_late_answer_is_whole() -> None:
    wire, _ = struck(Do.LATE, seconds=7)
    assert (wire.sent, wire.waited) == (ANSWER, [7])


def test_a_lost_answer_leaves_the_work_done() -> None:
    wire, board = struck(Do.LOSE_ANSWER, KEYGEN)
    assert wire.sent == b""
    assert board.key(TAG) is not None


def test_an_endless_line_and_a_flood() -> None:
    wire, _ = struck(Do.ENDLESS_LINE, size=5000)
    assert len(wire.sent) == 5000
    assert b"\n" not in wire.sent
    wire, _ = struck(Do.FLOOD, size=9000)
    assert wire.sent.endswith(ANSWER)
    assert len(wire.sent) > 9000


def test_an_echo_instead_of_an_answer() -> None:
    wire, _ = struck(Do.ECHO_COMMAND)
    assert wire.sent == b"AT+CGMI"


@pytest.mark.parametrize(
    ("do", "parts", "answer"),
    [(Do.CME, {"code": 23}, b"+CME ERROR: 23\r\n"), (Do.ERROR, {}, b"ERROR\r\n")],
)
def test_a_refusal_does_no_work(do: Do, parts: dict[str, object], answer: bytes) -> None:
    wire, board = struck(do, KEYGEN, **parts)
    assert wire.sent == answer
    assert board.key(TAG) is None


@pytest.mark.parametrize(
    ("do", "event", "done"),
    [
        (Do.RESET_BEFORE, Reset, False),
        (Do.RESET_AFTER, Reset, True),
        (Do.RESET_MIDWAY, Reset, True),
        (Do.VANISH, Vanished, False),
        (Do.VANISH_AFTER, Vanished, True),
    ],
)
def test_a_board_can_go_away_before_or_after_the_work(do: Do, event: type[Exception], done: bool) -> None:
    wire, board = struck(do, KEYGEN)
    assert isinstance(wire.failed, event)  # type: ignore[attr-defined]
    assert (board.key(TAG) is not None) == done
    assert bool(wire.sent) == (do is Do.RESET_MIDWAY)


def test_a_hanging_board_waits_for_ever() -> None:
    wire, board = struck(Do.HANG, KEYGEN)
    assert wire.waited == [float("inf")]
    assert board.log[0].fault == Do.HANG


def test_writes_can_lie() -> None:
    content = "line one of a text\nline two of it, longer\n"
    command = f'AT%CMNG=0,{TAG},4,"{content}"'
    wire, board = struck(Do.IGNORE_WRITE, command)
    assert wire.sent == b"OK\r\n"
    assert board.store.find(TAG, 4) is None
    wire, board = struck(Do.CORRUPT_WRITE, command)
    assert wire.sent == b"OK\r\n"
    item = board.store.find(TAG, 4)
    assert item is not None
    assert sum(left != right for left, right in zip(item.content, content.encode(), strict=True)) == 1


def test_a_chatty_board_talks_between_all_lines() -> None:
    board, wire = Board("CHATTY", faults=BoardFaults(traits=frozenset({Trait.CHATTY}))), Wire()
    host = start_firmware(Framing.AT_HOST, board, Modem(board, Timings.none(), SystemClock()), wire)
    host.receive(b"AT\r")
    assert wire.sent == NOTICED + b"OK\r\n"


def plan(*faults: CommandFault, seed: int = 0) -> FaultPlan:
    return FaultPlan(BoardFaults(commands=faults), seeded(seed))


@pytest.mark.parametrize(
    ("nth", "times", "strikes"), [(1, 1, "x...."), (3, 1, "..x.."), (2, 2, ".xx.."), (2, 0, ".xxxx"), (9, 1, ".....")]
)
def test_a_fault_strikes_at_its_turn(nth: int, times: int, strikes: str) -> None:
    made = plan(CommandFault(do=Do.HANG, match="cmng=0", nth=nth, times=times))
    seen = ""
    for _ in strikes:
        assert made.at_command("AT+CGSN") is None
        seen += "x" if made.at_command("AT%CMNG=0,1,0") else "."
    assert seen == strikes


def test_chance_is_the_seeds() -> None:
    def struck_at(seed: int) -> list[bool]:
        made = plan(CommandFault(do=Do.HANG, times=0, chance=0.3), seed=seed)
        return [made.at_command("AT") is not None for _ in range(200)]

    assert struck_at(1) == struck_at(1) != struck_at(2)
    assert 30 < sum(struck_at(1)) < 90


def test_a_probe_fault_counts_its_own_operation() -> None:
    faults = BoardFaults(probe=(ProbeFault(do=ProbeDo.HANG, op="verify", nth=2),))
    made = FaultPlan(faults, seeded(0))
    assert [made.at_probe(op) is not None for op in ("program", "verify", "program", "verify", "verify")] == [
        False,
        False,
        False,
        True,
        False,
    ]


def test_a_script_names_everybody_a_slot_or_a_board(tmp_path: Path) -> None:
    script = tmp_path / "faults.json"
    script.write_text(
        json.dumps(
            {
                "every": {"traits": ["chatty"]},
                "slots": {"3": {"commands": [{"do": "late", "match": "KEYGEN", "seconds": 2}]}},
                "boards": {"SN9": {"traits": ["no-imei"], "probe": [{"do": "fail", "at": 0.2}]}},
            }
        )
    )
    loaded = load_script(script)
    assert loaded.for_board("SN1", 1) == BoardFaults(traits=frozenset({Trait.CHATTY}))
    found = loaded.for_board("SN9", 3)
    assert found.traits == {Trait.CHATTY, Trait.NO_IMEI}
    assert [fault.do for fault in found.commands] == [Do.LATE]
    assert [fault.at for fault in found.probe] == [0.2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"evry": {}}',
        '{"every": {"commands": [{"do": "explode"}]}}',
        '{"every": {"commands": [{"do": "late", "match": "("}]}}',
        '{"slots": {"x": {}}}',
    ],
)
def test_a_script_that_can_not_be_read_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    script = tmp_path / "faults.json"
    script.write_text(text)
    with pytest.raises(Fault) as caught:
        load_script(script)
    assert caught.value.code == "SIM-101"
    assert str(script) in caught.value.sentence
