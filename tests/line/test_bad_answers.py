"""Modems that end their lines unusually, and modems that say OK to a deletion and keep what they were to delete."""

from typing import Any

import pytest

from station.domain.line import Outcome, StepKind
from station.simulator.modem import Modem
from station.simulator.timings import Timings
from tests.line.harness import ROOT, Line
from tests.line.trial import Trial, advises, prepare
from tests.line.truth import TAG, held

ENDINGS = {"bare-lf": "LF", "bare-cr": "CR"}


def struck(line: Line, serial: str) -> set[str | None]:
    """Return the faults that struck at a board's commands, None for "none"."""
    return {entry["fault"] for entry in line.bench.describe_log(serial)}


@pytest.mark.parametrize("framing", ["at_host", "at_shell", "serial_modem"])
@pytest.mark.parametrize("do", ENDINGS)
def test_every_answer_may_end_its_lines_with_one_character(line: Line, do: str, framing: str) -> None:
    prepare(line, framing="at_shell" if framing == "at_shell" else "at_host")
    with Trial(line) as trial:
        faults = {"commands": [{"do": do, "times": 0}]}
        end = trial.put({"serial": "ENDS", "faults": faults, "framing": framing})
        assert end.passed, end
        assert struck(line, "ENDS") == {do}


@pytest.mark.parametrize("framing", ["at_host", "at_shell", "serial_modem"])
def test_lines_may_end_in_any_way_and_in_another_with_every_answer(line: Line, framing: str) -> None:
    prepare(line, framing="at_shell" if framing == "at_shell" else "at_host")
    mixed = [{"do": do, "times": 0, "chance": 0.4} for do in ENDINGS]
    with Trial(line) as trial:
        end = trial.put({"serial": "MIXED", "faults": {"commands": mixed}, "framing": framing})
        assert end.passed, end
        assert struck(line, "MIXED") == {None, *ENDINGS}


def load_used(line: Line, trial: Trial, faults: dict[str, Any], **board: Any) -> None:
    """Put in a board that holds a key and a certificate of somebody else's under the product's tag."""
    trial.wait_empty()
    description = {"serial": "USED", **board}
    made = line.bench.new_board(description)
    modem = Modem(made, Timings.none(), line.clock)
    foreign = (ROOT / "config" / "roots" / "amazon-root-ca-1.pem").read_text()
    for command in (f"AT%KEYGEN={TAG},2,0", f'AT%CMNG=0,{TAG},1,"{foreign}"'):
        assert modem.execute(command).final == "OK\r\n", command
    line.bench.insert(1, made)
    line.bench.add_faults("USED", faults)
    trial.scan()


@pytest.mark.parametrize(("kind", "what"), [(1, "client certificate"), (2, "client key")])
def test_a_credential_that_stays_after_its_deletion_fails_the_board(line: Line, kind: int, what: str) -> None:
    prepare(line)
    with Trial(line) as trial:
        fault = {"do": "ignore-delete", "match": f"CMNG=3,{TAG},{kind}", "times": 0}
        load_used(line, trial, {"commands": [fault]})
        end = trial.end()
        assert (end.outcome, end.code, end.failed_in) == (Outcome.FAILED, "LINE-123", StepKind.CLEAR), end
        assert what in end.sentence
        assert advises(end.sentence)
        assert "ignore-delete" in struck(line, "USED")
        # Nothing was made or written over what stayed.
        assert line.board("USED")["counters"]["keys_generated"] == 1
        assert kind in held(line, "USED")
        assert line.cloud_truth()["devices"] == []


def test_a_deletion_that_works_the_second_time_is_no_reason_to_fail(line: Line) -> None:
    prepare(line)
    with Trial(line) as trial:
        faults = {"commands": [{"do": "ignore-delete", "match": "CMNG=3"}]}
        load_used(line, trial, faults)
        end = trial.end()
        assert end.passed, end
        assert end.step(StepKind.CLEAR).tries == 2
        assert line.board("USED")["counters"]["keys_generated"] == 2
