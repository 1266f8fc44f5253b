"""Keys that tools are given as PEM: a private one that signs tokens, a public one or a certificate to verify them."""

from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from station.credentials.faults import KEY_FILE_REFUSED, KEY_UNDER_PASSPHRASE, PUBLIC_KEY_REFUSED
from station.credentials.keys import is_p256
from station.domain.secret import Secret

_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, InternalError)


def is_encrypted(pem: Secret) -> bool:
    """Return whether a PEM text holds a private key under a passphrase (PKCS#8, or the older form of OpenSSL). Pure."""
    text = pem.reveal()
    return "ENCRYPTED PRIVATE KEY-----" in text or "Proc-Type: 4,ENCRYPTED" in text


def read_private_key(pem: Secret, passphrase: Secret | None, source: object) -> ec.EllipticCurvePrivateKey:
    """Return the P-256 key of a PEM text; raises CRED-152 or CRED-153, which quote nothing of either. Pure."""
    encrypted = is_encrypted(pem)
    if encrypted and passphrase is None:
        raise KEY_UNDER_PASSPHRASE.fault(source=source, why="and none was given")
    password = passphrase.reveal().encode("utf-8") if encrypted and passphrase is not None else None
    try:
        key = load_pem_private_key(pem.reveal().encode("utf-8"), password)
    except _UNREADABLE as error:
        if encrypted:
            # Nobody can tell a wrong passphrase from a damaged file.
            raise KEY_UNDER_PASSPHRASE.fault(
                type(error).__name__, source=source, why="and it does not open it"
            ) from None
        raise KEY_FILE_REFUSED.fault(type(error).__name__, source=source, reason="it can't be read") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KEY_FILE_REFUSED.fault(type(key).__name__, source=source, reason="it is of another kind")
    return key


def read_verifying_key(pem: str, source: object) -> ec.EllipticCurvePublicKey:
    """Return the P-256 key of a public key or of the first certificate in a PEM text; raises CRED-154. Pure."""
    if "PRIVATE KEY-----" in pem:
        raise PUBLIC_KEY_REFUSED.fault(source=source, reason="it holds a private key, which is not needed to verify")
    key: object
    try:
        if "-----BEGIN CERTIFICATE-----" in pem:
            key = x509.load_pem_x509_certificates(pem.encode("utf-8"))[0].public_key()
        else:
            key = load_pem_public_key(pem.encode("utf-8"))
    except _UNREADABLE as error:
        raise PUBLIC_KEY_REFUSED.fault(type(error).__name__, source=source, reason="it can't be read") from None
    if not is_p256(key):
        raise PUBLIC_KEY_REFUSED.fault(type(key).__name__, source=source, reason="it is of another kind")
    return key
