"""The simulated modem's tokens beside genuine ones: the same bytes wherever a genuine modem has no choice."""

import base64
import hashlib
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import cbor2
import jwt
import pytest
from asn1crypto import csr as asn1_csr
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from station.domain.ids import parse_device_uuid
from station.host.clock import SystemClock
from station.simulator.board import Board
from station.simulator.faults import BoardFaults, CommandFault, Do, Trait
from station.simulator.modem import Modem
from station.simulator.profile import PROFILES
from station.simulator.timings import Timings

# Genuine output, published with the vendor's own tools (nRFCloud/utils); the identity keys were recovered from
# two signatures each.
OLD_UUID = "50363154-3931-44f0-8022-121b6401627d"
OLD_KEY = (
    "047b76ffcb0339a59c091651afe019a5f9ae5d0dc442994207bbb248f74cd80848"
    "61b98a7b0e8dea68ecfb04cb0985d1ee18686ee7b3f0af4bd1de51439c1f97bd"
)
NEW_UUID = "50343956-3037-4738-800d-1f29e0a0f7bf"
NEW_KEY = (
    "04f13c701e2c6b2202931dc5f3548fd999d5a19400135228531c76219fa58c3547"
    "47cb714fa51ded34b8a1ef9ed764bc0b347a218a0def9a6d769edefd8f218761"
)


@dataclass(frozen=True)
class Genuine:
    name: str
    command: str
    profile: str
    uuid: str
    identity: str
    text: str


GENUINE = [
    Genuine(
        "csr-2021",
        "AT%KEYGEN=17,2,0",
        "nrf9160",
        OLD_UUID,
        OLD_KEY,
        "MIIBCjCBrwIBADAvMS0wKwYDVQQDDCQ1MDM2MzE1NC0zOTMxLTQ0ZjAtODAyMi0xMjFiNjQwMTYyN2QwWTATBgcqhkjOPQIBBggqhkjOPQMBBw"
        "NCAAQqD6pNfa29o_EXnw62bnQWr8-JqsNh_HZxS3k3bMD4KZ8-qxnvgeoiqQ5zAycEP_Wcmzqypvwyf3qWMrZ2VB5aoB4wHAYJKoZIhvcNAQkO"
        "MQ8wDTALBgNVHQ8EBAMCA-gwDAYIKoZIzj0EAwIFAANIADBFAiEAv7OLZ_dXbszfhhjcLMUT72wTmw-z6GlgWxVhyWgR27ACIAvY_lPu3yfYZY"
        "5AL6uYTkUFp4GQkbSOUC_lsHyCxOuG.0oRDoQEmoQRBIVhL2dn3hQlQUDYxVDkxRPCAIhIbZAFifUERWCBwKj1W8FsvclMdZQgl4gBB4unZMYw"
        "0toU6uQZuXHLoDFAbhyLuHetYFWbiyxNZsnzSWEDUiTl7wwFt0hEsCiEQsxj-hCtpBk8Za8UXfdAycpx2faCOPJIrkfmiSS8-Y6_2tTAoAMN1B"
        "iWiTOimY1wZE3Ud",
    ),
    Genuine(
        "public-key-2021",
        "AT%KEYGEN=16,2,1",
        "nrf9160",
        OLD_UUID,
        OLD_KEY,
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZKgDx0O0FKa7i1yFoxYngNdV5Csyi4rEPHcFTfeBVtkkJX-G0QZs-yesfzIaPs91b4x5xYN_g2"
        "8k63gkeVMJwA.0oRDoQEmoQRBIVhL2dn3hQhQUDYxVDkxRPCAIhIbZAFifUEQWCDlovwqMVoJ1W-x93Tqypy2v_1ALv3-GCF1R9gYIy2WVlBQX"
        "vxKqA9JTveFh3nVwce-WEAMltwSSkVh8jSBPhP79ndSG0HJTOaTF9SExIq-FstjdLUW2inxdvVfqzLa05rgXqxshN5vfQIs22QT-swCt30h",
    ),
    Genuine(
        "csr-with-name",
        'AT%KEYGEN=52,2,0,"CN=nrf-355025930000000"',
        "nrf9151",
        NEW_UUID,
        NEW_KEY,
        "MIH4MIGeAgEAMB4xHDAaBgNVBAMME25yZi0zNTUwMjU5MzAwMDAwMDAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATYRrWI0v6LJWciuTlscw"
        "8E1TcOBJoygkALKecquhe-fr_QT_tcjC2DgmDyX1cjTubp7n_mUaf5ZJ1s-Ke-ABBuoB4wHAYJKoZIhvcNAQkOMQ8wDTALBgNVHQ8EBAMCA-gw"
        "DAYIKoZIzj0EAwIFAANHADBEAiBDTS-I_ye8nJpB7vtO6FQWvnUhJnG6QsjRPo56nBFh2gIgPB5NW16dANAMmn0VLMBXGeRPTtoxOs5Ld1Z7JW"
        "46_8s.0oRDoQEmoQRBIVhM2dn3hQlQUDQ5VjA3RziADR8p4KD3v0IYNFggl3ygk__l-pZ9jtlsf0AyuFJlRaaEouhzYgau2zOcHwBQp2eEbVMi"
        "HVcHrE9R2670dlhA1a7jaKq3ALRx2h-h2TIkxxh82oyr4c4LqzraUecL8SFek-IbvEBfv30695FKOt3FXEk7y5G_JW3yaRQGczL3TQ",
    ),
]
GENUINE_ATTESTATION = (
    "2dn3hQFQUDYxVDkxRPCAIhIbZAFifQNQGv86y_GmR2SiY0wmRsHGVFDT791_BPH8YOWFiyCHND1q.0oRDoQEmoQRBIfZYQGuXwJliinHc6xDPru"
    "iyjsaXyXZbZVpUuOhHG9YS8L05VuglCcJhMN4EUhWVGpaHgNnHHno6ahi-d5tOeZmAcNY"
)
GENUINE_JWT_PARTS = (  # sdk-nrf tests/lib/modem_jwt
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiIsImtpZCI6ImU2YzM1Y2VhMWY1NDFhNGJlNDg1ZmY4ZGIyMWY1MWRmZTcyNDJlN2NhN2I5NDU2Yzkw"
    "ZjY5ODE1ZTc3ZWE2MWYifSAg",
    "eyJpc3MiOiJuUkY5MTYwLjUwMzYzMTU0LTM5MzAtNGQ5Ni04MGY5LTEzMTIxY2YzNWFkYyIsImp0aSI6Im5SRjkxNjAuZjcyZDk3ODktMmU3My00"
    "NzgwLTkyNDgtYjM5NTJmODliODcyLjk0MmQ5OWI5MDNhY2EyYzNkZDY0OWI1ZDYxMjMyMmRjIiwic3ViIjoiNTAzNjMxNTQtMzkzMC00ZDk2LTgw"
    "ZjktMTMxMjFjZjM1YWRjIn0g",
)
TAG = 16842753
NULL_ALGORITHM = bytes.fromhex("300c06082a8648ce3d0403020500")
CLEAN_ALGORITHM = bytes.fromhex("300a06082a8648ce3d040302")


def modem_of(board: Board) -> Modem:
    modem = Modem(board, Timings.none(), SystemClock())
    modem.execute("AT+CMEE=1")
    return modem


def quoted(answer: str, command: str) -> str:
    match = re.fullmatch(rf'{command}: "([A-Za-z0-9_.-]+)"\r\nOK\r\n', answer)
    assert match, answer
    return match[1]


def halves(text: str) -> tuple[bytes, bytes]:
    left, right = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split("."))
    return left, right


def claims_of(text: str) -> list[bytes]:
    payload = cbor2.loads(halves(text)[1]).value[2]
    assert payload.startswith(bytes.fromhex("d9d9f7"))  # self-described; the library takes that tag off by itself
    return list(cbor2.loads(payload))


def point_of(body: bytes) -> bytes:
    at = body.index(bytes.fromhex("03420004"))
    return body[at + 4 : at + 68]


def masked(text: str) -> tuple[bytes, bytes]:
    """A token with everything blanked that a modem draws by lot: key, signatures, digest, nonce."""
    body, cose = halves(text)
    fixed = body.replace(point_of(body), bytes(64))
    if NULL_ALGORITHM in fixed:
        fixed = fixed[: fixed.index(NULL_ALGORITHM) + len(NULL_ALGORITHM)]
        fixed = fixed[fixed.index(b"\x02\x01\x00") :]  # past the two lengths, which count the signature's
    claims = claims_of(text)
    for drawn in (claims[3], claims[4], cbor2.loads(cose).value[3]):
        cose = cose.replace(drawn, bytes(len(drawn)))
    return fixed, cose


def genuinely_signed(text: str, identity: ec.EllipticCurvePublicKey, aad: bytes) -> bool:
    """RFC 9052 section 4.4, with the genuine tokens below to show that this is how modems do it."""
    protected, _, payload, signature = cbor2.loads(halves(text)[1]).value
    signed = cbor2.dumps(["Signature1", protected, aad, payload])
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        identity.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def board_like(genuine: Genuine) -> Board:
    return Board("LIKE", profile=PROFILES[genuine.profile], uuid=parse_device_uuid(genuine.uuid))


def identity_of(board: Board) -> ec.EllipticCurvePublicKey:
    key = serialization.load_der_public_key(board.identity.spki)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


@pytest.mark.parametrize("genuine", GENUINE, ids=lambda genuine: genuine.name)
def test_keygen_differs_from_a_genuine_answer_only_in_what_is_drawn(genuine: Genuine) -> None:
    text = quoted(modem_of(board_like(genuine)).execute(genuine.command).text, "%KEYGEN")
    assert masked(text) == masked(genuine.text)
    assert abs(len(text) - len(genuine.text)) <= 5  # an ECDSA signature in DER is 70 to 72 bytes, rarely less


@pytest.mark.parametrize("genuine", GENUINE, ids=lambda genuine: genuine.name)
def test_keygen_is_signed_as_the_genuine_device_signed(genuine: Genuine) -> None:
    recovered = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes.fromhex(genuine.identity))
    board = board_like(genuine)
    text = quoted(modem_of(board).execute(genuine.command).text, "%KEYGEN")
    for aad_of in (lambda it: halves(it)[0], lambda _it: b""):
        assert genuinely_signed(text, identity_of(board), aad_of(text)) == genuinely_signed(
            genuine.text, recovered, aad_of(genuine.text)
        )
    assert claims_of(text)[3] == hashlib.sha256(halves(text)[0]).digest()


@pytest.mark.parametrize(("trait", "as_aad"), [(Trait.BODY_AAD, True), (Trait.EMPTY_AAD, False)])
def test_either_kind_of_signature_can_be_had_from_any_firmware(trait: Trait, as_aad: bool) -> None:
    for name in ("nrf9160", "nrf9151"):
        board = Board("EITHER", profile=PROFILES[name], faults=BoardFaults(traits=frozenset({trait})))
        text = quoted(modem_of(board).execute("AT%KEYGEN=1,2,0").text, "%KEYGEN")
        assert genuinely_signed(text, identity_of(board), halves(text)[0]) == as_aad


def test_a_tag_of_four_bytes_is_encoded_as_one() -> None:
    text = quoted(modem_of(Board("TAG")).execute(f"AT%KEYGEN={TAG},2,0").text, "%KEYGEN")
    assert claims_of(text)[2] == bytes.fromhex("1a01010001")
    assert 539 <= len(text) <= 575


def test_the_attestation_differs_from_a_genuine_one_only_in_what_is_drawn() -> None:
    board = Board("ATTEST", profile=PROFILES["nrf9160"], uuid=parse_device_uuid(OLD_UUID))
    modem = modem_of(board)
    text = quoted(modem.execute("AT%ATTESTTOKEN").text, "%ATTESTTOKEN")
    assert len(text) == len(GENUINE_ATTESTATION) == 180
    genuine_body, genuine_cose = halves(GENUINE_ATTESTATION)
    body, cose = halves(text)
    assert body[:24] == genuine_body[:24]  # message, UUID, device type, up to the firmware UUID
    assert (body[40], len(body)) == (genuine_body[40], len(genuine_body))
    assert cose[:-64] == genuine_cose[:-64]
    recovered = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes.fromhex(OLD_KEY))
    assert genuinely_signed(GENUINE_ATTESTATION, recovered, genuine_body)
    assert genuinely_signed(text, identity_of(board), body)
    build = modem.execute("AT%XMODEMUUID").information.split()[1].replace("-", "")
    assert cbor2.loads(body)[3].hex() == build
    assert quoted(modem.execute("AT%ATTESTTOKEN").text, "%ATTESTTOKEN") != text


def test_a_challenge_replaces_the_nonce() -> None:
    text = quoted(modem_of(Board("NONCE")).execute(f'AT%ATTESTTOKEN="{"5A" * 16}"').text, "%ATTESTTOKEN")
    assert cbor2.loads(halves(text)[0])[4] == b"\x5a" * 16


@pytest.mark.parametrize(
    ("traits", "algorithm"), [(frozenset(), NULL_ALGORITHM), (frozenset({Trait.CLEAN_CSR}), CLEAN_ALGORITHM)]
)
def test_the_csr_comes_with_the_wrong_null_unless_told(traits: frozenset[Trait], algorithm: bytes) -> None:
    modem = modem_of(Board("NULL", faults=BoardFaults(traits=traits)))
    der = halves(quoted(modem.execute('AT%KEYGEN=3,2,0,"CN=unit-7"').text, "%KEYGEN"))[0]
    read = asn1_csr.CertificationRequest.load(der, strict=True)
    assert read["signature_algorithm"].dump() == algorithm
    assert read["certification_request_info"]["subject"].native == {"common_name": "unit-7"}
    if algorithm == CLEAN_ALGORITHM:
        assert x509.load_der_x509_csr(der).is_signature_valid
    else:
        with pytest.raises(ValueError, match="ExtraData"):  # what makes this form worth simulating
            x509.load_der_x509_csr(der)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl program on this PC")
def test_openssl_accepts_and_verifies_the_csr(tmp_path: Path) -> None:
    der = halves(quoted(modem_of(Board("OPENSSL")).execute("AT%KEYGEN=3,2,0").text, "%KEYGEN"))[0]
    (tmp_path / "csr.der").write_bytes(der)
    ran = subprocess.run(
        ["openssl", "req", "-inform", "DER", "-in", str(tmp_path / "csr.der"), "-verify", "-noout", "-text"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "verify OK" in ran.stdout + ran.stderr
    assert "Digital Signature, Non Repudiation, Key Encipherment, Key Agreement" in ran.stdout
    assert "ASN1 OID: prime256v1" in ran.stdout


def test_attributes_and_key_usage_end_up_in_the_csr() -> None:
    modem = modem_of(Board("ATTR", faults=BoardFaults(traits=frozenset({Trait.CLEAN_CSR}))))
    command = 'AT%KEYGEN=5,2,0,"O=Nordic Semiconductor,L=PDX,C=no","101010000"'
    csr = x509.load_der_x509_csr(halves(quoted(modem.execute(command).text, "%KEYGEN"))[0])
    assert [part.rfc4514_string() for part in csr.subject.rdns] == ["O=Nordic Semiconductor", "L=PDX", "C=no"]
    usage = csr.extensions.get_extension_for_class(x509.KeyUsage)
    assert not usage.critical
    assert (usage.value.digital_signature, usage.value.content_commitment) == (True, False)
    assert (usage.value.key_encipherment, usage.value.key_agreement) == (True, True)


def test_an_endorsement_key_is_made_once_and_told_again() -> None:
    modem = modem_of(Board("ENDORSE"))
    first, second = (halves(quoted(modem.execute("AT%KEYGEN=9,8").text, "%KEYGEN"))[0] for _ in range(2))
    assert first == second


def test_the_jwt_has_the_genuine_form_and_proves_the_stored_key() -> None:
    board = Board("JWT")
    modem = modem_of(board)
    der = halves(quoted(modem.execute(f"AT%KEYGEN={TAG},2,1").text, "%KEYGEN"))[0]
    text = quoted(modem.execute(f'AT%JWT=0,0,"unit-7","line-check",{TAG},2').text, "%JWT")
    key = serialization.load_der_public_key(der)
    claims = jwt.decode(text, key, algorithms=["ES256"], audience="line-check")
    assert claims.pop("jti").startswith("nRF9151.")
    assert claims == {"iss": f"nRF9151.{board.uuid}", "sub": "unit-7", "aud": "line-check"}
    genuine_header, _ = (base64.urlsafe_b64decode(part) for part in GENUINE_JWT_PARTS)
    header = base64.urlsafe_b64decode(text.split(".")[0])
    assert re.sub(rb"[0-9a-f]{64}", b"", header) == re.sub(rb"[0-9a-f]{64}", b"", genuine_header)


def test_a_jwt_that_ends_needs_the_time() -> None:
    modem = modem_of(Board("TIME"))
    assert modem.execute("AT+CCLK?").text == "ERROR\r\n"
    assert modem.execute('AT%JWT=0,600,"s","a"').text == "+CME ERROR: 525\r\n"
    assert modem.execute('AT+CCLK="26/11/22,08:30:00+04"').text == "OK\r\n"
    claims = jwt.decode(quoted(modem.execute('AT%JWT=0,600,"s","a"').text, "%JWT"), options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 600
    assert abs(claims["iat"] - 1795332600) <= 2  # 07:30 UTC: the zone was an hour ahead
    assert re.fullmatch(r'\+CCLK: "26/11/22,07:30:0[0-2]\+00"\r\nOK\r\n', modem.execute("AT+CCLK?").text)


def test_without_a_tag_the_identity_key_signs() -> None:
    board = Board("IDENTITY")
    text = quoted(modem_of(board).execute("AT%JWT").text, "%JWT")
    assert jwt.decode(text, identity_of(board), algorithms=["ES256"])["iss"].endswith(board.uuid)


def bent(do: Do, **parts: str) -> tuple[Board, str]:
    fault = CommandFault(do=do, match="%KEYGEN", **parts)
    board = Board("BENT", faults=BoardFaults(traits=frozenset({Trait.CLEAN_CSR})))
    answer = Modem(board, Timings.none(), SystemClock()).execute(f'AT%KEYGEN={TAG},2,0,"CN=unit-7"', fault)
    return board, quoted(answer.text, "%KEYGEN")


def test_keygen_faults_bend_one_thing_each() -> None:
    """A reader that forgets a check must meet the device that needs it: the rest of each answer is sound."""
    for do in (Do.OTHER_CN, Do.OTHER_TAG, Do.RSA_KEY, Do.P384_KEY, Do.WRONG_DIGEST, Do.BROKEN_CSR, Do.OTHER_KEY):
        board, text = bent(do)
        body = halves(text)[0]
        csr = x509.load_der_x509_csr(body)
        claims = claims_of(text)
        key = board.key(TAG)
        assert key is not None
        public = csr.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        found = {
            Do.OTHER_CN: csr.subject.rfc4514_string() != "CN=unit-7",
            Do.OTHER_TAG: cbor2.loads(claims[2]) != TAG,
            Do.RSA_KEY: "RSA" in type(csr.public_key()).__name__,
            Do.P384_KEY: getattr(csr.public_key(), "key_size", 0) == 384,
            Do.WRONG_DIGEST: claims[3] != hashlib.sha256(body).digest(),
            Do.BROKEN_CSR: not csr.is_signature_valid,
            Do.OTHER_KEY: public != key.spki,
        }
        assert {fault for fault, seen in found.items() if seen} == {do}
        assert claims[1] == board.uuid_bytes
        assert genuinely_signed(text, identity_of(board), b"")


def test_another_devices_answer_is_sound_in_itself() -> None:
    board, text = bent(Do.OTHER_DEVICE_CSR)
    assert claims_of(text)[1] != board.uuid_bytes
    assert x509.load_der_x509_csr(halves(text)[0]).is_signature_valid
    assert not genuinely_signed(text, identity_of(board), b"")


def test_a_broken_identity_signature_is_broken() -> None:
    board, text = bent(Do.BROKEN_COSE)
    assert not genuinely_signed(text, identity_of(board), b"")
    assert claims_of(text)[3] == hashlib.sha256(halves(text)[0]).digest()


def test_a_truncated_answer_lacks_both_ends() -> None:
    _, text = bent(Do.TRUNCATED)
    left, right = text.split(".")
    assert len(left) < 300
    with pytest.raises(cbor2.CBORDecodeEOF):
        cbor2.loads(base64.urlsafe_b64decode(right + "=" * (-len(right) % 4)))


def test_boards_look_genuine_and_keep_their_identity() -> None:
    boards = [Board(f"SN{number}", seed=3) for number in range(200)]
    assert len({board.imei for board in boards}) == len({board.uuid for board in boards}) == 200
    for board in boards:
        digits = [int(digit) for digit in board.imei]
        doubled = sum(sum(divmod(digit * 2, 10)) for digit in digits[1::2])
        assert (sum(digits[0::2]) + doubled) % 10 == 0
        assert re.fullmatch(r"[A-Z0-9]{6}", board.uuid_bytes[:6].decode("ascii"))
        assert (board.uuid_bytes[6] >> 4, board.uuid_bytes[8]) == (4, 0x80)
    again = Board("SN7", seed=3)
    assert (again.imei, again.uuid, again.identity.spki) == (boards[7].imei, boards[7].uuid, boards[7].identity.spki)
