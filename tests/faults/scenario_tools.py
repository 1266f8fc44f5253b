"""The tools around the ways, in scenarios that are cut anywhere: a final check, what is deleted by hand in a
modem and in the cloud, a key made for development.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from station.cli import cli
from station.connected import Device, connect_modem, place_of
from station.domain.check_events import FinalChecked
from station.domain.cloud_deletion_events import CloudDeleted
from station.domain.events import CredentialDeleted, DevelopmentKeyIntended
from station.domain.faults import Fault
from station.domain.ids import BatchId
from station.domain.modem import CredentialType
from station.host.files import replace_file
from station.journal.records import Records
from station.line.cloud_deletion import delete_from_cloud
from station.line.hand_deletion import delete_recorded
from tests.faults.acts import FIRST, WHY, build, opened_at, rework, station_at
from tests.faults.claims import Finding, Kind
from tests.line.harness import CLOUD, Line

_AGAIN: Final = BatchId("WO-T")
_CODE: Final = "ownership-code"
_TAG: Final = 16842753


def prepare_tools(line: Line) -> None:
    """A board whose product wants a final check, and a person who may use the tools."""
    line.write(slots=1, slot='presence = "port"')
    line.recipe(cloud=CLOUD + "final_check = true\n")
    line.bench.insert_described(1, {"serial": "TOOL"})
    replace_file(line.folder / _CODE, b"SIMULATED-4711")


def use_tools(root: Path) -> None:
    """Have the board built and checked, deleted in modem and cloud, built again; and a development key made."""
    build(root, 1)
    with station_at(root) as station:
        (unit,) = station.records.find_units("")
        deleted = [one.event for one in station.records.entries_of_kind(CredentialDeleted.kind)]
        if not any(isinstance(one, CredentialDeleted) and one.fault is None for one in deleted):
            if not unit.rework:
                rework(station, unit.device_id)
            where, opened = Device(None, 1), station.opened
            with connect_modem(where, opened, opened.clock, "a crash test", owned=True) as modem:
                delete_recorded(
                    station.gate,
                    station.records,
                    station.actor,
                    WHY,
                    modem,
                    modem.identify(),
                    place_of(where),
                    _TAG,
                    CredentialType.CLIENT_KEY,
                )
        gone = [one.event for one in station.records.entries_of_kind(CloudDeleted.kind)]
        if not any(isinstance(one, CloudDeleted) and one.gone for one in gone) and unit.attempts == 1:
            asker, whose = station.opened.team_asker(), station.account_of_key
            delete_from_cloud(station.gate, station.records, asker, unit.device_id, station.actor, WHY, whose)
    build(root, 1, _AGAIN)
    with opened_at(root).records() as records:
        asked = records.entries_of_kind(DevelopmentKeyIntended.kind)
    if not asked:  # a second one is asked for by whoever misses the first
        _develop(root)


def _develop(root: Path) -> None:
    words = ["cloud", "certificate", "dev-1", "--to", root / "made", "--reason", WHY, "--development"]
    signed = ["--sign-in", root / "edith.sign-in", "--station", root / "station.toml"]
    try:
        cli([str(word) for word in (*words, "--ownership-code-file", root / _CODE, *signed)], standalone_mode=False)
    except Fault as fault:
        raise AssertionError(fault.sentence) from fault


def look_at_tools(line: Line) -> Iterator[Finding]:
    """The board was checked behind each building, and its key was deleted once."""
    with Records(line.folder / "data") as records:
        checks = [one.event for one in records.entries_of_kind(FinalChecked.kind)]
        deleted = [one.event for one in records.entries_of_kind(CredentialDeleted.kind)]
        batches = {FIRST, _AGAIN} & set(records.batch_names())
    if not checks or len(checks) > len(batches):
        yield Finding(Kind.WRONG, f"{len(checks)} final checks of a unit built in {len(batches)} batches")
    if sum(isinstance(one, CredentialDeleted) and one.found for one in deleted) > 1:
        yield Finding(Kind.DOUBLED, "the key was there to be deleted twice")
