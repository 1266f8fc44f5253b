"""After a crash or a stop: what an attempt left behind, and what the next one may take over from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from station.credentials.requests import MADE_HERE
from station.domain.events import (
    AttemptClosed,
    CertificateSuperseded,
    FaultRecord,
    KeyLost,
    StepFinished,
    StepIntended,
    UnitIdentified,
)
from station.domain.ids import AttemptId, DeviceId, Sha256, SlotNumber, UnitId
from station.domain.line import Outcome, RepeatClass, StepKind
from station.journal.codec import Entry
from station.journal.records import Records
from station.line.hand import Writer


@dataclass(frozen=True, slots=True)
class Carried:
    """What the unit's interrupted attempt is good for: the device's answer about its key, None when it never came.

    That is %KEYGEN's text, or the request (base64) of a key that a board's application made. A key that the station
    made is gone with the attempt.
    """

    attempt: AttemptId
    keygen: str | None


def orphan_of(entries: Sequence[Entry]) -> StepIntended | None:
    """Return the intent without a result behind it; None when every intent has one."""
    orphan: StepIntended | None = None
    for entry in entries:
        match entry.event:
            case StepIntended():
                orphan = entry.event
            case StepFinished():
                orphan = None
            case _:
                pass
    return orphan


def close_interrupted(journal: Writer, records: Records, slot: SlotNumber | None = None) -> list[AttemptId]:
    """Close every attempt that a crash (or a full disk) left open, by the repeat class of its orphaned step.

    One-way steps end in quarantine; everything else is ABORTED, and the board's next attempt takes over what it can.
    With ``slot``, only what was open there; its own thread calls it so before it opens another. Returns those it
    closed. Safe to repeat.
    """
    closed = []
    for attempt in records.open_attempts():
        if slot is not None and attempt.slot != slot:
            continue
        orphan = orphan_of(records.entries_of(attempt.id))
        outcome = Outcome.ABORTED if orphan is None else _after_crash(orphan.repeat)
        name = orphan.name if orphan else "no step"
        sentence = (
            f"The station stopped in the middle of {name}; nobody can tell what became of the board. Put it aside."
            if outcome is Outcome.QUARANTINED
            else "The station stopped in the middle of this attempt. Put the board in again; it goes on from there."
        )
        fault = FaultRecord("LINE-191", sentence, f"intent without result: {name}")
        ends = gone_with_its_key(records, attempt.id) if outcome is Outcome.ABORTED else []
        journal.commit(
            *ends,
            AttemptClosed(attempt=attempt.id, outcome=outcome, fault=fault, orphan=orphan.step if orphan else None),
        )
        closed.append(attempt.id)
    return closed


def gone_with_its_key(records: Records, attempt: AttemptId) -> list[CertificateSuperseded]:
    """Return what ends with an attempt that was broken off: the certificate of a key that the station had made.

    That key was kept nowhere, so nobody takes it over, whether the board has it or not. Nothing for any other. Pure.
    """
    device: DeviceId | None = None
    key: Sha256 | None = None
    for entry in records.entries_of(attempt):
        match entry.event:
            case UnitIdentified(device_id=device_id):
                device = device_id
            case StepFinished(step=StepKind.GENERATE, outcome=Outcome.PASSED, results=results):
                key = Sha256(str(results["spki_sha256"])) if results.get("made") == MADE_HERE else None
            case _:
                pass
    row = records.certificate_for(device, key) if device is not None and key is not None else None
    if row is None or row.state == "superseded":
        return []
    reason = f"attempt {attempt} was broken off, and with it went the key that the station had made"
    return [CertificateSuperseded(serial=row.serial, attempt=attempt, reason=reason)]


def _after_crash(repeat: RepeatClass) -> Outcome:
    match repeat:
        case RepeatClass.PURE | RepeatClass.IDEMPOTENT | RepeatClass.PROBE_FIRST | RepeatClass.HUMAN:
            return Outcome.ABORTED
        case RepeatClass.ONE_WAY:
            return Outcome.QUARANTINED
        case _:
            assert_never(repeat)


def carried_over(records: Records, unit: UnitId, recipe: Sha256) -> Carried | None:
    """Return what the unit's last attempt left for the next one; None unless it was aborted under the same recipe.

    A failed attempt leaves nothing: after a failure everything is made anew. An attempt that was itself going on
    from an older one and was interrupted before its own key counts as that older one.
    """
    attempts = records.attempts_of_unit(unit)
    if not attempts or attempts[-1].outcome is not Outcome.ABORTED or attempts[-1].recipe != recipe:
        return None
    older = {attempt.id: attempt for attempt in attempts}
    chain = [attempts[-1]]
    while (adopts := chain[-1].adopts) is not None and adopts in older:
        chain.append(older[adopts])
    keygen: str | None = None
    for attempt in reversed(chain):
        for entry in records.entries_of(attempt.id):
            match entry.event:
                case StepFinished(step=StepKind.GENERATE, outcome=Outcome.PASSED, results=results):
                    keygen = _answer(results)
                case KeyLost():
                    keygen = None
                case _:
                    pass
    return Carried(chain[0].id, keygen)


def _answer(results: dict[str, object]) -> str | None:
    if "csr" in results:
        return str(results["csr"]) if results["made"] == "made on the board" else None
    return str(results["keygen"])


def lost_key_of(records: Records, unit: UnitId) -> AttemptId | None:
    """Return the attempt that asked this unit for a key and never journaled its answer, nor cleared the board since.

    However it ended (a crash, a port that vanished): a key that is found in the board then belongs to nobody. One that
    was told of as lost says nothing here: the same step asks once more behind it.
    """
    lost: AttemptId | None = None
    for attempt in records.attempts_of_unit(unit):
        for entry in records.entries_of(attempt.id):
            match entry.event:
                case StepIntended(step=StepKind.GENERATE):
                    lost = attempt.id
                case StepFinished(step=StepKind.GENERATE | StepKind.CLEAR, outcome=Outcome.PASSED):
                    lost = None
                case _:
                    pass
    return lost
