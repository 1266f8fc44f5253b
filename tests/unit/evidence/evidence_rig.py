"""A journal as the line writes one, with a real CA and keys that modems could have made, in a second."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from station.ca.authority import Authority
from station.ca.creation import create_authority
from station.credentials.checks import check_keygen
from station.credentials.pem import to_pem
from station.domain import events as e
from station.domain.ids import (
    AttemptId,
    BatchId,
    DeviceId,
    DeviceUuid,
    EventSeq,
    Imei,
    Sha256,
    SlotNumber,
    UnitId,
)
from station.domain.line import CloudState, Outcome, RepeatClass, StepKind
from station.domain.modem import UuidSource
from station.domain.secret import Secret
from station.evidence.checkpoints import Kept, make_checkpoint
from station.evidence.station_key import StationKey, create_station_key, open_station_key
from station.host.files import sha256_of
from station.journal.journal import Journal
from station.line.register import JournalRegister
from tests.unit.ca.cheap import cheap_passphrases
from tests.unit.credentials.conftest import ModemMaker

ORIGIN = "nrf91-station/T1"
SEC_TAG = 16842753
STEPS = (StepKind.FLASH, StepKind.IDENTIFY, StepKind.GENERATE, StepKind.SIGN, StepKind.WRITE, StepKind.PROVE)
FAULT = e.FaultRecord("AT-101", "The board is bad.", "ERROR")


class TestClock:
    """Wall time that a test moves; every look takes a millisecond."""

    __test__ = False

    def __init__(self, at: datetime = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)) -> None:
        self.time = at

    def now(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time

    def monotonic(self) -> float:
        return (self.time - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.time += timedelta(seconds=seconds)
        return event.is_set()


def make_authority(folder: Path) -> Authority:
    passphrase, clock = Secret("correct horse battery staple"), TestClock(datetime(2026, 11, 22, 6, 0, tzinfo=UTC))
    with cheap_passphrases():
        create_authority(folder, passphrase, name="Acme", clock=clock, root_years=30, line_years=20, leaf_years=10)
    return Authority.open(folder, passphrase, TestClock())


@dataclass
class Rig:
    """A data folder with journal, CA and station key, and how to fill it."""

    data: Path
    authority: Authority
    clock: TestClock = field(default_factory=TestClock)
    second: Path | None = None

    def __post_init__(self) -> None:
        create_station_key(self.data / "evidence", ORIGIN)
        self.key: StationKey = open_station_key(self.data / "evidence", ORIGIN)
        self.authority = Authority(self.authority._files, self.authority._key, self.clock)
        self.journal = Journal(self.data, self.clock)
        self.journal.open_session({"station": "T1", "software": {"version": "1"}}, "p1")
        content = {"credentials": {"sec_tag": SEC_TAG}, "steps": [{"do": str(step)} for step in STEPS]}
        self.recipe = self.journal.keep("recipe", {"content": content, "file": "p.toml", "sha256": "0" * 64})
        self.fixture = self.journal.keep("fixture", {"content": {"name": "F"}})
        self.arm("WO-1")

    @property
    def chain(self) -> tuple[x509.Certificate, x509.Certificate]:
        return self.authority.chain

    def arm(self, batch: str) -> None:
        self.journal.commit(
            e.BatchArmed(
                batch=BatchId(batch),
                product="p",
                recipe=self.recipe,
                fixture=self.fixture,
                quantity=99,
                operator="p1",
                team_id="t",
                cloud_confirmed=True,
            )
        )

    def open_attempt(self, slot: int = 1, batch: str = "WO-1") -> AttemptId:
        opened = e.AttemptOpened(batch=BatchId(batch), slot=SlotNumber(slot), recipe=self.recipe, serial=None)
        return AttemptId(self.journal.commit(opened)[0])

    def identify(self, attempt: AttemptId, number: int, maker: ModemMaker, adopts: AttemptId | None = None) -> DeviceId:
        uuid = uuid_of(maker)
        device = DeviceId(f"dev-{number}")
        self.journal.commit(
            e.UnitIdentified(
                attempt=attempt,
                device_id=device,
                imei=Imei(f"{350000000000000 + number}"),
                uuid=uuid,
                uuid_source=UuidSource.DEVICE_UUID,
                serial=None,
                model="nRF9151-LACA",
                hardware=None,
                modem_firmware="mfw_nrf91x1_2.0.2",
                adopts=adopts,
            )
        )
        return device

    def intend(self, attempt: AttemptId, index: int) -> None:
        step = STEPS[index]
        self.journal.commit(
            e.StepIntended(attempt=attempt, index=index, step=step, name=str(step), repeat=RepeatClass.PURE)
        )

    def finish(
        self,
        attempt: AttemptId,
        index: int,
        results: dict[str, object] | None = None,
        outcome: Outcome = Outcome.PASSED,
    ) -> None:
        self.journal.commit(
            e.StepFinished(
                attempt=attempt,
                index=index,
                step=STEPS[index],
                outcome=outcome,
                milliseconds=5,
                fault=None if outcome is Outcome.PASSED else FAULT,
                results=results or {},
            )
        )

    def step(self, attempt: AttemptId, index: int, results: dict[str, object] | None = None) -> None:
        self.intend(attempt, index)
        self.finish(attempt, index, results)

    def close(self, attempt: AttemptId, outcome: Outcome, orphan: StepKind | None = None) -> None:
        fault = None if outcome is Outcome.PASSED else FAULT
        passed = outcome is Outcome.PASSED
        self.journal.commit(
            e.AttemptClosed(attempt=attempt, outcome=outcome, fault=fault, orphan=orphan, for_cloud=passed)
        )

    def keygen(self, device: DeviceId, maker: ModemMaker) -> dict[str, object]:
        text = maker.keygen(maker.csr(device), sec_tag=SEC_TAG)
        key = check_keygen(text, device_id=device, uuid=uuid_of(maker), sec_tag=SEC_TAG)
        return {
            "keygen": text,
            "csr_sha256": key.answer.body_sha256,
            "spki_sha256": key.csr.spki_sha256,
            "uuid": key.uuid,
            "proven": key.proven,
            "adopted_from": None,
        }

    def sign(self, attempt: AttemptId, device: DeviceId, results: dict[str, object], maker: ModemMaker) -> None:
        key = check_keygen(str(results["keygen"]), device_id=device, uuid=uuid_of(maker), sec_tag=SEC_TAG)
        self.intend(attempt, 3)
        with self.journal.records() as records:
            issued = self.authority.issue(device, key.csr, JournalRegister(self.journal, records))
        self.finish(attempt, 3, {"serial": issued.serial, "issuer": issued.issuer, "profile": issued.profile})

    def passed(self, number: int, slot: int = 1, batch: str = "WO-1", maker: ModemMaker | None = None) -> UnitId:
        """Build a whole unit."""
        maker = maker or make_modem(number)
        attempt = self.open_attempt(slot, batch)
        self.step(attempt, 0)
        self.intend(attempt, 1)
        device = self.identify(attempt, number, maker)
        self.finish(attempt, 1, {"imei": "x"})
        results = self.keygen(device, maker)
        self.step(attempt, 2, results)
        self.sign(attempt, device, results, maker)
        self.step(attempt, 4)
        self.step(attempt, 5)
        self.close(attempt, Outcome.PASSED)
        return self.unit(number)

    def failed(self, number: int) -> UnitId:
        """A unit whose certificate was signed before it failed: it is superseded."""
        maker = make_modem(number)
        attempt = self.open_attempt(2)
        self.step(attempt, 0)
        self.intend(attempt, 1)
        device = self.identify(attempt, number, maker)
        self.finish(attempt, 1)
        results = self.keygen(device, maker)
        self.step(attempt, 2, results)
        self.sign(attempt, device, results, maker)
        self.intend(attempt, 4)
        self.finish(attempt, 4, outcome=Outcome.FAILED)
        with self.journal.records() as records:
            (row,) = records.standing_certificates(device)
        self.journal.commit(e.CertificateSuperseded(serial=row.serial, attempt=attempt, reason="it ended badly"))
        self.close(attempt, Outcome.FAILED)
        return self.unit(number)

    def interrupted(self, number: int) -> UnitId:
        """A unit that a crash interrupted behind its key, and that the next attempt took over."""
        maker = make_modem(number)
        first = self.open_attempt(3)
        self.step(first, 0)
        self.intend(first, 1)
        device = self.identify(first, number, maker)
        self.finish(first, 1)
        results = self.keygen(device, maker)
        self.step(first, 2, results)
        self.intend(first, 3)
        self.close(first, Outcome.ABORTED, StepKind.SIGN)
        attempt = self.open_attempt(3)
        self.step(attempt, 0)
        self.intend(attempt, 1)
        self.identify(attempt, number, maker, adopts=first)
        self.finish(attempt, 1)
        self.step(attempt, 2, {**results, "adopted_from": first})
        self.sign(attempt, device, results, maker)
        self.step(attempt, 4)
        self.step(attempt, 5)
        self.close(attempt, Outcome.PASSED)
        return self.unit(number)

    def silent(self) -> AttemptId:
        """A board that never said who it is, and latched its slot."""
        attempt = self.open_attempt(4)
        self.intend(attempt, 0)
        self.finish(attempt, 0, outcome=Outcome.ERROR)
        self.journal.commit(e.SlotLatched(slot=SlotNumber(4), attempt=attempt, fault=FAULT))
        self.close(attempt, Outcome.ERROR)
        self.journal.commit(e.SlotAcknowledged(slot=SlotNumber(4), operator="p1", reason="cable"))
        return attempt

    def upload(self, *units: UnitId) -> None:
        body = b"rows"
        prepared = e.UploadPrepared(units=units, body_sha256=sha256_of(body), body_bytes=len(body))
        (upload,) = self.journal.commit(prepared, bodies={sha256_of(body): body})
        rows = tuple(e.RowSettled(unit, CloudState.ONBOARDED, "it is there") for unit in units)
        self.journal.commit(e.UploadSending(upload=upload))  # type: ignore[arg-type]
        self.journal.commit(e.UploadAccepted(upload=upload, request_id="r", found_by="answer"))  # type: ignore[arg-type]
        self.journal.commit(e.UploadSettled(upload=upload, rows=rows))  # type: ignore[arg-type]

    def unit(self, number: int) -> UnitId:
        with self.journal.records() as records:
            found = records.unit_by_device_id(DeviceId(f"dev-{number}"))
        assert found is not None
        return found.id

    def checkpoint(self, reason: str = "test") -> Kept:
        return make_checkpoint(self.journal, self.key, self.data, self.second, reason)

    def note(self, text: str = "x") -> EventSeq:
        """Write an entry that says nothing of a unit."""
        return self.journal.commit(e.SignedOut(person="p1", reason=text))[0]


def lay_ca(rig: Rig) -> Path:
    """Put the CA's certificates where a data folder has them."""
    folder = rig.data / "ca"
    folder.mkdir()
    for name, one in zip(("line.pem", "root.pem"), rig.chain, strict=True):
        (folder / name).write_text(to_pem(one))
    return folder


def named(rig: Rig) -> tuple[object, ...]:
    """The words that verify its data folder, with its key."""
    return (rig.data, "--key", rig.key.verifier.text())


def uuid_of(maker: ModemMaker) -> DeviceUuid:
    text = maker.uuid.hex()
    return DeviceUuid(f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")


def make_modem(number: int) -> ModemMaker:
    return ModemMaker(uuid=bytes.fromhex("5050304135393437802212") + number.to_bytes(5, "big"))


def fingerprint(kept: Kept) -> Sha256:
    return Sha256(kept.checkpoint.root.hex())
