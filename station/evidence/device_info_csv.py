"""A batch as the device-info CSV that the vendor's own tools take (nrfcloud-utils 3.x, ``--devinfo``)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from station.domain.ids import DeviceId, Imei
from station.domain.line import Outcome
from station.evidence.unit_record import UnitRecord


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A row: ``modem_firmware`` as +CGMR gives it, which the vendor writes into the device's shadow."""

    device_id: DeviceId
    modem_firmware: str
    imei: Imei

    @classmethod
    def of(cls, record: UnitRecord) -> Self | None:
        """Return a passed unit's row; None for any other: the cloud is not told of it."""
        identity = next((one.identity for one in reversed(record.attempts) if one.identity is not None), None)
        if record.unit.outcome is not Outcome.PASSED or identity is None:
            return None
        return cls(record.unit.device_id, identity.modem_firmware, record.unit.imei)


def render_device_info(rows: Iterable[DeviceInfo]) -> bytes:
    """Return the rows as the vendor's ``save_devinfo_csv`` writes them: no head, no quotes, three columns, LF. Pure.

    What is in the way of that (a comma, a quote, a line break in what a modem called its firmware) is a blank there:
    the vendor's reader would take it apart. The record itself has the text as it was.
    """
    lines = [f"{row.device_id},{_plain(row.modem_firmware)},{row.imei}\n" for row in rows]
    return "".join(lines).encode("utf-8")


def _plain(text: str) -> str:
    return "".join(" " if one in '",' or not one.isprintable() else one for one in text)
