"""Any text of a modem is explained: what is in it, how far it is proven, and every reason not to believe it."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from station.credentials.explain import explain_token
from station.domain.faults import Fault
from tests.unit.credentials.conftest import ModemMaker, Refused, base64url

RECORDED = Path(__file__).parents[3] / "fixtures" / "recorded"
SAMPLES: list[dict[str, Any]] = json.loads((RECORDED / "modem-output.json").read_text(encoding="utf-8"))
GENUINE = [
    one
    for one in SAMPLES
    if one["kind"] in ("keygen_csr", "keygen_pubkey", "attesttoken") and not one["notes"].startswith("NEGATIVE")
]
(CHANGED,) = [one for one in SAMPLES if one["kind"] == "keygen_csr" and one["notes"].startswith("NEGATIVE")]
(CUT,) = [one for one in SAMPLES if one["kind"] == "keygen_csr_bad"]


@pytest.mark.parametrize("sample", GENUINE, ids=lambda one: f"{one['kind']}-{one['text'][60:70]}")
def test_genuine_texts_are_explained_as_they_are_documented(sample: dict[str, Any]) -> None:
    found = explain_token(sample["text"])
    assert found.wrong == ()
    assert "not verified" in found.signature
    if sample["kind"] == "attesttoken":
        _, uuid, device_type, firmware, nonce = sample["parsed"]["body"]
        assert (found.device_type, found.nonce) == (device_type, nonce)
        assert found.firmware_uuid is not None
        assert (found.uuid.replace("-", ""), found.firmware_uuid.replace("-", "")) == (uuid, firmware)
        assert found.digest_matches is None
        return
    cose = sample["parsed"]["cose"]
    assert (found.sec_tag, found.uuid.replace("-", "")) == (cose["sectag"], cose["payload"][1])
    assert (found.body_sha256, found.digest_matches) == (sample["parsed"]["sha256"], True)
    assert found.public_key is not None
    if sample["kind"] == "keygen_csr":
        assert found.request is not None
        assert found.request.subject == sample["parsed"]["subject"]
        assert (found.request.own_signature, found.request.null_left_out) == (True, True)
        assert found.request.key_usage == (
            *("digital_signature", "content_commitment", "key_encipherment", "key_agreement"),
        )
        assert found.request.pem is not None
        csr = x509.load_pem_x509_csr(found.request.pem.encode())
        assert csr.public_key() == load_pem_public_key(found.public_key.encode())
    else:
        assert found.request is None


def test_the_genuine_identity_keys_verify_their_devices_texts_and_no_others() -> None:
    held = 0
    for sample in GENUINE:
        if "verify" not in sample:
            continue
        point = bytes.fromhex(sample["verify"]["identity_public_key_sec1"])
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        found = explain_token(sample["text"], key)
        assert found.wrong == ()
        assert found.signature.startswith("holds")
        other = explain_token(sample["text"], ec.generate_private_key(ec.SECP256R1()).public_key())
        assert "identity key" in other.wrong[0]
        held += 1
    assert held >= 2


def test_a_text_that_somebody_changed_is_explained_and_not_believed() -> None:
    found = explain_token(CHANGED["text"])
    assert found.digest_matches is False
    assert found.request is not None
    assert found.request.own_signature is True  # the CSR itself is sound: only the modem does not vouch for this form
    assert len(found.wrong) == 1
    assert CHANGED["parsed"]["sha256"] == found.body_sha256
    assert found.body_sha256 not in found.wrong[0]  # it names the digest that the modem signed


def test_a_text_that_was_cut_is_refused(refused: Refused) -> None:
    with refused("CRED-101"):
        explain_token(CUT["text"])


@pytest.mark.parametrize("text", ["", "hello there", "AAAA.AAAA", "eyJhbGciOiJFUzI1NiJ9.e30.AA", "{}", "a b"])
def test_what_is_no_text_of_a_modem_is_refused(text: str, refused: Refused) -> None:
    with refused("CRED-151"):
        explain_token(text)


def test_the_whole_line_of_the_modem_is_taken_too(modem: ModemMaker) -> None:
    token = modem.attestation(device_type=9)
    found = explain_token(f'\n%ATTESTTOKEN: "{token}"\r\n')
    assert found == explain_token(token)
    assert (found.device_type, found.device) == (9, "unknown type 9")
    answer = modem.keygen(modem.csr())
    assert explain_token(f'%KEYGEN: "{answer}"') == explain_token(answer)


def test_a_subject_of_many_parts_and_a_foreign_signature_are_told(modem: ModemMaker) -> None:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NO"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Works"),
            x509.NameAttribute(NameOID.COMMON_NAME, "nrf-1"),
        ]
    )
    found = explain_token(modem.keygen(modem.csr_for(name)), modem.identity.public_key())
    assert found.request is not None
    assert found.request.subject == "CN=nrf-1,O=Works,C=NO"
    assert (found.request.key_usage, found.wrong) == (None, ())
    body = bytearray(modem.csr())
    body[-1] ^= 1  # within the request's own signature
    forged = explain_token(modem.keygen(bytes(body)), modem.identity.public_key())
    assert forged.digest_matches is True
    assert [why for why in forged.wrong if "certificate request" in why] == list(forged.wrong) != []


def test_a_request_that_is_none_is_told_of(modem: ModemMaker) -> None:
    found = explain_token(modem.keygen(b"\x30\x03\x02\x01\x00"))
    assert found.request is not None
    assert found.request.subject is None
    assert "can't be read" in found.wrong[0]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([one["text"] for one in GENUINE]), st.data())
def test_whatever_the_text_it_is_explained_or_a_declared_fault(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(st.text(max_size=3))
    changed = text[:at] + put + text[at + data.draw(st.integers(0, 5)) :]
    code = ""
    try:
        found = explain_token(changed)
    except Fault as fault:
        code = fault.code
    assert code in ("", "CRED-101", "CRED-121", "CRED-151")
    if not code and found.digest_matches:
        assert changed.strip().partition(".")[0] == text.partition(".")[0]


def test_a_first_half_of_another_request_never_matches(modem: ModemMaker) -> None:
    first = base64url(modem.csr("nrf-2"))
    _, _, second = modem.keygen(modem.csr("nrf-1")).partition(".")
    found = explain_token(f"{first}.{second}")
    assert found.digest_matches is False
    assert found.wrong
