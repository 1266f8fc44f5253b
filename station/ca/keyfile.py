"""A private key in a file: PKCS#8, encrypted by a passphrase (RFC 5958, RFC 8018 PBES2, RFC 7914 scrypt).

``cryptography`` writes such files too, but with 2048 rounds of PBKDF2 and no way to ask for more (50.0.2, measured):
a stolen disk would be open to guessing at millions of tries a second. So the container is put together here, around
the library's own primitives, with scrypt at the strength OWASP asks for. The library, and OpenSSL, read it as it is.
"""

import base64
import os
import textwrap
import unicodedata
from pathlib import Path
from typing import Final

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from station.ca.faults import FILES_DISAGREE, KEY_NOT_ENCRYPTED, PASSPHRASE_REFUSED, PASSPHRASE_WRONG
from station.credentials.der import OCTET_STRING, element, integer, sequence
from station.domain.secret import Secret
from station.host.files import read_private_text

SHORTEST_PASSPHRASE: Final = 12
_LONGEST_PASSPHRASE: Final = 1000
"""Bytes; OpenSSL takes 1023."""

_N: Final = 2**14
_R: Final = 8
_P: Final = 5
"""OWASP's password storage sheet ranks N=2^14, p=5 with N=2^17, p=1. Only up to 16 MiB (N=2^14) does OpenSSL's
command line open the file, and a CA's key must open without this program."""

_PBES2: Final = bytes.fromhex("06092a864886f70d01050d")
_SCRYPT: Final = bytes.fromhex("06092b06010401da47040b")
_AES256_CBC: Final = bytes.fromhex("060960864801650304012a")
_BEGIN: Final = "-----BEGIN ENCRYPTED PRIVATE KEY-----"
_END: Final = "-----END ENCRYPTED PRIVATE KEY-----"


def check_passphrase(passphrase: Secret) -> None:
    """Raise CA-102 where a new key must not be protected by this passphrase."""
    text = passphrase.reveal()
    if len(text) < SHORTEST_PASSPHRASE:
        raise PASSPHRASE_REFUSED.fault(reason=f"it needs at least {SHORTEST_PASSPHRASE} characters")
    if len(_encode(passphrase)) > _LONGEST_PASSPHRASE:
        raise PASSPHRASE_REFUSED.fault(reason=f"it is longer than {_LONGEST_PASSPHRASE} bytes")
    if not text.isprintable() or text != text.strip():
        raise PASSPHRASE_REFUSED.fault(reason="it begins or ends with a space, or holds characters that don't show")
    if len(set(text)) < 4:
        raise PASSPHRASE_REFUSED.fault(reason="it repeats the same few characters")


def encrypt_key(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey, passphrase: Secret) -> bytes:
    """Return the key as an encrypted PEM file: PBES2, scrypt (16 MiB, about 0.2 s), AES-256-CBC.

    Each call has a salt and an initialisation vector of its own.
    """
    salt, vector = os.urandom(16), os.urandom(16)
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    secret = Scrypt(salt=salt, length=32, n=_N, r=_R, p=_P).derive(_encode(passphrase))
    padder, encryptor = PKCS7(128).padder(), Cipher(AES256(secret), CBC(vector)).encryptor()
    sealed = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    kdf = sequence(_SCRYPT, sequence(element(OCTET_STRING, salt), integer(_N), integer(_R), integer(_P)))
    scheme = sequence(_AES256_CBC, element(OCTET_STRING, vector))
    der = sequence(sequence(_PBES2, sequence(kdf, scheme)), element(OCTET_STRING, sealed))
    return "\n".join((_BEGIN, *textwrap.wrap(base64.b64encode(der).decode("ascii"), 64), _END, "")).encode("ascii")


def read_key(path: Path, passphrase: Secret) -> ec.EllipticCurvePrivateKey:
    """Return the P-256 key in ``path``.

    Raises HOST-101 (unreadable), HOST-104 (others can read it), CA-103 (passphrase), CA-104 (no P-256 key) or
    CA-106 (not encrypted).
    """
    text = read_private_text(path)
    if not text.startswith(_BEGIN):
        # Without detail: it may be a key in the clear.
        raise (KEY_NOT_ENCRYPTED if "PRIVATE KEY" in text else PASSPHRASE_WRONG).fault(path=path)
    if not passphrase:
        raise PASSPHRASE_WRONG.fault("empty", path=path)
    try:
        # A wrong passphrase may also come out as broken padding or ASN.1: nobody can tell it from a damaged file.
        key = load_pem_private_key(text.encode("utf-8"), _encode(passphrase))
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError) as error:
        raise PASSPHRASE_WRONG.fault(type(error).__name__, path=path) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise FILES_DISAGREE.fault(str(path), folder=path.parent, reason=f"{path.name} is no EC P-256 key")
    return key


def _encode(passphrase: Secret) -> bytes:
    # One form: keyboards and systems differ in how they spell an accented letter.
    return unicodedata.normalize("NFC", passphrase.reveal()).encode("utf-8")
