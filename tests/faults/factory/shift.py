"""The station's program from one start to its end, a good one or a kill: the product's own parts, joined in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from station.ca.authority import Authority
from station.devices.images import ImageShelf
from station.devices.protocols import Conversation
from station.domain.ids import BatchId, SlotNumber
from station.host.clock import Stop
from station.journal.codec import Entry
from station.line.arming import Armed, arm
from station.line.equipment import Equipment
from station.line.feed import Feed
from station.line.final_tokens import FinalTokens
from station.line.gate import Gate
from station.line.hand import Hand
from station.line.onboarding import OnboardRows
from station.line.outbox import Outbox
from station.line.outbox_rules import OutboxRules
from station.line.readbacks import ReadBacks
from station.line.recovery import close_interrupted
from station.line.team import TeamGate
from station.line.work import Bench
from station.outfit import begin_conversation
from station.people.rights import ITSELF, Actor, Instant, Method, PersonId, Role
from station.settings.fixture import Fixture
from station.settings.reading import Loaded
from station.settings.recipe import Recipe
from station.simulator.timings import Timings
from tests.faults.factory.cloud import MemoryCloud, connect
from tests.faults.factory.floor import Chance, FactoryClock, Life
from tests.faults.factory.journal import MortalJournal
from tests.faults.factory.probes import MemoryProgrammer, Shelf
from tests.faults.factory.products import TENANT, Plan, Product
from tests.faults.factory.slots import MemoryPort, MemoryPower, MemoryPresence, Place, ScannedPresence
from tests.rows_at_once import RowsAtOnce

LEAD = PersonId("p1")
SECOND = PersonId("p2")
_BOOT = 6.0


@dataclass(frozen=True, slots=True)
class Plant:
    """What outlives every program: the folder, time and chance, the slots, the cloud, the settings."""

    folder: Path
    clock: FactoryClock
    chance: Chance
    places: dict[int, Place]
    cloud: MemoryCloud
    authority: Authority
    plan: Plan
    recipes: Mapping[str, Loaded[Recipe]]
    fixture: Loaded[Fixture]
    timings: Timings
    shelf: Shelf
    rows: int


class Shift:
    """One life of the station's program."""

    def __init__(self, plant: Plant, committed: Callable[[Sequence[Entry]], None]) -> None:
        """Start: what the life before left open is closed first, as ``station.app.Station`` does."""
        self.plant, self.life = plant, Life()
        clock = plant.clock
        self.feed = Feed()
        self.journal = MortalJournal(plant.folder, clock, self.life, committed)
        self.journal.open_session({"station": "factory"}, ITSELF)
        self.records = self.journal.records()
        self.gate = Gate(self.journal, clock)
        self.interrupted = close_interrupted(self.journal, self.records)
        self.journal.work_for(LEAD)
        self.client = connect(plant.cloud, clock, self.life)
        self._tokens = FinalTokens(clock)
        self._benches: dict[str, Bench] = {}
        self._read_backs = ReadBacks()
        self._images = ImageShelf(plant.folder / "images")
        self.outbox = self._outbox()

    def end(self) -> None:
        """End in good order."""
        self.life.calm()
        self.outbox.checks.close()
        self.records.close()
        self._rows.close()
        self.journal.close()

    def die(self) -> None:
        """Be gone, as after SIGKILL."""
        self.life.over = True
        self.records.close()
        self._rows.close()
        self.journal.drop()

    def actor(self, who: PersonId = LEAD) -> Actor:
        """Return somebody who has just signed in."""
        now = Instant(self.plant.clock.now(), self.plant.clock.monotonic())
        return Actor(who, frozenset({Role.ENGINEER, Role.LINE_LEAD}), Method.NAME, now)

    def bench(self, product: Product) -> Bench:
        """Return what the attempts at this product share; its batch is armed where it was not in this life."""
        if product.name not in self._benches:
            self._benches[product.name] = self._arm(product)
        return self._benches[product.name]

    def equipment(self, number: int, product: Product) -> Equipment:
        """Return what the slot works with, as ``station.outfit`` joins it."""
        plant, place = self.plant, self.plant.places[number]
        noise = plant.chance.network if number == len(plant.places) else None

        def open_device() -> Conversation:
            port = MemoryPort(place, plant.clock, self.life, noise)
            return begin_conversation(port, plant.recipes[product.name].value, plant.clock, patience=5.0)

        presence = ScannedPresence(place) if number % 3 == 0 else MemoryPresence(place)
        return Equipment(
            SlotNumber(number),
            f"slot{number}",
            open_device,
            MemoryProgrammer(place, plant.clock, self.life, plant.shelf, plant.timings),
            presence,
            MemoryPower(place, plant.clock, self.life),
        )

    def _arm(self, product: Product) -> Bench:
        plant, hand = self.plant, Hand(self.journal, LEAD)
        recipe = plant.recipes[product.name]
        armed: Armed = arm(
            hand,
            self.records,
            batch=BatchId(f"WO-{product.name}"),
            recipe=recipe,
            fixture=plant.fixture,
            quantity=1_000_000,
            actor=self.actor(),
            cloud=self.client,
            team=self._team,
            tenant=TENANT if plant.cloud.organisation else None,
            images=self._images,
        )
        return Bench(
            batch=armed.batch,
            recipe=recipe.value,
            recipe_name=armed.recipe,
            authority=plant.authority,
            journal=hand,
            clock=plant.clock,
            stop=Stop(),
            boot_seconds=_BOOT,
            for_cloud=True,
            images=self._images,
            read_backs=self._read_backs,
            account=armed.tenant,
            ask_with_token=self.client.accepts_jwt if self.client.can_look else None,
            final_tokens=self._tokens if self.client.can_look else None,
        )

    @property
    def _team(self) -> str | None:
        """What the station file says of the account: a team's ID; of a project nothing, a person confirms that."""
        cloud = self.plant.cloud
        return None if cloud.organisation else cloud.account.team_id

    def _outbox(self) -> Outbox:
        plant, hand = self.plant, Hand(self.journal, LEAD)
        self._rows = self.journal.records()
        rows = RowsAtOnce(OnboardRows(self._rows).rows_of)
        return Outbox(
            hand,
            self._rows,
            self.client,
            plant.clock,
            OutboxRules(rows=plant.rows, longest_wait=120.0),
            rows,
            self.feed,
            TeamGate(hand, self._rows, self.client, self.client.place, self._team),
            renew=lambda: self.client,
            tokens=self._tokens,
        )
