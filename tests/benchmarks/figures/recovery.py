"""From a killed engine to a running line, with 100,000 units in the journal: everything that takes time on the way."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.benchmarks.figure import Row, Run
from tests.benchmarks.recovery_time import fill
from tests.benchmarks.recovery_time import measure as recover

NAME = "recovery"
WHAT = "a killed engine to a running line, 100,000 units"
MOST = 5.0
_UNTIL = {
    "attached": "the engine lets a window in",
    "signed_in": "somebody is signed in",
    "armed": "the batch is armed",
    "runs": "every slot is at work or wants a board",
    "processor": "the same in the engine's processor time",
}


def measure(run: Run) -> Sequence[Row]:
    """Kill the engine in the middle of everything, a few times, and see it come back."""
    units = run.size(100_000, 2_000, 30)

    def make(place: Path) -> None:
        fill(place / "line", units)

    found = recover(run.made_once("filled", make) / "line", run.size(5, 3, 1))
    rows = []
    for name, until in _UNTIL.items():
        seconds, judged = [float(getattr(one, name)) for one in found], name == "runs"
        rows.append(
            Row(
                what=f"{'' if judged else '  '}killed, started until {until}, longest of {len(found)}",
                unit="s",
                measured=max(seconds),
                asked=f"{MOST:.0f} s" if judged else "",
                limit=MOST if judged else None,
                note=f"middle {median(seconds):.2f} s, {units} units",
                samples=tuple(seconds),
            )
        )
    return rows
