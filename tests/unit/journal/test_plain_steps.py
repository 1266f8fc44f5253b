"""Steps' leaves that are told from their bytes alone: as the decoder reads them, or not at all."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.events import Event, KeyLost, StepFinished, StepIntended
from station.domain.faults import Fault
from station.domain.ids import AttemptId, EventSeq
from station.domain.line import Outcome, RepeatClass, StepKind
from station.journal.codec import Entry, decode, encode, microseconds
from station.journal.plain_steps import step_of

AT: Final = datetime(2026, 7, 14, 9, 30, 59, 250_001, tzinfo=UTC)
NUMBERS: Final = st.integers(min_value=0, max_value=10**15 - 1)
TEXTS: Final = st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=20) | st.just('a "b"\\\n\t/')
PLAIN: Final = TEXTS | NUMBERS | st.integers(min_value=-(10**15) + 1, max_value=-1) | st.booleans() | st.none()
RESULTS: Final = st.dictionaries(TEXTS, PLAIN | st.lists(PLAIN, max_size=3), max_size=4)
ANYTHING: Final = st.dictionaries(
    st.text(max_size=5),
    st.recursive(st.text(max_size=5) | st.integers(-(2**53) + 1, 2**53 - 1), lambda inner: st.lists(inner, max_size=2)),
    max_size=3,
)


def intended(attempt: int = 7, name: str = "flash") -> StepIntended:
    return StepIntended(
        attempt=AttemptId(attempt), index=0, step=StepKind.FLASH, name=name, repeat=RepeatClass.IDEMPOTENT
    )


def finished(results: dict[str, object], outcome: Outcome = Outcome.PASSED) -> StepFinished:
    return StepFinished(
        attempt=AttemptId(7), index=0, step=StepKind.GENERATE, outcome=outcome, milliseconds=208, results=results
    )


def leaf_of(event: Event, at: datetime = AT, by: str = "p1", seq: int = 9) -> bytes:
    return encode(Entry(EventSeq(seq), at, 12_345, EventSeq(1), by, event))


def told(kind: str, leaf: bytes) -> tuple[int, int, int] | None:
    """Return what is said of a leaf, once the decoder was seen to say the same wherever anything is said."""
    said = step_of(kind, leaf)
    if said is not None:
        entry = decode(leaf)
        assert isinstance(entry.event, StepIntended | StepFinished)
        assert entry.event.kind == kind
        assert said == (entry.seq, microseconds(entry.at), entry.event.attempt)
    return said


@given(
    seq=NUMBERS,
    attempt=NUMBERS,
    name=TEXTS,
    by=TEXTS,
    at=st.datetimes(timezones=st.just(UTC)),
)
def test_every_plain_intent_is_told(seq: int, attempt: int, name: str, by: str, at: datetime) -> None:
    leaf = leaf_of(intended(attempt, name), at, by, seq)
    assert told("step-intended", leaf) == (seq, microseconds(at), attempt)
    assert told("step-finished", leaf) is None


@given(results=RESULTS, outcome=st.sampled_from(Outcome))
def test_every_plain_result_is_told(results: dict[str, object], outcome: Outcome) -> None:
    assert told("step-finished", leaf_of(finished(results, outcome))) == (9, microseconds(AT), 7)


@given(results=ANYTHING)
def test_whatever_else_a_result_holds_is_told_as_it_is_or_not_at_all(results: dict[str, object]) -> None:
    told("step-finished", leaf_of(finished(results)))


WHOLE: Final = leaf_of(finished({"image": "a.hex", "sizes": [1, 2], "keygen": "MIH.-_"}))


@given(at=st.integers(0, len(WHOLE) - 1), put=st.binary(max_size=2), cut=st.integers(0, 3))
def test_no_change_of_bytes_is_told_as_anything_that_cannot_be_read(at: int, put: bytes, cut: int) -> None:
    told("step-finished", WHOLE[:at] + put + WHOLE[at + cut :])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"2026-07-14T", b"2026-02-30T"),
        (b"2026-07-14T", b"0000-07-14T"),
        (b"T09:", b"T24:"),
        (b":59.", b":60."),
        (b"+00:00", b"+02:00"),
        (b"+00:00", b""),
        (b'"passed"', b'"done"'),
        (b'"generate-key"', b'"generate"'),
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":"1"'),
        (b'"seq":9', b'"seq":09'),
        (b'"seq":9', b'"seq":9.0'),
        (b'"tries":1', b'"tries":"one"'),
        (b'"tries":1', b'"tries":null'),
        (b'"a.hex"', b'"a\\xhex"'),
        (b'"a.hex"', b'"a\x01hex"'),
        (b'"a.hex"', b'"a\xffhex"'),
        (b"[1,2]", b"[1,2,]"),
        (b"[1,2]", b"{1:2}"),
        (b"}", b"},"),
    ],
)
def test_what_is_not_as_the_writer_writes_it_is_not_told(before: bytes, after: bytes) -> None:
    assert before in WHOLE
    assert step_of("step-finished", WHOLE) is not None
    assert step_of("step-finished", WHOLE.replace(before, after, 1)) is None


def test_other_kinds_are_not_told() -> None:
    leaf = leaf_of(KeyLost(attempt=AttemptId(7), sec_tag=1, reason="gone"))
    assert step_of("key-lost", leaf) is None
    assert step_of("step-finished", leaf) is None
    with pytest.raises(Fault):
        decode(WHOLE.replace(b'"passed"', b'"done"'))


def test_a_time_of_another_zone_is_written_and_told_as_the_same_moment() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=2)))
    leaf = leaf_of(intended(), elsewhere)
    assert json.loads(leaf)["at"].endswith("+00:00")
    assert told("step-intended", leaf) == (9, microseconds(AT), 7)
