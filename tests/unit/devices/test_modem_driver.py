"""The modem's commands, each against a peer that answers byte for byte on a real wire."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from station.devices.at_shell import AtShell
from station.devices.faults import is_outcome_unknown
from station.domain.faults import Fault, Retry, StationFault, UnitFault
from station.domain.ids import DeviceId, Imei
from station.domain.modem import (
    CredentialType,
    FirmwareFamily,
    ModemFirmware,
    ModemIdentity,
    Numbers,
    StoredCredential,
    UuidSource,
)

Bench = Any  # conftest's, which can't be imported by name

TAG = 16842753
DIGEST = "2C43952EE9E000FF2ACC4E2ED0897C0A72AD5FA72C3D934E81741CBD54F05BD1"
PEM = "-----BEGIN CERTIFICATE-----\nMIIBtjCCAVugAwIBAgITBmyf1XSXNmY/Owua2eiedgPySj\n-----END CERTIFICATE-----\n"
# Genuine, of an nRF9160 (nRFCloud/utils).
TOKEN = (
    "2dn3hQFQUDYxVDkxRPCAIhIbZAFifQNQGv86y_GmR2SiY0wmRsHGVFDT791_BPH8YOWFiyCHND1q."
    "0oRDoQEmoQRBIfZYQGuXwJliinHc6xDPruiyjsaXyXZbZVpUuOhHG9YS8L05VuglCcJhMN4EUhWVGpaHgNnHHno6ahi-d5tOeZmAcNY"
)
GENUINE_LIST = (
    f'%CMNG: 42,0,"{DIGEST}"\r\n'
    '%CMNG: 1001,0,"39FDCF28AEFFE08D03251FCCAF645E3C5DE19FA4EBBAFC89B4EDE2A422148BAB"\r\n'
    '%CMNG: 16842753,2,"3EB33ABEB054A64578ED0ACF2BC13D570557FDEB413566D3D4678A2B89F65695"\r\n'
    f'%CMNG: 4294967293,10,"{DIGEST}"\r\n'
    '%CMNG: 4294967294,6,"A3CC4121A62D4BB103AE92F70A77A456886AE3CD5B2D156A200A1B90D9E92E05"\r\n'
    "OK\r\n"
)


def commands(bench: Bench) -> list[str]:
    """What the modem got, without the questions that get into step."""
    return [command for command in bench.peer.commands if command not in ("AT+CGMI", "AT+CGMM", "AT%HWVERSION")]


def test_identify_asks_each_thing_once(bench: Bench) -> None:
    modem = bench.modem()
    bench.peer.commands.clear()
    assert modem.identify() == ModemIdentity(
        imei="359404230000010",
        uuid="50343956-3037-4738-800d-1f29e0a0f7bf",
        uuid_source=UuidSource.DEVICE_UUID,
        model="nRF9151-LACA",
        hardware="nRF9151 LACA A0A",
        firmware=ModemFirmware(FirmwareFamily.NRF91X1, (2, 0, 2), "mfw_nrf91x1_2.0.2"),
    )
    assert bench.peer.commands[0] == "AT+CMEE=1"
    assert len(bench.peer.commands) == len(set(bench.peer.commands)) == 5


def test_what_brought_the_modem_into_step_is_not_asked_again(bench: Bench, banner: bytes) -> None:
    modem = bench.modem()
    identity = modem.identify()
    assert bench.peer.commands.count("AT+CGMM") == 1
    assert modem.identify() == identity
    assert bench.peer.commands.count("AT+CGMM") == 2, "it was told once, for one identification"
    modem.connect(5.0)
    bench.peer.once.append(("AT+CGSN=1", banner))
    with pytest.raises(UnitFault, match="AT-103"):
        modem.identify()
    bench.peer.table["AT+CGMM"] = b"nRF9161-LACA\r\nOK\r\n"
    assert modem.identify().model == "nRF9161-LACA", "what a board said before it restarted is nothing to go by"


def test_whether_it_still_is_the_same_takes_two_questions(bench: Bench) -> None:
    modem = bench.modem()
    before = modem.identify()
    bench.peer.commands.clear()
    assert modem.numbers(before) == Numbers(before.imei, before.uuid)
    assert bench.peer.commands == ["AT+CGSN=1", "AT%DEVICEUUID"]
    assert modem.numbers(replace(before, uuid=None, uuid_source=None)) == Numbers(before.imei, None)
    bench.peer.table["AT+CGSN=1"] = b'+CGSN: "352656100000000"\r\nOK\r\n'
    assert modem.numbers(before) == Numbers(Imei("352656100000000"), None)
    assert bench.peer.commands.count("AT%DEVICEUUID") == 1
    bench.peer.table["AT+CGSN=1"] = b"ERROR\r\n"
    with pytest.raises(UnitFault, match="AT-305"):
        modem.numbers(before)


def test_an_unsolicited_result_is_never_taken_for_the_imei(bench: Bench) -> None:
    """A peer's program was fooled by this: it took the last line before OK."""
    bench.peer.table["AT+CGSN=1"] = b'+CGSN: "359404230000010"\r\n+CEREG: 0\r\n352656100000000\r\nOK\r\n'
    assert bench.modem().identify().imei == "359404230000010"


def test_without_deviceuuid_the_attestation_token_tells(bench: Bench) -> None:
    bench.peer.table["AT%DEVICEUUID"] = b"ERROR\r\n"
    bench.peer.table["AT%ATTESTTOKEN"] = f'%ATTESTTOKEN: "{TOKEN}"\r\nOK\r\n'.encode()
    identity = bench.modem().identify()
    assert (identity.uuid, identity.uuid_source) == ("50363154-3931-44f0-8022-121b6401627d", UuidSource.ATTESTATION)
    assert TOKEN[:20] not in bench.transcript
    assert "< ***" in bench.transcript


def test_without_either_the_uuid_is_unknown(bench: Bench) -> None:
    bench.peer.table["AT%DEVICEUUID"] = b"ERROR\r\n"
    identity = bench.modem().identify()
    assert (identity.uuid, identity.uuid_source) == (None, None)


@pytest.mark.parametrize("answer", [b"ERROR\r\n", b"+CME ERROR: 60\r\n"])
def test_a_modem_without_imei_is_bad(bench: Bench, answer: bytes) -> None:
    bench.peer.table["AT+CGSN=1"] = answer
    with pytest.raises(UnitFault, match="AT-305"):
        bench.modem().identify()


def test_a_production_test_image_is_refused_before_anything_else(bench: Bench) -> None:
    bench.peer.table["AT+CGMR"] = b"mfw-pti_nrf91x1_2.3.3\r\nOK\r\n"
    modem = bench.modem()
    with pytest.raises(UnitFault, match="AT-301"):
        modem.identify()
    assert "AT+CGSN=1" not in bench.peer.commands


def test_a_lost_answer_to_a_question_is_asked_for_once_more(bench: Bench) -> None:
    modem = bench.modem(0.3)
    bench.peer.once += [("AT+CGSN=1", b""), ("AT%DEVICEUUID", b"%DEVICE\r\nOK\r\n")]
    assert modem.identify().imei == "359404230000010"


def test_a_question_without_answer_is_a_fault_in_the_end(bench: Bench) -> None:
    bench.peer.table["AT+CGSN=1"] = b"OK\r\n"
    with pytest.raises(UnitFault, match="AT-104"):
        bench.modem().identify()


def test_a_list_is_every_row_and_nothing_else(bench: Bench) -> None:
    bench.peer.table["AT%CMNG=1"] = GENUINE_LIST.encode()
    rows = bench.modem().list_credentials()
    assert len(rows) == 5
    assert rows[0] == StoredCredential(42, CredentialType.ROOT_CA, DIGEST.lower())
    assert rows[-1].sec_tag == 4294967294


def test_nothing_there_is_an_empty_list(bench: Bench) -> None:
    bench.peer.table[f"AT%CMNG=1,{TAG},2"] = b"OK\r\n"
    assert bench.modem().list_credentials(TAG, CredentialType.CLIENT_KEY) == ()


def test_a_type_nobody_knows_is_a_number(bench: Bench) -> None:
    bench.peer.table["AT%CMNG=1,7"] = b"%CMNG: 7,12\r\nOK\r\n"
    (row,) = bench.modem().list_credentials(7)
    assert (row.type, row.sha256) == (12, None)


@pytest.mark.parametrize(
    "damaged",
    [
        f'%CMNG: {TAG},1,"{DIGEST[:-2]}"\r\nOK\r\n',  # genuine: a digest one byte short
        f'%CMN\xa7: {TAG},1,"{DIGEST}"\r\nOK\r\n',
        f'%CMNG: {TAG}\r\n,1,"{DIGEST}"\r\nOK\r\n',
        f'%CMNG: {TAG + 1},1,"{DIGEST}"\r\nOK\r\n',
        f'%CMNG: {TAG},1,"{DIGEST}"\r\n%CMNG: {TAG},1,"{DIGEST[::-1]}"\r\nOK\r\n',
        f'%CNG: {TAG},1,"{DIGEST}"\r\nOK\r\n',
    ],
    ids=["short digest", "line noise", "torn", "another tag", "twice", "a lost byte"],
)
def test_a_list_that_may_lack_a_row_proves_nothing(bench: Bench, damaged: str) -> None:
    bench.peer.table[f"AT%CMNG=1,{TAG}"] = damaged.encode("latin-1")
    with pytest.raises(UnitFault, match="AT-104"):
        bench.modem().list_credentials(TAG)


def test_a_list_damaged_once_is_asked_for_again(bench: Bench) -> None:
    bench.peer.table[f"AT%CMNG=1,{TAG}"] = f'%CMNG: {TAG},1,"{DIGEST}"\r\nOK\r\n'.encode()
    modem = bench.modem()
    bench.peer.once.append((f"AT%CMNG=1,{TAG}", f'%CNG: {TAG},1,"{DIGEST}"\r\nOK\r\n'.encode()))
    assert len(modem.list_credentials(TAG)) == 1


def test_a_write_goes_out_as_it_is_and_offline(bench: Bench) -> None:
    bench.peer.table[f'AT%CMNG=0,{TAG},0,"{PEM}"'] = b"OK\r\n"
    modem = bench.modem()
    modem.write_credential(TAG, CredentialType.ROOT_CA, PEM)
    assert commands(bench) == ["AT+CMEE=1", "AT+CFUN?", "AT+CFUN=4", f'AT%CMNG=0,{TAG},0,"{PEM}"']
    assert modem.stored_newline == "\n"
    assert "MIIBtjCC" in bench.transcript


@pytest.mark.parametrize("mode", ["0", "4"])
def test_a_modem_that_says_that_it_is_offline_is_not_told_to_go_there(bench: Bench, mode: str) -> None:
    delete = f"AT%CMNG=3,{TAG},2"
    bench.peer.table |= {"AT+CFUN?": f"+CFUN: {mode}\r\nOK\r\n".encode(), delete: b"OK\r\n"}
    modem = bench.modem()
    for _ in range(2):
        modem.delete_credential(TAG, CredentialType.CLIENT_KEY)
    assert commands(bench) == ["AT+CMEE=1", "AT+CFUN?", delete, delete]


@pytest.mark.parametrize("answer", [b"+CFUN: 1\r\nOK\r\n", b"+CFUN: 41\r\nOK\r\n", b"+CME ERROR: 3\r\n", b"OK\r\n"])
def test_a_modem_that_does_not_say_that_it_is_offline_is_told_to_go_there(bench: Bench, answer: bytes) -> None:
    delete = f"AT%CMNG=3,{TAG},2"
    bench.peer.table |= {"AT+CFUN?": answer, delete: b"OK\r\n"}
    bench.modem().delete_credential(TAG, CredentialType.CLIENT_KEY)
    assert commands(bench)[-2:] == ["AT+CFUN=4", delete]


@pytest.mark.parametrize("change", [f"AT%CMNG=3,{TAG},2", f"AT%KEYGEN={TAG},2,0", f'AT%CMNG=0,{TAG},0,"{PEM}"'])
def test_what_an_active_modem_refused_is_asked_for_once_more_offline(bench: Bench, change: str) -> None:
    bench.peer.table |= {
        "AT+CFUN?": b"+CFUN: 4\r\nOK\r\n",
        change: b'%KEYGEN: "MIIB.0oRD"\r\nOK\r\n' if "KEYGEN" in change else b"OK\r\n",
    }
    modem = bench.modem()
    bench.peer.once.append((change, b"+CME ERROR: 518\r\n"))
    if "KEYGEN" in change:
        modem.generate_key(TAG, None)
    elif "=3," in change:
        assert modem.delete_credential(TAG, CredentialType.CLIENT_KEY)
    else:
        modem.write_credential(TAG, CredentialType.ROOT_CA, PEM)
    assert commands(bench) == ["AT+CMEE=1", "AT+CFUN?", change, "AT+CFUN=4", change]


def test_through_a_shell_what_arrives_has_crlf(make_bench: Callable[..., Bench], at_shell_peer: type[Any]) -> None:
    bench = make_bench(at_shell_peer, AtShell())
    stored = PEM.replace("\n", "\r\n")
    bench.peer.table[f'AT%CMNG=0,{TAG},0,"{stored}"'] = b"OK\r\n"
    digest = hashlib.sha256(stored.encode()).hexdigest().upper()
    bench.peer.table[f"AT%CMNG=2,{TAG},0"] = f'%CMNG: {TAG},0,"{digest}","{stored}"\r\nOK\r\n'.encode()
    modem = bench.modem()
    modem.write_credential(TAG, CredentialType.ROOT_CA, PEM)
    assert "AT+CFUN?" not in bench.peer.commands, "a shell may take the question's end for a wildcard"
    assert modem.stored_newline == "\r\n"
    assert modem.read_credential(TAG, CredentialType.ROOT_CA) == stored


def test_content_comes_back_byte_for_byte(bench: Bench) -> None:
    answer = f'%CMNG: {TAG},0,"{DIGEST}","{PEM}"\r\n+CEREG: 0\r\nOK\r\n'
    bench.peer.table[f"AT%CMNG=2,{TAG},0"] = answer.encode()
    assert bench.modem().read_credential(TAG, CredentialType.ROOT_CA) == PEM


def test_content_that_is_not_there_is_a_fault(bench: Bench) -> None:
    bench.peer.table[f"AT%CMNG=2,{TAG},0"] = b"+CME ERROR: 513\r\n"
    with pytest.raises(UnitFault, match="AT-213"):
        bench.modem().read_credential(TAG, CredentialType.ROOT_CA)


def test_a_modem_that_does_not_overwrite_has_the_old_one_deleted(bench: Bench) -> None:
    write = f'AT%CMNG=0,{TAG},1,"{PEM}"'
    bench.peer.table |= {write: b"OK\r\n", f"AT%CMNG=3,{TAG},1": b"OK\r\n"}
    modem = bench.modem()
    bench.peer.once.append((write, b"+CME ERROR: 519\r\n"))
    modem.write_credential(TAG, CredentialType.CLIENT_CERT, PEM)
    assert commands(bench)[-3:] == [write, f"AT%CMNG=3,{TAG},1", write]


def test_a_private_key_is_never_deleted_for_another(bench: Bench) -> None:
    write = f'AT%CMNG=0,{TAG},2,"{PEM}"'
    bench.peer.table[write] = b"+CME ERROR: 519\r\n"
    with pytest.raises(UnitFault, match="AT-219"):
        bench.modem().write_credential(TAG, CredentialType.CLIENT_KEY, PEM)
    assert not [command for command in bench.peer.commands if command.startswith("AT%CMNG=3")]


@pytest.mark.parametrize("kind", [CredentialType.CLIENT_KEY, CredentialType.PSK])
def test_secret_content_is_never_shown(bench: Bench, kind: CredentialType) -> None:
    content = "deadbeefcafe0123deadbeefcafe0123"
    bench.peer.table[f'AT%CMNG=0,{TAG},{int(kind)},"{content}"'] = f"{content}\r\nOK\r\n".encode()
    bench.modem().write_credential(TAG, kind, content)
    assert "deadbeef" not in bench.transcript


def test_deleting_tells_whether_it_was_there(bench: Bench) -> None:
    command = f"AT%CMNG=3,{TAG},2"
    modem = bench.modem()
    bench.peer.once += [(command, b"OK\r\n"), (command, b"+CME ERROR: 513\r\n")]
    assert modem.delete_credential(TAG, CredentialType.CLIENT_KEY) is True
    assert modem.delete_credential(TAG, CredentialType.CLIENT_KEY) is False
    assert commands(bench) == ["AT+CMEE=1", "AT+CFUN?", "AT+CFUN=4", command, command]


def test_a_key_is_made_under_its_name(bench: Bench) -> None:
    command = f'AT%KEYGEN={TAG},2,0,"CN=nrf-359404230000010"'
    bench.peer.table[command] = b'%KEYGEN: "MIIB_-x.0oRD"\r\nOK\r\n'
    assert bench.modem().generate_key(TAG, DeviceId("nrf-359404230000010")) == "MIIB_-x.0oRD"


def test_a_key_without_name_is_named_by_the_modem(bench: Bench) -> None:
    bench.peer.table[f"AT%KEYGEN={TAG},2,0"] = b'%KEYGEN: "MIIB.0oRD"\r\nOK\r\n'
    assert bench.modem().generate_key(TAG, None) == "MIIB.0oRD"


@pytest.mark.parametrize(
    "answer", [b"", b"OK\r\n", b'%KEYGEN: "MIIBCj\r\nOK\r\n', b'%KEYGEN: "MII*** Booting nRF Connect SDK\r\n']
)
def test_a_lost_key_answer_is_never_a_refusal_and_never_repeated(bench: Bench, answer: bytes) -> None:
    bench.peer.table[f"AT%KEYGEN={TAG},2,0"] = answer
    with pytest.raises(UnitFault) as caught:
        bench.modem(0.3).generate_key(TAG, None)
    assert is_outcome_unknown(caught.value)
    assert commands(bench).count(f"AT%KEYGEN={TAG},2,0") == 1


@pytest.mark.parametrize(
    ("answer", "code", "blame", "retry"),
    [
        ("+CME ERROR: 514", "AT-214", StationFault, Retry.AFTER_OPERATOR),
        ("+CME ERROR: 515", "AT-215", UnitFault, Retry.AFTER_OPERATOR),
        ("+CME ERROR: 518", "AT-218", StationFault, Retry.AFTER_OPERATOR),
        ("+CME ERROR: 519", "AT-219", UnitFault, Retry.AFTER_OPERATOR),
        ("+CME ERROR: 523", "AT-223", UnitFault, Retry.SAME_UNIT),
        ("+CME ERROR: 527", "AT-227", StationFault, Retry.AFTER_OPERATOR),
        ("+CME ERROR: 528", "AT-228", StationFault, Retry.AFTER_OPERATOR),
        ("+CME ERROR: 4711", "AT-201", UnitFault, Retry.SAME_UNIT),
        ("+CMS ERROR: 513", "AT-201", UnitFault, Retry.SAME_UNIT),
        ("ERROR", "AT-202", UnitFault, Retry.SAME_UNIT),
    ],
)
def test_each_refusal_says_whose_it_is(bench: Bench, answer: str, code: str, blame: type[Fault], retry: Retry) -> None:
    bench.peer.table[f"AT%KEYGEN={TAG},2,0"] = f"{answer}\r\n".encode()
    with pytest.raises(blame, match=code) as caught:
        bench.modem().generate_key(TAG, None)
    assert caught.value.retry is retry
    assert not is_outcome_unknown(caught.value)
    assert answer in caught.value.detail


def test_a_full_store_says_what_could_not_be_done(bench: Bench) -> None:
    bench.peer.table[f'AT%CMNG=0,{TAG},1,"{PEM}"'] = b"+CME ERROR: 515\r\n"
    with pytest.raises(UnitFault, match=f"store the client cert in security tag {TAG}") as caught:
        bench.modem().write_credential(TAG, CredentialType.CLIENT_CERT, PEM)
    assert "MIIB" not in str(caught.value)


def test_a_low_supply_is_measured(bench: Bench) -> None:
    bench.peer.table |= {f"AT%KEYGEN={TAG},2,0": b"+CME ERROR: 528\r\n", "AT%XVBAT": b"%XVBAT: 2971\r\nOK\r\n"}
    with pytest.raises(StationFault, match="2971 mV"):
        bench.modem().generate_key(TAG, None)


def test_a_supply_that_the_modem_refuses_to_measure_is_asked_for_once(bench: Bench) -> None:
    """Found by the simulated factory: a modem may answer every command with the warning, this one too."""
    low = b"+CME ERROR: 528\r\n"
    bench.peer.table |= {f"AT%KEYGEN={TAG},2,0": low, "AT%XVBAT": low}
    with pytest.raises(StationFault, match=r"AT-228.*refuses to measure"):
        bench.modem().generate_key(TAG, None)
    assert bench.peer.commands.count("AT%XVBAT") == 1


def test_an_answer_the_shell_lost_is_unknown(bench: Bench) -> None:
    bench.peer.table[f"AT%KEYGEN={TAG},2,0"] = b"Sending AT command failed with error code -7\r\n"
    with pytest.raises(UnitFault, match="AT-106") as caught:
        bench.modem().generate_key(TAG, None)
    assert is_outcome_unknown(caught.value)


def test_after_a_restart_errors_are_enabled_and_the_modem_is_switched_offline_again(
    bench: Bench, banner: bytes
) -> None:
    delete = f"AT%CMNG=3,{TAG},2"
    bench.peer.table[delete] = b"OK\r\n"
    modem = bench.modem()
    modem.delete_credential(TAG, CredentialType.CLIENT_KEY)
    bench.peer.once.append(("AT+CGSN=1", banner))
    with pytest.raises(UnitFault, match="AT-103"):
        modem.identify()
    modem.connect(5.0)
    bench.peer.commands.clear()
    modem.delete_credential(TAG, CredentialType.CLIENT_KEY)
    assert commands(bench) == ["AT+CMEE=1", "AT+CFUN?", "AT+CFUN=4", delete]


def test_power_off_waits_for_its_ok(bench: Bench) -> None:
    modem = bench.modem(0.3)
    modem.power_off()
    bench.peer.once.append(("AT+CFUN=0", b""))
    with pytest.raises(UnitFault, match="AT-101"):
        modem.power_off()


def test_the_clock_is_set_in_utc(bench: Bench) -> None:
    bench.peer.table['AT+CCLK="26/11/22,23:05:09+00"'] = b"OK\r\n"
    there = timezone(timedelta(hours=2))
    bench.modem().set_clock(datetime(2026, 11, 23, 1, 5, 9, 700_000, tzinfo=there))
    assert 'AT+CCLK="26/11/22,23:05:09+00"' in bench.peer.commands
    assert datetime(2026, 11, 23, 1, 5, 9, tzinfo=there) == datetime(2026, 11, 22, 23, 5, 9, tzinfo=UTC)


def test_a_token_is_signed_for_its_audience_and_shown_nowhere(bench: Bench) -> None:
    jwt = "eyJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJub25jZSJ9.c2lnbmF0dXJl"
    bench.peer.table[f'AT%JWT=0,0,"","nonce",{TAG},2'] = f'%JWT: "{jwt}"\r\nOK\r\n'.encode()
    assert bench.modem().sign_jwt(TAG, audience="nonce") == jwt
    assert not re.search("eyJ|c2lnbmF0", bench.transcript)


def test_a_token_may_name_a_subject_and_expire(bench: Bench) -> None:
    bench.peer.table[f'AT%JWT=0,300,"nrf-1","nonce",{TAG},2'] = b'%JWT: "a.b.c"\r\nOK\r\n'
    assert bench.modem().sign_jwt(TAG, audience="nonce", subject="nrf-1", seconds=300) == "a.b.c"


def test_signing_with_a_key_that_is_not_there_is_a_refusal(bench: Bench) -> None:
    bench.peer.table[f'AT%JWT=0,0,"","nonce",{TAG},2'] = b"+CME ERROR: 513\r\n"
    with pytest.raises(UnitFault, match="AT-213"):
        bench.modem().sign_jwt(TAG, audience="nonce")


@pytest.mark.parametrize("text", ['a"b', "a\rb", "ä"])
def test_an_audience_that_would_bend_the_command_is_not_sent(bench: Bench, text: str) -> None:
    modem = bench.modem()
    sent = len(bench.peer.commands)
    with pytest.raises(Fault, match="AT-15"):
        modem.sign_jwt(TAG, audience=text)
    # Nothing but what the modem gets before any command.
    assert bench.peer.commands[sent:] == ["AT+CMEE=1"]
