"""The settings files as they stand: to read for everybody, to change for an engineer, who sees at once what's wrong."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from station.desktop import style
from station.desktop.fonts import mono_font
from station.desktop.said import Said
from station.desktop.surroundings import Surroundings
from station.engine.commands import Release, SaveSettings, SettingsFile
from station.engine.results import Failed, Result, Saved
from station.host.files import read_bytes, sha256_of
from station.people.rights import Right
from station.settings.drafts import FIXTURE, RECIPE, STATION, Draft, Problem

_PAUSE_MS: Final = 350
"""How long nobody types before the text is judged."""
_LINE: Final = Qt.ItemDataRole.UserRole
_PATH: Final = Qt.ItemDataRole.UserRole + 1


class SettingsPanel(QWidget):
    """Station file, fixture and recipes. A file is locked until an engineer unlocks it, and again once it is saved."""

    def __init__(self, surroundings: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("settings")
        self._around, self._theme = surroundings, surroundings.theme()
        self._saved_text, self._begun_from = "", ""
        self._sound = True
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._judge)
        self._build()
        self._list_files()

    @property
    def file(self) -> str:
        """Which file is shown, by its name to the engine: station, fixture, recipe:NAME."""
        return str(self.files.currentItem().data(_LINE)) if self.files.currentRow() >= 0 else ""

    @property
    def path(self) -> Path:
        """Where it lies."""
        return Path(self.files.currentItem().data(_PATH)) if self.files.currentRow() >= 0 else Path()

    @property
    def unlocked(self) -> bool:
        """Whether it may be written in."""
        return not self.text.isReadOnly()

    def reload(self) -> None:
        """Read the file that is shown anew; what was not saved is gone."""
        path = self.path

        def read() -> tuple[str, str]:
            data = read_bytes(path)
            return data.decode("utf-8-sig", "replace"), sha256_of(data)

        self._around.background.run(read, self._show, self._unreadable, key="settings.read")

    def unlock(self) -> None:
        """Let an engineer write; again: give up what was not saved."""
        if self.unlocked:
            self._lock()
            self.reload()
            return
        person = self._around.person()
        if person is None or Right.CHANGE_SETTINGS.name not in person.rights:
            self.said.ask(self.tr("Only an engineer changes settings: sign in first, then unlock."))
            return
        self.text.setReadOnly(False)
        self._unlock.setText(self.tr("Discard changes"))
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)
        self.said.ask(self.tr("Unlocked. What is wrong with the text shows beside it while you write."))
        self._enable()

    def lock(self) -> None:
        """Let nobody write: whoever unlocked it has left. What was typed stays until somebody unlocks or turns away."""
        if self.unlocked:
            self._lock()
            self.said.ask(self.tr("Signed out, and locked again. What was typed is still here: sign in and unlock."))

    def save(self) -> None:
        """Have the engine judge, write and release it; nothing is written where anything is wrong."""
        reason = self.reason.text().strip()
        if not reason:
            self.said.ask(self.tr("Write why: the reason is in the record with the old and the new text."))
            self.reason.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        file = self.file
        self._save.setEnabled(False)
        self.said.busy(self.tr("Saving …"))

        def release(saved: Result) -> None:
            assert isinstance(saved, Saved)  # noqa: S101 -- the engine answers with nothing else
            ask = Release(reason=reason, files=(SettingsFile(file=saved.file, sha256=saved.sha256),))
            self._around.link.ask(ask, lambda _done: self._done(file), self._saved_only)

        command = SaveSettings(file=file, text=self.text.toPlainText(), before=self._begun_from, reason=reason)
        self._around.link.ask(command, release, self._refused)

    # Building

    def _build(self) -> None:
        px = self._theme.px
        self.files = QListWidget()
        self.files.setObjectName("settings.files")
        self.files.setAccessibleName(self.tr("Settings files"))
        self.files.setFixedWidth(px(240))
        self.files.setSpacing(px(4))
        self.files.currentRowChanged.connect(self._chosen)
        self._where = style.faint("", style.Size.SMALL)
        self._where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text = QPlainTextEdit()
        self.text.setObjectName("settings.text")
        self.text.setAccessibleName(self.tr("The file's text"))
        self.text.setFont(mono_font(px(15)))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.textChanged.connect(self._typed)
        self.problems = QListWidget()
        self.problems.setObjectName("settings.problems")
        self.problems.setAccessibleName(self.tr("What is wrong with the text"))
        self.problems.setWordWrap(True)
        self.problems.setSpacing(px(5))
        self.problems.setFixedWidth(px(330))
        self.problems.itemActivated.connect(self._go)
        self.problems.itemClicked.connect(self._go)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(px(12))
        row.addWidget(self.files)
        middle = QVBoxLayout()
        middle.setSpacing(px(8))
        middle.addWidget(self._where)
        middle.addWidget(self.text, 1)
        self.said = Said(self._theme, 2)
        self.said.setObjectName("settings.said")
        middle.addWidget(self.said)
        middle.addLayout(self._build_buttons())
        row.addLayout(middle, 1)
        right = QVBoxLayout()
        right.setSpacing(px(8))
        right.addWidget(style.faint(self.tr("What is wrong with it"), style.Size.SMALL))
        right.addWidget(self.problems, 1)
        row.addLayout(right)

    def _build_buttons(self) -> QHBoxLayout:
        self._unlock = QPushButton(self.tr("Unlock"))
        self._unlock.setObjectName("settings.unlock")
        self._unlock.setAccessibleName(self.tr("Unlock or discard"))
        self._unlock.clicked.connect(self.unlock)
        self.reason = QLineEdit()
        self.reason.setObjectName("settings.reason")
        self.reason.setAccessibleName(self.tr("Reason"))
        self.reason.setPlaceholderText(self.tr("Why (for the record; no names)"))
        self.reason.textChanged.connect(self._enable)
        self.reason.returnPressed.connect(self.save)
        self._save = style.primary(self.tr("Save and release"))
        self._save.setObjectName("settings.save")
        self._save.clicked.connect(self.save)
        row = QHBoxLayout()
        row.setSpacing(self._theme.px(12))
        row.addWidget(self._unlock)
        row.addWidget(self.reason, 1)
        row.addWidget(self._save)
        return row

    def _list_files(self) -> None:
        value, station = self._around.opened.value, self._around.opened.settings.path

        def find() -> list[Path]:
            return sorted(value.recipes.glob("*.toml"))

        def show(recipes: list[Path]) -> None:
            rows = [(self.tr("Station"), STATION, station), (self.tr("Fixture"), FIXTURE, value.fixture)]
            rows += [
                (self.tr("Recipe {name}").format(name=path.stem), f"{RECIPE}{path.stem}", path) for path in recipes
            ]
            for words, name, path in rows:
                item = QListWidgetItem(words)
                item.setData(_LINE, name)
                item.setData(_PATH, str(path))
                self.files.addItem(item)
            self.files.setCurrentRow(0)

        self._around.background.run(find, show, self.said.broke, key="settings.files")

    # What comes

    def _chosen(self, _row: int) -> None:
        self._lock()
        self.said.clear()
        self._where.setText(str(self.path))
        self.reload()

    def _show(self, read: tuple[str, str]) -> None:
        text, self._begun_from = read
        self._saved_text = text
        self.text.setPlainText(text)
        self._judge()

    def _unreadable(self, error: BaseException) -> None:
        self.text.setPlainText("")
        self.said.broke(error)

    def _lock(self) -> None:
        self.text.setReadOnly(True)
        self._unlock.setText(self.tr("Unlock"))
        self.reason.clear()
        self._enable()

    def _typed(self) -> None:
        self._timer.start()
        self._enable()

    def _judge(self) -> None:
        draft, data = Draft(self.file, self.path, self.text.toPlainText()), self._around.opened.value.data
        self._around.background.run(
            lambda: draft.problems(data=data), self._judged, self.said.broke, key="settings.judge"
        )

    def _judged(self, problems: tuple[Problem, ...]) -> None:
        self.problems.clear()
        self._sound = not problems
        for problem in problems:
            line = self.tr("Line {line}: ").format(line=problem.line) if problem.line else ""
            item = QListWidgetItem(f"{line}{problem.sentence}")
            item.setData(_LINE, problem.line)
            self.problems.addItem(item)
        if not problems:
            item = QListWidgetItem(self.tr("Nothing: it can be read as it is."))
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.problems.addItem(item)
        self._enable()

    def _go(self, item: QListWidgetItem) -> None:
        line = int(item.data(_LINE) or 0)
        if line:
            cursor = QTextCursor(self.text.document().findBlockByLineNumber(line - 1))
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            self.text.setTextCursor(cursor)
            self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def _enable(self) -> None:
        changed = self.unlocked and self.text.toPlainText() != self._saved_text
        self.reason.setEnabled(self.unlocked)
        self._save.setEnabled(changed and self._sound)

    def _done(self, file: str) -> None:
        self._lock()
        self.reload()
        if file == STATION:
            words = self.tr("Saved and released. The station file is read when the engine starts: end the engine once.")
            self.said.good(words)
        else:
            self.said.good(self.tr("Saved and released. The next batch is built with it."))

    def _refused(self, failed: Failed) -> None:
        self._enable()
        self.said.failed(failed)

    def _saved_only(self, failed: Failed) -> None:
        self._lock()
        self.reload()
        self.said.failed(failed)
