"""The simulated cloud's own reading of the bulk operations' CSV (nrf-cloud-api reference sections 1.1 and 1.4).

Written from the specification and not from the station's renderer, so that the two check each other.
"""

import csv
import io
import re
from dataclasses import dataclass, replace

MAX_ROWS = 1000
CONTENT_TYPES = (
    "text/csv",
    "text/plain",
    "text/plain;charset=utf8",
    "text/plain;charset=ascii",
    "application/octet-stream",
)

_DEVICE_ID = re.compile(r"[a-z0-9:_-]{1,128}", re.IGNORECASE)
_SUBTYPE = re.compile(r"[a-zA-Z0-9_.,@\/:#-]{0,799}")
_TAG = re.compile(r"[a-zA-Z0-9_.@:#-]+")
_FIRMWARE_TYPE = re.compile(r"APP|MODEM|BOOT|SOFTDEVICE|BOOTLOADER|MDM_FULL")
_LINE_END = r"(\r\n|\r|\n)"
_PEM = re.compile(
    rf"-{{5}}BEGIN (CERTIFICATE|PUBLIC KEY)-{{5}}{_LINE_END}([^-]+){_LINE_END}-{{5}}END \1-{{5}}{_LINE_END}"
)


class RowsRefusedError(Exception):
    """The body is refused as a whole, at once (HTTP 422)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as the cloud takes it; ``replaces`` is a row of RegisterCertificates, which has no other columns.

    ``credential`` says what ``pem`` is: a ``certificate``, a ``public-key``, an ``attestation-token`` or an
    ``onboarding-token``. ``number`` counts from 0 where the device ID of an organisation's row can't be parsed.
    """

    device_id: str
    subtype: str
    tags: tuple[str, ...]
    firmware_types: tuple[str, ...]
    pem: str
    replaces: bool = False
    credential: str = "certificate"
    number: int | None = None


def read_rows(body: bytes, content_type: str, *, replacing: bool = False, registering: bool = False) -> tuple[Row, ...]:
    """Return the rows of a body that is valid throughout; raises :class:`RowsRefusedError` for any other. Pure.

    OnboardDevices' five columns, or two: with ``replacing`` RegisterCertificates' (``deviceId,"certPem"``), with
    ``registering`` RegisterPublicKeys' (``deviceId,"keyPem"``).
    """
    cells = read_cells(body, content_type)
    if not 1 <= len(cells) <= MAX_ROWS:
        raise RowsRefusedError(f"The number of rows must be between 1 and {MAX_ROWS}")
    rows = tuple(
        _read_row(number, row, two=replacing or registering, replacing=replacing)
        for number, row in enumerate(cells, start=1)
    )
    if not registering:
        return rows
    for number, row in enumerate(rows, start=1):
        if "BEGIN PUBLIC KEY" not in row.pem:
            raise RowsRefusedError(f"Row {number}: keyPem is not valid")
    return tuple(replace(row, credential="public-key") for row in rows)


def read_cells(body: bytes, content_type: str) -> list[list[str]]:
    """Return the cells of a CSV body; raises :class:`RowsRefusedError` for what is none. Pure."""
    if content_type.replace(" ", "").replace("utf-8", "utf8").lower() not in CONTENT_TYPES:
        raise RowsRefusedError(f"Content-Type {content_type!r} is not supported")
    try:
        text = body.decode("utf-8")
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise RowsRefusedError(f"The body is not a CSV file: {error}") from error


def _read_row(number: int, cells: list[str], *, two: bool, replacing: bool) -> Row:
    wanted = 2 if two else 5
    if len(cells) != wanted:
        raise RowsRefusedError(f"Row {number} must have {wanted} columns and has {len(cells)}")
    if two:
        cells = [cells[0], "", "", "", cells[1]]
    device_id, subtype, tags, firmware_types, pem = cells
    tag_list = tuple(tags.split("|")) if tags else ()
    type_list = tuple(firmware_types.split("|")) if firmware_types else ()
    for what, good in (
        ("deviceId", _DEVICE_ID.fullmatch(device_id)),
        ("subType", _SUBTYPE.fullmatch(subtype)),
        ("tags", all(_TAG.fullmatch(tag) for tag in tag_list)),
        ("fwTypes", all(_FIRMWARE_TYPE.fullmatch(one) for one in type_list)),
        ("certPem", _PEM.fullmatch(pem)),
    ):
        if not good:
            raise RowsRefusedError(f"Row {number}: {what} is not valid")
    return Row(device_id, subtype, tag_list, type_list, pem, replaces=replacing)
