"""Names for the things on the line. A bare string is never an identity.

Every ``parse_*`` returns its type or raises ``ValueError`` with a sentence; it is pure and safe to repeat.
"""

import re
from typing import NewType

SlotNumber = NewType("SlotNumber", int)
"""A slot of the fixture, counted from 1 as printed on it."""

BatchId = NewType("BatchId", str)
"""A work order, as the factory names it: ``[A-Za-z0-9_.-]{1,64}``."""

EventSeq = NewType("EventSeq", int)
"""An event's place in the journal, counted from 1 without gaps."""

UnitId = NewType("UnitId", int)
"""A board; the place of the event that first identified it."""

AttemptId = NewType("AttemptId", int)
"""One try at a unit; the place of the event that opened it."""

UploadId = NewType("UploadId", int)
"""One body of rows for the cloud; the place of the event that prepared it."""

DeviceId = NewType("DeviceId", str)
"""The ID under which the cloud knows the unit: ``[A-Za-z0-9_-]{1,64}`` (both clouds and a certificate's CN take it)."""

Imei = NewType("Imei", str)
"""Fifteen digits (3GPP TS 23.003 section 6.2.1)."""

DeviceUuid = NewType("DeviceUuid", str)
"""The modem's device UUID, lower case, with hyphens."""

BoardSerial = NewType("BoardSerial", str)
"""The serial number on the board's label, as scanned."""

CertSerial = NewType("CertSerial", str)
"""A certificate's serial number in lower-case hexadecimal without leading zeros."""

Sha256 = NewType("Sha256", str)
"""A SHA-256 in 64 lower-case hexadecimal digits."""

_DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_BATCH_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_IMEI = re.compile(r"[0-9]{15}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SERIAL = re.compile(r"[!-~]{1,64}")


def parse_device_id(text: str) -> DeviceId:
    """Return ``text`` as a device ID both clouds and a certificate's CN accept."""
    if not _DEVICE_ID.fullmatch(text):
        raise ValueError(f"{text!r} is no device ID: 1 to 64 of the characters A-Z a-z 0-9 _ -")
    return DeviceId(text)


def parse_batch_id(text: str) -> BatchId:
    """Return ``text`` as a batch (work order) ID."""
    if not _BATCH_ID.fullmatch(text):
        raise ValueError(f"{text!r} is no batch: 1 to 64 of the characters A-Z a-z 0-9 _ . -")
    return BatchId(text)


def parse_imei(text: str) -> Imei:
    """Return ``text`` as an IMEI. The check digit is not judged: development parts carry IMEIs without one."""
    if not _IMEI.fullmatch(text):
        raise ValueError(f"{text!r} is no IMEI: fifteen digits")
    return Imei(text)


def parse_device_uuid(text: str) -> DeviceUuid:
    """Return ``text`` as a device UUID in lower case. Version bits are not judged: lot letters stand there."""
    lowered = text.lower()
    if not _UUID.fullmatch(lowered):
        raise ValueError(f"{text!r} is no device UUID: 8-4-4-4-12 hexadecimal digits")
    return DeviceUuid(lowered)


def parse_board_serial(text: str) -> BoardSerial:
    """Return ``text`` as a board's serial number: 1 to 64 printable ASCII characters without a space."""
    if not _SERIAL.fullmatch(text):
        raise ValueError(f"{text!r} is no serial number: 1 to 64 printable ASCII characters without a space")
    return BoardSerial(text)


def parse_sha256(text: str) -> Sha256:
    """Return ``text`` as a SHA-256, whatever its letters' case."""
    lowered = text.lower()
    if not _SHA256.fullmatch(lowered):
        raise ValueError(f"{text!r} is no SHA-256: 64 hexadecimal digits")
    return Sha256(lowered)
