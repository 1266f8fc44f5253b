"""Records leave the station from here: as what, where to, and why; the engine writes, and refuses with a sentence."""

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from station.desktop import style
from station.desktop.named import named
from station.desktop.record_words import units_words
from station.desktop.said import Said
from station.desktop.surroundings import Surroundings
from station.domain.ids import BatchId, UnitId
from station.engine.commands import Export
from station.engine.results import Failed, Result, Written

_REASON_MISSING = "PPL-112"


class ExportPanel(QWidget):
    """Asks for the form, the folder and the reason, and shows what was written."""

    closed = Signal()
    verify = Signal(str)
    """Somebody wants to have this written file checked."""

    def __init__(self, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("export-panel")
        self._around = around
        self._units: tuple[UnitId, ...] = ()
        self._batch: BatchId | None = None
        self._written: tuple[str, ...] = ()
        theme = around.theme()
        self._title = style.title(self.tr("Export"))
        self._about = style.faint("")
        self.bundle = named(QCheckBox(self.tr("Signed bundle with its own verifier (zip)")), "export-bundle")
        self.tables = named(QCheckBox(self.tr("Tables (CSV) and reports (PDF)")), "export-tables")
        self.onboard = named(QCheckBox(self.tr("onboard.csv for nRF Cloud's own tools")), "export-onboard")
        self.folder = named(QLineEdit(), "export-folder")
        self.folder.setAccessibleName(self.tr("Folder for the files"))
        self.folder.setText(str(around.opened.value.data / "exports"))
        self._browse = named(QPushButton(self.tr("Choose…")), "export-browse")
        self._browse.setAccessibleName(self.tr("Choose the folder"))
        self.reason = named(QLineEdit(), "export-reason")
        self.reason.setAccessibleName(self.tr("Reason"))
        self.reason.setPlaceholderText(self.tr("Needed to print a report again"))
        self.go = style.primary(self.tr("Export"))
        self.go.setObjectName("export-go")
        self._close = named(QPushButton(self.tr("Close")), "export-close")
        self.said = Said(theme, 3)
        self.said.setObjectName("export-said")
        self._files = style.text("", style.Size.SMALL)
        self._files.setObjectName("export-files")
        self._files.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._show = named(QPushButton(self.tr("Open folder")), "export-show")
        self._check = named(QPushButton(self.tr("Verify the bundle")), "export-verify")
        self._lay_out(theme.px(12))
        for box in (self.bundle, self.tables, self.onboard):
            box.setAccessibleName(box.text())
        self.go.clicked.connect(self._ask)
        self.reason.returnPressed.connect(self._ask)
        self._close.clicked.connect(self.closed)
        self._browse.clicked.connect(self._choose)
        self._show.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(self.folder.text())))
        self._check.clicked.connect(self._verify)

    def _lay_out(self, gap: int) -> None:
        where = QHBoxLayout()
        where.addWidget(self.folder, 1)
        where.addWidget(self._browse)
        buttons = QHBoxLayout()
        buttons.addWidget(self.go)
        buttons.addWidget(self._close)
        buttons.addStretch()
        after = QHBoxLayout()
        after.addWidget(self._show)
        after.addWidget(self._check)
        after.addStretch()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(gap, gap, gap, gap)
        rows.setSpacing(gap * 2 // 3)
        rows.addWidget(self._title)
        rows.addWidget(self._about)
        for box in (self.bundle, self.tables, self.onboard):
            rows.addWidget(box)
        rows.addWidget(_named(self.tr("Folder"), self.folder))
        rows.addLayout(where)
        rows.addWidget(_named(self.tr("Reason"), self.reason))
        rows.addWidget(self.reason)
        rows.addLayout(buttons)
        rows.addWidget(self.said)
        rows.addWidget(self._files)
        rows.addLayout(after)
        rows.addStretch()

    def offer_units(self, units: tuple[UnitId, ...], name: str) -> None:
        """Offer to export these units; ``name`` is the device ID where it is one."""
        self._units, self._batch = units, None
        self._offer(name if len(units) == 1 else units_words(len(units)), batch=False)

    def offer_batch(self, batch: BatchId) -> None:
        """Offer to export everything of a batch."""
        self._units, self._batch = (), batch
        self._offer(self.tr("Batch {batch}").format(batch=batch), batch=True)

    def _offer(self, about: str, *, batch: bool) -> None:
        self._about.setText(about)
        self.bundle.setChecked(True)
        self.tables.setChecked(True)
        self.onboard.setChecked(False)
        self.onboard.setVisible(batch)
        self.reason.clear()
        self.said.clear()
        self._tell(())
        self.go.setEnabled(True)
        self.bundle.setFocus(Qt.FocusReason.OtherFocusReason)

    def _ask(self) -> None:
        chosen = ((self.bundle, "bundle"), (self.tables, "tables"), (self.onboard, "onboard-csv"))
        forms = tuple(name for box, name in chosen if box.isChecked() and not box.isHidden())
        folder = self.folder.text().strip()
        if not forms:
            self.said.ask(self.tr("Choose at least one form."))
            return
        if not folder:
            self.said.ask(self.tr("Name a folder for the files."))
            self.folder.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.go.setEnabled(False)
        self.said.busy(self.tr("The engine is writing; the line goes on meanwhile."))
        self._tell(())
        command = Export(
            folder=folder, units=self._units, batch=self._batch, forms=forms, reason=self.reason.text().strip()
        )
        self._around.link.ask(command, self._done, self._failed)

    def _done(self, result: Result) -> None:
        self.go.setEnabled(True)
        paths = result.paths if isinstance(result, Written) else ()
        if not paths:
            self.said.ask(self.tr("There was nothing to write: no unit here has passed."))
            return
        self.said.good(self.tr("Written: {count} file(s).").format(count=len(paths)))
        self._tell(paths)

    def _failed(self, failed: Failed) -> None:
        self.go.setEnabled(True)
        self.said.failed(failed)
        if failed.code == _REASON_MISSING:
            self.reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def _tell(self, paths: tuple[str, ...]) -> None:
        self._written = paths
        self._files.setText("\n".join(Path(path).name for path in paths))
        self._files.setToolTip("\n".join(paths))
        self._show.setVisible(bool(paths))
        self._check.setVisible(any(path.endswith(".zip") for path in paths))

    def _verify(self) -> None:
        bundle = next((path for path in self._written if path.endswith(".zip")), None)
        if bundle is not None:
            self.verify.emit(bundle)

    def _choose(self) -> None:
        dialog = QFileDialog(self, self.tr("Folder for the files"), self.folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setModal(False)
        dialog.fileSelected.connect(self.folder.setText)
        dialog.show()


def _named(words: str, field: QWidget) -> QLabel:
    label = style.faint(words, style.Size.SMALL)
    label.setBuddy(field)
    return label
