"""The demo: a simulated fixture in a process of its own, a technician who loads it, and the real line between them.

Nothing of the line is simulated: it reads the fixture, recipe and station files like any other, and reaches the
bench over the wires that these name. Only boards, probes and the cloud are programs.
"""

import secrets
import threading
from collections.abc import Callable
from pathlib import Path

import requests

from station.app import Station
from station.demo_bench import TRANSPORT, simulated_works
from station.domain.events import AttemptClosed, AttemptOpened
from station.domain.ids import AttemptId, SlotNumber, parse_batch_id
from station.domain.line import Outcome, SlotState
from station.domain.secret import Secret
from station.host.clock import Clock, Stop
from station.host.files import replace_file
from station.journal.codec import Entry
from station.line.batch_run import LineRules
from station.line.feed import Notice, SlotChanged
from station.opened import Opened, open_station
from station.own_key import ensure_own_key
from station.people.rights import Actor, Method, Role
from station.people.roll import Cost
from station.running import Face, run_batch
from station.signing_in import read_sign_in

PRODUCT = "tracker"
"""What the demo builds."""

PIN_COST = Cost(kibibytes=1024, passes=1)
"""What trying a PIN costs in the demo, which shows everybody its PINs: no more than anybody would wait for."""

_HAND_SECONDS = 1.5
"""A hand needs as long to change a board, and the slot must see that the port was away."""

_PATIENCE = 3
"""How often the technician acknowledges one slot before leaving it."""


def run_demo(
    folder: Path,
    face: Face,
    *,
    units: int,
    slots: int,
    fast: bool,
    seed: int,
    transport: str = TRANSPORT,
    read: Callable[[Path], Opened] = open_station,
) -> int:
    """Take ``units`` simulated boards from blank to onboarded and return the exit code of the run.

    Everything lies in ``folder``: settings, CA, journal, logs. Each demo is a batch of its own there. ``read`` opens
    the station file that is written for it.
    """
    with simulated_works(folder, slots=slots, fast=fast, seed=seed, transport=transport) as works:
        opened = read(works.station_file)
        recipe, jig, stop = opened.recipe(PRODUCT), opened.fixture(), Stop()
        with Station(opened, "the demo", PIN_COST) as line:
            staff = prepare(line, works.folder)
            line.enter(staff.sign_in(line, staff.operator))
            cloud = opened.cloud()
            armed = line.arm(parse_batch_id(f"demo-{works.run:03d}"), recipe, jig, units, cloud)
            engine = line.build_run(armed, line.open_ca(), jig, recipe, cloud, stop, LineRules())

            def acknowledge(slot: SlotNumber) -> None:
                lead = staff.sign_in(line, staff.engineer)
                engine.acknowledge(slot, lead, "the demo's technician looked at it")

            def tell(slot: SlotNumber) -> None:
                if transport != "pty":
                    engine.scan(slot, None)

            prefix = f"D{works.run:03d}-"
            hands = Technician(works.control, opened.clock, prefix, units, engine.slots, acknowledge, tell)
            line.feed.listen(hands.look)
            hands.start()
            try:
                return run_batch(line, engine, armed, recipe, face, stop)
            finally:
                hands.end()


def prepare(line: Station, folder: Path) -> "Staff":
    """Have people, a release of the demo's own files, and a CA; return who works there. Safe to repeat."""
    opened = line.opened
    ensure_own_key(opened)
    staff = Staff(folder)
    staff.begin(line)
    line.release("the demo wrote its own files", opened.recipe(PRODUCT), opened.fixture())
    if not opened.value.ca_folder.exists():
        line.create_ca(opened.ca_passphrase())
    return staff


class Staff:
    """Who works in the demo: an engineer, who is line lead and CA keeper too, and an operator.

    Their PINs lie in private files beside the demo's data, made like those that ``--sign-in`` takes.
    """

    def __init__(self, folder: Path) -> None:
        self.engineer, self.operator = folder / "engineer.sign-in", folder / "operator.sign-in"

    def begin(self, line: Station) -> None:
        """Have the engineer sign in; the first time, make everybody."""
        if not line.people.all:
            line.found("engineer", _write_pin(self.engineer), frozenset({Role.LINE_LEAD, Role.CA_KEEPER}), anew=True)
            line.desk.add(line.actor, "operator", _write_pin(self.operator), frozenset({Role.OPERATOR}))
        else:
            line.enter(self.sign_in(line, self.engineer))

    @staticmethod
    def sign_in(line: Station, file: Path) -> Actor:
        """Return who the file says."""
        typed = read_sign_in(file)
        return line.sign_in(typed.who, typed.pin, Method.FILE)


def _write_pin(file: Path) -> Secret:
    pin = f"{secrets.randbelow(10**5):05d}{secrets.choice('13579')}{secrets.choice('02468')}"
    replace_file(file, f"{file.stem}\n{pin}\n".encode())
    return Secret(pin)


class Technician:
    """Puts a blank board into every slot, and the next one when a slot has finished with its board.

    A slot that the station's own fault latched is acknowledged, and its board is put in once more.
    """

    def __init__(
        self,
        control: str,
        clock: Clock,
        prefix: str,
        boards: int,
        slots: tuple[SlotNumber, ...],
        acknowledge: Callable[[SlotNumber], None],
        tell: Callable[[SlotNumber], None],
    ) -> None:
        """``tell`` says to the line that a board is in, where it can't see that by itself."""
        self._control, self._clock, self._prefix = control, clock, prefix
        self._left, self._next = boards, 1
        self._slots = slots
        self._at: dict[AttemptId, SlotNumber] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._session = requests.Session()
        self._session.trust_env = False
        self._acknowledge, self._tell = acknowledge, tell
        self._in: dict[SlotNumber, str] = {}
        self._tried: dict[SlotNumber, int] = {}

    def start(self) -> None:
        """Load every slot once."""
        for slot in self._slots:
            threading.Thread(target=self._load, args=(slot,), daemon=True).start()

    def look(self, notice: Notice) -> None:
        """Watch the tiles: a slot whose attempt has ended gets another board."""
        match notice:
            case Entry(event=AttemptOpened() as opened):
                self._at[AttemptId(notice.seq)] = opened.slot
            case Entry(event=AttemptClosed() as closed) if closed.attempt in self._at:
                slot = self._at.pop(closed.attempt)
                if closed.outcome is Outcome.ERROR:
                    return  # the slot latches, and is looked after then
                self.change(slot)
            case SlotChanged(state=SlotState.LATCHED):
                self.look_after(notice.slot)
            case _:
                pass

    def serial_in(self, slot: SlotNumber) -> str:
        """Return what stands on the board that was put into this slot last."""
        return self._in.get(slot, "")

    def change(self, slot: SlotNumber) -> None:
        """Take the board out of this slot and put the next one in, as long as there is one. Returns at once."""
        threading.Thread(target=self._change, args=(slot,), daemon=True).start()

    def look_after(self, slot: SlotNumber) -> None:
        """Take the board out of a latched slot, acknowledge it, and put the board in once more. Returns at once."""
        threading.Thread(target=self._look_after, args=(slot,), daemon=True).start()

    def end(self) -> None:
        """Touch nothing any more."""
        self._ended.set()

    def _change(self, slot: SlotNumber) -> None:
        self._ask("DELETE", slot, None)
        self._clock.wait(self._ended, _HAND_SECONDS)
        self._load(slot)

    def _look_after(self, slot: SlotNumber) -> None:
        self._ask("DELETE", slot, None)
        self._clock.wait(self._ended, _HAND_SECONDS)
        self._tried[slot] = self._tried.get(slot, 0) + 1
        if self._tried[slot] > _PATIENCE:
            return
        self._acknowledge(slot)
        self._put(slot, {"serial": self._in[slot]})

    def _put(self, slot: SlotNumber, board: dict[str, object]) -> None:
        self._ask("POST", slot, board)
        self._tell(slot)

    def _load(self, slot: SlotNumber) -> None:
        with self._lock:
            if not self._left or self._ended.is_set():
                return
            self._left -= 1
            serial = f"{self._prefix}{self._next:04d}"
            self._next += 1
            self._in[slot] = serial
        self._put(slot, {"serial": serial, "blank": True})

    def _ask(self, method: str, slot: SlotNumber, body: dict[str, object] | None) -> None:
        if self._ended.is_set():
            return
        answer = self._session.request(method, f"{self._control}/slots/{slot}", json=body, timeout=10)
        answer.raise_for_status()
