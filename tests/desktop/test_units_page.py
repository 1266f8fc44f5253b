"""The Units page over a written journal: search, record, batches, export, rework and verification, by keyboard."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from station.desktop.pills import LOOK_ROLE
from station.desktop.record_words import OUTCOME_MOODS
from station.desktop.slot_rule import Differs, slots_apart
from station.desktop.theme import LOOKS
from station.desktop.units_page import UnitsPage
from station.domain.events import ReworkDeclared
from station.domain.ids import DeviceId, SlotNumber
from station.domain.line import Outcome, SlotState
from station.engine.commands import Export, Rework, WithdrawRework
from station.engine.pushes import Changed, Happened, Header, Tile
from station.engine.results import Done, Failed, Written
from station.journal import unit_search
from station.journal.statistics import SlotFigures, spread
from tests.desktop.records_rig import Desk, desk
from tests.unit.evidence.written_batch import WrittenBatch, everything, open_journal

DEVICE = "50353257-3033-42bf-8033-{:012x}"
Key = Qt.Key


@pytest.fixture
def around(tmp_path: Path, qapp: QApplication) -> Iterator[Desk]:
    for _ in everything(tmp_path / "data"):
        pass
    assert qapp is not None
    with desk(tmp_path) as made:
        yield made


@pytest.fixture
def page(around: Desk, qtbot: QtBot) -> UnitsPage:
    made = UnitsPage(around.surroundings)
    qtbot.addWidget(made)
    made.resize(1170, 656)
    made.show()
    qtbot.waitUntil(lambda: made.model.count == 10)
    return made


def shown(page: UnitsPage) -> list[str]:
    return [str(page.model.index(row, 1).data()) for row in range(page.model.rowCount())]


def search(page: UnitsPage, qtbot: QtBot, text: str, count: int) -> None:
    page.filters.search.setFocus()
    page.filters.search.clear()
    QTest.keyClicks(page.filters.search, text)
    qtbot.waitUntil(lambda: page.model.wanted.text == text and page.model.count == count)


def open_record(page: UnitsPage, qtbot: QtBot, number: int) -> None:
    search(page, qtbot, DEVICE.format(number), 1)
    QTest.keyClick(page.filters.search, Key.Key_Return)
    qtbot.waitUntil(
        lambda: page.record.shown is not None and page.record.shown.record.unit.device_id == DEVICE.format(number)
    )


def test_units_are_found_while_typing_and_opened_and_left_by_keyboard(page: UnitsPage, qtbot: QtBot) -> None:
    assert shown(page)[0] == DEVICE.format(10)
    search(page, qtbot, DEVICE.format(3), 1)
    assert shown(page) == [DEVICE.format(3)]
    assert page.status.text() == "1 unit"
    QTest.keyClick(page.filters.search, Key.Key_Down)
    assert page.table.hasFocus()
    QTest.keyClick(page.table, Key.Key_Return)
    qtbot.waitUntil(lambda: page.record.shown is not None)
    assert page.banner.isVisible()
    QTest.keyClick(page.record.tabs.currentWidget(), Key.Key_Escape)
    assert page.table.isVisible()
    QTest.keyClick(page.table, Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.filters.search.hasFocus()
    assert page.filters.search.selectedText() == DEVICE.format(3)


def test_chips_choose_and_say_so_by_shape_and_word(page: UnitsPage, qtbot: QtBot) -> None:
    chip = page.filters.outcomes.chips[Outcome.QUARANTINED]
    QTest.keyClick(chip, Key.Key_Space)
    qtbot.waitUntil(lambda: page.model.count == 1)
    cell = page.model.index(0, 0)
    assert cell.data() == "Quarantined"
    assert cell.data(LOOK_ROLE) == LOOKS[OUTCOME_MOODS[Outcome.QUARANTINED]]
    QTest.keyClicks(page.filters.search, "nothing like that")
    qtbot.waitUntil(lambda: page.model.count == 0)
    assert "No unit is like that" in page.status.text()
    page.filters.clear_all.click()
    qtbot.waitUntil(lambda: page.model.count == 10)


def test_a_record_tells_its_story_its_certificate_and_its_proofs(page: UnitsPage, qtbot: QtBot) -> None:
    open_record(page, qtbot, 6)
    story = page.record.story_text()
    assert "slot 1: flashed app.hex (read back), " in story
    assert "rework declared by p3 and p4: antenna replaced" in story
    assert story.index("attempt 1 ends: Passed") < story.index("rework declared") < story.index("attempt 2 begins")
    assert page.record.pem.toPlainText().startswith("-----BEGIN CERTIFICATE-----\n")
    page.record.findChild(QPushButton, "record-copy-pem").click()
    assert QGuiApplication.clipboard().text() == page.record.pem.toPlainText()
    certificate = [page.record._certificate.index(row, 1).data() for row in range(page.record._certificate.rowCount())]
    assert f"CN={DEVICE.format(6)}" in certificate
    assert certificate.count("Superseded") == 1
    assert page.record.proofs.rowCount() == 4


def test_a_failed_record_says_why(page: UnitsPage, qtbot: QtBot) -> None:
    open_record(page, qtbot, 7)
    assert page.record._why.isVisible()
    assert page.record._why.text().startswith("LINE-132  RF test measured power")
    results = [page.record.story.index(row, 3).data() for row in range(page.record.story.rowCount())]
    assert results[-1] == "Failed"


def test_the_first_key_is_looked_for_at_once_and_a_scanners_others_together(page: UnitsPage, qtbot: QtBot) -> None:
    seen = list[str]()
    page.filters.wanted_changed.connect(lambda: seen.append(page.filters.wanted().text))
    QTest.keyClicks(page.filters.search, "35250")
    assert seen == ["3"]
    qtbot.waitUntil(lambda: seen == ["3", "35250"])
    page.filters.search.clear()
    page.filters.look_for("acme")
    assert seen == ["3", "35250", "", "acme"]
    assert not page.filters._timer.isActive()


def test_the_next_record_is_a_key_away(page: UnitsPage, qtbot: QtBot) -> None:
    page.table.setFocus()
    QTest.keyClick(page.table, Key.Key_Return)
    qtbot.waitUntil(lambda: page.record.shown is not None)
    page.record.findChild(QPushButton, "record-next").click()
    qtbot.waitUntil(lambda: page.record.shown.record.unit.device_id == DEVICE.format(9))
    page.record.findChild(QPushButton, "record-previous").click()
    qtbot.waitUntil(lambda: page.record.shown.record.unit.device_id == DEVICE.format(10))


def test_the_banner_says_that_the_line_goes_on(page: UnitsPage) -> None:
    page.changed(
        Changed(
            tiles=(Tile(slot=SlotNumber(3), state=SlotState.RUNNING), Tile(slot=SlotNumber(4), state=SlotState.EMPTY)),
            header=Header(run="running", batch="WO-9"),  # type: ignore[arg-type]  # a BatchId
        )
    )
    assert "The line goes on: batch WO-9, 1 slot(s) at work." in page.banner.words.text()


def test_new_results_come_in_at_the_top_but_never_under_somebodys_hands(
    page: UnitsPage, qtbot: QtBot, tmp_path: Path
) -> None:
    page._refresh.setInterval(1)

    def build() -> None:
        with open_journal(tmp_path / "data") as journal:
            batch = WrittenBatch(journal, tmp_path / "data", made=100 + page.model.rowCount())
            batch.batch = f"WO-{page.model.rowCount()}"  # type: ignore[assignment]  # a BatchId
            batch.arm(1)
            batch.good(1)

    build()
    page.happened(Happened(number=1, at="", about="passed"))
    qtbot.waitUntil(lambda: page.model.count == 11)
    page.table.selectRow(4)
    build()
    page.happened(Happened(number=2, at="", about="passed"))
    qtbot.waitUntil(page.fresh.isVisible)
    assert page.model.count == 11
    page.fresh.click()
    qtbot.waitUntil(lambda: page.model.count == 12)
    assert not page.fresh.isVisible()


def test_an_export_names_units_forms_folder_and_reason(around: Desk, page: UnitsPage, qtbot: QtBot) -> None:
    open_record(page, qtbot, 2)
    page.record.findChild(QPushButton, "record-export").click()
    panel = page.export
    panel.tables.setChecked(False)
    panel.folder.setText("/exports")
    panel.reason.setText("the auditor asks")
    panel.go.click()
    unit = page.record.shown.record.unit.id
    assert around.link.last == Export(folder="/exports", units=(unit,), forms=("bundle",), reason="the auditor asks")
    around.link.answer(Failed(code="PPL-112", sentence="Say why."))
    assert panel.said.words == "PPL-112  Say why."
    assert panel.reason.hasFocus()
    panel.go.click()
    around.link.answer(Written(paths=("/exports/unit-2.zip",)))
    assert panel.findChild(QPushButton, "export-verify").isVisible()
    panel.bundle.setChecked(False)
    count = len(around.link.asked)
    panel.go.click()
    assert len(around.link.asked) == count, "nothing was chosen"


def test_a_rework_takes_a_reason_and_a_second_person(around: Desk, page: UnitsPage, qtbot: QtBot) -> None:
    open_record(page, qtbot, 2)
    page.record.findChild(QPushButton, "record-rework").click()
    panel = page.rework
    panel.go.click()
    assert not around.link.asked
    assert panel.findChild(QLineEdit, "rework-reason").hasFocus()
    QTest.keyClicks(panel.reason, "antenna replaced")
    page.scanned("lena")
    QTest.keyClicks(panel.second.secret, "830275")
    QTest.keyClick(panel.second.secret, Key.Key_Return)
    asked = around.link.last
    assert isinstance(asked, Rework)
    assert (asked.unit, asked.reason, asked.second, asked.second_pin.reveal()) == (
        DEVICE.format(2),
        "antenna replaced",
        "lena",
        "830275",
    )
    assert not panel.second.secret.text()
    around.link.answer(Failed(code="PPL-115", sentence="Type it again."))
    assert panel.go.isEnabled()
    panel.second.secret.setText("830275")
    panel.go.click()
    around.link.answer(Done())
    assert not panel.second.who()
    QTest.keyClick(panel, Key.Key_Escape)
    assert not panel.isVisible()


def test_a_declared_rework_is_withdrawn_where_it_was_declared(
    around: Desk, page: UnitsPage, qtbot: QtBot, tmp_path: Path
) -> None:
    with open_journal(tmp_path / "data") as journal, journal.records() as records:
        unit = records.unit_by_device_id(DeviceId(DEVICE.format(2)))
        assert unit is not None
        journal.commit(ReworkDeclared(unit=unit.id, operator="p3", reason="antenna", second="p4"))
    open_record(page, qtbot, 2)
    button = page.record.findChild(QPushButton, "record-rework")
    assert button.text() == "Withdraw the rework…"
    button.click()
    panel = page.rework
    assert panel.go.text() == panel.go.accessibleName() == "Withdraw the rework"
    panel.go.click()
    assert panel.said.words == "Say why it is not to be built again."
    QTest.keyClicks(panel.reason, "sold as it is")
    page.scanned("lena")
    QTest.keyClicks(panel.second.secret, "830275")
    QTest.keyClick(panel.second.secret, Key.Key_Return)
    asked = around.link.last
    assert isinstance(asked, WithdrawRework)
    assert (asked.unit, asked.reason, asked.second) == (DEVICE.format(2), "sold as it is", "lena")
    around.link.answer(Done())
    assert panel.said.words == "Withdrawn. The unit is what it was before."


def test_a_scan_opens_its_unit(page: UnitsPage, qtbot: QtBot) -> None:
    page.tabs.setCurrentWidget(page.verify)
    page.scanned("359445990000004")
    qtbot.waitUntil(lambda: page.record.shown is not None and page.record.isVisible())
    assert page.record.shown.record.unit.device_id == DEVICE.format(4)


def test_a_batch_is_added_up_and_leads_to_its_units(around: Desk, page: UnitsPage, qtbot: QtBot) -> None:
    page.tabs.setCurrentWidget(page.batches)
    qtbot.waitUntil(lambda: page.batches._counted is not None)
    assert page.batches._sum.text() == (
        "12 ordered = 6 passed + 2 failed + 1 error + 1 quarantined + 1 aborted + 1 not started"
    )
    assert page.batches._yield.text() == "First-pass yield 62.5 %: 5 of 8"
    page.batches.findChild(QPushButton, "batch-export").click()
    page.export.onboard.setChecked(True)
    page.export.go.click()
    assert around.link.last == Export(
        folder=page.export.folder.text(),
        batch="WO-2026-117",
        forms=("bundle", "tables", "onboard-csv"),  # type: ignore[arg-type]
    )
    page.batches.findChild(QPushButton, "batch-units").click()
    qtbot.waitUntil(lambda: page.model.wanted.batch == "WO-2026-117" and page.model.count == 10)
    assert page.filters.batch.currentText() == "WO-2026-117"


def test_a_journal_is_verified_by_a_program_of_its_own(page: UnitsPage, qtbot: QtBot, tmp_path: Path) -> None:
    page.tabs.setCurrentWidget(page.verify)
    page.verify.path.setText(str(tmp_path / "nothing.zip"))
    with qtbot.waitSignal(page.verify.ended, timeout=60_000) as ended:
        QTest.keyClick(page.verify.path, Key.Key_Return)
        assert not page.verify.go.isEnabled()
    assert ended.args == [2]
    assert page.verify.said.words.startswith("It can't be read.")
    assert "nothing.zip" in page.verify.words.toPlainText()
    assert page.verify.go.isEnabled()


def test_a_long_table_is_read_page_by_page(page: UnitsPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_search, "PAGE", 3)
    monkeypatch.setattr("station.desktop.unit_table.PAGE", 3)
    page._search()
    qtbot.waitUntil(lambda: page.model.count == 10 and page.model.rowCount() == 10)
    assert page.model.line(0) is not None
    page.model._pages.pop(3, None)
    assert page.model.line(9) is None
    qtbot.waitUntil(lambda: page.model.line(9) is not None)
    assert page.model.line(9).device_id == DEVICE.format(1)


def test_before_the_first_batch_there_is_a_sentence_and_no_fault(tmp_path: Path, qtbot: QtBot) -> None:
    with desk(tmp_path) as made:
        page = UnitsPage(made.surroundings)
        qtbot.addWidget(page)
        page.show()
        qtbot.waitUntil(lambda: page.status.text().startswith("No journal yet"))
        assert made.said == []


def test_every_control_has_a_name_for_screen_readers(page: UnitsPage) -> None:
    for kind in (QPushButton, QLineEdit):
        for control in page.findChildren(kind):
            inside = control.objectName().startswith("qt_")
            assert inside or control.accessibleName() or (isinstance(control, QPushButton) and control.text())


# The rule by which slots differ


def figures(slot: int, seconds: float, count: int, passed: int, total: int) -> SlotFigures:
    # Around its middle, as times are.
    times = spread([(round(seconds * 1000) + off, count // 4) for off in (-500, 0, 0, 500)])
    return SlotFigures(SlotNumber(slot), {Outcome.PASSED: count}, passed, total, times)


def test_slots_that_differ_stand_out_and_others_do_not() -> None:
    line = [figures(n, 52 + 0.2 * n, 200, 196, 200) for n in range(1, 9)]
    assert slots_apart(line) == []
    slow = [*line[:6], figures(7, 61, 200, 196, 200), line[7]]
    assert [(one.slot, one.differs) for one in slots_apart(slow)] == [(7, Differs.SLOWER)]
    weak = [*line[:6], figures(7, 53.4, 200, 170, 200), line[7]]
    (found,) = slots_apart(weak)
    assert (found.slot, found.differs, found.own, found.others) == (7, Differs.LOWER_YIELD, 0.85, 0.98)
    few = [*line[:6], figures(7, 61, 28, 20, 28), line[7]]
    assert slots_apart(few) == []
    assert slots_apart([figures(1, 52, 200, 200, 200), figures(2, 90, 200, 100, 200)]) == []
    perfect = [figures(n, 52, 200, 200, 200) for n in range(1, 8)] + [figures(8, 52, 200, 199, 200)]
    assert slots_apart(perfect) == []
