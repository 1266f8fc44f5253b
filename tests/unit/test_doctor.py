"""The doctor, against real files, sockets, ports, a bench and a cloud: it sees, says, and changes nothing."""

import contextlib
import importlib
import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest
from rich.console import Console

from station.ca.creation import create_authority
from station.doctor.cloud import judge_date
from station.doctor.data import judge_free, judge_writing
from station.doctor.disk import judge_disk, judge_drive
from station.doctor.examination import Findings, State, examine, print_findings
from station.doctor.findings import Check, Examination, Finding, Verdict, advice, ok
from station.doctor.pc import judge_grabbers, judge_qt_version, judge_sqlite, judge_synchronised
from station.doctor.ports import find_holders, judge_latency, judge_port, lockers_of
from station.doctor.report import count_slots
from station.domain.events import (
    AccountConfirmed,
    AttemptClosed,
    AttemptOpened,
    BatchArmed,
    FaultRecord,
    SlotLatched,
    UnitIdentified,
    UploadDecided,
)
from station.domain.ids import AttemptId, BatchId, DeviceId, Imei, Sha256, SlotNumber, UnitId
from station.domain.line import CloudState, Outcome
from station.domain.secret import Secret
from station.host.clock import SystemClock
from station.host.files import replace_file, sha256_of
from station.host.lock import FolderLock
from station.journal.journal import Journal
from station.journal.schema import MIGRATIONS
from station.simulator.bench import Bench
from station.simulator.cloud import OTHER_KEY, SimulatedCloud
from station.simulator.cloud_faults import Do, Fault
from station.simulator.cloud_world import FAST
from station.simulator.timings import Timings
from tests.unit.ca.cheap import cheap_passphrases

PASSPHRASE = "correct horse battery staple"
HASH = Sha256("ab" * 32)
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc and pseudo-terminals")
NEVER = Path("/nonexistent-root")


class SetClock(SystemClock):
    """This PC's clock with a wall time a test sets."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@dataclass
class Site:
    """A station's files in a folder of their own, with a cloud that answers; in order until a test spoils something."""

    folder: Path
    cloud: SimulatedCloud
    clock: SetClock
    station: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def file(self) -> Path:
        return self.folder / "station.toml"

    @property
    def passphrase(self) -> Path:
        return self.folder / "passphrase"

    def write(self, *, slots: int = 2, slot: str = "", team: str | None = None, cloud: str = "", top: str = "") -> None:
        """Write every file; the texts are added to their tables."""
        for path, text in ((self.passphrase, PASSPHRASE), (self.folder / "api-key", self.cloud.api_key)):
            path.write_text(text)
            path.chmod(0o600)
        wanted = self.cloud.world.teams[0].team_id if team is None else team
        named = f'team = "{wanted}"\n' if wanted else ""
        rows = "".join(f"[[slots]]\nnumber = {number}\n" for number in range(1, slots + 1))
        defaults = {"port": '"bench/slot{slot}"', "programmer": '"none"', "presence": '"port"', "power": '"none"'}
        defaults |= dict(line.split(" = ", 1) for line in slot.splitlines())
        table = "".join(f"{key} = {value}\n" for key, value in defaults.items())
        (self.folder / "fixture.toml").write_text(f'schema = 1\nname = "test"\n[defaults]\n{table}{rows}')
        (self.folder / "recipes").mkdir(exist_ok=True)
        self.recipe()
        self.file.write_text(
            'schema = 1\nstation_id = "test"\nline = "Test"\ndata = "data"\nfixture = "fixture.toml"\n'
            f'recipes = "recipes"\n{top}[cloud]\nkind = "team"\nbase_url = "{self.cloud.base_url}"\n'
            f'api_key = {{ file = "api-key" }}\n{named}connect_timeout_s = 2\nread_timeout_s = 2\n{cloud}'
            '[ca]\nname = "Works"\npassphrase = { file = "passphrase" }\n'
        )

    def recipe(self, name: str = "tester", steps: str = '[[steps]]\ndo = "identify"\n') -> None:
        text = f'schema = 1\nproduct = "{name}"\n[device_id]\nscheme = "uuid"\n{steps}'
        (self.folder / "recipes" / f"{name}.toml").write_text(text)

    def journal(self) -> Journal:
        journal = Journal(self.data, self.clock)
        journal.open_session({"station": "T1"}, "tester")
        return journal

    def examine(self) -> "Found":
        return Found(examine(self.file, clock=self.clock))


@dataclass(frozen=True)
class Found:
    """Findings by ID."""

    all: Findings

    def __getitem__(self, name: str) -> Finding:
        return self.of(name)[0]

    def of(self, name: str) -> list[Finding]:
        return [one for one in self.all if one.id == name]

    def troubles(self) -> set[str]:
        """The IDs of what is in trouble."""
        return {one.id for one in self.all if one.state is State.TROUBLE}


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA made at 2026-11-22 08:00, whose line ends two years later; to be copied."""
    folder = tmp_path_factory.mktemp("made") / "ca"
    with cheap_passphrases():
        create_authority(
            folder, Secret(PASSPHRASE), name="Works", clock=SetClock(), root_years=3, line_years=2, leaf_years=1
        )
    return folder


@pytest.fixture
def site(tmp_path: Path, ca: Path) -> Iterator[Site]:
    (tmp_path / "data").mkdir(mode=0o700)
    shutil.copytree(ca, tmp_path / "data" / "ca")
    clock = SetClock()
    with SimulatedCloud(service=FAST, clock=clock) as cloud:
        site = Site(tmp_path, cloud, clock)
        site.write()
        site.journal().close()
        yield site


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every path below, with its mode and content."""
    paths = sorted(folder.rglob("*"))
    # What readers of a live journal note in SQLite's shared memory is lost with it.
    kept = {path: path.is_file() and not path.name.endswith("-shm") for path in paths}
    return {
        str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes() if kept[path] else b"")
        for path in paths
    }


def hold(device: Path) -> "subprocess.Popen[str]":
    """Another program that has a port open."""
    code = "import sys; port = open(sys.argv[1], 'rb', buffering=0); print('held', flush=True); sys.stdin.read()"
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(device)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def end(child: "subprocess.Popen[str]") -> None:
    child.communicate("")


# A station in order.


def test_a_station_in_order_has_no_trouble_and_ends_with_0(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    with site.journal():
        pass
    found = site.examine()
    assert found.troubles() <= {"pc.qt"}
    mine = [one for one in found.all if not one.id.startswith(("pc.", "clock.", "data.disk", "data.space"))]
    states = {one.id: one.state for one in mine}
    assert states.pop("ca.root-key") is State.ADVICE
    assert set(states.values()) == {State.OK}
    assert print_findings([one for one in found.all if one.id != "pc.qt"], as_json=False) == 0
    assert "Nothing was changed" in capsys.readouterr().out


@pytest.mark.parametrize("state", ["new", "used", "crashed", "running"])
def test_looking_changes_nothing(site: Site, state: str) -> None:
    holder: list[Journal] = []
    if state == "new":
        for path in sorted((site.data).rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        site.data.rmdir()
    if state in ("crashed", "running"):
        holder.append(site.journal())  # its -wal is there and holds the newest entries
    if state == "crashed":
        shutil.copytree(site.data, site.folder / "as it was")  # what a power cut would leave
        holder.pop().close()
        shutil.rmtree(site.data)
        (site.folder / "as it was").rename(site.data)
    lock = FolderLock(site.data, "a batch") if state == "running" else None
    before = tree(site.folder)
    found = site.examine()
    assert tree(site.folder) == before
    entries = {"new": 0, "used": 3, "crashed": 4, "running": 4}[state]
    assert (f"{entries} entries" in found["journal.format"].seen) == (entries > 0)
    for journal in holder:
        journal.close()
    if lock is not None:
        lock.release()


def test_a_missing_data_folder_is_advice_and_is_not_made(site: Site) -> None:
    site.write(top="")
    site.file.write_text(site.file.read_text().replace('data = "data"', 'data = "elsewhere/data"'))
    found = site.examine()
    assert found["data.folder"].state is State.ADVICE
    assert "disk is not there" in found["data.folder"].mend
    assert found["data.write"].state is State.NOT_CHECKED
    assert found["ca.folder"].state is State.TROUBLE
    assert not (site.folder / "elsewhere").exists()


# Settings.


def test_every_problem_of_the_station_file_is_told(site: Site) -> None:
    site.file.write_text(site.file.read_text().replace("schema = 1", "schema = 7").replace("kind =", "kinds ="))
    found = site.examine()
    seen = " ".join(one.seen for one in found.of("settings.station"))
    assert len(found.of("settings.station")) >= 3
    assert "schema" in seen
    assert "cloud.kinds" in seen
    assert found["cloud"].state is State.NOT_CHECKED
    assert found["pc.sqlite"].state is State.OK


def test_a_station_file_that_is_not_there_is_one_trouble(tmp_path: Path) -> None:
    found = Found(examine(tmp_path / "none.toml"))
    assert (found["settings.station"].state, found["settings.station"].code) == (State.TROUBLE, "HOST-101")
    assert not list(tmp_path.iterdir())


def test_broken_fixture_and_recipes_are_told_and_the_rest_goes_on(site: Site) -> None:
    (site.folder / "fixture.toml").write_text("schema = [")
    (site.folder / "recipes" / "broken.toml").write_text("schema = 1\nproduct = 5\n")
    found = site.examine()
    assert found["settings.fixture"].code == "SET-101"
    assert {one.state for one in found.of("recipe.broken")} == {State.TROUBLE}
    assert found["recipe.tester"].state is State.OK
    assert found["slot"].state is State.NOT_CHECKED
    assert found["cloud.account"].state is State.OK


def test_programs_that_are_not_there_are_named(site: Site) -> None:
    step = '[[steps]]\ndo = "command"\nname = "rf"\nprogram = "no-such-tester"\ntimeout_s = 5\nrepeat = "pure"\n'
    site.recipe("tested", f'[[steps]]\ndo = "identify"\n{step}')
    site.write(slot='power = { on = ["no-such-relay", "on"], off = ["no-such-relay", "off"], timeout_s = 5 }')
    found = site.examine()
    assert "no-such-tester" in found["recipe.tested"].seen
    assert "no-such-relay" in found["slot.power"].seen
    assert {"recipe.tested", "slot.power"} <= found.troubles()


def test_a_product_that_this_fixture_cannot_flash_is_told(site: Site) -> None:
    image = site.folder / "recipes" / "app.hex"
    image.write_text(":0400000000040020D8\n:00000001FF\n")
    flash = f'[[steps]]\ndo = "flash"\nimage = "app.hex"\nsha256 = "{sha256_of(image.read_bytes())}"\n'
    site.recipe("flashed", f'[target]\nfamily = "nrf91x1"\n{flash}[[steps]]\ndo = "identify"\n')
    found = site.examine()["recipe.flashed"]
    assert found.state is State.ADVICE
    assert "slots 1, 2" in found.seen


# Secrets and CA.


def test_a_passphrase_that_others_can_read_is_trouble_and_nowhere_shown(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.passphrase.chmod(0o640)
    found = site.examine()
    assert found["secret.passphrase"].code == "HOST-104"
    assert f"chmod 600 {site.passphrase}" in found["secret.passphrase"].mend
    assert found["ca.key"].state is State.NOT_CHECKED
    print_findings(found.all, as_json=True)
    print_findings(found.all, as_json=False)
    told = capsys.readouterr().out
    assert PASSPHRASE not in told
    assert site.cloud.api_key not in told


def test_a_secret_that_strays_into_a_finding_is_hidden(site: Site) -> None:
    key = site.cloud.api_key
    step = f'[[steps]]\ndo = "command"\nname = "rf"\nprogram = "{key}"\ntimeout_s = 5\nrepeat = "pure"\n'
    site.recipe("stray", f'[[steps]]\ndo = "identify"\n{step}')
    found = site.examine()
    assert "The program *** of the step" in found["recipe.stray"].seen
    assert key not in str(found.all)


def test_a_wrong_passphrase_does_not_open_the_key(site: Site) -> None:
    site.passphrase.write_text("another one altogether")
    found = site.examine()
    assert found["ca.key"].code == "CA-103"
    assert "where the station file says" in found["ca.key"].mend
    assert "another one" not in " ".join(f"{one.seen} {one.mend} {one.detail}" for one in found.all)


def test_a_passphrase_that_is_kept_nowhere_is_not_checked(site: Site) -> None:
    site.file.write_text(site.file.read_text().replace('passphrase = { file = "passphrase" }\n', ""))
    assert site.examine()["secret.passphrase"].state is State.NOT_CHECKED


@pytest.mark.parametrize(
    ("later", "state", "code"),
    [(0, State.OK, ""), (2 * 365 - 60, State.ADVICE, ""), (2 * 365 + 1, State.TROUBLE, "CA-204")],
)
def test_the_ca_ends(site: Site, later: int, state: State, code: str) -> None:
    site.clock.time += timedelta(days=later)
    found = site.examine()["ca.validity"]
    assert (found.state, found.code) == (state, code)


def test_the_root_key_taken_away_is_in_order(site: Site) -> None:
    (site.data / "ca" / "root.key").unlink()
    assert site.examine()["ca.root-key"].state is State.OK


def test_a_damaged_ca_is_trouble_and_its_key_not_tried(site: Site) -> None:
    (site.data / "ca" / "line.pem").write_bytes((site.data / "ca" / "root.pem").read_bytes())
    found = site.examine()
    assert found["ca.files"].code == "CA-104"
    assert found["ca.key"].state is State.NOT_CHECKED


# Data folder and journal.


@needs_linux
def test_a_folder_open_to_others_is_trouble(site: Site) -> None:
    site.data.chmod(0o750)
    (site.data / "ca").chmod(0o755)
    assert {"data.folder", "ca.folder"} <= site.examine().troubles()


def test_a_running_station_is_named_and_left_alone(site: Site) -> None:
    site.write(slot='programmer = "simulated"')
    with FolderLock(site.data, "batch WO-7"):
        found = site.examine()
    assert f"batch WO-7, process {os.getpid()}" in found["data.owner"].seen
    assert {found[name].state for name in ("data.write", "slot.probe")} == {State.NOT_CHECKED}
    assert found["journal.integrity"].state is State.OK
    assert found["ca.key"].state is State.OK


@needs_linux
def test_a_folder_that_takes_no_file_is_trouble(site: Site) -> None:
    # The file's name is taken by a folder: that stops root too, whom no mode would.
    (site.data / f".doctor-{os.getpid()}").mkdir()
    (site.data / f".doctor-{os.getpid()}" / "full").touch()
    found = site.examine()["data.write"]
    assert (found.state, found.code) == (State.TROUBLE, "HOST-102")


def test_a_slow_disk_is_advice(tmp_path: Path) -> None:
    class Slow(SystemClock):
        seconds = 0.0

        def monotonic(self) -> float:
            self.seconds += 0.7
            return self.seconds

    verdict = judge_writing(tmp_path, Slow())
    assert verdict.state is State.ADVICE
    assert "0.7 s" in verdict.seen
    assert judge_writing(tmp_path, SystemClock()).state is not State.TROUBLE
    assert not list(tmp_path.iterdir())


def test_a_damaged_journal_is_trouble(site: Site) -> None:
    path = site.data / "journal.db"
    content = bytearray(path.read_bytes())
    with contextlib.closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as db:
        root = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'unit_imei'").get
    for name in ("-wal", "-shm"):
        Path(f"{path}{name}").unlink(missing_ok=True)
    assert isinstance(root, int)
    content[(root - 1) * 4096 : root * 4096] = b"\xa5" * 4096
    path.write_bytes(content)
    found = site.examine()["journal.integrity"]
    assert (found.state, found.code) == (State.TROUBLE, "JRN-103")


def test_a_file_that_is_no_journal_is_trouble(site: Site) -> None:
    (site.data / "journal.db").write_bytes(b"not a database at all" * 300)
    assert site.examine()["journal.format"].code == "JRN-103"


def test_a_journal_of_a_newer_station_is_trouble(site: Site) -> None:
    with contextlib.closing(apsw.Connection(str(site.data / "journal.db"))) as db:
        db.pragma("user_version", len(MIGRATIONS) + 1)
    assert site.examine()["journal.format"].code == "JRN-104"


def pass_unit(journal: Journal, number: int) -> UnitId:
    """Journal a board that passed and waits for the cloud."""
    (attempt,) = journal.commit(AttemptOpened(batch=BatchId("WO-1"), slot=SlotNumber(1), recipe=HASH, serial=None))
    (unit,) = journal.commit(
        UnitIdentified(
            attempt=AttemptId(attempt),
            device_id=DeviceId(f"dev-{number}"),
            imei=Imei(f"{350000000000000 + number}"),
            uuid=None,
            uuid_source=None,
            serial=None,
            model="nRF9151-LACA",
            hardware=None,
            modem_firmware="mfw_nrf91x1_2.0.2",
        )
    )
    journal.commit(AttemptClosed(attempt=AttemptId(attempt), outcome=Outcome.PASSED, for_cloud=True))
    return UnitId(unit)


def test_what_waits_is_told_with_its_age_and_who_decides(site: Site) -> None:
    with site.journal() as journal:
        journal.commit(
            BatchArmed(
                batch=BatchId("WO-1"),
                product="p",
                recipe=HASH,
                fixture=HASH,
                quantity=5,
                operator="tester",
                team_id="t",
                cloud_confirmed=True,
            )
        )
        pass_unit(journal, 1)
        site.clock.time += timedelta(hours=30)
        pass_unit(journal, 2)
        refused = pass_unit(journal, 3)
        journal.commit(UploadDecided(unit=refused, state=CloudState.UNKNOWN, operator="tester", reason="nobody knows"))
        fault = FaultRecord("DEV-102", "", "")
        journal.commit(SlotLatched(slot=SlotNumber(4), attempt=None, fault=fault))
        journal.commit(AccountConfirmed(team_id="another", team_name="", base_url=site.cloud.base_url))
    found = site.examine()
    waiting, deciding = found.of("outbox")
    assert waiting.seen == "2 units on the way to the cloud, the oldest for 30 h."
    assert waiting.state is State.ADVICE
    assert "1 unknown" in deciding.seen
    assert "station decide" in deciding.mend
    assert "4 (DEV-102)" in found["line.latched"].seen
    assert found["cloud.account"].state is State.ADVICE
    assert "worked for another" in found["cloud.account"].seen


@needs_linux
@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("ext4", State.OK),
        ("nfs4", State.TROUBLE),
        ("cifs", State.TROUBLE),
        ("tmpfs", State.TROUBLE),
        ("vfat", State.TROUBLE),
        ("overlay", State.ADVICE),
        ("unheardfs", State.UNKNOWN),
    ],
)
def test_the_disk_is_judged_by_what_is_mounted_there(tmp_path: Path, kind: str, state: State) -> None:
    data = tmp_path / "a folder" / "data"
    data.mkdir(parents=True)
    info = tmp_path / "proc" / "self" / "mountinfo"
    info.parent.mkdir(parents=True)
    point = str(data.parent).replace(" ", r"\040")
    info.write_text(
        "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"22 21 8:2 / {point} rw,relatime shared:1 - {kind} /dev/sdb1 rw\n"
        f"23 21 8:3 / {point}er rw - nfs x rw\n"
    )
    assert judge_disk(data / "not" / "there", tmp_path).state is state


@needs_linux
def test_a_disk_that_can_be_unplugged_is_advice(tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text("21 1 8:17 / / rw - ext4 /dev/sdb1 rw\n")
    disk = tmp_path / "sys/devices/pci/host1/sdb"
    (disk / "sdb1").mkdir(parents=True)
    (disk / "removable").write_text("1\n")
    (tmp_path / "sys/dev/block").mkdir(parents=True)
    (tmp_path / "sys/dev/block/8:17").symlink_to(disk / "sdb1")
    assert judge_disk(tmp_path, tmp_path).state is State.ADVICE
    (disk / "removable").write_text("0\n")
    assert judge_disk(tmp_path, tmp_path).state is State.OK


def test_windows_drives_and_free_space() -> None:
    kinds = {kind: judge_drive(kind).state for kind in ("local", "network", "removable", "")}
    assert kinds == {
        "local": State.OK,
        "network": State.TROUBLE,
        "removable": State.ADVICE,
        "": State.UNKNOWN,
    }
    assert [judge_free(size << 20).state for size in (100, 1000, 5000)] == [State.TROUBLE, State.ADVICE, State.OK]


# Clock.


def test_a_clock_behind_the_journal_or_the_ca_is_trouble(site: Site) -> None:
    site.clock.time -= timedelta(minutes=1)
    found = site.examine()
    assert found["clock.time"].code == "CA-202"
    (site.data / "journal.db").unlink()
    found = site.examine()
    assert found["clock.time"].code == "CA-201"


def test_the_clock_is_compared_with_the_clouds(site: Site) -> None:
    # The first question is for the account; the second, without the key, for the time.
    head = {"Date": "Sun, 22 Nov 2026 09:00:00 GMT"}
    site.cloud.fail(Fault(on="GET /v1/account", do=Do.STATUS, skip=1, status=401, headers=head))
    found = site.examine()["clock.cloud"]
    assert found.state is State.TROUBLE
    assert "3600 s behind" in found.seen
    asked = site.cloud.truth()["requests"]
    assert isinstance(asked, list)
    assert [one["authorization"] for one in asked] == ["Simulated line", ""]


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("Sun, 22 Nov 2026 08:00:05 GMT", State.OK),
        ("Sun, 22 Nov 2026 07:58:00 GMT", State.ADVICE),
        ("Sun, 22 Nov 2020 08:00:00 GMT", State.TROUBLE),
        ("Sun, 22 Nov 2026 08:00:05 -0000", State.UNKNOWN),
        ("yesterday", State.UNKNOWN),
        ("Sun, 99 Nov 99999999999999999999 08:00:05 GMT", State.UNKNOWN),
        ("", State.UNKNOWN),
    ],
)
def test_a_date_is_read_or_unknown(said: str, state: State) -> None:
    assert judge_date(said, SetClock().time).state is state


@needs_linux
def test_the_time_service_says_so(tmp_path: Path) -> None:
    assert judge_synchronised(tmp_path).state in (State.OK, State.ADVICE, State.UNKNOWN)
    mark = tmp_path / "run/systemd/timesync/synchronized"
    mark.parent.mkdir(parents=True)
    mark.touch()
    assert "timesyncd" in judge_synchronised(tmp_path).seen


# Fixture.


@needs_linux
def test_ports_are_there_wait_or_are_held(site: Site) -> None:
    site.write(slots=3)
    with Bench(site.data / "bench", 3, Timings.none(), clock=SystemClock()) as bench:
        bench.insert(1)
        bench.insert(2)
        child = hold(site.data / "bench" / "slot2")
        try:
            found = {one.slot: one for one in site.examine().of("slot.port")}
        finally:
            end(child)
    assert {slot: one.state for slot, one in found.items()} == {1: State.OK, 2: State.TROUBLE, 3: State.OK}
    assert f"process {child.pid}" in found[2].seen
    assert found[2].code == "DEV-102"
    assert "waits for a board" in found[3].seen


@needs_linux
def test_a_port_that_the_running_station_has_open_is_in_order(site: Site) -> None:
    with Bench(site.data / "bench", 1, Timings.none(), clock=SystemClock()) as bench:
        bench.insert(1)
        port = site.data / "bench" / "slot1"
        child = hold(port)
        holders = find_holders(Path("/"))

        def look(engine: int) -> State:
            return judge_port(str(port), needs_board=True, holders=holders, engine=engine, root=Path("/")).state

        assert look(child.pid) is State.OK
        assert look(child.pid + 1) is State.TROUBLE
        end(child)


@needs_linux
def test_a_serial_program_shows_by_its_lock_too() -> None:
    import fcntl

    master, slave = os.openpty()
    device = Path(os.ttyname(slave))
    assert lockers_of(device, Path("/")) == ()
    fcntl.flock(slave, fcntl.LOCK_EX)
    verdict = judge_port(str(device), needs_board=True, holders={}, engine=None, root=Path("/"))
    os.close(slave)
    os.close(master)
    assert verdict.code == "DEV-102"
    assert f"process {os.getpid()}" in verdict.seen


@needs_linux
def test_a_port_of_a_scanned_slot_must_be_there_and_be_a_port(tmp_path: Path) -> None:
    def look(path: Path) -> Verdict:
        return judge_port(str(path), needs_board=False, holders={}, engine=None, root=NEVER)

    assert look(tmp_path / "none").code == "DEV-101"
    (tmp_path / "file").touch()
    assert look(tmp_path / "file").code == "DEV-104"


@needs_linux
def test_a_port_that_this_user_may_not_open_is_trouble() -> None:
    master, slave = os.openpty()
    device = Path(os.ttyname(slave))
    before = stat.S_IMODE(device.stat().st_mode)
    was_root = os.geteuid() == 0
    importlib.import_module("grp")  # now: nobody may not read every Python's folder
    device.chmod(0)
    if was_root:
        os.seteuid(65534)
    try:
        verdict = judge_port(str(device), needs_board=True, holders={}, engine=None, root=NEVER)
    finally:
        if was_root:
            os.seteuid(0)
        device.chmod(before)
        os.close(slave)
        os.close(master)
    assert verdict.code == "DEV-103"


def test_presence_by_a_network_port_is_refused_as_the_line_would(site: Site) -> None:
    site.write(slots=1, slot='port = "socket://127.0.0.1:4{slot}"')
    found = site.examine()
    assert found["slot.port"].state is State.NOT_CHECKED
    assert found["slot.driver"].code == "DEV-107"


@needs_linux
def test_probes_answer_or_not(site: Site) -> None:
    site.write(slots=2, slot='programmer = "simulated"')
    assert {one.code for one in site.examine().of("slot.probe")} == {"DEV-302"}
    with Bench(site.data / "bench", 2, Timings.none(), clock=SystemClock()) as bench:
        bench.insert(1)
        found = site.examine().of("slot.probe")
    # Whether a board is in the slot is not looked at: that would attach to it.
    assert [one.seen for one in found] == ["It is there (simulated bench 2)."] * 2


def test_real_probes_need_their_software_their_rights_and_their_ports(site: Site, tmp_path: Path) -> None:
    port = 'port = "vcom0"\nprogrammer = "nrfutil"\nprobe = "00096000000{slot}"\npresence = "scan"'
    tools = f'[tools]\nnrfutil = "{tmp_path / "no-nrfutil"}"\n'
    site.write(slots=3, slot=port, cloud=tools)
    found = site.examine()
    assert {one.code for one in found.of("slot.probe")} == {"DEV-310"}
    assert len({(one.seen, one.mend) for one in found.of("slot.probe")}) == 1
    assert {one.code for one in found.of("slot.port")} == {"DEV-101"}
    assert [one.where for one in found.of("slot.port")] == [f"vcom:00096000000{slot}:0" for slot in (1, 2, 3)]
    names = {one.id for one in found.all}
    assert {"probes.rights", "probes.ports", "probes.grabber"} & names == (
        {"probes.rights", "probes.ports", "probes.grabber"} if sys.platform == "linux" else set()
    )
    with FolderLock(site.data, "a batch"):
        found = site.examine()
    assert {one.state for one in found.of("slot.probe")} == {State.NOT_CHECKED}


def test_without_real_probes_nothing_is_said_of_their_rights(site: Site) -> None:
    assert not [one.id for one in site.examine().all if one.id.startswith("probes.")]


@needs_linux
def test_a_slow_usb_converter_is_told(tmp_path: Path) -> None:
    timer = tmp_path / "sys/bus/usb-serial/devices/null/latency_timer"
    timer.parent.mkdir(parents=True)
    timer.write_text("16\n")
    verdict = judge_latency("/dev/null", tmp_path)
    assert verdict is not None
    assert verdict.state is State.ADVICE
    assert "16 ms" in verdict.seen
    timer.write_text("1\n")
    assert judge_latency("/dev/null", tmp_path) == ok("Latency timer 1 ms.")
    assert judge_latency("/dev/zero", tmp_path) is None


def test_programs_that_grab_ports_are_told_unless_a_rule_keeps_them_off(tmp_path: Path) -> None:
    assert judge_grabbers(tmp_path).state is State.OK
    (tmp_path / "proc/77").mkdir(parents=True)
    (tmp_path / "proc/77/comm").write_text("ModemManager\n")
    rules = tmp_path / "etc/udev/rules.d"
    rules.mkdir(parents=True)
    (rules / "77-mm-its-own.rules").write_text('ENV{ID_MM_DEVICE_IGNORE}="1"\n')
    (rules / "90-off.rules").write_text('# ENV{ID_MM_DEVICE_IGNORE}="1"\n')
    assert judge_grabbers(tmp_path).state is State.ADVICE
    (rules / "70-fixture.rules").write_text('SUBSYSTEM=="usb", ENV{ID_MM_DEVICE_IGNORE}="1"\n')
    assert judge_grabbers(tmp_path).state is State.OK


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (None, State.ADVICE),
        ("6.11.3", State.OK),
        ("6.8.0", State.OK),
        ("6.12.0", State.TROUBLE),
        ("6.10.1", State.TROUBLE),
        ("6.7.3", State.TROUBLE),
    ],
)
def test_qt_versions(found: str | None, state: State) -> None:
    assert judge_qt_version(found).state is state


def test_an_old_sqlite_is_trouble() -> None:
    assert judge_sqlite().state is State.OK
    assert judge_sqlite("3.51.2").state is State.TROUBLE
    assert judge_sqlite("3.100.0").state is State.OK


# Cloud.


def test_the_key_of_another_team_is_trouble(site: Site) -> None:
    (site.folder / "api-key").write_text(OTHER_KEY)
    found = site.examine()["cloud.account"]
    assert (found.state, found.code) == (State.TROUBLE, "LINE-151")
    assert "Another team" in found.seen


def test_without_a_team_the_file_should_name_it(site: Site) -> None:
    site.write(team="")
    found = site.examine()["cloud.account"]
    assert found.state is State.ADVICE
    assert found.mend == f'Write team = "{site.cloud.world.teams[0].team_id}" under [cloud].'


def test_a_refused_key_is_trouble(site: Site) -> None:
    (site.folder / "api-key").write_text("a-key-that-nobody-gave")
    found = site.examine()
    assert found["cloud.account"].code == "LINE-152"
    assert not found.of("clock.cloud")


def test_the_provisioning_api_is_asked_where_the_station_file_names_it(site: Site) -> None:
    assert not site.examine().of("cloud.claims")
    site.write(cloud=f'provisioning_url = "{site.cloud.provisioning_url}"\n')
    found = site.examine()["cloud.claims"]
    assert (found.state, "0 active" in found.seen) == (State.OK, True)
    team = site.cloud.world.teams[0]
    site.cloud.provisioning.make_tag(team, "line")
    site.cloud.provisioning.make_rule(team, "a rule", ["line"], [{"finished": {}}])
    assert "1 active" in site.examine()["cloud.claims"].seen
    site.write(cloud='provisioning_url = "http://127.0.0.1:1/v1"\n')
    found = site.examine()["cloud.claims"]
    assert found.state is State.UNKNOWN
    assert "provisioning_url" in found.mend


def test_an_organisation_is_as_a_person_confirmed_it_and_its_token_is_not_shown(site: Site) -> None:
    text = (site.folder / "station.toml").read_text()
    begin = text.index("[cloud]")
    named = re.sub(r"team = .*\n|api_key = .*\n", "", text[begin:]).replace('kind = "team"', 'kind = "organisation"')
    keys = '[cloud]\norganisation = "simulated-works"\nproject = "trackers"\ntoken = { file = "token" }\n'
    text = text[:begin] + named.replace("[cloud]\n", keys, 1)
    replace_file(site.folder / "station.toml", text.encode())
    assert site.examine()["secret.api-key"].state is State.TROUBLE
    replace_file(site.folder / "token", b"oat_planted-token-of-the-doctor")
    found = site.examine()
    assert found["cloud.account"].state is State.ADVICE
    assert "nobody has confirmed it" in found["cloud.account"].seen
    assert found["clock.cloud"].state is State.OK
    place = f"{site.cloud.base_url}/organizations/simulated-works/projects/trackers"
    with Journal(site.folder / "data", site.clock) as journal:
        journal.open_session({}, "tester")
        journal.commit(AccountConfirmed(team_id="simulated-works/trackers", team_name="", base_url=place, how="person"))
    found = site.examine()
    assert found["cloud.account"].state is State.OK
    assert "as a person confirmed" in found["cloud.account"].seen
    asked = site.cloud.truth()["requests"]
    assert isinstance(asked, list)
    assert {one["authorization"] for one in asked} == {""}


def test_an_unreachable_cloud_is_trouble(site: Site) -> None:
    site.cloud.stop()
    found = site.examine()["cloud.account"]
    assert found.state is State.TROUBLE
    assert "refused" in found.seen
    assert "confirmed the key once" in found.seen


def test_a_cloud_out_of_order_is_unknown_and_nothing_is_printed_meanwhile(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.cloud.fail(Fault(on="GET /v1/account", do=Do.STATUS, times=0, status=502))
    found = site.examine()["cloud.account"]
    assert found.state is State.UNKNOWN
    assert capsys.readouterr() == ("", "")


def test_without_a_cloud_nothing_is_asked(site: Site) -> None:
    text = site.file.read_text()
    begin, rest = text.index("[cloud]"), text.index("[ca]")
    site.file.write_text(text[:begin] + text[rest:])
    assert site.examine()["cloud.account"].state is State.NOT_CHECKED
    assert site.cloud.truth()["requests"] == []


# How it asks and prints.


def test_a_check_that_breaks_or_hangs_is_unknown_and_the_others_stand() -> None:
    def breaks() -> Verdict:
        raise ZeroDivisionError(PASSPHRASE)

    forever = threading.Event()

    def hangs() -> Verdict:
        forever.wait(30)
        return ok("too late")

    asked = Examination(SystemClock())
    asked.ask(Check("a", "a", breaks), Check("b", "b", hangs), Check("c", "c", lambda: ok("fine")), seconds=0.2)
    forever.set()
    a, b, c = asked.findings()
    assert (a.state, b.state, c.state) == (State.UNKNOWN, State.UNKNOWN, State.OK)
    assert "ZeroDivisionError" in a.seen
    assert PASSPHRASE not in str(a)
    assert "0.2 s" in b.seen


def test_what_a_user_may_not_see_is_unknown_and_breaks_nothing_off() -> None:
    def forbidden() -> Verdict:
        raise PermissionError(13, "Permission denied", "/secret/place")

    def breaks_off() -> None:
        forbidden()

    asked = Examination(SystemClock())
    asked.begin("Data")
    asked.ask(Check("a", "a", forbidden))
    asked.guard(breaks_off)
    assert [(one.id, one.state, one.section) for one in asked.findings()] == [
        ("a", State.UNKNOWN, "Data"),
        ("doctor", State.UNKNOWN, "Data"),
    ]
    assert "as the user who works at the line" in asked.findings()[0].mend


def show(findings: Findings, *, encoding: str = "utf-8", width: int = 80) -> str:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print_findings(findings, as_json=False, console=Console(file=file, width=width))
    file.seek(0)
    return file.read()


def slot_findings(*verdicts: Verdict) -> Findings:
    asked = Examination(SystemClock())
    asked.begin("Fixture")
    for number, verdict in enumerate(verdicts, 1):
        asked.note(Check("slot.port", "port", list, number, f"/dev/ttyACM{number}"), [verdict])
    return asked.findings()


def test_alike_slots_share_a_row_and_every_state_has_a_word() -> None:
    bad = advice("It is slow. " * 12, "Make it faster.")
    text = show(slot_findings(ok("Fine."), ok("Fine."), bad, ok("Fine.")))
    assert text.count("Fine.") == 1
    assert "slots 1-2, 4" in text
    assert "slot 3 port" in text
    assert "ADVICE" in text
    assert "→ Make it faster." in text
    assert "/dev/ttyACM3" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_terminal_without_unicode_gets_plain_marks() -> None:
    text = show(slot_findings(ok("Fine."), advice("Schön in /dev/тест.", "Besser: ü")), encoding="ascii")
    assert "+ OK" in text
    assert "-> Besser: ?" in text


def test_json_is_one_object_a_line_and_the_exit_code_tells_trouble(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.data.chmod(0o755)
    (site.folder / "api-key").unlink()
    found = site.examine()
    assert print_findings(found.all, as_json=True) == 4
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(objects) == len(found.all)
    broken = next(one for one in objects if one["id"] == "secret.api-key")
    assert broken["state"] == "TROUBLE"
    assert broken["mend"]
    assert all(one["mend"] for one in objects if one["state"] != "OK")


def test_slots_are_counted_as_people_do() -> None:
    assert [count_slots(numbers) for numbers in ([3], [1, 2], [9, 1, 2, 3, 5])] == [
        "slot 3",
        "slots 1-2",
        "slots 1-3, 5, 9",
    ]
