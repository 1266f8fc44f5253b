"""Getting into step: proving that every answer still to come is the next command's own."""

import itertools
from enum import Enum, auto
from typing import Final, NamedTuple

from station.devices import questions
from station.devices.faults import FRAMING_WRONG, NO_CONTACT, PORT_BLOCKED
from station.devices.questions import Question
from station.devices.replies import Reply, ReplyReader, VerdictKind
from station.devices.talk import Talk
from station.domain.faults import Fault
from station.host.clock import Deadline, Stop

_ROTATING: Final = (questions.MODEL, questions.HARDWARE, questions.MANUFACTURER)
"""First what identifying asks: it need not be asked again where its answer was the proof."""
_RESERVED: Final = (questions.FIRMWARE, questions.SUPPLY)
"""Kept for when each of the others may have more than one answer still to come."""

_QUICK = 0.1
"""Seconds for a probe while the board may still be starting; then the next question is asked."""
_AFTER_BANNER = 0.05
"""Seconds of quiet after a line of a banner: then the firmware listens, or soon."""
_PATIENT = 0.6
_AFTER_FOREIGN = 0.3
"""Seconds for a probe once a foreign answer has come: the modem is awake now, or the probe was lost."""
_RESCUE = 0.8
"""Seconds for an answer to a rescue: its 4096 backspaces take 0.36 s at 115200 baud."""
_SILENT_WHILE_STARTING = 8
"""Unanswered probes before a board that may still be starting counts as stuck."""


class Proof(NamedTuple):
    """A question by which the modem was brought into step, and its own answer."""

    question: Question
    reply: Reply


class _Heard(Enum):
    FOREIGN = auto()
    NOTHING = auto()


def get_in_step(talk: Talk, seconds: float, *, starting: bool, stop: Stop | None = None) -> tuple[Proof, ...]:
    """Return once the modem has answered a question that nothing else answers: what proved it, one or two answers.

    The firmware between answers one command after the other, so that answer proves: what was asked before it has
    been answered or never will be. Each question therefore differs from every unanswered one; where they run out,
    one kept back confirms. A board that says nothing may be stuck in a half-sent command: then it is freed.
    ``starting``: silence and restarts are expected for a while. Restarts are counted in ``talk``.

    Raises AT-102 after ``seconds`` (close the port then: answers may still be under way), ``Cancelled`` on ``stop``.
    """
    deadline = Deadline(talk.clock, seconds)
    silent = 0
    for question in itertools.cycle(_ROTATING):
        if stop:
            stop.check()
        if deadline.passed():
            break
        if question.command in talk.unanswered and not _all_used(talk):
            continue
        fresh = question.command not in talk.unanswered
        heard = _ask(talk, question, _QUICK if starting else _PATIENT, deadline)
        if isinstance(heard, Proof):
            confirmed = None if fresh else _confirm(talk, deadline)
            if fresh or confirmed is not None:
                talk.all_answered()
                return (heard, confirmed) if confirmed is not None else (heard,)
        silent = silent + 1 if heard is _Heard.NOTHING else 0
        if silent >= (_SILENT_WHILE_STARTING if starting else 1):
            if _is_wrong_framing(talk):
                break
            _rescue(talk, deadline)
            silent = 0
    raise _no_contact(talk, seconds, starting=starting)


def _no_contact(talk: Talk, seconds: float, *, starting: bool) -> Fault:
    detail = f"no answer of its own in {seconds:g} s, {talk.describe_partial()}"
    wrong_framing = _is_wrong_framing(talk)
    talk.all_answered()
    if wrong_framing:
        return FRAMING_WRONG.fault(f"a shell's prompt; {detail}", framing=talk.framing.name)
    if talk.blocked and starting:
        return PORT_BLOCKED.fault(detail, port=talk.port.address)
    return NO_CONTACT.fault(detail, port=talk.port.address)


def _is_wrong_framing(talk: Talk) -> bool:
    return talk.prompt_shown and not talk.framing.shell


def _all_used(talk: Talk) -> bool:
    return all(question.command in talk.unanswered for question in _ROTATING)


def _confirm(talk: Talk, deadline: Deadline) -> Proof | None:
    for question in _RESERVED:
        if question.command not in talk.unanswered:
            heard = _ask(talk, question, _PATIENT, deadline)
            return heard if isinstance(heard, Proof) else None
    return None


def _ask(talk: Talk, question: Question, seconds: float, limit: Deadline) -> Proof | _Heard:
    talk.drop_partial()
    talk.try_send(question.command, talk.framing.encode(question.command))
    heard = _Heard.NOTHING
    left = Deadline(talk.clock, min(seconds, limit.left()))
    while True:
        reading = ReplyReader("", question.answer, from_shell=talk.framing.shell)
        if not talk.hear(reading, left, None):
            return heard
        if reading.banner:
            heard = _Heard.FOREIGN
            if limit.passed():
                return heard
            left = Deadline(talk.clock, min(_AFTER_BANNER, limit.left()))
            continue
        reply = reading.reply()
        if reply.verdict.kind is VerdictKind.OK and reply.lines:
            _await_prompt(talk)
            return Proof(question, reply)
        heard = _Heard.FOREIGN
        left = Deadline(talk.clock, min(_AFTER_FOREIGN, limit.left()))


def _await_prompt(talk: Talk) -> None:
    if talk.framing.shell:
        talk.await_prompt(ReplyReader("", from_shell=True), _AFTER_FOREIGN)


def _rescue(talk: Talk, limit: Deadline) -> None:
    for data in talk.framing.rescue:
        talk.try_send("", data)
        reading = ReplyReader("", from_shell=talk.framing.shell)
        if talk.hear(reading, Deadline(talk.clock, min(_RESCUE, limit.left())), None):
            return
