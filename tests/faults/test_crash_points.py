"""Every crash point is known, and at a spread of them: killed, started again, finished, and nothing lost or doubled.

The long form kills at each of them: ``python -m tests.campaigns.crash_points``.
"""

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest

from station.domain.events import Event
from station.domain.line import StepKind
from tests.faults.child import Nursery
from tests.faults.claims import Finding, Kind
from tests.faults.crashes import kill_at, record
from tests.faults.points import Way, read_table
from tests.faults.scenarios import SCENARIOS
from tests.line.harness import ROOT

SPREAD = 2
"""Kills of one scenario in the short form: each in the run that follows the one before."""


def commits(table: Iterable[str]) -> set[str]:
    """Return what the table's commits hold, without when: ``step-finished flash``."""
    named = (point.removeprefix("commit ").rpartition(": ")[0] for point in table if point.startswith("commit "))
    return {event for name in named for event in name.split(" + ")}


def written_kinds() -> set[str]:
    """Return the kinds of the events that some module of the station makes."""
    made = set[str]()
    for path in (ROOT / "station").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name | ast.Attribute) and call.keywords:
                made.add(call.func.id if isinstance(call.func, ast.Name) else call.func.attr)
    return {kind.kind for kind in get_args(Event) if kind.__name__ in made}


def test_every_kind_of_entry_and_step_has_its_points() -> None:
    known = commits(read_table())
    kinds = written_kinds()
    assert {"attempt-closed", "upload-sending", "export-intended"} <= kinds
    assert kinds - {name.partition(" ")[0] for name in known} == set(), "no scenario commits these"
    steps = {f"{kind} {step}" for step in StepKind for kind in ("step-intended", "step-finished")}
    assert steps - known == set(), "no scenario does these steps"


def test_every_commit_has_a_before_and_an_after_and_every_file_all_of_its_moments() -> None:
    table = read_table()
    for point in table:
        name, _, when = point.rpartition(": ")
        around = ("commit ", "probe ", "program ", "http ", "migration ", "going back", "new journal")
        if point.startswith(around) and when != "sent":
            assert {f"{name}: before", f"{name}: after"} <= table.keys()
        if point.startswith("file ") and when == "created":
            moments = {f"{name}: {one}" for one in ("written", "synced", "folder-synced")}
            assert moments <= table.keys()
            assert {f"{name}: renamed", f"{name}: linked"} & table.keys()


def told(findings: list[Finding], printed: str) -> str:
    """Return what is wrong, and behind it what the last program printed."""
    return "\n".join([*map(str, findings), printed[-2000:]])


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_reaches_no_point_that_the_table_does_not_have(
    scenario: str, crash_ca: Path, nursery: Nursery
) -> None:
    points, findings, printed = record(scenario, crash_ca, nursery)
    assert not findings, told(findings, printed)
    table = read_table()
    assert set(points) - table.keys() == set(), "new: python -m tests.campaigns.crash_points --write-table"
    own = {point for point, way in table.items() if way == Way(scenario)}
    assert own - set(points) == set(), "the table has what is not reached any more: make it anew"


def spread(scenario: str) -> list[str]:
    """Return some of the scenario's own points, from its whole length, behind its start."""
    own = [point for point, way in read_table().items() if way == Way(scenario)]
    return [own[(2 * number + 1) * len(own) // (2 * SPREAD)] for number in range(SPREAD)]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_is_killed_again_and_again_finishes_and_nothing_is_lost(
    scenario: str, crash_ca: Path, nursery: Nursery
) -> None:
    tried = kill_at(scenario, spread(scenario), crash_ca, nursery)
    assert not tried.findings, told(tried.findings, tried.printed)
    assert tried.kills >= 1, "it was never killed"


RECOVERIES = [(way.scenario, (*way.kills, point)) for point, way in read_table().items() if way.kills]
"""Points that only a run comes to which follows a kill: it is killed again in the middle of its recovery."""


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "points"), RECOVERIES[:: max(1, len(RECOVERIES) // SPREAD)])
def test_what_is_killed_in_its_recovery_finishes_and_nothing_is_lost(
    scenario: str, points: tuple[str, ...], crash_ca: Path, nursery: Nursery
) -> None:
    tried = kill_at(scenario, list(points), crash_ca, nursery)
    assert not tried.findings, told(tried.findings, tried.printed)
    assert tried.kills == len(points), f"{tried.kills} kills"


# Positive controls: the product made wrong, and the harness must say so


def kinds(findings: list[Finding]) -> set[Kind]:
    return {finding.kind for finding in findings}


def test_an_outbox_that_posts_again_blindly_is_caught(crash_ca: Path, nursery: Nursery) -> None:
    point = ["http POST devices: after"]
    tried = kill_at("silent", point, crash_ca, nursery, ("post blindly",))
    assert tried.kills == 1
    assert Kind.DOUBLED in kinds(tried.findings), tried.printed


def test_a_result_that_is_drawn_before_its_commit_is_caught(crash_ca: Path, nursery: Nursery) -> None:
    tried = kill_at("silent", ["drawn attempt-closed passed"], crash_ca, nursery, ("draw first",))
    assert tried.kills == 1
    assert any("was shown as passed" in finding.what for finding in tried.findings), tried.findings


def test_a_one_way_step_that_is_done_again_is_caught(crash_ca: Path, nursery: Nursery) -> None:
    tried = kill_at("locked", ["probe lock in lock: after"], crash_ca, nursery, ("lock again",))
    assert tried.kills == 1
    assert Kind.DOUBLED in kinds(tried.findings), tried.printed


def test_a_key_whose_answer_is_lost_and_that_is_called_failed_is_caught(crash_ca: Path, nursery: Nursery) -> None:
    tried = kill_at("odd", [], crash_ca, nursery, ("fail on silence",))
    assert any("which is sound" in finding.what for finding in tried.findings), (tried.findings, tried.printed)
