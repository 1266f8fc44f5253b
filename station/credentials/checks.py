"""Everything that must hold before a modem's key is certified, or the cloud is told of it, in one place."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from station.credentials.attestation import AttestationToken, read_attestation
from station.credentials.cose import Binding, find_binding
from station.credentials.csr import Csr, read_csr
from station.credentials.faults import (
    ATTESTATION_OF_ANOTHER,
    CN_DIFFERS,
    IDENTITY_REFUSED,
    KEYGEN_NO_CSR,
    KEYGEN_NO_PUBLIC_KEY,
    SEC_TAG_DIFFERS,
    UUID_DIFFERS,
)
from station.credentials.keygen import KeygenAnswer, KeygenKind, read_keygen
from station.credentials.keys import read_p256_spki
from station.domain.ids import DeviceId, DeviceUuid, Sha256


@dataclass(frozen=True, slots=True)
class CheckedKey:
    """A key that may be certified for ``device_id``. Only :func:`check_keygen` makes one."""

    answer: KeygenAnswer
    csr: Csr
    device_id: DeviceId
    uuid: DeviceUuid
    binding: Binding | None
    """How the COSE signature holds; None where it was not verified."""
    proven: str
    """Exactly what was proven about the modem's statement, for the record."""

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The key's public half."""
        return self.csr.public_key

    @property
    def spki_sha256(self) -> Sha256:
        """The SHA-256 of the public key (SubjectPublicKeyInfo, DER)."""
        return self.csr.spki_sha256


@dataclass(frozen=True, slots=True)
class CheckedPublicKey:
    """A key of which the cloud may be told for its unit. Only :func:`check_public_key` makes one."""

    answer: KeygenAnswer
    public_key: ec.EllipticCurvePublicKey
    spki_sha256: Sha256
    uuid: DeviceUuid
    proven: str
    """Exactly what was proven about the modem's statement, for the record."""


@dataclass(frozen=True, slots=True)
class CheckedAttestation:
    """A token by which the cloud may be asked to take a device. Only :func:`check_attestation` makes one."""

    token: AttestationToken
    proven: str
    """Exactly what was proven about it, for the record."""


def check_public_key(text: str, *, uuid: DeviceUuid | None, sec_tag: int) -> CheckedPublicKey:
    """Return the public key only where the whole answer to %KEYGEN holds together and is this modem's.

    The digest in the COSE payload matches the key (SubjectPublicKeyInfo) as sent, which is on P-256; UUID and security
    tag are the expected ones. ``uuid`` None means that nothing told it yet: then it is learnt here. The COSE signature
    is not verified. Raises CRED-101, 102, 104, 105 and 107; pure.
    """
    answer = read_keygen(text)
    if answer.kind is not KeygenKind.PUBLIC_KEY:
        raise KEYGEN_NO_PUBLIC_KEY.fault(f"payload ID {answer.kind}")
    _require_asked_for(answer, uuid, sec_tag)
    key = read_p256_spki(answer.body)
    return CheckedPublicKey(answer, key, answer.body_sha256, answer.uuid, _say_proven(uuid is not None, False))


def check_attestation(text: str, *, uuid: DeviceUuid | None, challenge: bytes | None) -> CheckedAttestation:
    """Return the token only where it is well formed, this modem's, and the answer to ``challenge`` where one was given.

    The COSE signature is not verified: the vendor alone has the identity keys. Raises CRED-121 to CRED-123; pure.
    """
    token = read_attestation(text, challenge=challenge)
    if uuid is not None and token.uuid != uuid:
        raise ATTESTATION_OF_ANOTHER.fault(found=token.uuid, expected=uuid)
    whose = "UUID matches" if uuid is not None else "UUID learnt from this token"
    fresh = "made for this station's challenge" if challenge is not None else "not fresh: its modem refused a challenge"
    return CheckedAttestation(token, f"{whose}; {fresh}; COSE signature not verified")


def check_keygen(
    text: str,
    *,
    device_id: DeviceId,
    uuid: DeviceUuid | None,
    sec_tag: int,
    identity_key: ec.EllipticCurvePublicKey | None = None,
) -> CheckedKey:
    """Return the key only where the whole answer to %KEYGEN holds together and is this unit's.

    The digest in the COSE payload matches the CSR as sent; the CSR is signed by its own P-256 key; its CN is
    ``device_id``; UUID and security tag are the expected ones. ``uuid`` None means that nothing told it yet: then
    it is learnt here and ``proven`` says so. With ``identity_key`` the COSE signature must hold too; without it,
    nothing shows that this modem made the statement, and ``proven`` says that.

    Raises CRED-101 to CRED-115; pure.
    """
    answer = read_keygen(text)
    if answer.kind is not KeygenKind.CSR:
        raise KEYGEN_NO_CSR.fault(f"payload ID {answer.kind}")
    _require_asked_for(answer, uuid, sec_tag)
    binding = None
    if identity_key is not None:
        binding = find_binding(answer.cose, identity_key, answer.body)
        if binding is None:
            raise IDENTITY_REFUSED.fault(f"UUID {answer.uuid}")
    csr = read_csr(answer.body)
    if csr.common_name != device_id:
        raise CN_DIFFERS.fault(found=repr(csr.common_name), expected=device_id)
    return CheckedKey(answer, csr, device_id, answer.uuid, binding, _say_proven(uuid is not None, binding is not None))


def _require_asked_for(answer: KeygenAnswer, uuid: DeviceUuid | None, sec_tag: int) -> None:
    if uuid is not None and answer.uuid != uuid:
        raise UUID_DIFFERS.fault(found=answer.uuid, expected=uuid)
    if answer.sec_tag != sec_tag:
        raise SEC_TAG_DIFFERS.fault(found=answer.sec_tag, expected=sec_tag)


def _say_proven(uuid_known: bool, verified: bool) -> str:
    first = "digest and UUID match" if uuid_known else "digest matches; UUID learnt from this answer"
    return f"{first}; COSE signature {'verified' if verified else 'not verified'}"
