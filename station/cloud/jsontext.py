"""JSON from a stranger: read strictly or not at all."""

from station.host.strict_json import read_strict_json


def read_json(data: bytes) -> object | None:
    """Return the value of a JSON text in UTF-8, or None where it is none; strict, as :func:`read_strict_json`.

    A JSON ``null`` is None too; no answer of a cloud is one. Pure.
    """
    try:
        return read_strict_json(data)
    except ValueError:
        return None
