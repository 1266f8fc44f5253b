"""Everything can be read: contrast, letters, words, shapes, at every size of screen."""

import itertools
from enum import StrEnum

import pytest
from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QRawFont, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication, QTabBar, QTableView, QToolButton
from pytestqt.qtbot import QtBot

from station.desktop import fonts, style, words
from station.desktop.shapes import draw_shape
from station.desktop.strip import MessageStrip
from station.desktop.theme import LOOKS, Mood, Shape, Theme
from station.domain.line import CloudState, Outcome, SlotState, StepKind
from station.engine import prompts
from station.people.rights import Right, Role

pytestmark = pytest.mark.usefixtures("qtbot")  # letters and pictures need an application


def luminance(colour: QColor) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: QColor, other: QColor) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_what_the_standard_says() -> None:
    assert contrast(QColor("#000000"), QColor("#FFFFFF")) == pytest.approx(21.0)


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_has_its_contrast(dark: bool) -> None:
    theme = Theme(dark)
    for ink, paper in itertools.product((theme.ink, theme.faint, theme.accent), (theme.window, theme.card)):
        assert contrast(ink, paper) >= 4.5, (ink.name(), paper.name())
    palette = style.palette_of(theme)
    assert contrast(palette.highlightedText().color(), palette.highlight().color()) >= 4.5


@pytest.mark.parametrize("mood", list(Mood))
def test_every_state_has_its_contrast(mood: Mood) -> None:
    assert contrast(QColor(LOOKS[mood].ink), QColor(LOOKS[mood].paper)) >= 4.5


def test_no_two_states_have_the_same_shape() -> None:
    assert len({look.shape for look in LOOKS.values()}) == len(Mood)


def picture(shape: Shape, side: int = 64) -> QImage:
    image = QImage(side, side, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    draw_shape(painter, shape, QRectF(0, 0, side, side), QColor("black"))
    painter.end()
    return image


def test_every_shape_is_drawn_inside_its_square_and_like_no_other() -> None:
    drawn = {shape: picture(shape) for shape in Shape}
    white = QColor("white").rgb()
    for shape, image in drawn.items():
        marked = [(x, y) for x in range(64) for y in range(64) if image.pixel(x, y) != white]
        assert len(marked) > 64 * 64 * 0.04, shape
        edge = [(x, y) for x, y in marked if x in (0, 63) or y in (0, 63)]
        assert not edge, shape
    for one, other in itertools.combinations(Shape, 2):
        differing = sum(drawn[one].pixel(x, y) != drawn[other].pixel(x, y) for x in range(64) for y in range(64))
        assert differing > 64 * 64 * 0.05, (one, other)


def test_a_square_of_nothing_is_nothing() -> None:
    image = QImage(8, 8, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    draw_shape(painter, Shape.TICK, QRectF(0, 0, 0, 5), QColor("black"))
    painter.end()


def test_the_fonts_are_found_and_safe_to_load_twice() -> None:
    assert fonts.load_fonts() == fonts.FAMILIES
    assert fonts.load_fonts() == fonts.FAMILIES


@pytest.mark.parametrize(
    "word", ["EMPTY", "PASS", "FAIL", "ERROR", "HOLD", "RUN", "ABORT", "PASSED", "不合格", "运行中"]
)
def test_state_words_fit_a_small_tile_at_the_size_for_two_metres(word: str) -> None:
    fonts.load_fonts()
    assert 0 < QFontMetrics(fonts.state_font(46)).horizontalAdvance(word) <= 150


@pytest.mark.parametrize("bold", [False, True])
def test_chinese_has_letters(bold: bool) -> None:
    fonts.load_fonts()
    font = fonts.text_font(20, bold=bold)
    font.setFamilies([fonts.HAN])
    raw = QRawFont.fromFont(font)
    assert raw.familyName() == fonts.HAN
    # The ideographs of GB 2312, levels 1 and 2.
    codes = [bytes((row, cell)) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)]
    letters = "".join(code.decode("gb2312", "ignore") for code in codes)
    assert len(letters) == 6763
    assert not [letter for letter in letters if not raw.supportsCharacter(ord(letter))]


MEMBERS = [member for kind in (Mood, SlotState, Outcome, CloudState, StepKind, Role, Right) for member in kind]


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: f"{type(member).__name__}.{member.name}")
def test_everything_on_the_line_has_a_word(member: StrEnum) -> None:
    assert member in words._WORDS[type(member)]
    assert words.of(member)


def test_every_prompt_of_the_engine_can_be_translated() -> None:
    assert set(prompts.ALL) == words._PROMPTS


def test_what_has_no_word_is_shown_as_it_came() -> None:
    assert words.step("measure the antenna") == "measure the antenna"
    assert words.prompt("Dance") == "Dance"
    assert words.run_state("dancing") == "dancing"
    assert words.role_names(("operator", "dancer")) == "operator, dancer"


@pytest.mark.parametrize(
    ("width", "height", "factor"),
    [(1280, 720, 0.8), (1920, 1080, 1.0), (2560, 1440, 1.35), (3840, 2160, 2.0), (800, 600, 0.8), (1080, 1920, 0.8)],
)
def test_sizes_grow_with_the_screen(width: int, height: int, factor: float) -> None:
    assert style.scale_for(width, height) == pytest.approx(factor)


@pytest.mark.parametrize("ratio", [1.25, 1.5, 2.0])
@pytest.mark.parametrize("real", [(1280, 720), (1366, 768), (1920, 1080)])
def test_the_smallest_window_fits_a_screen_whose_pixels_are_larger(real: tuple[int, int], ratio: float) -> None:
    width, height = int(real[0] / ratio), int(real[1] / ratio)
    scale = style.scale_for(width, height, ratio)
    assert min(1280, int(1600 * scale)) <= width
    assert min(720, int(900 * scale)) <= height
    assert scale * ratio >= 0.8 - 0.01, "letters are as large as on the smallest screen"


def test_a_theme_can_be_changed_while_windows_are_open(qtbot: QtBot, qapp: QApplication) -> None:
    seen: list[str] = []
    label = style.faint("words")
    qtbot.addWidget(label)
    for dark in (False, True, False):
        style.apply(qapp, Theme(dark))
        label.show()
        image = label.grab().toImage()
        seen.append(image.pixelColor(image.width() - 1, image.height() - 1).name())
        assert label.palette().windowText().color().name() == Theme(dark).faint.name()
    assert seen[0] == seen[2] != seen[1]


def test_a_hint_is_not_coloured_as_a_warning(qtbot: QtBot) -> None:
    strip = MessageStrip(lambda: Theme(False))
    qtbot.addWidget(strip)
    for sentence, mood in (
        ('The key is team acme\'s. Write team = "acme" under [cloud].', Mood.RUNNING),
        ("The cloud can't be reached (gone). Team acme as last confirmed; uploads wait.", Mood.ERROR),
    ):
        strip.say("LINE-ARM", sentence)
        assert strip.palette().color(strip.backgroundRole()).name().upper() == LOOKS[mood].paper.upper()


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.5])
def test_a_columns_header_stands_above_its_cells_text(qapp: QApplication, qtbot: QtBot, scale: float) -> None:
    style.apply(qapp, Theme(False, scale))
    model = QStandardItemModel(1, 1)
    model.setHorizontalHeaderLabels(["HHH"])
    model.setItem(0, 0, QStandardItem("HHH"))
    table = QTableView()
    qtbot.addWidget(table)
    table.setModel(model)
    table.verticalHeader().hide()
    table.setShowGrid(False)
    header = table.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    table.resize(300, 200)
    table.show()
    seen = table.grab().toImage()
    top = table.frameWidth()
    middle = top + header.height() + table.rowHeight(0) // 2
    assert abs(first_ink(seen, top + header.height() // 2) - first_ink(seen, middle)) <= 1


def first_ink(image: QImage, row: int) -> int:
    """Return where the first letter begins on this row; behind the frame."""
    return next(at for at in range(4, image.width()) if image.pixelColor(at, row).lightness() < 150)


def test_nothing_moves_when_a_tab_or_a_chip_is_chosen(qapp: QApplication, qtbot: QtBot) -> None:
    style.apply(qapp, Theme(False))
    tabs, chip = QTabBar(), QToolButton()
    style.mark(chip, style.Part.CHIP)
    for widget in (tabs, chip):
        qtbot.addWidget(widget)
    for words_ in ("Checks", "Slots", "Settings"):
        tabs.addTab(words_)
    tabs.setExpanding(False)
    tabs.show()
    places = []
    for index in range(3):
        tabs.setCurrentIndex(index)
        places.append([tabs.tabRect(one).getRect() for one in range(3)])
    assert places[0] == places[1] == places[2]
    chip.setCheckable(True)
    chip.setText("Quarantined")
    plain = chip.sizeHint()
    chip.setChecked(True)
    chip.ensurePolished()
    assert chip.sizeHint() == plain


class Restyled(QObject):
    """Counts how often a widget has to look at itself anew."""

    count = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 -- Qt's name
        self.count += event.type() in (QEvent.Type.StyleChange, QEvent.Type.PaletteChange)
        return False


def test_the_same_theme_again_costs_nothing(qapp: QApplication, qtbot: QtBot) -> None:
    style.apply(qapp, Theme(False))
    table, restyled = QTableView(), Restyled()
    qtbot.addWidget(table)
    table.show()
    table.installEventFilter(restyled)
    style.apply(qapp, Theme(False))
    assert not restyled.count
    style.apply(qapp, Theme(True))
    assert restyled.count
    style.apply(qapp, Theme(False))
