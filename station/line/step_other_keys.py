"""Keys that no modem makes: the board's application does, or this station, in memory alone until the board has it."""

import base64

from station.credentials.csr import read_csr
from station.credentials.requests import CheckedRequest, check_request, make_key
from station.devices.faults import is_outcome_unknown
from station.devices.protocols import KeyMaker, Prover
from station.domain.events import KeyLost
from station.domain.faults import Fault
from station.domain.modem import CredentialType
from station.line.faults import CREDENTIAL_STAYED, KEY_MISSING
from station.line.step_keys import superseded_by_clearing
from station.line.step_write import NAMES, require_kept, store_of
from station.line.work import Work

_OWN = (CredentialType.CLIENT_CERT, CredentialType.CLIENT_KEY)


def clear(work: Work) -> dict[str, object]:
    """Leave no client certificate and no client key under the sec tag, unless the board made the key just before.

    That is a key whose request the interrupted attempt journaled, and which signs another one now. A key that the
    station made is never taken over: nobody has it any more. Safe to repeat.
    """
    store, tag = store_of(work), work.bench.recipe.sec_tag
    work.wrote = True
    keep, carried = _proves_carried_key(work), work.carried
    if carried is not None and not keep:
        work.carried = None
        if ends := superseded_by_clearing(work):
            work.bench.journal.commit(*ends)
    deleted = [
        int(kind)
        for kind in _OWN
        if not (keep and kind is CredentialType.CLIENT_KEY) and store.delete_credential(tag, kind)
    ]
    left = {row.type for row in store.list_credentials(tag)}
    for kind in _OWN:
        if kind in left and kind in deleted:
            raise CREDENTIAL_STAYED.fault(f"type {kind} at {tag}", what=NAMES[kind])
    if work.lost_key_of is not None and CredentialType.CLIENT_KEY in deleted:
        reason = f"its answer was lost in attempt {work.lost_key_of}"
        work.also.append(KeyLost(attempt=work.attempt, sec_tag=tag, reason=reason))
    return {"sec_tag": tag, "deleted": deleted, "kept_key_of_attempt": carried.attempt if keep and carried else None}


def _proves_carried_key(work: Work) -> bool:
    device, carried = work.device(), work.carried
    if carried is None or carried.keygen is None or not isinstance(device, Prover):
        return False
    try:
        key = check_request(read_csr(base64.b64decode(carried.keygen)), work.known_device)
        row = work.records.certificate_for(work.known_device, key.spki_sha256)
        if row is not None and row.state == "superseded":
            return False  # its certificate was given up on the way here; a key without one is of no use
        device.prove_key(work.bench.recipe.sec_tag, key.csr.spki)
    except Fault as fault:
        if is_outcome_unknown(fault):
            raise  # nobody answered: that says nothing about the key
        return False
    work.key = key
    return True


def generate(work: Work) -> dict[str, object]:
    """Have a key and its request for this unit: made by the board, or here where the way is that. Its result has both.

    A board's key whose making was not answered is looked for: its request can be had at any time, so that nothing is
    lost. A key made here is in memory alone, from now until it is written; the result has its request, never the key.
    """
    if work.key is not None and work.carried is not None:
        return _made(work, work.key, work.carried.attempt)
    if work.bench.recipe.way.made_here:
        work.private, key = make_key(work.known_device)
        return _made(work, key, None)
    maker, tag = work.device(), work.bench.recipe.sec_tag
    if not isinstance(maker, KeyMaker):
        raise work.cannot(maker, "make a key")
    work.wrote = True
    try:
        maker.make_key(tag)
    except Fault as fault:
        if not is_outcome_unknown(fault):
            raise
        if not maker.has_key(tag):
            work.bench.journal.commit(
                KeyLost(attempt=work.attempt, sec_tag=tag, reason=fault.detail or fault.code, found=False)
            )
            maker.make_key(tag)
    return _made(work, check_request(maker.request(tag, work.known_device), work.known_device), None)


def _made(work: Work, key: object, adopted_from: int | None) -> dict[str, object]:
    if not isinstance(key, CheckedRequest):
        raise KEY_MISSING.fault("a key of another way")
    work.key = key
    return {
        "csr": base64.b64encode(key.csr.der).decode("ascii"),
        "csr_sha256": key.csr_sha256,
        "spki_sha256": key.spki_sha256,
        "made": key.made,
        "proven": key.proven,
        "adopted_from": adopted_from,
    }


def prove(work: Work) -> dict[str, object]:
    """Show that the board holds the private key of the certificate: it signs a request for a one-time name.

    Behind an image, an erase, a power cut or a restart since the credentials were written, they are listed first.
    """
    device, key = work.device(), work.key
    if not isinstance(key, CheckedRequest):
        raise KEY_MISSING.fault("proof without a key")
    if not isinstance(device, Prover):
        raise work.cannot(device, "prove its key")
    results: dict[str, object] = {}
    if work.must_show_again():
        results["listed"] = require_kept(work)
    return results | {"signed": device.prove_key(work.bench.recipe.sec_tag, key.csr.spki)}
