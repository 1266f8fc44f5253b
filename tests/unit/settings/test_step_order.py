"""Orders of steps that make no sense, or could lose a unit, are refused with the reason; every other one is taken."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.domain.line import ChipFamily, Erase, RepeatClass, StepKind
from station.settings.order import find_order_problems
from station.settings.placed import Placed, place_step

D, C, G, S, W, P, E, X = (
    Placed(kind)
    for kind in (
        StepKind.IDENTIFY,
        StepKind.CLEAR,
        StepKind.GENERATE,
        StepKind.SIGN,
        StepKind.WRITE,
        StepKind.PROVE,
        StepKind.STORE,
        StepKind.COMMAND,
    )
)
K, R, M, F, B, Y, L = (
    Placed(kind)
    for kind in (
        StepKind.CHECK,
        StepKind.RECOVER,
        StepKind.MODEM_FIRMWARE,
        StepKind.FLASH,
        StepKind.READ_BACK,
        StepKind.POWER_CYCLE,
        StepKind.LOCK,
    )
)
X1 = ChipFamily.NRF91X1
SURVIVES, ELSEWHERE = replace(F, survives_on=X1), replace(F, survives_on=ChipFamily.NRF9160)
TOUCHED, SILENT = replace(F, erase=Erase.TOUCHED), replace(F, erase=Erase.TOUCHED, answers_at=False)
BACK = replace(B, erase=Erase.TOUCHED)
ASKS = replace(M, skip_by="modem")
ONCE = replace(X, repeat=RepeatClass.ONE_WAY)
WRITTEN = (D, C, G, S, W, P, E)


@pytest.mark.parametrize(
    "steps",
    [
        [F, *WRITTEN],
        [D, C, X, D, G, S, W, P, E],
        [D, C, X, G, X, S, W, E, P],
        [D, C, X, G, X, S, W, P, E, TOUCHED, X, P],
        [D, C, F, C, G, S, W, P, E],
        [D, TOUCHED, Y, M, D, C, C, G, S, W, P, E],
        [F, F, D, X],
        [D],
        [D, C],
        [X, D, D],
        [K, R, M, F, *WRITTEN, SURVIVES, P, E, L],
        [K, R, F, *WRITTEN, SILENT, BACK, L],
        [R, F, *WRITTEN, SILENT, Y, BACK, X, L],
        [F, *WRITTEN, Y, P, E, L],
        [F, ASKS, D],
        [F, D, ASKS, *WRITTEN],
        [F, *WRITTEN, replace(R, survives_on=X1), SURVIVES, P],
        [F, *WRITTEN, replace(M, survives_on=X1), D, P],
        [D, ONCE, L],
        [Y, D],
        [D, Y],
        [D, C, Y],
    ],
)
def test_orders_that_make_sense_are_taken(steps: list[Placed]) -> None:
    assert find_order_problems(steps, unproven_because=None, family=X1) == []


@pytest.mark.parametrize(
    ("steps", "place", "words"),
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
        ([D, G, S, W, P, E, E], ("steps", 6), 'a second time, with no "prove" since'),
        ([D, G, S, W, P, E], ("steps", 1), '"generate-key" needs "clear-credentials" somewhere before it: there a'),
        ([D, G, S, W, P, E], ("steps", 1), "gets its own key and certificate back, and any other loses its old ones"),
        # What an interrupted board was found to have.
        *(
            ([D, C, *changes, G, S, W, P, E], ("steps", 2), f'"{changes[0].kind}" between "clear-credentials" and')
            for changes in ([F], [SURVIVES], [TOUCHED], [R, F], [M, D], [replace(M, survives_on=X1), D], [Y])
        ),
        ([D, C, C, Y, G, S, W, P, E], ("steps", 3), 'that key a certificate: put it before "clear-credentials".'),
        # What erases more than an image's own pages.
        ([*WRITTEN, F, P], ("steps", 7), '"flash" behind "generate-key" may erase the modem\'s key and'),
        ([*WRITTEN, F, P], ("steps", 7), 'write credentials_survive_on = "nrf91x1"'),
        ([*WRITTEN, F, P], ("steps", 7), 'write erase = "touched"'),
        ([*WRITTEN, ELSEWHERE, P], ("steps", 7), 'credentials_survive_on = "nrf9160" says nothing of this product'),
        ([*WRITTEN, R, TOUCHED, P], ("steps", 7), '"recover" behind "generate-key" may erase'),
        ([*WRITTEN, M, D, P], ("steps", 7), '"modem-firmware" behind "generate-key" may erase'),
        ([*WRITTEN, SILENT, B], ("steps", 8), '"read-back" behind "generate-key" may erase'),
        ([D, G, F, S, W, P, E], ("steps", 2), '"flash" behind "generate-key" may erase'),
        # What the modem has not stored.
        ([D, C, G, S, W, P, TOUCHED, P, E], ("steps", 6), '"flash" needs "store" between "prove" and it'),
        ([D, G, S, W, TOUCHED, P, E], ("steps", 4), '"flash" needs "store" between "write-credentials" and it'),
        ([D, G, TOUCHED, S, W, P, E], ("steps", 2), '"flash" needs "store" between "generate-key" and it'),
        ([D, G, S, W, E, P, Y, P, E], ("steps", 6), '"power-cycle" needs "store" between "prove" and it'),
        ([*WRITTEN, TOUCHED, P, L], ("steps", 9), '"lock" needs "store" between "prove" and it'),
        # What nothing shows behind the last change.
        ([*WRITTEN, TOUCHED], ("steps", 7), '"flash" behind "write-credentials" needs "prove" somewhere behind it'),
        ([*WRITTEN, SILENT], ("steps", 7), '"flash" behind "write-credentials" needs "read-back" somewhere behind'),
        ([*WRITTEN, Y], ("steps", 7), '"power-cycle" behind "write-credentials" needs "prove"'),
        ([*WRITTEN, SILENT, BACK, Y], ("steps", 9), '"power-cycle" behind "write-credentials" needs "read-back"'),
        # AT commands without a firmware for them.
        ([R, D, F], ("steps", 1), '"identify" talks to the board\'s firmware, and "recover" left none'),
        ([SILENT, D], ("steps", 1), '"identify" sends AT commands, which the image before it does not take'),
        ([*WRITTEN, SILENT, P], ("steps", 8), 'A step "read-back" shows'),
        ([*WRITTEN, SILENT, BACK, P], ("steps", 9), '"prove" sends AT commands'),
        ([ASKS, D], ("steps", 0), 'skip_by = "modem" asks the modem'),
        ([F, R, ASKS, F, D], ("steps", 2), 'skip_by = "modem" asks the modem'),
        ([SILENT, ASKS, F, D], ("steps", 1), 'skip_by = "modem" asks the modem'),
        ([F, D, R], ("steps", 2), '"recover" leaves the board empty'),
        # Who is this, after its modem was programmed?
        ([F, D, M], ("steps", 2), '"modem-firmware" needs "identify" somewhere behind it'),
        ([F, D, M, C, D], ("steps", 3), '"clear-credentials" needs "identify" between "modem-firmware" and it'),
        # Reading back.
        ([*WRITTEN, TOUCHED, BACK, P], ("steps", 8), "is for a product whose last image takes no AT commands"),
        ([*WRITTEN, BACK], ("steps", 7), "is for a product whose last image takes no AT commands"),
        ([*WRITTEN, SILENT, replace(B, survives_on=X1)], ("steps", 8), 'must erase as the image before it does ('),
        ([*WRITTEN, SILENT, BACK, BACK], ("steps", 9), "a second time"),
        ([D, SILENT, BACK], ("steps", 2), '"read-back" needs "write-credentials" somewhere before it'),
        # What is never done twice.
        ([L, D], ("steps", 0), '"lock" must be the last step'),
        ([L, D], ("steps", 0), '"lock" needs "identify" somewhere before it: it is never done twice'),
        ([D, L, L], ("steps", 2), "a second time"),
        ([D, L, X], ("steps", 1), '"lock" must be the last step'),
        ([ONCE, D], ("steps", 0), 'with repeat "one-way" needs "identify" somewhere before it: it is never done twice'),
    ],
)  # fmt: skip
def test_orders_that_make_none_are_refused_with_the_reason(
    steps: list[Placed], place: tuple[str | int, ...], words: str
) -> None:
    problems = find_order_problems(steps, unproven_because=None, family=X1)
    assert any(where == place and words in text for where, text in problems), problems


WHY = "its firmware has no %JWT"


def test_a_recipe_without_a_proof_says_why() -> None:
    steps = [D, C, G, S, W, E]
    assert find_order_problems(steps, unproven_because=WHY) == []
    assert find_order_problems([*steps, P], unproven_because=WHY) == [
        (("no_proof_reason",), 'there is a step "prove": leave this reason out.')
    ]


def test_what_nobody_looks_at_again_is_refused_without_a_proof_too() -> None:
    steps = [D, C, G, S, W, E]
    for last in (TOUCHED, SURVIVES, Y):
        ((where, text),) = find_order_problems([*steps, last], unproven_because=WHY, family=X1)
        assert (where, "that nothing looks at again" in text) == (("steps", 6), True)
    assert find_order_problems([*steps, SILENT, BACK], unproven_because=WHY, family=X1) == []


def test_where_no_chip_is_told_that_is_what_is_missing_and_not_the_survival() -> None:
    assert find_order_problems([*WRITTEN, SURVIVES, P], unproven_because=None) == []


@dataclass
class Board:
    """A board that steps are played on, which notes what would go wrong with it. Written without the rules in mind."""

    image: str = "answers"
    last_erase: Erase | None = None
    identified: bool = False
    firmware_known: bool = True
    found: bool = False
    """Whether it is known which key is in the board, if any: an interrupted one may have one that is not stored."""
    key: bool = False
    certificate: bool = False
    written: bool = False
    unstored: bool = False
    ever_stored: bool = False
    new_to_store: bool = True
    shown: bool = False
    read_back: bool = False
    locked: bool = False
    flashed: bool = False
    bad: bool = False

    def play(self, step: Placed) -> None:
        self.bad |= self.locked
        match step.kind:
            case StepKind.IDENTIFY:
                self.talk()
                self.identified = self.firmware_known = True
            case StepKind.CLEAR:
                self.talk(credentials=True)
                self.bad |= self.key
                self.found = True
            case StepKind.GENERATE:
                self.talk(credentials=True)
                self.bad |= self.key or not self.found
                self.key = self.unstored = True
            case StepKind.SIGN:
                self.bad |= not self.key or self.certificate or not self.firmware_known
                self.certificate = True
            case StepKind.WRITE:
                self.talk(credentials=True)
                self.bad |= not self.certificate or self.written
                self.written = self.unstored = self.new_to_store = True
            case StepKind.PROVE:
                self.talk(credentials=True)
                self.bad |= not self.written
                self.shown = self.unstored = self.new_to_store = True
            case StepKind.STORE:
                self.talk(credentials=True)
                self.bad |= not self.written or not self.new_to_store
                self.unstored = self.new_to_store = False
                self.ever_stored = True
            case StepKind.COMMAND:
                self.bad |= step.repeat is RepeatClass.ONE_WAY and not self.identified
            case StepKind.LOCK:
                self.change(step)
                self.bad |= not self.identified
                self.locked = True
            case StepKind.READ_BACK:
                self.change(step)
                self.bad |= self.image != "silent" or self.last_erase != step.erase or self.read_back
                self.bad |= not self.written
                self.read_back = self.shown = True
            case StepKind.POWER_CYCLE:
                self.change(step)
                self.shown = False
            case StepKind.RECOVER:
                self.change(step)
                self.image, self.shown = "none", False
            case StepKind.FLASH:
                self.change(step)
                self.image, self.shown = "answers" if step.answers_at else "silent", False
                self.flashed, self.last_erase = True, step.erase
            case StepKind.MODEM_FIRMWARE:
                self.bad |= step.skip_by == "modem" and (self.image != "answers" or not self.flashed)
                self.change(step)
                self.firmware_known = self.shown = False
            case StepKind.CHECK:
                pass
            case StepKind.ATTEST | StepKind.ENROL:
                self.bad = True  # other ways' steps

    def talk(self, *, credentials: bool = False) -> None:
        self.bad |= self.image != "answers"
        self.bad |= credentials and (not self.identified or not self.firmware_known)

    def change(self, step: Placed) -> None:
        self.bad |= self.unstored
        self.found = False
        whole = step.kind in (StepKind.RECOVER, StepKind.MODEM_FIRMWARE) or step.erase is Erase.ALL
        if whole and step.kind not in (StepKind.POWER_CYCLE, StepKind.LOCK):
            self.bad |= self.key and step.survives_on is not X1

    def is_good(self) -> bool:
        finished = self.written and self.shown and self.ever_stored
        untouched = not self.key and not self.certificate
        return self.identified and self.firmware_known and self.image != "none" and (finished or untouched)


def works(steps: list[Placed]) -> bool:
    board = Board()
    for step in steps:
        board.play(step)
    proven = any(step.kind is StepKind.PROVE for step in steps) or not board.written
    return board.is_good() and proven and not board.bad


any_step = st.builds(
    Placed,
    st.sampled_from(list(StepKind)),
    st.sampled_from(list(Erase)),
    st.booleans(),
    st.sampled_from([None, *ChipFamily]),
    st.sampled_from(["probe", "modem"]),
    st.sampled_from([RepeatClass.PURE, RepeatClass.ONE_WAY]),
)
whole_line = st.tuples(
    st.lists(any_step, max_size=3),
    st.sampled_from([WRITTEN, (D, G, S, W, P, E), (R, F, *WRITTEN), (M, *WRITTEN), (F, *WRITTEN, SILENT, BACK)]),
    st.lists(any_step, max_size=4),
).map(lambda parts: [step for part in parts for step in part])


@settings(deadline=None, max_examples=400)
@given(steps=st.lists(any_step, max_size=9) | st.permutations(WRITTEN) | whole_line)
def test_what_is_taken_is_exactly_what_works_when_it_is_played(steps: list[Placed]) -> None:
    assert (find_order_problems(steps, unproven_because=None, family=X1) == []) == works(steps)


def test_a_step_is_read_from_its_keys_with_the_recipes_own_defaults() -> None:
    assert place_step({"do": "flash"}) == F
    assert place_step({"do": "flash", "erase": "touched", "answers_at": False}) == SILENT
    assert place_step({"do": "flash", "credentials_survive_on": "nrf91x1"}) == SURVIVES
    assert place_step({"do": "modem-firmware", "skip_by": "modem"}) == ASKS
    assert place_step({"do": "command", "repeat": "one-way"}) == ONCE
    # What is refused elsewhere counts as left out.
    assert place_step({"do": "flash", "erase": "al", "answers_at": "no", "credentials_survive_on": 3}) == F
    assert place_step({"do": "flsh"}) is None
    assert place_step({}) is None
