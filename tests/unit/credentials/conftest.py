"""A modem's signing half, written from the reference alone, so that the readers are not tested with themselves."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from station.domain.faults import Fault

Refused = Callable[..., AbstractContextManager[pytest.ExceptionInfo[Fault]]]

CLEAN_ALGORITHM = bytes.fromhex("300a06082a8648ce3d040302")
MODEM_ALGORITHM = bytes.fromhex("300c06082a8648ce3d0403020500")


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class ModemMaker:
    """Makes answers as a modem does; every part can be given otherwise."""

    identity: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    uuid: bytes = bytes.fromhex("50503041353934378022121b64016270")
    nonce: bytes = bytes(range(16))

    def csr(self, common_name: str = "nrf-352656100000001", *, signer: object = None, null: bool = True) -> bytes:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        return self.csr_for(name, signer=signer, null=null)

    def csr_for(self, name: x509.Name, *, signer: object = None, null: bool = True) -> bytes:
        builder = x509.CertificateSigningRequestBuilder().subject_name(name)
        clean = builder.sign(signer or self.key, hashes.SHA256()).public_bytes(Encoding.DER)  # type: ignore[arg-type]
        return with_null(clean) if null else clean

    def spki(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def payload(self, body: bytes, *, kind: object = 9, sec_tag: object = 16842753, **other: object) -> bytes:
        parts = {
            "kind": kind,
            "uuid": self.uuid,
            "sec_tag": cbor2.dumps(sec_tag),
            "digest": hashlib.sha256(body).digest(),
            "nonce": self.nonce,
        } | other
        return b"\xd9\xd9\xf7" + cbor2.dumps([part for part in parts.values() if part is not ...], canonical=True)

    def sign1(self, payload: bytes | None, *, aad: bytes = b"", kid: object = -2, signed: object = ...) -> bytes:
        covered = payload if signed is ... else signed
        message = cbor2.dumps(["Signature1", bytes.fromhex("a10126"), aad, covered])
        r, s = utils.decode_dss_signature(self.identity.sign(message, ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return b"\xd2" + cbor2.dumps([bytes.fromhex("a10126"), {4: cbor2.dumps(kid)}, payload, signature])

    def keygen(self, body: bytes, *, aad: bytes = b"", **payload: object) -> str:
        return f"{base64url(body)}.{base64url(self.sign1(self.payload(body, **payload), aad=aad))}"

    def attestation(self, *, message: object = 1, device_type: object = 6, **other: object) -> str:
        parts = {"message": message, "uuid": self.uuid, "type": device_type, "fw": bytes(16), "nonce": self.nonce}
        body = b"\xd9\xd9\xf7" + cbor2.dumps(
            [part for part in (parts | other).values() if part is not ...], canonical=True
        )
        return f"{base64url(body)}.{base64url(self.sign1(None, aad=body))}"


def with_null(clean: bytes) -> bytes:
    """Put the modem's NULL into a clean CSR, whose outer length takes two or three bytes."""
    contents = clean[3:] if clean[1] == 0x81 else clean[4:]
    contents = contents.replace(CLEAN_ALGORITHM, MODEM_ALGORITHM)
    length = len(contents)
    header = bytes((0x30, 0x81, length)) if length < 0x100 else bytes((0x30, 0x82, length >> 8, length & 0xFF))
    return header + contents


@pytest.fixture(scope="session")
def modem() -> ModemMaker:
    return ModemMaker()


@pytest.fixture(scope="session")
def refused() -> Refused:
    """`with refused("CRED-101", "part of the sentence"):` expects that fault and no other."""

    @contextmanager
    def expect(code: str, part: str = "") -> Iterator[pytest.ExceptionInfo[Fault]]:
        with pytest.raises(Fault) as caught:
            yield caught
        assert caught.value.code == code, caught.value
        assert part in caught.value.sentence

    return expect
