"""Whatever bytes come from outside, a reader takes them or refuses them as it declares. The long form is a campaign."""

import random
from collections.abc import Iterator
from itertools import islice

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
    b"\xd9\xd9\xf7",
    b"\x30\x82\xff\xff",
    b"\n\n",
    b"\xe2\x80\xae",
)


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
    # A reader that refuses everything, or nothing, is not looked at by this.
    refused = [not target.check(data) for data in islice(mutate(target.seeds, random.Random(target.name)), TIMES)]
    assert (taken and any(refused)) or target.name in ("at-host", "at-shell", "cloud", "nrfutil")
