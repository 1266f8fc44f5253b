"""Deadlines measure monotonic time, and a wish to stop reaches everybody once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from station.domain.faults import Cancelled
from station.host.clock import Deadline, Stop, SystemClock


class SteppedClock:
    """Time moves when a test says so; the wall clock may jump on its own."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.wall = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.seconds += seconds
        return event.is_set()


def test_a_deadline_passes_at_its_second_and_never_owes_time() -> None:
    clock = SteppedClock()
    deadline = Deadline(clock, 5)
    clock.seconds += 3
    assert (deadline.left(), deadline.passed()) == (2, False)
    clock.seconds += 2
    assert (deadline.left(), deadline.passed()) == (0, True)
    clock.seconds += 100
    assert (deadline.left(), deadline.passed()) == (0, True)


def test_a_jump_of_the_wall_clock_moves_no_deadline() -> None:
    clock = SteppedClock()
    deadline = Deadline(clock, 5)
    clock.wall += timedelta(days=365)
    assert deadline.left() == 5


def test_the_systems_time_is_aware_and_utc_and_waiting_sees_the_event() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.monotonic() <= clock.monotonic()
    event = threading.Event()
    assert clock.wait(event, -1) is False
    event.set()
    assert clock.wait(event, 3600) is True


def test_stopping_is_told_once_to_each_listener_also_to_a_late_one() -> None:
    told: list[str] = []
    stop = Stop()
    stop.on_request(lambda: told.append("early"))
    stop.check()
    assert (stop.requested, told) == (False, [])
    stop.request()
    stop.request()
    stop.on_request(lambda: told.append("late"))
    assert (stop.requested, told) == (True, ["early", "late"])
    with pytest.raises(Cancelled):
        stop.check()


def test_a_listener_may_ask_for_the_same_stop_again() -> None:
    stop = Stop()
    stop.on_request(stop.request)
    stop.request()
    assert stop.requested
