"""What a factory's people do about units and the cloud: look into the portal, decide, give claims up; and the field.

Whoever decides here looks at the simulated cloud's truth first, as a person looks at the portal.
"""

from collections import Counter
from typing import TYPE_CHECKING, Final

from station.cloud.provisioning_rows import RuleOrder
from station.credentials.pem import CertificatePem
from station.devices.modem import Modem
from station.domain.check_events import Asks, CheckState
from station.domain.faults import Fault
from station.domain.ids import DeviceUuid
from station.domain.line import CloudState, Outcome
from station.domain.ways import CredentialKind
from station.journal.rows import OutboxRow, UnitRow
from station.line.claim_decisions import make_claim_rule, unclaim_unit
from station.line.decisions import decide_uploads
from station.line.final_by_hand import check_by_hand, unit_to_check
from tests.faults.claims import Kind, handed_sha256, way_of_unit
from tests.faults.factory.cloud import MemoryTeamCloud
from tests.faults.factory.products import CLAIM_TAG
from tests.faults.factory.truth_of_ways import last_batch
from tests.line.truth import TAG

if TYPE_CHECKING:
    from tests.faults.factory.factory import Factory

BETWEEN: Final = {"decided": 0.04, "a device is switched on in the field": 0.05, "a claim is given up": 0.01}
"""How likely each is between two attempts of a day of every way."""
_ALL: Final = 1_000_000
_WHY: Final = "looked up in the portal"


class People:
    """Those who decide, in a factory's name."""

    def __init__(self, factory: "Factory") -> None:
        self._factory = factory
        self.every_way = bool(factory.plant.plan.others)
        self.done: Counter[str] = Counter()
        self._not_given_up: set[DeviceUuid] = set()
        """Of these, the cloud did not say that it took the claim back: whoever wanted that asks again."""

    def begin(self) -> None:
        """Have the cloud know what to do with the day's claims."""
        client = self._factory.shift.client
        if self.every_way and isinstance(client, MemoryTeamCloud):
            order = RuleOrder(CLAIM_TAG, TAG, CertificatePem("no certificate, for no device"))
            make_claim_rule(self._factory.shift.gate, client.claims, order, self._factory.shift.actor(), "a product")

    def between(self) -> None:
        """Do something between two attempts, perhaps."""
        if not self.every_way:
            return
        chance = self._factory.chance.ways.random()
        for what, share in BETWEEN.items():
            chance -= share
            if chance < 0.0:
                self._do(what)
                return

    def _do(self, what: str) -> None:
        factory = self._factory
        claimed = factory.cloud.provisioning.all_claimed()
        match what:
            case "decided" if not factory.mishaps.disk_is_full:
                self.decide()
            case "a device is switched on in the field" if claimed:
                self.switch_on(factory.chance.ways.choice(claimed).uuid)
            case "a claim is given up" if claimed and not factory.mishaps.disk_is_full:
                self._give_up(factory.chance.ways.choice(claimed).uuid)
            case _:
                pass

    def switch_on(self, uuid: DeviceUuid) -> None:
        """Have a claimed device come online for the first time, and make its cloud key."""
        self.done["a device is switched on in the field"] += 1
        self._factory.cloud.provisioning.connect(uuid)

    def decide(self, *, at_end: bool = False) -> bool:
        """End what nobody could tell, or what waits for a person; return whether there was anything.

        ``at_end``: of the day, when no slot is at work.
        """
        factory, records = self._factory, self._factory.shift.records
        for uuid in sorted(self._not_given_up):
            self._give_up(uuid)
        if self.every_way:
            factory.cloud.settle()
        if self.every_way and any(one.completed_at is None for one in factory.cloud.world.operations()):
            return False  # the portal shows a body that is at work still: whoever looks comes again
        states = (CloudState.UNKNOWN, CloudState.HELD, CloudState.REFUSED)
        rows = records.outbox(*(states if self.every_way else states[:1]))
        for row in rows:
            unit = records.unit(row.unit)
            assert unit is not None
            piece = factory.piece_of(unit)
            if row.state is CloudState.UNKNOWN and factory.is_free(piece):
                factory.show(piece)  # the board's own token may tell
                unit = records.unit(row.unit)
            if unit is None or unit.cloud is not row.state:
                continue
            if row.state is CloudState.UNKNOWN or (unit.outcome is Outcome.PASSED and not unit.rework):
                self._decide(unit, row, at_end=at_end)
        return bool(rows or self._not_given_up)

    def _decide(self, unit: UnitRow, row: OutboxRow, *, at_end: bool) -> None:
        factory, cloud = self._factory, self._factory.cloud
        kind = way_of_unit(factory.shift.records, unit).hands_over
        wanted, there = handed_sha256(factory.shift.records, unit), self._there(unit, kind)
        if there is not None and there == wanted and row.state is CloudState.REFUSED:
            factory.find(Kind.WRONG, f"{unit.device_id} is refused, says the journal ({row.reason}); the cloud has it")
        if there != wanted and _is_too_old(row):
            self._build_again(unit, at_end=at_end)
            return
        claims = kind is CredentialKind.ATTESTATION_TOKEN and not cloud.organisation
        if there is not None and there == wanted and not claims:
            self._say(unit, CloudState.ONBOARDED)
            return
        if there is not None and claims:
            # That it is claimed is no sign of its key: it is claimed anew, and so known to be.
            self._give_up(DeviceUuid(unit.device_id))
        elif there is not None and cloud.organisation:
            cloud.world.delete(cloud.account, unit.device_id)
        self._say(unit, CloudState.WAITING)

    def _say(self, unit: UnitRow, seen: CloudState) -> None:
        shift = self._factory.shift
        self.done[f"{seen} decided"] += 1
        try:
            decide_uploads(shift.gate, shift.records, [unit.device_id], seen, shift.actor(), _WHY)
        except Fault as fault:
            self._factory.figures.codes[f"outside {fault.code}"] += 1

    def _there(self, unit: UnitRow, kind: CredentialKind) -> str | None:
        """Return the SHA-256 of what the account has of the unit, None where it has nothing."""
        cloud = self._factory.cloud
        if kind is CredentialKind.PUBLIC_KEY:
            key = cloud.world.public_keys().get(unit.device_id)
            return None if key is None else key.fingerprint
        if kind is CredentialKind.ATTESTATION_TOKEN and not cloud.organisation:
            claimed = cloud.provisioning.device(cloud.account, unit.device_id)
            return None if claimed is None else claimed.token_sha256
        device = cloud.world.device(unit.device_id)
        return None if device is None or device.team_id != cloud.account.team_id else device.fingerprint

    def _give_up(self, uuid: DeviceUuid) -> None:
        shift = self._factory.shift
        assert isinstance(shift.client, MemoryTeamCloud)
        self._not_given_up.add(uuid)
        try:
            unclaim_unit(shift.gate, shift.records, shift.client.claims, uuid, shift.actor(), "sold to another team")
            self.done["a claim is given up"] += 1
            self._not_given_up.remove(uuid)
        except Fault as fault:
            self._factory.figures.codes[f"outside {fault.code}"] += 1

    def _build_again(self, unit: UnitRow, *, at_end: bool) -> None:
        factory, piece = self._factory, self._factory.piece_of(unit)
        self.done["built again for another token"] += 1
        factory.rework(piece)
        if at_end:
            factory.again(piece)

    def close(self) -> None:
        """See the field and the final checks to their ends, once everything else is done."""
        factory, records = self._factory, self._factory.shift.records
        if not self.every_way:
            return
        for number, one in enumerate(factory.cloud.provisioning.all_claimed()):
            if number % 2:
                self.switch_on(one.uuid)
        factory.shift.outbox.claims.look_at_all()
        factory.drain()
        for row in records.final_checks(CheckState.REFUSED, CheckState.UNSURE, limit=_ALL):
            unit = records.unit(row.unit)
            if (
                row.asks is Asks.TOKEN
                and unit is not None
                and unit.outcome is Outcome.PASSED
                and unit.cloud is CloudState.ONBOARDED
            ):
                self._check(unit)

    def _check(self, unit: UnitRow) -> None:
        """Have a person hold the device and check it by hand."""
        factory, shift = self._factory, self._factory.shift
        piece, place = factory.piece_of(unit), factory.plant.places[1]
        piece.board.clear_faults()
        factory.put(place, piece)
        factory.clock.pass_by(5.0)
        product = factory.plant.plan.of_batch(last_batch(shift.records, unit))
        modem = shift.equipment(1, product).open_device()
        assert isinstance(modem, Modem)
        self.done["checked by hand"] += 1
        actor = shift.actor()
        try:
            modem.connect(30.0)
            checked = unit_to_check(shift.gate, shift.records, actor, unit.device_id)
            check_by_hand(shift.gate, actor, shift.client, modem, shift.plant.clock, checked, "slot 1", TAG)
        except Fault as fault:
            factory.find(Kind.WRONG, f"{unit.device_id} can't be checked by hand: {fault.code} {fault.detail}")
        finally:
            modem.close()
            factory.take_out(place)


def _is_too_old(row: OutboxRow) -> bool:
    return "token ran out" in row.reason or "token has expired" in row.reason
