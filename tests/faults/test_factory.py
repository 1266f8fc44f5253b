"""The simulated factory: whatever befalls boards, cables, PC and cloud, no unit, key, certificate or upload is lost.

The short form of ``python -m tests.campaigns.factory``. What it finds is replayed by its seed.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from station.domain.line import Outcome
from station.simulator.faults import BoardFaults, CommandFault, Do, Trait
from tests.faults.claims import Finding, Kind
from tests.faults.controls import CONTROLS
from tests.faults.factory.boards import FAULTY, Piece
from tests.faults.factory.factory import BODY_SIZES, Factory, Figures, run_factory
from tests.faults.factory.floor import Killed, repeatable
from tests.faults.factory.mishaps import BETWEEN, HANDS, KILL
from tests.faults.factory.products import PRODUCTS
from tests.faults.factory.truth import examine

UNITS = 100
BY_HAND = ("cable pulled", "wrong board put in", "reset by hand", "supply dips", "speaks unasked", "probe pulled out")
OF_BOARDS = ("serial ", "board ", "probe ")
_MEMORY = Path("/dev/shm")


@contextmanager
def works() -> Iterator[Path]:
    """Give an empty folder, in memory-backed storage where this PC has some."""
    with TemporaryDirectory(prefix="factory-", dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        yield Path(folder) / "works"


def day(seed: int, units: int) -> Figures:
    """Run one day."""
    with works() as folder:
        return run_factory(folder, seed, units)[1]


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_wrong_in_some_bad_days() -> None:
    injected, total = Counter[str](), Counter[str]()
    for seed in (1, 2, 3):
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
        (OF_BOARDS, 3 * UNITS * FAULTY),
        (("cloud is ",), total["attempts"] * BETWEEN["weather"]),
    ):
        assert sum(injected[name] for name in injected if name.startswith(begins)) > expected / 3, begins
    reworks = ("rework", "rework withdrawn")
    for what in ("disk full", "clock jump", *reworks, "duplicated label", "finished board put in again"):
        assert injected[what], f"no {what} in {sorted(injected)}"


def test_a_seed_replays_byte_by_byte() -> None:
    first, again, other = day(11, 25), day(11, 25), day(12, 25)
    assert first.digest == again.digest
    assert (first.attempts, first.kills, first.codes) == (again.attempts, again.kills, again.codes)
    assert other.digest != first.digest


@contextmanager
def _small_factory() -> Iterator[Factory]:
    """Give a perfect factory in which boards are put by hand, one after the other."""
    with works() as folder, repeatable(5):
        yield Factory(folder, 5, 0)


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
    with _small_factory() as factory:
        piece = factory.piece(next(one for one in PRODUCTS if one.name == product), faults)
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


def test_a_board_that_restarts_but_keeps_what_it_was_given_passes() -> None:
    restarts = CommandFault(do=Do.RESET_BEFORE, match=r"CFUN=0")
    assert _try_one("plain", BoardFaults(commands=(restarts,))) == (Outcome.PASSED, [])
