"""The recipe: what is built, step by step, and how the cloud will know it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from station.credentials.pem import CertificatePem
from station.domain.ids import BoardSerial, parse_board_serial, parse_device_id
from station.domain.line import ChipFamily, StepKind
from station.domain.modem import FirmwareFamily
from station.domain.ways import Way
from station.settings.cloud_rule import CloudRule, FirmwareType
from station.settings.explain import Problem, format_place
from station.settings.faults import LABEL_REFUSED
from station.settings.fields import LocalFile, Pin, ProblemsError, Schema1, Section, Where
from station.settings.firmware import OLDEST_FIRMWARE, FirmwareVersion, MinimumFirmware, version_text
from station.settings.order import find_order_problems
from station.settings.pinned import PinnedFile, read_root
from station.settings.placed import Placed, place_step
from station.settings.probe_steps import (
    CheckStep,
    FlashStep,
    LockStep,
    ModemStep,
    PowerCycleStep,
    ReadBackStep,
    RecoverStep,
)
from station.settings.steps import CommandStep, Limit, PinnedPart, PlainStep, ProbedStep, RecipeStep
from station.settings.way_rules import RULES, Protocol, wrong_chip, wrong_final_check, wrong_protocol, wrong_scheme

__all__ = [
    "OLDEST_FIRMWARE",
    "CheckStep",
    "CloudRule",
    "CommandStep",
    "FirmwareType",
    "FlashStep",
    "Limit",
    "LockStep",
    "ModemStep",
    "PinnedPart",
    "PlainStep",
    "PowerCycleStep",
    "ProbedStep",
    "Protocol",
    "ReadBackStep",
    "Recipe",
    "RecipeStep",
    "RecoverStep",
]

_LONGEST_WRITE: Final = 4095 - len('AT%CMNG=0,2147483647,0,""')
"""What at_host's buffer leaves for a credential (at-commands reference section 4); more would wedge it."""

_UNDER_A_TAG: Final = (StepKind.WRITE, StepKind.GENERATE, StepKind.CLEAR)
"""What is done under a security tag."""


class DeviceIdRule(Section):
    """How a unit gets its device ID. With ``pattern`` the label on every board is scanned before it starts."""

    scheme: Literal["uuid", "imei", "serial"] = Field(
        description='"uuid" (the modem\'s own), "imei" (prefix and IMEI) or "serial" (the scanned label)'
    )
    prefix: str = Field(
        default="", pattern=r"^[A-Za-z0-9_-]{0,49}$", description="0 to 49 of the characters A-Z a-z 0-9 _ -"
    )
    pattern: str | None = Field(
        default=None, min_length=1, max_length=200, description="a regular expression that a whole label matches"
    )

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"that is no regular expression: {error}") from None
        return pattern

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.prefix and self.scheme != "imei":
            raise ProblemsError((("prefix",), 'only the scheme "imei" has a prefix.'))
        if self.scheme == "serial" and self.pattern is None:
            raise ProblemsError((("pattern",), 'missing; the scheme "serial" needs to know what a label looks like.'))
        return self

    def read_label(self, text: str) -> BoardSerial:
        """Return a scanned label when it is one of this product; raises SET-104. Pure."""
        try:
            serial = parse_board_serial(text)
            if self.scheme == "serial":
                parse_device_id(text)
        except ValueError as error:
            wanted = str(error).rpartition(": ")[2]  # what stands before quotes the label once more
            raise LABEL_REFUSED.fault(text=ascii(text[:64]), reason=f"it must be {wanted}") from None
        if self.pattern is not None and not re.fullmatch(self.pattern, serial):
            raise LABEL_REFUSED.fault(text=ascii(text[:64]), reason=f"it doesn't look like {self.pattern}")
        return serial


class RootFile(Section):
    """A root certificate of the cloud's servers."""

    file: LocalFile = Field(description="a PEM file, relative to this recipe")
    sha256: Pin = Field(description="the SHA-256 of the PEM text with LF line ends and one at its end")
    serves: tuple[Protocol, ...] = Field(min_length=1, description='a list of "mqtt", "coap", "rest": what needs it')
    _pem: CertificatePem = PrivateAttr()

    @model_validator(mode="after")
    def _is_that_root(self) -> Self:
        try:
            self._pem = read_root(self.file, self.sha256)
        except ValueError as error:
            raise ProblemsError((("sha256",), str(error))) from None
        return self

    @property
    def pem(self) -> CertificatePem:
        """The certificates, exactly as pinned."""
        return self._pem


class Credentials(Section):
    """What the modem stores for the cloud, and where. Only a bare public key may come without a root."""

    sec_tag: int = Field(ge=0, le=2147483647, description="a whole number from 0 to 2147483647")
    roots: tuple[RootFile, ...] = Field(description="a list of { file, sha256, serves }")


class SerialRule(Section):
    """How the product's firmware speaks on its serial port while it is provisioned."""

    framing: Literal["at_host", "at_shell"] = Field(
        default="at_host", description='"at_host" (plain AT) or "at_shell" (a Zephyr shell with the command "at")'
    )
    baud: int = Field(default=115200, ge=9600, le=3_000_000, description="a whole number from 9600 to 3000000")


class TargetRule(Section):
    """The product's chip, as a probe sees it."""

    family: ChipFamily = Field(description='"nrf9160", or "nrf91x1" (nRF9151, nRF9161, nRF9131: a probe sees one die)')


class Recipe(Section):
    """A product. Without ``cloud``, its units are not onboarded; without ``credentials``, they get none."""

    schema_version: Schema1 = Field(alias="schema", description="1")
    product: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="1 to 64 of the characters A-Z a-z 0-9 _ . -")
    way: Way = Field(default=Way.CERTIFICATE, description=f"how a unit gets its credentials: {', '.join(Way)}")
    no_proof_reason: str | None = Field(
        default=None, min_length=10, max_length=500, description="a sentence of 10 to 500 characters"
    )
    device_id: DeviceIdRule = Field(description="a table: scheme, and prefix or pattern")
    target: TargetRule | None = Field(default=None, description="a table: family, wherever a step uses a probe")
    serial: SerialRule = Field(default=SerialRule(), description="a table: framing and baud")
    minimum_modem_firmware: MinimumFirmware = Field(
        default=MinimumFirmware(), description="a table of versions: nrf9160, nrf91x1, nrf9151-ntn"
    )
    credentials: Credentials | None = Field(default=None, description="a table: sec_tag and roots")
    cloud: CloudRule | None = Field(
        default=None, description="a table: protocols, tags, subtype, firmware_types, claim_tags, final_check"
    )
    steps: tuple[Annotated[RecipeStep, Field(discriminator="do")], ...] = Field(
        min_length=1, max_length=100, description="a list of [[steps]] with at least one"
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        placed = [_place(step) for step in self.steps]
        chip = self.target.family if self.target else None
        problems = [
            *find_order_problems(placed, unproven_because=self.no_proof_reason, family=chip, way=self.way),
            *self._wrong_steps(),
            *self._wrong_cloud(),
            *self.minimum_modem_firmware.problems(self.way),
        ]
        if problems:
            raise ProblemsError(*problems)
        return self

    def _wrong_steps(self) -> list[Problem]:
        found: list[Problem] = []
        names = [step.name for step in self.steps if isinstance(step, CommandStep)]
        for index, step in enumerate(self.steps):
            if isinstance(step, CommandStep) and names.count(step.name) > 1:
                found.append((("steps", index, "name"), f'another command is called "{step.name}" too.'))
            if isinstance(step, ModemStep) and (text := self._wrong_firmware(step)):
                found.append((("steps", index, "version"), text))
        used = next((step.do for step in self.steps if step.uses_probe), None)
        if used is not None and self.target is None:
            text = f'missing; "{used}" needs to know the chip: family = "nrf91x1" or family = "nrf9160".'
            found.append((("target",), text))
        return found

    def _wrong_firmware(self, step: ModemStep) -> str | None:
        if self.target is not None and step.runs_on is not self.target.family:
            return f'{step.version} is not for this product\'s chip, which is "{self.target.family}".'
        family, version = step.firmware
        if version < (oldest := self.minimum_firmware[family]):
            return f"{step.version} is older than this product allows: {family} {version_text(oldest)} or newer."
        return None

    def _wrong_cloud(self) -> list[Problem]:
        found: list[Problem] = []
        rules, gives = RULES[self.way], self.has(StepKind.WRITE)
        if self.credentials is None and (self.has(StepKind.GENERATE) or self.has(StepKind.CLEAR) or gives):
            first = next(kind for kind in _UNDER_A_TAG if self.has(kind))
            found.append((("credentials",), f'missing; "{first}" needs sec_tag and roots.'))
        if self.cloud is not None and rules.signs and not gives:
            found.append(
                (("cloud",), 'units are onboarded with their certificate: add "write-credentials", or leave cloud out.')
            )
        if (text := wrong_chip(self.way, self.target.family if self.target else None)) is not None:
            found.append((("way",), text))
        if (text := wrong_scheme(self.way, self.device_id.scheme)) is not None:
            found.append((("device_id", "scheme"), text))
        if self.cloud is not None and self.cloud.claim_tags and self.way is not Way.ATTESTATION:
            text = 'only the way "attestation" claims units: leave them out.'
            found.append((("cloud", "claim_tags"), text))
        if self.cloud is not None and self.cloud.final_check and (text := wrong_final_check(self.way)) is not None:
            found.append((("cloud", "final_check"), text))
        for protocol in self.cloud.protocols if self.cloud is not None else ():
            if (text := wrong_protocol(self.way, protocol)) is not None:
                found.append((("cloud", "protocols"), text))
        return found + self._wrong_roots()

    def _wrong_roots(self) -> list[Problem]:
        if self.credentials is None:
            return []
        found: list[Problem] = []
        roots, where = self.credentials.roots, ("credentials", "roots")
        if RULES[self.way].signs and not roots:
            found.append((where, "empty; it must be a list of { file, sha256, serves }."))
        if not roots and self.has(StepKind.WRITE) and not RULES[self.way].signs:
            found.append((where, 'empty, so "write-credentials" has nothing to write: leave that step out.'))
        if roots and not self.has(StepKind.WRITE) and not RULES[self.way].signs:
            found.append((where, 'no step writes them: add "write-credentials", or write roots = [].'))
        served = {protocol for root in roots for protocol in root.serves}
        for protocol in self.cloud.protocols if self.cloud is not None and roots else ():
            if protocol not in served:
                found.append((where, f'no root serves "{protocol}", which this product uses.'))
        if len(self.root_bundle) > _LONGEST_WRITE:
            text = f"together they are {len(self.root_bundle)} bytes; a modem command takes {_LONGEST_WRITE}."
            found.append((where, text))
        return found

    @model_serializer(mode="wrap")
    def _without_what_was_not_there(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave the first way out: records of recipes from before there were others must stay the same."""
        dumped: dict[str, Any] = dump(self)
        if self.way is Way.CERTIFICATE:
            dumped.pop("way", None)
        return dumped

    def has(self, kind: StepKind) -> bool:
        """Return whether a step of this kind is among the steps. Pure."""
        return any(step.do is kind for step in self.steps)

    @property
    def uses_probe(self) -> bool:
        """Whether any step needs a programmer; then the product has a target."""
        return any(step.uses_probe for step in self.steps)

    @property
    def changes_before_identify(self) -> bool:
        """Whether a probe changes a board before it has said who it is: then a finished one is not safe from it."""
        for step in self.steps:
            if step.do is StepKind.IDENTIFY:
                return False
            if step.uses_probe and step.do is not StepKind.CHECK:
                return True
        return False

    @property
    def target_family(self) -> ChipFamily:
        """The product's chip; only for recipes whose steps use a probe."""
        if self.target is None:
            raise AttributeError("this recipe names no target")
        return self.target.family

    @property
    def sec_tag(self) -> int:
        """The security tag; only for recipes with credentials."""
        return self._credentials().sec_tag

    @property
    def root_bundle(self) -> CertificatePem:
        """What the modem stores as type 0: the roots in the recipe's order. Empty without credentials."""
        roots = self.credentials.roots if self.credentials else ()
        return CertificatePem("".join(root.pem for root in roots))

    @property
    def minimum_firmware(self) -> Mapping[FirmwareFamily, FirmwareVersion]:
        """The oldest modem firmware by family, of those that the way takes."""
        if self.way is Way.NRF93M1:
            return {FirmwareFamily.NRF93M1: OLDEST_FIRMWARE[FirmwareFamily.NRF93M1]}
        return self.minimum_modem_firmware.by_family

    @property
    def scans_labels(self) -> bool:
        """Whether the label on each board is scanned before it starts."""
        return self.device_id.pattern is not None

    @property
    def images(self) -> tuple[PinnedFile, ...]:
        """Every image that a probe programs, in the order of its step."""
        return tuple(step.image for step in self.steps if isinstance(step, FlashStep | ModemStep | ReadBackStep))

    def _credentials(self) -> Credentials:
        if self.credentials is None:
            raise AttributeError("this recipe writes no credentials")
        return self.credentials


def _place(step: RecipeStep) -> Placed:
    keys = {"do", "erase", "answers_at", "credentials_survive_on", "skip_by", "repeat"}
    placed = place_step(step.model_dump(include=keys))
    if placed is None:
        raise AssertionError("every step is of a kind that there is")
    return placed


def name_step(where: Where, written: dict[str, Any]) -> str:
    """Return a place in a recipe as its reader looks for it: ``step 4 (sign): attempts``. Counted from 1. Pure."""
    match where:
        case ("steps", int(index), *inside):
            step = written["steps"][index]
            kind = place.kind if isinstance(step, dict) and (place := place_step(step)) else None
            named = f"step {index + 1} ({kind})" if kind else f"step {index + 1}"
            return f"{named}: {format_place(tuple(inside))}" if inside else named
    return format_place(where)


def order_problems(written: dict[str, Any]) -> list[Problem]:
    """Return what is wrong with the order of a recipe's steps, also while other things in it are wrong too. Pure."""
    steps = written.get("steps")
    if not isinstance(steps, list) or not steps:
        return []
    placed = [place for step in steps if isinstance(step, dict) and (place := place_step(step)) is not None]
    if len(placed) < len(steps):
        return []  # one unreadable step would make others seem out of order
    reason, target = written.get("no_proof_reason"), written.get("target")
    named = target.get("family") if isinstance(target, dict) else None
    chip = next((family for family in ChipFamily if family == named), None)
    way = next((way for way in Way if way == written.get("way")), Way.CERTIFICATE)
    because = reason if isinstance(reason, str) else None
    return find_order_problems(placed, unproven_because=because, family=chip, way=way)
