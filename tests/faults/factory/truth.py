"""What must be true when a factory's day is over: boards and cloud are asked, and the journal is held against them."""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from station.domain.ids import EventSeq
from station.domain.line import CloudState, Outcome
from station.domain.modem import CredentialType
from station.evidence.forms import Broken
from station.evidence.verifier import verify_journal
from station.journal.agreement import find_disagreement
from station.journal.codec import Entry
from station.journal.records import Records
from station.journal.rows import UnitRow
from station.journal.tree import Tree
from station.simulator.cloud import LINE_TOKEN
from station.simulator.nrf93 import ACCESS_KEY_TAG
from tests.faults.claims import (
    Finding,
    Kind,
    Shown,
    count_keys,
    count_posts,
    count_units,
    ends_of,
    look_at_board,
    look_into_cloud,
)
from tests.faults.factory.boards import Piece
from tests.faults.factory.truth_of_ways import look_at_checks, look_at_claims, what_the_cloud_has
from tests.line.harness import PASSPHRASE
from tests.line.truth import TAG

PUBLIC: Final = (CredentialType.ROOT_CA, CredentialType.CLIENT_CERT)

if TYPE_CHECKING:
    from tests.faults.factory.factory import Factory


def examine(factory: "Factory") -> list[Finding]:
    """Return all that is wrong. The station's program has ended."""
    found: list[Finding] = []
    boards = {piece.board.imei: _shown(piece) for piece in factory.pieces.values()}
    devices = what_the_cloud_has(factory.cloud)
    passed = [attempt for attempt, ends in factory.heard.drawn.items() if Outcome.PASSED in ends]
    with Records(factory.plant.folder) as records:
        units, entries = records.find_units("", limit=10_000_000), list(records.entries_from(EventSeq(1)))
        found += _log(factory, entries, records.tree())
        found += count_units(records, units, boards)
        found += _counted(factory, units)
        for unit in units:
            if unit.imei in boards:
                found += look_at_board(records, unit, boards[unit.imei])
        found += look_into_cloud(records, units, devices, passed)
        found += _settled(factory, units, devices)
        found += count_posts(factory.cloud.posted())
        found += look_at_claims(factory, records, units)
        found += look_at_checks(factory, records, units)
        found += count_keys(records, units, boards)
        found += _sound(factory, records, units)
    found += _verified(factory)
    found += _secrets(factory)
    return found


def _log(factory: "Factory", entries: list[Entry], tree: Tree) -> Iterator[Finding]:
    """What was acknowledged is there; what was drawn had been; every attempt has one end; old roots still hold."""
    heard, acknowledged = factory.heard, dict(factory.heard.acknowledged)
    for entry in entries:
        kind = acknowledged.pop(entry.seq, entry.event.kind)
        if kind != entry.event.kind:
            yield Finding(Kind.LOST, f"entry {entry.seq} was acknowledged as {kind} and is {entry.event.kind}")
    for seq, kind in acknowledged.items():
        yield Finding(Kind.LOST, f"entry {seq} ({kind}) was acknowledged and is not there")
    ends, odd = ends_of(entries)
    yield from odd
    for attempt, outcomes in heard.drawn.items():
        if not outcomes <= set(ends.get(attempt, [])):
            yield Finding(Kind.WRONG, f"attempt {attempt} was shown as {outcomes}, and is {ends.get(attempt)}")
    for attempt, outcome in heard.ended.items():
        if ends.get(attempt) != [outcome]:
            yield Finding(Kind.WRONG, f"attempt {attempt} was told as {outcome}, and is {ends.get(attempt)}")
    last = len(entries)
    for size, root in heard.roots:
        if size > last or tree.root(size) != root:
            yield Finding(Kind.LOST, f"the log of {size} entries is not what it was")
    factory.figures.entries, factory.figures.digest = last, hashlib.sha256(tree.root(last)).hexdigest()


def _counted(factory: "Factory", units: list[UnitRow]) -> Iterator[Finding]:
    """Units in = passed + failed + error + quarantined + aborted + in progress, and boards that nobody can name."""
    pieces = {piece.board.imei: piece for piece in factory.pieces.values()}
    for unit in units:
        if unit.uuid is not None and unit.imei in pieces and unit.uuid != pieces[unit.imei].board.uuid:
            yield Finding(Kind.WRONG, f"{unit.device_id} has the UUID of no such board")
    total = Counter(unit.outcome for unit in units)
    nameless = len(pieces.keys() - {unit.imei for unit in units})
    if sum(total.values()) + nameless != len(pieces):
        yield Finding(Kind.LOST, f"{len(pieces)} boards came in, {dict(total)} and {nameless} without a name went out")


def _shown(piece: Piece) -> Shown:
    board, key = piece.board, piece.board.key(TAG)
    held = {item.type: item.content for item in board.stored() if item.sec_tag == TAG}
    # Line ends as they were meant, and the NUL behind a text that a shell's store keeps.
    contents = {
        int(kind): held[kind].replace(b"\r\n", b"\n").rstrip(b"\0").decode("latin-1") for kind in PUBLIC if kind in held
    }
    public = key.spki if key is not None else None
    identity = board.key(ACCESS_KEY_TAG) if board.profile.is_nrf93 else board.identity

    def sign(data: bytes) -> bytes:
        if key is None:
            raise LookupError("no key")
        return key.sign_der(data)

    return Shown(
        board.serial,
        board.imei,
        board.counters.keys_generated,
        public,
        contents,
        sign,
        board.uuid,
        None if identity is None else identity.spki,
    )


def _settled(factory: "Factory", units: list[UnitRow], there: Mapping[str, str]) -> Iterator[Finding]:
    """What passed has come to its end with the cloud, and no rework is left that never began.

    But one with which a probe may have begun, on a board that then never said who it is.
    """
    for unit in units:
        settled = (CloudState.ONBOARDED, CloudState.CLAIMED, CloudState.REFUSED, CloudState.HELD)
        if unit.outcome is Outcome.PASSED and unit.cloud not in settled and unit.id not in factory.reworks.left_open:
            yield Finding(Kind.LOST, f"{unit.device_id} passed and is {unit.cloud}")
        if unit.rework and unit.id not in factory.reworks.left_open:
            yield Finding(Kind.LOST, f"the rework of {unit.device_id} neither began nor was withdrawn")
        if unit.cloud is CloudState.REFUSED and unit.device_id in there and unit.attempts == 1:
            yield Finding(Kind.WRONG, f"{unit.device_id} is refused, says the journal; the cloud has it")
    if factory.cloud.leaks:
        yield Finding(Kind.WRONG, f"the key was shown to another host {factory.cloud.leaks} times")


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
    secrets = {
        "passphrase": PASSPHRASE.encode(),
        "API key": factory.cloud.api_key.encode(),
        "organisation token": LINE_TOKEN.encode(),
    }
    pieces = list(factory.pieces.values())
    some = pieces[:: max(1, len(pieces) // 25)]
    for piece in pieces:
        # Of the boards that make their own, some; but each that this station made.
        made_here = piece.product.way.made_here
        if (made_here or any(piece is one for one in some)) and (key := piece.board.key(TAG)) is not None:
            text = "".join(key.private_pem.splitlines()[1:-1])
            # The scalar itself, wherever the base64 of a PEM begins.
            secrets[f"key of {piece.board.serial}"] = base64.b64decode(text)[36:68]
    for number, token in enumerate(sorted(factory.cloud.tokens)[:25]):
        secrets[f"device's token {number}"] = token.encode()
    wanted = {
        name: (one, base64.b64encode(one)[:-4], one.hex().encode(), one.hex().upper().encode())
        for name, one in secrets.items()
    }
    for path in factory.plant.folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for name, forms in wanted.items():
            if any(form in content for form in forms):
                yield Finding(Kind.WRONG, f"the {name} is in {path.name}")
