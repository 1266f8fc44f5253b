"""What the cloud is told of a product's units beside their credentials."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from station.settings.fields import ProblemsError, Section
from station.settings.way_rules import Protocol


class FirmwareType(StrEnum):
    """What the cloud may update on a device (nrf-cloud-api reference section 1.1)."""

    APP = "APP"
    MODEM = "MODEM"
    BOOT = "BOOT"
    SOFTDEVICE = "SOFTDEVICE"
    BOOTLOADER = "BOOTLOADER"
    MDM_FULL = "MDM_FULL"


class CloudRule(Section):
    """How finished units are onboarded (columns: nrf-cloud-api reference section 1.1)."""

    protocols: tuple[Protocol, ...] = Field(min_length=1, description='a list of "mqtt", "coap", "rest"')
    subtype: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9_.,@/:#-]{0,799}$",
        description="at most 799 of the characters A-Z a-z 0-9 _ . , @ / : # -",
    )
    tags: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@:#-]{1,799}$")], ...] = Field(
        default=(), description="a list of texts from the characters A-Z a-z 0-9 _ . @ : # -"
    )
    firmware_types: tuple[FirmwareType, ...] = Field(
        default=(), description=f"a list of {', '.join(FirmwareType)}; left out, the cloud takes all"
    )

    claim_tags: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@:#=-]{1,128}$")], ...] = Field(
        default=(),
        description="a list of texts from the characters A-Z a-z 0-9 _ . @ : # = -, at most 128 of them: the tags "
        "whose provisioning rules a claimed unit gets",
    )

    final_check: bool = Field(
        default=False,
        description="true or false; true: once a unit is onboarded, the cloud is asked whether it knows the device "
        "and accepts the device's own token",
    )

    @model_validator(mode="after")
    def _nothing_twice(self) -> Self:
        named: dict[str, tuple[str, ...]] = {
            "protocols": self.protocols,
            "tags": self.tags,
            "firmware_types": self.firmware_types,
            "claim_tags": self.claim_tags,
        }
        twice = [
            ((key,), "the same stands in it twice.") for key, items in named.items() if len(set(items)) < len(items)
        ]
        if twice:
            raise ProblemsError(*twice)
        return self

    @model_serializer(mode="wrap")
    def _without_what_was_not_there(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what says nothing and came later: records of recipes from before it must stay the same."""
        dumped: dict[str, Any] = dump(self)
        if not self.claim_tags:
            dumped.pop("claim_tags", None)
        if not self.final_check:
            dumped.pop("final_check", None)
        return dumped
