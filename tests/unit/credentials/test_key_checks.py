"""A key is certified for one unit only where its whole answer says that unit."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from station.credentials.checks import check_keygen
from station.credentials.cose import Binding
from station.domain.ids import DeviceId, DeviceUuid
from tests.unit.credentials.conftest import ModemMaker, Refused, base64url

ID = DeviceId("nrf-352656100000001")
UUID = DeviceUuid("50503041-3539-3437-8022-121b64016270")
TAG = 16842753


def test_what_was_proven_is_said_exactly(modem: ModemMaker) -> None:
    text = modem.keygen(modem.csr(ID))
    identity = modem.identity.public_key()
    said = [
        check_keygen(text, device_id=ID, uuid=uuid, sec_tag=TAG, identity_key=key).proven
        for uuid, key in ((UUID, None), (UUID, identity), (None, None), (None, identity))
    ]
    assert said == [
        "digest and UUID match; COSE signature not verified",
        "digest and UUID match; COSE signature verified",
        "digest matches; UUID learnt from this answer; COSE signature not verified",
        "digest matches; UUID learnt from this answer; COSE signature verified",
    ]


def test_an_unknown_uuid_is_learnt(modem: ModemMaker) -> None:
    key = check_keygen(modem.keygen(modem.csr(ID)), device_id=ID, uuid=None, sec_tag=TAG)
    assert (key.uuid, key.device_id, key.binding) == (UUID, ID, None)


def test_both_ways_to_sign_are_verified(modem: ModemMaker) -> None:
    body = modem.csr(ID)
    for aad, binding in ((b"", Binding.PAYLOAD), (body, Binding.EXTERNAL)):
        text = modem.keygen(body, aad=aad)
        key = check_keygen(text, device_id=ID, uuid=UUID, sec_tag=TAG, identity_key=modem.identity.public_key())
        assert key.binding is binding


@pytest.mark.parametrize("common_name", ["nrf-352656100000002", "NRF-352656100000001", "nrf-352656100000001 ", "x"])
def test_a_csr_with_another_common_name_is_refused(modem: ModemMaker, refused: Refused, common_name: str) -> None:
    with refused("CRED-115", common_name):
        check_keygen(modem.keygen(modem.csr(common_name)), device_id=ID, uuid=UUID, sec_tag=TAG)


def test_another_modems_key_is_refused(modem: ModemMaker, refused: Refused) -> None:
    other = DeviceUuid(UUID[:-1] + "1")
    with refused("CRED-104", UUID) as caught:
        check_keygen(modem.keygen(modem.csr(ID)), device_id=ID, uuid=other, sec_tag=TAG)
    assert other in caught.value.sentence


def test_a_key_under_another_security_tag_is_refused(modem: ModemMaker, refused: Refused) -> None:
    with refused("CRED-105", "16842754"):
        check_keygen(modem.keygen(modem.csr(ID), sec_tag=16842754), device_id=ID, uuid=UUID, sec_tag=TAG)


def test_a_statement_of_another_identity_is_refused(modem: ModemMaker, refused: Refused) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1()).public_key()
    with refused("CRED-106"):
        check_keygen(modem.keygen(modem.csr(ID)), device_id=ID, uuid=UUID, sec_tag=TAG, identity_key=stranger)


def test_a_statement_moved_to_another_csr_is_refused_although_its_signature_holds(
    modem: ModemMaker, refused: Refused
) -> None:
    _, _, cose = modem.keygen(modem.csr(ID)).partition(".")
    mine = ModemMaker().csr(ID)
    with refused("CRED-102"):
        check_keygen(f"{base64url(mine)}.{cose}", device_id=ID, uuid=UUID, sec_tag=TAG)


def test_a_public_key_is_refused_where_a_csr_was_asked_for(modem: ModemMaker, refused: Refused) -> None:
    with refused("CRED-103"):
        check_keygen(modem.keygen(modem.spki(), kind=8), device_id=ID, uuid=UUID, sec_tag=TAG)


def test_a_csr_vouched_for_is_still_read_strictly(modem: ModemMaker, refused: Refused) -> None:
    theirs = ec.generate_private_key(ec.SECP384R1())
    with refused("CRED-111"):
        check_keygen(modem.keygen(b"no CSR"), device_id=ID, uuid=UUID, sec_tag=TAG)
    with refused("CRED-112"):
        check_keygen(modem.keygen(modem.csr(ID, signer=theirs)), device_id=ID, uuid=UUID, sec_tag=TAG)
