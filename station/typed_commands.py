"""What people type while a batch runs: scans, and acknowledgements, each by somebody who types a PIN for it."""

import threading
from collections.abc import Callable, Iterator

from station.domain.faults import Fault
from station.domain.ids import SlotNumber
from station.domain.secret import Secret
from station.host.keyboard import Keyboard
from station.line.batch_run import BatchRun
from station.people.rights import Actor
from station.settings.recipe import Recipe

SignIn = Callable[[str, Secret], Actor]
HELP = "Write SLOT [SERIAL], or: ack SLOT REASON"
WHO = "A line lead or engineer: write your name or badge, or nothing to leave it."
PIN = "Your PIN (it is not shown):"


class TypedCommands:
    """Lines of a keyboard, carried out one after the other: ``SLOT [SERIAL]`` and ``ack SLOT REASON…``.

    Whoever began the run is nobody special here: a slot is let loose by whose PIN was typed for it, then.
    """

    def __init__(
        self, engine: BatchRun, recipe: Recipe, sign_in: SignIn, say: Callable[[str], None], keyboard: Keyboard | None
    ) -> None:
        self._engine, self._recipe, self._sign_in, self._say, self._keyboard = engine, recipe, sign_in, say, keyboard

    def start(self) -> None:
        """Listen from now on, until the keyboard's other side closes; then nobody is there any more."""
        if self._keyboard is None:
            self._engine.leave_alone()
        else:
            threading.Thread(target=self._read, args=(self._keyboard,), name="commands", daemon=True).start()

    def _read(self, keyboard: Keyboard) -> None:
        lines = keyboard.lines()
        for line in lines:
            try:
                self._take(line, lines, keyboard)
            except Fault as fault:
                self._say(f"{fault.sentence} {HELP}")
            except (ValueError, KeyError):
                self._say(f"Not understood: {line.strip()!r}. {HELP}")
        self._engine.leave_alone()

    def _take(self, line: str, lines: Iterator[str], keyboard: Keyboard) -> None:
        """Carry out one line. Raises ``ValueError`` or ``KeyError`` where it is not understood, SET-104 for a label."""
        match line.split():
            case []:
                return
            case ["ack", slot, *reason] if reason:
                self._acknowledge(SlotNumber(int(slot)), " ".join(reason), lines, keyboard)
            case [slot]:
                if self._recipe.scans_labels:
                    raise ValueError("this product is scanned")
                self._engine.scan(SlotNumber(int(slot)), None)
            case [slot, label]:
                self._engine.scan(SlotNumber(int(slot)), self._recipe.device_id.read_label(label))
            case _:
                raise ValueError(line)

    def _acknowledge(self, slot: SlotNumber, reason: str, lines: Iterator[str], keyboard: Keyboard) -> None:
        if slot not in self._engine.slots:
            raise KeyError(slot)
        self._say(f"To let slot {slot} work again. {WHO}")
        who = next(lines, "").strip()
        if not who:
            self._say("Left as it is.")
            return
        with keyboard.hidden():
            self._say(PIN)
            pin = Secret(next(lines, "").strip())
        self._engine.acknowledge(slot, self._sign_in(who, pin), reason)
        self._say(f"Slot {slot} may work again.")
