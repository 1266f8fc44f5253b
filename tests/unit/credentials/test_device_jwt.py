"""A modem's JWT proves its key only by ES256, for the audience asked, by this station's clock."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from station.credentials.jwt import check_device_jwt
from station.domain.ids import DeviceUuid
from tests.unit.credentials.conftest import Refused

KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = KEY.public_key()
NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
UUID = DeviceUuid("50503041-3539-3437-8022-121b64016270")
AUDIENCE = "station-7f3a"
CLAIMS: dict[str, Any] = {
    "aud": AUDIENCE,
    "iss": f"nRF9151.{UUID}",
    "jti": f"nRF9151.{UUID}.0a0b",
    "iat": AT,
    "exp": AT + 600,
}


def encode(claims: dict[str, Any], *, key: Any = KEY, algorithm: str = "ES256", **header: Any) -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers=header or None)


def part(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def signed(header: object, payload: object) -> str:
    """A token of any two parts under a right signature."""
    text = f"{part(header)}.{part(payload)}"
    return f"{text}.{part(jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).sign(text.encode(), KEY))}"


def check(token: str, **other: Any) -> Any:
    arguments: dict[str, Any] = {"public_key": PUBLIC, "audience": AUDIENCE, "now": NOW} | other
    return check_device_jwt(token, **arguments)


def test_a_right_token_gives_its_claims() -> None:
    found = check(encode(CLAIMS | {"sub": "nrf-1"}, kid="a" * 64), uuid=UUID, subject="nrf-1")
    assert (found.audience, found.subject, found.hardware, found.uuid) == (AUDIENCE, "nrf-1", "nRF9151", UUID)
    assert (found.issued, found.expires) == (NOW, NOW + timedelta(minutes=10))


def test_a_token_without_times_or_issuer_is_taken() -> None:
    found = check(encode({"aud": AUDIENCE}), uuid=UUID)
    assert (found.issued, found.expires, found.uuid) == (None, None, None)


def test_another_key_is_told_as_what_it_means(refused: Refused) -> None:
    with refused("CRED-133", "does not belong to the certificate"):
        check(encode(CLAIMS, key=ec.generate_private_key(ec.SECP256R1())))


def test_every_flipped_bit_of_the_signature_is_noticed(refused: Refused) -> None:
    text, _, signature = encode(CLAIMS).rpartition(".")
    data = base64.urlsafe_b64decode(signature + "==")
    for at in range(64):
        changed = bytearray(data)
        changed[at] ^= 0x20
        with refused("CRED-133"):
            check(f"{text}.{part(bytes(changed))}")


def test_other_algorithms_are_refused_whatever_signs(refused: Refused) -> None:
    pem = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(CLAIMS)}"
    # The classic confusion: the public key as an HMAC's secret. Made by hand, for the library refuses to.
    confused = hmac.new(pem, text.encode(), hashlib.sha256).digest()
    rsa_key = rsa.generate_private_key(65537, 2048)
    for token in (
        f"{text}.{part(confused + confused)}",
        f"{part({'alg': 'none'})}.{part(CLAIMS)}.{part(bytes(64))}",
        f"{part({'alg': 'es256'})}.{part(CLAIMS)}.{part(bytes(64))}",
        f"{part({'alg': 'ES384'})}.{part(CLAIMS)}.{part(bytes(64))}",
        f"{part({'alg': ['ES256']})}.{part(CLAIMS)}.{part(bytes(64))}",
        f"{part({'typ': 'JWT'})}.{part(CLAIMS)}.{part(bytes(64))}",
    ):
        with refused("CRED-132"):
            check(token)
    with refused("CRED-131", "64 bytes"):
        check(encode(CLAIMS, key=rsa_key, algorithm="RS256"))
    with refused("CRED-131", "64 bytes"):
        check(f"{part({'alg': 'none'})}.{part(CLAIMS)}.")


@pytest.mark.parametrize("other", ["station-7f3b", "STATION-7F3A", "", " station-7f3a"])
def test_the_audience_must_be_equal(refused: Refused, other: str) -> None:
    with refused("CRED-134", "audience"):
        check(encode(CLAIMS | {"aud": other}))


def test_the_subject_asked_for_must_be_claimed(refused: Refused) -> None:
    for claims in (CLAIMS, CLAIMS | {"sub": "nrf-2"}):
        with refused("CRED-134", "subject"):
            check(encode(claims), subject="nrf-1")


def test_another_modems_token_is_refused(refused: Refused) -> None:
    with refused("CRED-134", "modem"):
        check(encode(CLAIMS), uuid=DeviceUuid(UUID[:-1] + "1"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"iat": AT - 601}, "-601 s off"),
        ({"iat": AT + 601}, "+601 s off"),
        ({"iat": 0, "exp": 600}, "s off"),
        ({"exp": AT}, "valid for 0 s"),
        ({"exp": AT - 1}, "valid for -1 s"),
        ({"exp": AT + 7 * 86400 + 1}, "valid for 604801 s"),
        ({"exp": 253402300799}, "valid for"),
    ],
)
def test_a_token_not_made_now_is_refused(refused: Refused, change: dict[str, int], reason: str) -> None:
    with refused("CRED-135", reason):
        check(encode(CLAIMS | change))


@pytest.mark.parametrize("iat", [AT - 600, AT + 600])
def test_small_differences_between_clocks_are_taken(iat: int) -> None:
    assert check(encode(CLAIMS | {"iat": iat, "exp": iat + 7 * 86400})).issued is not None


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({}, "audience"),
        ({"aud": [AUDIENCE]}, "aud is no text"),
        ({"aud": None}, "aud is no text"),
        ({"aud": AUDIENCE, "sub": 7}, "sub is no text"),
        ({"aud": AUDIENCE, "sub": "\ud800"}, "sub is no text"),
        ({"aud": AUDIENCE, "iss": UUID}, "issuer"),
        ({"aud": AUDIENCE, "iss": f".{UUID}"}, "issuer"),
        ({"aud": AUDIENCE, "iss": "nRF9151.x"}, "no device UUID"),
        ({"aud": AUDIENCE, "iat": AT}, "only one"),
        ({"aud": AUDIENCE, "exp": AT + 9}, "only one"),
        ({"aud": AUDIENCE, "iat": float(AT), "exp": AT + 9}, "iat is no time"),
        ({"aud": AUDIENCE, "iat": True, "exp": AT + 9}, "iat is no time"),
        ({"aud": AUDIENCE, "iat": str(AT), "exp": AT + 9}, "iat is no time"),
        ({"aud": AUDIENCE, "iat": AT, "exp": 253402300800}, "exp is no time"),
        ({"aud": AUDIENCE, "iat": -1, "exp": AT}, "iat is no time"),
        ({"aud": AUDIENCE, "iat": AT, "exp": None}, "exp is no time"),
        ({"aud": AUDIENCE, "nbf": AT}, "nbf"),
    ],
)
def test_claims_of_another_shape_are_refused(refused: Refused, claims: dict[str, Any], reason: str) -> None:
    with refused("CRED-131", reason):
        check(signed({"alg": "ES256", "typ": "JWT"}, claims))


@pytest.mark.parametrize(
    ("header", "payload", "reason"),
    [
        ({"alg": "ES256", "crit": ["b64"], "b64": False}, CLAIMS, "more than alg"),
        ({"alg": "ES256", "jwk": {}}, CLAIMS, "more than alg"),
        ({"alg": "ES256", "jku": "https://example.org"}, CLAIMS, "more than alg"),
        ({"alg": "ES256", "typ": "JWE"}, CLAIMS, "more than alg"),
        ({"alg": "ES256", "kid": 7}, CLAIMS, "more than alg"),
        (b'{"alg":"none","alg":"ES256"}', CLAIMS, "twice"),
        (b"[]", CLAIMS, "no JSON object"),
        (b"\xff", CLAIMS, "no JSON"),
        (b"[" * 900, CLAIMS, "header"),
        ({"alg": "ES256"}, b'{"aud":"a","aud":"station-7f3a"}', "twice"),
        ({"alg": "ES256"}, b'{"aud":NaN}', "no JSON"),
        ({"alg": "ES256"}, b"{} {}", "no JSON"),
        ({"alg": "ES256"}, b"", "no JSON"),
    ],
)
def test_headers_and_payloads_of_another_shape_are_refused(
    refused: Refused, header: object, payload: object, reason: str
) -> None:
    with refused("CRED-131", reason):
        check(signed(header, payload))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda text: text.rpartition(".")[0], "three parts"),
        (lambda text: text + ".", "three parts"),
        (lambda text: text + "=", "base64url"),
        (lambda text: text[:-1], "base64url"),
        (lambda text: text + "\n", "base64url"),
        (lambda text: text * 8, "longer than 2048"),
        (lambda text: text.replace(".", "..", 1), "three parts"),
    ],
)
def test_a_damaged_token_is_refused(refused: Refused, damage: Any, reason: str) -> None:
    with refused("CRED-131", reason):
        check(damage(encode(CLAIMS)))


def test_no_fault_quotes_the_token(refused: Refused) -> None:
    """A JWT with an expiry is a credential until then."""
    token = encode(CLAIMS)
    _, payload, signature = token.split(".")
    for code, arguments in (
        ("CRED-134", {"audience": "other"}),
        ("CRED-135", {"now": NOW + timedelta(days=1)}),
        ("CRED-133", {"public_key": ec.generate_private_key(ec.SECP256R1()).public_key()}),
    ):
        with refused(code) as caught:
            check(token, **arguments)
        assert signature not in str(caught.value)
        assert payload not in str(caught.value)


def test_a_key_of_another_curve_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="P-256"):
        check(encode(CLAIMS), public_key=ec.generate_private_key(ec.SECP384R1()).public_key())
