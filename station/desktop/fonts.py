"""The letters the window brings with it: pictures and sizes are the same on every PC, and Chinese is never empty boxes.

Families: ``Station Sans`` (condensed; regular and bold) for everything, ``Station Narrow`` (bold, narrower still) for
words that must be read from two metres, ``Station Mono`` for what modems say, ``Station Han`` (GB 2312) behind each.
"""

from importlib import resources
from typing import Final

from PySide6.QtCore import QByteArray, QRect
from PySide6.QtGui import QFont, QFontDatabase, QFontMetrics

SANS: Final = "Station Sans"
NARROW: Final = "Station Narrow"
MONO: Final = "Station Mono"
HAN: Final = "Station Han"

FAMILIES: Final = frozenset({SANS, NARROW, MONO, HAN})


def load_fonts() -> frozenset[str]:
    """Make the package's fonts known to Qt and return their families. Once an application; safe to repeat."""
    if set(QFontDatabase.families()) >= FAMILIES:
        return FAMILIES
    found: set[str] = set()
    for file in (resources.files("station.desktop") / "fonts").iterdir():
        if file.name.endswith((".ttf", ".otf")):
            number = QFontDatabase.addApplicationFontFromData(QByteArray(file.read_bytes()))
            found.update(QFontDatabase.applicationFontFamilies(number))
    return frozenset(found)


def text_font(pixels: int, *, bold: bool = False) -> QFont:
    """Return the font for text of this height in pixels."""
    return _font(SANS, pixels, bold=bold)


def state_font(pixels: int) -> QFont:
    """Return the font for a state's word: bold, and narrow enough that it fits a small tile at 46 pixels."""
    return _font(NARROW, pixels, bold=True)


def mono_font(pixels: int) -> QFont:
    """Return the font in which every letter is equally wide."""
    return _font(MONO, pixels, bold=False)


def line_height(font: QFont) -> int:
    """Return how high a line is, whatever letters are in it: Chinese ones are taller than a font alone says."""
    return QFontMetrics(font).boundingRect(QRect(0, 0, 1000, 1000), 0, "国").height()


def _font(family: str, pixels: int, *, bold: bool) -> QFont:
    font = QFont()
    font.setFamilies([family, HAN])
    font.setPixelSize(max(1, pixels))
    font.setBold(bold)
    # What is drawn must not depend on the PC's settings for small letters.
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font
