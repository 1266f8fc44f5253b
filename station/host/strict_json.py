"""JSON from outside: read strictly, in bounded depth, or refused."""

import json
import re
from math import isfinite
from typing import Final

_DEEPEST: Final = 200
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
"""A whole string, with whatever stands in it, or a bracket."""


def read_strict_json(data: bytes, *, finite: bool = True) -> object:
    """Return the value of a JSON text in UTF-8; ``ValueError`` for anything that is none.

    No name twice in an object (the second would hide the first), no NaN, no Infinity and no number that becomes one,
    no nesting deeper than 200. Not ``finite``: a number too large is taken for the infinity that it is for Python.
    Pure; time and memory are bounded by ``data``.
    """
    _require_shallow(data)
    value: object = json.loads(
        data.decode("utf-8"),
        object_pairs_hook=_object,
        parse_float=_finite if finite else float,
        parse_constant=_refuse,
    )
    return value


def _require_shallow(data: bytes) -> None:
    # The library goes down to Python's own limit, and there whatever happens to run (a finalizer, say) fails too.
    depth = 0
    for token in _TOKEN.finditer(data):
        if token[0] in (b"[", b"{"):
            depth += 1
            if depth > _DEEPEST:
                raise ValueError(f"nested deeper than {_DEEPEST}")
        elif token[0] in (b"]", b"}"):
            depth -= 1


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name comes twice")
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text[:40]} is too large")
    return value


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")
