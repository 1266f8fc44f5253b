"""What is wrong with an answer to %KEYGEN is told, part by part."""

from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from station.credentials.keygen import KeygenKind, read_keygen
from tests.unit.credentials.conftest import ModemMaker, Refused, base64url


def test_a_whole_answer_gives_each_part(modem: ModemMaker) -> None:
    body = modem.csr()
    answer = read_keygen(modem.keygen(body))
    assert answer.kind is KeygenKind.CSR
    assert answer.body == body
    assert (answer.uuid.replace("-", ""), answer.nonce) == (modem.uuid.hex(), modem.nonce)
    assert answer.sec_tag == 16842753


@pytest.mark.parametrize(
    ("encoded", "sec_tag"),
    [(0, 0), (23, 23), (1235, 1235), (2147483647, 2147483647), (4294967294, 4294967294), (-2, 4294967294)],
)
def test_security_tags_are_unsigned_however_a_modem_writes_them(modem: ModemMaker, encoded: int, sec_tag: int) -> None:
    assert read_keygen(modem.keygen(b"body", sec_tag=encoded)).sec_tag == sec_tag


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": 7}, "neither"),
        ({"kind": True}, "neither"),
        ({"kind": 9.0}, "neither"),
        ({"kind": "9"}, "neither"),
        ({"kind": ...}, "five parts"),
        ({"more": 1}, "five parts"),
        ({"uuid": bytes(15)}, "device UUID"),
        ({"uuid": "0" * 16}, "device UUID"),
        ({"digest": bytes(31)}, "digest"),
        ({"digest": None}, "digest"),
        ({"nonce": bytes(17)}, "nonce"),
        ({"sec_tag": 2**32}, "security tag"),
        ({"sec_tag": -(2**31) - 1}, "security tag"),
        ({"sec_tag": "17"}, "security tag"),
        ({"sec_tag": True}, "security tag"),
        ({"sec_tag": [17]}, "security tag"),
    ],
)
def test_a_payload_of_another_shape_is_refused(
    modem: ModemMaker, refused: Refused, change: dict[str, Any], reason: str
) -> None:
    with refused("CRED-101", reason):
        read_keygen(modem.keygen(b"body", **change))


def test_a_security_tag_outside_its_byte_string_is_refused(modem: ModemMaker, refused: Refused) -> None:
    payload = modem.payload(b"body").replace(cbor2.dumps(cbor2.dumps(16842753)), cbor2.dumps(16842753))
    with refused("CRED-101", "security tag is no byte string"):
        read_keygen(f"{base64url(b'body')}.{base64url(modem.sign1(payload))}")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda text: text[:0], "two halves"),
        (lambda text: text.replace(".", ""), "two halves"),
        (lambda text: f".{text.split('.')[1]}", "two halves"),
        (lambda text: f"{text.split('.')[0]}.", "two halves"),
        (lambda text: f"{text}.", "outside base64url"),
        (lambda text: f"{text}=", "outside base64url"),
        (lambda text: f'"{text}"', "outside base64url"),
        (lambda text: f"{text}\r\n", "outside base64url"),
        (lambda text: text.replace(".", "\r\n."), "outside base64url"),
        (lambda text: text + "A" * 4, "bytes follow"),
        (lambda text: text * 12, "longer than 4096"),
    ],
)
def test_a_damaged_line_is_refused(modem: ModemMaker, refused: Refused, damage: Any, reason: str) -> None:
    with refused("CRED-101", reason):
        read_keygen(damage(modem.keygen(modem.csr())))


@pytest.mark.parametrize("lost", [1, 3, 64, 66, 100])
def test_an_answer_cut_short_is_refused(modem: ModemMaker, refused: Refused, lost: int) -> None:
    body = modem.csr()
    with refused("CRED-101", "premature end"):
        read_keygen(f"{base64url(body)}.{base64url(modem.sign1(modem.payload(body))[:-lost])}")


def test_an_answer_signed_by_another_kind_of_key_is_refused(modem: ModemMaker, refused: Refused) -> None:
    text = f"{base64url(b'body')}.{base64url(modem.sign1(modem.payload(b'body'), kid=-4))}"
    with refused("CRED-101", "another key"):
        read_keygen(text)


def test_a_payload_that_is_missing_or_not_self_described_is_refused(modem: ModemMaker, refused: Refused) -> None:
    with refused("CRED-101", "payload is missing"):
        read_keygen(f"{base64url(b'body')}.{base64url(modem.sign1(None, aad=b'body'))}")
    with refused("CRED-101", "55799"):
        read_keygen(f"{base64url(b'body')}.{base64url(modem.sign1(modem.payload(b'body')[3:]))}")
    with refused("CRED-101", "no list"):
        read_keygen(f"{base64url(b'body')}.{base64url(modem.sign1(bytes.fromhex('d9d9f7a10102')))}")


def test_a_body_other_than_vouched_for_is_refused_and_both_hashes_kept(modem: ModemMaker, refused: Refused) -> None:
    body = modem.csr()
    _, _, cose = modem.keygen(body).partition(".")
    with refused("CRED-102") as caught:
        read_keygen(f"{base64url(body[:-1] + bytes([body[-1] ^ 1]))}.{cose}")
    assert caught.value.detail.count(" ") == 4


def test_a_public_key_must_be_one_on_p256(modem: ModemMaker, refused: Refused) -> None:
    assert read_keygen(modem.keygen(modem.spki(), kind=8)).kind is KeygenKind.PUBLIC_KEY
    other = ec.generate_private_key(ec.SECP384R1()).public_key()
    off_the_curve = modem.spki()[:-1] + bytes([modem.spki()[-1] ^ 1])
    for body in (modem.csr(), other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), off_the_curve):
        with refused("CRED-101", "P-256"):
            read_keygen(modem.keygen(body, kind=8))


def test_what_was_said_is_in_the_detail_for_the_engineer(modem: ModemMaker, refused: Refused) -> None:
    text = modem.keygen(modem.csr())[:-3]
    with refused("CRED-101") as caught:
        read_keygen(text)
    assert text[:500] in caught.value.detail
