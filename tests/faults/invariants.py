"""What must be true after anything whatever: boards, cloud and files are asked, and the journal is held against them.

Every check returns findings; nothing raises for what the station did, so that one finding does not hide another.
"""

import base64
import contextlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests

from station.domain.events import AttemptClosed, CheckpointMade, Exported, ReworkDeclared, ReworkWithdrawn
from station.domain.ids import BatchId, EventSeq
from station.domain.line import CloudState, Outcome
from station.domain.modem import CredentialType
from station.evidence.forms import Broken
from station.evidence.verifier import verify_bundle, verify_journal
from station.host.files import sha256_of
from station.journal.agreement import find_disagreement
from station.journal.codec import Entry
from station.journal.reconciliation import reconcile
from station.journal.records import Records
from station.journal.rows import UnitRow
from station.simulator.cloud import LINE_TOKEN
from station.simulator.cloud_headed_rows import read_headed_rows
from station.simulator.cloud_rows import Row, RowsRefusedError, read_rows
from tests.faults.claims import (
    Finding,
    Kind,
    Posted,
    Shown,
    count_keys,
    count_posts,
    count_units,
    ends_of,
    look_at_board,
    look_into_cloud,
)
from tests.line.harness import PASSPHRASE, STAFF, Line
from tests.line.truth import TAG

_HOMES: Final = ("passphrase", "api-key", "token", "bench.json")
"""Where these belong; the last is the simulated bench's own."""


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
    truth = line.cloud_truth()
    devices = {one["device_id"]: one["certificate_sha256"] for one in truth["devices"]}
    devices |= {one["device_id"]: one["key_sha256"] for one in truth.get("public_keys", ())}
    devices |= {one["uuid"]: one["token_sha256"] for one in truth.get("claims", ())}
    boards = {imei: _shown(line, serial) for imei, serial in _serials(line).items()}
    with Records(data) as records:
        entries, units = list(records.entries_from(EventSeq(1))), records.find_units("", limit=100_000)
        passed = [one.event.attempt for one in entries if isinstance(one.event, AttemptClosed) and one.event.for_cloud]
        found += _acknowledged(heard, entries)
        found += count_units(records, units, boards)
        found += _counted(line, records, units)
        for unit in units:
            if unit.imei in boards:
                found += look_at_board(records, unit, boards[unit.imei])
        found += look_into_cloud(records, units, devices, passed)
        found += count_posts(_bodies(line, truth))
        found += count_keys(records, units, boards)
        found += _one_way(line, records, entries)
        found += _sound(line, records, sound)
        found += _exports(line, entries)
    found += _verified(line, heard.notes)
    found += _secrets(line)
    return found


def _acknowledged(heard: Heard, entries: list[Entry]) -> Iterator[Finding]:
    """What was acknowledged is there; what was shown had been acknowledged; every attempt has one end."""
    there = {entry.seq: entry.event for entry in entries}
    for seq, kind in heard.committed.items():
        if (event := there.get(EventSeq(seq))) is None or event.kind != kind:
            yield Finding(Kind.LOST, f"entry {seq} ({kind}) was acknowledged and is not in the journal")
    ends, odd = ends_of(entries)
    yield from odd
    for attempt, outcome in heard.drawn:
        if Outcome(outcome) not in ends.get(attempt, []):
            yield Finding(Kind.WRONG, f"attempt {attempt} was shown as {outcome}, which no entry says")


def _counted(line: Line, records: Records, units: list[UnitRow]) -> Iterator[Finding]:
    """Units in = passed + failed + error + quarantined + aborted + in progress."""
    for attempt in records.open_attempts():
        yield Finding(Kind.LOST, f"attempt {attempt.id} has no end")
    known = {unit.imei for unit in units}
    for imei, serial in _serials(line).items():
        asked = any("%KEYGEN" in str(one["command"]) for one in line.bench.describe_log(serial))
        if imei not in known and asked:
            yield Finding(Kind.LOST, f"board {serial} was asked for a key and is no unit")
    for batch in records.batch_names():
        rows, counts = records.units_of(BatchId(batch)), reconcile(records, BatchId(batch))
        if counts.started < len(rows):
            yield Finding(Kind.WRONG, f"batch {batch}: {len(rows)} units, {counts.counts()}")


def _shown(line: Line, serial: str) -> Shown:
    told = line.board(serial)
    items = {one["type"]: one for one in told["credentials"] if one["sec_tag"] == TAG}
    key = items.get(CredentialType.CLIENT_KEY, {}).get("public_key")
    return Shown(
        serial,
        str(told["imei"]),
        int(told["counters"]["keys_generated"]),
        bytes.fromhex(key) if key else None,
        {kind: str(one.get("content", "")).replace("\r\n", "\n") for kind, one in items.items()},
        lambda nonce: line.bench.sign(serial, TAG, nonce),
    )


def _bodies(line: Line, truth: dict[str, Any]) -> Iterator[Posted]:
    base = line.cloud.base_url.removesuffix("/v1")
    for operation in reversed(truth["operations"]):
        body = requests.get(f"{base}/_truth/body/{operation['request_id']}", timeout=5).content
        rows = _rows_of(body, headed="/" in operation["team_id"])
        refused = {rows[int(number)].device_id for number in operation["errors"]}
        told = frozenset(number for number, row in enumerate(rows) if row.device_id in refused)
        yield Posted([(row.device_id, row.pem) for row in rows], told)


def _rows_of(body: bytes, *, headed: bool) -> tuple[Row, ...]:
    """Read a body as the cloud did: a project's has a header, a team's tells by its columns what it is."""
    if headed:
        return read_headed_rows(body, "text/csv")
    for form in ({}, {"replacing": True}):
        with contextlib.suppress(RowsRefusedError):
            return read_rows(body, "text/csv", **form)
    return read_rows(body, "text/csv", registering=True)


def _one_way(line: Line, records: Records, entries: list[Entry]) -> Iterator[Finding]:
    """No board was locked more often than people allowed: once, and once more for each rework that stood."""
    reworks = Counter(entry.event.unit for entry in entries if isinstance(entry.event, ReworkDeclared))
    reworks -= Counter(entry.event.unit for entry in entries if isinstance(entry.event, ReworkWithdrawn))
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
        elif unit.cloud not in (CloudState.ONBOARDED, CloudState.CLAIMED):
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
    secrets = {"passphrase": PASSPHRASE.encode(), "API key": line.cloud.api_key.encode(), "token": LINE_TOKEN.encode()}
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
