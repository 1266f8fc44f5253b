"""The simulated cloud's own reading of the organisation API's CSV (nrf-cloud-api reference section 3.2).

Written from that and not from the station's renderer, so that the two check each other. What is wrong with the body
refuses it at once; what is wrong with a row is told later, with the others' fate. Where the reference is silent
(which mistake is which), this is one possible cloud.
"""

import re
from types import MappingProxyType
from typing import Final

from station.simulator.cloud_rows import MAX_ROWS, Row, RowsRefusedError, read_cells

_DEVICE_ID = re.compile(r"[-a-zA-Z0-9_]+")
COLUMNS: Final = MappingProxyType(
    {"certificate": "certificate", "attestationToken": "attestation-token", "onboardingToken": "onboarding-token"}
)


def read_headed_rows(body: bytes, content_type: str) -> tuple[Row, ...]:
    """Return the rows of a body; raises :class:`RowsRefusedError` for one that is refused as a whole. Pure."""
    if content_type.partition(";")[0].strip().lower() != "text/csv":
        raise RowsRefusedError(f"Content-Type {content_type!r} is not text/csv")
    header, *rows = read_cells(body, "text/csv") or [[]]
    named = [COLUMNS[name] for name in header if name in COLUMNS]
    if len(header) != 2 or "deviceId" not in header or len(named) != 1:
        raise RowsRefusedError("The header must be deviceId and one of certificate, attestationToken, onboardingToken")
    if not 1 <= len(rows) <= MAX_ROWS:
        raise RowsRefusedError(f"The number of rows must be between 1 and {MAX_ROWS}")
    place = header.index("deviceId")
    found = []
    for number, cells in enumerate(rows):
        if len(cells) != 2:
            raise RowsRefusedError(f"Row {number} must have 2 columns and has {len(cells)}")
        device, value = cells[place], cells[1 - place]
        bad = number if not _DEVICE_ID.fullmatch(device) else None
        found.append(Row(device, "", (), (), value, credential=named[0], number=bad))
    return tuple(found)
