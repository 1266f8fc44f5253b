"""A unit's or a batch's record as files for people and their spreadsheets. Nothing is ever overwritten."""

from collections.abc import Sequence
from pathlib import Path

from station.domain.ids import BatchId, Sha256
from station.evidence.batch_record import read_batch
from station.evidence.device_info_csv import DeviceInfo, render_device_info
from station.evidence.onboard_csv import units_to_onboard
from station.evidence.pdf_batch import batch_pdf
from station.evidence.pdf_paper import PaperSize
from station.evidence.pdf_unit import unit_pdf
from station.evidence.provenance import covering_checkpoint, read_provenance
from station.evidence.spreadsheet import batch_units_csv, measurements_csv, steps_csv, units_csv
from station.evidence.unit_record import AttemptRecord, UnitRecord, read_unit
from station.host.files import create_file
from station.journal.leaves import Leaves
from station.journal.records import Records
from station.journal.rows import UnitRow


def export_selection(
    records: Records,
    leaves: Leaves,
    units: Sequence[UnitRow],
    folder: Path,
    name: str,
    size: PaperSize = PaperSize.A4,
) -> list[Path]:
    """Write ``unit-ID.pdf`` of each unit, and the three tables of them all as ``NAME-*.csv``; return what was written.

    ``name`` is the caller's, fit for a file's name. The files hold no secrets and name people by ID alone. Raises
    HOST-110 where one exists already: what was written before it stays. Equal records give equal bytes.
    """
    read = [read_unit(records, unit) for unit in units]
    files = {f"unit-{one.unit.device_id}.pdf": _unit_pdf(records, leaves, one, size) for one in read}
    return _write({**files, f"{name}-units.csv": units_csv(read), **_step_tables(name, read, [])}, folder)


def name_selection(units: Sequence[UnitRow], name: str) -> list[str]:
    """Return the names of the files that :func:`export_selection` writes. Pure."""
    return [*(f"unit-{unit.device_id}.pdf" for unit in units), *_table_names(name)]


def name_batch(batch: BatchId) -> list[str]:
    """Return the names of the files that :func:`export_batch` writes; its last only where a unit passed. Pure."""
    return [f"batch-{batch}.pdf", *_table_names(f"batch-{batch}"), f"device-info-{batch}.csv"]


def export_batch(
    records: Records, leaves: Leaves, batch: BatchId, folder: Path, size: PaperSize = PaperSize.A4
) -> list[Path]:
    """Write ``batch-NAME.pdf``, the three tables and ``device-info-NAME.csv`` (of what passed) into ``folder``.

    As :func:`export_selection`; EVD-201 where there is no such batch. A unit stands with the outcome of its last
    attempt in this batch, as the report counts it; its steps are those of its whole record, attempts in other
    batches too. The device-info has what passed here and stands passed now.
    """
    record = read_batch(records, leaves, batch)
    units = [read_unit(records, board.unit) for board in record.boards if board.unit is not None]
    nameless = [board.last for board in record.boards if board.unit is None]
    stem = f"batch-{batch}"
    good = {one.id for one in units_to_onboard(records, batch)}
    known = [row for one in units if one.unit.id in good and (row := DeviceInfo.of(one)) is not None]
    files = {
        f"{stem}.pdf": batch_pdf(record, size),
        f"{stem}-units.csv": batch_units_csv(batch, units, nameless, record.counted, record.outcomes),
        **_step_tables(stem, units, nameless),
    }
    if known:
        files[f"device-info-{batch}.csv"] = render_device_info(known)
    return _write(files, folder)


def _unit_pdf(records: Records, leaves: Leaves, record: UnitRecord, size: PaperSize) -> bytes:
    batch = records.batch(record.unit.batch)
    fixture = batch.fixture if batch is not None else Sha256("")
    used = read_provenance(records, record.attempts[-1].recipe, fixture, record.attempts)
    return unit_pdf(record, used, covering_checkpoint(leaves, record.newest[0]), size)


def _step_tables(stem: str, units: list[UnitRecord], nameless: list[AttemptRecord]) -> dict[str, bytes]:
    return {
        f"{stem}-steps.csv": steps_csv(units, nameless),
        f"{stem}-measurements.csv": measurements_csv(units, nameless),
    }


def _table_names(stem: str) -> list[str]:
    return [f"{stem}-{table}.csv" for table in ("units", "steps", "measurements")]


def _write(files: dict[str, bytes], folder: Path) -> list[Path]:
    written = []
    for name, data in files.items():
        create_file(folder / name, data, private=False)
        written.append(folder / name)
    return written
