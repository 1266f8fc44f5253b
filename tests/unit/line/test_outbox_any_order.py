"""Whatever goes wrong, in whatever order: no device is handed to the cloud twice, and in the end all are settled."""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from station.domain.line import CloudState
from station.simulator.cloud_faults import Do
from station.simulator.cloud_rows import read_rows
from tests.unit.line.outbox_rig import SENDING, Rig, open_rig

# None of these lies: what the cloud says of itself is true, late, or not to be had.
_MISHAPS = some.sampled_from(
    [
        {"do": Do.STATUS, "status": 500},
        {"do": Do.STATUS, "status": 429},
        {"do": Do.STATUS, "status": 503, "headers": {"Retry-After": "90"}},
        {"do": Do.STATUS, "status": 503},
        {"do": Do.CLOSE_UNREAD},
        {"do": Do.CLOSE_UNDONE},
        {"do": Do.CLOSE_DONE},
        {"do": Do.CLOSE_MID_ANSWER},
        {"do": Do.NONSENSE, "body": "?"},
        {"do": Do.REDIRECT},
    ]
)
_PLACES = some.sampled_from(
    [
        SENDING,
        "GET /v1/bulk-ops-requests",
        "GET /v1/bulk-ops-requests/*",
        "GET /v1/devices/*",
        "GET /*/provision_devices/*.csv",
    ]
)
_LOST = some.sampled_from([Do.CLOSE_DONE, Do.CLOSE_MID_ANSWER, Do.CLOSE_UNDONE])
_ACTS = some.lists(
    some.one_of(
        some.tuples(some.just("fail"), _PLACES, _MISHAPS, some.integers(1, 4)),
        some.tuples(some.just("fail"), some.just(SENDING), some.builds(lambda how: {"do": how}, _LOST), some.just(1)),
        some.tuples(some.just("units"), some.integers(1, 3)),
        some.tuples(some.just("steps"), some.integers(2, 6)),
        some.tuples(some.just("wait"), some.sampled_from([1, 30, 70, 900])),
        some.tuples(some.just("clock"), some.sampled_from([-7200, -300, 300, 7200])),
        some.tuples(some.just("stuck"), some.booleans()),
        some.tuples(some.just("restart")),
    ),
    min_size=8,
    max_size=30,
)


def do(rig: Rig, act: tuple[Any, ...]) -> None:
    match act:
        case ("fail", place, mishap, times):
            rig.fail(place, times=times, **mishap)
        case ("units", count):
            rig.add_units(count)
        case ("steps", count):
            for _ in range(count):
                rig.step()
        case ("wait", seconds):
            rig.clock.advance(seconds)
        case ("clock", seconds):
            rig.clock.set_by(seconds=seconds)
        case ("stuck", value):
            rig.cloud.switch(stuck=value)
        case ("restart",):
            rig.restart()


@pytest.mark.announces("stamina.retry_scheduled")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(acts=_ACTS)
def test_no_order_of_mishaps_sends_a_device_twice_or_leaves_it_behind(acts: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_rig(Path(folder)) as rig:
        rig.add_units(2)
        for act in acts:
            do(rig, act)
        rig.cloud.heal()
        rig.drain()
        handed = Counter(
            row.device_id for one in rig.cloud.world.operations() for row in read_rows(one.body, "text/csv")
        )
        assert set(handed.values()) == {1}
        assert set(rig.states()) == {CloudState.ONBOARDED}
        assert sorted(handed) == rig.onboarded()
