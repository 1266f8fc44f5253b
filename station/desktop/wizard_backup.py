"""The first run's care for the CA: a copy that was read back, and a sheet for the safe."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QPushButton

from station.ca.backup import AuthorityFacts, Copied, copy_authority, read_facts
from station.desktop import style
from station.desktop.background import Background
from station.desktop.fonts import mono_font
from station.desktop.said import Said
from station.desktop.theme import Theme
from station.desktop.wizard_answers import Answers
from station.desktop.wizard_step import Step
from station.host.files import make_private_folder, replace_file
from station.host.secrets import EnvironmentSecret, FileSecret, KeyringSecret, SecretSource
from station.opened import Opened


class BackupStep(Step):
    """Copies the CA to another place, and writes the sheet; both may be put off, and the checks go on asking."""

    def __init__(self, answers: Answers, theme: Theme, background: Background) -> None:
        super().__init__(answers, theme, background)
        self._busy = False
        px = theme.px
        grid = QGridLayout()
        grid.setHorizontalSpacing(px(16))
        grid.setVerticalSpacing(px(6))
        grid.setColumnStretch(1, 1)
        self.root, self.line = style.text(""), style.text("")
        for row, (words, label) in enumerate(((self.tr("Root"), self.root), (self.tr("Line"), self.line))):
            label.setFont(mono_font(px(17)))
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(style.faint(words), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label, row, 1)
        self.column.addLayout(grid)
        self.place = self.field("wizard.copy-to", self.tr("Folder for the copy"))
        self.place.setPlaceholderText(self.tr("a stick, or a disk of another PC"))
        self.copy = QPushButton(self.tr("Copy and compare"))
        self.copy.setObjectName("wizard.copy")
        self.copy.clicked.connect(self._copy)
        self.copied = Said(theme, 1)
        self.copied.setObjectName("wizard.copied")
        self.sheet = self.field("wizard.sheet", self.tr("Folder for the sheet"))
        self.write = QPushButton(self.tr("Write the sheet (PDF)"))
        self.write.setObjectName("wizard.write-sheet")
        self.write.clicked.connect(self._write)
        self.written = Said(theme, 1)
        self.written.setObjectName("wizard.written")
        for words, field, button, said in (
            (self.tr("Copy"), self.place, self.copy, self.copied),
            (self.tr("Sheet"), self.sheet, self.write, self.written),
        ):
            button.setAccessibleName(button.text())
            line = self.with_button(field, self.chooser(field))
            line.addWidget(button)
            form = self.form()
            self.row(form, words, line)
            self.column.addWidget(said)
        self.later = QCheckBox(self.tr("I make a copy later; until then a broken disk is the end of this CA"))
        self.later.setObjectName("wizard.later")
        self.later.setAccessibleName(self.later.text())
        self.later.toggled.connect(self.changed)
        self.column.addWidget(self.later)
        self.note(
            self.tr("Print the sheet and keep it with the copy. Once two copies are safe, delete root.key on this PC.")
        )

    @property
    def heading(self) -> str:
        return self.tr("Copies")

    @property
    def words(self) -> str:
        return self.tr("The CA's fingerprints, in groups of four. Who has the sheet can tell this CA from any other.")

    @property
    def can_go_back(self) -> bool:
        return False

    def enter(self) -> None:
        opened = self._opened()
        folder = opened.value.ca_folder
        self.sheet.setText(str(self.answers.path.parent))
        self.background.run(lambda: read_facts(folder), self._show, self.copied.broke, key="wizard.facts")
        self.place.setFocus(Qt.FocusReason.OtherFocusReason)

    def missing(self) -> str:
        if self._busy:
            return self.tr("One moment.")
        if not self.answers.copies and not self.later.isChecked():
            return self.tr("Make a copy, or say that you make it later.")
        return ""

    def _opened(self) -> Opened:
        opened = self.answers.opened
        assert opened is not None  # noqa: S101 -- the step before this one wrote it
        return opened

    def _show(self, facts: AuthorityFacts) -> None:
        # Not before somebody gets here: what makes PDFs would hold up every window's start.
        from station.evidence.pdf_authority import in_fours  # noqa: PLC0415 -- see above

        self.root.setText("\n".join(in_fours(facts.root_sha256)))
        self.line.setText("\n".join(in_fours(facts.line_sha256)))

    def _copy(self) -> None:
        if not self.place.text().strip():
            self.copied.ask(self.tr("Name a folder on another disk."))
            return
        folder, place = self._opened().value.ca_folder, self.path_in(self.place)
        self._set_busy(True)
        self.copied.busy(self.tr("Copying, then reading it back …"))
        self.background.run(lambda: copy_authority(folder, place), self._copied, self._broke(self.copied))

    def _copied(self, made: Copied) -> None:
        self._set_busy(False)
        if str(made.folder) not in self.answers.copies:
            self.answers.copies.append(str(made.folder))
        words = self.tr("{count} files in {folder}, read back and the same.")
        self.copied.good(words.format(count=len(made.files), folder=made.folder))
        self.changed.emit()

    def _write(self) -> None:
        opened, copies, folder = self._opened(), tuple(self.answers.copies), self.path_in(self.sheet)
        self._set_busy(True)
        self.background.run(lambda: write_sheet(opened, folder, copies), self._wrote, self._broke(self.written))

    def _wrote(self, path: Path) -> None:
        self._set_busy(False)
        self.answers.sheet = str(path)
        self.written.good(self.tr("Written: {path}").format(path=path))

    def _broke(self, said: Said) -> Callable[[BaseException], None]:
        def broke(error: BaseException) -> None:
            self._set_busy(False)
            said.broke(error)

        return broke

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.copy.setEnabled(not busy)
        self.write.setEnabled(not busy)
        self.changed.emit()


def write_sheet(opened: Opened, folder: Path, copies: tuple[str, ...]) -> Path:
    """Write the CA's sheet as a PDF into ``folder``, and return its path. Safe to repeat. Raises HOST-102, HOST-103."""
    from station.evidence.pdf_authority import AuthoritySheet, authority_pdf  # noqa: PLC0415 -- as on the page

    facts = read_facts(opened.value.ca_folder)
    sheet = AuthoritySheet(
        name=facts.name,
        station=opened.value.station_id,
        line=opened.value.line,
        folder=str(facts.folder),
        passphrase_place=describe_place(opened.value.ca.passphrase),
        created=facts.created,
        root_end=facts.root_end,
        line_end=facts.line_end,
        root_sha256=facts.root_sha256,
        line_sha256=facts.line_sha256,
        copies=copies,
        printed=opened.clock.now(),
    )
    path = folder / f"ca-{facts.root_sha256[:8]}.pdf"
    make_private_folder(folder)
    replace_file(path, authority_pdf(sheet))
    return path


def describe_place(source: SecretSource | None) -> str:
    """Return where the passphrase is kept, for the sheet (which is in English, as all papers are)."""
    match source:
        case None:
            return "kept nowhere on the PC; typed when a batch is armed"
        case KeyringSecret(service, name):
            return f"in the PC's keyring, {service}/{name}"
        case FileSecret(path):
            return f"in the file {path}"
        case EnvironmentSecret(variable):
            return f"in the environment variable {variable}"
