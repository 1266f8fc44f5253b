"""A work order from its arming to its end: what is built, how many, go on, pause, stop, close."""

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from station.desktop.batch_close import BatchClose
from station.desktop.batch_facts import ProductFacts
from station.desktop.batch_form import BatchForm
from station.desktop.batch_now import BatchNow
from station.desktop.batch_reading import OpenBatch, Shelf, read_shelf
from station.desktop.fault_words import say
from station.desktop.surroundings import Surroundings
from station.domain.faults import Fault
from station.domain.line import Outcome
from station.engine.commands import Arm, Command, Pause, Resume, ShowProduct, Stop
from station.engine.pushes import AtLines, Changed, Happened, Header, Welcome
from station.engine.results import Armed, Failed, Person, Product, Result

_READ_AGAIN = ("armed", "closed", "stopped", *(outcome.value for outcome in Outcome))
"""What changes how a batch adds up."""


class BatchPage(QWidget):
    """Locked while a batch is on the line. ``go_to`` asks the window for another page, by its name."""

    go_to = Signal(str)

    def __init__(self, surroundings: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("batch-page")
        self._around = surroundings
        self._header = Header()
        self._lost = False
        self._asked = ""
        self._continuing: OpenBatch | None = None
        theme = surroundings.theme()
        self.now = BatchNow(theme)
        self.form = BatchForm(theme)
        self.facts = ProductFacts(surroundings)
        self.close_card = BatchClose(surroundings)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.addWidget(self.now)
        left.addWidget(self.form, 1)
        right.addWidget(self.facts, 1)
        right.addWidget(self.close_card)
        columns = QHBoxLayout(self)
        columns.addLayout(left, 5)
        columns.addLayout(right, 6)
        self._layouts = (columns, left, right)
        self._connect()
        self._space()

    # ---- what the window tells

    def welcome(self, welcome: Welcome) -> None:
        """Take everything as it is now, and read files and journal again."""
        self._lost = False
        self._asked = ""
        self._take(welcome.header)
        if self.isVisible():
            self._read()

    def changed(self, changed: Changed) -> None:
        """Take what has changed."""
        if changed.header is not None:
            self._take(changed.header)

    def happened(self, happened: Happened) -> None:
        """Read again what a batch's beginning or end has changed."""
        if happened.about in _READ_AGAIN and self.isVisible():  # else when it is shown
            self._read()

    def at_lines(self, lines: AtLines) -> None:
        """Nothing of this page."""

    def lost(self) -> None:
        """Take no orders: nobody would carry them out."""
        self._lost = True
        self._continuing = None
        self.form.forget()
        self._take(self._header)

    def person_changed(self, _person: Person | None) -> None:
        """Forget what the last person typed and nobody else may see; ask again what an engine only tells somebody."""
        self.form.forget()
        if self.form.product is None:
            self._asked = ""
            self._ask_product(self.form.products.currentText())

    def scanned(self, text: str) -> None:
        """Take a work order's bar code for the batch's name."""
        if self.form.batch.isEnabled():
            self.form.batch.setText(text)
            self.form.quantity.setFocus()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 -- Qt's name
        super().showEvent(event)
        if not self._lost:
            # An engineer may have changed or released something since.
            self._asked = ""
            self._read()
            self._ask_product(self.form.products.currentText())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.PaletteChange:
            self._space()
        super().changeEvent(event)

    # ---- doing

    def _connect(self) -> None:
        self.form.product_chosen.connect(self._ask_product)
        self.form.armed.connect(self._arm)
        self.now.go_on.connect(self._go_on)
        self.now.pause.connect(lambda: self._ask(Pause()))
        self.now.resume.connect(lambda: self._ask(Resume()))
        self.now.stop.connect(lambda: self._ask(Stop()))
        self.close_card.closed.connect(self._read)

    def _ask(self, command: Command) -> None:
        self._around.link.ask(command, _done, self._say)

    def _say(self, why: Failed) -> None:
        self._around.say(why.code, why.sentence)

    def _take(self, header: Header) -> None:
        before, self._header = self._header, header
        idle = header.run == "idle"
        self.now.show_header(header, lost=self._lost)
        self.form.lock(not idle or self._lost)
        self.close_card.show_running(None if idle else header.batch, lost=self._lost)
        if idle and before.run != "idle" and self.isVisible():
            self._read()
        if not idle and before.run == "idle" and header.batch and header.run != "arming":
            self.form.fill(header.batch, header.product, max(1, header.quantity))

    def _read(self) -> None:
        opened = self._around.opened
        self._around.background.run(lambda: read_shelf(opened), self._have_shelf, self._not_read, key="batch-shelf")

    def _have_shelf(self, shelf: Shelf) -> None:
        self.form.show_products(shelf.products)
        self.close_card.show_batches(shelf.batches)
        self.now.show_open(shelf.batches[0] if shelf.batches else None)

    def _not_read(self, error: BaseException) -> None:
        if isinstance(error, Fault):
            self._around.say(error.code, error.sentence)
        else:
            self._around.say("", self.tr("Products and batches can't be read: {why}").format(why=error))

    def _ask_product(self, product: str) -> None:
        if not product or product == self._asked or self._lost:
            return
        self._asked = product
        self._around.link.ask(
            ShowProduct(product=product),
            lambda result: self._have_product(product, result),
            lambda why: self._no_product(product, why),
        )

    def _have_product(self, product: str, result: Result) -> None:
        if not isinstance(result, Product) or product != self.form.products.currentText():
            return
        self.form.show_product(result)
        self.facts.show_product(result)
        if self._continuing is not None and self._continuing.product == product:
            self._continuing = None
            self.form.try_to_arm()

    def _no_product(self, product: str, why: Failed) -> None:
        if product == self.form.products.currentText():
            self._continuing = None
            self._asked = ""
            self.form.show_product(None)
            self.facts.show_failed(why)

    def _go_on(self, batch: OpenBatch) -> None:
        """Arm the open batch again; what an engineer or keeper must type first is asked for in its field."""
        self._continuing = batch
        self.form.fill(batch.batch, batch.product, batch.quantity)
        # Asked anew: what was said of the product before may be old.
        self._asked = ""
        self._ask_product(batch.product)

    def _arm(self, command: Arm) -> None:
        self.form.busy(True)
        self._around.link.ask(command, self._armed, self._not_armed)

    def _armed(self, result: Result) -> None:
        self.form.forget()
        self.form.said.clear()
        self.form.busy(False)
        if isinstance(result, Armed):
            where = [self.tr("Units go to {cloud}.").format(cloud=result.cloud)] if result.cloud else []
            self.now.show_warnings((*where, *(say("LINE-ARM", one) for one in result.warnings)))
        if self.isVisible():  # whoever went on to another page in the meantime stays there
            self.go_to.emit("line")

    def _not_armed(self, why: Failed) -> None:
        self.form.busy(False)
        self.form.passphrase.clear()
        self.form.said.failed(why)

    def _space(self) -> None:
        theme = self._around.theme()
        columns, left, right = self._layouts
        columns.setContentsMargins(theme.px(12), theme.px(8), theme.px(12), theme.px(10))
        for layout in (columns, left, right):
            layout.setSpacing(theme.px(10))


def _done(_result: Result) -> None:
    """Nothing is to be said: the header shows what came of it."""
