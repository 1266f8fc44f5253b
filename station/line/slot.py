"""A slot at work: one thread that takes boards as they come, whatever the other slots do."""

import threading
from collections import deque

from station.domain.events import FaultRecord, SlotAcknowledged, SlotLatched
from station.domain.faults import Cancelled, Fault
from station.domain.ids import AttemptId, BoardSerial, SlotNumber
from station.domain.line import SlotState, StepKind
from station.host.clock import Stop
from station.journal.records import Records
from station.line.attempt import Ended, run_attempt
from station.line.equipment import Equipment
from station.line.faults import NOT_NOW, UNEXPECTED
from station.line.feed import Feed, Progress, SlotChanged
from station.line.flow import FLOW
from station.line.intake import Intake
from station.line.log import engineer_log
from station.line.recovery import close_interrupted
from station.line.work import Bench
from station.people.rights import Actor


class Slot:
    """Loaded → attempt → result → taken out, over and over, until the batch has enough or the line stops."""

    def __init__(self, bench: Bench, equipment: Equipment, intake: Intake, feed: Feed, *, latched: str = "") -> None:
        """``latched`` is the code of the fault that latched the slot in an earlier session."""
        self.number: SlotNumber = equipment.slot
        self._bench, self._equipment, self._intake, self._feed = bench, equipment, intake, feed
        self._scans: deque[BoardSerial | None] = deque(maxlen=1)
        self._label: BoardSerial | None = None
        self._message = threading.Condition()
        self._latching = threading.Lock()
        self._state = SlotState.STOPPED
        self._died = False
        self._latched = latched
        self._thread = threading.Thread(target=self._run, name=f"slot-{self.number}", daemon=True)
        intake.over.on_request(self._wake)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def join(self, seconds: float | None = None) -> bool:
        """Wait until the slot has come to rest; whether it has."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def scan(self, serial: BoardSerial | None) -> None:
        """Take a scan (or, without a serial, a person's word that a board is in) for the next board of this slot.

        Raises LINE-115 while the slot is at a board or latched.
        """
        with self._message:
            if self._state in (SlotState.RUNNING, SlotState.LATCHED):
                # A trigger pulled twice must not give this board's label to the next one.
                raise NOT_NOW.fault(slot=self.number)
            self._scans.append(serial)
            self._message.notify_all()

    def acknowledge(self, actor: Actor, reason: str) -> None:
        """Let a latched slot work again, by somebody who may. Does nothing to one that is not latched."""
        with self._latching:
            if not self._latched:
                return
            acknowledged = SlotAcknowledged(slot=self.number, operator=actor.id, reason=reason)
            self._bench.journal.commit(acknowledged, by=actor.id)
            with self._message:
                self._latched = ""
                self._message.notify_all()

    @property
    def labels(self) -> tuple[BoardSerial, ...]:
        """The labels of the board that the slot is at, and of the one that it waits for."""
        with self._message:
            return tuple(label for label in (self._label, *self._scans) if label is not None)

    @property
    def latched(self) -> bool:
        """Whether the slot waits for somebody's acknowledgement."""
        return bool(self._latched)

    def _run(self) -> None:
        over = self._intake.over
        try:
            with self._bench.journal.records() as records:
                records.keep_little()
                while not over.requested:
                    self._wait_unlatched()
                    self._show(SlotState.EMPTY)
                    serial = self._wait_for_board(over)
                    # Only a board that is there takes a place in the batch; where none is left, it stays untouched.
                    if not self._intake.take():
                        break
                    # Where it latched, its board is tried again once somebody has acknowledged: maybe they have by now.
                    if not self._take_one(records, serial):
                        self._equipment.presence.wait_gone(over)
        except Cancelled:
            pass  # the line stops, or the batch is complete: both are told elsewhere
        except Exception as error:  # noqa: BLE001 -- this slot stops and says so; the others go on
            engineer_log().exception("slot ended", slot=self.number)
            fault = error if isinstance(error, Fault) else _unexpected(error)
            self._latch(None, FaultRecord(fault.code, fault.sentence, fault.detail))
            self._died = True
            return
        finally:
            self._scans.clear()
        self._show(SlotState.STOPPED)

    def _take_one(self, records: Records, serial: BoardSerial | None) -> bool:
        """Take the board through, and give its place in the batch back, whatever happens. Return whether it latched."""
        try:
            ended = self._attempt(records, serial)
        finally:
            with self._message:
                self._label = None
            self._intake.give_back()
        if ended is None:
            return True
        if ended.latch and ended.fault is not None:
            self._latch(ended.attempt, ended.fault)
            return True
        self._show(SlotState.DONE, ended.fault.sentence if ended.fault else "")
        return False

    def _wait_for_board(self, over: Stop) -> BoardSerial | None:
        """Return the scanned serial (None where nothing is scanned) once a board is in the slot."""
        presence = self._equipment.presence
        if presence.is_known and not self._bench.recipe.scans_labels:
            presence.wait_loaded(over)
            return None
        with self._message:
            while not self._scans:
                over.check()
                self._message.wait()
            serial = self._label = self._scans.popleft()
        presence.wait_loaded(over)
        return serial

    def _attempt(self, records: Records, serial: BoardSerial | None) -> Ended | None:
        """Return how it ended; None where it could not, and the slot has latched by that."""
        self._show(SlotState.RUNNING)
        try:
            # What a full disk left open here is closed before anything else is begun.
            close_interrupted(self._bench.journal, records, self.number)
            return run_attempt(self._bench, self._equipment, records, serial, self._progress)
        except Fault as fault:
            # The journal itself: nothing more is done here until somebody has looked.
            engineer_log().error("slot stopped", slot=self.number, code=fault.code, detail=fault.detail)
            self._latch(None, FaultRecord(fault.code, fault.sentence, fault.detail))
        except Exception as error:  # noqa: BLE001 -- our own mistake latches this slot and touches no other
            engineer_log().exception("slot stopped unexpectedly", slot=self.number)
            broken = _unexpected(error)
            self._latch(None, FaultRecord(broken.code, broken.sentence, broken.detail))
        return None

    def _latch(self, attempt: AttemptId | None, fault: FaultRecord) -> None:
        # In the journal before anybody sees it: whoever acknowledges at once must do so behind it.
        with self._latching:
            try:
                self._bench.journal.commit(SlotLatched(slot=self.number, attempt=attempt, fault=fault))
            except Fault as error:
                # It stays latched in memory; a journal that can't be written has already said why.
                engineer_log().error("latch not journaled", slot=self.number, code=error.code)
            self._latched = fault.code
        self._show(SlotState.LATCHED, fault.sentence)

    def _wait_unlatched(self) -> None:
        if self._latched:
            self._show(SlotState.LATCHED)
        with self._message:
            while self.latched and not self._intake.over.requested:
                self._message.wait()

    def _show(self, state: SlotState, sentence: str = "") -> None:
        if state is self._state:
            return
        if state not in FLOW[self._state]:
            raise UNEXPECTED.fault(f"slot {self.number}: {self._state} to {state}", step="of this slot")
        self._state = state
        self._feed.publish(SlotChanged(self.number, state, sentence))

    @property
    def needs_person(self) -> bool:
        """Whether a board starts here only when somebody scans it, or says that it is in."""
        return self._bench.recipe.scans_labels or not self._equipment.presence.is_known

    @property
    def ended(self) -> bool:
        """Whether the slot's thread has ended by a mistake: no acknowledgement helps, only another run."""
        return self._died

    def _progress(self, attempt: AttemptId, step: StepKind, fraction: float) -> None:
        self._feed.publish(Progress(self.number, attempt, step, fraction))

    def _wake(self) -> None:
        with self._message:
            self._message.notify_all()


def _unexpected(error: Exception) -> Fault:
    return UNEXPECTED.fault(f"{type(error).__name__}: {error}", step="of this slot")


def finished_units(bench: Bench) -> int:
    """Return how many units of the batch have ended, boards included that sit silent in their slots."""
    with bench.journal.records() as records:
        records.keep_little()  # all of the batch is gone through, and then not for long
        return records.tally(bench.batch).ended
