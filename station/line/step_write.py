"""What is left on a board: server roots, certificate and (where the station made it) the key, compared when written."""

from typing import Final

from cryptography.x509 import load_der_x509_certificate

from station.credentials.pem import CertificatePem, stored_sha256, to_pem
from station.devices.firmware import lists_true_hashes
from station.devices.modem import Modem
from station.devices.protocols import CredentialStore, KeyTaker
from station.domain.ids import Sha256
from station.domain.modem import CredentialType, StoredCredential
from station.domain.ways import Way
from station.line.faults import CREDENTIALS_GONE, KEY_MISSING, STORED_DIFFERENTLY
from station.line.way_faults import KEY_NOT_SHOWN
from station.line.work import Work
from station.settings.way_rules import RULES

NAMES: Final = {
    CredentialType.ROOT_CA: "server root",
    CredentialType.CLIENT_CERT: "client certificate",
    CredentialType.CLIENT_KEY: "client key",
}
"""What lies under a product's tag, for people."""

_Rows = tuple[StoredCredential, ...]


def write(work: Work) -> dict[str, object]:
    """Leave the server roots, any leaf certificate and any key that was made here on the board, each compared.

    By the digest that the board lists, or by reading it back where its firmware lists none. A key is neither: it is
    shown by :func:`hand_over`, or by the step that proves it. Then it is dropped here. Safe to repeat until then.
    """
    store, tag, contents = store_of(work), work.bench.recipe.sec_tag, contents_to_write(work)
    work.wrote = True
    # What was listed when the tag was cleared, where all that came since is the key: it is listed below all the same.
    kept = work.take_listing()
    before = store.list_credentials(tag) if kept is None else kept
    by_digest = _lists_digests(work, store)
    written = [
        kind
        for kind, content in contents.items()
        if not (by_digest and _digest_of(before, kind) in store.listed_hashes(content))
    ]
    handed = work.bench.recipe.way.made_here
    if handed:
        hand_over(work, before)
    for kind in written:
        store.write_credential(tag, kind, contents[kind])
    after = before if kept is None and not written and not handed else store.list_credentials(tag)
    digests = {kind: _require_stored(work, store, after, kind, content) for kind, content in contents.items()}
    if not any(row.type == CredentialType.CLIENT_KEY for row in after):
        raise KEY_MISSING.fault(f"no type 2 at {tag} after the write")
    work.private, work.stored = None, digests
    work.took_for_stored()
    results: dict[str, object] = {
        "sec_tag": tag,
        "written": [*map(int, written), *([int(CredentialType.CLIENT_KEY)] if handed else [])],
        "root_sha256": digests[CredentialType.ROOT_CA],
        "compared_by": "stored hash" if by_digest else "content",
    }
    if CredentialType.CLIENT_CERT in digests:
        results["certificate_sha256"] = digests[CredentialType.CLIENT_CERT]
    return results


def contents_to_write(work: Work) -> dict[CredentialType, CertificatePem]:
    """Return what belongs under the sec tag beside the key; LINE-121 where its certificate is not signed. Pure."""
    contents = {CredentialType.ROOT_CA: work.bench.recipe.root_bundle}
    if work.bench.recipe.way is not Way.PUBLIC_KEY:
        if work.issuance is None or work.issuance.der is None:
            raise KEY_MISSING.fault("write without a certificate")
        contents[CredentialType.CLIENT_CERT] = to_pem(load_der_x509_certificate(work.issuance.der))
    return contents


def hand_over(work: Work, before: _Rows) -> None:
    """Have the board store the key that was made here. Safe to repeat while the key is still at hand.

    LINE-138 where the board shows no digest of it and the way has no step that has it sign.
    """
    device, tag, key = work.device(), work.bench.recipe.sec_tag, work.private
    if not isinstance(device, KeyTaker) or not isinstance(device, CredentialStore):
        raise work.cannot(device, "take a key")
    if key is None:
        raise KEY_MISSING.fault("write without the key that was made here")
    if _digest_of(before, CredentialType.CLIENT_KEY) in device.listed_hashes(key.reveal()):
        return  # written before, in this attempt
    if any(row.type == CredentialType.CLIENT_KEY for row in before):
        device.delete_credential(tag, CredentialType.CLIENT_KEY)
    if device.write_key(tag, key) is None and RULES[work.bench.recipe.way].proof_behind is None:
        raise KEY_NOT_SHOWN.fault(f"no digest of the private key at {tag}")


def require_kept(work: Work) -> list[int]:
    """Return the types that the board lists, all of which are as they were written; LINE-128 where one is not. Pure."""
    store, tag = store_of(work), work.bench.recipe.sec_tag
    rows = store.list_credentials(tag)
    listed = {row.type for row in rows}
    for kind in (*work.stored, CredentialType.CLIENT_KEY):
        if kind not in listed:
            raise CREDENTIALS_GONE.fault(f"no type {kind} at {tag}", what=NAMES[kind])
    for kind, wanted in work.stored.items():
        found = _digest_of(rows, kind)
        if isinstance(store, Modem) and not _lists_digests(work, store):
            found = stored_sha256(_read(store, tag, kind), store.stored_newline)
        if found != wanted:
            raise CREDENTIALS_GONE.fault(f"type {kind}: {found}, written {wanted}", what=NAMES[kind])
    work.took_for_stored()
    return sorted(int(kind) for kind in listed)


def store_of(work: Work) -> CredentialStore:
    """Return the board as what stores credentials; LINE-136 where it is anything else."""
    device = work.device()
    if not isinstance(device, CredentialStore):
        raise work.cannot(device, "store credentials")
    return device


def _lists_digests(work: Work, store: CredentialStore) -> bool:
    """Return whether what the board lists is of what it stores: an old modem's firmware lists a number instead."""
    return not isinstance(store, Modem) or (work.identity is not None and lists_true_hashes(work.identity.firmware))


def _digest_of(rows: _Rows, kind: CredentialType) -> Sha256 | None:
    return next((row.sha256 for row in rows if row.type == kind), None)


def _require_stored(work: Work, store: CredentialStore, rows: _Rows, kind: CredentialType, content: str) -> Sha256:
    """Return the digest under which ``content`` is stored; LINE-122 where something else is."""
    if isinstance(store, Modem) and not _lists_digests(work, store):
        stored = _read(store, work.bench.recipe.sec_tag, kind)
        if stored != content:
            raise STORED_DIFFERENTLY.fault(f"{len(content)} characters written, {len(stored)} read", what=NAMES[kind])
        return stored_sha256(content, store.stored_newline)
    found, wanted = _digest_of(rows, kind), store.listed_hashes(content)
    if found is None or found not in wanted:
        detail = f"wanted {' or '.join(sorted(wanted))}, the board says {found}"
        raise STORED_DIFFERENTLY.fault(detail, what=NAMES[kind])
    return found


def _read(modem: Modem, tag: int, kind: CredentialType) -> str:
    return modem.read_credential(tag, kind).replace("\r\n", "\n")
