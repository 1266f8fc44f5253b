"""What a modem's firmware can do, told from +CGMR (at-commands reference section 5)."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from station.devices.faults import (
    FIRMWARE_NOT_ALLOWED,
    FIRMWARE_TOO_OLD,
    FIRMWARE_UNKNOWN,
    PRODUCTION_TEST_IMAGE,
)
from station.domain.modem import FirmwareFamily, ModemFirmware

Version = tuple[int, int, int]

MINIMUMS: Final[Mapping[FirmwareFamily, Version]] = MappingProxyType(
    {
        FirmwareFamily.NRF9160: (1, 3, 0),
        FirmwareFamily.NRF91X1: (2, 0, 0),
        FirmwareFamily.NRF9151_NTN: (1, 0, 0),
        FirmwareFamily.NRF93M1: (1, 0, 0),
    }
)
"""The first versions with %KEYGEN, %JWT and %ATTESTTOKEN. NTN counts from 1.0.0 on its own. An nRF93M1 has %REGJWT
instead; the first firmware that has it is not known, and what lacks it refuses."""

_PRODUCTION_TEST = re.compile(r"mfw[-_]pti[-_]|[-_]pti[-_]", re.IGNORECASE)
_FIRMWARE = re.compile(
    r"mfw_(nrf9160|nrf91x1|nrf9161|nrf9151|nrf9131|nrf9151-ntn|nrf93m1)_(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?![\d.])"
)
_FAMILIES: Final = MappingProxyType(
    {
        "nrf9160": FirmwareFamily.NRF9160,
        "nrf9151-ntn": FirmwareFamily.NRF9151_NTN,
        "nrf93m1": FirmwareFamily.NRF93M1,
    }
)
_TRUE_HASHES_FROM: Final[Version] = (1, 3, 2)


def read_firmware(text: str) -> ModemFirmware:
    """Return the firmware that +CGMR names; AT-301 for a production test image, AT-302 for an unknown one. Pure."""
    if _PRODUCTION_TEST.search(text):
        raise PRODUCTION_TEST_IMAGE.fault(text=text)
    match = _FIRMWARE.match(text)
    if not match:
        raise FIRMWARE_UNKNOWN.fault(text=text)
    family = _FAMILIES.get(match[1], FirmwareFamily.NRF91X1)
    return ModemFirmware(family, (int(match[2]), int(match[3]), int(match[4])), text)


def require_firmware(firmware: ModemFirmware, minimums: Mapping[FirmwareFamily, Version] = MINIMUMS) -> None:
    """Raise AT-304 where the firmware's family is not in ``minimums``, AT-303 where its version is below. Pure.

    Versions are compared within their family alone: an NTN 1.0.0 is newer than many an nRF91x1 2.0.
    """
    minimum = minimums.get(firmware.family)
    if minimum is None:
        raise FIRMWARE_NOT_ALLOWED.fault(family=firmware.family, text=firmware.text)
    if firmware.version < minimum:
        needed = ".".join(map(str, minimum))
        raise FIRMWARE_TOO_OLD.fault(text=firmware.text, family=firmware.family, minimum=needed)


def signs_tokens(firmware: ModemFirmware) -> bool:
    """Return whether the modem has %JWT, by which it shows that it holds a key. Pure."""
    return firmware.version >= MINIMUMS[firmware.family]


def takes_challenge(firmware: ModemFirmware) -> bool:
    """Return whether the vendor's manual gives this firmware's %ATTESTTOKEN a challenge. Pure.

    The nRF91x1's and the nRF9160's do, for all versions that have the command; of NTN firmware nothing is documented.
    """
    return firmware.family in (FirmwareFamily.NRF9160, FirmwareFamily.NRF91X1)


def lists_true_hashes(firmware: ModemFirmware) -> bool:
    """Return whether %CMNG=1 gives the SHA-256 of what is stored; else compare the content by %CMNG=2. Pure."""
    return firmware.family is not FirmwareFamily.NRF9160 or firmware.version >= _TRUE_HASHES_FROM
