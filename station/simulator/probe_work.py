"""What a simulated probe does to the board at its end, and the faults that strike within it."""

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, Protocol

from station.domain.line import Erase, LockLevel
from station.simulator.faults import ProbeDo, ProbeFault, Trait
from station.simulator.image import Image
from station.simulator.slot import Slot
from station.simulator.timings import Span, Timings

_STEPS = 20
_SLOW_S = 5.0
_SLICE_S = 0.1
"""So soon a board that has gone is noticed."""
_AWAY_S = 0.3
_VERIFY_SHARE = 0.3
_OTHER_CHIP: Final = "NRF5340_xxAA_REV1"

Request = Mapping[str, object]
Answer = dict[str, object]
DONE: Final[Answer] = {"done": True}


class ProbeError(Exception):
    """The probe's own "no": a code and a sentence for the driver, and what else it tells."""

    def __init__(self, code: str, text: str, **more: object) -> None:
        super().__init__(code, text)
        self.answer: Answer = {"error": code, "text": text, **more}


class ConnectionDropped(Exception):  # noqa: N818 -- an event on the bench, no error
    """The probe hangs up without a word, or the driver has."""


class Reach(Protocol):
    """What an operation needs of its probe."""

    def pause(self, seconds: float) -> None:
        """Let simulated time pass; raises :class:`ConnectionDropped` when nobody waits for the end any more."""

    def require_target(self, slot: Slot) -> None:
        """Raise :class:`ProbeError` unless the probe still reaches this very slot's board, with its supply."""

    def unplug(self, seconds: float) -> None:
        """Go away from the PC for so long."""

    def read_image(self, path: Path) -> Image:
        """Return the image in that file; ``ProbeError`` where it is none."""


class Operation:
    """One request at one probe that attaches to a board, with the fault that strikes it."""

    def __init__(self, reach: Reach, request: Request, slot: Slot, timings: Timings) -> None:
        self._reach = reach
        self._request = request
        self._slot = slot
        self._board = slot.board
        self._timings = timings
        self._name = str(request["op"])
        self._fault: ProbeFault | None = None

    def run(self) -> Iterator[Answer]:
        """Do it: any number of ``progress``, then ``done``. Raises ``ProbeError``, :class:`ConnectionDropped`."""
        image = self._request.get("image")
        with self._board.lock:
            self._fault = self._board.plan.at_probe(self._name, Path(image).name if isinstance(image, str) else "")
        self._attach()
        if self._fault and (self._fault.at <= 0.0 or self._name in ("look", "reset")):
            self._strike(self._fault)
        for answer in OPERATIONS[self._name](self):
            if self._fault and self._fault.do is ProbeDo.LOSE_ANSWER and "done" in answer:
                raise ConnectionDropped
            yield answer

    def _attach(self) -> None:
        self._board.spend_at_probe(self._name, 0.0, begins=True)
        self._pause(self._timings.probe.draw(self._board.rng))
        self._reach.require_target(self._slot)
        traits = self._board.plan.traits
        if Trait.LOW_VOLTAGE in traits:
            raise ProbeError("LOW_VOLTAGE", "the supply of the board is too low (VTref 1.2 V)", voltage=1.2)
        with self._board.lock:
            self._board.counters.attached += 1
        if Trait.SWD_SILENT in traits:
            raise ProbeError("SILENT", "the chip does not answer on its debug port")

    def look(self) -> Iterator[Answer]:
        board = self._board
        with board.lock:
            locked, other = board.protection, Trait.OTHER_CHIP in board.plan.traits
            # Locked, the registers that name the chip can't be read (flashing section 1.5).
            part, family = (_OTHER_CHIP, "nrf53") if other else (board.profile.part, board.profile.family)
            yield {
                **DONE,
                "family": None if locked else family,
                "part": None if locked else part,
                # The debug port's own registers, which no lock closes, still tell one series from another.
                "series": family[:5],
                "protected": locked is not None,
                "protection": locked or "none",
                "erase_protected": board.erase_protected,
                "voltage": 1.8,
                "image": board.image.sha256 if board.image and not locked else None,
                "halted": board.halted,
            }

    def reset(self) -> Iterator[Answer]:
        away = Trait.REENUMERATES in self._board.plan.traits
        self._slot.reset(away=_AWAY_S if away else 0.0)
        yield DONE

    def recover(self) -> Iterator[Answer]:
        if self._board.erase_protected:
            raise ProbeError("ERASE_PROTECTED", "ERASEPROTECT is set: nothing can erase this chip from outside")
        self._board.begin_recover()
        yield from self._steps(self._timings.recover)
        self._board.end_recover()
        yield DONE

    def program(self) -> Iterator[Answer]:
        image, erase = self._image(), self._erase()
        self._require_open()
        if image.firmware and not image.firmware.fits(self._board.profile.model):
            raise ProbeError("WRONG_FAMILY", f"{image.name} is not for this chip", found=self._board.profile.part)
        if self._board.erase_protected and erase is Erase.ALL and image.firmware is None:
            raise ProbeError("ERASE_PROTECTED", "ERASEPROTECT is set: the whole chip can't be erased")
        self._board.begin_program(image, erase)
        yield from self._steps(self._span(image), lambda done: self._board.program_part(image, done))
        spoiled = self._fault is not None and self._fault.do is ProbeDo.WRONG_CONTENT
        self._board.end_program(image, spoiled=spoiled)
        if self._request.get("reset") is True:
            yield from self.reset()
        else:
            yield DONE

    def verify(self) -> Iterator[Answer]:
        image = self._image()
        self._require_open()
        self._board.halted = True
        yield from self._steps(self._span(image).scaled(_VERIFY_SHARE))
        if not self._board.holds(image):
            raise ProbeError("VERIFY", f"what is programmed differs from {image.name}")
        yield DONE

    def lock(self) -> Iterator[Answer]:
        try:
            level = LockLevel(str(self._request.get("level", LockLevel.ALL)))
        except ValueError as error:
            raise ProbeError("REQUEST", str(error)) from error
        self._require_open()
        if Trait.LOCK_REFUSED in self._board.plan.traits:
            raise ProbeError("LOCK_REFUSED", "the chip stays open: its application has the last word on it")
        yield from self._steps(self._timings.lock)
        self._board.lock_port(level)
        yield DONE

    def protect_erase(self) -> Iterator[Answer]:
        self._require_open()
        yield from self._steps(self._timings.lock)
        self._board.protect_erase()
        yield DONE

    def _require_open(self) -> None:
        if Trait.OTHER_CHIP in self._board.plan.traits:
            raise ProbeError("WRONG_FAMILY", "there is no nRF91 at the probe", found=_OTHER_CHIP)
        if level := self._board.protection:
            raise ProbeError("PROTECTED", f"the chip's debug port is locked ({level})")

    def _image(self) -> Image:
        """Return the image the request names, as it lies there now."""
        path = self._request.get("image")
        if not isinstance(path, str):
            raise ProbeError("REQUEST", "no image is named")
        image = self._reach.read_image(Path(path))
        if self._request.get("sha256") not in (None, image.sha256):
            raise ProbeError("IMAGE_CHANGED", f"{path} is not the file that was asked for")
        kind = self._request.get("kind")
        if kind is not None and (kind == "modem-firmware") is (image.firmware is None):
            raise ProbeError("FILE", f"{image.name} is no {kind}")
        return image

    def _erase(self) -> Erase | None:
        asked = self._request.get("erase", Erase.ALL)
        if asked not in (*Erase, "none"):
            raise ProbeError("REQUEST", f"there is no such erase: {asked}")
        return None if asked == "none" else Erase(str(asked))

    def _span(self, image: Image) -> Span:
        """Return how long programming ``image`` takes."""
        speed = self._timings.flash_bytes_per_second
        bytes_take = image.size / speed if speed else 0.0
        span = self._timings.modem_flash if image.firmware else self._timings.app_flash
        return Span(span.low + bytes_take, span.high + bytes_take)

    def _steps(self, span: Span, reached: Callable[[float], None] = lambda _done: None) -> Iterator[Answer]:
        """Yield progress from 0.0 to 1.0 while time passes; the fault strikes just where it says."""
        seconds = span.draw(self._board.rng)
        marks = {step / _STEPS for step in range(_STEPS + 1)} if seconds else {0.0, 1.0}
        if self._fault:
            marks.add(min(max(self._fault.at, 0.0), 1.0))
        before = 0.0
        for done in sorted(marks):
            self._work((done - before) * seconds)
            reached(done)
            if self._fault and done >= self._fault.at:
                self._strike(self._fault)
            yield {"progress": done}
            before = done

    def _work(self, seconds: float) -> None:
        """Let time pass while the probe works on the board; ends soon when it no longer reaches it."""
        left = seconds
        self._reach.require_target(self._slot)
        while left > 0.0:
            self._pause(min(left, _SLICE_S))
            self._reach.require_target(self._slot)
            left -= _SLICE_S

    def _pause(self, seconds: float) -> None:
        self._reach.pause(seconds)
        self._board.spend_at_probe(self._name, seconds)

    def _strike(self, fault: ProbeFault) -> None:
        match fault.do:
            case ProbeDo.FAIL:
                raise ProbeError(fault.code, fault.text)
            case ProbeDo.DROP:
                raise ConnectionDropped
            case ProbeDo.HANG:
                self._reach.pause(math.inf)
            case ProbeDo.SLOW:
                self._fault = None
                self._reach.pause(fault.seconds or _SLOW_S)
            case ProbeDo.POWER_OFF:
                self._slot.power(on=False)
                if fault.seconds:
                    self._reach.pause(fault.seconds)
                    self._slot.power(on=True)
                raise ProbeError("LOW_VOLTAGE", "the board has lost its supply (VTref 0.0 V)", voltage=0.0)
            case ProbeDo.UNPLUG:
                self._reach.unplug(fault.seconds or math.inf)
                raise ProbeError("PROBE_LOST", "the probe is gone from the PC")
            case ProbeDo.WRONG_CONTENT | ProbeDo.LOSE_ANSWER:
                return


OPERATIONS: Final[Mapping[str, Callable[[Operation], Iterator[Answer]]]] = {
    "look": Operation.look,
    "recover": Operation.recover,
    "program": Operation.program,
    "verify": Operation.verify,
    "reset": Operation.reset,
    "lock": Operation.lock,
    "protect-erase": Operation.protect_erase,
}
