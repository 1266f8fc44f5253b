"""Who may do what, as the line's rules say it in words: by person, not by the table."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.faults import Fault
from station.people.rights import FRESH_SECONDS, IDLE_SECONDS, Actor, Instant, Method, PersonId, Right, Role, require

NOW = Instant(datetime(2026, 11, 22, 8, 0, tzinfo=UTC), 5000.0)

# What each of them is there for; whatever is not named, they may not.
MAY = {
    Role.OPERATOR: {Right.RUN, Right.UPLOAD},
    Role.SERVICE: {Right.RUN, Right.UPLOAD, Right.CHECKPOINT, Right.BACKUP},
    Role.QA: {Right.EXPORT, Right.REPRINT, Right.CHECKPOINT},
    Role.CA_KEEPER: {Right.CREATE_CA, Right.EXPORT, Right.CHECKPOINT, Right.BACKUP},
    Role.LINE_LEAD: {
        *(Right.RUN, Right.UPLOAD, Right.ACKNOWLEDGE, Right.REWORK, Right.WITHDRAW, Right.DECIDE),
        *(Right.CLOSE_BATCH, Right.EXPORT, Right.REPRINT, Right.CHECKPOINT, Right.BACKUP),
        *(Right.DELETE_CREDENTIALS, Right.DELETE_FROM_CLOUD, Right.UNCLAIM),
    },
    Role.ENGINEER: set(Right) - {Right.CREATE_CA},
}
CHANGES = set(Right) - {Right.EXPORT, Right.REPRINT, Right.CHECKPOINT, Right.BACKUP}
OVERRIDES = {
    *(Right.REWORK, Right.REPRINT, Right.CHANGE_SETTINGS, Right.ACKNOWLEDGE, Right.DECIDE, Right.CORRECT_CLOCK),
    *(Right.WITHDRAW, Right.CLOSE_BATCH, Right.DISABLE_PEOPLE, Right.MANAGE_SECONDS, Right.RESTORE),
    *(Right.DELETE_CREDENTIALS, Right.DELETE_FROM_CLOUD, Right.DEVELOP, Right.UNCLAIM, Right.MAKE_CLAIM_RULE),
}


def ago(seconds: float) -> Instant:
    return Instant(NOW.wall - timedelta(seconds=seconds), NOW.monotonic - seconds)


def actor(*roles: Role, who: str = "p1", method: Method = Method.NAME, signed_in: Instant = NOW) -> Actor:
    return Actor(PersonId(who), frozenset(roles), method, signed_in)


def code(
    who: Actor,
    right: Right,
    *,
    reason: str = "a reason",
    second: Actor | None = None,
    now: Instant = NOW,
    concerned: PersonId | None = None,
    alone: bool = False,
) -> str:
    try:
        require(who, right, reason=reason, second=second, now=now, concerned=concerned, alone=alone)
    except Fault as fault:
        return fault.code
    return ""


SECOND = actor(Role.LINE_LEAD, who="p2")


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_its_work_and_nothing_else(role: Role, right: Right) -> None:
    expected = "" if right in MAY[role] else "PPL-111"
    assert code(actor(role), right, second=SECOND) == expected


def test_qa_changes_nothing_and_a_service_overrides_nothing() -> None:
    assert not [right for right in CHANGES if actor(Role.QA).may(right)]
    assert not [right for right in OVERRIDES if actor(Role.SERVICE).may(right)]


def test_who_is_refused_hears_who_may() -> None:
    with pytest.raises(Fault) as refused:
        require(actor(Role.OPERATOR), Right.ACKNOWLEDGE, reason="r", second=None, now=NOW)
    assert refused.value.sentence == (
        "You (p1: operator) may not unlock a latched slot. These may: engineer, line-lead. Ask one of them to sign in."
    )


def test_two_roles_are_what_either_may() -> None:
    both = actor(Role.OPERATOR, Role.CA_KEEPER)
    assert {right for right in Right if both.may(right)} == MAY[Role.OPERATOR] | MAY[Role.CA_KEEPER]
    assert not any(actor().may(right) for right in Right)


@pytest.mark.parametrize("reason", ["", "  ", "\t\n"])
@pytest.mark.parametrize("right", Right)
def test_an_override_takes_a_reason_and_ordinary_work_does_not(right: Right, reason: str) -> None:
    somebody = actor(*Role)
    assert code(somebody, right, reason=reason, second=SECOND) == ("PPL-112" if right in OVERRIDES else "")


@pytest.mark.parametrize("right", Right)
def test_an_override_takes_a_young_pin(right: Right) -> None:
    old = actor(*Role, signed_in=ago(IDLE_SECONDS + 1))
    assert code(old, right, second=SECOND) == ("PPL-116" if right in OVERRIDES else "")
    assert code(actor(*Role, signed_in=ago(IDLE_SECONDS - 1)), right, second=SECOND) == ""


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (None, "PPL-113"),
        (actor(Role.OPERATOR, who="p2"), "PPL-113"),
        (actor(Role.SERVICE, who="p2"), "PPL-113"),
        (actor(Role.LINE_LEAD, who="p2", method=Method.FILE), "PPL-113"),
        (actor(Role.LINE_LEAD, who="p2", method=Method.SERVICE), "PPL-113"),
        (actor(Role.ENGINEER, who="p1"), "PPL-114"),
        (actor(Role.LINE_LEAD, who="p2", signed_in=ago(FRESH_SECONDS + 0.1)), "PPL-115"),
        (actor(Role.LINE_LEAD, who="p2", signed_in=ago(FRESH_SECONDS - 0.1)), ""),
        (actor(Role.QA, who="p2", method=Method.BADGE), ""),
    ],
    ids=["none", "operator", "service", "file", "headless", "the same", "stale", "just in time", "qa"],
)
@pytest.mark.parametrize("right", [Right.REWORK, Right.WITHDRAW])
def test_what_touches_certificates_takes_somebody_else_with_a_fresh_pin(
    second: Actor | None, expected: str, right: Right
) -> None:
    assert code(actor(Role.LINE_LEAD), right, second=second) == expected


@given(wall=st.floats(-1e6, 1e6), monotonic=st.floats(61.0, 1e6))
def test_a_clock_that_is_set_makes_no_pin_fresh(wall: float, monotonic: float) -> None:
    now = Instant(NOW.wall + timedelta(seconds=wall), NOW.monotonic + monotonic)
    first = actor(Role.ENGINEER, signed_in=now)
    assert code(first, Right.REWORK, second=SECOND, now=now) == "PPL-115"


def test_a_pc_that_slept_makes_no_pin_fresh() -> None:
    """Monotonic time stands still then."""
    now = Instant(NOW.wall + timedelta(hours=8), NOW.monotonic + 1)
    assert code(actor(Role.ENGINEER), Right.CORRECT_CLOCK, now=now) == "PPL-116"


@pytest.mark.parametrize(
    ("second", "alone", "expected"),
    [
        (actor(Role.LINE_LEAD, who="p3"), False, ""),
        (actor(Role.LINE_LEAD, who="p2"), False, "PPL-114"),
        (actor(Role.ENGINEER, who="p1"), False, "PPL-114"),
        (None, False, "PPL-113"),
        (None, True, ""),
    ],
    ids=["a third", "whom it is about", "the same", "none", "none, and nobody there"],
)
def test_whom_a_change_is_about_is_no_second_person_for_it(second: Actor | None, alone: bool, expected: str) -> None:
    who, right = actor(Role.ENGINEER), Right.MANAGE_SECONDS
    assert code(who, right, second=second, concerned=PersonId("p2"), alone=alone) == expected


def test_being_alone_spares_the_second_person_and_nothing_else() -> None:
    assert code(actor(Role.LINE_LEAD), Right.MANAGE_SECONDS, alone=True) == "PPL-111"
    assert code(actor(Role.ENGINEER), Right.MANAGE_SECONDS, reason=" ", alone=True) == "PPL-112"
    old = actor(Role.ENGINEER, signed_in=ago(IDLE_SECONDS + 1))
    assert code(old, Right.MANAGE_SECONDS, alone=True) == "PPL-116"
