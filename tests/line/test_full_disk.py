"""A journal that can't be written: the slot stops at once, nothing passes, and once there is room nothing is lost."""

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from station.domain.events import AttemptClosed, KeyLost
from station.domain.faults import Fault
from station.domain.ids import EventSeq, SlotNumber
from station.domain.line import Outcome, StepKind
from station.host.files import replace_file
from station.journal.database import FILE_NAME
from tests.line.harness import Line, steps
from tests.line.trial import Trial, advises, command, prepare

SIZE = 8 * 1024 * 1024


class SmallDisk:
    """A disk for the data folder that can be filled to its last byte: a tmpfs where this user may mount one.

    Elsewhere (and without ``mount``) no file of this process may grow beyond what the journal's log has: SQLite then
    fails in the same places, with another error. ``code`` is what the station makes of it.
    """

    def __init__(self, folder: Path, *, mount: bool) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(folder)]
        may = mount and os.geteuid() == 0
        self._mounted = may and subprocess.run(command, check=False, capture_output=True).returncode == 0
        self._limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.code = "JRN-102" if self._mounted else "JRN-101"

    def fill(self) -> None:
        """Leave no room."""
        if not self._mounted:
            log = self.folder / f"{FILE_NAME}-wal"
            resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, self._limits[1]))
            return
        with self._ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(bytes(4096)):
                pass
        assert os.statvfs(self.folder).f_bavail == 0

    def free(self) -> None:
        """Make room again."""
        resource.setrlimit(resource.RLIMIT_FSIZE, self._limits)
        self._ballast.unlink(missing_ok=True)

    def remove(self) -> None:
        """Give everything back."""
        self.free()
        if self._mounted:
            subprocess.run(["umount", str(self.folder)], check=True)


@contextmanager
def on_small_disk(line: Line, *, mount: bool = True, table: str | None = None) -> Iterator[SmallDisk]:
    """Have the station's data on a small disk; the bench stays where it is."""
    folder = line.folder / "disk"
    folder.mkdir(mode=0o700)
    disk = SmallDisk(folder, mount=mount)
    try:
        prepare(line, table=table)
        shutil.copytree(line.folder / "data" / "ca", folder / "ca")
        line.hire(folder)
        for name, old, new in (
            ("station.toml", 'data = "data"', 'data = "disk"'),
            ("fixture.toml", '"bench/', f'"{line.folder}/data/bench/'),
        ):
            file = line.folder / name
            replace_file(file, file.read_text().replace(old, new).encode())
        yield disk
    finally:
        disk.remove()


def once(act: Callable[[], None]) -> Callable[[], None]:
    """Return what does ``act`` at its first call alone."""
    left = [act]
    return lambda: left.pop()() if left else None


@pytest.mark.announces("slot stopped", "latch not journaled")
@pytest.mark.parametrize("mount", [True, False])
@pytest.mark.parametrize("step", [StepKind.IDENTIFY, StepKind.GENERATE, StepKind.SIGN, StepKind.WRITE])
def test_a_full_disk_stops_the_slot_and_loses_nothing(line: Line, step: StepKind, mount: bool) -> None:
    with on_small_disk(line, mount=mount) as disk, Trial(line) as trial:
        assert trial.put({"serial": "BEFORE"}).passed
        trial.take_out()
        trial.at_step(step, once(disk.fill))
        end = trial.put({"serial": "CAUGHT"})
        assert (end.outcome, end.latched) == (None, True), end
        assert advises(end.sentence)
        assert trial.records.tally(trial.batch).count(Outcome.PASSED) == 1
        # As long as there is no room, nobody can let it go on.
        with pytest.raises(Fault, match=disk.code):
            trial.engine.acknowledge(SlotNumber(1), line.actor(), "did not look")
        keys = line.board("CAUGHT")["counters"]["keys_generated"]
        disk.free()
        trial.take_out()
        again = trial.put({"serial": "CAUGHT"})
        assert again.passed, again
        _require_taken_over(trial, step, keys, bool(again.events(KeyLost)))
        trial.take_out()
        assert trial.put({"serial": "NEXT"}).passed


def _require_taken_over(trial: Trial, step: StepKind, keys: int, lost: bool) -> None:
    """The journal has the cut attempt's end, no gap, and what became of the key that the board had made."""
    entries = list(trial.records.entries_from(EventSeq(1)))
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    ends = [entry.event for entry in entries if isinstance(entry.event, AttemptClosed)]
    assert [end.outcome for end in ends] == [Outcome.PASSED, Outcome.ABORTED, Outcome.PASSED]
    assert ends[1].orphan is step
    made = trial.line.board("CAUGHT")["counters"]["keys_generated"] - keys
    # Its answer is journaled with the next intent: lost in its own step, kept from then on.
    assert (made, lost) == {StepKind.IDENTIFY: (1, False), StepKind.GENERATE: (1, True)}.get(step, (0, False))


@pytest.mark.announces("slot stopped", "latch not journaled")
def test_a_full_disk_at_the_very_end_lets_no_board_pass(line: Line) -> None:
    with on_small_disk(line) as disk, Trial(line) as trial:
        # The last step's result and the end of the attempt are one commit: with no room the board has not passed.
        trial.at_step(StepKind.STORE, once(disk.fill))
        assert trial.put({"serial": "ALMOST"}).outcome is None
        assert "CFUN=0" in trial.log_of("ALMOST")[-1]  # the board was finished, the record was not
        (unit,) = trial.records.units_of(trial.batch)
        assert (unit.outcome, trial.records.outbox()) == (None, [])
        disk.free()
        trial.take_out()
        assert trial.put({"serial": "ALMOST"}).passed


@pytest.mark.announces("slot stopped", "latch not journaled")
def test_a_one_way_step_whose_result_could_not_be_written_is_not_repeated(line: Line, tmp_path: Path) -> None:
    done = tmp_path / "done"
    code = "import sys; open(sys.argv[1], 'a').write('x'); print('{\"outcome\": \"passed\"}')"
    table = steps() + command("lock", code, str(done), repeat="one-way")
    with on_small_disk(line, table=table) as disk, Trial(line) as trial:
        trial.at_step(StepKind.COMMAND, once(disk.fill))
        assert trial.put({"serial": "LOCKED"}).outcome is None
        assert done.read_text() == "x"
        disk.free()
        trial.take_out()
        # It was done, and the journal does not know: nobody does it again.
        end = trial.put({"serial": "LOCKED"})
        assert (end.outcome, end.code) == (Outcome.ABORTED, "JRN-205"), end
        assert done.read_text() == "x"
        (unit,) = trial.records.units_of(trial.batch)
        assert unit.outcome is Outcome.QUARANTINED
        trial.take_out()
        assert trial.put({"serial": "NEXT"}).passed
