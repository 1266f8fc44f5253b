"""What arming a product would build, read-only: recipe and images with hashes, the steps, what is not released."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from station.desktop import style, words
from station.desktop.fonts import MONO
from station.desktop.said import Said
from station.desktop.surroundings import Surroundings
from station.desktop.tile_words import clock_words
from station.engine.results import Failed, Product


def grouped(sha256: str) -> str:
    """Return a hash in groups of eight, as people compare it. Pure."""
    return " ".join(sha256[at : at + 8] for at in range(0, len(sha256), 8))


class ProductFacts(QFrame):
    """The product as the engine has just read it."""

    def __init__(self, surroundings: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("part", style.Part.CARD.value)
        self.setObjectName("product-facts")
        self._around = surroundings
        theme = surroundings.theme()
        self._title = style.title("")
        self.said = Said(theme, lines=1)
        self._inside = QWidget()
        self._rows = QVBoxLayout(self._inside)
        self._rows.setContentsMargins(0, 0, theme.px(6), 0)
        self._rows.setSpacing(theme.px(3))
        self._rows.setAlignment(Qt.AlignmentFlag.AlignTop)
        scroll = QScrollArea()
        scroll.setWidget(self._inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.viewport().setAutoFillBackground(False)
        self._inside.setAutoFillBackground(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.px(14), theme.px(10), theme.px(14), theme.px(10))
        outer.setSpacing(theme.px(6))
        outer.addWidget(self._title)
        outer.addWidget(self.said)
        outer.addWidget(scroll, 1)
        self._product: Product | None = None
        self._translate()

    @property
    def texts(self) -> list[str]:
        """What is shown, line by line."""
        return [label.text() for label in self._inside.findChildren(QLabel)]

    def show_product(self, product: Product) -> None:
        """Show it."""
        self._product = product
        self._empty()
        if product.unreleased:
            self.said.ask(self.tr("Not as an engineer released it: {what}").format(what=", ".join(product.unreleased)))
        else:
            self.said.good(self.tr("Station file, fixture and recipe are as an engineer released them."))
        self._pair(self.tr("Recipe"), product.file, product.sha256)
        for image in product.images:
            self._pair(self.tr("Image {name}").format(name=image.name), image.file, image.sha256)
        steps = " › ".join(f"{place} {words.step(step)}" for place, step in enumerate(product.steps, 1))
        self._pair(self.tr("{count} steps").format(count=len(product.steps)), steps)
        more = [
            self.tr("Labels are scanned.") if product.scans_labels else self.tr("Labels are not scanned."),
            self.tr("Finished units go to the cloud.") if product.for_cloud else self.tr("Not for the cloud."),
        ]
        if product.expected_seconds and product.expected_seconds >= 1:
            more.append(self.tr("A board takes about {time}.").format(time=clock_words(product.expected_seconds)))
        self._pair(self.tr("Also"), " ".join(more))

    def show_failed(self, failed: Failed) -> None:
        """Say why nothing can be built of it."""
        self._product = None
        self._empty()
        self.said.failed(failed)
        if failed.detail:
            self._rows.addWidget(self._line(failed.detail, style.Part.FAINT))

    def clear(self) -> None:
        """Show no product."""
        self._product = None
        self._empty()
        self.said.clear()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()
            if self._product is not None:
                self.show_product(self._product)
        super().changeEvent(event)

    def _pair(self, name: str, text: str, sha256: str = "") -> None:
        self._rows.addWidget(self._line(name, style.Part.TITLE))
        self._rows.addWidget(self._line(text))
        if sha256:
            label = self._line(f"SHA-256 {grouped(sha256)}", style.Part.FAINT, style.Size.SMALL)
            font = label.font()
            font.setFamily(MONO)
            label.setFont(font)
            self._rows.addWidget(label)
        self._rows.addSpacing(self._around.theme().px(6))

    @staticmethod
    def _line(text: str, part: style.Part | None = None, size: style.Size = style.Size.TEXT) -> QLabel:
        label = style.text(text, size)
        if part is not None:
            label.setProperty("part", part.value)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def _empty(self) -> None:
        while self._rows.count():
            item = self._rows.takeAt(0)
            widget = item.widget() if item else None
            if widget:
                widget.deleteLater()

    def _translate(self) -> None:
        self._title.setText(self.tr("What will be built"))
