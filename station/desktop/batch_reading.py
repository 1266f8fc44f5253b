"""What the batch page reads from files and journal: for threads that nobody waits for."""

from dataclasses import dataclass

from station.domain.faults import Fault
from station.domain.ids import BatchId
from station.journal.faults import ABSENT
from station.journal.reconciliation import reconcile
from station.journal.records import Records
from station.opened import Opened

_LOOKED_AT = 500
"""How far back an open batch is looked for, in batches: older ones are closed at the command line."""


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A work order that can be continued or closed. ``lines``: its places added up; their sum is ``quantity``."""

    batch: BatchId
    product: str
    quantity: int
    done: int
    lines: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Products by name, and open batches, newest first."""

    products: tuple[str, ...]
    batches: tuple[OpenBatch, ...]


def read_shelf(opened: Opened) -> Shelf:
    """Return what can be built and what was begun. Raises JRN faults, and OSError for a folder that can't be read."""
    products = tuple(sorted(file.stem for file in opened.value.recipes.glob("*.toml")))
    try:
        with opened.records() as records:
            return Shelf(products, _open_batches(records))
    except Fault as fault:
        if fault.code != ABSENT.code:
            raise
        return Shelf(products, ())


def _open_batches(records: Records) -> tuple[OpenBatch, ...]:
    found = []
    for name in reversed(records.batch_names()[-_LOOKED_AT:]):
        row = records.batch(name)
        if row is None or row.closed:
            continue
        lines = tuple(reconcile(records, name).lines())
        found.append(OpenBatch(name, row.product, row.quantity, records.tally(name).ended, lines))
    return tuple(found)
