"""The CSV body of OnboardDevices (ex ProvisionDevices), byte for byte (nrf-cloud-api reference section 1.1).

One row is ``deviceId,subType,tags,fwTypes,"certPem"`` and a line feed: no header, no blank line, five columns always.
The same bytes are the ``onboard.csv`` that both of Nordic's own clients read. A body of RegisterCertificates (section
1.4), which replaces the certificates of devices that the cloud has, has two: ``deviceId,"certPem"``.
"""

import csv
import io
import re
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from station.cloud.faults import BODY_BAD, ROW_BAD
from station.cloud.protocol import OnboardRow
from station.domain.ids import parse_device_id

MAX_ROWS = 1000
MAX_BODY_BYTES = 8 * 1024 * 1024
"""Our own bound, far above 1000 full rows: no size limit of the cloud's is documented."""

FIRMWARE_TYPES = ("APP", "MODEM", "BOOT", "SOFTDEVICE", "BOOTLOADER", "MDM_FULL")

# The specification leaves this one unanchored; anchored is the strict reading of it.
_SUBTYPE = re.compile(r"[a-zA-Z0-9_.,@/:#-]{0,799}")
_TAG = re.compile(r"[a-zA-Z0-9_.@:#-]+")
# Of the three line ends the cloud takes we send one, so that a body has one form and one hash. The line feed after
# END is the one that curl -d strips and without which the cloud refuses the row.
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\n([^-\r]+)\n-----END CERTIFICATE-----\n")

# No device ID holds a comma or a quote, and no sub-type a blank: what this matches is no row of five columns.
_TWO_COLUMNS = re.compile(rb'[^,"\n]+,"-----BEGIN CERTIFICATE-----\n')


def render_rows(rows: Sequence[OnboardRow], max_rows: int = MAX_ROWS) -> bytes:
    """Return ``rows`` as the CSV the cloud takes: UTF-8, LF, only what needs quotes is quoted. Pure.

    Raises CLD-111 for a row the cloud would refuse or whose certificate is not that device's, and CLD-112 for too
    few or too many rows, or for a device ID, certificate or key that comes twice.
    """
    if not 1 <= len(rows) <= min(max_rows, MAX_ROWS):
        raise BODY_BAD.fault(why=f"{len(rows)} rows, and a body takes 1 to {min(max_rows, MAX_ROWS)}")
    replaces = rows[0].replaces
    if any(row.replaces is not replaces for row in rows):
        raise BODY_BAD.fault(why="some of its rows replace a certificate and some don't")
    text = io.StringIO()
    # A PEM always needs its quotes (it has line feeds); a sub-type gets them where it has a comma.
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    seen: set[str | bytes] = set()
    for row in rows:
        _require_rules(row)
        key = _require_own_certificate(row)
        for name, what in ((row.device_id, "the device"), (key, "the key of")):
            if name in seen:
                raise BODY_BAD.fault(why=f"{what} {row.device_id} is in it twice")
            seen.add(name)
        others = () if replaces else (row.subtype, "|".join(row.tags), "|".join(row.firmware_types))
        writer.writerow((row.device_id, *others, row.certificate))
    body = text.getvalue().encode("utf-8")
    if len(body) > MAX_BODY_BYTES:
        raise BODY_BAD.fault(why=f"{len(body)} bytes, and a body takes {MAX_BODY_BYTES}")
    return body


def replaces_certificates(body: bytes) -> bool:
    """Return whether a body of :func:`render_rows` is RegisterCertificates' (two columns), by its first row. Pure."""
    return _TWO_COLUMNS.match(body) is not None


def _require_rules(row: OnboardRow) -> None:
    try:
        parse_device_id(row.device_id)
    except ValueError as error:
        raise ROW_BAD.fault(str(error), device_id=repr(row.device_id), why="its device ID") from error
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


def _require_own_certificate(row: OnboardRow) -> bytes:
    """Return the certificate's public key (SPKI DER); the cloud verifies nothing of what is checked here."""
    if not _CERTIFICATE.fullmatch(row.certificate):
        raise ROW_BAD.fault(
            device_id=row.device_id, why="it needs exactly one PEM certificate that ends with one line feed after END"
        )
    try:
        certificate = x509.load_pem_x509_certificate(row.certificate.encode("ascii"))
        names = [name.value for name in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
        key = certificate.public_key()
    except ValueError as error:
        raise ROW_BAD.fault(str(error), device_id=row.device_id, why="its certificate can't be read") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ROW_BAD.fault(device_id=row.device_id, why="the key of its certificate is not P-256 (ES256)")
    if names != [row.device_id]:
        raise ROW_BAD.fault(f"common names {names}", device_id=row.device_id, why="its certificate is another device's")
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
