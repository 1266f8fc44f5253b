"""The outbox: finished units go to the cloud in bodies, each sent at most once without an answer in between.

Every state is in the journal, so :meth:`Outbox.advance` does one thing and may be called by a fresh process after
any crash. An upload's life: prepared → sending → accepted → settled; put off (back to prepared) where the cloud
certainly did nothing; unclear where nobody knows, and then it is looked for, never sent again blindly.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, assert_never

from station.cloud.protocol import (
    Accepted,
    Busy,
    Cloud,
    CredentialRefused,
    Found,
    Invalid,
    KnownDevices,
    NotFound,
    NotSent,
    OnboardRow,
    RequestId,
    Settled,
    Unclear,
    Working,
)
from station.domain.events import (
    RowSettled,
    UploadAccepted,
    UploadPrepared,
    UploadPutOff,
    UploadSending,
    UploadSettled,
    UploadUnclear,
)
from station.domain.ids import DeviceId, UnitId, UploadId
from station.domain.line import CloudState
from station.host.clock import Clock
from station.host.files import sha256_of
from station.journal.codec import iso
from station.journal.records import Records
from station.journal.rows import OutboxRow, UploadRow
from station.line.feed import Feed, Told
from station.line.hand import Writer
from station.line.outbox_rules import OutboxRules
from station.line.outbox_words import tell_late, tell_left_over, tell_wait
from station.line.overdue import OverdueWatch
from station.line.team import KeyWatch, TeamGate
from station.line.verdicts import by_devices, by_result, proven, repeats
from station.line.waits import Waits

_LONG_AGO: Final = 5
"""Times the settling time: after that an unsettled picture is taken as it is."""


class Outbox:
    """Drives uploads from the journal to the cloud and back. One thread uses it; it owns its reader."""

    def __init__(
        self,
        journal: Writer,
        records: Records,
        cloud: Cloud,
        clock: Clock,
        rules: OutboxRules,
        rows_of: Callable[[Sequence[UnitId]], Sequence[OnboardRow]],
        feed: Feed,
        gate: TeamGate | None = None,
        *,
        confirmed: bool = False,
        renew: Callable[[], Cloud] | None = None,
    ) -> None:
        """With ``gate``, nothing is sent or asked before it has confirmed the key's team, unless that was just done.

        ``renew`` reads the key from its source again and returns the cloud with it: for a key that was refused.
        """
        self._journal, self._records = journal, records
        self._clock, self._rules, self._rows_of, self._feed = clock, rules, rows_of, feed
        self._waits = Waits(clock, rules.retry_most)
        # When a body was last sent, as far as this process can tell: monotonic, for the wall clock may have jumped.
        self._sent: dict[UploadId, float] = {}
        self._size = min(rules.rows, cloud.max_rows)
        self._key = KeyWatch(
            cloud, clock, feed, gate=gate, confirmed=confirmed, renew=renew, wait=rules.retry_first * 6
        )
        self._late = OverdueWatch(records, clock, feed, rules.overdue, self._key.time)
        self._prepare_due = clock.monotonic()
        self._stuck = ""
        self._ending = False

    @property
    def blocked(self) -> str:
        """Why the key is not used; empty when nothing is wrong. It is read and asked about again now and then."""
        return self._key.refused

    @property
    def stuck(self) -> str:
        """Why waiting a little longer is of no use, as of the last look; empty while it is. Safe from any thread."""
        return self._stuck

    def hurry(self) -> None:
        """Go on at once with what only waits because the cloud could not be reached. Safe to repeat."""
        self._key.hurry()
        self._waits.hurry()

    def end(self) -> None:
        """Begin nothing new: what is asked before a sending is not followed by it. Safe to repeat, from any thread."""
        self._ending = True

    def left_over(self) -> str:
        """Return a sentence on the units that are not done, and what to do about them; empty where there are none."""
        return tell_left_over(self._records.outbox_counts(), self._stuck)

    def advance(self, *, flush: bool = False) -> float | None:
        """Do the one most useful thing now. Return the seconds until there may be more to do, 0 for at once.

        None means that nothing is left: the outbox holds no unit that waits and no upload under way. ``flush``
        sends what waits without waiting for a full body. Safe to repeat, also after a crash anywhere in it.
        """
        wait = self._advance(flush=flush)
        if wait != 0.0:
            self._stuck = self._why_stuck()
        return wait

    def _advance(self, *, flush: bool) -> float | None:
        uploads = self._records.open_uploads()
        if uploads or self._records.outbox(CloudState.WAITING, limit=1):
            wait = self._key.check()
            if wait is not None:
                return wait
        now = self._clock.monotonic()
        for upload in uploads:
            if self._waits.due_at(upload) <= now:
                self._move(upload)
                return 0.0
        if self._prepare(flush=flush):
            return 0.0
        waits = [self._waits.due_at(upload) - now for upload in uploads]
        waiting = self._records.outbox(CloudState.WAITING, limit=1)
        if waiting:
            age = (self._clock.now() - waiting[0].since).total_seconds()
            waits.append(max(0.05, self._rules.longest_wait - age, self._prepare_due - now))
        return max(0.0, min(waits)) if waits else None

    def _why_stuck(self) -> str:
        waiting = self._records.outbox(CloudState.WAITING, limit=1)
        late = not waiting and self._late.all_are(self._records.open_uploads())
        overdue = "the cloud has come to no end with them for too long: look there, then station decide"
        return self._key.refused or self._key.offline or (overdue if late else "")

    def _prepare(self, *, flush: bool) -> bool:
        rows = self._records.outbox(CloudState.WAITING, limit=self._size)
        if not rows or self._clock.monotonic() < self._prepare_due:
            return False
        age = (self._clock.now() - rows[0].since).total_seconds()
        # A clock that was set back makes an age negative: then the unit does not wait for the clock to catch up.
        if not (flush or len(rows) >= self._size or age >= self._rules.longest_wait or age < 0):
            return False
        there = self._there_already(rows)
        if there is None:
            self._prepare_due = self._clock.monotonic() + self._rules.retry_first * 6
            return False
        # One body replaces certificates or onboards devices; the others go with the next one.
        replaces = rows[0].unit in there
        units = tuple(row.unit for row in rows if (row.unit in there) is replaces)
        body = self._key.cloud.render([replace(row, replaces=replaces) for row in self._rows_of(units)])
        name = sha256_of(body)
        self._journal.commit(UploadPrepared(units=units, body_sha256=name, body_bytes=len(body)), bodies={name: body})
        return True

    def _there_already(self, rows: Sequence[OutboxRow]) -> frozenset[UnitId] | None:
        """Return the units whose devices the cloud has from before a rework; None when it can't be asked now.

        Only those that were ever onboarded are asked for: whatever else has their ID is not theirs to replace.
        """
        built_again = (row for row in rows if (unit := self._records.unit(row.unit)) and unit.attempts > 1)
        earlier = [row for row in built_again if self._records.was_onboarded(row.unit)]
        if not earlier:
            return frozenset()
        known = self._ask_for([row.device_id for row in earlier], self._tell_wait)
        return None if known is None else frozenset(row.unit for row in earlier if row.device_id in known.present)

    def _tell_wait(self, answer: NotSent | Busy | Unclear) -> None:
        self._feed.publish(Told("CLD-WAIT", f"Uploads wait: {answer.reason}"))

    def _move(self, upload: UploadRow) -> None:
        match upload.state:
            case "prepared":
                self._send(upload)
            case "sending":
                # Only a process that died in between leaves this state behind.
                self._unclear(upload, "the station stopped while it was sending")
            case "accepted":
                self._poll(upload)
            case "unclear" if not upload.tries:  # never sent from here: what a restore asks about
                self._wait_to_ask(upload)
            case "unclear":
                self._reconcile(upload)
            case _:
                raise AssertionError(f"an open upload in state {upload.state}")

    def _send(self, upload: UploadRow) -> None:
        absent: tuple[UnitId, ...] = ()
        if self._rules.check_absent:
            known = self._known(upload, upload.units)
            if known is None:
                return
            absent = tuple(unit for unit, device in self._devices(upload.units) if device in known.absent)
        body = self._records.body(upload.body_sha256)
        if sha256_of(body) != upload.body_sha256:
            raise AssertionError("a stored body is not what its name says")
        told = iso(time) if (time := self._key.time() or self._key.ask_time()) else ""
        if self._ending:
            return
        self._journal.commit(UploadSending(upload=upload.id, absent=absent, cloud_time=told))
        answer = self._key.cloud.send(body)
        self._key.hear(answer)
        self._sent[upload.id] = self._clock.monotonic()
        match answer:
            case Accepted():
                self._accepted(upload, answer.request_id, "answer")
            case NotSent() | Busy():
                self._put_off(upload, answer)
            case CredentialRefused():
                # Nothing goes before a person has acted; then it may go at once.
                now = iso(self._clock.now())
                self._journal.commit(UploadPutOff(upload=upload.id, until=now, reason=answer.reason))
                self._key.refuse(answer.reason)
            case Invalid():
                self._invalid(upload, answer.reason)
            case Unclear():
                self._unclear(upload, answer.reason, answer.retry_after_s or 0.0)
            case _:
                assert_never(answer)

    def _poll(self, upload: UploadRow) -> None:
        request = RequestId(upload.request_id or "")
        units = self._devices(upload.units)
        answer = self._key.cloud.poll(request, [device for _, device in units])
        self._key.hear(answer)
        match answer:
            case Working():
                rules = self._rules
                if self._late.tell(upload):
                    self._waits.back_off(upload.id, rules.retry_first, rules.retry_most)
                else:
                    self._waits.back_off(upload.id, rules.poll_first, rules.poll_most)
            case Settled():
                self._key.taken()
                self._settle(upload, [by_result(unit, row) for (unit, _), row in zip(units, answer.rows, strict=True)])
                self._size = min(self._rules.rows, self._key.cloud.max_rows, self._size * 2)
            case NotFound():
                self._unclear(upload, f"the cloud no longer knows request {request}: {answer.reason}")
            case NotSent() | Busy() | Unclear():
                self._ask_later(upload, answer)
            case CredentialRefused():
                self._key.refuse(answer.reason)
            case _:
                assert_never(answer)

    def _reconcile(self, upload: UploadRow) -> None:
        """Find out what an unclear sending did: by the body's hash, else by whom the cloud knows now."""
        self._late.tell(upload)
        # The same rows may have gone once before, in the same bytes: that request's fate is not this sending's.
        others = [RequestId(request) for request in self._records.requests_of_others(upload.id)]
        # By the cloud's clock alone: this PC's may have been wrong when it was sent, or may be now.
        answer = self._key.cloud.find_sent(upload.body_sha256, self._late.sent_at(upload), others)
        self._key.hear(answer)
        match answer:
            case Found():
                self._accepted(upload, answer.request_id, "body")
            case NotFound():
                self._wait_to_ask(upload)
            case Unclear():
                if self._settle_proven(upload):
                    self._ask_later(upload, answer)
            case NotSent() | Busy():
                self._ask_later(upload, answer)
            case CredentialRefused():
                self._key.refuse(answer.reason)
            case _:
                assert_never(answer)

    def _since_sent(self, upload: UploadRow) -> float:
        # A process that did not send it itself counts from its own first look.
        now = self._clock.monotonic()
        return now - self._sent.setdefault(upload.id, now)

    def _settle_proven(self, upload: UploadRow) -> bool:
        """Settle the units that the cloud has now and had not just before, and no other: the body may be there yet.

        Return whether some are left for which nothing else has set a time.
        """
        asked = [unit for unit in self._undecided(upload) if unit in upload.absent]
        if not asked or self._since_sent(upload) < self._rules.settle:
            return True
        known = self._known(upload, asked)
        if known is not None and (rows := proven(self._devices(asked), known, upload.absent)):
            self._settle(upload, rows)
        return known is not None and bool(self._undecided(upload))

    def _wait_to_ask(self, upload: UploadRow) -> None:
        since = self._since_sent(upload)
        if since < self._rules.settle:
            self._waits.set(upload.id, self._rules.settle - since)
        else:
            self._ask_for_devices(upload, settled_long_ago=since >= _LONG_AGO * self._rules.settle)

    def _ask_for_devices(self, upload: UploadRow, *, settled_long_ago: bool) -> None:
        undecided = self._undecided(upload)
        known = self._known(upload, undecided)
        if known is None:
            return
        unsure = known.unknown or (known.present and known.absent)
        if unsure and not settled_long_ago:
            # Some are there and some are not (the cloud may be working on the body just now), or it did not say.
            self._waits.set(upload.id, self._rules.settle)
            return
        self._settle(upload, by_devices(self._devices(undecided), known, upload.absent))

    def _known(self, upload: UploadRow, of: Sequence[UnitId]) -> KnownDevices | None:
        return self._ask_for([device for _, device in self._devices(of)], lambda why: self._ask_later(upload, why))

    def _ask_for(
        self, devices: Sequence[DeviceId], later: Callable[[NotSent | Busy | Unclear], object]
    ) -> KnownDevices | None:
        """Ask which devices the cloud has; where it doesn't say, have it asked again ``later`` and return None."""
        answer = self._key.cloud.known(devices)
        self._key.hear(answer)
        match answer:
            case KnownDevices():
                return answer
            case NotSent() | Busy() | Unclear():
                later(answer)
            case CredentialRefused():
                self._key.refuse(answer.reason)
            case _:
                assert_never(answer)
        return None

    def _accepted(self, upload: UploadRow, request: RequestId, found_by: str) -> None:
        self._journal.commit(UploadAccepted(upload=upload.id, request_id=request, found_by=found_by))
        self._key.taken()
        self._waits.forget(upload.id)
        self._waits.back_off(upload.id, self._rules.poll_first, self._rules.poll_most)

    def _invalid(self, upload: UploadRow, reason: str) -> None:
        if len(upload.units) == 1:
            self._settle(upload, [RowSettled(upload.units[0], CloudState.REFUSED, reason)])
            return
        # One bad row makes the cloud refuse the whole body, and it doesn't say which: halve until it stands alone.
        self._size = max(1, len(upload.units) // 2)
        again = f"waits again in a smaller body; the cloud refused the whole one: {reason}"
        self._settle(upload, [RowSettled(unit, CloudState.WAITING, again) for unit in upload.units])

    def _put_off(self, upload: UploadRow, answer: NotSent | Busy) -> None:
        seconds = self._back_off(upload, answer)
        # What only did not get there may go at once when another process comes: the network may be back by then.
        until = self._clock.now() + timedelta(seconds=0.0 if isinstance(answer, NotSent) else seconds)
        self._journal.commit(UploadPutOff(upload=upload.id, until=iso(until), reason=answer.reason))
        self._feed.publish(Told("CLD-WAIT", f"The upload waits {seconds:.0f} s: {answer.reason}"))

    def _unclear(self, upload: UploadRow, reason: str, wait: float = 0.0) -> None:
        self._journal.commit(UploadUnclear(upload=upload.id, reason=reason))
        self._waits.forget(upload.id)
        self._waits.set(upload.id, wait)

    def _settle(self, upload: UploadRow, rows: Sequence[RowSettled]) -> None:
        undecided = set(self._undecided(upload))
        about = self._records.entries_about
        rows = [row for row in rows if row.unit in undecided or not repeats(about(row.unit), upload.id, row)]
        self._journal.commit(UploadSettled(upload=upload.id, rows=tuple(rows)))
        for row in rows:
            if row.unit not in undecided and (unit := self._records.unit(row.unit)):
                self._feed.publish(tell_late(unit, row))
        if not self._undecided(upload):
            self._waits.forget(upload.id)
            self._sent.pop(upload.id, None)

    def _devices(self, units: Sequence[UnitId]) -> list[tuple[UnitId, DeviceId]]:
        """Return the units with their device IDs, in this order."""
        return [(unit, row.device_id) for unit in units if (row := self._records.unit(unit)) is not None]

    def _undecided(self, upload: UploadRow) -> list[UnitId]:
        """Return the upload's units of which neither the cloud nor a person has said anything yet, in its order."""
        sending = {row.unit for row in self._records.outbox(CloudState.SENDING) if row.upload == upload.id}
        return [unit for unit in upload.units if unit in sending]

    def _ask_later(self, upload: UploadRow, answer: NotSent | Busy | Unclear) -> None:
        seconds = self._back_off(upload, answer)
        if self._waits.is_news(upload.id, answer.reason):
            self._feed.publish(tell_wait(upload, seconds, answer.reason))

    def _back_off(self, upload: UploadRow, answer: NotSent | Busy | Unclear) -> float:
        asked = None if isinstance(answer, NotSent) else answer.retry_after_s
        return self._waits.back_off(
            upload.id, self._rules.retry_first, self._rules.retry_most, asked, unreached=isinstance(answer, NotSent)
        )
