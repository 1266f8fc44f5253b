"""What left the station about a unit: by whom, as what, and the hashes of the files. Read only."""

from dataclasses import dataclass
from datetime import datetime

from station.domain.events import Exported, ExportIntended
from station.domain.ids import EventSeq, Sha256, UnitId
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
    """Return the exports that the unit was in, oldest first. Looks only."""
    meant = [one for one in records.entries_of_kind(ExportIntended.kind) if isinstance(one.event, ExportIntended)]
    done = [one for one in records.entries_of_kind(Exported.kind) if isinstance(one.event, Exported)]
    found: list[LeftFile] = []
    for entry in meant:
        intent = entry.event
        if not isinstance(intent, ExportIntended) or unit not in intent.units:
            continue
        # Its files follow it; the next export of the same has files of its own.
        later = [
            one.seq
            for one in meant
            if one.seq > entry.seq and isinstance(one.event, ExportIntended) and _same(one.event, intent)
        ]
        until = min(later, default=EventSeq(2**62))
        files = tuple(
            one.event.sha256
            for one in done
            if isinstance(one.event, Exported) and _same(one.event, intent) and entry.seq < one.seq < until
        )
        found.append(LeftFile(entry.seq, entry.at, entry.by, intent.what, intent.form, intent.reason, files))
    return found


def _same(one: ExportIntended | Exported, other: ExportIntended) -> bool:
    return (one.what, one.form) == (other.what, other.form)
