"""The engine's open door: lets faces in, tells them all, and sees when nobody needs it any more."""

import os
import secrets
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial
from typing import Final

from station.app import Station
from station.domain.faults import Fault
from station.domain.ids import DeviceId, SlotNumber, UnitId
from station.engine.commands import PROTOCOL
from station.engine.counting import Counting
from station.engine.face import Face, failed
from station.engine.faults import ENDING, FOLDER_GONE, FULL_HOUSE, INTERRUPTED, SOCKET_FAILED
from station.engine.orders import Orders
from station.engine.picture import Picture
from station.engine.pushes import Happened, Header, Tile, Welcome
from station.engine.results import Answer
from station.engine.shift import Shift, latched_faults
from station.engine.transcripts import AtLine, Transcripts
from station.engine.uploads import Uploads
from station.engine.whereabouts import Whereabouts, read_whereabouts, remove_whereabouts, write_whereabouts
from station.engine.wire import GREETING, encode_answer
from station.host.local_socket import KEY_BYTES, LocalConnection, LocalListener, admit, clear_away
from station.journal.codec import iso
from station.line.feed import Told
from station.line.log import engineer_log
from station.signed_record import SignedRecord
from station.software import software_version

LINGER: Final = 30.0
"""Seconds that an engine stays which no face and no work needs."""

_BEAT: Final = 1.0
_HANDSHAKE: Final = 5.0
_MOST_FACES: Final = 32


class Server:
    """Everything that an engine does for its faces, on one open station."""

    def __init__(self, station: Station, *, linger: float = LINGER) -> None:
        self._station, self._linger = station, linger
        self._clock = station.opened.clock
        self._idle = station.opened.value.people.idle_minutes * 60.0
        self.over = threading.Event()
        """Set when the engine is to end: it was asked to, or nobody needs it any more."""
        self._closing, self._ending = False, threading.Event()
        self._folder_gone = False
        self._stack = ExitStack()
        self._record_begun = threading.Lock()
        self._record_kept = False
        self._record = SignedRecord(station)
        header = Header(station=station.opened.value.station_id, line=station.opened.value.line)
        self._told: list[Told] = []
        self._units = self._stack.enter_context(station.journal.records())
        latched = latched_faults(station.records)
        self._picture = Picture(self._clock, header, self._slots(), latched, self._unit_of, self._welcome)
        self._picture.show(people=bool(station.people.all))
        self._counting = Counting(station, self._picture)
        self._uploads = Uploads(station)
        self._transcripts = Transcripts(self._clock, self._overheard)
        self._shift = Shift(station, self._record, self._picture, self._counting, self._uploads, self._transcripts)
        self._orders = Orders(
            station,
            self._record,
            self._shift,
            self._uploads,
            self._transcripts,
            faces=lambda: self._picture.faces,
            begun=self._begin_record,
            end=self.over.set,
        )
        self._listener: LocalListener | None = None
        self._key = secrets.token_bytes(KEY_BYTES)
        self._threads: list[threading.Thread] = []
        self._serving: list[threading.Thread] = []
        self._doors = threading.Lock()
        self._listeners = (self._picture.take, self._counting.take, self._uploads.take)

    def open(self) -> None:
        """Let faces in from now on. Raises ENG-109, HOST-102."""
        data = self._station.opened.value.data
        for listener in self._listeners:
            self._station.feed.listen(listener)
        self._counting.start()
        if self._station.people.all:
            self._orders.later(self._begin_record)
        if count := len(self._station.interrupted):
            interrupted = INTERRUPTED.fault(count=count)
            self._told.append(Told(interrupted.code, interrupted.sentence))
        for told in self._told:
            self._station.feed.publish(told)
        before = read_whereabouts(data)
        if before is not None:
            clear_away(before.address)  # its engine is dead: this one owns the folder
        try:
            self._listener = LocalListener(data)
        except OSError as error:
            raise SOCKET_FAILED.fault(str(error), folder=data) from error
        for name, work in (("door", partial(self._accept, self._listener)), ("beat", self._beat)):
            thread = threading.Thread(target=work, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)
        started = iso(self._clock.now())
        write_whereabouts(data, Whereabouts(self._listener.address, self._key, os.getpid(), started))

    def close(self) -> None:
        """Bring a run to its end, let nobody in, finish what was begun, and send everybody away. Once."""
        self.over.set()
        self._closing = True
        self._ending.set()
        self._shift.end()
        # First of all, so that nobody looks here for an engine any more.
        data, moved = self._station.opened.value.data, self._station.lock.is_taken_away()
        if not moved:  # else what is there now is another engine's
            remove_whereabouts(data)
        if self._listener is not None:
            self._listener.stop()
        self._orders.end()
        self._uploads.end()
        for face in self._picture.faces:
            face.leave(FOLDER_GONE.fault(folder=data) if self._folder_gone else ENDING.fault())
        for thread in self._threads:
            thread.join()
        with self._doors:
            serving = list(self._serving)
        for thread in serving:
            thread.join()
        if self._listener is not None:
            self._listener.close(moved=moved)
        self._counting.end()
        for listener in self._listeners:
            self._station.feed.leave(listener)
        self._stack.close()

    # Faces come and go

    def _accept(self, listener: LocalListener) -> None:
        while (connection := listener.accept()) is not None:
            with self._doors:
                self._serving = [one for one in self._serving if one.is_alive()]
                if len(self._serving) >= _MOST_FACES * 2:
                    connection.close()  # too many to be told so
                    continue
                thread = threading.Thread(target=self._serve, args=(connection,), name="face", daemon=True)
                self._serving.append(thread)
                thread.start()

    def _serve(self, connection: LocalConnection) -> None:
        try:
            connection.limit_silence(_HANDSHAKE)
            admit(connection, self._key, GREETING)
            connection.limit_silence(None)
        except (OSError, EOFError) as error:
            engineer_log().info("a connection was refused", why=type(error).__name__)
            connection.close()
            return
        with self._doors:
            ending = self._closing or self.over.is_set()
        if ending:
            # Instead of a welcome: whoever came too late finds, or starts, another one at once.
            with suppress(OSError):  # they left again: nobody is there to be told
                connection.send(encode_answer(Answer(number=0, result=failed(ENDING.fault()))))
            connection.close()
            return
        face = Face(connection, self._clock, self._orders.take, self._left)
        self._picture.join(face)
        if self._closing:
            face.leave(ENDING.fault())
        elif len(self._picture.faces) > _MOST_FACES:
            face.leave(FULL_HOUSE.fault(count=_MOST_FACES))
        face.serve()

    def _welcome(self, header: Header, tiles: tuple[Tile, ...]) -> Welcome:
        opened = self._station.opened
        return Welcome(
            protocol=PROTOCOL,
            version=software_version(),
            process=os.getpid(),
            station_file=str(opened.settings.path),
            data=str(opened.value.data),
            header=header,
            tiles=tiles,
        )

    def _left(self, face: Face, why: str) -> None:
        self._picture.leave(face)
        self._orders.left(face, why)

    def _overheard(self, slot: SlotNumber, lines: Sequence[AtLine]) -> None:
        for face in self._picture.faces:
            if face.watched == slot:
                face.overhear(slot, lines)

    # Once a second

    def _beat(self) -> None:
        alone_since = self._clock.monotonic()
        while not (self._closing and not self._picture.faces):
            at, now = iso(self._clock.now()), self._clock.monotonic()
            self._orders.sweep()
            self._require_folder()
            faces = self._picture.faces
            for face in faces:
                face.beat(at, self._idle_left(face, now, at))
            if faces or self._shift.lasts:
                alone_since = now
            elif now - alone_since >= self._linger and not self.over.is_set() and not self._is_busy():
                with self._doors:
                    # Whoever is at the door already has come in time.
                    if not any(one.is_alive() for one in self._serving):
                        self.over.set()
            # While it ends, the last ones are looked after until they are gone.
            self._clock.wait(threading.Event() if self._closing else self._ending, 0.05 if self._closing else _BEAT)

    def _require_folder(self) -> None:
        """End where the folder is no longer this engine's: what it wrote would be found by nobody, and another engine
        may be at the same boards by now."""
        if not self._folder_gone and not self._closing and self._station.lock.is_taken_away():
            self._folder_gone = True
            gone = FOLDER_GONE.fault(folder=self._station.opened.value.data)
            engineer_log().error("the data folder is gone", code=gone.code)
            self._station.feed.publish(Told(gone.code, gone.sentence))
            self.over.set()

    def _idle_left(self, face: Face, now: float, at: str) -> float | None:
        if face.actor is None:
            return None
        left = self._idle - (now - face.touched)
        if left > 0:
            return left
        self._orders.left(face, "away too long")
        face.happened(Happened(number=0, at=at, about="signed-out"))
        return None

    def _is_busy(self) -> bool:
        if self._orders.working:
            return True
        try:
            return self._uploads.is_busy()
        except Fault as fault:
            engineer_log().error("nobody knows what waits for the cloud", code=fault.code)
            return False

    def _slots(self) -> list[SlotNumber]:
        try:
            return [slot.number for slot in self._station.opened.fixture().value.slots]
        except Fault as fault:
            # The engine is there all the same: somebody must be able to mend the fixture.
            self._told.append(Told(fault.code, fault.sentence))
            return []

    def _unit_of(self, device_id: DeviceId) -> UnitId | None:
        try:
            row = self._units.unit_by_device_id(device_id)
        except Fault as fault:
            engineer_log().error("a unit was not found", code=fault.code)
            return None
        return row.id if row is not None else None

    def _begin_record(self) -> None:
        """Make the checkpoints that are due, from the station's first person on."""
        with self._record_begun:
            if self._record_kept or self._closing:
                return
            self._record_kept = True
            self._record.catch_up()
            self._stack.enter_context(self._record.daily())
