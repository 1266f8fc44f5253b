"""The Uploads page over a written outbox: the oldest age, the cloud's own words, and decisions with a reason."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from station.desktop.upload_words import Decision as UploadDecision
from station.desktop.upload_words import may, way_words
from station.desktop.uploads_page import UploadsPage
from station.domain import events as e
from station.domain.ids import UploadId
from station.domain.line import CloudState
from station.engine.commands import Decide, UploadNow
from station.engine.pushes import Happened
from station.engine.results import Done, Failed
from station.host.files import sha256_of
from tests.desktop.records_rig import Desk, desk
from tests.unit.evidence.written_batch import WrittenBatch, everything

REFUSED = "Device ID already claimed by another team (409)"


def put_into_upload(batch: WrittenBatch, unit: int, settled: CloudState | None, reason: str = "") -> None:
    body = b"body %d" % unit
    (seq,) = batch.journal.commit(
        e.UploadPrepared(units=(unit,), body_sha256=sha256_of(body), body_bytes=len(body)),  # type: ignore[arg-type]  # a UnitId
        bodies={sha256_of(body): body},
    )
    upload = UploadId(seq)
    batch.journal.commit(e.UploadSending(upload=upload))
    if settled is not None:
        row = e.RowSettled(unit, settled, reason)  # type: ignore[arg-type]  # a UnitId
        batch.journal.commit(e.UploadSettled(upload=upload, rows=(row,)))


@pytest.fixture
def around(tmp_path: Path, qapp: QApplication) -> Iterator[Desk]:
    """Of six passed units three are onboarded; one waits, one was refused, one is on its way for too long."""
    for batch in everything(tmp_path / "data"):
        with batch.journal.records() as records:
            waiting = [row.unit for row in records.outbox(CloudState.WAITING)]
        put_into_upload(batch, waiting[0], CloudState.REFUSED, REFUSED)
        put_into_upload(batch, waiting[1], None)
    assert qapp is not None
    with desk(tmp_path) as made:
        yield made


@pytest.fixture
def page(around: Desk, qtbot: QtBot) -> UploadsPage:
    made = UploadsPage(around.surroundings)
    qtbot.addWidget(made)
    made.resize(1170, 656)
    made.show()
    qtbot.waitUntil(lambda: len(made._read.queue.rows) == 3)
    return made


def select(page: UploadsPage, state: CloudState) -> str:
    page.table.clearSelection()
    rows = page._read.queue.rows
    (place,) = [n for n, row in enumerate(rows) if row.state is state]
    page.table.selectRow(place)
    return rows[place].device_id


def test_each_unit_says_where_it_is_and_what_the_cloud_said(page: UploadsPage) -> None:
    rows = {
        page._model.index(row, 0).data(): [page._model.index(row, column).data() for column in range(1, 7)]
        for row in range(page._model.rowCount())
    }
    assert rows["Refused"][5] == REFUSED
    assert rows["Refused"][3] == "1"
    assert rows["Waiting"][4] == "Waits for the next upload"
    assert page.states.chips[CloudState.ONBOARDED].text() == "Onboarded 3"
    assert page.states.chips[CloudState.REFUSED].text() == "Refused 1"


def test_the_oldest_age_is_the_headline(page: UploadsPage) -> None:
    oldest = page._read.queue.oldest
    assert oldest is not None
    page._tell_headline(oldest + timedelta(minutes=90))
    assert page.age.text() == "1 h 30 min"
    assert page.mark.accessibleName() == "Too long"
    page._tell_headline(oldest + timedelta(minutes=2))
    assert page.age.text() == "2 min"


def test_only_what_may_be_decided_can_be_pressed(page: UploadsPage) -> None:
    def offered() -> set[str]:
        return {name.value for name, button in page._buttons.items() if button.isEnabled()}

    assert offered() == set()
    select(page, CloudState.WAITING)
    assert offered() == {"hold"}
    select(page, CloudState.REFUSED)
    assert offered() == {"hold", "send-again", "onboarded"}
    page.table.selectAll()
    assert offered() == {"hold"} - ({"hold"} if not page._read.overdue else set())


def test_a_decision_takes_a_reason_and_reaches_the_engine(around: Desk, page: UploadsPage) -> None:
    device = select(page, CloudState.REFUSED)
    page._buttons[next(iter(page._buttons))].click()
    assert page.reason.hasFocus()
    QTest.keyClick(page.reason, Qt.Key.Key_Return)
    assert not around.link.asked
    QTest.keyClicks(page.reason, "claimed by mistake, freed now")
    QTest.keyClick(page.reason, Qt.Key.Key_Return)
    assert around.link.last == Decide(units=(device,), decision="send-again", reason="claimed by mistake, freed now")
    around.link.answer(Failed(code="PPL-111", sentence="You may not."))
    assert page.said.words == "PPL-111  You may not."
    page.decide.click()
    around.link.answer(Done())
    assert not page._panel.isVisible()
    assert not page.reason.text()


def test_selected_units_are_copied_with_the_clouds_words(page: UploadsPage) -> None:
    device = select(page, CloudState.REFUSED)
    page.table.setFocus()
    QTest.keyClick(page.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "\t".join((device, "WO-2026-117", "refused", "1", "", REFUSED))


def test_send_now_says_why_not(around: Desk, page: UploadsPage) -> None:
    page.send.click()
    assert around.link.last == UploadNow()
    assert not page.send.isEnabled()
    around.link.answer(Failed(code="PPL-137", sentence="Sign in first."))
    assert page.send.isEnabled()
    assert around.said == [("PPL-137", "Sign in first.")]
    page.lost()
    assert not page.send.isEnabled()


def test_what_happens_is_seen_and_the_selection_stays(page: UploadsPage, qtbot: QtBot) -> None:
    device = select(page, CloudState.REFUSED)
    page.states.choose(CloudState.REFUSED, CloudState.ONBOARDED)
    page._gather.setInterval(1)
    page.happened(Happened(number=1, at="", about="uploads"))
    qtbot.waitUntil(lambda: len(page._read.queue.rows) == 4)
    assert [row.device_id for row in page.chosen()] == [device]


def test_a_unit_in_another_accounts_upload_says_so_and_is_peoples_to_decide(page: UploadsPage) -> None:
    (row,) = [one for one in page._read.queue.rows if one.state is CloudState.SENDING]
    assert way_words(row, row.since, {row.unit}, {row.unit}) == "Waits for another account's key; you may decide"
    assert way_words(row, row.since, {row.unit}) == "Overdue: the cloud has come to no end; you may decide"
    assert may(UploadDecision.SEND_AGAIN, row, {row.unit})
    claimed = replace(row, state=CloudState.CLAIMED)
    assert [one for one in UploadDecision if may(one, claimed, ())] == [UploadDecision.ONBOARDED]
