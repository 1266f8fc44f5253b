"""Whatever a scanner types or sends, and whatever stands in the window's own file, the desktop goes on."""

import random
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.hostile_desktop import desktop_targets, read_port, type_keys
from tests.faults.hostile_forms import Target
from tests.faults.test_hostile_input import mutate


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("target", desktop_targets(), ids=lambda target: target.name)
def test_a_reader_of_the_desktop_takes_whatever_comes(target: Target) -> None:
    for data in (*target.seeds, *islice(mutate(target.seeds, random.Random(target.name)), 150)):
        assert target.check(data)


@pytest.mark.usefixtures("qapp")
def test_the_genuine_scans_are_found_and_what_a_person_types_is_left_alone() -> None:
    prefixed, timed, unprefixed, by_hand, too_long = desktop_targets()[0].seeds
    assert type_keys(prefixed) == (0, ["SN-0042"])
    assert type_keys(timed) == (0, ["SN-0042"])
    assert type_keys(unprefixed) == (0, [])
    assert type_keys(by_hand) == (4, [])
    assert type_keys(too_long)[1] == []


@pytest.mark.usefixtures("qapp")
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), max_size=60), st.integers(0, 1))
def test_no_key_comes_twice_and_none_is_kept_for_ever(keys: list[tuple[int, int]], mode: int) -> None:
    type_keys(bytes([mode]) + b"".join(map(bytes, keys)))


@given(st.binary(max_size=1500))
def test_a_scanners_port_gives_the_same_scans_in_whatever_pieces(data: bytes) -> None:
    read_port(data)
