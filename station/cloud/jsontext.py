"""JSON from a stranger: read strictly or not at all."""

import json


def read_json(data: bytes) -> object | None:
    """Return the value of a JSON text in UTF-8, or None where it is none.

    Strict: no name twice in an object (the second would hide the first), no NaN or Infinity. Bounded by ``data``:
    deep nesting and endless numbers end as None. A JSON ``null`` is None too; no answer of a cloud is one. Pure.
    """
    try:
        value: object = json.loads(data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name comes twice")
    return value


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")
