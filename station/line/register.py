"""The CA's issuance register, kept by the journal."""

import base64
from datetime import datetime

from station.ca.register import Issuance, IssuanceState
from station.domain.events import CertificateIntended, CertificateIssued
from station.domain.ids import DeviceId, Sha256
from station.host.files import sha256_of
from station.journal.codec import iso
from station.journal.records import Records
from station.line.hand import Writer


class JournalRegister:
    """Fulfils :class:`station.ca.register.IssuanceRegister`: what it took is in the journal when the call returns."""

    def __init__(self, journal: Writer, records: Records) -> None:
        self._journal = journal
        self._records = records

    def find(self, device_id: DeviceId, spki: Sha256) -> Issuance | None:
        """Return what was intended or signed for this device and key."""
        row = self._records.certificate_for(device_id, spki)
        if row is None:
            return None
        intent = self._records.entry(row.intended).event
        assert isinstance(intent, CertificateIntended)  # noqa: S101 -- the projection points at nothing else
        return Issuance(
            device_id=row.device_id,
            spki_sha256=row.spki_sha256,
            serial=row.serial,
            issuer=row.issuer,
            profile=row.profile,
            not_before=datetime.fromisoformat(intent.not_before),
            not_after=datetime.fromisoformat(intent.not_after),
            state=IssuanceState(row.state),
            der=None if row.issued is None else self._records.certificate_der(row),
        )

    def intend(self, issuance: Issuance) -> None:
        """Journal that this certificate may be signed; refuses a second one for the device or another's key."""
        self._journal.commit(
            CertificateIntended(
                device_id=issuance.device_id,
                spki_sha256=issuance.spki_sha256,
                serial=issuance.serial,
                issuer=issuance.issuer,
                profile=issuance.profile,
                not_before=iso(issuance.not_before),
                not_after=iso(issuance.not_after),
            )
        )

    def complete(self, issuance: Issuance) -> None:
        """Journal the signed certificate."""
        der = issuance.der or b""
        self._journal.commit(
            CertificateIssued(serial=issuance.serial, sha256=sha256_of(der), der=base64.b64encode(der).decode())
        )

    def latest_entry(self) -> datetime | None:
        """Return the time of the last journal entry that counts."""
        return self._records.latest_entry()
