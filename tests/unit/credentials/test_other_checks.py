"""A bare public key and an attestation token are taken only where all of them is this modem's, and said so exactly."""

from uuid import UUID

import pytest

from station.credentials.checks import check_attestation, check_public_key
from station.credentials.csr import read_csr
from station.credentials.requests import check_request, make_key
from station.domain.faults import Fault
from station.domain.ids import DeviceId, DeviceUuid
from station.simulator.keys import KeyPair
from station.simulator.tokens import CSR_MESSAGE, PUBLIC_KEY_MESSAGE, attestation_text, keygen_text

MODEM = UUID("50343956-3131-435b-80c7-1808b626dcb9")
OTHER = DeviceUuid("50343956-3131-435b-80c7-000000000000")
TAG = 16842753
CHALLENGE = bytes(range(16))
KEY = KeyPair.generate()


def bare(message: int = PUBLIC_KEY_MESSAGE, **more: object) -> str:
    given: dict[str, object] = {"uuid": MODEM.bytes, "sec_tag": TAG, "identity": KEY, "body_as_aad": False}
    return keygen_text(KEY.spki, message=message, **(given | more))  # type: ignore[arg-type] -- as named there


def attested(nonce: bytes | None = CHALLENGE) -> str:
    return attestation_text(uuid=MODEM.bytes, device_type=6, firmware_uuid=MODEM.bytes, nonce=nonce, identity=KEY)


def code_of(act: object) -> str:
    assert callable(act)
    with pytest.raises(Fault) as refused:
        act()
    return refused.value.code


def test_a_bare_public_key_is_taken_with_what_was_shown_of_it() -> None:
    key = check_public_key(bare(), uuid=DeviceUuid(str(MODEM)), sec_tag=TAG)
    assert key.proven == "digest and UUID match; COSE signature not verified"
    assert key.answer.body == KEY.spki
    learnt = check_public_key(bare(), uuid=None, sec_tag=TAG)
    assert learnt.proven == "digest matches; UUID learnt from this answer; COSE signature not verified"
    assert learnt.uuid == str(MODEM)


def test_a_bare_public_key_that_is_not_what_was_asked_for_is_refused() -> None:
    uuid = DeviceUuid(str(MODEM))
    assert code_of(lambda: check_public_key(bare(CSR_MESSAGE), uuid=uuid, sec_tag=TAG)) == "CRED-107"
    assert code_of(lambda: check_public_key(bare(), uuid=OTHER, sec_tag=TAG)) == "CRED-104"
    assert code_of(lambda: check_public_key(bare(), uuid=uuid, sec_tag=TAG + 1)) == "CRED-105"
    assert code_of(lambda: check_public_key(bare(digest=bytes(32)), uuid=uuid, sec_tag=TAG)) == "CRED-102"
    assert code_of(lambda: check_public_key(attested(), uuid=uuid, sec_tag=TAG)) == "CRED-101"


def test_an_attestation_token_is_taken_with_what_was_shown_of_it() -> None:
    uuid = DeviceUuid(str(MODEM))
    said = check_attestation(attested(), uuid=uuid, challenge=CHALLENGE).proven
    assert said == "UUID matches; made for this station's challenge; COSE signature not verified"
    said = check_attestation(attested(None), uuid=None, challenge=None).proven
    assert said == "UUID learnt from this token; not fresh: its modem refused a challenge; COSE signature not verified"


def test_an_attestation_token_of_another_modem_or_moment_is_refused() -> None:
    uuid = DeviceUuid(str(MODEM))
    assert code_of(lambda: check_attestation(attested(None), uuid=uuid, challenge=CHALLENGE)) == "CRED-122"
    assert code_of(lambda: check_attestation(attested(), uuid=OTHER, challenge=CHALLENGE)) == "CRED-123"
    assert code_of(lambda: check_attestation(bare(), uuid=uuid, challenge=CHALLENGE)) == "CRED-121"


def test_a_key_made_here_is_shown_by_nothing_and_no_two_are_alike() -> None:
    secret, request = make_key(DeviceId("unit-1"))
    assert "PRIVATE" in secret.reveal()
    assert "PRIVATE" not in repr((secret, request))
    assert make_key(DeviceId("unit-1"))[1].spki_sha256 != request.spki_sha256
    assert check_request(read_csr(request.csr.der), DeviceId("unit-1")).made == "made on the board"
    assert code_of(lambda: check_request(request.csr, DeviceId("unit-2"))) == "CRED-115"
