"""A whole factory in one process and one thread: boards through many slots, uploads, kills, a bad day, all by one seed.

Attempts, recovery, uploads and decisions are the product's own functions, called one after the other in an order that
the seed chooses. What is not the product: boards, probes, cable and cloud (the simulator's own, joined in memory), the
technician's hands, the clock. (The journal keeps its writer's thread: whoever commits waits for it, so that the two
never run at once.)
"""

from collections import Counter, deque
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from station.domain.events import SlotAcknowledged, SlotLatched
from station.domain.faults import Fault
from station.domain.ids import BoardSerial, EventSeq, SlotNumber
from station.domain.line import Outcome
from station.journal.rows import UnitRow
from station.line import slot as slots
from station.line.decisions import correct_clock
from station.line.faults import UNEXPECTED
from station.line.recovery import close_interrupted
from station.simulator.board import Board
from station.simulator.faults import BoardFaults
from station.simulator.timings import Timings
from tests.faults.claims import Finding, Kind
from tests.faults.factory.boards import Piece, new_piece
from tests.faults.factory.cloud import MemoryCloud
from tests.faults.factory.figures import Figures, Heard
from tests.faults.factory.floor import Chance, FactoryClock, Killed, repeatable
from tests.faults.factory.mishaps import Mishaps
from tests.faults.factory.people import People
from tests.faults.factory.probes import Shelf
from tests.faults.factory.products import Plan, Product, plan_day, read_products
from tests.faults.factory.reworks import Reworks
from tests.faults.factory.shift import LEAD, Plant, Shift
from tests.faults.factory.slots import Place, Seat
from tests.faults.factory.truth import examine
from tests.faults.factory.works import open_authority

BODY_SIZES: Final = (3, 10, 25)
"""Rows that an upload has at most, one of these a day."""
_MOST_TRIES: Final = 6
_MOST_STEPS: Final = 20_000
_MOST_LOOKS: Final = 6
"""At the day's end, so many times people look into the portal and have it all sent again."""


class Factory:
    """One day of a factory, from its first board to an empty outbox."""

    def __init__(self, folder: Path, seed: int, units: int, slots: int = 8, *, every_way: bool = False) -> None:
        """``folder`` is empty; whatever the station writes is there.

        ``every_way``: its units get their credentials in all ways, and not by the certificate's alone.
        """
        self.figures = Figures(seed)
        self.clock, self.chance, self.heard = FactoryClock(), Chance(seed), Heard()
        places = {number: Place(number) for number in range(1, slots + 1)}
        plan = plan_day(self.chance.ways) if every_way else Plan()
        self.cloud = MemoryCloud(self.clock, self.chance, organisation=plan.organisation)
        if every_way:
            self.cloud.take_form(self.chance.ways)
        folder.mkdir(parents=True)
        recipes, fixture = read_products(slots, plan)
        self.plant = Plant(
            folder=folder / "data",
            clock=self.clock,
            chance=self.chance,
            places=places,
            cloud=self.cloud,
            authority=open_authority(self.clock),
            plan=plan,
            recipes=recipes,
            fixture=fixture,
            timings=_unpaced(),
            shelf=Shelf(),
            rows=self.chance.order.choice(BODY_SIZES),
        )
        self._units = units
        self.pieces: dict[str, Piece] = {}
        self._waiting: deque[Piece] = deque()
        self._done: list[Piece] = []
        self._labels: list[BoardSerial] = []
        self._latched: dict[int, str] = {}
        self._jumped_at: EventSeq | None = None
        self.shift = Shift(self.plant, self.heard.take)
        self.mishaps = Mishaps(self)
        self.reworks = Reworks(self)
        self.people = People(self)
        self.people.begin()

    def run(self) -> Figures:
        """Work the day through, and return what came of it, unjudged."""
        rng = self.chance.order
        while len(self.pieces) < self._units or self._waiting or any(one.seat for one in self.plant.places.values()):
            number = rng.randrange(1, len(self.plant.places) + 1)
            try:
                if self._load(number):
                    self.mishaps.before_attempt(self.plant.places[number])
                    self._attempt(number)
                if rng.random() < 0.5:
                    self._upload(rng.randrange(1, 5))
                self.mishaps.between()
                self.people.between()
            except Killed:
                self.restart(killed=True)
        self._close_down()
        return self._add_up()

    # The technician

    def new_or_waiting(self) -> Piece | None:
        """Return the next board for a slot; None when there is none."""
        if self._waiting and (len(self.pieces) >= self._units or self.chance.order.random() < 0.5):
            return self._waiting.popleft()
        if len(self.pieces) >= self._units:
            return None
        product = self.plant.plan.choose(self.chance.order, self.chance.ways)
        piece = new_piece(len(self.pieces) + 1, product, self.chance, self._labels)
        self.pieces[piece.board.serial] = piece
        return piece

    def piece(self, product: Product, faults: BoardFaults, *, sound: bool = False) -> Piece:
        """Return a board with just these faults; ``sound``: a good station copes with them."""
        board = Board(
            f"B{len(self.pieces) + 1:06d}",
            profile=product.profile,
            framing=product.image,
            faults=faults,
            seed=self.chance.seed,
        )
        made = Piece(board, product, None, sound=sound or faults == BoardFaults())
        self.pieces[board.serial] = made
        return made

    def put(self, place: Place, piece: Piece) -> None:
        """Put a board into an empty slot."""
        place.seat = Seat(place.number, piece.board, self.plant.timings, self.clock)

    def take_out(self, place: Place) -> Piece | None:
        """Take out what is in the slot."""
        if place.seat is None:
            return None
        seat, place.seat = place.seat, None
        seat.remove()
        return self.pieces[seat.board.serial]

    def finished(self) -> Piece | None:
        """Return a board that has passed and lies in the drawer; None where there is none."""
        return self.chance.order.choice(self._done) if self._done else None

    def sort_later(self, piece: Piece) -> None:
        """Lay a board aside that somebody took out on the way; it comes again where it is not finished."""
        if not any(one.seat is not None and one.seat.board is piece.board for one in self.plant.places.values()):
            self.sort(piece)

    def _load(self, number: int) -> bool:
        place = self.plant.places[number]
        if place.seat is None:
            piece = self.new_or_waiting()
            if piece is None:
                return False
            self.put(place, piece)
        # A technician waits until it has started, mostly.
        self.clock.pass_by(self.chance.order.choice((0.1, 1.0, 5.0)))
        return True

    def _attempt(self, number: int) -> None:
        place = self.plant.places[number]
        if place.seat is None:
            return
        piece = self.pieces[place.seat.board.serial]
        piece.tries += 1
        self.figures.attempts += 1
        outcome = self.try_board(number, piece)
        self.clock.pass_by(self.chance.order.uniform(0.5, 4.0))
        there = self.take_out(place) if self._leaves(outcome, piece) else None
        piece.outcome = outcome
        for one in {id(one): one for one in (piece, there) if one is not None}.values():
            if any(other.seat is not None and other.seat.board is one.board for other in self.plant.places.values()):
                continue
            self.sort(one)

    def _leaves(self, outcome: Outcome | None, piece: Piece) -> bool:
        stays = outcome in (None, Outcome.ABORTED, Outcome.ERROR) and piece.tries < _MOST_TRIES
        return not (stays and self.chance.order.random() < 0.6)

    def sort(self, piece: Piece) -> None:
        """Put a board that left a slot where it belongs: finished, or for another try."""
        if any(piece is one for one in (*self._done, *self._waiting)):
            return
        if piece.outcome is Outcome.PASSED:
            self._done.append(piece)
        elif piece.tries < _MOST_TRIES and piece.outcome is not Outcome.QUARANTINED:
            self._waiting.append(piece)

    def try_board(self, number: int, piece: Piece) -> Outcome | None:
        """Do what ``line.slot.Slot`` does with a board, and return what its tile shows."""
        shift = self.shift
        try:
            bench = shift.bench(piece.product)
            if number in self._latched:
                self._acknowledge(number)
            close_interrupted(bench.journal, shift.records, SlotNumber(number))
            equipment = shift.equipment(number, piece.product)
            ended = slots.run_attempt(bench, equipment, shift.records, piece.label, lambda *_: None)
        except Fault as fault:
            self.figures.codes[f"outside {fault.code}"] += 1
            self._latched[number] = fault.code
            return None
        self.heard.ended[ended.attempt] = ended.outcome
        code = ended.fault.code if ended.fault else "passed"
        self.figures.codes[code] += 1
        if code == UNEXPECTED.code and ended.fault is not None:
            self.find(Kind.WRONG, f"attempt {ended.attempt}: {ended.fault.detail}")
        if ended.latch and ended.fault is not None:
            latched = SlotLatched(slot=SlotNumber(number), attempt=ended.attempt, fault=ended.fault)
            self._latched[number] = code
            try:
                shift.journal.commit(latched, by=LEAD)
            except Fault as fault:
                self.figures.codes[f"outside {fault.code}"] += 1
        return ended.outcome

    def _acknowledge(self, number: int) -> None:
        told = SlotAcknowledged(slot=SlotNumber(number), operator=LEAD, reason="looked at")
        self.shift.journal.commit(told, by=LEAD)
        del self._latched[number]

    def rework(self, piece: Piece) -> None:
        """Declare a rework of a finished unit, if it may be; its board then comes again, or is kept."""
        if self.reworks.declare(piece):
            self._waiting.append(piece)

    def forget_done(self, piece: Piece) -> None:
        """Take a board out of the box of finished ones."""
        self._done = [one for one in self._done if one is not piece]

    def withdraw(self) -> bool:
        """Have people take back a rework whose board was in no slot since; return whether one was taken back."""
        seated = [place.seat.board for place in self.plant.places.values() if place.seat is not None]
        waiting = [one for one in self._waiting if one.tries == 0 and not any(one.board is board for board in seated)]
        return self.reworks.withdraw(waiting)

    # The cloud

    def _upload(self, steps: int, *, flush: bool = False) -> float | None:
        wait: float | None = 0.0
        for _ in range(steps):
            try:
                wait = self.shift.outbox.advance(flush=flush)
            except Fault as fault:
                # As the uploader does: it is told, and tried again a little later.
                self.figures.codes[f"outside {fault.code}"] += 1
                wait = 5.0
            if wait is None:
                break
            self.clock.pass_by(wait if flush else min(wait, 2.0))
        return wait

    def drain(self) -> None:
        """Have everything that waits uploaded."""
        for _ in range(_MOST_STEPS):
            if self._upload(1, flush=True) is None:
                return
        self.find(Kind.LOST, "the outbox does not come to an end")

    # Starts and ends

    def restart(self, *, killed: bool) -> None:
        """End the station's program, in good order or not, and start it again."""
        size = self.shift.records.last_seq()
        if size:
            self.heard.roots.append((size, self.shift.records.tree().root(size)))
        if killed:
            self.figures.kills += 1
            self.shift.die()
        else:
            self.figures.restarts += 1
            try:
                self.shift.end()
            except (Killed, Fault):
                self.shift.die()
        self.clock.pass_by(self.chance.order.uniform(1.0, 200.0))
        self.shift = Shift(self.plant, self.heard.take)
        self._latched = dict(self.shift.records.latched_slots())

    def jump(self, seconds: float) -> None:
        """Have somebody set this PC's clock wrong."""
        if self._jumped_at is None:
            self._jumped_at = EventSeq(self.shift.records.last_seq() + 1)
        self.clock.shift = timedelta(seconds=seconds)

    def mend_clock(self) -> None:
        """Have an engineer set the clock right, and declare the times wrong that were written meanwhile."""
        if self._jumped_at is None:
            return
        self.shift.journal.fill_disk(full=False)  # whoever comes for the clock sees that, too
        first, self.clock.shift = self._jumped_at, timedelta()
        last = self.shift.records.last_seq()
        if first <= last:
            correct_clock(self.shift.gate, self.shift.records, first, last, self.shift.actor(), "it was set wrong")
        self._jumped_at = None

    def _close_down(self) -> None:
        """Mend everything, and bring every board and every unit to its end."""
        self.restart(killed=False)
        self.mishaps.heal()
        for place in self.plant.places.values():
            self.take_out(place)
        while self.reworks.kept and self.withdraw():
            pass
        for piece in list(self.pieces.values()):
            unit = self.shift.records.unit_by_imei(piece.board.imei)
            if unit is not None and _is_open(unit):
                self.again(piece)
                self.reworks.end(piece)
        self.cloud.settle()
        self.drain()
        for _ in range(_MOST_LOOKS):
            if not self.people.decide(at_end=True):
                break
            self.drain()
        self.people.close()
        self.restart(killed=False)

    def again(self, piece: Piece) -> None:
        """Have a board tried until its unit has come to an end, with nothing wrong with it any more."""
        piece.board.clear_faults()
        for _ in range(4):
            self.show(piece)
            unit = self.shift.records.unit_by_imei(piece.board.imei)
            if unit is not None and not _is_open(unit):
                return

    def show(self, piece: Piece) -> None:
        """Put a board into the first slot, have it tried once, and take it out again."""
        self.put(self.plant.places[1], piece)
        self.clock.pass_by(5.0)
        self.figures.attempts += 1
        self.try_board(1, piece)
        self.take_out(self.plant.places[1])

    def is_free(self, piece: Piece) -> bool:
        """Return whether the first slot is empty, and the board in none."""
        seats = [place.seat for place in self.plant.places.values() if place.seat is not None]
        return self.plant.places[1].seat is None and not any(seat.board is piece.board for seat in seats)

    def piece_of(self, unit: UnitRow) -> Piece:
        """Return a unit's board."""
        return next(one for one in self.pieces.values() if one.board.imei == unit.imei)

    def find(self, kind: Kind, what: str) -> None:
        """Note what is not as it must be."""
        self.figures.findings.append(Finding(kind, what))

    def _add_up(self) -> Figures:
        figures, records = self.figures, self.shift.records
        figures.units = len(self.pieces)
        figures.good = sum(piece.sound and not piece.touched for piece in self.pieces.values())
        figures.injected = Counter({**self.chance.injected, **self.mishaps.injected})
        units = records.find_units("", limit=10_000_000)
        figures.outcomes = Counter(str(unit.outcome) for unit in units)
        figures.outcomes["never said who it is"] = figures.units - len(units)
        figures.clouds = Counter(str(unit.cloud) for unit in units)
        figures.uploads = len(self.cloud.world.operations())
        figures.ways = Counter(str(piece.product.way) for piece in self.pieces.values())
        passed = {unit.imei for unit in units if unit.outcome is Outcome.PASSED}
        figures.passed = Counter(str(one.product.way) for one in self.pieces.values() if one.board.imei in passed)
        figures.organisation = self.cloud.organisation
        figures.people = self.people.done
        self.shift.end()
        return figures


def _is_open(unit: UnitRow) -> bool:
    """Return whether the unit's board must come once more: its last attempt came to no end, or a rework is declared."""
    return unit.rework or unit.outcome in (Outcome.ABORTED, None)


def _unpaced() -> Timings:
    return replace(Timings.realistic(), paced=False)


def run_factory(
    folder: Path, seed: int, units: int, slots: int = 8, *, every_way: bool = False
) -> tuple[Factory, Figures]:
    """Run one factory day in an empty folder and judge it; the same arguments give the same bytes."""
    with repeatable(seed):
        factory = Factory(folder, seed, units, slots, every_way=every_way)
        figures = factory.run()
    figures.findings += examine(factory)
    return factory, figures
