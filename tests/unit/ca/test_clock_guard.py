"""A time passes only where it can be right."""

import threading
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.ca.guard import ClockGuard
from station.domain.faults import Fault
from tests.unit.ca.conftest import BORN, HandClock, Refused

END = BORN + timedelta(days=3650)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(BORN + timedelta(days=1))


@pytest.fixture
def guard(clock: HandClock) -> ClockGuard:
    return ClockGuard(clock, not_before=BORN, not_after=END)


def test_a_right_clock_passes_and_its_time_is_returned(guard: ClockGuard, clock: HandClock) -> None:
    assert guard.check(None) == clock.wall
    clock.pass_time(86400)
    assert guard.check(clock.wall) == clock.wall


def test_the_cas_first_and_last_second_are_inside(clock: HandClock, refused: Refused) -> None:
    for wall, code in ((BORN, None), (BORN - timedelta(microseconds=1), "CA-201"), (END, None)):
        clock.wall = wall
        guard = ClockGuard(clock, not_before=BORN, not_after=END)
        if code is None:
            assert guard.check(None) == wall
        else:
            with refused(code, "2026-11-22 06:00:00"):
                guard.check(None)
    clock.pass_time(0.001)
    with refused("CA-204"):
        guard.check(None)


def test_a_clock_before_the_last_entry_is_refused_and_both_times_told(
    guard: ClockGuard, clock: HandClock, refused: Refused
) -> None:
    with refused("CA-202", "2026-11-24 06:00:00") as caught:
        guard.check(clock.wall + timedelta(days=1))
    assert "2026-11-23 06:00:00" in caught.value.sentence
    with refused("CA-202"):
        guard.check(clock.wall + timedelta(microseconds=1))
    assert guard.check(clock.wall) == clock.wall


def test_a_jump_ahead_is_refused_until_the_clock_is_mended_or_the_run_started_again(
    guard: ClockGuard, clock: HandClock, refused: Refused
) -> None:
    clock.jump(119)
    assert guard.check(None) == clock.wall
    clock.jump(2)
    for _ in range(3):
        with refused("CA-203", "121 s"):
            guard.check(None)
    clock.jump(-2)
    assert guard.check(None) == clock.wall
    clock.jump(3600)
    with refused("CA-203"):
        guard.check(None)
    again = ClockGuard(clock, not_before=BORN, not_after=END)
    assert again.check(None) == clock.wall
    clock.jump(121)
    with refused("CA-203", "start it again"):
        again.check(None)


def test_many_small_jumps_are_one_big_jump(guard: ClockGuard, clock: HandClock, refused: Refused) -> None:
    for _ in range(12):
        clock.pass_time(10)
        clock.jump(10)
        guard.check(None)
    clock.jump(10)
    with refused("CA-203"):
        guard.check(None)


def test_a_slow_drift_over_weeks_is_no_jump(guard: ClockGuard, clock: HandClock) -> None:
    for _ in range(60):
        clock.pass_time(86400)
        clock.jump(86400 * 50e-6)
        guard.check(None)


def test_a_clock_set_back_and_ahead_again_is_noticed(guard: ClockGuard, clock: HandClock, refused: Refused) -> None:
    clock.jump(-3600)
    guard.check(None)  # with no entry in between, an earlier time may be the right one
    clock.jump(3600)
    with refused("CA-203", "3600 s"):
        guard.check(None)


def test_a_pc_that_slept_is_noticed(guard: ClockGuard, clock: HandClock, refused: Refused) -> None:
    clock.jump(8 * 3600)  # monotonic time stood still
    with refused("CA-203", "28800 s"):
        guard.check(None)


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(-1e5, 1e5)), max_size=12))
def test_the_distance_to_the_lowest_time_seen_decides(steps: list[tuple[float, float]]) -> None:
    clock = HandClock(BORN + timedelta(days=100))
    guard = ClockGuard(clock, not_before=BORN, not_after=END)
    lowest = offset = passed = 0.0
    for seconds, jump in steps:
        clock.pass_time(seconds)
        clock.jump(jump)
        passed, offset = passed + seconds, offset + jump
        lowest = min(lowest, offset)
        ahead = offset - lowest
        try:
            guard.check(None)
        except Fault as fault:
            assert fault.code == "CA-203"  # noqa: PT017 -- whether it comes is what is tested
            assert ahead > 119.9
        else:
            assert ahead < 120.1 + passed * 101e-6


def test_any_thread_may_ask(guard: ClockGuard) -> None:
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(guard.check(None))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
