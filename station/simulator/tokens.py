"""The signed texts of a simulated modem: %KEYGEN, %ATTESTTOKEN and %JWT."""

import hashlib
import json
import secrets

import cbor2

from station.simulator.encoding import b64url
from station.simulator.keys import KeyPair

_PROTECTED = bytes.fromhex("a10126")  # {1: -7}, ES256
_IDENTITY_KEY = {4: b"\x21"}  # kid: a byte string that holds CBOR -2, the identity key
_COSE_SIGN1 = 18
_SELF_DESCRIBED = 55799

CSR_MESSAGE = 9
PUBLIC_KEY_MESSAGE = 8


def keygen_text(
    body: bytes,
    *,
    message: int,
    uuid: bytes,
    sec_tag: int,
    identity: KeyPair,
    body_as_aad: bool,
    digest: bytes | None = None,
    broken_signature: bool = False,
) -> str:
    """Return what %KEYGEN prints between its quotes: ``body`` and a COSE_Sign1 over its digest, both base64url.

    ``body_as_aad`` is how nRF9160 firmware of 2021 signed (external_aad is the body); else external_aad is empty.
    ``digest`` and ``broken_signature`` are for tokens that must be refused.
    """
    claims = [message, uuid, cbor2.dumps(sec_tag), digest or hashlib.sha256(body).digest(), secrets.token_bytes(16)]
    payload = cbor2.dumps(cbor2.CBORTag(_SELF_DESCRIBED, claims))
    aad = body if body_as_aad else b""
    cose = _sign(identity, payload, external_aad=aad, broken=broken_signature)
    return f"{b64url(body)}.{b64url(cose)}"


def attestation_text(
    *, uuid: bytes, device_type: int, firmware_uuid: bytes, nonce: bytes | None, identity: KeyPair
) -> str:
    """Return what %ATTESTTOKEN prints between its quotes; the COSE payload is nil, the message is external_aad."""
    claims = [1, uuid, device_type, firmware_uuid, nonce or secrets.token_bytes(16)]
    body = cbor2.dumps(cbor2.CBORTag(_SELF_DESCRIBED, claims))
    return f"{b64url(body)}.{b64url(_sign(identity, None, external_aad=body))}"


def device_jwt(
    key: KeyPair,
    *,
    hardware: str,
    uuid: str,
    firmware_uuid: str,
    subject: str,
    audience: str,
    issued: int | None,
    seconds: int,
) -> str:
    """Return what %JWT prints between its quotes: ES256; ``iat`` and ``exp`` only where ``issued`` is given.

    Both JSON parts end in blanks up to a multiple of three bytes, as genuine tokens do (sdk-nrf's modem_jwt tests),
    so a reader that compares texts instead of parsing stumbles here too.
    """
    header = {"typ": "JWT", "alg": "ES256", "kid": hashlib.sha256(key.spki).hexdigest()}
    claims: dict[str, object] = {
        "iss": f"{hardware}.{uuid}",
        "jti": f"{hardware}.{firmware_uuid}.{secrets.token_hex(16)}",
    }
    if issued is not None:
        claims |= {"iat": issued, "exp": issued + seconds}
    if subject:
        claims["sub"] = subject
    if audience:
        claims["aud"] = audience
    signed = f"{_part(header)}.{_part(claims)}"
    return f"{signed}.{b64url(key.sign_raw(signed.encode()))}"


def _part(value: dict[str, object] | dict[str, str]) -> str:
    text = json.dumps(value, separators=(",", ":")).encode()
    return b64url(text + b" " * (-len(text) % 3))


def _sign(identity: KeyPair, payload: bytes | None, *, external_aad: bytes, broken: bool = False) -> bytes:
    # RFC 9052 section 4.4; where the payload is detached the modem puts nil here too (at-commands section 1).
    structure = cbor2.dumps(["Signature1", _PROTECTED, external_aad, payload])
    signature = identity.sign_raw(structure if not broken else structure + b"\0")
    return cbor2.dumps(cbor2.CBORTag(_COSE_SIGN1, [_PROTECTED, _IDENTITY_KEY, payload, signature]))
