"""The engine: arms a batch, lets the slots work, feeds the cloud, and comes to rest in good order."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from station.devices.faults import IMAGE_CHANGED
from station.domain.events import AttemptClosed, BatchClosed, StepFinished
from station.domain.ids import BoardSerial, SlotNumber
from station.domain.line import Outcome, StepKind
from station.host.clock import Clock
from station.journal.codec import Entry
from station.journal.reconciliation import reconcile
from station.journal.records import Records
from station.line.equipment import Equipment
from station.line.faults import LABEL_USED, READ_BACK_FAILED, STOP_RULE
from station.line.feed import Feed, Notice, SlotChanged, Told
from station.line.gate import Gate
from station.line.intake import Intake
from station.line.slot import Slot, finished_units
from station.line.uploader import Uploader
from station.line.work import Bench
from station.people.rights import Actor, Right

_STOPS_BATCH = frozenset(spec.code for spec in (IMAGE_CHANGED, READ_BACK_FAILED))
"""Faults of one board after which no other of the batch may be begun."""


@dataclass(frozen=True, slots=True)
class LineRules:
    """When the line stops by itself, and how long it waits at the end."""

    same_failure_in_a_row: int = 0
    """Stop after so many boards in a row failed with one code; 0 for never."""
    attended: bool = True
    """Somebody is there to acknowledge; without anybody the run ends when every slot is latched."""
    upload_patience: float = 120.0
    """Seconds that the end of a run waits for the cloud; what is left is uploaded later."""


class BatchRun:
    """One run of one armed batch on one fixture. Commands may be given from any thread."""

    def __init__(
        self,
        bench: Bench,
        quantity: int,
        equipment: Sequence[Equipment],
        uploader: Uploader | None,
        feed: Feed,
        rules: LineRules,
        records: Records,
        gate: Gate,
    ) -> None:
        self._bench, self._uploader, self._feed, self._rules, self._records = bench, uploader, feed, rules, records
        self._gate = gate
        # All slots count in one thread: each its own would keep 32 times the memory that a whole batch takes to count.
        self._counter = ThreadPoolExecutor(1, "counting")
        self._intake = Intake(quantity, lambda: self._counter.submit(finished_units, bench).result())
        bench.stop.on_request(self._intake.over.request)
        latched = records.latched_slots()
        self._slots = {
            one.slot: Slot(bench, one, self._intake, feed, latched=latched.get(one.slot, "")) for one in equipment
        }
        self._attended = rules.attended
        self._streak: tuple[str, int] = ("", 0)
        self._stopped_by_rule = False
        self._changed = threading.Event()
        self._scanning = threading.Lock()
        """No two slots are given one label at the same moment."""
        feed.listen(self._notice)

    @property
    def _clock(self) -> Clock:
        return self._bench.clock

    def run(self, actor: Actor) -> None:
        """Work until the batch is complete, a person stops it, or (unattended) nothing can go on; then come to rest.

        On return no slot works any more, every attempt has an end in the journal, a complete batch is closed, and
        all who listen have heard of it. Raises PPL-111.
        """
        self._gate.require(actor, Right.RUN)
        if self._uploader:
            self._uploader.start()
        for slot in self._slots.values():
            slot.start()
        try:
            self._wait()
        finally:
            self._intake.over.request()
            for slot in self._slots.values():
                slot.join()
            self._counter.shutdown()
            if self._uploader:
                if not self._bench.stop.requested:
                    self._uploader.nudge(flush=True)
                    self._uploader.wait_idle(self._rules.upload_patience, self._bench.stop.event)
                self._uploader.end()
        tally = self._records.tally(self._bench.batch)
        # A board that never said who it is may be one that comes again: then the batch stays open for it.
        if self._intake.complete and not tally.silent:
            self._close(actor)
        self._gate.journal.catch_up()
        self._feed.leave(self._notice)  # another batch's boards are not this one's to count

    def scan(self, slot: SlotNumber, serial: BoardSerial | None) -> None:
        """Tell a slot that a board is in it, with its scanned serial number where one was scanned.

        Raises LINE-115 while the slot is busy; LINE-187 and LINE-188 for a label that is not of this batch's, or that
        is used already. The slot then goes on waiting, and its board is not touched.
        """
        chosen, serials = self._slots[slot], self._bench.serials
        if serial is None or serials is None:
            chosen.scan(serial)
            return
        with self._scanning, self._bench.journal.records() as records:
            serials.require(serial, slot, records, looks_first=not self._bench.recipe.changes_before_identify)
            for other in self._slots.values():
                if other is not chosen and serial in other.labels:
                    raise LABEL_USED.fault(label=serial, by=f"it was scanned for slot {other.number}")
            chosen.scan(serial)

    def acknowledge(self, slot: SlotNumber, actor: Actor, reason: str) -> None:
        """Let a latched slot work again, by somebody who may and says why. Raises PPL-111, PPL-112 and PPL-116."""
        chosen = self._slots[slot]
        self._gate.require(actor, Right.ACKNOWLEDGE, reason)
        chosen.acknowledge(actor, reason.strip())

    def pause(self) -> None:
        """Begin no further boards; those in work are finished. Safe to repeat."""
        self._intake.pause()

    def resume(self) -> None:
        """Begin boards again. Safe to repeat."""
        self._intake.resume()

    def leave_alone(self) -> None:
        """Take it that nobody is here (any more) to scan or acknowledge: the run ends when only that could go on."""
        self._attended = False
        if all(slot.needs_person for slot in self._slots.values()):
            self._feed.publish(
                Told("LINE-145", "Every board must be scanned and nobody is here to scan: the run ends.")
            )
            self._intake.over.request()

    @property
    def slots(self) -> tuple[SlotNumber, ...]:
        """The slots of this run."""
        return tuple(self._slots)

    @property
    def stopped_by_rule(self) -> bool:
        """Whether a stop rule ended the run."""
        return self._stopped_by_rule

    def _wait(self) -> None:
        while not self._intake.over.requested:
            self._clock.wait(self._changed, 0.5)
            self._changed.clear()
            if all(slot.ended for slot in self._slots.values()):
                self._feed.publish(Told("LINE-144", "No slot works any more: the run ends. Call the engineer."))
                return
            if not self._attended and all(slot.latched for slot in self._slots.values()):
                self._feed.publish(
                    Told("LINE-142", "Every slot is latched and nobody is here to acknowledge: the run ends.")
                )
                return

    def _notice(self, notice: Notice) -> None:
        match notice:
            case Entry(event=AttemptClosed() as event):
                self._count(event)
                if self._uploader and event.outcome is Outcome.PASSED:
                    self._uploader.nudge()
                self._changed.set()
            case Entry(event=StepFinished(step=StepKind.READ_BACK, outcome=Outcome.PASSED, results=results) as event):
                if results.get("read_back") is True:
                    self._bench.read_backs.add(self._bench.batch, event.attempt)
            case SlotChanged():
                self._changed.set()
            case _:
                pass

    def _count(self, event: AttemptClosed) -> None:
        if event.outcome is Outcome.PASSED:
            self._streak = ("", 0)
        if event.fault is not None and event.fault.code in _STOPS_BATCH:
            self._end_by(Told(event.fault.code, f"The batch stops. {event.fault.sentence}"))
        if event.outcome is not Outcome.FAILED or event.fault is None or not self._rules.same_failure_in_a_row:
            return
        code, count = self._streak
        count = count + 1 if code == event.fault.code else 1
        self._streak = (event.fault.code, count)
        if count >= self._rules.same_failure_in_a_row:
            fault = STOP_RULE.fault(count=count, code=event.fault.code)
            self._end_by(Told(fault.code, fault.sentence))

    def _end_by(self, told: Told) -> None:
        self._stopped_by_rule = True
        threading.Thread(target=self._stop_by_rule, args=(told,), daemon=True).start()

    def _stop_by_rule(self, told: Told) -> None:
        # From a thread of its own: the feed calls one listener at a time, and this publishes to it.
        self._feed.publish(told)
        self._intake.over.request()

    def _close(self, actor: Actor) -> None:
        batch = self._bench.batch
        counts = reconcile(self._records, batch).counts()
        closed = BatchClosed(batch=batch, operator=actor.id, reason="complete", tally=counts)
        self._gate.journal.commit(closed, by=actor.id)
