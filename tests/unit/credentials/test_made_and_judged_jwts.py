"""Tokens of a key file are what nRF Cloud takes, and any token is judged with every reason why it does not hold."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from station.credentials.jwt_making import Claims, make_jwt
from station.credentials.jwt_reading import Expected, Judgement, judge_jwt

KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = KEY.public_key()
OTHER = ec.generate_private_key(ec.SECP256R1())
NOW = datetime(2026, 11, 22, 6, 0, 0, 250_000, tzinfo=UTC)
UUID = "50503041-3539-3437-8022-121b64016270"
FULL = Claims("nrf-1", f"nRF9151.{UUID}", "aud", NOW, NOW + timedelta(minutes=10))


def judge(token: str, key: Any = PUBLIC, now: datetime = NOW, **expected: Any) -> Judgement:
    return judge_jwt(token, key, now=now, expected=Expected(**expected))


def test_a_made_token_is_a_jwt_that_others_read() -> None:
    token = make_jwt(KEY, FULL)
    read = jwt.decode(token, PUBLIC, algorithms=["ES256"], audience="aud", options={"verify_exp": False})
    at = int(NOW.timestamp())
    assert read == {"sub": "nrf-1", "iss": f"nRF9151.{UUID}", "aud": "aud", "iat": at, "exp": at + 600}
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "typ": "JWT"}


def test_nothing_is_claimed_that_was_not_asked_for() -> None:
    found = judge(make_jwt(KEY, Claims(subject="nrf-1")))
    assert (found.claims, found.holds, found.device) == ({"sub": "nrf-1"}, True, "nrf-1")
    assert "never expires" in found.notes[0]


@pytest.mark.parametrize(
    "claims",
    [
        {"subject": ""},
        {"subject": "é"},
        {"subject": "a\nb"},
        {"audience": "x" * 129},
        {"issuer": "nRF9151"},
        {"issuer": f".{UUID}"},
        {"issuer": "nRF9151.nrf-1"},
        {"issued": NOW, "expires": NOW},
    ],
)
def test_claims_that_no_device_makes_are_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Claims(**claims)


def test_only_a_p256_key_signs_and_verifies() -> None:
    wrong: Any = ec.generate_private_key(ec.SECP384R1())
    with pytest.raises(ValueError, match="P-256"):
        make_jwt(wrong, FULL)
    with pytest.raises(ValueError, match="P-256"):
        judge("a.b.c", wrong.public_key())


def test_sub_names_the_device_and_else_the_issuer_does() -> None:
    both, issuer_alone = make_jwt(KEY, FULL), make_jwt(KEY, Claims(issuer=f"nRF9151.{UUID}"))
    assert (judge(both).device, judge(issuer_alone).device) == ("nrf-1", UUID)
    assert judge(issuer_alone, devices=frozenset({UUID})).holds
    assert "speaks for" in judge(both, devices=frozenset({UUID})).wrong[0]
    neither = judge(make_jwt(KEY, Claims(audience="team")), devices=frozenset({UUID}))
    assert neither.device is None
    assert "neither sub nor" in neither.wrong[0]


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (make_jwt(OTHER, FULL), "not by this key"),
        (make_jwt(KEY, FULL)[:-8] + "AAAAAAAA", "not by this key"),
        ("", "no JWT"),
        ("a.b", "three parts"),
        ("a.b.c", "no JWT"),
        ("e30.W10.e30", "payload is no JSON object"),
        ("A" * 9000, "longer"),
        (jwt.encode({"sub": "x"}, "k" * 64, algorithm="HS256"), "HS256"),
        (jwt.encode({"sub": "x"}, None, algorithm="none"), "none"),
        (
            jwt.encode({"sub": "x"}, rsa.generate_private_key(public_exponent=65537, key_size=2048), algorithm="RS256"),
            "RS256",
        ),
        (jwt.encode({"sub": "x"}, KEY, algorithm="ES256", headers={"crit": ["exp"]}), "crit"),
        (jwt.encode({"sub": "x", "exp": int(NOW.timestamp())}, KEY, algorithm="ES256"), "expired at 2026-11-22"),
        (jwt.encode({"sub": "x", "exp": int(NOW.timestamp()) - 7200}, KEY, algorithm="ES256"), "2 hours ago"),
        (jwt.encode({"sub": "x", "iat": int(NOW.timestamp()) + 3600}, KEY, algorithm="ES256"), "60 minutes from now"),
        (jwt.encode({"sub": "x", "nbf": int(NOW.timestamp()) + 3600}, KEY, algorithm="ES256"), "counts only from"),
    ],
)
def test_every_reason_is_told(token: str, why: str) -> None:
    found = judge(token)
    assert not found.holds
    assert why in " | ".join(found.wrong)


def test_it_holds_until_the_second_in_which_it_expires() -> None:
    ends = NOW.replace(microsecond=0) + timedelta(minutes=10)
    token = make_jwt(KEY, Claims(subject="x", expires=ends))
    assert judge(token, now=ends - timedelta(microseconds=1)).holds
    assert judge(token, now=ends).wrong[0].startswith("it expired")


@pytest.mark.parametrize("value", [True, "1", -1, 1e300, [1]])
def test_a_time_that_is_none_is_told(value: object) -> None:
    text = json.dumps({"exp": value}).encode()
    token = jwt.PyJWS(algorithms=["ES256"]).encode(text, KEY, algorithm="ES256")
    assert judge(token).wrong == ("its exp is no time",)


def test_all_reasons_are_told_at_once() -> None:
    token = make_jwt(OTHER, Claims("nrf-1", None, "b", NOW - timedelta(days=9), NOW - timedelta(days=8)))
    wrong = judge(token, audience="a", subject="nrf-2", devices=frozenset({"nrf-3"})).wrong
    assert len(wrong) == 5
    assert judge(make_jwt(KEY, FULL), audience="aud", subject="nrf-1", devices=frozenset({"nrf-1"})).holds


def test_an_audience_may_be_a_list() -> None:
    token = jwt.encode({"aud": ["a", "b"]}, KEY, algorithm="ES256")
    assert judge(token, audience="b").holds
    assert not judge(token, audience="c").holds


def test_a_public_key_is_never_taken_for_a_secret() -> None:
    """The oldest trick: a token signed by HMAC with the public key as its secret."""
    header, claims = (base64.urlsafe_b64encode(json.dumps(one).encode()) for one in ({"alg": "HS256"}, {"sub": "x"}))
    text = b".".join(part.rstrip(b"=") for part in (header, claims)).decode()
    found = judge(f"{text}.{'A' * 43}")
    assert any("HS256" in why for why in found.wrong)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_changed_token_holds(data: st.DataObject) -> None:
    token = make_jwt(KEY, FULL)
    at = data.draw(st.integers(0, len(token) - 1))
    changed = token[:at] + data.draw(st.text(max_size=3)) + token[at + data.draw(st.integers(0, 4)) :]
    if changed != token:
        assert not judge(changed).holds
