"""The whole line through pynrfjprog's worker: the real driver and the real child, over a library that drives the bench.

What native code does when it goes wrong (a crash, a hang, a kill) ends one worker, and nothing beside it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from station.domain.line import Outcome, StepKind
from station.simulator.probe import probe_serial
from tests.line.harness import Line, steps
from tests.line.test_flashing import CREDENTIALS, FINAL, LOCK, MODEM, flash
from tests.line.trial import QUICK, Trial
from tests.standin.jlink_library import install, read_calls

Install = Callable[..., Path]
BAD = probe_serial(1).lstrip("0")
"""The probe that things happen to; the one of slot 2 is its neighbour."""


@pytest.fixture
def nrfjprog(line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Make a station whose slots are flashed by pynrfjprog; ``end``: what befalls the one of slot 1."""

    def make(end: dict[str, str] | None = None) -> Path:
        library = install(tmp_path / "library", line.folder / "data" / "bench", {BAD: end} if end else {})
        monkeypatch.setenv("PYTHONPATH", str(library))
        probes = "".join(f'[[slots]]\nnumber = {slot}\nprobe = "{probe_serial(slot)}"\n' for slot in range(1, 3))
        line.write(slots=2, station=QUICK.replace("boot_s = 1.5", "boot_s = 3.0"))
        fixture = line.folder / "fixture.toml"
        head = fixture.read_text().partition("[[slots]]")[0]
        head = head.replace('"simulated"', '"nrfjprog"').replace('"port"', '"scan"')
        fixture.write_text(head + probes)
        return library

    return make


def names(library: Path) -> list[str]:
    return [name for _, name in read_calls(library, BAD)]


def test_a_locked_board_is_recovered_and_goes_the_whole_way(line: Line, nrfjprog: Install) -> None:
    library = nrfjprog()
    line.recipe(
        table=steps("check-target", "recover") + MODEM + flash() + steps(*CREDENTIALS) + FINAL + LOCK, target="nrf91x1"
    )
    with Trial(line) as trial:
        end = trial.put({"serial": "NEW", "blank": True, "protected": True, "profile": "nrf9161"})
        assert end.passed, end
        seen = end.step(StepKind.CHECK).results
        assert seen["protected"] is True
        assert "part" not in seen
        assert seen["driven_by"] == "pynrfjprog 10.24.2, J-Link 8.18b"
        assert end.step(StepKind.RECOVER).results["was_protected"] is True
        assert end.step(StepKind.MODEM_FIRMWARE).results["programmed"] is True
        board = line.board("NEW")
        assert (board["protection"], board["counters"]["recovered"]) == ("all", 1)
        # A worker for each operation: none lives on to hold the probe.
        workers = {process for process, _ in read_calls(library, BAD)}
        assert len(workers) > 10
        assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


def test_a_locked_board_is_put_aside_where_nothing_recovers_it(line: Line, nrfjprog: Install) -> None:
    library = nrfjprog()
    line.recipe(table=flash() + steps(*CREDENTIALS), target="nrf91x1")
    with Trial(line) as trial:
        end = trial.put({"serial": "LOCKED", "blank": True, "protected": True})
        assert (end.outcome, end.code, end.latched) == (Outcome.FAILED, "DEV-312", False), end
        assert line.board("LOCKED")["protection"] == "all"
        assert not {"recover", "erase_all", "program_file"} & set(names(library))


def test_a_foreign_chip_is_never_erased(line: Line, nrfjprog: Install) -> None:
    library = nrfjprog()
    line.recipe(table=steps("check-target", "recover") + flash() + steps(*CREDENTIALS), target="nrf91x1")
    with Trial(line) as trial:
        other = {"serial": "OTHER", "blank": True, "protected": True, "faults": {"traits": ["other-chip"]}}
        end = trial.put(other)
        assert (end.outcome, end.code) == (Outcome.FAILED, "DEV-313"), end
        assert not {"recover", "erase_all", "program_file"} & set(names(library))


@pytest.mark.parametrize("ending", ["kill", "segfault", "hang"])
def test_a_worker_that_dies_takes_nothing_with_it_and_the_other_slot_goes_on(
    line: Line, nrfjprog: Install, ending: str
) -> None:
    library = nrfjprog({"call": "program_file", "end": ending})
    line.recipe(table=flash(more="attempts = 2\ntimeout_s = 8\n") + steps(*CREDENTIALS), target="nrf91x1")
    with Trial(line) as trial:
        trial.load({"serial": "ONE", "blank": True}, slot=1)
        trial.load({"serial": "TWO", "blank": True}, slot=2)
        two, one = trial.end(2), trial.end(1)
        assert (library / f"struck-{BAD}").exists()
        assert two.passed, two
        assert two.step(StepKind.FLASH).tries == 1
        assert one.passed, one
        assert one.step(StepKind.FLASH).tries == 2
        told = names(library)
        first, second = (number for number, name in enumerate(told) if name == "program_file")
        # After such an end nobody knows what was done: the board is looked at before anything else.
        assert "readback_status" in told[first:second]
        struck = read_calls(library, BAD)[first][0]
        assert not Path(f"/proc/{struck}").exists()


def test_without_a_second_try_the_slot_waits_for_somebody_and_says_what_happened(line: Line, nrfjprog: Install) -> None:
    nrfjprog({"call": "program_file", "end": "segfault"})
    line.recipe(table=flash(more="attempts = 1\n") + steps(*CREDENTIALS), target="nrf91x1")
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE", "blank": True})
        assert (end.outcome, end.code, end.latched) == (Outcome.ERROR, "DEV-314", True), end
        assert "half done" in end.sentence
        trial.take_out()
        assert trial.put({"serial": "TWO", "blank": True}).passed
