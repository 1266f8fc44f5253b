"""Final checks in a time that only the test moves: a "no" has five minutes, a token a day, other accounts no say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from station.domain.check_events import Asks, CheckState, FinalChecked, Known, Token
from station.domain.ids import UnitId
from station.domain.secret import Secret
from station.line.final_checks import AT_ONCE, LAG
from station.line.final_tokens import EXPIRED, GONE, MOST, TOKEN_SECONDS, FinalTokens
from station.simulator.cloud import OTHER_KEY
from station.simulator.cloud_faults import Do
from tests.unit.line.outbox_rig import DrivenClock, Rig, open_rig

pytestmark = pytest.mark.announces("stamina.retry_scheduled")
DEVICE = "GET /v1/devices/*"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with open_rig(tmp_path) as rig:
        rig.final_check = Asks.TOKEN
        yield rig
        assert rig.cloud.truth()["leaks"] == []


def built(rig: Rig, count: int = 1) -> list[UnitId]:
    """Have units pass that leave their tokens."""
    units = rig.add_units(count)
    rig.leave_tokens(*units)
    return units


def found(rig: Rig) -> list[FinalChecked]:
    return [one.event for one in rig.records.entries_of_kind(FinalChecked.kind) if isinstance(one.event, FinalChecked)]


def asked(rig: Rig) -> list[str]:
    """What the cloud was asked of single devices."""
    requests: Any = rig.cloud.truth()["requests"]
    return [one["target"] for one in requests if one["target"].startswith("/v1/devices/")]


def settle(rig: Rig) -> None:
    """Have the units onboarded, and nothing asked behind that yet."""
    for _ in range(100):
        if set(rig.records.outbox_counts()) == {"onboarded"}:
            assert found(rig) == []
            return
        rig.clock.advance(rig.step() or 0.0)
    raise AssertionError("the upload does not end")


def test_all_are_asked_a_few_at_a_time_behind_their_upload(rig: Rig) -> None:
    units = built(rig, 2 * AT_ONCE + 1)
    rig.drain()
    assert sorted(one.unit for one in found(rig)) == units
    assert {one.state for one in found(rig)} == {CheckState.PASSED}
    assert [rig.tokens.get(unit) for unit in units] == [GONE] * len(units), (
        "a token is kept no longer than it is of use"
    )


def test_a_no_is_one_after_five_minutes_and_not_before(rig: Rig) -> None:
    (unit,) = built(rig)
    settle(rig)
    (device,) = rig.cloud.world.devices()
    device.key = ec.generate_private_key(ec.SECP256R1()).public_key()
    began = rig.clock.monotonic()
    assert rig.drain() >= LAG
    (no,) = found(rig)
    assert (no.known, no.token, no.state) == (Known.YES, Token.REFUSED, CheckState.REFUSED)
    assert rig.clock.monotonic() - began < LAG + 60
    assert [told.code for told in rig.told] == ["LINE-165"]
    assert [row.unit for row in rig.records.final_checks(CheckState.REFUSED)] == [unit]
    assert len(asked(rig)) < 30


def test_a_late_yes_is_a_yes(rig: Rig) -> None:
    built(rig)
    settle(rig)
    (device,) = rig.cloud.world.devices()
    true, device.key = device.key, ec.generate_private_key(ec.SECP256R1()).public_key()
    while rig.step() == 0.0:
        pass
    rig.clock.advance(LAG / 2)
    device.key = true
    rig.drain()
    assert [one.state for one in found(rig)] == [CheckState.PASSED]


def test_a_cloud_that_is_away_for_hours_decides_nothing(rig: Rig) -> None:
    built(rig, 2)
    settle(rig)
    rig.fail(DEVICE, Do.STATUS, status=503, times=0)
    for _ in range(200):
        rig.clock.advance(rig.step() or 0.0)
    assert found(rig) == []
    rig.cloud.heal()
    rig.drain()
    assert [one.state for one in found(rig)] == [CheckState.PASSED] * 2


def test_answers_that_tell_nothing_end_unsure(rig: Rig) -> None:
    built(rig)
    settle(rig)
    rig.fail(DEVICE, Do.STATUS, status=200, body="{}", times=0)
    rig.drain()
    assert [(one.known, one.token, one.state) for one in found(rig)] == [
        (Known.UNKNOWN, Token.UNKNOWN, CheckState.UNSURE)
    ]


def test_a_token_that_ran_out_is_not_asked(rig: Rig) -> None:
    built(rig)
    settle(rig)
    rig.clock.advance(TOKEN_SECONDS)
    rig.drain()
    assert [(one.known, one.token, one.words) for one in found(rig)] == [(Known.YES, Token.NOT_ASKED, EXPIRED)]


def test_the_next_process_asks_what_it_can(rig: Rig) -> None:
    built(rig)
    settle(rig)
    rig.restart()
    rig.drain()
    assert [(one.known, one.token, one.words) for one in found(rig)] == [(Known.YES, Token.NOT_ASKED, GONE)]
    rig.restart()
    assert rig.step() is None, "a check is taken once"


def test_a_way_without_a_token_is_whole_when_it_is_known(rig: Rig) -> None:
    rig.final_check = Asks.KNOWN
    rig.add_units(1)
    rig.drain()
    assert [(one.token, one.words, one.state) for one in found(rig)] == [(Token.NOT_ASKED, "", CheckState.PASSED)]


def test_another_accounts_key_says_nothing_of_a_unit(rig: Rig) -> None:
    rig.restart(gated=True)
    built(rig)
    settle(rig)
    rig.key = OTHER_KEY
    rig.restart(gated=True)
    for _ in range(50):
        rig.clock.advance(rig.step() or 0.0)
    assert found(rig) == []
    assert asked(rig) == []


def test_a_unit_that_was_built_again_is_checked_again(rig: Rig) -> None:
    (unit,) = built(rig)
    rig.drain()
    rig.rework(unit)
    assert [row.state for row in rig.records.final_checks(unit=unit)] == [CheckState.WANTED]


def test_tokens_are_bounded_and_in_no_text() -> None:
    tokens = FinalTokens(DrivenClock())
    for number in range(MOST + 1):
        tokens.put(UnitId(number), Secret(f"eyJ.{number}.x"))
    assert tokens.get(UnitId(0)) == GONE
    kept = tokens.get(UnitId(MOST))
    assert isinstance(kept, Secret)
    assert "eyJ" not in repr(tokens.__dict__)
