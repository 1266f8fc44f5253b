"""What a recipe can have a probe do to a board; times are the budgets of flashing reference section 3.5."""

import re
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from station.domain.ids import Sha256
from station.domain.line import ChipFamily, Erase, LockLevel, StepKind
from station.domain.modem import FirmwareFamily
from station.settings.fields import LocalFile, Pin, ProblemsError, Seconds, Section
from station.settings.pinned import PinnedFile, check_pin

Attempts = Annotated[int, Field(ge=1, le=5)]
ATTEMPTS: Final = "how often the step may be tried within one attempt, 1 to 5"
TIMEOUT: Final = "seconds for one try, more than 0 and at most 3600"

_SURVIVE: Final = '"nrf91x1" or "nrf9160": on which family the factory has seen that credentials survive this step'
_ERASE: Final = '"all" (the whole application flash and the UICR) or "touched" (the pages that the image covers)'
_VERSION: Final = re.compile(
    r"mfw_(nrf9160|nrf91x1|nrf9161|nrf9151|nrf9131|nrf9151-ntn)_(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:-[A-Za-z0-9.-]+)?"
)


class CheckStep(Section):
    """Look whether the probe is there, and on it a powered board of the product's family. Changes nothing."""

    uses_probe: ClassVar[bool] = True
    do: Literal[StepKind.CHECK] = Field(description="a step")
    attempts: Attempts = Field(default=2, description=ATTEMPTS)
    timeout_s: Seconds = Field(default=15.0, description=TIMEOUT)


class RecoverStep(Section):
    """Erase everything, debug protection too."""

    uses_probe: ClassVar[bool] = True
    do: Literal[StepKind.RECOVER] = Field(description="a step")
    attempts: Attempts = Field(default=2, description=ATTEMPTS)
    timeout_s: Seconds = Field(default=60.0, description=TIMEOUT)
    credentials_survive_on: ChipFamily | None = Field(default=None, description=_SURVIVE)


class _ImageStep(Section):
    """A step with a file that a probe programs."""

    uses_probe: ClassVar[bool] = True
    _suffix: ClassVar[str] = ".hex"
    _words: ClassVar[str] = "an application image is an Intel HEX file (.hex); modem firmware has a step of its own"
    image_file: LocalFile = Field(alias="image", description="an image file, relative to this recipe")
    image_sha256: Pin = Field(alias="sha256", description="the image's SHA-256")

    @field_validator("image_file")
    @classmethod
    def _is_an_image(cls, path: Path) -> Path:
        if path.suffix.lower() != cls._suffix:
            raise ValueError(cls._words)
        return path

    @field_validator("image_sha256")
    @classmethod
    def _is_this_file(cls, pin: Sha256, info: ValidationInfo) -> Sha256:
        if "image_file" in info.data:
            check_pin(info.data["image_file"], pin)
        return pin

    @property
    def image(self) -> PinnedFile:
        """The image and its SHA-256."""
        return PinnedFile(self.image_file, self.image_sha256)


class ModemStep(_ImageStep):
    """Program the modem's firmware, unless it is there already: the probe compares it, or the modem says so."""

    _suffix: ClassVar[str] = ".zip"
    _words: ClassVar[str] = "modem firmware is a package as Nordic ships it (.zip)"
    do: Literal[StepKind.MODEM_FIRMWARE] = Field(description="a step")
    version: str = Field(
        pattern=rf"^{_VERSION.pattern}$", description='the firmware as AT+CGMR tells it, such as "mfw_nrf91x1_2.0.2"'
    )
    skip_by: Literal["probe", "modem"] = Field(
        default="probe", description='"probe" (compares what is there) or "modem" (asked by AT+CGMR; quicker)'
    )
    attempts: Attempts = Field(default=3, description=ATTEMPTS)
    timeout_s: Seconds = Field(default=300.0, description=TIMEOUT)
    credentials_survive_on: ChipFamily | None = Field(default=None, description=_SURVIVE)

    @model_validator(mode="after")
    def _is_that_version(self) -> Self:
        if _VERSION.fullmatch(self.image_file.stem) and self.image_file.stem != self.version:
            raise ProblemsError(
                (("version",), f"{self.version} is not what the package is called: {self.image_file.name}.")
            )
        return self

    @property
    def firmware(self) -> tuple[FirmwareFamily, tuple[int, int, int]]:
        """The firmware's family and version."""
        found = _VERSION.fullmatch(self.version)
        if found is None:
            raise AssertionError("the field's pattern is this one")
        named = {"nrf9160": FirmwareFamily.NRF9160, "nrf9151-ntn": FirmwareFamily.NRF9151_NTN}
        return named.get(found[1], FirmwareFamily.NRF91X1), (int(found[2]), int(found[3]), int(found[4]))

    @property
    def runs_on(self) -> ChipFamily:
        """The chips that this firmware is for."""
        return ChipFamily.NRF9160 if self.firmware[0] is FirmwareFamily.NRF9160 else ChipFamily.NRF91X1


class FlashStep(_ImageStep):
    """Flash an application image, verify it and start it. ``answers_at``: whether it takes AT commands then."""

    do: Literal[StepKind.FLASH] = Field(description="a step")
    erase: Erase = Field(default=Erase.ALL, description=_ERASE)
    answers_at: bool = Field(default=True, description="true (the image takes AT commands) or false")
    attempts: Attempts = Field(default=2, description=ATTEMPTS)
    timeout_s: Seconds = Field(default=120.0, description=TIMEOUT)
    credentials_survive_on: ChipFamily | None = Field(default=None, description=_SURVIVE)


class ReadBackStep(_ImageStep):
    """On the first unit of each batch: flash a check image, list and prove the credentials, flash the last image again.

    For products whose last image takes no AT commands. ``timeout_s`` is for each of the two.
    """

    do: Literal[StepKind.READ_BACK] = Field(description="a step")
    erase: Erase = Field(default=Erase.ALL, description=_ERASE)
    attempts: Attempts = Field(default=2, description=ATTEMPTS)
    timeout_s: Seconds = Field(default=120.0, description=TIMEOUT)
    credentials_survive_on: ChipFamily | None = Field(default=None, description=_SURVIVE)


class PowerCycleStep(Section):
    """Cut the supply by the fixture's power switch, then verify again what was flashed before, if anything was."""

    uses_probe: ClassVar[bool] = False
    """A probe is needed only where something is flashed, and that step says so."""
    do: Literal[StepKind.POWER_CYCLE] = Field(description="a step")
    attempts: Attempts = Field(default=2, description=ATTEMPTS)
    timeout_s: Seconds = Field(default=120.0, description=TIMEOUT)


class LockStep(Section):
    """Lock debug access. One way: only a recovery, which erases everything, opens it; with ``erase_protect`` nothing.

    ``erase_protect`` is spelled out in words, so that nobody sets it by accident.
    """

    uses_probe: ClassVar[bool] = True
    do: Literal[StepKind.LOCK] = Field(description="a step")
    level: LockLevel = Field(default=LockLevel.ALL, description='"all" or "secure" (the secure regions alone)')
    by: Literal["probe", "image"] = Field(
        default="probe", description='"probe", or "image" (the image locks by itself, and the probe looks)'
    )
    erase_protect: Literal["can never be undone"] | None = Field(
        default=None, description='left out, or "can never be undone": then even a recovery is locked out for good'
    )
    attempts: Literal[1] = Field(default=1, description="1: this step is never simply done again")
    timeout_s: Seconds = Field(default=60.0, description=TIMEOUT)

    @model_validator(mode="after")
    def _protects_itself(self) -> Self:
        if self.erase_protect is not None and self.by == "image":
            text = 'only by = "probe" sets it: the station must see that it was not set before, and that it is now.'
            raise ProblemsError((("erase_protect",), text))
        return self


FixtureStep = CheckStep | RecoverStep | ModemStep | FlashStep | ReadBackStep | PowerCycleStep | LockStep
"""Any step of a probe or of the power switch; ``do`` says which."""
