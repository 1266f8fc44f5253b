"""The bodies of the team API, byte for byte (nrf-cloud-api reference sections 1.1, 1.2 and 1.4).

OnboardDevices (ex ProvisionDevices): one row is ``deviceId,subType,tags,fwTypes,"certPem"`` and a line feed: no
header, no blank line, five columns always. The same bytes are the ``onboard.csv`` that both of Nordic's own clients
read. RegisterCertificates, which replaces the certificates of devices that the cloud has, and RegisterPublicKeys,
which is for devices that live on another platform, have two: ``deviceId,"certPem"`` and ``deviceId,"keyPem"``.
OnboardDevice, for a single device with an onboarding token, has a JSON object.
"""

import csv
import io
import json
import re
from collections.abc import Sequence

from station.cloud.faults import BODY_BAD, ROW_BAD
from station.cloud.handed import require_alone
from station.cloud.protocol import Certificate, OnboardingToken, OnboardRow, PublicKey
from station.domain.ways import CredentialKind

MAX_ROWS = 1000
MAX_BODY_BYTES = 8 * 1024 * 1024
"""Our own bound, far above 1000 full rows: no size limit of the cloud's is documented."""

FIRMWARE_TYPES = ("APP", "MODEM", "BOOT", "SOFTDEVICE", "BOOTLOADER", "MDM_FULL")

# The specification leaves this one unanchored; anchored is the strict reading of it.
_SUBTYPE = re.compile(r"[a-zA-Z0-9_.,@/:#-]{0,799}")
_TAG = re.compile(r"[a-zA-Z0-9_.@:#-]+")

# No device ID holds a comma or a quote, and no sub-type a blank: what this matches is no row of five columns.
_TWO_COLUMNS = re.compile(rb'[^,"\n]+,"-----BEGIN CERTIFICATE-----\n')

# A body's first field with what ends it: a device ID or a token. No page and no JSON begins so.
_FIRST_FIELD = re.compile(rb'"?[A-Za-z0-9:_.-]+"?[,\r\n]')


def render_rows(rows: Sequence[OnboardRow], max_rows: int = MAX_ROWS) -> bytes:
    """Return ``rows`` as the body the team API takes: UTF-8, LF, only what needs quotes is quoted. Pure.

    Raises CLD-111 for a row the cloud would refuse or whose credential is not that device's, and CLD-112 for too few
    or too many rows, for rows of several kinds or of one that this API has no body for, or for a device ID,
    certificate, key or token that comes twice.
    """
    if not 1 <= len(rows) <= min(max_rows, MAX_ROWS):
        raise BODY_BAD.fault(why=f"{len(rows)} rows, and a body takes 1 to {min(max_rows, MAX_ROWS)}")
    replaces = rows[0].replaces
    if any(row.replaces is not replaces for row in rows):
        raise BODY_BAD.fault(why="some of its rows replace a certificate and some don't")
    require_alone(rows)
    for row in rows:
        _require_rules(row)
    if rows[0].kind is CredentialKind.ONBOARDING_TOKEN:
        return _render_single(rows)
    text = io.StringIO()
    # A PEM always needs its quotes (it has line feeds); a sub-type gets them where it has a comma.
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    for row in rows:
        match row.credential:
            case Certificate(pem):
                others = () if replaces else (row.subtype, "|".join(row.tags), "|".join(row.firmware_types))
                writer.writerow((row.device_id, *others, pem))
            case PublicKey(pem) if not replaces:
                writer.writerow((row.device_id, pem))
            case _:
                raise BODY_BAD.fault(why=f"the team API takes no {row.kind} here")
    body = text.getvalue().encode("utf-8")
    if len(body) > MAX_BODY_BYTES:
        raise BODY_BAD.fault(why=f"{len(body)} bytes, and a body takes {MAX_BODY_BYTES}")
    return body


def _render_single(rows: Sequence[OnboardRow]) -> bytes:
    """Return OnboardDevice's body: what is not said (a sub-type, tags) is left out, as the vendor's client does."""
    if len(rows) != 1:
        raise BODY_BAD.fault(why="onboarding tokens go one by one on the team API")
    (row,) = rows
    if not isinstance(row.credential, OnboardingToken):
        raise AssertionError(f"{row.kind} is no onboarding token")
    value: dict[str, object] = {"onboardingToken": row.credential.text}
    if row.subtype:
        value["subType"] = row.subtype
    if row.tags:
        value["tags"] = list(row.tags)
    if row.firmware_types:
        value["supportedFirmwareTypes"] = list(row.firmware_types)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def replaces_certificates(body: bytes) -> bool:
    """Return whether a body of :func:`render_rows` is RegisterCertificates' (two columns), by its first row. Pure."""
    return _TWO_COLUMNS.match(body) is not None


def may_be_body(data: bytes) -> bool:
    """Return whether a file may be a whole body that the cloud took, from whomever: no page, no blanks, no half. Pure.

    What is none tells nothing of the body that it was asked for in place of.
    """
    ends = data.endswith((b'"', b"\n")) and data.count(b'"') % 2 == 0  # within a PEM, a line's end is none of a row's
    return ends and _FIRST_FIELD.match(data) is not None


def _require_rules(row: OnboardRow) -> None:
    if not _SUBTYPE.fullmatch(row.subtype):
        raise ROW_BAD.fault(
            repr(row.subtype), device_id=row.device_id, why="the sub-type holds a character the cloud does not take"
        )
    for tag in row.tags:
        if not _TAG.fullmatch(tag):
            raise ROW_BAD.fault(
                repr(tag), device_id=row.device_id, why="a tag is empty or holds a character the cloud does not take"
            )
    for kind in row.firmware_types:
        if kind not in FIRMWARE_TYPES:
            raise ROW_BAD.fault(
                repr(kind), device_id=row.device_id, why=f"a firmware type is none of {', '.join(FIRMWARE_TYPES)}"
            )
