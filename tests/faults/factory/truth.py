"""What must be true when a factory's day is over: boards and cloud are asked, and the journal is held against them."""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate, load_der_x509_certificate, load_pem_x509_certificate

from station.domain.events import AttemptClosed, AttemptOpened, KeyLost, StepFinished
from station.domain.ids import BatchId, EventSeq
from station.domain.line import CloudState, Outcome, StepKind
from station.domain.modem import CredentialType
from station.evidence.forms import Broken
from station.evidence.verifier import verify_journal
from station.host.files import sha256_of
from station.journal.agreement import find_disagreement
from station.journal.records import Records
from station.journal.rows import UnitRow
from tests.faults.factory.boards import Piece
from tests.faults.invariants import Finding, Kind
from tests.line.harness import PASSPHRASE
from tests.line.truth import TAG

if TYPE_CHECKING:
    from tests.faults.factory.factory import Factory


def examine(factory: "Factory") -> list[Finding]:
    """Return all that is wrong. The station's program has ended."""
    found: list[Finding] = []
    with Records(factory.plant.folder) as records:
        units = records.find_units("", limit=10_000_000)
        found += _log(factory, records)
        found += _counted(factory, records, units)
        found += _boards(factory, records, units)
        found += _cloud(factory, records, units)
        found += _keys(factory, records, units)
        found += _sound(factory, records, units)
    found += _verified(factory)
    found += _secrets(factory)
    return found


def _log(factory: "Factory", records: Records) -> Iterator[Finding]:
    """What was acknowledged is there; what was drawn had been; every attempt has one end; old roots still hold."""
    heard, ends, opened = factory.heard, dict[int, list[Outcome]](), list[int]()
    acknowledged, digest = dict(heard.acknowledged), hashlib.sha256()
    for entry in records.entries_from(EventSeq(1)):
        kind = acknowledged.pop(entry.seq, entry.event.kind)
        if kind != entry.event.kind:
            yield Finding(Kind.LOST, f"entry {entry.seq} was acknowledged as {kind} and is {entry.event.kind}")
        if isinstance(entry.event, AttemptOpened):
            opened.append(entry.seq)
        elif isinstance(entry.event, AttemptClosed):
            ends.setdefault(entry.event.attempt, []).append(entry.event.outcome)
    for seq, kind in acknowledged.items():
        yield Finding(Kind.LOST, f"entry {seq} ({kind}) was acknowledged and is not there")
    for attempt in opened:
        if len(ends.get(attempt, [])) != 1:
            yield Finding(Kind.DOUBLED if attempt in ends else Kind.LOST, f"attempt {attempt} ends {ends.get(attempt)}")
    for attempt, outcomes in heard.drawn.items():
        if not outcomes <= set(ends.get(attempt, [])):
            yield Finding(Kind.WRONG, f"attempt {attempt} was shown as {outcomes}, and is {ends.get(attempt)}")
    for attempt, outcome in heard.ended.items():
        if ends.get(attempt) != [outcome]:
            yield Finding(Kind.WRONG, f"attempt {attempt} was told as {outcome}, and is {ends.get(attempt)}")
    tree, last = records.tree(), records.last_seq()
    for size, root in heard.roots:
        if size > last or tree.root(size) != root:
            yield Finding(Kind.LOST, f"the log of {size} entries is not what it was")
    digest.update(tree.root(last))
    factory.figures.entries, factory.figures.digest = int(last), digest.hexdigest()


def _counted(factory: "Factory", records: Records, units: list[UnitRow]) -> Iterator[Finding]:
    """Units in = passed + failed + error + quarantined + aborted + in progress."""
    pieces = {piece.board.imei: piece for piece in factory.pieces.values()}
    for imei, count in Counter(unit.imei for unit in units).items():
        if count > 1:
            yield Finding(Kind.DOUBLED, f"{imei} is {count} units")
    for unit in units:
        if unit.imei not in pieces:
            yield Finding(Kind.WRONG, f"{unit.device_id} ({unit.imei}) is no board")
        elif unit.uuid is not None and unit.uuid != pieces[unit.imei].board.uuid:
            yield Finding(Kind.WRONG, f"{unit.device_id} has the UUID of no such board")
        if unit.outcome is None:
            yield Finding(Kind.LOST, f"{unit.device_id} has no outcome")
    known = {unit.imei for unit in units}
    for piece in pieces.values():
        if piece.board.imei not in known and piece.board.counters.keys_generated:
            yield Finding(Kind.LOST, f"board {piece.board.serial} was given a key and is no unit")
    total = Counter(unit.outcome for unit in units)
    nameless = sum(piece.board.imei not in known for piece in pieces.values())
    if sum(total.values()) + nameless != len(pieces):
        yield Finding(Kind.LOST, f"{len(pieces)} boards came in, {dict(total)} and {nameless} without a name went out")
    for batch in records.batch_names():
        rows, tally = records.units_of(BatchId(batch)), records.tally(BatchId(batch))
        if sum(tally.outcomes.values()) != len(rows):
            yield Finding(Kind.WRONG, f"batch {batch} has {len(rows)} units and counts {tally.outcomes}")


def _leaf(records: Records, unit: UnitRow) -> Certificate | None:
    row = records.active_certificate(unit.device_id)
    return None if row is None else load_der_x509_certificate(records.certificate_der(row))


def _spki(leaf: Certificate) -> bytes:
    return leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _boards(factory: "Factory", records: Records, units: list[UnitRow]) -> Iterator[Finding]:
    """A unit that passed holds the key of its certificate and proves it; a certificate that stands has its key."""
    pieces = {piece.board.imei: piece for piece in factory.pieces.values()}
    for unit in units:
        piece = pieces.get(unit.imei)
        if piece is None:
            continue
        standing, leaf = records.standing_certificates(unit.device_id), _leaf(records, unit)
        if len(standing) > 1:
            yield Finding(Kind.DOUBLED, f"{unit.device_id} has {len(standing)} certificates")
        key = piece.board.key(TAG)
        if leaf is not None and unit.outcome is not Outcome.QUARANTINED and (key is None or key.spki != _spki(leaf)):
            yield Finding(Kind.LOST, f"{unit.device_id} ({unit.outcome}, {unit.fault}): its key is not in its board")
        if unit.outcome is Outcome.PASSED:
            yield from _passed(records, unit, piece, leaf)


def _passed(records: Records, unit: UnitRow, piece: Piece, leaf: Certificate | None) -> Iterator[Finding]:
    if leaf is None:
        yield Finding(Kind.WRONG, f"{unit.device_id} passed without a certificate")
        return
    if not _proves(piece, leaf):
        yield Finding(Kind.WRONG, f"{unit.device_id} passed and its modem does not prove its certificate's key")
    held = {item.type: item.content for item in piece.board.stored() if item.sec_tag == TAG}
    content = held.get(CredentialType.CLIENT_CERT, b"").replace(b"\r\n", b"\n")
    if content != leaf.public_bytes(Encoding.PEM) or CredentialType.ROOT_CA not in held:
        yield Finding(Kind.WRONG, f"{unit.device_id} passed with other credentials than its record's")
    last = [entry.event for entry in records.entries_of(unit.last_attempt)]
    if any(isinstance(one, StepFinished) and one.outcome is not Outcome.PASSED for one in last):
        yield Finding(Kind.WRONG, f"{unit.device_id} passed with a step that did not")


def _proves(piece: Piece, leaf: Certificate) -> bool:
    public, key, nonce = leaf.public_key(), piece.board.key(TAG), b"asked by the test"
    if key is None or not isinstance(public, ec.EllipticCurvePublicKey):
        return False
    try:
        public.verify(key.sign_der(nonce), nonce, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _cloud(factory: "Factory", records: Records, units: list[UnitRow]) -> Iterator[Finding]:
    """Each unit is onboarded once and with its certificate, none that did not pass, and the journal knows."""
    world, by_device = factory.cloud.world, {unit.device_id: unit for unit in units}
    passed = {attempt for attempt, ends in factory.heard.drawn.items() if Outcome.PASSED in ends}
    ever = {row.unit for attempt in passed if (row := records.attempt(attempt)) is not None}  # type: ignore[arg-type]  # an ID is a number
    there = {device.device_id: device.fingerprint for device in world.devices()}
    for device, fingerprint in there.items():
        unit = by_device.get(device)  # type: ignore[call-overload]  # an ID is text
        if unit is None or unit.id not in ever:
            yield Finding(Kind.WRONG, f"{device} is onboarded and never passed")
            continue
        leaf = _leaf(records, unit)
        current = unit.outcome is Outcome.PASSED and unit.cloud is CloudState.ONBOARDED
        if current and (leaf is None or fingerprint != sha256_of(leaf.public_bytes(Encoding.DER))):
            yield Finding(Kind.WRONG, f"{device} is onboarded with another certificate than its record's")
    for unit in units:
        if unit.cloud is CloudState.ONBOARDED and unit.device_id not in there:
            yield Finding(Kind.LOST, f"{unit.device_id} is onboarded, says the journal; the cloud does not know it")
        settled = (CloudState.ONBOARDED, CloudState.REFUSED, CloudState.HELD)
        if unit.outcome is Outcome.PASSED and unit.cloud not in settled:
            yield Finding(Kind.LOST, f"{unit.device_id} passed and is {unit.cloud}")
        if unit.cloud is CloudState.REFUSED and unit.device_id in there and unit.attempts == 1:
            yield Finding(Kind.WRONG, f"{unit.device_id} is refused, says the journal; the cloud has it")
    yield from _posted_once(factory)
    if factory.cloud.leaks:
        yield Finding(Kind.WRONG, f"the key was shown to another host {factory.cloud.leaks} times")


def _posted_once(factory: "Factory") -> Iterator[Finding]:
    taken = Counter[tuple[str, str]]()
    for operation in reversed(factory.cloud.world.operations()):
        for number, row in enumerate(operation.rows):
            leaf = load_pem_x509_certificate(row.pem.encode()).public_bytes(Encoding.DER)
            one = (row.device_id, sha256_of(leaf))
            if taken[one]:
                yield Finding(Kind.DOUBLED, f"{row.device_id} was sent again after the cloud had taken it")
            taken[one] += number not in operation.errors


def _keys(factory: "Factory", records: Records, units: list[UnitRow]) -> Iterator[Finding]:
    """Every key that a board made is accounted for: by its answer, as lost, or by the attempt that asked for it."""
    pieces = {piece.board.imei: piece for piece in factory.pieces.values()}
    for unit in units:
        if (piece := pieces.get(unit.imei)) is None or piece.forgets:
            continue  # a key that a restart took away before anybody heard of it is nobody's any more
        told = 0
        for attempt in records.attempts_of_unit(unit.id):
            events = [entry.event for entry in records.entries_of(attempt.id)]
            answered = [one for one in events if isinstance(one, StepFinished) and one.step is StepKind.GENERATE]
            adopted = [one.outcome is Outcome.PASSED and one.results.get("adopted_from") for one in answered]
            told += sum(not one for one in adopted)
            told += sum(isinstance(one, KeyLost) for one in events)
            told += attempt.orphan is StepKind.GENERATE
        made = piece.board.counters.keys_generated
        if made > told:
            yield Finding(Kind.LOST, f"{unit.device_id} made {made} keys, the journal accounts for {told}")


def _sound(factory: "Factory", records: Records, units: list[UnitRow]) -> Iterator[Finding]:
    """A board with which nothing is wrong, and which nothing befell, has never failed."""
    by_imei = {unit.imei: unit for unit in units}
    for piece in factory.pieces.values():
        if not piece.sound or piece.touched:
            continue
        unit = by_imei.get(piece.board.imei)
        for attempt in records.attempts_of_unit(unit.id) if unit is not None else ():
            if attempt.outcome is Outcome.FAILED and attempt.slot != len(factory.plant.places):
                what = f"board {piece.board.serial}, which is sound, failed in attempt {attempt.id}: {attempt.fault}"
                yield Finding(Kind.WRONG, what)


def _verified(factory: "Factory") -> Iterator[Finding]:
    try:
        verify_journal(factory.plant.folder)
    except Broken as error:
        yield Finding(Kind.WRONG, f"the journal: {error}")
    if (differs := find_disagreement(factory.plant.folder)) is not None:
        yield Finding(Kind.WRONG, f"the tables: {differs}")


def _secrets(factory: "Factory") -> Iterator[Finding]:
    """No planted secret is in any file; of the boards' private keys, some are looked for."""
    secrets = {"passphrase": PASSPHRASE.encode(), "API key": factory.cloud.api_key.encode()}
    for piece in list(factory.pieces.values())[:: max(1, len(factory.pieces) // 25)]:
        if (key := piece.board.key(TAG)) is not None:
            text = "".join(key.private_pem.splitlines()[1:-1])
            # The scalar itself, wherever the base64 of a PEM begins.
            secrets[f"key of {piece.board.serial}"] = base64.b64decode(text)[36:68]
    wanted = {
        name: (one, base64.b64encode(one)[:-4], one.hex().encode(), one.hex().upper().encode())
        for name, one in secrets.items()
    }
    for path in factory.plant.folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for name, forms in wanted.items():
            if any(form in content for form in forms):
                yield Finding(Kind.WRONG, f"the {name} is in {path.name}")
