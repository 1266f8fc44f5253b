"""The demo's simulated bench: a process of its own, and a station file that names it. Loads nothing of the line."""

import json
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from station.domain.secret import Secret
from station.host.companion import Companion
from station.host.files import make_private_folder, read_bytes, replace_file
from station.host.lock import FolderLock
from station.host.program import own_command, shipped

TRANSPORT = "rfc2217" if sys.platform == "win32" else "pty"
"""How the boards' serial ports come to be: Windows has no pseudo-terminals."""

_STATION = """\
# Made by the demo. A real station file with every key explained is config/station.toml.
schema = 1
station_id = "demo"
line = "Demo line"
data = "data"
fixture = {fixture}
recipes = {recipes}

[cloud]
kind = "team"
base_url = {cloud}
team = {team}
api_key = {{ file = {api_key} }}
max_wait_s = 5
poll_every_s = 1

[ca]
name = "Demo Works"
passphrase = {{ file = {passphrase} }}
"""


@dataclass(frozen=True, slots=True)
class Works:
    """The demo's simulated bench, which is there as long as its block lasts, and the station file written for it."""

    folder: Path
    station_file: Path
    control: str
    """The address where boards are put in and taken out."""
    run: int
    """Which demo of this folder it is: boards of one seed keep their numbers, and a finished one isn't built again."""
    transport: str


@contextmanager
def simulated_works(folder: Path, *, slots: int, fast: bool, seed: int, transport: str = TRANSPORT) -> Iterator[Works]:
    """Have a bench of ``slots`` slots and a cloud at work, and a station file in ``folder`` that names them."""
    with begun_works(folder, slots=slots, fast=fast, seed=seed, transport=transport) as ready:
        yield ready()


@contextmanager
def begun_works(
    folder: Path, *, slots: int, fast: bool, seed: int, transport: str = TRANSPORT
) -> Iterator[Callable[[], Works]]:
    """The same, begun and not waited for: what it yields waits, and is to be called once.

    Bench and cloud are a process of their own, and take as long to load as all that a demo's caller has to load.
    """
    folder = folder.absolute()
    make_private_folder(folder / "data")
    bench_folder = folder / "data" / "bench"
    command = own_command("station.simulator", "--folder", str(bench_folder), "--slots", str(slots))
    command += ["--seed", str(seed), "--transport", transport, *(["--fast"] if fast else [])]
    with FolderLock(folder, "a demo"), Companion(command, ready="ready", timeout=30) as companion:

        def ready() -> Works:
            companion.wait_ready()
            run = _next_run(folder)
            bench = json.loads(read_bytes(bench_folder / "bench.json"))
            file = _write_settings(folder, bench, slots, transport)
            return Works(folder, file, bench["control"], run, transport)

        yield ready


def _next_run(folder: Path) -> int:
    count = folder / "runs"
    run = int(read_bytes(count, 32)) + 1 if count.exists() else 1
    replace_file(count, str(run).encode())
    return run


def _write_settings(folder: Path, bench: dict[str, Any], slots: int, transport: str) -> Path:
    """Write the demo's station file, and the secrets it names, as any station has them. Return its path."""
    passphrase = folder / "ca-passphrase"
    if not passphrase.exists():
        replace_file(passphrase, Secret(secrets.token_urlsafe(24)).reveal().encode())
    replace_file(folder / "api-key", bench["api_key"].encode())
    fixture = shipped("fixtures", "simulated", "fixture.toml")
    if transport != "pty" or slots != 8:
        fixture = folder / "fixture.toml"
        # A network port is there with and without a board: then the technician says that one is in.
        presence = "port" if transport == "pty" else "scan"
        defaults = f'programmer = "simulated"\npresence = "{presence}"\npower = "none"\n'
        rows = "\n".join(
            f"[[slots]]\nnumber = {slot}\nport = {json.dumps(bench['ports'][str(slot)])}\n"
            for slot in range(1, slots + 1)
        )
        replace_file(fixture, f'schema = 1\nname = "simulated-{slots}"\n\n[defaults]\n{defaults}\n{rows}'.encode())
    text = _STATION.format(
        fixture=json.dumps(str(fixture)),
        recipes=json.dumps(str(shipped("config", "recipes"))),
        cloud=json.dumps(bench["cloud"]),
        team=json.dumps(bench["team"]),
        api_key=json.dumps(str(folder / "api-key")),
        passphrase=json.dumps(str(passphrase)),
    )
    path = folder / "station.toml"
    replace_file(path, text.encode())
    return path
