"""What a restored journal must not believe: the PC before may have sent or signed since then what it meant to.

Nothing that waits is sent before the cloud was asked whether it has the device: absent ones wait again, present ones
are for a person (or their own board, LINE-166) to settle. What was accepted or unclear is asked about in any case.
A serial number that was reserved for a certificate, and may have been signed there, is given up.
"""

from collections.abc import Mapping
from typing import Final

from station.domain.events import CertificateSuperseded, UploadPrepared, UploadUnclear
from station.domain.ids import Sha256, UploadId
from station.domain.line import CloudState, Outcome
from station.host.files import sha256_of
from station.journal.journal import Build
from station.journal.records import Records

_MOST: Final = 100
"""Units that are asked about together."""

_BODY: Final = b"No body was sent for these units from here: the station before the restore may have sent one.\n"

DOUBT: Final = "restored from a backup: the PC before may have sent it since then, so the cloud is asked first"


def doubt_uploads(records: Records) -> tuple[list[Build], Mapping[Sha256, bytes], int]:
    """Return the events after which nothing is sent that may have been sent, their bodies, and of how many units."""
    events: list[Build] = []
    name, count = sha256_of(_BODY), 0
    for upload in records.open_uploads():
        count += len(upload.units)
        if upload.state in ("prepared", "sending"):
            events.append(UploadUnclear(upload=upload.id, reason=DOUBT))
    waiting = [row.unit for row in records.outbox(CloudState.WAITING)]
    for at in range(0, len(waiting), _MOST):
        units = tuple(waiting[at : at + _MOST])
        events.append(UploadPrepared(units=units, body_sha256=name, body_bytes=len(_BODY)))
        events.append(lambda places: UploadUnclear(upload=UploadId(places[-1]), reason=DOUBT))
    return events, {name: _BODY} if waiting else {}, count + len(waiting)


def give_up_serials(records: Records) -> list[CertificateSuperseded]:
    """Return the events after which no reserved serial number is signed here: it may have been, on the PC before.

    A new one is a random number of 159 bits, so that none of those that the PC before gave since comes again.
    """
    given_up = []
    for row in records.intended_certificates():
        unit = records.unit_by_device_id(row.device_id)
        if unit is not None and unit.outcome is not Outcome.PASSED:
            ended = "restored from a backup: the PC before may have signed under this serial number"
            given_up.append(CertificateSuperseded(serial=row.serial, attempt=unit.last_attempt, reason=ended))
    return given_up
