"""What the cloud is told of a unit: read from the journal, where the recipe it was built by stands too."""

from collections.abc import Sequence

from cryptography.x509 import load_der_x509_certificate

from station.cloud.protocol import OnboardRow
from station.credentials.pem import to_pem
from station.domain.ids import Sha256, UnitId
from station.journal.chosen import find_disagreement_about
from station.journal.faults import DISAGREES
from station.journal.records import Records
from station.line.faults import UNKNOWN_UNIT


class OnboardRows:
    """Makes onboarding rows of passed units. One thread uses it, with the reader it was given."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._rules: dict[Sha256, dict[str, object]] = {}

    def rows_of(self, units: Sequence[UnitId]) -> list[OnboardRow]:
        """Return the units' rows in this order, all of them or none.

        Each with its active certificate and the cloud columns of the recipe it passed with: the same for as long as
        the unit is not built again. Raises LINE-162 where the journal lacks any of it, and JRN-110 where its tables
        say something else of one of them than its entries.
        """
        # Together: of what is rare, all entries are looked at once, however many units there are.
        differs = find_disagreement_about(self._records.folder, units)
        if differs is not None:
            raise DISAGREES.fault(unit=self._first_of(units), difference=differs.sentence)
        return [self._row_of(unit) for unit in units]

    def _first_of(self, units: Sequence[UnitId]) -> UnitId:
        """Return the unit of which the tables say something else; the first where it takes several to see it."""
        alone = (unit for unit in units if find_disagreement_about(self._records.folder, [unit]) is not None)
        return next(alone, units[0])

    def _row_of(self, unit: UnitId) -> OnboardRow:
        row = self._records.unit(unit)
        attempt = self._records.attempt(row.last_attempt) if row is not None else None
        certificate = self._records.active_certificate(row.device_id) if row is not None else None
        if row is None or attempt is None or certificate is None:
            raise UNKNOWN_UNIT.fault(f"unit {unit}: {row}, certificate {certificate}", text=unit)
        rules = self._cloud_rules(attempt.recipe)
        leaf = load_der_x509_certificate(self._records.certificate_der(certificate))
        return OnboardRow(
            device_id=row.device_id,
            certificate=to_pem(leaf),
            subtype=str(rules.get("subtype", "")),
            tags=_texts(rules.get("tags")),
            firmware_types=_texts(rules.get("firmware_types")),
        )

    def _cloud_rules(self, recipe: Sha256) -> dict[str, object]:
        """Return the recipe's ``[cloud]`` table as the journal kept it when the batch was armed."""
        if recipe not in self._rules:
            content = (self._records.context(recipe) or {}).get("content")
            cloud = content.get("cloud") if isinstance(content, dict) else None
            self._rules[recipe] = cloud if isinstance(cloud, dict) else {}
        return self._rules[recipe]


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()
