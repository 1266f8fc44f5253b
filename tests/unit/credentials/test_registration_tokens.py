"""The nRF93M1's registration token: taken only from its own key, for its own device and account, in time."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from station.credentials import base64url
from station.credentials.registration import LIFE, RegistrationToken, check_registration_token
from station.domain.faults import Fault
from station.domain.ids import DeviceUuid

KEY = ec.generate_private_key(ec.SECP256R1())
UUID = DeviceUuid("14a6feca-c4f0-44e1-a6dd-af0ac9375923")
TENANT = "3634e806-25e1-43ba-8bfa-2845a9aa243b"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
# The first two parts of the token in the vendor's own guide; its signature was left out there.
GENUINE = (
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxNGE2ZmVjYS1jNGYwLTQ0ZTEtYTZkZC1hZjBhYzkzNzU5MjMiLCJpZCI6IjM2Mz"
    "RlODA2LTI1ZTEtNDNiYS04YmZhLTI4NDVhOWFhMjQzYiJ9"
)


def sign(signed: str, key: ec.EllipticCurvePrivateKey = KEY) -> str:
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{base64url.encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def token(header: object = None, key: ec.EllipticCurvePrivateKey = KEY, **claims: object) -> str:
    parts = (header or {"alg": "ES256", "typ": "JWT"}, {"sub": UUID, "id": TENANT} | claims)
    return sign(".".join(base64url.encode(json.dumps(part).encode()) for part in parts), key)


def check(text: str) -> RegistrationToken:
    return check_registration_token(text, public_key=KEY.public_key(), uuid=UUID, tenant=TENANT, now=NOW)


def test_a_token_as_in_the_vendors_guide_is_taken() -> None:
    read = check(sign(GENUINE))
    assert (read.uuid, read.tenant, read.expires) == (UUID, TENANT, NOW + LIFE)
    assert read.token.reveal() == sign_of(read)
    assert "eyJ" not in repr(read)


def sign_of(read: RegistrationToken) -> str:
    return f"{GENUINE}.{read.token.reveal().rpartition('.')[2]}"


def test_its_own_end_counts_where_it_names_one() -> None:
    now = int(NOW.timestamp())
    assert check(token(iat=now, exp=now + 600)).expires == NOW + timedelta(minutes=10)
    assert check(token(iat=now - 60)).expires == NOW - timedelta(minutes=1) + LIFE


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        (token(key=ec.generate_private_key(ec.SECP256R1())), "CRED-136", "did not sign"),
        (token(sub="24a6feca-c4f0-44e1-a6dd-af0ac9375923"), "CRED-136", "another device"),
        (token(sub=7), "CRED-136", "another device"),
        (token(id="another"), "CRED-136", "another account"),
        (token(id=None), "CRED-136", "another account"),
        (token(iat=int(NOW.timestamp()) - 3600), "CRED-136", "off"),
        (token(exp=int(NOW.timestamp()) - 1), "CRED-136", "valid for -1 s"),
        (token(exp=int(NOW.timestamp()) + 8 * 86400), "CRED-136", "valid for 691200 s"),
        (token(exp=True), "CRED-131", "no time"),
        (token({"alg": "none"}), "CRED-132", ""),
        (token({"alg": "ES256", "jku": "https://x"}), "CRED-131", "more than"),
        ("a.b", "CRED-131", "three parts"),
        ("x" * 3000, "CRED-131", "longer"),
    ],
)
def test_any_other_is_refused(text: str, code: str, reason: str) -> None:
    with pytest.raises(Fault) as caught:
        check(text)
    assert caught.value.code == code
    assert reason in caught.value.sentence
    assert text not in f"{caught.value.sentence} {caught.value.detail}"


@given(st.text(max_size=200) | st.binary(max_size=90).map(lambda data: sign(base64url.encode(data) + ".e30")))
def test_nothing_but_a_fault_comes_of_anything(text: str) -> None:
    with pytest.raises(Fault):
        check(text)
