"""What the cloud is told of a unit: read from the journal, where the recipe it was built by stands too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from station.cloud.protocol import (
    AttestationToken,
    Certificate,
    Credential,
    OnboardingToken,
    OnboardRow,
    PublicKey,
)
from station.credentials.keygen import read_keygen
from station.credentials.keys import key_to_pem, read_p256_spki
from station.credentials.pem import der_to_pem
from station.domain.ids import AttemptId, DeviceId, Sha256, UnitId
from station.domain.line import StepKind
from station.domain.ways import CredentialKind, Way
from station.journal.builds import content_of, step_passed, way_of
from station.journal.chosen import find_disagreement_about
from station.journal.faults import DISAGREES
from station.journal.mentions import Mentions
from station.journal.records import Records
from station.journal.rows import UnitRow
from station.line.faults import UNKNOWN_UNIT


@dataclass(frozen=True, slots=True)
class _Rules:
    """What a recipe says of all its units. Its name is its content's hash: it is read once."""

    way: Way
    subtype: str
    tags: tuple[str, ...]
    firmware_types: tuple[str, ...]
    claim_tags: tuple[str, ...]


class OnboardRows:
    """Makes onboarding rows of passed units. One thread uses it, with the reader it was given."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._mentions = Mentions()
        self._rules: dict[Sha256, _Rules] = {}

    def rows_of(self, units: Sequence[UnitId]) -> list[OnboardRow]:
        """Return the units' rows in this order, all of them or none.

        Each with what its way hands over and the cloud columns of the recipe it passed with: the same for as long as
        the unit is not built again. Raises LINE-162 where the journal lacks any of it, and JRN-110 where its tables
        say something else of one of them than its entries.
        """
        differs = find_disagreement_about(self._records.folder, units, mentions=self._mentions)
        if differs is not None:
            raise DISAGREES.fault(unit=self._first_of(units), difference=differs.sentence)
        rows = self._records.units(units)
        recipes = self._records.recipes_of([row.last_attempt for row in rows.values()])
        signed = self._signed([row for row in rows.values() if self._hands_certificate(row, recipes)])
        return [self._row_of(unit, rows.get(unit), recipes, signed) for unit in units]

    def _first_of(self, units: Sequence[UnitId]) -> UnitId:
        """Return the unit of which the tables say something else; the first where it takes several to see it."""
        folder, mentions = self._records.folder, self._mentions
        alone = (unit for unit in units if find_disagreement_about(folder, [unit], mentions=mentions) is not None)
        return next(alone, units[0])

    def _hands_certificate(self, unit: UnitRow, recipes: Mapping[AttemptId, Sha256]) -> bool:
        recipe = recipes.get(unit.last_attempt)
        return recipe is not None and self._rules_of(recipe).way.hands_over is CredentialKind.CERTIFICATE

    def _signed(self, units: Sequence[UnitRow]) -> dict[DeviceId, bytes]:
        """Return the certificates (DER) of the units' devices, without those that have none."""
        active = self._records.active_certificates([unit.device_id for unit in units])
        ders = self._records.certificate_ders(list(active.values()))
        return {device: ders[row.serial] for device, row in active.items()}

    def _row_of(
        self,
        unit: UnitId,
        row: UnitRow | None,
        recipes: Mapping[AttemptId, Sha256],
        signed: Mapping[DeviceId, bytes],
    ) -> OnboardRow:
        if row is None or row.last_attempt not in recipes:
            raise UNKNOWN_UNIT.fault(f"unit {unit}: {row}", text=unit)
        rules = self._rules_of(recipes[row.last_attempt])
        return OnboardRow(
            device_id=row.device_id,
            credential=self._credential(row, rules.way, signed),
            subtype=rules.subtype,
            tags=rules.tags,
            firmware_types=rules.firmware_types,
            claim_tags=rules.claim_tags,
        )

    def _credential(self, unit: UnitRow, way: Way, signed: Mapping[DeviceId, bytes]) -> Credential:
        """Return what the unit's last attempt left to be handed over, by its way; LINE-162 where it left nothing."""
        match way.hands_over:
            case CredentialKind.CERTIFICATE:
                certificate = signed.get(unit.device_id)
                if certificate is None:
                    raise UNKNOWN_UNIT.fault(f"unit {unit.id} has no certificate", text=unit.id)
                return Certificate(der_to_pem(certificate))
            case CredentialKind.PUBLIC_KEY:
                key = read_p256_spki(read_keygen(self._told(unit, StepKind.GENERATE, "keygen")).body)
                return PublicKey(key_to_pem(key))
            case CredentialKind.ATTESTATION_TOKEN:
                return AttestationToken(self._told(unit, StepKind.ATTEST, "attestation"))
            case CredentialKind.ONBOARDING_TOKEN:
                ends = datetime.fromisoformat(self._told(unit, StepKind.ENROL, "expires"))
                return OnboardingToken(self._told(unit, StepKind.ENROL, "onboarding"), ends)

    def _told(self, unit: UnitRow, step: StepKind, name: str) -> str:
        """Return what a step of the unit's last attempt observed."""
        found = step_passed(self._records, unit.last_attempt, step)
        if found is None:
            raise UNKNOWN_UNIT.fault(f"unit {unit.id}: no {step} in attempt {unit.last_attempt}", text=unit.id)
        return str(found[1][name])

    def _rules_of(self, recipe: Sha256) -> _Rules:
        """Return the recipe's way and ``[cloud]`` table as the journal kept them when the batch was armed."""
        if recipe not in self._rules:
            cloud = content_of(self._records, recipe).get("cloud")
            said = cloud if isinstance(cloud, dict) else {}
            self._rules[recipe] = _Rules(
                way=way_of(self._records, recipe),
                subtype=str(said.get("subtype", "")),
                tags=_texts(said.get("tags")),
                firmware_types=_texts(said.get("firmware_types")),
                claim_tags=_texts(said.get("claim_tags")),
            )
        return self._rules[recipe]


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()
