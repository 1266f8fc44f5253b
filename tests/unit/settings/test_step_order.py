"""Orders of steps that make no sense are refused with the reason; every other one is taken."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.domain.line import StepKind
from station.settings.order import find_order_problems

F, D, C, G, S, W, P, E, X = (
    StepKind.FLASH,
    StepKind.IDENTIFY,
    StepKind.CLEAR,
    StepKind.GENERATE,
    StepKind.SIGN,
    StepKind.WRITE,
    StepKind.PROVE,
    StepKind.STORE,
    StepKind.COMMAND,
)


@pytest.mark.parametrize(
    "kinds",
    [
        [F, D, C, G, S, W, P, E],
        [D, G, S, W, P, E],
        [D, G, S, W, E, P],
        [D, C, X, G, X, S, W, P, E, F, X],
        [F, F, D, X],
        [D],
        [D, C],
        [X, D, D],
    ],
)
def test_orders_that_make_sense_are_taken(kinds: list[StepKind]) -> None:
    assert find_order_problems(kinds, unproven_because=None) == []


@pytest.mark.parametrize(
    ("kinds", "place", "words"),
    [
        ([F], ("steps",), '"identify" is missing'),
        ([G, D, S, W, P, E], ("steps", 0), '"generate-key" needs "identify" somewhere before it'),
        ([C, D], ("steps", 0), '"clear-credentials" needs "identify"'),
        ([D, S, G, W, P, E], ("steps", 1), '"sign" needs "generate-key" somewhere before it'),
        ([D, S, W, P, E], ("steps", 1), '"sign" needs "generate-key"'),
        ([D, G, W, S, P, E], ("steps", 2), '"write-credentials" needs "sign"'),
        ([D, G, S, P, W, E], ("steps", 3), '"prove" needs "write-credentials"'),
        ([D, G, S, E, W, P], ("steps", 3), '"store" needs "write-credentials"'),
        ([D, G, S, W, P], ("steps", 3), '"write-credentials" needs "store" somewhere behind it'),
        ([D, G], ("steps", 1), '"generate-key" needs "sign" somewhere behind it'),
        ([D, G, S], ("steps", 2), '"sign" needs "write-credentials" somewhere behind it'),
        ([D, G, S, W, E], ("steps",), '"prove" is missing'),
        ([D, G, C, S, W, P, E], ("steps", 2), "would delete the key"),
        ([D, G, G, S, W, P, E], ("steps", 2), "a second time"),
        ([D, G, S, W, W, P, E], ("steps", 4), "a second time"),
        ([D, G, S, W, P, E, E], ("steps", 6), "a second time"),
    ],
)
def test_orders_that_make_none_are_refused_with_the_reason(
    kinds: list[StepKind], place: tuple[str | int, ...], words: str
) -> None:
    problems = find_order_problems(kinds, unproven_because=None)
    assert any(where == place and words in text for where, text in problems), problems


def test_a_recipe_without_a_proof_says_why() -> None:
    kinds = [D, G, S, W, E]
    assert find_order_problems(kinds, unproven_because="its firmware has no %JWT") == []
    assert find_order_problems([*kinds, P], unproven_because="its firmware has no %JWT") == [
        (("no_proof_reason",), 'there is a step "prove": leave this reason out.')
    ]


def credentials_are_safe(kinds: list[StepKind]) -> bool:
    """Play the steps on a board and tell whether each finds what it needs and nothing is left half done."""
    done: set[StepKind] = set()
    for kind in kinds:
        needed = {C: {D}, G: {D}, S: {G}, W: {S}, P: {W}, E: {W}}.get(kind, set())
        if not needed <= done or (kind in (G, S, W, E) and kind in done) or (kind is C and G in done):
            return False
        done.add(kind)
    return D in done and (done.isdisjoint({G, S, W}) or {G, S, W, P, E} <= done)


@settings(deadline=None)
@given(kinds=st.lists(st.sampled_from(list(StepKind)), max_size=9) | st.permutations([D, C, G, S, W, P, E]))
def test_what_is_taken_is_exactly_what_works_when_it_is_played(kinds: list[StepKind]) -> None:
    assert (find_order_problems(kinds, unproven_because=None) == []) == credentials_are_safe(kinds)
