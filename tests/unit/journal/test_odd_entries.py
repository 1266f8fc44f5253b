"""An entry that no station wrote is damage, told as such; whoever reads on is not surprised by it."""

import json

import pytest

from station.domain.faults import Fault
from station.journal.codec import decode, microseconds
from tests.faults.hostile_forms import given
from tests.unit.evidence.tampering import unpack

LEAF = json.loads(unpack(given("bundle.zip"))["events.jsonl"].splitlines()[0])


def test_a_genuine_entry_is_read() -> None:
    entry = decode(json.dumps(LEAF).encode())
    assert microseconds(entry.at) > 0


@pytest.mark.parametrize("at", ["2026-11-22T08:00:00.000000", "2026-11-22", "yesterday", 7, None])
def test_a_time_that_is_no_moment_is_damage(at: object) -> None:
    with pytest.raises(Fault) as caught:
        decode(json.dumps(LEAF | {"at": at}).encode())
    assert caught.value.code == "JRN-103"
