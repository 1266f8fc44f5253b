"""Flashing an image and making sure that it is the one the recipe pins."""

from station.devices.protocols import Image, ImageKind
from station.domain.line import StepKind
from station.host.clock import Stop
from station.line.work import Work
from station.settings.recipe import FlashStep


def flash(work: Work, step: FlashStep) -> dict[str, object]:
    """Leave the image in the board, verified, and the board reset into it. Safe to repeat from its start.

    Raises DEV faults of the programmer. The port is closed first: a reset makes some boards' ports come anew.
    """
    work.close()
    programmer = work.equipment.programmer
    kind = ImageKind.MODEM if step.image.path.suffix.lower() == ".zip" else ImageKind.APPLICATION
    image = Image(step.image.path, step.image.sha256, kind)
    # No stop reaches into the middle of a flash: a half-programmed board helps nobody, and it takes seconds.
    programmer.program(image, lambda done: work.progress(StepKind.FLASH, done), Stop())
    programmer.reset()
    return {"image": step.image.path.name, "sha256": step.image.sha256}
