"""Messages between faces and engine: what was sent is read, and nothing else is."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.faults import Fault
from station.domain.ids import BatchId, SlotNumber, UnitId
from station.domain.line import CloudState, Outcome, SlotState
from station.domain.secret import Secret
from station.engine.commands import (
    Acknowledge,
    Arm,
    Command,
    Decide,
    Export,
    Release,
    Request,
    SaveSettings,
    SettingsFile,
    SignIn,
    SignOut,
    WatchSlot,
)
from station.engine.pushes import AtLines, Beat, Changed, Happened, Header, Push, Tile, Welcome
from station.engine.results import Answer, Armed, Failed, Person, Result, Roll
from station.engine.wire import (
    BeyondLimitsError,
    decode_reply,
    decode_request,
    encode_answer,
    encode_push,
    encode_request,
)

TILE = Tile(slot=SlotNumber(3), state=SlotState.DONE, outcome=Outcome.PASSED, fraction=0.5, seconds=1.25, label="é\n")
HEADER = Header(
    run="paused", batch=BatchId("B"), uploads={CloudState.WAITING: 2}, outcomes={"passed": 1}, notices=("x",)
)
PERSON = Person(id="p1", name="Ödön", roles=("engineer",), rights=("RUN",))


@pytest.mark.parametrize(
    "command",
    [
        Arm(batch=BatchId("B"), product="p", quantity=3, reason="r"),
        WatchSlot(slot=None),
        Export(folder="/x", units=(UnitId(1), UnitId(2)), forms=("bundle",)),
    ],
)
def test_a_command_is_read_as_it_was_sent(command: Command) -> None:
    assert decode_request(encode_request(Request(number=7, command=command))) == Request(number=7, command=command)


def test_what_was_typed_arrives_and_is_shown_nowhere() -> None:
    sent = Request(number=1, command=SignIn(who="a", pin=Secret("582914")))
    read = decode_request(encode_request(sent)).command
    assert isinstance(read, SignIn)
    assert read.pin.reveal() == "582914"
    assert "582914" not in f"{sent!r} {read!r} {Acknowledge(slot=SlotNumber(1), reason='x', pin=Secret('582914'))}"


@pytest.mark.parametrize(
    "push",
    [
        Welcome(protocol=1, version="1", process=2, station_file="f", data="d", header=HEADER, tiles=(TILE,)),
        Changed(tiles=(TILE, Tile(slot=SlotNumber(1))), header=HEADER),
        Changed(),
        Happened(number=3, at="now", about="passed", slot=SlotNumber(1), unit=UnitId(5), batch=BatchId("B")),
        AtLines(slot=SlotNumber(1), lines=(("now", ">", "AT"), ("now", "<", "OK"))),
        Beat(at="now", idle_seconds=None),
    ],
)
def test_a_push_is_read_as_it_was_sent(push: Push) -> None:
    assert decode_reply(encode_push(push)) == push


@pytest.mark.parametrize(
    "result", [Armed(batch=BatchId("B"), warnings=("w",)), Roll(people=(PERSON,)), Failed(code="X-1", sentence="s")]
)
def test_an_answer_is_read_as_it_was_sent(result: Result | Failed) -> None:
    assert decode_reply(encode_answer(Answer(number=9, result=result))) == Answer(number=9, result=result)


def test_no_two_messages_have_one_name() -> None:
    kinds = [one.kind for one in (*get_args(Command), *get_args(Result), *get_args(Push), Failed)]
    assert len(kinds) == len(set(kinds))


LONG = "y7" * 2_000_000


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (SignOut(reason=LONG), "reason"),
        (Arm(batch=BatchId("B"), product=LONG, quantity=1), "product"),
        (Arm(batch=BatchId("B"), product="p", quantity=1_000_001), "quantity"),
        (Arm(batch=BatchId("B"), product="p", quantity=10**30), "quantity"),
        (Arm(batch=BatchId("B"), product="p", quantity=-(10**30)), "quantity"),
        (Arm(batch=BatchId(LONG), product="p", quantity=1), "batch"),
        (Export(folder="/x", units=(UnitId(2**63),)), "units"),
        (Decide(units=("x",) * 10_001, decision="hold", reason="r"), "units"),
        (Decide(units=(LONG,), decision="hold", reason="r"), "units"),
        (SignIn(who="a", pin=Secret(LONG)), "pin"),
        (SaveSettings(file="station", text=LONG, before="", reason="r"), "text"),
        (Release(reason="r", files=(SettingsFile(file=LONG, sha256=""),)), "files"),
    ],
    ids=lambda one: one if isinstance(one, str) else one.kind,
)
def test_what_is_too_much_is_told_by_its_field_alone(command: Command, what: str) -> None:
    with pytest.raises(BeyondLimitsError) as caught:
        decode_request(encode_request(Request(number=5, command=command)))
    assert (caught.value.number, caught.value.fault.code) == (5, "ENG-133")
    assert caught.value.fault.sentence.startswith(what)
    assert len(caught.value.fault.sentence) < 200
    assert "y7" not in f"{caught.value.fault.sentence}{caught.value.fault.detail}"
    assert caught.value.__cause__ is None


def test_as_much_as_may_be_is_read() -> None:
    for command in (
        Arm(batch=BatchId("B"), product="p" * 100, quantity=1_000_000, reason="r" * 500),
        SaveSettings(file=f"recipe:{'p' * 100}", text="t" * 1024 * 1024, before="a" * 64, reason="r"),
    ):
        assert decode_request(encode_request(Request(number=7, command=command))).command == command


PIN = "73519264"


@pytest.mark.parametrize(
    "sent",
    [
        {},
        [],
        {"number": 1},
        {"number": 0, "kind": "pause", "body": {}},
        {"number": True, "kind": "pause", "body": {}},
        {"number": "1", "kind": "pause", "body": {}},
        {"number": 1, "kind": "no-such", "body": {"pin": PIN}},
        {"number": 1, "kind": "armed", "body": {}},
        {"number": 1, "kind": "sign-in", "body": {"pin": PIN}},
        {"number": 1, "kind": "sign-in", "body": [PIN]},
        {"number": 1, "kind": "scan", "body": {"slot": PIN + "x"}},
        {"number": 1, "kind": ["sign-in"], "body": {"pin": PIN}},
    ],
)
def test_what_can_not_be_read_is_a_fault_that_quotes_nothing(sent: object) -> None:
    with pytest.raises(Fault) as caught:
        decode_request(json.dumps(sent).encode())
    assert caught.value.code == "ENG-107"
    assert caught.value.__cause__ is None
    assert PIN not in f"{caught.value}{caught.value.detail}"


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda value: json.dumps(value).encode())
)
def test_no_bytes_do_more_than_a_fault(data: bytes) -> None:
    for read in (decode_request, decode_reply):
        with pytest.raises(Fault) as caught:
            read(data)
        assert caught.value.code == "ENG-107"
