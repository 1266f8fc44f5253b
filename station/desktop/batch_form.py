"""The work order as it is typed: product, batch, how many, which labels, and what else the engine will ask for."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from station.desktop import style
from station.desktop.said import Said
from station.desktop.theme import Theme
from station.domain.ids import BatchId, parse_batch_id
from station.domain.secret import Secret
from station.engine.commands import Arm
from station.engine.results import Product

_MOST = 1_000_000


class BatchForm(QFrame):
    """Emits ``armed`` with a whole command. Locked, it shows what is at work and takes nothing."""

    armed = Signal(object)
    product_chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("part", style.Part.CARD.value)
        self.setObjectName("batch-form")
        self._product: Product | None = None
        self._locked = False
        self._title = style.title("")
        self.products = QComboBox()
        self.batch, self.serials, self.reason, self.passphrase = (QLineEdit() for _ in range(4))
        self.quantity = style.indented(QSpinBox())
        self.quantity.setRange(1, _MOST)
        self.quantity.setValue(1)
        self.batch.setMaxLength(64)
        self.serials.setMaxLength(140)
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.said = Said(theme, lines=2)
        self.arm = style.primary("")
        self._labels = {name: QLabel() for name in ("product", "batch", "quantity", "serials", "reason", "passphrase")}
        self._build(theme)
        self.products.currentTextChanged.connect(self._chosen)
        self.arm.clicked.connect(self.try_to_arm)
        for field in (self.batch, self.serials, self.reason, self.passphrase):
            field.returnPressed.connect(self.try_to_arm)
        self._translate()
        self._enable()

    @property
    def product(self) -> Product | None:
        """What the engine said of the chosen product."""
        return self._product

    def show_products(self, names: tuple[str, ...]) -> None:
        """Offer these; the one that was chosen stays chosen where it is still there."""
        before = self.products.currentText()
        self.products.blockSignals(True)
        self.products.clear()
        self.products.addItems(list(names))
        self.products.setCurrentText(before if before in names else (names[0] if names else ""))
        self.products.blockSignals(False)
        if self.products.currentText() != before:
            self._chosen(self.products.currentText())

    def show_product(self, product: Product | None) -> None:
        """Take what the engine said of it: which fields it needs."""
        self._product = product
        self._enable()

    def fill(self, batch: BatchId, product: str, quantity: int) -> None:
        """Have this work order in the fields."""
        self.batch.setText(batch)
        self.quantity.setValue(quantity)
        self.serials.clear()
        if self.products.findText(product) < 0:
            self.products.addItem(product)
        self.products.setCurrentText(product)

    def missing(self, product: Product) -> QLineEdit | None:
        """Return the field without which the engine would refuse this product."""
        if product.passphrase_asked and not self.passphrase.text():
            return self.passphrase
        return self.reason if product.unreleased and not self.reason.text().strip() else None

    def lock(self, locked: bool) -> None:
        """Take nothing while a batch is on the line, and forget what nobody may read later."""
        self._locked = locked
        self._enable()

    def busy(self, busy: bool) -> None:
        """Take no second press while the engine arms."""
        self.arm.setEnabled(not busy and not self._locked)

    def forget(self) -> None:
        """Forget what nobody may read later."""
        self.passphrase.clear()
        self.reason.clear()

    def try_to_arm(self) -> None:
        """Send the order, or say which field it lacks."""
        if self._locked or not self.arm.isEnabled():
            return
        product = self.products.currentText()
        if not product:
            self._lacks(self.products, self.tr("Choose a product."))
            return
        try:
            batch = parse_batch_id(self.batch.text().strip())
        except ValueError:
            self._lacks(self.batch, self.tr("Give the batch its name: 1 to 64 of A-Z a-z 0-9 _ . -"))
            return
        missing = self.missing(self._product) if self._product is not None else None
        if missing is self.passphrase:
            self._lacks(missing, self.tr("Type the CA's passphrase."))
            return
        if missing is self.reason:
            self._lacks(missing, self.tr("An engineer says why this is built with settings that nobody released."))
            return
        passphrase = self.passphrase.text()
        self.said.busy(self.tr("Arming…"))
        self.armed.emit(
            Arm(
                batch=batch,
                product=product,
                quantity=self.quantity.value(),
                serials=self.serials.text().strip(),
                reason=self.reason.text().strip(),
                passphrase=Secret(passphrase) if passphrase else None,
            )
        )

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()
            self._enable()
        super().changeEvent(event)

    def _build(self, theme: Theme) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.px(14), theme.px(10), theme.px(14), theme.px(10))
        outer.setSpacing(theme.px(8))
        form = QFormLayout()
        form.setVerticalSpacing(theme.px(7))
        form.setHorizontalSpacing(theme.px(12))
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, field in self._fields().items():
            field.setObjectName(f"batch-{name}")
            self._labels[name].setBuddy(field)
            form.addRow(self._labels[name], field)
        self.arm.setObjectName("arm")
        row = QHBoxLayout()
        row.addWidget(self.said, 1)
        row.addWidget(self.arm, 0, Qt.AlignmentFlag.AlignTop)
        outer.addWidget(self._title)
        outer.addLayout(form)
        outer.addLayout(row)
        outer.addStretch()

    def _fields(self) -> dict[str, QWidget]:
        return {
            "product": self.products,
            "batch": self.batch,
            "quantity": self.quantity,
            "serials": self.serials,
            "reason": self.reason,
            "passphrase": self.passphrase,
        }

    def _chosen(self, product: str) -> None:
        self._product = None
        self.said.clear()
        self._enable()
        if product:
            self.product_chosen.emit(product)

    def _enable(self) -> None:
        product, free = self._product, not self._locked
        for field in (self.products, self.batch, self.quantity, self.arm):
            field.setEnabled(free)
        scans = product is not None and product.scans_labels
        _open(self.serials, free and scans)
        self.serials.setPlaceholderText(
            self.tr("FIRST..LAST, or empty for any") if scans else self.tr("This product's boards are not scanned")
        )
        unreleased = product is not None and bool(product.unreleased)
        _open(self.reason, free and unreleased)
        self.reason.setPlaceholderText(
            self.tr("An engineer: looked at it, and why") if unreleased else self.tr("Not needed: all is released")
        )
        asked = product is not None and product.passphrase_asked
        _open(self.passphrase, free and asked)
        self.passphrase.setPlaceholderText("" if asked else self.tr("Not asked: the station file says where it is"))

    def _lacks(self, field: QWidget, sentence: str) -> None:
        self.said.ask(sentence)
        field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _translate(self) -> None:
        self._title.setText(self.tr("Work order"))
        self.arm.setText(self.tr("Arm the line"))
        self.arm.setAccessibleName(self.arm.text())
        texts = {
            "product": self.tr("Product"),
            "batch": self.tr("Batch"),
            "quantity": self.tr("Units"),
            "serials": self.tr("Labels"),
            "reason": self.tr("Released because"),
            "passphrase": self.tr("CA passphrase"),
        }
        for name, field in self._fields().items():
            self._labels[name].setText(texts[name])
            field.setAccessibleName(texts[name])


def _open(field: QLineEdit, is_open: bool) -> None:
    """Let a field be typed in, or only say why it is not needed: a disabled one would say so too faintly."""
    if not is_open:
        field.clear()
    field.setReadOnly(not is_open)
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus if is_open else Qt.FocusPolicy.NoFocus)
