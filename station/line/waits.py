"""When each upload is looked at next: back-off in this process, and what the journal says from before."""

from typing import Final

from station.domain.ids import UploadId
from station.host.clock import Clock
from station.journal.rows import UploadRow

_LEAST_WAIT: Final = 1.0


class Waits:
    """Due times of uploads, by monotonic time. One thread uses it."""

    def __init__(self, clock: Clock, most: float) -> None:
        """``most`` bounds a wait that the journal asks for."""
        self._clock, self._most = clock, most
        self._due: dict[UploadId, float] = {}
        self._last: dict[UploadId, float] = {}
        self._unreached: set[UploadId] = set()
        self._reasons: dict[UploadId, str] = {}

    def due_at(self, upload: UploadRow) -> float:
        """Return the monotonic time from which the upload may be gone on with; 0.0 is at once."""
        if upload.id in self._due:
            return self._due[upload.id]
        if upload.state == "prepared" and upload.not_before is not None:
            left = (upload.not_before - self._clock.now()).total_seconds()
            # Bounded, and read from the wall clock only once: one that jumped does not keep finished units here.
            self.set(upload.id, min(max(0.0, left), self._most))
            return self._due[upload.id]
        return 0.0

    def set(self, upload: UploadId, seconds: float) -> None:
        """Have the upload wait so long."""
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
        self._last.pop(upload, None)
        self._reasons.pop(upload, None)
        self._unreached.discard(upload)
