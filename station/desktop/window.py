"""The window: header, strip, rail and pages, and what joins them to the engine. It does no I/O of its own."""

from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from station.desktop import style
from station.desktop.background import Background
from station.desktop.bridge import Bridge
from station.desktop.fault_words import say, told
from station.desktop.faults import OTHER_VERSION
from station.desktop.header import HEIGHT, HeaderBar
from station.desktop.preferences import Preferences
from station.desktop.pressed_focus import PressedFocus
from station.desktop.rail import Rail
from station.desktop.scanner import Scanner
from station.desktop.sign_in import PersonFields, SignInPanel
from station.desktop.signing import Signing
from station.desktop.sounds import Sound, Sounds
from station.desktop.strip import MessageStrip
from station.desktop.surroundings import Surroundings
from station.desktop.theme import LOOKS, Mood, Theme
from station.desktop.update_notice import UpdateNotice
from station.desktop.visits import LINE, STOPS, Pages
from station.domain.line import CloudState
from station.engine.commands import SignOut
from station.engine.pushes import AtLines, Beat, Changed, Happened, Header, Welcome
from station.engine.results import Failed, Person, Result
from station.opened import Opened
from station.software import software_version

_SOUNDS: Final = {
    "passed": Sound.PASSED,
    "failed": Sound.TROUBLE,
    "quarantined": Sound.TROUBLE,
    "error": Sound.TROUBLE,
    "latched": Sound.TROUBLE,
}
_LOST: Final = "ENG-104"


class MainWindow(QMainWindow):
    """Everything a person sees of the station. For Qt's main thread."""

    def __init__(
        self,
        opened: Opened,
        bridge: Bridge,
        background: Background,
        preferences: Preferences,
        theme: Theme,
        *,
        person: Person | None = None,
        hint: str = "",
    ) -> None:
        """``person``: who is signed in at this engine connection already; ``hint`` rests in the strip."""
        super().__init__()
        self.setObjectName("window")
        self._opened, self._bridge, self._preferences = opened, bridge, preferences
        self._theme, self._person, self._hint = theme, person, hint
        self.sounds = Sounds(self, mute=preferences.mute)
        self.scanner = Scanner(self)
        self.header = HeaderBar(self.theme)
        self.strip = MessageStrip(self.theme)
        self.rail = Rail(STOPS, self.theme)
        self.surroundings = Surroundings(
            opened=opened,
            link=bridge,
            background=background,
            say=self.strip.say,
            person=self.person,
            theme=self.theme,
            preferences=preferences,
            sounds=self.sounds,
        )
        self._people, self._busy, self._scanner_code = True, False, ""
        self.updates = UpdateNotice(opened.value.updates, background, self)
        self.pages = Pages(self.surroundings, bridge, self, self._join)
        self.stack = QStackedWidget()
        self._focus = PressedFocus(self.stack)
        self._lay_out()
        self.sign_in = SignInPanel(theme, self.centralWidget())
        self._signing = Signing(self.sign_in, bridge, self._set_person, self._say_failed)
        self._add_keys()
        self._connect()
        self._restyle()
        self.header.show_person(person)
        self.setWindowTitle(self.tr("nRF91 station – {name}").format(name=opened.value.station_id))
        smallest = QSize(*style.SMALLEST).boundedTo(QSize(int(1600 * theme.scale), int(900 * theme.scale)))
        self.setMinimumSize(smallest)
        self.resize(smallest)
        self._tick = QTimer(self)
        self._tick.timeout.connect(self._show_time)
        self._tick.start(1000)
        self._show_time()
        self._rest()
        self.show_page(preferences.last_page)
        if bridge.now is not None:
            self._show_header(bridge.now.header)
            self.pages.load_soon()
        else:
            self.header.show_engine(LOOKS[Mood.RUNNING], self.tr("Connecting"))

    # ---- what pages are given

    def person(self) -> Person | None:
        """Return who is signed in at this window."""
        return self._person

    def theme(self) -> Theme:
        """Return how things look now."""
        return self._theme

    def show_page(self, name: str) -> None:
        """Show the page of this name; the first one where there is none of it."""
        chosen = name if name in (stop.name for stop in STOPS) else LINE
        self.stack.setCurrentWidget(self.pages[chosen])
        self._focus.leave_button(self.pages[chosen].focusWidget())
        self.rail.show_page(chosen)
        self._preferences.last_page = chosen

    def use_theme(self, theme: Theme) -> None:
        """Take these colours from now on; the application's palette has changed already."""
        self._theme = theme
        self._restyle()

    def ask_who(self, sentence: str = "") -> None:
        """Have somebody sign in; ``sentence`` says why."""
        self.sign_in.open_panel(sentence)
        self._place_sign_in()

    # ---- how it is put together

    def _lay_out(self) -> None:
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self.strip)
        right.addWidget(self.stack, 1)
        body.addWidget(self.rail)
        body.addLayout(right, 1)
        everything = QWidget()
        rows = QVBoxLayout(everything)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.header)
        rows.addLayout(body, 1)
        self.setCentralWidget(everything)
        self._line = self.pages[LINE]  # it hears everything from the first word on, and scans, whatever is shown

    def _add_keys(self) -> None:
        for stop in STOPS:
            shortcut = QShortcut(QKeySequence(stop.key), self)
            shortcut.activated.connect(lambda name=stop.name: self.show_page(name))
        QShortcut(QKeySequence(Qt.Key.Key_F8), self).activated.connect(self._person_pressed)
        QShortcut(QKeySequence(Qt.Key.Key_F11), self).activated.connect(self._turn_full)

    def _connect(self) -> None:
        self.rail.chosen.connect(self.show_page)
        self.updates.changed.connect(self._rest)
        self.header.person_pressed.connect(self._person_pressed)
        # What outlives this window is let go of by leave().
        self._heard_from: tuple[tuple[Any, Callable[..., None]], ...] = (
            (self._bridge.heard, self._heard),
            (self._bridge.gone, self._gone),
            (self._bridge.quiet, self._quiet),
            (self._bridge.migrating, self._migrating),
            (self._preferences.changed, self._preferred),
        )
        said: Any
        hear: Callable[..., None]
        for said, hear in self._heard_from:
            said.connect(hear)
        self.scanner.scanned.connect(self.scanned)
        self.scanner.dropped.connect(self._scan_dropped)
        self.scanner.unprefixed.connect(self._scan_unprefixed)
        self.scanner.trouble.connect(self._scanner_trouble)
        self.scanner.follow(self._preferences)

    def _join(self, page: QWidget) -> None:
        self.stack.addWidget(page)
        if (leads := getattr(page, "go_to", None)) is not None:  # a page that may show another one
            leads.connect(self.show_page)

    # ---- the engine

    def _heard(self, push: object) -> None:
        match push:
            case Welcome():
                self._welcome(push)
            case Changed():
                if push.header is not None:
                    self._show_header(push.header)
                self.pages.tell(lambda page: page.changed(push))
            case Happened():
                self._happened(push)
                self.pages.tell(lambda page: page.happened(push))
            case AtLines():
                self.pages.tell(lambda page: page.at_lines(push))
            case Beat():
                self.header.show_idle(push.idle_seconds if self._person is not None else None)

    def _welcome(self, welcome: Welcome) -> None:
        # A new connection: whoever was signed in on the old one is not on this.
        self._set_person(None)
        self.strip.take_back(_LOST)
        if welcome.version != software_version():
            other = OTHER_VERSION.fault(engine=welcome.version, window=software_version())
            self.strip.say(other.code, say(other.code, other.sentence))
        self._show_header(welcome.header)
        self.pages.welcome(welcome)

    def _show_header(self, header: Header) -> None:
        self.header.show_header(header)
        self.strip.set_notices(header.notices)
        asked = header.uploads.get(CloudState.REFUSED, 0) + header.uploads.get(CloudState.UNKNOWN, 0)
        self.rail.count("uploads", asked)
        self._people, self._busy = header.people, header.batch is not None
        self._rest()

    def _rest(self) -> None:
        nobody = self.tr("Nobody works here yet: make the first engineer on the Station page (F6).")
        self.strip.rest((self._hint or self.updates.words(busy=self._busy)) if self._people else nobody)

    def _happened(self, happened: Happened) -> None:
        if happened.about in _SOUNDS:
            self.sounds.play(_SOUNDS[happened.about])
        if happened.about == "signed-out":
            self._set_person(None)
            self.strip.say("", happened.sentence or self.tr("Signed out: nobody did anything here for a while."))
        elif happened.about == "told" and happened.sentence:
            self.strip.say(happened.code, happened.sentence)

    def _gone(self, why: object) -> None:
        if not isinstance(why, Failed):
            return
        self._set_person(None)
        self.sign_in.close_panel()
        self.header.show_engine(LOOKS[Mood.FAILED], self.tr("Engine lost"))
        self.strip.set_notices(())
        sentence = told(why, " ") if why.code != _LOST else say(why.code, why.sentence)
        self.strip.say(_LOST, sentence, self.tr("Start again"), self._start_again)
        self.pages.lose()

    def _start_again(self) -> None:
        self.strip.take_back(_LOST)
        self.header.show_engine(LOOKS[Mood.RUNNING], self.tr("Connecting"))
        self._bridge.connect_engine()

    def _migrating(self) -> None:
        self.header.show_engine(LOOKS[Mood.RUNNING], self.tr("Updating record"))
        words = self.tr("After an update the record is copied, then brought to its format. Leave the PC on and wait.")
        self.strip.set_notices((f" {words}",))  # until the engine's own come

    def _quiet(self, quiet: bool) -> None:
        if quiet:
            self.header.show_engine(LOOKS[Mood.ERROR], self.tr("No answer"))
        elif self._bridge.now is not None:
            self.header.show_header(self._bridge.now.header)

    # ---- who is here

    def _person_pressed(self) -> None:
        if self._person is not None:
            self._bridge.ask(SignOut(), self._signed_out, self._say_failed)
        elif self.sign_in.isVisible():
            self.sign_in.close_panel()
        else:
            self.ask_who()

    def _signed_out(self, _result: Result) -> None:
        self._set_person(None)

    def _say_failed(self, why: Failed) -> None:
        self.strip.say(why.code, why.sentence)

    def _set_person(self, person: Person | None) -> None:
        self._person = person
        self.header.show_person(person)
        for page in self.pages.values():
            told = getattr(page, "person_changed", None)  # not every page minds
            if told is not None:
                told(person)

    # ---- scans

    def scanned(self, text: str) -> None:
        """Give a scan to whoever waits for one: a person's fields, else the page that is shown, else the line."""
        if self.sign_in.isVisible():
            self.sign_in.fields.take_scan(text)
            return
        widget = QApplication.focusWidget()
        while widget is not None and not isinstance(widget, PersonFields):
            widget = widget.parentWidget()
        if widget is not None:
            widget.take_scan(text)
            return
        for page in (self.stack.currentWidget(), self._line):
            take: Callable[[str], None] | None = getattr(page, "scanned", None)
            if take is not None:
                take(text)
                return

    def _scan_dropped(self, text: str) -> None:
        self.strip.say("", self.tr("A scan was cut off after {count} characters. Scan again.").format(count=len(text)))

    def _scan_unprefixed(self, _text: str) -> None:
        self.strip.say(
            "",
            self.tr("That looked like a scan without its prefix. Set the scanner up again (Station › This window)."),
        )

    def _scanner_trouble(self, code: str, sentence: str) -> None:
        if code:
            self._scanner_code = code
            self.strip.say(code, self.tr("Scanner: {sentence}").format(sentence=say(code, sentence)))
        else:
            self.strip.take_back(self._scanner_code)

    # ---- how it looks

    def _preferred(self, name: str) -> None:
        if name == "mute":
            self.sounds.mute = self._preferences.mute

    def _show_time(self) -> None:
        self.header.show_time(self._opened.clock.now())

    def _restyle(self) -> None:
        self.rail.update()
        self.strip.restyle()

    def _turn_full(self) -> None:
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def _place_sign_in(self) -> None:
        self.sign_in.adjustSize()
        px = self._theme.px
        self.sign_in.move(self.width() - self.sign_in.width() - px(16), px(HEIGHT) + px(8))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 -- Qt's name
        # Outside a dialog Qt presses a focused button with Space alone; what no button took comes here.
        widget = QApplication.focusWidget()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(widget, QAbstractButton):
            if not event.isAutoRepeat():
                widget.click()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._place_sign_in()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 -- Qt's name
        super().showEvent(event)
        self.scanner.watch(self.windowHandle())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.scanner.watch(self.windowHandle())
        super().changeEvent(event)

    def leave(self) -> None:
        """Hear nothing more and be seen no more. Safe to repeat."""
        self._tick.stop()
        self.pages.end()
        self.updates.end()
        self.scanner.end()
        for said, hear in self._heard_from:
            said.disconnect(hear)
        self._heard_from = ()
        self.hide()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 -- Qt's name
        self._tick.stop()
        self.scanner.end()
        super().closeEvent(event)
