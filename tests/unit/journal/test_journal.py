"""The journal: durable when it returns, refusing what must not be true, and saying nothing the events don't."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest

from station.domain.events import (
    AttemptClosed,
    AttemptOpened,
    BatchArmed,
    CertificateIntended,
    CertificateIssued,
    CertificateSuperseded,
    ClockCorrected,
    FaultRecord,
    ReworkDeclared,
    RowSettled,
    StepFinished,
    StepIntended,
    UnitIdentified,
    UploadAccepted,
    UploadPrepared,
    UploadSending,
    UploadSettled,
    UuidLearnt,
)
from station.domain.faults import Bug, Fault, Refusal, StationFault, UnitFault
from station.domain.ids import (
    AttemptId,
    BatchId,
    CertSerial,
    DeviceId,
    DeviceUuid,
    Imei,
    Sha256,
    SlotNumber,
    UnitId,
    UploadId,
)
from station.domain.line import CloudState, Outcome, RepeatClass, StepKind
from station.domain.modem import UuidSource
from station.host.clock import SystemClock
from station.host.files import sha256_of
from station.journal.agreement import find_disagreement
from station.journal.database import FILE_NAME, open_for_reading
from station.journal.journal import Journal
from station.journal.schema import MIGRATIONS
from tests.stored_leaves import teach

HASH = Sha256("ab" * 32)
BATCH = BatchId("WO-1")
DEVICE_UUID = DeviceUuid("504a3046-3536-4b1a-80d3-1d1c0f0e0d0c")


class SetClock(SystemClock):
    """A clock whose wall time a test sets."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def journal(tmp_path: Path, clock: SetClock):
    with Journal(tmp_path / "data", clock) as journal:
        journal.open_session({"station": "T1"}, "tester")
        journal.commit(arm())
        yield journal


def arm(batch: str = "WO-1", recipe: Sha256 = HASH, product: str = "p") -> BatchArmed:
    return BatchArmed(
        batch=BatchId(batch),
        product=product,
        recipe=recipe,
        fixture=HASH,
        quantity=5,
        operator="tester",
        team_id="t",
        cloud_confirmed=True,
    )


def opened(journal: Journal, slot: int = 1) -> AttemptId:
    (seq,) = journal.commit(AttemptOpened(batch=BATCH, slot=SlotNumber(slot), recipe=HASH, serial=None))
    return AttemptId(seq)


def identified(attempt: AttemptId, number: int = 1, **changes: object) -> UnitIdentified:
    fields: dict[str, object] = {
        "device_id": DeviceId(f"dev-{number}"),
        "imei": Imei(f"{350000000000000 + number}"),
        "uuid": None,
        "uuid_source": None,
        "serial": None,
        "model": "nRF9151-LACA",
        "hardware": None,
        "modem_firmware": "mfw_nrf91x1_2.0.2",
    }
    return UnitIdentified(attempt=attempt, **{**fields, **changes})  # type: ignore[arg-type]  # a test's free choice


def passed_unit(journal: Journal, number: int = 1, slot: int = 1) -> UnitId:
    attempt = opened(journal, slot)
    journal.commit(identified(attempt, number))
    journal.commit(AttemptClosed(attempt=attempt, outcome=Outcome.PASSED, for_cloud=True))
    with journal.records() as records:
        unit = records.unit_by_device_id(DeviceId(f"dev-{number}"))
        assert unit is not None
        return unit.id


def refused(call: Callable[[], object], code: str, kind: type[Fault] = Refusal) -> Fault:
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.code == code
    return caught.value


def intent(number: int, device: str = "dev-1") -> CertificateIntended:
    return CertificateIntended(
        device_id=DeviceId(device),
        spki_sha256=Sha256(f"{number:064x}"),
        serial=CertSerial(f"{number:x}"),
        issuer=HASH,
        profile="1",
        not_before="2026-01-01T00:00:00.000000+00:00",
        not_after="2036-01-01T00:00:00.000000+00:00",
    )


def issued(number: int) -> CertificateIssued:
    return CertificateIssued(serial=CertSerial(f"{number:x}"), sha256=HASH, der="AAAA")


class TestTruth:
    def test_a_passed_unit_reads_passed_on_another_connection(self, journal: Journal) -> None:
        passed_unit(journal)
        with journal.records() as records:
            tally = records.tally(BATCH)
        assert tally.outcomes == {"passed": 1}
        assert tally.cloud == {"waiting": 1}
        assert (tally.first_passed, tally.first_total) == (1, 1)

    def test_settings_that_survive_power_cuts_are_really_in_force(self, tmp_path: Path, journal: Journal) -> None:
        passed_unit(journal)
        db = open_for_reading(tmp_path / "data")
        assert db.pragma("journal_mode") == "wal"
        assert journal._db is not None
        assert journal._db.pragma("synchronous") == 2
        assert apsw.sqlite_lib_version() >= "3.51.3"

    def test_events_can_not_be_changed_or_deleted(self, tmp_path: Path, journal: Journal) -> None:
        passed_unit(journal)
        raw = apsw.Connection(str(tmp_path / "data" / FILE_NAME))
        with pytest.raises(apsw.ConstraintError, match="never changed"):
            raw.execute("UPDATE event SET leaf = x'00' WHERE seq = 3")
        with pytest.raises(apsw.ConstraintError, match="never deleted"):
            raw.execute("DELETE FROM event")

    def test_the_file_is_private(self, tmp_path: Path, journal: Journal) -> None:
        passed_unit(journal)
        for file in (tmp_path / "data").iterdir():
            assert file.stat().st_mode & 0o077 == 0, file

    def test_leaves_are_canonical_and_complete(self, tmp_path: Path, journal: Journal) -> None:
        attempt = opened(journal)
        results: dict[str, object] = {"z": 1, "a": "ü", "nested": {"b": [1, 2.5, None]}}
        finished = StepFinished(
            attempt=attempt,
            index=0,
            step=StepKind.COMMAND,
            outcome=Outcome.FAILED,
            milliseconds=12,
            fault=FaultRecord("X-1", "s", "d"),
            results=results,
        )
        journal.commit(identified(attempt), finished)
        with journal.records() as records:
            entries = records.entries_of(attempt)
        assert entries[-1].event == finished
        assert entries[-1].by == "tester"
        db = open_for_reading(tmp_path / "data")
        teach(db)
        leaves: Any = db.execute("SELECT said(leaf) FROM event")
        for (leaf,) in leaves:
            # Python's own encoder, sorted, agrees with RFC 8785 where no exotic number or key is involved.
            again = json.dumps(json.loads(leaf), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            assert again == leaf

    def test_what_json_cannot_hold_is_refused_and_nothing_is_written(self, journal: Journal) -> None:
        attempt = opened(journal)
        bad = StepFinished(
            attempt=attempt,
            index=0,
            step=StepKind.COMMAND,
            outcome=Outcome.PASSED,
            milliseconds=1,
            results={"value": float("nan")},
        )
        refused(lambda: journal.commit(identified(attempt), bad), "JRN-108", Bug)
        with journal.records() as records:
            assert [entry.event.kind for entry in records.entries_of(attempt)] == ["attempt-opened"]
        journal.commit(identified(attempt))


class TestTogether:
    def test_all_of_a_commit_or_nothing(self, journal: Journal) -> None:
        unit = passed_unit(journal)
        attempt = opened(journal)
        refused(lambda: journal.commit(intent(7, "dev-9"), identified(attempt)), "JRN-204")
        with journal.records() as records:
            assert records.certificates_of(DeviceId("dev-9")) == []
            row = records.unit(unit)
        assert row is not None
        assert row.outcome is Outcome.PASSED

    def test_one_refusal_does_not_touch_those_who_share_its_sync(self, journal: Journal) -> None:
        passed_unit(journal)
        attempts = [opened(journal, slot) for slot in range(1, 21)]
        errors: list[Fault] = []

        def work(place: int, attempt: AttemptId) -> None:
            try:
                journal.commit(identified(attempt, 1 if place % 2 else 100 + place))
            except Fault as fault:
                errors.append(fault)

        threads = [threading.Thread(target=work, args=pair) for pair in enumerate(attempts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with journal.records() as records:
            assert len(records.units_of(BATCH)) == 11
            places = [entry.seq for entry in records.entries_from(1)]  # type: ignore[arg-type]  # a plain place
        assert {fault.code for fault in errors} == {"JRN-204"}
        assert len(errors) == 10
        assert places == list(range(1, len(places) + 1))

    def test_places_can_be_named_within_a_commit(self, journal: Journal) -> None:
        opens = AttemptOpened(batch=BATCH, slot=SlotNumber(1), recipe=HASH, serial=None)
        first, second = journal.commit(
            opens,
            lambda seqs: StepIntended(
                attempt=AttemptId(seqs[0]), index=0, step=StepKind.IDENTIFY, name="x", repeat=RepeatClass.PURE
            ),
        )
        with journal.records() as records:
            event = records.entry(second).event
        assert isinstance(event, StepIntended)
        assert event.attempt == first


class TestBoards:
    def test_a_finished_unit_stays_finished_until_a_rework_is_declared(self, journal: Journal) -> None:
        unit = passed_unit(journal)
        attempt = opened(journal)
        refused(lambda: journal.commit(identified(attempt)), "JRN-204")
        journal.commit(AttemptClosed(attempt=attempt, outcome=Outcome.ABORTED))
        with journal.records() as records:
            row = records.unit(unit)
        assert row is not None
        assert row.outcome is Outcome.PASSED
        journal.commit(ReworkDeclared(unit=unit, operator="lead", reason="antenna"))
        again = opened(journal)
        journal.commit(identified(again))
        journal.commit(AttemptClosed(attempt=again, outcome=Outcome.FAILED))
        with journal.records() as records:
            row = records.unit(unit)
            assert records.outbox(CloudState.WAITING) == []
        assert row is not None
        assert row.outcome is Outcome.FAILED
        assert row.attempts == 2
        assert not row.rework

    def test_a_rework_waits_for_an_upload_under_way(self, journal: Journal) -> None:
        unit = passed_unit(journal)
        journal.commit(UploadPrepared(units=(unit,), body_sha256=sha256_of(b"x"), body_bytes=1))
        refused(lambda: journal.commit(ReworkDeclared(unit=unit, operator="l", reason="r")), "JRN-206")

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"device_id": DeviceId("dev-2")}, "JRN-201"),
            ({"imei": Imei("359999999999999")}, "JRN-202"),
            ({"imei": Imei("350000000000002"), "device_id": DeviceId("new")}, "JRN-203"),
        ],
        ids=["numbers of two boards", "a device ID with another IMEI", "a board that another slot has"],
    )
    def test_identities_that_clash_are_refused(self, journal: Journal, changes: dict[str, object], code: str) -> None:
        failed = opened(journal)
        journal.commit(identified(failed, 1))
        journal.commit(AttemptClosed(attempt=failed, outcome=Outcome.FAILED))
        busy = opened(journal, 2)
        journal.commit(identified(busy, 2))
        attempt = opened(journal, 3)
        refused(lambda: journal.commit(identified(attempt, 1, **changes)), code)

    def test_a_step_of_an_ended_attempt_is_not_written(self, journal: Journal) -> None:
        attempt = opened(journal)
        journal.commit(AttemptClosed(attempt=attempt, outcome=Outcome.ABORTED))
        late = StepIntended(attempt=attempt, index=0, step=StepKind.GENERATE, name="x", repeat=RepeatClass.PURE)
        refused(lambda: journal.commit(late), "JRN-108", Bug)

    def test_nobody_passes_unidentified(self, journal: Journal) -> None:
        attempt = opened(journal)
        refused(lambda: journal.commit(AttemptClosed(attempt=attempt, outcome=Outcome.PASSED)), "JRN-108", Bug)

    def test_station_faults_do_not_count_as_a_first_result(self, journal: Journal) -> None:
        for outcome in (Outcome.ERROR, Outcome.ABORTED, Outcome.PASSED):
            attempt = opened(journal)
            journal.commit(identified(attempt))
            journal.commit(AttemptClosed(attempt=attempt, outcome=outcome))
        with journal.records() as records:
            tally = records.tally(BATCH)
        assert (tally.first_passed, tally.first_total) == (1, 1)

    @pytest.mark.parametrize(
        "text",
        [
            "dev-1",
            "3500000000000",
            "5a",
            " dev-1\r\n",
            "35 000000 000000 1",
            "504A3046-3536-4B1A",
            " 504a3046",
            "0x5AFE",
            "0X5afe",
            "00:5A:FE",
            "5a fe",
        ],
    )
    def test_units_are_found_by_the_start_of_any_identifier(self, journal: Journal, text: str) -> None:
        attempt = opened(journal)
        journal.commit(identified(attempt, uuid=DEVICE_UUID, uuid_source=UuidSource.DEVICE_UUID))
        journal.commit(intent(0x5AFE))
        with journal.records() as records:
            assert [unit.device_id for unit in records.find_units(text)] == ["dev-1"]
            assert records.find_units("%") == []
            assert records.find_units("0x") == []

    def test_a_device_id_that_is_a_uuid_is_found_in_capitals(self, journal: Journal) -> None:
        attempt = opened(journal)
        journal.commit(identified(attempt, device_id=DeviceId(DEVICE_UUID)))
        with journal.records() as records:
            assert [unit.device_id for unit in records.find_units(DEVICE_UUID.upper())] == [DEVICE_UUID]


class TestCertificates:
    def test_one_active_certificate_a_device(self, journal: Journal) -> None:
        attempt = opened(journal)
        journal.commit(identified(attempt))
        journal.commit(intent(1), issued(1))
        refused(lambda: journal.commit(intent(2)), "JRN-212")
        journal.commit(CertificateSuperseded(serial=CertSerial("1"), attempt=attempt, reason="new key"), intent(2))
        journal.commit(issued(2))
        with journal.records() as records:
            active = records.active_certificate(DeviceId("dev-1"))
        assert active is not None
        assert active.serial == "2"

    def test_one_device_a_key(self, journal: Journal) -> None:
        journal.commit(intent(1))
        other = CertificateIntended(**{**_fields(intent(1)), "device_id": "dev-2", "serial": "99"})
        refused(lambda: journal.commit(other), "JRN-211", UnitFault)

    def test_a_finished_units_certificate_stays(self, journal: Journal) -> None:
        attempt = opened(journal)
        journal.commit(identified(attempt))
        journal.commit(intent(1), issued(1))
        journal.commit(AttemptClosed(attempt=attempt, outcome=Outcome.PASSED))
        gone = CertificateSuperseded(serial=CertSerial("1"), attempt=attempt, reason="x")
        refused(lambda: journal.commit(gone), "JRN-213")

    def test_nothing_is_issued_without_intent(self, journal: Journal) -> None:
        refused(lambda: journal.commit(issued(5)), "JRN-108", Bug)


def _fields(event: CertificateIntended) -> dict[str, object]:
    return {name: getattr(event, name) for name in event.__slots__ if name != "kind"}


class TestBatches:
    def test_a_batch_keeps_its_recipe(self, journal: Journal) -> None:
        fault = refused(lambda: journal.commit(arm(recipe=Sha256("cd" * 32))), "JRN-221", StationFault)
        assert "recipe" in fault.sentence


class TestUploads:
    def test_a_unit_is_in_one_upload_at_a_time(self, journal: Journal) -> None:
        unit = passed_unit(journal)
        name = sha256_of(b"body")
        (upload,) = journal.commit(
            UploadPrepared(units=(unit,), body_sha256=name, body_bytes=4), bodies={name: b"body"}
        )
        refused(lambda: journal.commit(UploadPrepared(units=(unit,), body_sha256=name, body_bytes=4)), "JRN-108", Bug)
        journal.commit(UploadSending(upload=UploadId(upload)))
        journal.commit(UploadAccepted(upload=UploadId(upload), request_id="01A", found_by="answer"))
        with journal.records() as records:
            (row,) = records.open_uploads()
            assert records.body(name) == b"body"
        assert (row.state, row.request_id, row.tries) == ("accepted", "01A", 1)
        settled = RowSettled(unit, CloudState.ONBOARDED, "cloud")
        journal.commit(UploadSettled(upload=UploadId(upload), rows=(settled,)))
        with journal.records() as records:
            assert records.open_uploads() == []
            assert records.outbox_counts() == {"onboarded": 1}


class TestTime:
    def test_a_bad_time_is_corrected_not_erased(self, journal: Journal, clock: SetClock) -> None:
        good = clock.time
        clock.time = good + timedelta(days=3650)
        (bad,) = journal.commit(arm("WO-2"))
        clock.time = good + timedelta(minutes=1)
        journal.commit(arm("WO-3"))
        with journal.records() as records:
            assert records.latest_entry() == good + timedelta(days=3650)
        journal.commit(ClockCorrected(first=bad, last=bad, operator="eng", reason="battery"))
        with journal.records() as records:
            assert records.latest_entry() == good + timedelta(minutes=1)
            assert records.entry(bad).at == good + timedelta(days=3650)


class TestFile:
    def test_it_opens_again_and_goes_on(self, tmp_path: Path) -> None:
        for _ in range(3):
            with Journal(tmp_path, SystemClock()) as journal:
                journal.open_session({"station": "T1"}, "tester")
        with Journal(tmp_path, SystemClock()) as journal, journal.records() as records:
            kinds = [entry.event.kind for entry in records.entries_from(1)]  # type: ignore[arg-type]  # a plain place
        assert kinds == ["context"] + ["session-opened", "session-closed"] * 3

    def test_a_newer_format_is_refused_and_left_alone(self, tmp_path: Path) -> None:
        Journal(tmp_path, SystemClock()).close()
        raw = apsw.Connection(str(tmp_path / FILE_NAME))
        raw.pragma("user_version", len(MIGRATIONS) + 1)
        raw.close()
        before = (tmp_path / FILE_NAME).read_bytes()
        refused(lambda: Journal(tmp_path, SystemClock()), "JRN-104", StationFault)
        assert (tmp_path / FILE_NAME).read_bytes() == before

    def test_another_programs_database_is_no_journal(self, tmp_path: Path) -> None:
        raw = apsw.Connection(str(tmp_path / FILE_NAME))
        raw.execute("CREATE TABLE t(x)")
        raw.close()
        refused(lambda: Journal(tmp_path, SystemClock()), "JRN-103", StationFault)

    def test_a_torn_file_is_refused_with_a_sentence(self, tmp_path: Path) -> None:
        (tmp_path / FILE_NAME).write_bytes(b"not a database at all" * 100)
        refused(lambda: Journal(tmp_path, SystemClock()), "JRN-103", StationFault)

    def test_no_journal_is_a_sentence(self, tmp_path: Path) -> None:
        refused(lambda: open_for_reading(tmp_path), "JRN-106", StationFault)


class TestReplay:
    def test_a_uuid_that_only_a_lost_key_told_is_forgotten_there_too(self, tmp_path: Path, journal: Journal) -> None:
        """The projection looks for an earlier entry of the attempt: the replay must find it as the writer did."""
        attempt = opened(journal)
        journal.commit(identified(attempt), UuidLearnt(attempt=attempt, uuid=DEVICE_UUID))
        journal.commit(AttemptClosed(attempt=attempt, outcome=Outcome.FAILED))
        with journal.records() as records:
            (row,) = records.find_units("dev-1")
        assert row.uuid is None
        assert find_disagreement(tmp_path / "data") is None

    def test_the_projections_say_nothing_that_the_events_do_not(
        self, tmp_path: Path, journal: Journal, clock: SetClock
    ) -> None:
        unit = passed_unit(journal)
        attempt = opened(journal, 2)
        journal.commit(identified(attempt, 2), intent(3, "dev-2"), issued(3))
        journal.commit(CertificateSuperseded(serial=CertSerial("3"), attempt=attempt, reason="x"))
        clock.time += timedelta(days=9999)
        (bad,) = journal.commit(arm("WO-9"))
        clock.time -= timedelta(days=9998)
        journal.commit(ClockCorrected(first=bad, last=bad, operator="e", reason="r"))
        name = sha256_of(b"rows")
        (upload,) = journal.commit(
            UploadPrepared(units=(unit,), body_sha256=name, body_bytes=4), bodies={name: b"rows"}
        )
        journal.commit(UploadSending(upload=UploadId(upload)))
        with pytest.raises(Refusal):
            journal.commit(ReworkDeclared(unit=unit, operator="l", reason="r"))
        assert find_disagreement(tmp_path / "data") is None
