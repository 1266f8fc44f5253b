"""The station at a terminal: passphrases that are asked for, the live picture, and the demo."""

import json
import shutil
from pathlib import Path

import pytest

from tests.line.harness import Line
from tests.line.processes import STATION, Process, run_station
from tests.line.typing_hands import terminal

SECRET = "a passphrase typed by a person"
# With the blank behind it: only then does the terminal no longer echo, and what was typed before is thrown away.
ASKED, AGAIN = "CA passphrase: ", "Repeat for confirmation: "


@pytest.fixture
def asked(line: Line) -> Line:
    """A station whose file does not say where the CA's passphrase is, and that has no CA yet."""
    text = line.station_file.read_text()
    line.station_file.write_text(text.replace('passphrase = { file = "passphrase" }', 'folder = "new-ca"'))
    return line


def test_the_passphrase_is_asked_for_twice_and_never_shown_and_then_once_a_run(asked: Line) -> None:
    with terminal(asked, "ca", "init") as first:
        first.read_until(ASKED)
        first.type(SECRET)
        first.read_until(AGAIN)
        first.type("something else")
        first.read_until("Error")
        first.read_until(ASKED)
        first.type(SECRET)
        first.read_until(AGAIN)
        first.type(SECRET)
        assert first.end() == 0, first.shown
        assert "root SHA-256" in first.shown
        assert SECRET not in first.shown
    asked.bench.insert_described(1, {"serial": "B1"})
    run = ("run", "--batch", "WO-1", "--product", "tracker", "--quantity", 1)
    with terminal(asked, *run) as wrong:
        wrong.read_until(ASKED)
        wrong.type("something else")
        assert wrong.end() == 4
        assert "CA-103" in wrong.shown
    assert asked.bench.describe_log("B1") == []
    with terminal(asked, *run) as right:
        right.read_until(ASKED)
        right.type(SECRET)
        right.read_until("tracker · batch WO-1 · test")
        assert right.end() == 0, right.shown
        assert "100.0% (1 of 1)" in right.shown
        assert SECRET not in right.shown
    assert {device["device_id"] for device in asked.cloud_truth()["devices"]} == {asked.board("B1")["uuid"]}


def test_a_passphrase_too_weak_is_refused(asked: Line) -> None:
    with terminal(asked, "ca", "init") as first:
        for prompt in (ASKED, AGAIN):
            first.read_until(prompt)
            first.type("abc")
        assert first.end() == 4
        assert "CA-102" in first.shown
    assert not (asked.folder / "new-ca").exists()


def test_no_passphrase_is_asked_for_where_a_ca_is(asked: Line) -> None:
    (asked.folder / "new-ca").mkdir()
    with terminal(asked, "ca", "init") as second:
        assert second.end() == 4
    assert "CA-101" in second.shown
    assert ASKED not in second.shown


CTRL_C, CTRL_D = "\x03", "\x04"
RUN = ("run", "--batch", "WO-1", "--product", "tracker", "--quantity", 1)


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D], ids=["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize(
    ("typed", "question"),
    [
        (("ca", "init"), ASKED),
        (RUN, ASKED),
        (("rework", "x"), "Reason: "),
        (("decide", "x", "hold"), "Reason: "),
        (("correct-clock", "1", "1"), "Reason: "),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_question_left_without_an_answer_ends_with_130_and_a_sentence(
    asked: Line, ready_ca: Path, typed: tuple[object, ...], question: str, key: str
) -> None:
    if typed == RUN:
        shutil.copytree(ready_ca, asked.folder / "new-ca")
    before = set(asked.folder.iterdir())
    with terminal(asked, *typed) as left:
        left.read_until(question)
        assert left.leave_with(key) == 130, left.shown
    said = [line for line in left.shown.split(question, 1)[1].splitlines() if line.strip(" ^CD\b")]
    assert said == ["Stopped: the question was not answered, so nothing was done."]
    assert set(asked.folder.iterdir()) == before


def test_an_ended_input_answers_no_question_either(line: Line) -> None:
    with run_station(line, "rework", "x") as left:
        left.leave()
        assert left.end() == 130
    assert left.errors == ["Stopped: the question was not answered, so nothing was done."]


def test_nothing_that_is_typed_tears_the_picture(line: Line) -> None:
    slow = {"commands": [{"do": "late", "match": "%KEYGEN", "seconds": 3.0}]}
    line.bench.insert_described(1, {"serial": "B1", "faults": slow})
    with terminal(line, *RUN) as run:
        run.read_until("Generate key")
        run.press("nonsens\x1b[Dq\x7fe")
        run.read_until("> nonsense\r")
        run.press("\n")
        run.read_until("Not understood: 'nonsense'.")
        run.press(CTRL_C)
        run.read_until("Stopping: no new boards")
        run.press(CTRL_C)
        run.read_until("Still running: slot 1: Generate key")
        assert run.end() == 130
    assert "^C" not in run.shown
    assert "nonsensq" not in run.shown.replace("> nonsensq", "")
    summary = run.shown[run.shown.rindex("╭") :]
    assert "Batch WO-1" in summary
    after_picture = run.shown.rsplit("\x1b[?25h", 1)[1]  # the cursor is shown again once the picture has gone
    for said in ("Not understood: 'nonsense'.", "Stopping: no new boards", "Still running: slot 1"):
        assert said in after_picture  # and it stays


def test_the_third_ctrl_c_leaves_a_whole_picture_and_a_terminal_that_echoes(line: Line) -> None:
    slow = {"commands": [{"do": "late", "match": "%KEYGEN", "seconds": 20.0}]}
    line.bench.insert_described(1, {"serial": "B1", "faults": slow})
    with terminal(line, *RUN) as run:
        before = run.modes()
        run.read_until("Generate key")
        assert run.modes() != before
        for said in ("Stopping: no new boards", "Still running: slot 1"):
            run.press(CTRL_C)
            run.read_until(said)
        run.press(CTRL_C)
        assert run.end() == 130
        assert run.modes() == before
    assert run.shown.endswith("\n\x1b[?25h")
    assert run.shown.count("╭") == run.shown.count("╯")


def test_two_demos_in_one_folder_pass(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    for number, how in (("001", "--headless"), ("002", "--json")):
        what = ("demo", "--fast", how, "--units", 4, "--slots", 3, "--folder", folder)
        with Process([*STATION, *what]) as demo:
            assert demo.end() == 0, (demo.lines[-5:], demo.errors)
        if how == "--json":
            summary = demo.events()[-1]
            assert (summary["event"], summary["batch"], summary["all_passed"]) == ("summary", f"demo-{number}", True)
            assert summary["cloud"] == {"onboarded": 4}
        else:
            assert "first-pass yield" in "\n".join(demo.lines)
    bench = folder / "data" / "bench" / "bench.json"
    assert not bench.exists()  # the bench ended in good order, too
    assert json.loads((folder / "runs").read_text()) == 2
