"""Which port belongs to which slot, learnt by plugging in: nobody has to know what the system calls it."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from station.desktop import style
from station.desktop.grid import item_table
from station.desktop.said import Said
from station.desktop.surroundings import Surroundings
from station.devices.arrivals import Arrival, KnownBy, PlugSources, SeenPort, find_arrivals, list_plugged
from station.domain.faults import Fault
from station.engine.commands import Release, SaveSettings, SettingsFile
from station.engine.results import Failed, Result, Saved
from station.host.files import read_bytes, sha256_of
from station.people.rights import Right
from station.settings.drafts import FIXTURE
from station.settings.slot_text import change_slot, plan_slot, written_slot

POLL_MS: Final = 400
"""How often the ports are listed while a slot is being learnt."""


@dataclass(frozen=True, slots=True)
class WrittenFixture:
    """The fixture file as it stands now."""

    text: str
    sha256: str
    written: dict[str, Any]

    def slots(self) -> list[int]:
        """Return the slots' numbers."""
        return [one["number"] for one in self.written.get("slots", []) if isinstance(one, dict) and "number" in one]


def known_by(by: KnownBy) -> str:
    """Return how a port is known, in the window's language."""
    translate = QCoreApplication.translate
    match by:
        case KnownBy.PROBE:
            return translate("SlotsPanel", "by its probe")
        case KnownBy.SERIAL:
            return translate("SlotsPanel", "by its serial number")
        case KnownBy.SOCKET:
            return translate("SlotsPanel", "by its USB socket")
        case KnownBy.SYSTEM:
            return translate("SlotsPanel", "by today's name only")
        case KnownBy.BENCH:
            return translate("SlotsPanel", "on the simulated bench")


class SlotsPanel(QWidget):
    """All slots with their ports; one at a time is learnt, looked at and saved by an engineer."""

    def __init__(
        self, surroundings: Surroundings, sources: PlugSources | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("slots")
        self._around, self._theme = surroundings, surroundings.theme()
        self._sources = sources or PlugSources(bench=surroundings.opened.value.data / "bench")
        self._fixture: WrittenFixture | None = None
        self._baseline: tuple[SeenPort, ...] | None = None
        self._arrival: Arrival | None = None
        self._looking = False
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._look)
        self._build()
        self.reload()

    @property
    def slot(self) -> int | None:
        """The slot that is chosen."""
        row = self.table.currentRow()
        item = self.table.item(row, 0) if row >= 0 else None
        return int(item.text()) if item is not None else None

    @property
    def learning(self) -> bool:
        """Whether it waits for something to be plugged in."""
        return self._timer.isActive()

    def reload(self) -> None:
        """Read the fixture file anew."""
        path = self._around.opened.value.fixture

        def read() -> WrittenFixture:
            data = read_bytes(path)
            text = data.decode("utf-8-sig", "replace")
            try:
                return WrittenFixture(text, sha256_of(data), tomllib.loads(text))
            except ValueError:
                return WrittenFixture(text, sha256_of(data), {})

        self._around.background.run(read, self._show, self.said.broke, key="slots.read")

    def learn(self) -> None:
        """Wait for what is plugged into the chosen slot; again: wait no more."""
        if self.learning or self.slot is None:
            self._rest()
            return
        self._forget()
        self._baseline = None
        self._button.setText(self.tr("Stop waiting"))
        words = self.tr(
            "Plug in slot {slot} now: put a board in, or connect its probe. If it is in already, take it out first."
        )
        self.said.busy(words.format(slot=self.slot))
        self._timer.start()
        self._look()

    def save(self) -> None:
        """Write the chosen slot's new port into the fixture file, and release it."""
        slot, planned = self.slot, self._planned()
        person = self._around.person()
        if slot is None or self._fixture is None or not planned:
            return
        if person is None or Right.CHANGE_SETTINGS.name not in person.rights:
            self.said.ask(self.tr("An engineer saves this: sign in first. What was learnt stays here."))
            return
        reason = self._reason.text().strip() or self.tr("slot {slot} learnt by plugging in").format(slot=slot)
        path = self._around.opened.value.fixture
        try:
            text = change_slot(self._fixture.text, slot, planned, path)
        except Fault as fault:
            self.said.broke(fault)
            return
        self._save.setEnabled(False)

        def release(saved: Result) -> None:
            assert isinstance(saved, Saved)  # noqa: S101 -- the engine answers with nothing else
            ask = Release(reason=reason, files=(SettingsFile(file=saved.file, sha256=saved.sha256),))
            self._around.link.ask(ask, lambda _done: self._saved(slot), self._not_released)

        command = SaveSettings(file=FIXTURE, text=text, before=self._fixture.sha256, reason=reason)
        self._around.link.ask(command, release, self._not_saved)

    # Building

    def _build(self) -> None:
        px = self._theme.px
        heads = [self.tr("Slot"), self.tr("Port"), self.tr("Probe"), self.tr("A board is in …")]
        self.table = item_table(heads, (60, 0, 170, 150), self._theme)
        self.table.setObjectName("slots.table")
        self.table.setAccessibleName(self.tr("Slots"))
        self.table.itemSelectionChanged.connect(self._chosen)
        self.said = Said(self._theme, 3)
        self.said.setObjectName("slots.said")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(px(16))
        row.addWidget(self.table, 5)
        row.addWidget(self._build_card(), 4)

    def _build_card(self) -> QWidget:
        px = self._theme.px
        card = style.card()
        self._title = style.title(self.tr("Choose a slot"))
        self._button = style.primary(self.tr("Learn by plugging in"))
        self._button.setObjectName("slots.learn")
        self._button.clicked.connect(self.learn)
        self._before, self._after = style.text("–"), style.text("–")
        self._before.setObjectName("slots.before")
        self._after.setObjectName("slots.after")
        self._names = QComboBox()
        self._names.setObjectName("slots.names")
        self._names.setAccessibleName(self.tr("How the port is known"))
        self._names.setEnabled(False)
        self._names.currentIndexChanged.connect(self._named)
        self._reason = QLineEdit()
        self._reason.setObjectName("slots.reason")
        self._reason.setAccessibleName(self.tr("Reason"))
        self._reason.setPlaceholderText(self.tr("Why (for the record; no names)"))
        self._save = QPushButton(self.tr("Save and release"))
        self._save.setObjectName("slots.save")
        self._save.setAccessibleName(self._save.text())
        self._save.setEnabled(False)
        self._save.clicked.connect(self.save)
        grid = QGridLayout()
        grid.setHorizontalSpacing(px(16))
        grid.setVerticalSpacing(px(10))
        for at, (words, widget) in enumerate(
            (
                (self.tr("Known now"), self._before),
                (self.tr("Known from then on"), self._after),
                (self.tr("Name"), self._names),
                (self.tr("Reason"), self._reason),
            )
        ):
            grid.addWidget(style.faint(words), at, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(widget, at, 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, px(150))
        column = QVBoxLayout(card)
        column.setContentsMargins(*[px(16)] * 4)
        column.setSpacing(px(14))
        column.addWidget(self._title)
        column.addWidget(self._button)
        column.addWidget(self.said)
        column.addLayout(grid)
        column.addWidget(self._save)
        column.addStretch(1)
        return card

    # What comes

    def _show(self, fixture: WrittenFixture) -> None:
        chosen = self.slot
        self._fixture = fixture
        numbers = fixture.slots()
        self.table.blockSignals(True)
        self.table.setRowCount(len(numbers))
        for row, number in enumerate(numbers):
            for column, text in enumerate(self._cells(number)):
                self.table.setItem(row, column, QTableWidgetItem(text))
        if numbers:
            self.table.setCurrentCell(numbers.index(chosen) if chosen in numbers else 0, 0)
        self.table.blockSignals(False)
        if numbers:
            self._describe()
            if chosen not in numbers:
                self._chosen()
        else:
            self.said.bad(self.tr("The fixture file can't be read as it is: mend it under Settings."))
        self._button.setEnabled(bool(numbers))

    def _cells(self, number: int) -> Sequence[str]:
        slot = written_slot(self._fixture.written if self._fixture else {}, number)
        presence = slot.get("presence")
        seen = self.tr("when its port is") if presence == "port" else self.tr("when it is scanned")
        return str(number), self._filled(slot.get("port"), number), self._filled(slot.get("probe"), number), seen

    @staticmethod
    def _filled(value: object, number: int) -> str:
        return value.replace("{slot}", str(number)) if isinstance(value, str) else "–"

    def _chosen(self) -> None:
        self._rest()
        self._forget()
        self._describe()
        self.said.ask(self.tr("Press the button, then plug in what belongs to this slot."))

    def _describe(self) -> None:
        number = self.slot
        if number is not None:
            self._title.setText(self.tr("Slot {slot}").format(slot=number))
            self._before.setText(self._as_known(*self._cells(number)[1:3]))

    def _as_known(self, port: str, probe: str) -> str:
        return port if probe in ("", "–") else self.tr("{port} of probe {probe}").format(port=port, probe=probe)

    def _look(self) -> None:
        if self._looking:  # a PC that takes longer than the timer is not asked twice at once
            return
        self._looking = True
        sources = self._sources
        self._around.background.run(lambda: list_plugged(sources), self._looked, self._lost_sight, long=True)

    def _lost_sight(self, error: BaseException) -> None:
        self._looking = False
        self._rest()
        self.said.broke(error)

    def _looked(self, now: tuple[SeenPort, ...]) -> None:
        self._looking = False
        if not self.learning:
            return
        if self._baseline is None:
            self._baseline = now
            return
        arrivals = find_arrivals(self._baseline, now)
        # What is taken out may come back: then it is what was plugged in.
        self._baseline = tuple(port for port in self._baseline if port in now)
        if len(arrivals) > 1:
            self._rest()
            names = ", ".join(one.product for one in arrivals)
            words = self.tr("{count} things came at once ({names}). Take them out, and plug in one.")
            self.said.bad(words.format(count=len(arrivals), names=names))
        elif arrivals:
            self._learnt(arrivals[0])

    def _learnt(self, arrival: Arrival) -> None:
        self._rest()
        self._arrival = arrival
        self._names.blockSignals(True)
        self._names.clear()
        for name in self._choices(arrival):
            self._names.addItem(f"{name.text}  ({known_by(name.by)})", name)
        self._names.blockSignals(False)
        self._names.setEnabled(self._names.count() > 1)
        what = f"{arrival.product} {arrival.probe}".strip()
        words = self.tr("Found: {what}. Look at it, then save.").format(what=what)
        self.said.good(words)
        self._named()

    def _choices(self, arrival: Arrival) -> Sequence[Any]:
        slot = written_slot(self._fixture.written if self._fixture else {}, self.slot or 0)
        programmer = slot.get("programmer")
        kind = programmer.get("kind") if isinstance(programmer, dict) else programmer
        real = kind in ("nrfutil", "nrfjprog")
        return [name for name in arrival.names() if real or name.by is not KnownBy.PROBE]

    def _named(self) -> None:
        planned = self._planned()
        name = self._names.currentData()
        if self._arrival is None or name is None:
            return
        probe = self._arrival.probe if "probe" in planned else ""
        self._after.setText(self._as_known(name.text, probe))
        self._save.setEnabled(bool(planned))
        if not planned:
            self.said.good(self.tr("This slot knows it by that name already; there is nothing to save."))
        elif name.by is KnownBy.SYSTEM:
            self.said.ask(
                self.tr("The system may give that name to another device tomorrow: choose another if there is one.")
            )

    def _planned(self) -> dict[str, str | None]:
        name = self._names.currentData()
        if self._arrival is None or self._fixture is None or name is None or self.slot is None:
            return {}
        return {
            key: value
            for key, value in plan_slot(self._fixture.written, self.slot, name.text, self._arrival.probe).items()
            if written_slot(self._fixture.written, self.slot).get(key) != value
        }

    def _rest(self) -> None:
        self._timer.stop()
        self._button.setText(self.tr("Learn by plugging in"))

    def _forget(self) -> None:
        self._arrival = None
        self._names.clear()
        self._names.setEnabled(False)
        self._after.setText("–")
        self._save.setEnabled(False)

    def _saved(self, slot: int) -> None:
        self._forget()
        self._reason.clear()
        self.reload()
        self.said.good(self.tr("Slot {slot} is saved and released.").format(slot=slot))

    def _not_saved(self, failed: Failed) -> None:
        self._save.setEnabled(True)
        self.said.failed(failed)

    def _not_released(self, failed: Failed) -> None:
        self.reload()
        self.said.failed(failed)
