"""A journal with a batch in it that has everything: all outcomes, nameless boards, rework, measurements, uploads."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from station.domain import events as e
from station.domain.faults import FaultRecord
from station.domain.ids import (
    AttemptId,
    BatchId,
    BoardSerial,
    CertSerial,
    DeviceId,
    DeviceUuid,
    Imei,
    Sha256,
    SlotNumber,
    UnitId,
)
from station.domain.line import CloudState, Outcome, RepeatClass, StepKind
from station.domain.modem import UuidSource
from station.host.clock import SystemClock
from station.host.files import sha256_of
from station.journal.journal import Journal
from station.journal.leaves import Leaves
from station.journal.notes import Checkpoint, sign_checkpoint

BATCH = BatchId("WO-2026-117")
START = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
FIRMWARE = "mfw_nrf91x1_2.0.2"


class SteppingClock(SystemClock):
    """Each look is 37 ms after the last, so that no two entries have one time."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        self.time += timedelta(milliseconds=37)
        return self.time


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(0x1234567890ABCDEF, ec.SECP256R1())


def make_certificate(device: str, serial: int) -> bytes:
    """Return a self-signed certificate as a line's: only for its fields."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, device)])
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Works Line CA")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(_key().public_key())
        .serial_number(serial)
        .not_valid_before(START.replace(microsecond=0))
        .not_valid_after(START.replace(year=2036, microsecond=0))
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .sign(_key(), hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.DER)


@dataclass
class WrittenBatch:
    """Writes units one after another; what it wrote is counted by hand in the tests."""

    journal: Journal
    folder: Path
    batch: BatchId = BATCH
    made: int = 0
    serials: dict[int, CertSerial] = field(default_factory=dict)
    recipe: Sha256 = field(init=False)
    fixture: Sha256 = field(init=False)

    def arm(self, quantity: int, operator: str = "p1") -> None:
        content = {
            "product": "tracker",
            "steps": [{"do": "flash", "image": "app.hex", "sha256": "ab" * 32}, {"do": "identify"}],
            "credentials": {"roots": [{"file": "amazon.pem", "sha256": "cd" * 32}]},
        }
        self.recipe = self.journal.keep(
            "recipe", {"file": "tracker.toml", "sha256": sha256_of(b"recipe"), "content": content}
        )
        self.fixture = self.journal.keep(
            "fixture", {"file": "fixture.toml", "sha256": sha256_of(b"fixture"), "content": {"name": "bench"}}
        )
        self.journal.commit(
            e.BatchArmed(
                batch=self.batch,
                product="tracker",
                recipe=self.recipe,
                fixture=self.fixture,
                quantity=quantity,
                operator=operator,
                team_id="team",
                cloud_confirmed=True,
                serials="SN-001..SN-012",
            )
        )

    def open(self, slot: int = 1, serial: str | None = None) -> AttemptId:
        label = None if serial is None else BoardSerial(serial)
        opened = e.AttemptOpened(batch=self.batch, slot=SlotNumber(slot), recipe=self.recipe, serial=label)
        (seq,) = self.journal.commit(opened)
        return AttemptId(seq)

    def identify(
        self, attempt: AttemptId, number: int, serial: str | None = None, model: str = "nRF9151-LACA"
    ) -> UnitId:
        uuid = DeviceUuid(f"50353257-3033-42bf-8033-{number:012x}")
        (seq,) = self.journal.commit(
            e.UnitIdentified(
                attempt=attempt,
                device_id=DeviceId(uuid),
                imei=Imei(f"35944599{number:07d}"),
                uuid=uuid,
                uuid_source=UuidSource.DEVICE_UUID,
                serial=None if serial is None else BoardSerial(serial),
                model=model,
                hardware="nRF9151 LACA A0A",
                modem_firmware=FIRMWARE,
            )
        )
        return UnitId(seq)

    def step(
        self,
        attempt: AttemptId,
        index: int,
        kind: StepKind,
        name: str,
        outcome: Outcome | None = Outcome.PASSED,
        *,
        milliseconds: int = 100,
        tries: int = 1,
        fault: FaultRecord | None = None,
        results: dict[str, Any] | None = None,
    ) -> None:
        self.journal.commit(
            e.StepIntended(attempt=attempt, index=index, step=kind, name=name, repeat=RepeatClass.IDEMPOTENT)
        )
        if outcome is not None:
            self.journal.commit(
                e.StepFinished(
                    attempt=attempt,
                    index=index,
                    step=kind,
                    outcome=outcome,
                    milliseconds=milliseconds,
                    tries=tries,
                    fault=fault,
                    results=results or {},
                )
            )

    def close(
        self, attempt: AttemptId, outcome: Outcome, fault: FaultRecord | None = None, *, cloud: bool = True
    ) -> None:
        self.journal.commit(
            e.AttemptClosed(
                attempt=attempt, outcome=outcome, fault=fault, for_cloud=cloud and outcome is Outcome.PASSED
            )
        )

    def certificate(self, attempt: AttemptId, number: int, serial: int) -> None:
        device = DeviceId(f"50353257-3033-42bf-8033-{number:012x}")
        der = make_certificate(device, serial)
        spki = sha256_of(serial.to_bytes(20, "big"))
        text = CertSerial(f"{serial:x}")
        if (before := self.serials.get(number)) is not None:
            self.journal.commit(e.CertificateSuperseded(serial=before, attempt=attempt, reason="rework"))
        self.serials[number] = text
        self.journal.commit(
            e.CertificateIntended(
                device_id=device,
                spki_sha256=spki,
                serial=text,
                issuer=sha256_of(b"issuer"),
                profile="1",
                not_before="2026-11-22T08:00:00.000000+00:00",
                not_after="2036-11-22T08:00:00.000000+00:00",
            )
        )
        self.journal.commit(e.CertificateIssued(serial=text, sha256=sha256_of(der), der=base64.b64encode(der).decode()))

    def work(self, attempt: AttemptId, number: int, *, tries: int = 1, serial: int | None = None) -> None:
        """Do all steps of a good unit."""
        self.step(attempt, 0, StepKind.FLASH, "Flash", tries=tries, milliseconds=1800 + 7 * number, results=FLASHED)
        self.step(attempt, 1, StepKind.IDENTIFY, "Identify", milliseconds=140, results={"modem_firmware": FIRMWARE})
        self.step(attempt, 2, StepKind.GENERATE, "Generate key", milliseconds=900, results=GENERATED)
        self.certificate(attempt, number, serial or 0x4CB44E221FE36998C13EEB891BEECD3EBCFA0000 + attempt)
        self.step(attempt, 3, StepKind.WRITE, "Write credentials", results={"compared_by": "stored hash"})
        self.step(
            attempt, 4, StepKind.PROVE, "Prove key", results={"jwt": "verified with the certificate's public key"}
        )
        self.step(attempt, 5, StepKind.COMMAND, "RF test", milliseconds=2500, results=measured(21.5))

    def good(self, slot: int = 1, *, tries: int = 1, serial: str | None = None) -> UnitId:
        self.made += 1
        number = self.made
        attempt = self.open(slot, serial)
        unit = self.identify(attempt, number, serial)
        self.work(attempt, number, tries=tries)
        self.close(attempt, Outcome.PASSED)
        return unit

    def bad(self, outcome: Outcome, fault: FaultRecord | None, slot: int = 1) -> tuple[UnitId, int]:
        self.made += 1
        number = self.made
        attempt = self.open(slot)
        unit = self.identify(attempt, number)
        results = measured(31.25, inside=False) if outcome is Outcome.FAILED else {}
        self.step(attempt, 5, StepKind.COMMAND, "RF test", outcome, fault=fault, results=results)
        self.close(attempt, outcome, fault)
        return unit, number

    def again(self, number: int, slot: int = 1) -> None:
        attempt = self.open(slot)
        self.identify(attempt, number)
        self.work(attempt, number)
        self.close(attempt, Outcome.PASSED)

    def nameless(
        self, outcome: Outcome, slot: int, fault: FaultRecord | None = None, serial: str | None = None
    ) -> None:
        attempt = self.open(slot, serial)
        self.step(attempt, 1, StepKind.IDENTIFY, "Identify", outcome, fault=fault)
        self.close(attempt, outcome, fault)

    def upload(self, units: list[UnitId]) -> None:
        (seq,) = self.journal.commit(
            e.UploadPrepared(units=tuple(units), body_sha256=sha256_of(b"body"), body_bytes=4),
            bodies={sha256_of(b"body"): b"body"},
        )
        upload = e.UploadSending(upload=seq)  # type: ignore[arg-type]  # its place is its ID
        self.journal.commit(upload)
        self.journal.commit(
            e.UploadAccepted(upload=upload.upload, request_id="01M818JN5MRE3CTR9Y63CF2TPZ", found_by="answer")
        )
        rows = tuple(e.RowSettled(unit, CloudState.ONBOARDED, "the cloud's answer") for unit in units)
        self.journal.commit(e.UploadSettled(upload=upload.upload, rows=rows))

    def finish(self, reason: str = "complete") -> None:
        self.journal.commit(e.BatchClosed(batch=self.batch, operator="p2", reason=reason, tally={"passed": self.made}))

    def checkpoint(self) -> str:
        with Leaves(self.folder) as leaves:
            size = leaves.size()
            point = Checkpoint("station.example/line-1", size, leaves.tree().root(size))
        note = sign_checkpoint(point, point.origin, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
        self.journal.commit(
            e.CheckpointMade(size=size, root=Sha256(point.root.hex()), note=note, reason="batch closed")
        )
        return note


FLASHED = {"image": "app.hex", "sha256": "ab" * 32, "erase": "all", "verified": "read back"}
GENERATED = {
    "keygen": "MIIBCjCBrwIBADAv.2dn3hQFQUMsAQEBAA",
    "proven": "digest and UUID match; COSE signature not verified",
}
WEAK = FaultRecord(
    "LINE-132", "RF test measured power = 31.25 dBm; allowed is 20.0 to 24.5. Take the board out.", "rig 7"
)
MUTE = FaultRecord(
    "AT-101", "The board does not answer. Check that it is seated, then start again.", "no bytes in 10 s"
)
PORT = FaultRecord("DEV-201", "The port of slot 3 is gone. Check its USB cable.", "errno 5")


def measured(value: float, *, inside: bool = True) -> dict[str, Any]:
    rows = [
        {"name": "power", "value": value, "unit": "dBm", "low": 20.0, "high": 24.5, "inside": inside},
        {"name": "current", "value": 0.0042, "unit": "A", "low": None, "high": 0.01, "inside": True},
    ]
    return {"name": "RF test", "reason": "", "measurements": rows}


def open_journal(folder: Path) -> Journal:
    """Return a journal with a session open in it."""
    journal = Journal(folder, SteppingClock())
    software = {
        "name": "nrf91-station",
        "version": "0.1.0",
        "python": "3.11.7",
        "libraries": {"cryptography": "50.0.2"},
    }
    journal.open_session({"station": "Station 7", "line": "Line B", "software": software}, "p1")
    return journal


def everything(folder: Path) -> Iterator[WrittenBatch]:
    """Write the batch: 12 ordered; 6 passed, 2 failed (one nameless), 1 each of the rest, 1 not started."""
    with open_journal(folder) as journal:
        batch = WrittenBatch(journal, folder)
        batch.arm(12)
        units = [batch.good(1), batch.good(2), batch.good(1, tries=2)]  # 1 to 3; the third with a repeated step
        _, fourth = batch.bad(Outcome.FAILED, WEAK, slot=1)
        batch.again(fourth, slot=1)  # failed, then passed
        _, fifth = batch.bad(Outcome.ERROR, PORT, slot=2)
        batch.again(fifth, slot=1)  # the station's fault, then passed
        sixth = batch.good(1)
        journal.commit(e.ReworkDeclared(unit=sixth, operator="p3", reason="antenna replaced", second="p4"))
        batch.again(6, slot=1)  # passed twice, with a rework between
        batch.bad(Outcome.FAILED, WEAK, slot=2)
        batch.bad(Outcome.ERROR, PORT, slot=2)
        batch.bad(Outcome.QUARANTINED, WEAK, slot=2)
        batch.bad(Outcome.ABORTED, None, slot=2)
        batch.nameless(Outcome.FAILED, 3, MUTE)
        batch.nameless(Outcome.FAILED, 3, MUTE)  # the same board again: counts once
        batch.upload(units)
        batch.finish()
        batch.checkpoint()
        yield batch
