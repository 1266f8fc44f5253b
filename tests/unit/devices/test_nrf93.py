"""The nRF93M1's driver against simulated ones: who it is, its key, its token, its clock, and all that goes wrong."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from station.devices.channel import Channel
from station.devices.modem import Timeouts
from station.devices.nrf93 import Nrf93m1
from station.devices.ports import OpenPort
from station.devices.protocols import Conversation, CredentialStore, Enroller, Identity, KeyMaker, Prover, Storer
from station.devices.talk import Transcript
from station.devices.v250 import V250
from station.domain.faults import Fault
from station.domain.modem import FirmwareFamily, UuidSource
from station.host.clock import SystemClock

CLOCK = SystemClock()
TENANT = "5c2e7d0a-91b4-4a7e-8d55-0f3b6a1c9e21"
SHORT = Timeouts(look=1.0, listing=1.0, write=1.0, keygen=1.0, sign=1.0, power_off=1.0)
MakeDesk = Callable[..., Any]


@pytest.fixture
def make_desk(make_board: Callable[..., Any]) -> MakeDesk:
    """Return a maker of nRF93M1s in a slot, with commands that go wrong by script."""

    def make(*commands: object, traits: tuple[str, ...] = (), profile: str = "nrf93m1", **described: object) -> Any:
        def drive(port: OpenPort, transcript: Transcript) -> Nrf93m1:
            return Nrf93m1(Channel(port, V250(), CLOCK, transcript=transcript, patience=3.0), CLOCK, SHORT)

        return make_board(drive, *commands, traits=traits, profile=profile, **described)

    return make


def test_it_has_the_capabilities_of_an_enroller(make_desk: MakeDesk) -> None:
    driver: object = make_desk().driver
    for capability in (Conversation, Identity, Enroller, Prover, Storer):
        assert isinstance(driver, capability)
    assert not isinstance(driver, CredentialStore)
    assert not isinstance(driver, KeyMaker)


def test_it_says_who_it_is_and_makes_its_uuid_first(make_desk: MakeDesk) -> None:
    desk = make_desk()
    identity = desk.driver.identify()
    assert identity.imei == desk.board.imei
    assert (identity.uuid, identity.uuid_source) == (desk.board.uuid, UuidSource.DEVICE_UUID)
    assert (identity.model, identity.hardware) == ("nRF93M1-LABA-A0A (R3)", None)
    assert (identity.firmware.family, identity.firmware.version) == (FirmwareFamily.NRF93M1, (1, 4, 1))
    assert "creating device uuid" in desk.transcript
    assert desk.driver.identify() == identity


def test_its_radio_stays_off(make_desk: MakeDesk) -> None:
    desk = make_desk()
    desk.driver.identify()
    desk.driver.registration_token(TENANT)
    assert desk.commands("AT+CFUN") == []
    desk.driver.power_off()
    assert desk.commands("AT+CFUN") == ["AT+CFUN=0"]


def test_another_modem_is_refused(make_desk: MakeDesk) -> None:
    desk = make_desk(profile="nrf9151", framing="at_host")
    with pytest.raises(Fault) as caught:
        desk.driver.identify()
    assert caught.value.code == "AT-306"


def test_the_access_key_is_made_once_and_told_again(make_desk: MakeDesk) -> None:
    desk = make_desk()
    spki = desk.driver.access_key()
    assert spki == desk.driver.access_key()
    assert desk.board.counters.keys_generated == 1
    assert desk.board.key(0).spki == spki


@pytest.mark.parametrize("traits", [(), ("token-on-next-line",), ("dated-registration",), ("chatty",)], ids=str)
def test_a_token_is_for_this_device_and_this_account(make_desk: MakeDesk, traits: tuple[str, ...]) -> None:
    desk = make_desk(traits=traits)
    made = desk.driver.registration_token(TENANT)
    assert (made.uuid, made.tenant) == (desk.board.uuid, TENANT)
    assert timedelta(minutes=58) < made.expires - datetime.now(UTC) <= timedelta(minutes=61)
    # The last token that the module signed is the account's; the proof's came before it.
    signed = desk.commands("AT%REGJWT")
    assert signed[-1] == f'AT%REGJWT="{TENANT}"'
    assert len(signed) == len(set(signed)) == 2


def test_a_token_is_shown_nowhere(make_desk: MakeDesk) -> None:
    desk = make_desk()
    made = desk.driver.registration_token(TENANT)
    assert "%REGJWT: " not in desk.transcript  # hidden whole, and not by its shape alone
    for part in made.token.reveal().split("."):
        assert part not in desk.transcript
        assert part not in repr(made)
        assert part not in repr(vars(desk.driver)) + repr(vars(desk.driver._channel._talk))


def test_the_clock_is_set_before_a_token_is_asked_for(make_desk: MakeDesk) -> None:
    desk = make_desk()
    desk.driver.registration_token(TENANT)
    said = [entry.text.partition("=")[0] for entry in desk.board.log]
    assert said.index("AT+CCLK") < said.index("AT%REGJWT")


def test_a_clock_that_stays_is_told_before_any_token(make_desk: MakeDesk) -> None:
    desk = make_desk(traits=("clock-stays",))
    with pytest.raises(Fault) as caught:
        desk.driver.registration_token(TENANT)
    assert caught.value.code == "AT-244"
    assert desk.commands("AT%REGJWT") == []


def test_a_year_of_four_digits_is_tried_where_two_are_refused(make_desk: MakeDesk) -> None:
    desk = make_desk({"do": "error", "match": r'CCLK="\d\d/', "times": 0})
    with pytest.raises(Fault):  # this simulated module takes two digits alone, so both forms fail
        desk.driver.set_clock(datetime.now(UTC))
    assert [len(command) for command in desk.commands("AT+CCLK=")] == [30, 32]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"do": "other-key"}, "CRED-136"),
        ({"do": "other-cn"}, "CRED-136"),
        ({"do": "other-tag"}, "CRED-136"),
        ({"do": "truncated"}, "CRED-131"),
        ({"do": "error"}, "AT-202"),
        ({"do": "cme", "code": 3}, "AT-201"),
        ({"do": "hang"}, "AT-102"),
        ({"do": "vanish"}, "DEV-105"),
        # What it says when it starts is not known: the restart shows by its clock, which is gone.
        ({"do": "reset-before", "times": 1}, "AT-202"),
        ({"do": "reset-after", "times": 1}, "AT-202"),
    ],
    ids=str,
)
@pytest.mark.parametrize("nth", [1, 2])
def test_a_token_in_trouble_is_none(make_desk: MakeDesk, fault: dict[str, object], code: str, nth: int) -> None:
    desk = make_desk({"match": "REGJWT", "nth": nth, "times": 2, **fault})
    with pytest.raises(Fault) as caught:
        desk.driver.registration_token(TENANT)
    assert caught.value.code in (code, "AT-104" if fault["do"] == "truncated" else code), caught.value.detail
    assert "eyJ" not in f"{caught.value.sentence} {caught.value.detail}"


@pytest.mark.parametrize("do", ["lose-answer", "garbage", "pieces", "bare-lf"])
@pytest.mark.parametrize("match", ["REGJWT", "CLOUDACCESSKEY", "DEVICEUUID"])
def test_a_lost_or_damaged_answer_is_asked_for_again(make_desk: MakeDesk, do: str, match: str) -> None:
    desk = make_desk({"do": do, "match": match, "size": 24, "seconds": 0.01})
    assert desk.driver.registration_token(TENANT).uuid == desk.board.uuid
    assert desk.board.counters.keys_generated == 1


@pytest.mark.parametrize("text", ["%REGJWT:", "%REGJWT: a.b.c\n%REGJWT: d.e.f", "%REGJWT: a.b.c\ndddddddddd.e.f"])
def test_no_token_and_two_tokens_are_no_answer(make_desk: MakeDesk, text: str) -> None:
    desk = make_desk({"do": "other-information", "match": "REGJWT", "text": text, "times": 0})
    with pytest.raises(Fault) as caught:
        desk.driver.registration_token(TENANT)
    assert caught.value.code == "AT-104"


def test_a_foreign_access_key_is_told_from_the_token(make_desk: MakeDesk) -> None:
    desk = make_desk({"do": "other-key", "match": "CLOUDACCESSKEY", "nth": 1, "times": 1})
    with pytest.raises(Fault) as caught:
        desk.driver.registration_token(TENANT)
    assert caught.value.code == "AT-240"


@pytest.mark.parametrize("tenant", ["", 'a"b', "a b", "a\r", "x" * 65])
def test_an_account_that_is_none_is_not_sent(make_desk: MakeDesk, tenant: str) -> None:
    desk = make_desk()
    with pytest.raises(ValueError, match="no account"):
        desk.driver.registration_token(tenant)
    assert not any(repr(tenant)[1:-1] in command for command in desk.commands("AT%REGJWT") if tenant)
