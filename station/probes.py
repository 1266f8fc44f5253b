"""Which driver stands behind a slot's programmer, and which port is its modem's: for the line and for the doctor."""

from collections.abc import Collection
from typing import assert_never

from station.devices import vcom
from station.devices.nrfjprog import NrfjprogProgrammer
from station.devices.nrfutil import NrfutilProgrammer
from station.devices.programmers import NoProgrammer
from station.devices.protocols import Programmer
from station.devices.simulated_probe import SimulatedProgrammer
from station.host.clock import Clock
from station.settings import fixture as settings
from station.settings.station import Tools


def programmer_for(
    programmer: settings.SimulatedProgrammer | settings.RealProgrammer | None,
    tools: Tools,
    clock: Clock,
    *,
    without: Collection[str] = (),
) -> Programmer:
    """Return the driver that the fixture file names. Starts, opens and looks for nothing yet.

    ``without``: environment variables that hold secrets, which no program of others inherits.
    """
    match programmer:
        case None:
            return NoProgrammer()
        case settings.SimulatedProgrammer():
            return SimulatedProgrammer(programmer.address, programmer.probe, clock)
        case settings.NrfutilProgrammer():
            return NrfutilProgrammer(programmer.probe, clock, command=(tools.nrfutil,), without=without)
        case settings.NrfjprogProgrammer():
            return NrfjprogProgrammer(
                programmer.probe, clock, speed_khz=programmer.speed_khz, jlink=tools.jlink, without=without
            )
        case _:
            assert_never(programmer)


def port_address(slot: settings.Slot) -> str:
    """Return the address under which the slot's serial port is opened; a probe's own is found by its serial number."""
    if isinstance(slot.port, settings.Vcom):
        if isinstance(slot.programmer, settings.RealProgrammer):
            return vcom.Vcom(slot.programmer.probe, slot.port.index).address
        raise TypeError("the settings let no slot name a port of a probe that it doesn't have")
    return slot.port
