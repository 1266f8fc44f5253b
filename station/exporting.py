"""Records leave the station: by whom they may, and with the intent in the journal before the first file is there.

Below every face, so that none of them can forget the gate.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

from station.app import Station
from station.domain.events import Exported, ExportIntended
from station.domain.ids import BatchId, UnitId
from station.domain.ways import Way
from station.evidence.faults import NOT_FROM_ENTRIES
from station.host.faults import FILE_EXISTS, FILE_UNREADABLE
from station.host.files import create_file, make_private_folder, read_bytes, sha256_of
from station.journal.builds import way_of
from station.journal.chosen import find_disagreement_about
from station.journal.leaves import Leaves
from station.journal.rows import UnitRow
from station.line.onboarding import OnboardRows
from station.people.rights import Actor, Right
from station.signed_record import SignedRecord


class Form(StrEnum):
    """What a record is exported as."""

    BUNDLE = "bundle"
    """Everything, signed, with its own verifier (zip)."""
    TABLES = "tables"
    """CSV for a spreadsheet, and the PDF reports."""
    ONBOARD = "onboard-csv"
    """A batch's passed units as nRF Cloud's own tools take them; of attested ones, their tokens."""


class ExportDesk:
    """Writes exports into one folder for one person. For one thread.

    Each export first asks the gate (EXPORT; REPRINT too where any of its units was printed before), then journals
    what is meant to leave, then writes the files, then journals each file's hash. Before anything is journaled, what
    the tables say of the units is shown to follow from their entries, and that no file is in the way. Raises PPL-111
    to PPL-116, EVD faults, and HOST-110 where a file exists: nothing is overwritten. Repeating one is another export.
    """

    def __init__(
        self, station: Station, actor: Actor, folder: Path, reason: str = "", *, record: SignedRecord | None = None
    ) -> None:
        """``record`` is what makes this station's checkpoints, where something does already."""
        self._station, self._actor, self._folder, self._reason = station, actor, folder, reason
        self._record = record or SignedRecord(station)

    def units(self, chosen: Sequence[UnitRow], forms: Sequence[Form], since: Path | None = None) -> list[Path]:
        """Export units, each once; return what was written. ``since``: a checkpoint that the bundle is to continue."""
        units = list({unit.id: unit for unit in chosen}.values())
        name = _name_of(units)
        what = "unit " + ", ".join(one.device_id for one in units)
        return self._export(
            what,
            units,
            {
                Form.BUNDLE: lambda: [self._bundle(name, what, since, units=tuple(one.id for one in units))],
                Form.TABLES: lambda: self._tables(name, units),
            },
            forms,
        )

    def batch(self, batch: BatchId, forms: Sequence[Form], since: Path | None = None) -> list[Path]:
        """Export everything of one batch; return what was written. Every entry of the journal is looked at first."""
        what = f"batch {batch}"
        return self._export(
            what,
            self._station.records.units_of(batch),
            {
                Form.BUNDLE: lambda: [self._bundle(f"batch-{batch}", what, since, batch=batch)],
                Form.TABLES: lambda: self._batch_tables(batch),
                Form.ONBOARD: lambda: self._onboard_csv(batch),
            },
            forms,
            batch,
        )

    def _export(
        self,
        what: str,
        units: Sequence[UnitRow],
        writers: dict[Form, Callable[[], list[Path]]],
        forms: Sequence[Form],
        batch: BatchId | None = None,
    ) -> list[Path]:
        wanted, ids = [form for form in writers if form in forms], tuple(unit.id for unit in units)
        gate = self._station.gate
        gate.require(self._actor, Right.EXPORT)
        self._require_entries(ids, batch)
        if Form.TABLES in wanted and self._was_printed(what, set(ids)):
            gate.require(self._actor, Right.REPRINT, self._reason)
        # A bundle's own name is always new: it would be left behind by an export that can't be finished.
        for name in self._names(wanted, units, batch):
            if (self._folder / name).exists():
                raise FILE_EXISTS.fault(path=self._folder / name)
        make_private_folder(self._folder)
        if wanted:
            by, why = self._actor.id, self._reason
            self._station.journal.commit(
                *(ExportIntended(what=what, form=form, units=ids, operator=by, reason=why) for form in wanted), by=by
            )
        return [path for form in wanted for path in self._noted(writers[form](), what, form)]

    def _names(self, forms: Sequence[Form], units: Sequence[UnitRow], batch: BatchId | None) -> list[str]:
        from station.evidence.attestation_csv import name_token_csv  # noqa: PLC0415 -- only here
        from station.evidence.exports import name_batch, name_selection  # noqa: PLC0415 -- only here
        from station.evidence.onboard_csv import name_onboard_csv, units_to_onboard  # noqa: PLC0415 -- only here

        names = []
        if Form.TABLES in forms:
            names += name_selection(units, _name_of(units)) if batch is None else name_batch(batch)
        if Form.ONBOARD in forms and batch is not None:
            passed = len(units_to_onboard(self._station.records, batch))
            names += (name_token_csv if self._is_attested(batch) else name_onboard_csv)(passed, batch)
        return names

    def _require_entries(self, units: Sequence[UnitId], batch: BatchId | None) -> None:
        """Return once the tables say of what was chosen what its entries say: those are signed, tables are not."""
        data = self._record.data
        differs = find_disagreement_about(data, units, batch)
        if differs is not None:
            raise NOT_FROM_ENTRIES.fault(difference=differs.sentence, folder=data)

    def _was_printed(self, what: str, units: set[UnitId]) -> bool:
        """Return whether a report of any of these was meant to leave before, however it was asked for."""
        records = self._station.records
        meant = [entry.event for entry in records.entries_of_kind(ExportIntended.kind)]
        if any(
            isinstance(one, ExportIntended)
            and one.form == Form.TABLES
            and (one.what == what or not units.isdisjoint(one.units))
            for one in meant
        ):
            return True
        # Entries from before there were intents don't list their units.
        written = [entry.event for entry in records.entries_of_kind(Exported.kind)]
        return any(isinstance(one, Exported) and (one.what, one.form) == (what, Form.TABLES) for one in written)

    def _bundle(
        self, name: str, what: str, since: Path | None, units: tuple[UnitId, ...] = (), batch: BatchId | None = None
    ) -> Path:
        """Write the bundle, under a checkpoint made for it."""
        from station.ca.folder import read_files, read_former  # noqa: PLC0415 -- only here
        from station.evidence.bundle import Chosen, build_bundle  # noqa: PLC0415 -- only here

        kept = self._record.checkpoint_for(f"export of {what}", by=self._actor.id)
        folder = self._station.opened.value.ca_folder
        authority = read_files(folder) if folder.is_dir() else None
        chain = [authority.line, authority.root, *read_former(folder)] if authority is not None else []
        if since is not None and not since.is_file():
            # A pipe or a device would hold everything up.
            raise FILE_UNREADABLE.fault("no ordinary file", path=since)
        earlier = read_bytes(since, 65536).decode("utf-8", "replace") if since is not None else ""
        chosen = Chosen(units=units, batch=batch)
        data = build_bundle(
            self._record.data, chosen, note=kept.note, key=self._record.key, chain=chain, earlier=earlier
        )
        path = self._folder / f"{name}-{kept.checkpoint.size}.zip"
        create_file(path, data)
        return path

    def _tables(self, name: str, units: list[UnitRow]) -> list[Path]:
        from station.evidence.exports import export_selection  # noqa: PLC0415 -- only here

        with Leaves(self._record.data) as leaves:
            return export_selection(self._station.records, leaves, units, self._folder, name)

    def _batch_tables(self, batch: BatchId) -> list[Path]:
        from station.evidence.exports import export_batch  # noqa: PLC0415 -- only here

        with Leaves(self._record.data) as leaves:
            return export_batch(self._station.records, leaves, batch, self._folder)

    def _onboard_csv(self, batch: BatchId) -> list[Path]:
        from station.evidence.onboard_csv import units_to_onboard, write_onboard_csv  # noqa: PLC0415 -- only here

        records = self._station.records
        passed = units_to_onboard(records, batch)
        if self._is_attested(batch):
            from station.evidence.attestation_csv import gathered_of, write_token_csv  # noqa: PLC0415 -- only here

            return write_token_csv(gathered_of(records, passed), batch, self._folder)
        return write_onboard_csv(OnboardRows(records).rows_of([unit.id for unit in passed]), batch, self._folder)

    def _is_attested(self, batch: BatchId) -> bool:
        row = self._station.records.batch(batch)
        return row is not None and way_of(self._station.records, row.recipe) is Way.ATTESTATION

    def _noted(self, paths: list[Path], what: str, form: Form) -> list[Path]:
        by, why = self._actor.id, self._reason
        events = [
            Exported(what=what, form=form, sha256=sha256_of(read_bytes(path)), operator=by, reason=why)
            for path in paths
        ]
        if events:
            self._station.journal.commit(*events, by=by)
        return paths


def _name_of(units: Sequence[UnitRow]) -> str:
    return f"unit-{units[0].device_id}" if len(units) == 1 else f"{len(units)}-units"
