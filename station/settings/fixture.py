"""The fixture file: the jig's slots, and what hangs on each."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final, Literal, NewType, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PlainSerializer, ValidationInfo, model_validator

from station.domain.ids import SlotNumber
from station.settings.explain import Problem
from station.settings.fields import ProblemsError, Section, Where, absolute, place_of

PortAddress = NewType("PortAddress", str)
"""What a serial driver opens: an absolute device path, a name below /dev/serial/by-id or by-path, ``COM7``, or a
``socket://`` or ``rfc2217://`` URL."""

SLOT_MARK: Final = "{slot}"
"""In any text of a slot or of the defaults: the slot's number."""

_COM = re.compile(r"COM[1-9]\d{0,2}", re.IGNORECASE)
_BY_NAME = re.compile(r"(?:usb|pci|platform)-[A-Za-z0-9_.,:@+-]+")


def _port_address(text: str, info: ValidationInfo) -> str:
    if _COM.fullmatch(text):
        return text.upper()
    if "://" in text:
        return _network_address(text, "socket", "rfc2217")
    if _BY_NAME.fullmatch(text):
        return text
    return text if text.startswith("\\\\.\\") else _in_data(text, info)


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


SerialPort = Annotated[
    PortAddress, Field(min_length=1, max_length=500), AfterValidator(_port_address), PlainSerializer(str)
]


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
        '"rfc2217://host:port", or a path in the data folder'
    )
    flow_control: bool = Field(default=False, description="true (RTS and CTS are wired) or false")
    programmer: SimulatedProgrammer | None = Field(
        default=None, description='"none", "simulated", or a table { kind = "simulated", address, probe }'
    )
    presence: Literal["port", "scan"] = Field(
        description='"port" (a board is there when its port is) or "scan" (only a scan says so)'
    )
    power: PowerCommand | None = Field(default=None, description='"none", or a table { on, off, timeout_s }')


class Fixture(Section):
    """One jig with its slots."""

    schema_version: Literal[1] = Field(alias="schema", description="1")
    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="1 to 64 of the characters A-Z a-z 0-9 _ . -")
    slots: tuple[Slot, ...] = Field(min_length=1, max_length=64, description="a list of [[slots]] with at least one")

    @model_validator(mode="after")
    def _nothing_is_shared(self) -> Self:
        shared = [
            *self._twice("number", lambda slot: slot.number),
            *self._twice("port", lambda slot: slot.port),
            *self._twice(
                "programmer", lambda slot: slot.programmer and (slot.programmer.address, slot.programmer.probe)
            ),
        ]
        if shared:
            raise ProblemsError(*shared)
        return self

    def _twice(self, key: str, of: Callable[[Slot], object]) -> Iterator[Problem]:
        counts = Counter(of(slot) for slot in self.slots)
        for index, slot in enumerate(self.slots):
            value = of(slot)
            if value is not None and counts[value] > 1:
                others = [str(other.number) for other in self.slots if other is not slot and of(other) == value]
                what = {"number": "number", "port": "port", "programmer": "probe"}[key]
                yield ("slots", index, key), f"the same {what} as slot {', '.join(others)}; each slot has its own."


def spread_defaults(raw: dict[str, Any]) -> tuple[dict[str, Any], Callable[[Where], Where]]:
    """Return a fixture with its ``[defaults]`` in every slot, and how to find a place in the file it came from.

    A slot's own key replaces the default of that name. Pure.
    """
    defaults, slots = raw.get("defaults", {}), raw.get("slots")
    if not isinstance(defaults, dict) or not isinstance(slots, list) or not slots:
        return raw, lambda where: where
    whole = {key: value for key, value in raw.items() if key != "defaults"}
    whole["slots"] = [_fill({**defaults, **slot}) if isinstance(slot, dict) else slot for slot in slots]

    def origin(where: Where) -> Where:
        match where:
            case ("slots", int(index), str(key), *rest) if key in defaults and key not in slots[index]:
                return ("defaults", key, *rest)
        return where

    return whole, origin


def _fill(slot: dict[str, Any]) -> dict[str, Any]:
    filled = {key: _name_slot(value, str(slot.get("number", "?"))) for key, value in slot.items()}
    # "none" is how a file says that there is nothing.
    filled |= {key: None for key in ("programmer", "power") if filled.get(key) == "none"}
    if filled.get("programmer") == "simulated":
        filled["programmer"] = {"kind": "simulated"}
    if isinstance(filled.get("programmer"), dict) and filled["programmer"].get("kind") == "simulated":
        filled["programmer"] = {"address": "bench/bench.json", "probe": slot.get("number"), **filled["programmer"]}
    return filled


def _name_slot(value: Any, number: str) -> Any:
    if isinstance(value, str):
        return value.replace(SLOT_MARK, number)
    if isinstance(value, list):
        return [_name_slot(item, number) for item in value]
    if isinstance(value, dict):
        return {key: _name_slot(item, number) for key, item in value.items()}
    return value
