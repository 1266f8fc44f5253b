"""Keys that the station makes and writes into a modem by AT commands: what is shown of them, and where they are not."""

import sys
import traceback
from collections.abc import Iterator
from functools import partial
from typing import Any
from unittest import mock

import pytest

from station.app import Station
from station.domain.check_events import Asks
from station.domain.events import CertificateSuperseded
from station.domain.ids import DeviceId
from station.domain.line import Outcome, StepKind
from station.evidence.proofs import read_proofs
from station.evidence.unit_record import read_unit
from station.evidence.verifier import verify_journal
from station.line import recovery
from station.line.decisions import declare_rework
from station.line.final_signing import asks_of
from station.line.work import Work
from tests.faults.claims import Shown, look_at_board
from tests.line.harness import CLOUD, CREDENTIALS, Line
from tests.line.test_other_ways import GIVEN, alone, boards_key, certified_key, one
from tests.line.test_recovery import crash
from tests.line.test_secrets_stay import files_of
from tests.line.test_shell_keys import private_forms
from tests.line.trial import QUICK, Trial
from tests.line.truth import held

KEYLESS = GIVEN | {
    "device_id": 'scheme = "imei"\nprefix = "nrf-"',
    "credentials": CREDENTIALS + '\n[minimum_modem_firmware]\nnrf9160 = "1.2.0"\n',
}
"""What takes modems without %KEYGEN and %JWT too."""
OLD = {"profile": "nrf9160-old"}
KEY_WRITE = "CMNG=0,[0-9]+,2"
UNSIGNED = "mfw_nrf9160_1.2.3 has no %JWT; that a private key is listed is all that shows it"


@pytest.mark.parametrize("framing", ["at_host", "at_shell"])
@pytest.mark.parametrize("profile", ["nrf9160-old", "nrf9160-1.3.1", "nrf9160", "nrf9151"])
def test_a_modem_gets_the_key_that_was_certified(line: Line, profile: str, framing: str) -> None:
    alone(line, KEYLESS, framing=framing)
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE", "profile": profile, "framing": framing})
        assert end.passed, end
        assert boards_key(line, "ONE") == certified_key(trial, "ONE")
        assert set(held(line, "ONE")) == {0, 1, 2}
        assert end.step(StepKind.GENERATE).results["made"] == "made on the station"
        assert end.step(StepKind.WRITE).results["written"] == [0, 1, 2]
        assert not any("%KEYGEN" in command for command in trial.log_of("ONE"))


@pytest.mark.parametrize("old", [True, False], ids=["can't sign", "signs"])
def test_the_record_says_exactly_what_was_shown_of_the_key(line: Line, old: bool) -> None:
    alone(line, KEYLESS)
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE", **(OLD if old else {})})
        assert end.passed, end
        shown = end.step(StepKind.PROVE).results
        assert ("jwt" in shown, "not_proven" in shown) == (not old, old)
        unit = trial.records.unit_by_imei(line.board("ONE")["imei"])
        assert unit is not None
        proofs = read_proofs(read_unit(trial.records, unit).attempts)
    assert (f"not proven that the modem holds the private key: {UNSIGNED}" in proofs) is old
    assert any(text.startswith("the modem holds the private key: token verified") for text in proofs) is not old
    findings = verify_journal(line.folder / "data").findings
    assert (f"units whose key is not proven: {UNSIGNED}: 1" in findings) is old
    assert "key proofs: made on the station; the request is signed by it: 1" in findings


def test_a_modem_that_the_recipe_does_not_name_is_refused(line: Line) -> None:
    alone(line, KEYLESS | {"credentials": CREDENTIALS})
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE", **OLD})
        assert (end.outcome, end.code, end.failed_in) == (Outcome.FAILED, "AT-303", StepKind.IDENTIFY), end
        assert trial.changes_to("ONE") == []


@pytest.mark.parametrize("old", [True, False], ids=["takes what can't sign", "takes what signs"])
def test_arming_warns_and_no_token_is_asked_of_what_can_t_sign(line: Line, old: bool) -> None:
    checked = CLOUD + "final_check = true\n"
    way = (KEYLESS if old else GIVEN) | {"cloud": checked}
    line.write(slots=1, station=QUICK, slot='presence = "scan"')
    line.recipe(**way)  # type: ignore[arg-type] -- the way's table is the recipe's words
    with Trial(line) as trial:
        warned = " ".join(trial.armed.warnings)
        assert "makes every unit's private key" in warned
        assert '"certificate" is more secure' in warned
        assert ("takes modems that can't sign" in warned) is old
        assert '"less secure"' in trial.armed.security
        assert asks_of(trial.recipe) is (Asks.KNOWN if old else Asks.TOKEN)
        assert trial.put({"serial": "ONE", **(OLD if old else {})}).passed


@pytest.mark.parametrize("board", [OLD, {}], ids=["can't sign", "signs"])
@pytest.mark.parametrize(
    ("fault", "failed_in", "code"),
    [
        ({"do": "lose-answer", "match": KEY_WRITE}, None, ""),
        ({"do": "reset-before", "match": KEY_WRITE}, None, ""),
        ({"do": "reset-after", "match": KEY_WRITE}, None, ""),
        ({"do": "ignore-write", "match": KEY_WRITE}, None, ""),
        ({"do": "ignore-write", "match": KEY_WRITE, "times": 0}, StepKind.WRITE, "AT-241"),
        ({"do": "corrupt-write", "match": "CMNG=0,[0-9]+,1", "times": 0}, StepKind.WRITE, "LINE-122"),
    ],
    ids=str,
)
def test_a_modem_that_misbehaves_costs_no_more_than_the_attempt(
    line: Line, board: dict[str, str], fault: dict[str, Any], failed_in: StepKind | None, code: str
) -> None:
    alone(line, KEYLESS)
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE", **board, "faults": {"commands": [fault]}})
        assert (end.passed, end.code) == (failed_in is None, code), end
        if failed_in is None:
            assert boards_key(line, "ONE") == certified_key(trial, "ONE")
        else:
            assert end.failed_in is failed_in
        trial.take_out()


def test_a_key_that_was_stored_wrong_does_not_sign_for_its_certificate(line: Line) -> None:
    alone(line, GIVEN)
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE", "faults": one("corrupt-write", KEY_WRITE)})
        assert (end.outcome, end.failed_in) == (Outcome.FAILED, StepKind.PROVE), end
        trial.take_out()
        assert trial.put({"serial": "ONE"}).passed
        assert boards_key(line, "ONE") == certified_key(trial, "ONE")


@pytest.mark.announces("the modem did not store before the end")
@pytest.mark.parametrize("board", [OLD, {}], ids=["can't sign", "signs"])
def test_a_key_that_goes_with_the_power_is_missed(line: Line, board: dict[str, str]) -> None:
    alone(line, KEYLESS)
    with Trial(line) as trial:
        cut = {"do": "reset-before", "match": "CFUN=0" if board else "JWT", "times": 1}
        end = trial.put({"serial": "ONE", **board, "faults": {"commands": [cut], "traits": ["unflushed-lost"]}})
        assert (end.outcome, end.code) == (Outcome.FAILED, "LINE-128"), end
        trial.take_out()
        assert trial.put({"serial": "ONE"}).passed
        assert boards_key(line, "ONE") == certified_key(trial, "ONE")


@pytest.mark.parametrize("board", [OLD, {}], ids=["can't sign", "signs"])
@pytest.mark.parametrize(
    "point",
    [
        "step-finished step=generate-key",
        "certificate-intended",
        "certificate-issued",
        "step-intended step=write-credentials",
        "step-finished step=write-credentials",
    ],
)
def test_a_key_that_went_with_the_station_takes_its_certificate_along(
    line: Line, board: dict[str, str], point: str
) -> None:
    line.write(slots=1, station=QUICK)
    line.recipe(**KEYLESS)  # type: ignore[arg-type] -- the way's table is the recipe's words
    line.bench.insert_described(1, {"serial": "ONE", **board})
    crash(line, *point.split())
    line.bench.remove(1)
    with Trial(line) as trial:
        # Before anybody puts the board in again: there is no certificate that nobody has the key of.
        unit = trial.records.unit_by_imei(line.board("ONE")["imei"])
        assert unit is not None
        assert trial.records.standing_certificates(unit.device_id) == []
        ended = [entry.event for entry in trial.records.entries_of_kind(CertificateSuperseded.kind)]
        reasons = [one.reason for one in ended if isinstance(one, CertificateSuperseded)]
        assert len(reasons) == len(trial.records.certificates_of(unit.device_id))
        assert all("the key that the station had made" in reason for reason in reasons)
        end = trial.put({"serial": "ONE"})
        assert end.passed, end
        assert end.step(StepKind.GENERATE).results["adopted_from"] is None
        assert boards_key(line, "ONE") == certified_key(trial, "ONE")
        rows = trial.records.certificates_of(DeviceId(unit.device_id))
        assert len([row for row in rows if row.state != "superseded"]) == 1
        assert len({row.spki_sha256 for row in rows}) == len(rows)


def test_the_invariants_notice_a_certificate_whose_key_is_gone(line: Line) -> None:
    line.write(slots=1, station=QUICK)
    line.recipe(**GIVEN)  # type: ignore[arg-type] -- the way's table is the recipe's words
    line.bench.insert_described(1, {"serial": "ONE"})
    crash(line, "certificate-issued")
    # The product made wrong: what was broken off leaves its certificate standing.
    with mock.patch.object(recovery, "gone_with_its_key", return_value=[]), Station(line.open(), "a test") as station:
        (unit,) = station.records.find_units("")
        shown = Shown("ONE", str(unit.imei), 0, None, {}, lambda nonce: nonce)
        found = [str(one) for one in look_at_board(station.records, unit, shown)]
    assert any("went with its attempt" in text for text in found)


def works() -> Iterator[Work]:
    """Return every attempt's work that some thread has at hand now."""
    for running in sys._current_frames().values():
        for frame, _ in traceback.walk_stack(running):
            yield from (value for value in frame.f_locals.values() if isinstance(value, Work))


def test_the_key_is_dropped_as_soon_as_the_modem_has_it(line: Line) -> None:
    alone(line, GIVEN)
    at_hand = dict[StepKind, bool]()

    def look(kind: StepKind) -> None:
        at_hand[kind] = any(one.private is not None for one in works())

    with Trial(line) as trial:
        for kind in (StepKind.WRITE, StepKind.PROVE):
            trial.at_step(kind, partial(look, kind))
        assert trial.put({"serial": "ONE"}).passed
    assert at_hand == {StepKind.WRITE: True, StepKind.PROVE: False}


def test_a_try_that_is_stopped_ends_its_certificate_too(line: Line) -> None:
    alone(line, GIVEN)
    with Trial(line) as trial:
        trial.at_step(StepKind.WRITE, trial.stop)
        end = trial.put({"serial": "ONE"})
        assert end.outcome is Outcome.ABORTED, end
        (row,) = trial.records.certificates_of(DeviceId(line.board("ONE")["uuid"]))
        assert row.state == "superseded"


def test_a_rework_gives_the_modem_another_key_and_certificate(line: Line) -> None:
    alone(line, KEYLESS)
    with Trial(line) as trial:
        assert trial.put({"serial": "ONE", **OLD}).passed
        before = certified_key(trial, "ONE")
        trial.take_out()
        unit = trial.records.unit_by_imei(line.board("ONE")["imei"])
        assert unit is not None
        declare_rework(trial.station.gate, trial.records, unit.device_id, line.actor(), "another one", line.second())
        assert trial.put({"serial": "ONE"}).passed
        assert boards_key(line, "ONE") == certified_key(trial, "ONE") != before


@pytest.mark.parametrize("framing", ["at_host", "at_shell"])
def test_the_key_is_nowhere_but_in_the_modem(line: Line, framing: str) -> None:
    alone(line, KEYLESS, framing=framing)
    with line.station_file.open("a") as file:
        file.write('[logs]\nlevel = "debug"\n')
    lost = {"commands": [{"do": "lose-answer", "match": KEY_WRITE}]}
    echoed = {"commands": [{"do": "echo-command", "match": KEY_WRITE}]}
    serials = ("WELL", "LOSES", "ECHOES")
    with Trial(line) as trial:
        for serial, faults in zip(serials, ({}, lost, echoed), strict=True):
            trial.put({"serial": serial, "framing": framing, "faults": faults, **OLD})
            trial.take_out()
    files = files_of(line.folder)
    assert b"CMNG=0" in files["data/logs/station.log"]
    forms = set[bytes]().union(*(private_forms(line, serial) for serial in serials if 2 in held(line, serial)))
    assert len(forms) > len(serials)
    assert [f"{name}: {form!r}" for name, content in files.items() for form in forms if form in content] == []
