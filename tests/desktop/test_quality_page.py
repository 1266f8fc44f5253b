"""The Quality page over a written journal: what is counted is what is shown, in words too."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from station.desktop.quality_page import QualityPage, folded
from station.journal.statistics import QuarterHour
from tests.desktop.records_rig import Desk, desk
from tests.unit.evidence.written_batch import everything


@pytest.fixture
def around(tmp_path: Path, qapp: QApplication) -> Iterator[Desk]:
    for _ in everything(tmp_path / "data"):
        pass
    assert qapp is not None
    with desk(tmp_path) as made:
        yield made


@pytest.fixture
def page(around: Desk, qtbot: QtBot) -> QualityPage:
    made = QualityPage(around.surroundings)
    qtbot.addWidget(made)
    made.resize(1170, 656)
    made.periods.choose("all")
    made.show()
    qtbot.waitUntil(lambda: made._counted is not None, timeout=30_000)
    return made


def test_figures_stand_in_large_and_are_drawn_and_told(page: QualityPage) -> None:
    assert {key: label.text() for key, label in page._numbers.items()} | {"time": ""} == {
        "yield": "71.4 %",
        "units": "7",
        "attempts": "15",
        "time": "",
        "fault": "LINE-132 (3)",
    }
    said = page.charts["faults"].accessibleDescription()
    assert said.startswith("LINE-132: 3 (42.9 %). RF test measured power")
    assert page.charts["steps"].accessibleDescription().startswith("Flash the application: ")
    assert page.charts["slots"].accessibleDescription().startswith("1: ")
    assert page.charts["yield"].accessibleDescription().endswith("71.4 %, 5 / 7")
    assert page.status.text().startswith("Counted in ")


def test_the_rule_stands_on_the_page_and_few_attempts_are_not_judged(page: QualityPage) -> None:
    assert "from 30 attempts a slot and 3 slots on" in page.rule()
    assert page._verdict.accessibleName() == "Too few to judge"


def test_another_product_or_span_is_counted_anew(page: QualityPage, qtbot: QtBot) -> None:
    assert [page.product.itemText(n) for n in range(page.product.count())] == ["All products", "tracker"]
    page._counted = None
    page.product.setCurrentIndex(1)
    qtbot.waitUntil(lambda: page._counted is not None)
    assert page.choice().product == "tracker"
    assert page._numbers["attempts"].text() == "15"
    page._counted = None
    page.periods.chips["day"].click()
    now = page._around.opened.clock.now()
    assert page.choice().span.since is not None
    assert timedelta(0) <= now - page.choice().span.since < timedelta(hours=25)
    qtbot.waitUntil(lambda: page._counted is not None)


def test_points_are_hours_days_or_weeks() -> None:
    begin = datetime(2026, 1, 5, 12, tzinfo=UTC)

    def points(*after: timedelta) -> list[tuple[str, int, int]]:
        return folded([QuarterHour(begin + one, 1, 2) for one in after])

    assert points() == []
    assert [(passed, total) for _, passed, total in points(timedelta(), timedelta(minutes=15), timedelta(hours=2))] == [
        (2, 4),
        (1, 2),
    ]
    assert len(points(timedelta(), timedelta(hours=1), timedelta(days=3))) == 2
    weeks = points(timedelta(), timedelta(days=1), timedelta(days=100))
    assert [name[:6] for name, _, _ in weeks] == ["2026-W", "2026-W"]
    assert weeks[0][2] == 4


def test_before_the_first_batch_there_is_a_sentence(tmp_path: Path, qtbot: QtBot) -> None:
    with desk(tmp_path) as made:
        page = QualityPage(made.surroundings)
        qtbot.addWidget(page)
        page.show()
        qtbot.waitUntil(lambda: page.status.text().startswith("No journal yet"))
        assert made.said == []
