"""10,000 finished units uploaded, beside the same cloud's service time and ten bare requests."""

import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import requests

from station.app import Station
from station.cloud.protocol import OnboardRow
from station.cloud.rows import render_rows
from station.domain.line import CloudState
from station.line.onboarding import OnboardRows
from station.line.uploader import Uploader
from tests.benchmarks.figure import Row, Run
from tests.benchmarks.line_run import Asked, simulated_line
from tests.benchmarks.recovery_time import fill
from tests.line.harness import Line

NAME = "uploading"
WHAT = "10,000 units uploaded"
REQUESTS, ABOVE = 10, 1.05
_LOOK_EVERY = 0.02
_PATIENCE = 600.0


def upload(line: Line, units: int) -> tuple[float, list[OnboardRow]]:
    """Return the seconds until the outbox is empty, and the rows that went."""
    line.release()
    opened = line.open()
    with Station(opened, "a measurement") as station:
        station.enter(line.actor())
        cloud = opened.cloud()
        assert cloud is not None
        waiting = [row.unit for row in station.records.outbox(CloudState.WAITING)]
        rows = list(OnboardRows(station.records).rows_of(waiting))
        assert len(rows) == units
        begun = time.perf_counter()
        uploader = Uploader(station.outbox(cloud), opened.clock, station.feed)
        uploader.nudge(flush=True)
        uploader.start()
        try:
            assert uploader.wait_idle(_PATIENCE)
            took = time.perf_counter() - begun
        finally:
            uploader.end()
        assert station.records.outbox_counts() == {CloudState.ONBOARDED: units}
    return took, rows


def bare(line: Line, rows: Sequence[OnboardRow]) -> float:
    """Return the seconds for the same rows in ten requests, and until the cloud is done with the last of them."""
    size = -(-len(rows) // REQUESTS)
    bodies = [render_rows(rows[at : at + size], size) for at in range(0, len(rows), size)]
    session, tick = requests.Session(), threading.Event()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {line.cloud.api_key}"
    base = line.cloud.base_url
    begun = time.perf_counter()
    left = []
    for body in bodies:
        answer = session.post(f"{base}/devices", body, headers={"Content-Type": "text/csv"}, timeout=60)
        left.append(answer.json()["bulkOpsRequestId"])
    for request in left:
        while (
            status := session.get(f"{base}/bulk-ops-requests/{request}", timeout=60).json()["status"]
        ) != "SUCCEEDED":
            assert status in ("PENDING", "IN_PROGRESS"), status
            tick.wait(_LOOK_EVERY)
    return time.perf_counter() - begun


def measure(run: Run) -> Sequence[Row]:
    """Upload a copy of a journal whose units wait; then hand the same rows to a fresh cloud of the same kind."""
    units = run.size(10_000, 10_000, 12)
    made = run.made_once("waiting", lambda place: _make(place, units))
    folder = run.scratch / "line"
    shutil.copytree(made / "line", folder, ignore=shutil.ignore_patterns("bench"))
    asked = Asked(slots=1, units=units)
    with simulated_line(folder, asked) as line:
        took, rows = upload(line, units)
    with simulated_line(run.scratch / "reference", asked) as other:
        reference = bare(other, rows)
    return [
        Row(
            what=f"{units} units uploaded",
            unit="s",
            measured=took,
            reference=reference,
            against=f"{REQUESTS} bare requests, and the cloud's service time behind them",
            asked="5 % above",
            limit=reference * ABOVE,
            floor=reference,
            beneath="the same",
        )
    ]


def _make(place: Path, units: int) -> None:
    fill(place / "line", units, upload=False)
