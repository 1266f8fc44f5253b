"""The station's program from one start to its end, a good one or a kill: the product's own parts, joined in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from station.ca.authority import Authority
from station.devices.at_host import AtHost
from station.devices.at_shell import AtShell
from station.devices.channel import Channel
from station.devices.images import ImageShelf
from station.devices.modem import Modem
from station.domain.ids import BatchId, SlotNumber
from station.host.clock import Stop
from station.journal.codec import Entry
from station.line.arming import Armed, arm
from station.line.equipment import Equipment
from station.line.feed import Feed
from station.line.gate import Gate
from station.line.hand import Hand
from station.line.onboarding import OnboardRows
from station.line.outbox import Outbox
from station.line.outbox_rules import OutboxRules
from station.line.readbacks import ReadBacks
from station.line.recovery import close_interrupted
from station.line.team import TeamGate
from station.line.work import Bench
from station.people.rights import ITSELF, Actor, Instant, Method, PersonId, Role
from station.settings.fixture import Fixture
from station.settings.loading import Loaded
from station.settings.recipe import Recipe
from station.simulator.timings import Timings
from tests.faults.factory.cloud import BASE, MemoryCloud, MemoryTeamCloud
from tests.faults.factory.floor import Chance, FactoryClock, Life
from tests.faults.factory.journal import MortalJournal
from tests.faults.factory.probes import MemoryProgrammer, Shelf
from tests.faults.factory.products import Product
from tests.faults.factory.slots import MemoryPort, MemoryPower, MemoryPresence, Place, ScannedPresence

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
    recipes: dict[str, Loaded[Recipe]]
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
        self.client = MemoryTeamCloud(plant.cloud, clock, self.life)
        self._benches: dict[str, Bench] = {}
        self._read_backs = ReadBacks()
        self._images = ImageShelf(plant.folder / "images")
        self.outbox = self._outbox()

    def end(self) -> None:
        """End in good order."""
        self.life.calm()
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

        def open_modem() -> Modem:
            framing = AtShell() if product.framing == "at_shell" else AtHost()
            port = MemoryPort(place, plant.clock, self.life, noise)
            return Modem(Channel(port, framing, plant.clock, patience=5.0))

        presence = ScannedPresence(place) if number % 3 == 0 else MemoryPresence(place)
        return Equipment(
            SlotNumber(number),
            f"slot{number}",
            open_modem,
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
            team=plant.cloud.team_id,
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
            ask_with_token=self.client.accepts_jwt,
        )

    def _outbox(self) -> Outbox:
        plant, hand = self.plant, Hand(self.journal, LEAD)
        self._rows = self.journal.records()
        rows = OnboardRows(self._rows)
        return Outbox(
            hand,
            self._rows,
            self.client,
            plant.clock,
            OutboxRules(rows=plant.rows, longest_wait=120.0, check_absent=plant.chance.seed % 2 == 0),
            rows.rows_of,
            self.feed,
            TeamGate(hand, self._rows, self.client, BASE, plant.cloud.team_id),
            renew=lambda: self.client,
        )
