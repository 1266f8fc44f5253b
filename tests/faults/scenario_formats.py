"""Journals of another format, in scenarios that are cut anywhere: an earlier one is brought up to date, and a station
goes back behind a newer one.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from station.app import Station
from station.host.clock import SystemClock
from station.journal.database import FILE_NAME
from station.journal.going_back import BEFORE
from station.journal.schema import MIGRATIONS
from station.signed_record import SignedRecord
from tests.faults.acts import WHY, empty_outbox, station_at, withdraw
from tests.faults.claims import Finding, Kind
from tests.faults.formats import (
    earlier_journal,
    find_left_over,
    find_wrong,
    format_at,
    leaves_of,
    newer_station,
    open_journal,
    take_back_format,
)
from tests.line.harness import Line

_BESIDE: Final = {"elder": 1, "former": 3}
"""Data folders beside the station's, with the first journal format that there was, and with the last before this."""
_EARLIER: Final = 2
_LEAVES: Final = "leaves.json"


def _prepare(line: Line) -> None:
    """A finished unit that waits for the cloud behind a checkpoint, with a rework declared."""
    line.write(slots=1)
    line.bench.insert_described(1, {"serial": "OLD"})
    line.run(1, upload=False)
    line.rework(str(line.board("OLD")["uuid"]))
    with Station(line.open(), WHY) as station:
        record = SignedRecord(station)
        record.checkpoint(station.enter(line.actor()), WHY)


def _note(line: Line) -> None:
    """Note outside the station what its journal has."""
    leaves = [leaf.hex() for leaf in leaves_of(line.folder / "data" / FILE_NAME)]
    (line.folder.parent / _LEAVES).write_text(json.dumps(leaves), encoding="utf-8")


def _noted(line: Line) -> list[bytes]:
    return [bytes.fromhex(leaf) for leaf in json.loads((line.folder.parent / _LEAVES).read_text(encoding="utf-8"))]


def prepare_earlier(line: Line) -> None:
    """A journal that a killed station of an earlier format wrote, its last entries in the log; and those beside it."""
    _prepare(line)
    take_back_format(line.folder / "data" / FILE_NAME, _EARLIER)
    _note(line)
    for name, number in _BESIDE.items():
        folder = line.folder / name
        folder.mkdir(mode=0o700)
        (folder / FILE_NAME).write_bytes(earlier_journal(number))


def bring_up_to_date(root: Path) -> None:
    """Open the earlier journals with this station, and go on with what the first had begun."""
    _go_on(root)
    for name in _BESIDE:
        open_journal(root / name, SystemClock())


def _go_on(root: Path) -> None:
    with station_at(root) as station:
        for unit in station.records.find_units(""):
            if unit.rework:
                withdraw(station, unit.device_id)
        empty_outbox(station)


def look_at_earlier(line: Line) -> Iterator[Finding]:
    """All journals are of this station's format, whole, with one copy each of what they were."""
    journals = [(line.folder / "data", _EARLIER, _noted(line))]
    for name, number in _BESIDE.items():
        untouched = line.folder.parent / f"{name}.db"
        untouched.write_bytes(earlier_journal(number))
        journals.append((line.folder / name, number, leaves_of(untouched)))
    for data, number, before in journals:
        yield from _look(data, number, before)
        copies = len(list(data.glob(f"{BEFORE}*")))
        if copies != 1:
            yield Finding(Kind.DOUBLED, f"of {data.name} {copies} copies are kept")


def prepare_newer(line: Line) -> None:
    """A journal of this station's format, which a newer station is about to take over."""
    _prepare(line)
    _note(line)


def go_back(root: Path) -> None:
    """Have this station open what there is, a newer one take over, and this one go back and go on."""
    data, clock = root / "data", SystemClock()
    open_journal(data, clock)
    with newer_station():
        open_journal(data, clock, killed=True)
        assert format_at(data / FILE_NAME) == len(MIGRATIONS) + 1
    _go_on(root)


def look_at_newer(line: Line) -> Iterator[Finding]:
    """The journal is of this station's format again, whole, and was kept before the newer one took over."""
    data = line.folder / "data"
    yield from _look(data, len(MIGRATIONS), _noted(line))
    if not list(data.glob(f"{BEFORE}*")):
        yield Finding(Kind.LOST, "no copy was kept before the newer station's migration")


def _look(data: Path, number: int, before: list[bytes]) -> Iterator[Finding]:
    if (now := format_at(data / FILE_NAME)) != len(MIGRATIONS):
        yield Finding(Kind.WRONG, f"the journal in {data.name} is of format {now}")
    yield from find_wrong(data, number, before)
    yield from find_left_over(data)
