"""What devices said in each way is read again from the record, and anything that was changed in it is found."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from station.credentials.requests import make_key
from station.domain.ids import DeviceId
from station.domain.ways import Way
from station.evidence.forms import Broken
from station.evidence.modem_proofs import WITNESS, check_told
from station.evidence.story import UNREADABLE
from station.simulator.keys import KeyPair
from station.simulator.tokens import PUBLIC_KEY_MESSAGE, attestation_text, keygen_text

MODEM = UUID("50343956-3131-435b-80c7-1808b626dcb9")
FIRMWARE = UUID("11111111-2222-4333-8444-555555555555")
NAME = DeviceId("gateway-1")
Told = dict[str, Any]


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def attested(device_type: int = 6) -> Told:
    text = attestation_text(
        uuid=MODEM.bytes, device_type=device_type, firmware_uuid=FIRMWARE.bytes, nonce=None, identity=KeyPair.generate()
    )
    return {
        "attestation": text,
        "uuid": str(MODEM),
        "device_type": device_type,
        "firmware_uuid": str(FIRMWARE),
    }


def bare() -> Told:
    key = KeyPair.generate()
    text = keygen_text(
        key.spki,
        message=PUBLIC_KEY_MESSAGE,
        uuid=MODEM.bytes,
        sec_tag=16842753,
        identity=KeyPair.generate(),
        body_as_aad=False,
    )
    return {"keygen": text, "uuid": str(MODEM), "spki_sha256": sha256(key.spki)}


def requested() -> Told:
    _, request = make_key(NAME)
    return {
        "csr": base64.b64encode(request.csr.der).decode(),
        "csr_sha256": request.csr_sha256,
        "spki_sha256": request.spki_sha256,
    }


def enrolled(header: object = None, **claims: object) -> Told:
    key = ec.generate_private_key(ec.SECP256R1())
    parts = (header or {"alg": "ES256", "typ": "JWT"}, {"sub": str(MODEM), "id": "team-1"} | claims)
    signed = ".".join(b64url(json.dumps(part).encode()) for part in parts)
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        "onboarding": f"{signed}.{b64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}",
        "access_key": base64.b64encode(spki).decode(),
        "spki_sha256": sha256(spki),
        "uuid": str(MODEM),
        "account": "team-1",
    }


@dataclass(frozen=True)
class Made:
    way: Way
    make: Callable[[], Told]
    name: str = NAME


WAYS = (
    Made(Way.ATTESTATION, attested),
    Made(Way.PUBLIC_KEY, bare),
    Made(Way.STATION_KEY, requested),
    Made(Way.STATION_KEY_MODEM, requested),
    Made(Way.DEVICE_SHELL, requested),
    Made(Way.NRF93M1, enrolled),
)


def refuses(told: Told, way: Way, name: str = NAME) -> bool:
    try:
        check_told(told, (way, name))
    except (Broken, *UNREADABLE):
        return True
    return False


@pytest.mark.parametrize("made", WAYS, ids=lambda made: made.way)
def test_what_a_device_said_holds_and_nothing_in_it_can_be_changed(made: Made) -> None:
    told = made.make()
    assert not refuses(told, made.way)
    other = made.make()
    # Two attestation tokens of one modem differ in their nonce, and its signature can't be verified.
    alike = {"attestation", "uuid", "device_type", "firmware_uuid", "account"}
    for field in told:
        assert field in alike or refuses(told | {field: other[field]}, made.way), field
        changed = 7 if isinstance(told[field], int) else told[field][:-3] + "".join(reversed(told[field][-3:])) + "A"
        assert refuses(told | {field: changed}, made.way), field
        assert refuses({key: value for key, value in told.items() if key != field}, made.way), field


@pytest.mark.parametrize("device_type", [0, 6, 23, 24, 255, 256, 65535])
def test_every_device_type_that_a_token_can_name_is_read(device_type: int) -> None:
    assert not refuses(attested(device_type), Way.ATTESTATION)


def test_a_key_s_token_is_no_attestation_and_the_other_way_round() -> None:
    assert refuses(attested() | {"attestation": bare()["keygen"]}, Way.ATTESTATION)
    assert refuses(bare() | {"keygen": attested()["attestation"]}, Way.PUBLIC_KEY)


def test_a_request_for_another_name_or_of_another_key_is_refused() -> None:
    assert refuses(requested(), Way.STATION_KEY, "gateway-2")
    assert refuses(requested() | {"spki_sha256": requested()["spki_sha256"]}, Way.DEVICE_SHELL)


@pytest.mark.parametrize(
    "told",
    [
        enrolled(sub="50343956-3131-435b-80c7-000000000000"),
        enrolled(id="team-2"),
        enrolled({"alg": "none", "typ": "JWT"}),
        enrolled() | {"access_key": base64.b64encode(KeyPair.generate().spki).decode()},
    ],
    ids=["another device", "another account", "unsigned", "another key"],
)
def test_an_onboarding_token_that_is_another_s_is_refused(told: Told) -> None:
    assert refuses(told, Way.NRF93M1)


def test_every_way_rests_on_a_step() -> None:
    assert set(WITNESS) == {way.value for way in Way}
