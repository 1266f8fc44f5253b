"""How long and how large what a face sends may be: what reaches the journal stays there for good."""

from typing import Annotated, Final

from pydantic import Field, PlainSerializer, PlainValidator
from pydantic_core import PydanticCustomError

from station.domain.ids import BatchId, SlotNumber, UnitId
from station.domain.secret import Secret

MOST_UNITS: Final = 1_000_000
_LARGEST: Final = 2**63 - 1

BEYOND: Final = frozenset({"string_too_long", "too_long", "greater_than_equal", "less_than_equal"})
"""Pydantic's names for what is of the right kind and too much of it."""


def _typed(value: object) -> Secret:
    secret = value if isinstance(value, Secret) else Secret(str(value))
    if len(secret.reveal()) > 1000:
        raise PydanticCustomError("string_too_long", "too long", {"max_length": 1000})
    return secret


Typed = Annotated[Secret, PlainValidator(_typed), PlainSerializer(lambda value: value.reveal(), return_type=str)]
"""What somebody typed and nobody may see: a secret in both processes, plain only on the private socket between them."""

Name = Annotated[str, Field(max_length=100)]
"""A name, a word or an identifier."""

Label = Annotated[str, Field(max_length=500)]
"""What a scanner read, or a range of that."""

Reason = Annotated[str, Field(max_length=500)]
PathText = Annotated[str, Field(max_length=4096)]
FileName = Annotated[str, Field(max_length=120)]
"""``recipe:`` and a product."""
FileText = Annotated[str, Field(max_length=1024 * 1024)]
"""A settings file as a whole: no longer than one may be that is read."""

Batch = Annotated[BatchId, Field(max_length=100)]
Slot = Annotated[SlotNumber, Field(ge=0, le=100_000)]
Unit = Annotated[UnitId, Field(ge=0, le=_LARGEST)]
Quantity = Annotated[int, Field(ge=-1, le=MOST_UNITS)]
"""At least one unit; what is less is told in words of its own (ENG-129)."""

Names = Annotated[tuple[Name, ...], Field(max_length=100)]
Units = Annotated[tuple[Unit, ...], Field(max_length=10_000)]
UnitNames = Annotated[tuple[Name, ...], Field(max_length=10_000)]
