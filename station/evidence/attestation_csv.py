"""Attestation tokens as Nordic's own clients keep them: gathered on the line, claimed later (their ``claim_devices``).

A row is ``imei,uuid,attestationToken,timestamp`` and a line feed; no header (nrf-cloud-api reference section 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from station.cloud.provisioning_rows import MAX_CLAIMS
from station.domain.ids import BatchId, DeviceUuid, Imei
from station.domain.line import StepKind
from station.host.files import create_file
from station.journal.builds import step_passed
from station.journal.codec import iso
from station.journal.records import Records
from station.journal.rows import UnitRow


@dataclass(frozen=True, slots=True)
class GatheredToken:
    """One unit's token; ``at`` is when it was read, in ISO 8601 with its zone."""

    imei: Imei
    uuid: DeviceUuid
    token: str = field(repr=False)
    at: str


def render_gathered(rows: Sequence[GatheredToken]) -> bytes:
    """Return ``rows`` as ``gather_attestation_tokens`` would have written them. Pure.

    Nothing in them needs quotes: digits, hexadecimal digits, base64url and a time.
    """
    return "".join(f"{row.imei},{row.uuid},{row.token},{row.at}\n" for row in rows).encode("ascii")


def gathered_of(records: Records, units: Sequence[UnitRow]) -> list[GatheredToken]:
    """Return the token of each unit's last attempt, in this order; a unit whose attempt has none is left out."""
    found = []
    for unit in units:
        told = step_passed(records, unit.last_attempt, StepKind.ATTEST)
        if told is not None and unit.uuid is not None:
            entry, results = told
            found.append(GatheredToken(unit.imei, unit.uuid, str(results["attestation"]), iso(entry.at)))
    return found


def name_token_csv(rows: int, batch: BatchId) -> list[str]:
    """Return the names of the files that :func:`write_token_csv` writes for so many rows. Pure."""
    return [f"attestation-tokens-{batch}-{number}.csv" for number, _ in enumerate(range(0, rows, MAX_CLAIMS), start=1)]


def write_token_csv(rows: Sequence[GatheredToken], batch: BatchId, folder: Path) -> list[Path]:
    """Write a batch's tokens to ``attestation-tokens-BATCH-N.csv`` files, at most 1000 each. Return them.

    For their owner alone: whoever has a token before its device is claimed may claim it. Raises HOST-110 where one
    exists already: nothing is overwritten.
    """
    written = []
    for start, name in zip(range(0, len(rows), MAX_CLAIMS), name_token_csv(len(rows), batch), strict=True):
        path = folder / name
        create_file(path, render_gathered(rows[start : start + MAX_CLAIMS]))
        written.append(path)
    return written
