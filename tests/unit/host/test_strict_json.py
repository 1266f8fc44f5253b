"""JSON from outside: what is read, and what is refused before anything can go wrong."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.host.strict_json import read_strict_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(VALUES, st.booleans())
def test_whatever_is_json_is_read(value: object, ascii_only: bool) -> None:
    assert read_strict_json(json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")) == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a": 1, "a": 2}',
        b"[NaN]",
        b"[-Infinity]",
        b"[1e999]",
        b"\xff",
        b"1" * 5000,
        b'"never ends',
        b"[1] 2",
        b"[" * 201 + b"]" * 201,
        b'{"a":' * 100_000,
    ],
)
def test_what_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_strict_json(data)


def test_brackets_in_text_are_no_nesting_and_two_hundred_levels_are_read() -> None:
    assert read_strict_json(b'["' + b"[{" * 5000 + b'\\"["]') == ["[{" * 5000 + '"[']
    assert read_strict_json(b"[" * 200 + b"]" * 200)


def test_the_depth_is_refused_far_from_pythons_own_limit() -> None:
    def from_below(frames: int) -> object:
        return read_strict_json(b"[" * 300) if frames == 0 else from_below(frames - 1)

    with pytest.raises(ValueError, match="nested deeper"):
        from_below(sys.getrecursionlimit() // 2)
