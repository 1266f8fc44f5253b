"""A device that a tool talks to: at a port, or in a slot of the fixture. Never one that the line works with."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from station.devices.at_host import AtHost
from station.devices.at_shell import AtShell
from station.devices.channel import Channel
from station.devices.modem import Modem
from station.devices.ports import PortSettings, open_port
from station.domain.ids import SlotNumber
from station.host.clock import Clock
from station.host.lock import FolderLock
from station.line.faults import NO_SUCH_SLOT
from station.opened import Opened
from station.probes import port_address

_PATIENCE = 10.0
"""Seconds for the modem to answer, which may have been started by the opening of its port."""

Port = Annotated[
    str | None, typer.Option(help="A serial port with a modem's AT commands, such as /dev/ttyACM0 or COM7.")
]
SlotOption = Annotated[int | None, typer.Option("--slot", min=1, help="A slot of the fixture, as printed on it.")]
Framing = Annotated[
    Literal["at_host", "at_shell"], typer.Option(help="How the firmware takes AT commands, as in a recipe.")
]
Baud = Annotated[int, typer.Option(min=1200, max=4_000_000, help="The port's speed.")]
FixtureFile = Annotated[
    Path | None, typer.Option("--fixture", help="The slot's fixture file; the station file's when left out.")
]


@dataclass(frozen=True, slots=True)
class Device:
    """Where a device is, and how it is talked to; either ``port`` or ``slot``."""

    port: str | None
    slot: int | None
    framing: Literal["at_host", "at_shell"] = "at_host"
    baud: int = 115200
    fixture: Path | None = None

    def require_one(self) -> None:
        """Raise BadParameter unless just one place is named."""
        if (self.port is None) == (self.slot is None):
            raise typer.BadParameter("name one of them", param_hint="--port, --slot")


@contextmanager
def connect_modem(
    where: Device, opened: Opened | None, clock: Clock, purpose: str, *, owned: bool = False
) -> Iterator[Modem]:
    """Yield a modem that answers, its errors enabled; the port is given back afterwards.

    A slot takes ``opened``. While it is talked to, no line works with the fixture: the data folder is taken (HOST-105
    where an engine has it), unless the caller has it already (``owned``). Raises DEV faults (DEV-102 where any other
    program has the port), AT-102, and LINE-202 for a slot that the fixture lacks.
    """
    with ExitStack() as stack:
        if where.slot is not None and opened is not None and not owned and opened.value.data.is_dir():
            stack.enter_context(FolderLock(opened.value.data, purpose))
        port = open_port(_settings(where, opened), clock)
        channel = Channel(port, AtShell() if where.framing == "at_shell" else AtHost(), clock, patience=_PATIENCE)
        modem = Modem(channel)
        stack.callback(modem.close)
        modem.connect(_PATIENCE)
        modem.enable_errors()
        yield modem


def place_of(where: Device) -> str:
    """Return the place in words."""
    return f"slot {where.slot}" if where.slot is not None else str(where.port)


def _settings(where: Device, opened: Opened | None) -> PortSettings:
    if where.slot is None or opened is None:
        return PortSettings(str(where.port), where.baud)
    fixture = opened.fixture(where.fixture).value
    number = SlotNumber(where.slot)
    slot = next((one for one in fixture.slots if one.number == number), None)
    if slot is None:
        known = ", ".join(str(one.number) for one in fixture.slots)
        raise NO_SUCH_SLOT.fault(fixture=fixture.name, slot=number, known=known)
    return PortSettings(port_address(slot), where.baud, flow_control=slot.flow_control)
