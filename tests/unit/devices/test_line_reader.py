"""Any bytes, in any pieces: whole lines come out, bounded, and nothing is lost or added."""

from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.devices.lines import Line, LineReader, Unended
from station.host.clock import Deadline


class Script:
    """A byte source that gives pieces one by one, and a clock that moves on one second at every empty read."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = list(pieces)
        self.time = 0.0

    def read_some(self) -> bytes:
        if self.pieces:
            return self.pieces.pop(0)
        self.time += 1.0
        return b""

    def read_waiting(self) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    def monotonic(self) -> float:
        return self.time

    def wait(self, event: Event, seconds: float) -> bool:
        self.time += seconds
        return event.is_set()


def all_lines(script: Script, reader: LineReader) -> list[Line]:
    deadline = Deadline(script, 2.0)
    lines = []
    while (line := reader.next_line(deadline)) is not None:
        lines.append(line)
    return lines


# Line ends are frequent, so that CR, LF and CR LF meet the borders between pieces.
wire_bytes = st.lists(st.one_of(st.sampled_from([b"\r", b"\n", b"\r\n", b"OK"]), st.binary(max_size=5)), max_size=30)


@given(wire_bytes)
def test_lines_and_the_rest_are_the_bytes_again(pieces: list[bytes]) -> None:
    script = Script(pieces)
    reader = LineReader(script)
    lines = all_lines(script, reader)
    text = "".join(line.text + line.end for line in lines) + reader.partial
    assert text.encode("latin-1") == b"".join(pieces)
    assert all(line.end in ("\r", "\n", "\r\n") and not {"\r", "\n"} & set(line.text) for line in lines)


@given(wire_bytes)
def test_pieces_make_no_other_texts_than_the_whole(pieces: list[bytes]) -> None:
    torn, whole = Script(pieces), Script([b"".join(pieces)])
    texts = [line.text for line in all_lines(torn, LineReader(torn)) if line.text]
    assert texts == [line.text for line in all_lines(whole, LineReader(whole)) if line.text]


def test_waits_no_longer_than_the_deadline() -> None:
    script = Script([b"O", b"K"])
    reader = LineReader(script)
    assert reader.next_line(Deadline(script, 5.0)) is None
    assert script.time == 5.0
    assert reader.partial == "OK"


@pytest.mark.parametrize("end", [b"", b"\r\n"])
def test_a_line_is_never_longer_than_its_limit(end: bytes) -> None:
    script = Script([b"x" * 60, b"x" * 60 + end, b"OK\r\n"])
    reader = LineReader(script, longest=100)
    with pytest.raises(Unended):
        reader.next_line(Deadline(script, 1.0))
    assert reader.next_line(Deadline(script, 1.0)) == Line("OK", "\r\n")


def test_takes_the_feed_that_follows_a_return() -> None:
    script = Script([b"OK\r", b"\nNEXT\r\n"])
    reader = LineReader(script)
    assert reader.next_line(Deadline(script, 1.0)) == Line("OK", "\r")
    reader.finish_line()
    assert reader.next_line(Deadline(script, 1.0)) == Line("NEXT", "\r\n")


def test_a_return_alone_costs_one_short_read_and_loses_nothing() -> None:
    script = Script([b"OK\r", b"", b"NEXT\r"])
    reader = LineReader(script)
    reader.next_line(Deadline(script, 1.0))
    reader.finish_line()
    assert len(script.pieces) == 1
    assert reader.next_line(Deadline(script, 1.0)) == Line("NEXT", "\r")


def test_what_is_waiting_is_taken_without_waiting() -> None:
    script = Script([b"+CEREG: 0\r\nhalf"])
    reader = LineReader(script)
    assert reader.waiting_lines() == [Line("+CEREG: 0", "\r\n")]
    assert reader.waiting_lines() == []
    assert script.time == 0.0
    assert reader.drop_partial() == "half"
    assert reader.partial == ""
