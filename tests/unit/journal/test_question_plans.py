"""What is asked for every board reads no table as a whole: a million units make the line no slower than one does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from station.domain.ids import AttemptId, DeviceId, Imei, Sha256, UnitId
from station.domain.line import CloudState
from station.host.clock import SystemClock
from station.journal.journal import Journal
from station.journal.records import Records
from station.people.rights import ITSELF

_DEVICE = DeviceId("dev-1")
_QUESTIONS: dict[str, Callable[[Records], object]] = {
    "standing certificates": lambda records: records.standing_certificates(_DEVICE),
    "certificates of a board": lambda records: records.certificates_of(_DEVICE),
    "the certificate of a key": lambda records: records.certificate_for(_DEVICE, Sha256("ab" * 32)),
    "the active certificate": lambda records: records.active_certificate(_DEVICE),
    "active certificates": lambda records: records.active_certificates([_DEVICE]),
    "recipes of attempts": lambda records: records.recipes_of([AttemptId(1)]),
    "a unit by its IMEI": lambda records: records.unit_by_imei(Imei("350000000000001")),
    "a unit by its device ID": lambda records: records.unit_by_device_id(_DEVICE),
    "a unit by its label": lambda records: records.unit_by_serial("SN-1"),
    "attempts of a unit": lambda records: records.attempts_of_unit(UnitId(1)),
    "entries of an attempt": lambda records: records.entries_of(AttemptId(1)),
    "entries about a unit": lambda records: records.entries_about(UnitId(1)),
    "open attempts": lambda records: records.open_attempts(),
    "open uploads": lambda records: records.open_uploads(),
    "units that wait": lambda records: records.outbox(CloudState.WAITING, limit=1),
    "whether it was onboarded": lambda records: records.was_onboarded(UnitId(1)),
}


@pytest.mark.parametrize("name", _QUESTIONS)
def test_no_table_is_read_as_a_whole(tmp_path: Path, name: str) -> None:
    asked: list[tuple[str, object]] = []

    def note(statement: str, bindings: object) -> bool:
        asked.append((statement, bindings))
        return True

    with Journal(tmp_path, SystemClock()) as journal:
        journal.open_session({}, ITSELF)
        with journal.records() as records:
            records._db.set_exec_trace(lambda _cursor, statement, bindings: note(statement, bindings))
            _QUESTIONS[name](records)
            records._db.set_exec_trace(None)
            assert asked
            for statement, bindings in asked:
                plan = [str(row[3]) for row in records._db.execute(f"EXPLAIN QUERY PLAN {statement}", bindings)]  # type: ignore[arg-type]
                whole = [step for step in plan if step.startswith("SCAN") and "USING" not in step]
                assert not [step for step in whole if step.split()[1] not in ("VALUES", "json_each")], plan
