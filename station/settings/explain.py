"""What pydantic found, in sentences: key, what is wrong, what would be right; never a value that may be secret."""

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from station.host.redaction import hide_shapes, is_secret_key
from station.settings.fields import MOMENT, ProblemsError, Where

Problem = tuple[Where, str]

_LONGEST_SHOWN = 40


def explain(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Return every problem as its place and a sentence. Pure."""
    found = error.errors(include_url=False)
    # A list whose items are wrong counts as too short as well: only the items are worth telling.
    inside = {one["loc"][:depth] for one in found for depth in range(len(one["loc"]))}
    wanted = [one for one in found if one["type"] != "too_short" or one["loc"] not in inside]
    return [(where, text.rstrip(".") + ".") for one in wanted for where, text in _problems(one, model)]


def format_place(where: Where) -> str:
    """Return a place as the file's reader looks for it: ``steps[3].image``. Items are counted from 0. Pure."""
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the file"


def ordinal(number: int) -> str:
    """Return a place in a row as people say it: 1st, 2nd, 11th. Pure."""
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def fields_by_key(section: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return a section's fields under the keys they have in a file. Pure."""
    return {field.alias or name: field for name, field in section.model_fields.items()}


def sections_in(annotation: object) -> list[type[BaseModel]]:
    """Return the sections that a field's type is made of. Pure."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [section for part in get_args(annotation) for section in sections_in(part)]


def _problems(one: ErrorDetails, model: type[BaseModel]) -> Iterator[Problem]:
    where, sections, field = _locate(model, one["loc"])
    raised = one.get("ctx", {}).get("error")
    match one["type"]:
        case "value_error" if isinstance(raised, ProblemsError):
            for place, text in raised.found:
                yield (*where, *place), text
        case "value_error":
            yield where, str(raised)
        case "extra_forbidden":
            key = one["loc"][-1]  # whatever it is called: it may look like one of pydantic's own marks
            yield where if where[-1:] == (key,) else (*where, key), _unknown_key(str(key), sections)
        case "missing":
            yield where, f"missing; it must be {_wanted(field)}."
        case "union_tag_not_found" | "union_tag_invalid":
            yield _wrong_kind(one, where, sections)
        case _:
            yield where, f"{_shown(where, one['input'])} is not right; it must be {_wanted(field)}."


def _locate(model: type[BaseModel], loc: Where) -> tuple[Where, list[type[BaseModel]], FieldInfo | None]:
    """Return the place without pydantic's own additions, the sections it lies in, and the field it ends at."""
    where: list[str | int] = []
    around: list[type[BaseModel]] = [model]
    inside: list[type[BaseModel]] = [model]
    field: FieldInfo | None = None
    for part in loc:
        if part == "[key]":  # pydantic's mark for the key of a mapping
            continue
        if isinstance(part, str):
            holders = [section for section in inside if part in fields_by_key(section)]
            tagged = [section for section in inside if part in _tags(section)]
            if tagged and not holders:  # which member of a union it was, no key of the file
                inside = tagged
                continue
            around = inside
            if holders:
                field = fields_by_key(holders[0])[part]
                inside = sections_in(field.annotation)
        where.append(part)
    return tuple(where), around, field


def _tags(section: type[BaseModel]) -> set[str]:
    return {
        str(value)
        for field in section.model_fields.values()
        if get_origin(field.annotation) is Literal
        for value in get_args(field.annotation)
    }


def _unknown_key(key: str, sections: list[type[BaseModel]]) -> str:
    allowed = sorted({name for section in sections for name in fields_by_key(section)})
    near = difflib.get_close_matches(key, allowed, n=1, cutoff=0.6)
    guess = f'; did you mean "{near[0]}"?' if near else "."
    warning = " A secret never belongs into this file." if is_secret_key(key) and not near else ""
    return f"no such key{guess}{warning} Allowed: {', '.join(allowed)}."


def _wrong_kind(one: ErrorDetails, where: Where, sections: list[type[BaseModel]]) -> Problem:
    context = one.get("ctx", {})
    key = str(context.get("discriminator", "")).strip("'")
    inner = _inner_sections(where, sections)
    tags = sorted({tag for section in inner for tag in _tags_of(section, key)})
    if one["type"] == "union_tag_not_found":
        return (*where, key), f"missing; it must be one of {', '.join(tags)}."
    given = str(context.get("tag", ""))
    near = difflib.get_close_matches(given, tags, n=1, cutoff=0.5)
    guess = f' Did you mean "{near[0]}"?' if near else ""
    return (*where, key), f"{_shown((key,), given)} is not right.{guess} Allowed: {', '.join(tags)}."


def _inner_sections(where: Where, sections: list[type[BaseModel]]) -> list[type[BaseModel]]:
    keys = [part for part in where if isinstance(part, str)]
    fields = [fields_by_key(section).get(keys[-1]) for section in sections]
    return [inner for field in fields if field for inner in sections_in(field.annotation)]


def _tags_of(section: type[BaseModel], key: str) -> set[str]:
    field = fields_by_key(section).get(key)
    return {str(value) for value in get_args(field.annotation)} if field else set()


def _wanted(field: FieldInfo | None) -> str:
    return (field.description if field else None) or "something else"


def _shown(where: Where, value: Any) -> str:
    """Return a value as the file has it, or only its kind where it could be secret or is long."""
    if isinstance(value, dict):
        return f"the date or time {value[MOMENT]}" if list(value) == [MOMENT] else "a table"
    if isinstance(value, list):
        return "a list"
    secret_name = any(is_secret_key(part) for part in where if isinstance(part, str))
    if secret_name or (isinstance(value, str) and _may_be_secret(value)):
        return "what stands there"
    return json.dumps(value, ensure_ascii=False)


def _may_be_secret(text: str) -> bool:
    dense = re.fullmatch(r"[A-Za-z0-9+/=_.~-]{20,}", text) and re.search(r"\d", text) and re.search(r"[A-Za-z]", text)
    return len(text) > _LONGEST_SHOWN or bool(dense) or hide_shapes(text) != text
