"""The labels of a work order: how a range is spelled, what is in it, and what a batch is held to."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.faults import Fault
from station.domain.ids import BatchId
from station.line.serials import SerialRange, settle_serials
from station.settings.loading import load_recipe
from station.settings.recipe import DeviceIdRule, Recipe

ANY = DeviceIdRule(scheme="uuid", pattern=".+")
ROOT = Path(__file__).resolve().parents[3]


def read(text: str, rule: DeviceIdRule = ANY) -> SerialRange:
    return SerialRange.read(text, rule, "tracker")


@given(
    beginning=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20).filter(
        lambda text: not text[-1:].isdigit()
    ),
    digits=st.integers(1, 9),
    ends=st.tuples(st.integers(0), st.integers(0)),
    other=st.integers(0),
)
def test_a_range_holds_its_numbers_and_no_others(
    beginning: str, digits: int, ends: tuple[int, int], other: int
) -> None:
    first, last = sorted(end % 10**digits for end in ends)
    text = f"{beginning}{first:0{digits}}..{beginning}{last:0{digits}}"
    serials = read(text)
    assert str(serials) == text
    assert len(serials) == last - first + 1
    number = other % 10**digits
    assert (f"{beginning}{number:0{digits}}" in serials) == (first <= number <= last)
    for label in (f"{beginning}{first:0{digits + 1}}", f"{beginning}{first:0{digits}}x", f"x{beginning}{first}", ""):
        assert label not in serials
    assert f"{beginning}{first:0{digits}}\n" not in serials
    assert f"{beginning}{'٣' * digits}" not in serials, "digits of another script"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "two labels of one length"),
        ("..", "two labels of one length"),
        ("TRK-1", "two labels of one length"),
        ("TRK-1..", "two labels of one length"),
        ("TRK-1..TRK-10", "two labels of one length"),
        ("TRK-01-TRK-10", "two labels of one length"),
        ("TRK-01...TRK-10", "two labels of one length"),
        ("TRK-01..TRX-10", "only in the decimal number"),
        ("TRK-0A..TRK-0B", "only in the decimal number"),
        ("TRK-0A..TRK-01", "only in the decimal number"),
        ("TRK-10..TRK-01", "comes behind"),
        ("TR 01..TR 10", "TR 01 is no label"),
    ],
)
def test_another_spelling_is_told_what_would_be_right(text: str, why: str) -> None:
    with pytest.raises(Fault) as refused:
        read(text)
    assert refused.value.code == "LINE-183"
    assert why in refused.value.sentence
    assert "TRK-0001..TRK-0250" in refused.value.sentence


def test_both_ends_are_labels_of_the_product() -> None:
    rule = DeviceIdRule(scheme="serial", pattern="TRK-[0-9]{4}")
    assert len(read("TRK-0001..TRK-0250", rule)) == 250
    with pytest.raises(Fault, match="TRX-0001 is no label"):
        read("TRX-0001..TRX-0250", rule)
    with pytest.raises(Fault) as unscanned:
        read("TRK-0001..TRK-0250", DeviceIdRule(scheme="uuid"))
    assert unscanned.value.code == "LINE-184"


def test_labels_with_dots_are_parted_in_the_middle() -> None:
    serials = read("A..1..A..9")
    assert (len(serials), str(serials)) == (9, "A..1..A..9")
    assert "A..5" in serials


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return load_recipe(ROOT / "config" / "recipes" / "tracker.toml").value.model_copy(update={"device_id": ANY})


@pytest.mark.parametrize(
    ("text", "quantity", "before", "expected"),
    [
        ("", 5, None, None),
        ("", 5, "", None),
        ("B1..B5", 5, None, "B1..B5"),
        (" B1..B5 ", 5, "B1..B5", "B1..B5"),
        ("", 5, "B1..B5", "B1..B5"),
        ("B1..B4", 5, None, "LINE-185"),
        ("", 6, "B1..B5", "LINE-185"),
        ("B1..B6", 5, "B1..B5", "LINE-186"),
        ("B1..B5", 5, "", "LINE-186"),
        ("B1-B5", 5, "B1..B5", "LINE-183"),
    ],
)
def test_a_batch_keeps_the_range_that_it_was_begun_with(
    recipe: Recipe, text: str, quantity: int, before: str | None, expected: str | None
) -> None:
    try:
        settled = settle_serials(text, recipe, BatchId("WO-1"), quantity, before)
    except Fault as fault:
        found: str | None = fault.code
    else:
        found = None if settled is None else str(settled)
    assert found == expected
