"""What devices say of their keys and of themselves, read strictly from what the entries hold.

A part of `verify.py`, which is copied into every bundle: it imports the standard library and `cryptography` alone.
"""

import hashlib
import json
import re
import struct
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

# In a bundle's verify.py, what is imported here stands above.
from station.evidence.forms import Broken, require, unbase64

# --- What a modem says of its key ------------------------------------------------------------------------------------

ECDSA = ec.ECDSA(hashes.SHA256())
_NULL, CLEAN = bytes.fromhex("300c06082a8648ce3d0403020500"), bytes.fromhex("300a06082a8648ce3d040302")
_COSE = re.compile(
    rb"\xd2\x84\x43\xa1\x01\x26\xa1\x04\x41.\x58.\xd9\xd9\xf7\x85([\x08\x09])\x50(.{16})"
    rb"(?:\x41|\x42\x18|\x43\x19|\x45[\x1a\x3a])(.{1,4})\x58\x20(.{32})\x50.{16}\x58\x40.{64}",
    re.DOTALL,
)
_ATTESTED = re.compile(
    rb"\xd9\xd9\xf7\x85\x01\x50(.{16})(?:([\x00-\x17])|\x18(.)|\x19(..))\x50(.{16})\x50.{16}", re.DOTALL
)
_DETACHED = re.compile(rb"\xd2\x84\x43\xa1\x01\x26\xa1\x04\x41.\xf6\x58\x40.{64}", re.DOTALL)
_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


def check_keygen(text: str, name: str) -> tuple[str, str, str]:
    """Return key's SHA-256, UUID and CSR's SHA-256 of a modem's answer to %KEYGEN for ``name``; raise where it is not.

    The CSR is signed by its own key, and the modem's COSE message holds its SHA-256. Modems put a NULL into the CSR
    that RFC 5758 forbids and nothing signs: it is left out for reading.
    """
    csr, cose = unhalve(text)
    clean, found = csr, _COSE.fullmatch(cose)
    if _NULL in csr:
        inner = inside(csr).replace(_NULL, CLEAN)
        clean = (
            b"\x30\x82" + struct.pack(">H", len(inner)) if len(inner) > 255 else bytes((0x30, 0x81, len(inner)))
        ) + inner
    spki, digest = check_request(clean, name), hashlib.sha256(csr)
    about = found is not None and found[1] == b"\x09" and found[4] == digest.digest()
    require(about, "the modem's message is not about this CSR")
    return spki, hyphenated(found[2] if found else b""), digest.hexdigest()


def check_request(csr: bytes, name: str) -> str:
    """Return the SHA-256 of the key of a CSR that is for ``name`` alone and signed by its own key."""
    request = x509.load_der_x509_csr(csr)
    signed = request.tbs_certrequest_bytes
    _, subject, spki, *_ = elements(inside(signed))
    require(is_named(subject, name), f"the CSR is not for {name} alone")
    p256(request).verify(request.signature, signed, ECDSA)
    return hashlib.sha256(spki).hexdigest()


def unhalve(text: str) -> list[bytes]:
    """Return what stands between the dots of a modem's text, decoded (base64url without padding)."""
    return [unbase64(part + "=" * (-len(part) % 4)) for part in text.replace("-", "+").replace("_", "/").split(".")]


def hyphenated(uuid: bytes) -> str:
    text = uuid.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def p256(holder: x509.Certificate | x509.CertificateSigningRequest) -> ec.EllipticCurvePublicKey:
    """Return the key in it, which is of P-256."""
    key = holder.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Broken("a key is not of P-256")
    return key


def elements(data: bytes) -> list[bytes]:
    """Return the DER elements that lie one behind the other (X.690 section 8.1)."""
    found, at, end = list[bytes](), 0, len(data)
    while at < end:
        begin, length = at, data[at + 1]
        at += 2
        if length > 0x7F:
            at += length & 0x7F
            length = int.from_bytes(data[begin + 2 : at], "big")
        at += length
        found.append(data[begin:at])
    return found


def inside(element: bytes) -> bytes:
    return element[2 + (element[1] & 0x7F if element[1] & 0x80 else 0) :]


def is_named(subject: bytes, name: str) -> bool:
    """Return whether a DER Name is one common name, this one, as UTF8String or PrintableString."""
    size = len(name)
    outer = bytes((0x30, size + 11, 0x31, size + 9, 0x30, size + 7)) + b"\x06\x03\x55\x04\x03"
    inner = bytes((size,)) + name.encode("ascii")
    return subject == outer + b"\x0c" + inner or subject == outer + b"\x13" + inner


# --- What a unit's way rests on ---------------------------------------------------------------------------------------

WITNESS = {
    "certificate": "generate-key",
    "public-key": "generate-key",
    "station-key": "generate-key",
    "station-key-modem": "generate-key",
    "device-shell": "generate-key",
    "attestation": "attest",
    "nrf93m1": "enrol",
}
"""The step whose results show, in each way, what the cloud is told of a unit."""
UNVOUCHED = ("station-key", "station-key-modem", "device-shell")
"""Ways whose keys no modem's own statement is about, so that nothing in it names one."""


def check_told(told: Any, meant: tuple[str, str]) -> None:
    """Return where what a device said is what an entry tells of it, by its recipe's way and its device ID."""
    way, name = meant
    match way:
        case "certificate":
            same = check_keygen(told["keygen"], name) == (told["spki_sha256"], told["uuid"], told["csr_sha256"])
        case "public-key":
            same = _public_key(told["keygen"]) == (told["spki_sha256"], told["uuid"])
        case "attestation":
            same = _attested(told["attestation"]) == (told["uuid"], told["device_type"], told["firmware_uuid"])
        case "nrf93m1":
            same = _enrolled(told)
        case _:
            csr = unbase64(told["csr"])
            same = (check_request(csr, name), hashlib.sha256(csr).hexdigest()) == (
                told["spki_sha256"],
                told["csr_sha256"],
            )
    require(same, "the device's answer is not what the entry says of it")


def _public_key(text: str) -> tuple[str, str]:
    """Return key's SHA-256 and UUID of a modem's answer about a bare public key."""
    key, cose = unhalve(text)
    found, digest = _COSE.fullmatch(cose), hashlib.sha256(key)
    require(key.startswith(_SPKI) and len(key) == len(_SPKI) + 64, "the key is not of P-256")
    about = found is not None and found[1] == b"\x08" and found[4] == digest.digest()
    require(about, "the modem's message is not about this key")
    return digest.hexdigest(), hyphenated(found[2] if found else b"")


def _attested(text: str) -> tuple[str, int, str]:
    """Return UUID, device type and firmware's UUID of an attestation token."""
    body, cose = unhalve(text)
    found = _ATTESTED.fullmatch(body)
    require(found and _DETACHED.fullmatch(cose), "the attestation token is not as modems write it")
    kind = b"".join(found[at] or b"" for at in (2, 3, 4)) if found else b""
    return hyphenated(found[1] if found else b""), int.from_bytes(kind, "big"), hyphenated(found[5] if found else b"")


def _enrolled(told: Any) -> bool:
    """Return whether an onboarding token is for this device and account, and signed by the access key."""
    spki, signed = unbase64(told["access_key"]), told["onboarding"].rpartition(".")[0].encode("ascii")
    header, claims, signature = unhalve(told["onboarding"])
    require(json.loads(header)["alg"] == "ES256" and len(signature) == 64, "the token is not signed as modems do")
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    key = load_der_public_key(spki)
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Broken("a key is not of P-256")
    key.verify(encode_dss_signature(r, s), signed, ECDSA)
    said = json.loads(claims)
    wanted = (hashlib.sha256(spki).hexdigest(), said["sub"].lower(), said["id"])
    return wanted == (told["spki_sha256"], told["uuid"], told["account"])
