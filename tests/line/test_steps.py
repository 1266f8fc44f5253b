"""Steps of the factory's own, flashing, and trying again: what a program or a probe can do to a board and the line."""

import json
from pathlib import Path
from typing import Any

import pytest

from station.domain.events import StepIntended
from station.domain.faults import Fault
from station.domain.line import Outcome, RepeatClass, StepKind
from station.host.files import replace_file, sha256_of
from station.line.decisions import declare_rework
from tests.line.harness import Line, steps
from tests.line.trial import Pause, Trial, advises, command, prepare

SAY = "import sys; sys.stdout.write(sys.argv[1])"
COUNT = """
import json, pathlib, sys
uses = pathlib.Path(sys.argv[1]); n = len(uses.read_text()) if uses.exists() else 0
uses.write_text("x" * (n + 1))
said = sys.argv[2:]
sys.stdout.write(said[min(n, len(said) - 1)])
"""
PASSED, FAILED = '{"outcome": "passed"}', '{"outcome": "failed", "reason": "no light"}'
LIMITS = 'timeout_s = 20\nlimits.supply = { low = 3.2, high = 3.4, unit = "V" }\n'


def measured(value: float, outcome: str = "passed", unit: str = "V") -> str:
    """Return a program's answer with one measurement."""
    return json.dumps({"outcome": outcome, "measurements": [{"name": "supply", "value": value, "unit": unit}]})


def as_list(value: object) -> list[Any]:
    """Return a list that the journal holds as one."""
    assert isinstance(value, list | tuple)
    return list(value)


def recipe(*tables: str, behind: str = "identify") -> str:
    """Return the plain steps with tables of the factory's own behind one of them."""
    names = ("identify", "clear-credentials", "generate-key", "sign", "write-credentials", "prove", "store")
    at = names.index(behind) + 1
    return steps(*names[:at]) + "".join(tables) + (steps(*names[at:]) if names[at:] else "")


def test_a_test_gets_its_question_and_its_measurements_are_in_the_journal(line: Line, tmp_path: Path) -> None:
    code = (
        "import json, sys, pathlib; pathlib.Path(sys.argv[1]).write_bytes(sys.stdin.buffer.read());"
        "sys.stdout.write(sys.argv[2])"
    )
    asked = tmp_path / "question"
    prepare(line, table=recipe(command("bed", code, str(asked), measured(3.3), more=LIMITS)))
    with Trial(line) as trial:
        end = trial.put({"serial": "GOOD"})
        assert end.passed, end
        row = {"name": "supply", "value": 3.3, "unit": "V", "low": 3.2, "high": 3.4, "inside": True}
        assert end.step(StepKind.COMMAND).results == {"name": "bed", "reason": "", "measurements": [row]}
        board = line.board("GOOD")
        question = json.loads(asked.read_bytes())
        assert (question["device_id"], question["imei"], question["slot"]) == (board["uuid"], board["imei"], 1)
        assert question["port"] == line.bench.port_address(1)


DO = "import sys; exec(open(sys.argv[1]).read())"
"""A program that does what the test has written down for the next board."""

BAD = {
    "it fails the board": (f"print({FAILED!r})", Outcome.FAILED, "LINE-131", "no light"),
    "it says that it did not work": (
        """print('{"outcome": "error", "reason": "no meter"}')""",
        Outcome.ERROR,
        "LINE-132",
        "no meter",
    ),
    "a crash": ("raise SystemExit(3)", Outcome.ERROR, "LINE-132", "status 3"),
    "killed": ("import os; os.kill(os.getpid(), 9)", Outcome.ERROR, "LINE-132", "status -9"),
    "no JSON": ("print('all fine')", Outcome.ERROR, "LINE-132", "can't be read"),
    "JSON of another kind": ("""print('{"outcome": "ok"}')""", Outcome.ERROR, "LINE-132", "can't be read"),
    "a number that is none": (f"print({measured(float('nan'))!r})", Outcome.ERROR, "LINE-132", "can't be read"),
    "nothing": ("", Outcome.ERROR, "LINE-132", "can't be read"),
    "a flood": ("print('x' * 8_000_000)", Outcome.ERROR, "LINE-132", "can't be read"),
}
OUTSIDE = {
    "above its limit": (measured(3.5), Outcome.FAILED, "LINE-133", "supply = 3.5 V, outside 3.2 to 3.4"),
    "below, and failed": (measured(1.0, "failed"), Outcome.FAILED, "LINE-133", "supply = 1.0 V"),
    "it did not measure": (PASSED, Outcome.ERROR, "LINE-132", "did not measure supply"),
    "in another unit": (measured(3300.0, unit="mV"), Outcome.ERROR, "LINE-132", "in mV"),
}


def _require_told(trial: Trial, board: str, outcome: Outcome, code: str, told: str) -> None:
    """Try the board, which must end so, untouched by what comes behind the test."""
    end = trial.put({"serial": board})
    assert (end.outcome, end.code, end.latched) == (outcome, code, outcome is Outcome.ERROR), end
    assert told in end.sentence
    assert advises(end.sentence)
    assert trial.changes_to(board) == []
    if code == "LINE-133":
        (row,) = as_list(end.step(StepKind.COMMAND).results["measurements"])
        assert (row["low"], row["high"], row["inside"]) == (3.2, 3.4, False)
    trial.take_out()


def test_whatever_a_test_program_does_ends_as_it_must_and_the_board_passes_later(line: Line, tmp_path: Path) -> None:
    script = tmp_path / "next"
    prepare(line, table=recipe(command("bed", DO, str(script))))
    with Trial(line) as trial:
        for number, (program, outcome, code, told) in enumerate(BAD.values()):
            script.write_text(program)
            _require_told(trial, f"B{number}", outcome, code, told)
            script.write_text(f"print({PASSED!r})")
            assert trial.put({"serial": f"B{number}"}).passed
            trial.take_out()


def test_the_recipes_limits_judge_whatever_the_program_says(line: Line, tmp_path: Path) -> None:
    script = tmp_path / "next"
    prepare(line, table=recipe(command("bed", DO, str(script), more=LIMITS)))
    with Trial(line) as trial:
        for number, (answer, outcome, code, told) in enumerate(OUTSIDE.values()):
            script.write_text(f"print({answer!r})")
            _require_told(trial, f"B{number}", outcome, code, told)
            script.write_text(f"print({measured(3.2)!r})")
            assert trial.put({"serial": f"B{number}"}).passed
            trial.take_out()


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (command("bed", "import threading; threading.Event().wait()", more="timeout_s = 0.5\n"), "within 0.5 s"),
        (command("bed", "").replace("{python}", "no-such-program-anywhere"), "can't be started"),
    ],
    ids=["hangs", "missing"],
)
def test_a_program_that_hangs_or_is_missing_is_the_stations_trouble(line: Line, table: str, told: str) -> None:
    prepare(line, table=recipe(table))
    prepare(line, product="plain")
    with Trial(line) as trial:
        _require_told(trial, "TRIED", Outcome.ERROR, "LINE-132", told)
    # With another product the same slot and the same board work.
    with Trial(line, product="plain", batch="WO-2") as trial:
        assert trial.put({"serial": "TRIED"}).passed


def test_a_program_changed_since_the_batch_began_is_not_run(line: Line) -> None:
    program = line.folder / "recipes" / "bed.py"
    replace_file(program, f"print({PASSED!r})".encode())
    pin = f'timeout_s = 20\nfiles = [{{ file = "bed.py", sha256 = "{sha256_of(program.read_bytes())}" }}]\n'
    prepare(line, table=recipe(command("bed", "", more=pin).replace('"-I", "-S", "-c", ""', '"bed.py"')))
    with Trial(line) as trial:
        assert trial.put({"serial": "A"}).passed
        trial.take_out()
        approved = program.read_bytes()
        replace_file(program, b"import os; os._exit(0)")
        end = trial.put({"serial": "B"})
        assert (end.outcome, end.code, end.latched) == (Outcome.ERROR, "SET-103", True), end
        assert "Put the right file back" in end.sentence
        replace_file(program, approved)
        trial.take_out()
        assert trial.put({"serial": "B"}).passed


@pytest.mark.parametrize(
    ("answers", "repeat", "attempts", "tries", "outcome"),
    [
        ((FAILED, PASSED), "pure", 2, 2, Outcome.PASSED),
        (("nonsense", PASSED), "idempotent", 3, 2, Outcome.PASSED),
        ((FAILED, FAILED, PASSED), "pure", 2, 2, Outcome.FAILED),
        ((FAILED, PASSED), "pure", 1, 1, Outcome.FAILED),
    ],
)
def test_a_test_is_tried_as_often_as_the_recipe_says(
    line: Line, tmp_path: Path, answers: tuple[str, ...], repeat: str, attempts: int, tries: int, outcome: Outcome
) -> None:
    more = f"timeout_s = 20\nattempts = {attempts}\n"
    table = command("bed", COUNT, str(tmp_path / "uses"), *answers, repeat=repeat, more=more)
    prepare(line, table=recipe(table))
    with Trial(line) as trial:
        end = trial.put({"serial": "TRIED"})
        finished = end.step(StepKind.COMMAND)
        assert (end.outcome, finished.outcome, finished.tries) == (outcome, outcome, tries), end
        assert len((tmp_path / "uses").read_text()) == tries


ONE_WAY_UNCLEAR = {
    "a crash": (("raise SystemExit(3)",), "timeout_s = 20\n"),
    "a hang": (("import threading; threading.Event().wait()",), "timeout_s = 0.5\n"),
    "an answer that can't be read": ((SAY, "done, I think"), "timeout_s = 20\n"),
}


@pytest.mark.parametrize("name", ONE_WAY_UNCLEAR)
def test_a_one_way_step_of_which_nobody_knows_quarantines_the_board(line: Line, name: str) -> None:
    (code, *arguments), more = ONE_WAY_UNCLEAR[name]
    table = command("lock", code, *arguments, repeat="one-way", more=more)
    prepare(line, table=recipe(table, behind="store"))
    with Trial(line) as trial:
        end = trial.put({"serial": "LOCKED"})
        assert (end.outcome, end.code, end.latched) == (Outcome.QUARANTINED, "LINE-134", True), end
        assert "Put the board aside; an engineer decides" in end.sentence
        trial.take_out()
        changes = trial.changes_to("LOCKED")
        end = trial.put({"serial": "LOCKED"})
        assert (end.outcome, end.code) == (Outcome.ABORTED, "JRN-205"), end
        assert trial.changes_to("LOCKED") == changes
        assert trial.records.tally(trial.batch).outcomes == {"quarantined": 1}


def test_a_one_way_step_that_passed_is_never_done_again(line: Line, tmp_path: Path) -> None:
    lock = command("lock", COUNT, str(tmp_path / "locks"), PASSED, repeat="one-way")
    bed = command("bed", COUNT, str(tmp_path / "uses"), FAILED, PASSED)
    prepare(line, table=recipe(lock, bed, behind="store"))
    with Trial(line) as trial:
        first = trial.put({"serial": "LOCKED"})
        assert (first.outcome, first.code) == (Outcome.FAILED, "LINE-131")
        trial.take_out()
        end = trial.put({"serial": "LOCKED"})
        assert end.passed, end
        (locked, _) = [event for event in end.events(type(end.step(StepKind.STORE))) if event.step is StepKind.COMMAND]
        assert locked.results["adopted_from"] == first.attempt
        trial.take_out()
        device_id = trial.records.units_of(trial.batch)[0].device_id
        declare_rework(trial.station.gate, trial.records, device_id, line.actor(), "another try", line.second())
        assert trial.put({"serial": "LOCKED"}).passed
        assert (tmp_path / "locks").read_text() == "x"
        trial.take_out()
        assert trial.put({"serial": "NEXT"}).passed
        assert (tmp_path / "locks").read_text() == "xx"


def test_a_recipe_that_does_a_one_way_step_to_a_board_nobody_could_know_again_is_refused(
    line: Line, tmp_path: Path
) -> None:
    lock = command("lock", COUNT, str(tmp_path / "locks"), PASSED, repeat="one-way")
    prepare(line, table=lock + steps())
    with pytest.raises(Fault, match="it must be known on which board it was done"):
        Trial(line)
    assert not (tmp_path / "locks").exists()


def test_a_stop_in_a_test_ends_behind_it_and_the_board_goes_on_later(line: Line, tmp_path: Path) -> None:
    pause = Pause(tmp_path)
    prepare(line, table=recipe(pause.table, behind="prove"))
    with Trial(line) as trial:
        trial.load({"serial": "STOPPED"})
        trial.wait_step(StepKind.COMMAND)
        trial.stop()
        pause.end()
        end = trial.end()
        assert (end.outcome, end.code) == (Outcome.ABORTED, ""), end
        intents = [event.repeat for event in end.events(StepIntended)]
        assert intents[-1] is RepeatClass.PURE  # the pause; "store" was not begun
    line.bench.remove(1)
    with Trial(line) as trial:
        key = line.board("STOPPED")["counters"]["keys_generated"]
        assert trial.put({"serial": "STOPPED"}).passed
        assert line.board("STOPPED")["counters"]["keys_generated"] == key == 1
