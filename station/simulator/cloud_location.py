"""What tools ask the simulated cloud for: assistance data, and a certificate for development.

GetAssistanceData as the API describes it: ``POST /location/agnss`` with a device's JWT, a Range, and 206. The data is
no data: the first byte is the schema's version as in genuine data, the rest is made by chance, the same for all.
CreateDeviceCertificate as in the nrf-cloud-api reference, section 1.4; any code of six characters owns any device.
"""

import json
import random
import re
from datetime import timedelta
from typing import Final

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from station.host.clock import Clock
from station.simulator.cloud_http import Answer, Request
from station.simulator.cloud_world import World

ASSISTANCE: Final = b"\x01" + random.Random("assistance").randbytes(2687)  # noqa: S311 -- a simulation, no secret
_RANGE = re.compile(r"bytes=(\d{1,9})-(\d{1,9})")
_CODE = re.compile(r"[!-~]{6,64}")
_TYPES: Final = frozenset({*range(1, 10), 11, 12, 13})


def serve_tools(world: World, clock: Clock, request: Request) -> Answer | None:
    """Answer a request of a tool; None where it is none."""
    match request.method, request.path.removeprefix("/v1").strip("/").split("/"):
        case "POST", ["location", "agnss"]:
            return _assist(world, clock, request)
        case "POST", ["devices", device_id, "certificates"]:
            return _create(world, clock, request, device_id)
    return None


def _assist(world: World, clock: Clock, request: Request) -> Answer:
    if not _is_device(world, clock, request.bearer):
        return _refused(401, 40100, "Access denied: the JSON Web Token is not valid.")
    try:
        types = json.loads(request.body or b"{}").get("types", [1])
        known = isinstance(types, list) and set(types) <= _TYPES
    except (ValueError, AttributeError, TypeError):
        known = False
    if not known:
        return _refused(422, 42200, "Validation failed.")
    wanted = _RANGE.fullmatch(request.headers.get("range", ""))
    kind = {"Content-Type": "application/octet-stream"}
    if wanted is None:
        return Answer(200, ASSISTANCE, kind)
    first, last = int(wanted[1]), min(int(wanted[2]), len(ASSISTANCE) - 1)
    if first > last:
        return Answer(416, b"", {"Content-Range": f"bytes */{len(ASSISTANCE)}"})
    place = {"Content-Range": f"bytes {first}-{last}/{len(ASSISTANCE)}"}
    return Answer(206, ASSISTANCE[first : last + 1], kind | place)


def _is_device(world: World, clock: Clock, token: str) -> bool:
    """Whether a device that is known signed the token: ``sub`` names it, or else ``iss`` (``<hardware>.<ID>``)."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        name = claims.get("sub", str(claims.get("iss", "")).rpartition(".")[2])
        device = world.device(str(name))
        if device is None or device.key is None:
            return False
        jwt.PyJWS(algorithms=["ES256"]).decode(token, device.key, algorithms=["ES256"])
    except jwt.PyJWTError:
        return False
    expires = claims.get("exp")
    return expires is None or (type(expires) is int and clock.now().timestamp() < expires)


def _create(world: World, clock: Clock, request: Request, device_id: str) -> Answer:
    if world.team_of(request.bearer) is None:
        return _refused(401, 40100, "Access denied: the API key is not valid.")
    if not _CODE.fullmatch(request.body.decode("latin-1")):
        return _refused(401, 40102, "The ownership code is not valid.")
    root, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    made = {
        "clientId": device_id,
        "caCert": _certify(clock, "Simulated root", root, root),
        "clientCert": _certify(clock, device_id, key, root),
        "privateKey": key.private_bytes(*form).decode("ascii"),
    }
    return Answer.of_json(201, made)


def _certify(clock: Clock, name: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey) -> str:
    now = clock.now()
    subject, issuer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (name, "Simulated root"))
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now)
    builder = builder.not_valid_after(now + timedelta(days=3650))
    return builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM).decode("ascii")


def _refused(status: int, code: int, message: str) -> Answer:
    return Answer.of_json(status, {"code": code, "message": message})
