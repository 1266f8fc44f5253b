"""A whole station against a whole bench: real serial ports, HTTP and files; only boards and cloud are programs."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from station.app import Opened, Station, open_station
from station.domain.events import AttemptClosed, AttemptOpened
from station.domain.ids import BatchId
from station.host.clock import Clock, Stop
from station.host.files import replace_file
from station.journal.codec import Entry
from station.line.engine import Engine, LineRules
from station.line.feed import Notice
from station.line.summary import Summary, summarize
from station.simulator.bench import Bench
from station.simulator.cloud import SimulatedCloud

ROOT = Path(__file__).resolve().parents[2]
PASSPHRASE = "correct horse battery staple"

RECIPE = """\
schema = 1
product = "{product}"

[device_id]
{device_id}

[serial]
framing = "{framing}"

[credentials]
sec_tag = 16842753

[[credentials.roots]]
file = {root}
sha256 = "2c43952ee9e000ff2acc4e2ed0897c0a72ad5fa72c3d934e81741cbd54f05bd1"
serves = ["mqtt", "rest"]

{cloud}

{steps}
"""
CLOUD = '[cloud]\nprotocols = ["mqtt"]\ntags = ["line1"]\nsubtype = "tracker"\nfirmware_types = ["APP", "MODEM"]\n'
STEPS = ("identify", "clear-credentials", "generate-key", "sign", "write-credentials", "prove", "store")


def steps(*names: str, extra: str = "") -> str:
    """Return ``[[steps]]`` tables for plain steps, with ``extra`` in front."""
    return extra + "\n".join(f'[[steps]]\ndo = "{name}"\n' for name in names or STEPS)


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

    def write(self, *, slots: int = 8, station: str = "", cloud: str = "", slot: str = "") -> None:
        """Write the station's files; the texts are added to their tables."""
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
        text = f"""\
schema = 1
station_id = "test"
line = "Test line"
data = "data"
fixture = "fixture.toml"
recipes = "recipes"
{station}
[cloud]
kind = "team"
base_url = "{self.cloud.base_url}"
api_key = {{ file = "api-key" }}
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
        table: str | None = None,
    ) -> None:
        """Write a recipe; without ``table`` it has the plain steps, for boards that come flashed."""
        text = RECIPE.format(
            product=product,
            device_id=device_id,
            framing=framing,
            root=json.dumps(str(ROOT / "config" / "roots" / "amazon-root-ca-1.pem")),
            cloud=cloud,
            steps=steps() if table is None else table,
        )
        replace_file(self.folder / "recipes" / f"{product}.toml", text.encode())

    def open(self) -> Opened:
        """Read the station file, and make the CA the first time."""
        opened = open_station(self.station_file, self.clock)
        if not opened.value.ca_folder.exists():
            opened.create_ca(opened.ca_passphrase())
        return opened

    def run(
        self,
        quantity: int,
        *,
        batch: str = "WO-1",
        product: str = "tracker",
        seconds: float = 60.0,
        rules: LineRules | None = None,
        watch: Callable[[Engine, Notice], None] = lambda *_: None,
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
            with Station(opened, "a test", "tester") as station:
                recipe, fixture = opened.recipe(product), opened.fixture()
                cloud = opened.cloud() if upload and recipe.value.cloud is not None else None
                armed = station.arm(BatchId(batch), recipe, fixture, quantity, cloud)
                chosen = rules or LineRules(attended=False, upload_patience=20)
                engine = station.build_engine(armed, station.open_ca(), fixture, recipe, cloud, stop, chosen)
                station.feed.listen(lambda notice: watch(engine, notice))
                engine.run("tester")
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

    def __call__(self, _engine: Engine, notice: Notice) -> None:
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
