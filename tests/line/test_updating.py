"""What IT meets: `updates` says what is there; an older journal is kept before it is brought up to date."""

import gzip
import json
import shutil
from pathlib import Path

from station.app import Station
from station.domain.ids import BatchId
from station.evidence.station_key import create_station_key, open_station_key
from station.journal.database import FILE_NAME
from station.software import software_version
from station.updates.looking import own_kind
from station.updates.manifest import MANIFEST, describe, write_manifest
from tests.line.harness import ROOT, Line
from tests.line.processes import call_station

NAME = "example.com/line-it"
FORMATS = ROOT / "tests" / "unit" / "journal" / "formats"


def put(line: Line, version: str) -> Path:
    """Have IT put a package of this version beside the station, and the station file say where."""
    share, keys = line.folder / "share", line.folder / "it-keys"
    share.mkdir()
    made = create_station_key(keys, NAME)
    file = share / f"station-{version}{own_kind()}"
    file.write_bytes(version.encode())
    packages = [describe(file, version, "tried on line 3")]
    (share / MANIFEST).write_bytes(write_manifest(packages, open_station_key(keys, NAME)))
    line.write(station=f'[updates]\nfolder = "share"\nkey = "{made.text()}"\n')
    return file


def test_a_newer_package_is_told_of_and_when_it_may_be_installed(line: Line) -> None:
    line.write()
    line.recipe()
    code, shown, _ = call_station(line, "updates")
    assert code == 1
    assert "[updates]" in shown
    file = put(line, "99.2.0")
    code, shown, _ = call_station(line, "updates")
    assert code == 0
    assert f"Version 99.2.0 is there; this is {software_version()}. tried on line 3" in shown
    assert "no batch is open" in shown
    opened = line.open()
    with Station(opened, "a batch that is begun") as station:
        station.enter(line.actor())
        station.arm(BatchId("WO-7"), opened.recipe("tracker"), opened.fixture(), 2, None, "a test")
    code, shown, _ = call_station(line, "updates", "--json")
    told = json.loads(shown)
    assert (code, told["file"], told["open_batches"]) == (0, str(file), ["WO-7"])
    file.write_bytes(b"99.2.1")
    code, _, said = call_station(line, "updates")
    assert code == 4
    assert said.startswith("UPD-104")
    shutil.rmtree(line.folder / "share")
    assert call_station(line, "updates")[2].startswith("UPD-101")


def test_a_start_keeps_an_older_journal_before_it_brings_it_up_to_date(line: Line) -> None:
    line.write()
    data = line.open().value.data
    data.mkdir(mode=0o700, exist_ok=True)
    before = gzip.decompress((FORMATS / "journal-v2.db.gz").read_bytes())
    (data / FILE_NAME).write_bytes(before)
    with Station(line.open(), "the first start of a newer station") as station:
        assert station.records.last_seq() > 0
    assert (data / f"before-{software_version()}" / FILE_NAME).is_file()
