"""Export, decision and rework through a real engine, from the pages that people use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from station.desktop.units_page import UnitsPage
from station.desktop.uploads_page import UploadsPage
from station.domain.line import CloudState
from tests.desktop.engine_rig import Rig
from tests.desktop.line_window import Window
from tests.line.harness import STAFF


@pytest.fixture
def window(rig: Rig, qtbot: QtBot, tmp_path: Path) -> Iterator[Window]:
    made = Window(rig, qtbot, tmp_path)
    yield made
    made.end()


@pytest.mark.parametrize("line", [2], indirect=True)
def test_a_built_unit_is_exported_verified_decided_about_and_reworked(
    rig: Rig, window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    window.sign_in("edith")
    window.arm(1)
    rig.line.bench.insert(1)
    units, uploads = window.window.pages["units"], window.window.pages["uploads"]
    assert isinstance(units, UnitsPage)
    assert isinstance(uploads, UploadsPage)
    window.window.show_page("units")
    window.wait(lambda: units.model.count == 1, "the unit in the list")
    units.scanned(units.model.line(0).imei)
    window.wait(lambda: units.record.shown is not None and units.record.shown.record.active is not None, "its record")
    device = units.record.shown.record.unit.device_id

    # Exported by the engine, checked by the verifier as a program of its own.
    units.record.findChild(QPushButton, "record-export").click()
    folder = tmp_path / "exports"
    units.export.folder.setText(str(folder))
    units.export.go.click()
    window.wait(lambda: units.export._written, f"the export; {units.export.said.words}")
    (bundle,) = folder.glob("*.zip")
    assert {path.suffix for path in folder.iterdir()} >= {".zip", ".csv", ".pdf"}
    units.export.findChild(QPushButton, "export-verify").click()
    with qtbot.waitSignal(units.verify.ended, timeout=60_000) as ended:
        pass
    assert ended.args == [3], units.verify.words.toPlainText()
    assert str(bundle) == units.verify.path.text()
    units.tabs.setCurrentIndex(0)

    # Printed again without a reason: the engine's refusal is said where it was asked.
    units.record.findChild(QPushButton, "record-export").click()
    units.export.folder.setText(str(tmp_path / "again"))
    units.export.go.click()
    window.wait(lambda: units.export.said.words.startswith("PPL-112"), "the refusal")
    assert units.export.reason.hasFocus() or not units.isActiveWindow()

    # Onboarded by the simulated cloud: there is nothing to decide about, and the engine says so.
    window.window.show_page("uploads")
    uploads.states.choose(CloudState.ONBOARDED)
    uploads.read()
    window.wait(lambda: [row.device_id for row in uploads._read.queue.rows] == [device], "the unit in the outbox")
    uploads.table.selectRow(0)
    uploads.choose_decision("hold")
    uploads.reason.setText("a try")
    uploads.decide.setEnabled(True)
    uploads.decide.click()
    window.wait(lambda: uploads.said.words.startswith("LINE-161"), f"the refusal; {uploads.said.words}")

    # A rework takes a second person's PIN, typed now.
    window.window.show_page("units")
    units._open_side(units.rework)
    units.rework.offer(device)
    units.rework.reason.setText("antenna replaced")
    units.rework.second.name.setText("lena")
    units.rework.second.secret.setText("000000")
    units.rework.go.click()
    window.wait(lambda: units.rework.said.words.startswith("PPL-"), "the refusal of a wrong PIN")
    units.rework.second.secret.setText(STAFF["lena"][0])
    units.rework.go.click()
    window.wait(lambda: units.rework.said.words.startswith("Declared."), f"the rework; {units.rework.said.words}")
    window.wait(lambda: "antenna replaced" in units.record.story_text(), "the rework in the story")
    assert units.record.shown.record.unit.rework

    # It never begins: withdrawn, the unit is what it was.
    units.record.findChild(QPushButton, "record-rework").click()
    units.rework.reason.setText("sold as it is")
    units.rework.second.name.setText("lena")
    units.rework.second.secret.setText(STAFF["lena"][0])
    units.rework.go.click()
    window.wait(lambda: units.rework.said.words.startswith("Withdrawn."), f"the end; {units.rework.said.words}")
    window.wait(lambda: "rework withdrawn by" in units.record.story_text(), "the withdrawal in the story")
    assert not units.record.shown.record.unit.rework
    assert units.record.shown.record.unit.cloud is CloudState.ONBOARDED
