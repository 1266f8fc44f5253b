"""The first run's questions about what is kept safe: the cloud's key, the first engineer, the CA."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QButtonGroup, QComboBox

from station.ca.backup import AuthorityFacts, read_facts
from station.ca.keyfile import SHORTEST_PASSPHRASE
from station.desktop import style
from station.desktop.background import Background
from station.desktop.people_panel import NewPin
from station.desktop.theme import Theme
from station.desktop.wizard_answers import Answers, Jig, Place
from station.desktop.wizard_step import Step
from station.domain.secret import Secret
from station.host.keeping import has_keyring
from station.host.secrets import SHORTEST


class CloudStep(Step):
    """Where finished units go."""

    def __init__(self, answers: Answers, theme: Theme, background: Background) -> None:
        super().__init__(answers, theme, background)
        self.none = self.radio("wizard.cloud.none", self.tr("No cloud yet: finished units wait in the outbox"))
        self.team_api = self.radio("wizard.cloud.team", self.tr("nRF Cloud, with an API key of the team"))
        group = QButtonGroup(self)
        for box in (self.none, self.team_api):
            group.addButton(box)
            self.column.addWidget(box)
            box.toggled.connect(self._adapt)
        self.key = self.field("wizard.api-key", self.tr("API key"), secret=True)
        self.team = self.field("wizard.team", self.tr("Team ID"))
        self.team.setPlaceholderText(self.tr("may be left out: people then confirm whose the key is"))
        self.place = place_box("wizard.key-place", typed=False)
        form = self.form()
        self.row(form, self.tr("API key"), self.key)
        self.row(form, self.tr("Team ID"), self.team)
        self.row(form, self.tr("Kept in"), self.place)
        self._why = style.faint("")
        self.column.addWidget(self._why)
        self.none.setChecked(True)

    @property
    def heading(self) -> str:
        return self.tr("Cloud")

    @property
    def words(self) -> str:
        return self.tr("Where finished units are onboarded. The key never stands in the station file.")

    def applies(self) -> bool:
        return self.answers.is_new

    def enter(self) -> None:
        simulated = self.answers.jig is Jig.SIMULATED
        self.team_api.setEnabled(not simulated)
        if simulated:
            self.none.setChecked(True)
            self._why.setText(self.tr("Simulated boards must never reach a real account, so there is no cloud here."))
        else:
            self._why.setText(self.tr("A key can be added later, under Settings."))
        chosen = self.team_api if self.team_api.isChecked() else self.none
        chosen.setFocus(Qt.FocusReason.OtherFocusReason)
        self._adapt()

    def missing(self) -> str:
        if self.team_api.isChecked() and len(self.key.text().strip()) < SHORTEST:
            return self.tr("Paste the API key.")
        return ""

    def leave(self, done: Callable[[], None]) -> None:
        answers = self.answers
        answers.has_cloud = self.team_api.isChecked()
        answers.api_key, answers.team = Secret(self.key.text().strip()), self.team.text().strip()
        answers.api_key_place = Place(self.place.currentData())
        done()

    def _adapt(self) -> None:
        for widget in (self.key, self.team, self.place):
            widget.setEnabled(self.team_api.isChecked())


class EngineerStep(Step):
    """The first person: an engineer, who makes the others."""

    def __init__(self, answers: Answers, theme: Theme, background: Background) -> None:
        super().__init__(answers, theme, background)
        self.name = self.field("wizard.name", self.tr("Your name"))
        self.pin = NewPin("wizard.pin")
        self.pin.first.textChanged.connect(self.changed)
        self.pin.again.textChanged.connect(self.changed)
        form = self.form()
        self.row(form, self.tr("Your name"), self.name)
        self.row(form, self.tr("PIN"), self.pin)
        self.row(
            form,
            "",
            style.faint(self.tr("4 to 12 digits, and none of the first that anybody tries."), style.Size.SMALL),
        )
        self.note(
            self.tr(
                "The name stays on this station alone: records know you as p1. You can release settings, manage people "
                "and build units. Others, with fewer rights, are added on the station's page."
            )
        )

    @property
    def heading(self) -> str:
        return self.tr("You")

    @property
    def words(self) -> str:
        return self.tr("The first person of this station is an engineer. What is done with the PIN is yours.")

    def applies(self) -> bool:
        return not self.answers.has_people

    def enter(self) -> None:
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def missing(self) -> str:
        pin = self.pin.first.text()
        if not self.name.text().strip():
            return self.tr("Type your name.")
        if not (pin.isascii() and pin.isdecimal() and 4 <= len(pin) <= 12):
            return self.tr("Choose a PIN of 4 to 12 digits.")
        return "" if self.pin.agreed() else self.tr("Type the same PIN again.")

    def leave(self, done: Callable[[], None]) -> None:
        self.answers.name, self.answers.pin = self.name.text().strip(), self.pin.pin()
        done()


class CaStep(Step):
    """The CA: made here, or one that is there."""

    def __init__(self, answers: Answers, theme: Theme, background: Background) -> None:
        super().__init__(answers, theme, background)
        self.new = self.radio("wizard.ca.new", self.tr("Make a CA for this station; you become its keeper"))
        self.there = self.radio("wizard.ca.there", self.tr("Take a CA that is there already"))
        self.name = self.field("wizard.ca.name", self.tr("Name in its certificates"))
        self.name.setPlaceholderText(self.tr("such as the company's name"))
        self.name.setMaxLength(48)
        self.folder = self.field("wizard.ca.folder", self.tr("Its folder"))
        self.first = self.field("wizard.ca.passphrase", self.tr("Passphrase"), secret=True)
        self.again = self.field("wizard.ca.again", self.tr("The same again"), secret=True)
        self.place = place_box("wizard.ca.place", typed=True)
        self.place.currentIndexChanged.connect(self._adapt)
        group = QButtonGroup(self)
        for box in (self.new, self.there):
            group.addButton(box)
            box.toggled.connect(self._adapt)
        self.column.addWidget(self.new)
        form = self.form()
        self.row(form, self.tr("Name"), self.name)
        self.column.addWidget(self.there)
        form = self.form()
        self.row(form, self.tr("Its folder"), self.with_button(self.folder, self.chooser(self.folder)))
        form = self.form()
        self.row(form, self.tr("Passphrase"), self.first)
        self.row(form, self.tr("The same again"), self.again)
        self.row(form, self.tr("Kept in"), self.place)
        self._hint = style.faint("")
        self.column.addWidget(self._hint)
        self.column.addWidget(self.said)
        self.new.setChecked(True)

    @property
    def heading(self) -> str:
        return self.tr("CA")

    @property
    def words(self) -> str:
        return self.tr(
            "The certificate authority signs each device's key. Whoever has its keys and passphrase can sign too."
        )

    def applies(self) -> bool:
        opened = self.answers.opened
        return opened is None or not opened.value.ca_folder.exists()

    def enter(self) -> None:
        opened = self.answers.opened
        if opened is not None:  # its file says all of this already; only the CA itself is missing
            self.new.setChecked(True)
            self.there.setEnabled(False)
            self.name.setText(opened.value.ca.name)
            self.name.setEnabled(False)
            self.place.setEnabled(False)
        self._adapt()
        (self.name if self.name.isEnabled() else self.first).setFocus(Qt.FocusReason.OtherFocusReason)

    def missing(self) -> str:
        if self.new.isChecked():
            if not self.name.text().strip():
                return self.tr("Give the CA a name.")
            if len(self.first.text()) < SHORTEST_PASSPHRASE:
                return self.tr("The passphrase needs at least {count} characters.").format(count=SHORTEST_PASSPHRASE)
        elif not self.folder.text().strip():
            return self.tr("Name the CA's folder.")
        elif self.place.currentData() != Place.TYPED and not self.first.text():
            return self.tr("Type the passphrase that is to be kept.")
        return "" if self.first.text() == self.again.text() else self.tr("Type the same passphrase again.")

    def leave(self, done: Callable[[], None]) -> None:
        answers = self.answers
        answers.makes_ca = self.new.isChecked()
        answers.passphrase, answers.passphrase_place = Secret(self.first.text()), Place(self.place.currentData())
        if answers.makes_ca:
            answers.ca_name, answers.ca_folder = self.name.text().strip(), None
            done()
            return
        folder = self.path_in(self.folder)

        def found(facts: AuthorityFacts) -> None:
            answers.ca_name, answers.ca_folder = facts.name[:48], folder
            done()

        self.said.busy(self.tr("Looking at the CA …"))
        self.background.run(lambda: read_facts(folder), found, self._refused, key="wizard.ca")

    def _refused(self, error: BaseException) -> None:
        self.stayed.emit()
        self.said.broke(error)

    def _adapt(self) -> None:
        new = self.new.isChecked()
        self.name.setEnabled(new and self.answers.opened is None)
        self.folder.setEnabled(not new)
        typed = self.place.currentData() == Place.TYPED
        for field in (self.first, self.again):
            field.setEnabled(new or not typed)
        if new:
            words = self.tr(
                "A lost passphrase can't be brought back by anybody. Write it down for the safe before going on."
            )
        else:
            words = self.tr("It is used where it lies; nothing in it is changed.")
        self._hint.setText(words)
        self.changed.emit()


def place_box(name: str, *, typed: bool) -> QComboBox:
    """Return the choice of where a secret is kept; a keyring only where this PC has one."""
    translate = QCoreApplication.translate
    box = QComboBox()
    box.setObjectName(name)
    box.setAccessibleName(translate("CaStep", "Kept in"))
    if typed:
        box.addItem(translate("CaStep", "nowhere: it is typed when a batch is armed"), Place.TYPED)
    if has_keyring():
        box.addItem(translate("CaStep", "this user's keyring"), Place.KEYRING)
    box.addItem(translate("CaStep", "a file that only this user can read"), Place.FILE)
    return box
