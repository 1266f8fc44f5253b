"""Reading a settings file: parsed once, every problem told at once, then frozen and hashed."""

import json
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from station.domain.ids import Sha256
from station.host.files import read_bytes, sha256_of
from station.settings.explain import Problem, explain, format_place
from station.settings.faults import FILE_REFUSED, NOT_TOML
from station.settings.fields import Place, Section, Where
from station.settings.fixture import Fixture, spread_defaults
from station.settings.recipe import Recipe, order_problems
from station.settings.station import StationSettings

_LIMIT = 1024 * 1024

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


def load_station(path: Path) -> Loaded[StationSettings]:
    """Return the station file; raises SET-101, SET-102 or HOST-101. Looks only; safe to repeat."""
    path = path.resolve()
    data, written = _read(path)
    return _load(StationSettings, path, data, written, Place(path.parent))


def load_recipe(path: Path) -> Loaded[Recipe]:
    """Return a recipe whose pinned files were all there and right. Raises as :func:`load_station`."""
    path = path.resolve()
    data, written = _read(path)
    return _load(Recipe, path, data, written, Place(path.parent), further=order_problems)


def load_fixture(path: Path, *, data: Path) -> Loaded[Fixture]:
    """Return a fixture whose relative device paths lie in ``data``. Raises as :func:`load_station`."""
    path = path.resolve()
    content, raw = _read(path)
    written, origin = spread_defaults(raw)
    return _load(Fixture, path, content, written, Place(path.parent, data.absolute()), origin=origin)


def _read(path: Path) -> tuple[bytes, Written]:
    data = read_bytes(path, _LIMIT)
    try:
        return data, tomllib.loads(data.decode("utf-8-sig"))  # Windows editors like to begin with a mark
    except UnicodeDecodeError as error:
        raise NOT_TOML.fault(path=path, reason=f"byte {error.start + 1} is no UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise NOT_TOML.fault(path=path, reason=error) from None


def _load(
    model: type[T],
    path: Path,
    data: bytes,
    written: Written,
    place: Place,
    *,
    further: Callable[[Written], Sequence[Problem]] = lambda _: (),
    origin: Callable[[Where], Where] = lambda where: where,
) -> Loaded[T]:
    # As JSON, because strict pydantic then takes a list for a tuple and text for a path, and still nothing else.
    text = json.dumps(written, default=lambda moment: {"date or time": str(moment)})
    try:
        return Loaded(model.model_validate_json(text, context=place), path, sha256_of(data), written)
    except ValidationError as error:
        problems = [*explain(error, model), *further(written)]
    lines = [f"{path}: {format_place(origin(where))}: {sentence}" for where, sentence in problems]
    # Raised out here and from nothing: pydantic's error still holds the values that are not shown.
    raise FILE_REFUSED.fault(problems="\n".join(dict.fromkeys(lines)))


def _as_record(effective: Any, written: Any) -> object:
    if isinstance(effective, dict):
        below = written if isinstance(written, dict) else {}
        return {key: _as_record(value, below.get(key)) for key, value in effective.items()}
    if isinstance(effective, list):
        items = written if isinstance(written, list) and len(written) == len(effective) else [None] * len(effective)
        return [_as_record(value, item) for value, item in zip(effective, items, strict=True)]
    chosen = written if isinstance(written, str) and isinstance(effective, str) else effective
    return repr(chosen) if isinstance(chosen, float) else chosen
