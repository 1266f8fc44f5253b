"""Claimed units, looked at now and then: has the device made its cloud key?

A claim is all that a line can show of such a unit; the rest happens over the air, perhaps months later. So looks have
a slow pace of their own, a few units at a time, and nothing waits for them: a unit that is claimed is done.

That the team's cloud has the device shows no such key: another station of the team may have put it there with a
certificate, before or since. Only the device's own command shows it, or a person who has seen it in the portal.
"""

from collections.abc import Sequence
from typing import Final, assert_never

from station.cloud.protocol import Busy, CredentialRefused, KnownDevices, NotSent, NoWay, Unclear
from station.domain.events import RowSettled, UploadSettled
from station.domain.ids import DeviceId
from station.domain.line import CloudState
from station.host.clock import Clock
from station.journal.records import Records
from station.journal.rows import OutboxRow
from station.line.hand import Writer
from station.line.team import KeyWatch

AT_ONCE: Final = 50
"""Units a look: each takes a few questions to the cloud."""
_MADE: Final = "the device has made its cloud access key"


class ClaimWatch:
    """Turns claimed units into onboarded ones as their keys are seen. One thread uses it, with its reader."""

    def __init__(self, journal: Writer, records: Records, key: KeyWatch, clock: Clock, every: float) -> None:
        """``every``: seconds between two looks, each at the next :data:`AT_ONCE` units."""
        self._journal, self._records, self._key, self._clock, self._every = journal, records, key, clock, every
        self._due = clock.monotonic() + every
        self._after: OutboxRow | None = None
        self._asked = self._whole = False

    def look_at_all(self) -> None:
        """Have every claimed unit looked at now, one look after the other. Safe to repeat, from any thread."""
        self._asked = True

    def due(self) -> bool:
        """Return whether there is a look to take. Asks nothing."""
        return (self._asked or self._whole or self._clock.monotonic() >= self._due) and bool(
            self._records.holds(CloudState.CLAIMED)
        )

    def look(self) -> bool:
        """Take a look if one is due; return whether another one is due at once. Safe to repeat."""
        if self._asked:
            self._asked, self._whole, self._after = False, True, None  # from the first, wherever the round is
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
        chosen = self._records.outbox(CloudState.CLAIMED, after=self._after, limit=AT_ONCE)
        if not chosen and not self._whole:
            chosen = self._records.outbox(CloudState.CLAIMED, limit=AT_ONCE)  # the next round
        if chosen:
            self._after = chosen[-1]
        return chosen

    def _look_at(self, rows: Sequence[OutboxRow]) -> bool:
        keyed = self._ask([row.device_id for row in rows])
        if keyed is None:
            return False
        seen = [
            UploadSettled(upload=row.upload, rows=(RowSettled(row.unit, CloudState.ONBOARDED, _MADE),))
            for row in rows
            if row.device_id in keyed.present and row.upload is not None
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
