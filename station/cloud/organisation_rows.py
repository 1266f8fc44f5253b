"""The bodies of the organisation API and its inline errors, byte for byte (nrf-cloud-api reference section 3.2).

A header row ``deviceId,<credential>`` is required, with exactly one of ``certificate``, ``attestationToken`` and
``onboardingToken`` for the whole body; then 1 to 1000 rows. These are the bytes that the vendor's own client sends for
the same devices.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from station.cloud.errors import NO_REASON
from station.cloud.faults import BODY_BAD
from station.cloud.handed import require_alone
from station.cloud.protocol import AttestationToken, Certificate, OnboardingToken, OnboardRow
from station.cloud.rows import MAX_BODY_BYTES, MAX_ROWS
from station.cloud.words import quote
from station.domain.ways import CredentialKind

COLUMNS: Final[Mapping[CredentialKind, str]] = MappingProxyType(
    {
        CredentialKind.CERTIFICATE: "certificate",
        CredentialKind.ATTESTATION_TOKEN: "attestationToken",
        CredentialKind.ONBOARDING_TOKEN: "onboardingToken",
    }
)
"""The column for each kind of credential that it takes."""


def render_headed_rows(rows: Sequence[OnboardRow], max_rows: int = MAX_ROWS) -> bytes:
    """Return ``rows`` as the CSV the organisation API takes: UTF-8, LF, only what needs quotes is quoted. Pure.

    What has no column there (sub-type, tags, firmware types) is left out: arming said so. Raises CLD-111 for a row
    the cloud would refuse or whose credential is not that device's, and CLD-112 for too few or too many rows, for
    rows that replace a certificate, of several kinds or of one without a column, or for one that comes twice.
    """
    if not 1 <= len(rows) <= min(max_rows, MAX_ROWS):
        raise BODY_BAD.fault(why=f"{len(rows)} rows, and a body takes 1 to {min(max_rows, MAX_ROWS)}")
    if any(row.replaces for row in rows):
        raise BODY_BAD.fault(why="the organisation API is not known to replace certificates")
    require_alone(rows)
    column = COLUMNS.get(rows[0].kind)
    if column is None:
        raise BODY_BAD.fault(why=f"the organisation API takes no {rows[0].kind}")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(("deviceId", column))
    writer.writerows((row.device_id, _value(row)) for row in rows)
    body = text.getvalue().encode("utf-8")
    if len(body) > MAX_BODY_BYTES:
        raise BODY_BAD.fault(why=f"{len(body)} bytes, and a body takes {MAX_BODY_BYTES}")
    return body


def _value(row: OnboardRow) -> str:
    match row.credential:
        case Certificate(pem):
            return pem
        case AttestationToken(text) | OnboardingToken(text):
            return text
        case _:
            raise AssertionError(f"{row.kind} has a column")


def read_inline_errors(status: Mapping[str, object], device_ids: Sequence[str]) -> Mapping[int, str] | None:
    """Return the reason for each failed row (from 0, the header not counted), or None for what can't be understood.

    ``errorSummary.errors[]`` name a device by ``deviceId``, or, only where that could not be parsed, by ``row``. One
    item that can't be read, or that names nothing this body has, spoils all of it. No list at all is no error. Pure.
    """
    summary = status.get("errorSummary")
    if summary is None:
        return {}
    errors = summary.get("errors") if isinstance(summary, dict) else None
    if not isinstance(errors, list):
        return None
    places = {device: row for row, device in enumerate(device_ids)}
    reasons: dict[int, str] = {}
    for item in errors:
        row = _row_of(item, places) if isinstance(item, dict) else None
        if row is None:
            return None
        said = item.get("error")
        reason = quote(said) if isinstance(said, str) else ""
        reasons[row] = "; ".join(one for one in (reasons.get(row), reason or NO_REASON) if one)
    return reasons


def _row_of(item: Mapping[str, object], places: Mapping[str, int]) -> int | None:
    device, row = item.get("deviceId"), item.get("row")
    if isinstance(device, str):
        return places.get(device)
    if device is not None or type(row) is not int:  # a bool is an int to isinstance
        return None
    return row if 0 <= row < len(places) else None
