"""The ways over a credentials shell: the board's application makes the key, or this station does, in memory alone."""

import base64

from station.credentials.csr import read_csr
from station.credentials.requests import CheckedRequest, check_request, make_key
from station.devices.faults import is_outcome_unknown
from station.devices.protocols import CredentialStore, KeyMaker, KeyTaker, Prover
from station.domain.events import KeyLost
from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.domain.modem import CredentialType
from station.domain.ways import Way
from station.line.faults import CREDENTIAL_STAYED, CREDENTIALS_GONE, KEY_MISSING, STORED_DIFFERENTLY
from station.line.step_keys import NAMES, contents_to_write, superseded_by_clearing
from station.line.way_faults import KEY_NOT_SHOWN
from station.line.work import Work

_OWN = (CredentialType.CLIENT_CERT, CredentialType.CLIENT_KEY)


def clear(work: Work) -> dict[str, object]:
    """Leave no client certificate and no client key under the sec tag, unless the board made the key just before.

    That is a key whose request the interrupted attempt journaled, and which signs another one now. A key that the
    station made is never taken over: nobody has it any more. Safe to repeat.
    """
    store, tag = _store(work), work.bench.recipe.sec_tag
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
    if work.bench.recipe.way is Way.STATION_KEY:
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


def write(work: Work) -> dict[str, object]:
    """Leave roots, certificate and (where it was made here) the key on the board, each compared by its digest.

    Then the key is dropped. Safe to repeat until then; LINE-138 where the board can't show which key it has.
    """
    store, tag, contents = _store(work), work.bench.recipe.sec_tag, contents_to_write(work)
    work.wrote = True
    before = {row.type: row.sha256 for row in store.list_credentials(tag)}
    written = [int(kind) for kind, content in contents.items() if before.get(kind) not in store.listed_hashes(content)]
    if work.bench.recipe.way is Way.STATION_KEY:
        _write_key(work, before.get(CredentialType.CLIENT_KEY), there=CredentialType.CLIENT_KEY in before)
        written.append(int(CredentialType.CLIENT_KEY))
    for kind, content in contents.items():
        if int(kind) in written:
            store.write_credential(tag, kind, content)
    digests: dict[CredentialType, Sha256] = {}
    after = {row.type: row.sha256 for row in store.list_credentials(tag)}
    for kind, content in contents.items():
        found = after.get(kind)
        if found is None or found not in store.listed_hashes(content):
            raise STORED_DIFFERENTLY.fault(f"the shell lists {found}", what=NAMES[kind])
        digests[kind] = found
    if CredentialType.CLIENT_KEY not in after:
        raise KEY_MISSING.fault(f"no private key at {tag} after the write")
    work.private, work.stored = None, digests
    work.took_for_stored()
    return {
        "sec_tag": tag,
        "written": written,
        "root_sha256": digests[CredentialType.ROOT_CA],
        "certificate_sha256": digests[CredentialType.CLIENT_CERT],
        "compared_by": "stored digest",
    }


def _write_key(work: Work, listed: Sha256 | None, *, there: bool) -> None:
    device, tag, key = work.device(), work.bench.recipe.sec_tag, work.private
    if not isinstance(device, KeyTaker) or not isinstance(device, CredentialStore):
        raise work.cannot(device, "take a key")
    if key is None:
        raise KEY_MISSING.fault("write without the key that was made here")
    if there and listed is not None and listed in device.listed_hashes(key.reveal()):
        return  # written before, in this attempt
    if there:
        device.delete_credential(tag, CredentialType.CLIENT_KEY)
    if device.write_key(tag, key) is None:
        raise KEY_NOT_SHOWN.fault(f"no digest of the private key at {tag}")


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
        results["listed"] = _require_kept(work)
    return results | {"signed": device.prove_key(work.bench.recipe.sec_tag, key.csr.spki)}


def _require_kept(work: Work) -> list[int]:
    after = {row.type: row.sha256 for row in _store(work).list_credentials(work.bench.recipe.sec_tag)}
    for kind, wanted in work.stored.items():
        if after.get(kind) != wanted:
            raise CREDENTIALS_GONE.fault(f"type {kind}: {after.get(kind)}, written {wanted}", what=NAMES[kind])
    work.took_for_stored()
    return sorted(int(kind) for kind in after)


def _store(work: Work) -> CredentialStore:
    device = work.device()
    if not isinstance(device, CredentialStore):
        raise work.cannot(device, "store credentials")
    return device
