"""The simulated factory: whatever befalls boards, cables, PC and cloud, no unit, key, certificate or upload is lost.

The short form of ``python -m tests.campaigns.factory``. What it finds is replayed by its seed.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from station.domain.line import CloudState, Outcome
from station.domain.ways import Way
from station.simulator.faults import BoardFaults, CommandFault, Do, Trait
from tests.faults.claims import Finding, Kind
from tests.faults.controls import CONTROLS
from tests.faults.factory.boards import FAULTY, Piece
from tests.faults.factory.factory import BODY_SIZES, Factory, Figures, run_factory
from tests.faults.factory.floor import Killed, repeatable
from tests.faults.factory.mishaps import BETWEEN, HANDS, KILL
from tests.faults.factory.products import OTHERS, PRODUCTS, Product
from tests.faults.factory.truth import examine

pytestmark = pytest.mark.announces("the modem did not store before the end")  # the boards are bad on purpose

UNITS, OF_EVERY_WAY = 100, 60
SEEDS, DAYS = (1, 9, 12, 2, 3, 4, 5, 6, 7), 3
RARE = ("disk full", "clock jump", "rework", "rework withdrawn", "duplicated label", "finished board put in again")
BY_HAND = ("cable pulled", "wrong board put in", "reset by hand", "supply dips", "speaks unasked", "probe pulled out")
OF_BOARDS = ("serial ", "board ", "probe ")
_MEMORY = Path("/dev/shm")


@contextmanager
def works() -> Iterator[Path]:
    """Give an empty folder, in memory-backed storage where this PC has some."""
    with TemporaryDirectory(prefix="factory-", dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        yield Path(folder) / "works"


def day(seed: int, units: int, *, every_way: bool = False) -> Figures:
    """Run one day."""
    with works() as folder:
        return run_factory(folder, seed, units, every_way=every_way)[1]


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_wrong_in_some_bad_days() -> None:
    injected, total, days = Counter[str](), Counter[str](), 0
    for seed in SEEDS:
        # Some of what is looked for is rare, and which day has it changes with every change of the program's order.
        if days >= DAYS and all(injected[what] for what in RARE):
            break
        days += 1
        figures = day(seed, UNITS)
        assert figures.findings == [], f"python -m tests.campaigns.factory --replay {seed} --day {UNITS}"
        assert sum(figures.outcomes.values()) == figures.units == UNITS
        # Faults keep none back with which nothing is wrong, and somebody else's none of these from the cloud.
        assert figures.outcomes["passed"] >= figures.good > 0
        assert figures.uploads >= figures.clouds["onboarded"] / max(BODY_SIZES)
        injected += figures.injected
        total += Counter(attempts=figures.attempts, kills=figures.kills)
    # A campaign in which nothing happened proves nothing: of what its chances let expect, at least a third was there.
    assert total["kills"] > total["attempts"] * (KILL + BETWEEN["kill"]) / 3
    for begins, expected in (
        (BY_HAND, total["attempts"] * HANDS),
        (OF_BOARDS, days * UNITS * FAULTY),
        (("cloud is ",), total["attempts"] * BETWEEN["weather"]),
    ):
        assert sum(injected[name] for name in injected if name.startswith(begins)) > expected / 3, begins
    for what in RARE:
        assert injected[what], f"no {what} in {sorted(injected)}"


OF_A_PROJECT = 3
"""A seed of a day for the organisation API; of its own stream's first numbers."""


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_wrong_in_some_bad_days_of_every_way() -> None:
    passed, checks, people, projects = Counter[str](), Counter[str](), Counter[str](), 0
    for seed in (1, 2, OF_A_PROJECT):
        figures = day(seed, OF_EVERY_WAY, every_way=True)
        again = f"python -m tests.campaigns.factory --ways every --replay {seed} --day {OF_EVERY_WAY}"
        assert figures.findings == [], again
        assert sum(figures.ways.values()) == figures.units == OF_EVERY_WAY
        assert figures.outcomes["passed"] >= figures.good > 0
        projects += figures.organisation
        passed, checks, people = passed + figures.passed, checks + figures.checks, people + figures.people
    assert projects == 1
    assert min(passed[way] for way in Way) >= 5, passed
    assert checks["passed"] >= 10
    assert people["a device is switched on in the field"]
    assert people["waiting decided"]


@pytest.mark.parametrize("every_way", [False, True])
def test_a_seed_replays_byte_by_byte(every_way: bool) -> None:
    first, again, other = (day(seed, 25, every_way=every_way) for seed in (11, 11, 12))
    assert first.digest == again.digest
    assert (first.attempts, first.kills, first.codes) == (again.attempts, again.kills, again.codes)
    assert other.digest != first.digest


@contextmanager
def _small_factory(seed: int = 5, *, every_way: bool = False) -> Iterator[Factory]:
    """Give a perfect factory in which boards are put by hand, one after the other."""
    with works() as folder, repeatable(seed):
        yield Factory(folder, seed, 0, every_way=every_way)


def _judge(factory: Factory) -> list[Finding]:
    factory.take_out(factory.plant.places[1])
    factory.shift.end()
    return examine(factory)


def _seat(factory: Factory, piece: Piece) -> None:
    factory.put(factory.plant.places[1], piece)
    factory.clock.pass_by(5.0)


def _go_through(factory: Factory, piece: Piece) -> tuple[int, int]:
    """Have a good board made and onboarded, in as many lives as it takes.

    Return how often the first had touched the world by the attempt's end, and by the upload's.
    """
    life, ended = factory.shift.life, 0
    while True:
        try:
            if piece.outcome is not Outcome.PASSED:
                piece.outcome = factory.try_board(1, piece)
                ended = life.touched
            factory.drain()
            while factory.people.every_way and factory.people.decide(at_end=True):
                factory.drain()
            factory.people.close()
            return ended, life.touched
        except Killed:
            factory.restart(killed=True)


@pytest.fixture(scope="module")
def touches() -> tuple[int, int]:
    with _small_factory() as factory:
        piece = factory.piece(PRODUCTS[0], BoardFaults())
        _seat(factory, piece)
        counted = _go_through(factory, piece)
        assert _judge(factory) == []
    return counted


def _kill_at(touch: int) -> list[Finding]:
    with _small_factory() as factory:
        piece = factory.piece(PRODUCTS[0], BoardFaults())
        _seat(factory, piece)
        life = factory.shift.life
        life.soon(touch - life.touched, life.kill)
        _go_through(factory, piece)
        assert factory.figures.kills == 1
        return _judge(factory)


def _kill_near_the_end(touches: tuple[int, int]) -> Iterator[Finding]:
    """Kill the program at each touch from just before the attempt's last entry to the upload's end."""
    ended, uploaded = touches
    for touch in range(ended - 4, uploaded + 1):
        yield from _kill_at(touch)


def test_a_kill_between_an_attempts_last_step_and_its_uploads_end_does_no_harm(touches: tuple[int, int]) -> None:
    assert list(_kill_near_the_end(touches)) == []


@pytest.mark.parametrize(
    ("control", "kind", "words"),
    [
        ("post blindly", Kind.DOUBLED, "was sent again"),
        ("draw first", Kind.WRONG, "was shown as"),
    ],
)
def test_a_station_that_is_made_wrong_is_caught(control: str, kind: Kind, words: str, touches: tuple[int, int]) -> None:
    with CONTROLS[control]():
        assert any(one.kind is kind and words in one.what for one in _kill_near_the_end(touches))


@pytest.mark.parametrize("made_wrong", [False, True])
def test_a_station_that_takes_silence_for_a_failure_is_caught(made_wrong: bool) -> None:
    silent = BoardFaults(commands=(CommandFault(do=Do.LOSE_ANSWER, match="%KEYGEN"),))
    with CONTROLS["fail on silence"]() if made_wrong else nullcontext(), _small_factory() as factory:
        piece = factory.piece(PRODUCTS[0], silent, sound=True)
        _seat(factory, piece)
        _go_through(factory, piece)
        found = _judge(factory)
    assert any(one.kind is Kind.WRONG and "which is sound, failed" in one.what for one in found) is made_wrong
    assert made_wrong or found == []


def _try_one(product: str, faults: BoardFaults) -> tuple[Outcome | None, list[str]]:
    """Try one board in an otherwise perfect factory; return how it ended, and what is wrong then."""
    with _small_factory(every_way=True) as factory:
        piece = factory.piece(next(one for one in factory.plant.plan.products if one.name == product), faults)
        _seat(factory, piece)
        outcome = factory.try_board(1, piece)
        return outcome, [str(one) for one in _judge(factory) if "and is waiting" not in one.what]


@pytest.mark.parametrize("product", ["plain", "shell", "flashed"])
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("how", [Do.RESET_BEFORE, Do.RESET_MIDWAY, Do.RESET_AFTER])
def test_a_board_that_restarts_before_it_has_stored_does_not_pass_without_its_key(
    product: str, how: Do, nth: int
) -> None:
    restarts = CommandFault(do=how, match=r"CFUN=0", nth=nth)
    outcome, wrong = _try_one(product, BoardFaults(traits=frozenset({Trait.UNFLUSHED_LOST}), commands=(restarts,)))
    assert wrong == []
    assert outcome in (Outcome.PASSED, Outcome.FAILED)
    if how is Do.RESET_BEFORE and nth == 1:
        assert outcome is Outcome.FAILED


@pytest.mark.parametrize("how", [Do.RESET_BEFORE, Do.RESET_MIDWAY, Do.RESET_AFTER])
def test_a_board_that_restarts_at_its_last_token_does_not_pass_without_its_key(how: Do) -> None:
    restarts = CommandFault(do=how, match=r"%JWT=0,86400")  # for the final check; the proof's token has no end
    faults = BoardFaults(traits=frozenset({Trait.UNFLUSHED_LOST}), commands=(restarts,))
    assert _try_one("checked", faults) == (Outcome.FAILED, [])


def test_a_module_that_tells_another_key_first_is_not_recorded_with_that() -> None:
    other = BoardFaults(commands=(CommandFault(do=Do.OTHER_KEY, match="CLOUDACCESSKEY"),))
    assert _try_one("module", other) == (Outcome.PASSED, [])


def test_a_board_that_restarts_but_keeps_what_it_was_given_passes() -> None:
    restarts = CommandFault(do=Do.RESET_BEFORE, match=r"CFUN=0")
    assert _try_one("plain", BoardFaults(commands=(restarts,))) == (Outcome.PASSED, [])


WAYS = [(5, one) for one in OTHERS] + [(OF_A_PROJECT, one) for one in OTHERS if not one.team_alone]
NAMES = [f"{one.name} for a {'team' if seed == 5 else 'project'}" for seed, one in WAYS]


def _make_one(seed: int, product: Product, kill_at: int = 0) -> tuple[int, int, list[Finding]]:
    """Have one good board made, killed at one touch; return :func:`_go_through`'s numbers, and what is wrong then."""
    with _small_factory(seed, every_way=True) as factory:
        piece = factory.piece(product, BoardFaults())
        _seat(factory, piece)
        life = factory.shift.life
        if kill_at:
            life.soon(kill_at - life.touched, life.kill)
        numbers = _go_through(factory, piece)
        assert factory.figures.kills == (kill_at > 0)
        return (*numbers, _judge(factory))


@pytest.mark.parametrize(("seed", "product"), WAYS, ids=NAMES)
def test_a_kill_between_a_units_last_step_and_its_end_at_the_cloud_does_no_harm(seed: int, product: Product) -> None:
    ended, uploaded, wrong = _make_one(seed, product)
    assert wrong == []
    # Every other touch, for a team and for a project the ones between; the long form kills anywhere.
    touches = range(ended - 4 + (seed == OF_A_PROJECT), uploaded + 1, 2)
    killed = {touch: _make_one(seed, product, touch)[2] for touch in touches}
    assert {touch: wrong for touch, wrong in killed.items() if wrong} == {}


def _named(name: str) -> Product:
    return next(one for one in OTHERS if one.name == name)


def test_a_rework_of_a_claimed_unit_that_is_taken_back_leaves_it_claimed() -> None:
    with _small_factory(every_way=True) as factory:
        piece = factory.piece(_named("attested"), BoardFaults())
        _seat(factory, piece)
        _go_through(factory, piece)
        factory.reworks.declare(piece)
        assert factory.reworks.withdraw([piece])
        assert [row.state for row in factory.shift.records.outbox()] == [CloudState.CLAIMED]
        assert _judge(factory) == []


@pytest.mark.parametrize(
    ("control", "seed", "name", "kind", "words"),
    [
        ("repeat anything", OF_A_PROJECT, "attested", Kind.DOUBLED, "was sent again"),
        ("take claims for keys", 5, "attested", Kind.WRONG, "has made no cloud key"),
        ("write another key", 5, "handed", Kind.LOST, "another key than its certificate's"),
    ],
)
def test_a_station_that_is_made_wrong_in_another_way_is_caught(
    control: str, seed: int, name: str, kind: Kind, words: str
) -> None:
    found = list[Finding]()
    with CONTROLS[control]():
        ended, uploaded, wrong = _make_one(seed, _named(name))
        found += wrong
        for touch in range(ended, uploaded + 1) if not found else ():
            found += _make_one(seed, _named(name), touch)[2]
    assert any(one.kind is kind and words in one.what for one in found), found
