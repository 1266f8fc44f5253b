"""What a power cut may not touch, and what must be true behind it: world, journal and files are held together."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import requests
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from station.domain import events as e
from station.domain.ids import BatchId, EventSeq
from station.domain.line import CloudState, Outcome
from station.domain.secret import Secret
from station.evidence.forms import Broken
from station.evidence.verifier import verify_bundle, verify_journal
from station.host.files import sha256_of
from station.journal import agreement, records
from station.journal.journal import Build
from station.line.outbox_rules import OutboxRules
from station.people.roll import People
from station.simulator.cloud import SimulatedCloud
from station.simulator.cloud_rows import read_rows
from tests.faults.claims import Finding, Kind
from tests.faults.disk import Disk
from tests.line.harness import CHEAP
from tests.unit.credentials.conftest import ModemMaker

PASSPHRASE: Final = Secret("correct horse battery staple")
BATCH: Final = BatchId("WO-1")
UNITS: Final = 5
PEOPLE: Final = ("edith", "lena", "otto")
RULES: Final = OutboxRules(rows=2, longest_wait=0.0, settle=5.0, retry_first=1.0, retry_most=5.0)


class DayClock:
    """A clock that only waiting moves, and a little every look."""

    def __init__(self) -> None:
        self._at = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            self._at += timedelta(milliseconds=1)
            return self._at

    def monotonic(self) -> float:
        return (self.now() - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        with self._lock:
            self._at += timedelta(seconds=max(seconds, 0.001))
        return event.is_set()


@dataclass
class World:
    """What no power cut at the station touches: the boards, the cloud, and what people were told."""

    cloud: SimulatedCloud
    clock: DayClock
    makers: dict[int, ModemMaker] = field(default_factory=dict)
    acknowledged: dict[int, Build] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)
    settings: list[str] = field(default_factory=list)
    """What the settings file was to hold, oldest first; the last that is certain is at ``certain``."""
    certain: int = -1
    exports: dict[str, str] = field(default_factory=dict)
    """SHA-256 of an export whose making returned, by its name."""
    notes: list[str] = field(default_factory=list)


def find_torn(disk: Disk) -> Iterator[Finding]:
    """Every file that has its name is as it was meant, whole."""
    for path in disk.root.rglob("*"):
        if not path.is_file() or path.name.startswith(("journal.db", ".")) or _is_unfinished(path, disk.root):
            continue
        if sha256_of(path.read_bytes()) not in disk.meant.get(path, set()):
            yield Finding(Kind.WRONG, f"{path.relative_to(disk.root)} is not whole: {path.stat().st_size} bytes")


def _is_unfinished(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def find_left(root: Path, world: World) -> Iterator[Finding]:
    """What anybody was told is there: entries, people, settings, exports, checkpoints."""
    data = root / "data"
    if world.acknowledged:
        with records.Records(data) as reader:
            there = {entry.seq: entry.event for entry in reader.entries_from(EventSeq(1))}
        for seq, event in world.acknowledged.items():
            if callable(event) or there.get(EventSeq(seq)) == event:
                continue
            yield Finding(Kind.LOST, f"entry {seq} ({event.kind}) was acknowledged and is not there")
        known = {one.name for one in People(data, world.clock, CHEAP).all}
        yield from (Finding(Kind.LOST, f"{name} does not work here any more") for name in world.people - known)
        for event in there.values():
            if isinstance(event, e.Exported) and event.sha256 not in _hashes(root):
                yield Finding(Kind.LOST, f"an export of {event.what} that an entry names is not there")
    if world.certain >= 0:
        file = root / "station.toml"
        found = sha256_of(file.read_bytes()) if file.exists() else ""
        if found not in world.settings[world.certain :]:
            yield Finding(Kind.LOST, "settings that were saved are gone")
    for name, sha256 in world.exports.items():
        path = root / name
        if not path.exists() or sha256_of(path.read_bytes()) != sha256:
            yield Finding(Kind.LOST, f"{name} was exported and is gone")
    yield from _log(root, world)


def _hashes(root: Path) -> set[str]:
    return {sha256_of(path.read_bytes()) for path in root.glob("exports-*/*") if path.is_file()}


def _log(root: Path, world: World) -> Iterator[Finding]:
    """The log holds, and continues every checkpoint that was ever made."""
    data = root / "data"
    if not world.acknowledged:
        return
    notes = [*world.notes, *(path.read_text() for path in (root / "away").glob("[!.]*.txt"))]
    try:
        if (data / "evidence" / "station.vkey").exists():
            verify_journal(data, kept=list(dict.fromkeys(notes)))
        elif notes:
            yield Finding(Kind.LOST, "the key that signed is gone")
    except Broken as error:
        yield Finding(Kind.WRONG, f"the journal: {error}")
    if (differs := agreement.find_disagreement(data)) is not None:
        yield Finding(Kind.WRONG, f"the tables: {differs}")


def find_finished(root: Path, world: World) -> Iterator[Finding]:
    """The day is done: every board has passed once and is onboarded once, with the certificate of its own key."""
    data = root / "data"
    truth: Any = world.cloud.truth()
    devices = {one["device_id"]: one["certificate_sha256"] for one in truth["devices"]}
    with records.Records(data) as reader:
        units = reader.find_units("", limit=1000)
        if sorted(unit.device_id for unit in units) != [f"dev-{number}" for number in range(1, UNITS + 1)]:
            yield Finding(Kind.LOST, f"units: {[unit.device_id for unit in units]}")
        if reader.open_attempts():
            yield Finding(Kind.LOST, "an attempt has no end")
        for unit in units:
            if (unit.outcome, unit.cloud) != (Outcome.PASSED, CloudState.ONBOARDED):
                yield Finding(Kind.WRONG, f"{unit.device_id}: {unit.outcome}, {unit.cloud}")
            standing = reader.standing_certificates(unit.device_id)
            if len(standing) != 1:
                yield Finding(Kind.DOUBLED, f"{unit.device_id} has {len(standing)} certificates")
                continue
            der = reader.certificate_der(standing[0])
            maker = world.makers[int(unit.device_id.rpartition("-")[2])]
            if standing[0].spki_sha256 != sha256_of(maker.spki()):
                yield Finding(Kind.WRONG, f"{unit.device_id}: its certificate is of another key")
            if devices.get(unit.device_id) != sha256_of(der):
                yield Finding(Kind.LOST, f"{unit.device_id} is not onboarded with its certificate")
    yield from (Finding(Kind.WRONG, f"{one} is onboarded and no unit") for one in devices.keys() - _ids())
    yield from _sent_once(world, truth)
    for path in root.glob("exports-*/[!.]*.zip"):
        try:
            verify_bundle(path)
        except Broken as error:
            yield Finding(Kind.WRONG, f"{path.name}: {error}")
    yield from find_left(root, world)


def _ids() -> set[str]:
    return {f"dev-{number}" for number in range(1, UNITS + 1)}


def _sent_once(world: World, truth: dict[str, Any]) -> Iterator[Finding]:
    sent = Counter[tuple[str, str]]()
    base = world.cloud.base_url.removesuffix("/v1")
    for operation in truth["operations"]:
        body = requests.get(f"{base}/_truth/body/{operation['request_id']}", timeout=5).content
        for row in read_rows(body, "text/csv"):
            leaf = load_pem_x509_certificate(row.pem.encode()).public_bytes(Encoding.DER)
            sent[(row.device_id, sha256_of(leaf))] += 1
    yield from (Finding(Kind.DOUBLED, f"{one} was sent {count} times") for (one, _), count in sent.items() if count > 1)
