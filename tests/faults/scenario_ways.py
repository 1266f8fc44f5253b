"""A board in each way of getting credentials, for the scenarios that are cut anywhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from station.cloud.provisioning_rows import RuleOrder
from station.credentials.pem import CertificatePem
from station.domain.events import ClaimRuleMade, Unclaimed
from station.domain.line import CloudState
from station.line.claim_decisions import make_claim_rule, unclaim_unit
from station.line.decisions import decide_uploads
from station.simulator.cloud_faults import Do, Fault
from tests.faults.acts import WHY, build, empty_outbox, station_at
from tests.faults.claims import Finding, Kind
from tests.line.harness import Line
from tests.line.test_keys_into_modems import KEYLESS
from tests.line.test_other_ways import ATTESTED, BARE, HANDED, MODULE, OWN

_QUICK: Final = "[timeouts]\nat_s = 1.0\npower_off_s = 1.0\nkeygen_s = 1.0\nwrite_s = 1.0\nboot_s = 3.0\n"


def _one_board(line: Line, way: dict[str, Any], board: dict[str, Any], *, organisation: bool = False) -> None:
    line.write(slots=1, station=_QUICK, slot='presence = "port"', organisation=organisation)
    line.recipe(**way)
    line.bench.insert_described(1, board)


def prepare_handed(line: Line) -> None:
    """A board whose key the station makes; the shell's answer to the key is lost once."""
    lost = {"commands": [{"do": "lose-answer", "match": "cred add.*PK"}]}
    _one_board(line, HANDED, {"serial": "HAND", "framing": "cred_shell", "faults": lost})


def prepare_given(line: Line) -> None:
    """A board whose modem makes no key and signs nothing; its answer to the key that it is given is lost once."""
    lost = {"commands": [{"do": "lose-answer", "match": "CMNG=0,[0-9]+,2"}]}
    _one_board(line, KEYLESS, {"serial": "GIVEN", "profile": "nrf9160-old", "faults": lost})


def prepare_own(line: Line) -> None:
    """A board whose application makes its key; its answer is lost once."""
    lost = {"commands": [{"do": "lose-answer", "match": "keygen"}]}
    _one_board(line, OWN, {"serial": "OWN", "framing": "cred_shell", "faults": lost})


def prepare_bare(line: Line) -> None:
    """A board that tells its public key alone, and loses the answer once."""
    lost = {"commands": [{"do": "lose-answer", "match": "KEYGEN"}]}
    _one_board(line, BARE, {"serial": "BARE", "faults": lost})


def prepare_attested(line: Line) -> None:
    """A board that attests itself, and is claimed by an organisation's project."""
    _one_board(line, ATTESTED, {"serial": "ATT"}, organisation=True)


def prepare_claimed(line: Line) -> None:
    """A board that attests itself, and is claimed by a team, whose Provisioning API breaks off once it has claimed."""
    line.write(
        slots=1,
        station=_QUICK,
        slot='presence = "port"',
        cloud=f'provisioning_url = "{line.cloud.provisioning_url}"',
    )
    line.recipe(**ATTESTED | {"cloud": '[cloud]\nprotocols = ["coap"]\nclaim_tags = ["line"]\n'})
    line.cloud.fail(Fault("POST /v1/claimed-devices", Do.CLOSE_DONE, skip=1))  # behind the dry run
    line.bench.insert_described(1, {"serial": "CLAIM"})


def claim_anew(root: Path) -> None:
    """Make the rule for the board's claim tag, have it built and claimed; give its claim up, and claim it again."""
    with station_at(root) as station:
        made = [one.event for one in station.records.entries_of_kind(ClaimRuleMade.kind)]
        if not any(isinstance(one, ClaimRuleMade) and one.there for one in made):
            order = RuleOrder("line", 1, CertificatePem("no certificate, for no device"))
            make_claim_rule(station.gate, station.opened.provisioning(), order, station.actor, WHY)
    build(root, 1)
    with station_at(root) as station:
        (unit,) = station.records.find_units("")
        given_up = [one.event for one in station.records.entries_of_kind(Unclaimed.kind)]
        if not any(isinstance(one, Unclaimed) and one.gone for one in given_up):
            api = station.opened.provisioning()
            unclaim_unit(station.gate, station.records, api, unit.device_id, station.actor, WHY)
        (unit,) = station.records.find_units("")
        if unit.cloud is CloudState.HELD:
            decide_uploads(station.gate, station.records, [unit.device_id], CloudState.WAITING, station.actor, WHY)
        empty_outbox(station)


def look_at_claims(line: Line) -> Iterator[Finding]:
    """The device was claimed, given up and claimed again, each once."""
    rules = line.cloud.provisioning.rules(line.cloud.world.teams[0])
    if len(rules) != 1:
        yield Finding(Kind.DOUBLED, f"the team has {len(rules)} provisioning rules")
    done = [what for what, _, _ in line.cloud.provisioning.history]
    if done != ["claim", "unclaim", "claim"]:
        yield Finding(Kind.DOUBLED, f"at the Provisioning API was done: {', '.join(done)}")


def prepare_enrolled(line: Line) -> None:
    """An nRF93M1 that enrols itself."""
    _one_board(line, MODULE, {"serial": "M1", "profile": "nrf93m1"})
