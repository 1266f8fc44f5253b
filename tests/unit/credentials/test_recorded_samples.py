"""Genuine modem output is read with the conclusion its notes document; what is marked NEGATIVE is refused."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from station.credentials.attestation import read_attestation, verify_attestation
from station.credentials.checks import check_keygen
from station.credentials.cose import Binding, CoseSign1, find_binding
from station.credentials.csr import read_csr
from station.credentials.keygen import KeygenKind, read_keygen
from station.credentials.pem import read_certificates, stored_sha256, to_pem
from station.domain.faults import Fault
from station.domain.ids import DeviceId, DeviceUuid, parse_sha256

RECORDED = Path(__file__).parents[3] / "fixtures" / "recorded"
SAMPLES: list[dict[str, Any]] = json.loads((RECORDED / "modem-output.json").read_text(encoding="utf-8"))


def of_kind(kind: str, *, negative: bool = False) -> list[dict[str, Any]]:
    found = [s for s in SAMPLES if s["kind"] == kind and s["notes"].startswith("NEGATIVE") == negative]
    assert found, f"no {kind} is left in the recorded samples"
    return found


def identity_key(sample: dict[str, Any]) -> ec.EllipticCurvePublicKey:
    point = bytes.fromhex(sample["verify"]["identity_public_key_sec1"])
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def expected_of(sample: dict[str, Any]) -> tuple[DeviceId, DeviceUuid, int]:
    cose = sample["parsed"]["cose"]
    return (
        DeviceId(sample["parsed"]["subject"].removeprefix("CN=")),
        _uuid(cose["payload"][1]),
        cose["sectag"],
    )


def _uuid(digits: str) -> DeviceUuid:
    return DeviceUuid("-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])))


@pytest.mark.parametrize("sample", of_kind("keygen_csr"), ids=lambda s: s["notes"])
def test_a_genuine_csr_passes_every_check(sample: dict[str, Any]) -> None:
    device_id, uuid, sec_tag = expected_of(sample)
    key = check_keygen(sample["text"], device_id=device_id, uuid=uuid, sec_tag=sec_tag)

    assert key.proven == "digest and UUID match; COSE signature not verified"
    assert key.answer.kind is KeygenKind.CSR
    assert key.answer.text == sample["text"]
    assert key.answer.body_sha256 == sample["parsed"]["sha256"]
    assert key.answer.nonce.hex() == sample["parsed"]["cose"]["payload"][4]
    assert len(key.answer.body) == sample["parsed"]["body_len"]
    assert key.csr.normalised == sample["parsed"]["ecdsa_null_params"]
    assert key.csr.der == key.answer.body


@pytest.mark.parametrize(
    ("sample", "binding"),
    [
        (next(s for s in of_kind("keygen_csr") if "KEYGEN=17" in s["notes"]), Binding.EXTERNAL),
        (next(s for s in of_kind("keygen_csr") if "KEYGEN=52" in s["notes"]), Binding.PAYLOAD),
    ],
    ids=["a 2021 nRF9160 signs the body as external_aad", "a newer one signs with none"],
)
def test_the_identity_key_verifies_what_its_device_signed(sample: dict[str, Any], binding: Binding) -> None:
    device_id, uuid, sec_tag = expected_of(sample)
    key = check_keygen(
        sample["text"], device_id=device_id, uuid=uuid, sec_tag=sec_tag, identity_key=identity_key(sample)
    )
    assert key.binding is binding
    assert key.proven == "digest and UUID match; COSE signature verified"

    cose, identity, body = key.answer.cose, identity_key(sample), key.answer.body
    for position in range(0, 64 * 8, 7):
        flipped = bytearray(cose.signature)
        flipped[position // 8] ^= 1 << position % 8
        assert (
            find_binding(CoseSign1(cose.kid, cose.payload, bytes(flipped)), identity_key(sample), key.answer.body)
            is None
        )
    assert cose.payload is not None
    for position in range(len(cose.payload)):
        flipped = bytearray(cose.payload)
        flipped[position] ^= 0x10
        changed = CoseSign1(cose.kid, bytes(flipped), cose.signature)
        assert find_binding(changed, identity, body) is None


def test_another_devices_identity_key_is_refused() -> None:
    old, new = (next(s for s in of_kind("keygen_csr") if tag in s["notes"]) for tag in ("KEYGEN=17", "KEYGEN=52"))
    device_id, uuid, sec_tag = expected_of(old)
    with pytest.raises(Fault) as caught:
        check_keygen(old["text"], device_id=device_id, uuid=uuid, sec_tag=sec_tag, identity_key=identity_key(new))
    assert caught.value.code == "CRED-106"


def test_a_genuine_public_key_is_read_and_verified_but_is_no_csr() -> None:
    (sample,) = of_kind("keygen_pubkey")
    answer = read_keygen(sample["text"])
    cose = sample["parsed"]["cose"]
    assert answer.kind is KeygenKind.PUBLIC_KEY
    assert (answer.uuid, answer.sec_tag) == (_uuid(cose["payload"][1]), cose["sectag"])
    assert answer.body_sha256 == sample["parsed"]["sha256"]
    assert find_binding(answer.cose, identity_key(sample), answer.body) is Binding.EXTERNAL
    assert find_binding(answer.cose, identity_key(sample), answer.body[:-1] + b"\0") is None
    with pytest.raises(Fault) as caught:
        check_keygen(sample["text"], device_id=DeviceId(answer.uuid), uuid=answer.uuid, sec_tag=16)
    assert caught.value.code == "CRED-103"


def test_the_genuine_attestation_token_is_read_and_verified() -> None:
    (sample,) = of_kind("attesttoken")
    token = read_attestation(sample["text"])
    _, uuid, device_type, firmware, nonce = sample["parsed"]["body"]
    assert token.uuid == _uuid(uuid)
    assert (token.device_type, token.nonce.hex()) == (device_type, nonce)
    assert token.firmware_uuid.replace("-", "") == firmware
    assert verify_attestation(token, identity_key(sample)) is Binding.EXTERNAL

    body, _, cose = sample["text"].partition(".")
    flipped = bytearray(base64.urlsafe_b64decode(body))
    flipped[-1] ^= 1  # in the nonce, so that it still reads
    changed = read_attestation(f"{base64.urlsafe_b64encode(bytes(flipped)).decode().rstrip('=')}.{cose}")
    with pytest.raises(Fault) as caught:
        verify_attestation(changed, identity_key(sample))
    assert caught.value.code == "CRED-106"


def test_a_csr_normalised_on_its_way_is_refused_for_its_digest() -> None:
    (sample,) = of_kind("keygen_csr", negative=True)
    assert read_csr(base64.urlsafe_b64decode(sample["text"].split(".")[0] + "=")).common_name  # itself in order
    with pytest.raises(Fault) as caught:
        read_keygen(sample["text"])
    assert caught.value.code == "CRED-102"
    assert sample["parsed"]["sha256"] in caught.value.detail
    assert sample["parsed"]["cose"]["payload"][3] in caught.value.detail


def test_a_csr_that_lost_a_line_is_refused_as_unreadable() -> None:
    (sample,) = of_kind("keygen_csr_bad", negative=True)
    with pytest.raises(Fault) as caught:
        read_keygen(sample["text"])
    assert caught.value.code == "CRED-101"
    assert "premature end" in caught.value.sentence


def test_stored_hashes_are_those_a_modem_listed() -> None:
    # Rows of `cmng_list` whose content is public: Amazon Root CA 1, LF line ends, one LF at the end.
    text = (RECORDED / "amazon-root-ca-1.pem").read_text(encoding="ascii")
    (sample,) = of_kind("cmng_list")
    listed = [line.split(",")[2].strip('"') for line in sample["text"].splitlines() if line.startswith("%CMNG: 42,")]
    assert [stored_sha256(text, "\n").upper()] == listed
    assert stored_sha256(text, "\r\n").upper() not in listed
    # What is read from a file with other line ends is written, and so hashed, in the one form.
    for other in (text.replace("\n", "\r\n"), text.rstrip("\n"), f"\n{text}\n\n"):
        assert to_pem(*read_certificates(other)) == text


def test_a_listed_hash_that_lost_a_byte_is_no_hash() -> None:
    (sample,) = of_kind("cmng_list_bad", negative=True)
    digest = sample["text"].split('"')[1]
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        parse_sha256(digest)
    for good in (*of_kind("cmng_list_one"), *of_kind("cmng_write_hash")):
        assert len(parse_sha256(good["text"].split('"')[1] if '"' in good["text"] else good["text"])) == 64
