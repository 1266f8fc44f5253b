"""An upload of which nobody knows is settled by the board's own token, once it is in a slot again."""

import json
import threading
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from station.app import Station
from station.domain.events import AttemptClosed, UploadSettled
from station.domain.ids import EventSeq
from station.domain.line import CloudState, Outcome
from station.host.clock import Stop
from station.journal.codec import Entry
from station.journal.records import Records
from station.line.batch_run import BatchRun, LineRules
from station.line.feed import Notice
from station.line.outbox_rules import OutboxRules
from station.simulator.cloud_faults import Do, Fault
from tests.line.harness import Line
from tests.line.truth import held

SERIAL = "B1"


def lose(line: Line) -> None:
    """Build a board and have the answer to its upload lost for good: what became of it is UNKNOWN then."""
    line.bench.insert_described(1, {"serial": SERIAL})
    line.run(1, upload=False)
    nothing = json.dumps({"items": [], "total": 0})
    line.cloud.fail(Fault("POST /v1/devices", Do.CLOSE_DONE))
    line.cloud.fail(Fault("GET /v1/bulk-ops-requests", Do.STATUS, status=200, body=nothing, times=0))
    opened = line.open()
    cloud = opened.cloud()
    assert cloud is not None
    with Station(opened, "a test") as station:
        station.enter(line.actor())
        outbox = station.outbox(cloud, OutboxRules(settle=0.05))
        while (wait := outbox.advance(flush=True)) is not None:
            line.clock.wait(threading.Event(), wait)
        assert station.records.outbox_counts() == {"unknown": 1}


def put_back(line: Line) -> AttemptClosed:
    """Run another batch with the board in its slot; return how it was sent away."""
    stop, ends = Stop(), list[AttemptClosed]()

    def watch(_engine: BatchRun, notice: Notice) -> None:
        if isinstance(notice, Entry) and isinstance(notice.event, AttemptClosed):
            ends.append(notice.event)
            threading.Thread(target=stop.request, daemon=True).start()

    line.run(1, batch="WO-2", stop=stop, watch=watch, rules=LineRules(attended=False, upload_patience=1))
    (end,) = ends
    assert end.outcome is Outcome.ABORTED
    return end


def code(end: AttemptClosed) -> str:
    return end.fault.code if end.fault else ""


def states(line: Line) -> list[CloudState]:
    with Records(line.folder / "data") as records:
        return [row.state for row in records.outbox()]


def stored(line: Line) -> dict[int, dict[str, Any]]:
    return held(line, SERIAL)


@pytest.mark.parametrize("device_id", ['scheme = "uuid"', 'scheme = "imei"\nprefix = "nrf-"'])
def test_a_yes_of_the_cloud_to_the_boards_token_is_journaled_as_onboarded(line: Line, device_id: str) -> None:
    line.recipe(device_id=device_id)
    lose(line)
    before = stored(line)
    assert code(put_back(line)) == "LINE-166"
    assert stored(line) == before
    assert states(line) == [CloudState.ONBOARDED]
    with Records(line.folder / "data") as records:
        settled = [e.event for e in records.entries_from(EventSeq(1)) if isinstance(e.event, UploadSettled)]
    assert [row.state for event in settled for row in event.rows] == [CloudState.UNKNOWN, CloudState.ONBOARDED]
    assert "token" in settled[1].rows[0].reason
    # The next time it is a finished unit like any other.
    assert code(put_back(line)) == "JRN-204"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("GET /v1/devices/*", Do.STATUS, status=401, times=0),
        Fault("GET /v1/devices/*", Do.STATUS, status=404, body='{"code":40410}', times=0),
        Fault("GET /v1/devices/*", Do.NONSENSE, body="{}", times=0),
    ],
    ids=["refused", "not there", "unreadable"],
)
def test_anything_but_a_yes_leaves_it_unknown(line: Line, fault: Fault) -> None:
    lose(line)
    line.cloud.fail(fault)
    before = stored(line)
    assert code(put_back(line)) == "JRN-204"
    assert states(line) == [CloudState.UNKNOWN]
    assert stored(line) == before


def test_a_cloud_that_has_another_certificate_says_no(line: Line) -> None:
    lose(line)
    (device,) = line.cloud.world.devices()
    device.key = ec.generate_private_key(ec.SECP256R1()).public_key()
    assert code(put_back(line)) == "JRN-204"
    assert states(line) == [CloudState.UNKNOWN]
