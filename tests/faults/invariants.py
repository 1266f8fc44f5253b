"""What must be true after anything whatever: boards, cloud and files are asked, and the journal is held against them.

Every check returns findings; nothing raises for what the station did, so that one finding does not hide another.
"""

import base64
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate, load_der_x509_certificate, load_pem_x509_certificate

from station.domain.events import (
    AttemptClosed,
    AttemptOpened,
    CheckpointMade,
    Exported,
    KeyLost,
    ReworkDeclared,
    StepFinished,
)
from station.domain.ids import BatchId, EventSeq
from station.domain.line import CloudState, Outcome, StepKind
from station.domain.modem import CredentialType
from station.evidence.forms import Broken
from station.evidence.verifier import verify_bundle, verify_journal
from station.host.files import sha256_of
from station.journal.agreement import find_disagreement
from station.journal.codec import Entry
from station.journal.reconciliation import reconcile
from station.journal.records import Records
from station.journal.rows import UnitRow
from station.simulator.cloud_rows import read_rows
from tests.line.harness import PASSPHRASE, STAFF, Line
from tests.line.truth import TAG

_HOMES: Final = ("passphrase", "api-key", "bench.json")
"""Where these belong; the last is the simulated bench's own."""


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
class Heard:
    """What a program that lived under a spy let others know before it ended."""

    points: list[str]
    committed: dict[int, str]
    drawn: list[tuple[int, str]]
    notes: list[str]

    @staticmethod
    def read(log: Path) -> "Heard":
        """Read what it wrote down."""
        heard = Heard([], {}, [], [])
        for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else ():
            match json.loads(line):
                case {"point": point}:
                    heard.points.append(point)
                case {"committed": seq, "kind": kind, **more}:
                    heard.committed[seq] = kind
                    heard.notes.extend([str(more["note"])] if "note" in more else [])
                case {"drawn": attempt, "outcome": outcome}:
                    heard.drawn.append((attempt, outcome))
        return heard


def examine(line: Line, heard: Heard, sound: tuple[str, ...]) -> list[Finding]:
    """Return all that is wrong with a station that was killed, started again and brought to its end.

    ``sound`` are the boards with which nothing is wrong.
    """
    data = line.folder / "data"
    found: list[Finding] = []
    with Records(data) as records:
        entries = list(records.entries_from(EventSeq(1)))
        found += _acknowledged(heard, entries)
        found += _counted(line, records, entries)
        found += _boards(line, records)
        found += _cloud(line, records, entries)
        found += _keys(line, records)
        found += _one_way(line, records, entries)
        found += _sound(line, records, sound)
        found += _exports(line, entries)
    found += _verified(line, heard.notes)
    found += _secrets(line)
    return found


def _acknowledged(heard: Heard, entries: list[Entry]) -> Iterator[Finding]:
    """What was acknowledged is there; what was shown had been acknowledged."""
    there = {entry.seq: entry.event for entry in entries}
    for seq, kind in heard.committed.items():
        if (event := there.get(EventSeq(seq))) is None or event.kind != kind:
            yield Finding(Kind.LOST, f"entry {seq} ({kind}) was acknowledged and is not in the journal")
    ends: dict[int, set[str]] = {}
    for one in there.values():
        if isinstance(one, AttemptClosed):
            ends.setdefault(one.attempt, set()).add(str(one.outcome))
    for attempt, outcome in heard.drawn:
        if outcome not in ends.get(attempt, set()):
            yield Finding(Kind.WRONG, f"attempt {attempt} was shown as {outcome}, which no entry says")


def _counted(line: Line, records: Records, entries: list[Entry]) -> Iterator[Finding]:
    """Units in = passed + failed + error + quarantined + aborted + in progress."""
    for attempt in records.open_attempts():
        yield Finding(Kind.LOST, f"attempt {attempt.id} has no end")
    units = records.find_units("", limit=100_000)
    by_imei = Counter[str](unit.imei for unit in units)
    for imei, count in by_imei.items():
        if count > 1:
            yield Finding(Kind.DOUBLED, f"{imei} is {count} units")
    boards = _serials(line)
    for imei, serial in boards.items():
        generated = any("%KEYGEN" in str(one["command"]) for one in line.bench.describe_log(serial))
        if imei not in by_imei and generated:
            yield Finding(Kind.LOST, f"board {serial} was given a key and is no unit")
    for unit in units:
        if unit.imei not in boards:
            yield Finding(Kind.WRONG, f"{unit.device_id} is no board")
    closed = Counter[int](one.event.attempt for one in entries if isinstance(one.event, AttemptClosed))
    opened = [one.seq for one in entries if isinstance(one.event, AttemptOpened)]
    for seq in opened:
        if closed[seq] != 1:
            yield Finding(Kind.DOUBLED if closed[seq] else Kind.LOST, f"attempt {seq} has {closed[seq]} ends")
    for batch in records.batch_names():
        rows = records.units_of(BatchId(batch))
        counts, tally = reconcile(records, BatchId(batch)), records.tally(BatchId(batch))
        if sum(tally.outcomes.values()) != len(rows) or counts.started < len(rows):
            yield Finding(Kind.WRONG, f"batch {batch}: {len(rows)} units, {tally.outcomes}, {counts.counts()}")


def _held(line: Line, serial: str) -> dict[int, dict[str, Any]]:
    return {one["type"]: one for one in line.board(serial)["credentials"] if one["sec_tag"] == TAG}


def _leaf(records: Records, unit: UnitRow) -> Certificate | None:
    row = records.active_certificate(unit.device_id)
    return None if row is None else load_der_x509_certificate(records.certificate_der(row))


def _public(leaf: Certificate) -> str:
    return leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()


def _boards(line: Line, records: Records) -> Iterator[Finding]:
    """A unit that passed holds the key of its certificate, and proves it; a certificate that stands has its key."""
    serials = _serials(line)
    for unit in records.find_units("", limit=100_000):
        serial, leaf = serials.get(unit.imei, ""), _leaf(records, unit)
        standing = records.standing_certificates(unit.device_id)
        if len(standing) > 1:
            yield Finding(Kind.DOUBLED, f"{unit.device_id} has {len(standing)} certificates")
        if not serial:
            continue
        items = _held(line, serial)
        key = items.get(CredentialType.CLIENT_KEY, {}).get("public_key")
        if leaf is not None and key != _public(leaf) and unit.outcome is not Outcome.QUARANTINED:
            yield Finding(Kind.LOST, f"{unit.device_id} ({unit.outcome}): its certificate's key is not in {serial}")
        if unit.outcome is not Outcome.PASSED:
            continue
        if leaf is None:
            yield Finding(Kind.WRONG, f"{unit.device_id} passed without a certificate")
            continue
        if not _proves(line, serial, leaf):
            yield Finding(Kind.WRONG, f"{unit.device_id} passed and its modem does not prove its certificate's key")
        written = str(items.get(CredentialType.CLIENT_CERT, {}).get("content", "")).replace("\r\n", "\n")
        if written != leaf.public_bytes(Encoding.PEM).decode() or CredentialType.ROOT_CA not in items:
            yield Finding(Kind.WRONG, f"{unit.device_id} passed with other credentials than its record's")
        last = [one.event for one in records.entries_of(unit.last_attempt)]
        if any(isinstance(one, StepFinished) and one.outcome is not Outcome.PASSED for one in last):
            yield Finding(Kind.WRONG, f"{unit.device_id} passed with a step that did not")


def _proves(line: Line, serial: str, leaf: Certificate) -> bool:
    public, nonce = leaf.public_key(), b"asked by the test"
    assert isinstance(public, ec.EllipticCurvePublicKey)
    try:
        public.verify(line.bench.sign(serial, TAG, nonce), nonce, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, LookupError):
        return False
    return True


def _cloud(line: Line, records: Records, entries: list[Entry]) -> Iterator[Finding]:
    """Each unit is onboarded once and with its certificate; none that did not pass; and the journal knows."""
    truth = line.cloud_truth()
    devices = {one["device_id"]: one["certificate_sha256"] for one in truth["devices"]}
    units = {unit.device_id: unit for unit in records.find_units("", limit=100_000)}
    passed = {one.event.attempt for one in entries if isinstance(one.event, AttemptClosed) and one.event.for_cloud}
    by_unit = {attempt.unit for one in passed if (attempt := records.attempt(one)) is not None}
    for device, fingerprint in devices.items():
        unit = units.get(device)
        if unit is None or unit.id not in by_unit:
            yield Finding(Kind.WRONG, f"{device} is onboarded and never passed")
            continue
        leaf = _leaf(records, unit)
        current = unit.outcome is Outcome.PASSED and unit.cloud is CloudState.ONBOARDED
        if current and (leaf is None or fingerprint != sha256_of(leaf.public_bytes(Encoding.DER))):
            yield Finding(Kind.WRONG, f"{device} is onboarded with another certificate than its record's")
    for unit in units.values():
        if unit.cloud is CloudState.ONBOARDED and unit.device_id not in devices:
            yield Finding(Kind.LOST, f"{unit.device_id} is onboarded, says the journal; the cloud does not know it")
        if unit.cloud in (CloudState.SENDING, CloudState.UNKNOWN):
            yield Finding(Kind.LOST, f"{unit.device_id} is still {unit.cloud}")
    yield from _posted_once(line, truth)


def _posted_once(line: Line, truth: dict[str, Any]) -> Iterator[Finding]:
    taken = Counter[tuple[str, str]]()
    base = line.cloud.base_url.removesuffix("/v1")
    for operation in reversed(truth["operations"]):
        body = requests.get(f"{base}/_truth/body/{operation['request_id']}", timeout=5).content
        try:
            rows = read_rows(body, "text/csv")
        except Exception:  # noqa: BLE001 -- the simulator's own refusal of the one form means that it is the other
            rows = read_rows(body, "text/csv", replacing=True)
        for row in rows:
            leaf = load_pem_x509_certificate(row.pem.encode()).public_bytes(Encoding.DER)
            one = (row.device_id, sha256_of(leaf))
            if taken[one]:
                yield Finding(Kind.DOUBLED, f"{row.device_id} was sent again after the cloud had taken it")
            taken[one] += not _refused(operation, row.device_id, rows)


def _refused(operation: dict[str, Any], device: str, rows: Any) -> bool:
    return any(rows[int(number)].device_id == device for number in operation["errors"])


def _keys(line: Line, records: Records) -> Iterator[Finding]:
    """Every key that a board made is accounted for: by its answer, as lost, or by the attempt that it fell in."""
    told = Counter[str]()
    for unit in records.find_units("", limit=100_000):
        for attempt in records.attempts_of_unit(unit.id):
            events = [entry.event for entry in records.entries_of(attempt.id)]
            answered = [one for one in events if isinstance(one, StepFinished) and one.step is StepKind.GENERATE]
            told[unit.imei] += sum(
                one.outcome is not Outcome.PASSED or one.results.get("adopted_from") is None for one in answered
            )
            told[unit.imei] += sum(isinstance(one, KeyLost) for one in events)
            told[unit.imei] += attempt.orphan is StepKind.GENERATE
    for board in line.bench.describe_boards():
        made = int(line.board(str(board["serial"]))["counters"]["keys_generated"])
        if made > told[str(board["imei"])]:
            yield Finding(Kind.LOST, f"board {board['serial']} made {made} keys, the journal accounts for fewer")


def _one_way(line: Line, records: Records, entries: list[Entry]) -> Iterator[Finding]:
    """No board was locked more often than people allowed: once, and once more for each rework."""
    reworks = Counter(entry.event.unit for entry in entries if isinstance(entry.event, ReworkDeclared))
    units = {str(unit.imei): unit.id for unit in records.find_units("", limit=100_000)}
    for imei, serial in _serials(line).items():
        locked, unit = int(line.board(serial)["counters"]["locked"]), units.get(imei)
        if locked > 1 + (reworks[unit] if unit is not None else 0):
            yield Finding(Kind.DOUBLED, f"board {serial} was locked {locked} times")


def _serials(line: Line) -> dict[str, str]:
    return {str(board["imei"]): str(board["serial"]) for board in line.bench.describe_boards()}


def _sound(line: Line, records: Records, sound: tuple[str, ...]) -> Iterator[Finding]:
    """A board with which nothing is wrong has never failed, and has passed and is onboarded in the end."""
    units = {unit.imei: unit for unit in records.find_units("", limit=100_000)}
    for serial in sound:
        unit = units.get(line.board(serial)["imei"])
        if unit is None:
            yield Finding(Kind.LOST, f"board {serial} is no unit")
            continue
        if unit.outcome is not Outcome.PASSED:
            yield Finding(Kind.WRONG, f"board {serial}, which is sound, ended as {unit.outcome} ({unit.fault})")
        elif unit.cloud is not CloudState.ONBOARDED:
            yield Finding(Kind.LOST, f"board {serial} passed and is {unit.cloud}, not onboarded")
        for attempt in records.attempts_of_unit(unit.id):
            if attempt.outcome is Outcome.FAILED:
                yield Finding(Kind.WRONG, f"board {serial}, which is sound, failed in attempt {attempt.id}")


def _exports(line: Line, entries: list[Entry]) -> Iterator[Finding]:
    """Every export that the journal names is there, whole; every bundle that is there holds."""
    files = {sha256_of(path.read_bytes()) for path in line.folder.glob("exports-*/*") if path.is_file()}
    for entry in entries:
        if isinstance(entry.event, Exported) and entry.event.sha256 not in files:
            yield Finding(Kind.LOST, f"the export of entry {entry.seq} ({entry.event.what}) is not there")
    for path in line.folder.glob("exports-*/*.zip"):
        if path.name.startswith(".") or path.name.endswith(".backup.zip"):
            continue
        try:
            verify_bundle(path)
        except Broken as error:
            yield Finding(Kind.WRONG, f"{path.name}: {error}")


def _verified(line: Line, notes: list[str]) -> Iterator[Finding]:
    """The log holds, continues every checkpoint that was ever made, and its tables follow from it."""
    data, away = line.folder / "data", line.folder / "away"
    kept = dict.fromkeys([*notes, *(path.read_text() for path in sorted(away.glob("*.txt")))])
    with Records(data) as records:
        made = [one.event for one in records.entries_of_kind(CheckpointMade.kind)]
    known = {one.note for one in made if isinstance(one, CheckpointMade)}
    yield from (Finding(Kind.LOST, "a checkpoint was made that no entry holds") for note in kept if note not in known)
    for one in made:
        name = f"*-{one.size}.txt" if isinstance(one, CheckpointMade) else ""
        for folder in (data / "checkpoints", away):
            if folder.is_dir() and not list(folder.glob(name)):
                yield Finding(Kind.LOST, f"the checkpoint {name} is not in {folder.name}")
    try:
        verify_journal(data, kept=list(kept))
    except Broken as error:
        yield Finding(Kind.WRONG, f"the journal: {error}")
    if (differs := find_disagreement(data)) is not None:
        yield Finding(Kind.WRONG, f"the tables: {differs}")


def _secrets(line: Line) -> Iterator[Finding]:
    """No planted secret, and no private key of a board, is in any file but where it belongs."""
    secrets = {"passphrase": PASSPHRASE.encode(), "API key": line.cloud.api_key.encode()}
    secrets |= {f"PIN of {who}": pin.encode() for who, (pin, _) in STAFF.items() if pin}
    for board in line.bench.describe_boards():
        for item in line.bench.describe_board(str(board["serial"]), private=True)["credentials"]:  # type: ignore[attr-defined]  # JSON
            if private := item.get("private_key"):
                secrets[f"key of {board['serial']}"] = str(private).encode()
    wanted = {name: (secret, base64.b64encode(secret)[:-4], secret.hex().encode()) for name, secret in secrets.items()}
    for path in line.folder.rglob("*"):
        if not path.is_file() or path.name in _HOMES or path.suffix == ".sign-in":
            continue
        # A second's fraction has six digits, as a PIN may have.
        content = re.sub(rb":\d\d\.\d{6}", b"", path.read_bytes())
        for name, forms in wanted.items():
            # A PIN's few digits are in many a number: only where they stand alone.
            if any(form in content for form in forms[: 3 if not name.startswith("PIN") else 1]) and (
                not name.startswith("PIN") or _alone(forms[0], content)
            ):
                yield Finding(Kind.WRONG, f"the {name} is in {path.relative_to(line.folder)}")


def _alone(digits: bytes, content: bytes) -> bool:
    at = content.find(digits)
    while at >= 0:
        around = content[max(0, at - 1) : at] + content[at + len(digits) : at + len(digits) + 1]
        if not any(chr(one).isalnum() for one in around):
            return True
        at = content.find(digits, at + 1)
    return False
