"""The desktop's questions to a journal of a million units: pages, search as one types, the scroll bar, statistics."""

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from station.domain.ids import UnitId
from station.journal.statistics import Statistics
from station.journal.unit_search import UnitSearch, Wanted
from tests.benchmarks.figure import Row, Run
from tests.benchmarks.journal_rows import build, choices, searches

NAME = "search"
WHAT = "search as one types among a million units"
PAGE_MS = 100.0


def _times(work: Callable[[], object], times: int) -> list[float]:
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        took.append((time.perf_counter() - begun) * 1000)
    return took


def measure(run: Run) -> Sequence[Row]:
    """Ask everything that somebody may type and choose; every question opens the journal itself, as the window does."""
    units = run.size(1_000_000, 1_000_000, 4_000)

    def make(place: Path) -> None:
        build(place / "data", units)

    data, rows = run.made_once("rows", make) / "data", []
    for name, wanted in searches(units):

        def page(wanted: Wanted = wanted) -> None:
            with UnitSearch(data) as search:
                search.page(wanted)

        with UnitSearch(data) as search:
            begun = time.perf_counter()
            count = search.extent(wanted).count
            whole = (time.perf_counter() - begun) * 1000
        rows.append(_row(f"first page: {name}", _times(page, 5), f"all {count} of them counted in {whole:.0f} ms"))
    with UnitSearch(data) as search:
        firsts = search.extent(Wanted()).firsts

    def jump() -> None:
        with UnitSearch(data) as other:
            assert other.page(Wanted(), UnitId(random.choice(firsts[:-1] or firsts)))

    rows.append(_row("scroll bar dragged: a page anywhere", _times(jump, 50), ""))
    for name, choice in choices(units):
        with Statistics(data) as statistics:
            begun = time.perf_counter()
            attempts = statistics.figures(choice).attempts
            took = time.perf_counter() - begun
        rows.append(Row(what=f"  figures of {name}", unit="s", measured=took, note=f"{attempts} attempts"))
    return rows


def _row(what: str, took: Sequence[float], note: str) -> Row:
    middle = f"middle {median(took):.1f} ms"
    return Row(
        what=f"{what}, longest of {len(took)}",
        unit="ms",
        measured=max(took),
        asked=f"{PAGE_MS:.0f} ms",
        limit=PAGE_MS,
        note=f"{middle}; {note}" if note else middle,
        samples=tuple(took),
    )
