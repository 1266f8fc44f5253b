"""What holds for boards, journal and cloud whatever happened, told by what these show of themselves.

Whoever asks a simulated bench, or a factory in memory, asks here with what it was shown; nothing is asked of the
journal that only the journal could answer.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate, load_der_x509_certificate

from station.credentials.attestation import read_attestation, verify_attestation
from station.credentials.keys import read_p256_spki
from station.domain.events import AttemptClosed, AttemptOpened, Event, KeyLost, StepFinished, StepIntended
from station.domain.faults import Fault
from station.domain.ids import BatchId
from station.domain.line import CloudState, Outcome, StepKind
from station.domain.modem import CredentialType
from station.domain.ways import CredentialKind, Way
from station.host.files import sha256_of
from station.journal.builds import way_of
from station.journal.codec import Entry
from station.journal.records import Records
from station.journal.rows import UnitRow
from station.line.faults import KEYGEN_LOST_TWICE


class Kind(StrEnum):
    """What is wrong."""

    LOST = "lost"
    DOUBLED = "doubled"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be."""

    kind: Kind
    what: str

    def __str__(self) -> str:
        return f"{self.kind.upper()} {self.what}"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a board shows, asked past the station. ``key`` is public, under the product's tag, as are ``contents``."""

    serial: str
    imei: str
    keys_made: int
    key: bytes | None
    contents: Mapping[int, str]
    """By type, with LF line ends."""
    sign: Callable[[bytes], bytes]
    """Signs with the key; LookupError where there is none."""
    uuid: str = ""
    identity: bytes | None = None
    """The public key (SubjectPublicKeyInfo, DER) by which the modem vouches for itself; None where nobody asked."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A body that the cloud took: device IDs with certificates (PEM), and which rows it refused."""

    rows: list[tuple[str, str]]
    refused: frozenset[int]


def ends_of(entries: Iterable[Entry]) -> tuple[dict[int, list[Outcome]], list[Finding]]:
    """Return how attempts ended, and of which there is not just one end."""
    ends, opened = dict[int, list[Outcome]](), list[int]()
    for entry in entries:
        if isinstance(entry.event, AttemptOpened):
            opened.append(entry.seq)
        elif isinstance(entry.event, AttemptClosed):
            ends.setdefault(entry.event.attempt, []).append(entry.event.outcome)
    odd = [one for one in opened if len(ends.get(one, [])) != 1]
    return ends, [
        Finding(Kind.DOUBLED if one in ends else Kind.LOST, f"attempt {one} ends as {ends.get(one)}") for one in odd
    ]


def count_units(records: Records, units: list[UnitRow], boards: Mapping[str, Shown]) -> Iterator[Finding]:
    """Every board is one unit at most, and one where it was given a key; every unit is a board. ``boards`` by IMEI."""
    known = Counter(unit.imei for unit in units)
    yield from (Finding(Kind.DOUBLED, f"{imei} is {count} units") for imei, count in known.items() if count > 1)
    for unit in units:
        if unit.imei not in boards:
            yield Finding(Kind.WRONG, f"{unit.device_id} ({unit.imei}) is no board")
        if unit.outcome is None:
            yield Finding(Kind.LOST, f"{unit.device_id} has no outcome")
    for imei, board in boards.items():
        if imei not in known and board.keys_made:
            yield Finding(Kind.LOST, f"board {board.serial} was given a key and is no unit")
    for batch in records.batch_names():
        rows, tally = records.units_of(BatchId(batch)), records.tally(BatchId(batch))
        if sum(tally.outcomes.values()) != len(rows):
            yield Finding(Kind.WRONG, f"batch {batch} has {len(rows)} units and counts {tally.outcomes}")


def active_leaf(records: Records, unit: UnitRow) -> Certificate | None:
    """Return the certificate that the journal calls the unit's."""
    row = records.active_certificate(unit.device_id)
    return None if row is None else load_der_x509_certificate(records.certificate_der(row))


def look_at_board(records: Records, unit: UnitRow, board: Shown) -> Iterator[Finding]:
    """A certificate that stands has its key in the board, whatever it is named; what passed holds and proves it.

    But for one of which the record itself says that nothing shows which key it stored.
    """
    last = [entry.event for entry in records.entries_of(unit.last_attempt)]
    shown = not any(isinstance(one, StepFinished) and "not_proven" in one.results for one in last)
    standing = records.standing_certificates(unit.device_id)
    for row in standing:
        if row.spki_sha256 in _gone_with_their_attempts(records, unit):
            yield Finding(Kind.LOST, f"{unit.device_id}: the key of a standing certificate went with its attempt")
    if len(standing) > 1:
        yield Finding(Kind.DOUBLED, f"{unit.device_id} has {len(standing)} certificates")
    for row in standing:
        gone = board.key is None or sha256_of(board.key) != row.spki_sha256
        if row.state == "active" and gone and shown and unit.outcome is not Outcome.QUARANTINED:
            what = f"{unit.device_id} ({unit.outcome}, {unit.fault}): the key of {row.device_id}'s certificate"
            yield Finding(Kind.LOST, f"{what} is not in board {board.serial}")
    if unit.outcome is not Outcome.PASSED:
        return
    if any(isinstance(one, StepFinished) and one.outcome is not Outcome.PASSED for one in last):
        yield Finding(Kind.WRONG, f"{unit.device_id} passed with a step that did not")
    if way_of_unit(records, unit).hands_over is not CredentialKind.CERTIFICATE:
        yield from _look_at_uncertified(records, unit, board)
        return
    leaf = active_leaf(records, unit)
    if leaf is None:
        yield Finding(Kind.WRONG, f"{unit.device_id} passed without a certificate")
        return
    if shown and board.key != leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo):
        yield Finding(Kind.LOST, f"{unit.device_id} passed with another key than its certificate's")
    if shown and not _proves(board, leaf):
        yield Finding(Kind.WRONG, f"{unit.device_id} passed and its modem does not prove its certificate's key")
    written = board.contents.get(CredentialType.CLIENT_CERT, "")
    if written != leaf.public_bytes(Encoding.PEM).decode() or CredentialType.ROOT_CA not in board.contents:
        yield Finding(Kind.WRONG, f"{unit.device_id} passed with other credentials than its record's")


def _gone_with_their_attempts(records: Records, unit: UnitRow) -> set[object]:
    """Return the keys that the station made in attempts that did not pass: it kept none of them."""
    lost = (one.id for one in records.attempts_of_unit(unit.id) if one.outcome in _BROKEN_OFF)
    made = (entry.event for one in lost for entry in records.entries_of(one))
    return {
        one.results["spki_sha256"]
        for one in made
        if isinstance(one, StepFinished) and one.results.get("made") == "made on the station"
    }


_BROKEN_OFF = (Outcome.FAILED, Outcome.ERROR, Outcome.ABORTED)


def way_of_unit(records: Records, unit: UnitRow) -> Way:
    """Return the way in which the unit was built last."""
    attempt = records.attempt(unit.last_attempt)
    assert attempt is not None
    return way_of(records, attempt.recipe)


_LEFT = {
    CredentialKind.PUBLIC_KEY: (StepKind.GENERATE, "spki_sha256"),
    CredentialKind.ATTESTATION_TOKEN: (StepKind.ATTEST, "attestation"),
    CredentialKind.ONBOARDING_TOKEN: (StepKind.ENROL, "onboarding"),
}


def handed_sha256(records: Records, unit: UnitRow) -> str | None:
    """Return the SHA-256 of what the cloud must have of the unit: of its DER, or of a token's text."""
    kind = way_of_unit(records, unit).hands_over
    if kind is CredentialKind.CERTIFICATE:
        leaf = active_leaf(records, unit)
        return None if leaf is None else sha256_of(leaf.public_bytes(Encoding.DER))
    left = _left(records, unit, kind)
    return left if left is None or kind is CredentialKind.PUBLIC_KEY else sha256_of(left.encode())


def _left(records: Records, unit: UnitRow, kind: CredentialKind) -> str | None:
    """Return what the unit's last attempt left for the cloud: a token, or a public key's SHA-256."""
    step, name = _LEFT[kind]
    for entry in records.entries_of(unit.last_attempt):
        if isinstance(entry.event, StepFinished) and entry.event.step is step and name in entry.event.results:
            return str(entry.event.results[name])
    return None


def _look_at_uncertified(records: Records, unit: UnitRow, board: Shown) -> Iterator[Finding]:
    way = way_of_unit(records, unit)
    if way is Way.PUBLIC_KEY:
        if board.key is None or sha256_of(board.key) != handed_sha256(records, unit):
            yield Finding(Kind.LOST, f"{unit.device_id} passed with another key than its record's")
        elif not _signs(board, read_p256_spki(board.key)):
            yield Finding(Kind.WRONG, f"{unit.device_id} passed and its modem does not prove its key")
        return
    token = _left(records, unit, way.hands_over)
    if token is None:
        yield Finding(Kind.WRONG, f"{unit.device_id} passed without a token")
    elif board.identity is not None and not _is_own(token, way, board.uuid, read_p256_spki(board.identity)):
        yield Finding(Kind.WRONG, f"{unit.device_id} passed with a token that is not its modem's")


def _is_own(token: str, way: Way, uuid: str, identity: ec.EllipticCurvePublicKey) -> bool:
    """Return whether the modem with this UUID and key made the token."""
    if way is Way.ATTESTATION:
        read = read_attestation(token)
        try:
            verify_attestation(read, identity)
        except Fault:
            return False
        return read.uuid == uuid
    try:
        claims = jwt.decode(token, identity, algorithms=["ES256"], options={"verify_signature": True, **_ANY_TIME})
    except jwt.PyJWTError:
        return False
    return bool(claims.get("sub") == uuid)


_ANY_TIME: Final = dict.fromkeys(("verify_exp", "verify_iat", "verify_nbf"), False)


def _proves(board: Shown, leaf: Certificate) -> bool:
    public = leaf.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    return _signs(board, public)


def _signs(board: Shown, public: ec.EllipticCurvePublicKey) -> bool:
    nonce = b"asked by the test"
    try:
        public.verify(board.sign(nonce), nonce, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, LookupError):
        return False
    return True


_THERE = frozenset({CloudState.ONBOARDED, CloudState.CLAIMED})


def look_into_cloud(
    records: Records, units: list[UnitRow], devices: Mapping[str, str], passed: Iterable[int]
) -> Iterator[Finding]:
    """Devices are there with their units' certificates, none that did not pass, and the journal knows.

    ``devices``: what the cloud has, with the SHA-256 of its certificate, key or token. ``passed``: attempts that
    passed for the cloud.
    """
    by_device = {str(unit.device_id): unit for unit in units}
    ever = {row.unit for one in passed if (row := records.attempt(one)) is not None}  # type: ignore[arg-type]  # an ID is a number
    for device, fingerprint in devices.items():
        unit = by_device.get(device)
        if unit is None or unit.id not in ever:
            yield Finding(Kind.WRONG, f"{device} is onboarded and never passed")
            continue
        current = unit.outcome is Outcome.PASSED and unit.cloud in _THERE
        if current and fingerprint != handed_sha256(records, unit):
            yield Finding(Kind.WRONG, f"{device} is onboarded with another credential than its record's")
    for unit in units:
        if unit.cloud in _THERE and unit.device_id not in devices:
            yield Finding(Kind.LOST, f"{unit.device_id} is onboarded, says the journal; the cloud does not know it")
        if unit.cloud in (CloudState.SENDING, CloudState.UNKNOWN):
            yield Finding(Kind.LOST, f"{unit.device_id} is still {unit.cloud}")


def count_posts(bodies: Iterable[Posted]) -> Iterator[Finding]:
    """No device with one credential is sent again once the cloud has taken it, but for a bare public key, which may be.

    Bodies come oldest first.
    """
    taken = Counter[tuple[str, str]]()
    for body in bodies:
        for number, (device, pem) in enumerate(body.rows):
            if pem.startswith("-----BEGIN PUBLIC KEY"):
                continue
            one = device, sha256_of(pem.strip().encode())
            if taken[one]:
                yield Finding(Kind.DOUBLED, f"{device} was sent again after the cloud had taken it")
            taken[one] += number not in body.refused


def count_keys(records: Records, units: list[UnitRow], boards: Mapping[str, Shown]) -> Iterator[Finding]:
    """Every key that a board made is accounted for: by its answer, as lost, or by the attempt that it fell in."""
    for unit in units:
        if (board := boards.get(unit.imei)) is None:
            continue
        attempts = records.attempts_of_unit(unit.id)
        told = sum(_asked([entry.event for entry in records.entries_of(attempt.id)]) for attempt in attempts)
        if board.keys_made > told:
            what = f"{unit.device_id} (board {board.serial}) made {board.keys_made} keys"
            yield Finding(Kind.LOST, f"{what}, the journal accounts for {told}")


def _asked(events: list[Event]) -> int:
    """Return how many times an attempt asked its board for a key, as far as the journal tells."""
    asked, asking = 0, False
    for one in events:
        match one:
            case StepIntended(step=StepKind.GENERATE):
                asking = True
            case StepIntended(step=StepKind.ENROL):
                asked += 1  # an nRF93M1 makes its key when it is first asked, and has it ever after
            case KeyLost() if asking:  # another is the end of what an earlier attempt asked for
                asked += 1
            case StepFinished(step=StepKind.GENERATE, results=results, fault=fault):
                asking = False
                # A key that was carried over was not asked for; nor is it a third time behind two lost answers.
                asked += results.get("adopted_from") is None and (fault is None or fault.code != KEYGEN_LOST_TWICE.code)
            case _:
                pass
    return asked + asking
