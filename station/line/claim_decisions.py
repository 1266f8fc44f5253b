"""What people change at the Provisioning API: a unit's claim given up, a rule made. Asked, intended, done, recorded."""

from collections.abc import Callable
from typing import Final, assert_never

from station.cloud.protocol import Busy, CredentialRefused, Invalid, NotSent, Unclear
from station.cloud.provisioning import Made, NotClaimed, ProvisioningApi, Unclaimed
from station.cloud.provisioning_rows import RuleOrder, is_tag
from station.domain import events as e
from station.domain.ids import DeviceId, EventSeq
from station.host.files import sha256_of
from station.journal.records import Records
from station.line.cloud_refusals import fault_of, require_at_rest, require_own
from station.line.decisions import find_unit
from station.line.faults import TAG_UNFIT, UNIT_WITHOUT_UUID
from station.line.gate import Gate
from station.people.rights import Actor, Right

GONE: Final = "the cloud took it back"
WAS_NOT: Final = "this team had not claimed it, or no more"


def unclaim_unit(
    gate: Gate,
    records: Records,
    api: ProvisioningApi,
    text: str,
    actor: Actor,
    reason: str,
    whose: Callable[[], str] = str,
) -> tuple[DeviceId, bool]:
    """Give up this team's claim on a unit; return the unit, and whether it was claimed.

    A unit that was claimed and no more is held then: a line lead may have it claimed again. ``whose`` tells whom the
    key belongs to ("": nobody knows), after the rights are seen: that another account has no such claim says nothing
    of this one. Raises PPL-111, PPL-112 and PPL-116; LINE-162 and LINE-163; LINE-212 while an upload of it is under
    way, LINE-213 for one without a UUID, LINE-216 for one that was handed to another account; LINE-205 and LINE-152
    where the cloud did not do it: then it may be repeated.
    """
    gate.require(actor, Right.UNCLAIM, reason)
    unit = find_unit(records, text)
    require_at_rest(unit)
    if unit.uuid is None:
        raise UNIT_WITHOUT_UUID.fault(device_id=unit.device_id)
    require_own(records, unit, whose())
    intended = e.UnclaimIntended(
        unit=unit.id, uuid=unit.uuid, place=api.base_url, operator=actor.id, reason=reason.strip()
    )
    (intent,) = gate.journal.commit(intended, by=actor.id)
    answer = api.unclaim(unit.uuid)

    def record(gone: bool, words: str) -> None:
        gate.journal.commit(e.Unclaimed(intent=intent, unit=unit.id, gone=gone, words=words), by=actor.id)

    match answer:
        case Unclaimed():
            record(True, GONE)
            return unit.device_id, True
        case NotClaimed():
            record(True, WAS_NOT)
            return unit.device_id, False
        case NotSent() | Busy() | CredentialRefused() | Unclear():
            record(False, answer.reason)
            raise fault_of(answer)
        case _:
            assert_never(answer)


def make_claim_rule(gate: Gate, api: ProvisioningApi, order: RuleOrder, actor: Actor, reason: str) -> bool:
    """Have an active provisioning rule for a tag; return whether it had to be made.

    Raises PPL-111, PPL-112 and PPL-116; LINE-214 for what is no tag; LINE-205 and LINE-152 where the cloud did not do
    it. Safe to repeat: a rule that is there is left as it is.
    """
    gate.require(actor, Right.MAKE_CLAIM_RULE, reason)
    if not is_tag(order.tag):
        raise TAG_UNFIT.fault(tag=ascii(order.tag[:64]))
    intended = e.ClaimRuleIntended(
        tag=order.tag,
        sec_tag=order.sec_tag,
        roots=sha256_of(order.roots.encode()),
        place=api.base_url,
        operator=actor.id,
        reason=reason.strip(),
    )
    (intent,) = gate.journal.commit(intended, by=actor.id)
    answer = api.make_rule(order)
    match answer:
        case Made(there_before):
            _record_rule(gate, actor, intent, there=True, words="it was there" if there_before else "it is made")
            return not there_before
        case Invalid() | NotSent() | Busy() | CredentialRefused() | Unclear():
            _record_rule(gate, actor, intent, there=False, words=answer.reason)
            raise fault_of(answer)
        case _:
            assert_never(answer)


def _record_rule(gate: Gate, actor: Actor, intent: EventSeq, *, there: bool, words: str) -> None:
    gate.journal.commit(e.ClaimRuleMade(intent=intent, there=there, words=words), by=actor.id)
