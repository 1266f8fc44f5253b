"""What a recipe can have done to a unit, step by step."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final, Literal, Self

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator, model_validator

from station.domain.ids import Sha256
from station.domain.line import RepeatClass, StepKind
from station.host.program import own_python
from station.settings.fields import LocalFile, Pin, ProblemsError, Seconds, Section, Where, absolute, place_of
from station.settings.pinned import PinnedFile, check_pin
from station.settings.probe_steps import ATTEMPTS, TIMEOUT, Attempts, FixtureStep

OWN_PYTHON: Final = "{python}"
"""As a command's program: the Python that the station runs on, wherever that is."""


class PlainStep(Section):
    """A step that only looks, or leaves the same state however often it is done."""

    uses_probe: ClassVar[bool] = False
    do: Literal[
        StepKind.IDENTIFY,
        StepKind.ATTEST,
        StepKind.ENROL,
        StepKind.CLEAR,
        StepKind.WRITE,
        StepKind.PROVE,
        StepKind.STORE,
    ] = Field(description="a step")
    attempts: Attempts = Field(default=2, description=ATTEMPTS)


class ProbedStep(Section):
    """A step that is never simply done again: the station looks first what became of it."""

    uses_probe: ClassVar[bool] = False
    do: Literal[StepKind.GENERATE, StepKind.SIGN] = Field(description="a step")
    attempts: Literal[1] = Field(default=1, description="1: this step is never simply done again")


class Limit(Section):
    """The values of one measurement that a good board has; both ends are inside."""

    low: float | None = Field(default=None, description="a number")
    high: float | None = Field(default=None, description="a number")
    unit: str = Field(default="", max_length=16, description='the unit as the program gives it, such as "V"')

    @model_validator(mode="after")
    def _leaves_room(self) -> "Limit":
        if self.low is None and self.high is None:
            raise ProblemsError((("low",), "a limit has low, high or both."))
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ProblemsError((("low",), f"{self.low} is above high {self.high}: no board could pass."))
        return self


class PinnedPart(Section):
    """A file that a command consists of."""

    file: LocalFile = Field(description="a file, relative to this recipe")
    sha256: Pin = Field(description="its SHA-256")

    @field_validator("sha256")
    @classmethod
    def _is_this_file(cls, pin: Sha256, info: ValidationInfo) -> Sha256:
        if "file" in info.data:
            check_pin(info.data["file"], pin)
        return pin


class CommandStep(Section):
    """Run a program of the factory's own in the recipe's folder (the request and the answer: ``config/README.md``).

    ``repeat`` is the factory's statement about it: what may be done when nobody knows whether it ran.
    """

    uses_probe: ClassVar[bool] = False
    do: Literal[StepKind.COMMAND] = Field(description="a step")
    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9 _-]{0,31}$", description="1 to 32 letters, digits, spaces, _ or -"
    )
    program: str = Field(
        min_length=1,
        max_length=500,
        description='"{python}" (the station\'s own Python), a program on the PATH, or a file relative to this recipe',
    )
    arguments: tuple[str, ...] = Field(default=(), max_length=100, description="a list of texts; no shell reads them")
    files: tuple[PinnedPart, ...] = Field(
        default=(), description="a list of { file, sha256 }: every file beside this recipe that the program consists of"
    )
    timeout_s: Seconds = Field(description=TIMEOUT)
    repeat: Literal[RepeatClass.PURE, RepeatClass.IDEMPOTENT, RepeatClass.ONE_WAY, RepeatClass.HUMAN] = Field(
        description='"pure" (only looks), "idempotent" (same result however often), "one-way" (never again) or "human"'
    )
    attempts: Attempts = Field(default=1, description=ATTEMPTS)
    limits: Mapping[str, Limit] = Field(
        default={}, description="a table of measurements, each { low, high, unit }: every one must be measured"
    )
    _folder: Path = PrivateAttr()

    @field_validator("program")
    @classmethod
    def _is_found(cls, program: str, info: ValidationInfo) -> str:
        if program == OWN_PYTHON:
            return own_python()
        if "/" not in program and "\\" not in program:
            return program  # looked for on the PATH when it runs; the doctor looks beforehand
        path = absolute(program, place_of(info).folder)
        if not path.is_file():
            raise ValueError(f"there is no file {path}")
        return str(path)

    @model_validator(mode="after")
    def _is_whole(self, info: ValidationInfo) -> Self:
        self._folder = place_of(info).folder
        pinned = {part.file for part in self.files}
        own = [(("program",), self.program)] if Path(self.program).is_relative_to(self._folder) else []
        named: list[tuple[Where, str]] = [*own, *((("arguments", n), text) for n, text in enumerate(self.arguments))]
        loose = [(where, text) for where, text in named if self._is_loose(text, pinned)]
        if loose:
            raise ProblemsError(
                *(
                    (where, f"{text} is a file beside this recipe: pin it under files, with its sha256.")
                    for where, text in loose
                )
            )
        if self.attempts > 1 and self.repeat not in (RepeatClass.PURE, RepeatClass.IDEMPOTENT):
            raise ProblemsError(
                (("attempts",), f'a step with repeat "{self.repeat}" is not tried again by itself; leave it out.')
            )
        return self

    def _is_loose(self, text: str, pinned: set[Path]) -> bool:
        try:
            path = absolute(text, self._folder)
            return path.is_file() and path.is_relative_to(self._folder) and path not in pinned
        except (ValueError, OSError):
            return False  # no path at all

    @property
    def folder(self) -> Path:
        """The recipe's folder, in which the program runs."""
        return self._folder

    @property
    def pinned(self) -> tuple[PinnedFile, ...]:
        """The program's own files, to be looked at again before it runs."""
        return tuple(PinnedFile(part.file, part.sha256) for part in self.files)


RecipeStep = PlainStep | ProbedStep | FixtureStep | CommandStep
"""Any step; ``do`` says which."""
