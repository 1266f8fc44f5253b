"""A batch as the `onboard.csv` that the vendor's own tools take (nrfcloud-utils, nRF Cloud's portal)."""

from collections.abc import Sequence
from pathlib import Path

from station.cloud.protocol import OnboardRow
from station.cloud.rows import MAX_ROWS, render_rows
from station.domain.ids import BatchId
from station.domain.line import Outcome
from station.host.files import create_file
from station.journal.records import Records
from station.journal.rows import UnitRow


def units_to_onboard(records: Records, batch: BatchId) -> list[UnitRow]:
    """Return the units that passed in the batch and stand passed now: what another one reworked since is not its."""
    last = {one.unit: one.outcome for one in records.attempts_of_batch(batch)}
    return [one for one in records.units_of(batch) if one.outcome is last[one.id] is Outcome.PASSED]


def name_onboard_csv(rows: int, batch: BatchId) -> list[str]:
    """Return the names of the files that :func:`write_onboard_csv` writes for so many rows. Pure."""
    return [f"onboard-{batch}-{number}.csv" for number, _ in enumerate(range(0, rows, MAX_ROWS), start=1)]


def write_onboard_csv(rows: Sequence[OnboardRow], batch: BatchId, folder: Path) -> list[Path]:
    """Write the batch's finished units to `onboard-BATCH-N.csv` files in ``folder``, at most 1000 each. Return them.

    Headerless, five columns, the bytes the team API takes (nrf-cloud-api reference section 1.1). Files hold public
    data only. Raises HOST-102 where one exists already: nothing is overwritten.
    """
    written = []
    for start, name in zip(range(0, len(rows), MAX_ROWS), name_onboard_csv(len(rows), batch), strict=True):
        path = folder / name
        create_file(path, render_rows(rows[start : start + MAX_ROWS]), private=False)
        written.append(path)
    return written
