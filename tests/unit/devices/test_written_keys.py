"""A private key of the station's making, written to a modem: shown nowhere, never over another, shown by signing."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from station.credentials.jwt import check_device_jwt
from station.devices.at_host import AtHost
from station.devices.at_shell import AtShell
from station.devices.channel import Channel
from station.devices.faults import is_outcome_unknown
from station.devices.framing import Framing
from station.devices.modem import Modem, Timeouts
from station.devices.ports import OpenPort
from station.devices.protocols import CredentialStore, KeyTaker
from station.devices.talk import Transcript
from station.domain.faults import Fault
from station.domain.modem import CredentialType
from station.domain.secret import Secret
from station.host.clock import SystemClock

CLOCK = SystemClock()
TAG = 16842753
SHORT = Timeouts(look=1.0, listing=1.0, offline=1.0, write=1.0, sign=1.0)
MakeDesk = Callable[..., Any]


@pytest.fixture
def make_desk(make_board: Callable[..., Any]) -> MakeDesk:
    """Return a maker of boards with a modem behind at_host or at_shell."""

    def make(*commands: object, framing: Framing | None = None, **described: object) -> Any:
        framed = framing or AtHost()

        def drive(port: OpenPort, transcript: Transcript) -> Modem:
            return Modem(Channel(port, framed, CLOCK, transcript=transcript, patience=3.0), SHORT)

        return make_board(drive, *commands, framing=framed.name, **described)

    return make


def new_key() -> tuple[str, ec.EllipticCurvePublicKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode("ascii"), key.public_key()


@pytest.mark.parametrize("framing", [AtHost(), AtShell()], ids=lambda framing: framing.name)
def test_a_modem_takes_a_key_and_signs_with_it(make_desk: MakeDesk, framing: Framing) -> None:
    desk, (key, public) = make_desk(framing=framing), new_key()
    driver: object = desk.driver
    assert isinstance(driver, KeyTaker)
    assert isinstance(driver, CredentialStore)
    assert desk.driver.write_key(TAG, Secret(key)) is None
    token = desk.driver.sign_jwt(TAG, audience="nonce")
    check_device_jwt(token, public_key=public, audience="nonce", now=CLOCK.now())
    for line in key.splitlines():
        assert "-----" in line or line not in desk.transcript


def test_a_key_that_is_there_stays(make_desk: MakeDesk) -> None:
    desk = make_desk()
    desk.driver.generate_key(TAG, None)
    with pytest.raises(Fault) as caught:
        desk.driver.write_key(TAG, Secret(new_key()[0]))
    assert caught.value.code == "AT-219"
    assert desk.commands("AT%CMNG=0") == []


@pytest.mark.parametrize(
    ("do", "code", "unknown"),
    [("lose-answer", "AT-101", True), ("ignore-write", "AT-241", False), ("reset-after", "AT-103", True)],
)
def test_a_write_in_trouble_is_a_fault_without_the_key(make_desk: MakeDesk, do: str, code: str, unknown: bool) -> None:
    desk, (key, _) = make_desk({"do": do, "match": "CMNG=0"}), new_key()
    with pytest.raises(Fault) as caught:
        desk.driver.write_key(TAG, Secret(key))
    assert caught.value.code == code
    assert is_outcome_unknown(caught.value) is unknown
    told = f"{caught.value.sentence} {caught.value.detail} {desk.transcript}"
    assert not any(line in told for line in key.splitlines() if "-----" not in line)


@pytest.mark.parametrize("framing", [AtHost(), AtShell()], ids=lambda framing: framing.name)
def test_a_listing_shows_the_digest_that_was_told_beforehand(make_desk: MakeDesk, framing: Framing) -> None:
    desk = make_desk(framing=framing, profile="nrf9161")
    desk.driver.write_credential(TAG, CredentialType.ROOT_CA, "a root\nin two lines\n")
    (row,) = desk.driver.list_credentials(TAG)
    assert {row.sha256} == desk.driver.listed_hashes("a root\nin two lines\n")
