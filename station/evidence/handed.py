"""What the cloud is handed of a unit, by the way in which it got it: for reports, tables and screens."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from station.domain.ids import AttemptId, Sha256
from station.domain.line import Outcome, StepKind
from station.domain.ways import CredentialKind, Way
from station.evidence.certificate_text import certificate_sha256
from station.evidence.unit_record import AttemptRecord, UnitRecord
from station.settings.way_rules import RULES

TOKENS = frozenset({"attestation", "onboarding"})
"""Results that are claims on a unit: tables and pictures show their SHA-256 alone."""

_WORDS = {
    CredentialKind.CERTIFICATE: "certificate",
    CredentialKind.PUBLIC_KEY: "public key",
    CredentialKind.ATTESTATION_TOKEN: "attestation token",
    CredentialKind.ONBOARDING_TOKEN: "onboarding token",
}


@dataclass(frozen=True, slots=True)
class Handed:
    """One credential that an attempt left for the cloud. ``sha256``: of its DER, or of a token's text.

    ``superseded_by`` is the attempt that left another one in its place; None where this one stands.
    """

    attempt: AttemptId
    way: Way
    kind: CredentialKind
    sha256: Sha256
    more: tuple[tuple[str, str], ...]
    superseded_by: AttemptId | None = None

    @property
    def word(self) -> str:
        """What it is, for people."""
        return _WORDS[self.kind]


def way_text(way: Way) -> str:
    """Return a way for people: what it does, and its name in recipes. Pure."""
    return f"{RULES[way].title} ({way})"


def find_handed(record: UnitRecord) -> list[Handed]:
    """Return what the unit's passed attempts left for the cloud, first to last, each with what took its place."""
    found = [one for attempt in record.attempts if (one := _left_by(record, attempt)) is not None]
    later = (*(one.attempt for one in found[1:]), None)
    return [replace(one, superseded_by=by) for one, by in zip(found, later, strict=False)]


def standing(record: UnitRecord) -> Handed | None:
    """Return what stands for the unit now; None where its last attempt did not pass, or left nothing."""
    if record.unit.outcome is not Outcome.PASSED:
        return None
    found = find_handed(record)
    return found[-1] if found and found[-1].attempt == record.attempts[-1].id else None


def handed_facts(one: Handed) -> list[tuple[str, str]]:
    """Return what there is to say of it, in the order in which people ask. Pure."""
    state = "stands" if one.superseded_by is None else f"superseded by that of attempt {one.superseded_by}"
    facts = [("Way", way_text(one.way)), ("Handed to the cloud", one.word), ("State", state)]
    return [*facts, ("Of attempt", str(one.attempt)), ("SHA-256", one.sha256), *one.more]


def _left_by(record: UnitRecord, attempt: AttemptRecord) -> Handed | None:
    if attempt.outcome is not Outcome.PASSED:
        return None
    got = {step.kind: step.results for step in attempt.steps if step.outcome is Outcome.PASSED}
    match attempt.way.hands_over:
        case CredentialKind.CERTIFICATE if StepKind.SIGN in got:
            serial = str(got[StepKind.SIGN].get("serial", ""))
            sha256 = next((certificate_sha256(one) for one in record.certificates if one.serial == serial), None)
            more = tuple(_facts(got.get(StepKind.GENERATE, {}), "made", "spki_sha256"))
            return None if sha256 is None else _handed(attempt, sha256, (("Serial number", serial), *more))
        case CredentialKind.PUBLIC_KEY if "spki_sha256" in got.get(StepKind.GENERATE, {}):
            return _handed(attempt, Sha256(str(got[StepKind.GENERATE]["spki_sha256"])), ())
        case CredentialKind.ATTESTATION_TOKEN if "attestation" in got.get(StepKind.ATTEST, {}):
            told = got[StepKind.ATTEST]
            return _handed(attempt, _of_text(told["attestation"]), tuple(_facts(told, "uuid", "device_type")))
        case CredentialKind.ONBOARDING_TOKEN if "onboarding" in got.get(StepKind.ENROL, {}):
            told = got[StepKind.ENROL]
            more = tuple(_facts(told, "account", "expires", "spki_sha256"))
            return _handed(attempt, _of_text(told["onboarding"]), more)
    return None


def _handed(attempt: AttemptRecord, sha256: Sha256, more: tuple[tuple[str, str], ...]) -> Handed:
    return Handed(attempt.id, attempt.way, attempt.way.hands_over, sha256, more)


_NAMES = {
    "made": "Key",
    "spki_sha256": "SHA-256 of the public key",
    "uuid": "Names the modem",
    "device_type": "Device type",
    "account": "For the account",
    "expires": "Good until",
}


def _facts(told: dict[str, object], *names: str) -> Iterator[tuple[str, str]]:
    return ((_NAMES[name], str(told[name])) for name in names if told.get(name) is not None)


def _of_text(token: object) -> Sha256:
    return Sha256(hashlib.sha256(str(token).encode()).hexdigest())


def without_tokens(results: dict[str, object]) -> dict[str, object]:
    """Return a step's results with the SHA-256 of a token in its place. Pure."""
    hidden = {name: f"SHA-256 {_of_text(token)}" for name, token in results.items() if name in TOKENS}
    return {**results, **hidden}
