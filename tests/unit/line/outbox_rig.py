"""An outbox against the simulated cloud on real HTTP, in a time that only the test moves."""

import base64
import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import stamina
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from station.cloud.protocol import Cloud, OnboardRow
from station.cloud.team import TeamCloud
from station.cloud.wire import Timeouts
from station.domain.events import (
    AttemptClosed,
    AttemptOpened,
    BatchArmed,
    CertificateIntended,
    CertificateIssued,
    CertificateSuperseded,
    ReworkDeclared,
    UnitIdentified,
)
from station.domain.ids import AttemptId, BatchId, CertSerial, DeviceId, EventSeq, Imei, Sha256, SlotNumber, UnitId
from station.domain.line import CloudState, Outcome
from station.domain.secret import Secret
from station.host.files import sha256_of
from station.journal.codec import iso
from station.journal.journal import Journal
from station.journal.rows import OutboxRow, UploadRow
from station.line.feed import Feed, Notice, Told
from station.line.final_tokens import FinalTokens
from station.line.gate import Gate
from station.line.onboarding import OnboardRows
from station.line.outbox import Outbox
from station.line.outbox_rules import OutboxRules
from station.line.rows_ahead import Rows, RowsAhead
from station.line.team import TeamGate
from station.people.rights import Actor, Instant, Method, PersonId, Role
from station.simulator.cloud import LINE_KEY, SimulatedCloud
from station.simulator.cloud_faults import Do, Fault
from station.simulator.cloud_world import FAST
from tests.rows_at_once import RowsAtOnce

RowsOf = Callable[[Sequence[UnitId]], list[OnboardRow]]
RULES = OutboxRules(rows=4, longest_wait=60.0, poll_first=1.0, poll_most=30.0, retry_first=5.0, settle=60.0)
SENDING = "POST /v1/devices"
_HASH = Sha256("ab" * 32)


class DrivenClock:
    """A clock that stands still until the test moves it; wall and monotonic time move apart when it says so."""

    def __init__(self) -> None:
        self._wall = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
        self._monotonic = 1000.0

    def now(self) -> datetime:
        return self._wall

    def monotonic(self) -> float:
        return self._monotonic

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Let the time pass at once."""
        self.advance(max(0.0, seconds))
        return event.is_set()

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        self._wall += timedelta(seconds=seconds)
        self._monotonic += seconds

    def set_by(self, **delta: float) -> None:
        """Have somebody set the PC's wall clock; no time passes."""
        self._wall += timedelta(**delta)


class Rig:
    """A journal in a folder, a cloud, and outboxes that come and go like processes."""

    def __init__(self, folder: Path, cloud: SimulatedCloud, clock: DrivenClock) -> None:
        self.folder, self.cloud, self.clock = folder, cloud, clock
        self.told: list[Told] = []
        self.key = LINE_KEY
        """What stands where the key is kept: read by the next process, or by this one when it was refused."""
        self._stack = contextlib.ExitStack()
        self._units = 0
        self._certificates = 0
        self.final_check = ""
        """What the units that pass from now on are asked for at their end."""
        self.keys: dict[UnitId, ec.EllipticCurvePrivateKey] = {}
        self.restart()
        about: dict[str, object] = {"content": {"cloud": {"subtype": "tracker", "tags": ["line1"]}}}
        self.recipe = self.journal.keep("recipe", about)
        self.batch = BatchId("WO-1")
        self.journal.commit(
            BatchArmed(
                batch=self.batch,
                product="tracker",
                recipe=self.recipe,
                fixture=_HASH,
                quantity=100,
                operator="tester",
                team_id=cloud.world.teams[0].team_id,
                cloud_confirmed=True,
            )
        )

    def restart(
        self,
        rules: OutboxRules = RULES,
        *,
        base_url: str = "",
        make: Callable[..., Cloud] = TeamCloud,
        team: str | None = None,
        gated: bool = False,
        rows_of: RowsOf | None = None,
    ) -> Outbox:
        """End this process, so to speak, and begin another one on the same folder; return its outbox.

        It talks to this rig's cloud by ``make``, or to what else listens (or doesn't) at ``base_url``. With ``team``,
        nobody has confirmed yet that the key is that team's; with ``gated``, whose it is is asked as well. ``rows_of``
        hands over something else of the units than their certificates.
        """
        self._stack.close()
        self.journal = self._stack.enter_context(Journal(self.folder, self.clock))
        self.journal.open_session({"station": "T1"}, "tester")
        self.gate = Gate(self.journal, self.clock)
        self.records = self._stack.enter_context(self.journal.records())
        feed = Feed()
        feed.listen(self._hear)
        renew = self._renew(make, base_url)
        cloud = renew()
        gate = TeamGate(self.journal, self.records, cloud, cloud.place, team) if team or gated else None
        rows: Rows = RowsAtOnce(rows_of) if rows_of is not None else self._rows_ahead()
        self.tokens = FinalTokens(self.clock)
        self.outbox = Outbox(
            self.journal, self.records, cloud, self.clock, rules, rows, feed, gate, renew=renew, tokens=self.tokens
        )
        return self.outbox

    def _rows_ahead(self) -> RowsAhead:
        rows = RowsAhead(OnboardRows(self._stack.enter_context(self.journal.records())).rows_of)
        self._stack.callback(rows.end)
        return rows

    def close(self) -> None:
        self._stack.close()

    def _renew(self, make: Callable[..., Cloud], base_url: str) -> Callable[[], Cloud]:
        """Return what makes the client, with the key as it is then."""

        def renew() -> Cloud:
            return make(
                base_url or self.cloud.base_url,
                Secret(self.key),
                clock=self.clock,
                version="1.2.3",
                timeouts=Timeouts(connect=5.0, read=5.0, total=1e6),
            )

        return renew

    @property
    def lead(self) -> Actor:
        """A line lead who has just signed in."""
        now = Instant(self.clock.now(), self.clock.monotonic())
        return Actor(PersonId("p2"), frozenset({Role.LINE_LEAD}), Method.NAME, now)

    # What the journal says

    def add_units(self, count: int) -> list[UnitId]:
        """Have ``count`` boards pass, a second apart; return their units."""
        return [self._pass_board(self._begin()) for _ in range(count)]

    def leave_tokens(self, *units: UnitId) -> None:
        """Have the units' modems sign their tokens for a final check, for this process."""
        for unit in units:
            self.tokens.put(unit, Secret(jwt.encode({"sub": self.device(unit)}, self.keys[unit], "ES256")))

    def rework(self, unit: UnitId) -> None:
        """Declare a rework of the unit and have it pass with another certificate."""
        self.journal.commit(ReworkDeclared(unit=unit, operator="tester", reason="a test"))
        attempt = self._identify(self.device(unit))
        old = self.records.active_certificate(self.device(unit))
        assert old is not None
        self.journal.commit(CertificateSuperseded(serial=old.serial, attempt=attempt, reason="a test"))
        self._pass_board((attempt, self.device(unit)))

    def state(self, unit: UnitId) -> CloudState:
        row = self.records.unit(unit)
        assert row is not None
        (queued,) = [one for one in self.records.outbox() if one.unit == unit]
        assert row.cloud is queued.state
        return row.cloud

    def states(self) -> list[CloudState]:
        """Every unit's state, in the order in which the units passed."""
        return [self.state(row.unit) for row in sorted(self.records.outbox(), key=lambda row: row.unit)]

    def queued(self, unit: UnitId) -> OutboxRow:
        return next(row for row in self.records.outbox() if row.unit == unit)

    def device(self, unit: UnitId) -> DeviceId:
        row = self.records.unit(unit)
        assert row is not None
        return row.device_id

    def upload(self) -> UploadRow:
        """The one upload that is not settled."""
        (row,) = self.records.open_uploads()
        return row

    def kinds(self) -> list[str]:
        """The kinds of all upload events, oldest first."""
        entries = self.records.entries_from(EventSeq(1))
        return [entry.event.kind.removeprefix("upload-") for entry in entries if entry.event.kind.startswith("upload-")]

    # What the cloud says

    def fail(self, on: str, do: Do, **how: Any) -> None:
        self.cloud.fail(Fault(on, do, **how))

    def posts(self) -> list[dict[str, Any]]:
        """Every body that came to the cloud, or was on its way."""
        truth: Any = self.cloud.truth()["posts"]
        return list(truth)

    def onboarded(self) -> list[str]:
        truth: Any = self.cloud.truth()["devices"]
        return sorted(device["device_id"] for device in truth)

    # Time

    def step(self, *, flush: bool = True) -> float | None:
        """Let the outbox do one thing."""
        return self.outbox.advance(flush=flush)

    def work(self, *, flush: bool = True) -> None:
        """Let the outbox do everything that there is to do now, without any time passing."""
        for _ in range(200):
            if self.outbox.advance(flush=flush) != 0.0:
                return
        raise AssertionError("the outbox does not come to rest")

    def drain(self, *, most: float = 7200.0, flush: bool = True) -> float:
        """Let the outbox work, and the time it asks for pass, until nothing is left; return the seconds it took."""
        began = self.clock.monotonic()
        for _ in range(500):
            wait = self.outbox.advance(flush=flush)
            if wait is None:
                return self.clock.monotonic() - began
            self.clock.advance(wait)
            assert self.clock.monotonic() - began <= most, self.records.open_uploads()
        raise AssertionError("the outbox does not come to rest")

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, Told):
            self.told.append(notice)

    def _begin(self) -> tuple[AttemptId, DeviceId]:
        self._units += 1
        device = DeviceId(f"unit-{self._units:03d}")
        return self._identify(device), device

    def _identify(self, device: DeviceId) -> AttemptId:
        self.clock.advance(1.0)
        opened = AttemptOpened(batch=self.batch, slot=SlotNumber(1), recipe=self.recipe, serial=None)
        (seq,) = self.journal.commit(opened)
        attempt = AttemptId(seq)
        number = int(device.rpartition("-")[2], 16) % 10**13
        self.journal.commit(
            UnitIdentified(
                attempt=attempt,
                device_id=device,
                imei=Imei(f"{350000000000000 + number}"),
                uuid=None,
                uuid_source=None,
                serial=None,
                model="nRF9151-LACA",
                hardware=None,
                modem_firmware="mfw_nrf91x1_2.0.2",
            )
        )
        return attempt

    def _pass_board(self, begun: tuple[AttemptId, DeviceId]) -> UnitId:
        attempt, device = begun
        self._certificates += 1
        serial = CertSerial(f"{self._certificates:x}")
        key = ec.generate_private_key(ec.SECP256R1())
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        start = datetime(2026, 1, 1, tzinfo=UTC)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, device)])
        builder = x509.CertificateBuilder(name, name, key.public_key(), self._certificates).not_valid_before(start)
        der = (
            builder.not_valid_after(start + timedelta(days=3650)).sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
        )
        self.journal.commit(
            CertificateIntended(
                device_id=device,
                spki_sha256=sha256_of(spki),
                serial=serial,
                issuer=_HASH,
                profile="1",
                not_before=iso(start),
                not_after=iso(start + timedelta(days=3650)),
            ),
            CertificateIssued(serial=serial, sha256=sha256_of(der), der=base64.b64encode(der).decode()),
            AttemptClosed(attempt=attempt, outcome=Outcome.PASSED, for_cloud=True, final_check=self.final_check),
        )
        unit = self.records.unit_by_device_id(device)
        assert unit is not None
        self.keys[unit.id] = key
        return unit.id


@contextlib.contextmanager
def open_rig(folder: Path) -> Iterator[Rig]:
    """A cloud that answers at once, and a journal; real retries inside one look take no time."""
    clock = DrivenClock()
    with stamina.set_testing(True, attempts=3, cap=True), SimulatedCloud(clock=clock, service=FAST) as cloud:
        rig = Rig(folder / "data", cloud, clock)
        try:
            yield rig
        finally:
            rig.close()
