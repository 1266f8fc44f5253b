"""When each upload is looked at next: back-off in this process, and what the journal says from before."""

from collections.abc import Sequence
from typing import Final

from station.domain.ids import UploadId
from station.host.clock import Clock
from station.journal.rows import UploadRow

_LEAST_WAIT: Final = 1.0
_SHARE: Final = 0.05
"""Of the time that an upload has been worked on: so much later than it ended, its end is seen."""


ASKED_WITHIN: Final = 5.0
"""Seconds for which an answer of the cloud's may lie there, as long as there are bodies to be made and sent."""


def first_due(
    uploads: Sequence[UploadRow], due: Sequence[float], now: float, *, patient: bool = False
) -> UploadRow | None:
    """Return the first upload that is due; ``patient``, where the cloud has it, one that is so late already. Pure."""
    for upload, at in zip(uploads, due, strict=True):
        if at + (ASKED_WITHIN if patient and upload.state == "accepted" else 0.0) <= now:
            return upload
    return None


class Waits:
    """Due times of uploads, by monotonic time. One thread uses it."""

    def __init__(self, clock: Clock, most: float) -> None:
        """``most`` bounds a wait that the journal asks for."""
        self._clock, self._most = clock, most
        self._due: dict[UploadId, float] = {}
        self._eager: dict[UploadId, float] = {}
        self._last: dict[UploadId, float] = {}
        self._unreached: set[UploadId] = set()
        self._reasons: dict[UploadId, str] = {}

    def due_at(self, upload: UploadRow, *, eldest: bool = False) -> float:
        """Return the monotonic time from which the upload may be gone on with; 0.0 is at once.

        The ``eldest`` of those that the cloud works on is asked about more often, for all of them: see :meth:`pace`.
        """
        if upload.id in self._due:
            due = self._due[upload.id]
            return min(due, self._eager.get(upload.id, due)) if eldest else due
        if upload.state == "prepared" and upload.not_before is not None:
            left = (upload.not_before - self._clock.now()).total_seconds()
            # Bounded, and read from the wall clock only once: one that jumped does not keep finished units here.
            self.set(upload.id, min(max(0.0, left), self._most))
            return self._due[upload.id]
        return 0.0

    def eldest(self, uploads: Sequence[UploadRow]) -> UploadRow | None:
        """Return the first of the uploads that the cloud works on as far as anybody knows; None where there is none."""
        return next((upload for upload in uploads if upload.id in self._eager), None)

    def pace(self, upload: UploadId, first: float, most: float, worked_on: float) -> None:
        """Have one that the cloud works on be asked about after twice the last wait, ``first`` to ``most`` seconds.

        While it is the eldest, after a twentieth of the time for which it is ``worked_on``: with one at a time asked
        so, the end of any number of bodies is seen soon, and the cloud is asked no more often than for one.
        """
        self.back_off(upload, first, most)
        self._eager[upload] = self._clock.monotonic() + max(first / 10, worked_on * _SHARE)

    def set(self, upload: UploadId, seconds: float) -> None:
        """Have the upload wait so long."""
        self._eager.pop(upload, None)
        self._due[upload] = self._clock.monotonic() + seconds

    def back_off(
        self, upload: UploadId, first: float, most: float, asked: float | None = None, *, unreached: bool = False
    ) -> float:
        """Have it wait twice as long as the last time, or as long as the cloud ``asked``; return the seconds."""
        last = self._last.get(upload)
        own = min(most, first if last is None else max(first, last * 2))
        self._last[upload] = own
        (self._unreached.add if unreached else self._unreached.discard)(upload)
        # A cloud that asks for no wait at all means "now and then", not "for ever as fast as you can".
        seconds = own if asked is None else max(asked, _LEAST_WAIT)
        self.set(upload, seconds)
        return seconds

    def is_news(self, upload: UploadId, reason: str) -> bool:
        """Return whether the upload waits for another reason than when this was asked last."""
        before, self._reasons[upload] = self._reasons.get(upload), reason
        return before != reason

    def hurry(self) -> None:
        """End the waits of what only could not be reached: no cloud asked for those. Safe to repeat."""
        for upload in self._unreached:
            self.set(upload, 0.0)

    def forget(self, upload: UploadId) -> None:
        """Start anew with the upload: it has come further."""
        self._due.pop(upload, None)
        self._eager.pop(upload, None)
        self._last.pop(upload, None)
        self._reasons.pop(upload, None)
        self._unreached.discard(upload)
