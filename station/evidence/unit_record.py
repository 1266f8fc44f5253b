"""A unit's whole record, read from the journal alone: what reports, tables and screens show of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography import x509

from station.domain import events as e
from station.domain.ids import AttemptId, BatchId, CertSerial, EventSeq, Sha256, SlotNumber
from station.domain.line import CloudState, Outcome, StepKind
from station.domain.modem import CredentialType
from station.domain.ways import Way
from station.journal.builds import content_of, way_of
from station.journal.codec import Entry
from station.journal.records import Records
from station.journal.rows import AttemptRow, CertificateRow, CheckRow, UnitRow

_OF_A_PAIR: Final = (CredentialType.CLIENT_CERT, CredentialType.CLIENT_KEY)
"""A certificate is of use as long as its device has both."""
_PUTS: Final = (StepKind.GENERATE, StepKind.WRITE)
"""What puts either under the recipe's security tag."""


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """One value that a command step measured, with its inclusive limits (None: no limit on that side)."""

    name: str
    value: float
    unit: str
    low: float | None
    high: float | None
    inside: bool

    def text(self) -> str:
        """Return it on one line, for people."""
        low, high = (number_text(one) for one in (self.low, self.high))
        limits = f" [{low} to {high}]" if low or high else ""
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.name} = {number_text(self.value)}{unit}{limits}{'' if self.inside else ' OUTSIDE'}"


def number_text(value: float | None) -> str:
    """Return a measured number in the fewest digits that are exactly it; "" for none."""
    return "" if value is None else repr(value).removesuffix(".0")


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step of an attempt. ``outcome`` is None where the station stopped in it, with nothing recorded behind it."""

    index: int
    name: str
    kind: StepKind
    began: datetime
    milliseconds: int | None
    tries: int
    outcome: Outcome | None
    fault: e.FaultRecord | None
    results: dict[str, object]
    seq: EventSeq
    """The place of its intent."""

    @property
    def measurements(self) -> tuple[MeasuredValue, ...]:
        """What a command step measured; () for every other."""
        rows = self.results.get("measurements")
        return tuple(_measured(row) for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()


@dataclass(frozen=True, slots=True)
class Happening:
    """Anything else that belongs to the unit: a rework, an upload, a lost key. ``text`` is for people."""

    seq: EventSeq
    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One try. ``by`` is the ID of who was signed in; ``context`` what was the same for all of this run's attempts."""

    id: AttemptId
    number: int | None
    batch: BatchId
    slot: SlotNumber
    recipe: Sha256
    by: str
    session: EventSeq
    serial: str | None
    opened: datetime
    closed: datetime | None
    outcome: Outcome | None
    fault: e.FaultRecord | None
    adopts: AttemptId | None
    identity: e.UnitIdentified | None
    context: dict[str, object]
    steps: tuple[StepRecord, ...]
    lost_keys: tuple[Happening, ...]
    """Keys that its modem was asked for and whose answers never came."""
    newest: EventSeq
    newest_at: datetime
    """The newest entry about it."""
    way: Way = Way.CERTIFICATE
    """How its recipe has a unit get its credentials."""

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it runs."""
        return None if self.closed is None else (self.closed - self.opened).total_seconds()


@dataclass(frozen=True, slots=True)
class HandDeletion:
    """A credential that a person deleted from the unit by hand, or began to; ``seq`` is the place of its intent.

    ``found``: it was there, and is gone; False: it was gone already; None: nobody saw whether it is gone.
    """

    seq: EventSeq
    at: datetime
    by: str
    type: CredentialType
    found: bool | None


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """A certificate that was signed (``der``) or meant to be, in the state it is in now.

    ``gone`` is what a person has deleted by hand since it was written or proven last: itself, its private key, or
    both; () of one that does not stand.
    """

    serial: CertSerial
    state: str
    profile: str
    issuer: Sha256
    spki_sha256: Sha256
    der: bytes | None
    gone: tuple[HandDeletion, ...] = ()

    def parsed(self) -> x509.Certificate | None:
        """Return it for reading; None where it was never signed."""
        return None if self.der is None else x509.load_der_x509_certificate(self.der)


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """Everything about one unit, first to last."""

    unit: UnitRow
    attempts: tuple[AttemptRecord, ...]
    certificates: tuple[CertificateRecord, ...]
    happenings: tuple[Happening, ...]
    check: CheckRow | None = None
    """How its final check at the cloud stands; None where it has none."""

    @property
    def active(self) -> CertificateRecord | None:
        """The certificate that stands."""
        return next((one for one in self.certificates if one.state == "active"), None)

    @property
    def newest(self) -> tuple[EventSeq, datetime]:
        """The newest entry that the record rests on, and its time."""
        places = [(one.newest, one.newest_at) for one in self.attempts] + [(one.seq, one.at) for one in self.happenings]
        return max(places)


def _measured(row: dict[str, Any]) -> MeasuredValue:
    # A number, or its text: what holds only whole numbers has it as text.
    low, high = (None if row.get(name) is None else float(row[name]) for name in ("low", "high"))
    unit = str(row.get("unit", ""))
    return MeasuredValue(str(row["name"]), float(row["value"]), unit, low, high, bool(row["inside"]))


def read_unit(records: Records, unit: UnitRow) -> UnitRecord:
    """Return the unit's record as the journal has it now. Looks only."""
    attempts = tuple(read_attempt(records, row) for row in records.attempts_of_unit(unit.id))
    entries = records.entries_about(unit.id)
    certificates = tuple(
        _certificate(records, row, attempts, entries) for row in records.certificates_of(unit.device_id)
    )
    happenings = [*_happenings(entries, unit), *(lost for attempt in attempts for lost in attempt.lost_keys)]
    check = next(iter(records.final_checks(unit=unit.id)), None)
    return UnitRecord(unit, attempts, certificates, tuple(sorted(happenings, key=lambda one: one.seq)), check)


def read_attempt(records: Records, row: AttemptRow) -> AttemptRecord:
    """Return one attempt's record, of an identified board or not. Looks only."""
    entries = records.entries_of(row.id)
    opened = next((entry for entry in entries if isinstance(entry.event, e.AttemptOpened)), None)
    closed = next((entry.event for entry in entries if isinstance(entry.event, e.AttemptClosed)), None)
    identity = next((entry.event for entry in entries if isinstance(entry.event, e.UnitIdentified)), None)
    named = opened.event.context if opened is not None and isinstance(opened.event, e.AttemptOpened) else None
    return AttemptRecord(
        id=row.id,
        number=row.number,
        batch=row.batch,
        slot=row.slot,
        recipe=row.recipe,
        by=opened.by if opened else "",
        session=opened.session if opened else EventSeq(0),
        serial=row.serial,
        opened=row.opened,
        closed=row.closed,
        outcome=row.outcome,
        fault=closed.fault if closed else None,
        adopts=row.adopts,
        identity=identity,
        context=(records.context(named) or {}) if named is not None else {},
        steps=tuple(_steps(entries)),
        lost_keys=tuple(
            Happening(entry.seq, entry.at, entry.by, _lost(entry.event))
            for entry in entries
            if isinstance(entry.event, e.KeyLost)
        ),
        newest=entries[-1].seq if entries else EventSeq(row.id),
        newest_at=entries[-1].at if entries else row.opened,
        way=way_of(records, row.recipe),
    )


def _steps(entries: list[Entry]) -> list[StepRecord]:
    steps: list[StepRecord] = []
    begun: dict[int, tuple[Entry, e.StepIntended]] = {}
    for entry in entries:
        match entry.event:
            case e.StepIntended() as intent:
                begun[intent.index] = entry, intent
            case e.StepFinished() as result:
                found = begun.pop(result.index, None)
                if found is not None:
                    steps.append(_step(*found, result))
    steps += [_step(entry, intent, None) for entry, intent in begun.values()]
    return sorted(steps, key=lambda step: step.seq)


def _step(entry: Entry, intent: e.StepIntended, result: e.StepFinished | None) -> StepRecord:
    return StepRecord(
        index=intent.index,
        name=intent.name,
        kind=intent.step,
        began=entry.at,
        milliseconds=result.milliseconds if result else None,
        tries=result.tries if result else 1,
        outcome=result.outcome if result else None,
        fault=result.fault if result else None,
        results=result.results if result else {},
        seq=entry.seq,
    )


def _certificate(
    records: Records, row: CertificateRow, attempts: tuple[AttemptRecord, ...], entries: list[Entry]
) -> CertificateRecord:
    der = records.certificate_der(row) if row.issued is not None else None
    stands = row.issued is not None and row.state == "active"
    gone = _gone(records, row.issued, attempts, entries) if row.issued is not None and stands else ()
    return CertificateRecord(row.serial, row.state, row.profile, row.issuer, row.spki_sha256, der, gone)


def _gone(
    records: Records, issued: EventSeq, attempts: tuple[AttemptRecord, ...], entries: list[Entry]
) -> tuple[HandDeletion, ...]:
    """Return what was deleted by hand behind ``issued`` and the last step that wrote or proved, one a credential."""
    passed = [(attempt, step) for attempt in attempts for step in attempt.steps if step.outcome is Outcome.PASSED]
    there = max([issued, *(step.seq for _, step in passed if step.kind in (StepKind.WRITE, StepKind.PROVE))])
    results = {entry.event.intent: entry.event for entry in entries if isinstance(entry.event, e.CredentialDeleted)}
    gone: dict[int, HandDeletion] = {}
    for entry in entries:
        event = entry.event
        if not isinstance(event, e.CredentialDeletionIntended) or entry.seq < there or event.type not in _OF_A_PAIR:
            continue
        # Under which tag they lie says the recipe that last put something there, not one that came to nothing since.
        put = [one.recipe for one, step in passed if step.seq < entry.seq and step.kind in _PUTS]
        if not put or event.sec_tag != _sec_tag(records, put[-1]):
            continue
        result = results.get(entry.seq)
        found = result.found if result is not None and result.fault is None else None
        earlier = gone.get(event.type)
        if earlier is None or earlier.found is None:  # the first that is known to have done it
            gone[event.type] = HandDeletion(entry.seq, entry.at, entry.by, CredentialType(event.type), found)
    return tuple(sorted(gone.values(), key=lambda one: one.seq))


def _sec_tag(records: Records, recipe: Sha256) -> object:
    credentials = content_of(records, recipe).get("credentials")
    return credentials.get("sec_tag") if isinstance(credentials, dict) else None


def _happenings(entries: list[Entry], unit: UnitRow) -> list[Happening]:
    return [
        Happening(entry.seq, entry.at, entry.by, text)
        for entry in entries
        if (text := _told(entry.event, unit)) is not None
    ]


def _told(event: e.Event, unit: UnitRow) -> str | None:
    match event:
        case e.ReworkDeclared():
            second = f" and {event.second}" if event.second else ""
            return f"rework declared by {event.operator}{second}: {event.reason}"
        case e.ReworkWithdrawn():
            second = f" and {event.second}" if event.second else ""
            return f"rework withdrawn by {event.operator}{second}: {event.reason}"
        case e.CredentialDeletionIntended():
            what = f"type {event.type} under security tag {event.sec_tag}"
            return f"{event.operator} is about to delete the credential of {what} in {event.place}: {event.reason}"
        case e.CredentialDeleted():
            if event.fault is not None:
                return f"the credential was not seen to be deleted: {event.fault.code}"
            return "the credential was deleted" if event.found else "there was no such credential"
        case e.UnclaimIntended():
            return f"{event.operator} is about to give its claim at the cloud up: {event.reason}"
        case e.Unclaimed():
            return f"the claim is given up: {event.words}" if event.gone else f"the claim may stand: {event.words}"
        case e.CloudDeletionIntended():
            return f"{event.operator} is about to delete it from the cloud: {event.reason}"
        case e.CloudDeleted():
            return f"deleted from the cloud: {event.words}" if event.gone else f"the cloud may have it: {event.words}"
        case e.FinalChecked():
            where = f" (device in {event.place})" if event.place else ""
            return f"final check{where}: {event.sentence}"
        case e.UploadPrepared():
            return f"put into an upload of {len(event.units)} (body SHA-256 {event.body_sha256})"
        case e.UploadSending():
            return "upload sent"
        case e.UploadAccepted():
            return f"the cloud took the upload: request {event.request_id}"
        case e.UploadUnclear():
            return f"nobody knows whether the cloud has the upload: {event.reason}"
        case e.UploadPutOff():
            return f"the cloud did not take the upload: {event.reason}"
        case e.UploadSettled():
            row = next((row for row in event.rows if row.unit == unit.id), None)
            return (
                None if row is None else f"the cloud's answer: {row.state}" + (f" ({row.reason})" if row.reason else "")
            )
        case e.UploadDecided():
            return f"decided by {event.operator}: {event.state}: {event.reason}"
        case e.CertificateSuperseded():
            return f"certificate {event.serial} superseded: {event.reason}"
        case _:
            return None


def _lost(event: e.KeyLost) -> str:
    what = "a key was found and deleted" if event.found else "no key was found"
    return f"the modem was asked for a key and its answer was lost, {what}: {event.reason}"


def cloud_words(state: CloudState) -> str:
    """Return a cloud state for people."""
    return {CloudState.NONE: "not meant for the cloud, or not passed"}.get(state, state.value)
