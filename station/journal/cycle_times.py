"""How long passed attempts of a recipe took, for whoever wants to say how long the next one will."""

from pathlib import Path
from statistics import median
from typing import Any, Final

from station.domain.ids import Sha256
from station.domain.line import Outcome
from station.journal.database import open_for_reading

_NEWEST: Final = 2000
"""Attempts that are looked at: a question of milliseconds at any size of the journal."""

_ENOUGH: Final = 200


def expected_seconds(folder: Path, recipe: Sha256) -> float | None:
    """Return the median of the newest passed attempts with this recipe (its context's name); None without any.

    Looks at the newest 2000 attempts. Raises JRN-10x.
    """
    sql = (
        "SELECT closed_us - opened_us FROM (SELECT * FROM attempt ORDER BY id DESC LIMIT ?) "
        "WHERE recipe = ? AND outcome = ? AND closed_us IS NOT NULL LIMIT ?"
    )
    db = open_for_reading(folder)
    try:
        rows: Any = db.execute(sql, (_NEWEST, recipe, Outcome.PASSED.value, _ENOUGH))
        found = [int(taken) / 1e6 for (taken,) in rows]
    finally:
        db.close()
    return median(found) if found else None
