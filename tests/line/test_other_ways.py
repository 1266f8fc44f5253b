"""Boards whose credentials come in other ways than by a certificate, through the whole line on the simulator."""

import base64
import contextlib
import csv
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from station.app import Station
from station.credentials.attestation import read_attestation
from station.credentials.keygen import KeygenKind, read_keygen
from station.domain.events import BatchArmed
from station.domain.faults import Fault
from station.domain.line import CloudState, Outcome, StepKind
from station.evidence.handed import TOKENS, find_handed, standing
from station.evidence.spreadsheet import read_cell, steps_csv, units_csv
from station.evidence.unit_record import read_unit
from station.evidence.verifier import verify_journal
from station.host.clock import SystemClock
from station.line.decisions import declare_rework
from station.line.onboarding import OnboardRows
from station.line.way_arming import CLAIMS, NO_ROOT, NOT_FRESH, warn_of_way
from station.opened import open_station
from station.settings.loading import load_recipe
from tests.line.harness import Line, steps
from tests.line.trial import QUICK, Trial, prepare
from tests.line.truth import TAG, held

ATTESTED = {
    "way": "attestation",
    "credentials": "",
    "table": steps("identify", "attest"),
    "cloud": '[cloud]\nprotocols = ["coap"]\n',
}
ROOTLESS = f"[credentials]\nsec_tag = {TAG}\nroots = []\n"
BARE = {
    "way": "public-key",
    "credentials": ROOTLESS,
    "table": steps("identify", "clear-credentials", "generate-key", "prove", "store"),
    "cloud": '[cloud]\nprotocols = ["rest"]\n',
}


def alone(line: Line, way: dict[str, str], **more: str) -> None:
    """Have the line build units of this way that are not for the cloud."""
    prepare(line, **{**way, "cloud": "", **more})


def one(do: str, match: str, **more: object) -> dict[str, object]:
    """Return a plan with one fault."""
    return {"commands": [{"do": do, "match": match, **more}]}


def test_a_modem_attests_itself_and_nothing_is_changed_in_it(line: Line) -> None:
    alone(line, ATTESTED)
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE"})
        assert end.passed, end
        token = read_attestation(str(end.step(StepKind.ATTEST).results["attestation"]))
        assert token.uuid == line.board("ONE")["uuid"]
        assert "made for this station's challenge" in str(end.step(StepKind.ATTEST).results["proven"])
        assert trial.changes_to("ONE") == []
        asked = [command for command in trial.log_of("ONE") if command.startswith('AT%ATTESTTOKEN="')]
        assert [command.split('"')[1] for command in asked] == [token.nonce.hex()]


def test_a_modem_that_may_take_no_challenge_attests_itself_and_the_record_says_so(line: Line) -> None:
    alone(line, ATTESTED)
    with Trial(line) as trial:
        end = trial.put({"serial": "NTN", "profile": "nrf9151-ntn", "faults": one("error", 'ATTESTTOKEN="')})
        assert end.passed, end
        assert "not fresh" in str(end.step(StepKind.ATTEST).results["proven"])


def test_a_modem_that_refuses_a_challenge_which_its_firmware_takes_gives_no_token(line: Line) -> None:
    alone(line, ATTESTED)
    with Trial(line) as trial:
        end = trial.put({"serial": "ODD", "faults": one("error", 'ATTESTTOKEN="', times=0)})
        assert (end.outcome, end.code, end.failed_in) == (Outcome.FAILED, "LINE-135", StepKind.ATTEST), end
        assert "mfw_nrf91x1_2.0.2" in end.sentence
        assert "attestation" not in end.step(StepKind.ATTEST).results
        trial.take_out()
        end = trial.put({"serial": "ONCE", "faults": one("error", 'ATTESTTOKEN="')})
        assert "made for this station's challenge" in str(end.step(StepKind.ATTEST).results["proven"])


def test_an_nrf9160_is_refused_with_a_sentence(line: Line) -> None:
    alone(line, ATTESTED)
    with Trial(line) as trial:
        end = trial.put({"serial": "OLD", "profile": "nrf9160"})
        assert (end.outcome, end.code, end.failed_in) == (Outcome.FAILED, "LINE-119", StepKind.ATTEST), end
        assert "nRF9160" in end.sentence
        trial.take_out()
        assert trial.put({"serial": "NEW"}).passed


def test_a_bare_public_key_is_proven_and_no_certificate_is_made_anywhere(line: Line) -> None:
    alone(line, BARE)
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE"})
        assert end.passed, end
        made = end.step(StepKind.GENERATE).results
        answer = read_keygen(str(made["keygen"]))
        assert (answer.kind, answer.sec_tag, made["spki_sha256"]) == (KeygenKind.PUBLIC_KEY, TAG, answer.body_sha256)
        items = held(line, "ONE")
        assert set(items) == {2}
        assert items[2]["public_key"] == answer.body.hex()
        assert end.step(StepKind.PROVE).results["jwt"] == "verified with the modem's public key over a one-time nonce"
        unit = trial.records.unit_by_device_id(line.board("ONE")["uuid"])
        assert unit is not None
        assert trial.records.certificates_of(unit.device_id) == []
        (row,) = OnboardRows(trial.records).rows_of([unit.id])
        body = "".join(row.credential.pem.splitlines()[1:-1])
        assert base64.b64decode(body) == answer.body


def test_roots_are_written_beside_a_bare_key_where_the_recipe_has_some(line: Line) -> None:
    table = steps("identify", "clear-credentials", "generate-key", "write-credentials", "prove", "store")
    prepare(line, cloud=False, way="public-key", table=table)
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE"})
        assert end.passed, end
        assert set(held(line, "ONE")) == {0, 2}
        assert end.step(StepKind.WRITE).results["written"] == [0]


@pytest.mark.announces("the modem did not store before the end")
def test_a_bare_key_that_goes_with_a_restart_is_missed(line: Line) -> None:
    alone(line, BARE)
    with Trial(line) as trial:
        forgets = {"commands": [{"do": "reset-before", "match": "JWT"}], "traits": ["unflushed-lost"]}
        end = trial.put({"serial": "GONE", "faults": forgets})
        assert (end.outcome, end.code, end.failed_in) == (Outcome.FAILED, "LINE-128", StepKind.PROVE), end
        trial.take_out()
        assert trial.put({"serial": "GONE"}).passed


@pytest.mark.parametrize("do", ["lose-answer", "reset-after"])
def test_a_bare_key_whose_answer_is_lost_is_deleted_and_made_anew(line: Line, do: str) -> None:
    alone(line, BARE)
    with Trial(line) as trial:
        end = trial.put({"serial": "LOSES", "faults": one(do, "KEYGEN")})
        assert end.passed, end
        assert line.board("LOSES")["counters"]["keys_generated"] == 2


def test_an_answer_about_another_key_is_refused(line: Line) -> None:
    alone(line, BARE)
    with Trial(line) as trial:
        for serial, do, code in (
            ("DIGEST", "wrong-digest", "CRED-102"),
            ("DEVICE", "other-device-csr", "CRED-104"),
            ("TAG", "other-tag", "CRED-105"),
            ("KEY", "other-key", "CRED-133"),
        ):
            end = trial.put({"serial": serial, "faults": one(do, "KEYGEN")})
            assert (end.passed, end.code) == (False, code), end
            trial.take_out()


SHELL = ("identify", "clear-credentials", "generate-key", "sign", "write-credentials")
HANDED = {"way": "station-key", "table": steps(*SHELL)}
OWN = {"way": "device-shell", "table": steps(*SHELL, "prove")}
GIVEN = {"way": "station-key-modem"}


NAMES = ("certificate", "station-key", "station-key-modem", "device-shell", "public-key", "attestation", "nrf93m1")


def boards_key(line: Line, serial: str) -> str:
    """Return the public key of the private key that lies in the board, whoever made it."""
    return str(held(line, serial)[2]["public_key"])


def certified_key(trial: Trial, serial: str) -> str:
    device = trial.records.unit_by_imei(trial.line.board(serial)["imei"])
    assert device is not None
    row = trial.records.active_certificate(device.device_id)
    assert row is not None
    key = x509.load_der_x509_certificate(trial.records.certificate_der(row)).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()


@pytest.mark.parametrize("way", [HANDED, OWN], ids=["made here", "made there"])
def test_a_key_over_a_shell_is_the_one_that_was_certified(line: Line, way: dict[str, str]) -> None:
    alone(line, way, device_id='scheme = "imei"\nprefix = "gw-"')
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE", "framing": "cred_shell"})
        assert end.passed, end
        assert boards_key(line, "ONE") == certified_key(trial, "ONE")
        assert set(held(line, "ONE")) == {0, 1, 2}
        assert end.step(StepKind.GENERATE).results["made"] == f"made on the {'station' if way is HANDED else 'board'}"


MODULE = {
    "way": "nrf93m1",
    "credentials": "",
    "table": steps("identify", "enrol"),
    "cloud": '[cloud]\nprotocols = ["coap"]\nsubtype = "nRF93M1"\nfirmware_types = ["MODEM"]\n',
}


def test_an_nrf93m1_enrols_itself_and_is_onboarded_by_its_token(line: Line) -> None:
    line.write(slots=1, station=QUICK, slot='presence = "scan"')
    line.recipe(**MODULE)
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE", "profile": "nrf93m1"})
        assert end.passed, end
        done = end.step(StepKind.ENROL).results
        assert done["account"] == trial.armed.team
        assert trial.records.outbox(CloudState.WAITING)
    with line.open().records() as records:
        unit = records.unit_by_device_id(line.board("ONE")["uuid"])
        assert unit is not None
        assert unit.cloud is CloudState.ONBOARDED


def test_a_bare_public_key_is_registered_and_its_device_not_onboarded(line: Line) -> None:
    line.write(slots=1, station=QUICK, slot='presence = "scan"')
    line.recipe(**BARE)
    with Trial(line) as trial:
        assert trial.put({"serial": "ONE"}).passed
        assert any("No server root" in text for text in trial.armed.warnings)
        assert "names no level" in trial.armed.security
    assert line.cloud_truth()["devices"] == []
    assert len(line.cloud_truth()["public_keys"]) == 1


def test_a_way_that_the_cloud_does_not_take_is_refused_before_the_first_board(line: Line) -> None:
    line.write(slots=1, station=QUICK, slot='presence = "scan"')
    line.recipe(**ATTESTED)
    with pytest.raises(Fault) as refused:
        Trial(line).close()
    assert refused.value.code == "LINE-155"
    assert "attestation token" in refused.value.sentence
    assert "the organisation API" in refused.value.sentence


@pytest.mark.parametrize("way", [{}, HANDED, GIVEN, OWN, BARE, ATTESTED, MODULE], ids=NAMES)
def test_arming_says_how_secure_the_way_is_and_the_record_holds_it(line: Line, way: dict[str, str]) -> None:
    alone(line, way)
    with Trial(line) as trial:
        armed = next(e.event for e in trial.records.entries_of_kind(BatchArmed.kind))
        assert isinstance(armed, BatchArmed)
        assert armed.way == way.get("way", "certificate")
        assert armed.security.startswith("Security: nRF Cloud's page")
        assert trial.armed.said[0] == armed.security
        assert ("makes every unit's private key" in " ".join(armed.warnings)) is (way in (HANDED, GIVEN))


@pytest.mark.parametrize("cloud", ["", None], ids=["not for the cloud", "for it"])
def test_arming_says_what_a_way_leaves_open_whatever_the_cloud(line: Line, cloud: str | None) -> None:
    more = {} if cloud is None else {"cloud": cloud}
    for way, expected in ((BARE, [NO_ROOT]), (ATTESTED, [NOT_FRESH] if cloud == "" else [NOT_FRESH, CLAIMS])):
        line.write(slots=1)
        line.recipe(**{**way, **more})
        assert warn_of_way(load_recipe(line.folder / "recipes" / "tracker.toml").value) == expected


BOARDS = ({}, {"framing": "cred_shell"}, {}, {"framing": "cred_shell"}, {}, {}, {"profile": "nrf93m1"})
WAYS = ({}, HANDED, GIVEN, OWN, BARE, ATTESTED, MODULE)


@pytest.mark.parametrize(("way", "board"), list(zip(WAYS, BOARDS, strict=True)), ids=NAMES)
def test_the_record_of_each_way_verifies_and_says_what_the_cloud_was_handed(
    line: Line, way: dict[str, str], board: dict[str, str]
) -> None:
    line.write(slots=1, station=QUICK, slot='presence = "scan"', organisation=way is ATTESTED)
    line.recipe(**way)  # type: ignore[arg-type] -- the tables above are the recipe's words
    with Trial(line) as trial:
        assert trial.put({"serial": "ONE", **board}).passed
    with line.open().records() as records:
        (unit,) = records.find_units("", limit=2)
        record = read_unit(records, unit)
        (left,) = find_handed(record)
    assert left == standing(record)
    assert (left.way, left.kind, left.superseded_by) == (way.get("way", "certificate"), left.way.hands_over, None)
    (row,) = csv.DictReader(units_csv([record]).decode("utf-8-sig").splitlines())
    assert (row["way"], row["credential"]) == (left.way, left.kind)
    assert read_cell(row["credential_sha256"]) == left.sha256
    # No table shows a token; whoever has one may claim the unit.
    tokens = [str(text) for one in record.attempts[0].steps for name, text in one.results.items() if name in TOKENS]
    table = steps_csv([record]).decode()
    assert not any(token in table for token in tokens)
    assert len(tokens) == (way in (ATTESTED, MODULE))
    verdict = verify_journal(line.folder / "data")
    assert "units: 1, every ended attempt whole" in verdict.findings
    assert any(one.startswith(("key proofs", "attestations", "enrolments")) for one in verdict.findings)


def test_an_attested_unit_is_claimed_and_not_onboarded(line: Line) -> None:
    line.write(slots=1, station=QUICK, slot='presence = "scan"', organisation=True)
    line.recipe(**ATTESTED)
    with Trial(line) as trial:
        assert trial.put({"serial": "ONE"}).passed
    with line.open().records() as records:
        unit = records.unit_by_device_id(line.board("ONE")["uuid"])
        assert unit is not None
        assert unit.cloud is CloudState.CLAIMED


@pytest.mark.parametrize(("way", "board"), list(zip(WAYS[4:], BOARDS[4:], strict=True)), ids=NAMES[4:])
def test_a_rework_hands_something_new_over_and_the_record_links_both(
    line: Line, way: dict[str, str], board: dict[str, str]
) -> None:
    line.write(slots=1, station=QUICK, slot='presence = "scan"', organisation=way is ATTESTED)
    line.recipe(**way)  # type: ignore[arg-type] -- as above
    with Trial(line) as trial:
        assert trial.put({"serial": "ONE", **board}).passed
        trial.take_out()
        uuid = line.board("ONE")["uuid"]
        declare_rework(trial.station.gate, trial.records, uuid, line.actor(), "a second time", line.second())
        again = trial.put({"serial": "ONE"})
        assert again.passed
    with line.open().records() as records:
        (unit,) = records.find_units("", limit=2)
        first, second = find_handed(read_unit(records, unit))
    assert (first.superseded_by, second.superseded_by) == (again.attempt, None)
    assert first.sha256 != second.sha256
    verify_journal(line.folder / "data")


@pytest.mark.parametrize(("way", "board"), list(zip(WAYS, BOARDS, strict=True)), ids=NAMES)
def test_a_rework_of_what_the_cloud_has_goes_by_the_way_s_own_road(
    line: Line, way: dict[str, str], board: dict[str, str]
) -> None:
    line.write(slots=1, station=QUICK, slot='presence = "scan"', organisation=way is ATTESTED)
    line.recipe(**way)  # type: ignore[arg-type] -- as above
    with Trial(line) as trial:
        assert trial.put({"serial": "ONE", **board}).passed
    line.bench.remove(1)
    line.rework(line.board("ONE")["uuid"])
    with contextlib.ExitStack() as stack:
        trial = Trial(line)
        # Where the claim stands at the cloud, and nothing may replace it, what the cloud has is the older token.
        stack.push(trial) if way is not ATTESTED else stack.callback(trial.close)
        assert trial.put({"serial": "ONE"}).passed
        if way is ATTESTED:
            trial.upload()
            (held_back,) = trial.records.outbox(CloudState.HELD)
            assert "delete the device in the portal" in held_back.reason
    with line.open().records() as records:
        (unit,) = records.find_units("", limit=2)
        assert unit.cloud is (CloudState.HELD if way is ATTESTED else CloudState.ONBOARDED)


def test_an_nrf93m1_s_token_for_a_project_names_what_the_station_file_says(line: Line) -> None:
    line.write(slots=1, station=QUICK, slot='presence = "scan"', organisation=True)
    line.recipe(**MODULE)
    with pytest.raises(Fault) as refused:
        Trial(line).close()
    assert refused.value.code == "LINE-139"
    line.write(slots=1, station=QUICK, slot='presence = "scan"', organisation=True, cloud='tenant = "works-7"')
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE", "profile": "nrf93m1"})
        assert end.step(StepKind.ENROL).results["account"] == "works-7"


class Later(SystemClock):
    """A clock two hours on: the unit waited for a cloud that long."""

    def now(self) -> datetime:
        return super().now() + timedelta(hours=2)


def test_an_onboarding_token_that_ran_out_is_a_sentence_and_not_an_upload(line: Line) -> None:
    line.write(slots=1, station=QUICK, slot='presence = "scan"')
    line.recipe(**MODULE)
    trial = Trial(line)
    try:
        assert trial.put({"serial": "ONE", "profile": "nrf93m1"}).passed
    finally:
        trial.close()
    with Station(open_station(line.station_file, Later()), "an upload") as station:
        station.enter(line.actor())
        cloud = station.opened.cloud()
        assert cloud is not None
        station.outbox(cloud, confirmed=True).advance(flush=True)
        (row,) = station.records.outbox()
        assert row.state is CloudState.HELD
        assert "ran out" in row.reason
    assert line.cloud_truth()["devices"] == []
