"""Attested products through the whole line: claimed by tag, tried out first, onboarded when their cloud key is seen."""

import json
import stat
import sys
import zipfile
from datetime import datetime
from typing import Any

import pytest

from station.domain.events import (
    ActionRefused,
    ClaimRuleIntended,
    ClaimRuleMade,
    Event,
    Unclaimed,
    UnclaimIntended,
    UploadDecided,
)
from station.domain.faults import Fault as Raised
from station.domain.ids import EventSeq
from station.domain.line import CloudState
from station.host.files import replace_file
from station.journal.chosen import find_disagreement_about
from station.journal.records import Records
from station.simulator.cloud import OTHER_KEY
from station.simulator.cloud_faults import Do, Fault
from station.simulator.cloud_provisioning import CLAIMED_BY_OTHERS, CLAIMED_BY_TEAM
from station.simulator.cloud_world import Team
from tests.line.harness import ROOT, Line, steps
from tests.line.processes import call, call_station
from tests.line.test_secrets_stay import KEY, forms
from tests.stored_leaves import legible

TAG = "nrf-cloud-onboarding"
CLOUD = f'[cloud]\nprotocols = ["coap"]\nclaim_tags = ["{TAG}"]\n'
ROOT_FILE = ROOT / "config" / "roots" / "amazon-root-ca-1.pem"


@pytest.fixture
def attested(line: Line) -> Line:
    """A line for an attested product, whose station file names the Provisioning API, with a board in slot 1."""
    line.write(slots=2, cloud=f'provisioning_url = "{line.cloud.provisioning_url}"')
    line.recipe(way="attestation", credentials="", cloud=CLOUD, table=steps("identify", "attest"))
    line.hire()
    line.bench.insert_described(1, {"serial": "B1"})
    return line


@pytest.fixture
def claimed(attested: Line) -> str:
    """The UUID of a claimed unit of that line."""
    ruled(attested)
    attested.run(1)
    (unit,) = units(attested)
    assert unit.cloud is CloudState.CLAIMED
    return str(unit.uuid)


def ruled(line: Line) -> None:
    """Have the team's rule made."""
    code, _, errors = as_engineer(line, "claim", "make-rule", TAG, "--root", ROOT_FILE, "--reason", "a new product")
    assert code == 0, errors


def as_engineer(line: Line, *command: object, who: str = "edith") -> tuple[int, str, str]:
    line.release()
    return call_station(line, *command, "--sign-in", line.sign_in_file(who))


def units(line: Line) -> list[Any]:
    with Records(line.folder / "data") as records:
        return records.find_units("", limit=-1)


def state(line: Line) -> CloudState:
    (unit,) = units(line)
    assert find_disagreement_about(line.folder / "data", [unit.id]) is None
    return unit.cloud  # type: ignore[no-any-return]  # it is one


def written(line: Line, *kinds: type[Event]) -> list[Any]:
    with Records(line.folder / "data") as records:
        return [entry.event for entry in records.entries_from(EventSeq(1)) if isinstance(entry.event, kinds)]


def test_an_attested_product_is_claimed_and_onboarded_when_its_key_is_seen(attested: Line, claimed: str) -> None:
    (truth,) = attested.cloud_truth()["claims"]
    assert (truth["uuid"], truth["tags"]) == (claimed, [TAG])
    assert attested.cloud_truth()["devices"] == []
    code, shown, errors = as_engineer(attested, "upload", "--look")
    assert code == 0, errors
    assert "1 claimed" in shown
    assert state(attested) is CloudState.CLAIMED
    attested.cloud.provisioning.connect(claimed)
    code, shown, errors = as_engineer(attested, "upload", "--look")
    assert code == 0, errors
    assert "1 onboarded" in shown
    assert state(attested) is CloudState.ONBOARDED
    assert attested.cloud_truth()["leaks"] == []
    assert attested.cloud_truth()["posts"] == []


def test_arming_refuses_a_tag_without_a_rule_and_names_the_command_that_makes_it(attested: Line) -> None:
    with pytest.raises(Raised) as raised:
        attested.run(1)
    assert raised.value.code == "LINE-158"
    assert f"station claim make-rule {TAG} --root" in raised.value.sentence
    assert attested.cloud_truth()["claims"] == []
    ruled(attested)
    attested.run(1)
    assert state(attested) is CloudState.CLAIMED


def test_arming_refuses_an_attested_product_where_no_provisioning_api_is_named(attested: Line) -> None:
    attested.write(slots=2)
    with pytest.raises(Raised) as raised:
        attested.run(1)
    assert raised.value.code == "LINE-155"
    assert "provisioning_url" in raised.value.sentence


def test_a_rule_is_an_engineers_to_make_and_is_journaled(attested: Line) -> None:
    asked = ("claim", "make-rule", TAG, "--root", ROOT_FILE, "--reason", "a new product")
    assert as_engineer(attested, *asked, who="lena")[0] == 4
    assert attested.cloud.provisioning.rules(attested.cloud.world.teams[0]) == []
    assert written(attested, ClaimRuleIntended) == []
    code, shown, errors = as_engineer(attested, *asked)
    assert code == 0, errors
    assert "is made" in shown
    code, shown, _ = as_engineer(attested, *asked)
    assert (code, "there already" in shown) == (0, True)
    assert len(attested.cloud.provisioning.rules(attested.cloud.world.teams[0])) == 1
    kinds = [type(event) for event in written(attested, ActionRefused, ClaimRuleIntended, ClaimRuleMade)]
    assert kinds == [ActionRefused, *[ClaimRuleIntended, ClaimRuleMade] * 2]
    code, shown, errors = call_station(attested, "claim", "rules", "--json")
    assert code == 0, errors
    (rule,) = map(json.loads, shown.splitlines())
    assert (rule["tags"], rule["active"]) == ([TAG], True)


@pytest.mark.parametrize("tag", ["two,tags", "", "a b", "x" * 129])
def test_what_is_no_tag_gets_no_rule(attested: Line, tag: str) -> None:
    code, _, errors = as_engineer(attested, "claim", "make-rule", tag, "--root", ROOT_FILE, "--reason", "a reason")
    assert (code, "LINE-214" in errors) == (4, True)
    assert written(attested, ClaimRuleIntended) == []


def test_a_claim_is_tried_out_and_shown(attested: Line, claimed: str) -> None:
    code, shown, errors = call_station(attested, "claim", "check", claimed)
    assert code == 1, errors
    assert CLAIMED_BY_TEAM in shown
    code, shown, errors = call_station(attested, "claim", "show", claimed, "--json")
    assert code == 0, errors
    told = json.loads(shown)
    assert (told["uuid"], told["tags"], told["cloud_key"]) == (claimed, [TAG], False)
    attested.cloud.provisioning.connect(claimed)
    code, shown, errors = call_station(attested, "claim", "show", claimed)
    assert code == 0, errors
    assert "cloud access key: made" in shown
    assert [one["device_id"] for one in attested.cloud_truth()["devices"]] == [claimed]


def test_a_claim_is_given_up_by_role_with_a_reason_and_the_unit_can_be_claimed_again(
    attested: Line, claimed: str
) -> None:
    undo = ("claim", "undo", claimed, "--reason", "goes back to the maker")
    assert as_engineer(attested, *undo, who="otto")[0] == 4
    assert [one["uuid"] for one in attested.cloud_truth()["claims"]] == [claimed]
    code, shown, errors = as_engineer(attested, *undo, who="lena")
    assert code == 0, errors
    assert "given up" in shown
    assert attested.cloud_truth()["claims"] == []
    assert state(attested) is CloudState.HELD
    intended, done = written(attested, UnclaimIntended, Unclaimed)
    assert (intended.reason, intended.operator, done.gone) == ("goes back to the maker", "p2", True)
    assert call_station(attested, "claim", "show", claimed)[0] == 1
    assert call_station(attested, "claim", "check", claimed)[0] == 0
    assert as_engineer(attested, *undo, who="lena")[0] == 1  # nothing to give up
    again = ("decide", claimed, "send-again", "--reason", "it stays here")
    code, _, errors = as_engineer(attested, *again, who="lena")
    assert code == 0, errors
    assert as_engineer(attested, "upload")[0] == 0
    assert state(attested) is CloudState.CLAIMED
    assert [one["uuid"] for one in attested.cloud_truth()["claims"]] == [claimed]
    assert [event.state for event in written(attested, UploadDecided)] == [CloudState.WAITING]


def test_another_teams_key_says_nothing_of_a_claim(attested: Line, claimed: str) -> None:
    undo = ("claim", "undo", claimed, "--reason", "goes back to the maker")
    replace_file(attested.folder / "api-key", OTHER_KEY.encode())
    code, _, errors = as_engineer(attested, *undo)
    assert (code, "LINE-151" in errors) == (4, True)
    # Also where that team is the station file's now: the unit was handed to the one before.
    other = attested.cloud.world.team_of(OTHER_KEY)
    assert other is not None
    named = attested.station_file.read_text().replace("[cloud]\n", f'[cloud]\nteam = "{other.team_id}"\n')
    attested.station_file.write_text(named)
    code, _, errors = as_engineer(attested, *undo)
    assert (code, "LINE-216" in errors) == (4, True)
    assert [one["uuid"] for one in attested.cloud_truth()["claims"]] == [claimed]
    assert state(attested) is CloudState.CLAIMED
    assert written(attested, UnclaimIntended, Unclaimed) == []


@pytest.mark.parametrize("do", [Do.CLOSE_DONE, Do.CLOSE_UNDONE, Do.STATUS])
def test_an_unclear_undoing_is_told_as_it_is(attested: Line, claimed: str, do: Do) -> None:
    attested.cloud.fail(Fault("DELETE *", do, status=503))
    code, _, _ = as_engineer(attested, "claim", "undo", claimed, "--reason", "a reason")
    gone = attested.cloud_truth()["claims"] == []
    assert gone is (do is Do.CLOSE_DONE)
    assert code == (0 if gone else 4)
    assert state(attested) is (CloudState.HELD if gone else CloudState.CLAIMED)
    (done,) = written(attested, Unclaimed)
    assert done.gone is gone


def test_a_unit_that_somebody_else_claimed_is_refused_and_not_sent(attested: Line) -> None:
    ruled(attested)
    attested.run(1, upload=False)
    (unit,) = units(attested)
    other = attested.cloud.world.team_of(OTHER_KEY)
    assert other is not None
    attested.cloud.provisioning.claim(other, token_of(attested), [])
    assert as_engineer(attested, "upload")[0] == 1
    assert state(attested) is CloudState.REFUSED
    code, shown, errors = call_station(attested, "outbox")
    assert code == 0, errors
    assert CLAIMED_BY_OTHERS in " ".join(shown.split())
    sent = [one for one in attested.cloud_truth()["requests"] if one["method"] == "POST" and one["server"] != "api"]
    assert all("dryrun" in one["target"] or "rule" in one["target"] or "tags" in one["target"] for one in sent)
    assert unit.uuid is not None


def token_of(line: Line) -> str:
    with Records(line.folder / "data") as records:
        for entry in records.entries_from(EventSeq(1)):
            results = getattr(entry.event, "results", {})
            if "attestation" in results:
                return str(results["attestation"])
    raise AssertionError("no token")


def test_the_record_tells_of_a_claim_that_was_given_up_and_still_verifies(attested: Line, claimed: str) -> None:
    code, _, errors = as_engineer(attested, "claim", "undo", claimed, "--reason", "goes back to the maker", who="lena")
    assert code == 0, errors
    to = attested.folder / "out"
    code, _, errors = as_engineer(attested, "export", "unit", claimed, "--to", to)
    assert code == 0, errors
    (bundle,) = to.glob("*.zip")
    holds = 3  # and nobody said by whose key
    code, shown, errors = call("verify", bundle)
    assert code == holds, (shown, errors)
    with zipfile.ZipFile(bundle) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
    for told in (b"unclaim-intended", b"goes back to the maker", b"the cloud took it back"):
        assert told in whole
    code, shown, errors = call("verify", attested.folder / "data")
    assert code == holds, (shown, errors)


def test_a_batchs_tokens_are_exported_for_the_vendors_own_client(attested: Line, claimed: str) -> None:
    to = attested.folder / "out"
    code, _, errors = as_engineer(attested, "export", "batch", "WO-1", "--form", "onboard-csv", "--to", to)
    assert code == 0, errors
    (path,) = to.iterdir()
    imei, uuid, token, at = path.read_text().strip().split(",")
    assert (imei, uuid, token) == (attested.board("B1")["imei"], claimed, token_of(attested))
    assert datetime.fromisoformat(at).tzinfo is not None
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or sys.platform == "win32"


def test_neither_key_nor_token_is_where_it_does_not_belong_after_a_bad_day(attested: Line) -> None:
    line = attested
    with line.station_file.open("a") as file:
        file.write('[logs]\nlevel = "debug"\n')
    ours = line.cloud.world.teams[0]
    line.cloud.world.teams = (Team(ours.team_id, ours.name, (KEY,)), *line.cloud.world.teams[1:])
    replace_file(line.folder / "api-key", KEY.encode())
    ruled(line)
    line.run(1, upload=False)
    token = token_of(line)
    said = json.dumps({"message": f"Bearer {KEY} is odd, and so is {token}"})
    told = []
    for on, status in (("POST /v1/claimed-devices", 409), ("POST /v1/claimed-devices", 500), ("* /v1/*", 422)):
        line.cloud.fail(Fault(on, Do.STATUS, times=0, status=status, body=said))
        for command in (("upload", "--patience", 1), ("claim", "undo", units(line)[0].uuid, "--reason", "a reason")):
            told += as_engineer(line, *command)[1:]
        for command in (("claim", "check", units(line)[0].uuid), ("claim", "show", units(line)[0].uuid), ("outbox",)):
            told += call_station(line, *command)[1:]
        line.cloud.heal()
    assert any("***" in text for text in told)
    files = {path: legible(path) for path in line.folder.rglob("*") if path.is_file()}
    told_bytes = "\n".join(told).encode()
    for form in forms(KEY):
        assert form not in told_bytes
        assert {path.name for path, content in files.items() if form in content} <= {"api-key"}
    # The outbox must not lose a token: it is in the journal, and nowhere else.
    assert token.encode() not in told_bytes
    having = {path.name for path, content in files.items() if token.encode() in content}
    assert having <= {"journal.db", "journal.db-wal"} | {path.name for path in (line.folder / "bench").rglob("*")}
    assert line.cloud_truth()["leaks"] == []


def test_without_a_provisioning_api_the_commands_say_so(line: Line) -> None:
    line.write(slots=1)
    code, _, errors = call_station(line, "claim", "rules")
    assert (code, "LINE-159" in errors) == (4, True)
