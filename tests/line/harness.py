"""A whole station against a whole bench: real serial ports, HTTP and files; only boards and cloud are programs."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from station.app import Station
from station.ca.creation import create_authority
from station.domain.events import AttemptClosed, AttemptOpened, PersonChanged
from station.domain.faults import Fault
from station.domain.ids import BatchId
from station.domain.secret import Secret
from station.host.clock import Clock, Stop
from station.host.files import replace_file
from station.journal.codec import Entry
from station.journal.journal import Journal
from station.line.batch_run import BatchRun, LineRules
from station.line.decisions import declare_rework
from station.line.feed import Notice
from station.line.releases import Settings, find_unreleased
from station.line.summary import Summary, summarize
from station.opened import Opened, open_station
from station.people.rights import ITSELF, Actor, Instant, Method, PersonId, Role
from station.people.roll import Cost, People, Person
from station.simulator.bench import Bench
from station.simulator.cloud import LINE_PROJECT, LINE_TOKEN, SimulatedCloud
from tests.unit.ca.cheap import cheap_passphrases

ROOT = Path(__file__).resolve().parents[2]
PASSPHRASE = "correct horse battery staple"

RECIPE = """\
schema = 1
product = "{product}"
{way}
[device_id]
{device_id}

[serial]
framing = "{framing}"

{credentials}

{cloud}

{target}

{steps}
"""
CREDENTIALS = """\
[credentials]
sec_tag = 16842753

[[credentials.roots]]
file = {root}
sha256 = "2c43952ee9e000ff2acc4e2ed0897c0a72ad5fa72c3d934e81741cbd54f05bd1"
serves = ["mqtt", "rest"]
"""
CLOUD = '[cloud]\nprotocols = ["mqtt"]\ntags = ["line1"]\nsubtype = "tracker"\nfirmware_types = ["APP", "MODEM"]\n'
STEPS = ("identify", "clear-credentials", "generate-key", "sign", "write-credentials", "prove", "store")


def steps(*names: str, extra: str = "") -> str:
    """Return ``[[steps]]`` tables for plain steps, with ``extra`` in front."""
    return extra + "\n".join(f'[[steps]]\ndo = "{name}"\n' for name in names or STEPS)


CHEAP = Cost(kibibytes=8, passes=1)
"""A PIN's work is a test's time."""


def make_ca(folder: Path, clock: Clock) -> Path:
    """Make a CA that costs nobody anything to open; return its folder."""
    with cheap_passphrases():
        create_authority(
            folder, Secret(PASSPHRASE), name="Test Works", clock=clock, root_years=30, line_years=20, leaf_years=10
        )
    return folder


STAFF: dict[str, tuple[str, tuple[Role, ...]]] = {
    "edith": ("582914", (Role.ENGINEER, Role.CA_KEEPER)),
    "lena": ("830275", (Role.LINE_LEAD,)),
    "otto": ("619403", (Role.OPERATOR,)),
    "quinn": ("947206", (Role.QA,)),
    "carl": ("270583", (Role.CA_KEEPER,)),
    "robot": ("", (Role.SERVICE,)),
}
"""Who works here, p1 to p6, with PIN and roles."""


@dataclass
class Line:
    """A station file, a bench and a cloud in a folder of their own."""

    folder: Path
    bench: Bench
    cloud: SimulatedCloud
    clock: Clock
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def station_file(self) -> Path:
        return self.folder / "station.toml"

    def write(
        self, *, slots: int = 8, station: str = "", cloud: str = "", slot: str = "", organisation: bool = False
    ) -> None:
        """Write the station's files; the texts are added to their tables. ``organisation``: by that API."""
        replace_file(self.folder / "passphrase", PASSPHRASE.encode())
        replace_file(self.folder / "api-key", self.cloud.api_key.encode())
        (self.folder / "recipes").mkdir(exist_ok=True)
        rows = "\n".join(f"[[slots]]\nnumber = {number}\n" for number in range(1, slots + 1))
        chosen = {"port": '"bench/slot{slot}"', "programmer": '"simulated"', "presence": '"port"', "power": '"none"'}
        chosen |= dict(line.split(" = ", 1) for line in slot.splitlines() if line)
        defaults = "\n".join(f"{key} = {value}" for key, value in chosen.items())
        replace_file(
            self.folder / "fixture.toml", f'schema = 1\nname = "test"\n[defaults]\n{defaults}\n{rows}'.encode()
        )
        account = 'kind = "team"\napi_key = { file = "api-key" }'
        if organisation:
            replace_file(self.folder / "token", LINE_TOKEN.encode())
            mine, project = LINE_PROJECT.split("/")
            account = (
                f'kind = "organisation"\norganisation = "{mine}"\nproject = "{project}"\ntoken = {{ file = "token" }}'
            )
        text = f"""\
schema = 1
station_id = "test"
line = "Test line"
data = "data"
fixture = "fixture.toml"
recipes = "recipes"
{station}
[cloud]
{account}
base_url = "{self.cloud.base_url}"
max_wait_s = 1
poll_every_s = 0.05
{cloud}
[ca]
name = "Test Works"
passphrase = {{ file = "passphrase" }}
"""
        replace_file(self.station_file, text.encode())

    def recipe(
        self,
        product: str = "tracker",
        *,
        device_id: str = 'scheme = "uuid"',
        framing: str = "at_host",
        cloud: str = CLOUD,
        target: str = "",
        table: str | None = None,
        way: str = "",
        credentials: str = CREDENTIALS,
    ) -> None:
        """Write a recipe; ``target``: the chip, where a step uses a probe. Without ``table``: the plain steps.

        ``way``: how its units get their credentials, and ``credentials`` the table that it needs, where it does.
        """
        text = RECIPE.format(
            product=product,
            device_id=device_id,
            framing=framing,
            way=f'way = "{way}"\n' if way else "",
            credentials=credentials.format(root=json.dumps(str(ROOT / "config" / "roots" / "amazon-root-ca-1.pem"))),
            cloud=cloud,
            target=f'[target]\nfamily = "{target}"' if target else "",
            steps=steps() if table is None else table,
        )
        replace_file(self.folder / "recipes" / f"{product}.toml", text.encode())

    def open(self) -> Opened:
        """Read the station file."""
        return open_station(self.station_file, self.clock)

    # Who works here: as ready actors, and for commands as people with sign-in files

    def actor(self, *roles: Role, who: str = "p1", method: Method = Method.NAME) -> Actor:
        """Return somebody who has just signed in; without roles, somebody who may do everything."""
        chosen = roles or (Role.ENGINEER, Role.LINE_LEAD, Role.CA_KEEPER)
        return Actor(PersonId(who), frozenset(chosen), method, Instant(self.clock.now(), self.clock.monotonic()))

    def second(self) -> Actor:
        """Return a second person who has just signed in."""
        return self.actor(Role.LINE_LEAD, who="p2")

    def hire(self, data: Path | None = None) -> None:
        """Have everybody of STAFF work here, as the journal says too, with a sign-in file each."""
        data = data or self.folder / "data"
        people = People(data, self.clock, CHEAP)
        if people.all:
            return
        with Journal(data, self.clock) as journal:
            journal.open_session({}, ITSELF)

            def record(person: Person) -> None:
                names = tuple(sorted(person.roles))
                journal.commit(
                    PersonChanged(person=person.id, change="added", roles=names, operator="p1", proof=person.proof)
                )

            for number, (name, (pin, roles)) in enumerate(STAFF.items(), start=1):
                added = people.add(name, Secret(pin) if pin else None, frozenset(roles), record=record)
                assert added.id == f"p{number}"
                replace_file(self.sign_in_file(name), f"{name}\n{pin}\n".encode())

    def sign_in_file(self, name: str) -> Path:
        """Return the file that somebody signs in with."""
        return self.folder / f"{name}.sign-in"

    def release(self, product: str = "tracker", recipe: Path | None = None) -> None:
        """Have an engineer release the settings as they are, unless that is done already or can't be."""
        try:
            opened = self.open()
            settings: list[Settings] = [opened.fixture(), opened.recipe(str(recipe or product))]
            if (self.folder / "data" / "journal.db").exists():
                with opened.records() as records:
                    if not find_unreleased(records, [opened.settings, *settings]):
                        return
        except Fault:
            return  # the command that follows says so
        with Station(opened, "a release") as station:
            station.enter(self.actor())
            station.release("a test", *settings)

    def rework(self, device: str) -> None:
        """Have a line lead declare a rework of the unit, with an engineer as the second person."""
        with Station(self.open(), "a rework") as station:
            lead = station.enter(self.second())
            declare_rework(station.gate, station.records, device, lead, "a scratch", self.actor())

    def run(
        self,
        quantity: int,
        *,
        batch: str = "WO-1",
        product: str = "tracker",
        seconds: float = 60.0,
        rules: LineRules | None = None,
        watch: Callable[[BatchRun, Notice], None] = lambda *_: None,
        upload: bool = True,
        stop: Stop | None = None,
    ) -> Summary:
        """Run one batch to its end (stopped after ``seconds``) and return what the journal says of it.

        Boards are the test's business: put them in with ``bench.insert``; ``watch`` sees every notice.
        """
        opened = self.open()
        stop = stop or Stop()
        timer = threading.Timer(seconds, stop.request)
        timer.start()
        try:
            with Station(opened, "a test") as station:
                station.enter(self.actor())
                recipe, fixture = opened.recipe(product), opened.fixture()
                cloud = opened.cloud() if upload and recipe.value.cloud is not None else None
                armed = station.arm(BatchId(batch), recipe, fixture, quantity, cloud, "a test")
                chosen = rules or LineRules(attended=False, upload_patience=20)
                engine = station.build_run(armed, station.open_ca(), fixture, recipe, cloud, stop, chosen)
                station.feed.listen(lambda notice: watch(engine, notice))
                engine.run(station.actor)
                return summarize(station.records, armed.batch, opened.value.data)
        finally:
            timer.cancel()

    def board(self, serial: str) -> dict[str, Any]:
        """Return what a board truly holds, as the bench tells it."""
        return self.bench.describe_board(serial, private=False)

    def cloud_truth(self) -> dict[str, Any]:
        """Return what the cloud truly holds."""
        address = self.cloud.base_url.removesuffix("/v1")
        truth: dict[str, Any] = requests.get(f"{address}/_truth", timeout=5).json()
        return truth


class Hands:
    """A technician: takes a finished board out and puts the next one in, slot by slot."""

    def __init__(self, line: Line, boards: list[dict[str, Any]], slots: int = 8) -> None:
        self._line, self._boards, self._slots = line, list(boards), slots
        self._at: dict[int, int] = {}
        self._lock = threading.Lock()

    def load(self) -> None:
        """Fill the slots."""
        for slot in range(1, self._slots + 1):
            self._put(slot)

    def __call__(self, _engine: BatchRun, notice: Notice) -> None:
        match notice:
            case Entry(event=AttemptOpened() as opened):
                self._at[notice.seq] = opened.slot
            case Entry(event=AttemptClosed() as closed) if closed.attempt in self._at:
                slot = self._at.pop(closed.attempt)
                threading.Thread(target=self._change, args=(slot,), daemon=True).start()
            case _:
                pass

    def _change(self, slot: int) -> None:
        self._line.bench.remove(slot)
        # The slot counts a board as gone once its port has stayed away for half a second.
        self._line.clock.wait(threading.Event(), 1.2)
        self._put(slot)

    def _put(self, slot: int) -> None:
        with self._lock:
            if not self._boards:
                return
            description = self._boards.pop(0)
        self._line.bench.insert_described(slot, description)
