"""The simulated factory: whatever befalls boards, cables, PC and cloud, no unit, key, certificate or upload is lost.

The short form of ``python -m tests.campaigns.factory``. What it finds is replayed by its seed.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from station.domain.line import Outcome
from station.simulator.faults import BoardFaults, CommandFault, Do, Trait
from tests.faults.controls import CONTROLS
from tests.faults.factory.factory import Factory, Figures, run_factory
from tests.faults.factory.floor import repeatable
from tests.faults.factory.products import PRODUCTS
from tests.faults.factory.truth import examine
from tests.faults.invariants import Kind

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
    for seed in (2, 3, 21):
        figures = day(seed, 60)
        assert figures.findings == [], f"python -m tests.campaigns.factory --replay {seed} --day 60"
        assert sum(figures.outcomes.values()) == figures.units == 60
        injected += figures.injected
        total += Counter(figures.outcomes, kills=figures.kills, uploads=figures.uploads)
    # A campaign in which nothing happened proves nothing.
    assert total["kills"] > 5
    assert total["passed"] > 120
    assert total["uploads"] > 10
    assert total["failed"] + total["error"]
    for what in ("serial", "board", "probe", "cloud", "cable", "clock", "disk", "wrong board", "duplicated", "rework"):
        assert any(name.startswith(what) for name in injected), f"no {what} in {sorted(injected)}"


def test_a_seed_replays_byte_by_byte() -> None:
    first, again, other = day(11, 25), day(11, 25), day(12, 25)
    assert first.digest == again.digest
    assert (first.attempts, first.kills, first.codes) == (again.attempts, again.kills, again.codes)
    assert other.digest != first.digest


@pytest.mark.parametrize(
    ("control", "seeds", "finds"),
    [
        ("post blindly", (1, 2, 3, 4), (Kind.DOUBLED, "was sent again")),
        ("fail on silence", (1, 2, 3, 4), (Kind.WRONG, "which is sound, failed")),
        ("draw first", (1, 2, 3, 4), (Kind.WRONG, "was shown as")),
    ],
)
def test_a_station_that_is_made_wrong_is_caught(control: str, seeds: tuple[int, ...], finds: tuple[Kind, str]) -> None:
    kind, words = finds
    with CONTROLS[control]():
        for seed in seeds:
            if any(one.kind is kind and words in one.what for one in day(seed, 60).findings):
                return
    pytest.fail(f"{control}: nothing was found")


def _try_one(product: str, faults: BoardFaults) -> tuple[Outcome | None, list[str]]:
    """Try one board in an otherwise perfect factory; return how it ended, and what is wrong then."""
    with works() as folder, repeatable(5):
        factory = Factory(folder, 5, 0)
        piece = factory.piece(next(one for one in PRODUCTS if one.name == product), faults)
        place = factory.plant.places[1]
        factory.put(place, piece)
        factory.clock.pass_by(5.0)
        outcome = factory.try_board(1, piece)
        factory.take_out(place)
        factory.shift.end()
        return outcome, [str(one) for one in examine(factory) if "and is waiting" not in one.what]


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
