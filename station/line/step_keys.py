"""The key: clear what is old, have the modem make its own, have the CA sign it, prove, store."""

import secrets

from station.credentials.checks import CheckedKey, CheckedPublicKey, check_keygen, check_public_key
from station.credentials.jwt import check_device_jwt
from station.credentials.requests import CheckedRequest
from station.devices.faults import is_outcome_unknown
from station.devices.firmware import signs_tokens
from station.devices.modem import Modem
from station.domain.events import CertificateSuperseded, KeyLost
from station.domain.faults import Fault
from station.domain.modem import CredentialType
from station.domain.ways import Way
from station.line.faults import CREDENTIAL_STAYED, KEY_MISSING, KEYGEN_LOST_TWICE
from station.line.final_signing import sign_for_check
from station.line.step_identity import learn_uuid
from station.line.step_write import NAMES, require_kept
from station.line.work import Work


def superseded_by_clearing(work: Work) -> list[CertificateSuperseded]:
    """Return what must be journaled with the intent to clear: certificates whose key is about to go.

    A carried key may stay; then its certificate does too, and :func:`clear` ends it if the key turns out wrong.
    """
    if work.carried is not None and work.carried.keygen is not None:
        return []
    return _superseded(work, f"attempt {work.attempt} clears the key it belongs to")


def superseded_by_ending(work: Work) -> list[CertificateSuperseded]:
    """Return what must be journaled with an attempt's bad end: its unit's certificates, for nobody takes them over.

    Nobody knows any more whether the board holds the key: it may never have had it (that may be the very fault), and
    what was not stored before a port vanished is gone.
    """
    if work.device_id is None:
        return []
    return _superseded(work, f"attempt {work.attempt} ended badly")


def _superseded(work: Work, reason: str) -> list[CertificateSuperseded]:
    return [
        CertificateSuperseded(serial=row.serial, attempt=work.attempt, reason=reason)
        for row in work.records.standing_certificates(work.known_device)
    ]


def clear(work: Work) -> dict[str, object]:
    """Leave no client certificate and no client key under the sec tag, unless the key is the interrupted attempt's own.

    The server root is left: it is compared and rewritten only where it differs. Safe to repeat.
    """
    modem, tag = work.modem(), work.bench.recipe.sec_tag
    work.wrote = True
    rows = modem.list_credentials(tag)
    present = {row.type for row in rows}
    keep = CredentialType.CLIENT_KEY in present and _proves_carried_key(work)
    carried = work.carried
    if carried is not None and not keep:
        work.carried = None
        if ends := superseded_by_clearing(work):
            work.bench.journal.commit(*ends)
    deleted = []
    for kind in (CredentialType.CLIENT_CERT, CredentialType.CLIENT_KEY):
        if kind in present and not (keep and kind is CredentialType.CLIENT_KEY):
            modem.delete_credential(tag, kind)
            deleted.append(int(kind))
    if deleted:
        rows = modem.list_credentials(tag)
        left = {row.type for row in rows}
        for kind in (CredentialType.CLIENT_CERT, CredentialType.CLIENT_KEY):
            if kind in left and kind in deleted:
                raise CREDENTIAL_STAYED.fault(f"type {kind} at {tag}", what=NAMES[kind])
    if work.lost_key_of is not None and CredentialType.CLIENT_KEY in deleted:
        reason = f"its answer was lost in attempt {work.lost_key_of}"
        work.also.append(KeyLost(attempt=work.attempt, sec_tag=tag, reason=reason))
    work.keep_listing(rows)
    return {"sec_tag": tag, "deleted": deleted, "kept_key_of_attempt": carried.attempt if keep and carried else None}


def _proves_carried_key(work: Work) -> bool:
    """Whether the modem holds just the key whose answer the interrupted attempt journaled; by a signature of it."""
    if work.carried is None or work.carried.keygen is None:
        return False
    try:
        key = _checked(work, work.carried.keygen)
        row = work.records.certificate_for(work.known_device, key.spki_sha256)
        if row is not None and row.state == "superseded":
            return False  # its certificate was given up on the way here; a key without one is of no use
        _prove(work, key)
    except Fault as fault:
        if is_outcome_unknown(fault):
            raise  # nobody answered: that says nothing about the key
        # It is another key, or the modem can't show that it is not: a new one mends it, and the result says so.
        return False
    work.key = key
    return True


def generate(work: Work) -> dict[str, object]:
    """Have the modem hold a key of its own, with a checked CSR for it (or its bare public key, where that is the way).

    The answer's text is in the result.

    Not blindly repeated: an answer that never came is looked for by listing; a key found so is deleted. That it was
    asked for in vain, found or not, is journaled before a new one is made, once. A key adopted from an interrupted
    attempt is not made again.
    """
    if isinstance(work.key, CheckedKey | CheckedPublicKey) and work.carried is not None:
        return _made(work, work.key, adopted_from=work.carried.attempt)
    modem, tag = work.modem(), work.bench.recipe.sec_tag
    work.wrote = True
    text: str | None = None
    for _ in range(2):
        try:
            text = _ask(work, modem, tag)
            break
        except Fault as fault:
            if not is_outcome_unknown(fault):
                raise
            work.keep_listing(None)
            found = bool(modem.list_credentials(tag, CredentialType.CLIENT_KEY))
            if found:
                modem.delete_credential(tag, CredentialType.CLIENT_KEY)
            reason = fault.detail or fault.code
            work.bench.journal.commit(KeyLost(attempt=work.attempt, sec_tag=tag, reason=reason, found=found))
    if text is None:
        raise KEYGEN_LOST_TWICE.fault()
    key = _checked(work, text)
    learn_uuid(work, key.uuid)
    return _made(work, key, adopted_from=None)


def _ask(work: Work, modem: Modem, tag: int) -> str:
    recipe = work.bench.recipe
    if recipe.way is Way.PUBLIC_KEY:
        return modem.generate_public_key(tag)
    return modem.generate_key(tag, None if recipe.device_id.scheme == "uuid" else work.known_device)


def _checked(work: Work, text: str) -> CheckedKey | CheckedPublicKey:
    uuid, recipe = work.identity.uuid if work.identity is not None else None, work.bench.recipe
    if recipe.way is Way.PUBLIC_KEY:
        return check_public_key(text, uuid=uuid, sec_tag=recipe.sec_tag)
    return check_keygen(text, device_id=work.known_device, uuid=uuid, sec_tag=recipe.sec_tag)


def _made(work: Work, key: CheckedKey | CheckedPublicKey, adopted_from: int | None) -> dict[str, object]:
    work.key = key
    results: dict[str, object] = {"keygen": key.answer.text}
    if isinstance(key, CheckedKey):
        results["csr_sha256"] = key.answer.body_sha256
    else:
        work.took_for_stored()  # nothing need be written behind it: the key is what must stay
    return results | {
        "spki_sha256": key.spki_sha256,
        "uuid": key.uuid,
        "proven": key.proven,
        "adopted_from": adopted_from,
    }


def sign(work: Work) -> dict[str, object]:
    """Have a certificate for the unit's key in the journal: the one already there, or a newly signed one."""
    key = work.key
    if not isinstance(key, CheckedKey | CheckedRequest):
        raise KEY_MISSING.fault("sign without a request")
    issuance = work.bench.authority.issue(work.known_device, key.csr, work.register())
    work.issuance = issuance
    return {"serial": issuance.serial, "issuer": issuance.issuer, "profile": issuance.profile}


def prove(work: Work) -> dict[str, object]:
    """Show that the modem holds the private key of the certificate: it signs a fresh nonce, verified here, offline.

    Behind an image, an erase, a power cut or a restart since the credentials were written, they are listed and
    compared first. So they are in a modem that has no %JWT, which only a recipe that names its firmware lets in: then
    the result says that the key is not proven, and why.
    """
    if work.key is None:
        raise KEY_MISSING.fault("proof without a modem's key")
    results: dict[str, object] = {}
    unsigning = _has_no_jwt(work)
    if work.must_show_again() or unsigning:
        results["listed"] = require_kept(work)
    if unsigning:
        return results | {"not_proven": f"{unsigning} has no %JWT; that a private key is listed is all that shows it"}
    _prove(work, work.key)
    whose = "modem" if isinstance(work.key, CheckedPublicKey) else "certificate"
    return results | {"jwt": f"verified with the {whose}'s public key over a one-time nonce"}


def _has_no_jwt(work: Work) -> str:
    """Return the name of the modem's firmware where that can't sign, else ""."""
    firmware = work.identity.firmware if work.identity is not None else None
    return firmware.text if firmware is not None and not signs_tokens(firmware) else ""


def _prove(work: Work, key: CheckedKey | CheckedPublicKey | CheckedRequest) -> None:
    nonce, now = secrets.token_urlsafe(18), work.bench.clock.now()
    token = work.modem().sign_jwt(work.bench.recipe.sec_tag, audience=nonce)
    # Of a key that was made here no modem has said whose it is: what the board says of itself counts.
    said = work.identity.uuid if work.identity is not None else None
    uuid = said if isinstance(key, CheckedRequest) else key.uuid
    check_device_jwt(token, public_key=key.public_key, audience=nonce, now=now, uuid=uuid)


def store(work: Work) -> dict[str, object]:
    """Have the modem store everything and switch it off (AT+CFUN=0, OK), so that power may go. Safe to repeat.

    A board that restarted since the proof had not stored yet: what it holds now is listed and proven anew before that.
    Before that it is asked for a token, where one is wanted: a restart at that counts too.
    """
    results = sign_for_check(work)
    if work.key is not None and work.must_show_again():
        results["listed"] = require_kept(work)
        if work.bench.recipe.no_proof_reason is None and not _has_no_jwt(work):
            _prove(work, work.key)
    work.modem().power_off()
    work.wrote = False
    return results | {"stored": True}
