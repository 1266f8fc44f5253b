"""What was answered so far in a first run, and what of it has been done."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from station.desktop.wizard_engine import Conversation
from station.devices.arrivals import Arrival
from station.domain.secret import Secret
from station.host.secrets import FileSecret, KeyringSecret, SecretSource
from station.opened import Opened


class Place(StrEnum):
    """Where a secret is to be kept."""

    TYPED = "typed"
    """Nowhere: a person types it."""
    KEYRING = "keyring"
    FILE = "file"


class Jig(StrEnum):
    """What hangs on the slots."""

    SIMULATED = "simulated"
    FOUND = "found"
    """What is plugged in now, slot by slot."""
    FILE = "file"
    """A fixture file that is there already."""


@dataclass(slots=True)
class Answers:
    """Everything a first run asks for. Secrets live here while the wizard does, and nowhere else."""

    path: Path
    """The station file."""
    opened: Opened | None = None
    """The station, once its file is there."""
    engine: Conversation | None = None
    """From when the settings were written."""
    has_people: bool = False
    """Whether the first engineer was made."""
    line: str = ""
    station_id: str = ""
    data: Path = field(default_factory=Path)
    recipes: Path = field(default_factory=Path)
    jig: Jig = Jig.SIMULATED
    slots: int = 8
    found: tuple[Arrival, ...] = ()
    fixture: Path | None = None
    """Of :attr:`Jig.FILE`; else where the new one was written."""
    has_cloud: bool = False
    team: str = ""
    api_key: Secret = field(default_factory=lambda: Secret(""))
    api_key_place: Place = Place.FILE
    name: str = ""
    pin: Secret = field(default_factory=lambda: Secret(""))
    ca_name: str = ""
    ca_folder: Path | None = None
    """A CA that is there already; None: one is made in the data folder."""
    makes_ca: bool = False
    passphrase: Secret = field(default_factory=lambda: Secret(""))
    passphrase_place: Place = Place.TYPED
    copies: list[str] = field(default_factory=list)
    sheet: str = ""
    tried: str = ""
    """The device ID of the unit that was built to try the station; "" where none was."""

    @property
    def is_new(self) -> bool:
        """Whether the station file is still to be written."""
        return self.opened is None

    def source(self, place: Place, what: str) -> SecretSource | None:
        """Return where a secret is kept, as the station file will say it; None where a person types it."""
        match place:
            case Place.TYPED:
                return None
            case Place.KEYRING:
                return KeyringSecret("nrf91-station", f"{self.station_id}.{what}")
            case Place.FILE:
                return FileSecret(self.path.parent / "secrets" / what)
