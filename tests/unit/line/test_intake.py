"""Places in a batch: none beyond the order, none while it is paused, and nobody waits for ever."""

import threading
from concurrent.futures import Future

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.line.intake import Intake

PATIENCE = 10.0


def none() -> int:
    return 0


def taking(intake: Intake) -> "Future[bool]":
    taken: Future[bool] = Future()
    threading.Thread(target=lambda: taken.set_result(intake.take()), daemon=True).start()
    return taken


def test_a_pause_gives_no_place_until_it_ends() -> None:
    intake = Intake(2, none)
    assert intake.take()
    intake.pause()
    second = taking(intake)
    intake.give_back()  # wakes whoever waits, who must go on waiting
    assert not second.done()
    intake.resume()
    assert second.result(PATIENCE)


def test_a_stop_ends_a_wait_in_a_pause() -> None:
    intake = Intake(1, none)
    intake.pause()
    waiting = taking(intake)
    intake.over.request()
    assert waiting.result(PATIENCE) is False


def test_no_place_beyond_the_order() -> None:
    waiting: list[Future[bool]] = []

    def count() -> int:
        if not waiting:
            return 0
        # The place is given back and its unit not yet counted: just now somebody could slip in.
        assert not waiting[0].done()
        return 1

    intake = Intake(1, count)
    assert intake.take()
    waiting.append(taking(intake))
    intake.give_back()
    assert waiting[0].result(PATIENCE) is False


def test_a_place_comes_back_whatever_its_count_raises() -> None:
    broken = [False]

    def count() -> int:
        if broken[0]:
            raise OSError("the disk")
        return 0

    intake = Intake(1, count)
    assert intake.take()
    broken[0] = True
    with pytest.raises(OSError, match="disk"):
        intake.give_back()
    broken[0] = False
    assert taking(intake).result(PATIENCE)


@given(
    quantity=st.integers(1, 60),
    slots=st.integers(1, 6),
    ends=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), min_size=300, max_size=300),
)
def test_however_seldom_it_counts_exactly_the_order_is_filled(
    quantity: int, slots: int, ends: list[tuple[int, int]]
) -> None:
    """Boards run in some slots and end in any order, each with none, one or two more units ended."""
    truth, running = [0], 0
    intake = Intake(quantity, lambda: truth[0])
    for which, ended in ends:
        while running < slots and truth[0] + running < quantity and not intake.over.requested:
            assert intake.take(), "a place was there"
            running += 1
        if intake.over.requested:
            break
        running -= 1
        truth[0] += ended if which else min(ended, 1)
        intake.give_back()
        assert intake.over.requested == (truth[0] >= quantity)
    assert intake.complete == (truth[0] >= quantity)


def test_a_long_batch_is_counted_seldom() -> None:
    truth, counted = 0, 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return truth

    intake = Intake(10_000, count)
    while intake.take():
        truth += 1
        intake.give_back()
    assert truth == 10_000
    assert counted < 60
