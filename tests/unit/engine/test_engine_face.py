"""One face's connection: events lossless, the rest coalesced, and a mistake of ours answered."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from station.domain.ids import SlotNumber
from station.engine.commands import Request, ShowProduct, SignOut
from station.engine.face import Face
from station.engine.faults import ENDING
from station.engine.orders import Orders
from station.engine.pushes import AtLines, Changed, Happened, Header, Push, Tile, Welcome
from station.engine.results import Answer, Done, Failed
from station.engine.wire import LONGEST, LONGEST_ANSWER, decode_reply, encode_request
from station.host.clock import SystemClock
from station.host.local_socket import LocalConnection, LocalListener, dial

PATIENCE = 10.0


WELCOME = Welcome(protocol=1, version="", process=1, station_file="", data="", header=Header(), tiles=())


class Standing(SystemClock):
    """A clock whose monotonic time a test moves."""

    at = 1000.0

    def monotonic(self) -> float:
        return self.at


@dataclass
class Wired:
    """A served face, and the other end of its connection."""

    face: Face
    end: LocalConnection
    clock: "Standing"
    taken: list[Request] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def hear(self) -> Answer | Push:
        return decode_reply(self.end.receive(LONGEST_ANSWER))

    def hear_all(self) -> list[Answer | Push]:
        """Return everything until the other side hangs up."""
        heard = []
        while True:
            try:
                heard.append(self.hear())
            except (OSError, EOFError):
                return heard


@pytest.fixture
def wired(tmp_path: Path) -> Iterator[Wired]:
    listener = LocalListener(tmp_path)
    end = dial(listener.address, PATIENCE)
    end.limit_silence(PATIENCE)
    connection = listener.accept()
    assert connection is not None

    def take(face: Face, request: Request) -> None:
        made.taken.append(request)
        if hasattr(made, "orders"):
            made.orders.take(face, request)
        else:
            face.tell(Answer(number=request.number, result=Done()))

    clock = Standing()
    face = Face(connection, clock, take, lambda _face, why: made.left.append(why))
    made = Wired(face, end, clock)
    thread = threading.Thread(target=face.serve)
    thread.start()
    yield made
    end.hang_up()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert len(made.left) == 1
    end.close()
    listener.close()


def tile(slot: int, fraction: float) -> Tile:
    return Tile(slot=SlotNumber(slot), fraction=fraction)


def test_between_two_pushes_time_passes(wired: Wired) -> None:
    clock = wired.clock
    wired.face.changed((tile(1, 0.1),))
    assert wired.hear() == Changed(tiles=(tile(1, 0.1),))
    wired.face.changed((tile(1, 0.2),))
    for _ in range(200):  # it has every chance to say so
        wired.face.happened(Happened(number=0, at="", about="told"))
        assert isinstance(wired.hear(), Happened)
    wired.face.changed((tile(1, 0.3), tile(2, 0.3)))
    clock.at += 1.0
    assert wired.hear() == Changed(tiles=(tile(1, 0.3), tile(2, 0.3)))


def test_a_new_welcome_says_all_that_has_changed(wired: Wired) -> None:
    wired.face.changed((tile(1, 0.1),))
    assert isinstance(wired.hear(), Changed)
    wired.face.changed((tile(1, 0.2),))
    wired.face.tell(WELCOME)
    assert wired.hear() == WELCOME
    wired.clock.at += 1.0
    wired.face.changed((tile(2, 0.3),))
    assert wired.hear() == Changed(tiles=(tile(2, 0.3),))


def test_events_are_numbered_and_none_is_left_out(wired: Wired) -> None:
    for number in range(500):
        wired.face.happened(Happened(number=0, at="", about="told", code=str(number)))
    heard = [wired.hear() for _ in range(500)]
    assert [(one.number, one.code) for one in heard if isinstance(one, Happened)] == [
        (number + 1, str(number)) for number in range(500)
    ]


def test_one_slot_is_watched_at_a_time_and_what_was_kept_comes_first(wired: Wired) -> None:
    wired.face.overhear(SlotNumber(1), [("", ">", "unheard")])
    wired.face.watch(SlotNumber(2), [("", ">", "kept")])
    wired.face.overhear(SlotNumber(1), [("", ">", "unheard")])
    wired.face.overhear(SlotNumber(2), [("", "<", "new")])
    lines: list[str] = []
    while len(lines) < 2:
        push = wired.hear()
        assert isinstance(push, AtLines)
        assert push.slot == 2
        lines += [text for _, _, text in push.lines]
    assert lines == ["kept", "new"]


def test_last_words_come_behind_all_else(wired: Wired) -> None:
    wired.face.tell(WELCOME)
    wired.face.tell(Answer(number=4, result=Done()))
    wired.face.leave(ENDING.fault())
    wired.face.happened(Happened(number=0, at="", about="told"))
    first, second, last = wired.hear_all()
    assert (type(first), second) == (Welcome, Answer(number=4, result=Done()))
    assert isinstance(last, Answer)
    assert (last.number, last.result) == (0, Failed(code="ENG-105", sentence=ENDING.sentence))


def test_what_is_too_much_is_refused_and_the_conversation_goes_on(wired: Wired) -> None:
    wired.end.send(encode_request(Request(number=1, command=SignOut(reason="x" * 501))))
    refused = wired.hear()
    assert isinstance(refused, Answer)
    assert isinstance(refused.result, Failed)
    assert (refused.number, refused.result.code) == (1, "ENG-133")
    wired.end.send(encode_request(Request(number=2, command=SignOut(reason="x" * 500))))
    assert wired.hear() == Answer(number=2, result=Done())
    assert [one.number for one in wired.taken] == [2]


TOO_LONG = b" " * LONGEST + encode_request(Request(number=2, command=SignOut()))


@pytest.mark.parametrize("sent", [b"no JSON", b"{}", TOO_LONG], ids=["no JSON", "nothing", "too long"])
def test_what_can_not_be_read_ends_the_connection_with_a_word(wired: Wired, sent: bytes) -> None:
    wired.end.send(encode_request(Request(number=1, command=SignOut())))
    assert wired.hear() == Answer(number=1, result=Done())
    try:
        wired.end.send(sent)
    except OSError:
        assert len(sent) > LONGEST  # it does not even read so much
    last = wired.hear_all()[-1:]
    assert not last or (isinstance(last[0], Answer) and isinstance(last[0].result, Failed))
    if len(sent) <= LONGEST:
        assert last[0] == Answer(number=0, result=last[0].result)
        assert last[0].result.code == "ENG-107"
    assert len(wired.taken) == 1


@pytest.mark.announces("command failed")
def test_a_mistake_of_ours_is_an_answer_and_the_next_command_is_taken(wired: Wired) -> None:
    nothing: Any = None  # no station at all: every order that needs one must fail, in the worst way
    wired.orders = Orders(nothing, nothing, nothing, nothing, nothing, faces=list, begun=lambda: None, end=lambda: None)
    wired.end.send(encode_request(Request(number=1, command=ShowProduct(product="p"))))
    answer = wired.hear()
    assert isinstance(answer, Answer)
    assert isinstance(answer.result, Failed)
    assert (answer.number, answer.result.code, answer.result.detail) == (1, "ENG-901", "AttributeError")
    wired.end.send(encode_request(Request(number=2, command=SignOut())))
    assert wired.hear() == Answer(number=2, result=Done())
    wired.orders.end()
