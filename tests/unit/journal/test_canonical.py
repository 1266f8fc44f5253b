"""The journal's own bytes: whichever encoder wrote them, they are the reference library's."""

from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from station.domain.line import Outcome
from station.journal.codec import canonical

_NUMBERS = st.integers(-(2**54), 2**54) | st.sampled_from([2**53 - 1, 2**53, -(2**53) + 1, -(2**53)]) | st.floats()
_TEXTS = st.text() | st.text(st.characters(categories=["Cc", "Cs", "Co", "So", "Nd"])) | st.sampled_from(Outcome)
_KEYS = st.text() | st.text("\ufb33\U0001f602\u20ac\x80a1\r") | st.integers() | st.none()
_VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=10,
)


def written_by(encoder: object, value: object) -> bytes | str:
    """Return what it wrote, or that it refused."""
    try:
        return encoder(value)  # type: ignore[operator, no-any-return]
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        return "refused"


@given(st.dictionaries(_KEYS, _VALUES, max_size=5))
def test_what_is_written_or_refused_is_as_with_the_reference_library(value: dict[str, object]) -> None:
    assert written_by(canonical, value) == written_by(rfc8785.dumps, value)


def test_what_is_nested_as_deep_as_the_reference_library_gets_is_written_too() -> None:
    value = dict[str, Any]()
    for _ in range(480):
        value = {"a": value}
    assert canonical(value) == rfc8785.dumps(value)
