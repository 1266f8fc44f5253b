"""Modem firmware as a product asks for it: the oldest of each family that a board may have."""

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field, PlainSerializer, PlainValidator

from station.domain.modem import FirmwareFamily
from station.domain.ways import Way
from station.settings.explain import Problem
from station.settings.fields import Section

FirmwareVersion = tuple[int, int, int]

OLDEST_FIRMWARE: Final[Mapping[FirmwareFamily, FirmwareVersion]] = {
    FirmwareFamily.NRF9160: (1, 3, 0),
    FirmwareFamily.NRF91X1: (2, 0, 0),
    FirmwareFamily.NRF9151_NTN: (1, 0, 0),
    FirmwareFamily.NRF93M1: (1, 0, 0),
}
"""The first of each family that has %KEYGEN (at-commands reference section 5). A recipe can only ask for more.

The nRF93M1 has none, and its way asks for no more than this.
"""
OLDEST_STORE: Final[Mapping[FirmwareFamily, FirmwareVersion]] = {
    **OLDEST_FIRMWARE,
    FirmwareFamily.NRF9160: (1, 0, 0),
}
"""The first of each family that stores a key which was made elsewhere (%CMNG): below the others, it signs nothing."""


def _version(value: object) -> FirmwareVersion:
    found = re.fullmatch(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('write a version as text with three numbers, such as "1.3.5"')
    return int(found[1]), int(found[2]), int(found[3])


Version = Annotated[
    FirmwareVersion, PlainValidator(_version), PlainSerializer(lambda version: ".".join(map(str, version)))
]


class MinimumFirmware(Section):
    """The oldest modem firmware a board may have, by family."""

    nrf9160: Version = Field(default=OLDEST_FIRMWARE[FirmwareFamily.NRF9160], description='a version such as "1.3.5"')
    nrf91x1: Version = Field(default=OLDEST_FIRMWARE[FirmwareFamily.NRF91X1], description='a version such as "2.0.2"')
    nrf9151_ntn: Version = Field(
        default=OLDEST_FIRMWARE[FirmwareFamily.NRF9151_NTN],
        alias="nrf9151-ntn",
        description='a version such as "1.0.0"',
    )

    def problems(self, way: Way) -> list[Problem]:
        """Return where it asks for less than the way needs. Pure."""
        floor = OLDEST_STORE if way is Way.STATION_KEY_MODEM else OLDEST_FIRMWARE
        return [
            (
                ("minimum_modem_firmware", family.value),
                f"{version_text(wanted)} is below {version_text(oldest)}, the oldest that can be used here.",
            )
            for family, wanted in self.by_family.items()
            if wanted < (oldest := floor[family])
        ]

    @property
    def takes_unsigning(self) -> bool:
        """Whether it allows a modem that has neither %KEYGEN nor %JWT."""
        return any(wanted < OLDEST_FIRMWARE[family] for family, wanted in self.by_family.items())

    @property
    def by_family(self) -> Mapping[FirmwareFamily, FirmwareVersion]:
        """The same, as the modem's driver asks for it."""
        return {
            FirmwareFamily.NRF9160: self.nrf9160,
            FirmwareFamily.NRF91X1: self.nrf91x1,
            FirmwareFamily.NRF9151_NTN: self.nrf9151_ntn,
        }


def version_text(version: FirmwareVersion) -> str:
    """Return a version as people write it. Pure."""
    return ".".join(map(str, version))
