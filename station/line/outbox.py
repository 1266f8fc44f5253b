"""The outbox: finished units go to the cloud in bodies, each sent at most once without an answer in between.

Every state is in the journal, so :meth:`Outbox.advance` does one thing and may be called by a fresh process after
any crash. An upload's life: prepared → sending → accepted → settled; put off (back to prepared) where the cloud
certainly did nothing; unclear where nobody knows, and then it is looked for, never sent again blindly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    Onboarded,
    OnboardRow,
    Refused,
    RequestId,
    RowResult,
    Settled,
    Unclear,
    Unknown,
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
from station.domain.faults import StationFault
from station.domain.ids import DeviceId, UnitId, UploadId
from station.domain.line import CloudState
from station.host.clock import Clock
from station.host.files import sha256_of
from station.journal.codec import iso
from station.journal.journal import Journal
from station.journal.records import Records
from station.journal.rows import UploadRow
from station.line.faults import KEY_REFUSED
from station.line.feed import Feed, Told
from station.line.team import Confirmed, TeamGate, Unreachable

_ABOUT_THEN: Final = timedelta(minutes=5)
_LONG_AGO: Final = 5
"""Times the settling time: after that an unsettled picture is taken as it is."""
_LEAST_WAIT: Final = 1.0


@dataclass(frozen=True, slots=True)
class OutboxRules:
    """How the outbox waits. Times in seconds."""

    rows: int = 500
    """Units a body; the cloud's own limit holds too."""
    longest_wait: float = 60.0
    """A unit that waited so long goes even when the body is not full."""
    poll_first: float = 1.0
    poll_most: float = 30.0
    retry_first: float = 5.0
    retry_most: float = 900.0
    settle: float = 60.0
    """A body that the cloud doesn't show may still appear within this time after it was sent."""
    check_absent: bool = False
    """Ask before each sending which units the cloud does not know: settles lost answers where bodies can't be found."""


class Outbox:
    """Drives uploads from the journal to the cloud and back. One thread uses it; it owns its reader."""

    def __init__(
        self,
        journal: Journal,
        records: Records,
        cloud: Cloud,
        clock: Clock,
        rules: OutboxRules,
        row_of: Callable[[UnitId], OnboardRow],
        feed: Feed,
        gate: TeamGate | None = None,
    ) -> None:
        """With ``gate``, nothing is sent or asked before it has confirmed the key's team, once a process."""
        self._journal, self._records, self._cloud = journal, records, cloud
        self._clock, self._rules, self._row_of, self._feed = clock, rules, row_of, feed
        self._due: dict[UploadId, float] = {}
        self._waits: dict[UploadId, float] = {}
        # When a body was last sent, as far as this process can tell: monotonic, for the wall clock may have jumped.
        self._sent: dict[UploadId, float] = {}
        self._size = min(rules.rows, cloud.max_rows)
        self._refused = ""
        self._gate, self._gate_due = gate, clock.monotonic()

    @property
    def blocked(self) -> str:
        """Why nothing is sent until a person acts; empty when nothing is wrong."""
        return self._refused

    def resume(self) -> None:
        """Try again after the key was mended. Safe to repeat."""
        self._refused = ""

    def advance(self, *, flush: bool = False) -> float | None:
        """Do the one most useful thing now. Return the seconds until there may be more to do, 0 for at once.

        None means that nothing is left: the outbox holds no unit that waits and no upload under way. ``flush``
        sends what waits without waiting for a full body. Safe to repeat, also after a crash anywhere in it.
        """
        if self._refused:
            return self._rules.retry_most
        uploads = self._records.open_uploads()
        if self._gate is not None and (uploads or self._records.outbox(CloudState.WAITING, limit=1)):
            wait = self._confirm(self._gate)
            if wait is not None:
                return wait
        now = self._clock.monotonic()
        for upload in uploads:
            if self._due_at(upload) <= now:
                self._move(upload)
                return 0.0
        if self._prepare(flush=flush):
            return 0.0
        waits = [self._due_at(upload) - now for upload in uploads]
        waiting = self._records.outbox(CloudState.WAITING, limit=1)
        if waiting:
            age = (self._clock.now() - waiting[0].since).total_seconds()
            waits.append(max(0.05, self._rules.longest_wait - age))
        return max(0.0, min(waits)) if waits else None

    def _confirm(self, gate: TeamGate) -> float | None:
        left = self._gate_due - self._clock.monotonic()
        if left > 0:
            return left
        try:
            answer = gate.ask()
        except StationFault as fault:
            self._refused = fault.sentence
            self._feed.publish(Told(fault.code, fault.sentence))
            return self._rules.retry_most
        match answer:
            case Confirmed():
                self._gate = None
                return None
            case Unreachable():
                self._feed.publish(Told("CLD-WAIT", f"Uploads wait: {answer.reason}"))
                wait = self._rules.retry_first * 6
                # Kept here, because the uploader comes again sooner: whenever a unit has passed, for one.
                self._gate_due = self._clock.monotonic() + wait
                return wait
            case _:
                assert_never(answer)

    def _prepare(self, *, flush: bool) -> bool:
        rows = self._records.outbox(CloudState.WAITING, limit=self._size)
        if not rows:
            return False
        age = (self._clock.now() - rows[0].since).total_seconds()
        # A clock that was set back makes an age negative: then the unit does not wait for the clock to catch up.
        if not (flush or len(rows) >= self._size or age >= self._rules.longest_wait or age < 0):
            return False
        units = tuple(row.unit for row in rows)
        body = self._cloud.render([self._row_of(unit) for unit in units])
        name = sha256_of(body)
        self._journal.commit(UploadPrepared(units=units, body_sha256=name, body_bytes=len(body)), bodies={name: body})
        return True

    def _move(self, upload: UploadRow) -> None:
        match upload.state:
            case "prepared":
                self._send(upload)
            case "sending":
                # Only a process that died in between leaves this state behind.
                self._unclear(upload, "the station stopped while it was sending")
            case "accepted":
                self._poll(upload)
            case "unclear":
                self._reconcile(upload)
            case _:
                raise AssertionError(f"an open upload in state {upload.state}")

    def _send(self, upload: UploadRow) -> None:
        absent: tuple[UnitId, ...] = ()
        if self._rules.check_absent:
            known = self._known(upload)
            if known is None:
                return
            absent = tuple(unit for unit, device in known.units if device in known.answer.absent)
        body = self._records.body(upload.body_sha256)
        if sha256_of(body) != upload.body_sha256:
            raise AssertionError("a stored body is not what its name says")
        self._journal.commit(UploadSending(upload=upload.id, absent=absent))
        answer = self._cloud.send(body)
        self._sent[upload.id] = self._clock.monotonic()
        match answer:
            case Accepted():
                self._accepted(upload, answer.request_id, "answer")
            case NotSent() | Busy():
                wait = answer.retry_after_s if isinstance(answer, Busy) else None
                self._put_off(upload, answer.reason, wait)
            case CredentialRefused():
                # Nothing goes before a person has acted; then it may go at once.
                now = iso(self._clock.now())
                self._journal.commit(UploadPutOff(upload=upload.id, until=now, reason=answer.reason))
                self._refuse_key(answer.reason)
            case Invalid():
                self._invalid(upload, answer.reason)
            case Unclear():
                self._unclear(upload, answer.reason, answer.retry_after_s or 0.0)
            case _:
                assert_never(answer)

    def _poll(self, upload: UploadRow) -> None:
        request = RequestId(upload.request_id or "")
        units = self._devices(upload)
        answer = self._cloud.poll(request, [device for _, device in units])
        match answer:
            case Working():
                self._wait(upload, self._rules.poll_first, self._rules.poll_most)
            case Settled():
                rows = [_settled(unit, result) for (unit, _), result in zip(units, answer.rows, strict=True)]
                self._settle(upload, rows)
                self._size = min(self._rules.rows, self._cloud.max_rows, self._size * 2)
            case NotFound():
                self._unclear(upload, f"the cloud no longer knows request {request}: {answer.reason}")
            case NotSent() | Busy() | Unclear():
                asked = None if isinstance(answer, NotSent) else answer.retry_after_s
                self._wait(upload, self._rules.retry_first, self._rules.retry_most, asked)
            case CredentialRefused():
                self._refuse_key(answer.reason)
            case _:
                assert_never(answer)

    def _reconcile(self, upload: UploadRow) -> None:
        """Find out what an unclear sending did: by the body's hash, else by whom the cloud knows now."""
        now = self._clock.now()
        sent = upload.first_sent or now
        # The same rows may have gone once before, in the same bytes: that request's fate is not this sending's.
        others = [RequestId(request) for request in self._records.requests_of_others(upload.id)]
        answer = self._cloud.find_sent(
            upload.body_sha256, min(sent, now) - _ABOUT_THEN, max(sent, now) + _ABOUT_THEN, others
        )
        match answer:
            case Found():
                self._accepted(upload, answer.request_id, "body")
            case NotFound():
                self._wait_to_ask(upload)
            case NotSent() | Busy() | Unclear():
                asked = None if isinstance(answer, NotSent) else answer.retry_after_s
                self._wait(upload, self._rules.retry_first, self._rules.retry_most, asked)
            case CredentialRefused():
                self._refuse_key(answer.reason)
            case _:
                assert_never(answer)

    def _wait_to_ask(self, upload: UploadRow) -> None:
        # A process that did not send it itself counts from its own first look.
        now = self._clock.monotonic()
        since = now - self._sent.setdefault(upload.id, now)
        if since < self._rules.settle:
            self._due[upload.id] = now + self._rules.settle - since
        else:
            self._ask_for_devices(upload, settled_long_ago=since >= _LONG_AGO * self._rules.settle)

    def _ask_for_devices(self, upload: UploadRow, *, settled_long_ago: bool) -> None:
        known = self._known(upload)
        if known is None:
            return
        undecided = known.answer.unknown or (known.answer.present and known.answer.absent)
        if undecided and not settled_long_ago:
            # Some are there and some are not (the cloud may be working on the body just now), or it did not say.
            self._due[upload.id] = self._clock.monotonic() + self._rules.settle
            return
        unreadable = dict(known.answer.unknown)
        rows = []
        for unit, device in known.units:
            if device in known.answer.absent:
                row = RowSettled(unit, CloudState.WAITING, "the cloud has neither the body nor the device")
            elif device in known.answer.present and unit in upload.absent:
                row = RowSettled(unit, CloudState.ONBOARDED, "absent just before it was sent, there now")
            elif device in known.answer.present:
                row = RowSettled(
                    unit, CloudState.UNKNOWN, "the cloud knows the device, but nothing shows with which certificate"
                )
            else:
                row = RowSettled(unit, CloudState.UNKNOWN, unreadable.get(device, "the cloud did not say"))
            rows.append(row)
        self._settle(upload, rows)

    def _known(self, upload: UploadRow) -> "_Known | None":
        units = self._devices(upload)
        answer = self._cloud.known([device for _, device in units])
        match answer:
            case KnownDevices():
                return _Known(units, answer)
            case NotSent() | Busy() | Unclear():
                asked = None if isinstance(answer, NotSent) else answer.retry_after_s
                self._wait(upload, self._rules.retry_first, self._rules.retry_most, asked)
            case CredentialRefused():
                self._refuse_key(answer.reason)
            case _:
                assert_never(answer)
        return None

    def _accepted(self, upload: UploadRow, request: RequestId, found_by: str) -> None:
        self._journal.commit(UploadAccepted(upload=upload.id, request_id=request, found_by=found_by))
        self._forget(upload)
        self._wait(upload, self._rules.poll_first, self._rules.poll_most)

    def _invalid(self, upload: UploadRow, reason: str) -> None:
        if len(upload.units) == 1:
            self._settle(upload, [RowSettled(upload.units[0], CloudState.REFUSED, reason)])
            return
        # One bad row makes the cloud refuse the whole body, and it doesn't say which: halve until it stands alone.
        self._size = max(1, len(upload.units) // 2)
        again = f"waits again in a smaller body; the cloud refused the whole one: {reason}"
        self._settle(upload, [RowSettled(unit, CloudState.WAITING, again) for unit in upload.units])

    def _put_off(self, upload: UploadRow, reason: str, wait: float | None) -> None:
        seconds = self._wait(upload, self._rules.retry_first, self._rules.retry_most, wait)
        until = self._clock.now() + timedelta(seconds=seconds)
        self._journal.commit(UploadPutOff(upload=upload.id, until=iso(until), reason=reason))
        self._feed.publish(Told("CLD-WAIT", f"The upload waits {seconds:.0f} s: {reason}"))

    def _unclear(self, upload: UploadRow, reason: str, wait: float = 0.0) -> None:
        self._journal.commit(UploadUnclear(upload=upload.id, reason=reason))
        self._forget(upload)
        self._due[upload.id] = self._clock.monotonic() + wait

    def _settle(self, upload: UploadRow, rows: Sequence[RowSettled]) -> None:
        self._journal.commit(UploadSettled(upload=upload.id, rows=tuple(rows)))
        self._forget(upload)
        self._sent.pop(upload.id, None)

    def _refuse_key(self, reason: str) -> None:
        self._refused = reason
        fault = KEY_REFUSED.fault(why=reason.rstrip("."))
        self._feed.publish(Told(fault.code, fault.sentence))

    def _devices(self, upload: UploadRow) -> list[tuple[UnitId, DeviceId]]:
        """Return the upload's units with the IDs under which its body names them, in the body's order."""
        return [(unit, self._row_of(unit).device_id) for unit in upload.units]

    def _due_at(self, upload: UploadRow) -> float:
        if upload.id in self._due:
            return self._due[upload.id]
        if upload.state == "prepared" and upload.not_before is not None:
            left = (upload.not_before - self._clock.now()).total_seconds()
            # Bounded, and read from the wall clock only once: one that jumped does not keep finished units here.
            self._due[upload.id] = self._clock.monotonic() + min(max(0.0, left), self._rules.retry_most)
            return self._due[upload.id]
        return 0.0

    def _wait(self, upload: UploadRow, first: float, most: float, asked: float | None = None) -> float:
        last = self._waits.get(upload.id)
        own = min(most, first if last is None else max(first, last * 2))
        self._waits[upload.id] = own
        # A cloud that asks for no wait at all means "now and then", not "for ever as fast as you can".
        seconds = own if asked is None else max(asked, _LEAST_WAIT)
        self._due[upload.id] = self._clock.monotonic() + seconds
        return seconds

    def _forget(self, upload: UploadRow) -> None:
        self._due.pop(upload.id, None)
        self._waits.pop(upload.id, None)


@dataclass(frozen=True, slots=True)
class _Known:
    units: list[tuple[UnitId, DeviceId]]
    answer: KnownDevices


def _settled(unit: UnitId, result: RowResult) -> RowSettled:
    match result:
        case Onboarded():
            return RowSettled(unit, CloudState.ONBOARDED, "the cloud's answer to the bulk request")
        case Refused():
            return RowSettled(unit, CloudState.REFUSED, result.reason)
        case Unknown():
            return RowSettled(unit, CloudState.UNKNOWN, result.reason)
        case _:
            assert_never(result)
