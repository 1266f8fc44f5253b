"""The driver of boards that make their own key in a shell, against simulated ones, in every kind of trouble."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from station.credentials.keys import spki_of
from station.devices.cred_shell import CredShell
from station.devices.faults import is_outcome_unknown
from station.devices.modem import Timeouts
from station.devices.ports import OpenPort
from station.devices.protocols import CredentialStore, KeyMaker, Prover
from station.devices.replies import VerdictKind
from station.devices.shell import Ends, Shell
from station.devices.talk import Transcript
from station.domain.faults import Fault
from station.domain.modem import CredentialType
from station.host.clock import SystemClock

CLOCK = SystemClock()
TAG = 16842753
SHORT = Timeouts(look=1.0, listing=1.0, write=1.0, keygen=1.0, sign=1.0)
KEY = CredentialType.CLIENT_KEY
MakeDesk = Callable[..., Any]


@pytest.fixture
def make_desk(make_board: Callable[..., Any]) -> MakeDesk:
    """Return a maker of boards whose application makes its key, with commands that go wrong by script."""

    def make(*commands: object, traits: tuple[str, ...] = (), framing: str = "cred_shell") -> Any:
        def drive(port: OpenPort, transcript: Transcript) -> CredShell:
            return CredShell(Shell(port, CLOCK, transcript=transcript, patience=3.0), SHORT)

        return make_board(drive, *commands, traits=traits, framing=framing)

    return make


def test_it_has_the_capabilities_of_a_key_maker(make_desk: MakeDesk) -> None:
    driver: object = make_desk().driver
    assert isinstance(driver, KeyMaker)
    assert isinstance(driver, Prover)
    assert isinstance(driver, CredentialStore)


def test_the_board_makes_a_key_and_signs_requests_with_it(make_desk: MakeDesk) -> None:
    desk = make_desk()
    assert desk.driver.has_key(TAG) is False
    desk.driver.make_key(TAG)
    assert desk.driver.has_key(TAG) is True
    made = desk.board.key(TAG)
    request = desk.driver.request(TAG, "unit-17")
    assert (request.common_name, request.spki, request.normalised) == ("unit-17", made.spki, False)
    assert desk.driver.public_key(TAG) == made.spki
    assert desk.driver.request(TAG).common_name == f"nrf-{desk.board.imei}"
    assert [(row.type, row.sha256) for row in desk.driver.list_credentials(TAG)] == [(KEY, None)]


def test_a_key_is_made_once(make_desk: MakeDesk) -> None:
    desk = make_desk()
    desk.driver.make_key(TAG)
    before = desk.board.key(TAG).spki
    with pytest.raises(Fault) as caught:
        desk.driver.make_key(TAG)
    assert caught.value.code == "AT-219"
    assert not is_outcome_unknown(caught.value)
    assert desk.board.key(TAG).spki == before


def test_there_is_one_key_at_a_time(make_desk: MakeDesk) -> None:
    desk = make_desk()
    desk.driver.make_key(TAG)
    with pytest.raises(Fault) as caught:
        desk.driver.make_key(TAG + 1)
    assert caught.value.code == "AT-223"
    assert desk.board.key(TAG + 1) is None


def test_possession_is_shown_by_a_request_for_a_fresh_name(make_desk: MakeDesk) -> None:
    desk = make_desk()
    desk.driver.make_key(TAG)
    spki = desk.board.key(TAG).spki
    assert "one-time name" in desk.driver.prove_key(TAG, spki)
    assert "one-time name" in desk.driver.prove_key(TAG, spki)
    names = [line.split("CN=")[1] for line in desk.commands("nrf_cloud_cred csr")]
    assert len(set(names)) == len(names) == 2


def test_another_key_proves_nothing(make_desk: MakeDesk) -> None:
    desk = make_desk()
    desk.driver.make_key(TAG)
    with pytest.raises(Fault) as caught:
        desk.driver.prove_key(TAG, spki_of(ec.generate_private_key(ec.SECP256R1()).public_key()))
    assert caught.value.code == "AT-240"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"do": "other-key"}, "AT-240"),
        ({"do": "broken-csr"}, "CRED-114"),
        ({"do": "other-cn", "text": "somebody-else"}, "CRED-113"),
        ({"do": "error"}, "AT-213"),
        ({"do": "error", "times": 0}, "AT-213"),
        ({"do": "cme", "code": 12}, "AT-201"),
        ({"do": "hang"}, "AT-102"),
        ({"do": "vanish"}, "DEV-105"),
        ({"do": "reset-before"}, "AT-103"),
    ],
    ids=str,
)
def test_a_proof_in_trouble_is_none(make_desk: MakeDesk, fault: dict[str, object], code: str) -> None:
    desk = make_desk({"match": "nrf_cloud_cred csr", "times": 2, **fault})
    desk.driver.make_key(TAG)
    with pytest.raises(Fault) as caught:
        desk.driver.prove_key(TAG, desk.board.key(TAG).spki)
    assert caught.value.code == code, caught.value.detail


@pytest.mark.parametrize("do", ["garbage", "lose-answer", "interleave", "truncated"])
def test_a_damaged_request_is_asked_for_again_or_refused(make_desk: MakeDesk, do: str) -> None:
    desk = make_desk({"do": do, "match": "nrf_cloud_cred csr", "size": 24})
    desk.driver.make_key(TAG)
    if do == "truncated":
        with pytest.raises(Fault) as caught:
            desk.driver.request(TAG, "unit")
        assert caught.value.code in ("AT-104", "CRED-111")
    else:
        assert desk.driver.request(TAG, "unit").spki == desk.board.key(TAG).spki


@pytest.mark.parametrize(
    ("do", "code", "there"),
    [
        ("lose-answer", "AT-101", True),
        ("hang", "AT-101", False),
        ("reset-before", "AT-103", False),
        ("reset-after", "AT-103", True),
        ("vanish-after", "DEV-105", True),
    ],
)
def test_a_key_whose_answer_is_lost_can_be_found(make_desk: MakeDesk, do: str, code: str, there: bool) -> None:
    desk = make_desk({"do": do, "match": "keygen"})
    with pytest.raises(Fault) as caught:
        desk.driver.make_key(TAG)
    assert caught.value.code == code
    assert is_outcome_unknown(caught.value)
    assert (desk.board.key(TAG) is not None) is there
    if do in ("lose-answer", "reset-before", "reset-after"):
        assert desk.driver.has_key(TAG) is there
        if there:
            assert desk.driver.request(TAG, "unit").spki == desk.board.key(TAG).spki


@pytest.mark.parametrize("do", ["rsa-key", "p384-key"])
def test_a_key_of_another_kind_is_refused(make_desk: MakeDesk, do: str) -> None:
    desk = make_desk({"do": do, "match": "keygen"})
    desk.driver.make_key(TAG)
    with pytest.raises(Fault) as caught:
        desk.driver.request(TAG, "unit")
    assert caught.value.code in ("CRED-112", "AT-213")


def test_a_full_store_makes_no_key(make_desk: MakeDesk) -> None:
    desk = make_desk(traits=("full-store",))
    with pytest.raises(Fault) as caught:
        desk.driver.make_key(TAG)
    assert caught.value.code == "AT-223"
    assert desk.driver.has_key(TAG) is False


def test_deleting_leaves_no_key(make_desk: MakeDesk) -> None:
    desk = make_desk()
    desk.driver.delete_key(TAG)
    desk.driver.make_key(TAG)
    assert desk.driver.delete_credential(TAG, KEY) is True
    assert desk.board.key(TAG) is None
    assert desk.driver.delete_credential(TAG, KEY) is False
    desk.driver.make_key(TAG)


def test_a_key_survives_a_restart_of_the_board(make_desk: MakeDesk) -> None:
    desk = make_desk({"do": "reset-before", "match": "cred list"})
    desk.driver.make_key(TAG)
    with pytest.raises(Fault):
        desk.driver.list_credentials(TAG)
    assert desk.driver.has_key(TAG) is True
    assert desk.driver.restarts > 0


def test_a_firmware_without_the_command_is_named(make_desk: MakeDesk) -> None:
    desk = make_desk(framing="tls_shell")
    for ask in (desk.driver.make_key, desk.driver.has_key, desk.driver.request, desk.driver.delete_key):
        with pytest.raises(Fault) as caught:
            ask(TAG)
        assert caught.value.code == "AT-243"
        assert "KEYGEN_SHELL" in caught.value.sentence


@pytest.mark.parametrize("name", ["", "a b", 'a",O="b', "a,CN=b", "a\\nb", "x" * 65])
def test_a_name_that_could_be_more_than_one_is_not_sent(make_desk: MakeDesk, name: str) -> None:
    desk = make_desk()
    with pytest.raises(ValueError, match="device ID"):
        desk.driver.request(TAG, name)
    assert desk.commands("nrf_cloud_cred") == []


def test_the_longest_name_fits_the_line(make_desk: MakeDesk) -> None:
    desk = make_desk()
    desk.driver.make_key(TAG)
    assert desk.driver.request(TAG, "x" * 64).common_name == "x" * 64


@given(st.text(max_size=60))
def test_only_whole_lines_are_results(text: str) -> None:
    ends = Ends()
    verdict = ends.judge(text)
    assert verdict is None or verdict.kind is VerdictKind.NOT_PASSED_ON
    assert ends.judge(f"Generated device key in sec tag 7{text}") is None or ":" in text or "Too many" in text
