"""A whole simulated bench: slots with ports, boards, probes, the control API, and the truth about all of them."""

import json
import socket
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from station.domain.ids import parse_board_serial, parse_device_uuid, parse_imei
from station.domain.modem import CredentialType
from station.host.clock import Clock, SystemClock
from station.host.files import make_private_folder, replace_file
from station.simulator.board import Board
from station.simulator.control import Control
from station.simulator.faults import (
    BOARD_ELSEWHERE,
    SLOT_TAKEN,
    SLOT_UNKNOWN,
    BoardFaults,
    FaultScript,
    read_board_faults,
)
from station.simulator.image import Framing
from station.simulator.probe import Probes
from station.simulator.profile import PROFILES
from station.simulator.slot import Slot
from station.simulator.store import Item
from station.simulator.timings import Timings
from station.simulator.wire import Port, Rfc2217Port, bind_loopback, open_pty

_SHOWN = frozenset({CredentialType.ROOT_CA, CredentialType.CLIENT_CERT})
_NO_BASE = 0


class Transport(StrEnum):
    """How ports are simulated."""

    PTY = "pty"
    RFC2217 = "rfc2217"


class SimulatedCloud(Protocol):
    """The cloud a bench announces (station.simulator.cloud has it)."""

    @property
    def base_url(self) -> str: ...
    @property
    def api_key(self) -> str: ...
    @property
    def project(self) -> dict[str, str]:
        """The line's organisation and project, and the token that opens it."""

    @property
    def team_id(self) -> str: ...
    def start(self) -> object: ...
    def stop(self) -> object: ...


class Bench:
    """A bench with ``slots`` empty slots, working from :meth:`start` to :meth:`stop`; also a context manager.

    On pseudo-terminals a board in slot 3 is the port ``<folder>/slot3``, which is there as long as the board is. On
    RFC 2217 it is a TCP port that listens as long; ``ports`` in bench.json names them, and with ``first_port`` slot N
    listens on ``first_port + N - 1``. All methods are safe from any thread.
    """

    def __init__(
        self,
        folder: Path,
        slots: int,
        timings: Timings,
        seed: int = 0,
        transport: str = Transport.PTY,
        *,
        clock: Clock | None = None,
        script: FaultScript | None = None,
        cloud: SimulatedCloud | None = None,
        first_port: int = _NO_BASE,
        control_port: int = 0,
        probe_port: int = 0,
    ) -> None:
        self.folder = folder
        self._count = slots
        self._timings = timings
        self._seed = seed
        self._transport = Transport(transport)
        self._clock: Clock = clock or SystemClock()
        self._script = script or FaultScript()
        self._cloud = cloud
        self._ports = dict.fromkeys(range(1, slots + 1), 0)
        if first_port:
            self._ports = {number: first_port + number - 1 for number in self._ports}
        self._reserved: list[socket.socket] = []
        self._wanted = (control_port, probe_port)
        self._lock = threading.RLock()
        self._slots: dict[int, Slot] = {}
        self._boards: dict[str, Board] = {}
        self._made = 0
        self._control: Control | None = None
        self._probes: Probes | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Open the control API and the probes, start the cloud, and write ``bench.json``, private and whole."""
        make_private_folder(self.folder)
        if self._transport is Transport.RFC2217:
            self._take_ports()
        else:
            for number in self._ports:
                # What a killed bench left may point at somebody else's terminal by now.
                (self.folder / f"slot{number}").unlink(missing_ok=True)
        self._control = Control(self, self._wanted[0])
        self._probes = Probes(
            self._slots.get, self.port_address, self._count, self._timings, self._clock, self._wanted[1]
        )
        announced: dict[str, object] = {
            "control": self._control.url,
            "probes": self._probes.address,
            "ports": {str(number): self.port_address(number) for number in self._ports},
        }
        if self._cloud is not None:
            self._cloud.start()
            announced["cloud"] = self._cloud.base_url
            announced["api_key"] = self._cloud.api_key
            announced["team"] = self._cloud.team_id
            announced |= self._cloud.project
        replace_file(self.folder / "bench.json", json.dumps(announced, indent=2).encode() + b"\n")

    def stop(self) -> None:
        """Take every board out and close everything. Safe to repeat."""
        (self.folder / "bench.json").unlink(missing_ok=True)
        for number in list(self._slots):
            self.remove(number)
        self._give_ports_back()
        if self._probes is not None:
            self._probes.close()
            self._probes = None
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._cloud is not None:
            self._cloud.stop()
            self._cloud = None

    @property
    def control_url(self) -> str:
        """Where the control API is; only while started."""
        if self._control is None:
            raise RuntimeError("the bench is not started")
        return self._control.url

    @property
    def probe_address(self) -> str:
        """``host:port`` of the probes; only while started."""
        return self._running_probes.address

    @property
    def _running_probes(self) -> Probes:
        if self._probes is None:
            raise RuntimeError("the bench is not started")
        return self._probes

    def port_address(self, slot: int) -> str:
        """Return what a fixture file names as the slot's port, whether or not a board is in."""
        self._require(slot)
        if self._transport is Transport.PTY:
            return str(self.folder / f"slot{slot}")
        return f"rfc2217://127.0.0.1:{self._ports[slot]}"

    def new_board(self, description: Mapping[str, object] | None = None, *, slot: int = 0) -> Board:
        """Return a new board, in no slot yet; ValueError names what is wrong with ``description``.

        All parts are optional: ``serial``, ``profile`` (a name of ``profile.PROFILES``), ``blank`` (true: no image),
        ``framing`` (of ``image.Framing``), ``imei``, ``uuid``, ``protected`` (true: its debug port is locked),
        ``erase_protected`` (true: not even recovering gets in), and ``faults`` (``faults.BoardFaults`` as JSON). What
        the bench's fault script says for ``slot`` is added.
        """
        wanted = dict(description or {})
        with self._lock:
            self._made += 1
            serial = parse_board_serial(str(wanted.pop("serial", f"SIM{self._made:06d}")))
        profile = PROFILES.get(str(wanted.pop("profile", "nrf9151")))
        if profile is None:
            raise ValueError(f"there is no such profile; there are {', '.join(PROFILES)}")
        framing = Framing(str(wanted.pop("framing", Framing.AT_HOST)))
        blank, protected, erase_protected = (
            bool(wanted.pop(name, False)) for name in ("blank", "protected", "erase_protected")
        )
        imei, uuid = wanted.pop("imei", None), wanted.pop("uuid", None)
        faults = read_board_faults(wanted.pop("faults", {}))
        if wanted:
            raise ValueError(f"a board has no {', '.join(wanted)}")
        return Board(
            serial,
            profile=profile,
            framing=None if blank else framing,
            faults=self._script.for_board(serial, slot).joined(faults),
            seed=self._seed,
            imei=parse_imei(str(imei)) if imei is not None else None,
            uuid=parse_device_uuid(str(uuid)) if uuid is not None else None,
            protected=protected,
            erase_protected=erase_protected,
        )

    def insert(self, slot: int, board: Board | None = None) -> Board:
        """Put ``board`` (or a new one) into ``slot``, powered; its port is there on return. SIM-102, -103 or -104."""
        self._require(slot)
        with self._lock:
            if slot in self._slots:
                raise SLOT_TAKEN.fault(slot=slot, serial=self._slots[slot].board.serial)
            inserted = board or self.new_board(slot=slot)
            for number, other in self._slots.items():
                if other.board.serial == inserted.serial:
                    raise BOARD_ELSEWHERE.fault(serial=inserted.serial, slot=number)
            self._boards[inserted.serial] = inserted
            self._slots[slot] = Slot(slot, inserted, lambda: self._open_port(slot), self._timings, self._clock)
            return inserted

    def insert_described(self, slot: int, description: Mapping[str, object]) -> dict[str, object]:
        """Put in the board ``description`` names: one that was on this bench before (by serial alone), or a new one."""
        known = self._boards.get(str(description.get("serial", "")))
        board = known if known and set(description) == {"serial"} else self.new_board(description, slot=slot)
        self.insert(slot, board)
        return self.describe_board(board.serial, private=False)

    def remove(self, slot: int) -> None:
        """Take the board out of ``slot``; the port is gone on return. Nothing happens where no board is."""
        self._require(slot)
        with self._lock:
            leaving = self._slots.pop(slot, None)
        if leaving is not None:
            leaving.remove()

    def power(self, slot: int, *, on: bool) -> None:
        """Switch the supply of the board in ``slot``; LookupError where none is."""
        self._occupied(slot).power(on=on)

    def reset(self, slot: int) -> None:
        """Reset the board in ``slot``; LookupError where none is."""
        self._occupied(slot).reset()

    def plug_probe(self, slot: int, *, plugged: bool) -> None:
        """Plug the probe of ``slot`` into the PC, or pull it out. The board, its supply and its port stay."""
        self._require(slot)
        self._running_probes.plug(slot, plugged=plugged)

    def say(self, slot: int, text: str) -> None:
        """Let the board in ``slot`` print an unsolicited result or log line; LookupError where none is."""
        self._occupied(slot).say(text)

    def board(self, serial: str) -> Board:
        """Return a board that is or was on this bench; LookupError where none is."""
        board = self._boards.get(serial)
        if board is None:
            raise LookupError(f"there is no board {serial}")
        return board

    def add_faults(self, serial: str, value: object) -> None:
        """Make more go wrong with a board from now on; ``value`` is ``BoardFaults`` or its JSON values."""
        self.board(serial).add_faults(value if isinstance(value, BoardFaults) else read_board_faults(value))

    def clear_faults(self, serial: str) -> None:
        """Let nothing go wrong with a board from now on; what did stays as it is."""
        self.board(serial).clear_faults()

    def sign(self, serial: str, sec_tag: int, data: bytes) -> bytes:
        """Return the ECDSA signature (DER, SHA-256) of a board's client key; LookupError where it has none."""
        key = self.board(serial).key(sec_tag)
        if key is None:
            raise LookupError(f"board {serial} has no client key under {sec_tag}")
        return key.sign_der(data)

    def describe_slots(self) -> list[dict[str, object]]:
        """Return every slot with its port's address, the board in it, its power, and its probe."""
        described = []
        for number in self._ports:
            slot = self._slots.get(number)
            described.append(
                {
                    "slot": number,
                    "port": self.port_address(number),
                    "board": slot.board.serial if slot else None,
                    "powered": bool(slot and slot.powered),
                    "port_open": bool(slot and slot.address),
                    "probe": self._running_probes.describe(number),
                }
            )
        return described

    def describe_boards(self) -> list[dict[str, object]]:
        """Return who every board on this bench is, in the order they came."""
        return [_identity(board) for board in self._boards.values()]

    def describe_board(self, serial: str, *, private: bool = False) -> dict[str, object]:
        """Return what a board truly holds; private keys only where ``private``."""
        board = self.board(serial)
        with board.lock:
            return {
                **_identity(board),
                "image": board.image.sha256 if board.image else None,
                "image_name": board.image.name if board.image else None,
                "halted": board.halted,
                "runs": not board.silent,
                "protection": board.protection or "none",
                "erase_protected": board.erase_protected,
                "modem_sha256": board.modem_sha256,
                "modem_whole": board.modem_whole,
                "traits": sorted(board.plan.traits),
                "identity_public_key": board.identity.spki.hex(),
                "credentials": [_credential(item, private=private) for item in board.stored()],
                "counters": asdict(board.counters),
            }

    def describe_log(self, serial: str) -> list[dict[str, object]]:
        """Return the commands a board got, oldest first, each with the fault that struck at it."""
        return [{"command": entry.text, "fault": entry.fault} for entry in list(self.board(serial).log)]

    def _take_ports(self) -> None:
        # Every slot keeps its number from here on, and nobody else gets it while its slot is empty.
        for number, port in self._ports.items():
            reserved = bind_loopback(port)
            self._reserved.append(reserved)
            self._ports[number] = reserved.getsockname()[1]
        if sys.platform == "win32":  # two sockets can't have one port there
            self._give_ports_back()

    def _give_ports_back(self) -> None:
        while self._reserved:
            self._reserved.pop().close()

    def _open_port(self, slot: int) -> Port:
        if self._transport is Transport.PTY:
            return open_pty(self.folder / f"slot{slot}")
        return Rfc2217Port(self._ports[slot])

    def _require(self, slot: int) -> None:
        if slot not in self._ports:
            raise SLOT_UNKNOWN.fault(slot=slot, slots=self._count)

    def _occupied(self, slot: int) -> Slot:
        self._require(slot)
        occupied = self._slots.get(slot)
        if occupied is None:
            raise LookupError(f"slot {slot} is empty")
        return occupied


def _identity(board: Board) -> dict[str, object]:
    return {
        "serial": board.serial,
        "imei": board.imei,
        "uuid": board.uuid,
        "model": board.profile.model,
        "hardware": board.profile.hardware,
        "modem_firmware": board.firmware.text,
    }


def _credential(item: Item, *, private: bool) -> dict[str, object]:
    told: dict[str, object] = {
        "sec_tag": item.sec_tag,
        "type": item.type,
        "sha256": item.sha256.lower(),
        "content": item.content.decode("latin-1") if item.type in _SHOWN else None,
        "public_key": item.key.spki.hex() if item.key else None,
    }
    if private and item.key is not None:
        told["private_key"] = item.key.private_pem
    return told
