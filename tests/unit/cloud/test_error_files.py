"""The error file of a failed bulk operation: both formats are read, and nothing else ever is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.cloud.errors import NO_REASON, read_errors
from station.simulator.cloud_world import ErrorFormat, write_errors

# As Nordic's client of 2021 to 2025 had to take it apart (its markers: '(1-based)]: ' and '."}').
OLD = (
    rb'{"message":"Encountered 2 errors while processing 5 rows. Errors [message, row indices (1-based)]: '
    rb"{\"The device certificate is already registered and attached to a different device.\":[3],"
    rb'\"Thing 50503642 already exists in account with different attributes\":[4]}."}'
)
NEW = (
    b'{"errors":["[2]: The device certificate is already registered and attached to a different device.",'
    b'"[3]: Thing 50503642 already exists in account with different attributes"]}'
)
EXPECTED = {
    2: "The device certificate is already registered and attached to a different device.",
    3: "Thing 50503642 already exists in account with different attributes",
}


@pytest.mark.parametrize("text", [OLD, NEW, json.dumps(json.loads(OLD)["message"]).encode()])
def test_both_formats_name_the_same_rows(text: bytes) -> None:
    assert read_errors(text, 5) == EXPECTED


def test_old_numbers_may_count_rows_or_messages() -> None:
    rows = json.dumps({"e": 'There were 3 errors (1-based)]: {"bad":[1,2,5]}.'}).encode()
    messages = rows.replace(b"3 errors", b"1 errors")
    assert read_errors(rows, 5) == read_errors(messages, 5) == {0: "bad", 1: "bad", 4: "bad"}


def test_row_named_twice_keeps_both_reasons() -> None:
    assert read_errors(b'{"errors":["[0]: first","[0]: second"]}', 1) == {0: "first; second"}


def test_row_without_reason_is_still_refused() -> None:
    assert read_errors(b'{"errors":["[0]:"]}', 1) == {0: NO_REASON}


def test_reason_is_fit_for_file_and_screen() -> None:
    reasons = read_errors(b'{"errors":["[0]: a\\u0000\\r\\n\\ud800b' + b"x" * 5000 + b'"]}', 1)
    assert reasons is not None
    assert reasons[0].startswith("a bxxx")
    assert len(reasons[0]) == 300
    reasons[0].encode("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"<html></html>",
        b'{"errors":[]}',
        b'{"errors":{}}',
        b'{"errors":null}',
        b'{"errors":["[0]: bad"],"more":1}',  # what it adds may be more errors
        b'{"errors":["[0]: bad","something else went wrong"]}',  # Nordic's reader drops the second and says OK
        b'{"errors":["[0]: bad",{"row":1}]}',
        b'{"errors":["[5]: bad"]}',  # the body has no such row
        b'{"errors":["[-1]: bad"]}',
        b'{"errors":["[0x1]: bad"]}',
        b'{"errors":["[\xd9\xa1]: bad"]}',  # an Arabic digit, which int() would take
        b'{"errors":["[99999999999999999999]: bad"]}',
        b'{"errors":["[0]: bad"],"errors":["[1]: bad"]}',  # the first would be hidden
        NEW[:-1],
        OLD[:-3],
        OLD.replace(b"2 errors", b"3 errors"),  # one was left out
        OLD.replace(b"2 errors", b"some errors").replace(b"5 rows", b"the rows"),
        OLD.replace(b"[4]", b"[0]"),  # rows are counted from 1
        OLD.replace(b"[4]", b"[6]"),
        OLD.replace(b"[4]", b"[]"),
        OLD.replace(b"[4]", b"4"),
        OLD.replace(b"[4]", b"[true]"),
        OLD.replace(b"[4]", b'[\\"4\\"]'),
        OLD.replace(b"(1-based)", b"(0-based)"),
        OLD.replace(b"[4]}.", b"[4]}. And more."),
        OLD.replace(b'"message":', b'"code":1,"message":'),
        b"[" * 100_000,
        b'{"errors":["[0]: ' + b"9" * 5000 + b'"],"x":' + b"9" * 5000 + b"}",
    ],
)
def test_anything_else_is_unreadable(text: bytes) -> None:
    assert read_errors(text, 5) is None


@given(st.binary(max_size=300), st.integers(1, 1000))
def test_bytes_of_no_format_are_unreadable_and_never_raise(text: bytes, rows: int) -> None:
    assert read_errors(text, rows) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=30),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    ),
    st.sampled_from(["errors", "error", "message", ""]),
)
def test_json_of_any_shape_never_raises_and_never_names_a_row_that_is_not_there(value: object, name: str) -> None:
    reasons = read_errors(json.dumps({name: value}).encode(), 3)
    assert reasons is None or (reasons and set(reasons) <= {0, 1, 2})


@given(
    st.dictionaries(
        st.integers(0, 999), st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)
    ).filter(bool),
    st.sampled_from(["new", "old"]),
)
def test_what_a_cloud_writes_is_read_back(errors: dict[int, str], form: ErrorFormat) -> None:
    assert read_errors(write_errors(errors, form).encode(), 1000) == errors


@given(st.data())
def test_cutting_a_file_anywhere_makes_it_unreadable(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([OLD, NEW]))
    assert read_errors(text[: data.draw(st.integers(0, len(text) - 1))], 5) is None
