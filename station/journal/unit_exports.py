"""What left the station about a unit: by whom, as what, and the hashes of the files. Read only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from station.domain.events import Exported, ExportIntended
from station.domain.ids import EventSeq, Sha256, UnitId
from station.journal.codec import Entry, canonical
from station.journal.records import Records


@dataclass(frozen=True, slots=True)
class LeftFile:
    """An export that a unit was in. ``sha256`` lists its files, none where it was meant and never written."""

    seq: EventSeq
    at: datetime
    by: str
    what: str
    form: str
    reason: str
    sha256: tuple[Sha256, ...]


def exports_of(records: Records, unit: UnitId) -> list[LeftFile]:
    """Return the exports that the unit was in, oldest first. Looks only.

    Of the journal's other exports, thousands perhaps and of whole batches, no entry is read: their leaves are canonical
    (RFC 8785), so that their bytes alone tell whether the unit may be among them.
    """
    number = str(unit).encode()
    lists_it = _any_of([before + number + behind for before in (b"[", b",") for behind in (b",", b"]")])
    meant = records.entries_of_kind(ExportIntended.kind, lists_it)
    names = {
        canonical({"what": entry.event.what})[1:]
        for entry in meant
        if isinstance(entry.event, ExportIntended) and unit in entry.event.units
    }
    if not names:
        return []
    # All of the same name: a file belongs to the last export of its name and form that was meant before it.
    same = _any_of(sorted(names))
    others = records.entries_of_kind(ExportIntended.kind, lambda leaf: same(leaf) and not lists_it(leaf))
    written = records.entries_of_kind(Exported.kind, same)
    found: list[tuple[Entry, ExportIntended, list[Sha256]]] = []
    files: dict[tuple[str, str], list[Sha256]] = {}
    for entry in sorted([*meant, *others, *written], key=lambda one: one.seq):
        match entry.event:
            case ExportIntended() as intent:
                files[intent.what, intent.form] = own = list[Sha256]()
                if unit in intent.units:
                    found.append((entry, intent, own))
            case Exported(what=what, form=form, sha256=sha256) if (what, form) in files:
                files[what, form].append(sha256)
            case _:
                pass
    return [
        LeftFile(entry.seq, entry.at, entry.by, intent.what, intent.form, intent.reason, tuple(own))
        for entry, intent, own in found
    ]


def _any_of(parts: Sequence[bytes]) -> Callable[[bytes], bool]:
    return lambda leaf: any(part in leaf for part in parts)
