"""Tiles and header as they are folded from what the feed tells; what comes late is not drawn on the next board."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from station.domain.events import (
    AttemptClosed,
    AttemptOpened,
    BatchArmed,
    CheckpointMade,
    Event,
    FaultRecord,
    SlotAcknowledged,
    SlotLatched,
    StepIntended,
    UnitIdentified,
    UnitOverwritten,
)
from station.domain.ids import AttemptId, BatchId, DeviceId, EventSeq, Imei, Sha256, SlotNumber, UnitId
from station.domain.line import Outcome, RepeatClass, SlotState, StepKind
from station.engine import prompts
from station.engine.picture import OnLine, Picture
from station.engine.pushes import Happened, Header, Tile, Welcome
from station.host.clock import SystemClock
from station.journal.codec import Entry
from station.line.feed import Progress, SlotChanged, Told

ONE, BATCH = SlotNumber(1), BatchId("B")
FAULT = FaultRecord("DEV-1", "Plug it in.", "")


class Looker:
    """Takes the place of a face in a picture."""

    def __init__(self) -> None:
        self.told: list[Happened] = []
        self.tiles: list[Tile] = []
        self.welcomes: list[Welcome] = []

    def tell(self, welcome: Welcome) -> None:
        self.welcomes.append(welcome)

    def changed(self, tiles: Sequence[Tile], _header: Header | None = None) -> None:
        self.tiles += tiles

    def happened(self, happened: Happened) -> None:
        self.told.append(happened)


def welcome(header: Header, tiles: tuple[Tile, ...]) -> Welcome:
    return Welcome(protocol=1, version="", process=1, station_file="", data="", header=header, tiles=tiles)


class Drawn:
    """A picture of one slot, and who looks at it."""

    def __init__(self) -> None:
        self.picture = Picture(SystemClock(), Header(), [ONE], {}, lambda _: UnitId(77), welcome)
        self.looker: Any = Looker()
        self.picture.join(self.looker)
        self.seq = 0

    def say(self, event: Event, seq: int | None = None) -> int:
        self.seq = seq or self.seq + 1
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seq)
        self.picture.take(Entry(EventSeq(self.seq), at, 0, EventSeq(1), "p1", event))
        return self.seq

    def open(self) -> AttemptId:
        self.picture.take(SlotChanged(ONE, SlotState.RUNNING))
        opened = AttemptOpened(batch=BATCH, slot=ONE, recipe=Sha256("0" * 64), serial=None)
        return AttemptId(self.say(opened))

    def begin(self, *, scans: bool = False, sees: bool = True) -> None:
        line = OnLine(BATCH, 7, scans, frozenset([ONE] if sees else []), 12.0)
        self.picture.begin(line, run="running", batch=BATCH)

    @property
    def tile(self) -> Tile:
        other: Any = Looker()
        self.picture.join(other)
        self.picture.leave(other)
        return other.welcomes[0].tiles[0]


def identified(attempt: AttemptId) -> UnitIdentified:
    return UnitIdentified(
        attempt=attempt,
        device_id=DeviceId("d"),
        imei=Imei("1" * 15),
        uuid=None,
        uuid_source=None,
        serial=None,
        model="",
        hardware=None,
        modem_firmware="",
    )


def test_a_board_from_beginning_to_end() -> None:
    drawn = Drawn()
    drawn.begin()
    attempt = drawn.open()
    drawn.say(identified(attempt))
    drawn.say(StepIntended(attempt=attempt, index=2, step=StepKind.SIGN, name="Sign", repeat=RepeatClass.PROBE_FIRST))
    drawn.picture.take(Progress(ONE, attempt, StepKind.SIGN, 0.5))
    tile = drawn.tile
    assert (tile.state, tile.step, tile.step_index, tile.steps, tile.fraction) == (
        SlotState.RUNNING,
        "Sign",
        2,
        7,
        0.5,
    )
    assert (tile.device_id, tile.attempt, tile.expected_seconds) == ("d", attempt, 12.0)
    drawn.say(AttemptClosed(attempt=attempt, outcome=Outcome.PASSED))
    drawn.picture.take(SlotChanged(ONE, SlotState.DONE))
    assert (drawn.tile.outcome, drawn.tile.seconds, drawn.tile.prompt) == (Outcome.PASSED, 3.0, prompts.TAKE_OUT)
    (told,) = drawn.looker.told
    assert (told.about, told.slot, told.unit, told.batch) == ("passed", ONE, 77, BATCH)
    drawn.picture.take(SlotChanged(ONE, SlotState.EMPTY))
    assert (drawn.tile.outcome, drawn.tile.prompt) == (Outcome.PASSED, prompts.PUT_IN)


@pytest.mark.parametrize("code", ["LINE-150", "JRN-205"])
def test_a_tile_and_what_is_heard_say_what_the_board_is_not_how_the_attempt_ended(code: str) -> None:
    """Both attempts are ABORTED in the record; the board in the slot is in quarantine, and must be put aside."""
    drawn = Drawn()
    drawn.begin()
    attempt, fault = drawn.open(), FaultRecord(code, "Put it aside.", "")
    if code == "LINE-150":
        drawn.say(UnitOverwritten(attempt=attempt, unit=UnitId(77), fault=fault))
    drawn.say(AttemptClosed(attempt=attempt, outcome=Outcome.ABORTED, fault=fault))
    drawn.picture.take(SlotChanged(ONE, SlotState.DONE))
    assert (drawn.tile.outcome, drawn.tile.code, drawn.tile.prompt) == (Outcome.QUARANTINED, code, prompts.TAKE_OUT)
    assert [told.about for told in drawn.looker.told] == ["quarantined"]
    attempt = drawn.open()
    drawn.say(AttemptClosed(attempt=attempt, outcome=Outcome.ABORTED, fault=FAULT))
    assert drawn.tile.outcome is Outcome.ABORTED  # the next board's own


def test_what_comes_late_is_not_drawn_on_the_next_boards_tile() -> None:
    drawn = Drawn()
    drawn.begin()
    before = drawn.open()
    drawn.picture.take(SlotChanged(ONE, SlotState.RUNNING))
    drawn.say(AttemptClosed(attempt=before, outcome=Outcome.FAILED, fault=FAULT))
    assert (drawn.tile.outcome, drawn.tile.code) == (None, "")
    assert [(told.about, told.slot) for told in drawn.looker.told] == [("failed", ONE)]


@pytest.mark.parametrize(
    ("scans", "sees", "prompt"),
    [(True, True, prompts.SCAN), (False, True, prompts.PUT_IN), (False, False, prompts.PUT_IN_AND_SAY)],
)
def test_a_slot_that_wants_a_board_says_how(scans: bool, sees: bool, prompt: str) -> None:
    drawn = Drawn()
    drawn.begin(scans=scans, sees=sees)
    drawn.picture.take(SlotChanged(ONE, SlotState.EMPTY))
    assert drawn.tile.prompt == prompt
    drawn.picture.show(run="paused")
    assert drawn.tile.prompt == prompts.PAUSED
    drawn.picture.show(run="running")
    assert drawn.tile.prompt == prompt


def test_a_latched_slot_stays_so_when_the_run_ends_until_it_is_acknowledged() -> None:
    drawn = Drawn()
    drawn.begin()
    drawn.say(SlotLatched(slot=ONE, attempt=None, fault=FAULT))
    drawn.picture.take(SlotChanged(ONE, SlotState.LATCHED))
    drawn.picture.take(SlotChanged(ONE, SlotState.STOPPED))
    drawn.picture.end({ONE: FAULT})
    assert (drawn.tile.state, drawn.tile.code, drawn.tile.prompt) == (SlotState.LATCHED, "DEV-1", prompts.CALL_LEAD)
    drawn.say(SlotAcknowledged(slot=ONE, operator="p2", reason="r"))
    assert (drawn.tile.state, drawn.tile.code, drawn.tile.prompt) == (SlotState.STOPPED, "", "")


def test_messages_stay_until_they_are_mended() -> None:
    drawn = Drawn()
    drawn.picture.take(Told("EVD-WAIT", "a"))
    drawn.picture.take(Told("CLD-WAIT", "b"))
    drawn.picture.take(Told("EVD-WAIT", "c"))
    drawn.picture.take(Told("LINE-ARM", "passing"))
    drawn.picture.take(Told("LINE-142", "ended"))
    assert drawn.picture.header.notices == ("CLD-WAIT b", "EVD-WAIT c", "LINE-142 ended")
    drawn.say(CheckpointMade(size=1, root=Sha256("0" * 64), note="", reason=""))
    drawn.say(
        BatchArmed(
            batch=BATCH,
            product="",
            recipe=Sha256("0" * 64),
            fixture=Sha256("0" * 64),
            quantity=1,
            operator="p1",
            team_id="",
            cloud_confirmed=False,
        )
    )
    assert drawn.picture.header.notices == ("CLD-WAIT b",)


def test_nothing_is_told_twice_and_nothing_to_one_who_left() -> None:
    drawn = Drawn()
    drawn.picture.show(run="arming")
    before = len(drawn.looker.tiles)
    drawn.picture.show(run="arming")
    drawn.picture.take(SlotChanged(ONE, SlotState.STOPPED))
    assert len(drawn.looker.tiles) == before
    drawn.picture.leave(drawn.looker)
    drawn.picture.take(Told("X-1", "unheard"))
    assert not drawn.looker.told


def test_other_slots_are_a_new_welcome() -> None:
    drawn = Drawn()
    drawn.picture.set_slots([ONE], {})
    assert len(drawn.looker.welcomes) == 1
    drawn.picture.set_slots([SlotNumber(2), SlotNumber(3)], {SlotNumber(3): FAULT})
    assert [tile.slot for tile in drawn.looker.welcomes[-1].tiles] == [2, 3]
    assert [(tile.slot, tile.code) for tile in drawn.looker.tiles] == [(3, "DEV-1")]
