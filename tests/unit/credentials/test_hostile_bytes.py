"""Whatever arrives, the readers raise declared faults and nothing else, and never take changed content for good."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from station.credentials.attestation import read_attestation
from station.credentials.checks import check_keygen
from station.credentials.csr import read_csr
from station.credentials.jwt import check_device_jwt
from station.credentials.keygen import read_keygen
from station.credentials.pem import read_certificates
from station.domain.faults import Fault
from station.domain.ids import DeviceId

RECORDED = Path(__file__).parents[3] / "fixtures" / "recorded"
SAMPLES = json.loads((RECORDED / "modem-output.json").read_text(encoding="utf-8"))
GENUINE = [s["text"] for s in SAMPLES if s["kind"] in ("keygen_csr", "keygen_pubkey", "attesttoken")]
ROOT = (RECORDED / "amazon-root-ca-1.pem").read_text(encoding="ascii")
KEY = ec.generate_private_key(ec.SECP256R1())
NOW = datetime(2026, 11, 22, tzinfo=UTC)
TOKEN = jwt.encode({"aud": "a", "iat": 1795305600, "exp": 1795305660}, KEY, algorithm="ES256")


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@st.composite
def mutated(draw: st.DrawFn, data: bytes) -> bytes:
    """`data` with a few bytes changed, taken out, put in or repeated."""
    result = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(result)))
        match draw(st.integers(0, 3)):
            case 0 if at < len(result):
                result[at] = draw(st.integers(0, 255))
            case 1:
                del result[at : at + draw(st.integers(1, 8))]
            case 2:
                result[at:at] = draw(st.binary(min_size=1, max_size=8))
            case _:
                result[at:at] = result[at : at + draw(st.integers(1, 40))]
    return bytes(result)


@st.composite
def mutated_tokens(draw: st.DrawFn) -> str:
    """A genuine token with damage under its base64url, so that it reaches the readers below."""
    halves = [decode(half) for half in draw(st.sampled_from(GENUINE)).split(".")]
    which = draw(st.integers(0, 1))
    halves[which] = draw(mutated(halves[which]))
    return ".".join(encode(half) for half in halves)


def only_faults(call: Callable[[], object]) -> object:
    try:
        return call()
    except Fault as fault:
        assert fault.code.startswith("CRED-")  # noqa: PT017 -- most examples raise none or any of them
        return None


@settings(max_examples=400)
@given(mutated_tokens() | st.text(max_size=300) | st.sampled_from(GENUINE))
def test_keygen_and_attestation_readers(text: str) -> None:
    answer = only_faults(lambda: read_keygen(text))
    if answer is not None:
        # What still reads after damage has its body untouched: the digest in the payload says so.
        assert text.split(".", maxsplit=1)[0] in {genuine.split(".")[0] for genuine in GENUINE}
    only_faults(lambda: read_attestation(text))
    only_faults(lambda: check_keygen(text, device_id=DeviceId("nrf-1"), uuid=None, sec_tag=17))


CSRS = [decode(s["text"].split(".")[0]) for s in SAMPLES if s["kind"] == "keygen_csr"]


@settings(max_examples=600)
@given(st.sampled_from(CSRS).flatmap(mutated) | st.binary(max_size=120))
def test_csr_reader(der: bytes) -> None:
    csr = only_faults(lambda: read_csr(der))
    if csr is not None:
        # Signed is everything before the algorithm; behind it only another signature over the same could stand.
        assert any(der[:150] == genuine[:150] for genuine in CSRS)


def test_csr_reader_takes_no_deep_nesting() -> None:
    for der in (b"\x30\x80" * 2000, b"\x30\x82\x0f\xfc" * 1000, b"\xa0\x03\x02\x01\x02" * 100, b"\x1f" * 4000):
        assert only_faults(partial(read_csr, der)) is None


@settings(max_examples=300)
@given(mutated(TOKEN.encode()).map(lambda data: data.decode("latin-1")) | st.text(max_size=200))
def test_jwt_reader(token: str) -> None:
    claims = only_faults(lambda: check_device_jwt(token, public_key=KEY.public_key(), audience="a", now=NOW))
    assert claims is None or token == TOKEN


@settings(max_examples=200)
@given(mutated(ROOT.encode()).map(lambda data: data.decode("latin-1")) | st.text(max_size=200))
def test_pem_reader(text: str) -> None:
    only_faults(lambda: read_certificates(text))
