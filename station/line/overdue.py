"""Uploads to which the cloud has given no end for so long that a person may decide about their units."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from station.domain.events import UploadSending
from station.domain.ids import EventSeq, UnitId, UploadId
from station.host.clock import Clock
from station.journal.codec import Entry
from station.journal.records import Records
from station.journal.rows import UploadRow
from station.line.account import named_account
from station.line.feed import Feed, Told
from station.line.prepared import PreparedUploads
from station.settings.station import CloudSettings


@dataclass(frozen=True, slots=True)
class Overdue:
    """An upload that was sent, at ``since`` by this PC's clock, and is neither settled nor put off.

    Or, with ``account``, one that was prepared then for that account, which is not the station file's any more.
    """

    upload: UploadRow
    since: datetime
    account: str = ""


def is_overdue(upload: UploadRow, passed: timedelta, after: float) -> bool:
    """Return whether an upload that was sent last so long ago is overdue: ``after`` seconds or more. Pure.

    One that the cloud certainly does not have (prepared, put off) never is: it goes on by itself.
    """
    return upload.state in ("sending", "accepted", "unclear") and passed >= timedelta(seconds=after)


def overdue_units(records: Records, now: datetime, after: float) -> dict[UnitId, Overdue]:
    """Return the units of every overdue upload, decided ones too.

    By this PC's wall clock alone: this is for commands, each a process that sent nothing and has not asked the cloud
    what time it is; monotonic time from before a restart says nothing. Where the clock jumped ahead, a person may so
    be let decide too early; the upload goes on being asked about, and its late answer counts.
    """
    found = ((upload, records.last_sending(upload.id)) for upload in records.open_uploads())
    overdue = [Overdue(upload, sent.at) for upload, sent in found if sent and is_overdue(upload, now - sent.at, after)]
    return {unit: one for one in overdue for unit in one.upload.units}


def units_to_decide(records: Records, now: datetime, cloud: CloudSettings | None) -> dict[UnitId, Overdue]:
    """Return the units under way of which a person may decide: overdue ones, and those for another account."""
    if cloud is None:
        return {}
    uploads = PreparedUploads(records)
    _, theirs = uploads.split(records.open_uploads(), named_account(records, cloud))
    waiting = {
        unit: Overdue(upload, records.entry(EventSeq(upload.id)).at, uploads.account(upload))
        for upload in theirs
        for unit in upload.units
    }
    return overdue_units(records, now, cloud.overdue_after_s) | waiting


class OverdueWatch:
    """Tells of every overdue upload once a process. One thread uses it, with the reader it was given.

    How long ago one was sent is the longer of two times that no change of this PC's clock touches: the monotonic time,
    if this process sent it, and the cloud's own, if that is known of then and now (it goes on while the PC sleeps).
    Only where neither is known does the wall clock count.
    """

    def __init__(
        self, records: Records, clock: Clock, feed: Feed, after: float, cloud_time: Callable[[], datetime | None]
    ) -> None:
        self._records, self._clock, self._feed, self._after = records, clock, feed, after
        self._cloud_time = cloud_time
        # This process alone writes: what comes behind this place is its own.
        self._before_us = records.last_seq()
        self._told: set[UploadId] = set()
        self._sendings: dict[UploadId, tuple[int, Entry | None]] = {}

    def sent_at(self, upload: UploadRow) -> datetime | None:
        """Return when the upload was sent last, by the cloud's clock; None where that is not known."""
        return _by_cloud(self._sending(upload))

    def is_overdue(self, upload: UploadRow) -> bool:
        """Return whether the upload is overdue now."""
        sent = self._sending(upload)
        return sent is not None and is_overdue(upload, self._passed(sent), self._after)

    def all_are(self, uploads: Sequence[UploadRow]) -> bool:
        """Return whether there are uploads, and every one is overdue now."""
        return bool(uploads) and all(self.is_overdue(upload) for upload in uploads)

    def tell(self, upload: UploadRow) -> bool:
        """Return whether the upload is overdue, and tell of it the first time."""
        overdue = self.is_overdue(upload)
        if overdue and upload.id not in self._told:
            self._told.add(upload.id)
            many = f"The cloud has come to no end with {len(upload.units)} unit(s) for too long; it is asked on."
            self._feed.publish(Told("CLD-OVERDUE", f"{many} Look for them in the portal, then: station decide"))
        return overdue

    def forget(self, upload: UploadRow) -> None:
        """Keep no more of an upload that has ended."""
        self._sendings.pop(upload.id, None)
        self._told.discard(upload.id)

    def _passed(self, sent: Entry) -> timedelta:
        known = []
        if sent.seq > self._before_us:
            known.append(timedelta(seconds=self._clock.monotonic(), microseconds=-sent.monotonic_us))
        then, now = _by_cloud(sent), self._cloud_time()
        if then is not None and now is not None:
            known.append(now - then)
        return max(known, default=self._clock.now() - sent.at)

    def _sending(self, upload: UploadRow) -> Entry | None:
        """Return the journal's entry of the upload's last sending, None before there was one."""
        tries, entry = self._sendings.get(upload.id, (0, None))
        if tries != upload.tries:
            entry = self._records.last_sending(upload.id)
            self._sendings[upload.id] = upload.tries, entry
        return entry


def _by_cloud(sent: Entry | None) -> datetime | None:
    told = sent.event.cloud_time if sent is not None and isinstance(sent.event, UploadSending) else ""
    return datetime.fromisoformat(told) if told else None
