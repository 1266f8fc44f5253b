"""The outbox: finished units go to the cloud in bodies, each sent at most once without an answer in between.

Every state is in the journal, so :meth:`Outbox.advance` does one thing and may be called by a fresh process after
any crash. An upload's life: prepared → sending → accepted → settled; put off (back to prepared) where the cloud
certainly did nothing; unclear where nobody knows, and then it is looked for, never sent again blindly. Where an API
is not known to have a way to look, a person looks in the portal and decides. An upload is sent to, and asked about at,
the account that it was prepared for and no other.
"""

from collections.abc import Callable, Sequence
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
    NoWay,
    RequestId,
    Settled,
    Unclear,
    Working,
)
from station.domain.events import (
    RowSettled,
    UploadAccepted,
    UploadPutOff,
    UploadSending,
    UploadSettled,
    UploadUnclear,
)
from station.domain.ids import UnitId, UploadId
from station.domain.line import CloudState
from station.domain.ways import CredentialKind
from station.host.clock import Clock
from station.host.files import sha256_of
from station.journal.codec import iso
from station.journal.records import Records
from station.journal.rows import UploadRow
from station.line.bodies import Bodies
from station.line.claims import ClaimWatch
from station.line.feed import Feed, Told
from station.line.final_checks import FinalChecks
from station.line.final_tokens import FinalTokens
from station.line.hand import Writer
from station.line.outbox_rules import OutboxRules
from station.line.outbox_words import tell_elsewhere, tell_late, tell_left_over, tell_wait
from station.line.overdue import OverdueWatch
from station.line.own_credential import OwnCredentials
from station.line.prepared import PreparedUploads
from station.line.rows_ahead import Rows
from station.line.team import KeyWatch, TeamGate
from station.line.verdicts import UNLISTED, by_devices, by_refusal, by_result, by_tokens, repeats
from station.line.waits import Waits, first_due

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
        rows: Rows,
        feed: Feed,
        gate: TeamGate | None = None,
        *,
        confirmed: bool = False,
        renew: Callable[[], Cloud] | None = None,
        tokens: FinalTokens | None = None,
    ) -> None:
        """With ``gate``, nothing is sent or asked before it has confirmed the key's team, unless that was just done.

        ``renew`` reads the key from its source again and returns the cloud with it: for a key that was refused.
        """
        self._journal, self._records = journal, records
        self._clock, self._rules, self._feed = clock, rules, feed
        self._waits = Waits(clock, rules.retry_most)
        # When a body was last sent, as far as this process can tell: monotonic, for the wall clock may have jumped.
        self._sent: dict[UploadId, float] = {}
        self._prepared = PreparedUploads(records)
        self._key = KeyWatch(
            cloud, clock, feed, gate=gate, confirmed=confirmed, renew=renew, wait=rules.retry_first * 6
        )
        self._late = OverdueWatch(records, clock, feed, rules.overdue, self._key.time)
        self._bodies = Bodies(journal, records, self._key, clock, rules, rows, feed)
        self.claims = ClaimWatch(journal, records, self._key, clock, rules.look_every)
        tokens = tokens or FinalTokens(clock)
        self._own = OwnCredentials(records, self._key, tokens, clock)
        self.checks = FinalChecks(journal, records, self._key, clock, tokens, feed)
        self._stuck, self._ending = "", False

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
        if (wait := self._advance(flush=flush)) != 0.0:
            self._stuck = self._why_stuck()
        return wait

    def _advance(self, *, flush: bool) -> float | None:
        uploads = self._records.open_uploads()
        if uploads or self._records.holds(CloudState.WAITING):
            wait = self._key.check()
            if wait is not None:
                return wait
        ours, theirs = self._prepared.split(uploads, self._key.account)
        now = self._clock.monotonic()
        eldest = self._waits.eldest(ours)
        due = [self._waits.due_at(upload, eldest=upload is eldest) for upload in ours]
        first = first_due(ours, due, now, patient=not self._bodies.stumbled)  # the cloud works on what is sent
        if first is None and self._bodies.prepare(flush=flush):
            return 0.0
        if (upload := first or first_due(ours, due, now)) is not None:
            self._move(upload)
            return 0.0
        if self.claims.look() or self.checks.look():
            return 0.0
        waits = [at - now for at in due]
        for upload in theirs:
            self._tell_elsewhere(upload)
            waits.append(self._rules.retry_most)
        waits += [due for due in (self._bodies.wait(), self.checks.wait()) if due is not None]
        return max(0.0, min(waits)) if waits else None

    def _tell_elsewhere(self, upload: UploadRow) -> None:
        told = tell_elsewhere(upload, self._prepared.account(upload), self._key.account)
        if self._waits.is_news(upload.id, told.sentence):
            self._feed.publish(told)

    def _why_stuck(self) -> str:
        ours, theirs = self._prepared.split(self._records.open_uploads(), self._key.account)
        rest = ""
        if not self._records.holds(CloudState.WAITING) and (not ours or self._late.all_are(ours)):
            if theirs:
                whose = self._prepared.account(theirs[0])
                rest = f"they were prepared for {whose}, and the station file names another account now"
            elif ours:
                rest = "the cloud has come to no end with them for too long: look there, then station decide"
        return self._key.refused or self._key.offline or rest

    def _move(self, upload: UploadRow) -> None:
        match upload.state:
            case "prepared":
                self._send(upload)
            case "sending":
                # Only a process that died in between leaves this state behind.
                self._doubt(upload, "the station stopped while it was sending")
            case "accepted":
                self._poll(upload)
            case "unclear" if self._repeatable(upload):
                self._send(upload)
            case "unclear" if not self._key.cloud.can_look:
                self._leave_to_people(upload, upload.reason)
            case "unclear" if not upload.tries:  # never sent from here: what a restore asks about
                self._wait_to_ask(upload)
            case "unclear":
                self._reconcile(upload)
            case _:
                raise AssertionError(f"an open upload in state {upload.state}")

    def _send(self, upload: UploadRow) -> None:
        left = self._records.undecided(upload)
        if len(left) < len(upload.units):
            # A person decided about the others while this waited for its account's key: what they said holds.
            again = "waits again in a body without those that a person decided about"
            self._settle(upload, [RowSettled(unit, CloudState.WAITING, again) for unit in left])
            return
        kind, absent = self._prepared.kind(upload), tuple[UnitId, ...]()
        devices = self._records.devices_of(upload.units)
        # Bodies of a single token are in no list: only the device itself can tell later that it came.
        if self._key.cloud.can_look and kind is CredentialKind.ONBOARDING_TOKEN:
            known = self._known(upload, upload.units)
            if known is None:
                return
            absent = tuple(unit for unit, device in devices if device in known.absent)
        body = self._records.body(upload.body_sha256)
        if sha256_of(body) != upload.body_sha256:
            raise AssertionError("a stored body is not what its name says")
        told = iso(time) if (time := self._key.time() or self._key.ask_time()) else ""
        if self._ending:
            return
        self._journal.commit(UploadSending(upload=upload.id, absent=absent, cloud_time=told))
        answer = self._key.cloud.send(body, kind, [device for _, device in devices])
        self._key.hear(answer)
        self._sent[upload.id] = self._clock.monotonic()
        match answer:
            case Accepted():
                self._accepted(upload, answer.request_id, "answer")
            case Settled():
                self._key.taken()
                self._settle(
                    upload, [by_result(unit, row) for (unit, _), row in zip(devices, answer.rows, strict=True)]
                )
            case NotSent() | Busy():
                self._put_off(upload, answer)
            case CredentialRefused():
                # Nothing goes before a person has acted; then it may go at once.
                self._journal.commit(UploadPutOff(upload=upload.id, until=iso(self._clock.now()), reason=answer.reason))
                self._key.refuse(answer.reason)
            case Invalid():
                self._invalid(upload, answer.reason)
            case Unclear():
                self._doubt(upload, answer.reason, answer.retry_after_s)
            case _:
                assert_never(answer)

    def _poll(self, upload: UploadRow) -> None:
        request = RequestId(upload.request_id or "")
        units = self._records.devices_of(upload.units)
        answer = self._key.cloud.poll(request, [device for _, device in units], self._prepared.kind(upload))
        self._key.hear(answer)
        match answer:
            case Working():
                rules = self._rules
                if self._late.tell(upload):
                    self._waits.back_off(upload.id, rules.retry_first, rules.retry_most)
                else:
                    self._waits.pace(upload.id, rules.poll_first, rules.poll_most, self._since_sent(upload))
            case Settled():
                self._key.taken()
                self._settle(upload, [by_result(unit, row) for (unit, _), row in zip(units, answer.rows, strict=True)])
                self._bodies.grow()
            case NotFound():
                self._doubt(upload, f"the cloud no longer knows request {request}: {answer.reason}")
            case NotSent() | Busy() | Unclear():
                self._ask_later(upload, answer)
            case CredentialRefused():
                self._key.refuse(answer.reason)
            case _:
                assert_never(answer)

    def _reconcile(self, upload: UploadRow) -> None:
        """Find out what an unclear sending did: by the body's hash, else by whom the cloud knows now."""
        self._late.tell(upload)
        if self._prepared.kind(upload) in UNLISTED:
            self._wait_to_ask(upload)
            return
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
            case NoWay():
                self._leave_to_people(upload, answer.reason)
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
        """Settle the units whose own tokens the cloud takes, and no other; return whether some are left to wait for."""
        if self._since_sent(upload) < self._rules.settle:
            return True
        left = self._records.devices_of(self._records.undecided(upload))
        own = self._own.ask(left, lambda why: self._ask_later(upload, why))
        if own is not None and own.yes:
            self._settle(upload, by_tokens(own))
        return own is not None and bool(self._records.undecided(upload))

    def _wait_to_ask(self, upload: UploadRow) -> None:
        since = self._since_sent(upload)
        if since < self._rules.settle:
            self._waits.set(upload.id, self._rules.settle - since)
            return
        left = self._records.devices_of(self._records.undecided(upload))
        known = self._known(upload, [unit for unit, _ in left])
        if known is None:
            return
        there = [(unit, device) for unit, device in left if device in known.present]
        own = self._own.ask(there, lambda why: self._ask_later(upload, why))
        if own is None:
            return
        unsure = known.unknown or own.no or (known.present and known.absent)
        if unsure and since < _LONG_AGO * self._rules.settle:
            # The cloud may be working on the body just now: some are there, or not yet with all it takes for a token.
            self._waits.set(upload.id, self._rules.settle)
            return
        self._settle(upload, by_devices(left, known, upload.absent, own, self._prepared.kind(upload)))

    def _known(self, upload: UploadRow, of: Sequence[UnitId]) -> KnownDevices | None:
        devices = [device for _, device in self._records.devices_of(of)]
        return self._key.known(devices, lambda why: self._ask_later(upload, why), self._prepared.kind(upload))

    def _accepted(self, upload: UploadRow, request: RequestId, found_by: str) -> None:
        self._journal.commit(UploadAccepted(upload=upload.id, request_id=request, found_by=found_by))
        self._key.taken()
        self._waits.forget(upload.id)
        self._waits.back_off(upload.id, self._rules.poll_first, self._rules.poll_most)

    def _invalid(self, upload: UploadRow, reason: str) -> None:
        if len(upload.units) == 1:
            before = self._records.entries_about(upload.units[0]) if self._repeatable(upload) else ()
            self._settle(upload, [by_refusal(upload.units[0], reason, before)])
            return
        # One bad row makes the cloud refuse the whole body, and it doesn't say which: halve until it stands alone.
        self._bodies.halve(len(upload.units))
        again = f"waits again in a smaller body; the cloud refused the whole one: {reason}"
        self._settle(upload, [RowSettled(unit, CloudState.WAITING, again) for unit in upload.units])

    def _put_off(self, upload: UploadRow, answer: NotSent | Busy) -> None:
        seconds = self._back_off(upload, answer)
        # What only did not get there may go at once when another process comes: the network may be back by then.
        until = self._clock.now() + timedelta(seconds=0.0 if isinstance(answer, NotSent) else seconds)
        self._journal.commit(UploadPutOff(upload=upload.id, until=iso(until), reason=answer.reason))
        self._feed.publish(Told("CLD-WAIT", f"The upload waits {seconds:.0f} s: {answer.reason}"))

    def _doubt(self, upload: UploadRow, reason: str, asked: float | None = None) -> None:
        """Take it that nobody knows whether the cloud has the body."""
        self._journal.commit(UploadUnclear(upload=upload.id, reason=reason))
        if self._repeatable(upload):
            self._ask_later(upload, Busy(reason, asked))
            return
        self._waits.forget(upload.id)
        self._waits.set(upload.id, asked or 0.0)

    def _repeatable(self, upload: UploadRow) -> bool:
        return self._key.cloud.repeatable(self._prepared.kind(upload))  # the same once more changes nothing

    def _leave_to_people(self, upload: UploadRow, reason: str) -> None:
        """Settle what no one here can find out: a person looks in the portal. Nothing of it is sent before."""
        why = f"{reason.rstrip('.')}; look in the portal, then: station decide ID seen, or again"
        self._settle(upload, [RowSettled(unit, CloudState.UNKNOWN, why) for unit in self._records.undecided(upload)])

    def _settle(self, upload: UploadRow, rows: Sequence[RowSettled]) -> None:
        left = set(self._records.undecided(upload))
        about = self._records.entries_about
        rows = [row for row in rows if row.unit in left or not repeats(about(row.unit), upload.id, row)]
        self._journal.commit(UploadSettled(upload=upload.id, rows=tuple(rows)))
        for row in rows:
            if row.unit not in left and (unit := self._records.unit(row.unit)):
                self._feed.publish(tell_late(unit, row))
        if not self._records.undecided(upload):
            self._waits.forget(upload.id)
            self._sent.pop(upload.id, None)
            self._prepared.forget(upload)
            self._late.forget(upload)

    def _ask_later(self, upload: UploadRow, answer: NotSent | Busy | Unclear) -> None:
        seconds = self._back_off(upload, answer)
        if self._waits.is_news(upload.id, answer.reason):
            self._feed.publish(tell_wait(upload, seconds, answer.reason))

    def _back_off(self, upload: UploadRow, answer: NotSent | Busy | Unclear) -> float:
        asked = None if isinstance(answer, NotSent) else answer.retry_after_s
        return self._waits.back_off(
            upload.id, self._rules.retry_first, self._rules.retry_most, asked, unreached=isinstance(answer, NotSent)
        )
