"""How this window looks and sounds, and whether the scanner is understood: tried here, before a batch needs it."""

import re
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

import segno
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from station.desktop import style
from station.desktop.preferences import LANGUAGES, Preferences, ScannerMode, ThemeChoice
from station.desktop.said import Said
from station.desktop.sounds import Sound, Sounds
from station.desktop.theme import Theme

T = TypeVar("T")

TRY: Final = "STATION-42-YZ"
"""Has the characters that another keyboard layout changes: the hyphen, Y and Z, and digits."""

_DIGITS: Final = 16
"""How many of a commit's or hash's digits are shown."""

LANGUAGE_NAMES: Final = {"": "", "en": "English", "zh_CN": "简体中文"}
"""Each in itself; "" is the PC's own."""


class Code(QWidget):
    """A QR code, black on white in every theme: scanners want it so."""

    def __init__(self, content: str, side: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = [bytes(row) for row in segno.make(content, error="m", micro=False).matrix]
        self.setFixedSize(side, side)
        self.setAccessibleName(content)

    def paintEvent(self, _event: object) -> None:  # noqa: N802 -- Qt's name
        """Draw it with its quiet zone of four modules."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("white"))
        unit = self.width() // (len(self._rows) + 8)
        edge = (self.width() - unit * len(self._rows)) // 2
        for y, row in enumerate(self._rows):
            for x, dark in enumerate(row):
                if dark:
                    painter.fillRect(edge + x * unit, edge + y * unit, unit, unit, QColor("black"))


class WindowPanel(QWidget):
    """This window's preferences, kept as soon as they are chosen, and tests of scanner and sound."""

    def __init__(self, preferences: Preferences, sounds: Sounds, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("window")
        self._preferences, self._sounds, self._theme = preferences, sounds, theme
        px = theme.px
        inside = QWidget()
        columns = QHBoxLayout(inside)
        columns.setContentsMargins(0, 0, px(8), 0)
        columns.setSpacing(px(16))
        left = QVBoxLayout()
        left.setSpacing(px(16))
        left.addWidget(self._build_look())
        left.addWidget(self._build_program())
        left.addStretch(1)
        columns.addLayout(left, 1)
        columns.addWidget(self._build_scanner(), 1, Qt.AlignmentFlag.AlignTop)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setAccessibleName(self.tr("This window"))
        area.setWidget(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)
        self._adapt()

    def show_version(self, text: str) -> None:
        """Show which program this is, as :func:`station.software.version_text` says; long numbers whole in the tip."""
        self.version.setText(re.sub(rf"(\w{{{_DIGITS}}})\w+", r"\1…", text))
        self.version.setToolTip(text)
        self.version.setAccessibleName(text)

    def take_scan(self, text: str) -> None:
        """Say what the scanner said, and whether it is what stands on the card."""
        self.heard.setText(text)
        if text == TRY:
            self.scan_said.good(self.tr("The scanner is understood, letter by letter."))
        elif text.translate(str.maketrans("YZ", "ZY")) == TRY or text.swapcase() == TRY:
            self.scan_said.bad(
                self.tr(
                    "Y and Z or large and small letters are exchanged: set the scanner to this PC's keyboard layout."
                )
            )
        elif text:
            words = self.tr(
                "A scan came. If it was the code above, the scanner's keyboard layout is wrong: it says {code}."
            )
            self.scan_said.ask(words.format(code=TRY))

    # Building

    def _build_program(self) -> QWidget:
        card, column = self._card(self.tr("This program"))
        self.version = style.text("")
        self.version.setObjectName("window.version")
        self.version.setTextFormat(Qt.TextFormat.PlainText)
        self.version.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.version)
        return card

    def _build_look(self) -> QWidget:
        card, column = self._card(self.tr("Look and sound"))
        form = self._form(column)
        self.theme_choice = self._choice(
            "window.theme",
            self.tr("Colours"),
            [
                (self.tr("As the PC"), ThemeChoice.SYSTEM),
                (self.tr("Light"), ThemeChoice.LIGHT),
                (self.tr("Dark"), ThemeChoice.DARK),
            ],
            self._preferences.theme,
            lambda value: setattr(self._preferences, "theme", value),
        )
        form.addRow(self.tr("Colours"), self.theme_choice)
        names = [(LANGUAGE_NAMES[code] or self.tr("As the PC"), code) for code in LANGUAGES]
        self.language = self._choice(
            "window.language",
            self.tr("Language"),
            names,
            self._preferences.language,
            lambda value: setattr(self._preferences, "language", value),
        )
        form.addRow(self.tr("Language"), self.language)
        self.mute = QCheckBox(self.tr("No sound"))
        self.mute.setObjectName("window.mute")
        self.mute.setAccessibleName(self.mute.text())
        self.mute.setChecked(self._preferences.mute)
        self.mute.toggled.connect(self._muted)
        form.addRow(self.tr("Sound"), self.mute)
        row = QHBoxLayout()
        for sound, words in ((Sound.PASSED, self.tr("Hear: passed")), (Sound.TROUBLE, self.tr("Hear: trouble"))):
            button = QPushButton(words)
            button.setObjectName(f"window.hear.{sound}")
            button.setAccessibleName(words)
            button.clicked.connect(partial(self._hear, sound))
            row.addWidget(button)
        row.addStretch(1)
        form.addRow("", row)
        self.sound_said = Said(self._theme, 2)
        self.sound_said.setObjectName("window.sound-said")
        column.addWidget(self.sound_said)
        column.addWidget(
            style.faint(self.tr("Sound never stands alone: every state has its word, shape and colour too."))
        )
        return card

    def _build_scanner(self) -> QWidget:
        card, column = self._card(self.tr("Scanner"))
        form = self._form(column)
        self.mode = self._choice(
            "window.scanner",
            self.tr("How it talks"),
            [
                (self.tr("Keyboard with a prefix (STX first, Enter last)"), ScannerMode.PREFIX),
                (self.tr("Keyboard, told by its speed"), ScannerMode.TIMING),
                (self.tr("Serial port"), ScannerMode.SERIAL),
                (self.tr("No scanner"), ScannerMode.OFF),
            ],
            self._preferences.scanner_mode,
            self._choose_mode,
        )
        form.addRow(self.tr("How it talks"), self.mode)
        self.port = QLineEdit(self._preferences.scanner_port)
        self.port.setObjectName("window.scanner-port")
        self.port.setAccessibleName(self.tr("The scanner's port"))
        self.port.setPlaceholderText("COM7, usb-…")
        self.port.editingFinished.connect(lambda: setattr(self._preferences, "scanner_port", self.port.text().strip()))
        form.addRow(self.tr("Port"), self.port)
        self.baud = style.indented(QSpinBox())
        self.baud.setObjectName("window.scanner-baud")
        self.baud.setAccessibleName(self.tr("The port's speed"))
        self.baud.setRange(300, 1_000_000)
        self.baud.setValue(self._preferences.scanner_baud)
        self.baud.editingFinished.connect(lambda: setattr(self._preferences, "scanner_baud", self.baud.value()))
        form.addRow(self.tr("Speed"), self.baud)
        row = QHBoxLayout()
        row.setSpacing(self._theme.px(16))
        row.addWidget(Code(TRY, self._theme.px(185)))
        try_it = self.tr("Try it: scan this code off the screen (it says {code}), or any label.").format(code=TRY)
        row.addWidget(style.text(try_it), 1)
        column.addLayout(row)
        self.heard = QLineEdit()
        self.heard.setObjectName("window.heard")
        self.heard.setAccessibleName(self.tr("What the scanner said last"))
        self.heard.setReadOnly(True)
        self.heard.setPlaceholderText(self.tr("nothing yet"))
        column.addWidget(self.heard)
        self.scan_said = Said(self._theme, 3)
        self.scan_said.setObjectName("window.scan-said")
        column.addWidget(self.scan_said)
        return card

    def _card(self, words: str) -> tuple[QWidget, QVBoxLayout]:
        px = self._theme.px
        card = style.card()
        column = QVBoxLayout(card)
        column.setContentsMargins(*[px(16)] * 4)
        column.setSpacing(px(12))
        column.addWidget(style.title(words))
        return card, column

    def _form(self, column: QVBoxLayout) -> QFormLayout:
        form = QFormLayout()
        form.setSpacing(self._theme.px(10))
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        column.addLayout(form)
        return form

    @staticmethod
    def _choice(name: str, words: str, items: list[tuple[str, T]], now: T, keep: Callable[[T], object]) -> QComboBox:
        box = QComboBox()
        box.setObjectName(name)
        box.setAccessibleName(words)
        for text, value in items:
            box.addItem(text, value)
        box.setCurrentIndex(next((at for at, (_, value) in enumerate(items) if value == now), 0))
        box.currentIndexChanged.connect(lambda at: keep(items[at][1]))
        return box

    # What is chosen

    def _choose_mode(self, mode: ScannerMode) -> None:
        self._preferences.scanner_mode = mode
        self._adapt()

    def _adapt(self) -> None:
        serial = self._preferences.scanner_mode is ScannerMode.SERIAL
        self.port.setEnabled(serial)
        self.baud.setEnabled(serial)

    def _muted(self, mute: bool) -> None:
        self._preferences.mute = mute
        self._sounds.mute = mute

    def _hear(self, sound: Sound) -> None:
        if self._preferences.mute:
            self.sound_said.ask(self.tr("The window is mute: take that away to hear it."))
            return
        self._sounds.mute = False
        self._sounds.play(sound)
        self.sound_said.good(self.tr("Played. If there was nothing to hear, look at the PC's loudspeaker and volume."))
