"""The outbox's rig for units that attest themselves: their tokens go to the simulated Provisioning API."""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import stamina

from station.cloud.asking import Reach
from station.cloud.provisioning import ProvisioningApi
from station.cloud.provisioning_rows import RuleOrder
from station.cloud.team import TeamCloud
from station.credentials.pem import CertificatePem
from station.domain.events import AttemptClosed, BatchArmed, ReworkDeclared, StepFinished
from station.domain.ids import AttemptId, BatchId, DeviceId, Sha256, UnitId
from station.domain.line import Outcome, StepKind
from station.domain.secret import Secret
from station.host.clock import SystemClock
from station.line.outbox import Outbox
from station.line.outbox_rules import OutboxRules
from station.simulator.board import Board
from station.simulator.cloud import SimulatedCloud
from station.simulator.cloud_world import FAST
from station.simulator.modem import Modem
from station.simulator.timings import Timings
from tests.unit.line.outbox_rig import RULES, DrivenClock, Rig

TAG = "nrf-cloud-onboarding"
CLAIMING = "POST /v1/claimed-devices"


class ClaimRig(Rig):
    """A rig whose units are of the way attestation."""

    def __init__(self, folder: Path, cloud: SimulatedCloud, clock: DrivenClock) -> None:
        self._tokens: dict[DeviceId, str] = {}
        super().__init__(folder, cloud, clock)
        about: dict[str, object] = {"way": "attestation", "cloud": {"protocols": ["coap"], "claim_tags": [TAG]}}
        self.recipe = self.journal.keep("recipe", {"content": about})
        self.batch = BatchId("WO-2")
        self.journal.commit(
            BatchArmed(
                batch=self.batch,
                product="attested",
                recipe=self.recipe,
                fixture=Sha256("ab" * 32),
                quantity=100,
                operator="tester",
                team_id=cloud.world.teams[0].team_id,
                cloud_confirmed=True,
            )
        )
        self.make_rule()

    def restart(
        self,
        rules: OutboxRules = RULES,
        *,
        base_url: str = "",
        make: Callable[..., TeamCloud] = TeamCloud,
        team: str | None = None,
    ) -> Outbox:
        """As the rig's, with the Provisioning API's address."""
        claiming = partial(make, provisioning_url=self.cloud.provisioning_url)
        return super().restart(rules, base_url=base_url, make=claiming, team=team)

    def make_rule(self) -> None:
        api = ProvisioningApi(self.cloud.provisioning_url, Secret(self.key), Reach(SystemClock(), "1"))
        api.make_rule(RuleOrder(TAG, 16842753, CertificatePem("x")))

    def attempts_to_claim(self) -> list[dict[str, Any]]:
        """Every bulk claim that came to the cloud, or was on its way."""
        truth: Any = self.cloud.truth()["requests"]
        wanted = ("POST", "/v1/claimed-devices")
        return [one for one in truth if (one["method"], one["target"]) == wanted and one["content_type"] == "text/csv"]

    def claimed(self) -> set[str]:
        """The devices that the line's team has claimed, by the cloud's own truth."""
        mine = self.cloud.team_id
        return {one.uuid for one in self.cloud.provisioning.all_claimed() if one.team_id == mine}

    def times_claimed(self, unit: UnitId) -> int:
        """How often the device was claimed by anybody, by the cloud's own truth."""
        return sum(what == "claim" and uuid == self.device(unit) for what, uuid, _ in self.cloud.provisioning.history)

    def token(self, unit: UnitId) -> str:
        return self._tokens[self.device(unit)]

    def rework(self, unit: UnitId) -> None:
        """Declare a rework of the unit and have it attest itself anew."""
        self.journal.commit(ReworkDeclared(unit=unit, operator="tester", reason="a test"))
        device = self.device(unit)
        self._pass_board((self._identify(device), device))

    def _begin(self) -> tuple[AttemptId, DeviceId]:
        self._units += 1
        token = _attest(f"board-{self._units}")
        device = DeviceId(token[1])
        self._tokens[device] = token[0]
        return self._identify(device), device

    def _pass_board(self, begun: tuple[AttemptId, DeviceId]) -> UnitId:
        attempt, device = begun
        self.journal.commit(
            StepFinished(
                attempt=attempt,
                index=1,
                step=StepKind.ATTEST,
                outcome=Outcome.PASSED,
                milliseconds=1,
                results={"attestation": self._tokens[device]},
            ),
            AttemptClosed(attempt=attempt, outcome=Outcome.PASSED, for_cloud=True),
        )
        unit = self.records.unit_by_device_id(device)
        assert unit is not None
        return unit.id


def _attest(serial: str) -> tuple[str, str]:
    """Return a board's token and its UUID."""
    board = Board(serial)
    text = Modem(board, Timings.none(), SystemClock()).execute("AT%ATTESTTOKEN").text
    return text.split('"')[1], board.uuid


@contextlib.contextmanager
def open_claim_rig(folder: Path) -> Iterator[ClaimRig]:
    """A cloud that answers at once, and a journal; real retries inside one look take no time."""
    clock = DrivenClock()
    with stamina.set_testing(True, attempts=3, cap=True), SimulatedCloud(clock=clock, service=FAST) as cloud:
        rig = ClaimRig(folder / "data", cloud, clock)
        try:
            yield rig
        finally:
            rig.close()
