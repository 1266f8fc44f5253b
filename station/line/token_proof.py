"""A finished unit whose upload's outcome nobody knows is back in a slot: its own token can tell."""

import secrets

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import load_der_x509_certificate

from station.cloud.protocol import JwtAccepted
from station.credentials.jwt import check_device_jwt
from station.domain.events import RowSettled, UploadSettled
from station.domain.faults import Fault, Refusal
from station.domain.line import CloudState
from station.domain.modem import ModemIdentity
from station.domain.secret import Secret
from station.journal.faults import ALREADY_PASSED
from station.journal.rows import UnitRow
from station.line.cloud_token import sign_for_cloud
from station.line.faults import PROVEN_BY_TOKEN
from station.line.log import engineer_log
from station.line.verdicts import TAKES_ITS_OWN
from station.line.work import Work


def refuse_or_prove(work: Work, refusal: Refusal, known: UnitRow | None, identity: ModemIdentity) -> Fault:
    """Return why the board is left alone: ``refusal``, or that its upload is settled now.

    Where the journal says that the upload of this finished unit is UNKNOWN, the modem shows that it holds the active
    certificate's key, then signs a token as nRF Cloud takes it, and the cloud is asked with that (nrf-cloud-api
    reference section 4). A yes is journaled: the unit is onboarded. Anything else leaves all as it was. In the modem
    only the clock is set. Safe to repeat.
    """
    ask = work.bench.ask_with_token
    if refusal.code != ALREADY_PASSED.code or known is None or known.cloud is not CloudState.UNKNOWN or ask is None:
        return refusal
    row = next(iter(work.records.outbox(CloudState.UNKNOWN, unit=known.id)), None)
    if row is None or row.upload is None:
        return refusal
    try:
        token = _sign(work, known, identity)
    except Fault as fault:
        engineer_log().info("no token for an unknown upload", device=known.device_id, code=fault.code)
        return refusal
    if token is None:
        return refusal
    answer = ask(known.device_id, token)
    if not isinstance(answer, JwtAccepted):
        engineer_log().info("an unknown upload stays unknown", device=known.device_id, why=answer.reason)
        return refusal
    settled = RowSettled(known.id, CloudState.ONBOARDED, TAKES_ITS_OWN)
    work.bench.journal.commit(UploadSettled(upload=row.upload, rows=(settled,)))
    return PROVEN_BY_TOKEN.fault(TAKES_ITS_OWN, device_id=known.device_id)


def _sign(work: Work, known: UnitRow, identity: ModemIdentity) -> Secret | None:
    """Return a token for the cloud, by the key of the unit's active certificate for sure; None where it has none."""
    certificate = work.records.active_certificate(known.device_id)
    if certificate is None or work.bench.recipe.credentials is None:
        return None
    key = load_der_x509_certificate(work.records.certificate_der(certificate)).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return None
    modem, tag, now = work.modem(), work.bench.recipe.sec_tag, work.bench.clock.now()
    nonce = secrets.token_urlsafe(18)
    check_device_jwt(modem.sign_jwt(tag, audience=nonce), public_key=key, audience=nonce, now=now, uuid=identity.uuid)
    return sign_for_cloud(modem, now, tag, known.device_id, identity.uuid)
