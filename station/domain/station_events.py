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
class SettingsSaved:
    """A settings file is about to be replaced by another text, on a person's word; nobody stands for that text yet.

    ``about`` and ``name`` as in :class:`SettingsReleased`; ``before`` and ``after`` are the SHA-256 of the file's
    bytes. After a power cut the old ones may still be there.
    """

    kind: ClassVar[str] = "settings-saved"
    about: str
    name: str
    before: Sha256
    after: Sha256
    operator: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityIntended:
    """The local CA is about to be made in the station's CA folder. It may be there without an ``AuthorityCreated``."""

    kind: ClassVar[str] = "authority-intended"
    name: str
    operator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityCreated:
    """The local CA was made; the fingerprints are of its certificates.

    ``found``: not seen to be made, but there when the station started behind an ``AuthorityIntended`` without a result.
    """

    kind: ClassVar[str] = "authority-created"
    name: str
    root_sha256: Sha256
    line_sha256: Sha256
    operator: str
    found: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportIntended:
    """Records of these units are about to leave the station. Files may be there without an ``Exported`` behind it."""

    kind: ClassVar[str] = "export-intended"
    what: str
    form: str
    units: tuple[UnitId, ...]
    operator: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Records left the station. ``what`` says which; ``sha256`` is of the file that was written."""

    kind: ClassVar[str] = "exported"
    what: str
    form: str
    sha256: Sha256
    operator: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """This journal goes on from a backup, on another PC perhaps: under another log's name, signed with another key.

    Its first ``size`` entries are the backup's. What the station that was backed up wrote behind them is not here, and
    never will be. ``checkpoint`` is the last note of the log ``before`` that the backup holds; ``key_before`` and
    ``key`` are the verifier keys' lines. ``batches`` were open: boards may have been built for them after the backup.
    """

    kind: ClassVar[str] = "restored"
    backup: Sha256
    made: str
    size: int
    before: str
    key_before: str
    checkpoint: str
    origin: str
    key: str
    operator: str
    second: str
    reason: str
    batches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DevelopmentKeyIntended:
    """The cloud is about to be asked to make a key and a certificate, for development; it may have done so."""

    kind: ClassVar[str] = "development-key-intended"
    device_id: str
    operator: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DevelopmentKeyMade:
    """What came of a ``DevelopmentKeyIntended``: the certificate's text by its SHA-256, or "" and why there is none."""

    kind: ClassVar[str] = "development-key-made"
    device_id: str
    certificate_sha256: str
    why_not: str = ""
