"""A conversation with a modem that late, lost and foreign answers can't get out of step."""

import re
from dataclasses import replace

from station.devices.faults import DEVICE_RESET, NO_ANSWER
from station.devices.framing import Framing, label_of
from station.devices.questions import Question
from station.devices.replies import Reply, ReplyReader
from station.devices.step import get_in_step
from station.devices.talk import Port, Talk, Transcript, hide_pieces
from station.domain.faults import Fault
from station.host.clock import Clock, Deadline, Stop

_PROMPT_WAIT = 0.5


class Channel:
    """One command at a time, one thread; every reply returned is the command's own.

    After anything but a clean answer (silence, a restart, a flood, something unasked that looks like an answer) the
    channel is out of step, and gets back into step before it sends the next command. A restart of the board is
    raised once; the next command waits until the board has started again. ``transcript`` gets every line, without
    private keys, pre-shared keys and tokens.
    """

    def __init__(
        self,
        port: Port,
        framing: Framing,
        clock: Clock,
        *,
        transcript: Transcript | None = None,
        patience: float = 10.0,
    ) -> None:
        """``patience``: seconds to get back into step before the board counts as silent."""
        self._port = port
        self._framing = framing
        self._clock = clock
        self._patience = patience
        self._talk = Talk(port, framing, clock, transcript)
        self._in_step = False
        self._proven: dict[Question, Reply] = {}
        """What the modem answered when it was brought into step, and nobody has taken yet."""
        self._proven_since = 0
        """How often it had restarted by then."""
        self._restarting = False
        """Whether a restart has been raised since the modem last answered: more of its banner is no news."""

    @property
    def restarts(self) -> int:
        """Grows whenever the board is seen to restart: what was set in the modem before is gone."""
        return self._talk.restarts

    @property
    def framing(self) -> Framing:
        """How commands are wrapped."""
        return self._framing

    @property
    def address(self) -> str:
        """The port's name."""
        return self._port.address

    def close(self) -> None:
        """Give the port back. Safe to repeat."""
        self._in_step = False
        self._port.close()

    def synchronise(self, seconds: float, stop: Stop | None = None) -> None:
        """Return once the modem answers in step, at most ``seconds`` from now; for a board that may still be starting.

        A restart is expected here and is no fault. Raises AT-102 when nothing answers, ``Cancelled`` on ``stop``.
        Safe to repeat.
        """
        self._in_step = False
        self._proven = dict(get_in_step(self._talk, seconds, starting=True, stop=stop))
        self._proven_since = self._talk.restarts
        self._in_step = True
        self._restarting = False

    def take_told(self, question: Question) -> Reply | None:
        """Return the answer to ``question``, once, where it helped to bring the modem into step (:meth:`synchronise`).

        None where it was not asked then, where it was not answered in one line, or where the board restarted since.
        """
        reply = self._proven.pop(question, None)
        if reply is None or len(reply.lines) != 1 or self._proven_since != self._talk.restarts:
            return None
        return reply

    def command(
        self,
        text: str,
        *,
        timeout: float,
        expect: re.Pattern[str] | None = None,
        quoted: bool = False,
        secret: bool = False,
    ) -> Reply:
        """Send ``text`` and return its own reply; a refusal is a reply too.

        ``expect`` and ``quoted`` as for :class:`ReplyReader`. ``secret``: neither what is quoted in ``text`` nor the
        answer is shown anywhere. Safe to repeat only if the command is. Raises AT-101, AT-103, AT-105, DEV-105 and
        DEV-106 (nobody knows if it was done), AT-102 and AT-152 to AT-154 (it was not sent).
        """
        wire = self._framing.encode(text)
        self._require_step(text)
        self._in_step = False
        self._talk.send(text, wire, secret=secret)
        reading = ReplyReader(wire.decode("ascii"), expect, quoted=quoted, from_shell=self._framing.shell)
        if not self._talk.hear(reading, Deadline(self._clock, timeout), text):
            detail = f"then {self._talk.describe_partial()}"
            raise NO_ANSWER.fault(detail, command=label_of(text), seconds=f"{timeout:g}")
        if reading.banner:
            raise self._restarted(text, "while it ran")
        self._talk.all_answered()
        self._in_step = not self._framing.shell or self._prompt_came()
        reply = reading.reply()
        return replace(reply, verdict=replace(reply.verdict, text=hide_pieces(reply.verdict.text))) if secret else reply

    def _require_step(self, command: str) -> None:
        """Get into step where it is in doubt. Raises AT-103 when the board has restarted meanwhile."""
        before = self._talk.restarts
        self._in_step = self._in_step and self._nothing_foreign()
        if not self._in_step and (self._restarting or self._talk.restarts == before):
            get_in_step(self._talk, self._patience, starting=self._restarting)
            self._in_step = True
        if self._talk.restarts != before and not self._restarting:
            raise self._restarted(command, "before it was sent")
        self._restarting = False

    def _restarted(self, command: str, when: str) -> Fault:
        self._in_step = False
        self._restarting = True
        return DEVICE_RESET.fault(f"{when}, at {self.address}", command=label_of(command))

    def _nothing_foreign(self) -> bool:
        """Take what came unasked; return whether all of it may come at any time."""
        reading = ReplyReader("", from_shell=self._framing.shell)
        ended = self._talk.hear_waiting(reading)
        return self._talk.drop_partial() == "" and ended and reading.is_harmless and not reading.banner

    def _prompt_came(self) -> bool:
        reading = ReplyReader("", from_shell=True)
        self._talk.await_prompt(reading, _PROMPT_WAIT)
        return reading.is_harmless and not reading.banner
