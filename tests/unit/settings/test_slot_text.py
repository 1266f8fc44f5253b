"""One slot changed in a fixture file: that slot alone, and every other byte as the person wrote it."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.domain.faults import Fault
from station.settings.slot_text import change_slot, plan_slot, written_slot

ROOT = Path(__file__).parents[3]
PATH = Path("fixture.toml")
EXAMPLES = [ROOT / "fixtures" / name / "fixture.toml" for name in ("example-8-slot", "example-jlink", "simulated")]

TEXT = """\
# our jig
schema = 1
name = "jig"

[defaults]
programmer = "nrfutil"
port = "vcom0"   # the probe's own
presence = "scan"

[[slots]]
number = 1  # left
probe = "000000000001"  # sticker: A7

[[slots]]
  number = 2
  probe = '000000000002'
  port = "usb-x-if00" # a bridge
  [slots.power]
  on = ["relay", "on"]
  off = ["relay", "off"]
  timeout_s = 5

[[slots]]
number = 3
probe = "000000000003"
"""


def test_a_value_is_replaced_and_its_comment_stays() -> None:
    changed = change_slot(TEXT, 1, {"probe": "000960012345"}, PATH)
    assert changed == TEXT.replace('"000000000001"', '"000960012345"')


def test_a_key_that_was_not_there_comes_behind_the_number() -> None:
    changed = change_slot(TEXT, 3, {"port": "usb-y-if00"}, PATH)
    assert changed == TEXT.replace("number = 3\n", 'number = 3\nport = "usb-y-if00"\n')


def test_a_key_is_taken_out_with_its_line_and_nothing_else() -> None:
    changed = change_slot(TEXT, 2, {"port": None, "probe": "7"}, PATH)
    assert changed == TEXT.replace('  port = "usb-x-if00" # a bridge\n', "").replace("'000000000002'", '"7"')


def test_windows_line_ends_stay() -> None:
    text = TEXT.replace("\n", "\r\n")
    changed = change_slot(text, 3, {"probe": "9"}, PATH)
    assert changed == text.replace('"000000000003"', '"9"')


@pytest.mark.parametrize(
    "text",
    [
        'slots = [{ number = 1, port = "a" }]\n',
        '[[slots]]\nnumber = 1\nport = """\na"""\n',
        '[[slots]]\nnumber = 2\nport = "a"\n',
        "[[slots]\n",
        "[[slots]]\nnumber = 1\n[[slots]]\nnumber = 1\n",
    ],
)
def test_what_is_written_otherwise_is_left_to_people(text: str) -> None:
    with pytest.raises(Fault) as raised:
        change_slot(text, 1, {"port": "COM7"}, PATH)
    assert raised.value.code == "SET-105"
    assert 'port = "COM7"' in raised.value.sentence


@settings(deadline=None)  # it reads files, on a PC that others use too
@given(
    slot=st.integers(1, 8),
    port=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=30),
    example=st.sampled_from(EXAMPLES),
)
def test_in_every_example_only_that_slots_line_changes(slot: int, port: str, example: Path) -> None:
    text = example.read_text(encoding="utf-8")
    if "\x7f" in port:  # the one character that JSON writes as it is and TOML does not take
        with pytest.raises(Fault):
            change_slot(text, slot, {"port": port}, PATH)
        return
    changed = change_slot(text, slot, {"port": port}, PATH)
    before, after = tomllib.loads(text), tomllib.loads(changed)
    assert written_slot(after, slot)["port"] == port
    assert [one for one in after["slots"] if one["number"] != slot] == [
        one for one in before["slots"] if one["number"] != slot
    ]
    kept = [line for line in text.splitlines() if line in changed.splitlines()]
    assert len(text.splitlines()) - len(kept) <= 1


def test_a_probe_is_planned_where_the_programmer_drives_one() -> None:
    written = tomllib.loads(TEXT)
    assert plan_slot(written, 1, "vcom0", "000960012345") == {"probe": "000960012345"}
    assert plan_slot(written, 1, "vcom1", "000960012345") == {"probe": "000960012345", "port": "vcom1"}
    assert plan_slot(written, 2, "vcom0", "000960012345") == {"probe": "000960012345", "port": None}


def test_where_boards_come_flashed_the_port_alone_is_planned() -> None:
    written = tomllib.loads('[defaults]\nprogrammer = "none"\n[[slots]]\nnumber = 1\nport = "COM3"\n')
    assert plan_slot(written, 1, "COM7", "000960012345") == {"port": "COM7"}


def test_a_port_that_the_defaults_have_for_every_slot_is_left_to_them() -> None:
    written = tomllib.loads('[defaults]\nport = "bench/slot{slot}"\n[[slots]]\nnumber = 4\nport = "COM3"\n')
    assert plan_slot(written, 4, "bench/slot4", "") == {"port": None}
