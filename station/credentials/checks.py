"""Everything that must hold before a modem's key is certified, in one place."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from station.credentials.cose import Binding, find_binding
from station.credentials.csr import Csr, read_csr
from station.credentials.faults import (
    CN_DIFFERS,
    IDENTITY_REFUSED,
    KEYGEN_NO_CSR,
    SEC_TAG_DIFFERS,
    UUID_DIFFERS,
)
from station.credentials.keygen import KeygenAnswer, KeygenKind, read_keygen
from station.domain.ids import DeviceId, DeviceUuid


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
    if uuid is not None and answer.uuid != uuid:
        raise UUID_DIFFERS.fault(found=answer.uuid, expected=uuid)
    if answer.sec_tag != sec_tag:
        raise SEC_TAG_DIFFERS.fault(found=answer.sec_tag, expected=sec_tag)
    binding = None
    if identity_key is not None:
        binding = find_binding(answer.cose, identity_key, answer.body)
        if binding is None:
            raise IDENTITY_REFUSED.fault(f"UUID {answer.uuid}")
    csr = read_csr(answer.body)
    if csr.common_name != device_id:
        raise CN_DIFFERS.fault(found=repr(csr.common_name), expected=device_id)
    return CheckedKey(answer, csr, device_id, answer.uuid, binding, _say_proven(uuid is not None, binding is not None))


def _say_proven(uuid_known: bool, verified: bool) -> str:
    first = "digest and UUID match" if uuid_known else "digest matches; UUID learnt from this answer"
    return f"{first}; COSE signature {'verified' if verified else 'not verified'}"
