"""What hangs on a slot is joined as the fixture says, and no program of the factory sees the station's secrets."""

import json
import sys

import pytest

from station.outfit import equip_slot
from tests.line.harness import Line


def test_the_power_switch_of_a_slot_does_not_inherit_secrets(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    note = line.folder / "note"
    code = "import os, sys; open(sys.argv[1], 'a').write(' '.join(k for k in sorted(os.environ) if 'PLANTED' in k))"
    switch = json.dumps([sys.executable, "-c", code, str(note)])
    line.write(slots=1, slot=f"power = {{ on = {switch}, off = {switch}, timeout_s = 20, off_s = 0.0 }}")
    monkeypatch.setenv("PLANTED_KEY", "hunter2")
    monkeypatch.setenv("PLANTED_OTHER", "seen")
    opened = line.open()
    (slot,) = opened.fixture().value.slots
    equipment = equip_slot(
        slot, opened.recipe("tracker").value, opened.value, line.clock, without=frozenset({"PLANTED_KEY"})
    )
    equipment.power.cycle()
    assert note.read_text() == "PLANTED_OTHER" * 2
