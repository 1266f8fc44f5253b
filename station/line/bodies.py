"""What goes together into one body, and what does not go at all: the choice among the units that wait.

What the account's API takes no body for, or would take with an effect that nobody knows, is held with a sentence
instead of being sent: its upload is prepared and settled in one breath, and no byte of it leaves.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from station.cloud.protocol import Busy, NotSent, OnboardingToken, OnboardRow, Unclear
from station.domain.events import (
    AttemptClosed,
    CloudDeleted,
    RowSettled,
    Unclaimed,
    UploadDecided,
    UploadPrepared,
    UploadPutOff,
    UploadSending,
    UploadSettled,
)
from station.domain.ids import UnitId, UploadId
from station.domain.line import CloudState
from station.domain.ways import CredentialKind
from station.host.clock import Clock
from station.host.files import sha256_of
from station.journal.journal import Build
from station.journal.records import Records
from station.journal.rows import OutboxRow
from station.line.feed import Feed, Told
from station.line.hand import Writer
from station.line.outbox_rules import OutboxRules
from station.line.rows_ahead import Rows
from station.line.sent_before import sent_before
from station.line.team import KeyWatch

_IN_WORDS: Final = {
    CredentialKind.CERTIFICATE: "certificates",
    CredentialKind.PUBLIC_KEY: "public keys",
    CredentialKind.ATTESTATION_TOKEN: "attestation tokens",
    CredentialKind.ONBOARDING_TOKEN: "onboarding tokens",
}
_DEVICES: Final = (CredentialKind.CERTIFICATE, CredentialKind.ONBOARDING_TOKEN)
"""By which the cloud gets a device, and nothing that a deletion of it leaves there, as it leaves a claim."""
_EARLIER: Final = "the team has claimed the device by an earlier sending of its token; its cloud key was not seen yet"
_TAKEN_BEFORE: Final = "the cloud took this very onboarding token before the unit was built again, and has the device"
_UNCLEAR_BEFORE: Final = (
    "this very onboarding token went before the unit was built again, and nobody could tell what came of it; look in "
    "the portal, then: station decide ID seen, or again"
)
_TAKEN: Final = (CloudState.ONBOARDED, CloudState.CLAIMED)


class Bodies:
    """Makes uploads of the units that wait. One thread uses it, with the reader it was given."""

    def __init__(
        self,
        journal: Writer,
        records: Records,
        key: KeyWatch,
        clock: Clock,
        rules: OutboxRules,
        rows: Rows,
        feed: Feed,
    ) -> None:
        self._journal, self._records, self._key, self._clock = journal, records, key, clock
        self._rules, self._rows, self._feed = rules, rows, feed
        self._most = min(rules.rows, key.cloud.max_rows(CredentialKind.CERTIFICATE))
        self._size = self._most
        self._due = clock.monotonic()
        self.stumbled = False
        """Whether the last try to make a body broke off: no answer of the cloud's should wait for the next one."""

    def halve(self, units: int) -> None:
        """Make smaller bodies from now on than one of so many, of which one was bad."""
        self._size = max(1, units // 2)

    def grow(self) -> None:
        """Make bodies twice as large again: one was good."""
        self._size = min(self._most, self._size * 2)

    def wait(self) -> float | None:
        """Return the seconds until a body is due; None where no unit waits."""
        oldest = self._records.oldest(CloudState.WAITING)
        if oldest is None:
            return None
        age = (self._clock.now() - oldest).total_seconds()
        return max(0.05, self._rules.longest_wait - age, self._due - self._clock.monotonic())

    def prepare(self, *, flush: bool) -> bool:
        """Store the next body, or hold what can't go, if one is due. Return whether anything was done."""
        self.stumbled = True
        done = self._prepare(flush=flush)
        self.stumbled = False
        return done

    def _prepare(self, *, flush: bool) -> bool:
        waiting = self._records.outbox(CloudState.WAITING, limit=self._size * 2)
        rows, others = waiting[: self._size], waiting[self._size :]
        if not rows or self._clock.monotonic() < self._due:
            return False
        age = (self._clock.now() - rows[0].since).total_seconds()
        # A clock that was set back makes an age negative: then the unit does not wait for the clock to catch up.
        if not (flush or len(rows) >= self._size or age >= self._rules.longest_wait or age < 0):
            return False
        made = dict(zip((row.unit for row in rows), self._rows.rows_of(rows), strict=True))
        if len(others) == self._size:
            self._rows.begin(others)
        reworked = self._there_before([row.unit for row in rows])
        if self._hold_unfit(rows, made, reworked) or (ended := self._end_sent_before(made)):
            return True
        if ended is None:
            return self._look_later()
        certified = [row for row in rows if made[row.unit].kind is CredentialKind.CERTIFICATE]
        there = self._there_already([row for row in certified if row.unit in reworked])
        if there is None:
            return self._look_later()
        # One body holds one kind, and replaces certificates or onboards devices; the others go with the next one.
        first = rows[0].unit
        kind, replaces = made[first].kind, first in there
        alike = [unit for unit in made if made[unit].kind is kind and (unit in there) is replaces]
        units = tuple(alike[: self._key.cloud.max_rows(kind)])
        tried = self._key.tried([made[unit] for unit in units], self._tell_wait)
        if tried is None:
            return self._look_later()
        if refused := {unit: why for unit, why in zip(units, tried.reasons, strict=True) if why}:
            return self._end_refused(refused, made)
        chosen = (made[unit] for unit in units)
        body = self._key.cloud.render([replace(row, replaces=True) if replaces else row for row in chosen])
        prepared = self._prepared(units, kind, body)
        self._journal.commit(prepared, bodies={prepared.body_sha256: body})
        return True

    def _look_later(self) -> bool:
        """Leave everything as it is until the cloud may be asked again; return False: nothing was done."""
        self._due = self._clock.monotonic() + self._rules.retry_first * 6
        return False

    def _end_sent_before(self, made: dict[UnitId, OnboardRow]) -> bool | None:
        """Settle units whose very tokens went before; return whether there were any, None to ask the cloud later.

        Sent again they would be refused as there already, or be there twice over as far as this station knows.
        """
        before = sent_before(self._records, made)
        taken = [unit for unit, state in before.items() if state is CloudState.ONBOARDED]
        devices = [made[unit].device_id for unit in taken]
        known = self._key.known(devices, self._tell_wait, CredentialKind.ONBOARDING_TOKEN) if taken else None
        if taken and known is None:
            return None
        there = {unit: _TAKEN_BEFORE for unit in taken if known and made[unit].device_id in known.present}
        unclear = {unit: _UNCLEAR_BEFORE for unit, state in before.items() if state is CloudState.UNKNOWN}
        self._end_unsent(there, made, CloudState.ONBOARDED)
        self._end_unsent(unclear, made, CloudState.UNKNOWN)
        return bool(there or unclear)

    def _end_refused(self, why: dict[UnitId, str], made: dict[UnitId, OnboardRow]) -> bool:
        """Settle units that the dry run refuses; return False where the cloud must be asked again later.

        A sending that was lost may have done its work late: what it claimed is claimed now, and so refused.
        """
        lost = [unit for unit in why if self._may_be_claimed(unit)]
        known = None
        if lost:
            devices = [made[unit].device_id for unit in lost]
            known = self._key.known(devices, self._tell_wait, CredentialKind.ATTESTATION_TOKEN)
            if known is None:
                return self._look_later()
        taken = {unit: _EARLIER for unit in lost if known is not None and made[unit].device_id in known.present}
        self._end_unsent(taken, made, CloudState.CLAIMED)
        self._end_unsent({unit: one for unit, one in why.items() if unit not in taken}, made, CloudState.REFUSED)
        return True

    def _may_be_claimed(self, unit: UnitId) -> bool:
        """Return whether the unit's token went to the cloud at least once with no other end than that it waits."""
        gone = set[UploadId]()
        for entry in self._records.entries_about(unit):
            match entry.event:
                case AttemptClosed() | Unclaimed(gone=True):
                    gone.clear()
                case UploadSending(upload=upload):
                    gone.add(upload)
                case UploadPutOff(upload=upload):
                    gone.discard(upload)
                case _:
                    pass
        return bool(gone)

    def _prepared(self, units: tuple[UnitId, ...], kind: CredentialKind, body: bytes) -> UploadPrepared:
        return UploadPrepared(
            units=units,
            body_sha256=sha256_of(body),
            body_bytes=len(body),
            credential=kind,
            account=self._key.account,
        )

    def _hold_unfit(
        self, rows: Sequence[OutboxRow], made: dict[UnitId, OnboardRow], reworked: Collection[UnitId]
    ) -> bool:
        """Hold the units that can't go, those of one reason together; return whether there were any."""
        unfit = {row.unit: why for row in rows if (why := self._why_unfit(row.unit, made[row.unit], reworked))}
        self._end_unsent(unfit, made, CloudState.HELD)
        return bool(unfit)

    def _end_unsent(self, why: dict[UnitId, str], made: dict[UnitId, OnboardRow], state: CloudState) -> None:
        """Settle units of which nothing is sent, those of one kind and reason together."""
        for kind, reason in sorted({(made[unit].kind, one) for unit, one in why.items()}):
            units = tuple(unit for unit, one in why.items() if (made[unit].kind, one) == (kind, reason))
            body = f"{state.capitalize()}, and not sent: {reason}.\n".encode()
            ended = tuple(RowSettled(unit, state, reason) for unit in units)
            prepared = self._prepared(units, kind, body)
            self._journal.commit(prepared, _settled_at_once(ended), bodies={prepared.body_sha256: body})
            if state is CloudState.HELD:
                self._feed.publish(Told("CLD-HELD", f"{len(units)} unit(s) are held: {reason}. Then: station decide"))
            elif state is CloudState.REFUSED:
                text = (
                    f"{len(units)} unit(s) can't be claimed: {reason}. Nothing of them was sent. Then: station decide"
                )
                self._feed.publish(Told("CLD-REFUSED", text))

    def _why_unfit(self, unit: UnitId, made: OnboardRow, reworked: Collection[UnitId]) -> str:
        cloud = self._key.cloud
        if made.kind not in cloud.takes:
            return f"the {cloud.api} API takes no {_IN_WORDS[made.kind]}; the station file must name one that does"
        if isinstance(made.credential, OnboardingToken) and (ends := made.credential.expires) <= self._now():
            return f"its onboarding token ran out on {ends:%Y-%m-%d %H:%M} UTC; build it again (station rework)"
        if unit not in reworked or self._sent_by_person(unit):
            return ""
        if not cloud.can_look:
            return (
                "the cloud has the device from before its rework, and on this API no way is known to replace what it "
                "has; delete the device in the portal"
            )
        if (before := self._other_kind_before(unit, made.kind)) is not None:
            was, now = before.replace("-", " "), made.kind.replace("-", " ")
            return (
                f"the cloud took its {was} before its rework, and its {now} does not replace that: both would count; "
                "delete the device there, or give up its claim"
            )
        return ""

    def _other_kind_before(self, unit: UnitId, kind: CredentialKind) -> CredentialKind | None:
        """Return another kind of credential that the cloud took of the unit, unless it was deleted there since."""
        deleted = False
        for entry in reversed(self._records.entries_about(unit)):
            match entry.event:
                case CloudDeleted(gone=True):
                    deleted = True
                case UploadPrepared(credential=before) if before != kind and not (deleted and before in _DEVICES):
                    if self._was_taken(unit, UploadId(entry.seq)):
                        return CredentialKind(before)
                case _:
                    pass
        return None

    def _was_taken(self, unit: UnitId, upload: UploadId) -> bool:
        """Return whether the cloud took the unit in this upload, or a person saw it there afterwards."""
        last = UploadId(0)
        for entry in self._records.entries_about(unit):
            match entry.event:
                case UploadPrepared():
                    last = UploadId(entry.seq)
                case UploadSettled(upload=named, rows=rows) if named == upload:
                    if any(one.unit == unit and one.state in _TAKEN for one in rows):
                        return True
                case UploadDecided(state=CloudState.ONBOARDED) if last == upload:
                    return True
                case _:
                    pass
        return False

    def _now(self) -> datetime:
        return self._key.time() or self._clock.now()

    def _there_before(self, units: Sequence[UnitId]) -> frozenset[UnitId]:
        """Return the units that the cloud had before they were built once more."""
        return frozenset(unit for unit in self._records.built_again(units) if self._records.was_onboarded(unit))

    def _sent_by_person(self, unit: UnitId) -> bool:
        """Return whether the last word about the unit since it was built is a person's: send it."""
        for entry in reversed(self._records.entries_about(unit)):
            match entry.event:
                case UploadDecided(state=state):
                    return state is CloudState.WAITING
                case UploadSettled() | AttemptClosed():
                    return False
                case _:
                    pass
        return False

    def _there_already(self, rows: Sequence[OutboxRow]) -> frozenset[UnitId] | None:
        """Return the units whose devices the cloud has from before a rework; None when it can't be asked now.

        Only for those that were ever onboarded: whatever else has another one's ID is not theirs to replace.
        """
        earlier = rows if self._key.cloud.can_look else []
        if not earlier:
            return frozenset()
        known = self._key.known([row.device_id for row in earlier], self._tell_wait)
        return None if known is None else frozenset(row.unit for row in earlier if row.device_id in known.present)

    def _tell_wait(self, answer: NotSent | Busy | Unclear) -> None:
        self._feed.publish(Told("CLD-WAIT", f"Uploads wait: {answer.reason}"))


def _settled_at_once(rows: tuple[RowSettled, ...]) -> Build:
    """Return what settles the upload that the entry before it prepares."""
    return lambda places: UploadSettled(upload=UploadId(places[-1]), rows=rows)
