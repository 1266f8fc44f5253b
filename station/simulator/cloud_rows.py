"""The simulated cloud's own reading of the bulk operations' CSV (nrf-cloud-api reference sections 1.1 and 1.4).

Written from the specification and not from the station's renderer, so that the two check each other.
"""

import csv
import io
import re
from dataclasses import dataclass

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
    """One row as the cloud takes it; ``replaces`` is a row of RegisterCertificates, which has no other columns."""

    device_id: str
    subtype: str
    tags: tuple[str, ...]
    firmware_types: tuple[str, ...]
    pem: str
    replaces: bool = False


def read_rows(body: bytes, content_type: str, *, replacing: bool = False) -> tuple[Row, ...]:
    """Return the rows of a body that is valid throughout; raises :class:`RowsRefusedError` for any other. Pure.

    OnboardDevices' five columns, or with ``replacing`` RegisterCertificates' two (``deviceId,"certPem"``).
    """
    if content_type.replace(" ", "").replace("utf-8", "utf8").lower() not in CONTENT_TYPES:
        raise RowsRefusedError(f"Content-Type {content_type!r} is not supported")
    try:
        text = body.decode("utf-8")
        cells = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise RowsRefusedError(f"The body is not a CSV file: {error}") from error
    if not 1 <= len(cells) <= MAX_ROWS:
        raise RowsRefusedError(f"The number of rows must be between 1 and {MAX_ROWS}")
    return tuple(_read_row(number, row, replacing=replacing) for number, row in enumerate(cells, start=1))


def _read_row(number: int, cells: list[str], *, replacing: bool) -> Row:
    wanted = 2 if replacing else 5
    if len(cells) != wanted:
        raise RowsRefusedError(f"Row {number} must have {wanted} columns and has {len(cells)}")
    if replacing:
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
