"""Numbers in the record: the verifier reads what the journal writes, in its one form and in no other."""

import struct
from math import isfinite

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from station.evidence.forms import Broken, read_json

FLOATS = st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0])


@given(st.one_of(FLOATS, st.floats(-1e6, 1e6)).filter(isfinite))
def test_a_measured_value_is_read_as_it_was_written(value: float) -> None:
    assert read_json(rfc8785.dumps({"value": value}), "here") == {"value": value}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (24.5, "24.5"),
        (1e-7, "1e-7"),
        (1e21, "1e+21"),
        (-1.25e-9, "-1.25e-9"),
        (123456789012345680.0, "123456789012345680"),
    ],
)
def test_the_form_is_that_of_rfc_8785(value: float, text: str) -> None:
    assert rfc8785.dumps({"value": value}) == f'{{"value":{text}}}'.encode()
    assert read_json(f'{{"value":{text}}}'.encode(), "here") == {"value": value}


@pytest.mark.parametrize(
    "text", ["24.50", "2.45e1", "24.0", "1E-7", "1e-07", "-0.0", "1e999", "NaN", "Infinity", "0.10"]
)
def test_another_form_of_the_same_number_is_refused(text: str) -> None:
    with pytest.raises(Broken):
        read_json(f'{{"value":{text}}}'.encode(), "here")
