"""Places in a batch: none beyond the order, none while it is paused, and nobody waits for ever."""

import threading
from concurrent.futures import Future

import pytest

from station.line.intake import Intake

PATIENCE = 10.0


def taking(intake: Intake) -> "Future[bool]":
    taken: Future[bool] = Future()
    threading.Thread(target=lambda: taken.set_result(intake.take()), daemon=True).start()
    return taken


def test_a_pause_gives_no_place_until_it_ends() -> None:
    intake = Intake(2, 0)
    assert intake.take()
    intake.pause()
    second = taking(intake)
    intake.give_back(lambda: 0)  # wakes whoever waits, who must go on waiting
    assert not second.done()
    intake.resume()
    assert second.result(PATIENCE)


def test_a_stop_ends_a_wait_in_a_pause() -> None:
    intake = Intake(1, 0)
    intake.pause()
    waiting = taking(intake)
    intake.over.request()
    assert waiting.result(PATIENCE) is False


def test_no_place_beyond_the_order() -> None:
    intake = Intake(1, 0)
    assert intake.take()
    waiting = taking(intake)

    def count() -> int:
        # The place is given back and its unit not yet counted: just now somebody could slip in.
        assert not waiting.done()
        return 1

    intake.give_back(count)
    assert waiting.result(PATIENCE) is False


def test_a_place_comes_back_whatever_its_count_raises() -> None:
    intake = Intake(1, 0)
    assert intake.take()

    def broken() -> int:
        raise OSError("the disk")

    with pytest.raises(OSError, match="disk"):
        intake.give_back(broken)
    assert taking(intake).result(PATIENCE)
