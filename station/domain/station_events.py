"""What the journal says of what a station works with: its settings, its CA.

The rules of :mod:`station.domain.events` hold here too.
"""

from dataclasses import dataclass
from typing import ClassVar

from station.domain.ids import Sha256, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsReleased:
    """An engineer stands for a station file, recipe or fixture as it is; units are built with nothing else.

    ``about`` and ``name`` say which; ``file`` is the SHA-256 of its bytes, ``context`` names its content as kept.
    """

    kind: ClassVar[str] = "settings-released"
    about: str
    name: str
    file: Sha256
    context: Sha256
    before: Sha256 | None
    """The ``file`` of the release that this one replaces; None for the first."""
    operator: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityCreated:
    """The local CA was made; the fingerprints are of its certificates."""

    kind: ClassVar[str] = "authority-created"
    name: str
    root_sha256: Sha256
    line_sha256: Sha256
    operator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportIntended:
    """Records of these units are about to leave the station. Files may be there without an ``Exported`` behind it."""

    kind: ClassVar[str] = "export-intended"
    what: str
    form: str
    units: tuple[UnitId, ...]
    operator: str
    reason: str = ""
