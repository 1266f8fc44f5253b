"""Which silicon a simulated board carries and what its modem firmware can do."""

import re
from dataclasses import dataclass
from typing import Final

from station.domain.line import ChipFamily

_FIRMWARE = re.compile(r"mfw(-pti)?_(nrf9160|nrf91x1|nrf9161|nrf9151-ntn|nrf93m1)_(\d+)\.(\d+)\.(\d+)")
_PARTS: Final = {  # the chip inside, as a probe reads it (flashing section 1.5)
    "nRF9160": "NRF9160_xxAA_REV2",
    "nRF9161": "NRF9120_xxAA_REV3",
    "nRF9151": "NRF9120_xxAA_REV3",
    "nRF9131": "NRF9120_xxAA_REV3",
    "nRF93M1": "NRF54L15_xxAA",  # on its kit; the module itself has no debug port for anybody
}


@dataclass(frozen=True, slots=True)
class Firmware:
    """What a modem firmware can do, told from its +CGMR text (at-commands section 5)."""

    text: str
    pti: bool
    family: str
    version: tuple[int, int, int]

    @classmethod
    def named(cls, text: str) -> "Firmware":
        """Return the firmware of that name; ValueError for a name no genuine firmware has."""
        match = _FIRMWARE.match(text)
        if not match:
            raise ValueError(f"{text!r} is no modem firmware's name")
        version = (int(match[3]), int(match[4]), int(match[5]))
        family = "nrf91x1" if match[2] == "nrf9161" else match[2]
        return cls(text, bool(match[1]), family, version)

    @property
    def old(self) -> bool:
        """Neither %KEYGEN, %JWT nor %ATTESTTOKEN."""
        return self.family == "nrf9160" and self.version < (1, 3, 0)

    @property
    def true_sha(self) -> bool:
        """%CMNG lists real digests."""
        return self.family != "nrf9160" or self.version >= (1, 3, 2)

    @property
    def validates(self) -> bool:
        """%CMNG refuses what is no certificate as type 0 or 1 (527)."""
        return self.family == "nrf9151-ntn" or (self.family == "nrf91x1" and self.version >= (2, 0, 2))

    @property
    def tells_uuid(self) -> bool:
        """There is %DEVICEUUID."""
        return self.family != "nrf9160"

    @property
    def body_as_aad(self) -> bool:
        """COSE signatures of %KEYGEN cover the body as external_aad (seen on nRF9160 alone)."""
        return self.family == "nrf9160"

    def fits(self, model: str) -> bool:
        """Return whether a probe can program this firmware into ``model``."""
        return (self.family == "nrf9160") == model.startswith("nRF9160")


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of board."""

    name: str
    model: str
    """+CGMM"""
    hardware: str
    """%HWVERSION"""
    firmware: str
    """+CGMR as delivered"""
    device_type: int
    """In %ATTESTTOKEN (at-commands section 1)"""
    lots: tuple[str, ...]
    """First six letters of the device UUID"""
    tac: str
    """How IMEIs begin"""

    @property
    def is_nrf93(self) -> bool:
        """Whether the modem is an nRF93M1's, which knows other commands than an nRF91's."""
        return self.silicon == "nRF93M1"

    @property
    def silicon(self) -> str:
        """The part's name as %JWT puts it before the UUID."""
        return self.model.partition("-")[0]

    @property
    def part(self) -> str:
        """The part as a probe reads it: it can't tell an nRF9151 from an nRF9161."""
        return _PARTS[self.silicon]

    @property
    def family(self) -> ChipFamily:
        """The chip's family as a probe reads it."""
        return ChipFamily.NRF9160 if self.silicon == "nRF9160" else ChipFamily.NRF91X1


def _profile(name: str, model: str, firmware: str, device_type: int, revision: str) -> Profile:
    old = model.startswith("nRF9160")
    return Profile(
        name=name,
        model=model,
        hardware=f"{model.replace('-', ' ')} {revision}".rstrip(),
        firmware=firmware,
        device_type=device_type,
        lots=("P61T91", "P61T92", "PP0A59") if old else ("P49V07", "P49V11", "P52W03"),
        tac="3526" if old else "3594",
    )


PROFILES: Final = {
    profile.name: profile
    for profile in (
        _profile("nrf9160", "nRF9160-SICA", "mfw_nrf9160_1.3.5", 3, "B1A"),
        _profile("nrf9160-old", "nRF9160-SICA", "mfw_nrf9160_1.2.3", 3, "B0A"),
        _profile("nrf9160-1.3.1", "nRF9160-SICA", "mfw_nrf9160_1.3.1", 3, "B1A"),
        _profile("nrf9161", "nRF9161-LACA", "mfw_nrf91x1_2.0.1", 4, "A0A"),
        _profile("nrf9151", "nRF9151-LACA", "mfw_nrf91x1_2.0.2", 6, "A0A"),
        _profile("nrf9151-ntn", "nRF9151-LACA", "mfw_nrf9151-ntn_1.0.0-1.alpha", 6, "A0A"),
        _profile("nrf93m1", "nRF93M1-LABA-A0A (R3)", "mfw_nrf93m1_1.4.1", 0, ""),
        _profile("nrf9151-pti", "nRF9151-LACA", "mfw-pti_nrf91x1_2.3.3", 6, "A0A"),
    )
}
"""The kinds of board a bench can be given, by name."""
