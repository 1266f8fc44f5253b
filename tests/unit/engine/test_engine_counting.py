"""The header's figures leave the processor to the line, and are never old for longer than a person waits."""

from station.engine.counting import rest_after


def test_a_rest_is_many_times_the_count_and_bounded() -> None:
    assert rest_after(0.0) == 0.25
    assert rest_after(0.1) == 2.0
    assert rest_after(8 * 3600.0) == 10.0, "the PC slept in between"
