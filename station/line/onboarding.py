"""What the cloud is told of a unit: read from the journal, where the recipe it was built by stands too."""

from collections.abc import Mapping, Sequence
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
from station.journal.rows import CertificateRow, UnitRow
from station.line.faults import UNKNOWN_UNIT


class OnboardRows:
    """Makes onboarding rows of passed units. One thread uses it, with the reader it was given."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._mentions = Mentions()
        self._rules: dict[Sha256, tuple[Way, dict[str, object]]] = {}

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
        active = self._records.active_certificates([row.device_id for row in rows.values()])
        return [self._row_of(unit, rows.get(unit), recipes, active) for unit in units]

    def _first_of(self, units: Sequence[UnitId]) -> UnitId:
        """Return the unit of which the tables say something else; the first where it takes several to see it."""
        folder, mentions = self._records.folder, self._mentions
        alone = (unit for unit in units if find_disagreement_about(folder, [unit], mentions=mentions) is not None)
        return next(alone, units[0])

    def _row_of(
        self,
        unit: UnitId,
        row: UnitRow | None,
        recipes: Mapping[AttemptId, Sha256],
        active: Mapping[DeviceId, CertificateRow],
    ) -> OnboardRow:
        if row is None or row.last_attempt not in recipes:
            raise UNKNOWN_UNIT.fault(f"unit {unit}: {row}", text=unit)
        way, rules = self._rules_of(recipes[row.last_attempt])
        return OnboardRow(
            device_id=row.device_id,
            credential=self._credential(row, way, active),
            subtype=str(rules.get("subtype", "")),
            tags=_texts(rules.get("tags")),
            firmware_types=_texts(rules.get("firmware_types")),
            claim_tags=_texts(rules.get("claim_tags")),
        )

    def _credential(self, unit: UnitRow, way: Way, active: Mapping[DeviceId, CertificateRow]) -> Credential:
        """Return what the unit's last attempt left to be handed over, by its way; LINE-162 where it left nothing."""
        match way.hands_over:
            case CredentialKind.CERTIFICATE:
                certificate = active.get(unit.device_id)
                if certificate is None:
                    raise UNKNOWN_UNIT.fault(f"unit {unit.id} has no certificate", text=unit.id)
                return Certificate(der_to_pem(self._records.certificate_der(certificate)))
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

    def _rules_of(self, recipe: Sha256) -> tuple[Way, dict[str, object]]:
        """Return the recipe's way and ``[cloud]`` table as the journal kept them when the batch was armed."""
        if recipe not in self._rules:
            cloud = content_of(self._records, recipe).get("cloud")
            self._rules[recipe] = way_of(self._records, recipe), cloud if isinstance(cloud, dict) else {}
        return self._rules[recipe]


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()
