"""Whether the cloud may have a unit though nobody knows it: by every story that the journal can tell of it."""

from datetime import UTC, datetime

import pytest

from station.domain.events import (
    Event,
    RowSettled,
    UploadAccepted,
    UploadDecided,
    UploadPutOff,
    UploadSending,
    UploadSettled,
    UploadUnclear,
)
from station.domain.ids import EventSeq, UnitId, UploadId
from station.domain.line import CloudState
from station.journal.codec import Entry
from station.line.verdicts import in_doubt

UNIT, OTHER = UnitId(5), UnitId(6)


def sending(upload: int = 10) -> Event:
    return UploadSending(upload=UploadId(upload))


def unclear(upload: int = 10) -> Event:
    return UploadUnclear(upload=UploadId(upload), reason="no answer")


def settled(state: CloudState, upload: int = 10, unit: UnitId = UNIT) -> Event:
    return UploadSettled(upload=UploadId(upload), rows=(RowSettled(unit, state, "words"),))


def decided(state: CloudState) -> Event:
    return UploadDecided(unit=UNIT, state=state, operator="p2", reason="why")


PUT_OFF = UploadPutOff(upload=UploadId(10), until="2026-11-22T08:00:00+00:00", reason="busy")
ACCEPTED = UploadAccepted(upload=UploadId(10), request_id="r", found_by="answer")


@pytest.mark.parametrize(
    "story",
    [
        [sending()],
        [sending(), ACCEPTED],
        [sending(), unclear()],
        [unclear()],  # what a restore asks about was never sent from here
        [sending(), PUT_OFF, sending()],
        [sending(), settled(CloudState.ONBOARDED, unit=OTHER)],
        [sending(), settled(CloudState.UNKNOWN)],
        [sending(), unclear(), decided(CloudState.HELD)],
        [sending(), unclear(), decided(CloudState.WAITING)],  # it is still asked about
        [sending(), settled(CloudState.UNKNOWN), decided(CloudState.HELD)],
        [sending(), settled(CloudState.REFUSED), decided(CloudState.WAITING), sending(20)],
    ],
)
def test_what_went_and_has_no_end_is_in_doubt(story: list[Event]) -> None:
    assert in_doubt(told(story), UNIT)


@pytest.mark.parametrize(
    "story",
    [
        [],
        [sending(), PUT_OFF],
        [sending(), settled(CloudState.REFUSED)],
        [sending(), settled(CloudState.WAITING)],  # proven: the cloud has neither the body nor the device
        [sending(), settled(CloudState.ONBOARDED)],  # known, and nothing to doubt
        [sending(), settled(CloudState.CLAIMED)],
        [sending(), settled(CloudState.UNKNOWN), settled(CloudState.REFUSED)],
        [sending(), settled(CloudState.UNKNOWN), decided(CloudState.WAITING)],  # somebody looked there
        [decided(CloudState.HELD)],
    ],
)
def test_what_never_went_or_came_to_an_end_is_not(story: list[Event]) -> None:
    assert not in_doubt(told(story), UNIT)


def told(story: list[Event]) -> list[Entry]:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return [Entry(EventSeq(place), at, 0, EventSeq(1), "p2", one) for place, one in enumerate(story, start=1)]
