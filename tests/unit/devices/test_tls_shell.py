"""The TLS credentials shell's driver against simulated boards on real wires, in every kind of trouble."""

import base64
import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from station.devices.cred_shell import CredShell
from station.devices.faults import is_outcome_unknown
from station.devices.modem import Timeouts
from station.devices.ports import OpenPort
from station.devices.protocols import Conversation, CredentialStore, Identity, KeyMaker, KeyTaker, Prover
from station.devices.shell import Shell
from station.devices.talk import Transcript
from station.devices.tls_shell import TlsShell
from station.domain.faults import Fault
from station.domain.modem import CredentialType, ModemIdentity
from station.domain.secret import Secret
from station.host.clock import SystemClock

CLOCK = SystemClock()
TAG = 16842753
ROOT = (Path(__file__).parents[3] / "config" / "roots" / "amazon-root-ca-1.pem").read_text(encoding="ascii")
SHORT = Timeouts(look=1.0, listing=1.0, write=1.0, keygen=1.0, sign=1.0)
ROOT_CA, CERT, KEY = CredentialType.ROOT_CA, CredentialType.CLIENT_CERT, CredentialType.CLIENT_KEY


MakeDesk = Callable[..., Any]


@pytest.fixture
def make_desk(make_board: Callable[..., Any]) -> MakeDesk:
    """Return a maker of boards with a credentials shell, with commands that go wrong by script."""

    def make(*commands: object, traits: tuple[str, ...] = (), framing: str = "tls_shell", seconds: float = 5.0) -> Any:
        def drive(port: OpenPort, transcript: Transcript) -> TlsShell:
            return TlsShell(Shell(port, CLOCK, transcript=transcript, patience=3.0), SHORT)

        return make_board(drive, *commands, traits=traits, framing=framing, seconds=seconds)

    return make


def private_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode("ascii")


def pieces(key: str) -> list[str]:
    """What of a key must be nowhere: its own lines, and the base64 in which it goes over the wire."""
    encoded = base64.b64encode(key.encode()).decode()
    return [
        *(line for line in key.splitlines() if "-----" not in line),
        *(encoded[at : at + 12] for at in (48, 96, 150)),
    ]


def test_it_has_the_capabilities_of_a_store_and_a_key_taker(make_desk: MakeDesk) -> None:
    driver: object = make_desk().driver
    assert isinstance(driver, Conversation)
    assert isinstance(driver, Identity)
    assert isinstance(driver, CredentialStore)
    assert isinstance(driver, KeyTaker)
    assert not isinstance(driver, KeyMaker)
    assert not isinstance(driver, Prover)


def test_a_credential_is_stored_with_a_nul_and_listed_by_its_digest(make_desk: MakeDesk) -> None:
    desk = make_desk()
    assert desk.driver.list_credentials() == ()
    desk.driver.write_credential(TAG, ROOT_CA, ROOT)
    assert desk.stored(ROOT_CA) == ROOT.encode()
    (row,) = desk.driver.list_credentials(TAG, ROOT_CA)
    assert row.sha256 == hashlib.sha256(ROOT.encode() + b"\0").hexdigest()
    assert row.sha256 in desk.driver.listed_hashes(ROOT)
    assert desk.driver.list_credentials(TAG + 1) == ()


def test_what_is_there_is_replaced(make_desk: MakeDesk) -> None:
    desk = make_desk()
    desk.driver.write_credential(TAG, CERT, ROOT)
    desk.driver.write_credential(TAG, CERT, ROOT[:-1])
    assert desk.stored(CERT) == ROOT[:-1].encode()
    assert len(desk.commands("cred del")) == 1


def test_deleting_tells_whether_something_was_there(make_desk: MakeDesk) -> None:
    desk = make_desk()
    assert desk.driver.delete_credential(TAG, CERT) is False
    desk.driver.write_credential(TAG, CERT, ROOT)
    assert desk.driver.delete_credential(TAG, CERT) is True
    assert desk.driver.list_credentials() == ()


def test_no_line_is_longer_than_the_shells_ring(make_desk: MakeDesk) -> None:
    desk = make_desk()
    desk.driver.write_credential(TAG, ROOT_CA, ROOT)
    assert max(len(line) for line in desk.commands("cred buf")) < 64
    assert desk.board.counters.bytes_lost == 0


def test_a_key_is_stored_compared_and_shown_nowhere(make_desk: MakeDesk, caplog: pytest.LogCaptureFixture) -> None:
    desk, key = make_desk(), private_key()
    with caplog.at_level(logging.DEBUG):
        listed = desk.driver.write_key(TAG, Secret(key))
    assert listed == hashlib.sha256(key.encode() + b"\0").hexdigest()
    assert desk.stored(KEY) == key.encode()
    for piece in pieces(key):
        assert piece not in desk.transcript
        assert piece not in caplog.text
        assert piece not in repr(vars(desk.driver)) + repr(vars(desk.driver._shell)) + repr(
            vars(desk.driver._shell._talk)
        )


def test_a_key_is_never_overwritten(make_desk: MakeDesk) -> None:
    desk, key = make_desk(), private_key()
    desk.driver.write_key(TAG, Secret(key))
    sent = len(desk.commands("cred buf"))
    with pytest.raises(Fault) as caught:
        desk.driver.write_key(TAG, Secret(private_key()))
    assert len(desk.commands("cred buf")) == sent
    assert caught.value.code == "AT-219"
    assert not is_outcome_unknown(caught.value)
    assert desk.stored(KEY) == key.encode()


def test_no_key_is_put_beside_one_of_the_boards_own(make_desk: MakeDesk) -> None:
    desk = make_desk(framing="cred_shell")
    CredShell(desk.driver._shell, SHORT).make_key(TAG)
    with pytest.raises(Fault) as caught:
        desk.driver.write_key(TAG, Secret(private_key()))
    assert caught.value.code == "AT-219"
    assert desk.commands("cred buf") == []


def test_a_secret_is_not_written_as_something_open(make_desk: MakeDesk) -> None:
    desk = make_desk()
    with pytest.raises(ValueError, match="write_key"):
        desk.driver.write_credential(TAG, KEY, private_key())
    assert desk.commands("cred buf") == []


TROUBLE = [
    # what goes wrong, at what, the fault's code, whether nobody knows what was done, whether the key is there after all
    ("lose-answer", "cred add", "AT-101", True, True),
    ("hang", "cred add", "AT-101", True, False),
    ("reset-before", "cred add", "AT-103", True, False),
    ("reset-after", "cred add", "AT-103", True, True),
    ("reset-before", "cred buf \\S{40}", "AT-103", True, False),
    ("vanish", "cred add", "DEV-105", True, False),
    ("vanish-after", "cred add", "DEV-105", True, True),
    ("vanish", "cred buf \\S{40}", "DEV-105", True, False),
    ("corrupt-write", "cred add", "AT-241", False, True),
    ("ignore-write", "cred add", "AT-241", False, False),
    ("error", "cred add", "AT-201", False, False),
    ("endless-line", "cred add", "AT-105", True, True),
]


@pytest.mark.parametrize(("do", "match", "code", "unknown", "there"), TROUBLE, ids=str)
def test_a_key_in_trouble_is_a_fault_that_tells_nothing_of_it(
    make_desk: MakeDesk, do: str, match: str, code: str, unknown: bool, there: bool
) -> None:
    desk, key = make_desk({"do": do, "match": match, "times": 1}), private_key()
    with pytest.raises(Fault) as caught:
        desk.driver.write_key(TAG, Secret(key))
    assert caught.value.code == code, caught.value.detail
    assert is_outcome_unknown(caught.value) is unknown
    assert (desk.stored(KEY) is not None) is there
    told = f"{caught.value} {caught.value.sentence} {caught.value.detail} {desk.transcript}"
    assert not any(piece in told for piece in pieces(key))


@pytest.mark.parametrize("do", ["garbage", "lose-answer", "pieces", "interleave"])
def test_what_only_fills_the_buffer_is_done_again(make_desk: MakeDesk, do: str) -> None:
    desk, key = make_desk({"do": do, "match": "cred buf \\S{40}", "nth": 2, "seconds": 0.01, "size": 24}), private_key()
    assert desk.driver.write_key(TAG, Secret(key)) is not None
    assert desk.stored(KEY) == key.encode()
    assert not any(piece in desk.transcript for piece in pieces(key))


def test_half_a_key_does_not_stay_in_the_shells_buffer(make_desk: MakeDesk) -> None:
    desk, key = make_desk({"do": "lose-answer", "match": "cred buf \\S{40}", "times": 2, "nth": 2}), private_key()
    with pytest.raises(Fault):
        desk.driver.write_key(TAG, Secret(key))
    assert desk.board.log[-1].text == "cred buf clear"


@pytest.mark.parametrize("do", ["garbage", "lose-answer", "interleave", "flood"])
def test_a_list_is_asked_for_again(make_desk: MakeDesk, do: str) -> None:
    desk = make_desk({"do": do, "match": "cred list", "nth": 1, "size": 24})
    desk.driver.write_credential(TAG, ROOT_CA, ROOT)
    assert len(desk.driver.list_credentials(TAG)) == 1


def test_a_list_that_lacks_a_row_is_no_list(make_desk: MakeDesk) -> None:
    desk = make_desk({"do": "other-information", "match": "cred list", "text": "2 credentials found.", "times": 0})
    with pytest.raises(Fault) as caught:
        desk.driver.list_credentials()
    assert caught.value.code == "AT-104"


def test_an_answer_that_is_none_is_told_before_the_time_is_over(make_desk: MakeDesk) -> None:
    desk = make_desk({"do": "other-information", "match": "cred add", "text": "Stored, I think."})
    began = CLOCK.monotonic()
    with pytest.raises(Fault) as caught:
        desk.driver.write_credential(TAG, ROOT_CA, ROOT)
    assert caught.value.code == "AT-104"
    assert is_outcome_unknown(caught.value)
    assert CLOCK.monotonic() - began < 1.5


def test_after_trouble_the_driver_is_in_step_again(make_desk: MakeDesk) -> None:
    desk = make_desk({"do": "late", "match": "cred list", "seconds": 1.5})
    desk.driver.write_credential(TAG, ROOT_CA, ROOT)
    assert [row.type for row in desk.driver.list_credentials(TAG)] == [ROOT_CA]
    assert desk.driver.delete_credential(TAG, ROOT_CA) is True
    assert desk.driver.list_credentials(TAG) == ()


def test_a_full_store_is_said_so(make_desk: MakeDesk) -> None:
    desk = make_desk(traits=("full-store",))
    with pytest.raises(Fault) as caught:
        desk.driver.write_credential(TAG, ROOT_CA, ROOT)
    assert caught.value.code == "AT-215"


def test_a_buffer_that_is_too_small_is_the_firmwares_fault(make_desk: MakeDesk) -> None:
    desk = make_desk()
    with pytest.raises(Fault) as caught:
        desk.driver.write_credential(TAG, ROOT_CA, ROOT * 4)
    assert caught.value.code == "AT-242"
    assert desk.stored(ROOT_CA) is None


def test_a_firmware_without_the_command_is_named(make_desk: MakeDesk) -> None:
    desk = make_desk(framing="at_shell")
    with pytest.raises(Fault) as caught:
        desk.driver.list_credentials()
    assert caught.value.code == "AT-243"
    assert "CONFIG_TLS_CREDENTIALS_SHELL" in caught.value.sentence


def test_a_firmware_that_is_no_shell_is_told_from_silence(make_desk: MakeDesk) -> None:
    with pytest.raises(Fault) as caught:
        make_desk(framing="at_host")
    assert caught.value.code == "AT-151"


def test_a_silent_board_is_no_contact(make_desk: MakeDesk) -> None:
    with pytest.raises(Fault) as caught:
        make_desk(traits=("dead",), seconds=1.0)
    assert caught.value.code == "AT-102"


def test_a_board_without_a_modem_tells_its_chip(make_desk: MakeDesk) -> None:
    identity = make_desk().driver.identify()
    assert identity.modem is None
    assert identity.hardware_id is not None
    assert len(identity.hardware_id) == 16
    assert identity.system == "3.7.99"


def test_a_board_with_at_tells_its_modem_over_the_same_shell(make_desk: MakeDesk) -> None:
    desk = make_desk(framing="cred_shell")
    identity = desk.driver.identify()
    assert isinstance(identity.modem, ModemIdentity)
    assert identity.modem.imei == desk.board.imei
    assert desk.driver.list_credentials(TAG) == ()
    assert desk.driver.identify() == identity


def test_log_lines_come_in_between_and_change_nothing(make_desk: MakeDesk) -> None:
    desk = make_desk(traits=("chatty",))
    desk.driver.write_credential(TAG, ROOT_CA, ROOT)
    assert len(desk.driver.list_credentials(TAG)) == 1
