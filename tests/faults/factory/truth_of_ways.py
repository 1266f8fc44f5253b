"""What must be true of units that are claimed, and of those that were asked about at the cloud at their end."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from station.domain.check_events import Asks, CheckState
from station.domain.line import CloudState, Outcome
from station.domain.ways import Way
from station.journal.records import Records
from station.journal.rows import UnitRow
from tests.faults.claims import Finding, Kind, way_of_unit
from tests.faults.factory.cloud import MemoryCloud
from tests.faults.factory.products import CLAIM_TAG
from tests.line.truth import TAG

if TYPE_CHECKING:
    from tests.faults.factory.factory import Factory


def what_the_cloud_has(cloud: MemoryCloud) -> dict[str, str]:
    """Return what the cloud has, by device ID: the SHA-256 of a certificate, of a public key, or of a token.

    Of a claimed device: of the token that claimed it, whatever key it has made since; and even where people gave its
    claim up, which leaves the key and the team's device.
    """
    there = {device.device_id: str(device.fingerprint) for device in cloud.world.devices()}
    there |= {device: str(key.fingerprint) for device, key in cloud.world.public_keys().items()}
    there |= {device: token for device, token in cloud.given_up.items() if device in there}
    return there | {one.uuid: str(one.token_sha256) for one in cloud.provisioning.all_claimed()}


def look_at_claims(factory: "Factory", records: Records, units: list[UnitRow]) -> Iterator[Finding]:
    """Each unit is claimed once for each time that people gave it up, with its tag, and onboarded once it has its key.

    Nothing is in an account that is not the station's.
    """
    cloud = factory.cloud
    for device in cloud.world.devices():
        if device.team_id != cloud.account.team_id:
            yield Finding(Kind.WRONG, f"{device.device_id} is in account {device.team_id}")
    done = Counter((what, uuid) for what, uuid, _ in cloud.provisioning.history)
    claimed = {one.uuid: one for one in cloud.provisioning.all_claimed()}
    for uuid, one in claimed.items():
        if done["claim", uuid] != done["unclaim", uuid] + 1:
            yield Finding(Kind.DOUBLED, f"{uuid} was claimed {done['claim', uuid]} times")
        if one.tags != (CLAIM_TAG,) or one.team_id != cloud.account.team_id:
            yield Finding(Kind.WRONG, f"{uuid} is claimed by {one.team_id} with {one.tags}")
    if cloud.organisation:
        return
    for unit in units:
        if unit.outcome is not Outcome.PASSED or way_of_unit(records, unit) is not Way.ATTESTATION:
            continue
        there = claimed.get(unit.device_id)  # type: ignore[call-overload]  # its device ID is its UUID
        done_there = {command.kind: command.status for command in there.commands} if there is not None else {}
        keyed = done_there.get("cloudAccessKeyGeneration") == "SUCCEEDED"
        if there is None:  # given up, which leaves what the team's cloud has of it
            keyed = cloud.world.device(unit.device_id) is not None
        if unit.cloud is CloudState.ONBOARDED and not keyed:
            yield Finding(Kind.WRONG, f"{unit.device_id} is onboarded, says the journal, and has made no cloud key")
        if unit.cloud is CloudState.CLAIMED and keyed:
            yield Finding(Kind.LOST, f"{unit.device_id} has made its cloud key, and is still claimed")


def look_at_checks(factory: "Factory", records: Records, units: list[UnitRow]) -> Iterator[Finding]:
    """Whatever wants a final check got one, and passed it only where the cloud has the very key that the board has."""
    for unit in units:
        rows = records.final_checks(unit=unit.id)
        # Not the board's own product: hands may have put it in where another one's was being built.
        product = factory.plant.plan.of_batch(last_batch(records, unit))
        wanted = not factory.cloud.organisation and product.of_team.startswith("final_check")
        if unit.outcome is not Outcome.PASSED or unit.cloud is not CloudState.ONBOARDED:
            continue
        if bool(rows) is not wanted:
            yield Finding(Kind.WRONG, f"{unit.device_id}: {len(rows)} final checks, wanted: {wanted}")
        for row in rows:
            factory.figures.checks[str(row.state)] += 1
            if row.state in (CheckState.DUE, CheckState.WANTED):
                yield Finding(Kind.LOST, f"the final check of {unit.device_id} is {row.state}")
            elif row.asks is Asks.TOKEN and row.state is not CheckState.PASSED:
                yield Finding(Kind.WRONG, f"{unit.device_id} is onboarded; its final check: {row.words}")
            elif row.asks is Asks.TOKEN and not _has_its_key(factory, unit):
                yield Finding(Kind.WRONG, f"{unit.device_id} passed its final check with another key than its board's")


def last_batch(records: Records, unit: UnitRow) -> str:
    """Return the batch in which the unit was built last."""
    attempt = records.attempt(unit.last_attempt)
    assert attempt is not None
    return attempt.batch


def _has_its_key(factory: "Factory", unit: UnitRow) -> bool:
    """Return whether the cloud has, for the unit's device, the public key that lies in its board."""
    device = factory.cloud.world.device(unit.device_id)
    board = factory.piece_of(unit).board
    key = board.key(TAG)
    if device is None or device.key is None or key is None:
        return False
    der = device.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return der == key.spki
