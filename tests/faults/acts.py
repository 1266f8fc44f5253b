"""What a station's people and the station do, by its own code: each may be cut anywhere and done again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final
from unittest import mock

import requests
from rich.console import Console

from station import app
from station.app import Station
from station.domain.ids import BatchId, UnitId
from station.domain.line import CloudState, Outcome, SlotState
from station.domain.secret import Secret
from station.host.clock import Stop
from station.line.batch_run import BatchRun, LineRules
from station.line.decisions import decide_uploads, declare_rework, withdraw_rework
from station.line.feed import Notice, SlotChanged
from station.line.outbox_rules import OutboxRules
from station.opened import Opened, open_station
from station.people.rights import Actor
from station.people.roll import Cost
from station.running import Face, run_batch
from station.uploading import drain
from tests.faults.claims import handed_sha256
from tests.line.harness import CHEAP, STAFF

LONGEST: Final = 40.0
"""Seconds after which a run is stopped as a person would; the checks then say what is not done."""
FIRST: Final = BatchId("WO-1")
SECOND: Final = BatchId("WO-2")
REWORKS: Final = BatchId("WO-R")
WHY: Final = "a test of crashes"


@contextmanager
def quick() -> Iterator[None]:
    """Have the cloud's long waits take moments; what is waited for stays the same."""
    rules = partial(OutboxRules, settle=0.3, retry_first=0.1, retry_most=0.5)
    with mock.patch.object(app, "OutboxRules", rules):
        yield


# People


def sign_in(station: Station, who: str) -> Actor:
    """Have somebody sign in with the right PIN."""
    return station.sign_in(who, Secret(STAFF[who][0]))


def opened_at(root: Path) -> Opened:
    """Read the station file."""
    return open_station(root / "station.toml")


@contextmanager
def station_at(root: Path, who: str = "edith", cost: Cost | None = None) -> Iterator[Station]:
    """Open the station for somebody."""
    with Station(opened_at(root), "a crash test", cost or CHEAP) as station:
        station.enter(sign_in(station, who))
        yield station


# The line


def build(root: Path, quantity: int, batch: BatchId = FIRST, product: str = "tracker") -> None:
    """Take the batch to its end, and its units to the cloud; what is quarantined is built again in another one."""
    with station_at(root) as station:
        if is_open(station, batch):
            run_once(station, quantity, batch, product)
        aside = [one for one in station.records.units_of(batch) if one.outcome is Outcome.QUARANTINED]
        for unit in aside:
            if not unit.rework:
                rework(station, unit.device_id)
        if aside and is_open(station, REWORKS):
            run_once(station, len(aside), REWORKS, product)
        if station.opened.cloud() is not None:
            empty_outbox(station)


def empty_outbox(station: Station) -> None:
    """See everything to the cloud. What nobody can tell of, a person looks up there, then decides."""
    face = Face(Console(), headless=True, json=True)
    drain(station, face, LONGEST)
    if not any(row.state in _TO_DECIDE for row in station.records.outbox()):
        return
    for row in station.records.outbox():
        if row.state in _TO_DECIDE:
            seen = CloudState.ONBOARDED if _is_there(station, row.unit) else CloudState.WAITING
            decide_uploads(station.gate, station.records, [row.device_id], seen, station.actor, WHY)
    drain(station, face, LONGEST)


_TO_DECIDE: Final = (CloudState.REFUSED, CloudState.UNKNOWN)


def _is_there(station: Station, unit: UnitId) -> bool:
    """Look into the cloud's portal: whether it has the unit's device, with the credential that it has now."""
    settings, device = station.opened.value.cloud, station.records.unit(unit)
    assert settings is not None
    assert device is not None
    portal = settings.base_url.removesuffix("/v1")
    requests.delete(f"{portal}/_faults", timeout=5)  # and what made it refuse the unit is mended there
    there = {
        one["device_id"]: one["certificate_sha256"]
        for one in requests.get(f"{portal}/_truth", timeout=5).json()["devices"]
    }
    return bool(there.get(device.device_id) == handed_sha256(station.records, device))


def is_open(station: Station, batch: BatchId) -> bool:
    row = station.records.batch(batch)
    return row is None or not row.closed


def rework(station: Station, device: str) -> None:
    """Allow one more attempt at a unit, by two people."""
    second = sign_in(station, "lena")
    declare_rework(station.gate, station.records, device, station.actor, WHY, second)


def withdraw(station: Station, device: str) -> None:
    """Take the rework back, by two people."""
    withdraw_rework(station.gate, station.records, device, station.actor, WHY, sign_in(station, "lena"))


def run_once(station: Station, quantity: int, batch: BatchId, product: str) -> None:
    opened, stop = station.opened, Stop()
    recipe, fixture = opened.recipe(product), opened.fixture()
    cloud = opened.cloud() if recipe.value.cloud is not None else None
    armed = station.arm(batch, recipe, fixture, quantity, cloud, WHY)
    engine = station.build_run(armed, station.open_ca(), fixture, recipe, cloud, stop, LineRules(attended=True))
    station.feed.listen(lambda notice: _acknowledge(station, engine, notice))
    late = threading.Timer(LONGEST, stop.request)
    late.start()
    try:
        run_batch(station, engine, armed, recipe, Face(Console(), headless=True, json=True), stop)
    finally:
        late.cancel()


def _acknowledge(station: Station, engine: BatchRun, notice: Notice) -> None:
    match notice:
        case SlotChanged(slot=slot, state=SlotState.LATCHED):
            # From a thread of its own: the one that tells is the slot's.
            actor = station.actor
            threading.Thread(target=lambda: engine.acknowledge(slot, actor, WHY), daemon=True).start()
        case _:
            pass
