"""base64url has exactly one spelling for every string of bytes."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.credentials import base64url


@given(st.binary(max_size=200))
def test_every_string_of_bytes_survives_and_agrees_with_the_library(data: bytes) -> None:
    text = base64url.encode(data)
    assert "=" not in text
    assert base64.urlsafe_b64decode(text + "==") == data
    assert base64url.decode(text) == data


@given(st.text(alphabet="ABab01-_+/= \n\x00é", max_size=24))
def test_what_decodes_encodes_back_to_the_same_text(text: str) -> None:
    try:
        data = base64url.decode(text)
    except ValueError:
        return
    assert base64url.encode(data) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("AAA=", "outside"),
        ("AA+A", "outside"),
        ("AA/A", "outside"),
        ("AA A", "outside"),
        ("AAAA\n", "outside"),
        ("ＡＡＡＡ", "outside"),
        ("AAAAA", "length"),
        ("AB", "stray bits"),
        ("AAB", "stray bits"),
    ],
)
def test_other_spellings_are_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        base64url.decode(text)
