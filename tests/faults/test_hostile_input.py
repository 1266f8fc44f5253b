"""Whatever bytes come from outside, a reader takes them or refuses them as it declares. The long form is a campaign."""

import random
import sys
import tracemalloc
from collections.abc import Iterator
from itertools import islice
from types import FrameType

import pytest

from tests.faults.hostile import Target, targets

TIMES = 150
_BITS = (
    b"\0",
    b"\xff",
    b"\r\n",
    b'"',
    b"{",
    b"[",
    b"=",
    b"%",
    b"9" * 30,
    b"1e999",
    b"~nobody/",
    b"\\ud800",
    b"\xd9\xd9\xf7",
    b"\x30\x82\xff\xff",
    b"\n\n",
    b"\xe2\x80\xae",
)

LONG = 8_000
BOMBS = {
    "deep lists": b"[" * LONG,
    "deep objects": b'{"a":' * (LONG // 5),
    "deep CBOR": b"\x81" * LONG,
    "endless CBOR": b"\x9f" * LONG,
    "CBOR that promises more": b"\x9b" + b"\x7f" * 8 + b"\x5b" + b"\x7f" * 8,
    "deep DER": b"\x30\x80" * (LONG // 2),
    "DER that promises more": b"\x30\x84\x7f\xff\xff\xff" * 100,
    "one number": b"9" * LONG,
    "large numbers": b"[1e999,-1e999," + b"1e308," * (LONG // 6) + b"1]",
    "one line": b"A" * LONG,
    "lines": b"\r\n" * (LONG // 2),
    "nothing but zeros": b"\0" * LONG,
    "quotes": b'"\\' * (LONG // 2),
    "parts": b"a." * (LONG // 2),
    "a home nobody has": b'path = "~nobody-at-all/x"\n',
    "half a pair": b'{"version": 1, "name": "\\ud800"}',
}
MEMORY = 96 * 1024 * 1024
CALLS_PER_BYTE, CALLS = 60, 1_500_000


def mutate(seeds: tuple[bytes, ...], chance: random.Random) -> Iterator[bytes]:
    """Yield inputs that are nearly whole: a place changed, cut, doubled, joined with another."""
    while True:
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data) + 1)
            to = min(len(data), at + chance.choice((1, 1, 2, 8, 64)))
            match chance.randrange(6):
                case 0:
                    data[at:to] = bytes([chance.randrange(256)])
                case 1:
                    del data[at:to]
                case 2:
                    data[at:at] = data[at:to] * chance.randint(1, 3)
                case 3:
                    data[at:at] = chance.choice(_BITS)
                case 4:
                    other = chance.choice(seeds)
                    data[at:] = other[chance.randrange(len(other) + 1) :]
                case _:
                    del data[at:]
        yield bytes(data)


@pytest.mark.parametrize("target", targets(), ids=lambda target: target.name)
def test_a_reader_takes_bytes_or_refuses_them_as_it_declares(target: Target) -> None:
    taken = [target.check(seed) for seed in target.seeds]
    times = max(8, round(TIMES * min(1.0, 4 * target.share)))
    refused = [not target.check(data) for data in islice(mutate(target.seeds, random.Random(target.name)), times)]
    # A reader that refuses everything, or nothing, is not looked at by this.
    assert any(taken), "none of the genuine inputs is taken"
    assert any(refused) or target.takes_all or target.share < 0.05


class TooMuchWorkError(Exception):
    """More calls than an input of this size is worth."""


class Meter:
    """Counts calls and memory while it lasts; not time, of which other work takes its part."""

    def __init__(self, calls: int) -> None:
        self._left = calls

    def __enter__(self) -> "Meter":
        tracemalloc.start()
        sys.setprofile(self._count)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        self.most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    def _count(self, _frame: FrameType, _event: str, _argument: object) -> None:
        self._left -= 1
        if self._left < 0:
            sys.setprofile(None)
            raise TooMuchWorkError


@pytest.mark.parametrize("target", targets(), ids=lambda target: target.name)
def test_what_is_deep_long_or_huge_costs_a_reader_no_more_than_its_size(target: Target) -> None:
    few = 4 if target.share < 0.02 else 1  # a database or a file system at every look
    for name, bomb in list(BOMBS.items())[::few]:
        # Those that have a smaller share begin with a byte or two that say what is to come.
        for data in (bomb, b"\0\6" + bomb)[: 1 + (target.share < 0.4)]:
            with Meter(CALLS + CALLS_PER_BYTE * len(data)) as meter:
                target.check(data)
            assert meter.most < MEMORY, name


def test_the_meter_itself_has_teeth() -> None:
    def squander(data: bytes) -> None:
        for at in range(len(data)):
            for _ in data[:at]:
                data.find(b"x")

    with pytest.raises(TooMuchWorkError), Meter(CALLS + CALLS_PER_BYTE * LONG):
        squander(BOMBS["one line"])
    with Meter(CALLS) as meter:
        bytes(MEMORY)
    assert meter.most > MEMORY
