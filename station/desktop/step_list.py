"""An attempt's steps in rows: shape, name, time; the running one's clock moves, those to come are faint."""

from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from station.desktop import words
from station.desktop.fault_words import told
from station.desktop.shapes import shape_icon
from station.desktop.slot_steps import AttemptSteps, StepRow
from station.desktop.theme import LOOKS, Mood, Shape, Theme
from station.desktop.tile_words import clock_words, step_name
from station.domain.line import Outcome
from station.host.clock import Clock

_MOODS: Final = {
    Outcome.PASSED: Mood.PASSED,
    Outcome.FAILED: Mood.FAILED,
    Outcome.ERROR: Mood.ERROR,
    Outcome.ABORTED: Mood.ABORTED,
    Outcome.QUARANTINED: Mood.QUARANTINED,
}
_NAME, _TIME = 0, 1
_Index = QModelIndex | QPersistentModelIndex


class StepModel(QAbstractTableModel):
    """Two columns: the step (with its shape), and its time."""

    def __init__(self, clock: Clock, theme: Theme) -> None:
        super().__init__()
        self._clock, self._theme = clock, theme
        self._rows: tuple[StepRow, ...] = ()
        self._closed = False

    @property
    def rows(self) -> tuple[StepRow, ...]:
        """What is shown."""
        return self._rows

    @property
    def running(self) -> int | None:
        """The row of the step that runs."""
        if self._closed:
            return None
        at = (place for place, row in enumerate(self._rows) if row.begun is not None and row.outcome is None)
        return next(at, None)

    def show_steps(self, rows: tuple[StepRow, ...], *, closed: bool) -> None:
        """Show these; where it is the same table, rows change in place and nothing scrolls."""
        same = len(rows) == len(self._rows)
        if not same:
            self.beginResetModel()
        self._rows, self._closed = rows, closed
        if not same:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, _TIME))

    def set_theme(self, theme: Theme) -> None:
        """Take these colours."""
        self.beginResetModel()
        self._theme = theme
        self.endResetModel()

    def tick(self) -> None:
        """Move the running step's clock."""
        row = self.running
        if row is not None:
            self.dataChanged.emit(self.index(row, _TIME), self.index(row, _TIME))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802 -- Qt's name and default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802 -- Qt's name and default
        return 0 if parent.isValid() else 2

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._name(row) if index.column() == _NAME else self._time(row)
            case Qt.ItemDataRole.DecorationRole if index.column() == _NAME:
                return self._icon(row)
            case Qt.ItemDataRole.ForegroundRole if row.begun is None:
                return self._theme.faint
            case Qt.ItemDataRole.TextAlignmentRole if index.column() == _TIME:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.ToolTipRole:
                return self._whole(row)
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._spoken(row) if index.column() == _NAME else self._time(row)
            case _:
                return None

    def _name(self, row: StepRow) -> str:
        name = f"{row.index + 1}  {step_name(row.name)}"
        if row.tries > 1:
            name += " " + self.tr("({count} tries)").format(count=row.tries)
        return f"{name}  {row.code}" if row.code else name

    def _time(self, row: StepRow) -> str:
        if row.milliseconds is not None:
            seconds = row.milliseconds / 1000
            return f"{seconds:.1f} s" if seconds < 60 else clock_words(seconds)
        if row.begun is None or self._closed:
            return ""
        return clock_words(max(0.0, (self._clock.now() - row.begun).total_seconds()))

    def _icon(self, row: StepRow) -> QIcon:
        side = self._theme.px(20)
        if row.outcome is not None:
            look = LOOKS[_MOODS[row.outcome]]
            colour = QColor(look.paper)
            return shape_icon(look.shape, colour.lighter(165) if self._theme.dark else colour, QSize(side, side), 2.0)
        if row.begun is None:
            return shape_icon(Shape.RING, self._theme.rule, QSize(side, side), 2.0)
        shape = Shape.ARC if self._closed else Shape.PLAY
        return shape_icon(shape, self._theme.accent, QSize(side, side), 2.0)

    def _spoken(self, row: StepRow) -> str:
        if row.outcome is not None:
            state = words.of(row.outcome)
        else:
            state = self.tr("to come") if row.begun is None else self.tr("running")
        return f"{self._name(row)}: {state}"

    def _whole(self, row: StepRow) -> str:
        lines = [self._spoken(row)]
        if row.sentence:
            lines.append(told(row, " "))
        lines += [f"{name}: {value}" for name, value in row.observed]
        return "\n".join(lines)


class StepList(QTableView):
    """The steps of one attempt. The running one is kept in sight."""

    def __init__(self, clock: Clock, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("steps")
        self.steps = StepModel(clock, theme)
        self.setModel(self.steps)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setSectionResizeMode(_TIME, QHeaderView.ResizeMode.Fixed)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take these sizes and colours."""
        self.setIconSize(QSize(theme.px(20), theme.px(20)))
        self.verticalHeader().setMinimumSectionSize(theme.px(24))
        self.verticalHeader().setDefaultSectionSize(theme.px(28))
        self.setColumnWidth(_TIME, theme.px(84))
        self.steps.set_theme(theme)

    def clear(self) -> None:
        """Show no steps."""
        self.steps.show_steps((), closed=True)

    def show_steps(self, attempt: AttemptSteps) -> None:
        """Show this attempt's."""
        self.steps.show_steps(attempt.rows, closed=attempt.closed)
        running = self.steps.running
        if running is not None:
            self.scrollTo(self.steps.index(running, 0))

    def tick(self) -> None:
        """Move the running step's clock."""
        self.steps.tick()
