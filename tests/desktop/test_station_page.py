"""The station's page: checks, slots learnt by plugging in, settings, people, and this window's own tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from station.desktop.station_page import CHECKS, PEOPLE, SETTINGS, SLOTS, WINDOW, StationPage
from station.desktop.window_panel import TRY
from station.doctor.findings import State
from station.engine.commands import ChangePerson, ListPeople, Release, SaveSettings, SettingsFile
from station.engine.pushes import Happened
from station.engine.results import Done, Failed, Person, Roll, Saved
from station.host.files import sha256_of
from station.people.rights import RULES, Role
from station.settings.first_fixture import render_simulated
from station.settings.loading import load_fixture
from station.software import version_text
from tests.desktop.engine_rig import Rig
from tests.desktop.line_rig import Around, shown

PATIENCE_MS = 60_000

EDITH = Person(
    id="p1",
    name="Edith",
    roles=("ca-keeper", "engineer"),
    rights=tuple(right.name for right, rule in RULES.items() if Role.ENGINEER in rule.roles),
)
OTTO = Person(id="p2", name="Otto", roles=("operator",))


@pytest.fixture
def around(tmp_path: Path, qapp: QApplication) -> Around:  # noqa: ARG001 -- widgets need an application
    made = Around(tmp_path, who=EDITH)
    made.opened.value.fixture.write_text(render_simulated(3, by_network=False), encoding="utf-8")
    return made


@pytest.fixture
def page(around: Around) -> Iterator[StationPage]:
    made = StationPage(around.surroundings)
    with shown(around, made):
        yield made


@pytest.fixture
def until(qtbot: QtBot) -> Callable[[Callable[[], object]], None]:
    """Wait for something to become true."""

    def wait(reached: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(reached()), timeout=PATIENCE_MS)

    return wait


Until = Callable[[Callable[[], object]], None]


def button(page: QWidget, name: str) -> QPushButton:
    found = page.findChild(QPushButton, name)
    assert isinstance(found, QPushButton), name
    return found


# ---- checks


def test_the_doctor_is_asked_in_a_process_of_its_own_and_its_report_can_be_copied(
    page: StationPage, until: Until
) -> None:
    page.show_panel(CHECKS)
    QTest.keyClick(button(page, "checks.start"), Qt.Key.Key_Space)
    assert page.checks.running
    until(lambda: page.checks.findings)
    assert any(one.state is State.TROUBLE for one in page.checks.findings)  # it has no CA
    assert page.findChild(QWidget, "finding.settings.station") is not None
    button(page, "checks.copy").click()
    assert "== Settings" in QGuiApplication.clipboard().text()


# ---- slots


def test_a_slot_learns_what_is_plugged_in_and_an_engineer_saves_it(
    page: StationPage, around: Around, until: Until
) -> None:
    bench = around.opened.value.data / "bench"
    bench.mkdir(parents=True)
    (bench / "slot9").touch()  # in already: not what is plugged in now
    page.show_panel(SLOTS)
    until(lambda: page.slots.table.rowCount() == 3)
    page.slots.table.setCurrentCell(1, 0)
    button(page, "slots.learn").click()
    until(lambda: page.slots._baseline is not None)
    (bench / "slot7").touch()
    until(lambda: not page.slots.learning)
    assert "simulated board" in page.slots.said.words
    button(page, "slots.save").click()
    command, done, _ = around.last(SaveSettings)
    assert command.file == "fixture"
    assert "slot 2" in command.reason
    before = around.opened.value.fixture.read_text(encoding="utf-8")
    assert command.text == before.replace("number = 2\n", 'number = 2\nport = "bench/slot7"\n')
    load_fixture(around.opened.value.fixture, command.text.encode(), data=around.opened.value.data)
    assert command.before == sha256_of(around.opened.value.fixture.read_bytes())
    done(Saved(file="fixture", path="f", sha256=sha256_of(b"saved")))
    released, done, _ = around.last(Release)
    assert released.reason == command.reason
    assert released.files == (SettingsFile(file="fixture", sha256=sha256_of(b"saved")),), "this, and nothing else"
    done(Done())
    assert "Slot 2" in page.slots.said.words


def test_two_things_at_once_are_not_guessed_at(page: StationPage, around: Around, until: Until) -> None:
    aside = around.opened.value.data / "aside"
    aside.mkdir(parents=True)
    for name in ("slot4", "slot5"):
        (aside / name).touch()
    page.show_panel(SLOTS)
    until(lambda: page.slots.table.rowCount() == 3)
    button(page, "slots.learn").click()
    until(lambda: page.slots._baseline is not None)
    aside.rename(aside.parent / "bench")  # both at one moment
    until(lambda: not page.slots.learning)
    assert "2 things" in page.slots.said.words
    assert not button(page, "slots.save").isEnabled()


def test_nobody_but_an_engineer_saves_a_slot(page: StationPage, around: Around, until: Until) -> None:
    bench = around.opened.value.data / "bench"
    bench.mkdir(parents=True)
    around.who = OTTO
    page.show_panel(SLOTS)
    until(lambda: page.slots.table.rowCount() == 3)
    button(page, "slots.learn").click()
    until(lambda: page.slots._baseline is not None)
    (bench / "slot7").touch()
    until(lambda: not page.slots.learning)
    button(page, "slots.save").click()
    assert "engineer" in page.slots.said.words
    assert not any(isinstance(one, SaveSettings) for one in around.commands)


# ---- settings


def test_settings_are_locked_until_an_engineer_unlocks_them(page: StationPage, around: Around, until: Until) -> None:
    page.show_panel(SETTINGS)
    until(page.settings.text.toPlainText)
    around.who = OTTO
    button(page, "settings.unlock").click()
    assert not page.settings.unlocked
    QTest.keyClicks(page.settings.text, "x")
    assert page.settings.text.toPlainText() == (around.folder / "station.toml").read_text(encoding="utf-8")
    around.who = EDITH
    button(page, "settings.unlock").click()
    assert page.settings.unlocked


def test_every_problem_is_listed_beside_the_text_and_nothing_is_saved_before_it_is_right(
    page: StationPage, around: Around, until: Until
) -> None:
    page.show_panel(SETTINGS)
    until(page.settings.text.toPlainText)
    button(page, "settings.unlock").click()
    sound = page.settings.text.toPlainText()
    page.settings.text.setPlainText(sound.replace("station_id", "sttion_id").replace('"Test line"', "7"))
    until(lambda: page.settings.problems.count() == 3)
    shown_ones = [page.settings.problems.item(row).text() for row in range(3)]
    assert any("did you mean" in one and one.startswith("Line 2") for one in shown_ones)
    assert not button(page, "settings.save").isEnabled()
    page.settings.text.setPlainText(sound + "\n# looked at\n")
    until(lambda: button(page, "settings.save").isEnabled())
    button(page, "settings.save").click()
    assert not around.asked, "without a reason nothing is saved"
    page.settings.reason.setText("the jig was moved")
    button(page, "settings.save").click()
    command, done, _ = around.last(SaveSettings)
    assert (command.file, command.text) == ("station", sound + "\n# looked at\n")
    assert command.before == sha256_of((around.folder / "station.toml").read_bytes())
    done(Saved(file="station", path="s", sha256=sha256_of(b"saved")))
    released, done, _ = around.last(Release)
    assert released.files == (SettingsFile(file="station", sha256=sha256_of(b"saved")),), "this, and nothing else"
    done(Done())
    assert not page.settings.unlocked


def test_what_the_engine_refuses_stays_in_the_editor(page: StationPage, around: Around, until: Until) -> None:
    page.show_panel(SETTINGS)
    until(page.settings.text.toPlainText)
    button(page, "settings.unlock").click()
    page.settings.text.appendPlainText("# mine")
    until(lambda: button(page, "settings.save").isEnabled())
    page.settings.reason.setText("why")
    button(page, "settings.save").click()
    around.last(SaveSettings)[2](Failed(code="HOST-103", sentence="The disk is full."))
    assert "HOST-103" in page.settings.said.words
    assert page.settings.text.toPlainText().endswith("# mine")
    assert page.settings.unlocked


def test_settings_lock_when_whoever_unlocked_them_is_signed_out(
    page: StationPage, around: Around, until: Until
) -> None:
    page.show_panel(SETTINGS)
    until(page.settings.text.toPlainText)
    button(page, "settings.unlock").click()
    page.settings.text.appendPlainText("# mine")
    around.who = None
    page.happened(Happened(number=1, at="2026-05-04T12:00:00Z", about="signed-out"))
    assert not page.settings.unlocked
    assert not button(page, "settings.save").isEnabled()
    assert page.settings.text.toPlainText().endswith("# mine")


# ---- people


def test_the_roll_is_shown_and_somebody_is_added_with_a_second_person(page: StationPage, around: Around) -> None:
    page.show_panel(PEOPLE)
    around.last(ListPeople)[1](Roll(people=(EDITH, OTTO)))
    panel = page.people
    assert [panel.table.item(row, 1).text() for row in range(2)] == ["Edith", "Otto"]
    panel.name.setText("Lena")
    panel.pin.first.setText("830275")
    panel.submit()
    assert not any(isinstance(one, ChangePerson) for one in around.commands), "the PIN was typed once"
    panel.pin.again.setText("830275")
    panel.boxes[Role.LINE_LEAD].setChecked(True)
    assert panel._second.isEnabled()
    panel.reason.setText("a new shift")
    panel._second.name.setText("Quinn")
    panel._second.secret.setText("947206")
    button(page, "people.do").click()
    command, done, _ = around.last(ChangePerson)
    assert (command.change, command.person, command.roles) == ("add", "Lena", ("line-lead",))
    assert (command.second, command.reason) == ("Quinn", "a new shift")
    assert command.pin is not None
    assert command.second_pin is not None
    assert (command.pin.reveal(), command.second_pin.reveal()) == ("830275", "947206")
    done(Person(id="p3", name="Lena", roles=("line-lead",)))
    assert not panel.pin.first.text()
    assert not panel._second.secret.text()


def test_an_operator_needs_no_second_person(page: StationPage) -> None:
    page.show_panel(PEOPLE)
    page.people.boxes[Role.OPERATOR].setChecked(True)
    assert not page.people._second.isEnabled()


def test_whoever_may_not_see_the_roll_does_not(page: StationPage, around: Around) -> None:
    page.show_panel(PEOPLE)
    around.last(ListPeople)[1](Roll(people=(EDITH, OTTO)))
    around.who = None
    page.happened(Happened(number=1, at="2026-05-04T12:00:00Z", about="signed-out"))
    assert page.people.table.rowCount() == 0
    assert "engineer" in page.people.said.words


# ---- this window


def test_the_scanner_is_tried_from_any_panel(page: StationPage) -> None:
    page.show_panel(CHECKS)
    page.scanned(TRY)
    assert page.tabs.currentIndex() == WINDOW
    assert "understood" in page.this_window.scan_said.words
    page.scanned(TRY.translate(str.maketrans("YZ", "ZY")))
    assert "exchanged" in page.this_window.scan_said.words
    page.scanned("SN-1")
    assert TRY in page.this_window.scan_said.words


def test_a_badge_is_scanned_into_the_form_of_whoever_is_added(page: StationPage) -> None:
    page.show_panel(PEOPLE)
    page.scanned("BADGE-77")
    assert page.people.badge.text() == "BADGE-77"
    assert page.tabs.currentIndex() == PEOPLE


def test_everything_has_a_name_and_is_reached_by_tab(page: StationPage) -> None:
    page.activateWindow()
    for panel in range(5):
        page.show_panel(panel)
        page.tabs.setFocus(Qt.FocusReason.TabFocusReason)
        seen = set[str]()
        for _ in range(60):
            focused = QApplication.focusWidget()
            assert focused is not None
            seen.add(focused.objectName())
            assert focused.accessibleName(), focused
            QTest.keyClick(focused, Qt.Key.Key_Tab)
        wanted = {
            one.objectName()
            for one in page.findChildren(QPushButton)
            if one.isVisible() and one.isEnabled() and one.objectName()
        }
        assert wanted <= seen, wanted - seen


def test_a_lost_engine_is_said_on_every_panel_that_saves(page: StationPage) -> None:
    page.lost()
    for said in (page.slots.said, page.settings.said, page.people.said):
        assert "engine" in said.words


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.usefixtures("qapp")
def test_no_panel_is_larger_than_its_place(tmp_path: Path, dark: bool, size: tuple[int, int]) -> None:
    around = Around(tmp_path, dark=dark, size=size, who=EDITH)
    page = StationPage(around.surroundings)
    with shown(around, page):
        least, place = page.minimumSizeHint(), around.page_size()
        assert least.width() <= place[0]
        assert least.height() <= place[1]


# ---- with a real engine


def test_what_is_saved_through_the_engine_is_in_force(rig: Rig) -> None:
    ear = rig.ear()
    try:
        ear.sign_in()
        text = rig.opened.value.fixture.read_text(encoding="utf-8") + "# looked at\n"
        before = sha256_of(rig.opened.value.fixture.read_bytes())
        saved = ear.ask(SaveSettings(file="fixture", text=text, before=before, reason="looked at"))
        assert rig.opened.value.fixture.read_text(encoding="utf-8") == text
        files = (SettingsFile(file=saved.file, sha256=saved.sha256),)
        released = ear.ask(Release(reason="looked at", files=files))
        assert any("fixture" in word for word in released.words)
    finally:
        ear.link.close()


def test_this_window_says_which_program_it_is(page: StationPage, until: Callable[[Callable[[], object]], None]) -> None:
    version = page.this_window.version
    until(version.text)
    whole = version_text()
    assert version.toolTip() == version.accessibleName() == whole
    name, commit, lock = version.text().splitlines()
    assert name == whole.splitlines()[0]
    for cut, told in ((commit, whole.splitlines()[1]), (lock, whole.splitlines()[2])):
        assert told.startswith(cut.removesuffix("\u2026"))
        assert len(cut) > len("commit ")
