"""Claimed units, looked at now and then: has the device made its cloud key?

A claim is all that a line can show of such a unit; the rest happens over the air, perhaps months later. So looks have
a slow pace of their own, a few units at a time, and nothing waits for them: a unit that is claimed is done.
"""

from collections.abc import Sequence
from typing import Final, assert_never

from station.cloud.protocol import Busy, CredentialRefused, KnownDevices, NotSent, NoWay, Unclear
from station.domain.events import RowSettled, UploadDecided, UploadSettled
from station.domain.ids import DeviceId, UnitId
from station.domain.line import CloudState
from station.host.clock import Clock
from station.journal.codec import Entry
from station.journal.records import Records
from station.journal.rows import OutboxRow
from station.line.hand import Writer
from station.line.team import KeyWatch

AT_ONCE: Final = 50
"""Units a look: each takes a few questions to the cloud."""
_MADE: Final = "the device has made its cloud access key"
_THERE: Final = "the team's cloud knows the device: it has made its cloud access key"


class ClaimWatch:
    """Turns claimed units into onboarded ones as their keys are seen. One thread uses it, with its reader."""

    def __init__(self, journal: Writer, records: Records, key: KeyWatch, clock: Clock, every: float) -> None:
        """``every``: seconds between two looks, each at the next :data:`AT_ONCE` units."""
        self._journal, self._records, self._key, self._clock, self._every = journal, records, key, clock, every
        self._due = clock.monotonic() + every
        self._after: tuple[object, UnitId] | None = None
        self._whole = False

    def look_at_all(self) -> None:
        """Have every claimed unit looked at now, one look after the other. Safe to repeat, from any thread."""
        self._whole = True

    def due(self) -> bool:
        """Return whether there is a look to take. Asks nothing."""
        return (self._whole or self._clock.monotonic() >= self._due) and bool(
            self._records.outbox(CloudState.CLAIMED, limit=1)
        )

    def look(self) -> bool:
        """Take a look if one is due; return whether another one is due at once. Safe to repeat."""
        if not self.due():
            self._whole = False
            return False
        self._due = self._clock.monotonic() + self._every
        rows = self._next() if self._key.check() is None else []  # a look waits for no key: it comes again
        if not rows:
            self._whole, self._after = False, None
            return False
        if not self._look_at(rows):
            self._whole = False  # the cloud does not say now: no sense in asking it of the others
        return self._whole

    def _next(self) -> list[OutboxRow]:
        """Return the next units, in an order that one round keeps."""
        rows = sorted(self._records.outbox(CloudState.CLAIMED), key=lambda row: (row.since, row.unit))
        after = self._after
        left = [row for row in rows if after is None or (row.since, row.unit) > after]
        if not left and not self._whole:
            left = rows  # the next round
        chosen = left[:AT_ONCE]
        if chosen:
            self._after = (chosen[-1].since, chosen[-1].unit)
        return chosen

    def _look_at(self, rows: Sequence[OutboxRow]) -> bool:
        keyed = self._ask([row.device_id for row in rows])
        if keyed is None:
            return False
        found = {row: _MADE for row in rows if row.device_id in keyed.present}
        # That the team has the device shows its key only where it did not have it from before this claim.
        rest = [
            row for row in rows if row not in found and not had_key(self._records.entries_about(row.unit), row.unit)
        ]
        there = self._key.known([row.device_id for row in rest], lambda _: None) if rest else None
        if there is not None:
            found |= {row: _THERE for row in rest if row.device_id in there.present}
        seen = [
            UploadSettled(upload=row.upload, rows=(RowSettled(row.unit, CloudState.ONBOARDED, words),))
            for row, words in found.items()
            if row.upload is not None
        ]
        if seen:
            self._journal.commit(*seen)
        return True

    def _ask(self, devices: Sequence[DeviceId]) -> KnownDevices | None:
        answer = self._key.cloud.keyed(devices)
        self._key.hear(answer)
        match answer:
            case KnownDevices():
                return answer
            case CredentialRefused():
                self._key.refuse(answer.reason)
            case NoWay() | NotSent() | Busy() | Unclear():
                pass
            case _:
                assert_never(answer)
        return None


def had_key(entries: Sequence[Entry], unit: UnitId) -> bool:
    """Return whether the unit was ever onboarded, by what ``entries`` say of it. Pure."""
    for entry in entries:
        match entry.event:
            case UploadDecided(unit=named, state=CloudState.ONBOARDED) if named == unit:
                return True
            case UploadSettled(rows=rows) if any((r.unit, r.state) == (unit, CloudState.ONBOARDED) for r in rows):
                return True
            case _:
                pass
    return False
