"""What the CA needs from whoever remembers its certificates; the journal fulfils it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from station.domain.ids import CertSerial, DeviceId, Sha256


class IssuanceState(StrEnum):
    """How far a certificate is."""

    INTENDED = "intended"
    """Its serial number is reserved; it may or may not have been signed, and was never released."""
    ACTIVE = "active"
    """Signed and stored; the device's one certificate."""
    SUPERSEDED = "superseded"
    """Stands for nothing any more."""


@dataclass(frozen=True, slots=True)
class Issuance:
    """One certificate of one device and key, from its intent on."""

    device_id: DeviceId
    spki_sha256: Sha256
    serial: CertSerial
    issuer: Sha256
    """SHA-256 of the issuing certificate's DER."""
    profile: str
    not_before: datetime
    not_after: datetime
    state: IssuanceState
    der: bytes | None
    """The certificate; None while intended."""

    def completed(self, der: bytes) -> "Issuance":
        """Return this issuance as ACTIVE with its certificate."""
        return Issuance(
            self.device_id,
            self.spki_sha256,
            self.serial,
            self.issuer,
            self.profile,
            self.not_before,
            self.not_after,
            IssuanceState.ACTIVE,
            der,
        )


class IssuanceRegister(Protocol):
    """The record of certificates. Every method is safe to call from any thread."""

    def find(self, device_id: DeviceId, spki: Sha256) -> Issuance | None:
        """Return what is recorded for this device and key."""

    def intend(self, issuance: Issuance) -> None:
        """Record the intent; it is durable on return.

        Refuses, with the register's own fault, when this device has another active certificate, when the key
        or the serial number is already recorded (for whatever device), or when it can't be made durable.
        """

    def complete(self, issuance: Issuance) -> None:
        """Make an intended certificate ACTIVE with its DER; it is durable on return."""

    def latest_entry(self) -> datetime | None:
        """Return the wall time of the last entry that counts: those a correction declared wrong do not."""
