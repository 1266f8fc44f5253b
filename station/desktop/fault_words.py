"""Faults in the reader's language: the engine's sentence is recognised by its code's template and said again from it.

The engine sends sentences that are filled in already, in English, and so they stand in the journal. Here the fields
are found again, and put into the template's translation (context ``Fault``; ``packaging/translate.py`` writes the
templates into the ``.ts``). Codes are never translated. What matches no template is shown as it came: a newer engine
may know more, and the doctor and the exports quote English.
"""

from collections.abc import Mapping
from string import Formatter
from types import MappingProxyType
from typing import Final, Protocol

from PySide6.QtCore import QCoreApplication

from station.ca import faults as ca
from station.cloud import faults as cloud
from station.credentials import faults as credentials
from station.desktop import faults as desktop
from station.desktop import words
from station.desktop.fault_phrases import PHRASES, QT_TRANSLATE_NOOP
from station.devices import faults as devices
from station.doctor import faults as doctor
from station.domain.faults import FaultSpec
from station.engine import faults as engine
from station.evidence import faults as evidence
from station.host import faults as host
from station.journal import faults as journal
from station.line import faults as line
from station.line.steps import STEPS
from station.people import faults as people
from station.people.rights import Right, Role
from station.settings import faults as settings
from station.updates import faults as updates

CONTEXT: Final = "Fault"
_PHRASE: Final = "Phrase"

ROOMS: Final = (
    ca,
    cloud,
    credentials,
    desktop,
    devices,
    doctor,
    engine,
    evidence,
    host,
    journal,
    line,
    people,
    settings,
    updates,
)
"""Every room whose faults a window may show; a test holds that none is missing."""

TEMPLATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        spec.code: spec.sentence
        for spec in sorted(
            (spec for room in ROOMS for spec in vars(room).values() if isinstance(spec, FaultSpec)),
            key=lambda spec: spec.code,
        )
    }
)
"""Every fault's sentence by its code, with fields in braces."""

TOLD: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "CLD-ELSEWHERE": (
            QT_TRANSLATE_NOOP(
                "Fault",
                "An upload of {count} unit(s) was prepared for {account}; the station file's account is {now}. "
                "It is neither sent nor asked about with another account's key: put the old one back, or look there, "
                "then: station decide",
            ),
        ),
        "CLD-KEY": (
            QT_TRANSLATE_NOOP("Fault", "The cloud takes the API key: uploads go on."),
            QT_TRANSLATE_NOOP("Fault", "The cloud takes the organisation token: uploads go on."),
        ),
        "CLD-LATE": (
            QT_TRANSLATE_NOOP(
                "Fault",
                "The cloud's late answer for {device_id}, which was settled without it: {state} ({reason}). "
                "It stands as {now} now.",
            ),
        ),
        "CLD-HELD": (QT_TRANSLATE_NOOP("Fault", "{count} unit(s) are held: {reason}. Then: station decide"),),
        "CLD-OVERDUE": (
            QT_TRANSLATE_NOOP(
                "Fault",
                "The cloud has come to no end with {count} unit(s) for too long; it is asked on. "
                "Look for them in the portal, then: station decide",
            ),
        ),
        "CLD-REFUSED": (
            QT_TRANSLATE_NOOP(
                "Fault",
                "{count} unit(s) can't be claimed: {reason}. Nothing of them was sent. Then: station decide",
            ),
        ),
        "CLD-WAIT": (
            QT_TRANSLATE_NOOP("Fault", "An upload is asked about again in {seconds} s: {reason}"),
            QT_TRANSLATE_NOOP("Fault", "An upload is looked for again in {seconds} s: {reason}"),
            QT_TRANSLATE_NOOP("Fault", "An upload is tried again in {seconds} s: {reason}"),
            QT_TRANSLATE_NOOP("Fault", "Uploads wait: {reason}"),
            QT_TRANSLATE_NOOP("Fault", "The upload waits {seconds} s: {reason}"),
        ),
        "EVD-DELETED": (
            QT_TRANSLATE_NOOP(
                "Fault",
                "{by} deleted {what} from the device on {at} UTC. The certificate can't be used until the device is "
                "built again.",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "{by} was to delete {what} from the device on {at} UTC, and it was gone already. "
                "The certificate can't be used until the device is built again.",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "{by} began to delete {what} from the device on {at} UTC, and nobody saw whether it is gone.",
            ),
        ),
        "EVD-WAIT": (
            QT_TRANSLATE_NOOP("Fault", "{count} checkpoints wait: {why}"),
            QT_TRANSLATE_NOOP("Fault", "Checkpoints wait: the second place {path} doesn't take them ({why})."),
        ),
        "LINE-142": (
            QT_TRANSLATE_NOOP("Fault", "Every slot is latched and nobody is here to acknowledge: the run ends."),
        ),
        "LINE-144": (QT_TRANSLATE_NOOP("Fault", "No slot works any more: the run ends. Call the engineer."),),
        "LINE-145": (
            QT_TRANSLATE_NOOP("Fault", "Every board must be scanned and nobody is here to scan: the run ends."),
        ),
        "LINE-146": (
            QT_TRANSLATE_NOOP(
                "Fault",
                "1 unit waits for the cloud; nothing is lost. To send and to follow up, later: station upload",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "1 unit waits for the cloud ({why}); nothing is lost. To send and to follow up, later: station upload",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "{count} units wait for the cloud; nothing is lost. To send and to follow up, later: station upload",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "{count} units wait for the cloud ({why}); nothing is lost. "
                "To send and to follow up, later: station upload",
            ),
        ),
        "LINE-ARM": (
            QT_TRANSLATE_NOOP("Fault", "The station file names no cloud: finished units wait in the outbox."),
            QT_TRANSLATE_NOOP("Fault", 'The key is team {team}\'s. Write team = "{same}" under [cloud].'),
            QT_TRANSLATE_NOOP(
                "Fault", "The cloud can't be reached ({why}). Team {team} as last confirmed; uploads wait."
            ),
            QT_TRANSLATE_NOOP(
                "Fault", "The quantity of batch {batch} changes from {before} to {quantity}; {done} are done already."
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "This product is flashed before a board says who it is, and no label is scanned: "
                "a finished unit that is put into a slot again loses its firmware and its lock, perhaps its "
                "credentials, and counts as finished no more.",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                'Security: nRF Cloud\'s page "Security and credentials" calls a key that is made on the device '
                '"more secure": it never leaves it.',
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                'Security: nRF Cloud\'s page "Security and credentials" calls it "most secure" (auto-onboarding): '
                "the device makes its cloud key when the cloud asks it. This line shows that a unit is claimed, "
                "and can't show that it gets that key.",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                'Security: nRF Cloud\'s page "Security and credentials" names no level for a bare public key. The '
                'key is made on the device, which it calls "more secure"; that it holds for this way too is our '
                "reading.",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                'Security: nRF Cloud\'s page "Security and credentials" calls a key that is not made on the device'
                ' "less secure": whoever can look into this PC\'s memory, or listen on the cable, can have it. '
                "Only for boards that can't make their own.",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                'Security: nRF Cloud\'s page "Security and credentials" names no level for a key that the '
                "application makes. It is made on the device and never leaves it, but is kept in the "
                'application\'s storage, not in a modem: our reading is that it stands between "more secure" and '
                '"less secure".',
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                'Security: nRF Cloud\'s page "Security and credentials" names no level for the nRF93M1. Its '
                "datasheet says that the key is made on the chip and never leaves it; that this is as good as "
                '"more secure" is our reading.',
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "This PC makes every unit's private key and hands it over a cable. The key is kept nowhere, but "
                "nothing can show that nobody saw it: use this only for boards that can't make a key of their "
                "own.",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "A modem makes keys of its own from mfw_nrf9160_1.3.0 on, and with every nrf91x1 firmware. Such a "
                'one gets its key from here all the same, as the recipe says; the way "certificate" is more secure '
                "for it.",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "This product takes modems that can't sign (before mfw_nrf9160_1.3.0). Of such a modem nothing shows "
                "which private key it stored, only that it lists one; the unit's record says so.",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "No server root is written: the product's own image must have the one that its protocols need, or"
                " it trusts nobody.",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "These units are claimed, not onboarded: each gets its cloud key over the air, when it is first "
                "switched on in the field. Whoever has a unit's token before it is claimed may claim it: keep "
                "records and backups of these units safe.",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "A modem with NTN firmware may refuse the station's challenge. Then nothing shows that its token is "
                'fresh, and the unit\'s record says "not fresh".',
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "A unit's onboarding token is good for an hour. One that is not uploaded by then needs a rework "
                "for a new one: keep the cloud reachable.",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "The recipe names no claim tag ([cloud] claim_tags): no provisioning rule applies to these units. "
                "They are claimed, and get their cloud key only when somebody tells the cloud so for each.",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "Units go to {project}, as the station file says. The cloud can't be asked whose the token is: whoever "
                "arms the batch confirms it.",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "The {api} API has no place for the recipe's {columns} beside a {kind}: the cloud will not know them.",
            ),
            QT_TRANSLATE_NOOP(
                "Fault",
                "{count} unit(s) are in uploads for another account ({others}): these wait, and are neither sent nor "
                "asked about with this account's key. Put the old station file back for them, or decide about them.",
            ),
            QT_TRANSLATE_NOOP("Fault", "The organisation API has no place for claim tags: these units get none."),
            QT_TRANSLATE_NOOP("Fault", "Whether a provisioning rule has the claim tags {tags} can't be asked: {why}."),
        ),
    }
)
"""What the engine tells under a code of no fault, by that code; tests hold each to where it is told."""

FRAMES: Final = (
    QT_TRANSLATE_NOOP("Fault", "The run has ended. {sentence}"),
    QT_TRANSLATE_NOOP("Fault", "The batch stops. {sentence}"),
    QT_TRANSLATE_NOOP("Fault", "No checkpoint was made: {sentence}"),
)
"""What stands before a fault's sentence where that is what came of it."""


HINTS: Final = frozenset(TOLD["LINE-ARM"][index] for index in (0, 1, 3, 5, 6, 7, 9, 10))
"""What is told once, when a batch is armed, and asks nobody to do anything at once."""


class Told(Protocol):
    """Whatever carries a code and a sentence: a fault, its record, an engine's refusal, a tile."""

    @property
    def code(self) -> str:
        """The fault's code; "" for none."""

    @property
    def sentence(self) -> str:
        """The sentence in English, filled in."""


def say(code: str, sentence: str) -> str:
    """Return the sentence told under this code in the reader's language; as it came where nothing knows it. Pure."""
    for template in (*((TEMPLATES[code],) if code in TEMPLATES else ()), *TOLD.get(code, ())):
        fields = recover(template, sentence)
        if fields is not None:
            return _fill(CONTEXT, template, fields)
    for frame in FRAMES:
        framed = recover(frame, sentence)
        if framed is not None:
            inside = say(code, framed["sentence"])
            return QCoreApplication.translate(CONTEXT, frame).format(sentence=inside)
    return sentence


def told(fault: Told, gap: str = "  ") -> str:
    """Return code and sentence in the reader's language as they stand in one line."""
    return f"{fault.code}{gap}{say(fault.code, fault.sentence)}".strip()


def is_hint(told: Told) -> bool:
    """Return whether it is worth knowing and no warning. Pure."""
    return any(
        template in HINTS and recover(template, told.sentence) is not None for template in TOLD.get(told.code, ())
    )


def recover(template: str, text: str) -> dict[str, str] | None:
    """Return what ``template`` was filled with to give ``text``; None where it can't have been. Pure.

    ``template.format(**recover(template, text))`` is ``text``, always. Where a field's text holds the words that
    follow it, the first place is taken. Takes time in proportion to the text: what devices said may be in it.
    """
    parts = [(literal, name) for literal, name, _, _ in Formatter().parse(template)]
    fields: dict[str, str] = {}
    at, open_name = 0, ""
    for number, (literal, name) in enumerate(parts):
        last = number == len(parts) - 1 and name is None
        if open_name:
            # The text's end is the last literal's place, wherever else it may stand before.
            found = (len(text) - len(literal) if text.endswith(literal) else -1) if last else text.find(literal, at)
            if found < at:
                return None
            if fields.setdefault(open_name, text[at:found]) != text[at:found]:
                return None
        else:
            found = at if text.startswith(literal, at) else -1
            if found < 0:
                return None
        at, open_name = found + len(literal), name or ""
    if open_name:
        return fields if fields.setdefault(open_name, text[at:]) == text[at:] else None
    return fields if at == len(text) else None


def _fill(context: str, template: str, fields: Mapping[str, str]) -> str:
    translated = QCoreApplication.translate(context, template)
    return translated.format(**{name: _phrase(value) for name, value in fields.items()})


def _phrase(value: str) -> str:
    """Return a field's text in the reader's language, where the station itself chose the words; else as it is."""
    if value in _RIGHTS:
        return words.of(Right(value))
    if value in _TITLES:
        return words.step(value)
    if value and all(role in _ROLES for role in value.split(", ")):
        return words.role_names(tuple(value.split(", ")))
    for phrase in PHRASES:
        fields = recover(phrase, value)
        if fields is not None:
            return _fill(_PHRASE, phrase, fields)
    return value


_RIGHTS: Final = frozenset(right.value for right in Right)
_ROLES: Final = frozenset(role.value for role in Role)
_TITLES: Final = frozenset(spec.title for spec in STEPS.values())
