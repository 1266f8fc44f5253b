"""Reading a settings file: parsed once, every problem told at once, then frozen and hashed. And the station file.

Recipes and fixtures are read by :mod:`station.settings.loading`: their forms are most of what settings take to load,
and a window is on the screen without them.
"""

import json
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.host.files import read_bytes, sha256_of
from station.settings.explain import Problem, explain, format_place
from station.settings.faults import FILE_REFUSED, NOT_TOML
from station.settings.fields import MOMENT, Place, Section, Where
from station.settings.station import StationSettings
from station.settings.syntax import explain_syntax

_LIMIT = 1024 * 1024
_DEEPEST = 20

T = TypeVar("T", bound=Section)
Written = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """A settings file as it was when it was read.

    ``sha256`` is that of the file's bytes, as ``sha256sum`` shows it. It covers every pinned file too: their hashes
    stand in those bytes and were checked.
    """

    value: T
    path: Path
    sha256: Sha256
    written: Written

    def context(self) -> dict[str, object]:
        """Return the file for the journal: JSON values without floats (they become text), defaults filled in.

        Paths stay as they were written, so that the same file gives the same context on every PC. Pure.
        """
        effective = self.value.model_dump(mode="json", by_alias=True)
        return {"file": self.path.name, "sha256": self.sha256, "content": _as_record(effective, self.written)}


def load_station(path: Path, content: bytes | None = None) -> Loaded[StationSettings]:
    """Return the station file; raises SET-101, SET-102 or HOST-101. Looks only; safe to repeat.

    ``content``: judge this as if it stood at ``path`` already.
    """
    path = path.resolve()
    data, written = read_toml(path, content)
    return judge(StationSettings, path, data, written, Place(path.parent))


def read_toml(path: Path, content: bytes | None) -> tuple[bytes, Written]:
    """Return the bytes of the file, or ``content`` in their place, and what they say; raises SET-101 or HOST-101."""
    if path.exists() and not path.is_file():
        raise NOT_TOML.fault(path=path, reason="that is no regular file")  # a pipe would be waited for, for ever
    data = read_bytes(path, _LIMIT) if content is None else content
    try:
        text = data.decode("utf-8-sig")  # Windows editors like to begin with a mark
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"line {line}, byte {error.start + 1} is no UTF-8. Save the file as UTF-8"
        raise NOT_TOML.fault(path=path, reason=reason) from None
    try:
        written = tomllib.loads(text)
    except RecursionError:
        raise _too_deep(path) from None
    except ValueError as error:  # tomllib's own, or that of a number with thousands of digits
        raise NOT_TOML.fault(path=path, reason=explain_syntax(error, text)) from None
    level: list[Any] = [written]
    for _ in range(_DEEPEST):
        inside = [item for one in level for item in (one.values() if isinstance(one, dict) else one)]
        level = [item for item in inside if isinstance(item, dict | list)]
    if level:
        raise _too_deep(path)
    return data, written


def _too_deep(path: Path) -> Fault:
    return NOT_TOML.fault(path=path, reason="its lists or tables lie too deep in each other. Write it simpler")


def judge(
    model: type[T],
    path: Path,
    data: bytes,
    written: Written,
    place: Place,
    *,
    found: Sequence[Problem] = (),
    further: Callable[[Written], Sequence[Problem]] = lambda _: (),
    name: Callable[[Where], str] = format_place,
) -> Loaded[T]:
    """Return the file's content; raises SET-102 with all that is wrong.

    ``found`` is wrong with it in any case, ``further`` is asked where more is. Pure but for the files that it names.
    """
    # As JSON, because strict pydantic then takes a list for a tuple and text for a path, and still nothing else.
    text = json.dumps(written, default=lambda moment: {MOMENT: str(moment)})
    problems = list(found)
    try:
        value = model.model_validate_json(text, context=place)
    except ValidationError as error:
        problems += [*_without_moments(explain(error, model), written), *further(written)]
    if not problems:
        return Loaded(value, path, sha256_of(data), written)
    lines = [f"{path}: {name(where)}: {sentence}" for where, sentence in problems]
    # Raised out here and from nothing: pydantic's error still holds the values that are not shown.
    raise FILE_REFUSED.fault(problems="\n".join(dict.fromkeys(lines)))


def _without_moments(problems: Sequence[Problem], written: Written) -> list[Problem]:
    """Return the problems; where a date or a time stands for a table, that alone is told of it."""
    told = []
    for where, sentence in problems:
        value: Any = written
        for depth, part in enumerate(where):
            value = value.get(part) if isinstance(value, dict) else None
            if isinstance(value, date | time) and depth + 1 < len(where):
                told.append((where[: depth + 1], f"the date or time {value} is not right; it must be a table."))
                break
        else:
            told.append((where, sentence))
    return told


def _as_record(effective: Any, written: Any) -> object:
    if isinstance(effective, dict):
        below = written if isinstance(written, dict) else {}
        return {key: _as_record(value, below.get(key)) for key, value in effective.items()}
    if isinstance(effective, list):
        items = written if isinstance(written, list) and len(written) == len(effective) else [None] * len(effective)
        return [_as_record(value, item) for value, item in zip(effective, items, strict=True)]
    chosen = written if isinstance(written, str) and isinstance(effective, str) else effective
    return repr(chosen) if isinstance(chosen, float) else chosen
