"""Small scripted peers on real wires: a modem behind at_host or at_shell, byte for byte, with answers by table."""

import contextlib
import os
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import pytest

from station.devices.at_host import AtHost
from station.devices.channel import Channel
from station.devices.framing import Framing
from station.devices.modem import Modem, Timeouts
from station.devices.ports import OpenPort, PortSettings, open_port
from station.devices.protocols import Conversation
from station.devices.talk import Direction, Transcript
from station.host.clock import SystemClock
from station.simulator.bench import Bench as SimulatedBench
from station.simulator.board import Board
from station.simulator.timings import Timings

if os.name == "posix":
    import pty
    import tty

CLOCK = SystemClock()
TAG = 16842753
Driver = TypeVar("Driver", bound=Conversation)
BANNER = b"*** Booting nRF Connect SDK v2.9.0-7787b2649840 ***\r\n*** Using Zephyr OS v3.7.99 ***\r\n"


class Wire(Protocol):
    """The far end of a port."""

    address: str

    def read(self) -> bytes: ...
    def has_input(self, seconds: float) -> bool: ...
    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...


class PtyWire:
    """A pseudo-terminal; `close` is what unplugging looks like to the other side."""

    def __init__(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.address = os.ttyname(self._slave)
        self._woken, self._wake = os.pipe()
        self._guard = threading.Lock()
        self._open = True

    def read(self) -> bytes:
        ready, _, _ = select.select([self._master, self._woken], [], [])
        return b"" if self._woken in ready else os.read(self._master, 65536)

    def has_input(self, seconds: float) -> bool:
        return bool(select.select([self._master], [], [], seconds)[0])

    def write(self, data: bytes) -> None:
        while data:
            woken, _, _ = select.select([self._woken], [self._master], [])
            if woken:
                raise OSError("the wire is closed")
            data = data[os.write(self._master, data[:4096]) :]

    def close(self) -> None:
        with self._guard:
            if self._open:
                self._open = False
                os.write(self._wake, b"x")
                os.close(self._slave)
                os.close(self._master)

    def release(self) -> None:
        self.close()
        os.close(self._woken)
        os.close(self._wake)


class TcpWire:
    """A socket:// port: the only kind that every system has."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"socket://127.0.0.1:{self._listener.getsockname()[1]}"
        self._peer: socket.socket | None = None

    def read(self) -> bytes:
        try:
            if self._peer is None:
                self._peer, _ = self._listener.accept()
                # Answers leave in the pieces they are written in.
                self._peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return self._peer.recv(65536)
        except OSError:
            return b""

    def has_input(self, seconds: float) -> bool:
        return bool(select.select([self._peer], [], [], seconds)[0])

    def write(self, data: bytes) -> None:
        assert self._peer is not None
        self._peer.sendall(data)

    def close(self) -> None:
        for end in (self._peer, self._listener):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    release = close


Answer = bytes | Callable[["Peer"], None]


class Peer:
    """A modem at the far end. `table` maps commands to answers; `once` comes first, each entry for one command."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.commands: list[str] = []
        self.table: dict[str, Answer] = {
            "AT+CGMI": b"Nordic Semiconductor ASA\r\nOK\r\n",
            "AT+CGMM": b"nRF9151-LACA\r\nOK\r\n",
            "AT+CGMR": b"mfw_nrf91x1_2.0.2\r\nOK\r\n",
            "AT%HWVERSION": b"%HWVERSION: nRF9151 LACA A0A\r\nOK\r\n",
            "AT%XVBAT": b"%XVBAT: 4464\r\nOK\r\n",
            "AT+CGSN=1": b'+CGSN: "359404230000010"\r\nOK\r\n',
            "AT%DEVICEUUID": b"%DEVICEUUID: 50343956-3037-4738-800d-1f29e0a0f7bf\r\nOK\r\n",
            "AT+CMEE=1": b"OK\r\n",
            "AT+CFUN=4": b"OK\r\n",
            "AT+CFUN=0": b"OK\r\n",
        }
        self.once: list[tuple[str, Answer]] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def say(self, data: bytes) -> None:
        self.wire.write(data)

    def vanish(self) -> None:
        self.wire.close()

    def stop(self) -> None:
        self.wire.close()
        self._thread.join(10)

    def take(self, data: bytes) -> None:
        """Take bytes from the station; runs whole commands."""
        raise NotImplementedError

    def answer(self, command: str) -> None:
        self.commands.append(command)
        first = next((entry for entry in self.once if command.startswith(entry[0])), None)
        if first:
            self.once.remove(first)
        answer = first[1] if first else self.table.get(command, b"ERROR\r\n")
        if isinstance(answer, bytes):
            self.deliver(answer)
        else:
            answer(self)

    def deliver(self, answer: bytes) -> None:
        self.say(answer)

    def _run(self) -> None:
        try:
            while data := self.wire.read():
                self.take(data)
        except OSError:
            return  # the station hung up


class AtHostInput:
    """at_host's input line as sdk-nrf has it: CR outside quotes ends it, backspaces don't undo quotes, 4095 bytes."""

    SIZE = 4095

    def __init__(self) -> None:
        self.line = bytearray()
        self.quoted = False

    def take(self, data: bytes) -> Iterator[str]:
        for byte in data:
            if byte in (0x08, 0x7F):
                del self.line[-1:]
            elif byte == 0x0D and not self.quoted:
                command, self.line = bytes(self.line), bytearray()
                if any(character > 0x20 for character in command):
                    yield command.decode("latin-1")
            elif len(self.line) < self.SIZE:
                self.line.append(byte)
                self.quoted ^= byte == 0x22


class AtHostPeer(Peer):
    """Behind at_host."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire)
        self.input = AtHostInput()

    def take(self, data: bytes) -> None:
        for command in self.input.take(data):
            self.answer(command)


class AtShellPeer(Peer):
    """Behind a Zephyr shell: echoes, asks with a prompt, takes `at '...'`, makes CR LF of a literal backslash n."""

    PROMPT = b"\x1b[1;32muart:~$ \x1b[m"

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire)
        self.line = bytearray()
        self.too_early = 0

    def take(self, data: bytes) -> None:
        for byte in data:
            if byte == 0x03:
                self.line.clear()
                self.say(b"\r\n" + self.PROMPT)
            elif byte == 0x0D:
                line, self.line = self.line.decode("latin-1"), bytearray()
                self._enter(line)
            elif byte >= 0x20:
                self.line.append(byte)

    def deliver(self, answer: bytes) -> None:
        # The shell puts a CR before each LF; the answer has CR LF already, and one LF more follows.
        self.say((answer + b"\n").replace(b"\n", b"\r\n"))
        # A busy shell: what comes before its prompt would have to fit its small buffer.
        self.too_early += self.wire.has_input(0.05)
        self.say(self.PROMPT)

    def _enter(self, line: str) -> None:
        self.say(line.encode("latin-1") + b"\r\n")
        if line.count("'") % 2:
            self.deliver(b"not terminated: '\r\n")
        elif line.startswith("at '") and line.endswith("'"):
            self.answer(line[4:-1].replace("\\n", "\r\n"))
        else:
            self.deliver(line.split(" ", maxsplit=1)[0].encode() + b": command not found\r\n" if line else b"")


Shown = list[tuple[Direction, str]]


class Bench:
    """What a test needs: the peer, the open port, and channels and modems on it."""

    def __init__(self, peer: Peer, port: OpenPort, framing: Framing) -> None:
        self.peer = peer
        self.port = port
        self.shown: Shown = []
        self.channel = Channel(
            port, framing, CLOCK, transcript=lambda direction, text: self.shown.append((direction, text)), patience=5.0
        )

    def modem(self, timeout: float = 5.0) -> Modem:
        """A modem that answers in step already."""
        all_alike = Timeouts(
            look=timeout,
            listing=timeout,
            offline=timeout,
            power_off=timeout,
            write=timeout,
            keygen=timeout,
            sign=timeout,
        )
        modem = Modem(self.channel, all_alike)
        modem.connect(5.0)
        return modem

    @property
    def transcript(self) -> str:
        return "\n".join(f"{direction} {text}" for direction, text in self.shown)


MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench() -> Iterator[MakeBench]:
    """Returns a maker of benches: a scripted peer on a wire of its own, and the station's end of it, open."""
    made: list[tuple[Peer, Wire, OpenPort]] = []

    def make(
        peer_type: type[Peer] = AtHostPeer, framing: Framing | None = None, *, tcp: bool = os.name != "posix"
    ) -> Bench:
        wire: Wire = TcpWire() if tcp else PtyWire()
        peer = peer_type(wire)
        peer.start()
        port = open_port(PortSettings(wire.address), CLOCK)
        made.append((peer, wire, port))
        return Bench(peer, port, framing or AtHost())

    yield make
    for peer, wire, port in made:
        peer.stop()
        wire.release()  # type: ignore[attr-defined]  # both have it
        port.close()


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    """A modem behind at_host."""
    return make_bench()


@pytest.fixture(scope="session")
def at_host_input() -> type[AtHostInput]:
    """The model of at_host's input line."""
    return AtHostInput


@pytest.fixture
def at_shell_peer() -> type[AtShellPeer]:
    return AtShellPeer


@pytest.fixture
def banner() -> bytes:
    """What a board prints when it starts."""
    return BANNER


@dataclass
class Desk(Generic[Driver]):
    """A simulated board in a slot, the driver that talks to it, and all that was said."""

    board: Board
    driver: Driver
    said: Shown

    @property
    def transcript(self) -> str:
        return "\n".join(text for _, text in self.said)

    def commands(self, verb: str) -> list[str]:
        return [entry.text for entry in self.board.log if entry.text.startswith(verb)]

    def stored(self, kind: int) -> bytes | None:
        """What lies under the usual security tag, as the board truly has it."""
        return next((item.content for item in self.board.stored() if (item.sec_tag, item.type) == (TAG, kind)), None)


@pytest.fixture
def make_board(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Returns a maker of simulated boards with a driver in step with each; commands go wrong by script."""
    with ExitStack() as left, SimulatedBench(tmp_path / "bench", 1, Timings.none()) as bench:

        def make(
            drive: Callable[[OpenPort, Transcript], Driver],
            *commands: object,
            traits: tuple[str, ...] = (),
            seconds: float = 5.0,
            **described: object,
        ) -> Desk[Driver]:
            faults = {"commands": list(commands), "traits": list(traits)}
            board = bench.insert(1, bench.new_board({**described, "faults": faults}))
            address = bench.port_address(1)
            assert address is not None
            port = left.enter_context(open_port(PortSettings(address), CLOCK))
            said: Shown = []
            desk = Desk(board, drive(port, lambda way, text: said.append((way, text))), said)
            desk.driver.connect(seconds)
            return desk

        yield make
