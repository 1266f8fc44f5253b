"""The error file of a failed bulk operation, in both formats; anything else is None, and None is never a success.

Nordic's own reader drops what it can't read and calls those devices OK; here one unreadable item spoils the file
(nrf-cloud-api reference section 1.3).
"""

import re
from collections.abc import Mapping

from station.cloud.jsontext import read_json
from station.cloud.words import quote

NO_REASON = "the cloud gave no reason"

_NEW_ITEM = re.compile(r"\[([0-9]{1,6})\]:(.*)", re.DOTALL)
_OLD_MARK = "(1-based)]: "
_OLD_COUNT = re.compile(r"(?:^|\s)([0-9]{1,6})(?=\s)")


def read_errors(data: bytes, rows: int) -> Mapping[int, str] | None:
    """Return the reason for each failed row (counted from 0) of a body of ``rows`` rows, or None.

    None for whatever is not wholly understood: another format, an item without a row, a row the body does not have,
    a count that does not fit, or a list that names no row at all. Pure.
    """
    value = read_json(data)
    if isinstance(value, dict) and list(value) == ["errors"] and isinstance(value["errors"], list):
        named = _read_new(value["errors"])
    else:
        named = _read_old(value)
    if not named or not all(0 <= row < rows for row, _ in named):
        return None
    reasons: dict[int, str] = {}
    for row, reason in named:
        reasons[row] = f"{reasons[row]}; {reason}" if row in reasons else reason
    return reasons


def _read_new(items: list[object]) -> list[tuple[int, str]] | None:
    """``["[0]: message", "[3]: message"]``, rows counted from 0 (since December 2025)."""
    named = []
    for item in items:
        match = _NEW_ITEM.fullmatch(item) if isinstance(item, str) else None
        if match is None:
            return None
        named.append((int(match[1]), quote(match[2]) or NO_REASON))
    return named


def _read_old(value: object) -> list[tuple[int, str]] | None:
    r"""A sentence with the number of errors, then ``... (1-based)]: {"message":[1,4]}.`` (2021 to 2025).

    The file is that one string, alone or as an object's only value; inside it the object's quotes are escaped.
    """
    if isinstance(value, dict) and len(value) == 1:
        (value,) = value.values()
    if not isinstance(value, str):
        return None
    sentence, mark, rest = value.partition(_OLD_MARK)
    count = _OLD_COUNT.search(sentence)
    rest = rest.rstrip()
    if not mark or count is None or not rest.endswith("."):
        return None
    messages = read_json(rest[:-1].encode("utf-8", "surrogatepass"))
    if not isinstance(messages, dict):
        return None
    named = []
    for message, numbers in messages.items():
        if not isinstance(numbers, list) or not numbers:
            return None
        for number in numbers:
            if type(number) is not int:  # a bool is an int to isinstance
                return None
            named.append((number - 1, quote(message) or NO_REASON))
    # Nordic's reader takes the first number for the count of errors. Whether that counts rows or messages is not
    # documented, so either may fit; neither means that something was left out.
    return named if int(count[1]) in (len(named), len(messages)) else None
