"""Tiles as they are read: sizes from two metres, nothing clipped, nothing moved, nothing painted in vain."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from station.desktop import style
from station.desktop.fonts import state_font, text_font
from station.desktop.theme import LOOKS, Mood, Theme
from station.desktop.tile import SlotTile
from station.desktop.tile_geometry import LEAST_BIG, Measures, columns_for, lay_out
from station.desktop.tile_grid import TileGrid, measure
from station.desktop.tile_words import band_of, clock_words, mood_of, state_word
from station.domain.ids import DeviceId, SlotNumber
from station.domain.line import Outcome, SlotState
from station.engine.prompts import ALL, CALL_LEAD, PUT_IN_AND_SAY, TAKE_OUT
from station.engine.pushes import Tile
from tests.desktop.line_rig import Ticking

pytestmark = pytest.mark.usefixtures("app")

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LONG_ID = DeviceId("W" * 64)
LONG_SENTENCE = " ".join(["Behind the last image the check image found the credentials missing."] * 6)
SCREENS = [(1280, 720), (1920, 1080), (3840, 2160)]
COUNTS = [1, 8, 12, 16, 32]

KINDS: dict[str, dict[str, Any]] = {
    "empty": {"state": SlotState.EMPTY, "prompt": "Scan the board"},
    "running": {
        "state": SlotState.RUNNING,
        "step": "Write credentials",
        "step_index": 7,
        "steps": 10,
        "fraction": 0.5,
        "device_id": LONG_ID,
        "label": "TRK-00000001",
        "since": (NOW - timedelta(hours=1, seconds=83)).isoformat(),
        "expected_seconds": 3599.0,
        "attempt": 4,
    },
    "passed": {"state": SlotState.DONE, "outcome": Outcome.PASSED, "device_id": LONG_ID, "prompt": TAKE_OUT},
    "failed": {"state": SlotState.DONE, "outcome": Outcome.FAILED, "code": "LINE-126", "sentence": LONG_SENTENCE},
    "error": {"state": SlotState.LATCHED, "outcome": Outcome.ERROR, "code": "DEV-105", "sentence": LONG_SENTENCE},
    "quarantined": {
        "state": SlotState.DONE,
        "outcome": Outcome.QUARANTINED,
        "code": "LINE-134",
        "sentence": LONG_SENTENCE,
    },
    "aborted": {"state": SlotState.DONE, "outcome": Outcome.ABORTED, "code": "LINE-148", "sentence": LONG_SENTENCE},
    "off": {"state": SlotState.STOPPED},
}


def tile(kind: str, slot: int = 1, **more: Any) -> Tile:
    return Tile(**({"slot": SlotNumber(slot)} | KINDS[kind] | more))


@pytest.fixture
def app(qapp: QApplication) -> QApplication:
    style.apply(qapp, Theme(False))
    return qapp


def grid_of(count: int, size: tuple[int, int], *, dark: bool = False) -> tuple[TileGrid, Theme]:
    theme = Theme(dark, style.scale_for(*size))
    grid = TileGrid(Ticking(), theme)
    grid.resize(size[0] - theme.px(112), size[1] - theme.px(64 + 44 + 72))
    kinds = itertools.cycle(KINDS)
    grid.show_all([tile(next(kinds), slot) for slot in range(1, count + 1)])
    grid.show()
    return grid, theme


@pytest.mark.parametrize("size", SCREENS)
@pytest.mark.parametrize("count", COUNTS)
def test_number_and_word_are_46_pixels_or_more_and_within_the_tile(
    qtbot: QtBot, count: int, size: tuple[int, int]
) -> None:
    grid, _ = grid_of(count, size)
    qtbot.addWidget(grid)
    for widget in grid.tiles.values():
        areas = widget.areas
        assert areas.big >= LEAST_BIG == 46
        metrics = QFontMetricsF(state_font(areas.big))
        for mood in Mood:
            assert metrics.horizontalAdvance(state_word(mood)) <= areas.word.width(), (mood, areas)
        assert metrics.horizontalAdvance(str(widget.tile.slot)) <= areas.number.width() + 0.5
        for area in (areas.number, areas.shape, areas.word, areas.time, areas.bar, areas.details, areas.band):
            assert areas.card.contains(area), (area, areas)
        apart = [areas.number, areas.shape, areas.word, areas.bar, areas.details, areas.band]
        for one, other in itertools.combinations(apart, 2):
            assert not overlap(one, other), (one, other, areas)
        assert not overlap(areas.time, areas.word)
        assert not overlap(areas.time, areas.shape)
        assert areas.lines * areas.line <= areas.details.height() + 2


@pytest.mark.parametrize("size", SCREENS)
@pytest.mark.parametrize("count", COUNTS)
def test_a_code_is_always_whole_and_every_text_fits_its_place(qtbot: QtBot, count: int, size: tuple[int, int]) -> None:
    grid, _ = grid_of(count, size)
    qtbot.addWidget(grid)
    for widget in grid.tiles.values():
        areas, shown = widget.areas, widget.tile
        bold = QFontMetricsF(text_font(areas.small, bold=True))
        letters = widget._picture.details.letters
        for line in widget._picture.details.lines:
            wide = QFontMetricsF(text_font(letters, bold=True)).horizontalAdvance(line.code + " ") if line.code else 0.0
            wide += QFontMetricsF(text_font(letters, bold=line.bold)).horizontalAdvance(line.rest)
            assert wide <= areas.details.width() + 1, line
        details = widget._picture.details
        assert len(details.lines) * details.row <= details.area.height() + 2
        assert not overlap(details.area, areas.word)
        if shown.code:
            assert shown.code in {line.code for line in widget._picture.details.lines}
            assert shown.sentence in widget.toolTip()
            assert shown.sentence in widget.accessibleDescription()
        if shown.device_id:
            assert shown.device_id in widget.toolTip()
        for text in widget.shown[1:3]:
            assert bold.horizontalAdvance(text) <= areas.time.width() + 1, text


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_moves_when_the_state_changes(qtbot: QtBot, dark: bool) -> None:
    grid, _ = grid_of(8, (1280, 720), dark=dark)
    qtbot.addWidget(grid)
    widget = grid.tiles[SlotNumber(3)]
    before, place = widget.areas, widget.geometry()
    for kind in KINDS:
        grid.show_some([tile(kind, 3)])
        assert (widget.areas, widget.geometry()) == (before, place), kind


@pytest.mark.parametrize("dark", [False, True])
def test_each_state_has_its_own_colours_and_word_on_the_screen(qtbot: QtBot, dark: bool) -> None:
    grid, _ = grid_of(8, (1280, 720), dark=dark)
    qtbot.addWidget(grid)
    words = set()
    for widget in grid.tiles.values():
        image = widget.grab().toImage()
        look = LOOKS[widget.mood]
        corner = image.pixelColor(int(widget.areas.card.left()) + 8, int(widget.areas.card.top()) + 3)
        assert corner.name().upper() == look.paper.upper(), widget.mood
        word = widget.areas.word.toRect()
        inked = {
            image.pixelColor(x, y).name().upper()
            for x in range(word.left(), word.right(), 2)
            for y in [word.center().y()]
        }
        assert look.ink.upper() in inked, widget.mood
        words.add(widget.shown[0])
    assert words == {"EMPTY", "RUN", "PASS", "FAIL", "ERROR", "HOLD", "ABORT", "OFF"}


def test_a_result_stays_until_the_next_board() -> None:
    done = tile("failed")
    empty = tile("failed", state=SlotState.EMPTY, prompt="Put a board in")
    ended = tile("failed", state=SlotState.STOPPED)
    assert [mood_of(one) for one in (done, empty, ended)] == [Mood.FAILED] * 3
    assert [band_of(one) for one in (done, empty, ended)] == [None, Mood.EMPTY, Mood.STOPPED]
    assert mood_of(tile("running", outcome=Outcome.FAILED)) is Mood.RUNNING


class Counting(SlotTile):
    """A tile that counts how often, and where, it is painted."""

    painted: list[QRectF]
    holder: QWidget

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 -- Qt's name
        self.painted.append(QRectF(event.rect()))
        super().paintEvent(event)


@pytest.fixture
def counting(qtbot: QtBot) -> Counting:
    holder = QWidget()
    qtbot.addWidget(holder)
    made = Counting(SlotNumber(1), measure([1]), Theme(False), holder)
    made.painted, made.holder = [], holder
    made.setGeometry(0, 0, 300, 280)
    holder.resize(320, 300)
    holder.show()
    qtbot.waitUntil(holder.isActiveWindow)
    flush()
    made.painted.clear()
    return made


def flush() -> None:
    QApplication.processEvents()


def test_only_what_changed_is_painted(counting: Counting) -> None:
    counting.show_tile(tile("running"), NOW)
    flush()
    assert len(counting.painted) == 1
    counting.show_tile(tile("running"), NOW)
    counting.tick(NOW)
    flush()
    assert len(counting.painted) == 1, "nothing new to see"
    counting.tick(NOW + timedelta(seconds=1))
    flush()
    assert len(counting.painted) == 2
    corner = counting.painted[-1]
    assert corner.width() * corner.height() < 0.1 * counting.width() * counting.height()
    counting.show_tile(tile("running", fraction=0.9), NOW + timedelta(seconds=1))
    flush()
    bar = counting.painted[-1]
    assert bar.height() <= counting.areas.bar.height() + 2, "progress paints the bar alone"
    counting.show_tile(tile("passed"), NOW)
    flush()
    assert counting.painted[-1].size() == QRectF(counting.rect()).size()
    counting.painted.clear()
    counting.tick(NOW + timedelta(seconds=9))
    flush()
    assert counting.painted == [], "a finished board's clock stands"


def test_the_clock_runs_only_while_a_board_is_at_work_and_is_seen(qtbot: QtBot) -> None:
    grid, _ = grid_of(1, (1280, 720))
    qtbot.addWidget(grid)
    grid.show_some([tile("empty")])
    assert not grid.ticking
    grid.show_some([tile("running")])
    assert grid.ticking
    grid.hide()
    assert not grid.ticking
    grid.show()
    assert grid.ticking
    grid.show_some([tile("passed")])
    assert not grid.ticking


def test_the_elapsed_time_stands_beside_what_is_expected(qtbot: QtBot) -> None:
    widget = SlotTile(SlotNumber(1), measure([1]), Theme(False))
    qtbot.addWidget(widget)
    widget.show_tile(tile("running", since=NOW.isoformat(), expected_seconds=130.0), NOW + timedelta(seconds=83))
    assert widget.shown[1:3] == ("1:23", "/ 2:10")
    widget.show_tile(tile("passed", seconds=103.4), NOW)
    assert widget.shown[1:3] == ("1:43", "")
    assert clock_words(3723) == "1:02:03"


def test_a_screen_reader_hears_slot_state_and_sentence(qtbot: QtBot) -> None:
    widget = SlotTile(SlotNumber(3), measure([1]), Theme(False))
    qtbot.addWidget(widget)
    widget.show_tile(tile("failed", 3, sentence="RF power is low."), NOW)
    assert widget.accessibleName() == "Slot 3: FAIL, LINE-126 RF power is low."
    widget.show_tile(tile("passed", 3), NOW)
    assert widget.accessibleName() == f"Slot 3: PASS, {LONG_ID}"
    assert TAKE_OUT in widget.accessibleDescription()


def test_only_a_latched_slot_can_be_unlocked_and_only_a_blind_one_confirmed(qtbot: QtBot) -> None:
    widget = SlotTile(SlotNumber(2), measure([1]), Theme(False))
    qtbot.addWidget(widget)
    widget.resize(144, 140)
    heard: list[tuple[str, int]] = []
    widget.unlock.connect(lambda slot: heard.append(("unlock", slot)))
    widget.loaded.connect(lambda slot: heard.append(("loaded", slot)))
    button = widget._act
    widget.show()
    for prompt in ALL:
        widget.show_tile(tile("empty", 2, prompt=prompt), NOW)
        assert button.isHidden() is (prompt != PUT_IN_AND_SAY), prompt
    widget.show_tile(tile("empty", 2, prompt=PUT_IN_AND_SAY), NOW)
    button.click()
    widget.show_tile(tile("error", 2, prompt=CALL_LEAD), NOW)
    assert not button.isHidden()
    assert button.height() >= 24, "a finger's width"
    assert widget.rect().contains(button.geometry())
    button.click()
    assert heard == [("loaded", 2), ("unlock", 2)]


def test_a_refusal_stays_until_the_slot_does_something_else(qtbot: QtBot) -> None:
    widget = SlotTile(SlotNumber(2), measure([1]), Theme(False))
    qtbot.addWidget(widget)
    widget.resize(300, 280)
    widget.show_tile(tile("empty", 2), NOW)
    widget.show_refusal("LINE-115", "Slot 2 is busy.")
    assert "LINE-115 Slot 2 is busy." in widget.shown
    assert "LINE-115 Slot 2 is busy." in widget.toolTip()
    widget.show_tile(tile("running", 2), NOW)
    assert not any("LINE-115" in text for text in widget.shown)


STORY = "The modem refused to make a key: it holds one already, and the recipe lets nobody delete that one."
MEND = "Put the board aside."


def drawn(widget: SlotTile) -> str:
    return " ".join(line.text for line in widget._picture.details.lines)


@pytest.mark.parametrize(("size", "count"), [((1280, 720), 8), ((1920, 1080), 8), ((1920, 1080), 32)])
def test_what_to_do_is_never_cut(qtbot: QtBot, size: tuple[int, int], count: int) -> None:
    grid, _ = grid_of(count, size)
    qtbot.addWidget(grid)
    for story in (STORY, STORY * 12):
        grid.show_some([tile("failed", 1, sentence=f"{story} {MEND}", prompt=TAKE_OUT, device_id=LONG_ID)])
        said = drawn(grid.tiles[SlotNumber(1)])
        assert MEND in said
        assert "LINE-126" in said
        assert story in grid.tiles[SlotNumber(1)].toolTip()
    assert said.index(MEND) < said.index("The modem"), "first, where not all of it has room"


def test_on_the_smallest_tile_what_to_do_gets_the_bands_room(qtbot: QtBot) -> None:
    grid, _ = grid_of(32, (1280, 720))
    qtbot.addWidget(grid)
    one = grid.tiles[SlotNumber(1)]
    sentence = "The modem tells no number of its own. Try the board once more; if it happens again, put it aside."
    grid.show_some([tile("failed", 1, sentence=sentence, prompt=TAKE_OUT, device_id=LONG_ID)])
    assert "if it happens again, put it aside." in drawn(one)
    assert one._picture.band is None
    assert one.is_cut
    grid.show_some([tile("failed", 1, sentence="Put it aside.", prompt=TAKE_OUT)])
    assert not one.is_cut
    assert TAKE_OUT in one.shown


def test_what_a_tile_has_no_room_for_is_told_beside_it_of_the_slot_that_is_looked_at_or_waits_longest(
    qtbot: QtBot,
) -> None:
    grid, _ = grid_of(32, (1280, 720))
    qtbot.addWidget(grid)
    grid.show_all([tile("running", slot) for slot in range(1, 33)])
    assert grid.fault_told_beside is None
    grid.show_some([tile("failed", 3, attempt=1), tile("error", 9, attempt=8), tile("error", 5, attempt=9)])
    assert grid.fault_told_beside is not None
    assert grid.fault_told_beside.slot == 9
    with qtbot.waitSignal(grid.pointed):
        QApplication.sendEvent(grid.tiles[SlotNumber(3)], QEnterEvent(QPointF(), QPointF(), QPointF()))
    assert grid.fault_told_beside.slot == 3
    QApplication.sendEvent(grid.tiles[SlotNumber(3)], QEvent(QEvent.Type.Leave))
    grid.show_some([tile("error", 9, sentence="", attempt=8)])
    assert grid.fault_told_beside.slot == 5


@pytest.mark.parametrize("size", SCREENS)
def test_a_small_latched_tile_says_code_and_prompt_beside_its_button(qtbot: QtBot, size: tuple[int, int]) -> None:
    grid, _ = grid_of(32, size)
    qtbot.addWidget(grid)
    grid.show_some([tile("error", 1, prompt=CALL_LEAD)])
    shown = " ".join(grid.tiles[SlotNumber(1)].shown)
    assert "DEV-105" in shown
    assert CALL_LEAD in shown


def test_an_empty_slot_with_a_result_and_nothing_to_ask_has_no_band(qtbot: QtBot) -> None:
    widget = SlotTile(SlotNumber(1), measure([1]), Theme(False))
    qtbot.addWidget(widget)
    widget.resize(300, 280)
    widget.show_tile(tile("passed", state=SlotState.EMPTY, prompt=""), NOW)
    assert widget._picture.band is None
    widget.show_tile(tile("passed", state=SlotState.EMPTY, prompt=TAKE_OUT), NOW)
    assert widget._picture.band is not None


@pytest.mark.parametrize("ratio", [1.5, 2.0])
def test_46_pixels_are_real_ones(ratio: float) -> None:
    areas = lay_out(144.0 / ratio, 140.0 / ratio, LATIN, round(12 / ratio), ratio)
    assert 46 <= areas.big * ratio < 60
    assert areas.word.right() <= 144.0 / ratio
    assert areas.card.contains(areas.band)


def test_words_of_tall_letters_leave_a_whole_line_of_details() -> None:
    han = Measures(word=3.0, word_height=0.97, number=0.94, number_height=0.73, below=0.1)
    areas = lay_out(144.0, 141.0, han, 12)
    assert areas.big >= LEAST_BIG
    assert areas.details.height() >= areas.line
    for one, other in itertools.combinations([areas.number, areas.word, areas.bar, areas.details, areas.band], 2):
        assert not overlap(one, other), (one, other)
    assert areas.card.contains(areas.bar)


LATIN = Measures(word=2.5, word_height=0.73, number=0.95, number_height=0.73)


@pytest.mark.parametrize("width", range(141, 2000, 97))
@pytest.mark.parametrize("height", range(138, 1000, 83))
def test_areas_stay_apart_at_any_size(width: int, height: int) -> None:
    areas = lay_out(float(width), float(height), LATIN, 12)
    assert areas.big >= LEAST_BIG
    parts = [areas.number, areas.word, areas.bar, areas.band]
    for one, other in itertools.combinations(parts, 2):
        assert not overlap(one, other), (one, other)
    assert areas.card.contains(areas.band)


@pytest.mark.parametrize("count", [1, 2, 4, 6, 8, 12, 16, 24, 32])
def test_slots_fill_whole_rows(count: int) -> None:
    for width, height in ((1190.0, 560.0), (1800.0, 880.0), (3600.0, 1800.0)):
        assert count % columns_for(count, width, height, 5.0, LATIN) == 0


def overlap(one: QRectF, other: QRectF) -> bool:
    """Whether two areas share more than a hair."""
    common = one.intersected(other)
    return common.width() > 0.6 and common.height() > 0.6
