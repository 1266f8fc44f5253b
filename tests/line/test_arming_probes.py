"""Arming a product that is flashed here: what the fixture can't do is said before the first board is touched."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from station.domain.events import StepFinished
from station.domain.faults import Fault
from station.domain.line import Outcome, StepKind
from tests.line.harness import Line, steps
from tests.line.test_flashing import CREDENTIALS, FINAL, IMAGES, LOCK, MODEM, SURVIVE, flash, flashing
from tests.line.trial import QUICK, Trial, advises

ERASE_PROTECT = LOCK + 'erase_protect = "can never be undone"\n'
CYCLE = '[[steps]]\ndo = "power-cycle"\n'


def switch(line: Line, *words: str) -> str:
    """Return a power command: a program that asks the bench to switch this slot."""
    code = "import sys, urllib.request as u; u.urlopen(u.Request(sys.argv[1], sys.argv[2].encode(), method='POST'))"
    address = json.loads((line.folder / "data" / "bench" / "bench.json").read_text())["control"]
    on = json.dumps({"on": words[0] == "on"})
    return json.dumps([sys.executable, "-I", "-S", "-c", code, f"{address}/slots/1/power", on])


def switched(line: Line) -> None:
    """Give slot 1 a power switch."""
    power = f"{{ on = {switch(line, 'on')}, off = {switch(line, 'off')}, timeout_s = 20, off_s = 0.0 }}"
    timeouts = QUICK.replace("boot_s = 1.5", "boot_s = 3.0")
    line.write(slots=1, station=timeouts, slot=f'presence = "scan"\npower = {power}')


REFUSED: dict[str, tuple[str, str, str]] = {
    "no programmer": ('programmer = "none"', flash() + steps(*CREDENTIALS), "LINE-143"),
    "no power switch": ('power = "none"', flash() + CYCLE + steps(*CREDENTIALS), "LINE-149"),
    "ERASEPROTECT by nrfutil": (
        'programmer = "nrfutil"\nprobe = "1050000001"',
        flash() + steps(*CREDENTIALS) + ERASE_PROTECT,
        "LINE-147",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_fixture_that_can_not_build_the_product_is_refused(line: Line, name: str) -> None:
    slot, table, code = REFUSED[name]
    flashing(line, table)
    line.write(slots=1, slot=f'presence = "scan"\n{slot}')
    with pytest.raises(Fault) as refused:
        Trial(line)
    assert refused.value.code == code
    assert "slots 1" in refused.value.sentence
    assert advises(refused.value.sentence)


def test_a_broken_image_is_refused_before_any_board(line: Line, tmp_path: Path) -> None:
    cut = tmp_path / "cut.hex"
    text = (IMAGES / "provisioning.hex").read_text()
    cut.write_text("\n".join(text.splitlines()[:-1]) + "\n")
    flashing(line, flash(cut.name, folder=tmp_path) + steps(*CREDENTIALS))
    with pytest.raises(Fault) as refused:
        Trial(line)
    assert refused.value.code.startswith("DEV-33")
    assert advises(refused.value.sentence)


def test_modem_firmware_of_another_chip_is_refused(line: Line) -> None:
    flashing(line, MODEM + flash() + steps(*CREDENTIALS))
    recipe = line.folder / "recipes" / "tracker.toml"
    recipe.write_text(recipe.read_text().replace('family = "nrf91x1"', 'family = "nrf9160"'))
    with pytest.raises(Fault) as refused:
        Trial(line)
    assert "nrf9160" in refused.value.sentence


POWER: dict[str, tuple[dict[str, Any], Outcome, str]] = {
    "it holds": ({}, Outcome.PASSED, ""),
    "flash that does not last": ({"traits": ["image-lost-on-power-cut"]}, Outcome.FAILED, "DEV-306"),
}


@pytest.mark.parametrize("name", POWER)
def test_what_was_flashed_is_verified_again_behind_a_power_cut(line: Line, name: str) -> None:
    faults, outcome, code = POWER[name]
    flashing(line, MODEM + flash() + steps(*CREDENTIALS) + FINAL + CYCLE + steps("prove", "store"))
    switched(line)
    with Trial(line) as trial:
        end = trial.put({"serial": "CUT", "blank": True, "faults": faults})
        assert (end.outcome, end.code) == (outcome, code), end
        assert line.board("CUT")["counters"]["power_cuts"] >= 1
        if end.passed:
            names = ["application.hex", "mfw_nrf91x1_2.0.2.zip"]
            assert end.step(StepKind.POWER_CYCLE).results["verified_again"] == names
            proofs = [one for one in end.events(StepFinished) if one.step is StepKind.PROVE]
            assert list(proofs[-1].results["listed"]) == [0, 1, 2]


def test_eraseprotect_is_set_read_back_and_for_good(line: Line) -> None:
    flashing(line, steps("check-target", "recover") + flash() + steps(*CREDENTIALS) + ERASE_PROTECT)
    with Trial(line) as trial:
        end = trial.put({"serial": "GOOD", "blank": True})
        assert end.passed, end
        assert end.step(StepKind.LOCK).results["erase_protected"] is True
        assert line.board("GOOD")["erase_protected"] is True
        trial.take_out()
        end = trial.put({"serial": "SEALED", "blank": True, "protected": True, "erase_protected": True})
        assert (end.outcome, end.code) == (Outcome.FAILED, "LINE-127"), end
        assert line.board("SEALED")["counters"]["recovered"] == 0


def test_a_board_locked_in_part_is_locked_wholly(line: Line, tmp_path: Path) -> None:
    image = tmp_path / "secure.hex"
    mark = b"simulated-lock:secure"
    record = bytes([len(mark), 0x08, 0x00, 0x00]) + mark
    row = ":" + record.hex().upper() + f"{-sum(record) & 0xFF:02X}"
    image.write_text((IMAGES / "application.hex").read_text().replace(":00000001FF", f"{row}\n:00000001FF"))
    table = flash() + steps(*CREDENTIALS) + flash(image.name, SURVIVE, tmp_path) + steps("prove", "store")
    flashing(line, table + LOCK)
    with Trial(line) as trial:
        end = trial.put({"serial": "PART", "blank": True})
        result = end.step(StepKind.LOCK)
        assert result.outcome is not Outcome.PASSED or line.board("PART")["protection"] == "all", end
