"""A slot's supply, switched by real programs."""

import sys
from pathlib import Path

import pytest

from station.devices.power import CommandPower, NoPower
from station.domain.faults import StationFault
from station.host.clock import SystemClock

CLOCK = SystemClock()


def writes(path: Path, text: str, status: int = 0) -> list[str]:
    """A program that notes down that it ran."""
    script = "import sys; open(sys.argv[1], 'a').write(sys.argv[2]); print('relay 3 stuck'); sys.exit(int(sys.argv[3]))"
    return [sys.executable, "-c", script, str(path), text, str(status)]


def test_a_cycle_is_off_then_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    power = CommandPower(writes(log, "on "), writes(log, "off "), CLOCK, timeout=30.0, off_seconds=0.0)
    power.cycle()
    assert log.read_text() == "off on "
    power.switch_off()
    assert log.read_text() == "off on off "


def test_a_switch_that_fails_is_a_station_fault_with_its_words(tmp_path: Path) -> None:
    log = tmp_path / "log"
    power = CommandPower(writes(log, "on"), writes(log, "off", 3), CLOCK, timeout=30.0, off_seconds=0.0)
    with pytest.raises(StationFault, match="DEV-201") as caught:
        power.cycle()
    assert "switched off" in caught.value.sentence
    assert "status 3" in caught.value.detail
    assert "relay 3 stuck" in caught.value.detail
    assert log.read_text() == "off"


def test_the_switch_never_sees_the_stations_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED_SECRET", "hunter2")
    monkeypatch.setenv("PLANTED_OTHER", "seen")
    script = "import os, sys; open(sys.argv[1], 'a').write(' '.join(sorted(k for k in os.environ if 'PLANTED' in k)))"
    tells = [sys.executable, "-c", script, str(tmp_path / "log")]
    power = CommandPower(tells, tells, CLOCK, timeout=30.0, off_seconds=0.0, without=("PLANTED_SECRET",))
    power.cycle()
    assert (tmp_path / "log").read_text() == "PLANTED_OTHER" * 2


def test_a_switch_that_hangs_is_ended() -> None:
    hangs = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(StationFault, match="HOST-109"):
        CommandPower(hangs, hangs, CLOCK, timeout=0.3).switch_on()


def test_without_a_switch_every_wish_is_a_fault() -> None:
    power = NoPower()
    assert not power.can_switch
    for wish in (power.switch_on, power.switch_off, power.cycle):
        with pytest.raises(StationFault, match="DEV-202"):
            wish()
