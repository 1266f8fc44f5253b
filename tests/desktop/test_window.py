"""The window's shell over a real engine: who is here, which page, what is said, and what becomes of scans."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from station.desktop import style
from station.desktop.background import Background
from station.desktop.bridge import Bridge
from station.desktop.preferences import Preferences
from station.desktop.scanner import GAP_MS
from station.desktop.sign_in import PersonFields
from station.desktop.theme import Theme
from station.desktop.visits import STOPS
from station.desktop.window import MainWindow
from station.domain.ids import BatchId
from station.engine.commands import Pause
from station.engine.pushes import Changed, Happened, Header
from station.engine.results import Failed
from tests.desktop.engine_rig import PATIENCE, Rig
from tests.line.harness import STAFF

MS = int(PATIENCE * 1000)
pytestmark = pytest.mark.xdist_group("window")


class Shown:
    """A window on a rig's engine."""

    def __init__(self, rig: Rig, qtbot: QtBot, application: QApplication, preferences: Preferences) -> None:
        self.qtbot = qtbot
        self.theme = Theme(dark=False, scale=0.8)
        style.apply(application, self.theme)
        self.background = Background()
        self.bridge = Bridge(rig.opened, self.background)
        self.window = MainWindow(rig.opened, self.bridge, self.background, preferences, self.theme)
        qtbot.addWidget(self.window)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitExposed(self.window)
        self.bridge.connect_engine()
        qtbot.waitUntil(lambda: self.bridge.now is not None or self.window.strip.shown is not None, timeout=MS)
        assert self.bridge.now is not None, self.window.strip.shown

    def key(self, key: Qt.Key) -> None:
        """Press a key as a keyboard does: into the window."""
        QTest.keyClick(self.window.windowHandle(), key)

    def button(self, name: str) -> QPushButton:
        found = self.window.findChild(QPushButton, name)
        assert isinstance(found, QPushButton), name
        return found

    def sign_in(self, who: str = "edith", pin: str = "") -> None:
        """Type it, with keys alone."""
        self.key(Qt.Key.Key_F8)
        fields = self.window.sign_in.fields
        self.qtbot.waitUntil(fields.name.hasFocus)
        self.write(who)
        self.key(Qt.Key.Key_Return)
        self.write(pin or STAFF[who][0])
        self.key(Qt.Key.Key_Return)

    def write(self, text: str) -> None:
        """Type no quicker than a person does."""
        for character in text:
            QTest.keyClick(self.window.windowHandle(), character)
            QTest.qWait(GAP_MS + 10)

    def end(self) -> None:
        self.window.leave()
        self.bridge.end()
        self.background.end()


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(tmp_path / "desktop.ini")


@contextmanager
def window_on(rig: Rig, qtbot: QtBot, application: QApplication, preferences: Preferences) -> Iterator[Shown]:
    rig.link().close()  # starts the engine as the tests do
    shown = Shown(rig, qtbot, application, preferences)
    yield shown
    shown.end()


@pytest.fixture
def shown(standing: Rig, qtbot: QtBot, qapp: QApplication, preferences: Preferences) -> Iterator[Shown]:
    """A window of the test's own on the engine of all tests here."""
    with window_on(standing, qtbot, qapp, preferences) as shown:
        yield shown


@pytest.fixture
def shown_apart(rig: Rig, qtbot: QtBot, qapp: QApplication, preferences: Preferences) -> Iterator[Shown]:
    """The same on an engine of its own: for what the engine does not forget, or does not outlive."""
    with window_on(rig, qtbot, qapp, preferences) as shown:
        yield shown


def test_somebody_signs_in_with_keys_alone_and_out_again(shown_apart: Shown) -> None:
    shown, window = shown_apart, shown_apart.window
    shown.sign_in(pin="00000000")
    shown.qtbot.waitUntil(lambda: window.sign_in.fields.secret.text() == "", timeout=MS)
    assert window.person() is None
    assert window.sign_in.isVisible()
    shown.key(Qt.Key.Key_Escape)
    assert not window.sign_in.isVisible()

    shown.sign_in()
    shown.qtbot.waitUntil(lambda: window.person() is not None, timeout=MS)
    person = window.person()
    assert person is not None
    assert person.name == "edith"
    assert not window.sign_in.isVisible()
    assert (window.sign_in.fields.who(), bool(window.sign_in.fields.pin())) == ("", False)
    assert "edith" in shown.button("header-person").text()

    shown.key(Qt.Key.Key_F8)
    shown.qtbot.waitUntil(lambda: window.person() is None, timeout=MS)


def test_a_record_that_is_brought_to_another_format_is_what_the_window_says(shown: Shown) -> None:
    now, strip = shown.bridge.now, shown.window.strip
    before = strip.shown

    def state() -> set[str]:
        return {part.accessibleName() for part in shown.window.header.findChildren(QWidget)}

    assert now is not None
    shown.bridge.migrating.emit()
    assert strip.shown is not None
    assert "Leave the PC on" in strip.shown.sentence
    assert "Updating record" in state()
    shown.bridge.heard.emit(now)
    assert strip.shown == before
    assert "Updating record" not in state()


def test_enter_presses_the_focused_button_and_a_scan_does_not(shown: Shown) -> None:
    button = shown.button("header-person")
    button.setFocus()
    handle = shown.window.windowHandle()
    QTest.keyClick(handle, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    for key in (Qt.Key.Key_7, Qt.Key.Key_Space, Qt.Key.Key_7, Qt.Key.Key_Return):
        shown.key(key)
    assert not shown.window.sign_in.isVisible()
    shown.key(Qt.Key.Key_Return)
    assert shown.window.sign_in.isVisible()


def test_who_gives_up_signing_in_is_not_signed_in_by_the_late_answer(shown: Shown) -> None:
    window = shown.window
    shown.sign_in()
    shown.key(Qt.Key.Key_Escape)
    assert not window.sign_in.isVisible()
    shown.qtbot.waitUntil(lambda: not window._signing._answers_due, timeout=MS)
    assert window.person() is None
    answers: list[object] = []
    shown.qtbot.waitUntil(lambda: not window._signing._unwanted, timeout=MS)
    shown.bridge.ask(Pause(), answers.append, answers.append)
    shown.qtbot.waitUntil(lambda: bool(answers), timeout=MS)
    assert getattr(answers[0], "code", "") == "ENG-131", "the engine knows nobody here either"


def test_no_button_of_a_page_has_the_focus_unless_somebody_gave_it(shown: Shown) -> None:
    assert shown.bridge.now is not None
    running = replace(shown.bridge.now.header, run="running", batch=BatchId("WO-1"), quantity=9)
    shown.window.show_page("batch")  # built now, so that it hears the next
    shown.bridge.heard.emit(Changed(header=running))
    for stop in (*STOPS, *STOPS):
        shown.key(stop.key)
        QApplication.processEvents()
        focus = QApplication.focusWidget()
        assert not isinstance(focus, QAbstractButton), stop.name
    shown.window.show_page("batch")
    pause = shown.button("batch-pause")
    pause.setFocus()
    shown.qtbot.wait(1)
    assert pause.hasFocus(), "a person may press it with a key"
    for again in (False, True):
        pause.show()
        pause.setFocus()
        assert pause.hasFocus()
        pause.hide()
        pause.setVisible(again)  # as by an answer that comes in the same moment
        shown.qtbot.waitUntil(lambda: not isinstance(QApplication.focusWidget(), QAbstractButton), timeout=MS)


def test_a_page_is_built_when_it_is_first_visited_and_knows_what_was_said_before(shown: Shown) -> None:
    bridge, pages = shown.bridge, shown.window.pages
    assert bridge.now is not None
    assert list(pages) == ["line"]
    bridge._hear(Changed(header=replace(bridge.now.header, run="running", batch=BatchId("WO-1"), quantity=9)))
    shown.window.show_page("batch")
    assert shown.button("batch-pause").isVisible()
    assert bridge._link is not None
    bridge._lose(bridge._link, Failed(code="ENG-104", sentence="The engine is lost."))
    shown.window.show_page("uploads")
    assert not pages["uploads"].send.isEnabled()
    bridge.connect_engine()
    shown.qtbot.waitUntil(lambda: bridge.now is not None, timeout=MS)
    assert pages["uploads"].send.isEnabled()
    shown.window.show_page("a page of another version")
    assert shown.window.stack.currentWidget() is pages["line"]


def test_a_scan_that_lost_its_prefix_is_said_in_the_strip(shown: Shown) -> None:
    shown.window.show_page("batch")
    for character in "352656100000123":
        QTest.keyClick(shown.window.windowHandle(), character)
    shown.key(Qt.Key.Key_Return)
    strip = shown.window.strip
    shown.qtbot.waitUntil(lambda: strip.shown is not None and "without its prefix" in strip.shown.sentence)


def test_f1_to_f6_show_the_pages_and_the_last_one_is_remembered(shown: Shown, preferences: Preferences) -> None:
    for stop in STOPS:
        shown.key(stop.key)
        assert shown.window.stack.currentWidget() is shown.window.pages[stop.name]
        assert preferences.last_page == stop.name


def test_a_scan_goes_to_whoever_waits_for_one(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    window = shown.window
    taken: list[str] = []
    monkeypatch.setattr(window.pages["line"], "scanned", taken.append, raising=False)
    window.show_page("line")
    window.scanned("SN-1")
    assert taken == ["SN-1"]

    shown.key(Qt.Key.Key_F8)
    window.scanned("BADGE-7")
    assert (window.sign_in.fields.who(), window.sign_in.fields.secret.hasFocus()) == ("BADGE-7", True)
    shown.key(Qt.Key.Key_Escape)

    second = PersonFields(window.pages["line"])
    second.show()
    second.name.setFocus()
    window.scanned("BADGE-8")
    assert second.who() == "BADGE-8"
    assert taken == ["SN-1"]


def test_who_was_idle_is_signed_out_and_told_so(shown: Shown) -> None:
    shown.sign_in()
    shown.qtbot.waitUntil(lambda: shown.window.person() is not None, timeout=MS)
    shown.bridge.heard.emit(Happened(number=1, at="", about="signed-out", sentence="Signed out."))
    assert shown.window.person() is None
    message = shown.window.strip.shown
    assert message is not None
    assert message.sentence == "Signed out."


def test_a_lost_engine_is_said_and_started_again_from_the_strip(shown_apart: Shown, rig: Rig) -> None:
    shown = shown_apart
    shown.sign_in()
    shown.qtbot.waitUntil(lambda: shown.window.person() is not None, timeout=MS)
    rig.kill()
    strip = shown.window.strip
    shown.qtbot.waitUntil(lambda: strip.shown is not None and strip.shown.code == "ENG-104", timeout=MS)
    assert shown.window.person() is None
    assert shown.bridge.now is None
    rig.link().close()
    shown.button("strip-action").click()
    shown.qtbot.waitUntil(lambda: shown.bridge.now is not None, timeout=MS)
    assert strip.shown is None


def names_in(widget: QWidget) -> set[str]:
    """Return what a screen reader is told of everything in it."""
    return {one.accessibleName() for one in widget.findChildren(QWidget)}


def test_the_header_says_what_the_engine_says(shown: Shown) -> None:
    header = Header(
        station="alpha",
        batch="WO-7",  # type: ignore[arg-type]  # a batch's ID is a str in a type of its own
        product="tracker",
        run="running",
        quantity=40,
        done=10,
        outcomes={"passed": 8, "failed": 1, "quarantined": 1},
        first_passed=7,
        first_total=10,
        uploads={"waiting": 3, "sending": 2, "refused": 1, "unknown": 1},  # type: ignore[dict-item]  # a StrEnum's values
        notices=("CLD-1 The cloud is away.",),
    )
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    shown.window._show_header(header)
    names = names_in(shown.window.header)
    assert {"passed: 8", "failed: 2", "first pass: 70%", "10 of 40", "Running"} <= names
    assert "for the cloud, 2 to decide: 5" in names
    for minutes, age in (
        (0, ", 2 to decide"),
        (12, ", oldest 12 min"),
        (125, ", oldest 2 h"),
        (5000, ", oldest 3 days"),
    ):
        since = (now - timedelta(minutes=minutes)).isoformat()
        shown.window._show_header(replace(header, oldest_waiting=since))
        shown.window.header.show_time(now)
        assert f"for the cloud{age}: 5" in names_in(shown.window.header)
    message = shown.window.strip.shown
    assert message is not None
    assert (message.code, message.sentence) == ("CLD-1", "The cloud is away.")
    shown.window.strip.put_away()
    shown.window._show_header(header)
    assert shown.window.strip.shown is None  # it was read, and has not changed
    shown.window._show_header(Header(notices=()))
    shown.window._show_header(header)
    assert shown.window.strip.shown is not None  # it is news again


def test_nothing_moves_when_something_is_said(shown: Shown) -> None:
    before = shown.window.stack.geometry(), shown.window.header.geometry()
    shown.window.strip.say("ABC-1", "Something long " * 30, "Mend it", lambda: None)
    QApplication.processEvents()
    assert (shown.window.stack.geometry(), shown.window.header.geometry()) == before
    shown.window.ask_who("Somebody is needed.")
    QApplication.processEvents()
    assert (shown.window.stack.geometry(), shown.window.header.geometry()) == before


def test_the_window_fits_the_smallest_screen(shown: Shown) -> None:
    assert shown.window.minimumSizeHint().width() <= 1280
    assert shown.window.minimumSizeHint().height() <= 720


def test_every_control_has_a_name_for_screen_readers(shown: Shown) -> None:
    for stop in STOPS:
        shown.window.show_page(stop.name)
        nameless = [
            button.objectName() or type(button).__name__
            for button in shown.window.findChildren(QPushButton)
            if button.isVisible() and not (button.accessibleName() or button.text())
        ]
        assert not nameless, stop.name
