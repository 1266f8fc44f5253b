"""A Zephyr shell, command by command, with nothing of a secret shown (zephyr subsys/shell)."""

import itertools
import re
from dataclasses import dataclass, replace
from typing import Final

from station.devices.faults import (
    COMMAND_MALFORMED,
    COMMAND_TOO_LONG,
    DEVICE_RESET,
    FRAMING_WRONG,
    NO_ANSWER,
    NO_CONTACT,
    ODD_REPLY,
    PORT_BLOCKED,
    TEXT_UNSENDABLE,
    TOO_MUCH,
)
from station.devices.framing import Newline
from station.devices.replies import Reply, ReplyReader, Verdict, VerdictKind, verdict_of
from station.devices.talk import Port, Talk, Transcript, hide_pieces
from station.domain.faults import Fault
from station.host.clock import Clock, Deadline, Stop

LONGEST_LINE: Final = 255
"""What the shell takes in one line by default (CONFIG_SHELL_CMD_BUFF_SIZE, 256 with its NUL); it drops the rest."""

_MOST_BYTES: Final = 256 * 1024
_LOOK: Final = 0.2
"""Seconds after which it is looked whether the prompt has come without the answer."""
_PROMPT_WAIT: Final = 1.0
_QUICK: Final = 0.15
_PATIENT: Final = 0.6
_SILENT_UNTIL_RESCUE: Final = 4
_SURE: Final = 12
"""Questions without an answer of their own until what answers like a modem is none but that."""
_MISSING: Final = re.compile(r"([!-~]+): command not found")
_SAID_NO: Final = re.compile(r"not terminated: .|.*: wrong parameter count|Too many arguments in the command\.?")


@dataclass(frozen=True, slots=True)
class ZephyrShell:
    """The framing of a Zephyr shell that is given its own commands, not a modem's."""

    name = "cred_shell"
    stored_newline: Newline = "\n"
    shell = True

    @property
    def rescue(self) -> tuple[bytes, ...]:
        """Leave a raw AT mode (Ctrl-X Ctrl-Q) or ``cred buf load``, drop the line typed so far (Ctrl-C)."""
        return (b"\x18\x11\x03\r",)

    def encode(self, command: str) -> bytes:
        """Return the bytes for ``command``: printable ASCII, short enough; raises AT-152 to AT-154."""
        for character in command:
            if not " " <= character <= "~":
                # Only the character: the text around it may be a key.
                raise TEXT_UNSENDABLE.fault(what=f"the character {character!r}", framing=self.name)
        if not command.strip() or command.count('"') % 2:
            raise COMMAND_MALFORMED.fault("empty, or odd quotes")
        if len(command) > LONGEST_LINE:
            raise COMMAND_TOO_LONG.fault(length=len(command), longest=LONGEST_LINE)
        return f"{command}\r".encode("ascii")

    def restore(self, content: str) -> str:
        """Return ``content`` unchanged."""
        return content


@dataclass(frozen=True, slots=True)
class Ends:
    """How a command's answer ends: lines of it, matched whole. A refusal's ``text`` is its line.

    ``quietly``: the prompt alone is an end too, for commands that may say nothing.
    """

    done: re.Pattern[str] | None = None
    refused: re.Pattern[str] | None = None
    quietly: bool = False

    def judge(self, text: str) -> Verdict | None:
        """Return the final result that a whole line is, or None. Pure."""
        if self.done is not None and self.done.fullmatch(text):
            return Verdict(VerdictKind.OK, text=text)
        if self.refused is not None and self.refused.fullmatch(text):
            return Verdict(VerdictKind.ERROR, text=text)
        if _MISSING.fullmatch(text) or _SAID_NO.fullmatch(text):
            return Verdict(VerdictKind.NOT_PASSED_ON, text=text)
        return None


class Shell:
    """One command at a time, one thread; every reply returned is the command's own.

    After anything but a clean answer the conversation is out of step, and gets back into step before the next
    command: the shell is asked for a command that no shell has, each time another, and says so. A restart of the board
    is raised once (AT-103). ``transcript`` gets every line, without what is hidden.
    """

    def __init__(
        self, port: Port, clock: Clock, *, transcript: Transcript | None = None, patience: float = 10.0
    ) -> None:
        """``patience``: seconds to get back into step before the board counts as silent."""
        self.port = port
        self.clock = clock
        self.transcript = transcript
        self.patience = patience
        self._framing = ZephyrShell()
        self._talk = Talk(port, self._framing, clock, transcript)
        self._in_step = False
        self._restarting = False
        self._asked = itertools.count(1)

    @property
    def restarts(self) -> int:
        """Grows whenever the board is seen to restart."""
        return self._talk.restarts

    def close(self) -> None:
        """Give the port back. Safe to repeat."""
        self._in_step = False
        self.port.close()

    def leave(self) -> None:
        """Know nothing of the line any more: somebody else has spoken on this port."""
        self._in_step = False
        self._talk.drop_partial()

    def synchronise(self, seconds: float, stop: Stop | None = None) -> None:
        """Return once the shell answers in step, at most ``seconds`` from now; for a board that may be starting.

        Raises AT-102 where nothing answers, AT-151 where something answers that is no shell. Safe to repeat.
        """
        self._in_step = False
        self._get_in_step(seconds, starting=True, stop=stop)
        self._restarting = False

    def run(
        self,
        command: str,
        ends: Ends,
        *,
        timeout: float,
        expect: re.Pattern[str] | None = None,
        hidden: str = "",
    ) -> Reply:
        """Send ``command`` and return its own reply; a refusal is a reply too, a missing command NOT_PASSED_ON.

        ``hidden`` follows ``command`` on the line, and neither it nor what comes back is shown anywhere. Raises AT-101,
        AT-103, AT-104, AT-105, DEV-105 and DEV-106 (nobody knows if it was done), AT-102 and AT-151 to AT-154 (it was
        not sent).
        """
        wire = self._framing.encode(f"{command} {hidden}" if hidden else command)
        self._require_step(command)
        self._in_step = False
        self._talk.drop_partial()
        self._talk.send(f"{command} ***" if hidden else command, wire, secret=bool(hidden))
        reading = ReplyReader(wire.decode("ascii"), expect, from_shell=True, judge=ends.judge)
        quietly = self._hear(reading, command, timeout, ends)
        if reading.banner:
            raise self._restarted(command, "while it ran")
        if quietly:
            reading.verdict = Verdict(VerdictKind.OK)
        self._talk.all_answered()
        self._in_step = self._prompt_came()
        reply = reading.reply()
        if not hidden:
            return reply
        return Reply(replace(reply.verdict, text=hide_pieces(reply.verdict.text)))

    def _hear(self, reading: ReplyReader, command: str, timeout: float, ends: Ends) -> bool:
        """Feed ``reading`` until it has an end; return True where only the prompt came, and that is one."""
        deadline = Deadline(self.clock, timeout)
        heard, looks = self._talk.heard, 0
        while not self._talk.hear(reading, Deadline(self.clock, min(_LOOK, deadline.left())), command):
            if self._talk.heard - heard > _MOST_BYTES:
                raise TOO_MUCH.fault(f"{self._talk.heard - heard} bytes", command=command)
            looks = looks + 1 if reading.echoed and self._talk.at_prompt else 0
            if looks and ends.quietly:
                return True
            if looks > 1:
                # The command has come to its end, and what it said is none of the things that it says.
                raise ODD_REPLY.fault("the prompt, and no answer before it", command=command)
            if deadline.passed():
                detail = f"then {self._talk.describe_partial()}"
                raise NO_ANSWER.fault(detail, command=command, seconds=f"{timeout:g}")
        return False

    def _require_step(self, command: str) -> None:
        before = self._talk.restarts
        self._in_step = self._in_step and self._nothing_foreign()
        if not self._in_step and (self._restarting or self._talk.restarts == before):
            self._get_in_step(self.patience, starting=self._restarting, stop=None)
        if self._talk.restarts != before and not self._restarting:
            raise self._restarted(command, "before it was sent")
        self._restarting = False

    def _restarted(self, command: str, when: str) -> Fault:
        self._in_step = False
        self._restarting = True
        return DEVICE_RESET.fault(f"{when}, at {self.port.address}", command=command)

    def _nothing_foreign(self) -> bool:
        reading = ReplyReader("", from_shell=True)
        ended = self._talk.hear_waiting(reading)
        return self._talk.at_prompt and ended and reading.is_harmless and not reading.banner

    def _prompt_came(self) -> bool:
        reading = ReplyReader("", from_shell=True)
        self._talk.await_prompt(reading, _PROMPT_WAIT)
        return reading.is_harmless and not reading.banner and self._talk.at_prompt

    def _get_in_step(self, seconds: float, *, starting: bool, stop: Stop | None) -> None:
        deadline = Deadline(self.clock, seconds)
        silent, no_shell = 0, ""
        while not deadline.passed():
            if stop:
                stop.check()
            word = f"in-step-{next(self._asked)}"
            own = Ends(done=re.compile(f"{word}: command not found"))
            self._talk.drop_partial()
            self._talk.try_send(word, self._framing.encode(word))
            heard = self._await_own(
                own, word, Deadline(self.clock, min(_QUICK if starting else _PATIENT, deadline.left()))
            )
            if heard == word and self._prompt_came():
                self._talk.all_answered()
                self._in_step = True
                return
            no_shell = heard if heard in ("OK", "ERROR") else no_shell
            silent = silent + 1
            if no_shell and silent >= _SURE:
                break
            if silent % _SILENT_UNTIL_RESCUE == 0:
                for data in self._framing.rescue:
                    self._talk.try_send("", data)
        detail = f"no answer of its own in {seconds:g} s, {self._talk.describe_partial()}"
        self._talk.all_answered()
        if no_shell:
            raise FRAMING_WRONG.fault(f"{no_shell}; {detail}", framing=self._framing.name)
        if self._talk.blocked and starting:
            raise PORT_BLOCKED.fault(detail, port=self.port.address)
        raise NO_CONTACT.fault(detail, port=self.port.address)

    def _await_own(self, own: Ends, word: str, deadline: Deadline) -> str:
        """Hear until the answer to ``word`` (returned), or until ``deadline``: then what a modem said, or nothing."""
        said = ""
        while True:
            reading = ReplyReader(word, from_shell=True, judge=lambda text: own.judge(text) or verdict_of(text))
            if not self._talk.hear(reading, deadline, None):
                return said
            if reading.banner or reading.verdict is None:
                continue
            if reading.verdict.kind is VerdictKind.OK and reading.verdict.text != "OK":
                return word
            said = reading.verdict.text
