"""10,000 finished units uploaded, beside the same cloud's service time and ten bare requests.

The cloud of each is a fresh one of the same kind: it takes the time that was observed of nRF Cloud for a few rows (3 to
4 s a body, however many are under way: no more is documented), and begins with a body when it has come. The
station is as it is delivered: bodies of 500, and it asks as often as its file says by default.

Bodies are made while units come in, also when the network is away: so the clock runs for a station that has made them
and finds the network back, and for one that has just been started and finds those that its earlier run has made. Told
beside them, with nothing asked: one that could not ask its cloud whose the key is before all units were built, and has
all bodies to make. Nothing goes out before its entries were read and held against the tables; that the same leaves are
read once out of SQLite, and as JSON, by nothing of the station's, is told with it. What the reference sends is read
afterwards, by a reader of its own.
"""

import json
import shutil
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from enum import Enum
from pathlib import Path
from typing import Any, cast

import requests

from station.app import Station
from station.cloud.protocol import Cloud, NotSent, OnboardRow
from station.cloud.rows import render_rows
from station.domain.line import CloudState
from station.journal.database import FILE_NAME
from station.journal.packing import unpack_leaf
from station.line.onboarding import OnboardRows
from station.line.uploader import Uploader
from station.simulator.cloud_world import ServiceTimes
from tests.benchmarks.figure import Row, Run
from tests.benchmarks.line_run import Asked, simulated_line
from tests.benchmarks.recovery_time import fill
from tests.line.harness import Line

NAME = "uploading"
WHAT = "10,000 units uploaded"
REQUESTS, ABOVE = 10, 1.05
_LOOK_EVERY = 0.02
_PATIENCE = 600.0
_TESTS_POLL = "poll_every_s = 0.05\n"


class Made(Enum):
    """When the bodies are made."""

    BEFORE = "bodies made before, once the network is back"
    EARLIER = "bodies made before the station was restarted"
    NOT_YET = "by a station just started, nothing made"


class Away:
    """A cloud that can be asked, and nothing reaches it."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cloud, name)

    def send(self, *_: object) -> NotSent:
        """Say that the network is away."""
        return NotSent("the network is away")


def upload(line: Line, units: int, made: Made) -> float:
    """Return the seconds until the outbox is empty."""
    text = line.station_file.read_text(encoding="utf-8")
    assert _TESTS_POLL in text
    line.station_file.write_text(text.replace(_TESTS_POLL, ""), encoding="utf-8")
    line.release()
    if made is Made.EARLIER:
        with Station(line.open(), "an earlier run") as station:
            make(station, line)
    opened = line.open()
    with Station(opened, "a measurement") as station:
        station.enter(line.actor())
        cloud = opened.cloud()
        assert cloud is not None
        if made is Made.BEFORE:
            make(station, line)
        left = CloudState.WAITING if made is Made.NOT_YET else CloudState.SENDING
        assert station.records.outbox_counts() == {left: units}
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
    return took


def make(station: Station, line: Line) -> None:
    """Have all bodies be made while the network is away."""
    station.enter(line.actor())
    cloud = station.opened.cloud()
    outbox = station.outbox(cast("Cloud", Away(cast("Cloud", cloud))))
    while station.records.outbox(CloudState.WAITING, limit=1):
        assert outbox.advance(flush=True) == 0.0


def rows_in(line: Line, units: int) -> list[OnboardRow]:
    """Return the rows that went, by a reader that has seen none of them before."""
    with line.open().records() as records:
        gone = [row.unit for row in records.outbox(CloudState.ONBOARDED, limit=units)]
        rows = OnboardRows(records).rows_of(gone)
    assert len(rows) == units
    return rows


def read_all(journal: Path) -> float:
    """Return the seconds in which every leaf of the journal is read once, with Python's own SQLite, zlib and JSON."""
    with closing(sqlite3.connect(journal)) as db:
        begun = time.perf_counter()
        for (leaf,) in db.execute("SELECT leaf FROM event ORDER BY seq"):
            json.loads(unpack_leaf(leaf))
        return time.perf_counter() - begun


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
    """Upload copies of a journal whose units wait; then hand the same rows to a fresh cloud of the same kind."""
    units = run.size(10_000, 10_000, 12)
    made = run.made_once("waiting", lambda place: _make(place, units))
    asked = Asked(slots=1, units=units)
    seconds, rows = dict[Made, float](), list[OnboardRow]()
    for how in Made:
        folder = run.scratch / f"line-{how.name}"
        shutil.copytree(made / "line", folder, ignore=shutil.ignore_patterns("bench"))
        with simulated_line(folder, asked) as line:
            seconds[how] = upload(line, units, how)
            rows = rows or rows_in(line, units)
    reading = read_all(made / "line" / "data" / FILE_NAME)
    with simulated_line(run.scratch / "reference", asked) as other:
        reference = bare(other, rows)
    service = ServiceTimes()
    against = f"{REQUESTS} bare requests and the service time, {service.least:g} to {service.most:g} s a body"
    sending = [
        Row(
            what=f"{units} units uploaded, {how.value}",
            unit="s",
            measured=seconds[how],
            reference=reference,
            against=against,
            asked="5 % above",
            limit=reference * ABOVE,
            floor=reference,
            beneath="the same",
        )
        for how in (Made.BEFORE, Made.EARLIER)
    ]
    least = reference + reading
    making = Row(
        what=f"  {Made.NOT_YET.value}: all bodies have to be made first",
        unit="s",
        measured=seconds[Made.NOT_YET],
        reference=reference,
        against=against,
        note=f"{seconds[Made.NOT_YET] / least:.2f} times the {least:.2f} s of the reference and each leaf read once "
        "with sqlite3, zlib and json.loads; the station also holds every entry against its tables. Bodies are made "
        "while units come in: this is a station that could not ask its cloud who it is until all were built",
    )
    return [*sending, making]


def _make(place: Path, units: int) -> None:
    fill(place / "line", units, upload=False)
