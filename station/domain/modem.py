"""What a modem is and what it stores (AT command manual, %CMNG and +CGMR)."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from station.domain.ids import DeviceUuid, Imei, Sha256


class CredentialType(IntEnum):
    """The ``type`` of ``%CMNG`` (at-commands reference section 2)."""

    ROOT_CA = 0
    CLIENT_CERT = 1
    CLIENT_KEY = 2
    PSK = 3
    PSK_IDENTITY = 4
    PUBLIC_KEY = 5
    IDENTITY_PUBLIC_KEY = 6
    RESERVED = 7
    ENDORSEMENT_KEY = 8
    OWNERSHIP_KEY = 9
    NORDIC_IDENTITY_ROOT_CA = 10
    NORDIC_BASE_PUBLIC_KEY = 11
    ASSET_ENCRYPTION_KEY = 13


class FirmwareFamily(StrEnum):
    """Modem firmware lines whose version numbers cannot be compared with each other."""

    NRF9160 = "nrf9160"
    NRF91X1 = "nrf91x1"
    NRF9151_NTN = "nrf9151-ntn"
    NRF93M1 = "nrf93m1"
    """Another modem altogether: no %KEYGEN, no %CMNG; it has a cloud access key of its own."""


class UuidSource(StrEnum):
    """How the device UUID became known."""

    DEVICE_UUID = "%DEVICEUUID"
    ATTESTATION = "%ATTESTTOKEN"
    KEYGEN = "%KEYGEN"


@dataclass(frozen=True, slots=True)
class ModemFirmware:
    """Modem firmware as ``+CGMR`` gives it; ordered within one family only."""

    family: FirmwareFamily
    version: tuple[int, int, int]
    text: str


@dataclass(frozen=True, slots=True)
class ModemIdentity:
    """Who answers on a port. ``uuid`` is None where neither %DEVICEUUID nor %ATTESTTOKEN gave it yet."""

    imei: Imei
    uuid: DeviceUuid | None
    uuid_source: UuidSource | None
    model: str
    hardware: str | None
    firmware: ModemFirmware


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a board that was identified is known by when its port is opened again. ``uuid`` None: it was not asked."""

    imei: Imei
    uuid: DeviceUuid | None


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """One row of ``%CMNG=1``. ``type`` is a bare int where the modem names one this program does not know."""

    sec_tag: int
    type: int
    sha256: Sha256 | None
