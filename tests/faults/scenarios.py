"""Whole pieces of a station's day: each can be cut anywhere, and acted again it goes on and comes to its end.

``prepare`` is the test's: boards, cloud and what happened before. ``act`` is the station's, by its own code, in a
process that may die: acted once more it must finish, as people would have it finish.
"""

import json
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from station.app import Station
from station.backing_up import BackupDesk
from station.domain.events import Restored
from station.domain.faults import Fault
from station.domain.ids import EventSeq
from station.domain.line import Outcome
from station.domain.secret import Secret
from station.engine.commands import SaveSettings
from station.engine.record_orders import save_settings
from station.evidence.checkpoints import FOLDER
from station.evidence.forms import Broken
from station.evidence.verifier import verify_journal
from station.exporting import ExportDesk, Form
from station.host.clock import Stop
from station.host.files import sha256_of
from station.journal.codec import Entry
from station.journal.records import Records
from station.line.batch_run import LineRules
from station.line.decisions import close_batch, correct_clock
from station.line.feed import Notice
from station.own_key import ensure_own_key
from station.people.rights import Right, Role
from station.restoring import Chosen as RestoreChosen
from station.restoring import Faces, restore_backup
from station.signed_record import SignedRecord
from station.simulator.cloud_faults import Do
from station.simulator.cloud_faults import Fault as CloudFault
from tests.faults.acts import FIRST, SECOND, WHY, build, empty_outbox, opened_at, rework, sign_in, station_at, withdraw
from tests.faults.claims import Finding, Kind
from tests.faults.scenario_formats import (
    bring_up_to_date,
    go_back,
    look_at_earlier,
    look_at_newer,
    prepare_earlier,
    prepare_newer,
)
from tests.faults.scenario_tools import look_at_tools, prepare_tools, use_tools
from tests.faults.scenario_ways import (
    claim_anew,
    look_at_claims,
    prepare_attested,
    prepare_bare,
    prepare_claimed,
    prepare_enrolled,
    prepare_given,
    prepare_handed,
    prepare_own,
)
from tests.line.harness import CHEAP, PASSPHRASE, STAFF, Line, steps
from tests.line.test_arming_probes import CYCLE, switched
from tests.line.test_flashing import CREDENTIALS, FINAL, LOCK, MODEM, SILENT, flash, flashing
from tests.line.test_identity import IMEI, MUTE
from tests.line.trial import command, prepare

CODE: Final = 'print(\'{"outcome": "passed", "measurements": []}\')'


@dataclass(frozen=True)
class Scenario:
    """One piece of a day."""

    prepare: Callable[[Line], None]
    act: Callable[[Path], None]
    sound: tuple[str, ...] = ()
    """Boards with which nothing is wrong: they pass in the end, and are onboarded."""
    also: Callable[[Line], Iterable[Finding]] = lambda _: ()
    """What else must be true in the end."""


def prepare_locked(line: Line) -> None:
    """One blank, locked board; every step that a probe does, a program of the factory's own, and a lock at the end."""
    table = steps("check-target", "recover") + MODEM + flash() + command("factory", CODE, repeat="idempotent")
    flashing(line, table + steps(*CREDENTIALS) + FINAL + CYCLE + steps("prove", "store") + LOCK)
    switched(line)
    line.write(
        slots=1, station=TIMEOUTS, slot='presence = "port"\n' + _power_of((line.folder / "fixture.toml").read_text())
    )
    line.bench.insert_described(1, {"serial": "NEW", "blank": True, "protected": True, "profile": "nrf9161"})


TIMEOUTS: Final = "[timeouts]\nat_s = 1.0\npower_off_s = 1.0\nkeygen_s = 1.0\nwrite_s = 1.0\nboot_s = 3.0\n"


def _power_of(fixture: str) -> str:
    return next(line for line in fixture.splitlines() if line.startswith("power"))


def prepare_silent(line: Line) -> None:
    """One board whose last image speaks no AT: it is read back."""
    flashing(line, flash() + steps(*CREDENTIALS) + SILENT, presence="port")
    line.bench.insert_described(1, {"serial": "MUM", "blank": True})


def prepare_odd(line: Line) -> None:
    """Boards that lose a key's answer, lose their port, and tell their UUID late: all of them sound in the end.

    Those that lose something have firmware that switches the modem on.
    """
    prepare(line, presence="port", slots=3, device_id=IMEI, timeouts=TIMEOUTS)
    odd: dict[str, dict[str, object]] = {
        "LATE": {"do": "lose-answer", "match": "KEYGEN"},
        "GONE": {"do": "vanish-after", "match": "KEYGEN", "seconds": 0.5},
    }
    for slot, (serial, fault) in enumerate(odd.items(), start=1):
        faults = {"commands": [fault], "traits": ["active-at-boot"]}
        line.bench.insert_described(slot, {"serial": serial, "faults": faults})
    line.bench.insert_described(3, {"serial": "MUTE", "profile": "nrf9160", "faults": MUTE})


def prepare_again(line: Line) -> None:
    """A finished, onboarded board that is put in again, where flashing comes before anybody asks who it is."""
    flashing(line, flash() + steps(*CREDENTIALS), presence="port")
    line.bench.insert_described(1, {"serial": "TWICE", "blank": True})
    line.run(1)


def again(root: Path) -> None:
    """Have the board be overwritten, then built again on purpose."""
    with station_at(root) as station:
        (unit,) = station.records.find_units("")
        done = unit.attempts > 1 and unit.outcome is Outcome.PASSED
        if not done and not unit.rework:
            if unit.outcome is Outcome.PASSED:
                _try_once(station)
            rework(station, unit.device_id)
    build(root, 1, SECOND)


def _try_once(station: Station) -> None:
    """Have the board tried until its attempt has ended."""
    opened, stop = station.opened, Stop()
    recipe, fixture = opened.recipe("tracker"), opened.fixture()
    armed = station.arm(SECOND, recipe, fixture, 1, opened.cloud(), WHY)
    engine = station.build_run(armed, station.open_ca(), fixture, recipe, None, stop, LineRules(attended=True))

    def look(notice: Notice) -> None:
        if isinstance(notice, Entry) and notice.event.kind in ("unit-overwritten", "attempt-closed"):
            threading.Thread(target=stop.request, daemon=True).start()

    station.feed.listen(look)
    engine.run(station.actor)


# The cloud


def prepare_uploads(line: Line) -> None:
    """Three finished units, one with a rework declared; a cloud that is busy, breaks off, then refuses one of them."""
    line.write(slots=3)
    for slot in (1, 2, 3):
        line.bench.insert_described(slot, {"serial": f"UP{slot}"})
    line.run(3, upload=False)
    line.rework(str(line.board("UP3")["uuid"]))
    line.cloud.fail(CloudFault("POST /v1/devices", Do.STATUS, status=429, headers={"Retry-After": "0"}))
    line.cloud.fail(CloudFault("POST /v1/devices", Do.CLOSE_DONE))
    line.cloud.switch(row_errors={str(line.board("UP2")["uuid"]): "Rejected by the test"})


def upload(root: Path) -> None:
    """Withdraw the rework and empty the outbox; have a person send again what was refused, once that is mended."""
    with station_at(root) as station:
        for unit in station.records.find_units(""):
            if unit.rework:
                withdraw(station, unit.device_id)
        empty_outbox(station)


def prepare_organisation(line: Line) -> None:
    """One board for an organisation's project that is busy, then breaks off without having done anything."""
    line.write(slots=1, organisation=True)
    line.bench.insert_described(1, {"serial": "ORG"})
    line.cloud.fail(CloudFault("POST /v1/organizations/*", Do.STATUS, status=429, headers={"Retry-After": "0"}))
    line.cloud.fail(CloudFault("POST /v1/organizations/*", Do.CLOSE_UNDONE))


# The beginning, people, settings


def prepare_nothing(line: Line) -> None:
    """A station's files, and nothing else."""
    for path in (line.folder / "data").iterdir():
        if path.name != "bench":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    line.write(slots=1)


def begin(root: Path) -> None:
    """Do what `station init` and `station ca init` do."""
    opened = opened_at(root)
    with Station(opened, "init", CHEAP) as station:
        ensure_own_key(opened)
        if not station.people.all:
            roles = frozenset({Role.CA_KEEPER})
            station.found("edith", Secret(STAFF["edith"][0]), roles, anew=station.people.began_before)
        else:
            station.enter(sign_in(station, "edith"))
        station.release("the beginning", opened.fixture(), opened.recipe("tracker"))
        if not opened.value.ca_folder.exists():
            station.create_ca(Secret(PASSPHRASE))
        station.open_ca(right=Right.RUN)


def prepare_people(line: Line) -> None:
    """Those who work here, and settings somebody is about to change."""
    line.write(slots=1)


def look_after(root: Path) -> None:
    """Everything that is done with people and settings. What is done already is refused, and that is well."""
    with station_at(root) as station:
        desk, actor = station.desk, station.actor
        second = sign_in(station, "lena")
        doings: tuple[Callable[[], object], ...] = (
            lambda: desk.sign_in("edith", Secret("000111")),
            lambda: desk.add(
                actor,
                "nora",
                Secret("739154"),
                frozenset({Role.LINE_LEAD}),
                reason=WHY,
                second=sign_in(station, "lena"),
            ),
            lambda: desk.reset(actor, "otto", Secret("619403")),
            lambda: desk.set_roles(actor, "otto", frozenset({Role.OPERATOR, Role.QA}), reason=WHY, second=second),
            lambda: desk.disable(actor, "carl", reason=WHY),
            lambda: desk.forget(actor, "carl", reason=WHY),
            lambda: station.gate.require(second, Right.CREATE_CA),
            lambda: correct_clock(station.gate, station.records, EventSeq(1), EventSeq(2), actor, WHY),
        )
        for do in doings:
            try:
                do()
            except Fault:
                continue
        text = (root / "recipes" / "tracker.toml").read_text().rstrip("\n") + "\n\n"
        before = sha256_of((root / "recipes" / "tracker.toml").read_bytes())
        change = SaveSettings(file="recipe:tracker", text=text, before=before, reason=WHY)
        save_settings(station, station.enter(sign_in(station, "edith")), change)
        opened = opened_at(root)
        station.release(WHY, opened.recipe("tracker"), opened.fixture())
        desk.sign_out(second, "a test")


# Records


def prepare_records(line: Line) -> None:
    """A closed batch, another that somebody gives up, and a second place for checkpoints."""
    (line.folder / "away").mkdir()
    where = json.dumps(str(line.folder / "away"))
    line.write(slots=2, station=f"[evidence]\nsecond_place = {where}\n")
    for slot in (1, 2):
        line.bench.insert_described(slot, {"serial": f"REC{slot}"})
    line.run(2)
    opened = line.open()
    with Station(opened, "a test") as station:
        station.enter(line.actor())
        station.arm(SECOND, opened.recipe("tracker"), opened.fixture(), 5, opened.cloud(), "a test")


def keep_records(root: Path) -> None:
    """Sign, export in every form, close: each export into a folder of its own, as nothing is ever overwritten."""
    with station_at(root) as station:
        record = SignedRecord(station)
        record.catch_up()
        to = next(root / f"exports-{one}" for one in range(1, 100) if not (root / f"exports-{one}").exists())
        record.checkpoint(station.actor, WHY)
        desk = ExportDesk(station, station.actor, to, WHY, record=record)
        units = station.records.units_of(FIRST)
        desk.units(units[:1], (Form.BUNDLE, Form.TABLES))
        desk.batch(FIRST, tuple(Form), next((root / "data" / FOLDER).glob("*.txt"), None))
        row = station.records.batch(SECOND)
        if row is not None and not row.closed:
            close_batch(station.gate, station.records, SECOND, station.actor, WHY)
        record.batch_ended(SECOND)


def prepare_backup(line: Line) -> None:
    """A unit that is onboarded, and one that still waits for the cloud."""
    line.write(slots=1)
    for serial, batch in (("BAK1", FIRST), ("BAK2", SECOND)):
        line.bench.remove(1)
        line.bench.insert_described(1, {"serial": serial})
        line.run(1, batch=batch, upload=batch == FIRST)


def back_up(root: Path) -> None:
    """Write a backup, and have another PC go on from it."""
    with station_at(root) as station:
        to = next(root / f"exports-{one}" for one in range(1, 100) if not (root / f"exports-{one}").exists())
        written = BackupDesk(station, station.actor, to, WHY).write()
    if not (root / OTHER_PC).exists():
        faces = Faces(
            sign_in=lambda other: other.enter(sign_in(other, "edith")),
            agree=lambda other, _: sign_in(other, "lena"),
            passphrase=lambda _: Secret(PASSPHRASE),
        )
        restore_backup(RestoreChosen(written.path, root / OTHER_PC, WHY), faces)


OTHER_PC: Final = "other-pc"


def look_at_other_pc(line: Line) -> Iterator[Finding]:
    """The other PC's station is there, once restored, and its record holds."""
    data = line.folder / OTHER_PC / "data"
    if not data.exists():
        yield Finding(Kind.LOST, "the backup was not restored")
        return
    with Records(data) as records:
        restored = records.entries_of_kind(Restored.kind)
        if len(restored) != 1:
            yield Finding(Kind.DOUBLED, f"the backup was restored {len(restored)} times")
        if len(records.find_units("", limit=10)) != 2:
            yield Finding(Kind.LOST, "a unit is not in what was restored")
    try:
        verify_journal(data)
    except Broken as error:
        yield Finding(Kind.WRONG, f"the restored journal: {error}")


SCENARIOS: Final[dict[str, Scenario]] = {
    "locked": Scenario(prepare_locked, lambda root: build(root, 1), ("NEW",)),
    "silent": Scenario(prepare_silent, lambda root: build(root, 1), ("MUM",)),
    "odd": Scenario(prepare_odd, lambda root: build(root, 3), ("LATE", "GONE", "MUTE")),
    "again": Scenario(prepare_again, again, ("TWICE",)),
    "upload": Scenario(prepare_uploads, upload, ("UP1", "UP2", "UP3")),
    "organisation": Scenario(prepare_organisation, lambda root: build(root, 1), ("ORG",)),
    "handed": Scenario(prepare_handed, lambda root: build(root, 1), ("HAND",)),
    "given": Scenario(prepare_given, lambda root: build(root, 1), ("GIVEN",)),
    "own": Scenario(prepare_own, lambda root: build(root, 1), ("OWN",)),
    "bare": Scenario(prepare_bare, lambda root: build(root, 1), ("BARE",)),
    "attested": Scenario(prepare_attested, lambda root: build(root, 1), ("ATT",)),
    "claimed": Scenario(prepare_claimed, claim_anew, ("CLAIM",), look_at_claims),
    "enrolled": Scenario(prepare_enrolled, lambda root: build(root, 1), ("M1",)),
    "tools": Scenario(prepare_tools, use_tools, ("TOOL",), look_at_tools),
    "beginning": Scenario(prepare_nothing, begin),
    "people": Scenario(prepare_people, look_after),
    "records": Scenario(prepare_records, keep_records, ("REC1", "REC2")),
    "backup": Scenario(prepare_backup, back_up, ("BAK1",), look_at_other_pc),
    "earlier": Scenario(prepare_earlier, bring_up_to_date, ("OLD",), look_at_earlier),
    "newer": Scenario(prepare_newer, go_back, ("OLD",), look_at_newer),
}
