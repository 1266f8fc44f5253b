"""What befalls a factory beside what is wrong with its boards: hands, cables, kills, disks, clocks, the cloud."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from tests.faults.factory.boards import Piece
from tests.faults.factory.slots import Place

if TYPE_CHECKING:
    from tests.faults.factory.factory import Factory

_LONGEST_ATTEMPT = 320
"""Touches: so many times the program reaches out to the world in a long attempt."""

HANDS, KILL, WRONG_BOARD = 0.12, 0.05, 0.03
"""Of all attempts, in how many somebody's hands do something, the program is killed, a finished board is put in."""
BETWEEN: Final = {
    "restart": 0.012,
    "kill": 0.008,
    "disk full": 0.008,
    "clock jump": 0.008,
    "weather": 0.026,
    "rework": 0.018,
    "rework withdrawn": 0.01,
}
"""How likely each is between two attempts."""


class Mishaps:
    """Has things happen, by the factory's chance."""

    def __init__(self, factory: "Factory") -> None:
        self._factory = factory
        self._rng = factory.chance.faults
        self.injected: Counter[str] = Counter()
        self._disk_full_for = 0
        self._clock_wrong_for = 0

    def before_attempt(self, place: Place) -> None:
        """Have something happen within the attempt that begins now, perhaps."""
        rng, factory = self._rng, self._factory
        piece = factory.pieces[place.seat.board.serial] if place.seat is not None else None
        if piece is not None and rng.random() < HANDS:
            name, act = rng.choice(self._acts(place, piece))
            piece.touched = True
            factory.shift.life.soon(rng.randrange(1, _LONGEST_ATTEMPT), self._counted(name, place, act))
        if rng.random() < KILL:
            factory.shift.life.soon(rng.randrange(1, _LONGEST_ATTEMPT), factory.shift.life.kill)
            if piece is not None:
                piece.touched = True
        if rng.random() < WRONG_BOARD and place.seat is not None:
            self._put_wrong(place)

    def between(self) -> None:
        """Have something happen between two attempts, perhaps."""
        self._go_on()
        chance = self._rng.random()
        for what, share in BETWEEN.items():
            chance -= share
            if chance < 0.0:
                self._happen(what)
                return

    def _happen(self, what: str) -> None:
        rng, factory = self._rng, self._factory
        match what:
            case "restart" | "kill":
                factory.restart(killed=what == "kill")
            case "disk full" if not self._disk_full_for:
                self.injected["disk full"] += 1
                self._disk_full_for = rng.randrange(1, 6)
                factory.shift.life.soon(rng.randrange(1, 60), lambda: factory.shift.journal.fill_disk(full=True))
            case "clock jump" if not self._clock_wrong_for:
                self.injected["clock jump"] += 1
                self._clock_wrong_for = rng.randrange(1, 8)
                sign = rng.choice((1.0, -1.0))
                factory.jump(sign * rng.choice((2.0, 90.0, 4000.0, 90_000.0, 40_000_000.0)))
            case "weather":
                self._change_weather()
            case "rework" if (piece := factory.finished()) is not None:
                self.injected["rework"] += 1
                factory.rework(piece)
            case "rework withdrawn" if factory.withdraw():
                self.injected["rework withdrawn"] += 1
            case _:
                pass  # that is so already, or there is nothing to do it to

    @property
    def disk_is_full(self) -> bool:
        """Whether nobody can write into the journal now."""
        return self._disk_full_for > 0

    def heal(self) -> None:
        """Let nothing happen from now on, and mend what has."""
        self._factory.shift.life.calm()
        self._factory.shift.journal.fill_disk(full=False)
        self._disk_full_for = 0
        self._factory.mend_clock()
        self._factory.cloud.heal()
        for place in self._factory.plant.places.values():
            place.probe_back_at = 0.0

    def _go_on(self) -> None:
        factory = self._factory
        if self._disk_full_for:
            self._disk_full_for -= 1
            if not self._disk_full_for:
                factory.shift.journal.fill_disk(full=False)
        if self._clock_wrong_for and not self._disk_full_for:
            self._clock_wrong_for -= 1
            if not self._clock_wrong_for:
                factory.mend_clock()

    def _counted(self, name: str, place: Place, act: Callable[[], object]) -> Callable[[], object]:
        def happen() -> None:
            self.injected[name] += 1
            if place.seat is not None:  # by now, another board may be in the slot than when it was planned
                self._factory.pieces[place.seat.board.serial].touched = True
            act()

        return happen

    def _acts(self, place: Place, piece: Piece) -> list[tuple[str, Callable[[], object]]]:
        factory, rng = self._factory, self._rng
        life = factory.shift.life

        def pull() -> None:
            factory.take_out(place)

        def pull_and_put_back() -> None:
            if factory.take_out(place) is piece:
                life.soon(rng.randrange(1, 8), lambda: place.seat or factory.put(place, piece))

        def swap() -> None:
            there = factory.take_out(place)
            other = factory.finished() if rng.random() < 0.5 else factory.new_or_waiting()
            if other is not None and not _in_a_slot(factory, other):
                other.touched = True
                life.soon(rng.randrange(1, 8), lambda: self._seat_other(place, other))
                if there is not None:
                    factory.sort_later(there)

        def reset() -> None:
            if place.seat is not None:
                place.seat.reset()

        def dip() -> None:
            if place.seat is not None:
                place.seat.power(on=False)
                life.soon(rng.randrange(1, 20), lambda: place.seat and place.seat.power(on=True))

        def speak() -> None:
            if place.seat is not None:
                place.seat.say(rng.choice(("+CEREG: 2", "OK", "+CSCON: 1", '%CMNG: 1,2,"', "ERROR", "[00:00] <inf> x")))

        def unplug() -> None:
            place.probe_back_at = factory.clock.monotonic() + rng.choice((0.5, 5.0, 60.0))

        return [
            ("cable pulled", pull),
            ("cable pulled, put back", pull_and_put_back),
            ("wrong board put in meanwhile", swap),
            ("reset by hand", reset),
            ("supply dips", dip),
            ("speaks unasked", speak),
            ("probe pulled out", unplug),
        ]

    def _seat_other(self, place: Place, other: Piece) -> None:
        if place.seat is None and not _in_a_slot(self._factory, other):
            self._factory.put(place, other)
        else:
            self._factory.sort_later(other)

    def _put_wrong(self, place: Place) -> None:
        """Have a finished board put in, in place of the one that was to come."""
        finished = self._factory.finished()
        if finished is None or _in_a_slot(self._factory, finished):
            return
        self.injected["finished board put in again"] += 1
        there = self._factory.take_out(place)
        self._factory.put(place, finished)
        finished.touched = True
        if there is not None:
            self._factory.sort_later(there)

    def _change_weather(self) -> None:
        rng, cloud = self._rng, self._factory.cloud
        kind = rng.choice(("fine", "fine", "breezy", "bad", "storm", "down", "stuck", "old errors", "row errors"))
        self.injected[f"cloud is {kind}"] += 1
        cloud.heal()
        match kind:
            case "breezy":
                cloud.share = 0.05
            case "bad":
                cloud.share = 0.3
            case "storm":
                cloud.share = 0.8
            case "down":
                cloud.down_until = self._factory.clock.monotonic() + rng.uniform(5.0, 2000.0)
            case "stuck":
                cloud.switch(stuck=True)
            case "old errors":
                cloud.switch(error_format="old")
            case "row errors":
                some = rng.sample(list(self._factory.pieces.values()), min(5, len(self._factory.pieces)))
                cloud.refuse([one.board.uuid for one in some], late=len(self._factory.pieces) % 2 == 1)
            case _:
                pass


def _in_a_slot(factory: "Factory", piece: Piece) -> bool:
    return any(one.seat is not None and one.seat.board is piece.board for one in factory.plant.places.values())
