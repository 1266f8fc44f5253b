"""A batch as the `onboard.csv` that the vendor's own tools take (nrfcloud-utils, nRF Cloud's portal)."""

from collections.abc import Sequence
from pathlib import Path

from station.cloud.protocol import OnboardRow
from station.cloud.rows import MAX_ROWS, render_rows
from station.domain.ids import BatchId
from station.host.files import create_file


def write_onboard_csv(rows: Sequence[OnboardRow], batch: BatchId, folder: Path) -> list[Path]:
    """Write the batch's finished units to `onboard-BATCH-N.csv` files in ``folder``, at most 1000 each. Return them.

    Headerless, five columns, the bytes the team API takes (nrf-cloud-api reference section 1.1). Files hold public
    data only. Raises HOST-102 where one exists already: nothing is overwritten.
    """
    written = []
    for number, start in enumerate(range(0, len(rows), MAX_ROWS), start=1):
        path = folder / f"onboard-{batch}-{number}.csv"
        create_file(path, render_rows(rows[start : start + MAX_ROWS]), private=False)
        written.append(path)
    return written
