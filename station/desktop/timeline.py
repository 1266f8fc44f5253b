"""A unit's record as a story: one line for everything that happened to it, in the order of the journal. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QCoreApplication

from station.desktop import words
from station.desktop.fault_words import told
from station.desktop.record_words import outcome_word, second_words, seconds_words
from station.domain.line import Outcome, StepKind
from station.evidence.unit_record import AttemptRecord, StepRecord, UnitRecord

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Told:
    """One line: when, in which slot (None: in none), what, and the journal entry that says so.

    ``outcome`` is how what it tells of ended; ``closes``: it ends an attempt.
    """

    at: datetime
    slot: int | None
    text: str
    seq: int
    outcome: Outcome | None = None
    closes: bool = False

    def line(self) -> str:
        """Return it as one line of text: ``14:03:07 slot 3: flashed app.hex, 4.1 s``."""
        where = translate("Timeline", "slot {slot}: ").format(slot=self.slot) if self.slot is not None else ""
        return f"{second_words(self.at)} {where}{self.text}"


def tell(record: UnitRecord) -> list[Told]:
    """Return the unit's story, first to last."""
    told = [one for number, attempt in enumerate(record.attempts, 1) for one in _attempt(attempt, number)]
    told += [Told(one.at, None, one.text, one.seq) for one in record.happenings]
    return sorted(told, key=lambda one: one.seq)


def _attempt(attempt: AttemptRecord, number: int) -> Iterator[Told]:
    name = attempt.number or number
    begun = translate("Timeline", "attempt {number} begins, batch {batch}").format(number=name, batch=attempt.batch)
    by = translate("Timeline", "; signed in: {person}").format(person=attempt.by) if attempt.by else ""
    adopts = (
        translate("Timeline", "; carries on the interrupted attempt {attempt}").format(attempt=attempt.adopts)
        if attempt.adopts is not None
        else ""
    )
    yield Told(attempt.opened, attempt.slot, f"{begun}{by}{adopts}", attempt.id)
    for step in attempt.steps:
        yield Told(step.began, attempt.slot, _step(step, attempt), step.seq, step.outcome)
    if attempt.closed is not None:
        text = translate("Timeline", "attempt {number} ends: {outcome}, {seconds}").format(
            number=name, outcome=outcome_word(attempt.outcome), seconds=seconds_words(attempt.seconds)
        )
        if attempt.fault is not None:
            text += f". {told(attempt.fault, ' ')}"
        yield Told(attempt.closed, attempt.slot, text, attempt.newest, attempt.outcome, closes=True)


def _step(step: StepRecord, attempt: AttemptRecord) -> str:
    parts = [_done(step, attempt) if step.outcome is Outcome.PASSED else _undone(step)]
    if step.milliseconds is not None:
        parts.append(seconds_words(step.milliseconds / 1000))
    if step.tries > 1:
        parts.append(translate("Timeline", "{tries} tries").format(tries=step.tries))
    text = ", ".join(parts)
    return f"{text}. {told(step.fault, ' ')}" if step.fault is not None else text


def _undone(step: StepRecord) -> str:
    name = words.step(step.name)
    if step.outcome is None:
        return translate("Timeline", "{step}: the station stopped here, with nothing recorded behind it").format(
            step=name
        )
    return f"{name}: {outcome_word(step.outcome)}"


def _done(step: StepRecord, attempt: AttemptRecord) -> str:
    got = {key: str(value) for key, value in step.results.items() if isinstance(value, str | int | float)}
    match step.kind:
        case StepKind.FLASH:
            text = translate("Timeline", "flashed {image}").format(image=got.get("image", ""))
            return f"{text} ({got['verified']})" if got.get("verified") else text
        case StepKind.MODEM_FIRMWARE:
            return translate("Timeline", "programmed the modem firmware {version}").format(
                version=got.get("version", "")
            )
        case StepKind.IDENTIFY if attempt.identity is not None:
            return translate("Timeline", "identified as IMEI {imei}, {model}, {firmware}").format(
                imei=attempt.identity.imei, model=attempt.identity.model, firmware=attempt.identity.modem_firmware
            )
        case StepKind.ATTEST:
            text = translate("Timeline", "the modem attested itself")
            return f"{text} ({got['proven']})" if got.get("proven") else text
        case StepKind.ENROL:
            return translate("Timeline", "the modem signed its onboarding token for {account}").format(
                account=got.get("account", "")
            )
        case StepKind.GENERATE if got.get("made") == "made on the station":
            text = translate("Timeline", "this station made the unit's key")
            return f"{text} ({got['proven']})"
        case StepKind.GENERATE:
            text = translate("Timeline", "the modem made its key")
            return f"{text} ({got['proven']})" if got.get("proven") else text
        case StepKind.SIGN if got.get("serial"):
            return translate("Timeline", "signed certificate {serial}").format(serial=got["serial"])
        case StepKind.WRITE:
            text = translate("Timeline", "wrote the credentials")
            return f"{text} ({got['compared_by']})" if got.get("compared_by") else text
        case StepKind.PROVE if got.get("not_proven"):
            text = translate("Timeline", "not proven that the modem holds the private key")
            return f"{text} ({got['not_proven']})"
        case StepKind.PROVE:
            text = translate("Timeline", "the modem proved that it holds the private key")
            how = got.get("jwt") or got.get("signed")
            return f"{text} ({how})" if how else text
        case StepKind.LOCK:
            text = translate("Timeline", "locked the debugger out")
            return f"{text} ({got['proven']})" if got.get("proven") else text
        case _:
            measured = "; ".join(one.text() for one in step.measurements)
            name = words.step(step.name)
            return f"{name}: {measured}" if measured else f"{name}: {outcome_word(step.outcome)}"
