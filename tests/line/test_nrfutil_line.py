"""The whole line through nrfutil's commands: a stand-in speaks its JSON lines and drives the simulated bench."""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from station.domain.line import Outcome, StepKind
from station.line.feed import Notice, Progress
from station.simulator.probe import probe_serial
from tests.line.harness import Line, steps
from tests.line.test_flashing import CREDENTIALS, FINAL, LOCK, MODEM, flash
from tests.line.trial import QUICK, Trial
from tests.standin.nrfutil import install, read_calls

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is started by its #! line")


@pytest.fixture
def nrfutil(line: Line, tmp_path: Path) -> Path:
    """A station whose slots are flashed by nrfutil."""
    folder = tmp_path / "tools"
    folder.mkdir()
    program = install(folder, bench=line.folder / "data" / "bench")
    probes = "".join(f'[[slots]]\nnumber = {slot}\nprobe = "{probe_serial(slot)}"\n' for slot in range(1, 3))
    line.write(slots=2, station=f'[tools]\nnrfutil = "{program}"\n' + QUICK.replace("boot_s = 1.5", "boot_s = 3.0"))
    fixture = line.folder / "fixture.toml"
    head = fixture.read_text().partition("[[slots]]")[0].replace('"simulated"', '"nrfutil"').replace('"port"', '"scan"')
    fixture.write_text(head + probes)
    return program


def test_a_board_goes_the_whole_way_through_nrfutil(line: Line, nrfutil: Path) -> None:
    line.recipe(
        table=steps("check-target", "recover") + MODEM + flash() + steps(*CREDENTIALS) + FINAL + LOCK, target="nrf91x1"
    )
    seen: list[float] = []
    with Trial(line) as trial:
        trial.station.feed.listen(
            lambda notice: (
                seen.append(notice.fraction) if isinstance(notice, Progress) and notice.step is StepKind.FLASH else None
            )
        )
        end = trial.put({"serial": "NEW", "blank": True, "protected": True, "profile": "nrf9161"})
        assert end.passed, end
        assert end.step(StepKind.CHECK).results["driven_by"]
        assert line.board("NEW")["protection"] == "all"
    assert seen
    assert seen[-1] == 1.0
    programs = [call for call in read_calls(nrfutil) if "program" in call and "--options" in call]
    assert programs
    for call in programs:
        options = call[call.index("--options") + 1]
        assert {option.partition("=")[0] for option in options.split(",")} >= {"verify", "reset"}
    assert not [call for call in read_calls(nrfutil) if "erase" in call]


def test_a_program_that_is_killed_takes_nothing_with_it_and_the_other_slot_goes_on(line: Line, nrfutil: Path) -> None:
    line.recipe(table=flash(more="attempts = 2\n") + steps(*CREDENTIALS), target="nrf91x1")
    killed: list[int] = []

    def kill(notice: Notice) -> None:
        if isinstance(notice, Progress) and notice.slot == 1 and notice.step is StepKind.FLASH and not killed:
            killed.extend(_children_of(nrfutil, probe_serial(1)))
            for process in killed:
                os.kill(process, signal.SIGKILL)

    with Trial(line) as trial:
        trial.station.feed.listen(kill)
        slow: dict[str, Any] = {"probe": [{"do": "slow", "seconds": 1.0, "at": 0.5}]}
        trial.load({"serial": "ONE", "blank": True, "faults": slow}, slot=1)
        trial.load({"serial": "TWO", "blank": True}, slot=2)
        two, one = trial.end(2), trial.end(1)
        assert killed
        assert two.passed, two
        assert one.passed, one
        assert one.step(StepKind.FLASH).tries == 2
        programs = [call for call in read_calls(nrfutil) if probe_serial(1).lstrip("0") in str(call)]
        kinds = [next(word for word in call if word in _OPERATIONS) for call in programs if _OPERATIONS & set(call)]
        first = kinds.index("program")
        assert kinds[first + 1] != "program"  # after the kill the board is looked at first


_OPERATIONS = {"program", "device-info", "protection-get", "core-info", "list", "fw-verify", "reset", "recover"}


def _children_of(program: Path, serial: str) -> list[int]:
    """Return the stand-in's processes at this probe."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if str(program.parent).encode() in b" ".join(words) and serial.lstrip("0").encode() in b" ".join(words):
                found.append(int(folder.name))
    return found


def test_without_nrfutil_the_sentence_says_what_to_install(line: Line, nrfutil: Path) -> None:
    nrfutil.unlink()
    line.recipe(table=flash() + steps(*CREDENTIALS), target="nrf91x1")
    before = threading.active_count()  # tests before this one may have left some
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE", "blank": True})
        assert (end.outcome, end.code, end.latched) == (Outcome.ERROR, "DEV-310", True), end
        assert "install" in end.sentence.lower()
    assert threading.active_count() - before < 50
