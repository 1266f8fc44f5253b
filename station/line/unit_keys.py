"""The public key by which a unit's tokens are verified, as the journal has it."""

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import load_der_x509_certificate

from station.credentials.keygen import read_keygen
from station.credentials.keys import read_p256_spki
from station.domain.line import Outcome, StepKind
from station.domain.ways import Way
from station.journal.builds import step_passed, way_of
from station.journal.records import Records
from station.journal.rows import UnitRow


def key_of_unit(records: Records, unit: UnitRow) -> ec.EllipticCurvePublicKey | None:
    """Return the key of the unit's certificate in force, or the bare key that a unit of that way passed with; or None.

    Looks only. Raises JRN-103 and CRED-101 for a journal that holds something else there.
    """
    active = records.active_certificate(unit.device_id)
    if active is not None:
        key = load_der_x509_certificate(records.certificate_der(active)).public_key()
        return key if isinstance(key, ec.EllipticCurvePublicKey) else None
    attempt = records.attempt(unit.last_attempt)
    if attempt is None or unit.outcome is not Outcome.PASSED or way_of(records, attempt.recipe) is not Way.PUBLIC_KEY:
        return None
    made = step_passed(records, attempt.id, StepKind.GENERATE)
    return None if made is None else read_p256_spki(read_keygen(str(made[1]["keygen"])).body)
