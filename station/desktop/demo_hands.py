"""The demo beside the window: a line that is simulated, and a technician who puts boards in and takes them out.

The technician sees the tiles as anybody does: a face of its own towards the engine, whose threads touch no widget.
"""

import threading
from typing import Final

from PySide6.QtCore import QCoreApplication

from station.app import Station
from station.demo import PIN_COST, Staff, Technician, prepare
from station.demo_bench import Works
from station.domain.faults import Fault
from station.domain.ids import SlotNumber
from station.domain.line import Outcome, SlotState
from station.engine.client import CommandFailedError, EngineLink, attach
from station.engine.commands import Acknowledge, Command, Scan, Shutdown, SignIn, Stop
from station.engine.pushes import Changed, Header, Push, Tile, Welcome
from station.line.log import engineer_log
from station.opened import Opened, open_station
from station.signing_in import read_sign_in

_MORE: Final = 2
"""Boards put in for each that is ordered: some fail, and the order asks for good ones."""

_PATIENCE: Final = 10.0


def begin_line(works: Works) -> tuple[Opened, str]:
    """Have people, a CA and all that a line needs at this bench; return the station, and a hint who may sign in.

    Raises what keeps the station from being begun.
    """
    opened = open_station(works.station_file)
    with Station(opened, "the demo's start", PIN_COST) as line:
        staff = prepare(line, works.folder)
    people = [read_sign_in(who) for who in (staff.operator, staff.engineer)]
    hint = QCoreApplication.translate("Desktop", "Demo. Sign in as {people}.").format(
        people=" / ".join(f"{one.who}, PIN {one.pin.reveal()}" for one in people)
    )
    return opened, hint


class DemoHands:
    """Loads the simulated fixture while a batch runs."""

    def __init__(self, opened: Opened, works: Works, *, load: bool) -> None:
        """``load``: whether boards are put in at all; without it only :meth:`end` does anything."""
        self._opened, self._works, self._load = opened, works, load
        self._staff = Staff(works.folder)
        self._link: EngineLink | None = None
        self._technician: Technician | None = None
        self._batches = 0
        self._tiles: dict[SlotNumber, Tile] = {}
        self._idle = threading.Event()
        self._scans = False

    def watch(self) -> None:
        """See what the engine does, which is started where none is there. Once; waits for it."""
        if self._load:
            self._new_link(start=True)

    def end(self) -> None:
        """Stop what runs and have the engine end: its boards go with this program. Safe to repeat."""
        self._rest()
        try:
            link = self._link or self._new_link(start=False)
            link.ask(Stop()).result(_PATIENCE)
            self._idle.wait(_PATIENCE)
            link.ask(Shutdown()).result(_PATIENCE)
            link.close()
        except (Fault, CommandFailedError, TimeoutError) as error:
            # It has ended already, or what runs needs longer: then it ends by itself, as nobody is attached.
            engineer_log().info("the demo's engine was not ended", why=str(error))

    def _new_link(self, *, start: bool) -> EngineLink:
        link = attach(self._opened, start=start)
        link.listen(self._hear)
        typed = read_sign_in(self._staff.operator)
        link.ask(SignIn(who=typed.who, pin=typed.pin)).result(_PATIENCE)
        self._link = link
        return link

    # ---- on the link's thread: it must not wait

    def _hear(self, push: Push) -> None:
        match push:
            case Welcome():
                self._take(push.tiles, push.header)
            case Changed():
                self._take(push.tiles, push.header)
            case _:
                pass

    def _take(self, tiles: tuple[Tile, ...], header: Header | None) -> None:
        before = dict(self._tiles)
        self._tiles.update({tile.slot: tile for tile in tiles})
        if header is not None:
            self._follow(header)
        technician = self._technician
        if technician is None:
            return
        for tile in tiles:
            last = before.get(tile.slot)
            if tile.state is SlotState.LATCHED and (last is None or last.state is not SlotState.LATCHED):
                technician.look_after(tile.slot)
            elif self._has_ended(tile) and (last is None or not self._has_ended(last) or last.attempt != tile.attempt):
                technician.change(tile.slot)

    @staticmethod
    def _has_ended(tile: Tile) -> bool:
        # After a fault of the station's own the slot latches, and is looked after then.
        return tile.outcome not in (None, Outcome.ERROR) and tile.state is not SlotState.RUNNING

    def _follow(self, header: Header) -> None:
        if header.run == "idle":
            self._idle.set()
            self._rest()
            return
        self._idle.clear()
        if header.run != "running" or self._technician is not None or not self._load:
            return
        self._batches += 1
        prefix = f"D{self._works.run:03d}{self._batches:02d}-"
        boards = max(1, header.quantity - header.done) * _MORE + len(self._tiles)
        self._scans = header.scans_labels
        self._technician = Technician(
            self._works.control, self._opened.clock, prefix, boards, tuple(self._tiles), self._acknowledge, self._put_in
        )
        for slot in self._tiles:
            self._technician.change(slot)  # what a batch before left in the fixture is taken out

    def _rest(self) -> None:
        technician, self._technician = self._technician, None
        if technician is not None:
            technician.end()

    # ---- on the technician's threads

    def _acknowledge(self, slot: SlotNumber) -> None:
        lead = read_sign_in(self._staff.engineer)
        self._ask(Acknowledge(slot=slot, reason="the demo's technician looked at it", who=lead.who, pin=lead.pin))

    def _put_in(self, slot: SlotNumber) -> None:
        technician = self._technician
        if technician is not None and (self._scans or self._works.transport != "pty"):
            self._ask(Scan(slot=slot, label=technician.serial_in(slot) if self._scans else None))

    def _ask(self, command: Command) -> None:
        if self._link is None:
            return
        try:
            self._link.ask(command).result(_PATIENCE)
        except (CommandFailedError, TimeoutError) as error:
            engineer_log().info("the demo's technician was not heard", why=str(error))
