"""Who asked for what, and how it ended: every command of a face becomes one answer."""

import threading
import traceback
from collections.abc import Callable, Iterable
from typing import Final, assert_never

from station.app import Station
from station.domain.faults import Fault
from station.engine import people_orders, record_orders
from station.engine.commands import (
    Acknowledge,
    Arm,
    ChangePerson,
    Checkpoint,
    CloseBatch,
    Command,
    CreateCa,
    Decide,
    Export,
    Found,
    ListPeople,
    ListUnreleased,
    Pause,
    Release,
    Request,
    Resume,
    Rework,
    SaveSettings,
    Scan,
    ShowProduct,
    Shutdown,
    SignIn,
    SignOut,
    Stop,
    UploadNow,
    WatchSlot,
    WithdrawRework,
)
from station.engine.face import Face, failed
from station.engine.faults import ENDING, MISTAKE, NOBODY_HERE, RUN_LASTS
from station.engine.pushes import Happened
from station.engine.results import Answer, Done, Failed, Person, Result
from station.engine.shift import Shift
from station.engine.transcripts import Transcripts
from station.engine.uploads import Uploads
from station.journal.codec import iso
from station.line.log import engineer_log
from station.people.rights import Actor
from station.signed_record import SignedRecord

QUICK: Final = (SignIn, SignOut, Found, Pause, Resume, Stop, Scan, Acknowledge, WatchSlot, Shutdown)
"""What is carried out in the order in which a face asks; all else may take its time, beside that."""

_AT_ONCE: Final = 8
"""Commands that may take their time, at the same moment."""
_WRITERS: Final = 2
"""Exports at the same moment."""
_PATIENCE: Final = 30.0
"""Seconds that the engine's end waits for what was begun."""


class Orders:
    """Carries out what faces ask. For all threads."""

    def __init__(
        self,
        station: Station,
        record: SignedRecord,
        shift: Shift,
        uploads: Uploads,
        transcripts: Transcripts,
        *,
        faces: Callable[[], Iterable[Face]],
        begun: Callable[[], None],
        end: Callable[[], None],
    ) -> None:
        """``faces`` returns who is attached.

        ``begun`` is called when the station has its first person, ``end`` when the engine is to end.
        """
        self._station, self._record, self._shift = station, record, shift
        self._uploads, self._transcripts = uploads, transcripts
        self._faces, self._begun, self._end = faces, begun, end
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._writers = threading.BoundedSemaphore(_WRITERS)
        self._counted = threading.Condition()
        self._working = 0
        self._closed = False
        self._founding, self._saving = threading.Lock(), threading.Lock()

    def take(self, face: Face, request: Request) -> None:
        """Carry out the request; the face is told how it ended. Returns at once where that may take its time."""
        actor = face.actor
        if isinstance(request.command, QUICK):
            face.tell(self._answer(face, actor, request))
            return
        places = self._writers if isinstance(request.command, Export) else self._places
        if not self.later(lambda: face.tell(self._answer(face, actor, request)), places):
            face.tell(Answer(number=request.number, result=failed(ENDING.fault())))

    def later(self, work: Callable[[], None], places: threading.BoundedSemaphore | None = None) -> bool:
        """Have ``work`` done beside all else; False where the engine is ending and begins nothing more.

        Only so many at a time as ``places`` has: what writes to somebody's share, which may be dead, has its own.
        """
        with self._counted:
            if self._closed:
                return False
            self._working += 1
        # A daemon: where one hangs in a dead share, the engine can end all the same.
        arguments = (work, places or self._places)
        threading.Thread(target=self._work, args=arguments, name="command", daemon=True).start()
        return True

    @property
    def working(self) -> bool:
        """Whether something is being carried out, for whomever."""
        return self._working > 0

    def _work(self, work: Callable[[], None], places: threading.BoundedSemaphore) -> None:
        try:
            with places:
                work()
        except Exception:  # noqa: BLE001 -- our own mistake costs this piece of work, and nothing else
            engineer_log().exception("work failed")
        finally:
            with self._counted:
                self._working -= 1
                self._counted.notify_all()

    def left(self, face: Face, reason: str) -> None:
        """Sign out whoever was signed in at a face."""
        actor = face.change_person(None)
        if actor is not None:
            self._note_leaving(actor, reason)

    def sweep(self, changed: str = "") -> None:
        """Sign out at every face whoever is not what they were when they signed in: disabled, other roles or PIN.

        The gate lets them do nothing more in any case. ``changed``: somebody who was just changed, in whatever way.
        """
        for face in self._faces():
            actor = face.actor
            if actor is None or (actor.id != changed and self._station.gate.stands(actor)):
                continue
            if face.send_away(actor):
                self._note_leaving(actor, "changed by an engineer")
                face.happened(Happened(number=0, at=iso(self._station.opened.clock.now()), about="signed-out"))

    def _note_leaving(self, actor: Actor, reason: str) -> None:
        try:
            self._station.desk.sign_out(actor, reason)
        except Fault as fault:
            engineer_log().error("a sign-out was not journaled", code=fault.code, detail=fault.detail)

    def end(self) -> None:
        """Carry out nothing more, and return when all that was begun has ended, or :data:`_PATIENCE` is over.

        What hangs then (a share that is dead) ends with the process, as in a power cut: its intent stands in the
        journal. Safe to repeat.
        """
        with self._counted:
            self._closed = True
            if not self._counted.wait_for(lambda: self._working == 0, _PATIENCE):
                engineer_log().error("work hangs and is left to itself", count=self._working)

    def _answer(self, face: Face, actor: Actor | None, request: Request) -> Answer:
        name = request.command.kind
        result: Result | Failed
        try:
            result = self._carry_out(face, actor, request.command)
        except Fault as fault:
            engineer_log().info("command refused", command=name, code=fault.code)
            result = failed(fault)
        except Exception as error:  # noqa: BLE001 -- our own mistake is an answer too, and the engine goes on
            # The exception's own text may quote what was typed; its kind and place are enough for an engineer.
            trace = "".join(traceback.format_tb(error.__traceback__))
            engineer_log().error("command failed", command=name, error=type(error).__name__, trace=trace)
            result = failed(MISTAKE.fault(type(error).__name__))
        return Answer(number=request.number, result=result)

    def _carry_out(self, face: Face, actor: Actor | None, command: Command) -> Result:
        station = self._station
        match command:
            case SignIn():
                return self._enter(face, station.sign_in(command.who, command.pin))
            case Found():
                with self._founding:
                    engineer = people_orders.found(station, command)
                self.later(self._begun)
                return self._enter(face, engineer)
            case SignOut():
                self.left(face, command.reason)
                return Done()
            case WatchSlot():
                self._transcripts.watch(command.slot, lambda kept: face.watch(command.slot, kept))
                return Done()
            case Acknowledge():
                return self._acknowledge(actor, command)
            case Shutdown():
                if actor is None and not command.command_line:
                    raise NOBODY_HERE.fault()
                self._shift.require_rest()
                self.left(face, "ended the engine")
                engineer_log().info("the engine was asked to end", who=actor.id if actor else "a command line")
                self._end()
                return Done()
            case ShowProduct():
                with station.beside() as view:
                    return record_orders.show_product(view, command)
            case ListUnreleased():
                with station.beside() as view:
                    return record_orders.list_unreleased(view)
            case _:
                if actor is None:
                    raise NOBODY_HERE.fault()
                return self._carry_out_for(actor, command)

    def _carry_out_for(
        self,
        actor: Actor,
        command: (
            Arm
            | Pause
            | Resume
            | Stop
            | CloseBatch
            | Scan
            | UploadNow
            | Decide
            | Rework
            | WithdrawRework
            | Export
            | Checkpoint
            | ListPeople
            | ChangePerson
            | Release
            | SaveSettings
            | CreateCa
        ),
    ) -> Result:
        station, shift, record = self._station, self._shift, self._record
        match command:
            case Arm():
                return shift.arm(actor, command)
            case Pause():
                shift.pause(actor)
                return Done()
            case Resume():
                shift.resume(actor)
                return Done()
            case Stop():
                shift.stop(actor)
                return Done()
            case Scan():
                shift.scan(actor, command.slot, command.label)
                return Done()
            case UploadNow():
                self._uploads.now(actor)
                return Done()
            case ListPeople():
                return people_orders.list_people(station, actor)
            case ChangePerson():
                changed = people_orders.change_person(station, actor, command)
                self.sweep(changed.id)
                return changed
            case Checkpoint():
                return record_orders.checkpoint(record, actor, command.reason)
            case CloseBatch():
                if shift.batch == command.batch:
                    raise RUN_LASTS.fault(batch=command.batch)
                with station.beside() as view:
                    return record_orders.close_order(view, actor, record, command.batch, command.reason)
            case Decide():
                with station.beside() as view:
                    done = record_orders.decide(view, actor, command)
                self._uploads.nudge(flush=command.decision == "send-again")
                return done
            case Rework():
                with station.beside() as view:
                    return record_orders.rework(view, actor, command)
            case WithdrawRework():
                with station.beside() as view:
                    done = record_orders.withdraw(view, actor, command)
                self._uploads.nudge()
                return done
            case Export():
                with station.beside() as view:
                    return record_orders.export(view, actor, record, command)
            case Release():
                with station.beside() as view:
                    done = record_orders.release(view, actor, command)
                self.later(lambda: self._uploads.begin(actor))
                return done
            case SaveSettings():
                with self._saving, station.beside() as view:
                    saved = record_orders.save_settings(view, actor, command)
                shift.show_slots()
                return saved
            case CreateCa():
                with station.beside() as view:
                    return record_orders.create_ca(view, actor, command.passphrase)
            case _:
                assert_never(command)

    def _enter(self, face: Face, actor: Actor) -> Person:
        before = face.change_person(actor)
        if before is not None:
            self._station.desk.sign_out(before, "somebody else signed in")
        self.later(lambda: self._uploads.begin(actor))  # the API key may be in a keyring that asks first
        return people_orders.person_of(self._station, actor)

    def _acknowledge(self, actor: Actor | None, command: Acknowledge) -> Done:
        if not command.who.strip() or command.pin is None:
            if actor is None:
                raise NOBODY_HERE.fault()
            self._shift.acknowledge(actor, command.slot, command.reason)
            return Done()
        once = self._station.sign_in(command.who, command.pin)
        try:
            self._shift.acknowledge(once, command.slot, command.reason)
        finally:
            self._station.desk.sign_out(once, "for one acknowledgement")
        return Done()
