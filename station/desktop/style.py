"""One look for the whole window: Fusion, an own palette, and the few rules that a palette can't say.

A page takes sizes from ``theme().px()``, colours from the palette or the theme, and its labels from here. Nothing else
sets a style sheet.
"""

from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Final, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette, QScreen
from PySide6.QtWidgets import (
    QApplication,
    QDateEdit,
    QFrame,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QStyleFactory,
    QWidget,
)

from station.desktop.fonts import SANS, load_fonts, text_font
from station.desktop.theme import Theme

Box = TypeVar("Box", QSpinBox, QDateEdit)

TEXT: Final = 18
"""A text's height in pixels at 1920×1080; everything else is chosen beside it."""

DESIGNED_FOR: Final = (1920, 1080)

SMALLEST: Final = (1280, 720)
"""Nothing is cut off in a window of this size, at 0.8."""


_STYLED: Final = "station-style"

_CELL_MARGIN: Final = 3
"""What Fusion leaves beside a cell's text by itself; a column's header has none."""

_PICTURES: Final = Path(str(resources.files("station.desktop") / "pictures"))
"""Where a sheet needs a file: it can't draw."""


class Size(StrEnum):
    """How large a text is; the number is its height at 1920×1080."""

    SMALL = "15"
    TEXT = "18"
    TITLE = "24"
    HEADLINE = "36"


class Part(StrEnum):
    """What a widget is, where the sheet has a rule for it. The value is its property ``part``."""

    CARD = "card"
    TITLE = "title"
    FAINT = "faint"
    PRIMARY = "primary"
    CHIP = "chip"
    TROUBLE = "trouble"


def scale_for(width: int, height: int, ratio: float = 1.0) -> float:
    """Return the factor by which sizes grow on a screen of these logical pixels: 0.8 to 2.5, 1.0 at 1920×1080. Pure.

    The smaller of both sides counts, so that nothing is cut off on a screen of another shape. Below 0.8 letters could
    no longer be read at arm's length; the window is laid out to fit 1280×720 at that. Where a logical pixel is
    ``ratio`` real ones (150 %: 1.5), 0.8 are ``0.8 / ratio``, and as little is taken as the screen needs.
    """
    factor = min(width / DESIGNED_FOR[0], height / DESIGNED_FOR[1])
    fitting = min(0.8, width * 0.8 / SMALLEST[0], height * 0.8 / SMALLEST[1])
    least = max(0.8 / max(1.0, ratio), fitting)
    return min(2.5, max(least, round(factor * 20) / 20))


def screen_scale() -> float:
    """Return the factor for the first screen; 1.0 where there is none."""
    screen: QScreen | None = QGuiApplication.primaryScreen()  # its stub knows no PC without a screen
    if screen is None:
        return 1.0
    return scale_for(screen.geometry().width(), screen.geometry().height(), screen.devicePixelRatio())


def apply(app: QApplication, theme: Theme) -> None:
    """Give the application this theme: style, palette, font and sheet. Safe to repeat, as when the theme changes."""
    load_fonts()
    if not app.property(_STYLED):  # behind a sheet, the style itself has no name
        app.setStyle(QStyleFactory.create("Fusion"))
        app.setProperty(_STYLED, True)
    font, palette, sheet = text_font(theme.px(TEXT)), palette_of(theme), _sheet(theme)
    # Each of the three has every widget of every window look at itself anew, which takes longer than to build them.
    if app.font() != font:
        app.setFont(font)
    if app.palette() != palette:
        app.setPalette(palette)
    if app.styleSheet() != sheet:
        app.setStyleSheet(sheet)


def palette_of(theme: Theme) -> QPalette:
    """Return the theme as a palette. Pure."""
    palette = QPalette()
    window, card, ink, faint, rule, accent = (
        theme.window,
        theme.card,
        theme.ink,
        theme.faint,
        theme.rule,
        theme.accent,
    )
    on_accent = QColor("#0E1216") if theme.dark else QColor("#FFFFFF")
    role = QPalette.ColorRole
    for where, colour in (
        (role.Window, window),
        (role.WindowText, ink),
        (role.Base, card),
        (role.AlternateBase, _mix(card, window)),
        (role.Text, ink),
        (role.PlaceholderText, faint),
        (role.Button, card),
        (role.ButtonText, ink),
        (role.BrightText, ink),
        (role.Highlight, accent),
        (role.HighlightedText, on_accent),
        (role.Accent, accent),
        (role.Link, accent),
        (role.LinkVisited, accent),
        (role.ToolTipBase, card),
        (role.ToolTipText, ink),
        (role.Light, _mix(card, rule)),
        (role.Midlight, rule),
        (role.Mid, rule),
        (role.Dark, rule.darker(130)),
        (role.Shadow, rule.darker(160)),
    ):
        palette.setColor(where, colour)
    for where in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, _mix(faint, card))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, rule)
    return palette


def title(text: str, size: Size = Size.TITLE) -> QLabel:
    """Return a heading; it keeps its size when the theme changes."""
    return _label(text, Part.TITLE, size)


def faint(text: str, size: Size = Size.TEXT) -> QLabel:
    """Return a text that may be passed over; long ones are folded."""
    label = _label(text, Part.FAINT, size)
    label.setWordWrap(True)
    return label


def text(words: str, size: Size = Size.TEXT) -> QLabel:
    """Return a text, folded where it is long. Never read as markup: faults and the cloud's words may look like it."""
    label = _label(words, None, size)
    label.setWordWrap(True)
    return label


def primary(words: str) -> QPushButton:
    """Return the one button of a page that does what the page is for."""
    button = QPushButton(words)
    button.setProperty("part", Part.PRIMARY.value)
    button.setAccessibleName(words)
    return button


def indented(field: Box) -> Box:
    """Return a number's or date's field with its text where other fields have theirs: no sheet reaches its inside."""
    field.lineEdit().setTextMargins(field.fontMetrics().horizontalAdvance("0"), 0, 0, 0)
    return field


def card(parent: QWidget | None = None) -> QFrame:
    """Return a frame that content lies on."""
    frame = QFrame(parent)
    frame.setProperty("part", Part.CARD.value)
    frame.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    return frame


def mark(widget: QWidget, part: Part | None) -> None:
    """Have the sheet's rule for ``part`` hold for ``widget``, also when it is already shown."""
    widget.setProperty("part", None if part is None else part.value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def _label(words: str, part: Part | None, size: Size) -> QLabel:
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("letters", size.value)
    if part is not None:
        label.setProperty("part", part.value)
    return label


def _url(name: str) -> str:
    return f'url("{(_PICTURES / name).as_posix()}")'


def _mix(one: QColor, other: QColor) -> QColor:
    return QColor((one.red() + other.red()) // 2, (one.green() + other.green()) // 2, (one.blue() + other.blue()) // 2)


def _sheet(theme: Theme) -> str:
    """Return the rules that a palette can't say. Every widget not named here is Fusion's own."""
    names = (
        {name: getattr(theme, name).name() for name in ("window", "card", "ink", "faint", "rule", "accent")}
        | {
            "on_accent": "#0E1216" if theme.dark else "#FFFFFF",
            "pressed": theme.accent.darker(115).name(),
            "over": _mix(theme.card, theme.window).name(),
            "off": _mix(theme.faint, theme.card).name(),
            "sans": SANS,
            "r": f"{theme.px(6)}px",
            "b": f"{theme.px(2)}px",
            "pad": f"{theme.px(8)}px",
            "cell": f"{theme.px(8) - _CELL_MARGIN}px",
            "wide": f"{theme.px(16)}px",
            "field": f"{theme.px(38)}px",
            "bar": f"{theme.px(12)}px",
            "grip": f"{theme.px(36)}px",
            "box": f"{theme.px(20)}px",
            "rad": f"{theme.px(20) // 2}px",
            "small": f"{theme.px(14)}px",
        }
        | {name: _url(f"{name}-{'dark' if theme.dark else 'light'}.svg") for name in ("down", "up", "tick")}
    )
    sizes = "".join(
        f'QLabel[letters="{size.value}"] {{ font-size: {theme.px(int(size.value))}px; }}\n' for size in Size
    )
    sheet = _RULES
    for name, value in names.items():
        sheet = sheet.replace(f"@{name};", f"{value};").replace(f"@{name} ", f"{value} ")
    return sizes + sheet


_RULES: Final = """
QLabel[part="title"] { font-weight: bold; }
QLabel[part="faint"] { color: @faint; }
QFrame#header { border: none; border-bottom: 1px solid @rule; background: @card; }
QFrame#rail { border: none; border-right: 1px solid @rule; background: @card; }
QFrame[part="card"] { background: @card; border: 1px solid @rule; border-radius: @r; }
QPushButton, QToolButton[part="chip"] {
    background: @card; color: @ink; border: 1px solid @rule; border-radius: @r;
    padding: 0 @wide; min-height: @field;
}
QPushButton:hover, QToolButton[part="chip"]:hover { background: @over; border-color: @faint; }
QPushButton:focus, QToolButton[part="chip"]:focus { border: @b solid @accent; }
QPushButton:pressed { background: @rule; }
QPushButton:disabled, QToolButton[part="chip"]:disabled { color: @off; background: @window; }
QPushButton[part="primary"] { background: @accent; color: @on_accent; border-color: @accent; font-weight: bold; }
QPushButton[part="primary"]:hover { background: @pressed; }
QPushButton[part="primary"]:focus { border: @b solid @ink; }
QPushButton[part="primary"]:disabled { background: @rule; color: @faint; border-color: @rule; }
QToolButton[part="chip"]:checked { background: @accent; color: @on_accent; border-color: @accent; }
QLineEdit, QComboBox, QSpinBox, QDateEdit {
    background: @card; color: @ink; border: 1px solid @faint; border-radius: @r;
    padding: 0 @pad; min-height: @field; selection-background-color: @accent; selection-color: @on_accent;
}
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDateEdit:focus, QPlainTextEdit:focus, QTableView:focus,
QListView:focus { border: @b solid @accent; }
QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled, QDateEdit:disabled { color: @off; background: @window; }
QLineEdit:read-only { background: @window; }
QComboBox::drop-down, QDateEdit::drop-down { border: none; width: @grip; }
QComboBox::down-arrow, QDateEdit::down-arrow { image: @down; width: @small; height: @small; }
QComboBox QAbstractItemView { border: 1px solid @faint; border-radius: 0; outline: none; }
QComboBox QAbstractItemView::item { min-height: @field; }
QSpinBox { padding: 0 @grip 0 @pad; }
QSpinBox::up-button, QSpinBox::down-button { subcontrol-origin: border; border: none; width: @grip; }
QSpinBox::up-button { subcontrol-position: top right; }
QSpinBox::down-button { subcontrol-position: bottom right; }
QSpinBox::up-arrow { image: @up; width: @small; height: @small; }
QSpinBox::down-arrow { image: @down; width: @small; height: @small; }
QCheckBox, QRadioButton { spacing: @pad; min-height: @field; }
QCheckBox::indicator, QRadioButton::indicator {
    width: @box; height: @box; border: 1px solid @faint; background: @card; border-radius: @b;
}
QRadioButton::indicator { border-radius: @rad; }
QCheckBox::indicator:checked { background: @accent; border-color: @accent; image: @tick; }
QRadioButton::indicator:checked {
    border-color: @accent; background: qradialgradient(cx: 0.5, cy: 0.5, radius: 0.5, fx: 0.5, fy: 0.5,
        stop: 0 @accent , stop: 0.52 @accent , stop: 0.6 @card , stop: 1 @card );
}
QCheckBox:focus, QRadioButton:focus { color: @accent; }
QPlainTextEdit, QTextEdit, QTableView, QListView, QTreeView {
    background: @card; border: @b solid @rule; border-radius: @r;
    selection-background-color: @accent; selection-color: @on_accent; alternate-background-color: @over;
}
QTableView { gridline-color: @rule; }
QTableView::item { padding: 0 @cell ; }
QHeaderView::section {
    background: @window; color: @faint; border: none; border-bottom: 1px solid @rule; padding: @pad; font-weight: bold;
}
QTabBar::tab { padding: @pad @wide; border: none; border-bottom: @b solid transparent; color: @faint; }
QTabBar::tab:selected { color: @ink; border-bottom: @b solid @accent; }
QTabBar::tab:focus { color: @accent; }
QTabWidget::pane { border: none; border-top: 1px solid @rule; }
QProgressBar { background: @rule; border: none; border-radius: @b; text-align: center; }
QProgressBar::chunk { background: @accent; border-radius: @b; }
QScrollBar:vertical { background: transparent; width: @bar; margin: 0; }
QScrollBar:horizontal { background: transparent; height: @bar; margin: 0; }
QScrollBar::handle { background: @faint; border-radius: @r; min-height: @grip; min-width: @grip; margin: @b; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QScrollArea { background: transparent; border: none; }
QToolTip { background: @card; color: @ink; border: 1px solid @rule; padding: @pad; }
"""
