"""Attestation tokens are read in the one shape modems write, and bound to a question where one was asked."""

import cbor2
import pytest

from station.credentials.attestation import read_attestation, verify_attestation
from station.credentials.cose import Binding
from station.domain.faults import Fault
from tests.unit.credentials.conftest import ModemMaker, Refused, base64url


def test_a_whole_token_gives_each_part_and_verifies(modem: ModemMaker) -> None:
    token = read_attestation(modem.attestation(device_type=4))
    assert token.uuid.replace("-", "") == modem.uuid.hex()
    assert (token.device_type, token.nonce) == (4, modem.nonce)
    assert verify_attestation(token, modem.identity.public_key()) is Binding.EXTERNAL


def test_a_token_must_answer_the_question_asked(modem: ModemMaker, refused: Refused) -> None:
    assert read_attestation(modem.attestation(), challenge=modem.nonce).nonce == modem.nonce
    with refused("CRED-122"):
        read_attestation(modem.attestation(), challenge=bytes(16))


def test_another_modems_signature_is_refused(modem: ModemMaker, refused: Refused) -> None:
    with refused("CRED-106"):
        verify_attestation(read_attestation(modem.attestation()), ModemMaker().identity.public_key())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"message": 2}, "no device identity"),
        ({"message": True}, "no device identity"),
        ({"message": 1.0}, "no device identity"),
        ({"message": ...}, "five parts"),
        ({"more": 0}, "five parts"),
        ({"uuid": bytes(17)}, "device UUID"),
        ({"type": "6"}, "device type"),
        ({"type": -1}, "device type"),
        ({"type": 65536}, "device type"),
        ({"fw": bytes(15)}, "firmware UUID"),
        ({"nonce": b""}, "nonce"),
    ],
)
def test_another_shape_is_refused(modem: ModemMaker, refused: Refused, change: dict[str, object], reason: str) -> None:
    with refused("CRED-121", reason):
        read_attestation(modem.attestation(**change))


def test_a_payload_inside_the_signature_is_refused(modem: ModemMaker, refused: Refused) -> None:
    body, _, _ = modem.attestation().partition(".")
    with refused("CRED-121", "not detached"):
        read_attestation(f"{body}.{base64url(modem.sign1(b'payload'))}")


def test_damage_is_refused(modem: ModemMaker, refused: Refused) -> None:
    text = modem.attestation()
    bare = base64url(cbor2.dumps([1, modem.uuid, 6, bytes(16), modem.nonce]))
    for damaged in ("", text[1:], text[:-2], f"{text} ", text * 3, f"{bare}.{text.split('.')[1]}"):
        with refused("CRED-121"):
            read_attestation(damaged)


def test_a_key_statement_is_no_attestation(modem: ModemMaker, refused: Refused) -> None:
    """The two tokens look alike; one must not pass for the other."""
    with refused("CRED-121"):
        read_attestation(modem.keygen(b"\xd9\xd9\xf7" + cbor2.dumps([1, modem.uuid, 6, bytes(16), modem.nonce])))


def test_a_token_that_is_refused_is_quoted_nowhere(modem: ModemMaker) -> None:
    token = modem.attestation()  # with a character too many it is refused, and whoever reads it may still claim
    for text in (f"{token}A", f"A{token}", token[:-8]):
        with pytest.raises(Fault) as caught:
            read_attestation(text)
        assert token[:24] not in caught.value.sentence + (caught.value.detail or "")
        assert token[:24] not in str(caught.value)
