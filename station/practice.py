"""A bench of simulated boards for a station whose fixture is a simulated one: to learn on, and to try the station."""

import json
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import requests

from station.domain.ids import SlotNumber
from station.host.companion import Companion
from station.host.files import make_private_folder, read_bytes
from station.host.program import own_command
from station.settings.first_fixture import FIRST_PORT, PROBE_PORT
from station.settings.fixture import Fixture, SimulatedProgrammer

_START: Final = 30.0
_ASK: Final = 10.0


def is_simulated(fixture: Fixture) -> bool:
    """Return whether every slot has a board that is a program. Pure."""
    return all(isinstance(slot.programmer, SimulatedProgrammer) for slot in fixture.slots)


class PracticeBench:
    """A bench in a process of its own, from construction to :meth:`end`; boards are put in and taken out by call.

    It lies where a simulated fixture file looks for it: ``bench`` in the data folder, or the fixed ports of this PC.
    """

    def __init__(self, data: Path, slots: int, *, fast: bool = True, seed: int = 1) -> None:
        """Start it. Raises HOST-108 or HOST-109; then nothing runs."""
        folder = data / "bench"
        make_private_folder(folder)
        command = own_command("station.simulator", "--folder", str(folder), "--slots", str(slots))
        command += ["--seed", str(seed), *(["--fast"] if fast else [])]
        if sys.platform == "win32":
            command += ["--transport", "rfc2217", "--first-port", str(FIRST_PORT), "--probe-port", str(PROBE_PORT)]
        self._companion = Companion(command, ready="ready", timeout=_START)
        self._companion.wait_ready()
        self._control: str = json.loads(read_bytes(folder / "bench.json"))["control"]
        self._session = requests.Session()
        self._session.trust_env = False

    def put(self, slot: SlotNumber, serial: str) -> None:
        """Put a blank board into a slot. Raises what requests does where the bench has ended."""
        body = {"serial": serial, "blank": True}
        self._session.post(f"{self._control}/slots/{slot}", json=body, timeout=_ASK).raise_for_status()

    def take(self, slot: SlotNumber) -> None:
        """Take the board out of a slot."""
        self._session.delete(f"{self._control}/slots/{slot}", timeout=_ASK).raise_for_status()

    def end(self) -> None:
        """End it; its boards are gone. Safe to repeat."""
        self._session.close()
        self._companion.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
