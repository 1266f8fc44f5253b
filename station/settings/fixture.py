"""The fixture file: the jig's slots, and what hangs on each."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Final, Literal, NewType, Self, assert_never
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from station.domain.ids import SlotNumber
from station.settings.explain import Problem, ordinal
from station.settings.fields import ProblemsError, Schema1, Section, absolute, place_of

PortAddress = NewType("PortAddress", str)
"""What a serial driver opens: an absolute device path, a name below /dev/serial/by-id or by-path, ``COM7``, or a
``socket://`` or ``rfc2217://`` URL."""


@dataclass(frozen=True, slots=True)
class Vcom:
    """The serial port of the slot's own probe; ``index`` as the probe's maker counts (nRF91 kits: AT on 0)."""

    index: int

    def __str__(self) -> str:
        return f"vcom{self.index}"


_VCOM = re.compile(r"vcom([0-9])", re.IGNORECASE)
_COM = re.compile(r"COM[1-9]\d{0,2}", re.IGNORECASE)
_BY_NAME = re.compile(r"(?:usb|pci|platform)-[A-Za-z0-9_.,:@+-]+")


def _port(text: object, info: ValidationInfo) -> PortAddress | Vcom:
    if not isinstance(text, str) or not 1 <= len(text) <= 500:
        raise PydanticCustomError("port", "no port")  # told in the words of the field
    if found := _VCOM.fullmatch(text):
        return Vcom(int(found[1]))
    if _COM.fullmatch(text):
        return PortAddress(text.upper())
    if "://" in text:
        return PortAddress(_network_address(text, "socket", "rfc2217"))
    if _BY_NAME.fullmatch(text) or text.startswith("\\\\.\\"):
        return PortAddress(text)
    return PortAddress(_in_data(text, info))


def _in_data(text: str, info: ValidationInfo) -> str:
    data = place_of(info).data
    if data is None:
        raise TypeError("a fixture is read with the station's data folder")
    return str(absolute(text, data))


def _network_address(text: str, *schemes: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in schemes and parts.hostname and parts.port and "@" not in text
    except ValueError:
        usable = False
    if not usable:
        forms = " or ".join(f'"{scheme}://host:port"' for scheme in schemes)
        raise ValueError(f"write an address on the network as {forms}")
    return text


SerialPort = Annotated[PortAddress | Vcom, PlainValidator(_port), PlainSerializer(str)]

_PROBE: Final = 'the serial number of the slot\'s J-Link, as text between quotes: probe = "000960012345"'

ProbeSerial = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
"""A probe's serial number as its label or tool has it: digits, or a text such as a Thingy's."""


def _bench_address(text: str, info: ValidationInfo) -> str:
    return _network_address(text, "socket") if "://" in text else _in_data(text, info)


class SimulatedProgrammer(Section):
    """A probe of a simulated bench.

    ``address`` is the ``socket://host:port`` of the bench's probes, or the absolute path of its ``bench.json``, where
    it says that. A file may leave out ``address`` (``bench/bench.json``) and ``probe`` (the slot's own number).
    """

    kind: Literal["simulated"] = Field(description='"simulated"')
    address: Annotated[str, AfterValidator(_bench_address)] = Field(
        min_length=1,
        max_length=500,
        description='the bench\'s probes: "socket://host:port", or the path of its bench.json in the data folder',
    )
    probe: int = Field(ge=1, le=64, description="the number of the bench's slot, 1 to 64")


class NrfutilProgrammer(Section):
    """A J-Link driven by the vendor's ``nrfutil device``."""

    kind: Literal["nrfutil"] = Field(description='"nrfutil"')
    probe: ProbeSerial = Field(description=_PROBE)


class NrfjprogProgrammer(Section):
    """A J-Link driven by pynrfjprog."""

    kind: Literal["nrfjprog"] = Field(description='"nrfjprog"')
    probe: ProbeSerial = Field(description=_PROBE)
    speed_khz: int = Field(default=2000, ge=125, le=50000, description="a whole number of kHz from 125 to 50000")


RealProgrammer = NrfutilProgrammer | NrfjprogProgrammer
AnyProgrammer = Annotated[SimulatedProgrammer | RealProgrammer, Field(discriminator="kind")]


class PowerCommand(Section):
    """A slot's power, switched by programs of the factory's own; each ends with status 0 when it is done."""

    on: tuple[str, ...] = Field(
        min_length=1, description='a list of texts: program and arguments, such as ["relay", "on"]'
    )
    off: tuple[str, ...] = Field(
        min_length=1, description='a list of texts: program and arguments, such as ["relay", "off"]'
    )
    timeout_s: float = Field(gt=0, le=300, description="seconds, more than 0 and at most 300")
    off_s: float = Field(default=1.0, ge=0, le=60, description="seconds to stay off, 0 to 60")


class Slot(Section):
    """One place for a board."""

    number: SlotNumber = Field(ge=1, le=64, description="the number printed on the fixture, 1 to 64")
    port: SerialPort = Field(
        description='a serial port: a device path, a by-id name ("usb-..."), "COM7", "socket://host:port", '
        '"rfc2217://host:port", "vcom0" (the first port of the slot\'s own probe), or a path in the data folder'
    )
    flow_control: bool = Field(default=False, description="true (RTS and CTS are wired) or false")
    probe: ProbeSerial | None = Field(default=None, exclude=True, description=_PROBE)
    programmer: AnyProgrammer | None = Field(
        default=None,
        description='"none", "simulated", "nrfutil", "nrfjprog", or a table { kind = "...", ... } of one of these',
    )
    presence: Literal["port", "scan"] = Field(
        description='"port" (a board is there when its port is) or "scan" (only a scan says so)'
    )
    power: PowerCommand | None = Field(default=None, description='"none", or a table { on, off, timeout_s }')

    @model_validator(mode="after")
    def _has_the_probe_it_names(self) -> Self:
        if isinstance(self.programmer, RealProgrammer):
            return self
        wrong: list[Problem] = []
        real = 'programmer = "nrfutil" or programmer = "nrfjprog"'
        if isinstance(self.port, Vcom):
            wrong.append((("port",), f'"{self.port}" is a port of the slot\'s probe, and it has none: {real}.'))
        if self.probe is not None:
            wrong.append((("probe",), f"only a real probe has a serial number: {real}; or leave this out."))
        if wrong:
            raise ProblemsError(*wrong)
        return self


class Fixture(Section):
    """One jig with its slots."""

    schema_version: Schema1 = Field(alias="schema", description="1")
    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="1 to 64 of the characters A-Z a-z 0-9 _ . -")
    slots: tuple[Slot, ...] = Field(min_length=1, max_length=64, description="a list of [[slots]] with at least one")

    @model_validator(mode="after")
    def _nothing_is_shared(self) -> Self:
        # Two slots that have one VCOM have one probe, and that is what is told.
        named = {_port_of(slot) for slot in self.slots if not isinstance(slot.port, Vcom)}
        shared = [
            *self._twice("number", "number", lambda slot: slot.number),
            *self._twice("port", "port", lambda slot: port if (port := _port_of(slot)) in named else None),
            *self._twice("programmer", "probe", lambda slot: slot.programmer and _probe_of(slot.programmer)),
        ]
        if shared:
            raise ProblemsError(*shared)
        return self

    def _twice(self, key: str, what: str, of: Callable[[Slot], object]) -> Iterator[Problem]:
        values = [of(slot) for slot in self.slots]
        for index, value in enumerate(values):
            if value is not None and values.count(value) > 1:
                others = [n for n in range(len(values)) if n != index and values[n] == value]
                if what == "number":
                    named = " and ".join(f"the {ordinal(n + 1)} [[slots]]" for n in others)
                else:
                    named = f"slot {', '.join(str(self.slots[n].number) for n in others)}"
                yield ("slots", index, key), f"the same {what} as {named}; each slot has its own."


_BY_ID: Final = "/dev/serial/by-id/"
_PORT_OF_PROBE: Final = re.compile(r"usb-SEGGER_J-Link_([0-9]+)-if([0-9a-f]{2})")
"""udev's name for a serial port of a J-Link: its serial number and the USB interface."""


def _port_of(slot: Slot) -> object:
    """Return what two slots have in common when they have one serial port, as far as its names tell. Pure.

    A J-Link's VCOM ``n`` is at interface ``2n`` (flashing reference section 3.6). Of other names (``/dev/ttyACM0``,
    ``COM7``, a Thingy's) only the PC knows whose they are; there the second slot finds its port in use.
    """
    if isinstance(slot.port, Vcom):
        if not isinstance(slot.programmer, RealProgrammer):
            return None  # refused by the slot itself
        return _serial(slot.programmer.probe), slot.port.index
    name = slot.port.removeprefix(_BY_ID)
    if (found := _PORT_OF_PROBE.fullmatch(name)) and (interface := int(found[2], 16)) % 2 == 0:
        return _serial(found[1]), interface // 2
    return name


def _serial(text: str) -> str:
    # Tools pad a number with zeros or don't; a Thingy's is a text (flashing reference section 3.6).
    return text.lstrip("0") if text.isdecimal() else text.upper()


def _probe_of(programmer: SimulatedProgrammer | RealProgrammer) -> object:
    """Return what two programmers have in common when they are one probe, whatever drives it. Pure."""
    match programmer:
        case SimulatedProgrammer():
            return programmer.address, programmer.probe
        case NrfutilProgrammer() | NrfjprogProgrammer():
            return _serial(programmer.probe)
        case _:
            assert_never(programmer)
