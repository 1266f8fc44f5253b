"""What is on the line: at most one run at a time, from its arming to its end, whoever looks at it."""

import threading
from concurrent.futures import Future

from station.app import Station
from station.domain.events import FaultRecord, SlotAcknowledged, SlotLatched
from station.domain.faults import Fault
from station.domain.ids import BatchId, SlotNumber, parse_batch_id
from station.domain.secret import Secret
from station.engine.commands import Arm
from station.engine.counting import Counted, Counting, batch_figures
from station.engine.faults import (
    BATCH_NAME,
    ENDING,
    MISTAKE,
    NO_RUN,
    NO_SLOT,
    PASSPHRASE_NEEDED,
    QUANTITY,
    RUN_LASTS,
    SCAN_NEEDED,
)
from station.engine.picture import OnLine, Picture
from station.engine.pushes import Happened
from station.engine.results import Armed
from station.engine.transcripts import Transcripts
from station.engine.uploads import Uploads
from station.host.clock import Stop
from station.journal.codec import iso
from station.journal.cycle_times import expected_seconds
from station.journal.records import Records
from station.line.arming import Armed as ArmedBatch
from station.line.batch_run import BatchRun, LineRules
from station.line.feed import Told
from station.line.log import engineer_log
from station.people.rights import Actor, Right
from station.settings.recipe import Recipe
from station.signed_record import SignedRecord


class Shift:
    """Arms, pauses and stops; hands scans and acknowledgements to the run. For all threads."""

    def __init__(
        self,
        station: Station,
        record: SignedRecord,
        picture: Picture,
        counting: Counting,
        uploads: Uploads,
        transcripts: Transcripts,
    ) -> None:
        self._station, self._record, self._picture = station, record, picture
        self._counting, self._uploads, self._transcripts = counting, uploads, transcripts
        self._lock = threading.Lock()
        self._stop: Stop | None = None
        self._batch = BatchId("")
        self._run: BatchRun | None = None
        self._recipe: Recipe | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def lasts(self) -> bool:
        """Whether a batch is being armed, runs, or comes to its end."""
        return self._stop is not None

    @property
    def batch(self) -> BatchId | None:
        """The batch on the line; None where there is none."""
        return self._batch if self._stop is not None else None

    def require_rest(self) -> None:
        """Raise ENG-121 while a batch is on the line."""
        if self._stop is not None:
            raise RUN_LASTS.fault(batch=self._batch)

    def show_slots(self) -> None:
        """Show the fixture's slots as its file has them now, unless a batch is on the line. Raises SET faults."""
        with self._lock, self._station.journal.records() as records:
            if self._stop is None:
                slots = self._station.opened.fixture().value.slots
                self._picture.set_slots([slot.number for slot in slots], latched_faults(records))

    def arm(self, actor: Actor, command: Arm) -> Armed:
        """Arm the batch and let its slots work. Raises ENG-121, 125, 128 and 129, and as cli's ``run`` does."""
        try:
            batch = parse_batch_id(command.batch)
        except ValueError as error:
            raise BATCH_NAME.fault(why=str(error)) from error
        if command.quantity < 1:
            raise QUANTITY.fault(quantity=command.quantity)
        armed: Future[Armed] = Future()
        with self._lock:
            if self._closed:
                raise ENDING.fault()
            if self._stop is not None:
                raise RUN_LASTS.fault(batch=self._batch)
            stop = self._stop = Stop()
            self._batch = batch
            before = self._thread
            self._thread = threading.Thread(
                target=self._work, args=(actor, command, stop, armed), name="shift", daemon=True
            )
        if before is not None:
            before.join()
        self._picture.show(run="arming")
        self._thread.start()
        return armed.result()

    def pause(self, actor: Actor) -> None:
        """Begin no further boards. Raises PPL-111, ENG-122."""
        run = self._require_run(actor)
        run.pause()
        self._show_if_running("paused")

    def resume(self, actor: Actor) -> None:
        """Take boards again. Raises PPL-111, ENG-122."""
        run = self._require_run(actor)
        run.resume()
        self._show_if_running("running")

    def stop(self, actor: Actor) -> None:
        """End the run, as Ctrl-C does. Raises PPL-111. Without a run: nothing."""
        self._station.gate.require(actor, Right.RUN)
        self._request_stop()

    def scan(self, actor: Actor, slot: SlotNumber, label: str | None) -> None:
        """A board is in this slot. Raises PPL-111, ENG-122 to 124, SET-104, LINE-115, 187 and 188."""
        run = self._require_run(actor)
        self._require_slot(slot, run.slots)
        recipe = self._recipe
        if recipe is None:
            raise NO_RUN.fault()
        if recipe.scans_labels:
            if label is None or not label.strip():
                raise SCAN_NEEDED.fault(slot=slot)
            run.scan(slot, recipe.device_id.read_label(label))
        else:
            run.scan(slot, None)

    def acknowledge(self, actor: Actor, slot: SlotNumber, reason: str) -> None:
        """Let a latched slot work again. Raises PPL-111, PPL-112 and PPL-116, ENG-123."""
        run = self._run
        if run is not None and slot in run.slots:
            run.acknowledge(slot, actor, reason)
            return
        self._require_slot(slot, self._picture.slots)
        self._station.gate.require(actor, Right.ACKNOWLEDGE, reason)
        with self._station.journal.records() as records:
            latched = slot in records.latched_slots()
        if latched:
            event = SlotAcknowledged(slot=slot, operator=actor.id, reason=reason.strip())
            self._station.journal.commit(event, by=actor.id)

    def end(self) -> None:
        """Stop what runs, arm nothing more, and return when all has come to rest. Safe to repeat."""
        with self._lock:
            self._closed = True
            thread = self._thread
        self._request_stop()
        if thread is not None and thread.is_alive():
            thread.join()

    def _request_stop(self) -> None:
        stop = self._stop
        if stop is not None and not stop.requested:
            self._picture.show(run="stopping")
            stop.request()

    def _show_if_running(self, state: str) -> None:
        stop = self._stop
        if stop is not None and not stop.requested and self._picture.header.run in ("running", "paused"):
            self._picture.show(run=state)

    def _require_run(self, actor: Actor) -> BatchRun:
        self._station.gate.require(actor, Right.RUN)
        run = self._run
        if run is None:
            raise NO_RUN.fault()
        return run

    @staticmethod
    def _require_slot(slot: SlotNumber, slots: tuple[SlotNumber, ...]) -> None:
        if slot not in slots:
            raise NO_SLOT.fault(slot=slot, slots=", ".join(map(str, slots)))

    # The thread of a run

    def _work(self, actor: Actor, command: Arm, stop: Stop, told: "Future[Armed]") -> None:
        try:
            with self._station.beside() as view:
                armed, run = self._prepare(view, actor, command, stop)
                told.set_result(self._describe(view, armed))
                self._run_to_end(view, actor, armed, run)
        except Exception as error:  # noqa: BLE001 -- it goes to whoever armed, and later to everybody
            self._failed(error, told)
        finally:
            self._run, self._recipe = None, None
            self._picture.show(run="idle")
            self._stop = None

    def _prepare(self, view: Station, actor: Actor, command: Arm, stop: Stop) -> tuple[ArmedBatch, BatchRun]:
        def ask(_what: str) -> Secret:
            if command.passphrase is None:
                raise PASSPHRASE_NEEDED.fault()
            return command.passphrase

        opened = view.opened
        view.gate.require(actor, Right.RUN)
        recipe, fixture = opened.recipe(command.product), opened.fixture()
        # Before any passphrase is tried.
        view.releases.require(actor, [opened.settings, recipe, fixture], command.reason)
        authority = view.open_ca(ask, actor=actor)
        cloud = opened.cloud() if recipe.value.cloud is not None else None
        armed = view.arm(self._batch, recipe, fixture, command.quantity, cloud, serials=command.serials, actor=actor)
        rules = LineRules(same_failure_in_a_row=opened.value.stop_after, attended=True, upload_patience=0.0)
        run = view.build_run(
            armed,
            authority,
            fixture,
            recipe,
            cloud,
            stop,
            rules,
            actor,
            uploads=False,
            overhear=self._transcripts.overhear,
        )
        if cloud is not None:
            self._uploads.require(actor, confirmed=armed.confirmed)
            self._uploads.gather()
        slots = fixture.value.slots
        self._picture.set_slots([slot.number for slot in slots], latched_faults(view.records))
        line = OnLine(
            batch=armed.batch,
            steps=len(recipe.value.steps),
            scans=recipe.value.scans_labels,
            sees=frozenset(slot.number for slot in slots if slot.presence == "port"),
            expected_seconds=expected_seconds(opened.value.data, armed.recipe),
        )
        self._picture.begin(
            line,
            run="stopping" if stop.requested else "running",
            batch=armed.batch,
            product=armed.product,
            recipe=recipe.sha256,
            quantity=armed.quantity,
            serials="" if armed.serials is None else str(armed.serials),
            operator=name_of(view, actor.id),
            scans_labels=recipe.value.scans_labels,
            # Not left to the counting, which may be at rest: until then they would be those of the batch before.
            **batch_figures(view.records, armed.batch),
        )
        self._counting.about(Counted(armed.batch, armed.recipe))
        self._recipe, self._run = recipe.value, run
        return armed, run

    def _describe(self, view: Station, armed: ArmedBatch) -> Armed:
        cloud = ""
        settings = view.opened.value.cloud
        if armed.team and settings is not None:
            account = view.records.account(settings.place)
            cloud = f"{account[1]} ({armed.team})" if account is not None else armed.team
        return Armed(batch=armed.batch, warnings=armed.said, cloud=cloud)

    def _run_to_end(self, view: Station, actor: Actor, armed: ArmedBatch, run: BatchRun) -> None:
        for warning in armed.said:
            view.feed.publish(Told("LINE-ARM", warning))
        try:
            run.run(actor)
        finally:
            self._picture.show(run="closing")
            self._run = None
            self._uploads.nudge(flush=True)
            try:
                self._record.batch_ended(armed.batch)
                view.journal.catch_up()
                row = view.records.batch(armed.batch)
            finally:
                self._picture.end(latched_faults(view.records))
            if row is None or not row.closed:
                now = iso(view.opened.clock.now())
                self._picture.tell(Happened(number=0, at=now, about="stopped", batch=armed.batch))

    def _failed(self, error: Exception, told: "Future[Armed]") -> None:
        if not told.done():
            told.set_exception(error)
            return
        fault = error
        if not isinstance(fault, Fault):
            engineer_log().exception("a run ended by a mistake")
            fault = MISTAKE.fault(type(error).__name__)
        self._station.feed.publish(Told(fault.code, f"The run has ended. {fault.sentence}"))


def latched_faults(records: Records) -> dict[SlotNumber, FaultRecord]:
    """Return the slots that are latched, each with what latched it."""
    latched = records.latched_slots()
    found: dict[SlotNumber, FaultRecord] = {}
    if latched:  # seldom
        for entry in records.entries_of_kind(SlotLatched.kind):
            if isinstance(entry.event, SlotLatched) and entry.event.slot in latched:
                found[entry.event.slot] = entry.event.fault
    return found


def name_of(station: Station, person: str) -> str:
    """Return a person's name, for those who look; the ID where there is none."""
    return next((one.name for one in station.people.all if one.id == person and one.name), person)
