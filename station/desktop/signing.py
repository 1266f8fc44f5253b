"""Signing in at the window: nobody is signed in who has given it up before the engine's answer came."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from station.desktop.fault_words import told
from station.desktop.link import Link
from station.desktop.sign_in import SignInPanel
from station.engine.commands import SignIn, SignOut
from station.engine.results import Failed, Person, Result


class Signing(QObject):
    """Asks the engine for whoever the panel asks. For the window's thread alone."""

    def __init__(
        self,
        panel: SignInPanel,
        link: Link,
        set_person: Callable[[Person | None], None],
        say_failed: Callable[[Failed], None],
    ) -> None:
        """``set_person`` hears who is here; ``say_failed`` why somebody could not be signed out again."""
        super().__init__(panel)
        self._panel, self._link = panel, link
        self._set_person, self._say_failed = set_person, say_failed
        self._attempt = 0
        """Grows when somebody asks to be signed in, and when that is given up."""
        self._answers_due = 0
        self._unwanted = False
        """The engine has signed somebody in who had given it up."""
        panel.asked.connect(self._ask)
        panel.closed.connect(self._give_up)

    def _ask(self, who: str, pin: object) -> None:
        self._attempt += 1
        self._answers_due += 1
        attempt = self._attempt
        self._link.ask(
            SignIn(who=who, pin=pin),  # type: ignore[arg-type]  # Signal(Secret) hands over a Secret
            lambda result: self._signed_in(attempt, result),
            lambda why: self._refused(attempt, why),
        )

    def _give_up(self) -> None:
        self._attempt += 1

    def _signed_in(self, attempt: int, result: Result) -> None:
        self._answers_due -= 1
        if attempt != self._attempt:
            self._unwanted = True
        elif isinstance(result, Person):
            self._unwanted = False
            self._set_person(result)
            self._panel.close_panel()
        self._sign_out_unwanted()

    def _refused(self, attempt: int, why: Failed) -> None:
        self._answers_due -= 1
        if attempt == self._attempt:
            self._panel.refuse(told(why, " "))
        self._sign_out_unwanted()

    def _sign_out_unwanted(self) -> None:
        # Not while another answer is due: the newer person must not be the one who is signed out.
        if self._unwanted and not self._answers_due:
            self._unwanted = False
            self._link.ask(SignOut(), lambda _done: self._set_person(None), self._say_failed)
