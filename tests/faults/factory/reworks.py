"""Reworks in the simulated factory: declared for finished units, begun when their boards come again, or taken back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from station.domain.faults import Fault
from station.domain.ids import UnitId
from station.domain.line import CloudState, Outcome
from station.domain.ways import Way
from station.journal.faults import REWORK_BEGUN
from station.journal.rows import UnitRow
from station.line.decisions import declare_rework, withdraw_rework
from tests.faults.claims import Kind
from tests.faults.factory.boards import Piece
from tests.faults.factory.shift import SECOND

if TYPE_CHECKING:
    from tests.faults.factory.factory import Factory

GIVEN_UP: Final = 0.3
"""Of all reworks that are declared, how many never begin: the board goes back into the drawer."""
_ENDS: Final = frozenset({CloudState.ONBOARDED, CloudState.CLAIMED})
_LEFT_ALONE: Final = frozenset({Outcome.PASSED, Outcome.QUARANTINED})


class Reworks:
    """What people have said about finished units that are to be built again."""

    def __init__(self, factory: "Factory") -> None:
        self._factory = factory
        self.kept: list[Piece] = []
        """Boards whose rework is declared and that nobody puts in again."""
        self._before: dict[UnitId, tuple[Outcome | None, CloudState]] = {}
        """How units stood, and with the cloud, when their reworks were declared."""
        self.left_open: set[UnitId] = set()
        """Units whose rework a probe may have begun with, on a board that never said who it is: never withdrawn."""

    def declare(self, piece: Piece) -> bool:
        """Declare one for a finished unit, if it may be; return whether its board then comes again."""
        shift, chance = self._factory.shift, self._factory.chance
        unit = shift.records.unit_by_imei(piece.board.imei)
        if unit is None or unit.outcome not in _LEFT_ALONE:
            return False
        try:
            declare_rework(
                shift.gate, shift.records, unit.device_id, shift.actor(), "a scratch on its lid", shift.actor(SECOND)
            )
        except Fault as fault:
            self._factory.figures.codes[f"outside {fault.code}"] += 1
            return False
        self._before[unit.id] = unit.outcome, unit.cloud
        self._factory.cloud.anew[piece.board.uuid] += 1
        self._factory.people.done[f"rework ({piece.product.way})"] += 1
        self._factory.forget_done(piece)
        piece.outcome, piece.tries = None, 0
        if chance.faults.random() < GIVEN_UP:
            self.kept.append(piece)
            return False
        return True

    def withdraw(self, waiting: Sequence[Piece]) -> bool:
        """Have people take back one whose board was in no slot since; return whether one was taken back."""
        for piece in (*self.kept, *waiting):
            unit = self._factory.shift.records.unit_by_imei(piece.board.imei)
            if unit is not None and unit.rework:
                return self._withdraw(unit, piece)
        return False

    def end(self, piece: Piece) -> None:
        """Withdraw one whose board never said who it is, if the journal knows no attempt at it by its label."""
        unit = self._factory.shift.records.unit_by_imei(piece.board.imei)
        if unit is None or not unit.rework:
            return
        codes, begun = self._factory.figures.codes, f"outside {REWORK_BEGUN.code}"
        before = codes[begun]
        if piece.label is not None:
            self._withdraw(unit, piece)
        if piece.label is None or codes[begun] > before:
            self.left_open.add(unit.id)

    def _withdraw(self, unit: UnitRow, piece: Piece) -> bool:
        self._factory.clock.pass_by(5.0)  # a PIN takes its time to type, and each typing agrees to one act
        shift = self._factory.shift
        who = shift.actor(SECOND)
        try:
            withdraw_rework(shift.gate, shift.records, unit.device_id, shift.actor(), "it is sold as it is", who)
        except Fault as fault:
            self._factory.figures.codes[f"outside {fault.code}"] += 1
            return False
        stands = self._compare(unit, piece)
        self._factory.people.done[f"rework withdrawn ({piece.product.way}, {stands})"] += 1
        if any(one is piece for one in self.kept):  # one that waits for a slot comes into it, though it is finished
            self.kept = [one for one in self.kept if one is not piece]
            piece.outcome = unit.outcome
            self._factory.sort(piece)
        return True

    def _compare(self, now: UnitRow, piece: Piece) -> CloudState:
        """Find whatever the withdrawn rework has changed: the unit is as if nobody had ever declared it.

        Return how it stands with the cloud.
        """
        unit, (outcome, once) = self._factory.shift.records.unit(now.id), self._before[now.id]
        assert unit is not None
        # Meanwhile a claimed device's key is heard of, and people may have given its claim up.
        claim = {CloudState.CLAIMED, CloudState.HELD} if piece.product.way is Way.ATTESTATION else set[CloudState]()
        same = {once, CloudState.ONBOARDED} | claim
        if once in _ENDS and (unit.rework or unit.outcome is not outcome or unit.cloud not in same):
            what = f"{unit.device_id} was {outcome}, {once} before its rework that was withdrawn"
            self._factory.find(Kind.WRONG, f"{what}, and is {unit.outcome}, {unit.cloud}")
        return unit.cloud
