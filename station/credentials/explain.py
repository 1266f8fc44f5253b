"""What a %KEYGEN answer or an attestation token says, for a person: everything that is in it, and how far it is proven.

It reads what :mod:`station.credentials.keygen`, ``csr`` and ``attestation`` read, but where those refuse, as a line
must, this says what is wrong and goes on, as far as the text can be read at all. Pure.
"""

import re
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from station.credentials import base64url
from station.credentials.attestation import AttestationToken, read_attestation
from station.credentials.cose import Binding, CoseSign1, find_binding
from station.credentials.csr import without_null
from station.credentials.faults import TOKEN_UNKNOWN
from station.credentials.keygen import KeygenKind, read_statement
from station.credentials.keys import is_p256, key_to_pem, read_p256_spki
from station.domain.ids import DeviceUuid, Sha256
from station.host.files import sha256_of

DEVICE_TYPES = {
    1: "nRF9160 SIAA",
    2: "nRF9160 SIBA",
    3: "nRF9160 SICA",
    4: "nRF9161 LACA",
    5: "nRF9131 LACA",
    6: "nRF9151 LACA",
}
"""Device types of an attestation token (sdk-nrf's modem_attest_token; at-commands reference section 1)."""

_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)
_SELF_DESCRIBED = b"\xd9\xd9\xf7"
_AT_LINE = re.compile(r'%(?:KEYGEN|ATTESTTOKEN): ?"([^"]*)"')
_LIBRARY = (
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises for a request that it can't read."""


@dataclass(frozen=True, slots=True)
class Request:
    """The certificate request of a %KEYGEN answer; parts that can't be read are None, and ``trouble`` says why."""

    subject: str | None
    key_usage: tuple[str, ...] | None
    own_signature: bool | None
    """Whether it is signed by its own key: only then has the modem shown that it holds that key."""
    null_left_out: bool
    """Whether a NULL, which the modem puts there against RFC 5758, had to be left out to read it."""
    pem: str | None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that a token says. ``wrong`` are the reasons why nobody must believe it; empty where none was found."""

    kind: str
    uuid: DeviceUuid
    nonce: str
    signer: str
    signature: str
    """What is known of the COSE signature, in words."""
    body_sha256: Sha256
    digest_matches: bool | None
    """Whether the digest in the COSE payload is the body's; None where the body itself is signed."""
    device_type: int | None = None
    device: str | None = None
    firmware_uuid: DeviceUuid | None = None
    sec_tag: int | None = None
    public_key: str | None = None
    """PEM."""
    request: Request | None = None
    wrong: tuple[str, ...] = field(default=())


def explain_token(text: str, identity_key: ec.EllipticCurvePublicKey | None = None) -> Explanation:
    """Return what ``text`` says: what stands between the quotes of %KEYGEN or %ATTESTTOKEN, or that whole line.

    With ``identity_key`` the COSE signature is verified. Raises CRED-151 where it is neither, CRED-101 or CRED-121
    where it is one that can't be read; pure.
    """
    text = text.strip()
    line = _AT_LINE.fullmatch(text)
    text = line[1] if line else text
    try:
        body = base64url.decode(text.partition(".")[0])
    except ValueError as error:
        raise TOKEN_UNKNOWN.fault(f"{len(text)} characters", reason=error) from error
    if body.startswith(_SELF_DESCRIBED):
        return _explain_attestation(read_attestation(text), identity_key)
    if body.startswith(b"\x30"):
        return _explain_keygen(text, identity_key)
    raise TOKEN_UNKNOWN.fault(
        f"{len(text)} characters", reason="its first half is neither a request, a key nor a statement"
    )


def _explain_attestation(token: AttestationToken, identity_key: ec.EllipticCurvePublicKey | None) -> Explanation:
    signature, wrong = _judge(token.cose, token.body, identity_key)
    return Explanation(
        "attestation token (%ATTESTTOKEN)",
        token.uuid,
        token.nonce.hex(),
        _signer(token.cose),
        signature,
        sha256_of(token.body),
        None,
        device_type=token.device_type,
        device=DEVICE_TYPES.get(token.device_type, f"unknown type {token.device_type}"),
        firmware_uuid=token.firmware_uuid,
        wrong=wrong,
    )


def _explain_keygen(text: str, identity_key: ec.EllipticCurvePublicKey | None) -> Explanation:
    answer, vouched_for = read_statement(text)
    matches = answer.body_sha256 == vouched_for
    signature, wrong = _judge(answer.cose, answer.body, identity_key)
    if not matches:
        wrong += (f"the COSE payload vouches for {vouched_for}, and that is not the digest of the first half",)
    if answer.kind is KeygenKind.CSR:
        kind = "certificate request (%KEYGEN, response content 0)"
        request, public_key = _explain_request(answer.body)
        if request.trouble:
            wrong += (f"the certificate request: {request.trouble}",)
        elif not request.own_signature:
            wrong += ("the certificate request is not signed by its own key",)
    else:
        kind, request = "public key (%KEYGEN, response content 1)", None
        public_key = key_to_pem(read_p256_spki(answer.body))
    return Explanation(
        kind,
        answer.uuid,
        answer.nonce.hex(),
        _signer(answer.cose),
        signature,
        answer.body_sha256,
        matches,
        sec_tag=answer.sec_tag,
        public_key=public_key,
        request=request,
        wrong=wrong,
    )


def _explain_request(der: bytes) -> tuple[Request, str | None]:
    """Return what the request says, and its public key as PEM; a part that can't be read is left out."""
    try:
        clean = without_null(der)
        csr = x509.load_der_x509_csr(clean)
        key, subject, usage = csr.public_key(), csr.subject.rfc4514_string(), _key_usage(csr)
        pem = csr.public_bytes(Encoding.PEM).decode("ascii")
    except _LIBRARY as error:
        return Request(None, None, None, False, None, f"it can't be read: {error}"), None
    if not is_p256(key):
        return Request(subject, usage, None, clean != der, pem, "its key is no EC P-256 key"), None
    try:
        key.verify(csr.signature, csr.tbs_certrequest_bytes, ec.ECDSA(hashes.SHA256()))
        own = True
    except InvalidSignature:
        own = False
    return Request(subject, usage, own, clean != der, pem), key_to_pem(key)


def _key_usage(csr: x509.CertificateSigningRequest) -> tuple[str, ...] | None:
    """Return the names of the bits (RFC 5280 section 4.2.1.3); None where no key usage is asked for."""
    try:
        usage = csr.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    return tuple(name for name in _USAGES if getattr(usage, name))


def _judge(cose: CoseSign1, body: bytes, identity_key: ec.EllipticCurvePublicKey | None) -> tuple[str, tuple[str, ...]]:
    if identity_key is None:
        return "not verified: that takes the device's identity key, which is not in the token", ()
    match find_binding(cose, identity_key, body):
        case Binding.PAYLOAD:
            return "holds (external_aad empty)", ()
        case Binding.EXTERNAL:
            return "holds (external_aad is the first half)", ()
        case None:
            return "does not hold under the identity key given", ("its COSE signature is not by that identity key",)


def _signer(cose: CoseSign1) -> str:
    return cose.kid.name.lower().replace("_", " ") + " key"
